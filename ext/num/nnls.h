/*
** nnls.h: least squares with coefficients that may not be negative.
*/
#ifndef HF_NNLS_H
#define HF_NNLS_H

#include <stddef.h>

/* Most columns that hf_nnls() takes. */
enum { HF_NNLS_COLUMNS = 8 };

/* Minimises |a x - b|^2 over x >= 0. a is [rows][cols], row after row; b is
** [rows]; x is [cols]. 1 <= cols <= HF_NNLS_COLUMNS, rows >= 1, every number
** finite. HF_ERANGE: outside these. Columns that others replace exactly get
** 0, so that there is always an answer. O(rows cols^2). */
int hf_nnls(const double *a, const double *b, size_t rows, size_t cols,
            double *x);

#endif
