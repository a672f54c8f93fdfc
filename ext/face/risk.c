/*
** risk.c: how likely the components of the history are to fail (risk.h).
**
** What is learned from the failures of a kind and what the limits of
** hf_thresholds say: the nearest of them counts, pointwise in time. Ways to
** fail are not added up, because metrics of one component are not independent;
** nor averaged, because a limit that nothing moves towards says only that it
** will not be this way, and must not outvote failures that did happen. But
** where both tell of the same end, n failures know it better: hf_life_blend().
** Where neither says anything, disk_percent and memory_percent have the limit
** 100, at which they are full.
*/
#include "risk.h"
#include "../ops/wear.h"

#include <math.h>
#include <string.h>

/* RISK_NEWEST: samples of a metric that a limit or a cause is looked for in;
** what was learned looks at the newest HF_FAILURE_NEWEST. RISK_SILENT: a
** component is silent when nothing came for so many of its longest recent
** gaps. */
enum { RISK_NEWEST = 2048, RISK_SILENT = 3, RISK_GAPS = 30 };

struct hf_risks {
  hf_session *s;
  hf_fleet *fleet;    /* in turn */
  hf_fleet *scout;    /* for learning: goes where it likes */
  hf_reader *reader;  /* a series was given; the fleet is not opened then */
  const char *metric; /* bare name of that series */
  hf_limits limits;
  hf_lore *lore;
  hf_kind_span *spans;
  hf_starts starts;
  double now;
};

int hf_risks_open(hf_session *s, sqlite3_value *component,
                  sqlite3_value *series, hf_risks **out) {
  hf_risks *r = hf_work_zeroed(&s->hold, 1, sizeof(*r));
  int rc = SQLITE_OK;
  *out = r;
  if (r == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  r->s = r->starts.s = s;
  r->now = s->as_of;
  if (s->has_tables) rc = hf_limits_read(s, &r->limits);
  if (rc != SQLITE_OK) return rc;
  if (series != NULL && sqlite3_value_type(series) != SQLITE_NULL) {
    const char *dot;
    rc = hf_reader_open(s, series, NULL, component, RISK_NEWEST, &r->reader);
    if (rc != SQLITE_OK) return rc;
    dot = strrchr(hf_reader_name(r->reader), '.');
    r->metric = dot != NULL ? dot + 1 : hf_reader_name(r->reader);
    return SQLITE_OK;
  }
  rc = hf_need_tables(s);
  if (rc == SQLITE_OK) rc = hf_fleet_open(s, component, &r->fleet);
  if (rc == SQLITE_OK) rc = hf_fleet_open(s, NULL, &r->scout);
  if (rc == SQLITE_OK) rc = hf_fleet_now(r->scout, &r->now);
  return rc;
}

void hf_risks_close(hf_risks *r) {
  if (r->reader != NULL) hf_reader_close(r->reader);
  if (r->fleet != NULL) hf_fleet_close(r->fleet);
  if (r->scout != NULL) hf_fleet_close(r->scout);
  hf_starts_close(&r->starts);
}

/* ---- one component */

static int risk_empty(hf_risk *o, const char *status, const char *reason) {
  o->status = status;
  o->reason = reason;
  return SQLITE_ROW;
}

/* Drops samples up to the newest failure: a repaired component starts anew. */
static void risk_renew(hf_metric_set *set, double failed) {
  size_t i;
  for (i = 0; i < set->n; i++) {
    hf_samples *m = &set->metric[i].samples;
    size_t k = 0;
    while (k < m->n && m->ts[k] <= failed) k++;
    m->ts += k;
    m->value += k;
    m->n -= k;
  }
}

/* Hours between the newest samples of the metric that was heard of last: the
** longest of the last 30 gaps; NaN with fewer than 4 samples. */
static double risk_gap(const hf_metric_set *set) {
  const hf_samples *best = NULL;
  double longest = NAN;
  size_t i, from;
  for (i = 0; i < set->n; i++) {
    const hf_samples *m = &set->metric[i].samples;
    if (m->n < 4) continue;
    if (best == NULL || m->ts[m->n - 1] > best->ts[best->n - 1]) best = m;
  }
  if (best == NULL) return NAN;
  from = best->n > RISK_GAPS ? best->n - RISK_GAPS : 1;
  for (i = from; i < best->n; i++) {
    double d = (best->ts[i] - best->ts[i - 1]) / 3600;
    if (!(longest >= d)) longest = d;
  }
  return longest;
}

/* What a limit says of a metric. 1 in *used when it says anything. `kind` NULL:
** told is 0 or a series was given, and nothing is known of others. */
static int risk_limit(hf_risks *r, const hf_samples *m, const hf_limit *limit,
                      int told, const char *kind, double now, hf_life *life,
                      int *used) {
  hf_wear wear;
  double elapsed, fleet = 0;
  size_t i = m->n;
  int rising, code;
  *used = 0;
  while (i > 0 && isnan(m->value[i - 1])) i--;
  if (i == 0 || isnan(limit->critical)) return SQLITE_OK;
  rising = isnan(limit->warning) ? m->value[i - 1] < limit->critical
                                 : limit->critical > limit->warning;
  if (kind != NULL) {
    code = hf_risk_span(r->s, r->scout, kind, &r->spans, &fleet);
    if (code != SQLITE_OK) return code;
  }
  code = hf_wear_passage(&r->s->work, m, limit->critical, rising, told, fleet,
                         &wear);
  if (code == HF_EDATA) return SQLITE_OK;
  if (code != HF_OK) return hf_fail_ops(r->s, code);
  elapsed = (now - m->ts[i - 1]) / 3600;
  if (elapsed > 0) hf_life_later(&wear.life, elapsed);
  *life = wear.life;
  *used = 1;
  return SQLITE_OK;
}

/* Where nothing else is known: a full disk or memory is a failure. */
static const hf_limit *risk_natural(const char *metric) {
  static const hf_limit full[] = {{"memory_percent", "", NAN, 100},
                                  {"disk_percent", "", NAN, 100}};
  size_t i;
  for (i = 0; i < 2; i++) {
    if (strcmp(metric, full[i].metric) == 0) return &full[i];
  }
  return NULL;
}

/* Notes a limit that may be reached. */
static int risk_way(hf_risks *r, const hf_metric_set *set, size_t metric,
                    const hf_life *life, hf_risk *o) {
  hf_way *way;
  double hours = fmin(HF_WAY_HOURS, life->outlook);
  if (!(hf_life_within(life, hours) >= HF_WAY_LEAST)) return SQLITE_OK;
  if (o->way == NULL)
    o->way = hf_work_alloc(&r->s->work, set->n, sizeof(*o->way));
  if (o->way == NULL) return hf_fail(r->s, SQLITE_NOMEM, NULL);
  way = &o->way[o->ways++];
  way->metric = set->metric[metric].name;
  way->life = *life;
  return hf_fail_ops(
      r->s,
      hf_wear_onset(&r->s->work, &set->metric[metric].samples, &way->since));
}

/* All limits of a component together; the nearest is the cause. */
static int risk_limits(hf_risks *r, const hf_metric_set *set, const char *kind,
                       int natural, hf_life *life, const char **cause,
                       int *used, hf_risk *o) {
  double best = -1;
  size_t i;
  *used = 0;
  for (i = 0; i < set->n; i++) {
    const hf_limit *limit =
        hf_limits_find(&r->limits, set->metric[i].name, kind);
    hf_life one;
    double sum = 0;
    int says, told, rc;
    size_t k;
    told = limit != NULL;
    if (!told && natural) limit = risk_natural(set->metric[i].name);
    if (limit == NULL) continue;
    rc = risk_limit(r, &set->metric[i].samples, limit, told,
                    told && natural && r->fleet != NULL ? kind : NULL, o->now,
                    &one, &says);
    if (rc != SQLITE_OK) return rc;
    if (!says) continue;
    rc = risk_way(r, set, i, &one, o);
    if (rc != SQLITE_OK) return rc;
    for (k = 0; k < HF_LIFE_N; k++) sum += one.f[k];
    if (sum > best) {
      best = sum;
      *cause = set->metric[i].name;
    }
    if (*used)
      hf_life_sooner(life, &one);
    else
      *life = one;
    *used = 1;
  }
  return SQLITE_OK;
}

static int risk_learned(hf_risks *r, const hf_lore *l, const hf_member *m,
                        const hf_metric_set *set, const hf_metric_set *oldest,
                        double now, hf_life *life, const char **cause) {
  hf_work *w = &r->s->work;
  size_t metrics = l->model.metrics, metric = metrics;
  double *wear = hf_work_reals(w, 4 * metrics + 1);
  double *rare = hf_work_reals(w, 3 * metrics + 1);
  double first = hf_lore_first(oldest);
  hf_track track;
  int rc, code;
  if (wear == NULL || rare == NULL) return hf_fail(r->s, SQLITE_NOMEM, NULL);
  rc = hf_lore_track(r->s, l, set, oldest, first, &track);
  if (rc == SQLITE_OK && l->kept) {
    rc = hf_lore_started(&r->starts, l, m->key, oldest, track.start, &first);
  }
  if (rc != SQLITE_OK) return rc;
  track.born = hf_lore_born(m, m->failed, first);
  hf_failure_features(&track, metrics, now, l->model.window, wear, rare);
  code = hf_failure_life(w, &l->model, wear, rare, life);
  if (code == HF_OK) code = hf_failure_cause(w, &l->model, wear, rare, &metric);
  if (code != HF_OK) return hf_fail_ops(r->s, code);
  if (metric < metrics) *cause = l->metric[metric];
  return SQLITE_OK;
}

static size_t risk_cause_depth(void *ctx, const char *metric) {
  const hf_risk *o = ctx;
  return strcmp(metric, o->cause) == 0 ? RISK_NEWEST : 0;
}

/* When the cause began to drift: in more samples of it than were read to tell
** that it is one. */
static int risk_since(hf_risks *r, const hf_metric_set *set, hf_risk *o) {
  hf_metric_set deep;
  size_t i;
  if (o->cause == NULL) return SQLITE_OK;
  if (r->fleet != NULL) {
    int rc =
        hf_fleet_read_each(r->fleet, HF_TS_MAX, risk_cause_depth, o, &deep);
    if (rc != SQLITE_OK) return rc;
    if (!isnan(o->failed)) risk_renew(&deep, o->failed);
    set = &deep;
  }
  for (i = 0; i < set->n; i++) {
    if (strcmp(set->metric[i].name, o->cause) == 0) {
      return hf_fail_ops(
          r->s, hf_wear_onset(&r->s->work, &set->metric[i].samples, &o->since));
    }
  }
  return SQLITE_OK;
}

/* Orders lives: the larger, the sooner the end. */
static double risk_area(const hf_life *l) {
  double sum = 0;
  size_t k;
  for (k = 0; k < HF_LIFE_N; k++) sum += l->f[k];
  return sum;
}

/* `m`, `lore` and `oldest`: NULL for a series that was given. */
static int risk_estimate(hf_risks *r, const hf_member *m, const hf_lore *lore,
                         const hf_metric_set *set, const hf_metric_set *oldest,
                         hf_risk *o) {
  const char *limited_by = NULL;
  hf_life limited;
  int limit = 0, learned = lore != NULL && lore->learned;
  int rc = risk_limits(r, set, m != NULL ? m->kind : "", !learned, &limited,
                       &limited_by, &limit, o);
  if (rc != SQLITE_OK) return rc;
  if (learned) {
    rc = risk_learned(r, lore, m, set, oldest, o->now, &o->life, &o->cause);
    if (rc != SQLITE_OK) return rc;
    o->method = lore->model.wears ? "wear" : "hazard";
    o->known = 1;
    /* no more at risk than any of its kind: nothing causes that */
    if (risk_area(&o->life) <= risk_area(&lore->model.all)) o->cause = NULL;
    o->lives = lore->model.failed;
    o->learned = lore->as_of;
    o->kept = lore->kept;
    o->reason = lore->note;
  }
  if (limit && o->known && lore != NULL) {
    /* one that will rather not be reached in this outlook is no cause */
    if (hf_life_within(&limited, o->life.outlook) > 0.5 &&
        risk_area(&limited) > risk_area(&o->life)) {
      o->cause = limited_by;
    }
    hf_life_blend(&o->life, lore->model.failed, HF_FAILURE_LEAST, &limited);
    o->method = "blend";
  } else if (limit) {
    o->life = limited;
    o->cause = limited_by;
    o->method = "first_passage";
    o->known = 1;
  }
  return o->known ? risk_since(r, set, o) : SQLITE_OK;
}

/* Why there is no estimate. */
static int risk_why(hf_risks *r, const hf_risk *o, const char **out) {
  if (r->limits.n > 0) {
    *out = "no limit of hf_thresholds applies to a metric that moves and has "
           "12 values or more, and fewer than 3 failures of this kind are on "
           "record with samples";
  } else {
    *out = hf_format(&r->s->work,
                     "%llu failures of this kind are on record with samples "
                     "(3 are needed), and hf_thresholds has no limit",
                     (unsigned long long)o->failures);
  }
  return *out == NULL ? hf_fail(r->s, SQLITE_NOMEM, NULL) : SQLITE_OK;
}

int hf_risk_silent(hf_session *s, const hf_metric_set *set, double now,
                   const char **reason) {
  double gap = risk_gap(set), quiet = (now - set->last) / 3600;
  *reason = NULL;
  if (!(gap > 0 && quiet > RISK_SILENT * gap)) return SQLITE_OK;
  *reason = hf_format(&s->work,
                      "no sample for %.1f hours; the longest of its last gaps "
                      "was %.1f hours",
                      quiet, gap);
  return *reason == NULL ? hf_fail(s, SQLITE_NOMEM, NULL) : SQLITE_OK;
}

int hf_risk_gone(hf_session *s, hf_fleet *f, double now, double *last,
                 const char **status, const char **reason) {
  int rc = hf_fleet_rolled(f, last);
  if (rc != SQLITE_OK) return rc;
  /* the hour, and as many again as silence takes */
  *status =
      now > *last + 3600 * (1 + RISK_SILENT) ? "silent" : "insufficient_data";
  *reason = isnan(*last) ? hf_strdup(&s->work, "it has no samples")
                         : hf_format(&s->work,
                                     "no sample since the hour that begins at "
                                     "%.0f; hf_prune() rolled all of them up",
                                     *last);
  return *reason == NULL ? hf_fail(s, SQLITE_NOMEM, NULL) : SQLITE_OK;
}

/* What a depth is asked for. */
typedef struct risk_reading {
  const hf_risks *r;
  const hf_lore *lore;
} risk_reading;

/* A limit looks far back, and so does a setting, which may be recorded more
** often than what follows it. */
static size_t risk_depth(void *ctx, const char *metric) {
  const risk_reading *g = ctx;
  const hf_lore *l = g->lore;
  size_t i;
  if (hf_limits_find(&g->r->limits, metric, l->kind) != NULL) {
    return RISK_NEWEST;
  }
  if (!l->learned && risk_natural(metric) != NULL) return RISK_NEWEST;
  for (i = 0; l->learned && i < l->regime.settings; i++) {
    if (strcmp(l->metric[l->regime.setting[i].metric], metric) == 0) {
      return RISK_NEWEST;
    }
  }
  return HF_FAILURE_NEWEST;
}

static int risk_member(hf_risks *r, const hf_member *m, hf_risk *o) {
  hf_metric_set set, oldest;
  hf_lore *lore = NULL;
  risk_reading reading;
  int rc = hf_lore_of(r->s, r->scout, r->now, m->kind, &r->lore, &lore);
  if (rc != SQLITE_OK) return rc;
  o->failures = lore->failures;
  o->failed = m->failed;
  if (!isnan(m->retired)) return risk_empty(o, "retired", "it was retired");
  reading.r = r;
  reading.lore = lore;
  rc = hf_fleet_read_each(r->fleet, HF_TS_MAX, risk_depth, &reading, &set);
  if (rc != SQLITE_OK) return rc;
  o->last = set.last;
  if (!isnan(m->failed) && !(o->last > m->failed)) {
    return risk_empty(o, "failed", "it failed and has not reported since");
  }
  if (set.n == 0) {
    rc = hf_risk_gone(r->s, r->fleet, o->now, &o->last, &o->status, &o->reason);
    return rc == SQLITE_OK ? SQLITE_ROW : rc;
  }
  rc = hf_fleet_read_oldest(r->fleet, isnan(m->failed) ? -INFINITY : m->failed,
                            HF_FAILURE_OLDEST, &oldest);
  if (rc != SQLITE_OK) return rc;
  if (!isnan(m->failed)) risk_renew(&set, m->failed);
  rc = hf_risk_silent(r->s, &set, o->now, &o->reason);
  if (rc != SQLITE_OK) return rc;
  if (o->reason != NULL) return risk_empty(o, "silent", o->reason);
  rc = risk_estimate(r, m, lore, &set, &oldest, o);
  if (rc == SQLITE_OK && !o->known) {
    o->status = "insufficient_data";
    rc = risk_why(r, o, &o->reason);
  }
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* A component of a series that was given. */
static int risk_series(hf_risks *r, hf_risk *o) {
  hf_component c;
  hf_metric metric;
  hf_metric_set set;
  size_t i;
  int rc = hf_reader_next(r->reader, &c);
  if (rc != SQLITE_ROW) return rc;
  o->key = c.key;
  o->name = c.name;
  metric.name = r->metric;
  metric.samples = c.samples;
  set.metric = &metric;
  set.n = c.samples.n > 0;
  for (i = c.samples.n; i > 0 && isnan(c.samples.value[i - 1]);) i--;
  o->last = set.last = i > 0 ? c.samples.ts[i - 1] : NAN;
  o->now = isnan(r->now) ? o->last : r->now;
  if (i == 0) return risk_empty(o, "insufficient_data", "it has no samples");
  rc = risk_estimate(r, NULL, NULL, &set, NULL, o);
  if (rc == SQLITE_OK && !o->known) {
    o->status = "insufficient_data";
    o->reason = hf_format(&r->s->work,
                          "hf_thresholds has no critical value for metric %s, "
                          "or it has fewer than 12 values or never moved",
                          r->metric);
    if (o->reason == NULL) rc = hf_fail(r->s, SQLITE_NOMEM, NULL);
  }
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

int hf_risks_next(hf_risks *r, hf_risk *out) {
  const hf_member *m;
  int rc;
  memset(out, 0, sizeof(*out));
  out->status = "ok";
  out->since = out->last = out->failed = out->learned = NAN;
  out->now = r->now;
  if (r->reader != NULL) return risk_series(r, out);
  rc = hf_fleet_next(r->fleet);
  if (rc != SQLITE_ROW) return rc;
  m = hf_fleet_member(r->fleet);
  out->key = m->key;
  out->name = m->name;
  return risk_member(r, m, out);
}
