/*
** decompose.h: a series as trend + seasons + remainder.
*/
#ifndef HF_DECOMPOSE_H
#define HF_DECOMPOSE_H

#include "grid.h"
#include "rhythm.h"

typedef struct hf_decompose {
  hf_rhythm rhythm;  /* periods used; 0: none, its season is 0 everywhere */
  double *trend;     /* [n] in the unit of the metric, as the next three */
  double *seasonal;  /* [n] of the main period */
  double *seasonal2; /* [n] of the second one */
  double *remainder; /* [n] y less all; NaN where y is */
} hf_decompose;

/* The arrays live in `keep`, scratch in `w`; they may be the same.
** y = trend + seasonal + seasonal2 + remainder wherever the grid has data.
** HF_EDATA: fewer than HF_DECOMPOSE_MIN cells with data. */
enum { HF_DECOMPOSE_MIN = 8 };
int hf_decompose_run(hf_work *w, hf_work *keep, const hf_grid *g,
                     hf_decompose *out);

#endif
