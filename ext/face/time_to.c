/*
** time_to.c: hf_time_to, when will it be full?
**
**   SELECT eta_ts, eta_lo_ts, eta_hi_ts, probability
**     FROM hf_time_to(95, 'hf_health_metrics.disk_percent');
**   SELECT hf_time_to(95, 'hf_health_metrics.disk_percent');   -- JSON
**
** eta_ts is when the threshold has been reached with probability 1/2, eta_lo_ts
** and eta_hi_ts 1/20 and 19/20 (a 90 % interval); NULL where that lies beyond
** horizon_ts, which is as far as the history allows to look. probability: that
** it is reached by horizon_ts. A threshold above the newest value is reached
** rising, one below it falling (ops/crossing.h).
**
** Where samples are closer than an hour, the hourly buckets of hf_prune() that
** come before them tell how the extremes went, and so how far one may look:
** horizon_ts is twice the time that samples and buckets span. Not so of
** counters and deltas, whose buckets keep no extremes of rates and sums, and
** where cells are longer than the spacing of samples.
*/
#include "gridded.h"
#include "answers.h"
#include "span.h"
#include "sql.h"
#include "../ops/crossing.h"

#include <math.h>

static const hf_coldef time_to_cols[] = {
    {"component", HF_KEY},    {"eta_ts", HF_TIME},
    {"eta_lo_ts", HF_TIME},   {"eta_hi_ts", HF_TIME},
    {"probability", HF_REAL}, {"status", HF_TEXT},
    {"reason", HF_TEXT},      {"direction", HF_TEXT},
    {"horizon_ts", HF_TIME},  {"slope_per_day", HF_REAL},
    {"last_ts", HF_TIME},     {"last_value", HF_REAL},
    {NULL, HF_REAL}};

static const hf_param time_to_params[] = {
    {"threshold", HF_P_REAL, 1, -HF_VALUE_MAX, HF_VALUE_MAX, NULL},
    {"series", HF_P_SERIES, 0, 0, 0, "hf_resource_metrics.cpu_percent"},
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_INT, 0, 0, 0, NULL}};

static int time_to_begin(hf_call *c) {
  hf_gridded *g = hf_work_zeroed(&c->s.hold, 1, sizeof(*g));
  if (g == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  c->state = g;
  return hf_gridded_begin(c, g, 1, "hf_resource_metrics.cpu_percent",
                          HF_OUTLOOK_NEWEST);
}

static int time_to_row(hf_call *c, hf_rows *r, const hf_gridded *g,
                       const hf_crossing *x) {
  const hf_grid *grid = &g->grid;
  double end = grid->start + (double)grid->n * grid->step;
  const char *reason = NULL;
  char reach[HF_SPAN_ROOM];
  int rc = hf_rows_start(c, r, 1);
  if (isnan(x->eta)) {
    reason = hf_format(&c->s.work,
                       "not reached with probability 1/2 within %s, twice the "
                       "history that was read",
                       hf_span(x->reach, reach));
    if (reason == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  }
  if (rc == SQLITE_OK && g->from.key != NULL)
    rc = hf_rows_one_key(c, r, "component", g->from.key);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "eta_ts", floor(end + x->eta));
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "eta_lo_ts", floor(end + x->lo));
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "eta_hi_ts", floor(end + x->hi));
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "probability", x->probability);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", "ok");
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", reason);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_text(c, r, "direction",
                          x->rising > 0 ? "rising" : "falling");
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "horizon_ts", floor(end + x->reach));
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "slope_per_day", x->slope);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "last_ts", g->last_ts);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "last_value", grid->fill[grid->n - 1]);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static int time_to_next(hf_call *c, hf_rows *r) {
  hf_gridded *g = c->state;
  hf_outlook_ask bounds = {1, NAN, NAN};
  const hf_buckets *older;
  const char *stale;
  hf_crossing x;
  hf_kind kind;
  int rc = hf_gridded_next(c, g);
  if (rc != SQLITE_ROW) return rc;
  if (g->reason != NULL) return hf_gridded_silence(c, g, r, g->reason);
  /* half of its history later nothing is known any more */
  stale = hf_gridded_stale(c, g, (double)g->grid.n * g->grid.step / 2, &rc);
  if (rc != SQLITE_OK) return rc;
  if (stale != NULL) return hf_gridded_silence(c, g, r, stale);
  hf_gridded_bounds(g, &bounds.lo, &bounds.hi);
  kind = g->from.samples.kind;
  older = kind == HF_COUNTER || kind == HF_DELTA ? NULL : &g->older;
  rc = hf_crossing_find(&c->s.work, &g->grid, older, c->arg[0].real, &bounds,
                        &x);
  if (rc == HF_EDATA)
    return hf_gridded_silence(c, g, r, hf_gridded_few(c, g, HF_BLEND_MIN));
  if (rc != HF_OK) return hf_fail_ops(&c->s, rc);
  return time_to_row(c, r, g, &x);
}

static void time_to_end(hf_call *c) {
  if (c->state != NULL) hf_gridded_end(c->state);
}

const hf_answer hf_time_to_answer = {
    "hf_time_to",  time_to_cols, time_to_params, "component",   NULL, 0,
    time_to_begin, time_to_next, time_to_end,    hf_sql_time_to};
