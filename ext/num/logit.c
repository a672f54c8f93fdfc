/*
** logit.c: logistic regression with a ridge penalty and signs.
**
** Newton's method on the active set: a coefficient that stands at zero, and
** whose gradient points to the forbidden side, is left out of the step; one
** that a step would carry across zero is stopped there. Each step is halved
** until the penalised likelihood does not fall, so the method cannot diverge
** on rare events (Bertsekas 1982, "Projected Newton methods"). The Hessian
** X'WX + ridge I is positive definite; it is factored by Cholesky.
*/
#include "logit.h"

#include <math.h>
#include <string.h>

enum { LOGIT_STEPS = 100, LOGIT_HALVES = 40, LOGIT_MOST = 500 };

double hf_logit_score(const double *beta, const double *x, size_t d) {
  double e = beta[d];
  size_t j;
  for (j = 0; j < d; j++) e += beta[j] * x[j];
  return e;
}

double hf_logit_p(double score) {
  double e = exp(-fabs(score));
  return score >= 0 ? 1 / (1 + e) : e / (1 + e);
}

/* log(1 + exp(e)) */
static double logit_softplus(double e) {
  return (e > 0 ? e : 0) + log1p(exp(-fabs(e)));
}

typedef struct logit_job {
  const double *x, *y, *weight;
  size_t n, d;
  double ridge;
  const signed char *sign;
} logit_job;

static double logit_value(const logit_job *t, const double *beta) {
  double sum = 0, norm = 0;
  size_t i, j;
  for (i = 0; i < t->n; i++) {
    double e = hf_logit_score(beta, t->x + i * t->d, t->d);
    sum += t->weight[i] * (t->y[i] * e - logit_softplus(e));
  }
  for (j = 0; j < t->d; j++) norm += beta[j] * beta[j];
  return sum - 0.5 * t->ridge * norm;
}

/* Gradient g[d + 1] and, lower half, minus the Hessian h[(d + 1)^2]. */
static void logit_slopes(const logit_job *t, const double *beta, double *g,
                         double *h) {
  size_t i, j, k, m = t->d + 1;
  memset(g, 0, m * sizeof(*g));
  memset(h, 0, m * m * sizeof(*h));
  for (i = 0; i < t->n; i++) {
    const double *x = t->x + i * t->d;
    double p = hf_logit_p(hf_logit_score(beta, x, t->d));
    double r = t->weight[i] * (t->y[i] - p), v = t->weight[i] * p * (1 - p);
    for (j = 0; j < t->d; j++) {
      double *row = h + j * m;
      double vx = v * x[j];
      if (x[j] == 0) continue;
      g[j] += r * x[j];
      for (k = 0; k <= j; k++) row[k] += vx * x[k];
      h[t->d * m + j] += vx;
    }
    g[t->d] += r;
    h[t->d * m + t->d] += v;
  }
  for (j = 0; j < t->d; j++) {
    g[j] -= t->ridge * beta[j];
    h[j * m + j] += t->ridge;
  }
  h[t->d * m + t->d] += 1e-9;
}

/* Solves h s = g over the free coefficients, in place in h; s[j] = 0 for the
** others. 0: h is not positive definite. */
static int logit_solve(double *h, const double *g, const unsigned char *fixed,
                       size_t m, double *s) {
  size_t i, j, k;
  for (i = 0; i < m; i++) {
    if (fixed[i]) {
      for (j = 0; j < i; j++) h[i * m + j] = 0;
      for (j = i + 1; j < m; j++) h[j * m + i] = 0;
      h[i * m + i] = 1;
    }
    s[i] = fixed[i] ? 0 : g[i];
  }
  for (j = 0; j < m; j++) {
    double v = h[j * m + j];
    for (k = 0; k < j; k++) v -= h[j * m + k] * h[j * m + k];
    if (!(v > 0)) return 0;
    h[j * m + j] = v = sqrt(v);
    for (i = j + 1; i < m; i++) {
      double u = h[i * m + j];
      for (k = 0; k < j; k++) u -= h[i * m + k] * h[j * m + k];
      h[i * m + j] = u / v;
    }
  }
  for (i = 0; i < m; i++) {
    for (k = 0; k < i; k++) s[i] -= h[i * m + k] * s[k];
    s[i] /= h[i * m + i];
  }
  for (i = m; i-- > 0;) {
    for (k = i + 1; k < m; k++) s[i] -= h[k * m + i] * s[k];
    s[i] /= h[i * m + i];
  }
  return 1;
}

/* One step from beta; *moved is the largest change. */
static int logit_step(const logit_job *t, double *beta, double *value,
                      double *room, unsigned char *fixed, double *moved) {
  size_t m = t->d + 1, j;
  double *g = room, *s = room + m, *next = room + 2 * m, *h = room + 3 * m;
  double step = 1;
  int half;
  logit_slopes(t, beta, g, h);
  for (j = 0; j < m; j++) {
    int sign = j < t->d ? t->sign[j] : 0;
    fixed[j] = sign != 0 && beta[j] == 0 && sign * g[j] <= 0;
  }
  *moved = 0;
  if (!logit_solve(h, g, fixed, m, s)) return HF_ESINGULAR;
  for (half = 0; half < LOGIT_HALVES; half++, step /= 2) {
    double v, far = 0;
    for (j = 0; j < m; j++) {
      next[j] = beta[j] + step * s[j];
      if (j < t->d && t->sign[j] * next[j] < 0) next[j] = 0;
      if (fabs(next[j] - beta[j]) > far) far = fabs(next[j] - beta[j]);
    }
    v = logit_value(t, next);
    if (v >= *value) {
      memcpy(beta, next, m * sizeof(*beta));
      *value = v;
      *moved = far;
      return HF_OK;
    }
  }
  return HF_OK; /* nothing better on this line: the top */
}

int hf_logit_fit(hf_work *w, const double *x, const double *y,
                 const double *weight, size_t n, size_t d, double ridge,
                 const signed char *sign, double *beta) {
  logit_job t;
  size_t m = d + 1, i;
  hf_mark mark = hf_work_mark(w);
  double one = 0, all = 0, value, moved = 1;
  double *room, *b;
  unsigned char *fixed;
  int k, rc = HF_OK;
  if (d > LOGIT_MOST || !(ridge > 0)) return HF_ERANGE;
  for (i = 0; i < n; i++) {
    all += weight[i];
    one += weight[i] * y[i];
  }
  if (!(one > 0) || !(all - one > 0)) return HF_EDATA;
  room = hf_work_reals(w, 3 * m + m * m);
  b = hf_work_zeroed(w, m, sizeof(*b));
  fixed = hf_work_alloc(w, m, 1);
  if (room == NULL || b == NULL || fixed == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  t.x = x;
  t.y = y;
  t.weight = weight;
  t.n = n;
  t.d = d;
  t.ridge = ridge;
  t.sign = sign;
  b[d] = log(one / (all - one));
  value = logit_value(&t, b);
  for (k = 0; rc == HF_OK && k < LOGIT_STEPS && moved > 1e-9; k++) {
    rc = logit_step(&t, b, &value, room, fixed, &moved);
    if (rc == HF_OK) rc = hf_work_check(w, n * m * m / 2 + m * m * m);
  }
  if (rc == HF_OK) memcpy(beta, b, m * sizeof(*beta));
  hf_work_release(w, mark);
  return rc;
}
