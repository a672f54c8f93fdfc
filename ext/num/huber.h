/*
** huber.h: linear regression by least squares that outliers bend little and
** old rows less than new ones.
*/
#ifndef HF_HUBER_H
#define HF_HUBER_H

#include "work.h"

/* Fills rows first..first+n of a regression, column by column: regressor j of
** the i-th of them goes to col[j * stride + i], its target to y[i]. */
typedef void hf_huber_fill(const void *model, size_t first, size_t n,
                           size_t stride, double *col, double *y);

enum { HF_HUBER_MAX = 32 };

typedef struct hf_huber_ask {
  hf_huber_fill *fill;
  const void *model;   /* handed to fill; not owned */
  size_t n;            /* rows, oldest first, > 0 */
  size_t k;            /* regressors, 1..HF_HUBER_MAX */
  double fade;         /* weight of a row relative to the one after, (0, 1] */
  const double *ridge; /* [k] >= 0: penalty of a squared coefficient, in the
                          unit of the weighted mean squared error */
} hf_huber_ask;

/* coef[k]: the least squares fit and, from it, one step of iterated weights.
** Values must be finite. HF_ESINGULAR: no unique solution; HF_ERANGE: k out of
** range. */
int hf_huber_fit(hf_work *w, const hf_huber_ask *ask, double *coef);

#endif
