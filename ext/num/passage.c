/*
** passage.c: first passage of a Wiener process with drift.
**
**   P(T <= t) = N((drift t - gap) / s) + exp(2 drift gap / sigma^2)
**               N(-(drift t + gap) / s),   s = sigma sqrt(t)
**
** The product of a huge and a tiny number is taken in logarithms, with the
** asymptotic tail of N far out (Abramowitz and Stegun 26.2.12).
*/
#include "passage.h"
#include "stat.h"

#include <math.h>

/* log N(z) */
static double passage_log_cdf(double z) {
  double z2 = z * z;
  if (z > -30) return log(hf_stat_normal_cdf(z));
  return -0.5 * z2 - log(-z) - 0.91893853320467274 + log1p(-1 / z2);
}

double hf_passage_cdf(double t, double gap, double drift, double sigma) {
  double s = sigma * sqrt(t), first, second;
  if (!(s > 0)) return drift > 0 && drift * t >= gap ? 1 : 0;
  first = hf_stat_normal_cdf((drift * t - gap) / s);
  second = exp(2 * drift * gap / (sigma * sigma) +
               passage_log_cdf(-(drift * t + gap) / s));
  first += second;
  return first < 1 ? first : 1;
}
