/*
** shift.h: the newest lasting change of level.
*/
#ifndef HF_SHIFT_H
#define HF_SHIFT_H

#include "../num/work.h"

typedef struct hf_shift {
  size_t at;   /* first cell at the new level; 0: no shift */
  double size; /* new level less old, in the unit of x */
} hf_shift;

/* x[n] without NaN, m its period in cells (0 or 1: none). */
int hf_shift_find(hf_work *w, const double *x, size_t n, size_t m,
                  hf_shift *out);

#endif
