/*
** joint.c: anomalies of several metrics together, see joint.h.
**
** Each metric becomes z, its distance from its own normal in its own scale;
** z is smoothed, e_t = e_{t-1} + lambda (z_t - e_{t-1}), and judged by
**   T2 = (2 - lambda)/lambda  e' S^-1 e
** (Hotelling 1947; Lowry, Woodall, Champ and Rigdon 1992: the multivariate
** EWMA chart), so that metrics that move together count once. e_j (S^-1 e)_j
** are the contributions; the largest names the metric.
**
** The normal (ops/joint_normal.h). As it happens, the older 7/10 of the rows so
** far, settled anew whenever they have grown by a quarter: what came lately
** cannot yet be normal, what has come to stay becomes so.
**
** The limit is what one row of a history twice as long as the reference
** exceeds: the 99% quantile of T2 in the reference, and beyond 50 rows an
** exponential tail through the 90% and 99% quantiles (the excesses of a high
** threshold are about exponential, Pickands 1975). Centers, scales and
** correlations of p metrics were estimated from so few rows, which depend on
** each other, too, that a new T2 is larger than a fitted one: times 0.4 + 6 p
** (2 - lambda)/lambda / rows, and 1.15 at least. At least, too, it is what one
** of 7000
** new rows exceeds that are normal and independent but unknown: a T2 of nu =
** rows - 1 degrees of freedom, by Bartlett's approximation
**   (nu - p/2) log(1 + T2/nu) ~ chi-square(p)
** whose quantile is that of Wilson and Hilferty (1931); less where the median
** of T2 is below that of chi-square, as where rows make up for each other.
** All that knows what the reference saw. A host's first backup, its first
** night and its first Sunday are not in it: D < 7 days after the first row the
** limit is taken sqrt(7/D) times. Where rows come less than five seconds apart
** it is taken 0.7 times: such a machine is looked at for minutes and does the
** same all the time, and to find its trouble is worth a false row in twenty.
** While an anomaly stands
** the limit is 0.3 of that: it takes more to raise an alarm than to keep it.
**
** In hindsight there is a second reading: the reference is the whole history,
** e the mean of a smoothing forwards and one backwards, and the limit lies
** three times the distance to the nearer quartile above the median of log T2.
** Of the two readings the one that is larger against its limit counts.
*/
#include "joint.h"

#include <math.h>
#include <string.h>

#include "../num/linalg.h"
#include "../num/stat.h"
#include "anomaly.h"
#include "joint_normal.h"

enum {
  JOINT_GROWTH = 4,    /* a new reference when the rows grew by 1/4 */
  JOINT_LEAD = 50,     /* rows that warm up the smoothing */
  JOINT_SKIP = 5,      /* rows of it that do not count for the limit */
  JOINT_ROWS = 2000,   /* rows that make the limit */
  JOINT_SPREAD = 10000 /* values that make the limit in hindsight, about */
};

static const double JOINT_LAMBDA = 0.3;
static const double JOINT_OLDER = 0.7; /* share of the rows so far */
static const double JOINT_LEVEL = 0.99;
static const double JOINT_BEYOND =
    0.5; /* rows of a reference above the limit */
static const double JOINT_FACTOR = 1.15;
static const double JOINT_SURE = 0.4;
static const double JOINT_FEW = 6;
static const double JOINT_FALSE = 7000;  /* new rows, one of them beyond */
static const double JOINT_WEEK = 604800; /* seconds */
static const double JOINT_FAST = 5;      /* seconds between a machine's rows */
static const double JOINT_MACHINE = 0.7; /* times its limit is taken */
static const double JOINT_HOLD = 0.3;    /* share of the limit that ends it */
static const double JOINT_TAIL = 3;      /* quartile distances, hindsight */

/* Stamps of all metrics; each value holds until the metric's next one. */
static int joint_align(hf_work *w, const hf_samples *metric, size_t p,
                       hf_joint_table *t) {
  hf_anomaly *one = hf_work_alloc(w, p, sizeof(*one));
  size_t *at = hf_work_zeroed(w, p, sizeof(size_t));
  size_t j, n = 0;
  int rc;
  if (one == NULL || at == NULL) return HF_ENOMEM;
  for (j = 0; j < p; j++) {
    rc = hf_anomaly_collect(w, &metric[j], &one[j]);
    if (rc != HF_OK) return rc;
  }
  /* the stamps are counted first: all metrics may share them */
  for (;;) {
    double next = INFINITY;
    for (j = 0; j < p; j++)
      if (at[j] < one[j].n) next = fmin(next, one[j].ts[at[j]]);
    if (!(next < INFINITY)) break;
    for (j = 0; j < p; j++)
      if (at[j] < one[j].n && one[j].ts[at[j]] == next) at[j]++;
    n++;
    rc = hf_work_check(w, 2 * p);
    if (rc != HF_OK) return rc;
  }
  t->n = n;
  t->p = p;
  t->ts = hf_work_reals(w, n);
  t->x = n <= (size_t)-1 / p ? hf_work_reals(w, n * p) : NULL;
  if (t->ts == NULL || t->x == NULL) return HF_ENOMEM;
  memset(at, 0, p * sizeof(size_t));
  for (n = 0; n < t->n; n++) {
    double *x = t->x + n * p, next = INFINITY;
    for (j = 0; j < p; j++)
      if (at[j] < one[j].n) next = fmin(next, one[j].ts[at[j]]);
    for (j = 0; j < p; j++) {
      x[j] = n > 0 ? t->x[(n - 1) * p + j] : NAN;
      if (at[j] < one[j].n && one[j].ts[at[j]] == next) {
        double v = one[j].value[at[j]++];
        if (!isnan(v)) x[j] = v;
      }
    }
    t->ts[n] = next;
    rc = hf_work_check(w, 3 * p);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* e' S^-1 e over the variance `share` of the smoothing; *most: the largest
** contributor. */
static double joint_statistic(hf_joint_model *m, const double *e, double share,
                              int *most) {
  size_t j, p = m->p;
  double sum = 0, best = -INFINITY;
  memcpy(m->part, e, p * sizeof(double));
  hf_linalg_solve(m->factor, p, m->part);
  for (j = 0; j < p; j++) {
    double part = e[j] * m->part[j];
    sum += part;
    if (isnan(m->scale[j]) || part <= best) continue;
    best = part;
    *most = (int)j;
  }
  return fmax(sum, 0) / share;
}

/* Smooths rows from .. to into e, forwards, and judges each from `first` on:
** value[i - first], most[i - first] (may be NULL). Rows between are smoothed
** only; `step` of them go by for each that is judged. */
static int joint_run(hf_work *w, const hf_joint_table *t, hf_joint_model *m,
                     size_t from, size_t first, size_t to, size_t step,
                     const double *scale, double *e, double *value, int *most) {
  size_t i, j, k = 0, p = t->p;
  memset(e, 0, p * sizeof(double));
  for (i = from; i < to; i++) {
    int which = -1, rc;
    hf_joint_z(m, scale, t->x + i * p, m->z);
    for (j = 0; j < p; j++) e[j] += JOINT_LAMBDA * (m->z[j] - e[j]);
    if (i >= first && (i - first) % step == 0) {
      value[k] =
          joint_statistic(m, e, JOINT_LAMBDA / (2 - JOINT_LAMBDA), &which);
      if (most != NULL) most[k] = which;
      k++;
    }
    rc = hf_work_check(w, p * (8 + 2 * p / step));
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* What one of JOINT_FALSE new rows exceeds, from a reference of `rows` rows of
** p > 0 metrics where the median of the statistic was `median`. */
static double joint_floor(size_t rows, size_t p, double median) {
  double z = hf_stat_normal_quantile(1 - 1 / JOINT_FALSE), k = (double)p;
  double c = 2 / (9 * k), nu = fmax((double)rows - 1, 2 * k);
  double chi = k * pow(1 - c + z * sqrt(c), 3);
  double usual = k * pow(1 - c, 3); /* median of chi-square(k) */
  return fmin(median / usual, 1) * nu * (exp(chi / (nu - k / 2)) - 1);
}

/* Limit of the statistic from the reference of the model. */
static int joint_limit(hf_work *w, const hf_joint_table *t, hf_joint_model *m,
                       double *limit) {
  hf_mark mark = hf_work_mark(w);
  size_t step = (m->rows + JOINT_ROWS - 1) / JOINT_ROWS;
  size_t n = (m->rows - JOINT_SKIP + step - 1) / step;
  double *value = hf_work_reals(w, n), *e = hf_work_reals(w, t->p);
  double few = (2 - JOINT_LAMBDA) / JOINT_LAMBDA / (double)m->rows;
  int rc;
  if (value == NULL || e == NULL) return HF_ENOMEM;
  rc = joint_run(w, t, m, 0, JOINT_SKIP, m->rows, step, m->scale, e, value,
                 NULL);
  if (rc == HF_OK) {
    double high = hf_stat_quantile(value, n, JOINT_LEVEL);
    double tail = high - hf_stat_quantile(value, n, 1 - 10 * (1 - JOINT_LEVEL));
    double rows = (1 - JOINT_LEVEL) * (double)m->rows / JOINT_BEYOND;
    *limit = (high + tail * fmax(log10(rows), 0)) *
             fmax(JOINT_FACTOR, JOINT_SURE + JOINT_FEW * (double)m->used * few);
    /* metrics that all were constant: any one of them moving for good */
    if (*limit > 0)
      *limit = fmax(*limit, joint_floor(m->rows, m->used,
                                        hf_stat_quantile(value, n, 0.5)));
    else
      *limit = m->surprise * m->surprise;
  }
  hf_work_release(w, mark);
  return rc;
}

/* How many times the limit is taken that `rows` rows gave, `span` seconds after
** the first. */
static double joint_times(size_t rows, double span) {
  if (span < JOINT_FAST * (double)rows) return JOINT_MACHINE;
  return fmax(sqrt(JOINT_WEEK / span), 1);
}

static int joint_past(hf_work *w, const hf_joint_table *t, hf_joint_model *m,
                      hf_joint *out) {
  double *e = hf_work_reals(w, t->p);
  size_t from = HF_JOINT_FIRST;
  if (e == NULL) return HF_ENOMEM;
  while (from < t->n) {
    size_t to =
        from + from / JOINT_GROWTH < t->n ? from + from / JOINT_GROWTH : t->n;
    size_t rows = (size_t)(JOINT_OLDER * (double)from), i;
    size_t lead = from > JOINT_LEAD ? from - JOINT_LEAD : 0;
    double limit = 0, lag;
    int rc;
    if (rows < HF_JOINT_FIRST) rows = HF_JOINT_FIRST;
    /* of the segment's middle, were it whole: later rows change nothing */
    lag = (double)from * (1 + 0.5 / JOINT_GROWTH) - (double)rows / 2;
    rc = hf_joint_fit(w, t, rows, m);
    if (rc == HF_OK) rc = joint_limit(w, t, m, &limit);
    limit *= joint_times(from, t->ts[from - 1] - t->ts[0]);
    if (rc == HF_OK) hf_joint_reach(m, lag);
    if (rc == HF_OK)
      rc = joint_run(w, t, m, lead, from, to, 1, m->reach, e, out->value + from,
                     out->metric + from);
    if (rc != HF_OK) return rc;
    for (i = from; i < to; i++) out->limit[i] = limit;
    from = to;
  }
  return HF_OK;
}

/* The two-sided statistic of all rows. */
static int joint_both_sides(hf_work *w, const hf_joint_table *t,
                            hf_joint_model *m, double *value, int *most) {
  size_t n = t->n, p = t->p, i, j;
  double *before = hf_work_reals(w, n * p), *e = hf_work_reals(w, p);
  double *both = hf_work_reals(w, p);
  double a = JOINT_LAMBDA / (2 - JOINT_LAMBDA);
  /* variance of the mean of both sides, which share one row */
  double share = (a + JOINT_LAMBDA * JOINT_LAMBDA) / 2;
  int rc;
  if (before == NULL || e == NULL || both == NULL) return HF_ENOMEM;
  memset(e, 0, p * sizeof(double));
  for (i = 0; i < n; i++) {
    hf_joint_z(m, m->scale, t->x + i * p, m->z);
    for (j = 0; j < p; j++)
      before[i * p + j] = e[j] += JOINT_LAMBDA * (m->z[j] - e[j]);
    rc = hf_work_check(w, 8 * p);
    if (rc != HF_OK) return rc;
  }
  memset(e, 0, p * sizeof(double));
  for (i = n; i-- > 0;) {
    hf_joint_z(m, m->scale, t->x + i * p, m->z);
    for (j = 0; j < p; j++) {
      e[j] += JOINT_LAMBDA * (m->z[j] - e[j]);
      both[j] = (e[j] + before[i * p + j]) / 2;
    }
    value[i] = joint_statistic(m, both, share, &most[i]);
    rc = hf_work_check(w, p * (16 + 2 * p));
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* Adds what the whole history shows to what was seen as it happened. */
static int joint_all(hf_work *w, const hf_joint_table *t, hf_joint_model *m,
                     hf_joint *out) {
  double *value = hf_work_reals(w, t->n), *sorted = hf_work_reals(w, t->n);
  int *most = hf_work_alloc(w, t->n, sizeof(int));
  double median, near, limit;
  size_t i, n = 0, step = t->n / JOINT_SPREAD + 1;
  int rc;
  if (t->n < HF_JOINT_FIRST) return HF_OK;
  if (value == NULL || sorted == NULL || most == NULL) return HF_ENOMEM;
  rc = hf_joint_fit(w, t, t->n, m);
  if (rc == HF_OK) rc = joint_both_sides(w, t, m, value, most);
  if (rc != HF_OK) return rc;
  for (i = 0; i < t->n; i += step) sorted[n++] = log(value[i] + 1e-12);
  hf_stat_sort(sorted, n);
  median = hf_stat_quantile_sorted(sorted, n, 0.5);
  near = fmin(hf_stat_quantile_sorted(sorted, n, 0.75) - median,
              median - hf_stat_quantile_sorted(sorted, n, 0.25));
  limit = exp(median + JOINT_TAIL * near);
  /* at least what one metric that moves for good would give */
  limit = fmax(limit, m->surprise * m->surprise);
  for (i = 0; i < t->n; i++) {
    if (out->value[i] / out->limit[i] >= value[i] / limit) continue;
    out->value[i] = value[i];
    out->limit[i] = limit;
    out->metric[i] = most[i];
  }
  return HF_OK;
}

/* Scores, flags and begins from values and limits. An anomaly begins where
** the value rose above half the limit, and stands down to JOINT_HOLD of it. */
static void joint_judge(hf_joint *out) {
  size_t i, begin = 0;
  int rising = 0;
  for (i = 0; i < out->n; i++) {
    double v = out->value[i], limit;
    if (i > 0 && out->flag[i - 1]) out->limit[i] *= JOINT_HOLD;
    limit = out->limit[i];
    out->score[i] = 0;
    out->flag[i] = 0;
    out->since[i] = NAN;
    if (isnan(v)) continue;
    out->score[i] = v / (v + limit);
    out->flag[i] = v >= limit;
    if (v >= limit / 2 && !rising) begin = i;
    rising = v >= limit / 2;
    if (out->flag[i]) out->since[i] = out->ts[begin];
  }
}

int hf_joint_score(hf_work *w, const hf_samples *metric, size_t p,
                   int hindsight, hf_joint *out) {
  hf_joint r;
  hf_joint_table t;
  hf_joint_model m;
  size_t i;
  int rc;
  if (p < 1 || p > HF_JOINT_MOST) return HF_ERANGE;
  rc = joint_align(w, metric, p, &t);
  if (rc == HF_OK) rc = hf_joint_take(w, p, &m);
  if (rc != HF_OK) return rc;
  r.n = t.n;
  r.ts = t.ts;
  r.value = hf_work_reals(w, t.n);
  r.limit = hf_work_reals(w, t.n);
  r.score = hf_work_reals(w, t.n);
  r.since = hf_work_reals(w, t.n);
  r.flag = hf_work_alloc(w, t.n, sizeof(int));
  r.metric = hf_work_alloc(w, t.n, sizeof(int));
  if (r.value == NULL || r.limit == NULL || r.score == NULL ||
      r.since == NULL || r.flag == NULL || r.metric == NULL)
    return HF_ENOMEM;
  for (i = 0; i < t.n; i++) {
    r.value[i] = r.limit[i] = NAN;
    r.metric[i] = -1;
  }
  rc = joint_past(w, &t, &m, &r);
  if (rc == HF_OK && hindsight) rc = joint_all(w, &t, &m, &r);
  if (rc != HF_OK) return rc;
  joint_judge(&r);
  *out = r;
  return HF_OK;
}
