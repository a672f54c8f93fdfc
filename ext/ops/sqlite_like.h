/*
** sqlite_like.h: misses at two sizes of a cache, like compared with like.
*/
#ifndef HF_SQLITE_LIKE_H
#define HF_SQLITE_LIKE_H

#include <stddef.h>

/* Intervals at one size; [n] each. */
typedef struct hf_sqlite_costs {
  const double *cost;  /* misses a page fetched, >= 0, finite */
  const double *pages; /* fetched, > 0, finite */
  size_t n;
} hf_sqlite_costs;

/* ratio[i], [x->n]: the cost of x->cost[i] over that of the intervals of `base`
** with a load like x->pages[i]. NaN when nothing of `base` missed. */
void hf_sqlite_like(const hf_sqlite_costs *base, const hf_sqlite_costs *x,
                    double *ratio);

/* Misses of x over those that `base` would have had under the loads of x; NaN
** when x has no interval, or nothing of `base` missed. */
double hf_sqlite_left(const hf_sqlite_costs *base, const hf_sqlite_costs *x);

#endif
