/*
** eigen.c: symmetric eigenproblems, see eigen.h.
**
** All vectors: cyclic Jacobi rotations (Golub and Van Loan, Matrix
** Computations, section 8.5), exact to rounding and simple; meant for small
** matrices. Some vectors: orthogonal iteration with guard vectors (ibid.,
** section 8.2; Stewart 1969), which is cheap when the start is good: a window
** model that is fitted anew starts from the one before.
**
** The number of rounds is fixed, so that the same input gives the same bits.
*/
#include "eigen.h"

#include <math.h>
#include <string.h>

enum { EIGEN_MAX = 256, EIGEN_BLOCK = 32, EIGEN_SWEEPS = 40 };

/* One rotation that makes a[p][q] zero; updates the vectors, too. */
static void eigen_rotate(double *a, size_t n, double *v, size_t p, size_t q) {
  double apq = a[p * n + q];
  double theta = (a[q * n + q] - a[p * n + p]) / (2 * apq);
  double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
  double c, s;
  size_t i;
  if (!isfinite(t)) t = 0;
  c = 1 / sqrt(t * t + 1);
  s = t * c;
  for (i = 0; i < n; i++) {
    double x = a[i * n + p], y = a[i * n + q];
    a[i * n + p] = c * x - s * y;
    a[i * n + q] = s * x + c * y;
  }
  for (i = 0; i < n; i++) {
    double x = a[p * n + i], y = a[q * n + i];
    a[p * n + i] = c * x - s * y;
    a[q * n + i] = s * x + c * y;
  }
  for (i = 0; i < n; i++) {
    double x = v[i * n + p], y = v[i * n + q];
    v[i * n + p] = c * x - s * y;
    v[i * n + q] = s * x + c * y;
  }
}

/* Selection sort, largest eigenvalue first; equal ones keep their order. */
static void eigen_sort(size_t n, double *lambda, double *v) {
  size_t i, j, best;
  for (i = 0; i + 1 < n; i++) {
    double t;
    best = i;
    for (j = i + 1; j < n; j++)
      if (lambda[j] > lambda[best]) best = j;
    if (best == i) continue;
    t = lambda[i];
    lambda[i] = lambda[best];
    lambda[best] = t;
    for (j = 0; j < n; j++) {
      t = v[j * n + i];
      v[j * n + i] = v[j * n + best];
      v[j * n + best] = t;
    }
  }
}

int hf_eigen_symmetric(hf_work *w, const double *a, size_t n, double *lambda,
                       double *v) {
  hf_mark mark = hf_work_mark(w);
  double *b, *u;
  size_t p, q;
  int sweep, rc;
  if (n < 1 || n > EIGEN_MAX) return HF_ERANGE;
  b = hf_work_reals(w, n * n);
  u = hf_work_zeroed(w, n * n, sizeof(double));
  if (b == NULL || u == NULL) return HF_ENOMEM;
  memcpy(b, a, n * n * sizeof(double));
  for (p = 0; p < n; p++) u[p * n + p] = 1;
  for (sweep = 0; sweep < EIGEN_SWEEPS; sweep++) {
    double off = 0, diag = 0;
    for (p = 0; p < n; p++) {
      diag = fmax(diag, fabs(b[p * n + p]));
      for (q = p + 1; q < n; q++) off = fmax(off, fabs(b[p * n + q]));
    }
    if (off <= 1e-17 * diag) break;
    for (p = 0; p + 1 < n; p++) {
      for (q = p + 1; q < n; q++)
        if (b[p * n + q] != 0) eigen_rotate(b, n, u, p, q);
      rc = hf_work_check(w, 18 * n * (n - p));
      if (rc != HF_OK) return rc;
    }
  }
  for (p = 0; p < n; p++) lambda[p] = b[p * n + p];
  memcpy(v, u, n * n * sizeof(double));
  eigen_sort(n, lambda, v);
  hf_work_release(w, mark);
  return HF_OK;
}

/* z = a v for a block of m columns, eight at a time so that the sums stay in
** registers and do not wait for each other. */
static void eigen_apply(const double *a, size_t n, size_t m, const double *v,
                        double *z) {
  size_t i, j, c;
  for (i = 0; i < n; i++) {
    const double *ai = a + i * n;
    for (c = 0; c + 8 <= m; c += 8) {
      double s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
      double *to = z + i * m + c;
      for (j = 0; j < n; j++) {
        const double *x = v + j * m + c;
        s0 += ai[j] * x[0];
        s1 += ai[j] * x[1];
        s2 += ai[j] * x[2];
        s3 += ai[j] * x[3];
        s4 += ai[j] * x[4];
        s5 += ai[j] * x[5];
        s6 += ai[j] * x[6];
        s7 += ai[j] * x[7];
      }
      to[0] = s0;
      to[1] = s1;
      to[2] = s2;
      to[3] = s3;
      to[4] = s4;
      to[5] = s5;
      to[6] = s6;
      to[7] = s7;
    }
    for (; c < m; c++) {
      double s = 0;
      for (j = 0; j < n; j++) s += ai[j] * v[j * m + c];
      z[i * m + c] = s;
    }
  }
}

/* Modified Gram-Schmidt, `passes` times: each column, once it is done, is taken
** out of all that follow, row by row. A column that depends on those before it
** becomes zero. m is at most EIGEN_BLOCK. */
static void eigen_orthonormal(size_t n, size_t m, int passes, double *v) {
  double dot[EIGEN_BLOCK], before[EIGEN_BLOCK];
  size_t c, d, i;
  int pass;
  for (pass = 0; pass < passes; pass++) {
    for (c = 0; c < m; c++) before[c] = 0;
    for (i = 0; i < n; i++)
      for (c = 0; c < m; c++) before[c] += v[i * m + c] * v[i * m + c];
    for (c = 0; c < m; c++) {
      double after = 0, s;
      for (i = 0; i < n; i++) after += v[i * m + c] * v[i * m + c];
      s = after > 1e-20 * before[c] && after > 0 ? 1 / sqrt(after) : 0;
      for (d = c + 1; d < m; d++) dot[d] = 0;
      for (i = 0; i < n; i++) {
        double x = v[i * m + c] *= s;
        for (d = c + 1; d < m; d++) dot[d] += x * v[i * m + d];
      }
      for (i = 0; i < n; i++)
        for (d = c + 1; d < m; d++) v[i * m + d] -= v[i * m + c] * dot[d];
    }
  }
}

int hf_eigen_leading(hf_work *w, const double *a, size_t n, size_t k, size_t m,
                     int rounds, double *v, double *lambda) {
  double small[EIGEN_BLOCK * EIGEN_BLOCK], vec[EIGEN_BLOCK * EIGEN_BLOCK];
  double val[EIGEN_BLOCK];
  double *b, *z, *u, top = 0;
  size_t i, j, c;
  int r, rc;
  hf_mark mark;
  if (k < 1 || k > m || m > EIGEN_BLOCK || m > n) return HF_ERANGE;
  mark = hf_work_mark(w);
  b = hf_work_reals(w, n * n);
  z = hf_work_reals(w, n * m);
  u = hf_work_reals(w, n * m);
  if (b == NULL || z == NULL || u == NULL) return HF_ENOMEM;
  /* A scale of one keeps the products far from overflow and underflow. */
  for (i = 0; i < n; i++) top = fmax(top, a[i * n + i]);
  if (!(top > 0)) top = 1;
  for (i = 0; i < n * n; i++) b[i] = a[i] / top;
  memcpy(u, v, n * m * sizeof(double));
  eigen_orthonormal(n, m, 2, u);
  for (r = 0; r < rounds; r++) {
    eigen_apply(b, n, m, u, z);
    eigen_orthonormal(n, m, r + 1 < rounds ? 1 : 2, z);
    memcpy(u, z, n * m * sizeof(double));
    rc = hf_work_check(w, 2 * n * m * (n + m));
    if (rc != HF_OK) return rc;
  }
  eigen_apply(b, n, m, u, z);
  for (i = 0; i < m; i++) {
    for (j = i; j < m; j++) {
      double s = 0;
      for (c = 0; c < n; c++)
        s += u[c * m + i] * z[c * m + j] + u[c * m + j] * z[c * m + i];
      small[i * m + j] = small[j * m + i] = s / 2;
    }
  }
  rc = hf_eigen_symmetric(w, small, m, val, vec);
  if (rc != HF_OK) return rc;
  for (i = 0; i < n; i++) {
    for (c = 0; c < m; c++) {
      double s = 0;
      for (j = 0; j < m; j++) s += u[i * m + j] * vec[j * m + c];
      v[i * m + c] = s;
    }
  }
  for (c = 0; lambda != NULL && c < m; c++) lambda[c] = fmax(val[c], 0) * top;
  hf_work_release(w, mark);
  return HF_OK;
}
