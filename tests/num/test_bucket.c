/*
** test_bucket.c: num/bucket.c against itself the other way round: whatever
** way samples are cut into batches, the bucket is that of all of them.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "num/bucket.h"

enum { MOST = 40 };

static void near(double got, double want) {
  if (!(fabs(got - want) <= 1e-12 * (1 + fabs(want))))
    fail_msg("got %.17g, want %.17g", got, want);
}

/* The bucket of x[a..b), which are in order of time, one second apart. */
static hf_bucket of(hf_kind kind, const double *x, size_t a, size_t b) {
  hf_bucket all, one;
  size_t i;
  hf_bucket_one(&all, kind, 0, (double)a, x[a]);
  for (i = a + 1; i < b; i++) {
    hf_bucket_one(&one, kind, 0, (double)i, x[i]);
    hf_bucket_merge(&all, kind, &one);
  }
  return all;
}

static void spans(void **state) {
  (void)state;
  near(hf_bucket_start(7199.5, 3600), 3600);
  near(hf_bucket_start(7200, 3600), 7200);
  near(hf_bucket_start(-1, 3600), -3600);
  near(hf_bucket_start(-3600, 3600), -3600);
}

static void gauge(void **state) {
  static const double x[5] = {3, -7, 5.5, 5.5, 1};
  hf_bucket b = of(HF_GAUGE, x, 0, 5);
  (void)state;
  near(b.n, 5);
  near(b.sum, 8);
  near(b.min, -7);
  near(b.max, 5.5);
  assert_true(isnan(b.first) && isnan(b.last_ts) && isnan(b.increase));
}

/* What must not be averaged has no sum to average. */
static void no_sum(void **state) {
  static const double x[3] = {3, 9, 5};
  hf_bucket q = of(HF_QUANTILE, x, 0, 3), s = of(HF_STATE, x, 0, 3),
            c = of(HF_COUNTER, x, 0, 3), d = of(HF_DELTA, x, 0, 3);
  (void)state;
  assert_true(isnan(q.sum) && isnan(s.sum) && isnan(c.sum));
  near(d.sum, 17);
  near(q.max, 9);
  near(s.first, 3);
  near(s.last, 5);
  near(s.last_ts, 2);
  assert_true(isnan(s.increase));
}

/* 0 10 25 | reset | 4 9: 25 + 4 + 5 */
static void counter(void **state) {
  static const double x[5] = {0, 10, 25, 4, 9};
  hf_bucket b = of(HF_COUNTER, x, 0, 5);
  (void)state;
  near(b.increase, 34);
  near(b.first, 0);
  near(b.last, 9);
  near(b.first_ts, 0);
  near(b.last_ts, 4);
}

/* Two stretches that follow each other, merged in either order. */
static void cut(void **state) {
  double x[MOST];
  uint32_t r = 99;
  size_t i, k;
  (void)state;
  for (i = 0; i < MOST; i++) {
    r = r * 1664525u + 1013904223u;
    x[i] = r >> 29 == 0 || i == 0 ? 1 : x[i - 1] + (double)(r >> 20);
  }
  for (k = 1; k < MOST; k++) {
    hf_bucket whole = of(HF_COUNTER, x, 0, MOST);
    hf_bucket a = of(HF_COUNTER, x, 0, k), b = of(HF_COUNTER, x, k, MOST);
    hf_bucket other = b;
    hf_bucket_merge(&other, HF_COUNTER, &a);
    hf_bucket_merge(&a, HF_COUNTER, &b);
    near(a.increase, whole.increase);
    near(other.increase, whole.increase);
    near(other.first, whole.first);
    near(a.last, whole.last);
    near(a.n, MOST);
    near(other.min, whole.min);
  }
}

/* Late samples of a counter that only rises: nothing counted twice. */
static void late(void **state) {
  static const double rising[8] = {1, 2, 4, 8, 16, 32, 64, 128};
  hf_bucket a = of(HF_COUNTER, rising, 2, 6), b;
  (void)state;
  b = of(HF_COUNTER, rising, 3, 4); /* inside */
  hf_bucket_merge(&a, HF_COUNTER, &b);
  near(a.increase, 28);
  b = of(HF_COUNTER, rising, 4, 8); /* beyond the end */
  hf_bucket_merge(&a, HF_COUNTER, &b);
  near(a.increase, 124);
  b = of(HF_COUNTER, rising, 0, 4); /* before the beginning */
  hf_bucket_merge(&a, HF_COUNTER, &b);
  near(a.increase, 127);
  near(a.first, 1);
  near(a.last, 128);
  b = of(HF_COUNTER, rising, 2, 3);
  hf_bucket_merge(&b, HF_COUNTER, &a); /* the wider one comes later */
  near(b.increase, 127);
}

/* Ends that were never kept stay unknown where they are needed. */
static void changed_kind(void **state) {
  static const double x[3] = {3, 9, 5};
  hf_bucket a = of(HF_GAUGE, x, 0, 2), b = of(HF_COUNTER, x, 2, 3);
  (void)state;
  hf_bucket_merge(&a, HF_COUNTER, &b);
  assert_true(isnan(a.sum) && isnan(a.increase));
  near(a.last, 5);
  near(a.n, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spans),       cmocka_unit_test(gauge),
      cmocka_unit_test(no_sum),      cmocka_unit_test(counter),
      cmocka_unit_test(cut),         cmocka_unit_test(late),
      cmocka_unit_test(changed_kind)};
  return cmocka_run_group_tests_name("num/bucket", tests, NULL, NULL);
}
