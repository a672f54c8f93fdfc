/*
** lagged.h: normal equations of a regression of a series on its own past.
*/
#ifndef HF_LAGGED_H
#define HF_LAGGED_H

#include "work.h"

/* The largest number of lags. */
enum { HF_LAGGED_MAX = 32 };

/* Adds, for rows t = 0..n-1 that count fade^(n - 1 - t) each, the products of
** y[t - lag[i]] and y[t - lag[j]] to the lower triangle of a[k][k], and those
** with y[t] to b[k], i and j in 0..lags-1. y reaches back to
** y[-longest], the largest lag. 0 < fade <= 1, lags <= HF_LAGGED_MAX, n >=
** longest. Costs about n for each different difference of two lags, and longest
** for each pair of them, instead of n for each pair. */
int hf_lagged_rows(hf_work *w, const double *y, size_t n, const size_t *lag,
                   size_t lags, size_t longest, double fade, double *a,
                   size_t k, double *b);

#endif
