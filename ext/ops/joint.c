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
** The normal. As it happens, the older 7/10 of the rows so far, settled anew
** whenever they have grown by a quarter: what came lately cannot yet be
** normal, what has come to stay becomes so. Median and median absolute
** deviation, and correlations of z cut at 3, so that an anomaly in the
** reference does little harm. A metric that was constant has no scale; when it
** moves, z is the normal quantile of 1 - 1/(rows + 2), the rule of succession.
**
** A level that wanders, a temperature say, wanders on. Its variance `lag` rows
** from the middle of the reference is larger than in it, by the larger of
**   q lag       a random walk: q is the mean square of the steps between the
**               medians of eight blocks of the reference, a row
**   2 (b lag)2  a trend: b is the difference of the medians of its halves, a
**               row; twice, as one trend is a poor sample of what comes
** each less what noise makes of such medians. The rows that are judged have
** this scale, those of the reference, which make the limit, their own.
**
** The limit is what two rows of a history as long as the reference exceed:
** the 99% quantile of T2 in the reference, and beyond 200 rows an exponential
** tail through the 90% and 99% quantiles (the excesses of a high threshold
** are about exponential, Pickands 1975). Centers, scales and correlations of
** p metrics were estimated from so few rows, which depend on each other, too,
** that a new T2 is larger than a fitted one: times 0.4 + 6 p (2 -
** lambda)/lambda / rows, and 1.3 at least. While an anomaly stands the limit
** is 0.3 of that: it takes more to raise an alarm than to keep it.
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

enum {
  JOINT_GROWTH = 4,  /* a new reference when the rows grew by 1/4 */
  JOINT_LEAST = 24,  /* values of a metric in the reference */
  JOINT_LEAD = 50,   /* rows that warm up the smoothing */
  JOINT_SKIP = 5,    /* rows of it that do not count for the limit */
  JOINT_ROWS = 2000, /* rows of the reference that correlations are made of */
  JOINT_SPREAD = 10000, /* values that make the limit in hindsight, about */
  JOINT_FAR = 30,       /* largest |z| */
  JOINT_BLOCKS = 8      /* of a reference, by which wandering is measured */
};

static const double JOINT_PI = 3.14159265358979323846;
static const double JOINT_LAMBDA = 0.3;
static const double JOINT_OLDER = 0.7; /* share of the rows so far */
static const double JOINT_RIDGE = 0.2; /* shrinks correlations */
static const double JOINT_CUT = 3;     /* |z| in correlations */
static const double JOINT_TREND = 2;   /* weight of a trend's square */
static const double JOINT_LEVEL = 0.99;
static const double JOINT_BEYOND = 2; /* rows of a reference above the limit */
static const double JOINT_FACTOR = 1.3;
static const double JOINT_SURE = 0.4;
static const double JOINT_FEW = 6;
static const double JOINT_HOLD = 0.3; /* share of the limit that ends it */
static const double JOINT_TAIL = 3;   /* quartile distances, hindsight */

/* All metrics side by side. */
typedef struct joint_table {
  size_t n, p;
  double *ts; /* [n] */
  double *x;  /* [n*p]; NaN: no value yet */
} joint_table;

typedef struct joint_model {
  size_t p, rows;
  double *center;   /* [p] */
  double *scale;    /* [p]; 0: constant; NaN: too few values, no part */
  double *wander;   /* [p] variance a row by which the level wanders */
  double *trend;    /* [p] square of its trend a row, weighted */
  double *reach;    /* [p] scale at the distance that is judged */
  double surprise;  /* z of a constant that moved */
  double *factor;   /* [p*p] Cholesky of the correlations */
  double *z, *part; /* [p] scratch; part: contributions */
} joint_model;

/* Stamps of all metrics; each value holds until the metric's next one. */
static int joint_align(hf_work *w, const hf_samples *metric, size_t p,
                       joint_table *t) {
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

static void joint_z(const joint_model *m, const double *scale, const double *x,
                    double *z) {
  size_t j;
  for (j = 0; j < m->p; j++) {
    double d = x[j] - m->center[j];
    if (isnan(m->scale[j]) || isnan(d) || d == 0)
      z[j] = 0;
    else if (m->scale[j] > 0)
      z[j] = fmin(fmax(d / scale[j], -JOINT_FAR), JOINT_FAR);
    else
      z[j] = d > 0 ? m->surprise : -m->surprise;
  }
}

/* How the level of x[n], in its order, wanders: the mean square of the steps
** between the medians of eight blocks, less what noise of deviation sd makes,
** for each row between. `buf` [n / 8] is scratch. */
static double joint_wander(const double *x, size_t n, double sd, double *buf) {
  size_t block = n / JOINT_BLOCKS, k;
  double square = 0, last = 0, noise;
  for (k = 0; k < JOINT_BLOCKS; k++) {
    double at;
    memcpy(buf, x + k * block, block * sizeof(double));
    at = hf_stat_median(buf, block);
    if (k > 0) square += (at - last) * (at - last);
    last = at;
  }
  /* variance of a difference of two medians: pi/2 each */
  noise = JOINT_PI * sd * sd / (double)block;
  return fmax(square / (JOINT_BLOCKS - 1) - noise, 0) / (double)block;
}

/* Center and scale of metric j in rows 0 .. rows. `buf` [2 * rows] is
** scratch. */
static void joint_scale(const joint_table *t, size_t j, joint_model *m,
                        double *buf) {
  double *copy = buf + m->rows;
  size_t i, n = 0, half;
  double sd, mad, shift, noise;
  for (i = 0; i < m->rows; i++)
    if (!isnan(t->x[i * t->p + j])) buf[n++] = t->x[i * t->p + j];
  m->center[j] = m->wander[j] = m->trend[j] = 0;
  m->scale[j] = NAN;
  if (n < JOINT_LEAST) return;
  memcpy(copy, buf, n * sizeof(double));
  half = n / 2;
  sd = hf_stat_sd(copy, n);
  m->center[j] = hf_stat_median(copy, n);
  mad = hf_stat_mad(copy, n, m->center[j]);
  if (!(sd > 1e-9 * (1 + fabs(m->center[j])))) {
    m->scale[j] = 0;
    return;
  }
  if (mad > 0.2 * sd) sd = mad;
  m->scale[j] = sd;
  m->wander[j] = joint_wander(buf, n, sd, copy);
  shift = hf_stat_median(buf + half, n - half) - hf_stat_median(buf, half);
  noise = 4 * JOINT_PI * sd * sd / (double)half;
  shift = fmax(shift * shift - noise, 0);
  m->trend[j] = JOINT_TREND * shift / ((double)half * (double)half);
}

/* The scales `lag` rows from the middle of the reference. */
static void joint_reach(joint_model *m, double lag) {
  size_t j;
  for (j = 0; j < m->p; j++) {
    double more = fmax(m->wander[j] * lag, m->trend[j] * lag * lag);
    m->reach[j] =
        m->scale[j] > 0 ? sqrt(m->scale[j] * m->scale[j] + more) : m->scale[j];
  }
}

/* Correlations of z, shrunk, and their Cholesky factor. */
static int joint_correlate(hf_work *w, const joint_table *t, joint_model *m) {
  size_t p = m->p, i, j, k, step = (m->rows + JOINT_ROWS - 1) / JOINT_ROWS;
  double *c = m->factor, *size = m->part;
  int rc;
  memset(c, 0, p * p * sizeof(double));
  for (i = 0; i < m->rows; i += step) {
    joint_z(m, m->scale, t->x + i * p, m->z);
    for (j = 0; j < p; j++) {
      m->z[j] = fmin(fmax(m->z[j], -JOINT_CUT), JOINT_CUT);
      for (k = 0; k <= j; k++) c[j * p + k] += m->z[j] * m->z[k];
    }
    rc = hf_work_check(w, p * (p + 4));
    if (rc != HF_OK) return rc;
  }
  for (j = 0; j < p; j++)
    size[j] = c[j * p + j] > 0 ? 1 / sqrt(c[j * p + j]) : 0;
  for (j = 0; j < p; j++) {
    for (k = 0; k < j; k++)
      c[j * p + k] *= size[j] * size[k] * (1 - JOINT_RIDGE);
    c[j * p + j] = 1;
  }
  rc = hf_work_check(w, p * p * p / 3);
  return rc == HF_OK ? hf_linalg_cholesky(c, p) : rc;
}

static int joint_fit(hf_work *w, const joint_table *t, size_t rows,
                     joint_model *m) {
  hf_mark mark = hf_work_mark(w);
  double *buf = rows <= (size_t)-1 / 2 ? hf_work_reals(w, 2 * rows) : NULL;
  size_t j;
  int rc = HF_OK;
  if (buf == NULL) return HF_ENOMEM;
  m->rows = rows;
  m->surprise = hf_stat_normal_quantile(1 - 1 / ((double)rows + 2));
  for (j = 0; rc == HF_OK && j < t->p; j++) {
    joint_scale(t, j, m, buf);
    rc = hf_work_check(w, 30 * rows);
  }
  if (rc == HF_OK) rc = joint_correlate(w, t, m);
  hf_work_release(w, mark);
  return rc;
}

static int joint_model_take(hf_work *w, size_t p, joint_model *m) {
  memset(m, 0, sizeof(*m));
  m->p = p;
  m->wander = hf_work_reals(w, p);
  m->trend = hf_work_reals(w, p);
  m->reach = hf_work_reals(w, p);
  m->center = hf_work_reals(w, p);
  m->scale = hf_work_reals(w, p);
  m->factor = hf_work_reals(w, p * p);
  m->z = hf_work_reals(w, p);
  m->part = hf_work_reals(w, p);
  if (m->center == NULL || m->scale == NULL || m->factor == NULL ||
      m->z == NULL || m->part == NULL)
    return HF_ENOMEM;
  return HF_OK;
}

/* e' S^-1 e over the variance `share` of the smoothing; *most: the largest
** contributor. */
static double joint_statistic(joint_model *m, const double *e, double share,
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
static int joint_run(hf_work *w, const joint_table *t, joint_model *m,
                     size_t from, size_t first, size_t to, size_t step,
                     const double *scale, double *e, double *value, int *most) {
  size_t i, j, k = 0, p = t->p;
  memset(e, 0, p * sizeof(double));
  for (i = from; i < to; i++) {
    int which = -1, rc;
    joint_z(m, scale, t->x + i * p, m->z);
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

/* Limit of the statistic from the reference of the model. */
static int joint_limit(hf_work *w, const joint_table *t, joint_model *m,
                       double *limit) {
  hf_mark mark = hf_work_mark(w);
  size_t step = (m->rows + JOINT_ROWS - 1) / JOINT_ROWS, j, used = 0;
  size_t n = (m->rows - JOINT_SKIP + step - 1) / step;
  double *value = hf_work_reals(w, n), *e = hf_work_reals(w, t->p);
  double few = (2 - JOINT_LAMBDA) / JOINT_LAMBDA / (double)m->rows;
  int rc;
  if (value == NULL || e == NULL) return HF_ENOMEM;
  for (j = 0; j < t->p; j++) used += isnan(m->scale[j]) ? 0 : 1;
  rc = joint_run(w, t, m, 0, JOINT_SKIP, m->rows, step, m->scale, e, value,
                 NULL);
  if (rc == HF_OK) {
    double high = hf_stat_quantile(value, n, JOINT_LEVEL);
    double tail = high - hf_stat_quantile(value, n, 1 - 10 * (1 - JOINT_LEVEL));
    double rows = (1 - JOINT_LEVEL) * (double)m->rows / JOINT_BEYOND;
    *limit = (high + tail * fmax(log10(rows), 0)) *
             fmax(JOINT_FACTOR, JOINT_SURE + JOINT_FEW * (double)used * few);
    /* metrics that all were constant: any one of them moving for good */
    if (!(*limit > 0)) *limit = m->surprise * m->surprise;
  }
  hf_work_release(w, mark);
  return rc;
}

static int joint_past(hf_work *w, const joint_table *t, joint_model *m,
                      hf_joint *out) {
  double *e = hf_work_reals(w, t->p);
  size_t from = HF_JOINT_FIRST;
  if (e == NULL) return HF_ENOMEM;
  while (from < t->n) {
    size_t to =
        from + from / JOINT_GROWTH < t->n ? from + from / JOINT_GROWTH : t->n;
    size_t rows = (size_t)(JOINT_OLDER * (double)from), i;
    size_t lead = from > JOINT_LEAD ? from - JOINT_LEAD : 0;
    double limit = 0;
    int rc;
    if (rows < HF_JOINT_FIRST) rows = HF_JOINT_FIRST;
    rc = joint_fit(w, t, rows, m);
    if (rc == HF_OK) rc = joint_limit(w, t, m, &limit);
    /* of the segment's middle, were it whole: later rows change nothing */
    if (rc == HF_OK)
      joint_reach(m,
                  (double)from * (1 + 0.5 / JOINT_GROWTH) - (double)rows / 2);
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
static int joint_both_sides(hf_work *w, const joint_table *t, joint_model *m,
                            double *value, int *most) {
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
    joint_z(m, m->scale, t->x + i * p, m->z);
    for (j = 0; j < p; j++)
      before[i * p + j] = e[j] += JOINT_LAMBDA * (m->z[j] - e[j]);
    rc = hf_work_check(w, 8 * p);
    if (rc != HF_OK) return rc;
  }
  memset(e, 0, p * sizeof(double));
  for (i = n; i-- > 0;) {
    joint_z(m, m->scale, t->x + i * p, m->z);
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
static int joint_all(hf_work *w, const joint_table *t, joint_model *m,
                     hf_joint *out) {
  double *value = hf_work_reals(w, t->n), *sorted = hf_work_reals(w, t->n);
  int *most = hf_work_alloc(w, t->n, sizeof(int));
  double median, near, limit;
  size_t i, n = 0, step = t->n / JOINT_SPREAD + 1;
  int rc;
  if (t->n < HF_JOINT_FIRST) return HF_OK;
  if (value == NULL || sorted == NULL || most == NULL) return HF_ENOMEM;
  rc = joint_fit(w, t, t->n, m);
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
  joint_table t;
  joint_model m;
  size_t i;
  int rc;
  if (p < 1 || p > HF_JOINT_MOST) return HF_ERANGE;
  rc = joint_align(w, metric, p, &t);
  if (rc == HF_OK) rc = joint_model_take(w, p, &m);
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
