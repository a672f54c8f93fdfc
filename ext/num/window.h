/*
** window.h: the model of all windows of a series: their mean, covariance and
** leading directions, kept up to date as samples arrive.
**
** A window is HF_WINDOW consecutive values. What the leading directions do
** not explain of a window is its reconstruction error: small while the series
** goes on as it used to, large where its shape is new.
*/
#ifndef HF_WINDOW_H
#define HF_WINDOW_H

#include "work.h"

enum {
  HF_WINDOW_MAX = 64, /* longest window */
  HF_WINDOW_LANES = 8 /* filters side by side: directions, one forecast */
};

/* Sums over a growing series. Set by hf_window_start(). */
typedef struct hf_window_sums {
  size_t length;                /* values in a window, 8..HF_WINDOW_MAX */
  size_t n;                     /* values so far */
  double sum;                   /* of the values */
  double lagged[HF_WINDOW_MAX]; /* [length-1-l]: sum of y[t] y[t-l] */
} hf_window_sums;

/* The model fitted to the sums. */
typedef struct hf_window_model {
  size_t length;
  double mean; /* of the values, in their unit */
  /* filter[i*HF_WINDOW_LANES + j]: weight of the window's value i in lane j.
   * Lanes 0..HF_WINDOW_LANES-3 are the directions (orthonormal, or zero).
   * Lane HF_WINDOW_LANES-2 foretells the last value from those before it. */
  double filter[HF_WINDOW_MAX * HF_WINDOW_LANES];
  double guard[HF_WINDOW_MAX * HF_WINDOW_LANES]; /* start of the next fit */
  double rest;   /* share of the variance that the directions leave, 0..1 */
  int foretells; /* 1: the forecast lane is usable */
  int fitted;    /* 1: guard holds the directions of a fit before */
} hf_window_model;

/* Begins with no values. HF_ERANGE: length outside 8..HF_WINDOW_MAX. */
int hf_window_start(hf_window_sums *s, hf_window_model *m, size_t length);

/* Takes in y[s->n .. n). y[0 .. n) is the whole series so far, of which the
** last `length` old values are read again; it should be near zero mean. */
int hf_window_add(hf_work *w, hf_window_sums *s, const double *y, size_t n);

/* Fits the model to the windows of y[0 .. s->n). HF_EDATA: fewer than two
** windows. The model is untouched on failure. */
int hf_window_fit(hf_work *w, const hf_window_sums *s, const double *y,
                  hf_window_model *m);

/* Squared reconstruction error, a mean per value, of the window that ends at
** each y[from .. to), from >= length - 1. foretold may be NULL; else it gets
** the value that the model expected at each place, NaN where it has none.
** rebuilt may be NULL; else it gets the model's smoothed picture of the value
** at length / 2 in the same windows. */
int hf_window_errors(hf_work *w, const hf_window_model *m, const double *y,
                     size_t from, size_t to, double *error, double *foretold,
                     double *rebuilt);

/* The model's smoothed picture of y[row] in the window that begins at y, row
** below the length. */
double hf_window_rebuild(const hf_window_model *m, const double *y, size_t row);

#endif
