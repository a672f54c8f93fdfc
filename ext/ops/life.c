/*
** life.c: the time until a failure as a distribution (life.h).
*/
#include "life.h"

#include <math.h>

double hf_life_hours(size_t i) {
  return exp2((double)i / HF_LIFE_OCTAVE - 6);
}

double hf_life_within(const hf_life *l, double hours) {
  double at, share, lo, hi;
  size_t i;
  if (!(hours > 0)) return 0;
  if (hours <= hf_life_hours(0)) return l->f[0] * hours / hf_life_hours(0);
  at = (log2(hours) + 6) * HF_LIFE_OCTAVE;
  if (at >= HF_LIFE_N - 1) return l->f[HF_LIFE_N - 1];
  i = (size_t)at;
  lo = hf_life_hours(i);
  hi = hf_life_hours(i + 1);
  share = (hours - lo) / (hi - lo);
  share = share < 0 ? 0 : share > 1 ? 1 : share;
  return l->f[i] + share * (l->f[i + 1] - l->f[i]);
}

double hf_life_quantile(const hf_life *l, double p) {
  size_t i = 0;
  double lo, hi, below, t;
  while (i < HF_LIFE_N && l->f[i] < p) i++;
  if (i == HF_LIFE_N) return INFINITY;
  lo = i == 0 ? 0 : hf_life_hours(i - 1);
  below = i == 0 ? 0 : l->f[i - 1];
  hi = hf_life_hours(i);
  t = lo + (hi - lo) * (p - below) / (l->f[i] - below);
  return t <= l->outlook ? t : INFINITY;
}

void hf_life_range(const hf_life *l, double share, double *lo, double *hi) {
  enum { STEPS = 20 };
  double best = INFINITY, a = INFINITY, b = INFINITY;
  size_t k;
  for (k = 1; k <= STEPS; k++) {
    double below = (1 - share) * (double)k / STEPS;
    double from = hf_life_quantile(l, below);
    double to = k < STEPS ? hf_life_quantile(l, below + share) : INFINITY;
    double width = fmin(to, l->shows) - from;
    if (!isfinite(from) || !(width < best)) continue;
    best = width;
    a = from;
    b = to;
  }
  /* hardly any end within the outlook: that long at least */
  if (!isfinite(hf_life_quantile(l, 1 - share))) {
    a = l->outlook;
    b = INFINITY;
  }
  *lo = a;
  *hi = b;
}

/* One life more is as likely below the k-th of n as k / (n + 1): bounds that
** hold 90% must lie at 0.9 (n + 1) / n of those known (Vovk 2005, conformal
** prediction). Lives here are smoothed steps, which lie half a life further out
** than the steps themselves; and from fewer than nine lives on a twentieth is
** nobody's. What a path tells is a little too sure of the form of the path: of
** four simulated fleets 0.9 held 80%, 0.93 87%. */
double hf_life_share(size_t lives) {
  double share = lives > 0 ? 0.9 + 0.45 / (double)lives : 0.93;
  return share < 0.95 ? share : 0.95;
}

double hf_life_mean(const hf_life *l) {
  double sum = 0, from = 0, alive = 1;
  size_t i;
  for (i = 0; i < HF_LIFE_N; i++) {
    double to = hf_life_hours(i), next = 1 - l->f[i];
    if (to >= l->shows) {
      next = 1 - hf_life_within(l, l->shows);
      return sum + (l->shows - from) * (alive + next) / 2;
    }
    sum += (to - from) * (alive + next) / 2;
    from = to;
    alive = next;
  }
  return sum;
}

void hf_life_mix(hf_life *to, double share, const hf_life *from) {
  size_t i;
  for (i = 0; i < HF_LIFE_N; i++) {
    to->f[i] = share * to->f[i] + (1 - share) * from->f[i];
  }
  if (from->outlook > to->outlook) to->outlook = from->outlook;
  if (from->shows > to->shows) to->shows = from->shows;
}

void hf_life_sooner(hf_life *to, const hf_life *from) {
  size_t i;
  for (i = 0; i < HF_LIFE_N; i++) {
    if (from->f[i] > to->f[i]) to->f[i] = from->f[i];
  }
  if (from->outlook > to->outlook) to->outlook = from->outlook;
  if (from->shows > to->shows) to->shows = from->shows;
}

void hf_life_blend(hf_life *to, size_t n, size_t least, const hf_life *limit) {
  double first = hf_life_quantile(to, 0.05);
  double more = n > least ? (double)(n - least) : 0, share = more / (more + 20);
  hf_life both = *to;
  if (!isfinite(first)) first = to->outlook;
  share *= 1 - hf_life_within(limit, first);
  hf_life_sooner(&both, limit);
  hf_life_mix(to, share, &both);
}

void hf_life_later(hf_life *l, double hours) {
  double gone = hf_life_within(l, hours), before = 0;
  hf_life old = *l;
  size_t i;
  for (i = 0; i < HF_LIFE_N; i++) {
    double f = hf_life_within(&old, hf_life_hours(i) + hours);
    f = gone < 1 - 1e-9 ? (f - gone) / (1 - gone) : 1;
    l->f[i] = before = f > before ? (f < 1 ? f : 1) : before;
  }
}
