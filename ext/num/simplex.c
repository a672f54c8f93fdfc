/*
** simplex.c: the downhill simplex of Nelder and Mead (1965), A simplex method
** for function minimization, Computer Journal 7; see simplex.h.
*/
#include "simplex.h"

#include <math.h>
#include <string.h>

typedef struct simplex {
  hf_simplex_fn *fn;
  void *ctx;
  size_t k, left; /* variables; evaluations left */
  double x[HF_SIMPLEX_MAX + 1][HF_SIMPLEX_MAX];
  double f[HF_SIMPLEX_MAX + 1];
} simplex;

static int simplex_value(simplex *s, const double *x, double *f) {
  int rc = s->fn(s->ctx, x, f);
  if (*f != *f) *f = HUGE_VAL;
  if (s->left > 0) s->left--;
  return rc;
}

/* p = center + step (center - x[worst]) */
static int simplex_try(simplex *s, const double *center, size_t worst,
                       double step, double *p, double *f) {
  size_t j;
  for (j = 0; j < s->k; j++)
    p[j] = center[j] + step * (center[j] - s->x[worst][j]);
  return simplex_value(s, p, f);
}

static void simplex_put(simplex *s, size_t at, const double *p, double f) {
  memcpy(s->x[at], p, s->k * sizeof(double));
  s->f[at] = f;
}

static int simplex_shrink(simplex *s, size_t best) {
  size_t i, j;
  int rc = HF_OK;
  for (i = 0; i <= s->k && rc == HF_OK; i++) {
    if (i == best) continue;
    for (j = 0; j < s->k; j++) s->x[i][j] = 0.5 * (s->x[i][j] + s->x[best][j]);
    rc = simplex_value(s, s->x[i], &s->f[i]);
  }
  return rc;
}

static int simplex_step(simplex *s, size_t best, size_t worst, size_t second) {
  double center[HF_SIMPLEX_MAX] = {0}, p[HF_SIMPLEX_MAX], q[HF_SIMPLEX_MAX];
  double fp, fq;
  size_t i, j;
  int rc;
  for (i = 0; i <= s->k; i++)
    for (j = 0; j < s->k && i != worst; j++)
      center[j] += s->x[i][j] / (double)s->k;
  rc = simplex_try(s, center, worst, 1, p, &fp);
  if (rc != HF_OK) return rc;
  if (fp < s->f[best]) {
    rc = simplex_try(s, center, worst, 2, q, &fq);
    if (rc != HF_OK) return rc;
    if (fq < fp) {
      simplex_put(s, worst, q, fq);
    } else {
      simplex_put(s, worst, p, fp);
    }
  } else if (fp < s->f[second]) {
    simplex_put(s, worst, p, fp);
  } else {
    double side = fp < s->f[worst] ? 0.5 : -0.5;
    rc = simplex_try(s, center, worst, side, q, &fq);
    if (rc != HF_OK) return rc;
    if (fq < s->f[worst] && fq <= fp) {
      simplex_put(s, worst, q, fq);
    } else {
      return simplex_shrink(s, best);
    }
  }
  return HF_OK;
}

int hf_simplex_minimise(hf_simplex_fn *fn, void *ctx, double *x, size_t k,
                        double size, size_t steps, double tol, double *best) {
  simplex s;
  size_t i, low = 0;
  int rc;
  if (k == 0 || k > HF_SIMPLEX_MAX) return HF_ERANGE;
  memset(&s, 0, sizeof s);
  s.fn = fn;
  s.ctx = ctx;
  s.k = k;
  s.left = steps;
  for (i = 0; i <= k; i++) {
    memcpy(s.x[i], x, k * sizeof(double));
    if (i > 0) s.x[i][i - 1] += size;
    rc = simplex_value(&s, s.x[i], &s.f[i]);
    if (rc != HF_OK) return rc;
  }
  for (;;) {
    size_t high = 0, second = 0;
    for (i = low = 0; i <= k; i++) {
      if (s.f[i] < s.f[low]) low = i;
      if (s.f[i] > s.f[high]) high = i;
    }
    for (i = 0, second = low; i <= k; i++)
      if (i != high && s.f[i] > s.f[second]) second = i;
    if (s.left == 0 || !(s.f[high] - s.f[low] > tol * fabs(s.f[low]))) break;
    rc = simplex_step(&s, low, high, second);
    if (rc != HF_OK) return rc;
  }
  memcpy(x, s.x[low], k * sizeof(double));
  *best = s.f[low];
  return HF_OK;
}
