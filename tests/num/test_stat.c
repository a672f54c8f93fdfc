/*
** test_stat.c: num/stat.c against reference values of Python 3.11.7 (module
** statistics; the call stands beside each) and itself on adversarial input.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "num/stat.h"

/* x = [2.5, -1, 7.25, 3, 3, 10, 0.125, -4.5, 6, 8] */
static const double X[10] = {2.5, -1, 7.25, 3, 3, 10, 0.125, -4.5, 6, 8};

static void near(double got, double want, double tol) {
  if (!(fabs(got - want) <= tol * (1 + fabs(want))))
    fail_msg("got %.17g, want %.17g", got, want);
}

static void moments(void **state) {
  (void)state;
  near(hf_stat_mean(X, 10), 3.4375, 1e-15);                /* mean(x) */
  near(hf_stat_variance(X, 10), 19.99045138888889, 1e-14); /* variance(x) */
  near(hf_stat_sd(X, 10), 4.471068260370098, 1e-14);       /* stdev(x) */
  assert_true(isnan(hf_stat_mean(X, 0)));
  assert_true(isnan(hf_stat_variance(X, 1)));
  /* a large offset must not eat the variance: var(1e9 + 1:3) */
  near(hf_stat_variance((double[]){1e9 + 1, 1e9 + 2, 1e9 + 3}, 3), 1, 1e-12);
}

static void quantiles(void **state) {
  double x[10], lo, hi;
  (void)state;
  memcpy(x, X, sizeof x);
  near(hf_stat_median(x, 10), 3, 1e-15); /* median(x) */
  memcpy(x, X, sizeof x);
  near(hf_stat_quantile(x, 10, 0.8), 7.4,
       1e-14); /* quantiles(x, n=100, method="inclusive")[79] */
  memcpy(x, X, sizeof x);
  near(hf_stat_quantile(x, 10, 0.05), -2.925, 1e-14); /* [4] */
  near(hf_stat_quantile(x, 10, 0), -4.5, 0);
  near(hf_stat_quantile(x, 10, 1), 10, 0);
  assert_true(isnan(hf_stat_quantile(x, 10, 1.5)));
  memcpy(x, X, sizeof x);
  near(hf_stat_mad(x, 10, 3), 5.189107764769607,
       1e-14); /* 1.4826... median(|x - 3|) */
  hf_stat_range(X, 10, &lo, &hi);
  near(lo, -4.5, 0);
  near(hi, 10, 0);
}

static void normal(void **state) {
  (void)state;
  near(hf_stat_normal_quantile(0.975), 1.959963984540054,
       1e-15); /* NormalDist().inv_cdf */
  near(hf_stat_normal_quantile(1e-10), -6.361340902404056, 1e-15);
  near(hf_stat_normal_quantile(1e-300), -37.0470962993612, 1e-13);
  near(hf_stat_normal_cdf(-1.5), 0.06680720126885806, 1e-15); /* cdf */
  assert_true(isnan(hf_stat_normal_quantile(-0.1)));
}

/* Sorted, the same numbers, and selection agrees: on patterns that quicksort
** dislikes. */
static void order(void **state) {
  static double x[5000], y[5000], z[5000];
  static size_t o[5000];
  int kind;
  (void)state;
  for (kind = 0; kind < 6; kind++) {
    uint32_t r = 12345;
    double sum = 0, sorted = 0;
    size_t i, n = 5000;
    for (i = 0; i < n; i++) {
      r = r * 1664525u + 1013904223u;
      x[i] = kind == 0   ? (double)i
             : kind == 1 ? (double)(n - i)
             : kind == 2 ? 7
             : kind == 3 ? (double)(r >> 29)
             : kind == 4 ? (i < n / 2 ? (double)i : (double)(n - i))
                         : (double)r;
      sum += x[i];
    }
    memcpy(y, x, sizeof y);
    hf_stat_sort(y, n);
    hf_stat_order(x, n, o);
    for (i = 0; i < n; i++) {
      sorted += y[i];
      if (i > 0) assert_true(y[i - 1] <= y[i]);
      assert_true(x[o[i]] == y[i]);
      if (i > 0 && y[i - 1] == y[i]) assert_true(o[i - 1] < o[i]);
    }
    near(sorted, sum, 1e-12);
    for (i = 0; i < n; i += 617) {
      memcpy(z, x, sizeof z);
      assert_true(hf_stat_select(z, n, i) == y[i]);
    }
  }
}

static void not_numbers(void **state) {
  double x[4] = {NAN, 2, -INFINITY, 1};
  (void)state;
  hf_stat_sort(x, 4);
  assert_true(x[0] == -INFINITY && x[1] == 1 && x[2] == 2 && isnan(x[3]));
  assert_int_equal(hf_stat_compact(x, 4), 2);
  near(x[0], 1, 0);
  near(x[1], 2, 0);
}

/* Medians of few by networks: right for every array of zeros and ones, hence
** for every array (Knuth, The Art of Computer Programming 3, 5.3.4 Z); NaN
** comes last as elsewhere. */
static void small_medians(void **state) {
  size_t n, bits, i;
  (void)state;
  for (n = 3; n <= 11; n++) {
    for (bits = 0; bits < (size_t)1 << n; bits++) {
      double x[11];
      size_t ones = 0;
      for (i = 0; i < n; i++) ones += (size_t)(x[i] = bits >> i & 1);
      near(hf_stat_median(x, n), 2 * ones > n ? 1 : 2 * ones == n ? 0.5 : 0, 0);
    }
  }
  {
    double x[7] = {3, NAN, 1, 2, NAN, 5, 4};
    near(hf_stat_median(x, 7), 4, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moments),     cmocka_unit_test(quantiles),
      cmocka_unit_test(normal),      cmocka_unit_test(order),
      cmocka_unit_test(not_numbers), cmocka_unit_test(small_medians)};
  return cmocka_run_group_tests_name("num/stat", tests, NULL, NULL);
}
