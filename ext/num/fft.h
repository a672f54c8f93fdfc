/*
** fft.h: the fast Fourier transform, and autocorrelation by it.
*/
#ifndef HF_FFT_H
#define HF_FFT_H

#include "work.h"

/* In place: re[k] + i im[k] = sum over t of x[t] exp(-2 pi i k t / n) for
** inverse 0; the conjugate transform, not divided by n, for inverse 1.
** n is a power of two. */
int hf_fft_complex(hf_work *w, double *re, double *im, size_t n, int inverse);

/* Autocorrelation of x[n] about its mean: r[0] = 1 ... r[max_lag], with the
** divisor n at every lag (as R's acf); in n log n. max_lag < n. A constant
** series gives r[0] = 1 and zeros. */
int hf_fft_acf(hf_work *w, const double *x, size_t n, size_t max_lag,
               double *r);

#endif
