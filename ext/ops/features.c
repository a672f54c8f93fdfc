/*
** features.c: what the learned models see of a component (failure.h).
**
** Two sets, for two ways to fail. Machines that wear show it in the level and
** the trend of gauges, so `wear` holds robust levels, slopes and changes in the
** metrics' own units. Rare events announce themselves by counters that leave
** zero, so `rare` holds signed logs, on which one scale fits bytes and errors.
*/
#include "failure.h"

#include <math.h>

enum { FEATURES_SHORT = 5, FEATURES_LONG = 50 };

static double features_log(double v) {
  return v < 0 ? -log1p(-v) : log1p(v);
}

/* Number of samples up to `now`. */
static size_t features_count(const hf_samples *s, double now) {
  size_t lo = 0, hi = s->n;
  if (s->n > 0 && s->ts[s->n - 1] <= now) return s->n;
  while (lo < hi) {
    size_t mid = (lo + hi) / 2;
    if (s->ts[mid] <= now)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

/* A lone value further than 3.5 standard deviations from the mean of y[k] and
** as far from the median of it and its neighbours is a burst, not wear: that
** median takes its place. Two such values in a row stay: so a change begins. */
static void features_calm(double *y, size_t k) {
  double sum = 0, square = 0, mean, far, was = NAN;
  size_t i;
  for (i = 0; i < k; i++) sum += y[i];
  mean = sum / (double)k;
  for (i = 0; i < k; i++) square += (y[i] - mean) * (y[i] - mean);
  far = 3.5 * sqrt(square / (double)k);
  for (i = 0; i < k && k > 2; i++) {
    double v = y[i], a = i > 0 ? was : y[2],
           b = i + 1 < k ? y[i + 1] : y[k - 3];
    double low = fmin(a, b), high = fmax(a, b), m = fmin(fmax(v, low), high);
    if (fabs(v - mean) > far && fabs(v - m) > far) y[i] = m;
    was = v;
  }
}

/* Level and trend before sample n; NaN without a value. */
static void features_wear(const hf_samples *s, size_t n, double start,
                          double *f) {
  double t[FEATURES_LONG], y[FEATURES_LONG];
  double sum = 0, recent = 0, st = 0, tt = 0, ty = 0;
  size_t k = 0, i, past = n > HF_FAILURE_NEWEST ? n - HF_FAILURE_NEWEST : 0;
  for (i = n; i > past && k < FEATURES_LONG; i--) {
    double v = s->value[i - 1];
    if (isnan(v)) continue;
    t[k] = s->ts[i - 1];
    y[k++] = v;
  }
  f[0] = f[1] = f[2] = f[3] = NAN;
  if (k == 0) return;
  features_calm(y, k);
  for (i = 0; i < k; i++) {
    sum += y[i];
    st += t[i] - t[0];
    if (i < FEATURES_SHORT) recent += y[i];
  }
  f[0] = recent / (double)(k < FEATURES_SHORT ? k : FEATURES_SHORT);
  f[1] = sum / (double)k;
  for (i = 0; i < k; i++) {
    double d = t[i] - t[0] - st / (double)k;
    tt += d * d;
    ty += d * (y[i] - f[1]);
  }
  f[2] = tt > 0 ? ty / tt * (t[0] - t[k - 1]) : 0;
  f[3] = isnan(start) ? 0 : f[0] - start;
}

/* Nonzero, size and rise before sample n. */
static void features_rare(const hf_samples *s, size_t n, double from,
                          double *f) {
  double last = NAN, before = NAN;
  size_t i, seen = 0;
  for (i = n; i > 0 && seen < HF_FAILURE_NEWEST; i--, seen++) {
    double v = s->value[i - 1];
    if (isnan(v)) continue;
    if (isnan(last)) last = v;
    before = v;
    if (s->ts[i - 1] <= from) break;
  }
  f[0] = f[1] = f[2] = 0;
  if (isnan(last)) return;
  f[0] = last != 0;
  f[1] = features_log(last);
  f[2] = features_log(last - before);
}

void hf_failure_features(const hf_track *t, size_t metrics, double now,
                         double window, double *wear, double *rare) {
  double age = (now - t->born) / 3600;
  size_t j;
  for (j = 0; j < metrics; j++) {
    const hf_samples *s = &t->metric[j];
    size_t n = features_count(s, now);
    features_wear(s, n, t->start[j], wear + 4 * j);
    features_rare(s, n, now - 3600 * window, rare + 3 * j);
  }
  age = age > 0 ? age : 0;
  wear[4 * metrics] = age;
  rare[3 * metrics] = log1p(age / 24);
}
