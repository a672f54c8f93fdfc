/*
** joint_normal.c: what is normal for several metrics, see joint_normal.h.
**
** Median and median absolute deviation of each metric, and correlations of z
** cut at 3, so that an anomaly in the reference does little harm. A metric that
** was constant has no scale; when it moves, z is the normal quantile of
** 1 - 1/(rows + 2), the rule of succession.
**
** Tails. Beyond two scales z is bent, on each side by itself, so that the
** reference's own quantile of three standard deviations (99.865%, or what the
** largest of few rows estimates) has z = 3: counts that are rarely above 0 and
** times with a long tail are common up there. A tail shorter than normal stays
** as it is. And |z| is at most 5: a single row, of which the smoothing takes
** 0.3, makes no anomaly of a metric that stands alone.
**
** A level that wanders, a temperature say, wanders on. Its variance `lag` rows
** from the middle of the reference is larger than in it, by the largest of
**   q lag       a random walk: q is the mean square of the steps between the
**               medians of eight blocks of the reference, a row; of steps over
**               one and two blocks the less, as a rhythm comes back
**   2 (b lag)2  a trend: b is the difference of the medians of its halves, a
**               row; twice, as one trend is a poor sample of what comes
** each less what noise makes of such medians.
** The rows that are judged have this scale, those of the reference, which make
** the limit, their own.
*/
#include "joint_normal.h"

#include <math.h>
#include <string.h>

#include "../num/linalg.h"
#include "../num/stat.h"

enum {
  NORMAL_LEAST = 24,  /* values of a metric in the reference */
  NORMAL_ROWS = 2000, /* rows of the reference that correlations are made of */
  NORMAL_BLOCKS = 8,  /* of a reference, by which wandering is measured */
  NORMAL_STEPS = 2    /* blocks between those that are compared, at most */
};

static const double NORMAL_PI = 3.14159265358979323846;
static const double NORMAL_RIDGE = 0.2; /* shrinks correlations */
static const double NORMAL_CUT = 3;     /* |z| in correlations */
static const double NORMAL_FAR = 5;     /* largest |z| */
static const double NORMAL_BEND = 2;    /* |z| where a tail begins */
static const double NORMAL_TAIL = 3;    /* z of the quantile that bends it */
static const double NORMAL_LEVEL = 0.99865; /* normal probability of that z */
static const double NORMAL_TREND = 2;       /* weight of a trend's square */

/* z of a distance from the center in scales; tail[2]: above, below. */
static double normal_bend(const double *tail, double d) {
  double a = fabs(d), per = d > 0 ? tail[0] : tail[1];
  if (a > NORMAL_BEND) a = NORMAL_BEND + (a - NORMAL_BEND) / per;
  a = fmin(a, NORMAL_FAR);
  return d < 0 ? -a : a;
}

void hf_joint_z(const hf_joint_model *m, const double *scale, const double *x,
                double *z) {
  size_t j;
  for (j = 0; j < m->p; j++) {
    double d = x[j] - m->center[j];
    if (isnan(m->scale[j]) || isnan(d) || d == 0)
      z[j] = 0;
    else if (m->scale[j] > 0)
      z[j] = normal_bend(m->tail + 2 * j, d / scale[j]);
    else
      z[j] = d > 0 ? m->surprise : -m->surprise;
  }
}

/* How the level of x[n], in its order, wanders: the mean square of the steps
** between the medians of eight blocks, less what noise of deviation sd makes,
** for each row between; the least over steps of up to NORMAL_STEPS blocks.
** `buf` [n / 8] is scratch. */
static double normal_wander(const double *x, size_t n, double sd, double *buf) {
  size_t block = n / NORMAL_BLOCKS, k, step;
  /* variance of a difference of two medians: pi/2 each */
  double noise = NORMAL_PI * sd * sd / (double)block, least = INFINITY;
  double at[NORMAL_BLOCKS];
  for (k = 0; k < NORMAL_BLOCKS; k++) {
    memcpy(buf, x + k * block, block * sizeof(double));
    at[k] = hf_stat_median(buf, block);
  }
  for (step = 1; step <= NORMAL_STEPS; step++) {
    double square = 0;
    for (k = step; k < NORMAL_BLOCKS; k++)
      square += (at[k] - at[k - step]) * (at[k] - at[k - step]);
    square = square / (double)(NORMAL_BLOCKS - step) - noise;
    least = fmin(least, square / (double)step);
  }
  return fmax(least, 0) / (double)block;
}

/* How many scales one z is in the tails of x[n], which is reordered. */
static void normal_tails(double *x, size_t n, double center, double scale,
                         double *tail) {
  double q = fmin(NORMAL_LEVEL, 1 - 1 / ((double)n + 1));
  double far = NORMAL_TAIL / hf_stat_normal_quantile(q) / scale;
  int side;
  tail[0] = far * (hf_stat_quantile(x, n, q) - center);
  tail[1] = far * (center - hf_stat_quantile(x, n, 1 - q));
  for (side = 0; side < 2; side++) {
    tail[side] = (tail[side] - NORMAL_BEND) / (NORMAL_TAIL - NORMAL_BEND);
    tail[side] = fmax(tail[side], 1);
  }
}

/* Center, scale and tails of metric j in rows 0 .. rows. `buf` [2 * rows] is
** scratch. */
static void normal_scale(const hf_joint_table *t, size_t j, hf_joint_model *m,
                         double *buf) {
  double *copy = buf + m->rows;
  size_t i, n = 0, half;
  double sd, mad, shift, noise;
  for (i = 0; i < m->rows; i++)
    if (!isnan(t->x[i * t->p + j])) buf[n++] = t->x[i * t->p + j];
  m->center[j] = m->wander[j] = m->trend[j] = 0;
  m->scale[j] = NAN;
  if (n < NORMAL_LEAST) return;
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
  memcpy(copy, buf, n * sizeof(double));
  normal_tails(copy, n, m->center[j], sd, m->tail + 2 * j);
  m->wander[j] = normal_wander(buf, n, sd, copy);
  shift = hf_stat_median(buf + half, n - half) - hf_stat_median(buf, half);
  noise = 4 * NORMAL_PI * sd * sd / (double)half;
  shift = fmax(shift * shift - noise, 0);
  m->trend[j] = NORMAL_TREND * shift / ((double)half * (double)half);
}

void hf_joint_reach(hf_joint_model *m, double lag) {
  size_t j;
  for (j = 0; j < m->p; j++) {
    double more = fmax(m->wander[j] * lag, m->trend[j] * lag * lag);
    m->reach[j] =
        m->scale[j] > 0 ? sqrt(m->scale[j] * m->scale[j] + more) : m->scale[j];
  }
}

/* Correlations of z, shrunk, and their Cholesky factor. */
static int normal_correlate(hf_work *w, const hf_joint_table *t,
                            hf_joint_model *m) {
  size_t p = m->p, i, j, k, step = (m->rows + NORMAL_ROWS - 1) / NORMAL_ROWS;
  double *c = m->factor, *size = m->part;
  int rc;
  memset(c, 0, p * p * sizeof(double));
  for (i = 0; i < m->rows; i += step) {
    hf_joint_z(m, m->scale, t->x + i * p, m->z);
    for (j = 0; j < p; j++) {
      m->z[j] = fmin(fmax(m->z[j], -NORMAL_CUT), NORMAL_CUT);
      for (k = 0; k <= j; k++) c[j * p + k] += m->z[j] * m->z[k];
    }
    rc = hf_work_check(w, p * (p + 4));
    if (rc != HF_OK) return rc;
  }
  for (j = 0; j < p; j++)
    size[j] = c[j * p + j] > 0 ? 1 / sqrt(c[j * p + j]) : 0;
  for (j = 0; j < p; j++) {
    for (k = 0; k < j; k++)
      c[j * p + k] *= size[j] * size[k] * (1 - NORMAL_RIDGE);
    c[j * p + j] = 1;
  }
  rc = hf_work_check(w, p * p * p / 3);
  return rc == HF_OK ? hf_linalg_cholesky(c, p) : rc;
}

int hf_joint_fit(hf_work *w, const hf_joint_table *t, size_t rows,
                 hf_joint_model *m) {
  hf_mark mark = hf_work_mark(w);
  double *buf = rows <= (size_t)-1 / 2 ? hf_work_reals(w, 2 * rows) : NULL;
  size_t j;
  int rc = HF_OK;
  if (buf == NULL) return HF_ENOMEM;
  m->rows = rows;
  m->used = 0;
  m->surprise = hf_stat_normal_quantile(1 - 1 / ((double)rows + 2));
  for (j = 0; rc == HF_OK && j < t->p; j++) {
    normal_scale(t, j, m, buf);
    m->used += isnan(m->scale[j]) ? 0 : 1;
    rc = hf_work_check(w, 30 * rows);
  }
  if (rc == HF_OK) rc = normal_correlate(w, t, m);
  hf_work_release(w, mark);
  return rc;
}

int hf_joint_take(hf_work *w, size_t p, hf_joint_model *m) {
  memset(m, 0, sizeof(*m));
  m->p = p;
  m->wander = hf_work_reals(w, p);
  m->trend = hf_work_reals(w, p);
  m->reach = hf_work_reals(w, p);
  m->tail = p <= (size_t)-1 / 2 ? hf_work_reals(w, 2 * p) : NULL;
  m->center = hf_work_reals(w, p);
  m->scale = hf_work_reals(w, p);
  m->factor = hf_work_reals(w, p * p);
  m->z = hf_work_reals(w, p);
  m->part = hf_work_reals(w, p);
  if (m->wander == NULL || m->trend == NULL || m->reach == NULL ||
      m->tail == NULL || m->center == NULL || m->scale == NULL ||
      m->factor == NULL || m->z == NULL || m->part == NULL)
    return HF_ENOMEM;
  return HF_OK;
}
