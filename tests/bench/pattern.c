/*
** pattern.c: fits the confidence of hf_pattern (ops/pattern.c).
**
**   make bench-pattern
**
** Simulates labelled series (patterns.h), lets ops/pattern.c find word and
** evidence, and regresses "the word is right" on the evidence, for each word
** on its own (num/logit.h, ridge 1). Prints the coefficients as C, and how well
** calibrated they are on as many series of another seed.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../num/arena.h"
#include "num/logit.h"
#include "patterns.h"

enum { SERIES = 12000, WIDE = HF_PATTERN_EVIDENCE };

typedef struct sample {
  hf_pattern_word said;
  double right; /* 1: the word that the series was made for */
  double evidence[WIDE];
} sample;

static int simulate(hf_work *w, uint64_t seed, sample *s) {
  static double x[SIM_CELLS];
  hf_rng r = {seed};
  size_t i;
  for (i = 0; i < SERIES; i++) {
    size_t n;
    hf_pattern_word word = sim_series(&r, x, &n);
    hf_grid g = sim_grid(x, n);
    hf_mark mark = hf_work_mark(w);
    hf_pattern p;
    int rc = hf_pattern_find(w, &g, NULL, &p);
    if (rc != HF_OK) return rc;
    hf_work_release(w, mark);
    s[i].said = p.word;
    s[i].right = p.word == word;
    memcpy(s[i].evidence, p.evidence, sizeof p.evidence);
  }
  return HF_OK;
}

static int fit(hf_work *w, const sample *s, int word, double *beta) {
  double *x = calloc(SERIES * WIDE, sizeof *x), *y = calloc(SERIES, sizeof *y);
  double *weight = calloc(SERIES, sizeof *weight);
  signed char sign[WIDE] = {0};
  size_t i, n = 0;
  int rc = HF_ENOMEM;
  if (x != NULL && y != NULL && weight != NULL) {
    for (i = 0; i < SERIES; i++) {
      if ((int)s[i].said != word) continue;
      memcpy(x + n * WIDE, s[i].evidence, sizeof s[i].evidence);
      y[n] = s[i].right;
      weight[n++] = 1;
    }
    rc = hf_logit_fit(w, x, y, weight, n, WIDE, 1, sign, beta);
  }
  free(x);
  free(y);
  free(weight);
  return rc;
}

int main(void) {
  test_arena a = {-1, 0};
  hf_work w = test_work(&a);
  sample *s = calloc(SERIES, sizeof *s);
  double beta[4][WIDE + 1], *p = calloc(SERIES, sizeof *p);
  double *right = calloc(SERIES, sizeof *right), mean = 0;
  size_t i, j;
  int word, rc = s != NULL && p != NULL && right != NULL ? 0 : HF_ENOMEM;
  if (rc == HF_OK) rc = simulate(&w, 1, s);
  for (word = 0; word < 4 && rc == HF_OK; word++) {
    rc = fit(&w, s, word, beta[word]);
    printf("    {");
    for (j = 0; j <= WIDE && rc == HF_OK; j++)
      printf("%s%.5g", j > 0 ? ", " : "", beta[word][j]);
    printf("}, /* %s */\n", hf_pattern_text((hf_pattern_word)word));
  }
  if (rc == HF_OK) rc = simulate(&w, 2, s);
  for (word = 0; word <= 4 && rc == HF_OK; word++) {
    size_t n = 0;
    for (i = 0; i < SERIES; i++) {
      if (word < 4 && (int)s[i].said != word) continue;
      p[n] = hf_logit_p(hf_logit_score(beta[s[i].said], s[i].evidence, WIDE));
      right[n++] = s[i].right;
    }
    for (mean = 0, i = 0; i < n; i++) mean += right[i];
    printf("%-8s said of %5zu series, right %.3f, calibration error %.3f\n",
           word < 4 ? hf_pattern_text((hf_pattern_word)word) : "any", n,
           mean / (double)n, sim_ece(p, right, n));
  }
  hf_work_free(&w);
  free(s);
  free(p);
  free(right);
  if (rc != HF_OK) fprintf(stderr, "pattern: error %d\n", rc);
  return rc != HF_OK;
}
