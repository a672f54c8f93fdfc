/*
** sqlite_verdict.c: see sqlite_verdict.h.
**
** Costs are counted against those before the change of intervals with a like
** load (sqlite_like.h). The bar is half of what was foretold: the middle between
** all and the share that was to be left. What was measured before is scaled to
** the bar, and the rank sum of Mann and Whitney (Annals of Mathematical
** Statistics 18, 1947) with its normal approximation, ties corrected, asks
** whether the costs since lie above it (one-sided, 5%): then the forecast is
** contradicted. Ranks, for loads have spikes. A share below the bar after five
** intervals keeps the change; between the two it has twenty to get there.
*/
#include "sqlite_verdict.h"

#include <math.h>

enum { VERDICT_FEW = 5, VERDICT_MANY = 20 };

static const double verdict_least = 0.02; /* where nothing was foretold */
static const double verdict_z = 1.645;    /* 5%, one-sided */

/* How far `after` lies above scale * before, in standard deviations of the
** rank sum. */
static double verdict_above(const double *before, size_t n0, double scale,
                            const double *after, size_t n1) {
  double u = 0, ties = 0, n = (double)(n0 + n1), v;
  size_t i, j;
  for (i = 0; i < n1; i++) {
    for (j = 0; j < n0; j++) {
      double x = scale * before[j];
      u += after[i] > x ? 1 : after[i] < x ? 0 : 0.5;
    }
  }
  /* t^3 - t over groups of t equal values is the sum over values of t^2 - 1 */
  for (i = 0; i < n0 + n1; i++) {
    double x = i < n0 ? scale * before[i] : after[i - n0], t = 0;
    for (j = 0; j < n0 + n1; j++) {
      t += (j < n0 ? scale * before[j] : after[j - n0]) == x ? 1 : 0;
    }
    ties += t * t - 1;
  }
  v = (double)n0 * (double)n1 / 12 * (n + 1 - ties / (n * (n - 1)));
  return v > 0 ? (u - 0.5 * (double)n0 * (double)n1) / sqrt(v) : 0;
}

hf_verdict hf_sqlite_judge(const hf_sqlite_costs *before,
                           const hf_sqlite_costs *after, double foretold,
                           double *left) {
  double was[HF_VERDICT_MOST], is[HF_VERDICT_MOST], bar;
  *left = hf_sqlite_left(before, after);
  if (before->n == 0 || after->n < VERDICT_FEW) return HF_VERDICT_WAIT;
  bar = isnan(foretold) ? 1 - verdict_least : (1 + foretold) / 2;
  if (*left <= bar) return HF_VERDICT_KEEP;
  if (after->n >= VERDICT_MANY) return HF_VERDICT_BACK;
  if (isnan(*left)) return HF_VERDICT_WAIT;
  hf_sqlite_like(before, before, was);
  hf_sqlite_like(before, after, is);
  return verdict_above(was, before->n, bar, is, after->n) > verdict_z
             ? HF_VERDICT_BACK
             : HF_VERDICT_WAIT;
}
