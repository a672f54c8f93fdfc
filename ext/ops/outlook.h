/*
** outlook.h: from a grid to a forecast: period, cleaning, resolution, blend.
*/
#ifndef HF_OUTLOOK_H
#define HF_OUTLOOK_H

#include "blend.h"
#include "grid.h"
#include "rhythm.h"

/* Newest samples of a series that a forecast looks at. */
enum { HF_OUTLOOK_NEWEST = 21600 };

/* Bounds of a metric, e.g. 0..100 for a percentage; NaN: unknown. */
typedef struct hf_outlook_ask {
  size_t h;      /* cells of the grid ahead, >= 1 */
  double lo, hi; /* what values can be; NaN: judged from the history */
} hf_outlook_ask;

typedef struct hf_outlook {
  hf_blend blend;   /* arrays [h], in the unit of the metric */
  hf_rhythm rhythm; /* as found; in cells of the grid */
  int searched;     /* 1: rhythm is what hf_rhythm_search() finds in g->fill;
                       0: it was sought in coarser cells or a part */
  size_t cells;     /* cells of the grid that the models saw */
  size_t clipped;   /* isolated spikes that were clipped */
} hf_outlook;

/* HF_EDATA: fewer than HF_BLEND_MIN cells with data. The arrays of the answer
** live in `keep`, scratch in `w`; they may be the same. */
int hf_outlook_run(hf_work *w, hf_work *keep, const hf_grid *g,
                   const hf_outlook_ask *ask, hf_outlook *out);

#endif
