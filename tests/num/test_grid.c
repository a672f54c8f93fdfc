/*
** test_grid.c: ops/grid.c: the step, the cells, every kind, hostile input.
** Expected values were worked out by hand.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "arena.h"
#include "ops/grid.h"

static test_arena A = {-1, 0};

static hf_samples samples(double *ts, double *v, size_t n, hf_kind kind) {
  hf_samples s = {0};
  s.ts = ts;
  s.value = v;
  s.n = n;
  s.kind = kind;
  return s;
}

static double step_of(double *ts, double *v, size_t n) {
  hf_work w = test_work(&A);
  hf_samples s = samples(ts, v, n, HF_GAUGE);
  double step = -1;
  int rc = hf_grid_step(&w, &s, &step);
  hf_work_free(&w);
  return rc == HF_OK ? step : -rc;
}

static void steps(void **state) {
  double ts[200], v[200];
  uint32_t r = 1;
  size_t i, n;
  (void)state;
  for (i = 0; i < 200; i++) v[i] = 1;
  /* regular, with a gap and duplicates */
  for (i = 0; i < 50; i++) ts[i] = 60.0 * (double)(i / 2 + (i > 30 ? 500 : 0));
  assert_true(step_of(ts, v, 50) == 60);
  /* an odd step stays what it is */
  for (i = 0; i < 50; i++) ts[i] = 37.0 * (double)i;
  assert_true(step_of(ts, v, 50) == 37);
  /* a tenth of the rows lost */
  for (i = n = 0; i < 200; i++)
    if (i % 10 != 3) ts[n++] = 300.0 * (double)i;
  assert_true(step_of(ts, v, n) == 300);
  /* every stamp jitters by a tenth */
  for (i = 0; i < 200; i++) {
    r = r * 1664525u + 1013904223u;
    ts[i] = 300.0 * (double)i + 30.0 * (double)(r >> 16) / 65536.0;
  }
  assert_true(step_of(ts, v, 200) == 300);
  /* rows that hold NULL do not count */
  for (i = 0; i < 40; i++) {
    ts[i] = 10.0 * (double)i;
    v[i] = i % 2 ? NAN : 1;
  }
  assert_true(step_of(ts, v, 40) == 20);
  assert_true(step_of(ts, v, 1) == -HF_EDATA);
  assert_true(step_of(ts, v, 0) == -HF_EDATA);
}

static void build(hf_samples s, double step, hf_work *w, hf_grid *g) {
  assert_int_equal(hf_grid_build(w, &s, step, 1000, g), HF_OK);
}

static void kinds(void **state) {
  double ts[] = {0, 60, 61, 240, 241}, v[] = {10, 20, 40, 5, 8};
  hf_work w = test_work(&A);
  hf_grid g;
  (void)state;
  build(samples(ts, v, 5, HF_GAUGE), 60, &w, &g);
  assert_true(g.n == 5 && g.start == 0 && g.step == 60 && g.used == 5);
  assert_true(g.y[0] == 10 && g.y[1] == 30 && isnan(g.y[2]) && g.y[4] == 6.5);
  assert_true(g.filled == 2 && fabs(g.fill[2] - 22.1666666666667) < 1e-9);
  build(samples(ts, v, 5, HF_DELTA), 60, &w, &g);
  assert_true(g.y[1] == 60 && g.y[2] == 0 && g.y[4] == 13 && g.filled == 0);
  build(samples(ts, v, 5, HF_QUANTILE), 60, &w, &g);
  assert_true(g.y[1] == 40 && isnan(g.y[3]) && g.y[4] == 8);
  build(samples(ts, v, 5, HF_STATE), 60, &w, &g);
  assert_true(g.y[1] == 40 && g.y[2] == 40 && g.y[3] == 40 && g.y[4] == 8);
  /* 10 -> 20 in 60 s, 20 -> 40 in 1 s, a reset to 5 in 179 s, 3 in 1 s */
  build(samples(ts, v, 5, HF_COUNTER), 60, &w, &g);
  assert_true(g.n == 4 && g.start == 60);
  assert_true(fabs(g.y[0] - 30.0 / 61) < 1e-12 && isnan(g.y[1]));
  assert_true(fabs(g.y[3] - 8.0 / 180) < 1e-12);
  hf_work_free(&w);
}

/* Late and early stamps around the full minute: no holes, no doubles. */
static void straddle(void **state) {
  double ts[100], v[100];
  hf_work w = test_work(&A);
  hf_grid g;
  size_t i;
  (void)state;
  for (i = 0; i < 100; i++) {
    ts[i] = 60.0 * (double)i + (i % 3 == 0 ? -2 : 3);
    v[i] = (double)i;
  }
  build(samples(ts, v, 100, HF_GAUGE), 0, &w, &g);
  assert_true(g.step == 60 && g.n == 100 && g.filled == 0 && g.y[99] == 99);
  hf_work_free(&w);
}

static void hostile(void **state) {
  double ts[] = {-1e11, -1e11, 0, 1e11}, v[] = {1e100, -1e100, NAN, 1e100};
  double same[] = {5, 5}, two[] = {1, 3};
  hf_work w = test_work(&A);
  hf_samples s = samples(ts, v, 4, HF_GAUGE);
  hf_grid g = {0};
  (void)state;
  assert_int_equal(hf_grid_build(&w, &s, 1, 1000, &g), HF_ERANGE);
  assert_int_equal(hf_grid_build(&w, &s, 0, 1000, &g), HF_OK);
  assert_true(g.n == 2 && g.y[0] == 0 && isfinite(g.fill[1]));
  s = samples(ts, v, 1, HF_GAUGE);
  assert_int_equal(hf_grid_build(&w, &s, 60, 1000, &g), HF_EDATA);
  s = samples(same, two, 2, HF_GAUGE);
  assert_int_equal(hf_grid_build(&w, &s, 0, 1000, &g), HF_EDATA);
  assert_int_equal(hf_grid_build(&w, &s, 10, 1000, &g), HF_OK);
  assert_true(g.n == 1 && g.y[0] == 2 && g.start == 0);
  hf_work_free(&w);
}

/* Memory that runs out: the code, untouched outputs, nothing lost. */
static void no_memory(void **state) {
  static double ts[4000], v[4000];
  size_t i;
  long left;
  int rc = HF_ENOMEM;
  (void)state;
  for (i = 0; i < 4000; i++) ts[i] = v[i] = (double)i;
  for (left = 0; rc == HF_ENOMEM; left++) {
    test_arena a = {left, 0};
    hf_work w = test_work(&a);
    hf_samples s = samples(ts, v, 4000, HF_GAUGE);
    hf_grid g = {0};
    rc = hf_grid_build(&w, &s, 0, 100000, &g);
    if (rc != HF_OK) assert_true(rc == HF_ENOMEM && g.y == NULL);
    hf_work_free(&w);
    assert_int_equal(a.held, 0);
  }
  assert_true(rc == HF_OK && left > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps), cmocka_unit_test(kinds),
      cmocka_unit_test(straddle), cmocka_unit_test(hostile),
      cmocka_unit_test(no_memory)};
  return cmocka_run_group_tests_name("ops/grid", tests, NULL, NULL);
}
