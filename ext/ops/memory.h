/*
** memory.h: how to split a total of memory over three pools.
*/
#ifndef HF_MEMORY_H
#define HF_MEMORY_H

#include "misscurve.h"

enum { HF_POOL_CACHE = 0, HF_POOL_BUFFER, HF_POOL_APPLICATION, HF_POOLS };

/* Newest samples whose peak an application that spills is left. */
enum { HF_MEMORY_RECENT = 30 };

/* What the operator set, and what is. */
typedef struct hf_memory_rule {
  double total;             /* MB to split, > 0 */
  double floor[HF_POOLS];   /* MB, least of each; they sum to <= total */
  double current[HF_POOLS]; /* MB now; NaN: not known */
  double peak;              /* MB that the application used at most of late;
                               NaN: not known */
  size_t peaks;             /* samples behind it */
  double recent;    /* MB, the same of the newest HF_MEMORY_RECENT; NaN */
  double seen;      /* unix seconds: newest row that told a size, besides
                       the pools'; NaN: none */
  double seen_step; /* seconds between such rows; 0: not known */
  double interval_seconds; /* least time between two changes, >= 0 */
  double as_of;            /* unix seconds; NaN: newest row of the pools */
  uint64_t seed;           /* of the search */
} hf_memory_rule;

typedef enum hf_memory_state {
  HF_MEMORY_OK = 0,
  HF_MEMORY_NONE,     /* the current split is not known: no answer */
  HF_MEMORY_STALE,    /* the newest row is too old: what is stays */
  HF_MEMORY_PRESSURE, /* nothing tells what misses cost: what is stays, but
                         for the application's peak */
  HF_MEMORY_BLIND,    /* not even a peak is known: what is stays */
  HF_MEMORY_REPAIR    /* the sizes break a floor or do not sum to the total:
                         put right, not tuned */
} hf_memory_state;

typedef struct hf_memory_plan {
  hf_memory_state state;
  double current[HF_POOLS];     /* MB; NaN: not known */
  double recommended[HF_POOLS]; /* MB, they sum to the total, but for
                                   rounding of the last bits */
  double before[HF_POOLS];      /* ms of misses a second at the current size;
                                   NaN: not known */
  double after[HF_POOLS];       /* the same at the recommended one */
  hf_curve_basis basis[HF_POOLS];
  double sure[HF_POOLS];   /* confidence of the pool's own curve, 0..1 */
  double gain;             /* share of the present cost saved, 0..1; NaN: not
                              known */
  double gain_lo, gain_hi; /* 90% of the recent intervals lie within; NaN */
  double confidence;       /* P(the next interval is served no worse); under
                              pressure P(the application's next use fits) */
  size_t judged;           /* intervals, or samples, behind it */
  double goal[HF_POOLS];   /* MB: the best split, steps apart or not */
  int stepped;             /* 1: the way to the goal takes more steps */
  int held;                /* 1: changed less than an interval ago */
  int kept;                /* 1: the best split would gain too little */
  size_t searched;         /* splits that the search looked at */
  double need;             /* MB the application is left at least when it has no
                              curve: its peak and a tenth; NaN: unknown */
} hf_memory_plan;

/* Splits. HF_ERANGE: the floors exceed the total, or a rule is out of range.
** The pools in the order of the enum above. */
int hf_memory_plan_make(hf_work *w, const hf_pool pool[HF_POOLS],
                        const hf_memory_rule *rule, hf_memory_plan *plan);

/* Exact minimum over splits in steps of total/200, by dynamic programming
** (min-plus convolution), within lo..hi MB (multiples of the step rounded
** inwards). `split` receives it, *cost its cost. HF_EDATA: no split fits. */
int hf_memory_exact(const double *const curve[HF_POOLS], double total,
                    const double lo[HF_POOLS], const double hi[HF_POOLS],
                    double split[HF_POOLS], double *cost);

#endif
