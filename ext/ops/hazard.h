/*
** hazard.h: how likely a component fails within a window, from its rare
** features (failure.h).
*/
#ifndef HF_HAZARD_H
#define HF_HAZARD_H

#include "failure.h"

/* Fits beta[3 metrics + 2], the intercept last, mean[3 metrics + 1] and
** unit[3 metrics + 1] of `m`, which are there:
**   logit P = beta' (x - mean) / unit + intercept.
** HF_EDATA: fewer than HF_FAILURE_LEAST failures within a window
** of a row, or no row without. */
int hf_hazard_fit(hf_work *w, const hf_failure_set *s, hf_failure_model *m);

#endif
