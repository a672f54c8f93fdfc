/*
** failures.c: hf_predict_failures([component [, horizon_hours [, series]]]).
**
**   SELECT component, probability, time_to_failure_hours, cause
**   FROM hf_predict_failures(NULL, 72) WHERE will_fail ORDER BY probability
**   DESC;
**
** One row a component. probability is P(it fails within the horizon);
** will_fail is 1 from 0.5 on, confidence the probability that this is right.
** time_to_failure_hours is the mean life left, lives counted up to where they
** show in the metrics (ops/life.h), and within the interval; NULL when less than
** 5% of lives end within the outlook. ttf_lo_hours and ttf_hi_hours hold 90% of
** the lives, in the shortest interval that does; ttf_hi_hours NULL beside a
** lower end: open above, as where lives end later than shows in the metrics.
** learned_as_of is the newest row of what was learned from failures, kept 1
** when hf_learn() kept it, 0 when it was learned in this call (the reason then
** says why what was kept, if anything, was of no use); NULL when nothing learned
** is in the answer. The models are in ops/failure.c and ops/wear.c.
*/
#include "answers.h"
#include "risk.h"
#include "sql.h"

#include <math.h>

static const hf_coldef failures_cols[] = {{"component", HF_KEY},
                                          {"will_fail", HF_INT},
                                          {"probability", HF_REAL},
                                          {"time_to_failure_hours", HF_REAL},
                                          {"ttf_lo_hours", HF_REAL},
                                          {"ttf_hi_hours", HF_REAL},
                                          {"confidence", HF_REAL},
                                          {"cause", HF_TEXT},
                                          {"since_ts", HF_TIME},
                                          {"method", HF_TEXT},
                                          {"failures_seen", HF_INT},
                                          {"last_ts", HF_TIME},
                                          {"status", HF_TEXT},
                                          {"reason", HF_TEXT},
                                          {"learned_as_of", HF_TIME},
                                          {"kept", HF_INT},
                                          {NULL, HF_TEXT}};

static const hf_param failures_params[] = {
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {"horizon_hours", HF_P_REAL, 0, 0.02, 876000, "24"},
    {"series", HF_P_SERIES, 0, 0, 0, NULL},
    {NULL, HF_P_TEXT, 0, 0, 0, NULL}};

static int failures_begin(hf_call *c) {
  hf_risks *r = NULL;
  int rc = hf_risks_open(&c->s, c->component, c->arg[2].value, &r);
  c->state = r;
  return rc;
}

static double failures_finite(double v) {
  return isfinite(v) ? v : NAN;
}

static int failures_estimate(hf_call *c, hf_rows *r, const hf_risk *k) {
  double p = hf_life_within(&k->life, c->arg[1].real);
  double soon = hf_life_quantile(&k->life, 0.05), lo, hi, mean;
  int will = p >= 0.5;
  int rc = hf_rows_one_int(c, r, "will_fail", will);
  hf_life_range(&k->life, hf_life_share(k->lives), &lo, &hi);
  mean = fmin(fmax(hf_life_mean(&k->life), lo), hi);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "probability", p);
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_real(c, r, "time_to_failure_hours",
                          isfinite(soon) ? mean : NAN);
  }
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "ttf_lo_hours", lo);
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_real(c, r, "ttf_hi_hours", failures_finite(hi));
  }
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_real(c, r, "confidence", will ? p : 1 - p);
  }
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "cause", k->cause);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "since_ts", k->since);
  return rc == SQLITE_OK ? hf_rows_one_text(c, r, "method", k->method) : rc;
}

static int failures_next(hf_call *c, hf_rows *r) {
  hf_risk k;
  int rc = hf_risks_next(c->state, &k);
  if (rc != SQLITE_ROW) return rc;
  rc = hf_rows_start(c, r, 1);
  if (rc == SQLITE_OK) rc = hf_rows_one_key(c, r, "component", k.key);
  if (rc == SQLITE_OK && k.known) rc = failures_estimate(c, r, &k);
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_int(c, r, "failures_seen", (sqlite3_int64)k.failures);
  }
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "last_ts", k.last);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", k.status);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", k.reason);
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_real(c, r, "learned_as_of", k.learned);
  }
  if (rc == SQLITE_OK && !isnan(k.learned)) {
    rc = hf_rows_one_int(c, r, "kept", k.kept);
  }
  c->as_of_used = k.now;
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static void failures_end(hf_call *c) {
  if (c->state != NULL) hf_risks_close(c->state);
}

const hf_answer hf_failures_answer = {"hf_predict_failures",
                                      failures_cols,
                                      failures_params,
                                      "component",
                                      NULL,
                                      0,
                                      failures_begin,
                                      failures_next,
                                      failures_end,
                                      hf_sql_predict_failures};
