/*
** eigen.h: eigenvalues and eigenvectors of symmetric matrices.
**
** Matrices are row by row. NaN and infinity must not be in them.
*/
#ifndef HF_EIGEN_H
#define HF_EIGEN_H

#include "work.h"

/* All eigenvalues of the symmetric matrix a[n*n], largest first, and their
** vectors: v[i*n + j] is component i of vector j, of length one. a is kept.
** HF_ERANGE: n is 0 or above 256. HF_ENOMEM. */
int hf_eigen_symmetric(hf_work *w, const double *a, size_t n, double *lambda,
                       double *v);

/* The k leading eigenvectors of the symmetric positive semidefinite matrix
** a[n*n], by `rounds` rounds of orthogonal iteration on a block of m >= k
** vectors, then Rayleigh and Ritz. v[i*m + j] is component i of vector j: on
** entry the start, on return the vectors, largest eigenvalue first; those
** after k are guards that speed up the first ones. Directions in which the
** matrix is zero come as zero vectors. lambda[m] may be NULL. a is kept.
** HF_ERANGE: not 1 <= k <= m <= 32, or m > n. HF_ENOMEM. */
int hf_eigen_leading(hf_work *w, const double *a, size_t n, size_t k, size_t m,
                     int rounds, double *v, double *lambda);

#endif
