/*
** report.c: hf_report([days [, as_of [, schema]]]), one HTML page for a person:
** what asks for attention, load and forecast, health with its cause, tuning,
** cost, and how good the data are.
**
**   SELECT writefile('report.html', hf_report(7));
**
** The page is one file: no script, nothing from elsewhere, inline SVG of
** hf_plot(). `days` (1..366, by default 7) is how much of the past the charts
** and the data section show; forecasts look a quarter as far ahead, of what was
** recorded in them. Each
** section is one statement over the answers (sql/json/report_<id>.sql); an
** answer that has no evidence shows its reason. At the top each section has a
** card that says how it stands. All texts are escaped (ops/svg.h).
*/
#include "functions.h"
#include "report.h"
#include "sql.h"
#include "../ops/svg.h"

#include <math.h>
#include <string.h>

enum { REPORT_ROWS = 200 };

/* What a section's card says. */
typedef enum report_card {
  REPORT_ALERTS,
  REPORT_CHARTS,
  REPORT_HEALTH,
  REPORT_TUNING,
  REPORT_APPLIED,
  REPORT_COST,
  REPORT_DATA
} report_card;

/* A section: a table whose first column heads its rows, or charts (caption
** NULL). */
typedef struct report_section {
  const char *id, *heading, *caption, *empty;
  const char *const *sql; /* sql/json/report_<id>.sql */
  report_card card;
} report_section;

static const report_section report_sections[HF_REPORT_SECTIONS] = {
    {"attention", "What asks for attention", "Alerts, the most severe first",
     "Nothing asks for attention.", hf_sql_report_attention, REPORT_ALERTS},
    {"load", "Load and forecast", NULL, "No history of load.",
     hf_sql_report_load, REPORT_CHARTS},
    {"health", "Health", "State of each component, the worst first",
     "No components.", hf_sql_report_health, REPORT_HEALTH},
    {"tuning", "Tuning",
     "Settings as they are and as they should be; the gain is the share of "
     "what the setting costs",
     "No settings.", hf_sql_report_tuning, REPORT_TUNING},
    {"applied", "Changes made",
     "What hf_apply() set, what it foretold and what was measured: pages that "
     "had to be fetched, of each one read",
     "Nothing was applied.", hf_sql_report_applied, REPORT_APPLIED},
    {"cost", "Cost and savings",
     "A month as it is and the cheapest plan that keeps each service within "
     "its sla_ms of hf_services",
     "No bills.", hf_sql_report_cost, REPORT_COST},
    {"data", "Data quality",
     "Samples within the days shown; coverage is the share of expected "
     "samples that came",
     "No samples.", hf_sql_report_data, REPORT_DATA}};

/* ---- tables */

static int report_row(hf_report *r, sqlite3_stmt *st, hf_page_tally *t) {
  int i;
  int rc = SQLITE_OK;
  sqlite3_str_appendall(r->out, "<tr role=\"row\">");
  for (i = 0; rc == SQLITE_OK && i < sqlite3_column_count(st); i++) {
    rc = hf_page_cell(r->out, st, i, i == 0, t);
  }
  sqlite3_str_appendall(r->out, "</tr>\n");
  return rc == SQLITE_OK ? rc : hf_fail(r->s, rc, NULL);
}

/* A row that is counted and not shown. */
static int report_counted(hf_report *r, sqlite3_stmt *st, hf_page_tally *t) {
  sqlite3_str *out = r->out;
  int rc;
  r->out = sqlite3_str_new(r->s->db);
  rc = report_row(r, st, t);
  sqlite3_free(sqlite3_str_finish(r->out));
  r->out = out;
  return rc;
}

static int report_heads(hf_report *r, sqlite3_stmt *st, const char *caption) {
  int i;
  sqlite3_str_appendf(
      r->out,
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
      "aria-label=\"%s\">\n<table role=\"table\">\n<caption>%s</caption>\n"
      "<thead role=\"rowgroup\">\n<tr role=\"row\">",
      caption, caption);
  for (i = 0; i < sqlite3_column_count(st); i++) {
    const char *name = sqlite3_column_name(st, i);
    size_t heading;
    hf_look look;
    if (name == NULL) return hf_fail(r->s, SQLITE_NOMEM, NULL);
    look = hf_page_look(name, &heading);
    sqlite3_str_appendf(
        r->out, "<th scope=\"col\" role=\"columnheader\"%s>%.*s</th>",
        look >= HF_LOOK_PERCENT && look <= HF_LOOK_SPAN ? " class=\"n\"" : "",
        (int)heading, name);
  }
  sqlite3_str_appendall(r->out, "</tr>\n</thead>\n<tbody role=\"rowgroup\">\n");
  return SQLITE_OK;
}

/* ---- charts */

/* A chart without its style, which stands in the head of the page. */
static void report_svg(hf_report *r, const char *svg) {
  const char *style = strstr(svg, hf_svg_style());
  if (style != NULL) {
    sqlite3_str_append(r->out, svg, (int)(style - svg));
    svg = style + strlen(hf_svg_style());
  }
  sqlite3_str_appendall(r->out, svg);
}

/* How far a chart looks ahead, minutes: a quarter of the days, but no more than
** a quarter of what was recorded in them. */
static sqlite3_int64 report_ahead(const hf_report *r, sqlite3_stmt *from) {
  double days = r->days;
  if (sqlite3_column_type(from, 3) != SQLITE_NULL) {
    double recorded =
        (sqlite3_column_double(from, 4) - sqlite3_column_double(from, 3)) /
        86400;
    if (recorded < days) days = recorded;
  }
  return days * 360 > 1 ? (sqlite3_int64)(days * 360) : 1;
}

/* One chart of one size and, with `said`, what its forecast comes to. */
static int report_plot(hf_report *r, sqlite3_stmt *from, const char *size,
                       int said) {
  hf_session *s = r->s;
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st,
      said ? "SELECT hf_plot(?1, ?2, ?3, ?4, ?5, ?6), coalesce(recommendation, "
             "'No forecast: ' || reason) FROM hf_forecast(?2, ?1, ?3) "
             "WHERE as_of = ?4 AND schema = ?5 LIMIT 1"
           : "SELECT hf_plot(?1, ?2, ?3, ?4, ?5, ?6)");
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_value(st, 1, sqlite3_column_value(from, 0));
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_int64(st, 2, report_ahead(r, from));
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_value(st, 3, sqlite3_column_value(from, 1));
  }
  if (rc == SQLITE_OK && !isnan(s->as_of)) {
    rc = sqlite3_bind_double(st, 4, s->as_of);
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 5, s->schema, -1, SQLITE_TRANSIENT);
  }
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(st, 6, size, -1, SQLITE_STATIC);
  if (rc != SQLITE_OK) {
    rc = hf_fail_db(s, rc);
  } else {
    rc = hf_step(s, st);
  }
  if (rc == SQLITE_ROW) {
    const char *svg = (const char *)sqlite3_column_text(st, 0);
    const char *advice = said ? (const char *)sqlite3_column_text(st, 1) : NULL;
    rc = SQLITE_OK;
    if (svg == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
    } else {
      if (advice != NULL) {
        sqlite3_str_appendall(r->out, "<p class=\"advice\">");
        hf_page_text(r->out, advice);
        sqlite3_str_appendall(r->out, "</p>");
      }
      if (said) sqlite3_str_appendall(r->out, "</figcaption>\n");
      report_svg(r, svg);
    }
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The first chart in both sizes, of which the style shows one. */
static int report_chart(hf_report *r, sqlite3_stmt *st, int first) {
  const char *title = (const char *)sqlite3_column_text(st, 2);
  int rc = SQLITE_OK;
  if (title == NULL) return hf_fail(r->s, SQLITE_NOMEM, NULL);
  sqlite3_str_appendall(r->out, "<figure>\n<figcaption><h3>");
  hf_page_text(r->out, title);
  sqlite3_str_appendall(r->out, "</h3>");
  rc = report_plot(r, st, first ? "wide" : "small", 1);
  if (rc == SQLITE_OK && first) rc = report_plot(r, st, "small", 0);
  sqlite3_str_appendall(r->out, "</figure>\n");
  return rc;
}

/* ---- sections */

/* The rows of a section, tables and charts alike. */
static int report_rows(hf_report *r, const report_section *x, sqlite3_stmt *st,
                       hf_page_tally *t) {
  int rc;
  while ((rc = hf_step(r->s, st)) == SQLITE_ROW) {
    rc = SQLITE_OK;
    if (t->rows++ == 0) {
      if (x->caption != NULL) {
        rc = report_heads(r, st, x->caption);
      } else {
        sqlite3_str_appendall(r->out, "<div class=\"charts\">\n");
      }
    }
    if (rc == SQLITE_OK && x->caption == NULL) {
      rc = report_chart(r, st, t->rows == 1);
    } else if (rc == SQLITE_OK) {
      rc = t->rows <= REPORT_ROWS ? report_row(r, st, t)
                                  : report_counted(r, st, t);
    }
    if (rc != SQLITE_OK) return rc;
  }
  if (rc != SQLITE_DONE) return rc;
  if (t->rows == 0) sqlite3_str_appendf(r->out, "<p>%s</p>\n", x->empty);
  if (t->rows > 0) {
    sqlite3_str_appendall(r->out, x->caption != NULL
                                      ? "</tbody>\n</table>\n</div>\n"
                                      : "</div>\n");
  }
  if (t->rows > REPORT_ROWS) {
    sqlite3_str_appendf(r->out, "<p>%d more are not shown.</p>\n",
                        t->rows - REPORT_ROWS);
  }
  return SQLITE_OK;
}

const char *hf_report_heading(int i) {
  return report_sections[i].heading;
}

void hf_report_begin(hf_report *r, hf_session *s, double days) {
  int i;
  memset(r, 0, sizeof(*r));
  r->s = s;
  r->days = days;
  for (i = 0; i < HF_REPORT_SECTIONS; i++) r->tally[i].least = NAN;
}

int hf_report_section(hf_report *r, int i) {
  const report_section *x = &report_sections[i];
  hf_page_tally *t = &r->tally[i];
  hf_session *s = r->s;
  sqlite3_stmt *st = NULL;
  const char *z = s->schema;
  int rc;
  sqlite3_str_appendf(r->out,
                      "<section id=\"%s\" aria-labelledby=\"h-%s\">\n<h2 "
                      "id=\"h-%s\">%s</h2>\n",
                      x->id, x->id, x->id, x->heading);
  /* a history made before there was such a table */
  if (x->card == REPORT_APPLIED && !hf_has_table(s, z, "hf_applied")) {
    sqlite3_str_appendf(r->out, "<p>%s</p>\n</section>\n", x->empty);
    return s->rc;
  }
  rc = hf_prepare(s, &st, x->sql[0], z, z, z, z, z, z, z, z);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_bind_parameter_count(st) >= 1) {
    rc = sqlite3_bind_double(st, 1, r->days);
  }
  if (rc == SQLITE_OK && sqlite3_bind_parameter_count(st) >= 2 &&
      !isnan(s->as_of)) {
    rc = sqlite3_bind_double(st, 2, s->as_of);
  }
  if (rc == SQLITE_OK && sqlite3_bind_parameter_count(st) >= 3) {
    rc = sqlite3_bind_text(st, 3, z, -1, SQLITE_TRANSIENT);
  }
  if (rc != SQLITE_OK) {
    hf_finalize(st);
    return hf_fail_db(s, rc);
  }
  rc = report_rows(r, x, st, t);
  sqlite3_str_appendall(r->out, "</section>\n");
  hf_finalize(st);
  return rc;
}

/* ---- cards */

/* How a section stands: the level, what stands large, and what below. */
static const char *report_says(const report_section *x, const hf_page_tally *t,
                               char *big, char *small, int room) {
  const char *level = t->bad > 0 ? "bad" : t->warn > 0 ? "warn" : "good";
  sqlite3_snprintf(room, big, "%s", "Nothing yet");
  sqlite3_snprintf(room, small, "%s", x->empty);
  if (t->rows == 0 && x->card == REPORT_ALERTS) {
    sqlite3_snprintf(room, big, "%s", "Nothing");
    sqlite3_snprintf(room, small, "%s", "no alert");
    return "";
  }
  if (t->rows == 0) return "";
  switch (x->card) {
  case REPORT_ALERTS:
    sqlite3_snprintf(room, big, "%d critical", t->bad);
    sqlite3_snprintf(room, small, "%d warning%s", t->warn,
                     t->warn == 1 ? "" : "s");
    return level;
  case REPORT_CHARTS:
    sqlite3_snprintf(room, big, "%d series", t->rows);
    sqlite3_snprintf(room, small, "%s", "past, forecast, and what was unusual");
    return "";
  case REPORT_HEALTH:
    sqlite3_snprintf(room, big, "%d of %d ok", t->good, t->rows);
    sqlite3_snprintf(room, small, "%d failed or critical, %d to watch", t->bad,
                     t->warn);
    return t->bad + t->warn + t->good > 0 ? level : "";
  case REPORT_TUNING:
    sqlite3_snprintf(room, big, "%d to change", t->warn);
    sqlite3_snprintf(room, small, "%d right as set, %d not known", t->good,
                     t->rows - t->good - t->warn);
    return t->warn + t->good > 0 ? level : "";
  case REPORT_APPLIED:
    sqlite3_snprintf(room, big, "%d kept", t->good);
    sqlite3_snprintf(room, small, "%d taken or given back, %d watched", t->warn,
                     t->rows - t->good - t->warn);
    return t->good + t->warn > 0 ? level : "";
  case REPORT_COST:
    if (t->money[0] != 0) {
      sqlite3_snprintf(room, big, "%s", t->money);
      sqlite3_snprintf(room, small, "%s", "saved a month by the plan");
      return "";
    }
    sqlite3_snprintf(room, big, "%s", "Not examined");
    sqlite3_snprintf(room, small, "%s", "see why below");
    return level;
  default:
    sqlite3_snprintf(room, big, "%d of %d current", t->rows - t->warn, t->rows);
    if (isnan(t->least)) {
      sqlite3_snprintf(room, small, "%s", "series, coverage not known");
    } else {
      sqlite3_snprintf(room, small, "series, least coverage %.0f %%",
                       floor(100 * t->least));
    }
    return level;
  }
}

static void report_card_write(hf_report *r, const report_section *x,
                              const hf_page_tally *t) {
  char big[80];
  char small[120];
  const char *level = report_says(x, t, big, small, (int)sizeof(big));
  sqlite3_str_appendf(r->out,
                      "<li><a href=\"#%s\" class=\"%s\"><span>%s</span>"
                      "<strong>%s</strong><span>%s</span></a></li>\n",
                      x->id, level, x->heading, big, small);
}

void hf_report_head(hf_report *r) {
  const char *newest =
      r->tally[HF_REPORT_SECTIONS - 1].newest; /* of the data */
  int i;
  sqlite3_str_appendall(r->out, hf_page_head);
  sqlite3_str_appendall(r->out, hf_svg_style());
  sqlite3_str_appendf(r->out,
                      "</head>\n<body>\n<header>\n<h1>How the system is "
                      "doing</h1>\n<p class=\"sub\">The last %.15g day%s%s%s, "
                      "from the history in this database. Times are UTC.</p>\n"
                      "<nav aria-label=\"Sections\">\n<ul>\n",
                      r->days, r->days == 1 ? "" : "s",
                      newest[0] ? " up to " : "", newest);
  for (i = 0; i < HF_REPORT_SECTIONS; i++) {
    report_card_write(r, &report_sections[i], &r->tally[i]);
  }
  sqlite3_str_appendall(r->out, "</ul>\n</nav>\n</header>\n<main>\n");
}

void hf_report_foot(hf_report *r) {
  sqlite3_str_appendall(r->out,
                        "</main>\n<footer><p>Every figure can be asked again "
                        "in SQL: hf_alerts, hf_forecast, hf_health, "
                        "hf_predict_failures, hf_tune, hf_optimize_cost, "
                        "hf_quality.</p></footer>\n</body>\n</html>\n");
}

/* The whole page: the sections first, for the head tells of them. */
static int report_page(hf_report *r, char **page) {
  char *body = NULL;
  int i;
  int rc = hf_need_tables(r->s);
  r->out = sqlite3_str_new(r->s->db);
  for (i = 0; rc == SQLITE_OK && i < HF_REPORT_SECTIONS; i++) {
    rc = hf_report_section(r, i);
  }
  rc = hf_function_text(r->s, rc, r->out, &body);
  if (rc != SQLITE_OK) return rc;
  r->out = sqlite3_str_new(r->s->db);
  hf_report_head(r);
  sqlite3_str_appendall(r->out, body);
  sqlite3_free(body);
  hf_report_foot(r);
  return hf_function_text(r->s, rc, r->out, page);
}

/* A number as given, `fallback` when it was left out. */
static int report_number(hf_session *s, sqlite3_value *v, const char *name,
                         double lo, double hi, double *out) {
  int type;
  const char *shown;
  if (v == NULL || sqlite3_value_type(v) == SQLITE_NULL) return SQLITE_OK;
  type = sqlite3_value_numeric_type(v);
  *out = sqlite3_value_double(v);
  if ((type == SQLITE_INTEGER || type == SQLITE_FLOAT) && *out >= lo &&
      *out <= hi) {
    return SQLITE_OK;
  }
  shown = (const char *)sqlite3_value_text(v);
  return hf_fail(s, SQLITE_ERROR, "%s must be %.15g..%.15g, got '%.60s'", name,
                 lo, hi, shown != NULL ? shown : "");
}

void hf_report_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hf_conn *conn = sqlite3_user_data(ctx);
  hf_report r;
  double days = 7;
  const char *schema = NULL;
  char *page = NULL;
  hf_session s;
  double as_of = NAN;
  int rc;
  if (argc == 3 && sqlite3_value_type(argv[2]) != SQLITE_NULL) {
    schema = (const char *)sqlite3_value_text(argv[2]);
    if (schema == NULL) {
      sqlite3_result_error_nomem(ctx);
      return;
    }
  }
  rc = hf_session_open(&s, conn->db, "hf_report", schema, NAN);
  if (rc == SQLITE_OK && argc > 0) {
    rc = report_number(&s, argv[0], "days", 1, HF_REPORT_DAYS, &days);
  }
  if (rc == SQLITE_OK && argc > 1) {
    rc = report_number(&s, argv[1], "as_of", -HF_TS_MAX, HF_TS_MAX, &as_of);
    if (!isnan(as_of)) s.as_of = as_of;
  }
  if (rc == SQLITE_OK) rc = hf_enter(conn, &s);
  if (rc == SQLITE_OK) {
    hf_report_begin(&r, &s, days);
    rc = report_page(&r, &page);
    hf_leave(conn);
  }
  if (rc == SQLITE_OK) {
    sqlite3_result_text(ctx, page, -1, sqlite3_free);
  } else {
    hf_function_fail(ctx, rc, s.err);
    s.err = NULL;
  }
  hf_session_close(&s);
}
