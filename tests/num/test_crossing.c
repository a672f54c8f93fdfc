/*
** test_crossing.c: ops/crossing.h, ops/course.h and ops/reach.h, on processes
** whose future is known because it is made here, or by a formula: reflection
** of a walk (Feller 1968), independent values of known distribution.
**
** Of what is asked one in twenty must have reached the threshold before the
** lower limit, half before the middle one, and at most one in twenty after the
** upper one, which is open where the history cannot say; and the probability
** must come true. `make bench-crossing` measures more of the same.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../bench/crossings.h"
#include "arena.h"
#include "ops/course.h"
#include "ops/crossing.h"
#include "ops/reach.h"

enum {
  PAST = 720,      /* hours of history: thirty days */
  LIFE = 3 * PAST, /* and as much again as the answer may look ahead */
  SERIES = 24      /* of each process */
};

static test_arena A = {-1, 0};
static double X[LIFE];

static hf_crossing find(double *x, size_t n, double threshold, double hi) {
  hf_work w = test_work(&A);
  hf_outlook_ask ask = {1, NAN, NAN};
  hf_crossing c;
  hf_grid g;
  memset(&g, 0, sizeof g);
  ask.hi = hi;
  g.step = 3600;
  g.n = n;
  g.y = g.fill = x;
  assert_int_equal(hf_crossing_find(&w, &g, NULL, threshold, &ask, &c), HF_OK);
  hf_work_free(&w);
  return c;
}

static void limits_hold(void **state) {
  double given[3] = {0}, passed[3] = {0}, stated = 0, reached = 0, brier = 0;
  double all = CROSSINGS_KINDS * SERIES, share;
  hf_rng r = {77};
  int kind, k, j;
  (void)state;
  for (kind = 0; kind < CROSSINGS_KINDS; kind++)
    for (k = 0; k < SERIES; k++) {
      double lo, hi, threshold, limit[3], truth, hit;
      hf_crossing c;
      size_t i = PAST;
      crossings_make((crossings_kind)kind, &r, PAST, X, LIFE);
      hf_stat_range(X, PAST, &lo, &hi);
      threshold = hi + (hi - lo) * 0.6 * hf_rng_uniform(&r);
      c = find(X, PAST, threshold, NAN);
      while (i < LIFE && X[i] < threshold) i++;
      hit = i < LIFE;
      truth = hit > 0 ? ((double)(i - PAST) + 0.5) * 3600 : HUGE_VAL;
      limit[0] = c.lo;
      limit[1] = c.eta;
      limit[2] = c.hi;
      for (j = 0; j < 3; j++) {
        if (limit[j] != limit[j]) continue;
        given[j]++;
        passed[j] += truth <= limit[j];
      }
      stated += c.probability;
      reached += hit;
      brier += pow(c.probability - hit, 2);
    }
  share = reached / all;
  print_message("passed: lower %.3f of %.0f, middle %.3f of %.0f, upper %.3f "
                "of %.0f; stated %.3f, came %.3f, Brier %.3f of %.3f\n",
                passed[0] / given[0], given[0], passed[1] / given[1], given[1],
                passed[2] / given[2], given[2], stated / all, share,
                brier / all, share * (1 - share));
  /* nearly always a lower limit, mostly an eta, an upper one for many */
  assert_true(given[0] > 270 && given[1] > 200 && given[2] > 100);
  assert_true(passed[0] / given[0] > 0.01 && passed[0] / given[0] < 0.08);
  assert_true(passed[1] / given[1] > 0.42 && passed[1] / given[1] < 0.6);
  assert_true(passed[2] / given[2] > 0.93);
  assert_true(fabs(stated / all - share) < 0.05);
  assert_true(brier / all < 0.55 * share * (1 - share));
}

/* A farther threshold is not likelier, and turned over, moved and stretched a
** series tells the same. */
static void thresholds_in_order(void **state) {
  hf_rng r = {5};
  int kind;
  (void)state;
  for (kind = 0; kind < CROSSINGS_KINDS; kind++) {
    double lo, hi, p = 1, k;
    hf_crossing c, d;
    size_t i;
    crossings_make((crossings_kind)kind, &r, PAST, X, LIFE);
    hf_stat_range(X, PAST, &lo, &hi);
    for (k = 0.01; k < 2; k *= 1.5) {
      c = find(X, PAST, hi + k * (hi - lo), NAN);
      /* nearer than the next peak the forecast's own view of it decides */
      assert_true(c.probability < p + 0.03);
      p = c.probability;
    }
    c = find(X, PAST, hi + 0.1 * (hi - lo), NAN);
    for (i = 0; i < PAST; i++) X[i] = -1000 - 4 * X[i];
    d = find(X, PAST, -1000 - 4 * (hi + 0.1 * (hi - lo)), NAN);
    assert_true(c.rising == 1 && d.rising == -1);
    assert_true(fabs(c.probability - d.probability) < 0.02);
    assert_true(fabs(c.slope + d.slope / 4) < 1e-6 * fabs(c.slope) + 1e-9);
  }
}

/* What a metric never is, it will not be. */
static void bounds_hold(void **state) {
  hf_crossing c;
  size_t i;
  (void)state;
  for (i = 0; i < PAST; i++) X[i] = 40 + 0.08 * (double)i;
  c = find(X, PAST, 101, 100);
  assert_true(c.probability == 0 && c.lo != c.lo);
  c = find(X, PAST, 99, 100);
  assert_true(c.probability > 0.95);
  X[PAST / 2] = 120; /* once was */
  c = find(X, PAST, 101, 100);
  assert_true(c.probability > 0.5);
}

/* Asks 600 times for a limit `far` spreads above the mean of y[n], or of a walk
** above its newest value, ten steps ahead; the probabilities must add up to
** what then happens. A walk reaches its limit between the steps, too: twice the
** chance of being beyond it at the end (reflection). */
static void adds_up(int walk, int tail, size_t n, double far) {
  double y[HF_COURSE_MOST], ten = 10, left, stated = 0, came = 0;
  hf_rng r = {9};
  int k, series = 600;
  for (k = 0; k < series; k++) {
    hf_work w = test_work(&A);
    double level = 0, squares = 0, limit, true_left = 1;
    size_t i;
    for (i = 0; i < n; i++) {
      double e = tail ? -log(1 - hf_rng_uniform(&r)) : crossings_normal(&r);
      squares += e * e;
      y[i] = walk ? level += e : e;
    }
    limit = hf_stat_mean(y, n) + far * hf_stat_sd(y, n);
    if (walk) limit = y[n - 1] + far * sqrt(squares / (double)n);
    assert_int_equal(hf_course_left(&w, y, n, limit, &ten, 1, 1, &left), HF_OK);
    hf_work_free(&w);
    if (walk) {
      true_left = 1 - 2 * hf_stat_normal_cdf((level - limit) / sqrt(10.0));
    } else {
      double below = tail ? 1 - exp(-limit) : hf_stat_normal_cdf(limit);
      true_left = pow(below, 10);
    }
    stated += (1 - left) / series;
    came += (1 - true_left) / series;
  }
  print_message("walk %d, tail %d, %d values: stated %.3f, came %.3f\n", walk,
                tail, (int)n, stated, came);
  /* few values do not tell noise from walk */
  assert_true(fabs(stated - came) < 0.11);
}

static void course_comes_true(void **state) {
  double y[40], t[3] = {9, 10, 11}, left[3], other[3];
  hf_work w = test_work(&A);
  size_t i;
  (void)state;
  adds_up(1, 0, 40, 3);
  adds_up(1, 0, 10, 3);
  adds_up(0, 0, 40, 2);
  adds_up(0, 0, 10, 2);
  adds_up(0, 1, 60, 3);
  adds_up(0, 1, 20, 3);
  /* a line is where it will be; a farther limit is never likelier */
  for (i = 0; i < 40; i++) y[i] = 7 + 2 * (double)i;
  assert_int_equal(hf_course_left(&w, y, 40, 7 + 2 * 48.5, t, 3, 1, left),
                   HF_OK);
  assert_true(left[0] > 0.95 && left[1] < 0.5 && left[2] < 0.05);
  for (i = 0; i < 40; i++) y[i] += (double)(i * i % 7);
  for (i = 0; i < 60; i++) {
    assert_int_equal(hf_course_left(&w, y, 40, 80 + (double)i, t, 3, 1,
                                    i % 2 ? left : other),
                     HF_OK);
    if (i == 0) continue;
    assert_true((i % 2 ? left[2] - other[2] : other[2] - left[2]) >= 0);
  }
  hf_work_free(&w);
}

static void tails(void **state) {
  double z[60];
  hf_reach r;
  size_t i;
  (void)state;
  for (i = 0; i < 60; i++)
    z[i] = hf_stat_normal_quantile(((double)i + 0.5) / 60);
  hf_reach_fit(z, 5, &r);
  assert_true(fabs(exp(hf_reach_stay(&r, 1)) - hf_stat_normal_cdf(1)) < 1e-9);
  assert_true(fabs(exp(hf_reach_stay(&r, -1)) - hf_stat_normal_cdf(-1)) < 1e-9);
  for (i = 0; i < 60; i++)
    z[i] = hf_stat_normal_quantile(((double)i + 0.5) / 60);
  hf_reach_fit(z, 60, &r);
  /* .0013 are beyond 3; what sixty values do not tell adds some */
  assert_true(1 - exp(hf_reach_stay(&r, 3)) > 0.001);
  assert_true(1 - exp(hf_reach_stay(&r, 3)) < 0.006);
  for (i = 0; i < 60; i++) z[i] = -log(1 - ((double)i + 0.5) / 60) - 1;
  hf_reach_fit(z, 60, &r);
  /* exp(-5) = .0067 */
  assert_true(1 - exp(hf_reach_stay(&r, 4)) > 0.003);
  assert_true(1 - exp(hf_reach_stay(&r, 4)) < 0.014);
  for (i = 1; i < 400; i++)
    assert_true(hf_reach_stay(&r, 0.1 * (double)i - 10) >=
                hf_reach_stay(&r, 0.1 * (double)i - 10.1));
  assert_true(hf_reach_stay(&r, HUGE_VAL) == 0);
  assert_true(hf_reach_stay(&r, -HUGE_VAL) < -100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(limits_hold), cmocka_unit_test(thresholds_in_order),
      cmocka_unit_test(bounds_hold), cmocka_unit_test(course_comes_true),
      cmocka_unit_test(tails)};
  return cmocka_run_group_tests_name("ops/crossing", tests, NULL, NULL);
}
