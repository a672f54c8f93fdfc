/*
** grid.h: from raw samples to a regular grid, which every model reads.
**
** A step of S seconds means cells [kS, (k+1)S) of unix time, stamped at their
** start. The grid begins at the cell of the first non-NULL sample and ends at
** the cell of the newest non-NULL one; a forecast begins in the cell after.
*/
#ifndef HF_GRID_H
#define HF_GRID_H

#include "../num/samples.h"
#include "../num/work.h"

typedef struct hf_grid {
  double step;   /* seconds, > 0 */
  double start;  /* unix seconds: start of cell 0, a multiple of step */
  size_t n;      /* cells */
  double *y;     /* [n] value of each cell as recorded; NaN: no data */
  double *fill;  /* [n] y with every gap filled, for models only; no NaN */
  size_t filled; /* cells of y without data */
  size_t used;   /* samples that carry data */
} hf_grid;

/* Infers the step of a series in seconds: the spacing that most neighbours
** share, robust to gaps, duplicates and jitter. n >= 2 distinct stamps, else
** HF_EDATA. */
int hf_grid_step(hf_work *w, const hf_samples *s, double *step);

/* Builds the grid in the arena of w. `step` 0: s->step, or inferred.
** HF_EDATA: fewer than two samples with data. HF_ERANGE: the grid would have
** more than max_cells cells (a wrong step, or one stray stamp). */
int hf_grid_build(hf_work *w, const hf_samples *s, double step,
                  size_t max_cells, hf_grid *g);

#endif
