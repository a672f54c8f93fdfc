/*
** bucket.c: merging what is kept of samples.
**
** n, sum, min and max merge by themselves. A percentile is never averaged, so
** that of a quantile no sum is kept; nor of a state (recorded on change: the
** mean of its samples is not its mean over time), nor of a counter.
**
** A counter keeps its two ends and its increase between them: the sum of its
** steps, where a step down is a reset to zero and counts as the new value.
** Two stretches that follow each other add up exactly,
**   inc(A then B) = inc(A) + step(A.last, B.first) + inc(B),
** and over several buckets a reader adds step(last, next first) in the same
** way. Stretches that overlap (late samples) saw the same counter: what both
** saw is not added twice, only what one saw beyond the ends of the other.
*/
#include "bucket.h"

#include <math.h>

double hf_bucket_start(double ts, double step) {
  return floor(ts / step) * step;
}

void hf_bucket_one(hf_bucket *b, hf_kind kind, double start, double ts,
                   double value) {
  int ends = kind == HF_COUNTER || kind == HF_STATE;
  b->ts = start;
  b->n = 1;
  b->sum = kind == HF_GAUGE || kind == HF_DELTA ? value : NAN;
  b->min = value;
  b->max = value;
  b->first_ts = ends ? ts : NAN;
  b->first = ends ? value : NAN;
  b->last_ts = b->first_ts;
  b->last = b->first;
  b->increase = kind == HF_COUNTER ? 0 : NAN;
}

static double bucket_step(double before, double after) {
  return after >= before ? after - before : after;
}

/* The increase of two stretches of one counter. */
static double bucket_increase(const hf_bucket *a, const hf_bucket *b) {
  double sum;
  /* the ends were not kept: it was of another kind then */
  if (isnan(a->first_ts) || isnan(b->first_ts)) return NAN;
  if (b->first_ts < a->first_ts) {
    const hf_bucket *swap = a;
    a = b;
    b = swap;
  }
  /* a begins first */
  if (b->first_ts >= a->last_ts) {
    return a->increase + bucket_step(a->last, b->first) + b->increase;
  }
  if (b->last_ts <= a->last_ts) {
    return a->increase > b->increase ? a->increase : b->increase;
  }
  /* b goes on beyond the end of a */
  sum = a->increase + bucket_step(a->last, b->last);
  return sum > b->increase ? sum : b->increase;
}

void hf_bucket_merge(hf_bucket *into, hf_kind kind, const hf_bucket *from) {
  into->n += from->n;
  into->sum += from->sum;
  if (!(from->min >= into->min)) into->min = from->min;
  if (!(from->max <= into->max)) into->max = from->max;
  if (kind != HF_COUNTER && kind != HF_STATE) return;
  into->increase = kind == HF_COUNTER ? bucket_increase(into, from) : NAN;
  if (!(from->first_ts >= into->first_ts)) {
    into->first_ts = from->first_ts;
    into->first = from->first;
  }
  if (!(from->last_ts < into->last_ts)) {
    into->last_ts = from->last_ts;
    into->last = from->last;
  }
}
