/*
** bank_coarse.c: the robust candidate on longer cells; see bank.h.
**
** coarse robust
**         a cycle of many cells is averaged to cells of about a 24th of it,
**         counted back from the origin, forecast by `robust` (bank_smooth.c),
**         and the line through the middles of the long cells, from that of the
**         newest on, gives the short ones (temporal aggregation: Athanasopoulos
**         et al. 2017, Forecasting with temporal hierarchies, European Journal
**         of Operational Research 262). What is noise within an hour is in
**         neither its profile nor its level.
**
** Autoregressions and the other smoothings on longer cells did worse than on
** short ones.
*/
#include "bank.h"

#include <math.h>

enum { COARSE_CYCLE = 24 };

/* Cells in a long one, a part of the cycle m (and of m2): 1: there is none. */
static size_t coarse_factor(size_t m, size_t m2) {
  size_t f = m / COARSE_CYCLE;
  while (f > 1 && (m % f != 0 || (m2 > 1 && m2 % f != 0))) f--;
  return f;
}

int hf_bank_coarse_usable(size_t m, size_t m2) {
  return coarse_factor(m, m2) > 1;
}

/* The long cells before the origin o into x; returns how many. */
static size_t coarse_cells(const double *sum, size_t o, size_t f, double *x) {
  size_t n = o / f, from = o % f, i;
  for (i = 0; i < n; i++)
    x[i] = (sum[from + (i + 1) * f] - sum[from + i * f]) / (double)f;
  return n;
}

/* y[h] on the lines through the middles of the long cells, `newest` being that
** before the origin and next[] those after it. */
static void coarse_refine(double newest, const double *next, size_t f,
                          double *y, size_t h) {
  size_t s;
  for (s = 0; s < h; s++) {
    double at = ((double)s + 0.5) / (double)f + 0.5, part;
    size_t k = (size_t)at;
    double before = k > 0 ? next[k - 1] : newest;
    part = at - (double)k;
    y[s] = before + part * (next[k] - before);
  }
}

int hf_bank_coarse(hf_work *w, const hf_bank_task *t, double *out) {
  hf_mark mark = hf_work_mark(w);
  size_t f = coarse_factor(t->m, t->m2), i, k;
  double *sum = hf_work_reals(w, t->n + 1), *x = hf_work_reals(w, t->n / f);
  double *next = hf_work_reals(w, t->h / f + 2);
  hf_bank_task c = *t;
  int rc = hf_work_check(w, 2 * t->n);
  if (sum == NULL || x == NULL || next == NULL) rc = HF_ENOMEM;
  if (rc == HF_OK) sum[0] = 0;
  for (i = 0; i < t->n && rc == HF_OK; i++) sum[i + 1] = sum[i] + t->x[i];
  c.x = x;
  c.m = t->m / f;
  c.m2 = t->m2 / f;
  c.h = t->h / f + 2;
  c.origin = &c.n;
  c.origins = 1;
  c.truth = NULL;
  c.shared = NULL;
  for (k = 0; k < t->origins && rc == HF_OK; k++) {
    c.n = c.fit = coarse_cells(sum, t->origin[k], f, x);
    rc = hf_bank_run(w, HF_BANK_ROBUST, &c, NULL, next);
    if (rc == HF_OK) coarse_refine(x[c.n - 1], next, f, out + k * t->h, t->h);
    if (rc == HF_OK) rc = hf_work_check(w, 2 * c.n + 4 * t->h);
  }
  hf_work_release(w, mark);
  return rc;
}
