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

/* Buckets of an hour: what the samples themselves would have given. */
static void buckets(void **state) {
  enum { N = 400, CUT = 240 };
  double ts[N], v[N];
  hf_bucket b[N];
  hf_work w = test_work(&A);
  int kind;
  (void)state;
  for (kind = HF_GAUGE; kind <= HF_STATE; kind++) {
    hf_samples all = samples(ts, v, N, (hf_kind)kind);
    hf_samples late = samples(ts + CUT, v + CUT, N - CUT, (hf_kind)kind);
    hf_buckets older = {b, 0, 3600};
    hf_grid want, got;
    size_t i;
    for (i = 0; i < N; i++) {
      ts[i] = 900 * (double)i + (i % 3 == 1 ? 77 : 0);
      v[i] = kind == HF_COUNTER ? (double)(i % 90 * (i % 7))
                                : (double)(i * 37 % 101) + 1;
    }
    for (i = 0; i < CUT; i++) {
      hf_bucket one;
      double start = hf_bucket_start(ts[i], 3600);
      hf_bucket_one(&one, (hf_kind)kind, start, ts[i], v[i]);
      if (older.n > 0 && b[older.n - 1].ts == start) {
        hf_bucket_merge(&b[older.n - 1], (hf_kind)kind, &one);
      } else {
        b[older.n++] = one;
      }
    }
    /* cells of one hour, and of three */
    for (i = 1; i <= 3; i += 2) {
      size_t k;
      double step = 3600 * (double)i;
      build(all, step, &w, &want);
      assert_int_equal(hf_grid_merge(&w, &late, &older, step, 1000, &got),
                       HF_OK);
      assert_int_equal(got.n, want.n);
      assert_int_equal(got.used, want.used);
      assert_true(got.start == want.start && got.coarse == 0);
      for (k = 0; k < got.n; k++)
        assert_true(fabs(got.y[k] - want.y[k]) <= 1e-9 * fabs(want.y[k]));
    }
    /* shorter cells, and cells that are no whole number of hours: none */
    for (i = 0; i < 2; i++) {
      assert_int_equal(
          hf_grid_merge(&w, &late, &older, i ? 900 : 5400, 1000, &got), HF_OK);
      assert_int_equal(got.used, N - CUT);
    }
    /* before cells of a quarter of an hour: means, where there are such and
     * they double the time */
    assert_int_equal(hf_grid_merge(&w, &late, NULL, 900, 1000, &got), HF_OK);
    {
      hf_buckets few = {b + older.n - 30, 30, 3600};
      assert_int_equal(hf_grid_extend(&w, (hf_kind)kind, &few, 1000, &got),
                       HF_OK);
      assert_true(got.coarse == 0 && got.used == N - CUT);
    }
    assert_int_equal(hf_grid_extend(&w, (hf_kind)kind, &older, 1000, &got),
                     HF_OK);
    if (kind == HF_QUANTILE || kind == HF_STATE) {
      assert_true(got.coarse == 0);
      continue;
    }
    assert_true(got.coarse >= 240);
    /* too few cells of their own */
    late.n = 90;
    assert_int_equal(hf_grid_merge(&w, &late, NULL, 900, 1000, &got), HF_OK);
    assert_int_equal(hf_grid_extend(&w, (hf_kind)kind, &older, 1000, &got),
                     HF_OK);
    assert_true(got.coarse == 0);
    late.n = 110;
    assert_int_equal(hf_grid_merge(&w, &late, NULL, 900, 1000, &got), HF_OK);
    assert_int_equal(hf_grid_extend(&w, (hf_kind)kind, &older, 1000, &got),
                     HF_OK);
    assert_int_equal(got.coarse, kind == HF_COUNTER ? 241 : 240);
    assert_true(got.start == 0 && got.n == 350 && got.filled <= 1);
    for (i = 0; i < 240; i++) {
      double part = got.y[i], sum = 0;
      size_t k;
      if (kind == HF_COUNTER) {
        assert_true(i < 4 || part == got.y[i / 4 * 4]);
        continue;
      }
      for (k = i / 4 * 4; k < i / 4 * 4 + 4; k++) sum += v[k];
      assert_true(fabs(part - sum / 4) < 1e-9);
    }
    /* no more cells than allowed, hours whole */
    assert_int_equal(hf_grid_merge(&w, &late, NULL, 900, 1000, &got), HF_OK);
    assert_int_equal(hf_grid_extend(&w, (hf_kind)kind, &older, 333, &got),
                     HF_OK);
    assert_true(got.n <= 333 && got.coarse >= 220 && got.start >= 3600);
  }
  /* only buckets */
  {
    hf_samples none = samples(ts, v, 0, HF_GAUGE);
    hf_buckets older = {b, 1, 3600};
    hf_grid g = {0};
    hf_bucket_one(&b[0], HF_GAUGE, 7200, 7300, 4);
    assert_int_equal(hf_grid_merge(&w, &none, &older, 3600, 9, &g), HF_EDATA);
    older.n = 2;
    hf_bucket_one(&b[1], HF_GAUGE, 14400, 14401, 8);
    assert_int_equal(hf_grid_merge(&w, &none, &older, 3600, 9, &g), HF_OK);
    assert_true(g.n == 3 && g.start == 7200 && g.y[2] == 8 && g.fill[1] == 6);
    assert_int_equal(hf_grid_merge(&w, &none, &older, 3600, 2, &g), HF_ERANGE);
  }
  hf_work_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps),   cmocka_unit_test(kinds),
      cmocka_unit_test(buckets), cmocka_unit_test(straddle),
      cmocka_unit_test(hostile), cmocka_unit_test(no_memory)};
  return cmocka_run_group_tests_name("ops/grid", tests, NULL, NULL);
}
