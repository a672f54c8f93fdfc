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
** The second normal equations are the first less what those rows count less:
** only they are summed again. Where they held nearly all of a column, the
** difference would be rounding, and all rows are summed.
*/
#include "huber.h"
#include "linalg.h"
#include "stat.h"

#include <math.h>
#include <string.h>

enum { HUBER_BLOCK = 256, HUBER_SQUARE = HF_HUBER_MAX * HF_HUBER_MAX };

/* Rows a cell of the longest lag from which on lagged.h is the shorter way. */
enum { HUBER_SHORT = 4 };

#define HUBER_TUNING 1.345
/* Share of a column's squares that must be left for a difference to do. */
#define HUBER_LEFT 1e-3

/* Normal equations before the ridge, and the sum of weights. */
typedef struct huber_sums {
  double a[HUBER_SQUARE], b[HF_HUBER_MAX], all;
} huber_sums;

typedef struct huber {
  hf_work *w;
  const hf_huber_ask *ask;
  double *weight; /* [n] */
  double *e;      /* [n] absolute residuals */
  double *block;  /* [(k + 1) * HUBER_BLOCK] rows brought together */
} huber;

/* The largest lag where that way to the sums is the shorter, and open: all rows
** count; else 0. */
static size_t huber_longest(const hf_huber_ask *a) {
  size_t longest = 0, j;
  for (j = 0; a->lags > 0 && a->known != NULL && j < a->n; j++)
    if (a->known[j] != a->known[j]) return 0;
  for (j = 0; j < a->lags; j++)
    if (a->lag[j] > longest) longest = a->lag[j];
  return longest <= a->n / HUBER_SHORT ? longest : 0;
}

/* Sums over all rows; the columns from `from` on only. */
static int huber_sum(const huber *h, size_t from, huber_sums *s) {
  const hf_huber_ask *a = h->ask;
  size_t i;
  for (i = 0; i < a->n; i++) s->all += h->weight[i];
  hf_linalg_rows_from(s->a, s->b, from, a->k, a->col, a->y, h->weight, a->n);
  return hf_work_check(h->w, a->n * a->k * a->k / 2);
}

/* The same by weights that only fade. */
static int huber_first(const huber *h, huber_sums *s) {
  const hf_huber_ask *a = h->ask;
  hf_lagged_ask l;
  int rc;
  memset(s, 0, sizeof(*s));
  l.longest = huber_longest(a);
  if (l.longest == 0) return huber_sum(h, 0, s);
  l.y = a->y;
  l.n = a->n;
  l.lag = a->lag;
  l.lags = a->lags;
  l.fade = a->fade;
  l.cycle = a->col + a->lags;
  l.again = a->again;
  l.kept = a->kept;
  l.cycles = a->again > 0 && 2 * a->again <= a->n ? a->k - a->lags : 0;
  rc = hf_lagged_rows(h->w, &l, s->a, a->k, s->b);
  return rc == HF_OK ? huber_sum(h, l.lags + l.cycles, s) : rc;
}

/* And by the weights as they are. */
static int huber_again(const huber *h, huber_sums *s) {
  memset(s, 0, sizeof(*s));
  return huber_sum(h, 0, s);
}

static int huber_solve(const huber *h, const huber_sums *s, double *coef) {
  const hf_huber_ask *a = h->ask;
  double m[HUBER_SQUARE], ridge[HF_HUBER_MAX];
  size_t j;
  memcpy(m, s->a, a->k * a->k * sizeof(double));
  memcpy(coef, s->b, a->k * sizeof(double));
  for (j = 0; j < a->k; j++) ridge[j] = a->ridge[j] * s->all;
  return hf_linalg_ridge(m, coef, a->k, ridge);
}

/* r[c] less coef[j] times column j from row `first` on: four columns and two
** rows at a time, as vector units like it. r is apart from the columns. */
static void huber_take(const hf_huber_ask *a, const double *coef, size_t first,
                       size_t c, double *restrict r) {
  size_t i, j = 0;
  for (; j + 4 <= a->k; j += 4) {
    const double *p = a->col[j] + first, *q = a->col[j + 1] + first;
    const double *s = a->col[j + 2] + first, *t = a->col[j + 3] + first;
    double cp = coef[j], cq = coef[j + 1], cs = coef[j + 2], ct = coef[j + 3];
    for (i = 0; i + 2 <= c; i += 2) {
      double x = (cp * p[i] + cq * q[i]) + (cs * s[i] + ct * t[i]);
      double y =
          (cp * p[i + 1] + cq * q[i + 1]) + (cs * s[i + 1] + ct * t[i + 1]);
      r[i] -= x;
      r[i + 1] -= y;
    }
    if (i < c) r[i] -= (cp * p[i] + cq * q[i]) + (cs * s[i] + ct * t[i]);
  }
  for (; j < a->k; j++) {
    const double *p = a->col[j] + first;
    for (i = 0; i < c; i++) r[i] -= coef[j] * p[i];
  }
}

/* The residuals of coef, and what is far for one; 0: nothing is. */
static int huber_residuals(const huber *h, const double *coef, double *far) {
  const hf_huber_ask *a = h->ask;
  hf_mark mark = hf_work_mark(h->w);
  double *d = hf_work_reals(h->w, a->n);
  size_t first, c, i, count = 0;
  if (d == NULL) return HF_ENOMEM;
  for (first = 0; first < a->n; first += c) {
    double *r = h->e + first;
    c = a->n - first < HUBER_BLOCK ? a->n - first : HUBER_BLOCK;
    memcpy(r, a->y + first, c * sizeof(double));
    huber_take(a, coef, first, c, r);
    for (i = 0; i < c; i++) {
      r[i] = fabs(r[i]);
      if (h->weight[first + i] > 0) d[count++] = r[i];
    }
  }
  *far = 0;
  if (count > 0)
    *far = HUBER_TUNING * HF_STAT_MAD_SCALE * hf_stat_median(d, count);
  hf_work_release(h->w, mark);
  return hf_work_check(h->w, a->n * (a->k + 8));
}

/* Lessens the weights of the far and takes it off the sums, a block of them at
** a time; *left: what share of every column's squares is left at least. */
static int huber_lessen(const huber *h, double far, huber_sums *s,
                        double *left) {
  const hf_huber_ask *a = h->ask;
  double less[HUBER_BLOCK], was[HF_HUBER_MAX];
  const double *col[HF_HUBER_MAX];
  size_t i, j, c = 0;
  for (j = 0; j < a->k; j++) {
    col[j] = h->block + j * HUBER_BLOCK;
    was[j] = s->a[j * a->k + j];
  }
  for (i = 0; i <= a->n; i++) {
    if (c == HUBER_BLOCK || (i == a->n && c > 0)) {
      int rc = hf_work_check(h->w, c * a->k * a->k / 2);
      if (rc != HF_OK) return rc;
      hf_linalg_rows(s->a, s->b, a->k, col, h->block + a->k * HUBER_BLOCK, less,
                     c);
      c = 0;
    }
    if (i == a->n || !(h->e[i] > far)) continue;
    for (j = 0; j < a->k; j++) h->block[j * HUBER_BLOCK + c] = a->col[j][i];
    h->block[a->k * HUBER_BLOCK + c] = a->y[i];
    less[c] = h->weight[i] * (far / h->e[i] - 1);
    s->all += less[c];
    h->weight[i] += less[c++];
  }
  *left = 1;
  for (j = 0; j < a->k; j++) {
    double share = was[j] > 0 ? s->a[j * a->k + j] / was[j] : 1;
    if (!(share >= *left)) *left = share;
  }
  return HF_OK;
}

static int huber_run(const huber *h, double *fit) {
  double far = 0, left = 1;
  huber_sums s;
  int rc = huber_first(h, &s);
  if (rc == HF_OK) rc = huber_solve(h, &s, fit);
  if (rc == HF_OK) rc = huber_residuals(h, fit, &far);
  if (rc != HF_OK || !(far > 0)) return rc;
  rc = huber_lessen(h, far, &s, &left);
  if (rc == HF_OK && !(left > HUBER_LEFT)) rc = huber_again(h, &s);
  return rc == HF_OK ? huber_solve(h, &s, fit) : rc;
}

int hf_huber_fit(hf_work *w, const hf_huber_ask *ask, double *coef) {
  hf_mark mark = hf_work_mark(w);
  double fit[HF_HUBER_MAX], weight = 1;
  size_t i;
  int rc;
  huber h;
  if (ask->k == 0 || ask->k > HF_HUBER_MAX) return HF_ERANGE;
  h.w = w;
  h.ask = ask;
  h.weight = hf_work_reals(w, ask->n);
  h.e = hf_work_reals(w, ask->n);
  h.block = hf_work_reals(w, (ask->k + 1) * HUBER_BLOCK);
  if (h.weight == NULL || h.e == NULL || h.block == NULL) return HF_ENOMEM;
  for (i = ask->n; i-- > 0;) {
    h.weight[i] = weight;
    if (ask->known != NULL && ask->known[i] != ask->known[i]) h.weight[i] = 0;
    weight *= ask->fade;
  }
  rc = huber_run(&h, fit);
  if (rc == HF_OK) memcpy(coef, fit, ask->k * sizeof(double));
  hf_work_release(w, mark);
  return rc;
}
