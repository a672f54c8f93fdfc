/*
** interval.h: prediction intervals from the errors of a replayed forecast.
*/
#ifndef HF_INTERVAL_H
#define HF_INTERVAL_H

#include "../num/work.h"

typedef struct hf_interval_ask {
  const double *error;  /* [origins * tested] forecast less truth; NaN: none */
  const size_t *origin; /* [origins] cell in which each replay begins */
  size_t origins;
  size_t tested; /* cells ahead that were replayed */
  size_t n;      /* cells of history: the forecast begins in cell n */
  size_t m;      /* period in cells; 0 or 1: none */
  size_t h;      /* cells ahead of the forecast, may exceed `tested` */
} hf_interval_ask;

/* Distances of the bounds from the forecast, all >= 0, [h] each; the 95 % ones
** never below the 80 % ones. */
int hf_interval_run(hf_work *w, const hf_interval_ask *ask, double *below80,
                    double *above80, double *below95, double *above95);

#endif
