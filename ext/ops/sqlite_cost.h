/*
** sqlite_cost.h: what a step, a page and a page miss cost a statement in time.
*/
#ifndef HF_SQLITE_COST_H
#define HF_SQLITE_COST_H

#include "../num/work.h"

/* Executions of statements; [n] each, finite and not negative. */
typedef struct hf_sqlite_runs {
  const double *ms;     /* time */
  const double *steps;  /* of the virtual machine */
  const double *pages;  /* fetched from the cache */
  const double *misses; /* of these, read from a file */
  size_t n;
} hf_sqlite_runs;

enum { HF_COST_BASE = 0, HF_COST_STEP, HF_COST_PAGE, HF_COST_MISS, HF_COSTS };

typedef struct hf_sqlite_cost {
  double ms[HF_COSTS]; /* ms a statement, a step, a page, a miss; >= 0 */
  double lo[HF_COSTS]; /* 90% intervals */
  double hi[HF_COSTS];
  double spread; /* median of |time / fit - 1| */
  double most;   /* steps of the longest execution behind it */
  size_t n;      /* executions behind it */
} hf_sqlite_cost;

/* Fits ms = base + step steps + page pages + miss misses. HF_EDATA: fewer than
** 20 executions. */
int hf_sqlite_cost_fit(hf_work *w, const hf_sqlite_runs *r,
                       hf_sqlite_cost *cost);

/* The time of a statement by the fit, ms. */
double hf_sqlite_cost_ms(const hf_sqlite_cost *cost, double steps, double pages,
                         double misses);

#endif
