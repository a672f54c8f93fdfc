/*
** test_regime.c: operating regimes, on cmocka. The levels and the sensors are
** made here, so that the right answer is known.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "ops/regime.h"

enum { LIVES = 5, ROWS = 120, METRICS = 4 };

static double at[LIVES][ROWS];
static double v[LIVES][METRICS][ROWS];
static hf_samples fleet[LIVES * METRICS];

static double noise(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (double)(*seed >> 8) / 16777216.0;
}

/* Two settings, of 2 and 3 levels, both needed; a sensor that follows them; a
** counter that only grows, in few levels: wear, no setting. */
static void make(void) {
  unsigned seed = 4;
  size_t g, i, j;
  for (g = 0; g < LIVES; g++) {
    for (i = 0; i < ROWS; i++) {
      double a = noise(&seed) < 0.5, b = floor(3 * noise(&seed));
      at[g][i] = 3600.0 * (double)i;
      v[g][0][i] = 60 + 40 * a;
      v[g][1][i] = 10 * b + 0.01 * noise(&seed);
      v[g][2][i] = 300 + 70 * a - 25 * b * b + noise(&seed);
      v[g][3][i] = floor((double)i / 30);
    }
    for (j = 0; j < METRICS; j++) {
      hf_samples *m = &fleet[g * METRICS + j];
      memset(m, 0, sizeof(*m));
      m->ts = at[g];
      m->value = v[g][j];
      m->n = ROWS;
    }
  }
}

static void regime_found(void **state) {
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_samples one[METRICS];
  hf_regime r;
  double sum = 0, square = 0;
  size_t i;
  (void)state;
  make();
  assert_int_equal(hf_regime_learn(&w, &keep, fleet, LIVES, METRICS, &r),
                   HF_OK);
  assert_int_equal(r.settings, 2);
  assert_int_equal(r.codes, 6);
  assert_int_equal(r.setting[0].metric + r.setting[1].metric, 1);
  assert_true(r.moves[2] && !r.moves[3]);
  memcpy(one, fleet, sizeof(one));
  assert_int_equal(hf_regime_apply(&w, &r, one), HF_OK);
  assert_int_equal(one[0].n + one[1].n, 0);
  assert_ptr_equal(one[3].value, v[0][3]);
  for (i = 0; i < ROWS; i++) {
    sum += one[2].value[i];
    square += one[2].value[i] * one[2].value[i];
  }
  assert_true(fabs(sum / ROWS) < 0.2);
  assert_true(fabs(square / ROWS - 1) < 0.2);
  /* before the setting is known there is no regime */
  memcpy(one, fleet, sizeof(one));
  one[0].ts += 1;
  one[0].value += 1;
  one[0].n -= 1;
  assert_int_equal(hf_regime_apply(&w, &r, one), HF_OK);
  assert_true(isnan(one[2].value[0]) && !isnan(one[2].value[1]));
  hf_work_free(&w);
  hf_work_free(&keep);
  assert_int_equal(a.held, 0);
}

/* Levels that nothing depends on are no regimes; nor are continuous values. */
static void regime_none(void **state) {
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_samples one[METRICS];
  hf_regime r;
  unsigned seed = 8;
  size_t g, i;
  (void)state;
  make();
  for (g = 0; g < LIVES; g++) {
    for (i = 0; i < ROWS; i++) v[g][2][i] = noise(&seed);
  }
  assert_int_equal(hf_regime_learn(&w, &keep, fleet, LIVES, METRICS, &r),
                   HF_OK);
  assert_int_equal(r.settings, 0);
  memcpy(one, fleet, sizeof(one));
  assert_int_equal(hf_regime_apply(&w, &r, one), HF_OK);
  assert_memory_equal(one, fleet, sizeof(one));
  for (i = 0; i < LIVES * METRICS; i++) fleet[i].n = 0;
  assert_int_equal(hf_regime_learn(&w, &keep, fleet, LIVES, METRICS, &r),
                   HF_OK);
  assert_int_equal(r.settings, 0);
  hf_work_free(&w);
  hf_work_free(&keep);
}

/* Memory that runs out anywhere: the code, nothing held, outputs untouched. */
static void regime_memory(void **state) {
  int rc = HF_ENOMEM;
  long n;
  (void)state;
  make();
  for (n = 0; rc == HF_ENOMEM && n < 200; n++) {
    test_arena a = {n, 0};
    hf_work w = test_work(&a), keep = test_work(&a);
    hf_regime r;
    memset(&r, 7, sizeof(r));
    rc = hf_regime_learn(&w, &keep, fleet, LIVES, METRICS, &r);
    if (rc != HF_OK) assert_int_equal(((unsigned char *)&r)[0], 7);
    hf_work_free(&w);
    hf_work_free(&keep);
    assert_int_equal(a.held, 0);
  }
  assert_int_equal(rc, HF_OK);
  assert_true(n > 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(regime_found),
      cmocka_unit_test(regime_none),
      cmocka_unit_test(regime_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
