/*
** samples.h: the samples of one series as store/ reads them and ops/ takes
** them: plain arrays, no database.
*/
#ifndef HF_SAMPLES_H
#define HF_SAMPLES_H

#include <stddef.h>

/* How values between and at the samples are to be understood. */
typedef enum hf_kind {
  HF_GAUGE = 0, /* a level: cells averaged, a gap is missing */
  HF_DELTA,     /* an amount since the last sample: cells summed, a gap is 0 */
  HF_COUNTER,   /* a running total: turned into a rate, aware of resets */
  HF_QUANTILE,  /* a percentile: never averaged, a cell takes its largest */
  HF_STATE      /* recorded on change: holds its last value over gaps */
} hf_kind;

/* One series. Sorted by (ts, value), NaN values last among equal stamps, so
** that the order of the rows in the table cannot matter. Every ts is finite
** and within +-1e11; every value is finite and within +-1e100, or NaN where
** the row held NULL. */
typedef struct hf_samples {
  double *ts;    /* [n] unix seconds */
  double *value; /* [n] in the unit of the metric */
  size_t n;
  hf_kind kind;
  double step; /* seconds; 0: to be inferred */
} hf_samples;

#endif
