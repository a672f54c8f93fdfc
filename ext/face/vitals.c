/*
** vitals.c: newest values against limits or their own past (vitals.h).
**
** The past is four rows at the same time of day on each of the last seven
** days, so that a daily cycle and the week are in it; with fewer days the
** older ones of the newest rows are added. It is read day by day, and no
** further once every level was reached before: more past cannot change that.
** 24 values are needed to call a level new.
**
** Only what is known to be worse when higher has a past that judges: the
** columns of hf_health_metrics and metrics named _percent.
*/
#include "vitals.h"
#include "../ops/health.h"

#include <math.h>
#include <string.h>

enum {
  VITALS_DAYS = 7,
  VITALS_A_DAY = 4,  /* rows of each */
  VITALS_LEAST = 24, /* past values that make a judgement */
  VITALS_BACK = 2048 /* rows that the begin of a bad level is looked for in */
};

/* Least distance from the past that counts: of a percentage, of others as a
** share of the largest past value. */
static const double vitals_points = 5;
static const double vitals_share = 0.5;

/* A metric that has nothing but its past. */
typedef struct vitals_own {
  const hf_metric *metric;
  double level, lo, hi;
  size_t n;
} vitals_own;

typedef struct vitals_probe {
  vitals_own *own;
  size_t n;
} vitals_probe;

int hf_vitals_rules(hf_session *s, hf_vitals_rule *out) {
  int rc =
      hf_config_real(s, "percent_warning", NAN, 0, 99.9, &out->percent_warning);
  return rc == SQLITE_OK ? hf_limits_read(s, &out->limits) : rc;
}

static int vitals_percent(const char *metric) {
  size_t n = strlen(metric);
  return n >= 8 && strcmp(metric + n - 8, "_percent") == 0;
}

static int vitals_fills(const char *metric) {
  return strcmp(metric, "memory_percent") == 0 ||
         strcmp(metric, "disk_percent") == 0;
}

static int vitals_rises(const char *metric) {
  return vitals_percent(metric) || strcmp(metric, "network_errors") == 0 ||
         strcmp(metric, "response_time_ms") == 0;
}

/* Keeps a judgement if it is the worst so far. */
static void vitals_take(hf_vitals *v, const hf_vitals *one) {
  size_t few = v->few;
  if (isnan(one->score) || v->score <= one->score) return;
  *v = *one;
  v->few = few;
}

/* ---- the past */

static size_t vitals_depth(void *ctx, const char *metric) {
  const vitals_probe *p = ctx;
  size_t i;
  for (i = 0; i < p->n; i++) {
    const vitals_own *o = &p->own[i];
    if (o->hi < o->level && strcmp(o->metric->name, metric) == 0) {
      return VITALS_A_DAY;
    }
  }
  return 0;
}

/* Adds values before `end` (unix seconds) to a past. */
static void vitals_add(vitals_own *o, const hf_samples *s, double end) {
  size_t i;
  for (i = 0; i < s->n && s->ts[i] < end; i++) {
    if (isnan(s->value[i])) continue;
    o->lo = fmin(o->lo, s->value[i]);
    o->hi = fmax(o->hi, s->value[i]);
    o->n++;
  }
}

/* Where the values end that make the level: the oldest of the newest five. */
static double vitals_end(const hf_samples *s) {
  size_t n = 0, i = s->n;
  while (i > 0 && n < HF_HEALTH_NEWEST) {
    if (!isnan(s->value[--i])) n++;
  }
  return s->ts[i];
}

/* Reads one day further back. *more: a level is still above its past. */
static int vitals_day(hf_session *s, hf_fleet *f, double until, vitals_probe *p,
                      int *found, int *more) {
  hf_mark mark = hf_work_mark(&s->work);
  hf_metric_set set;
  size_t i, j;
  int rc = hf_fleet_read_each(f, until, vitals_depth, p, &set);
  if (rc != SQLITE_OK) return rc;
  *found = set.n > 0;
  *more = 0;
  for (i = 0; i < p->n; i++) {
    vitals_own *o = &p->own[i];
    for (j = 0; j < set.n; j++) {
      if (strcmp(set.metric[j].name, o->metric->name) == 0) {
        vitals_add(o, &set.metric[j].samples, vitals_end(&o->metric->samples));
      }
    }
    if (o->hi < o->level) *more = 1;
  }
  hf_work_release(&s->work, mark);
  return SQLITE_OK;
}

static void vitals_own_judge(const vitals_own *o, hf_vitals *v) {
  hf_vitals one;
  memset(&one, 0, sizeof(one));
  one.basis = HF_VITALS_PAST;
  one.metric = o->metric->name;
  one.level = o->level;
  one.warning = one.critical = NAN;
  one.past = o->n;
  one.lo = o->lo;
  one.hi = one.beyond = o->hi;
  one.score = 100;
  if (o->hi < o->level) {
    if (o->n < VITALS_LEAST) {
      if (v->few == 0 || o->n < v->few) v->few = o->n;
      return;
    }
    one.beyond = hf_health_beyond(o->lo, o->hi,
                                  vitals_percent(one.metric)
                                      ? vitals_points
                                      : fmax(vitals_share * o->hi, 1e-9));
    one.score = hf_health_against(o->level, o->hi, one.beyond);
  }
  vitals_take(v, &one);
}

static int vitals_past(hf_session *s, hf_fleet *f, double last, vitals_probe *p,
                       hf_vitals *v) {
  int day, found = 1, more = 1, rc;
  size_t i;
  for (day = 1; day <= VITALS_DAYS && found && more; day++) {
    rc = vitals_day(s, f, last - 86400.0 * day, p, &found, &more);
    if (rc != SQLITE_OK) return rc;
  }
  for (i = 0; i < p->n; i++) {
    const hf_samples *m = &p->own[i].metric->samples;
    if (!found) vitals_add(&p->own[i], m, vitals_end(m));
    vitals_own_judge(&p->own[i], v);
  }
  return SQLITE_OK;
}

/* ---- all metrics */

/* What was said of a metric. 0: nothing, but its past may tell. */
static int vitals_said(const hf_vitals_rule *rule, const char *kind,
                       hf_vitals *one) {
  const hf_limit *l = hf_limits_find(&rule->limits, one->metric, kind);
  one->warning = one->critical = NAN;
  if (l != NULL) {
    one->basis = HF_VITALS_LIMIT;
    one->warning = l->warning;
    one->critical = l->critical;
    return 1;
  }
  if (vitals_fills(one->metric) && one->level >= 100) {
    one->basis = HF_VITALS_FULL;
    one->critical = 100;
    return 1;
  }
  if (isnan(rule->percent_warning) || !vitals_percent(one->metric)) return 0;
  one->basis = HF_VITALS_SAID;
  one->warning = rule->percent_warning;
  return 1;
}

int hf_vitals_judge(hf_session *s, hf_fleet *f, const hf_vitals_rule *rule,
                    const hf_metric_set *set, const char *kind,
                    hf_vitals *out) {
  vitals_probe p = {NULL, 0};
  hf_vitals v;
  size_t i;
  int rc = SQLITE_OK;
  memset(&v, 0, sizeof(v));
  v.score = NAN;
  p.own = hf_work_alloc(&s->work, set->n + 1, sizeof(*p.own));
  if (p.own == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  for (i = 0; i < set->n; i++) {
    hf_vitals one;
    memset(&one, 0, sizeof(one));
    one.metric = set->metric[i].name;
    one.level = hf_health_level(&set->metric[i].samples);
    if (isnan(one.level)) continue;
    if (vitals_said(rule, kind, &one)) {
      one.score = hf_health_score(one.level, one.warning, one.critical);
      vitals_take(&v, &one);
    } else if (vitals_rises(one.metric)) {
      vitals_own *o = &p.own[p.n++];
      o->metric = &set->metric[i];
      o->level = one.level;
      o->lo = INFINITY;
      o->hi = -INFINITY;
      o->n = 0;
    }
  }
  if (p.n > 0) rc = vitals_past(s, f, set->last, &p, &v);
  if (rc == SQLITE_OK) *out = v;
  return rc;
}

/* ---- in words */

static char *vitals_limits(hf_session *s, const hf_vitals *v) {
  const char *by = v->basis == HF_VITALS_SAID
                       ? "by percent_warning of hf_config"
                       : "by hf_thresholds";
  if (isnan(v->critical)) {
    return hf_format(&s->work, "%s is at %.6g, warning at %.6g %s", v->metric,
                     v->level, v->warning, by);
  }
  if (isnan(v->warning)) {
    return hf_format(&s->work, "%s is at %.6g, critical at %.6g %s", v->metric,
                     v->level, v->critical, by);
  }
  return hf_format(&s->work,
                   "%s is at %.6g, warning at %.6g, critical at %.6g %s",
                   v->metric, v->level, v->warning, v->critical, by);
}

int hf_vitals_words(hf_session *s, const hf_vitals *v, const char **out) {
  switch (v->basis) {
  case HF_VITALS_NONE:
    *out = v->few > 0
               ? hf_format(&s->work,
                           "no metric of it has a limit in hf_thresholds, and "
                           "%lld past values are too few to judge by (%d)",
                           (sqlite3_int64)v->few, (int)VITALS_LEAST)
               : hf_strdup(&s->work, "no metric of it has a limit in "
                                     "hf_thresholds or a past to judge by");
    break;
  case HF_VITALS_FULL:
    *out = hf_format(&s->work, "%s is at %.6g: full", v->metric, v->level);
    break;
  case HF_VITALS_PAST:
    *out = v->score < 100
               ? hf_format(&s->work,
                           "%s is at %.6g; %lld values of its past lie within "
                           "%.6g..%.6g",
                           v->metric, v->level, (sqlite3_int64)v->past, v->lo,
                           v->hi)
               : hf_format(&s->work, "%s is at %.6g, as it was before",
                           v->metric, v->level);
    break;
  default:
    *out = vitals_limits(s, v);
  }
  return *out == NULL ? hf_fail(s, SQLITE_NOMEM, NULL) : SQLITE_OK;
}

static size_t vitals_one(void *ctx, const char *metric) {
  return strcmp(ctx, metric) == 0 ? VITALS_BACK : 0;
}

int hf_vitals_since(hf_session *s, hf_fleet *f, const hf_vitals *v,
                    double *since) {
  hf_metric_set set;
  size_t i;
  int rc;
  char *name;
  *since = NAN;
  if (v->metric == NULL || !(v->score <= 50)) return SQLITE_OK;
  name = hf_strdup(&s->work, v->metric);
  if (name == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = hf_fleet_read_each(f, HF_TS_MAX, vitals_one, name, &set);
  for (i = 0; rc == SQLITE_OK && i < set.n; i++) {
    if (strcmp(set.metric[i].name, name) != 0) continue;
    *since = hf_health_since(&set.metric[i].samples, v->warning, v->critical,
                             v->hi, v->beyond);
  }
  return rc;
}
