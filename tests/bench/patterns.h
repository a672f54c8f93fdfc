/*
** patterns.h: simulated series whose word (ops/pattern.h) is known, for fitting
** the confidence of hf_pattern and for testing it on other seeds.
**
** A quarter each, lengths 12..2000 (log-uniform), one cell an hour:
**   periodic  one or two periods of 4 cells to a quarter of the length, a sine,
**             a pulse or a working week's rectangle; a third with a line, a
**             third on a level that wanders slowly
**   trending  a line that rises 3 to 40 noise deviations over the length
**   stable    a level with white or autocorrelated noise (AR(1), up to .6)
**   unknown   a random walk or nearly one (AR(1), .93 to .995), half of them
**             with white noise on top
** Noise is normal; every tenth series has outliers, every tenth two gaps of up
** to an eighth of the length, bridged by a line as ops/grid.c does.
*/
#ifndef BENCH_PATTERNS_H
#define BENCH_PATTERNS_H

#include <math.h>

#include "num/rng.h"
#include "ops/pattern.h"

enum { SIM_CELLS = 2000, SIM_LEAST = 12 };

static double sim_between(hf_rng *r, double lo, double hi) {
  return lo + (hi - lo) * hf_rng_uniform(r);
}

/* Log-uniform between lo and hi. */
static double sim_scale(hf_rng *r, double lo, double hi) {
  return exp(sim_between(r, log(lo), log(hi)));
}

/* Standard normal (Box and Muller 1958). */
static double sim_normal(hf_rng *r) {
  double u = 1 - hf_rng_uniform(r);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * hf_rng_uniform(r));
}

/* One season of unit variance, about, at place `at` (0..1) of its cycle. */
static double sim_season(int shape, double at) {
  if (shape == 0) return 1.414 * sin(6.283185307179586 * at);
  if (shape == 1) return at < 0.15 ? 2.4 : -0.42;
  return at < 5.0 / 7 ? 0.63 : -1.58;
}

static void sim_add_season(hf_rng *r, double *x, size_t n, double size) {
  double p = floor(sim_scale(r, 4, n / 4 > 5 ? (double)n / 4 : 5));
  double phase = hf_rng_uniform(r);
  int shape = (int)hf_rng_below(r, 3);
  size_t i;
  if (n > 96 && hf_rng_uniform(r) < 0.4) p = 24;
  for (i = 0; i < n; i++)
    x[i] += size * sim_season(shape, fmod((double)i / p + phase, 1));
}

static void sim_add_line(hf_rng *r, double *x, size_t n) {
  double rise = sim_scale(r, 3, 40) * (hf_rng_uniform(r) < 0.5 ? -1 : 1);
  size_t i;
  for (i = 0; i < n; i++) x[i] += rise * (double)i / (double)n;
}

static void sim_add_walk(hf_rng *r, double *x, size_t n) {
  double size = sim_scale(r, 0.03, 0.5), walk = 0;
  size_t i;
  for (i = 0; i < n; i++) {
    walk += size * sim_normal(r);
    x[i] += walk;
  }
}

static void sim_gap(hf_rng *r, double *x, size_t n) {
  size_t from = 1 + hf_rng_below(r, n / 2), to = from + hf_rng_below(r, n / 8);
  double slope = (x[to + 1] - x[from - 1]) / (double)(to + 2 - from);
  size_t i;
  for (i = from; i <= to; i++) x[i] = x[i - 1] + slope;
}

/* A series into x[SIM_CELLS]; returns its word, *n its length. */
static hf_pattern_word sim_series(hf_rng *r, double *x, size_t *n) {
  hf_pattern_word word = (hf_pattern_word)hf_rng_below(r, 4);
  double walk = 0, ar = 0, phi = 0, on_top = 0, hold = 1;
  double level = sim_between(r, -20, 100);
  int outliers = hf_rng_uniform(r) < 0.1, gaps = hf_rng_uniform(r) < 0.1;
  size_t i;
  *n = (size_t)sim_scale(r, SIM_LEAST, SIM_CELLS);
  if (word == HF_PATTERN_STABLE && hf_rng_uniform(r) < 0.5)
    phi = sim_between(r, 0, 0.6);
  if (word == HF_PATTERN_UNKNOWN && hf_rng_uniform(r) < 0.5)
    on_top = sim_scale(r, 0.3, 3);
  if (word == HF_PATTERN_UNKNOWN && hf_rng_uniform(r) < 0.33)
    hold = sim_between(r, 0.93, 0.995);
  for (i = 0; i < *n; i++) {
    double e = sim_normal(r);
    walk = hold * walk + sim_normal(r);
    ar = phi * ar + e;
    x[i] = word == HF_PATTERN_UNKNOWN ? walk + on_top * e : ar;
    if (outliers && hf_rng_uniform(r) < 0.01) x[i] += 15;
  }
  if (word == HF_PATTERN_PERIODIC) {
    double size = sim_scale(r, 0.5, 6);
    sim_add_season(r, x, *n, size);
    if (hf_rng_uniform(r) < 0.3)
      sim_add_season(r, x, *n, size * sim_between(r, 0.3, 1));
    if (hf_rng_uniform(r) < 0.33) sim_add_line(r, x, *n);
    if (hf_rng_uniform(r) < 0.33) sim_add_walk(r, x, *n);
  }
  if (word == HF_PATTERN_TRENDING) sim_add_line(r, x, *n);
  for (i = 0; i < *n; i++) x[i] += level;
  for (i = 0; i < 2 && gaps; i++) sim_gap(r, x, *n);
  return word;
}

/* The grid of x[n], an hour a cell. */
static hf_grid sim_grid(double *x, size_t n) {
  hf_grid g = {0};
  g.step = 3600;
  g.n = n;
  g.y = g.fill = x;
  g.used = n;
  return g;
}

/* Expected calibration error (Naeini et al. 2015): the mean distance between
** confidence p and share of right words in ten bins of confidence, weighed by
** the number of series in them. */
static double sim_ece(const double *p, const double *right, size_t n) {
  double sum[10] = {0}, hit[10] = {0}, all = 0;
  size_t i;
  for (i = 0; i < n; i++) {
    size_t bin = p[i] < 1 ? (size_t)(p[i] * 10) : 9;
    sum[bin] += p[i];
    hit[bin] += right[i];
  }
  for (i = 0; i < 10; i++) all += fabs(sum[i] - hit[i]);
  return all / (double)n;
}

#endif
