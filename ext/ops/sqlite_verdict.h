/*
** sqlite_verdict.h: has a change of a setting done what was foretold?
*/
#ifndef HF_SQLITE_VERDICT_H
#define HF_SQLITE_VERDICT_H

#include <stddef.h>

typedef enum hf_verdict {
  HF_VERDICT_WAIT = 0, /* too little has been measured since */
  HF_VERDICT_KEEP,     /* at least half of what was foretold */
  HF_VERDICT_BACK      /* contradicted */
} hf_verdict;

/* Judges a cost before[n0] and after[n1] the change, both per unit of work, not
** negative and finite. `forecast` is what it was to become; NaN: nothing was
** foretold, then a fiftieth less must have come of it. *mean receives the mean
** after; NaN when n1 is 0. */
hf_verdict hf_sqlite_judge(const double *before, size_t n0, const double *after,
                           size_t n1, double forecast, double *mean);

#endif
