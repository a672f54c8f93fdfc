/*
** linalg.c: Cholesky decomposition and ridge regression by the normal
** equations; see linalg.h. (Golub and Van Loan, Matrix Computations, 4.2.)
*/
#include "linalg.h"
#include "work.h"

#include <math.h>

enum { LINALG_BLOCK = 256 }; /* rows at a time: they stay in the cache */

#define LINALG_TINY 1e-13

int hf_linalg_cholesky(double *a, size_t k) {
  size_t i, j, r;
  for (i = 0; i < k; i++) {
    double *ai = a + i * k, d = ai[i];
    for (j = 0; j < i; j++) d -= ai[j] * ai[j];
    if (!(d > LINALG_TINY * ai[i]) || !(d > 0)) return HF_ESINGULAR;
    d = sqrt(d);
    ai[i] = d;
    for (r = i + 1; r < k; r++) {
      double *ar = a + r * k, s = ar[i];
      for (j = 0; j < i; j++) s -= ar[j] * ai[j];
      ar[i] = s / d;
    }
  }
  return HF_OK;
}

void hf_linalg_solve(const double *l, size_t k, double *b) {
  size_t i, j;
  for (i = 0; i < k; i++) {
    double s = b[i];
    for (j = 0; j < i; j++) s -= l[i * k + j] * b[j];
    b[i] = s / l[i * k + i];
  }
  for (i = k; i-- > 0;) {
    double s = b[i];
    for (j = i + 1; j < k; j++) s -= l[j * k + i] * b[j];
    b[i] = s / l[i * k + i];
  }
}

double hf_linalg_dot(const double *x, const double *y, size_t n) {
  double a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
  size_t i;
  for (i = 0; i + 8 <= n; i += 8) {
    a += x[i] * y[i];
    b += x[i + 1] * y[i + 1];
    c += x[i + 2] * y[i + 2];
    d += x[i + 3] * y[i + 3];
    e += x[i + 4] * y[i + 4];
    f += x[i + 5] * y[i + 5];
    g += x[i + 6] * y[i + 6];
    h += x[i + 7] * y[i + 7];
  }
  for (; i < n; i++) a += x[i] * y[i];
  return ((a + e) + (b + f)) + ((c + g) + (d + h));
}

void hf_linalg_rows_from(double *a, double *b, size_t from, size_t k,
                         const double *const *col, const double *y,
                         const double *weight, size_t n) {
  double part[LINALG_BLOCK];
  size_t first, c, i, j, r;
  for (first = 0; first < n; first += c) {
    c = n - first < LINALG_BLOCK ? n - first : LINALG_BLOCK;
    for (i = from; i < k; i++) {
      const double *x = col[i] + first;
      const double *u = weight + first;
      for (r = 0; r + 2 <= c; r += 2) {
        part[r] = u[r] * x[r];
        part[r + 1] = u[r + 1] * x[r + 1];
      }
      if (r < c) part[r] = u[r] * x[r];
      for (j = 0; j <= i; j++)
        a[i * k + j] += hf_linalg_dot(part, col[j] + first, c);
      b[i] += hf_linalg_dot(part, y + first, c);
    }
  }
}

void hf_linalg_rows(double *a, double *b, size_t k, const double *const *col,
                    const double *y, const double *weight, size_t n) {
  hf_linalg_rows_from(a, b, 0, k, col, y, weight, n);
}

int hf_linalg_ridge(double *a, double *b, size_t k, const double *ridge) {
  size_t i;
  int rc;
  for (i = 0; i < k; i++) a[i * k + i] += ridge[i];
  rc = hf_linalg_cholesky(a, k);
  if (rc == HF_OK) hf_linalg_solve(a, k, b);
  return rc;
}
