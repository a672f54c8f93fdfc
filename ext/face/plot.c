/*
** plot.c: hf_plot(series [, horizon_minutes [, component [, as_of [,
** schema [, size]]]]]), one SVG text: a series, its forecast, what was odd.
**
**   SELECT writefile('cpu.svg',
**     hf_plot('hf_resource_metrics.cpu_percent', 720));
**
** The past is the grid that the models read (a counter as its rate), the
** forecast is hf_forecast()'s rows, the rings are hf_anomalies()'. Shown are
** the newest cells, four times as long as the forecast and at least 200 of
** them. Where there is no forecast the chart says why. size is 'wide' (720 by
** 376, the default) or 'small' (360 by 290: for a phone, or several in a row).
*/
#include "functions.h"
#include "../ops/grid.h"
#include "../ops/svg.h"
#include "../store/series.h"

#include <math.h>
#include <string.h>

enum { PLOT_NEWEST = 20000, PLOT_CELLS = 200000, PLOT_LEAST = 200 };
enum { PLOT_ASKED = 5, PLOT_ARGS = 6 };

typedef struct plot {
  hf_session *s;
  sqlite3_value *arg[PLOT_ARGS]; /* as given; NULL: left out */
  hf_chart chart;                /* its arrays are in s->hold */
} plot;

/* Rows of doubles, column by column once they are all there. */
typedef struct plot_rows {
  double *x; /* [room][columns], from sqlite3_malloc */
  size_t n, room;
  int columns;
} plot_rows;

static int plot_keep(plot *p, plot_rows *r, sqlite3_stmt *st) {
  int i;
  if (r->n == r->room) {
    size_t room = r->room == 0 ? 64 : r->room * 2;
    double *more =
        sqlite3_realloc64(r->x, (sqlite3_uint64)room *
                                    (sqlite3_uint64)r->columns * sizeof(*more));
    if (more == NULL) return hf_fail(p->s, SQLITE_NOMEM, NULL);
    r->x = more;
    r->room = room;
  }
  for (i = 0; i < r->columns; i++) {
    r->x[r->n * (size_t)r->columns + (size_t)i] =
        sqlite3_column_type(st, i) == SQLITE_NULL
            ? NAN
            : sqlite3_column_double(st, i);
  }
  r->n++;
  return SQLITE_OK;
}

/* Column i as an array in s->hold; NULL when memory runs out. */
static double *plot_column(plot *p, const plot_rows *r, int i) {
  double *out = hf_work_reals(&p->s->hold, r->n);
  size_t k;
  if (out == NULL) return NULL;
  for (k = 0; k < r->n; k++) {
    out[k] = r->x[k * (size_t)r->columns + (size_t)i];
  }
  return out;
}

/* ---- the past */

static int plot_grid(plot *p, const hf_samples *x, hf_kind kind) {
  hf_session *s = p->s;
  hf_grid g;
  double *ts;
  size_t i;
  int code = hf_grid_build(&s->hold, x, x->step, PLOT_CELLS, &g);
  if (code == HF_OK) {
    ts = hf_work_reals(&s->hold, g.n);
    if (ts == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
    for (i = 0; i < g.n; i++) ts[i] = g.start + (double)i * g.step;
    p->chart.ts = ts;
    p->chart.value = g.y;
    p->chart.n = g.n;
    return SQLITE_OK;
  }
  if (code != HF_EDATA && code != HF_ERANGE) return hf_fail_ops(s, code);
  if (kind == HF_COUNTER) return SQLITE_OK; /* too few for a rate */
  p->chart.ts = x->ts;
  p->chart.value = x->value;
  p->chart.n = x->n;
  return SQLITE_OK;
}

static const char *plot_unit_of_name(const char *name) {
  static const char *const units[][2] = {{"_percent", "Percent"},
                                         {"_mb_per_sec", "MB per second"},
                                         {"_mb", "MB"},
                                         {"_ms", "Milliseconds"},
                                         {"_seconds", "Seconds"}};
  size_t n = strlen(name), i;
  for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
    size_t k = strlen(units[i][0]);
    if (n > k && strcmp(name + n - k, units[i][0]) == 0) return units[i][1];
  }
  return "";
}

/* The unit of a metric of the narrow history, else what its name ends in. */
static int plot_unit(plot *p, const char *name, const char *component) {
  hf_session *s = p->s;
  sqlite3_stmt *st = NULL;
  int rc;
  p->chart.unit = plot_unit_of_name(name);
  if (!s->has_tables) return SQLITE_OK;
  rc = hf_prepare(s, &st,
                  "SELECT unit FROM \"%w\".hf_metric_names "
                  "WHERE metric = %Q AND component = %Q AND unit <> ''",
                  s->schema, name, component);
  if (rc != SQLITE_OK) return rc;
  rc = hf_step(s, st);
  if (rc == SQLITE_ROW) {
    const char *unit = (const char *)sqlite3_column_text(st, 0);
    p->chart.unit = unit != NULL ? hf_strdup(&s->hold, unit) : NULL;
    if (p->chart.unit == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
  }
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* What the source is called; a metric of the narrow history by its bare name.
** NULL when memory runs out. */
static const char *plot_name(hf_session *s, const hf_reader *reader) {
  static const char narrow[] = "hf_metrics.";
  const char *name = hf_reader_name(reader);
  size_t n = sizeof(narrow) - 1;
  return hf_strdup(&s->hold, strncmp(name, narrow, n) == 0 ? name + n : name);
}

static int plot_component(plot *p, hf_reader *reader, const hf_component *c) {
  hf_session *s = p->s;
  hf_samples x = c->samples;
  const char *name = plot_name(s, reader);
  const char *owner = hf_strdup(&s->hold, c->name);
  hf_component other;
  int rc;
  x.ts = hf_work_reals(&s->hold, x.n);
  x.value = hf_work_reals(&s->hold, x.n);
  if (name == NULL || owner == NULL || x.ts == NULL || x.value == NULL) {
    return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  if (x.n > 0) {
    memcpy(x.ts, c->samples.ts, x.n * sizeof(double));
    memcpy(x.value, c->samples.value, x.n * sizeof(double));
  }
  rc = hf_reader_next(reader, &other);
  if (rc == SQLITE_ROW) {
    return hf_fail(s, SQLITE_ERROR,
                   "series has several components, '%.60s' and more; name one "
                   "as the third argument",
                   owner);
  }
  if (rc != SQLITE_DONE) return rc;
  p->chart.title =
      owner[0] == 0 ? name : hf_format(&s->hold, "%s of %s", name, owner);
  if (p->chart.title == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = plot_unit(p, name, owner);
  return rc == SQLITE_OK ? plot_grid(p, &x, x.kind) : rc;
}

static int plot_past(plot *p) {
  hf_session *s = p->s;
  hf_reader *reader = NULL;
  hf_component c;
  int rc;
  memset(&c, 0, sizeof(c));
  rc = hf_reader_open(s, p->arg[0], NULL, p->arg[2], PLOT_NEWEST, &reader);
  if (rc == SQLITE_OK) rc = hf_reader_next(reader, &c);
  if (rc == SQLITE_ROW) {
    rc = plot_component(p, reader, &c);
  } else if (rc == SQLITE_DONE) {
    p->chart.title = plot_name(s, reader);
    rc = p->chart.title != NULL ? SQLITE_OK : hf_fail(s, SQLITE_NOMEM, NULL);
  }
  hf_reader_close(reader); /* also what did not open to the end */
  return rc;
}

/* ---- the answers */

static int plot_ask(plot *p, sqlite3_stmt **st, const char *sql) {
  int i;
  int rc = hf_prepare(p->s, st, "%s", sql);
  for (i = 0; rc == SQLITE_OK && i < PLOT_ASKED; i++) {
    if (p->arg[i] == NULL) continue;
    rc = sqlite3_bind_value(*st, i + 1, p->arg[i]);
    if (rc != SQLITE_OK) return hf_fail_db(p->s, rc);
  }
  return rc;
}

static int plot_forecast(plot *p, plot_rows *r) {
  hf_chart *c = &p->chart;
  sqlite3_stmt *st = NULL;
  int rc = plot_ask(p, &st,
                    "SELECT ts, yhat, lo80, hi80, lo95, hi95, reason "
                    "FROM hf_forecast(?2, ?1, ?3) "
                    "WHERE as_of = ?4 AND schema = ?5");
  r->columns = 6;
  while (rc == SQLITE_OK && (rc = hf_step(p->s, st)) == SQLITE_ROW) {
    if (sqlite3_column_type(st, 1) != SQLITE_NULL) {
      rc = plot_keep(p, r, st);
    } else {
      const char *why = (const char *)sqlite3_column_text(st, 6);
      c->note = hf_format(&p->s->hold, "No forecast: %s", why ? why : "");
      rc = c->note != NULL ? SQLITE_OK : hf_fail(p->s, SQLITE_NOMEM, NULL);
    }
  }
  hf_finalize(st);
  if (rc != SQLITE_DONE) return rc;
  c->ahead = r->n;
  c->ahead_ts = plot_column(p, r, 0);
  c->yhat = plot_column(p, r, 1);
  c->lo80 = plot_column(p, r, 2);
  c->hi80 = plot_column(p, r, 3);
  c->lo95 = plot_column(p, r, 4);
  c->hi95 = plot_column(p, r, 5);
  if (c->ahead_ts == NULL || c->yhat == NULL || c->lo80 == NULL ||
      c->hi80 == NULL || c->lo95 == NULL || c->hi95 == NULL) {
    return hf_fail(p->s, SQLITE_NOMEM, NULL);
  }
  return SQLITE_OK;
}

static int plot_anomalies(plot *p, plot_rows *r) {
  hf_chart *c = &p->chart;
  sqlite3_stmt *st = NULL;
  int rc = plot_ask(p, &st,
                    "SELECT ts, value, ?2 FROM hf_anomalies(?1, ?3) "
                    "WHERE is_anomaly = 1 AND as_of = ?4 AND schema = ?5 "
                    "ORDER BY ts");
  r->columns = 2;
  while (rc == SQLITE_OK && (rc = hf_step(p->s, st)) == SQLITE_ROW) {
    rc = c->n > 0 && sqlite3_column_double(st, 0) >= c->ts[0]
             ? plot_keep(p, r, st)
             : SQLITE_OK;
  }
  hf_finalize(st);
  if (rc != SQLITE_DONE) return rc;
  c->odds = r->n;
  c->odd_ts = plot_column(p, r, 0);
  c->odd = plot_column(p, r, 1);
  return c->odd_ts != NULL && c->odd != NULL
             ? SQLITE_OK
             : hf_fail(p->s, SQLITE_NOMEM, NULL);
}

/* Leaves out what is much older than the forecast is long. */
static void plot_window(hf_chart *c) {
  double last;
  size_t skip = 0;
  if (c->ahead == 0 || c->n <= PLOT_LEAST) return;
  last = c->ts[c->n - 1];
  while (skip < c->n - PLOT_LEAST &&
         c->ts[skip] < last - 4 * (c->ahead_ts[c->ahead - 1] - last)) {
    skip++;
  }
  c->ts += skip;
  c->value += skip;
  c->n -= skip;
}

static int plot_put(void *ctx, const char *z, size_t n) {
  sqlite3_str_append(ctx, z, (int)n);
  return sqlite3_str_errcode(ctx) != SQLITE_OK;
}

static int plot_do(plot *p, char **svg) {
  plot_rows ahead = {NULL, 0, 0, 0}, odd = {NULL, 0, 0, 0};
  hf_sink sink = {plot_put, NULL};
  int rc = plot_past(p);
  if (rc == SQLITE_OK && p->chart.n > 0) rc = plot_forecast(p, &ahead);
  if (rc == SQLITE_OK) plot_window(&p->chart);
  if (rc == SQLITE_OK && p->chart.n > 0) rc = plot_anomalies(p, &odd);
  sqlite3_free(ahead.x);
  sqlite3_free(odd.x);
  if (rc != SQLITE_OK) return rc;
  if (p->chart.n == 0) p->chart.note = "No samples to draw.";
  sink.ctx = sqlite3_str_new(p->s->db);
  hf_svg_chart(&p->chart, &sink);
  return hf_function_text(p->s, rc, sink.ctx, svg);
}

/* as_of as given; 0 when it is no number. */
static int plot_as_of(sqlite3_value *v, double *as_of) {
  int type;
  *as_of = NAN;
  if (v == NULL || sqlite3_value_type(v) == SQLITE_NULL) return 1;
  type = sqlite3_value_numeric_type(v);
  *as_of = sqlite3_value_double(v);
  return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

/* The size as given. */
static int plot_size(plot *p) {
  sqlite3_value *v = p->arg[5];
  const char *size;
  if (v == NULL || sqlite3_value_type(v) == SQLITE_NULL) return SQLITE_OK;
  size = (const char *)sqlite3_value_text(v);
  if (size == NULL) return hf_fail(p->s, SQLITE_NOMEM, NULL);
  p->chart.small = strcmp(size, "small") == 0;
  if (p->chart.small || strcmp(size, "wide") == 0) return SQLITE_OK;
  return hf_fail(p->s, SQLITE_ERROR, "size must be wide or small, got '%.60s'",
                 size);
}

void hf_plot_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hf_conn *conn = sqlite3_user_data(ctx);
  hf_session s;
  plot p;
  const char *schema = NULL;
  char *svg = NULL;
  double as_of;
  int i, good;
  int rc;
  memset(&p, 0, sizeof(p));
  p.s = &s;
  p.chart.title = p.chart.unit = "";
  for (i = 0; i < argc; i++) p.arg[i] = argv[i];
  good = plot_as_of(p.arg[3], &as_of);
  if (argc >= PLOT_ASKED && sqlite3_value_type(argv[4]) != SQLITE_NULL) {
    schema = (const char *)sqlite3_value_text(argv[4]);
    if (schema == NULL) {
      sqlite3_result_error_nomem(ctx);
      return;
    }
  }
  rc = hf_session_open(&s, conn->db, "hf_plot", schema, good ? as_of : NAN);
  if (rc == SQLITE_OK && !good) {
    const char *shown = (const char *)sqlite3_value_text(argv[3]);
    rc = hf_fail(&s, SQLITE_ERROR, "as_of must be unix seconds, got '%.60s'",
                 shown != NULL ? shown : "");
  }
  if (rc == SQLITE_OK && sqlite3_value_type(argv[0]) == SQLITE_NULL) {
    rc = hf_fail(&s, SQLITE_ERROR, "series is required");
  }
  if (rc == SQLITE_OK) rc = plot_size(&p);
  if (rc == SQLITE_OK) rc = hf_enter(conn, &s);
  if (rc == SQLITE_OK) {
    rc = plot_do(&p, &svg);
    hf_leave(conn);
  }
  if (rc == SQLITE_OK) {
    sqlite3_result_text(ctx, svg, -1, sqlite3_free);
  } else {
    sqlite3_free(svg);
    hf_function_fail(ctx, rc, s.err);
    s.err = NULL;
  }
  hf_session_close(&s);
}
