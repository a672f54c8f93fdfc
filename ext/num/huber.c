/*
** huber.c: ridge regression with the weights of Huber; see huber.h.
**
** Rows count by fade^age. After a first fit, a row whose residual r exceeds
** c = 1.345 robust standard deviations (from the median of |r|) counts c / |r|
** times as much: one step of iteratively reweighted least squares towards the
** M-estimate (Huber 1964, Robust estimation of a location parameter, Annals
** of Mathematical Statistics 35; Holland and Welsch 1977). More than half of
** the residuals being nothing, the first fit stands.
**
** The normal equations are built from blocks of rows, column by column.
*/
#include "huber.h"
#include "linalg.h"
#include "stat.h"

#include <math.h>
#include <string.h>

enum { HUBER_BLOCK = 256 };

#define HUBER_TUNING 1.345

typedef struct huber {
  hf_work *w;
  const hf_huber_ask *ask;
  double *root;  /* [n] square roots of the weights */
  double *block; /* [(k + 1) * HUBER_BLOCK] columns, the target last */
} huber;

/* Rows first.. into the block; returns how many. */
static size_t huber_rows(const huber *h, size_t first) {
  const hf_huber_ask *a = h->ask;
  size_t c = a->n - first < HUBER_BLOCK ? a->n - first : HUBER_BLOCK;
  a->fill(a->model, first, c, HUBER_BLOCK, h->block,
          h->block + a->k * HUBER_BLOCK);
  return c;
}

/* Least squares by the weights as they are. */
static int huber_solve(const huber *h, double *coef) {
  const hf_huber_ask *a = h->ask;
  double m[HF_HUBER_MAX * HF_HUBER_MAX], b[HF_HUBER_MAX], all = 0;
  double ridge[HF_HUBER_MAX];
  const double *col[HF_HUBER_MAX];
  size_t first, c, i, j;
  int rc;
  memset(m, 0, sizeof m);
  memset(b, 0, sizeof b);
  for (j = 0; j < a->k; j++) col[j] = h->block + j * HUBER_BLOCK;
  for (first = 0; first < a->n; first += c) {
    const double *root = h->root + first;
    c = huber_rows(h, first);
    for (j = 0; j <= a->k; j++)
      for (i = 0; i < c; i++) h->block[j * HUBER_BLOCK + i] *= root[i];
    all += hf_linalg_dot(root, root, c);
    hf_linalg_rows(m, b, a->k, col, h->block + a->k * HUBER_BLOCK, c);
    rc = hf_work_check(h->w, c * a->k * a->k / 2);
    if (rc != HF_OK) return rc;
  }
  for (j = 0; j < a->k; j++) ridge[j] = a->ridge[j] * all;
  rc = hf_linalg_ridge(m, b, a->k, ridge);
  if (rc == HF_OK) memcpy(coef, b, a->k * sizeof(double));
  return rc;
}

/* Puts weights by the residuals of coef on top; *done: none were needed. */
static int huber_weigh(const huber *h, const double *coef, int *done) {
  const hf_huber_ask *a = h->ask;
  hf_mark mark = hf_work_mark(h->w);
  double *e = hf_work_reals(h->w, a->n), *d = hf_work_reals(h->w, a->n), far;
  size_t first, c, i, j;
  int rc = HF_OK;
  if (e == NULL || d == NULL) return HF_ENOMEM;
  for (first = 0; first < a->n && rc == HF_OK; first += c) {
    double *r = e + first;
    c = huber_rows(h, first);
    memcpy(r, h->block + a->k * HUBER_BLOCK, c * sizeof(double));
    for (j = 0; j < a->k; j++)
      for (i = 0; i < c; i++) r[i] -= coef[j] * h->block[j * HUBER_BLOCK + i];
    for (i = 0; i < c; i++) r[i] = fabs(r[i]);
    rc = hf_work_check(h->w, 2 * c * a->k);
  }
  memcpy(d, e, a->n * sizeof(double));
  far = HUBER_TUNING * HF_STAT_MAD_SCALE * hf_stat_median(d, a->n);
  *done = !(far > 0);
  for (i = 0; i < a->n && far > 0; i++)
    if (e[i] > far) h->root[i] *= sqrt(far / e[i]);
  hf_work_release(h->w, mark);
  return rc == HF_OK ? hf_work_check(h->w, 8 * a->n) : rc;
}

int hf_huber_fit(hf_work *w, const hf_huber_ask *ask, double *coef) {
  hf_mark mark = hf_work_mark(w);
  double fit[HF_HUBER_MAX], root = 1, fade = sqrt(ask->fade);
  size_t i;
  int rc, done = 0;
  huber h;
  if (ask->k == 0 || ask->k > HF_HUBER_MAX) return HF_ERANGE;
  h.w = w;
  h.ask = ask;
  h.root = hf_work_reals(w, ask->n);
  h.block = hf_work_reals(w, (ask->k + 1) * HUBER_BLOCK);
  if (h.root == NULL || h.block == NULL) return HF_ENOMEM;
  for (i = ask->n; i-- > 0;) {
    h.root[i] = root;
    root *= fade;
  }
  rc = huber_solve(&h, fit);
  if (rc == HF_OK) rc = huber_weigh(&h, fit, &done);
  if (rc == HF_OK && !done) rc = huber_solve(&h, fit);
  if (rc == HF_OK) memcpy(coef, fit, ask->k * sizeof(double));
  hf_work_release(w, mark);
  return rc;
}
