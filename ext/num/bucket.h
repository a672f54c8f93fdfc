/*
** bucket.h: what is kept of many samples: count, sum, range, ends. Buckets of
** the same span can be merged, so that samples may come in any order and in
** any number of batches.
*/
#ifndef HF_BUCKET_H
#define HF_BUCKET_H

#include "samples.h"

/* The samples of one span [ts, ts + step). NaN: not kept for this kind, or not
** known. */
typedef struct hf_bucket {
  double ts;       /* start of the span, unix seconds */
  double n;        /* samples, a whole number */
  double sum;      /* of the values; gauges and deltas only */
  double min;      /* least value */
  double max;      /* largest value */
  double first_ts; /* counters and states only: the ends, unix seconds ... */
  double first;    /* ... and their values */
  double last_ts;
  double last;
  double
      increase; /* counters only: growth from first to last, through resets */
} hf_bucket;

/* Buckets of one series and one span, ascending, no two of one span. */
typedef struct hf_buckets {
  const hf_bucket *b; /* [n] */
  size_t n;
  double step; /* their span, seconds */
} hf_buckets;

/* Start of the span of `step` seconds that ts lies in. step > 0. */
double hf_bucket_start(double ts, double step);

/* A bucket of one sample; value is finite. */
void hf_bucket_one(hf_bucket *b, hf_kind kind, double start, double ts,
                   double value);

/* Adds the samples of `from` to `into`, both of one kind and span. Counts,
** sums and ranges are exact. So is a counter's increase unless the two overlap
** in time with a reset inside the overlap; then it is a lower bound. */
void hf_bucket_merge(hf_bucket *into, hf_kind kind, const hf_bucket *from);

#endif
