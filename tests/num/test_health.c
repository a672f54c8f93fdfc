/*
** test_health.c: ops/health.c, against values worked out by hand from its
** header.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "ops/health.h"

static hf_samples of(double *ts, double *value, size_t n) {
  hf_samples s = {ts, value, n, HF_GAUGE, 0};
  return s;
}

static void level(void **state) {
  double ts[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  double v[8] = {9, 9, 1, NAN, 2, 3, 100, 4};
  hf_samples s = of(ts, v, 8);
  (void)state;
  assert_true(hf_health_level(&s) == 3); /* of 1, 2, 3, 100, 4 */
  s.n = 2;
  assert_true(hf_health_level(&s) == 9);
  s.n = 0;
  assert_true(isnan(hf_health_level(&s)));
}

static void score(void **state) {
  (void)state;
  assert_true(hf_health_score(60, 80, 100) == 100);
  assert_true(hf_health_score(70, 80, 100) == 75);
  assert_true(hf_health_score(80, 80, 100) == 50);
  assert_true(hf_health_score(100, 80, 100) == 0);
  assert_true(hf_health_score(25, 30, 20) == 25); /* falling is bad */
  assert_true(hf_health_score(85, 80, NAN) == 50);
  assert_true(hf_health_score(79, NAN, 80) == 100);
  assert_true(isnan(hf_health_score(5, NAN, NAN)));
  assert_true(isnan(hf_health_score(NAN, 80, 100)));
}

/* A past of 20 .. 40: unusual from 50 on. */
static void past(void **state) {
  double beyond = hf_health_beyond(20, 40, 5);
  (void)state;
  assert_true(beyond == 50);
  assert_true(hf_health_beyond(40, 40, 5) == 45);
  assert_true(hf_health_against(40, 40, beyond) == 100);
  assert_true(hf_health_against(45, 40, beyond) == 75);
  assert_true(hf_health_against(99, 40, beyond) == 50);
  assert_true(isnan(hf_health_against(NAN, 40, beyond)));
}

/* Bad since the third value above the limit made the median of five so. */
static void since(void **state) {
  double ts[12], v[12];
  hf_samples s = of(ts, v, 12);
  int i;
  (void)state;
  for (i = 0; i < 12; i++) {
    ts[i] = 100 + i;
    v[i] = i < 4 ? 90 : i < 6 ? 10 : 90;
  }
  assert_true(hf_health_since(&s, 80, 100, 0, 0) == 100); /* 2 of 5 dips */
  v[6] = 10; /* 3 of 5 at row 6: it was well then */
  assert_true(hf_health_since(&s, 80, 100, 0, 0) == 109);
  assert_true(hf_health_since(&s, NAN, NAN, 40, 80) == 109);
  assert_true(isnan(hf_health_since(&s, 95, 100, 0, 0)));
  s.n = 0;
  assert_true(isnan(hf_health_since(&s, 80, 100, 0, 0)));
}

/* 10 usually, 50 from row 20 on, work at row 30, `now` ever after. */
static int helped(double now, size_t n, double done) {
  double ts[40], v[40];
  hf_samples s = of(ts, v, n);
  size_t i;
  for (i = 0; i < 40; i++) {
    ts[i] = (double)i;
    v[i] = i < 20 ? 10 : i <= 30 ? 50 : now;
  }
  return hf_health_helped(&s, 20, done);
}

static void help(void **state) {
  (void)state;
  assert_int_equal(helped(10, 40, 30), 1);
  assert_int_equal(helped(29, 40, 30), 1); /* nearer to 10 than to 50 */
  assert_int_equal(helped(31, 40, 30), 0);
  assert_int_equal(helped(70, 40, 30), 0);
  assert_int_equal(helped(10, 33, 30), -1); /* two values since */
  assert_int_equal(helped(10, 34, 30), 1);
  assert_int_equal(helped(10, 40, 39), -1);
  assert_int_equal(helped(10, 40, -1), -1); /* nothing before the work */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(level), cmocka_unit_test(score), cmocka_unit_test(past),
      cmocka_unit_test(since), cmocka_unit_test(help)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
