/*
** bank_smooth.c: candidates that smooth; see bank.h.
**
** ses     simple exponential smoothing; the weight by least squares.
** damped  Holt's linear trend, damped by 0.9 a step (Gardner and McKenzie
**         1985); both weights from a small grid.
** robust  the median of the detrended cycles by phase, shrunk towards the
**         short cycle where there is a long one, and the smoothed level of
**         what the profile leaves.
** double  additive level, short and long season with AR(1) errors (Taylor
**         2003, Short-term electricity demand forecasting using double
**         seasonal exponential smoothing, without trend); weights by
**         Nelder and Mead on the squared one-step errors.
**
** All but robust are filters: one pass through the series serves all origins.
*/
#include "bank.h"
#include "../num/simplex.h"
#include "../num/stat.h"
#include "rhythm.h"

#include <math.h>
#include <string.h>

enum { SMOOTH_STEPS = 50, SMOOTH_CYCLES = 9, SMOOTH_LONG_CYCLES = 4 };

static const double smooth_alpha[] = {0.02, 0.05, 0.1, 0.2,
                                      0.35, 0.5,  0.7, 0.9};
enum { SMOOTH_ALPHAS = sizeof smooth_alpha / sizeof smooth_alpha[0] };

/* Level after x[0..n) smoothed by alpha, and the squared one-step errors from
** `from` on. */
static double smooth_level(const double *x, size_t n, double alpha, size_t from,
                           double *sse) {
  size_t start = n / 10 > 0 ? n / 10 : 1, i;
  double level = hf_stat_mean(x, start), sum = 0;
  for (i = start; i < n; i++) {
    double e = x[i] - level;
    if (i >= from) sum += e * e;
    level += alpha * e;
  }
  if (sse != NULL) *sse = sum;
  return level;
}

static double smooth_best_alpha(const double *x, size_t n) {
  double best = HUGE_VAL, alpha = smooth_alpha[0];
  size_t i;
  for (i = 0; i < SMOOTH_ALPHAS; i++) {
    double sse;
    smooth_level(x, n, smooth_alpha[i], 0, &sse);
    if (sse < best) {
      best = sse;
      alpha = smooth_alpha[i];
    }
  }
  return alpha;
}

static int smooth_ses(hf_work *w, const hf_bank_task *t, double *out) {
  double alpha = smooth_best_alpha(t->x, t->fit);
  size_t start = t->fit / 10 > 0 ? t->fit / 10 : 1, i, k = 0, s;
  double level = hf_stat_mean(t->x, start);
  for (i = start; i <= t->n && k < t->origins; i++) {
    if (i == t->origin[k]) {
      for (s = 0; s < t->h; s++) out[k * t->h + s] = level;
      k++;
    }
    if (i < t->n) level += alpha * (t->x[i] - level);
  }
  return hf_work_check(w, 4 * SMOOTH_ALPHAS * t->n);
}

/* ---- damped trend */

#define SMOOTH_PHI 0.9

/* One pass; writes the forecasts at the origins when out is not NULL. */
static double smooth_holt(const hf_bank_task *t, size_t n, double alpha,
                          double beta, double *out) {
  double level = t->x[0], slope = 0, sse = 0;
  size_t i, k = 0, s;
  for (i = 1; i <= n; i++) {
    double e;
    if (out != NULL && k < t->origins && i == t->origin[k]) {
      double step = SMOOTH_PHI, at = level;
      for (s = 0; s < t->h; s++) {
        at += step * slope;
        step *= SMOOTH_PHI;
        out[k * t->h + s] = at;
      }
      k++;
    }
    if (i == n) break;
    e = t->x[i] - (level + SMOOTH_PHI * slope);
    sse += e * e;
    level += SMOOTH_PHI * slope + alpha * e;
    slope = SMOOTH_PHI * slope + alpha * beta * e;
  }
  return sse;
}

static int smooth_damped(hf_work *w, const hf_bank_task *t, double *out) {
  static const double beta[] = {0.05, 0.2, 0.5};
  double best = HUGE_VAL, a = 0.5, b = 0.05;
  size_t i, j;
  for (i = 2; i < SMOOTH_ALPHAS; i++) {
    int rc = hf_work_check(w, 30 * t->n);
    if (rc != HF_OK) return rc;
    for (j = 0; j < 3; j++) {
      double sse = smooth_holt(t, t->fit, smooth_alpha[i], beta[j], NULL);
      if (sse < best) {
        best = sse;
        a = smooth_alpha[i];
        b = beta[j];
      }
    }
  }
  smooth_holt(t, t->n, a, b, out);
  return HF_OK;
}

/* ---- robust */

/* profile[p]: medians of the newest cycles of d[0..n), phase = index % p. */
static void smooth_medians(const double *d, size_t n, size_t p, size_t cycles,
                           double *profile) {
  double v[SMOOTH_CYCLES];
  size_t i;
  for (i = 0; i < p && i < n; i++) {
    size_t at = n - 1 - i, c = 0, phase = at % p;
    while (c < cycles) {
      v[c++] = d[at];
      if (at < p) break;
      at -= p;
    }
    profile[phase] = hf_stat_median(v, c);
  }
}

/* Shrinks a long profile towards the short one in it, and centres it. */
static void smooth_shrink(double *profile, size_t p, size_t m, double *tmp) {
  double mean;
  size_t i;
  if (p > m) {
    for (i = 0; i < m; i++) tmp[i] = 0;
    for (i = 0; i < p; i++) tmp[i % m] += profile[i];
    for (i = 0; i < m; i++) tmp[i] /= (double)(p / m + (i < p % m));
    for (i = 0; i < p; i++) profile[i] = 0.7 * profile[i] + 0.3 * tmp[i % m];
  }
  mean = hf_stat_mean(profile, p);
  for (i = 0; i < p; i++) profile[i] -= mean;
}

static int smooth_robust(hf_work *w, const hf_bank_task *t, double *out) {
  size_t m = t->m, k, s, i;
  size_t p = t->m2 > m && t->fit >= 2 * t->m2 ? t->m2 : m;
  size_t cycles = p > m ? SMOOTH_LONG_CYCLES : SMOOTH_CYCLES;
  /* only so many cells matter */
  size_t reach = (cycles + 1) * p;
  double *profile = hf_work_zeroed(w, p, sizeof(double));
  double *tmp = hf_work_reals(w, m), *d, *trend, alpha = 0;
  int rc;
  if (reach > t->n) reach = t->n;
  d = hf_work_reals(w, reach);
  trend = hf_work_reals(w, reach);
  if (profile == NULL || tmp == NULL || d == NULL || trend == NULL)
    return HF_ENOMEM;
  for (k = 0; k < t->origins; k++) {
    size_t o = t->origin[k], from = o > reach ? o - reach : 0, n = o - from;
    double level;
    from += n % p; /* whole cycles: phase 0 is cell `from` */
    n -= n % p;
    hf_rhythm_trend(t->x + from, n, m, trend);
    for (i = 0; i < n; i++) d[i] = t->x[from + i] - trend[i];
    smooth_medians(d, n, p, cycles, profile);
    smooth_shrink(profile, p, m, tmp);
    for (i = 0; i < n; i++) d[i] = t->x[from + i] - profile[i % p];
    if (k == 0) alpha = smooth_best_alpha(d, n);
    level = smooth_level(d, n, alpha, 0, NULL);
    for (s = 0; s < t->h; s++) out[k * t->h + s] = level + profile[(n + s) % p];
    rc = hf_work_check(w, (k == 0 ? 60 : 20) * n);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* ---- double seasonal */

typedef struct smooth_double {
  hf_work *w;
  const hf_bank_task *t;
  double *s1, *s2; /* [m], [m2] seasons now */
  double *z1, *z2; /* the same at the start */
  double mean;     /* level at the start */
  size_t first;    /* cells that made the start */
} smooth_double;

static void smooth_double_start(smooth_double *d) {
  const hf_bank_task *t = d->t;
  size_t m = t->m, m2 = t->m2, n0 = m2 > 1 ? 2 * m2 : 2 * m, i;
  if (n0 > t->fit) n0 = t->fit - t->fit % m;
  d->first = n0;
  d->mean = hf_stat_mean(t->x, n0);
  for (i = 0; i < m; i++) d->z1[i] = 0;
  for (i = 0; i < n0; i++) d->z1[i % m] += t->x[i];
  for (i = 0; i < m; i++)
    d->z1[i] = d->z1[i] / (double)(n0 / m + (i < n0 % m)) - d->mean;
  if (m2 < 2) return;
  for (i = 0; i < m2; i++) d->z2[i] = 0;
  for (i = 0; i < n0; i++) d->z2[i % m2] += t->x[i] - d->mean - d->z1[i % m];
  for (i = 0; i < m2; i++) {
    size_t c = n0 / m2 + (i < n0 % m2);
    d->z2[i] = c > 0 ? d->z2[i] / (double)c : 0;
  }
}

/* One pass with weights p: level, short season, long season, AR(1). Returns
** the mean squared one-step error over [first / 2, n). */
static double smooth_double_pass(smooth_double *d, const double *p, size_t n,
                                 double *out) {
  const hf_bank_task *t = d->t;
  size_t m = t->m, m2 = t->m2 > 1 ? t->m2 : 0, i, k = 0, s, i1 = 0, i2 = 0;
  double level = d->mean, before = 0, sse = 0;
  memcpy(d->s1, d->z1, m * sizeof(double));
  if (m2) memcpy(d->s2, d->z2, m2 * sizeof(double));
  for (i = 0; i <= n; i++) {
    double base, e;
    if (out != NULL && k < t->origins && i == t->origin[k]) {
      double rest = p[3] * before;
      size_t j1 = i1, j2 = i2;
      for (s = 0; s < t->h; s++) {
        out[k * t->h + s] = level + d->s1[j1] + (m2 ? d->s2[j2] : 0) + rest;
        rest *= p[3];
        if (++j1 == m) j1 = 0;
        if (m2 && ++j2 == m2) j2 = 0;
      }
      k++;
    }
    if (i == n) break;
    base = level + d->s1[i1] + (m2 ? d->s2[i2] : 0);
    e = t->x[i] - base - p[3] * before;
    before = t->x[i] - base;
    level += p[0] * e;
    d->s1[i1] += p[1] * e;
    if (m2) d->s2[i2] += p[2] * e;
    if (++i1 == m) i1 = 0;
    if (m2 && ++i2 == m2) i2 = 0;
    if (i >= d->first / 2) sse += e * e;
  }
  return sse / (double)(n - d->first / 2);
}

static void smooth_double_weights(const double *z, double *p) {
  p[0] = 0.5 / (1 + exp(-z[0]));
  p[1] = 0.6 / (1 + exp(-z[1]));
  p[2] = 0.6 / (1 + exp(-z[2]));
  p[3] = 0.98 / (1 + exp(-z[3]));
}

static int smooth_double_error(void *ctx, const double *z, double *f) {
  smooth_double *d = ctx;
  double p[4];
  smooth_double_weights(z, p);
  *f = smooth_double_pass(d, p, d->t->fit, NULL);
  return hf_work_check(d->w, 12 * d->t->fit);
}

static int smooth_doubly(hf_work *w, const hf_bank_task *t, hf_bank_memory *mem,
                         double *out) {
  smooth_double d;
  double z[4] = {-3, -1, -1, 1}, p[4], best;
  size_t m2 = t->m2 > 1 ? t->m2 : 1;
  int rc = HF_OK;
  memset(&d, 0, sizeof(d));
  d.w = w;
  d.t = t;
  d.s1 = hf_work_reals(w, t->m);
  d.z1 = hf_work_reals(w, t->m);
  d.s2 = hf_work_reals(w, m2);
  d.z2 = hf_work_reals(w, m2);
  if (d.s1 == NULL || d.z1 == NULL || d.s2 == NULL || d.z2 == NULL)
    return HF_ENOMEM;
  smooth_double_start(&d);
  if (mem->set) {
    memcpy(z, mem->par, sizeof z);
  } else {
    rc = hf_simplex_minimise(smooth_double_error, &d, z, 4, 1.5, SMOOTH_STEPS,
                             1e-5, &best);
    if (rc != HF_OK) return rc;
    memcpy(mem->par, z, sizeof z);
    mem->set = 1;
  }
  smooth_double_weights(z, p);
  smooth_double_pass(&d, p, t->n, out);
  return rc;
}

int hf_bank_smooth(hf_work *w, hf_bank_id id, const hf_bank_task *t,
                   hf_bank_memory *mem, double *out) {
  hf_mark mark = hf_work_mark(w);
  int rc = HF_EDATA;
  if (id == HF_BANK_SES) rc = smooth_ses(w, t, out);
  if (id == HF_BANK_DAMPED) rc = smooth_damped(w, t, out);
  if (id == HF_BANK_ROBUST) rc = smooth_robust(w, t, out);
  if (id == HF_BANK_DOUBLE) rc = smooth_doubly(w, t, mem, out);
  hf_work_release(w, mark);
  return rc;
}
