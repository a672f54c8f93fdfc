/*
** sqlite_verdict.c: see sqlite_verdict.h.
**
** The bar is half of what was foretold: the middle between the mean before and
** the forecast. What was measured before is scaled to the bar, and the rank sum
** of Mann and Whitney (Annals of Mathematical Statistics 18, 1947) with its
** normal approximation, ties corrected, asks whether the costs since lie above
** it (one-sided, 5%): then the forecast is contradicted. Ranks, for loads have
** spikes. A mean below the bar after five intervals keeps the change; between
** the two it has twenty to get there.
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

static double verdict_mean(const double *x, size_t n) {
  double sum = 0;
  size_t i;
  for (i = 0; i < n; i++) sum += x[i];
  return n > 0 ? sum / (double)n : NAN;
}

hf_verdict hf_sqlite_judge(const double *before, size_t n0, const double *after,
                           size_t n1, double forecast, double *mean) {
  double was = verdict_mean(before, n0), bar;
  *mean = verdict_mean(after, n1);
  if (n0 == 0 || n1 < VERDICT_FEW) return HF_VERDICT_WAIT;
  bar = isnan(forecast) ? was * (1 - verdict_least) : (was + forecast) / 2;
  if (*mean <= bar) return HF_VERDICT_KEEP;
  if (n1 >= VERDICT_MANY) return HF_VERDICT_BACK;
  if (!(was > 0)) return HF_VERDICT_WAIT;
  return verdict_above(before, n0, bar / was, after, n1) > verdict_z
             ? HF_VERDICT_BACK
             : HF_VERDICT_WAIT;
}
