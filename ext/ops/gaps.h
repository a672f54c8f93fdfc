/*
** gaps.h: gaps of a series that has a rhythm, filled for the models; and what
** looks like data but is a gap: the value of a sensor that hangs.
*/
#ifndef HF_GAPS_H
#define HF_GAPS_H

#include "../num/work.h"

/* Takes runs of one value that last far longer than runs of this series do out
** of y[n] (NaN: no data): all but their first cell become NaN. Not the newest
** run, nor one at the least or the greatest value, where a series may rest.
** *taken: how many cells. */
int hf_gaps_frozen(hf_work *w, double *y, size_t n, size_t *taken);

/* x[n], no NaN, m > 1 its period in cells: every cell with NaN in known[n] that
** has known ones on both sides gets a value in x; the others stay. */
int hf_gaps_fill(hf_work *w, const double *known, double *x, size_t n,
                 size_t m);

#endif
