/*
** test_erlang.c: Erlang C against exact values: the defining sums in rational
** arithmetic, by Python 3.11.7:
**   from fractions import Fraction as F; from math import factorial, exp
**   top = a**c/factorial(c)*F(c)/(c-a)
**   C = top/(sum(a**k/factorial(k) for k in range(c))+top)
** times exp(-(c - a) t / s) with s = 0.5, t = 1.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "num/erlang.h"

static void near(double got, double want) {
  assert_true(fabs(got - want) <= 1e-12 * fabs(want));
}

static void tail(void **state) {
  (void)state;
  near(hf_erlang_tail(1, .5, .5, 0), .5);
  near(hf_erlang_tail(1, .5, .5, 1), 0.18393972058572117);
  near(hf_erlang_tail(10, 5, .5, 0), 0.03610535915832019);
  near(hf_erlang_tail(10, 5, .5, 1), 1.6391807698370258e-06);
  near(hf_erlang_tail(20, 18.5, .5, 1), 0.032268482217087925);
  near(hf_erlang_tail(100, 90, .5, 0), 0.2169404809063664);
  assert_true(hf_erlang_tail(3, 3, .5, 1) == 1);
  assert_true(hf_erlang_tail(3, 1e300, .5, 1) == 1);
  assert_true(hf_erlang_tail(5, 0, .5, 1) == 0);
}

static void staff(void **state) {
  static const double a[] = {0, 1, 5, 20, 80};
  static const size_t waits[] = {1, 2, 7, 22, 82},
                      at_once[] = {1, 4, 10, 29, 97};
  size_t i;
  (void)state;
  for (i = 0; i < 5; i++) {
    assert_int_equal(hf_erlang_staff(a[i], .5, 1, .05, 1, 1000), waits[i]);
    assert_int_equal(hf_erlang_staff(a[i], .5, 0, .05, 1, 1000), at_once[i]);
  }
}

static void limits(void **state) {
  (void)state;
  assert_int_equal(hf_erlang_staff(5, .5, 1, .05, 9, 20), 9);
  assert_int_equal(hf_erlang_staff(5, .5, 1, .05, 1, 6), 6);
  assert_int_equal(hf_erlang_staff(1e300, .5, 1, .05, 1, 6), 6);
  assert_int_equal(hf_erlang_staff(NAN, .5, 1, .05, 1, 6), 6);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tail),
      cmocka_unit_test(staff),
      cmocka_unit_test(limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
