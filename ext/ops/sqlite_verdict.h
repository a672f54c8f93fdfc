/*
** sqlite_verdict.h: has a change of a setting done what was foretold?
*/
#ifndef HF_SQLITE_VERDICT_H
#define HF_SQLITE_VERDICT_H

#include "sqlite_like.h"

typedef enum hf_verdict {
  HF_VERDICT_WAIT = 0, /* too little has been measured since */
  HF_VERDICT_KEEP,     /* at least half of what was foretold */
  HF_VERDICT_BACK      /* contradicted */
} hf_verdict;

enum { HF_VERDICT_MOST = 60 }; /* intervals of a size that are looked at */

/* Judges a change by the intervals before it and after it, at most
** HF_VERDICT_MOST each. `foretold` is the share of the misses that was to be
** left; NaN: nothing was foretold, then a fiftieth less must have come of it.
** *left receives the share that is left; NaN when that cannot be told. */
hf_verdict hf_sqlite_judge(const hf_sqlite_costs *before,
                           const hf_sqlite_costs *after, double foretold,
                           double *left);

#endif
