/*
** clean.h: takes out of a history what would mislead a model: isolated spikes.
*/
#ifndef HF_CLEAN_H
#define HF_CLEAN_H

#include "../num/work.h"

/* Clips isolated spikes of x[n], no NaN, in place; m is the period in cells, 0:
** none. *clipped: how many values were changed. */
int hf_clean_spikes(hf_work *w, double *x, size_t n, size_t m, size_t *clipped);

#endif
