/*
** misscurve.h: what the misses of a pool of memory cost at every size it
** could have.
*/
#ifndef HF_MISSCURVE_H
#define HF_MISSCURVE_H

#include <stdint.h>
#include "../num/work.h"

/* Sizes at which a curve is known: 0, total/200, 2 total/200 ... total. */
enum { HF_CURVE_STEPS = 200, HF_CURVE_POINTS = HF_CURVE_STEPS + 1 };

/* What is known of one pool, oldest first. */
typedef struct hf_pool {
  double *ts;     /* [n] unix seconds, ascending: ends of intervals */
  double *size;   /* [n] MB during the interval; NaN: not recorded */
  double *hits;   /* [n] in the interval */
  double *misses; /* [n] in the interval */
  double *cost;   /* [n] ms a miss */
  double *item;   /* [n] MB an item, > 0 */
  size_t n;
  uint64_t *ref; /* [refs] items referenced, those sampled only */
  double *seq;   /* [refs] their numbers in the full stream, ascending */
  size_t refs;
  double rate;    /* share of the items that is sampled, within (0, 1] */
  double *job_ts; /* [jobs] ascending: when a job with a work area ended */
  double *job_mb; /* [jobs] MB it needs to run without spilling, > 0 */
  size_t jobs;
} hf_pool;

/* Where a curve comes from, best first. */
typedef enum hf_curve_basis {
  HF_CURVE_NONE = 0,   /* nothing known: the pool keeps its size */
  HF_CURVE_REFERENCES, /* reuse distances of a reference stream */
  HF_CURVE_JOBS,       /* sizes of jobs, as external sorts */
  HF_CURVE_SIZES       /* misses at the sizes that were tried */
} hf_curve_basis;

typedef struct hf_curve {
  hf_curve_basis basis;
  double (*cost)[HF_CURVE_POINTS]; /* [n] ms in each interval */
  double *seconds;                 /* [n] length of each interval */
  size_t n;                        /* intervals, oldest first */
  double mean[HF_CURVE_POINTS]; /* ms a second, recent intervals count more */
  double sure; /* P(the curve falls with size); 1 but for HF_CURVE_SIZES */
} hf_curve;

/* Weight of an interval against the next newer one. */
#define HF_CURVE_DECAY 0.9

/* Intervals that still count: 0.9^60 = 0.002. */
enum { HF_CURVE_INTERVALS = 60 };

/* Makes the curve in the arena of w, for sizes up to `total` MB (> 0).
** HF_OK with basis HF_CURVE_NONE when the pool tells nothing. */
int hf_curve_make(hf_work *w, const hf_pool *p, double total, hf_curve *c);

/* Linear between the points; mb is clipped to 0..total. */
double hf_curve_at(const double *points, double total, double mb);

#endif
