/*
** test_pattern.c: ops/pattern.h's confidence is calibrated. Series whose word
** is known come from tests/bench/patterns.h, with seeds that the coefficients
** were not fitted on.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../bench/patterns.h"
#include "arena.h"
#include "num/logit.h"

enum { SERIES = 3000 };
static double P[SERIES], Right[SERIES];
static hf_pattern_word Said[SERIES];

static void simulate(uint64_t seed) {
  static double x[SIM_CELLS];
  test_arena a = {-1, 0};
  hf_work w = test_work(&a);
  hf_rng r = {seed};
  size_t i;
  for (i = 0; i < SERIES; i++) {
    size_t n;
    hf_pattern_word word = sim_series(&r, x, &n);
    hf_grid g = sim_grid(x, n);
    hf_mark mark = hf_work_mark(&w);
    hf_pattern p;
    assert_int_equal(hf_pattern_find(&w, &g, NULL, &p), HF_OK);
    hf_work_release(&w, mark);
    assert_true(p.confidence > 0 && p.confidence < 1);
    P[i] = p.confidence;
    Said[i] = p.word;
    Right[i] = p.word == word;
  }
  hf_work_free(&w);
}

/* Expected calibration error over all series, and for each word. */
static void calibrated(void **state) {
  static const uint64_t seed[] = {101, 202};
  static double p[SERIES], right[SERIES];
  size_t i, k, n;
  int word;
  (void)state;
  for (k = 0; k < 2; k++) {
    double ece, brier = 0, mean = 0, base = 0;
    simulate(seed[k]);
    ece = sim_ece(P, Right, SERIES);
    if (!(ece <= 0.05)) fail_msg("calibration error %.3f", ece);
    for (word = 0; word < 4; word++) {
      for (n = i = 0; i < SERIES; i++) {
        if ((int)Said[i] != word) continue;
        p[n] = P[i];
        right[n++] = Right[i];
      }
      assert_true(n > 100);
      ece = sim_ece(p, right, n);
      if (!(ece <= 0.08))
        fail_msg("%s: calibration error %.3f",
                 hf_pattern_text((hf_pattern_word)word), ece);
    }
    /* and it tells more than the share of right words alone would */
    for (i = 0; i < SERIES; i++) mean += Right[i] / SERIES;
    for (i = 0; i < SERIES; i++) {
      brier += (P[i] - Right[i]) * (P[i] - Right[i]);
      base += (mean - Right[i]) * (mean - Right[i]);
    }
    assert_true(brier < 0.8 * base);
  }
}

/* The measure sees spoiled coefficients: scores times 3, times 0.3, shifted or
 * of the wrong sign are not calibrated. */
static void spoiled(void **state) {
  static const double by[][2] = {{3, 0}, {0.3, 0}, {1, 1}, {1, -1}, {-1, 0}};
  static double p[SERIES];
  size_t i, k;
  (void)state;
  simulate(101);
  for (k = 0; k < sizeof by / sizeof by[0]; k++) {
    for (i = 0; i < SERIES; i++)
      p[i] = hf_logit_p(by[k][0] * log(P[i] / (1 - P[i])) + by[k][1]);
    if (!(sim_ece(p, Right, SERIES) > 0.05))
      fail_msg("spoiled %zu: calibration error %.3f", k,
               sim_ece(p, Right, SERIES));
  }
}

/* What never varies: the rule of succession. */
static void constant(void **state) {
  double x[98];
  test_arena a = {-1, 0};
  hf_work w = test_work(&a);
  hf_grid g = sim_grid(x, 98);
  hf_pattern p;
  size_t i;
  (void)state;
  for (i = 0; i < 98; i++) x[i] = 7;
  assert_int_equal(hf_pattern_find(&w, &g, NULL, &p), HF_OK);
  assert_int_equal(p.word, HF_PATTERN_STABLE);
  assert_true(fabs(p.confidence - 0.99) < 1e-12);
  hf_work_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(calibrated),
                                     cmocka_unit_test(spoiled),
                                     cmocka_unit_test(constant)};
  return cmocka_run_group_tests_name("ops/pattern", tests, NULL, NULL);
}
