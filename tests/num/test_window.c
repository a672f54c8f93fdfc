/*
** test_window.c: num/eigen.c and num/window.c.
**
** Reference values. Eigenvalues of the Hilbert matrix of order 5: Fettis and
** Caslin 1967. The others: numpy 1.24.2 (Debian 12), numpy.linalg.eigh of the
** covariance of sliding_window_view(y, 16), of the series that series() makes.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "arena.h"
#include "num/eigen.h"
#include "num/window.h"

#define near(a, b, tol) assert_true(fabs((a) - (b)) <= (tol))

enum { N = 400, L = 16 };

/* Numerical Recipes' generator, in -0.5 .. 0.5. */
static double noise(uint32_t *s) {
  *s = *s * 1664525u + 1013904223u;
  return *s / 4294967296.0 - 0.5;
}

static void series(double *y) {
  uint32_t s = 1;
  int t;
  for (t = 0; t < N; t++)
    y[t] = sin(.3 * t) + .5 * cos(.11 * t) + .2 * noise(&s);
}

static void hilbert(void **state) {
  static const double want[5] = {1.567050691098231, 0.208534218611013,
                                 0.011407491623420, 0.000305898040151,
                                 0.000003287928772};
  test_arena arena = {-1, 0};
  hf_work w = test_work(&arena);
  double a[25], lambda[5], v[25];
  int i, j, k;
  (void)state;
  for (i = 0; i < 5; i++)
    for (j = 0; j < 5; j++) a[i * 5 + j] = 1.0 / (i + j + 1);
  assert_int_equal(hf_eigen_symmetric(&w, a, 5, lambda, v), HF_OK);
  for (k = 0; k < 5; k++) {
    near(lambda[k], want[k], 1e-14);
    for (i = 0; i < 5; i++) {
      double s = 0;
      for (j = 0; j < 5; j++) s += a[i * 5 + j] * v[j * 5 + k];
      near(s, lambda[k] * v[i * 5 + k], 1e-14);
    }
  }
  hf_work_free(&w);
  assert_int_equal(arena.held, 0);
}

static void leading(void **state) {
  test_arena arena = {-1, 0};
  hf_work w = test_work(&arena);
  double a[400], v[20 * 6], lambda[6];
  int i, j;
  (void)state;
  for (i = 0; i < 20; i++)
    for (j = 0; j < 20; j++) a[i * 20 + j] = pow(.9, abs(i - j));
  for (i = 0; i < 20; i++)
    for (j = 0; j < 6; j++) v[i * 6 + j] = cos(3.0 * i * (j + 1));
  assert_int_equal(hf_eigen_leading(&w, a, 20, 4, 6, 60, v, lambda), HF_OK);
  near(lambda[0], 11.238527084092334, 1e-10);
  near(lambda[1], 4.000053331294176, 1e-10);
  near(lambda[2], 1.6490266925715424, 1e-10);
  near(lambda[3], 0.8504245023455402, 1e-6);
  near(v[0] * v[0], 0.029003709442891264, 1e-9);
  near(v[3 * 6 + 1] * v[3 * 6 + 1], 0.07855951245260219, 1e-9);
  hf_work_free(&w);
}

static void degenerate(void **state) {
  test_arena arena = {-1, 0};
  hf_work w = test_work(&arena);
  double a[16] = {0}, v[8] = {1, 0, 0, 1, 0, 0, 0, 0}, lambda[4], all[16];
  int i;
  (void)state;
  assert_int_equal(hf_eigen_leading(&w, a, 4, 1, 2, 5, v, lambda), HF_OK);
  for (i = 0; i < 8; i++) assert_true(v[i] == 0);
  assert_true(lambda[0] == 0);
  assert_int_equal(hf_eigen_symmetric(&w, a, 4, lambda, all), HF_OK);
  assert_true(lambda[3] == 0);
  a[0] = 1e300; /* as large as squares of 1e100 ever get, and more */
  v[0] = v[3] = 1;
  assert_int_equal(hf_eigen_leading(&w, a, 4, 1, 2, 5, v, lambda), HF_OK);
  near(lambda[0] / 1e300, 1, 1e-12);
  assert_int_equal(hf_eigen_leading(&w, a, 4, 3, 2, 5, v, NULL), HF_ERANGE);
  assert_int_equal(hf_eigen_leading(&w, a, 4, 1, 5, 5, v, NULL), HF_ERANGE);
  assert_int_equal(hf_eigen_symmetric(&w, a, 0, lambda, all), HF_ERANGE);
  assert_int_equal(hf_eigen_symmetric(&w, a, 257, lambda, all), HF_ERANGE);
  hf_work_free(&w);
}

static void windows(void **state) {
  test_arena arena = {-1, 0};
  hf_work w = test_work(&arena);
  hf_window_sums s;
  hf_window_model m;
  double y[N], error[N], told[N], rebuilt[N];
  int i, j, k;
  (void)state;
  series(y);
  assert_int_equal(hf_window_start(&s, &m, L), HF_OK);
  /* in pieces, as history grows: a piece within the first window, too */
  assert_int_equal(hf_window_add(&w, &s, y, 7), HF_OK);
  assert_int_equal(hf_window_fit(&w, &s, y, &m), HF_EDATA);
  assert_int_equal(hf_window_add(&w, &s, y, 50), HF_OK);
  assert_int_equal(hf_window_fit(&w, &s, y, &m), HF_OK);
  assert_int_equal(hf_window_add(&w, &s, y, N), HF_OK);
  for (i = 0; i < 35; i++)
    assert_int_equal(hf_window_fit(&w, &s, y, &m), HF_OK);
  near(m.rest, 0.0030094466268050235, 1e-7);
  for (j = 0; j < HF_WINDOW_LANES - 2; j++) { /* orthonormal */
    for (k = 0; k <= j; k++) {
      double dot = 0;
      for (i = 0; i < L; i++)
        dot += m.filter[i * HF_WINDOW_LANES + j] *
               m.filter[i * HF_WINDOW_LANES + k];
      near(dot, j == k, 1e-12);
    }
  }
  assert_int_equal(hf_window_errors(&w, &m, y, L - 1, N, error, told, rebuilt),
                   HF_OK);
  near(error[15 - 15], 0.001971568286788461, 1e-6);
  near(error[100 - 15], 0.002134263261600655, 1e-6);
  near(error[399 - 15], 0.001803501745269498, 1e-6);
  assert_int_equal(m.foretells, 1);
  near(told[100 - 15], -0.94584120680306, 1e-3);
  near(told[399 - 15], 0.9355584896748935, 1e-3);
  near(hf_window_rebuild(&m, y + 200, 7), -1.0346093598862738, 1e-3);
  for (i = 0; i + L <= N; i++) /* the same of all windows at once */
    near(rebuilt[i], hf_window_rebuild(&m, y + i, L / 2), 1e-12);
  assert_int_equal(hf_window_start(&s, &m, 7), HF_ERANGE);
  assert_int_equal(hf_window_start(&s, &m, HF_WINDOW_MAX + 1), HF_ERANGE);
  hf_work_free(&w);
  assert_int_equal(arena.held, 0);
}

/* A constant has no direction and no error, and learns when it moves. */
static void constant(void **state) {
  test_arena arena = {-1, 0};
  hf_work w = test_work(&arena);
  hf_window_sums s;
  hf_window_model m;
  double y[N] = {0}, error[N];
  int i;
  (void)state;
  assert_int_equal(hf_window_start(&s, &m, L), HF_OK);
  assert_int_equal(hf_window_add(&w, &s, y, 100), HF_OK);
  assert_int_equal(hf_window_fit(&w, &s, y, &m), HF_OK);
  assert_int_equal(m.foretells, 0);
  assert_true(m.rest == 0);
  for (i = 100; i < N; i++) y[i] = sin(.3 * i);
  assert_int_equal(hf_window_errors(&w, &m, y, 99, N, error, NULL, NULL),
                   HF_OK);
  assert_true(error[0] == 0);
  assert_true(error[10] > 0.1);
  assert_int_equal(hf_window_add(&w, &s, y, N), HF_OK);
  assert_int_equal(hf_window_fit(&w, &s, y, &m), HF_OK);
  assert_int_equal(hf_window_errors(&w, &m, y, 99, N, error, NULL, NULL),
                   HF_OK);
  assert_true(error[200] < 0.001);
  hf_work_free(&w);
}

static void memory(void **state) {
  double a[16] = {4, 1, 0, 0, 1, 4, 1, 0, 0, 1, 4, 1, 0, 0, 1, 4};
  double v[8] = {1, 0, 0, 1, 0, 0, 0, 0}, all[16], lambda[4];
  test_arena arena = {0, 0};
  hf_work w = test_work(&arena);
  (void)state;
  assert_int_equal(hf_eigen_leading(&w, a, 4, 2, 2, 5, v, lambda), HF_ENOMEM);
  assert_true(v[0] == 1 && v[3] == 1); /* untouched */
  assert_int_equal(hf_eigen_symmetric(&w, a, 4, lambda, all), HF_ENOMEM);
  hf_work_free(&w);
  assert_int_equal(arena.held, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hilbert),    cmocka_unit_test(leading),
      cmocka_unit_test(degenerate), cmocka_unit_test(windows),
      cmocka_unit_test(constant),   cmocka_unit_test(memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
