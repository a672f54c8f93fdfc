/*
** window.c: principal components of the windows of a series, see window.h.
**
** Broomhead and King 1986 (singular spectrum analysis): the windows of length
** L are points in L dimensions; the leading eigenvectors of their covariance
** span the shapes that the series is made of. The reconstruction error of a
** window x is
**   |x - m|^2 - sum_j (p_j' (x - m))^2
** per value (Jackson and Mudholkar 1979, Q = squared prediction error).
**
** The covariance of all windows needs only the lagged products
** A_l = sum_t y_t y_{t-l}, kept as the series grows, and a correction at both
** ends: with C_ij = sum_p y_{p+i} y_{p+j} over N windows,
**   C_{i+1,j+1} = C_ij - y_i y_j + y_{N+i} y_{N+j},
** so that a sample costs L operations and a fit L^2, not N L^2.
**
** The last value of a window is foretold by the linear recurrence of the
** subspace (Golyandina, Nekrutkin and Zhigljavsky 2001, section 2.1): with
** P the directions, q their last row and nu^2 = |q|^2,
**   x_L = 1/(1 - nu^2) sum_i (P q)_i x_i, i < L.
*/
#include "window.h"

#include <math.h>
#include <string.h>

#include "eigen.h"

enum {
  WINDOW_KEEP = HF_WINDOW_LANES - 2, /* directions */
  WINDOW_NEXT = HF_WINDOW_LANES - 2, /* lane of the forecast */
  WINDOW_BLOCK = 64,                 /* windows judged together */
  WINDOW_ROUNDS_FIRST = 20,
  WINDOW_ROUNDS_NEXT = 3
};

int hf_window_start(hf_window_sums *s, hf_window_model *m, size_t length) {
  if (length < 8 || length > HF_WINDOW_MAX) return HF_ERANGE;
  memset(s, 0, sizeof(*s));
  memset(m, 0, sizeof(*m));
  s->length = m->length = length;
  return HF_OK;
}

/* s->lagged of y[t .. n), each of which has L - 1 values before it: four
** at a time, in the order of t. */
static int window_add_full(hf_work *w, hf_window_sums *s, const double *y,
                           size_t t, size_t n) {
  size_t L = s->length, j;
  for (; t + 4 <= n; t += 4) {
    const double *x = y + t, *back = y + (t + 1 - L);
    int rc;
    for (j = 0; j < L; j++)
      s->lagged[j] = s->lagged[j] + x[0] * back[j] + x[1] * back[j + 1] +
                     x[2] * back[j + 2] + x[3] * back[j + 3];
    rc = hf_work_check(w, 8 * L);
    if (rc != HF_OK) return rc;
  }
  for (; t < n; t++)
    for (j = 0; j < L; j++) s->lagged[j] += y[t] * y[t + 1 - L + j];
  return HF_OK;
}

int hf_window_add(hf_work *w, hf_window_sums *s, const double *y, size_t n) {
  size_t L = s->length, t, j;
  int rc;
  for (t = s->n; t < n; t++) s->sum += y[t];
  for (t = s->n; t < n && t + 1 < L; t++)
    for (j = 0; j <= t; j++) s->lagged[L - 1 - j] += y[t] * y[t - j];
  rc = window_add_full(w, s, y, t, n);
  if (rc == HF_OK) s->n = n;
  return rc;
}

/* c[L*L] from the sums; returns its trace. */
static double window_covariance(const hf_window_sums *s, const double *y,
                                double *c) {
  size_t L = s->length, N = s->n - L + 1, i, j, l;
  double mean[HF_WINDOW_MAX], trace = 0, part = s->sum;
  for (j = N; j < s->n; j++) part -= y[j];
  for (i = 0; i < L; i++) { /* part: sum of y[i .. N+i) */
    mean[i] = part / (double)N;
    if (i + 1 < L) part += y[N + i] - y[i];
  }
  for (l = 0; l < L; l++) {
    double x = s->lagged[L - 1 - l];
    for (j = N; j + l < s->n; j++) x -= y[j] * y[j + l];
    for (i = 0; i + l < L; i++) {
      double v = x / (double)N - mean[i] * mean[i + l];
      if (l == 0) {
        v = fmax(v, 0);
        trace += v;
      }
      c[i * L + i + l] = c[(i + l) * L + i] = v;
      if (i + l + 1 < L) x += y[N + i] * y[N + i + l] - y[i] * y[i + l];
    }
  }
  return trace;
}

/* The start of a fit: the directions of the one before; cosines, which are
** the eigenvectors of a smooth series, where there is none. */
static void window_begin(const hf_window_model *m, double *v) {
  size_t L = m->length, i, j;
  memcpy(v, m->guard, L * HF_WINDOW_LANES * sizeof(double));
  for (j = 0; j < HF_WINDOW_LANES; j++) {
    double square = 0;
    for (i = 0; i < L; i++)
      square += v[i * HF_WINDOW_LANES + j] * v[i * HF_WINDOW_LANES + j];
    if (square > 0.5) continue; /* of length one, or zero */
    for (i = 0; i < L; i++)
      v[i * HF_WINDOW_LANES + j] = cos(3.14159265358979323846 * (double)j *
                                       ((double)i + 0.5) / (double)L);
  }
}

int hf_window_fit(hf_work *w, const hf_window_sums *s, const double *y,
                  hf_window_model *m) {
  size_t L = s->length, i, j;
  double lambda[HF_WINDOW_LANES], trace, kept = 0, nu2 = 0;
  double *c, *v;
  hf_mark mark = hf_work_mark(w);
  int rc;
  if (s->n < L + 1) return HF_EDATA;
  c = hf_work_reals(w, L * L);
  v = hf_work_reals(w, L * HF_WINDOW_LANES);
  if (c == NULL || v == NULL) return HF_ENOMEM;
  trace = window_covariance(s, y, c);
  window_begin(m, v);
  rc = hf_eigen_leading(w, c, L, WINDOW_KEEP, HF_WINDOW_LANES,
                        m->fitted ? WINDOW_ROUNDS_NEXT : WINDOW_ROUNDS_FIRST, v,
                        lambda);
  if (rc != HF_OK) return rc;
  m->mean = s->sum / (double)s->n;
  for (j = 0; j < WINDOW_KEEP; j++) kept += lambda[j];
  m->rest = trace > 0 ? fmin(fmax(1 - kept / trace, 0), 1) : 0;
  memcpy(m->guard, v, L * HF_WINDOW_LANES * sizeof(double));
  memcpy(m->filter, v, L * HF_WINDOW_LANES * sizeof(double));
  m->fitted = 1;
  for (j = 0; j < WINDOW_KEEP; j++) {
    double q = v[(L - 1) * HF_WINDOW_LANES + j];
    nu2 += q * q;
  }
  m->foretells = kept > 0 && nu2 < 0.9;
  for (i = 0; i < L; i++) {
    double x = 0;
    for (j = 0; j < WINDOW_KEEP; j++)
      x += v[i * HF_WINDOW_LANES + j] * v[(L - 1) * HF_WINDOW_LANES + j];
    m->filter[i * HF_WINDOW_LANES + WINDOW_NEXT] =
        m->foretells && i + 1 < L ? x / (1 - nu2) : 0;
    m->filter[i * HF_WINDOW_LANES + WINDOW_NEXT + 1] = 0;
  }
  hf_work_release(w, mark);
  return HF_OK;
}

/* One lane over a block of windows: sum[k] = sum_i filter_i d[k + i], i < L,
** in the order of i. Whole blocks, four values of the filter at a time: the
** windows are independent of each other, so that compilers take two at once.
*/
static void window_lane(const double *restrict d, const double *restrict filter,
                        size_t L, double *restrict sum) {
  size_t i, k;
  for (k = 0; k < WINDOW_BLOCK; k++) sum[k] = 0;
  for (i = 0; i + 4 <= L; i += 4) {
    const double *x = d + i, *f = filter + i * HF_WINDOW_LANES;
    double f0 = f[0], f1 = f[HF_WINDOW_LANES];
    double f2 = f[2 * HF_WINDOW_LANES], f3 = f[3 * HF_WINDOW_LANES];
    for (k = 0; k < WINDOW_BLOCK; k++)
      sum[k] =
          sum[k] + f0 * x[k] + f1 * x[k + 1] + f2 * x[k + 2] + f3 * x[k + 3];
  }
  for (; i < L; i++) {
    double f0 = filter[i * HF_WINDOW_LANES];
    for (k = 0; k < WINDOW_BLOCK; k++) sum[k] += f0 * d[i + k];
  }
}

int hf_window_errors(hf_work *w, const hf_window_model *m, const double *y,
                     size_t from, size_t to, double *error, double *foretold,
                     double *rebuilt) {
  double d[WINDOW_BLOCK + HF_WINDOW_MAX], sum[WINDOW_BLOCK];
  double all[WINDOW_BLOCK], left[WINDOW_BLOCK];
  double middle;
  size_t L = m->length, t, i, j, k;
  for (t = from; t < to; t += WINDOW_BLOCK) {
    size_t n = to - t < WINDOW_BLOCK ? to - t : WINDOW_BLOCK;
    const double *x = y + (t + 1 - L);
    int rc;
    for (i = 0; i < n + L - 1; i++) d[i] = x[i] - m->mean;
    for (; i < WINDOW_BLOCK + L; i++) d[i] = 0; /* of windows nobody asks */
    for (k = 0; k < WINDOW_BLOCK; k++) all[k] = 0;
    for (i = 0; i < L; i++)
      for (k = 0; k < WINDOW_BLOCK; k++) all[k] += d[i + k] * d[i + k];
    for (k = 0; k < WINDOW_BLOCK; k++) left[k] = all[k];
    for (j = 0; j < WINDOW_KEEP; j++) {
      window_lane(d, m->filter + j, L, sum);
      for (k = 0; k < WINDOW_BLOCK; k++) left[k] -= sum[k] * sum[k];
      if (rebuilt == NULL) continue;
      middle = m->filter[L / 2 * HF_WINDOW_LANES + j];
      for (k = 0; k < n; k++) {
        double *r = rebuilt + (t - from + k);
        *r = (j > 0 ? *r : m->mean) + sum[k] * middle;
      }
    }
    for (k = 0; k < n; k++)
      error[t - from + k] = left[k] > 1e-14 * all[k] ? left[k] / (double)L : 0;
    if (foretold != NULL) {
      window_lane(d, m->filter + WINDOW_NEXT, L, sum);
      for (k = 0; k < n; k++)
        foretold[t - from + k] = m->foretells ? m->mean + sum[k] : NAN;
    }
    rc = hf_work_check(w, 2 * WINDOW_BLOCK * L * HF_WINDOW_LANES);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

double hf_window_rebuild(const hf_window_model *m, const double *y,
                         size_t row) {
  const double *f = m->filter, *q = f + row * HF_WINDOW_LANES;
  double a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0;
  size_t i;
  for (i = 0; i < m->length; i++, f += HF_WINDOW_LANES) {
    double d = y[i] - m->mean;
    a0 += d * f[0];
    a1 += d * f[1];
    a2 += d * f[2];
    a3 += d * f[3];
    a4 += d * f[4];
    a5 += d * f[5];
  }
  return m->mean + a0 * q[0] + a1 * q[1] + a2 * q[2] + a3 * q[3] + a4 * q[4] +
         a5 * q[5];
}
