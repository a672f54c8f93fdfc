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

enum {
  SMOOTH_STEPS = 30, /* of the search for the weights of double smoothing */
  SMOOTH_NEAR = 15,  /* of one that begins where another ended */
  SMOOTH_LONG_CYCLES = 4
};

static const double smooth_alpha[] = {0.02, 0.05, 0.1, 0.2,
                                      0.35, 0.5,  0.7, 0.9};
enum { SMOOTH_ALPHAS = sizeof smooth_alpha / sizeof smooth_alpha[0] };

/* Where the errors begin to be known: the level starts as the mean of so many
** cells. */
static size_t smooth_start(size_t n) {
  return n / 10 > 0 ? n / 10 : 1;
}

/* Level after x[0..n) smoothed by alpha. */
static double smooth_level(const double *x, size_t n, double alpha) {
  size_t start = smooth_start(n), i;
  double level = hf_stat_mean(x, start);
  for (i = start; i < n; i++) level += alpha * (x[i] - level);
  return level;
}

/* The alpha of least squared one-step errors. All are tried in one pass: each
** waits for its own level only. */
static double smooth_best_alpha(const double *x, size_t n) {
  double level[SMOOTH_ALPHAS], sse[SMOOTH_ALPHAS] = {0};
  size_t start = smooth_start(n), best = 0, i, j;
  level[0] = hf_stat_mean(x, start);
  for (j = 1; j < SMOOTH_ALPHAS; j++) level[j] = level[0];
  for (i = start; i < n; i++) {
    double v = x[i];
    for (j = 0; j < SMOOTH_ALPHAS; j++) {
      double e = v - level[j];
      sse[j] += e * e;
      level[j] += smooth_alpha[j] * e;
    }
  }
  for (j = 1; j < SMOOTH_ALPHAS; j++)
    if (sse[j] < sse[best]) best = j;
  return smooth_alpha[best];
}

static int smooth_ses(hf_work *w, const hf_bank_task *t, double *out) {
  double alpha = smooth_best_alpha(t->x, t->fit);
  size_t start = smooth_start(t->fit), i, k = 0, s;
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

static const double smooth_beta[] = {0.05, 0.2, 0.5};
enum {
  SMOOTH_BETAS = sizeof smooth_beta / sizeof smooth_beta[0],
  SMOOTH_SKIP = 2, /* the least alphas make no trend */
  SMOOTH_PAIRS = (SMOOTH_ALPHAS - SMOOTH_SKIP) * SMOOTH_BETAS
};

/* The pair of weights of least squared one-step errors, all in one pass. */
static int smooth_best_pair(hf_work *w, const double *x, size_t n,
                            double *alpha, double *beta) {
  double a[SMOOTH_PAIRS], ab[SMOOTH_PAIRS], level[SMOOTH_PAIRS];
  double slope[SMOOTH_PAIRS] = {0}, sse[SMOOTH_PAIRS] = {0};
  size_t i, j, best = 0;
  for (j = 0; j < SMOOTH_PAIRS; j++) {
    a[j] = smooth_alpha[SMOOTH_SKIP + j / SMOOTH_BETAS];
    ab[j] = a[j] * smooth_beta[j % SMOOTH_BETAS];
    level[j] = x[0];
  }
  for (i = 1; i < n; i++) {
    double v = x[i];
    for (j = 0; j < SMOOTH_PAIRS; j++) {
      double step = SMOOTH_PHI * slope[j], to = level[j] + step, e = v - to;
      sse[j] += e * e;
      level[j] = to + a[j] * e;
      slope[j] = step + ab[j] * e;
    }
  }
  for (j = 1; j < SMOOTH_PAIRS; j++)
    if (sse[j] < sse[best]) best = j;
  *alpha = a[best];
  *beta = smooth_beta[best % SMOOTH_BETAS];
  return hf_work_check(w, 10 * SMOOTH_PAIRS * n);
}

static int smooth_damped(hf_work *w, const hf_bank_task *t, double *out) {
  double a, b, level = t->x[0], slope = 0;
  size_t i, k = 0, s;
  int rc = smooth_best_pair(w, t->x, t->fit, &a, &b);
  if (rc != HF_OK) return rc;
  for (i = 1; i <= t->n && k < t->origins; i++) {
    double step = SMOOTH_PHI * slope, e;
    if (i == t->origin[k]) {
      double fade = SMOOTH_PHI, at = level;
      for (s = 0; s < t->h; s++) {
        at += fade * slope;
        fade *= SMOOTH_PHI;
        out[k * t->h + s] = at;
      }
      k++;
    }
    if (i == t->n) break;
    e = t->x[i] - (level + step);
    level += step + a * e;
    slope = step + a * b * e;
  }
  return hf_work_check(w, 10 * t->n + 2 * t->origins * t->h);
}

/* ---- robust */

void hf_bank_medians(const double *d, size_t n, size_t p, size_t cycles,
                     double *profile) {
  double v[HF_BANK_CYCLES];
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
    for (i = 0; i < p; i++) profile[i] = 0.5 * (profile[i] + tmp[i % m]);
  }
  mean = hf_stat_mean(profile, p);
  for (i = 0; i < p; i++) profile[i] -= mean;
}

static int smooth_robust(hf_work *w, const hf_bank_task *t, double *out) {
  size_t m = t->m, k, s, i;
  size_t p = t->m2 > m && t->fit >= 2 * t->m2 ? t->m2 : m;
  size_t cycles = p > m ? SMOOTH_LONG_CYCLES : HF_BANK_CYCLES;
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
    hf_bank_medians(d, n, p, cycles, profile);
    smooth_shrink(profile, p, m, tmp);
    for (i = 0; i < n; i++) d[i] = t->x[from + i] - profile[i % p];
    if (k == 0) alpha = smooth_best_alpha(d, n);
    level = smooth_level(d, n, alpha);
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

/* Where a pass through the series stands. */
typedef struct smooth_state {
  size_t i, i1, i2; /* the next cell, and its phases */
  double level, before, sse;
} smooth_state;

/* Goes on to cell `to` with weights p: level, short season, long season,
** AR(1). The recursion is written so that a level waits for the level before
** it by one product and one sum only:
**   level + p0 e = (1 - p0) level + p0 (x - seasons) - p0 p3 before */
static void smooth_double_on(smooth_double *d, const double *p, size_t to,
                             smooth_state *at) {
  const double *x = d->t->x;
  size_t m = d->t->m, m2 = d->t->m2 > 1 ? d->t->m2 : 0;
  double keep = 1 - p[0], again = p[0] * p[3], *s1 = d->s1, *s2 = d->s2;
  smooth_state a = *at;
  for (; a.i < to; a.i++) {
    double c = x[a.i] - s1[a.i1], now, e;
    if (m2) c -= s2[a.i2];
    now = c - a.level;
    e = now - p[3] * a.before;
    a.level = keep * a.level + (p[0] * c - again * a.before);
    a.before = now;
    a.sse += e * e;
    s1[a.i1] += p[1] * e;
    if (++a.i1 == m) a.i1 = 0;
    if (!m2) continue;
    s2[a.i2] += p[2] * e;
    if (++a.i2 == m2) a.i2 = 0;
  }
  *at = a;
}

static void smooth_double_begin(smooth_double *d, smooth_state *at) {
  const hf_bank_task *t = d->t;
  memset(at, 0, sizeof(*at));
  at->level = d->mean;
  memcpy(d->s1, d->z1, t->m * sizeof(double));
  if (t->m2 > 1) memcpy(d->s2, d->z2, t->m2 * sizeof(double));
}

/* The forecasts at the origins with weights p. */
static int smooth_double_ask(smooth_double *d, const double *p, double *out) {
  const hf_bank_task *t = d->t;
  size_t m = t->m, m2 = t->m2 > 1 ? t->m2 : 0, k, s;
  smooth_state at;
  smooth_double_begin(d, &at);
  for (k = 0; k < t->origins; k++) {
    double rest;
    size_t j1, j2;
    smooth_double_on(d, p, t->origin[k], &at);
    rest = p[3] * at.before;
    j1 = at.i1;
    j2 = at.i2;
    for (s = 0; s < t->h; s++) {
      out[k * t->h + s] = at.level + d->s1[j1] + (m2 ? d->s2[j2] : 0) + rest;
      rest *= p[3];
      if (++j1 == m) j1 = 0;
      if (m2 && ++j2 == m2) j2 = 0;
    }
  }
  return hf_work_check(d->w, 12 * t->n + 4 * t->origins * t->h);
}

static void smooth_double_weights(const double *z, double *p) {
  p[0] = 0.5 / (1 + exp(-z[0]));
  p[1] = 0.6 / (1 + exp(-z[1]));
  p[2] = 0.6 / (1 + exp(-z[2]));
  p[3] = 0.98 / (1 + exp(-z[3]));
}

/* The mean squared one-step error of the fit but for half of the start. */
static int smooth_double_error(void *ctx, const double *z, double *f) {
  smooth_double *d = ctx;
  size_t from = d->first / 2, n = d->t->fit;
  smooth_state at;
  double p[4];
  smooth_double_weights(z, p);
  smooth_double_begin(d, &at);
  smooth_double_on(d, p, from, &at);
  at.sse = 0;
  smooth_double_on(d, p, n, &at);
  *f = at.sse / (double)(n - from);
  return hf_work_check(d->w, 12 * n);
}

static int smooth_doubly(hf_work *w, const hf_bank_task *t, hf_bank_memory *mem,
                         double *out) {
  smooth_double d;
  double z[4] = {-3, -1, -1, 1}, p[4], best;
  size_t m2 = t->m2 > 1 ? t->m2 : 1;
  int rc;
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
    hf_bank_shared *other = t->shared;
    int near = other != NULL && other->smoothed;
    if (near) memcpy(z, other->smooth, sizeof z);
    rc = hf_simplex_minimise(smooth_double_error, &d, z, 4, near ? 0.7 : 1.5,
                             near ? SMOOTH_NEAR : SMOOTH_STEPS, 1e-5, &best);
    if (rc != HF_OK) return rc;
    memcpy(mem->par, z, sizeof z);
    mem->set = 1;
    if (other != NULL) {
      memcpy(other->smooth, z, sizeof z);
      other->smoothed = 1;
    }
  }
  smooth_double_weights(z, p);
  return smooth_double_ask(&d, p, out);
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
