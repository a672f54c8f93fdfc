/*
** crossing.h: when will a series reach a threshold?
*/
#ifndef HF_CROSSING_H
#define HF_CROSSING_H

#include "grid.h"
#include "outlook.h"

typedef struct hf_crossing {
  int rising;         /* 1: reached from below, -1: from above */
  double eta;         /* seconds after the end of the grid at which it is
                         reached with probability 1/2; NaN: not within reach */
  double lo, hi;      /* the same for 1/20 and 19/20 */
  double probability; /* that it is reached within `reach` */
  double reach;       /* seconds after the end of the grid: how far the
                         history allows to look */
  double slope;       /* unit of the metric a day, of the peaks (troughs) */
} hf_crossing;

/* `older`: the buckets of samples that came before a grid of shorter cells, or
** NULL; of a kind whose least and largest are those of values. HF_EDATA: fewer
** than HF_BLEND_MIN cells with data. */
int hf_crossing_find(hf_work *w, const hf_grid *g, const hf_buckets *older,
                     double threshold, const hf_outlook_ask *bounds,
                     hf_crossing *out);

#endif
