/*
** test_nnls.c: num/nnls.c against the exact answers of an enumeration of all
** active sets in rational arithmetic (Python 3.11.7, module fractions: least
** squares on every subset of the columns, the best without a negative
** coefficient), and its optimality conditions on columns that nearly agree.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "num/nnls.h"
#include "num/work.h"

static const double A[24] = {1, 2, 0.5, -1, 2, 0.25, 3, 4,  1, -1, 2, 0.5,
                             0, 3, 1,   2,  4, 1,    1, -2, 1, 1,  5, 0.75};

static void near(double got, double want, double tol) {
  if (!(fabs(got - want) <= tol * (1 + fabs(want))))
    fail_msg("got %.17g, want %.17g", got, want);
}

static void reference(void **state) {
  static const double b[4][6] = {{3, -2, 1, 4, 5, 2},
                                 {-1, -2, -3, -1, -2, -1},
                                 {1, 2, 3, 4, 5, 6},
                                 {-3, 6, 1, 2, -8, 4}};
  static const double want[4][4] = {
      {0.6131805157593123, 1.2148997134670487, 0, 0},
      {0, 0, 0, 0},
      {0.635612021153102, 0.677312008254869, 0.8559083119898289, 0},
      {0, 0, 0.023592039199080515, 1.9415643336761237}};
  double x[4];
  size_t i, j;
  (void)state;
  for (i = 0; i < 4; i++) {
    assert_int_equal(hf_nnls(A, b[i], 6, 4, x), HF_OK);
    for (j = 0; j < 4; j++) near(x[j], want[i][j], 1e-12);
  }
}

/* Karush-Kuhn-Tucker: x >= 0, slope >= 0, and one of both 0. */
static void optimal(void **state) {
  double a[40 * 5], b[40], x[5];
  uint32_t s = 7;
  size_t run, i, j, r;
  (void)state;
  for (run = 0; run < 200; run++) {
    for (i = 0; i < 200; i++) {
      s = s * 1664525u + 1013904223u;
      a[i] = (double)(s >> 8) / (1 << 24) - 0.3;
    }
    for (r = 0; r < 40; r++) {
      a[r * 5 + 4] = a[r * 5] + a[r * 5 + 1] * (run % 2 ? 1 : 1 + 1e-5 * a[r]);
      s = s * 1664525u + 1013904223u;
      b[r] = (double)(s >> 8) / (1 << 24) - 0.4;
    }
    assert_int_equal(hf_nnls(a, b, 40, 5, x), HF_OK);
    for (j = 0; j < 5; j++) {
      double slope = 0;
      for (r = 0; r < 40; r++) {
        double fit = 0;
        for (i = 0; i < 5; i++) fit += a[r * 5 + i] * x[i];
        slope += a[r * 5 + j] * (fit - b[r]);
      }
      assert_true(x[j] >= 0);
      assert_true(slope >= -1e-6);
      if (x[j] > 1e-9) assert_true(slope <= 1e-6);
    }
  }
}

static void refused(void **state) {
  double a[4] = {1, NAN, 2, 3};
  double b[2] = {1, INFINITY};
  double x[2] = {-7, -7};
  (void)state;
  assert_int_equal(hf_nnls(a, b, 2, 2, x), HF_ERANGE);
  assert_int_equal(hf_nnls(A, b, 2, 4, x), HF_ERANGE);
  assert_int_equal(hf_nnls(A, A, 0, 2, x), HF_ERANGE);
  assert_int_equal(hf_nnls(A, A, 1, 0, x), HF_ERANGE);
  assert_int_equal(hf_nnls(A, A, 1, HF_NNLS_COLUMNS + 1, x), HF_ERANGE);
  assert_true(x[0] == -7 && x[1] == -7); /* untouched */
  /* a column of zeros gets 0 */
  assert_int_equal(hf_nnls((double[]){0, 2, 0, 4}, (double[]){4, 8}, 2, 2, x),
                   HF_OK);
  near(x[0], 0, 0);
  near(x[1], 2, 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reference),
                                     cmocka_unit_test(optimal),
                                     cmocka_unit_test(refused)};
  return cmocka_run_group_tests_name("num/nnls", tests, NULL, NULL);
}
