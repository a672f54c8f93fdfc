/*
** sqlite_like.c: see sqlite_like.h.
**
** An interval with five times the lookups misses another share of its pages
** than a quiet one, at the same size. So the mean over a handful of intervals
** tells more of how many busy ones are among them than of the size. Indirect
** standardisation (W. Farr; N. Keiding, "The method of expected number of
** deaths", International Statistical Review 55, 1987): what was observed at one
** size stands over what was to be expected, the cost at the other size of
** intervals with a like load. Like are those that fetched half to twice as many
** pages; where none did, the nearest.
*/
#include "sqlite_like.h"

#include <math.h>

static const double like_factor = 2;

/* Apart from another load, as the logarithm of a factor. */
static double like_apart(double a, double b) {
  return fabs(log(a / b));
}

/* Cost at the size of `base` of a load of so many pages; 0 when nothing missed
** there. */
static double like_expected(const hf_sqlite_costs *base, double pages) {
  double reach = HUGE_VAL, missed = 0, fetched = 0, all = 0, sum = 0;
  size_t j;
  for (j = 0; j < base->n; j++) {
    reach = fmin(reach, like_apart(base->pages[j], pages));
  }
  reach = fmax(reach, log(like_factor));
  for (j = 0; j < base->n; j++) {
    all += base->cost[j] * base->pages[j];
    sum += base->pages[j];
    if (like_apart(base->pages[j], pages) > reach) continue;
    missed += base->cost[j] * base->pages[j];
    fetched += base->pages[j];
  }
  if (missed > 0) return missed / fetched;
  return all > 0 ? all / sum : 0;
}

void hf_sqlite_like(const hf_sqlite_costs *base, const hf_sqlite_costs *x,
                    double *ratio) {
  size_t i;
  for (i = 0; i < x->n; i++) {
    double e = like_expected(base, x->pages[i]);
    ratio[i] = e > 0 ? x->cost[i] / e : NAN;
  }
}

double hf_sqlite_left(const hf_sqlite_costs *base, const hf_sqlite_costs *x) {
  double observed = 0, expected = 0;
  size_t i;
  for (i = 0; i < x->n; i++) {
    observed += x->cost[i] * x->pages[i];
    expected += like_expected(base, x->pages[i]) * x->pages[i];
  }
  return expected > 0 ? observed / expected : NAN;
}
