/*
** nnls.c: the active-set method of Lawson and Hanson, Solving Least Squares
** Problems (1974), chapter 23, on the normal equations as in Bro and de Jong,
** A fast non-negativity-constrained least squares algorithm, Journal of
** Chemometrics 11 (1997). Few columns, many rows: the rows are read once.
*/
#include "nnls.h"

#include <math.h>
#include <string.h>

#include "work.h"

enum { NNLS_STEPS = 10 * HF_NNLS_COLUMNS };

typedef struct nnls_normal {
  size_t n;
  double g[HF_NNLS_COLUMNS][HF_NNLS_COLUMNS]; /* a'a, columns of length 1 */
  double h[HF_NNLS_COLUMNS];                  /* a'b */
} nnls_normal;

/* Solves the equations of the columns in `in` by Cholesky; z is 0 elsewhere.
** A column that the ones before it replace gets 0, too. */
static void nnls_solve(const nnls_normal *q, const int *in, double *z) {
  double l[HF_NNLS_COLUMNS][HF_NNLS_COLUMNS];
  size_t idx[HF_NNLS_COLUMNS] = {0};
  size_t m = 0;
  size_t i, j, k;
  for (i = 0; i < q->n; i++) {
    double s;
    z[i] = 0;
    if (!in[i]) continue;
    for (j = 0; j < m; j++) {
      s = q->g[i][idx[j]];
      for (k = 0; k < j; k++) s -= l[m][k] * l[j][k];
      l[m][j] = s / l[j][j];
    }
    s = q->g[i][i];
    for (k = 0; k < m; k++) s -= l[m][k] * l[m][k];
    if (s <= 1e-12) continue;
    l[m][m] = sqrt(s);
    idx[m++] = i;
  }
  for (i = 0; i < m; i++) {
    double s = q->h[idx[i]];
    for (k = 0; k < i; k++) s -= l[i][k] * z[idx[k]];
    z[idx[i]] = s / l[i][i];
  }
  for (i = m; i-- > 0;) {
    double s = z[idx[i]];
    for (k = i + 1; k < m; k++) s -= l[k][i] * z[idx[k]];
    z[idx[i]] = s / l[i][i];
  }
}

/* The column outside `in` along which the error falls fastest, or n. */
static size_t nnls_enter(const nnls_normal *q, const int *in, const double *x,
                         const int *refused) {
  size_t best = q->n;
  double most = 1e-10;
  size_t i, j;
  for (i = 0; i < q->n; i++) {
    double d = q->h[i];
    if (in[i] || refused[i]) continue;
    for (j = 0; j < q->n; j++) d -= q->g[i][j] * x[j];
    if (d > most) {
      most = d;
      best = i;
    }
  }
  return best;
}

/* Moves x towards z as far as no coefficient turns negative; those that reach
** 0 leave. Returns 1 when z itself was reached. */
static int nnls_move(size_t n, int *in, double *x, const double *z) {
  double step = 1;
  size_t i;
  for (i = 0; i < n; i++) {
    if (in[i] && z[i] <= 0 && x[i] - z[i] > 0) {
      double s = x[i] / (x[i] - z[i]);
      if (s < step) step = s;
    }
  }
  for (i = 0; i < n; i++) {
    if (!in[i]) continue;
    x[i] += step * (z[i] - x[i]);
    if (z[i] <= 0 && x[i] <= 1e-14) {
      x[i] = 0;
      in[i] = 0;
    }
  }
  return step >= 1;
}

int hf_nnls(const double *a, const double *b, size_t rows, size_t cols,
            double *x) {
  nnls_normal q;
  double scale[HF_NNLS_COLUMNS] = {0};
  double y[HF_NNLS_COLUMNS] = {0};
  double z[HF_NNLS_COLUMNS];
  int in[HF_NNLS_COLUMNS] = {0};
  int refused[HF_NNLS_COLUMNS] = {0};
  double norm = 0;
  size_t i, j, r, steps;
  if (rows < 1 || cols < 1 || cols > HF_NNLS_COLUMNS) return HF_ERANGE;
  memset(&q, 0, sizeof(q));
  q.n = cols;
  for (r = 0; r < rows; r++) {
    const double *v = a + r * cols;
    if (!isfinite(b[r])) return HF_ERANGE;
    norm += b[r] * b[r];
    for (i = 0; i < cols; i++) {
      if (!isfinite(v[i])) return HF_ERANGE;
      q.h[i] += v[i] * b[r];
      for (j = 0; j <= i; j++) q.g[i][j] += v[i] * v[j];
    }
  }
  norm = norm > 0 ? sqrt(norm) : 1;
  for (i = 0; i < cols; i++) scale[i] = sqrt(q.g[i][i]);
  for (i = 0; i < cols; i++) {
    q.h[i] = scale[i] > 0 ? q.h[i] / (scale[i] * norm) : 0;
    for (j = 0; j <= i; j++) {
      double s = scale[i] * scale[j];
      q.g[i][j] = s > 0 ? q.g[i][j] / s : 0;
      q.g[j][i] = q.g[i][j];
    }
  }
  for (steps = 0; steps < NNLS_STEPS; steps++) {
    size_t e = nnls_enter(&q, in, y, refused);
    if (e == cols) break;
    in[e] = 1;
    nnls_solve(&q, in, z);
    if (z[e] <= 0) { /* rounding only: it would leave at once */
      in[e] = 0;
      refused[e] = 1;
      continue;
    }
    memset(refused, 0, sizeof(refused));
    for (; steps < NNLS_STEPS; steps++) {
      if (nnls_move(cols, in, y, z)) break;
      nnls_solve(&q, in, z);
    }
  }
  for (i = 0; i < cols; i++) x[i] = scale[i] > 0 ? y[i] * norm / scale[i] : 0;
  return HF_OK;
}
