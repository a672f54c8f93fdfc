/*
** blend.h: one forecast out of many: every candidate of the bank is tried
** from rolling origins in the series' own past, weighed by its errors there,
** and the errors of the weighted forecast make the intervals.
*/
#ifndef HF_BLEND_H
#define HF_BLEND_H

#include "../num/work.h"
#include "bank.h"

/* The question. */
typedef struct hf_blend_ask {
  const double *x;     /* [n] cleaned series, no NaN */
  const double *truth; /* [n] the series as recorded; NaN: no data */
  size_t n;
  size_t m, m2;  /* periods in cells, 0: none; m2 > m */
  size_t h;      /* cells ahead, >= 1 */
  double lo, hi; /* bounds that a forecast respects; -+HUGE_VAL: none */
} hf_blend_ask;

/* The answer, arrays [h] in the arena. lo95 <= lo80 <= yhat <= hi80 <= hi95,
** all finite. */
typedef struct hf_blend {
  double *yhat, *lo80, *hi80, *lo95, *hi95;
  size_t origins;     /* rolling origins that weights and intervals rest on */
  size_t tested;      /* cells ahead that the origins could test, <= h */
  double error;       /* mean absolute error of the blend over them */
  double confidence;  /* share of replayed values within a fifth of the
                         forecast: the chance that a value will be */
  const char *best;   /* name of the candidate with the most weight */
  int best_log;       /* 1: on logarithms */
  double best_weight; /* its share of all weight, 0..1 */
  size_t kept;        /* candidates with weight */
} hf_blend;

/* HF_EDATA: fewer than HF_BLEND_MIN cells. */
enum { HF_BLEND_MIN = 8 };
int hf_blend_run(hf_work *w, const hf_blend_ask *ask, hf_blend *out);

#endif
