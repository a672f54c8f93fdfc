/*
** health.c: how far a level is on the way from fine to critical (health.h).
**
** The median of five values keeps a single burst from counting as illness.
*/
#include "health.h"
#include "../num/stat.h"

#include <math.h>

double hf_health_level(const hf_samples *s) {
  double v[HF_HEALTH_NEWEST];
  size_t n = 0, i = s->n;
  while (i > 0 && n < HF_HEALTH_NEWEST) {
    double x = s->value[--i];
    if (isfinite(x)) v[n++] = x;
  }
  return n > 0 ? hf_stat_median(v, n) : NAN;
}

double hf_health_score(double level, double warning, double critical) {
  double u;
  if (isnan(level)) return NAN;
  if (isnan(critical)) {
    return isnan(warning) ? NAN : level >= warning ? 50 : 100;
  }
  if (isnan(warning) || warning == critical) return level >= critical ? 0 : 100;
  u = (level - warning) / (critical - warning);
  return u >= 1 ? 0 : u <= -1 ? 100 : 50 * (1 - u);
}
