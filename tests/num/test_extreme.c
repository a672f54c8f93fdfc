/*
** test_extreme.c: ops/extreme.c.
**
** Spacings are worked out by hand; how often chance goes farther is counted on
** exponential values, whose next record's excess is known: exponential, too.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ops/extreme.h"

/* The chance at which a record may go `times` spacings far, eight of them
** known. */
static double chance_of(double times) {
  return pow(1 + times / 8, -8);
}

/* Whether x leaves the range by more than `times` spacings. */
static int rare(const hf_extreme *e, double x, double times, double unit) {
  int r = 2;
  hf_extreme_leave(e, x, chance_of(times), unit, &r);
  return r;
}

static void by_hand(void **state) {
  hf_extreme e;
  int i, r;
  (void)state;
  hf_extreme_start(&e);
  assert_true(hf_extreme_leave(&e, 5, 0.1, 0, &r) == 0 && r == 0);
  for (i = 1; i <= 9; i++) hf_extreme_take(&e, i);
  /* three blocks: 3, 6, 9 and 1, 4, 7; spacings (6 + 3)/2 */
  assert_true(hf_extreme_leave(&e, 9, 0.1, 0, &r) == 0 && r == 0);
  assert_true(hf_extreme_leave(&e, 13, 0.1, 0, &r) == 0.5);
  assert_true(hf_extreme_leave(&e, -3, 0.1, 0, &r) == 0.5);
  assert_int_equal(rare(&e, 9 + 4.4, 1, 0), 0);
  assert_int_equal(rare(&e, 9 + 4.6, 1, 0), 1);
  assert_int_equal(rare(&e, 1 - 4.4, 1, 0), 0);
  assert_int_equal(rare(&e, 1 - 4.6, 1, 0), 1);
  assert_int_equal(rare(&e, 9 + 4.6, 1, 5), 0); /* a unit is larger */
  /* a chance of one or more: any record will do */
  hf_extreme_leave(&e, 9.1, 1, 0, &r);
  assert_int_equal(r, 1);
  hf_extreme_leave(&e, 9.1, 50, 0, &r);
  assert_int_equal(r, 1);
  /* the block under way counts: 10, 9, 6, 3 */
  hf_extreme_take(&e, 10);
  assert_int_equal(rare(&e, 10 + 5.2, 1, 0), 0);
  assert_int_equal(rare(&e, 10 + 5.4, 1, 0), 1);
  /* 32 blocks of three become 16 of six: 96, 90, ... 48 */
  for (i = 11; i <= 96; i++) hf_extreme_take(&e, i);
  assert_int_equal(e.blocks, 16);
  assert_int_equal(rare(&e, 96 + 26.9, 1, 0), 0);
  assert_int_equal(rare(&e, 96 + 27.1, 1, 0), 1);
}

/* A constant has no spacing: whatever leaves it is rare, but for counts. */
static void constant(void **state) {
  hf_extreme e;
  int i, r;
  (void)state;
  hf_extreme_start(&e);
  for (i = 0; i < 50; i++) hf_extreme_take(&e, 3);
  assert_true(hf_extreme_leave(&e, 3.1, 0.01, 0, &r) == 1);
  assert_int_equal(r, 1);
  assert_int_equal(rare(&e, 4, 2, 1), 0);
  assert_int_equal(rare(&e, 0, 2, 1), 1);
}

/* 4,000 histories of 200 exponential values: the next record's excess is
** exponential again. Chance goes farther about as often as said, not oftener. */
static double share(double chance) {
  uint32_t seed = 12345;
  int run, i, n = 0;
  for (run = 0; run < 4000; run++) {
    hf_extreme e;
    double x = 0;
    int r;
    hf_extreme_start(&e);
    for (i = 0; i <= 200; i++) {
      seed = seed * 1664525u + 1013904223u;
      x = -log((seed + 0.5) / 4294967296.0);
      if (i < 200) hf_extreme_take(&e, x);
    }
    hf_extreme_leave(&e, e.all[0] + x, chance, 0, &r);
    n += r;
  }
  return n / 4000.0;
}

static void frequency(void **state) {
  double often = share(0.2), seldom = share(0.02);
  (void)state;
  assert_true(often > 0.12 && often < 0.22);
  assert_true(seldom > 0.006 && seldom < 0.022);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand),
                                     cmocka_unit_test(constant),
                                     cmocka_unit_test(frequency)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
