/*
** test_colony.c: the bee colony against minima that are known in closed form.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "arena.h"
#include "num/colony.h"

static test_arena A = {-1, 0};

static double bowl(void *ctx, const double *x, double *violation) {
  (void)ctx;
  (void)violation;
  return (x[0] - 1) * (x[0] - 1) + 4 * (x[1] + 2) * (x[1] + 2);
}

/* Minimise x + y over x y >= 1: 2 at (1, 1). */
static double hyperbola(void *ctx, const double *x, double *violation) {
  (void)ctx;
  if (x[0] * x[1] < 1) *violation = 1 - x[0] * x[1];
  return x[0] + x[1];
}

static double holes(void *ctx, const double *x, double *violation) {
  (void)ctx;
  (void)violation;
  return x[0] < 0 ? NAN : x[0];
}

static hf_colony_task task(hf_colony_cost cost, const double *lo,
                           const double *hi) {
  hf_colony_task t = {0};
  t.dim = 2;
  t.lo = lo;
  t.hi = hi;
  t.budget = 2000;
  t.seed = 7;
  t.cost = cost;
  return t;
}

static const double lo5[] = {-5, -5}, hi5[] = {5, 5};

static void finds_the_minimum(void **state) {
  hf_work w = test_work(&A);
  hf_colony_task t = task(bowl, lo5, hi5);
  hf_colony_stats st;
  double x[2];
  (void)state;
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_OK);
  assert_true(fabs(x[0] - 1) < 1e-6 && fabs(x[1] + 2) < 1e-6);
  assert_true(st.best < 1e-12 && st.best <= st.first);
  assert_int_equal(st.evaluations, 2000);
  assert_true(st.found_at >= 1 && st.found_at <= 2000);
  assert_true(st.cycles > 10 && st.improved > 10);
  hf_work_free(&w);
}

static void keeps_to_the_bounds(void **state) {
  static const double lo[] = {2, -1}, hi[] = {3, 4};
  hf_work w = test_work(&A);
  hf_colony_task t = task(bowl, lo, hi);
  hf_colony_stats st;
  double x[2];
  (void)state;
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_OK);
  assert_true(x[0] == 2 && x[1] == -1); /* the corner nearest the minimum */
  hf_work_free(&w);
}

static void keeps_to_constraints(void **state) {
  static const double lo[] = {0, 0}, hi[] = {5, 5};
  hf_work w = test_work(&A);
  hf_colony_task t = task(hyperbola, lo, hi);
  hf_colony_stats st;
  double x[2];
  (void)state;
  t.budget = 5000;
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_OK);
  assert_true(st.violation == 0 && x[0] * x[1] >= 1);
  assert_true(st.best < 2.001);
  hf_work_free(&w);
}

/* A start is an upper bound on the answer, even with a budget of one. */
static void never_worse_than_its_start(void **state) {
  static const double start[] = {1.5, -2.5};
  hf_work w = test_work(&A);
  hf_colony_task t = task(bowl, lo5, hi5);
  hf_colony_stats st;
  double x[2];
  size_t b;
  (void)state;
  t.start = start;
  t.starts = 1;
  for (b = 1; b < 40; b++) {
    t.budget = b;
    assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_OK);
    assert_true(st.best <= 0.25 + 1.0);
    assert_int_equal(st.evaluations, b);
  }
  hf_work_free(&w);
}

static void same_seed_same_answer(void **state) {
  hf_work w = test_work(&A);
  hf_colony_task t = task(bowl, lo5, hi5);
  hf_colony_stats st;
  double x[2], y[2];
  (void)state;
  t.budget = 100;
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_OK);
  assert_int_equal(hf_colony_minimise(&w, &t, y, &st), HF_OK);
  assert_true(x[0] == y[0] && x[1] == y[1]);
  t.seed = 8;
  assert_int_equal(hf_colony_minimise(&w, &t, y, &st), HF_OK);
  assert_true(x[0] != y[0]);
  hf_work_free(&w);
}

static void not_a_number_is_worst(void **state) {
  hf_work w = test_work(&A);
  hf_colony_task t = task(holes, lo5, hi5);
  hf_colony_stats st;
  double x[2];
  (void)state;
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_OK);
  assert_true(x[0] >= 0 && st.best == x[0] && st.best < 0.01);
  hf_work_free(&w);
}

static void refuses_what_it_cannot_do(void **state) {
  static const double up[] = {6, 6}, far[] = {HUGE_VAL, 5};
  hf_work w = test_work(&A);
  hf_colony_stats st = {0};
  double x[2] = {42, 42};
  hf_colony_task t = task(bowl, up, hi5);
  (void)state;
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_ERANGE);
  t = task(bowl, lo5, far);
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_ERANGE);
  t = task(bowl, lo5, hi5);
  t.budget = 0;
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_ERANGE);
  t.budget = 10;
  t.dim = 0;
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_ERANGE);
  assert_true(x[0] == 42 && x[1] == 42 && st.evaluations == 0);
  hf_work_free(&w);
}

static void stops_and_runs_out_of_memory_cleanly(void **state) {
  hf_work w = test_work(&A);
  hf_colony_task t = task(bowl, lo5, hi5);
  hf_colony_stats st;
  double x[2] = {42, 42};
  (void)state;
  t.budget = 1000000;
  w.stop = test_stop;
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_EINTERRUPT);
  hf_work_free(&w);
  assert_int_equal(A.held, 0);
  A.left = 0;
  assert_int_equal(hf_colony_minimise(&w, &t, x, &st), HF_ENOMEM);
  A.left = -1;
  assert_true(x[0] == 42 && x[1] == 42);
  hf_work_free(&w);
  assert_int_equal(A.held, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_the_minimum),
      cmocka_unit_test(keeps_to_the_bounds),
      cmocka_unit_test(keeps_to_constraints),
      cmocka_unit_test(never_worse_than_its_start),
      cmocka_unit_test(same_seed_same_answer),
      cmocka_unit_test(not_a_number_is_worst),
      cmocka_unit_test(refuses_what_it_cannot_do),
      cmocka_unit_test(stops_and_runs_out_of_memory_cleanly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
