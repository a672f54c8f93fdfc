/*
** decompose.c: hf_decompose, what a series is made of.
**
**   SELECT ts, value, trend, seasonal, remainder
**     FROM hf_decompose('hf_resource_metrics.cpu_percent');
**   SELECT hf_decompose('hf_resource_metrics.cpu_percent');   -- JSON: summary
**
** One row a cell of the grid; value = trend + seasonal + seasonal2 +
** remainder. A cell without data has value and remainder NULL. Without a
** period its season is 0 (ops/decompose.h). A strength is the share of variance
** that a season explains: the main one of what the trend leaves, the second one
** of what the main one leaves.
**
** The cells are those of the samples. Where they are shorter than an hour, the
** hourly buckets of hf_prune() before them have no cells; hf_source(…, 3600)
** reads both.
*/
#include "gridded.h"
#include "answers.h"
#include "sql.h"
#include "../ops/decompose.h"

#include <math.h>

static const hf_coldef decompose_cols[] = {{"component", HF_KEY},
                                           {"ts", HF_TIME},
                                           {"value", HF_REAL},
                                           {"trend", HF_REAL},
                                           {"seasonal", HF_REAL},
                                           {"seasonal2", HF_REAL},
                                           {"remainder", HF_REAL},
                                           {"status", HF_TEXT},
                                           {"reason", HF_TEXT},
                                           {"period_seconds", HF_REAL},
                                           {"period2_seconds", HF_REAL},
                                           {"step_seconds", HF_REAL},
                                           {"seasonal_strength", HF_REAL},
                                           {"seasonal2_strength", HF_REAL},
                                           {NULL, HF_REAL}};

static const hf_param decompose_params[] = {
    {"series", HF_P_SERIES, 0, 0, 0, "hf_resource_metrics.cpu_percent"},
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_INT, 0, 0, 0, NULL}};

static int decompose_begin(hf_call *c) {
  hf_gridded *g = hf_work_zeroed(&c->s.hold, 1, sizeof(*g));
  if (g == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  c->state = g;
  return hf_gridded_begin(c, g, 0, "hf_resource_metrics.cpu_percent", 0);
}

/* Period and strength of one season; without one NULL and 0. */
static int decompose_period(hf_call *c, hf_rows *r, const char *name,
                            const char *strength_name, double period,
                            double strength) {
  int rc;
  if (!(period > 0)) return hf_rows_one_real(c, r, strength_name, 0);
  rc = hf_rows_one_real(c, r, name, period);
  if (rc != SQLITE_OK) return rc;
  return hf_rows_one_real(c, r, strength_name, strength);
}

static int decompose_rows(hf_call *c, hf_rows *r, const hf_gridded *g,
                          const hf_decompose *d) {
  const hf_grid *grid = &g->grid;
  int rc;
  rc = hf_rows_start(c, r, grid->n);
  if (rc == SQLITE_OK && g->from.key != NULL)
    rc = hf_rows_one_key(c, r, "component", g->from.key);
  if (rc == SQLITE_OK)
    rc = hf_rows_ramp(c, r, "ts", grid->start, grid->step, 0);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "value", grid->y);
  if (rc == SQLITE_OK) rc = hf_rows_own(c, r, "trend", d->trend);
  if (rc == SQLITE_OK) rc = hf_rows_own(c, r, "seasonal", d->seasonal);
  if (rc == SQLITE_OK) rc = hf_rows_own(c, r, "seasonal2", d->seasonal2);
  if (rc == SQLITE_OK) rc = hf_rows_own(c, r, "remainder", d->remainder);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", "ok");
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "step_seconds", grid->step);
  if (rc == SQLITE_OK)
    rc = decompose_period(c, r, "period_seconds", "seasonal_strength",
                          (double)d->rhythm.m * grid->step, d->rhythm.strength);
  if (rc == SQLITE_OK)
    rc = decompose_period(c, r, "period2_seconds", "seasonal2_strength",
                          (double)d->rhythm.m2 * grid->step,
                          d->rhythm.strength2);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static int decompose_next(hf_call *c, hf_rows *r) {
  hf_gridded *g = c->state;
  hf_decompose d;
  int rc = hf_gridded_next(c, g);
  if (rc != SQLITE_ROW) return rc;
  if (g->reason != NULL) return hf_gridded_silence(c, g, r, g->reason);
  rc = hf_decompose_run(&c->s.work, &r->mem, &g->grid, &d);
  if (rc == HF_EDATA)
    return hf_gridded_silence(c, g, r, hf_gridded_few(c, g, HF_DECOMPOSE_MIN));
  if (rc != HF_OK) return hf_fail_ops(&c->s, rc);
  return decompose_rows(c, r, g, &d);
}

static void decompose_end(hf_call *c) {
  if (c->state != NULL) hf_gridded_end(c->state);
}

const hf_answer hf_decompose_answer = {
    "hf_decompose",  decompose_cols, decompose_params, "component",     "ts", 0,
    decompose_begin, decompose_next, decompose_end,    hf_sql_decompose};
