/*
** simplex.h: minimises a function of a few variables without derivatives.
*/
#ifndef HF_SIMPLEX_H
#define HF_SIMPLEX_H

#include "work.h"

enum { HF_SIMPLEX_MAX = 8 }; /* variables at most */

/* The function to be minimised: writes f(x[k]) into *f; HF_OK, or a code that
** ends the search. A NaN counts as infinite. */
typedef int hf_simplex_fn(void *ctx, const double *x, double *f);

/* Nelder and Mead (1965) with the standard coefficients 1, 2, 1/2, 1/2. x[k]
** is the start and receives the best point found; `size` the edge of the first
** simplex; at most `steps` evaluations; ends early when the values of the
** simplex differ by less than `tol` relative. *best: the least value. */
int hf_simplex_minimise(hf_simplex_fn *fn, void *ctx, double *x, size_t k,
                        double size, size_t steps, double tol, double *best);

#endif
