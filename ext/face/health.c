/*
** health.c: hf_health([component]).
**
**   SELECT * FROM hf_health() WHERE status <> 'ok';
**
** One row a component: status is ok, warning, critical, silent, failed,
** retired or insufficient_data; score 0..100 follows the metric that is
** nearest to its critical value (ops/health.h). Limits are those of
** hf_thresholds; a percentage without one has warning at hf_config
** percent_warning and critical at 100, where its scale ends.
**
** Reads the newest 31 rows of a component and nothing else, so that a glance
** at a thousand components costs a few seeks each.
*/
#include "answers.h"
#include "risk.h"
#include "sql.h"
#include "../ops/health.h"

#include <math.h>
#include <string.h>

/* 30 gaps, by which silence is judged. */
enum { HEALTH_ROWS = 31 };

static const hf_coldef health_cols[] = {
    {"component", HF_KEY}, {"status", HF_TEXT},
    {"score", HF_REAL},    {"worst_metric", HF_TEXT},
    {"reason", HF_TEXT},   {"last_ts", HF_TIME},
    {NULL, HF_TEXT}};

static const hf_param health_params[] = {
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_TEXT, 0, 0, 0, NULL}};

typedef struct health_state {
  hf_fleet *fleet;
  hf_limits limits;
  double percent_warning;
  double now;
} health_state;

/* What is known of a component. */
typedef struct health_view {
  const char *status, *reason, *worst;
  double score, last;
} health_view;

static int health_begin(hf_call *c) {
  health_state *h = hf_work_zeroed(&c->s.hold, 1, sizeof(*h));
  int rc;
  if (h == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  c->state = h;
  rc = hf_config_real(&c->s, "percent_warning", 80, 0, 99.9,
                      &h->percent_warning);
  if (rc == SQLITE_OK) rc = hf_limits_read(&c->s, &h->limits);
  if (rc == SQLITE_OK) rc = hf_fleet_open(&c->s, c->component, &h->fleet);
  return rc == SQLITE_OK ? hf_fleet_now(h->fleet, &h->now) : rc;
}

/* The limits of a metric; 0: it has none. */
static int health_limits(const health_state *h, const char *metric,
                         const char *kind, double *warning, double *critical) {
  const hf_limit *l = hf_limits_find(&h->limits, metric, kind);
  size_t n = strlen(metric);
  if (l != NULL) {
    *warning = l->warning;
    *critical = l->critical;
    return 1;
  }
  if (n < 8 || strcmp(metric + n - 8, "_percent") != 0) return 0;
  *warning = h->percent_warning;
  *critical = 100;
  return 1;
}

static int health_metrics(hf_call *c, const hf_metric_set *set,
                          const char *kind, health_view *v) {
  const health_state *h = c->state;
  double level = NAN, warning = NAN, critical = NAN;
  size_t i;
  for (i = 0; i < set->n; i++) {
    double w, k, x, score;
    if (!health_limits(h, set->metric[i].name, kind, &w, &k)) continue;
    x = hf_health_level(&set->metric[i].samples);
    score = hf_health_score(x, w, k);
    if (isnan(score) || v->score <= score) continue;
    v->score = score;
    v->worst = set->metric[i].name;
    level = x;
    warning = w;
    critical = k;
  }
  if (v->worst == NULL) {
    v->status = "insufficient_data";
    v->reason = "no metric of it has a limit in hf_thresholds";
    return SQLITE_OK;
  }
  v->status = v->score <= 0 ? "critical" : v->score <= 50 ? "warning" : "ok";
  v->reason = isnan(critical)
                  ? hf_format(&c->s.work, "%s is at %.6g, warning at %.6g",
                              v->worst, level, warning)
              : isnan(warning)
                  ? hf_format(&c->s.work, "%s is at %.6g, critical at %.6g",
                              v->worst, level, critical)
                  : hf_format(&c->s.work,
                              "%s is at %.6g, warning at %.6g, critical at "
                              "%.6g",
                              v->worst, level, warning, critical);
  return v->reason == NULL ? hf_fail(&c->s, SQLITE_NOMEM, NULL) : SQLITE_OK;
}

static int health_look(hf_call *c, const hf_member *m, health_view *v) {
  health_state *h = c->state;
  hf_metric_set set;
  int rc;
  if (!isnan(m->retired)) {
    v->status = "retired";
    v->reason = "it was retired";
    return hf_fleet_last(h->fleet, &v->last);
  }
  rc = hf_fleet_read(h->fleet, HEALTH_ROWS, &set);
  if (rc != SQLITE_OK) return rc;
  v->last = set.last;
  if (!isnan(m->failed) && !(v->last > m->failed)) {
    v->status = "failed";
    v->score = 0;
    v->reason = "it failed and has not reported since";
    return SQLITE_OK;
  }
  if (set.n == 0) {
    v->status = "insufficient_data";
    v->reason = "it has no samples";
    return SQLITE_OK;
  }
  rc = hf_risk_silent(&c->s, &set, h->now, &v->reason);
  if (rc != SQLITE_OK) return rc;
  if (v->reason != NULL) {
    v->status = "silent";
    return SQLITE_OK;
  }
  v->score = INFINITY;
  rc = health_metrics(c, &set, m->kind, v);
  if (!isfinite(v->score)) v->score = NAN;
  return rc;
}

static int health_next(hf_call *c, hf_rows *r) {
  health_state *h = c->state;
  health_view v = {"ok", NULL, NULL, NAN, NAN};
  const hf_member *m = hf_fleet_member(h->fleet);
  int rc = hf_fleet_next(h->fleet);
  if (rc != SQLITE_ROW) return rc;
  rc = health_look(c, m, &v);
  if (rc == SQLITE_OK) rc = hf_rows_start(c, r, 1);
  if (rc == SQLITE_OK) rc = hf_rows_one_key(c, r, "component", m->key);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", v.status);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "score", v.score);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "worst_metric", v.worst);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", v.reason);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "last_ts", v.last);
  c->as_of_used = h->now;
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static void health_end(hf_call *c) {
  health_state *h = c->state;
  if (h != NULL && h->fleet != NULL) hf_fleet_close(h->fleet);
}

const hf_answer hf_health_answer = {
    "hf_health", health_cols,  health_params, "component", NULL,
    1,           health_begin, health_next,   health_end,  hf_sql_health};
