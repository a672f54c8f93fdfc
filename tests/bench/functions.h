/*
** functions.h: test functions for the bee colony, each with its optimum 0.
**
** Seven of the usual ones on [-5, 5]^dim, each instance shifted by a random
** vector in [-3, 3]^dim and, but for two, rotated by a random orthonormal
** matrix, so that no search is helped by the axes or by the middle of the box.
** The forms are those of N. Hansen and others, "Real-parameter black-box
** optimization benchmarking 2009: noiseless functions definitions", INRIA
** RR-6829. An instance follows from (function, dim, seed) alone.
*/
#ifndef HF_BENCH_FUNCTIONS_H
#define HF_BENCH_FUNCTIONS_H

#include <math.h>
#include <stddef.h>
#include "num/rng.h"

enum { FN_MAX_DIM = 10 };

enum fn_kind {
  FN_SPHERE,
  FN_ELLIPSOID_ROT, /* condition 10^6 */
  FN_ROSENBROCK_ROT,
  FN_RASTRIGIN_SEP,
  FN_RASTRIGIN_ROT,
  FN_ACKLEY_ROT,
  FN_GRIEWANK_ROT,
  FN_KINDS
};

static const char *const fn_name[FN_KINDS] = {
    "sphere",        "ellipsoid_rot", "rosenbrock_rot", "rastrigin_sep",
    "rastrigin_rot", "ackley_rot",    "griewank_rot"};

typedef struct fn_problem {
  int kind; /* enum fn_kind */
  size_t dim;
  double shift[FN_MAX_DIM];           /* where the optimum lies */
  double rot[FN_MAX_DIM][FN_MAX_DIM]; /* rows are orthonormal */
} fn_problem;

static double fn_normal(hf_rng *r) {
  double a = hf_rng_uniform(r) + 1e-300;
  double b = hf_rng_uniform(r);
  return sqrt(-2 * log(a)) * cos(6.283185307179586 * b);
}

/* The instance of a seed: a shift, and a rotation by Gram-Schmidt. */
static void fn_init(fn_problem *p, int kind, size_t dim, unsigned seed) {
  hf_rng r;
  size_t i, j, k;
  r.state = (uint64_t)(1000 + seed * 7919 + dim);
  p->kind = kind;
  p->dim = dim;
  for (i = 0; i < dim; i++) p->shift[i] = -3 + 6 * hf_rng_uniform(&r);
  for (i = 0; i < dim; i++) {
    double norm = 0;
    for (j = 0; j < dim; j++) p->rot[i][j] = fn_normal(&r);
    for (k = 0; k < i; k++) {
      double dot = 0;
      for (j = 0; j < dim; j++) dot += p->rot[i][j] * p->rot[k][j];
      for (j = 0; j < dim; j++) p->rot[i][j] -= dot * p->rot[k][j];
    }
    for (j = 0; j < dim; j++) norm += p->rot[i][j] * p->rot[i][j];
    norm = sqrt(norm);
    for (j = 0; j < dim; j++) p->rot[i][j] /= norm;
  }
}

static double fn_rosenbrock(const double *y, size_t d) {
  double m = sqrt((double)d) / 8, s = 0;
  size_t i;
  if (m < 1) m = 1;
  for (i = 0; i + 1 < d; i++) {
    double a = y[i] * m + 1, b = y[i + 1] * m + 1;
    s += 100 * (a * a - b) * (a * a - b) + (a - 1) * (a - 1);
  }
  return s;
}

/* condition: of the quadratic bowl under the ripples. */
static double fn_rastrigin(const double *x, size_t d, double condition) {
  double s = 0;
  size_t i;
  for (i = 0; i < d; i++) {
    double scale = pow(condition, (double)i / (double)(d - 1));
    s += 10 * (1 - cos(6.283185307179586 * x[i])) + scale * x[i] * x[i];
  }
  return s;
}

static double fn_ackley(const double *y, size_t d) {
  double a = 0, b = 0;
  size_t i;
  for (i = 0; i < d; i++) {
    a += y[i] * y[i];
    b += cos(6.283185307179586 * y[i]);
  }
  return 20 - 20 * exp(-0.2 * sqrt(a / (double)d)) + 2.718281828459045 -
         exp(b / (double)d);
}

static double fn_griewank(const double *y, size_t d) {
  double s = 0, m = 1;
  size_t i;
  for (i = 0; i < d; i++) {
    double a = y[i] * 10;
    s += a * a / 4000;
    m *= cos(a / sqrt((double)(i + 1)));
  }
  return s + 1 - m;
}

static double fn_value(const fn_problem *p, const double *x) {
  double z[FN_MAX_DIM], y[FN_MAX_DIM], s = 0;
  size_t d = p->dim, i, j;
  for (i = 0; i < d; i++) z[i] = x[i] - p->shift[i];
  for (i = 0; i < d; i++) {
    y[i] = 0;
    for (j = 0; j < d; j++) y[i] += p->rot[i][j] * z[j];
  }
  switch (p->kind) {
  case FN_SPHERE:
    for (i = 0; i < d; i++) s += z[i] * z[i];
    return s;
  case FN_ELLIPSOID_ROT:
    for (i = 0; i < d; i++) {
      s += pow(10, 6.0 * (double)i / (double)(d - 1)) * y[i] * y[i];
    }
    return s;
  case FN_ROSENBROCK_ROT:
    return fn_rosenbrock(y, d);
  case FN_RASTRIGIN_SEP:
    return fn_rastrigin(z, d, 1);
  case FN_RASTRIGIN_ROT:
    return fn_rastrigin(y, d, 10);
  case FN_ACKLEY_ROT:
    return fn_ackley(y, d);
  default:
    return fn_griewank(y, d);
  }
}

#endif
