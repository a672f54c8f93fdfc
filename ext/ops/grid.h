/*
** grid.h: from raw samples to a regular grid, which every model reads.
**
** A step of S seconds means cells [kS, (k+1)S) of unix time, stamped at their
** start. The grid begins at the cell of the first non-NULL sample and ends at
** the cell of the newest non-NULL one; a forecast begins in the cell after.
*/
#ifndef HF_GRID_H
#define HF_GRID_H

#include "../num/bucket.h"
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
  size_t coarse; /* leading cells that hold the mean of the bucket they lie in,
                    not a value of their own: hf_grid_extend() */
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

/* The same with buckets of samples that are no longer there (`older`, or
** NULL). A cell that is a whole number of buckets long is what it would be with
** the samples themselves, however many went into a bucket; shorter cells cannot
** take buckets, which are then left out. */
int hf_grid_merge(hf_work *w, const hf_samples *s, const hf_buckets *older,
                  double step, size_t max_cells, hf_grid *g);

/* 1 when cells of `step` seconds are a whole number of buckets long. */
int hf_grid_takes(const hf_buckets *older, double step);

/* Puts the buckets before a grid of shorter cells: each cell in a bucket gets
** the mean (a delta its part), and g->coarse counts them. Only for a reader
** that averages whole buckets. Nothing is done for kinds whose buckets are no
** means, for less than 24 buckets' worth of cells in g, or when the buckets do
** not at least double the time that g spans. */
int hf_grid_extend(hf_work *w, hf_kind kind, const hf_buckets *older,
                   size_t max_cells, hf_grid *g);

#endif
