/*
** huber.h: linear regression by least squares that outliers bend little and
** old rows less than new ones.
*/
#ifndef HF_HUBER_H
#define HF_HUBER_H

#include "lagged.h"
#include "work.h"

enum { HF_HUBER_MAX = 32 };

typedef struct hf_huber_ask {
  const double *const *col; /* [k][n] regressors, column by column; columns may
                               be parts of one array */
  const double *y;          /* [n] targets */
  const size_t *lag;        /* [lags]: the first columns are y so many rows */
  size_t lags;              /* earlier, col[j] = y - lag[j]; 0: none is known */
  size_t again;             /* the other columns come again after so many rows;
                               0: they do not, or it is not known */
  hf_lagged_kept *kept;     /* of the lags, for a fit of the same y, lag, n and
                               fade beside this one; or NULL */
  size_t n;                 /* rows, oldest first, > 0 */
  size_t k;                 /* regressors, 1..HF_HUBER_MAX */
  double fade;         /* weight of a row relative to the one after, (0, 1] */
  const double *ridge; /* [k] >= 0: penalty of a squared coefficient, in the
                          unit of the weighted mean squared error */
  const double *known; /* [n] NaN: the row does not count; NULL: all do */
} hf_huber_ask;

/* coef[k]: the least squares fit and, from it, one step of iterated weights.
** Values must be finite. HF_ESINGULAR: no unique solution; HF_ERANGE: k out of
** range. */
int hf_huber_fit(hf_work *w, const hf_huber_ask *ask, double *coef);

#endif
