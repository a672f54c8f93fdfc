/*
** linalg.h: small dense systems of equations, for regressions with a few
** dozen unknowns.
*/
#ifndef HF_LINALG_H
#define HF_LINALG_H

#include <stddef.h>

/* Cholesky factor of the symmetric positive definite a[k][k] (row by row; only
** the lower triangle is read, and overwritten by L of a = L L'). HF_ESINGULAR
** when a pivot is not above 1e-13 of its diagonal; a is then spoiled. */
int hf_linalg_cholesky(double *a, size_t k);

/* Solves L L' x = b in place, L from hf_linalg_cholesky. */
void hf_linalg_solve(const double *l, size_t k, double *b);

/* Sum of x[i] * y[i] over n, in eight partial sums. */
double hf_linalg_dot(const double *x, const double *y, size_t n);

/* Adds n rows of a weighted regression to its normal equations: X' W X to the
** lower triangle of a[k][k], X' W y to b[k], where column j of X is col[j][n]
** and W has weight[n] on its diagonal. */
void hf_linalg_rows(double *a, double *b, size_t k, const double *const *col,
                    const double *y, const double *weight, size_t n);

/* The same, leaving the rows of a and b before `from` alone. */
void hf_linalg_rows_from(double *a, double *b, size_t from, size_t k,
                         const double *const *col, const double *y,
                         const double *weight, size_t n);

/* Solves the normal equations (a + diag(ridge)) x = b in place of b (Hoerl
** and Kennard 1970); a is spoiled. ridge[k] >= 0. HF_ESINGULAR as above, b is
** then spoiled, too. */
int hf_linalg_ridge(double *a, double *b, size_t k, const double *ridge);

#endif
