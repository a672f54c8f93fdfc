/*
** pattern.c: hf_pattern, one word for a series.
**
**   SELECT component, pattern, period_seconds, confidence
**     FROM hf_pattern(hf_source('requests', 'ts', 'n', 'route'));
**   SELECT hf_pattern('hf_resource_metrics.cpu_percent');   -- periodic
**
** periodic, trending, stable or unknown, with the probability that the word is
** right (ops/pattern.h). The newest samples are looked at, as hf_forecast does.
*/
#include "gridded.h"
#include "answers.h"
#include "sql.h"
#include "../ops/outlook.h"
#include "../ops/pattern.h"

#include <math.h>

static const hf_coldef pattern_cols[] = {{"component", HF_KEY},
                                         {"pattern", HF_TEXT},
                                         {"period_seconds", HF_REAL},
                                         {"period2_seconds", HF_REAL},
                                         {"seasonal_strength", HF_REAL},
                                         {"slope_per_day", HF_REAL},
                                         {"confidence", HF_REAL},
                                         {"status", HF_TEXT},
                                         {"reason", HF_TEXT},
                                         {"step_seconds", HF_REAL},
                                         {"last_ts", HF_TIME},
                                         {"samples", HF_INT},
                                         {NULL, HF_REAL}};

static const hf_param pattern_params[] = {
    {"series", HF_P_SERIES, 0, 0, 0, "hf_resource_metrics.cpu_percent"},
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_INT, 0, 0, 0, NULL}};

static int pattern_begin(hf_call *c) {
  hf_gridded *g = hf_work_zeroed(&c->s.hold, 1, sizeof(*g));
  if (g == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  c->state = g;
  return hf_gridded_begin(c, g, 0, "hf_resource_metrics.cpu_percent",
                          HF_OUTLOOK_NEWEST);
}

static int pattern_row(hf_call *c, hf_rows *r, const hf_gridded *g,
                       const hf_pattern *p, double step) {
  int rc = hf_rows_start(c, r, 1);
  if (rc == SQLITE_OK && g->from.key != NULL)
    rc = hf_rows_one_key(c, r, "component", g->from.key);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_text(c, r, "pattern", hf_pattern_text(p->word));
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "period_seconds", p->period);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "period2_seconds", p->period2);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "seasonal_strength", p->strength);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "slope_per_day", p->slope);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "confidence", p->confidence);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", "ok");
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "step_seconds", step);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "last_ts", g->last_ts);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_int(c, r, "samples", (sqlite3_int64)g->samples);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static int pattern_next(hf_call *c, hf_rows *r) {
  hf_gridded *g = c->state;
  hf_pattern p;
  double step;
  int rc = hf_gridded_next(c, g);
  if (rc != SQLITE_ROW) return rc;
  if (g->reason != NULL) return hf_gridded_silence(c, g, r, g->reason);
  rc = hf_gridded_pattern(c, g, NULL, &p, &step);
  if (rc == HF_EDATA)
    return hf_gridded_silence(c, g, r, hf_gridded_few(c, g, HF_PATTERN_MIN));
  if (rc != HF_OK) return hf_fail_ops(&c->s, rc);
  return pattern_row(c, r, g, &p, step);
}

static void pattern_end(hf_call *c) {
  if (c->state != NULL) hf_gridded_end(c->state);
}

const hf_answer hf_pattern_answer = {
    "hf_pattern",  pattern_cols, pattern_params, "component",   NULL, 0,
    pattern_begin, pattern_next, pattern_end,    hf_sql_pattern};
