/*
** quiet.h: the quietest hour of a forecast, for a query whose time goes with
** the load.
*/
#ifndef HF_QUIET_H
#define HF_QUIET_H

#include "hints.h"

/* A forecast of the load by its cells; see hf_blend. */
typedef struct hf_load_ahead {
  double now;            /* percent, newest */
  double start, step;    /* unix seconds of cell 0; seconds of a cell */
  const double *mean;    /* [n] expected percent */
  const double *lo, *hi; /* [n] its 80% interval */
  size_t n;
} hf_load_ahead;

/* The whole hour of unix time ahead with the least expected load. 1 and the
** hint when the upper end of its interval, too, is below the load now, and
** the query faster by the law; else 0. */
int hf_hint_quiet(const hf_load_law *law, const hf_load_ahead *a,
                  hf_hint *hint);

#endif
