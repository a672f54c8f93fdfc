/*
** worn.h: how long a component still goes, as one number from many features:
** the answer of a ridge regression and of boosted trees together.
*/
#ifndef HF_WORN_H
#define HF_WORN_H

#include "../num/boost.h"
#include "../num/work.h"

typedef struct hf_worn {
  size_t d;       /* features */
  double base;    /* the line at x = 0, in the unit of y */
  double *weight; /* [d] of the line, y per unit of each feature */
  double bent;    /* 0..1: share of the trees in the answer */
  hf_boost trees; /* on d + 1 columns: the last is the line's answer */
} hf_worn;

/* Fits y[n] on x[n * d], row by row; all finite. The line sees the first
** `straight` columns, the trees all of them; `lives`: how many components the
** rows are of. The model lives in `keep`, scratch
** in `w`; they may be the same. HF_EDATA: too few rows (hf_boost_fit). */
int hf_worn_fit(hf_work *w, hf_work *keep, const double *x, const double *y,
                size_t n, size_t d, size_t straight, size_t lives,
                hf_worn *out);

/* The share of the trees in what is learned from so many lives. */
double hf_worn_bent(size_t lives);

/* The answer for one row, in the unit of y. x[d + 1]: the last place is
** scratch. */
double hf_worn_at(const hf_worn *m, double *x);

#endif
