/*
** lagged.h: normal equations of a regression of a series on its own past.
*/
#ifndef HF_LAGGED_H
#define HF_LAGGED_H

#include "work.h"

/* The largest number of lags. */
enum { HF_LAGGED_MAX = 32 };

/* The products of lags with each other and with y, which do not depend on
** further columns. Zeroed: none yet. */
typedef struct hf_lagged_kept {
  int set;
  double a[HF_LAGGED_MAX * HF_LAGGED_MAX]; /* [lags][lags], lower triangle */
  double b[HF_LAGGED_MAX];                 /* [lags] */
} hf_lagged_kept;

/* Rows t = 0..n-1 that count fade^(n - 1 - t) each. */
typedef struct hf_lagged_ask {
  const double *y;            /* [n], and back to y[-longest] */
  size_t n;                   /* >= longest */
  const size_t *lag;          /* [lags] */
  size_t lags;                /* <= HF_LAGGED_MAX */
  size_t longest;             /* the largest lag */
  double fade;                /* (0, 1] */
  const double *const *cycle; /* [cycles][n] further columns, each of which */
  size_t cycles;              /* comes again after `again` rows, */
  size_t again;               /* 1..n / 2 */
  hf_lagged_kept *kept; /* of the same y, n, lag and fade; filled by the first
                           call and used by the next; NULL: there is but one */
} hf_lagged_ask;

/* Adds the products of all pairs of the columns y[t - lag[j]], then cycle, to
** the lower triangle of a[k][k], and those with y[t] to b[k], k >= lags +
** cycles. Costs about n for each different difference of two lags, longest for
** each pair, n for each 64 of `again` once, and longest and again for a lag
** with a cycle, instead of n for each pair. */
int hf_lagged_rows(hf_work *w, const hf_lagged_ask *ask, double *a, size_t k,
                   double *b);

#endif
