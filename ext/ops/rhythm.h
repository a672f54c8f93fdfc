/*
** rhythm.h: does a series repeat itself, and with which period?
*/
#ifndef HF_RHYTHM_H
#define HF_RHYTHM_H

#include "../num/work.h"

/* What was found. */
typedef struct hf_rhythm {
  size_t m;         /* main period in cells; 0: none that the data supports */
  size_t m2;        /* second, longer or shorter; 0: none */
  double strength;  /* share of the detrended variance that m explains, 0..1 */
  double strength2; /* share of what m leaves that m2 explains, 0..1 */
  double margin;    /* evidence for m (or for the best one refused, m = 0)
                       over what chance gives: above 1 when accepted */
} hf_rhythm;

/* Share of the variance of x[n] about its moving average of length p that the
** mean cycle of length p explains, adjusted for the p means that were
** estimated: near 0 without a rhythm, at most 1. 2 <= p <= n / 2. */
int hf_rhythm_strength(hf_work *w, const double *x, size_t n, size_t p,
                       double *share);

/* Finds up to two periods in x[n] (no NaN). `day` is the number of cells a
** day (0: a day is no whole number of cells): day and week need half of the
** evidence that any other period needs. */
int hf_rhythm_find(hf_work *w, const double *x, size_t n, size_t day,
                   hf_rhythm *out);

/* The same for any length: more than HF_RHYTHM_CELLS cells are averaged, and
** where those show nothing the newest ones are searched as they are. `step` is
** in seconds; periods are in cells of x. */
enum { HF_RHYTHM_CELLS = 4600 };
int hf_rhythm_search(hf_work *w, const double *x, size_t n, double step,
                     hf_rhythm *out);

/* Cells of `step` seconds a day, 0 when a day is no whole number of them. */
size_t hf_rhythm_day(double step);

/* Means of f cells each of x[0..n f) into y[n]. */
void hf_rhythm_coarse(const double *x, size_t n, size_t f, double *y);

/* Takes the mean cycle of length p off x[n], leaving its level. */
int hf_rhythm_remove(hf_work *w, double *x, size_t n, size_t p);

/* Least squares line through x[n]: x about level + slope * i. n >= 1. */
void hf_rhythm_line(const double *x, size_t n, double *level, double *slope);

/* Centred moving average of length p (even p: half weight at both ends), held
** at its first and last full value towards the ends. 1 <= p <= n. */
void hf_rhythm_trend(const double *x, size_t n, size_t p, double *trend);

#endif
