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
** Confidence is a logistic regression of "the word is right" on the evidence
** (pattern.h), one for each word. The coefficients are what `make
** bench-pattern` prints: fitted on 12,000 simulated series of all four words
** in equal shares (tests/bench/patterns.h), seed 1. On 12,000 of seed 2 the
** expected calibration error is 0.006. A series that never varies is no case
** for it: that the next value is the same has by Laplace's rule of succession
** the probability (n + 1) / (n + 2).
*/
#include "pattern.h"
#include "../num/logit.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { PATTERN_BLOCKS = 10, PATTERN_STEADY_MIN = 20 };

#define PATTERN_STEADY 5.0
#define PATTERN_WANDER 20.0

/* Of the logistic regression for each word: evidence, then the intercept. */
static const double pattern_beta[4][HF_PATTERN_EVIDENCE + 1] = {
    /* unknown */
    {-0.56344, -5.8371, -1.9901, 0.23118, 0, -0.95971, 0.4569, -0.006159,
     -0.346, 2.6018, -4.8053},
    /* stable */
    {-0.75766, -3.9898, -0.25504, 1.5628, 0, -0.64554, -0.45679, -0.20811,
     0.12563, 0, -4.7441},
    /* trending */
    {-0.83784, 1.4328, 0.30584, 1.4013, 0, 0.43097, -0.14064, -0.30346,
     -0.039646, 0, 3.33},
    /* periodic */
    {2.2304, 1.216, -0.91557, 1.2031, 1.3513, 0.048128, -0.018223, -0.041641,
     0.049454, -0.70124, 6.1685},
};

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

static double pattern_bounded(double v, double lo, double hi) {
  return v < lo ? lo : v > hi ? hi : v;
}

static void pattern_evidence(const hf_rhythm *r, double wander, size_t n,
                             hf_pattern *p) {
  double *e = p->evidence;
  double share = pattern_bounded(p->strength, 0.01, 0.9999);
  e[0] = pattern_bounded(log(r->margin + 0.01), -3, 5);
  e[1] = pattern_bounded(log((p->steady + 0.01) / PATTERN_STEADY), -3, 4);
  e[2] = pattern_bounded(log(wander + 0.01), -2, 7);
  e[3] = pattern_bounded(log((double)n / 100), -3, 3);
  e[4] = r->m > 0 ? log(share / (1 - share)) : 0;
  e[9] = n < 2 * PATTERN_BLOCKS;
  if (e[9] > 0) e[1] = e[2] = 0;
  e[5] = e[1] * e[1];
  e[6] = e[2] * e[2];
  e[7] = e[3] * e[3];
  e[8] = e[2] * e[3];
}

/* The word from the evidence, and the probability that it is right. */
static void pattern_word(const hf_rhythm *r, double wander, size_t n,
                         hf_pattern *p) {
  if (r->m > 0)
    p->word = HF_PATTERN_PERIODIC;
  else if (n >= PATTERN_STEADY_MIN && p->steady > PATTERN_STEADY)
    p->word = HF_PATTERN_TRENDING;
  else if (n >= PATTERN_STEADY_MIN && wander < PATTERN_WANDER)
    p->word = HF_PATTERN_STABLE;
  else
    p->word = HF_PATTERN_UNKNOWN;
  pattern_evidence(r, wander, n, p);
  p->confidence = hf_logit_p(
      hf_logit_score(pattern_beta[p->word], p->evidence, HF_PATTERN_EVIDENCE));
}

int hf_pattern_find(hf_work *w, const hf_grid *g, const hf_rhythm *known,
                    hf_pattern *out) {
  hf_mark mark = hf_work_mark(w);
  hf_pattern p;
  hf_rhythm r;
  double b[PATTERN_BLOCKS], *x, wander = HUGE_VAL, lo, hi;
  size_t n = g->n;
  int rc = HF_OK;
  if (n - g->filled < HF_PATTERN_MIN) return HF_EDATA;
  x = hf_work_reals(w, n);
  if (x == NULL) return HF_ENOMEM;
  memcpy(x, g->fill, n * sizeof(double));
  if (known != NULL)
    r = *known;
  else
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
    hf_stat_range(g->fill, n, &lo, &hi);
    if (!(hi > lo) && p.word == HF_PATTERN_STABLE)
      p.confidence = ((double)n + 1) / ((double)n + 2);
    *out = p;
  }
  hf_work_release(w, mark);
  return rc;
}
