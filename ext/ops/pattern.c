/*
** pattern.c: periodic, trending, stable or unknown; see pattern.h.
**
** Periodic: rhythm.h accepted a period.
**
** Trending: cut the series (less its season) into ten blocks and look at the
** nine differences of their means. A steady trend moves every block by the
** same amount; a random walk moves each at random. The mean difference over
** its standard error is Student's t for a walk, so that a large one means a
** drift that neither noise nor a walk explains.
**
** Otherwise the block means tell a level (their spread is what the noise in
** them allows: stable) from a walk (far more: unknown).
**
** Confidence is a logistic curve in the logarithm of the evidence over its
** threshold; its slopes were fitted on simulated series of all four words.
*/
#include "pattern.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { PATTERN_BLOCKS = 10, PATTERN_STEADY_MIN = 20 };

#define PATTERN_STEADY 5.0

const char *hf_pattern_text(hf_pattern_word word) {
  static const char *const text[] = {"unknown", "stable", "trending",
                                     "periodic"};
  return text[word];
}

/* Block means of x[n] into b[PATTERN_BLOCKS]. */
static void pattern_blocks(const double *x, size_t n, double *b) {
  size_t i;
  for (i = 0; i < PATTERN_BLOCKS; i++) {
    size_t from = i * n / PATTERN_BLOCKS, to = (i + 1) * n / PATTERN_BLOCKS;
    b[i] = hf_stat_mean(x + from, to - from);
  }
}

/* |t| of the mean difference between blocks. */
static double pattern_steady(const double *b) {
  double d[PATTERN_BLOCKS - 1], mean, sd;
  size_t i;
  for (i = 0; i + 1 < PATTERN_BLOCKS; i++) d[i] = b[i + 1] - b[i];
  mean = hf_stat_mean(d, PATTERN_BLOCKS - 1);
  sd = hf_stat_sd(d, PATTERN_BLOCKS - 1);
  if (mean == 0) return 0;
  if (!(sd > 1e-12 * fabs(mean))) return 1e6;
  return fabs(mean) / (sd / sqrt((double)PATTERN_BLOCKS - 1));
}

/* How far block means spread beyond what the noise within them allows: about
** 1 for white noise about a level, the block length for a walk. */
static double pattern_wander(const double *x, size_t n, const double *b) {
  double within = 0, size = (double)n / PATTERN_BLOCKS;
  size_t i;
  for (i = 1; i < n; i++) within += (x[i] - x[i - 1]) * (x[i] - x[i - 1]);
  within /= 2 * (double)(n - 1);
  if (!(within > 0)) return 1;
  return hf_stat_variance(b, PATTERN_BLOCKS) * size / within;
}

static double pattern_logistic(double z) {
  return 1 / (1 + exp(-z));
}

/* Slope of x[n] a cell: the median of the slopes between the block means of
** one half and those of the other (Theil 1950 on means); with few cells the
** line. */
static double pattern_slope(const double *x, size_t n, const double *b) {
  double s[PATTERN_BLOCKS * PATTERN_BLOCKS], level, slope;
  size_t i, j, c = 0;
  if (n < 2 * PATTERN_BLOCKS) {
    hf_rhythm_line(x, n, &level, &slope);
    return slope;
  }
  for (i = 0; i < PATTERN_BLOCKS / 2; i++)
    for (j = PATTERN_BLOCKS / 2; j < PATTERN_BLOCKS; j++)
      s[c++] = (b[j] - b[i]) / ((double)(j - i) * (double)n / PATTERN_BLOCKS);
  return hf_stat_median(s, c);
}

/* The word and its confidence from the evidence. */
static void pattern_word(const hf_rhythm *r, double wander, size_t n,
                         hf_pattern *p) {
  double periodic = log(r->margin + 0.01);
  double steady = log((p->steady + 0.01) / PATTERN_STEADY);
  if (r->m > 0) {
    p->word = HF_PATTERN_PERIODIC;
    p->confidence = pattern_logistic(1 + 4 * periodic);
    return;
  }
  p->confidence = pattern_logistic(1 - 4 * periodic);
  if (n >= PATTERN_STEADY_MIN && p->steady > PATTERN_STEADY) {
    p->word = HF_PATTERN_TRENDING;
    p->confidence *= pattern_logistic(1 + 3 * steady);
  } else if (n >= PATTERN_STEADY_MIN && wander < 20) {
    p->word = HF_PATTERN_STABLE;
    p->confidence *= pattern_logistic(1 - 3 * steady);
  } else {
    p->word = HF_PATTERN_UNKNOWN;
    p->confidence *= pattern_logistic(1 - 3 * steady);
  }
}

int hf_pattern_find(hf_work *w, const hf_grid *g, hf_pattern *out) {
  hf_mark mark = hf_work_mark(w);
  hf_pattern p;
  hf_rhythm r;
  double b[PATTERN_BLOCKS], *x, wander = HUGE_VAL;
  size_t n = g->n;
  int rc;
  if (n - g->filled < HF_PATTERN_MIN) return HF_EDATA;
  x = hf_work_reals(w, n);
  if (x == NULL) return HF_ENOMEM;
  memcpy(x, g->fill, n * sizeof(double));
  rc = hf_rhythm_search(w, x, n, g->step, &r);
  if (rc == HF_OK && r.m > 0) rc = hf_rhythm_remove(w, x, n, r.m);
  if (rc == HF_OK && r.m2 > 0) rc = hf_rhythm_remove(w, x, n, r.m2);
  if (rc == HF_OK) {
    memset(&p, 0, sizeof p);
    p.period = r.m > 0 ? (double)r.m * g->step : NAN;
    p.period2 = r.m2 > 0 ? (double)r.m2 * g->step : NAN;
    p.strength = r.m > 0 ? r.strength : 0;
    if (n >= 2 * PATTERN_BLOCKS) {
      pattern_blocks(x, n, b);
      p.steady = pattern_steady(b);
      wander = pattern_wander(x, n, b);
    }
    p.slope = pattern_slope(x, n, b) * 86400 / g->step;
    pattern_word(&r, wander, n, &p);
    *out = p;
  }
  hf_work_release(w, mark);
  return rc;
}
