/*
** lagged.c: see lagged.h.
**
** The product of two lags i <= j is, with u = t - i and d = j - i,
**   sum over t of fade^(n-1-t) y[t-i] y[t-j]
**     = fade^-i sum over u of fade^(n-1-u) y[u] y[u-d],  u = -i .. n-1-i,
** so that all pairs of the same difference d share the sum over 0 <= u < n -
** longest, and differ at both ends only: the covariance method of linear
** prediction (Makhoul 1975, Linear prediction: a tutorial review), weighted.
*/
#include "lagged.h"
#include "linalg.h"

#include <math.h>

enum { LAGGED_PAIRS = (HF_LAGGED_MAX + 1) * HF_LAGGED_MAX / 2 + 1 };

typedef struct lagged {
  const double *y, *faded; /* faded[u]: y[u] fade^(n-1-u), from -longest on */
  size_t n, longest;
  size_t d[LAGGED_PAIRS];   /* differences met so far ... */
  double sum[LAGGED_PAIRS]; /* ... and what their pairs share */
  size_t known;
} lagged;

static double lagged_part(const lagged *l, size_t d, ptrdiff_t from,
                          size_t cells) {
  return hf_linalg_dot(l->faded + from, l->y + from - (ptrdiff_t)d, cells);
}

/* What pairs of the difference d share. */
static double lagged_shared(lagged *l, size_t d) {
  size_t i;
  for (i = 0; i < l->known; i++)
    if (l->d[i] == d) return l->sum[i];
  l->d[l->known] = d;
  l->sum[l->known] = lagged_part(l, d, 0, l->n - l->longest);
  return l->sum[l->known++];
}

/* The pair i <= j, but for fade^-i. */
static double lagged_pair(lagged *l, size_t i, size_t j) {
  size_t d = j - i, rest = l->n - l->longest;
  return lagged_shared(l, d) + lagged_part(l, d, -(ptrdiff_t)i, i) +
         lagged_part(l, d, (ptrdiff_t)rest, l->longest - i);
}

int hf_lagged_rows(hf_work *w, const double *y, size_t n, const size_t *lag,
                   size_t lags, size_t longest, double fade, double *a,
                   size_t k, double *b) {
  hf_mark mark = hf_work_mark(w);
  double *faded = hf_work_reals(w, n + longest), weight = 1;
  size_t i, j, u;
  lagged l;
  if (faded == NULL) return HF_ENOMEM;
  if (lags > HF_LAGGED_MAX || n < longest) return HF_ERANGE;
  for (u = n + longest; u-- > 0;) {
    faded[u] = weight * y[(ptrdiff_t)u - (ptrdiff_t)longest];
    weight *= fade;
  }
  l.y = y;
  l.faded = faded + longest;
  l.n = n;
  l.longest = longest;
  l.known = 0;
  for (i = 0; i < lags; i++) {
    for (j = 0; j <= i; j++) {
      size_t near = lag[i] < lag[j] ? lag[i] : lag[j];
      size_t far = lag[i] < lag[j] ? lag[j] : lag[i];
      a[i * k + j] += pow(fade, -(double)near) * lagged_pair(&l, near, far);
    }
    b[i] += lagged_pair(&l, 0, lag[i]);
  }
  hf_work_release(w, mark);
  return hf_work_check(w, l.known * n / 2 + lags * lags * longest / 2);
}
