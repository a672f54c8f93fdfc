/*
** report.c: hf_report([days [, as_of [, schema]]]), one HTML page for a person:
** load and forecast, health with its cause, what asks for attention, tuning,
** cost, and how good the data are.
**
**   SELECT writefile('report.html', hf_report(7));
**
** The page is one file: no script, nothing from elsewhere, inline SVG of
** hf_plot(). `days` (1..366, by default 7) is how much of the past the charts
** and the data section show; forecasts look a quarter as far ahead. Each
** section is one statement over the answers; an answer that has no evidence
** shows its reason. All texts are escaped (ops/svg.h).
*/
#include "functions.h"
#include "sql.h"
#include "../ops/svg.h"

#include <math.h>
#include <string.h>

enum { REPORT_DAYS_MAX = 366, REPORT_ROWS = 200, REPORT_TEXT = 300 };

typedef struct report {
  hf_session *s;
  double days;
  sqlite3_str *out;
} report;

/* A section: a table whose first column heads its rows, or charts (caption
** NULL). */
typedef struct report_section {
  const char *id, *heading, *caption, *empty;
  const char *const *sql; /* sql/json/report_<id>.sql */
} report_section;

static const report_section report_sections[] = {
    {"load", "Load and forecast", NULL, "No history of load.",
     hf_sql_report_load},
    {"attention", "What asks for attention", "Alerts, the most severe first",
     "Nothing asks for attention.", hf_sql_report_attention},
    {"health", "Health", "State of each component", "No components.",
     hf_sql_report_health},
    {"tuning", "Tuning", "Settings as they are and as they should be",
     "No settings.", hf_sql_report_tuning},
    {"cost", "Cost and savings",
     "A month as it is and the cheapest plan that keeps latency within "
     "sla_wait_ms of hf_config",
     "No bills.", hf_sql_report_cost},
    {"data", "Data quality", "Samples within the days shown, per table",
     "No samples.", hf_sql_report_data}};

static const char report_head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
    "<title>hiveframe report</title>\n<style>\n"
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--line:#c9ced6;"
    "--soft:#f3f5f8}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6e9ed;"
    "--line:#414954;--soft:#1f252d}}\n"
    "body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--bg);"
    "color:var(--fg);font:1rem/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2rem}\n"
    "svg{display:block;width:100%;min-width:34rem;height:auto;margin:0 0 "
    "1rem}\n"
    ".scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}\n"
    "caption{text-align:left;padding:.3rem 0}\n"
    "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;"
    "border-bottom:1px solid "
    "var(--line);overflow-wrap:break-word;max-width:22rem;"
    "min-width:4rem}\n"
    "thead th{background:var(--soft)}\n"
    "nav a{color:inherit;margin-right:1rem;display:inline-block}\n"
    "</style>\n";

static const char report_top[] =
    "</head>\n<body>\n<header>\n<h1>How the system is doing</h1>\n";

static int report_put(void *ctx, const char *z, size_t n) {
  sqlite3_str_append(ctx, z, (int)n);
  return sqlite3_str_errcode(ctx) != SQLITE_OK;
}

static void report_text(report *r, const char *z) {
  hf_sink sink = {report_put, NULL};
  sink.ctx = r->out;
  hf_svg_text(&sink, z, REPORT_TEXT);
}

/* What a cell shows; NULL is said in words. */
static int report_cell(report *r, sqlite3_stmt *st, int i) {
  const char *text = (const char *)sqlite3_column_text(st, i);
  const char *open = i == 0 ? "<th scope=\"row\">" : "<td>";
  if (text == NULL && sqlite3_column_type(st, i) != SQLITE_NULL) {
    return hf_fail(r->s, SQLITE_NOMEM, NULL);
  }
  sqlite3_str_appendall(r->out, open);
  report_text(r, text == NULL ? "not known" : text);
  sqlite3_str_appendall(r->out, i == 0 ? "</th>" : "</td>");
  return SQLITE_OK;
}

static int report_row(report *r, sqlite3_stmt *st) {
  int i;
  int rc = SQLITE_OK;
  sqlite3_str_appendall(r->out, "<tr>");
  for (i = 0; rc == SQLITE_OK && i < sqlite3_column_count(st); i++) {
    rc = report_cell(r, st, i);
  }
  sqlite3_str_appendall(r->out, "</tr>\n");
  return rc;
}

static void report_heads(report *r, sqlite3_stmt *st, const char *caption) {
  int i;
  sqlite3_str_appendf(r->out,
                      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
                      "aria-label=\"%s\">\n<table>\n<caption>%s</caption>\n"
                      "<thead>\n<tr>",
                      caption, caption);
  for (i = 0; i < sqlite3_column_count(st); i++) {
    const char *name = sqlite3_column_name(st, i);
    sqlite3_str_appendall(r->out, "<th scope=\"col\">");
    report_text(r, name != NULL ? name : "");
    sqlite3_str_appendall(r->out, "</th>");
  }
  sqlite3_str_appendall(r->out, "</tr>\n</thead>\n<tbody>\n");
}

/* A chart without its style, which stands in the head of the page. */
static int report_chart(report *r, sqlite3_stmt *st) {
  const char *svg = (const char *)sqlite3_column_text(st, 0);
  const char *style;
  if (svg == NULL) return hf_fail(r->s, SQLITE_NOMEM, NULL);
  sqlite3_str_appendall(r->out, "<div class=\"scroll\" role=\"region\" "
                                "tabindex=\"0\" aria-label=\"Chart\">\n");
  style = strstr(svg, hf_svg_style());
  if (style != NULL) {
    sqlite3_str_append(r->out, svg, (int)(style - svg));
    svg = style + strlen(hf_svg_style());
  }
  sqlite3_str_appendall(r->out, svg);
  sqlite3_str_appendall(r->out, "</div>\n");
  return SQLITE_OK;
}

/* The rows of a section, tables and charts alike. */
static int report_rows(report *r, const report_section *x, sqlite3_stmt *st) {
  int n = 0;
  int rc;
  while ((rc = hf_step(r->s, st)) == SQLITE_ROW) {
    if (x->caption == NULL) {
      rc = report_chart(r, st);
    } else if (n < REPORT_ROWS) {
      if (n == 0) report_heads(r, st, x->caption);
      rc = report_row(r, st);
    }
    if (rc != SQLITE_OK && rc != SQLITE_ROW) return rc;
    n++;
  }
  if (rc != SQLITE_DONE) return rc;
  if (n == 0) sqlite3_str_appendf(r->out, "<p>%s</p>\n", x->empty);
  if (n > 0 && x->caption != NULL) {
    sqlite3_str_appendall(r->out, "</tbody>\n</table>\n</div>\n");
  }
  if (n > REPORT_ROWS && x->caption != NULL) {
    sqlite3_str_appendf(r->out, "<p>%d more are not shown.</p>\n",
                        n - REPORT_ROWS);
  }
  return SQLITE_OK;
}

static int report_section_write(report *r, const report_section *x) {
  hf_session *s = r->s;
  sqlite3_stmt *st = NULL;
  const char *z = s->schema;
  int rc = hf_prepare(s, &st, x->sql[0], z, z, z, z, z, z);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, r->days);
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
  sqlite3_str_appendf(r->out, "<section id=\"%s\">\n<h2>%s</h2>\n", x->id,
                      x->heading);
  rc = report_rows(r, x, st);
  sqlite3_str_appendall(r->out, "</section>\n");
  hf_finalize(st);
  return rc;
}

static int report_do(report *r) {
  enum { SECTIONS = sizeof(report_sections) / sizeof(report_sections[0]) };
  int i;
  int rc = hf_need_tables(r->s);
  sqlite3_str_appendall(r->out, report_head);
  sqlite3_str_appendall(r->out, hf_svg_style());
  sqlite3_str_appendall(r->out, report_top);
  sqlite3_str_appendf(r->out,
                      "<p>The last %.15g days, from the history in this "
                      "database. Times are UTC.</p>\n<nav "
                      "aria-label=\"Sections\">",
                      r->days);
  for (i = 0; i < SECTIONS; i++) {
    sqlite3_str_appendf(r->out, "<a href=\"#%s\">%s</a>", report_sections[i].id,
                        report_sections[i].heading);
  }
  sqlite3_str_appendall(r->out, "</nav>\n</header>\n<main>\n");
  for (i = 0; rc == SQLITE_OK && i < SECTIONS; i++) {
    rc = report_section_write(r, &report_sections[i]);
  }
  sqlite3_str_appendall(r->out, "</main>\n</body>\n</html>\n");
  return rc;
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
  report r = {NULL, 7, NULL};
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
    rc = report_number(&s, argv[0], "days", 1, REPORT_DAYS_MAX, &r.days);
  }
  if (rc == SQLITE_OK && argc > 1) {
    rc = report_number(&s, argv[1], "as_of", -HF_TS_MAX, HF_TS_MAX, &as_of);
    if (!isnan(as_of)) s.as_of = as_of;
  }
  r.s = &s;
  r.out = sqlite3_str_new(conn->db);
  if (rc == SQLITE_OK) rc = hf_enter(conn, &s);
  if (rc == SQLITE_OK) {
    rc = report_do(&r);
    hf_leave(conn);
  }
  rc = hf_function_text(&s, rc, r.out, &page);
  if (rc == SQLITE_OK) {
    sqlite3_result_text(ctx, page, -1, sqlite3_free);
  } else {
    hf_function_fail(ctx, rc, s.err);
    s.err = NULL;
  }
  hf_session_close(&s);
}
