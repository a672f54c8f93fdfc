/*
** forecast.c: hf_forecast, what load is coming.
**
**   SELECT ts, yhat, lo80, hi80 FROM hf_forecast(120);
**   SELECT * FROM hf_forecast(1440, hf_source('requests', 'ts', 'n', 'route'))
**     WHERE component = '/cart';
**   SELECT hf_forecast(60);   -- JSON
**
** One row a cell ahead, from the cell after the series' newest sample. The
** history is read backwards only as far as the models look (ops/outlook.h).
** A series that ended too long before as_of gives no forecast: its future is
** past. "Too long" is the horizon, ten steps, or the longest gap it had and
** came back from, whichever is longest.
*/
#include "gridded.h"
#include "answers.h"
#include "sql.h"
#include "../num/civil.h"
#include "../ops/outlook.h"
#include "../ops/pattern.h"

#include <math.h>
#include <string.h>

enum { FORECAST_ROWS = 6000000 };

static const hf_coldef forecast_cols[] = {{"component", HF_KEY},
                                          {"step", HF_INT},
                                          {"ts", HF_TIME},
                                          {"yhat", HF_REAL},
                                          {"lo80", HF_REAL},
                                          {"hi80", HF_REAL},
                                          {"lo95", HF_REAL},
                                          {"hi95", HF_REAL},
                                          {"model", HF_TEXT},
                                          {"status", HF_TEXT},
                                          {"reason", HF_TEXT},
                                          {"confidence", HF_REAL},
                                          {"pattern", HF_TEXT},
                                          {"period_seconds", HF_REAL},
                                          {"step_seconds", HF_REAL},
                                          {"last_ts", HF_TIME},
                                          {"last_value", HF_REAL},
                                          {"samples", HF_INT},
                                          {"error", HF_REAL},
                                          {"predicted_load", HF_REAL},
                                          {"peak_ts", HF_TIME},
                                          {"peak", HF_REAL},
                                          {"recommendation", HF_TEXT},
                                          {NULL, HF_REAL}};

static const hf_param forecast_params[] = {
    {"horizon_minutes", HF_P_INT, 0, 1, 5256000, "60"},
    {"series", HF_P_SERIES, 0, 0, 0, "hf_resource_metrics.cpu_percent"},
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_INT, 0, 0, 0, NULL}};

static int forecast_begin(hf_call *c) {
  hf_gridded *g = hf_work_zeroed(&c->s.hold, 1, sizeof(*g));
  if (g == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  c->state = g;
  return hf_gridded_begin(c, g, 1, "hf_resource_metrics.cpu_percent",
                          HF_OUTLOOK_NEWEST);
}

/* A number for a reader: of a series that reaches `top`, no more digits than
** tell something. */
static const char *forecast_number(hf_call *c, double x, double top) {
  if (fabs(x) < 1e-4 * top) x = 0;
  return hf_format(&c->s.work,
                   fabs(x) >= 1000 && fabs(x) < 1e15 ? "%.0f" : "%.4g", x);
}

/* What to do about a forecast whose least value is `low`: text in c->s.work, or
 * NULL when memory runs out. */
static const char *forecast_advice(hf_call *c, const hf_gridded *g,
                                   const hf_blend *b, size_t peak, double low) {
  double last = g->grid.fill[g->grid.n - 1], top = b->yhat[peak];
  double at = g->grid.start + (double)(g->grid.n + peak) * g->grid.step;
  double most = fabs(top);
  const char *now, *peaks, *lo, *hi;
  char when[HF_CIVIL_ROOM];
  size_t i;
  hf_civil_text(at, when);
  for (i = 0; i < g->grid.n; i++) most = fmax(most, fabs(g->grid.fill[i]));
  now = forecast_number(c, last, most);
  peaks = forecast_number(c, top, most);
  lo = forecast_number(c, b->lo80[peak], most);
  hi = forecast_number(c, b->hi80[peak], most);
  if (now == NULL || peaks == NULL || lo == NULL || hi == NULL) return NULL;
  if (last > 0 && b->lo80[peak] > last && top > 1.1 * last) {
    /* as many more workers as there is more load, whole ones */
    double more = ceil(g->workers * top / last - 1e-9) - g->workers;
    const char *what =
        more > 0
            ? hf_format(&c->s.work, "%.0f workers (%.4g now)", more, g->workers)
            : hf_format(&c->s.work, "%.0f%% more capacity",
                        100 * (top / last - 1));
    if (what == NULL) return NULL;
    return hf_format(&c->s.work,
                     "pre-warm %s by %s UTC, because %s is expected then "
                     "(80%% interval %s to %s), %s now",
                     what, when, peaks, lo, hi, now);
  }
  if (last > 0 && low < 0.8 * last && b->hi80[peak] < last) {
    return hf_format(&c->s.work,
                     "capacity can be given back: no more than %s (upper "
                     "end of the 80%% interval) is expected, %s now",
                     hi, now);
  }
  return hf_format(&c->s.work,
                   "no change in sight: at most %s is expected (80%% interval "
                   "%s to %s), %s now",
                   peaks, lo, hi, now);
}

static int forecast_rows(hf_call *c, hf_rows *r, const hf_gridded *g,
                         const hf_outlook *o, const hf_pattern *p, size_t h) {
  const hf_blend *b = &o->blend;
  const hf_grid *grid = &g->grid;
  double first = (double)grid->n;
  const char *model, *advice;
  double low = b->yhat[0];
  size_t s, peak = 0;
  int rc;
  for (s = 0; s < h; s++) {
    if (b->yhat[s] > b->yhat[peak]) peak = s;
    if (b->yhat[s] < low) low = b->yhat[s];
    rc = hf_fail_ops(&c->s, hf_work_check(&c->s.work, 4));
    if (rc != SQLITE_OK) return rc;
  }
  model = hf_format(&c->s.work, "%s%s %.0f%% of %d", b->best,
                    b->best_log ? " (log)" : "", 100 * b->best_weight,
                    (int)b->kept);
  advice = forecast_advice(c, g, b, peak, low);
  if (model == NULL || advice == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  rc = hf_rows_start(c, r, h);
  if (rc == SQLITE_OK && g->from.key != NULL)
    rc = hf_rows_one_key(c, r, "component", g->from.key);
  if (rc == SQLITE_OK) rc = hf_rows_count(c, r, "step", 1);
  if (rc == SQLITE_OK)
    rc = hf_rows_ramp(c, r, "ts", grid->start, grid->step,
                      (sqlite3_int64)grid->n);
  if (rc == SQLITE_OK) rc = hf_rows_own(c, r, "yhat", b->yhat);
  if (rc == SQLITE_OK) rc = hf_rows_own(c, r, "lo80", b->lo80);
  if (rc == SQLITE_OK) rc = hf_rows_own(c, r, "hi80", b->hi80);
  if (rc == SQLITE_OK) rc = hf_rows_own(c, r, "lo95", b->lo95);
  if (rc == SQLITE_OK) rc = hf_rows_own(c, r, "hi95", b->hi95);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "model", model);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", "ok");
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "confidence", b->confidence);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_text(c, r, "pattern", hf_pattern_text(p->word));
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "period_seconds", p->period);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "step_seconds", grid->step);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "last_ts", g->last_ts);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "last_value", grid->fill[grid->n - 1]);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_int(c, r, "samples", (sqlite3_int64)g->samples);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "error", b->error);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "predicted_load", b->yhat[h - 1]);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "peak_ts",
                          grid->start + (first + (double)peak) * grid->step);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "peak", b->yhat[peak]);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "recommendation", advice);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static int forecast_next(hf_call *c, hf_rows *r) {
  hf_gridded *g = c->state;
  double horizon = 60 * (double)c->arg[0].whole, rows;
  hf_outlook_ask ask;
  hf_outlook o;
  hf_pattern p;
  hf_grid grid;
  double looked;
  const char *reason;
  int rc = hf_gridded_next(c, g);
  if (rc != SQLITE_ROW) return rc;
  if (g->reason != NULL) return hf_gridded_silence(c, g, r, g->reason);
  reason = hf_gridded_stale(c, g, horizon, &rc);
  if (rc != SQLITE_OK) return rc;
  if (reason != NULL) return hf_gridded_silence(c, g, r, reason);
  rows = ceil(horizon / g->grid.step);
  if (rows > FORECAST_ROWS) {
    return hf_fail(&c->s, SQLITE_ERROR,
                   "%.0f rows of %.15g s each; ask for a shorter horizon or "
                   "give hf_source() a longer step",
                   rows, g->grid.step);
  }
  ask.h = (size_t)rows;
  hf_gridded_bounds(g, &ask.lo, &ask.hi);
  grid = g->grid;
  rc = hf_gridded_extend(c, g, &g->older, horizon, &grid);
  if (rc == HF_OK) rc = hf_outlook_run(&c->s.work, &r->mem, &grid, &ask, &o);
  if (rc == HF_EDATA)
    return hf_gridded_silence(c, g, r, hf_gridded_few(c, g, HF_BLEND_MIN));
  if (rc == HF_OK)
    rc = hf_gridded_pattern(
        c, g, o.searched && grid.coarse == 0 ? &o.rhythm : NULL, &p, &looked);
  if (rc != HF_OK) return hf_fail_ops(&c->s, rc);
  return forecast_rows(c, r, g, &o, &p, ask.h);
}

static void forecast_end(hf_call *c) {
  if (c->state != NULL) hf_gridded_end(c->state);
}

const hf_answer hf_forecast_answer = {
    "hf_forecast",  forecast_cols, forecast_params, "component",    "ts", 0,
    forecast_begin, forecast_next, forecast_end,    hf_sql_forecast};
