/*
** stat.h: basic statistics of an array: sums, order, quantiles, robust scale.
**
** No function here allocates. Unless a prototype says otherwise the input
** holds finite numbers only (hf_stat_compact() drops the rest), n may be 0,
** and a statistic of too few numbers is NaN.
*/
#ifndef HF_STAT_H
#define HF_STAT_H

#include <stddef.h>

/* What makes the median absolute deviation of normal data its standard
** deviation: 1 / qnorm(0.75). */
#define HF_STAT_MAD_SCALE 1.4826022185056018

/* Medians of seven values `stride` apart, out[i] of those from x[i] on, for
** HF_STAT_MEDIANS neighbours at a time, as vector units like it. No NaN. */
enum { HF_STAT_MEDIANS = 8 };
void hf_stat_medians7(const double *x, size_t stride, double *restrict out);

/* Arithmetic mean; n >= 1. */
double hf_stat_mean(const double *x, size_t n);

/* Unbiased variance (n - 1), by the two-pass formula; n >= 2. */
double hf_stat_variance(const double *x, size_t n);

/* Square root of the variance; n >= 2. */
double hf_stat_sd(const double *x, size_t n);

/* Sorts in place, ascending, NaN last. */
void hf_stat_sort(double *x, size_t n);

/* Fills order[n] with 0..n-1 so that x[order[i]] ascends; NaN last, equal
** values by index. x itself is left alone. */
void hf_stat_order(const double *x, size_t n, size_t *order);

/* Reorders x so that x[k] is what it would be after sorting, the smaller
** ones before, the larger behind; returns x[k]. k < n, no NaN. */
double hf_stat_select(double *x, size_t n, size_t k);

/* Quantile q in 0..1 of x, which is reordered: linear between order
** statistics (Hyndman and Fan 1996, type 7; R's default); n >= 1. */
double hf_stat_quantile(double *x, size_t n, double q);

/* The same of an array that is already sorted; reads only. */
double hf_stat_quantile_sorted(const double *x, size_t n, double q);

/* Median of x, which is reordered; n >= 1. */
double hf_stat_median(double *x, size_t n);

/* Median absolute deviation from `center` times HF_STAT_MAD_SCALE. x is
** overwritten by the deviations; n >= 1. */
double hf_stat_mad(double *x, size_t n, double center);

/* Moves the finite numbers of x to its front, in order; returns how many. */
size_t hf_stat_compact(double *x, size_t n);

/* Least and largest; n >= 1, else both NaN. */
void hf_stat_range(const double *x, size_t n, double *lo, double *hi);

/* Distribution function of the standard normal and its inverse (Wichura
** 1988, AS 241, PPND16: about 1e-16 relative). p outside 0..1 gives NaN. */
double hf_stat_normal_cdf(double z);
double hf_stat_normal_quantile(double p);

#endif
