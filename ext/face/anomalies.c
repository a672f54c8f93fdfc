/*
** anomalies.c: hf_anomalies(), what is unusual.
**
**   SELECT ts, value, expected, score FROM hf_anomalies(
**     hf_source('requests', 'ts', 'ms')) WHERE is_anomaly;
**   SELECT * FROM hf_anomalies();         all metrics of each component
**   SELECT * FROM hf_anomalies(NULL, 'web-1') WHERE arg_hindsight = 1;
**
** One row for each distinct recorded stamp. With a series: ops/anomaly.h.
** Without one (NULL): all metrics of a component, from hf_health_metrics and
** hf_metrics, together (ops/joint.h): value is the joint statistic, expected
** its limit, metric the largest contributor. Metrics of kind state stay out.
**
** Where samples are hours or more apart, what hf_prune() kept of earlier ones
** counts as history, too (store/older.h); it gets no rows.
**
** The score runs from 0 to 1; 0 says that nothing speaks for an anomaly, be it
** for want of history. is_anomaly marks a single series' rows that say
** something new, and each row of a component beyond its limit.
*/
#include "answers.h"
#include "sql.h"
#include "../ops/anomaly.h"
#include "../ops/grid.h"
#include "../ops/joint.h"
#include "../store/fleet.h"
#include "../store/older.h"
#include "../store/series.h"

#include <math.h>
#include <string.h>

static const hf_coldef anomalies_cols[] = {
    {"component", HF_KEY}, {"ts", HF_TIME},     {"value", HF_REAL},
    {"expected", HF_REAL}, {"score", HF_REAL},  {"is_anomaly", HF_INT},
    {"since_ts", HF_TIME}, {"metric", HF_TEXT}, {"status", HF_TEXT},
    {"reason", HF_TEXT},   {NULL, HF_REAL}};

static const hf_param anomalies_params[] = {
    {"series", HF_P_SERIES, 0, 0, 0, NULL},
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {"hindsight", HF_P_INT, 0, 0, 1, "0"},
    {NULL, HF_P_REAL, 0, 0, 0, NULL}};

typedef struct anomalies_state {
  hf_reader *reader; /* of a series; or NULL */
  hf_older *older;   /* the buckets before its samples; or NULL */
  hf_fleet *fleet;   /* of all metrics; or NULL */
} anomalies_state;

static int anomalies_begin(hf_call *c) {
  anomalies_state *st = hf_work_zeroed(&c->s.hold, 1, sizeof(*st));
  int rc;
  if (st == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  c->state = st;
  if (c->arg[0].given) {
    rc = hf_reader_open(&c->s, c->arg[0].value, NULL, c->component, 0,
                        &st->reader);
    if (rc != SQLITE_OK) return rc;
    return hf_older_open(&c->s, hf_reader_source(st->reader), &st->older);
  }
  rc = hf_need_tables(&c->s);
  if (rc != SQLITE_OK) return rc;
  return hf_fleet_open(&c->s, c->component, &st->fleet);
}

/* Flags as a column. */
static int anomalies_flags(hf_call *c, hf_rows *r, const int *flag, size_t n) {
  sqlite3_int64 *wide = hf_work_alloc(&c->s.work, n, sizeof(sqlite3_int64));
  size_t i;
  if (wide == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  for (i = 0; i < n; i++) wide[i] = flag[i];
  return hf_rows_int(c, r, "is_anomaly", wide);
}

/* Status and reason of a batch. `few` rows of the `need` that a judgement
** takes. */
static int anomalies_status(hf_call *c, hf_rows *r, size_t have, int need,
                            const char *what) {
  char *reason;
  int rc;
  if (have > (size_t)need) return hf_rows_one_text(c, r, "status", "ok");
  reason = have == 0 ? hf_format(&c->s.work, "no %s", what)
                     : hf_format(&c->s.work,
                                 "%lld %s; more than %d are needed to call "
                                 "anything an anomaly",
                                 (sqlite3_int64)have, what, need);
  if (reason == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  rc = hf_rows_one_text(c, r, "status", "insufficient_data");
  if (rc != SQLITE_OK) return rc;
  return hf_rows_one_text(c, r, "reason", reason);
}

/* A component without a single sample: one row that says so. */
static int anomalies_silence(hf_call *c, hf_rows *r, sqlite3_value *key,
                             const char *what) {
  int rc = hf_rows_start(c, r, 1);
  if (rc == SQLITE_OK) rc = hf_rows_one_key(c, r, "component", key);
  if (rc == SQLITE_OK) rc = anomalies_status(c, r, 0, 0, what);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* Puts buckets before the samples of a component, as samples: *x in s->work.
 */
static int anomalies_join(hf_call *c, const hf_buckets *older, hf_samples *x) {
  size_t i, n = older->n + x->n;
  double *ts = hf_work_reals(&c->s.work, n);
  double *value = hf_work_reals(&c->s.work, n);
  if (ts == NULL || value == NULL) return HF_ENOMEM;
  for (i = 0; i < older->n; i++) {
    const hf_bucket *b = &older->b[i];
    int ends = x->kind == HF_COUNTER || x->kind == HF_STATE;
    ts[i] = ends ? b->last_ts : b->ts;
    value[i] = x->kind == HF_GAUGE      ? b->sum / b->n
               : x->kind == HF_DELTA    ? b->sum
               : x->kind == HF_QUANTILE ? b->max
                                        : b->last;
    if (isnan(ts[i])) ts[i] = b->ts;
  }
  if (x->n > 0) {
    memcpy(ts + older->n, x->ts, x->n * sizeof(double));
    memcpy(value + older->n, x->value, x->n * sizeof(double));
  }
  x->ts = ts;
  x->value = value;
  x->n = n;
  return hf_samples_sort(&c->s.work, x);
}

/* What was kept of the samples before, where samples are hours or more apart;
** `from` is what the reader read. */
static int anomalies_older(hf_call *c, hf_older *source,
                           const hf_component *from, hf_samples *x) {
  hf_buckets older;
  double step = x->step;
  int code = HF_OK;
  int rc;
  if (source == NULL || x->n == 0) return SQLITE_OK;
  if (!(step > 0)) code = hf_grid_step(&c->s.work, x, &step);
  if (code == HF_EDATA) return SQLITE_OK;
  if (code != HF_OK) return hf_fail_ops(&c->s, code);
  rc = hf_older_read(source, from->key, x->kind,
                     isnan(c->s.as_of) ? (double)INFINITY : c->s.as_of, 0,
                     &older);
  if (rc != SQLITE_OK || !hf_grid_takes(&older, step)) return rc;
  return hf_fail_ops(&c->s, anomalies_join(c, &older, x));
}

/* Leaves out the rows before the stamp `first`. */
static void anomalies_from(hf_anomaly *a, double first) {
  size_t skip = 0;
  while (skip < a->n && a->ts[skip] < first) skip++;
  a->n -= skip;
  a->ts += skip;
  a->value += skip;
  a->expected += skip;
  a->score += skip;
  a->since += skip;
  a->flag += skip;
}

/* The next component of a series. */
static int anomalies_series(hf_call *c, hf_rows *r, anomalies_state *st) {
  hf_reader *reader = st->reader;
  hf_component from;
  hf_samples x;
  hf_anomaly a;
  int rc = hf_reader_next(reader, &from);
  int code;
  if (rc != SQLITE_ROW) return rc;
  memset(&a, 0, sizeof(a));
  x = from.samples;
  rc = anomalies_older(c, st->older, &from, &x);
  if (rc != SQLITE_OK) return rc;
  code = hf_anomaly_collect(&c->s.work, &x, &a);
  if (code == HF_OK) {
    code = hf_anomaly_score(&c->s.work, (int)c->arg[2].whole, &a);
  }
  if (code != HF_OK) return hf_fail_ops(&c->s, code);
  if (x.n > from.samples.n) anomalies_from(&a, from.samples.ts[0]);
  if (a.n == 0) return anomalies_silence(c, r, from.key, "samples");
  if (isnan(c->s.as_of)) c->as_of_used = a.ts[a.n - 1];
  rc = hf_rows_start(c, r, a.n);
  if (rc == SQLITE_OK && from.key != NULL)
    rc = hf_rows_one_key(c, r, "component", from.key);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "ts", a.ts);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "value", a.value);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "expected", a.expected);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "score", a.score);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "since_ts", a.since);
  if (rc == SQLITE_OK) rc = anomalies_flags(c, r, a.flag, a.n);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_text(c, r, "metric", hf_reader_name(reader));
  if (rc == SQLITE_OK)
    rc = anomalies_status(c, r, a.used, HF_ANOMALY_FIRST, "samples");
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static int anomalies_joint_rows(hf_call *c, hf_rows *r, const hf_member *of,
                                const hf_metric_set *set, const hf_joint *a) {
  size_t i;
  int rc = hf_rows_start(c, r, a->n);
  if (rc == SQLITE_OK) rc = hf_rows_one_key(c, r, "component", of->key);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "ts", a->ts);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "value", a->value);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "expected", a->limit);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "score", a->score);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "since_ts", a->since);
  if (rc == SQLITE_OK) rc = anomalies_flags(c, r, a->flag, a->n);
  for (i = 0; rc == SQLITE_OK && i < a->n; i++) {
    if (a->metric[i] >= 0)
      rc = hf_rows_set_text(c, r, "metric", i, set->metric[a->metric[i]].name);
  }
  if (rc == SQLITE_OK)
    rc = anomalies_status(c, r, a->n, HF_JOINT_FIRST, "rows of history");
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* Leaves settings out: a number that stands for something, as that of a
** connection or a mode, is not more or less than usual. */
static void anomalies_measured(hf_metric_set *set) {
  size_t i, n = 0;
  for (i = 0; i < set->n; i++) {
    if (set->metric[i].samples.kind != HF_STATE)
      set->metric[n++] = set->metric[i];
  }
  set->n = n;
}

/* The next component with all its metrics. */
static int anomalies_fleet(hf_call *c, hf_rows *r, hf_fleet *fleet) {
  const hf_member *of;
  hf_samples *sample;
  hf_metric_set set;
  hf_joint a;
  size_t i;
  int rc = hf_fleet_next(fleet);
  if (rc != SQLITE_ROW) return rc;
  of = hf_fleet_member(fleet);
  rc = hf_fleet_read(fleet, HF_FLEET_ALL, &set);
  if (rc != SQLITE_OK) return rc;
  anomalies_measured(&set);
  if (set.n == 0) return anomalies_silence(c, r, of->key, "samples");
  if (set.n > HF_JOINT_MOST) {
    return hf_fail(&c->s, SQLITE_ERROR,
                   "component '%s' has %lld metrics, at most %d can be judged "
                   "together; name a series",
                   of->name, (sqlite3_int64)set.n, (int)HF_JOINT_MOST);
  }
  sample = hf_work_alloc(&c->s.work, set.n, sizeof(*sample));
  if (sample == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  for (i = 0; i < set.n; i++) sample[i] = set.metric[i].samples;
  rc = hf_joint_score(&c->s.work, sample, set.n, (int)c->arg[2].whole, &a);
  if (rc != HF_OK) return hf_fail_ops(&c->s, rc);
  if (isnan(c->s.as_of)) c->as_of_used = set.last;
  return anomalies_joint_rows(c, r, of, &set, &a);
}

static int anomalies_next(hf_call *c, hf_rows *r) {
  anomalies_state *st = c->state;
  if (st->reader != NULL) return anomalies_series(c, r, st);
  return anomalies_fleet(c, r, st->fleet);
}

static void anomalies_end(hf_call *c) {
  anomalies_state *st = c->state;
  if (st == NULL) return;
  hf_older_close(st->older);
  if (st->reader != NULL) hf_reader_close(st->reader);
  if (st->fleet != NULL) hf_fleet_close(st->fleet);
}

const hf_answer hf_anomalies_answer = {
    "hf_anomalies",  anomalies_cols, anomalies_params, "component",     "ts", 0,
    anomalies_begin, anomalies_next, anomalies_end,    hf_sql_anomalies};
