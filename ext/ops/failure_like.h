/*
** failure_like.h: the life left of a component, read off the rows of a model
** (failure.h) that are alike.
*/
#ifndef HF_FAILURE_LIKE_H
#define HF_FAILURE_LIKE_H

#include "failure.h"

/* The life left of any component at any instant: all rows. */
void hf_failure_of_all(const hf_failure_model *m, hf_life *out);

/* The life left of a component with index `at` and that age, hours. */
void hf_failure_of_like(const hf_failure_model *m, double at, double age,
                        hf_life *out);

/* What it counts that a component still runs, 0.1..1. whole[groups]: whole
** lives, hours, first the `failed` that ended, then as the index foretells
** those of the running; NaN: unknown. 1 where there is nothing to compare. */
double hf_failure_running(const double *whole, size_t failed, size_t groups);

#endif
