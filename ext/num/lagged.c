/*
** lagged.c: see lagged.h.
**
** The product of two lags i <= j is, with u = t - i and d = j - i,
**   sum over t of fade^(n-1-t) y[t-i] y[t-j]
**     = fade^-i sum over u of fade^(n-1-u) y[u] y[u-d],  u = -i .. n-1-i,
** so that all pairs of the same difference d share the sum over 0 <= u < n -
** longest, and differ at both ends only: the covariance method of linear
** prediction (Makhoul 1975, Linear prediction: a tutorial review), weighted.
**
** A column c that comes again after p rows needs of the series only its sums by
** phase, B[q] = sum over u = q, q + p, ... of fade^(n-1-u) y[u]:
**   sum over t of fade^(n-1-t) c[t] y[t-i]
**     = fade^-i (sum over q of B[q] c[q+i], and both ends as above),
** and two such columns the sums by phase of the weights.
*/
#include "lagged.h"
#include "linalg.h"

#include <math.h>

/* So many sums by phase at least: none waits for the one before. */
enum { LAGGED_PHASES = 64 };

typedef struct lagged {
  const hf_lagged_ask *ask;
  const double *faded; /* faded[u]: y[u] fade^(n-1-u), from -longest on */
  double *shared; /* [longest + 1] what pairs of a difference share; NaN: it was
                     not met yet */
  size_t known;   /* differences met */
  size_t p;       /* phases: a multiple of ask->again */
  double *bin;    /* [p] of faded[0..n - longest) */
  double *left;   /* [p] of the weights */
  double grown[HF_LAGGED_MAX]; /* [lags] fade^-lag */
} lagged;

static double lagged_part(const lagged *l, size_t d, ptrdiff_t from,
                          size_t cells) {
  return hf_linalg_dot(l->faded + from, l->ask->y + from - (ptrdiff_t)d, cells);
}

/* What pairs of the difference d share. */
static double lagged_shared(lagged *l, size_t d) {
  if (isnan(l->shared[d])) {
    l->shared[d] = lagged_part(l, d, 0, l->ask->n - l->ask->longest);
    l->known++;
  }
  return l->shared[d];
}

/* The pair i <= j, but for fade^-i. */
static double lagged_pair(lagged *l, size_t i, size_t j) {
  size_t d = j - i, rest = l->ask->n - l->ask->longest;
  return lagged_shared(l, d) + lagged_part(l, d, -(ptrdiff_t)i, i) +
         lagged_part(l, d, (ptrdiff_t)rest, l->ask->longest - i);
}

/* The lag i and a column that comes again, but for fade^-i. */
static double lagged_cycle(const lagged *l, size_t i, const double *col) {
  size_t longest = l->ask->longest, rest = l->ask->n - longest;
  return hf_linalg_dot(l->bin, col + i % l->p, l->p) +
         hf_linalg_dot(l->faded - i, col, i) +
         hf_linalg_dot(l->faded + rest, col + rest + i, longest - i);
}

/* Adds v[n], which begins at phase 0, to the sums by phase. */
static void lagged_phases(const double *v, size_t n, size_t p, double *bin) {
  size_t i, j, c;
  for (i = 0; i < n; i += c) {
    c = n - i < p ? n - i : p;
    for (j = 0; j < c; j++) bin[j] += v[i + j];
  }
}

/* faded, and where there are cycles the sums by phase. */
static int lagged_begin(hf_work *w, const hf_lagged_ask *ask, lagged *l) {
  size_t u, n = ask->n, longest = ask->longest, all = n + longest;
  double *faded = hf_work_reals(w, all);
  double *fade = hf_work_reals(w, ask->cycles > 0 ? n : 0), weight = 1;
  l->ask = ask;
  l->known = 0;
  l->shared = hf_work_reals(w, longest + 1);
  l->p = ask->cycles > 0 ? ask->again : 0;
  while (l->p > 0 && l->p < LAGGED_PHASES && 4 * l->p <= n) l->p *= 2;
  l->bin = hf_work_zeroed(w, l->p, sizeof(double));
  l->left = hf_work_zeroed(w, l->p, sizeof(double));
  if (faded == NULL || fade == NULL || l->bin == NULL || l->left == NULL ||
      l->shared == NULL)
    return HF_ENOMEM;
  for (u = 0; u <= longest; u++) l->shared[u] = NAN;
  for (u = 0; u < ask->lags; u++)
    l->grown[u] = pow(ask->fade, -(double)ask->lag[u]);
  for (u = all; u-- > 0;) {
    faded[u] = weight * ask->y[(ptrdiff_t)u - (ptrdiff_t)longest];
    if (ask->cycles > 0 && u >= longest) fade[u - longest] = weight;
    weight *= ask->fade;
  }
  l->faded = faded + longest;
  if (ask->cycles == 0) return HF_OK;
  lagged_phases(l->faded, n - longest, l->p, l->bin);
  lagged_phases(fade, n, l->p, l->left);
  return hf_work_check(w, 4 * n);
}

/* The rows of the columns that come again. */
static void lagged_cycles(const lagged *l, double *a, size_t k, double *b) {
  const hf_lagged_ask *ask = l->ask;
  size_t c, i, q;
  for (c = 0; c < ask->cycles; c++) {
    const double *col = ask->cycle[c];
    size_t row = ask->lags + c;
    for (i = 0; i < ask->lags; i++)
      a[row * k + i] += l->grown[i] * lagged_cycle(l, ask->lag[i], col);
    for (i = 0; i <= c; i++)
      for (q = 0; q < l->p; q++)
        a[row * k + ask->lags + i] += l->left[q] * col[q] * ask->cycle[i][q];
    b[row] += lagged_cycle(l, 0, col);
  }
}

/* The rows of the lags. */
static void lagged_lags(lagged *l, hf_lagged_kept *out) {
  const size_t *lag = l->ask->lag;
  size_t i, j;
  for (i = 0; i < l->ask->lags; i++) {
    for (j = 0; j <= i; j++) {
      size_t near = lag[i] < lag[j] ? i : j, far = near == i ? j : i;
      out->a[i * l->ask->lags + j] =
          l->grown[near] * lagged_pair(l, lag[near], lag[far]);
    }
    out->b[i] = lagged_pair(l, 0, lag[i]);
  }
  out->set = 1;
}

int hf_lagged_rows(hf_work *w, const hf_lagged_ask *ask, double *a, size_t k,
                   double *b) {
  hf_mark mark = hf_work_mark(w);
  hf_lagged_kept own, *kept = ask->kept != NULL ? ask->kept : &own;
  size_t i, j;
  lagged l;
  int rc;
  if (ask->lags > HF_LAGGED_MAX || ask->n < ask->longest) return HF_ERANGE;
  if (ask->cycles > 0 && (ask->again == 0 || 2 * ask->again > ask->n))
    return HF_ERANGE;
  rc = lagged_begin(w, ask, &l);
  if (rc != HF_OK) return rc;
  if (kept == &own || !kept->set) lagged_lags(&l, kept);
  for (i = 0; i < ask->lags; i++) {
    for (j = 0; j <= i; j++) a[i * k + j] += kept->a[i * ask->lags + j];
    b[i] += kept->b[i];
  }
  lagged_cycles(&l, a, k, b);
  hf_work_release(w, mark);
  return hf_work_check(w, l.known * ask->n / 2 +
                              ask->lags * ask->lags * ask->longest / 2);
}
