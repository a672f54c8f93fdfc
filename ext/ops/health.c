/*
** health.c: how far a level is on the way from fine to critical (health.h).
**
** The median of five values keeps a single burst from counting as illness.
**
** Without a limit the past of the same metric must do. A level is beyond it
** when it exceeds the largest past value by half the range of all of them: a
** steady growth never does, since its next step is small beside its past, nor
** does a daily cycle once it is in there.
*/
#include "health.h"
#include "../num/stat.h"

#include <math.h>

enum { HEALTH_BEFORE = 30 }; /* values that say what was usual */

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

double hf_health_beyond(double lo, double hi, double least) {
  return hi + fmax((hi - lo) / 2, least);
}

double hf_health_against(double level, double hi, double beyond) {
  if (isnan(level)) return NAN;
  if (level <= hi) return 100;
  return 100 - 50 * fmin((level - hi) / (beyond - hi), 1);
}

double hf_health_since(const hf_samples *s, double warning, double critical,
                       double hi, double beyond) {
  hf_samples part = *s;
  double since = NAN;
  size_t i;
  for (i = s->n; i > 0; i--) {
    double level, score;
    if (isnan(s->value[i - 1])) continue;
    part.n = i;
    level = hf_health_level(&part);
    score = isnan(warning) && isnan(critical)
                ? hf_health_against(level, hi, beyond)
                : hf_health_score(level, warning, critical);
    if (!(score <= 50)) break;
    since = s->ts[i - 1];
  }
  return since;
}

/* Median of up to `most` (at most HEALTH_BEFORE) values before row `to`, not
** before row `from`; NaN: fewer than 3. */
static double health_middle(const hf_samples *s, size_t from, size_t to,
                            size_t most) {
  double v[HEALTH_BEFORE];
  size_t n = 0;
  while (to > from && n < most) {
    double x = s->value[--to];
    if (isfinite(x)) v[n++] = x;
  }
  return n >= 3 ? hf_stat_median(v, n) : NAN;
}

int hf_health_helped(const hf_samples *s, double since, double done) {
  size_t onset = 0, action = 0;
  double usual, bad, now;
  while (onset < s->n && s->ts[onset] < since) onset++;
  while (action < s->n && s->ts[action] <= done) action++;
  usual = health_middle(s, 0, onset, HEALTH_BEFORE);
  bad = health_middle(s, onset < action ? onset : 0, action, HF_HEALTH_NEWEST);
  now = health_middle(s, action, s->n, HF_HEALTH_NEWEST);
  if (isnan(usual) || isnan(bad) || isnan(now)) return -1;
  return fabs(now - usual) < fabs(now - bad);
}
