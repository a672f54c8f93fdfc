/*
** test_linear.c: num/fft.c, num/linalg.c and num/simplex.c against direct
** computation of the definitions, and minima known by algebra; num/huber.c
** against R 4.2.2.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "arena.h"
#include "num/fft.h"
#include "num/huber.h"
#include "num/linalg.h"
#include "num/simplex.h"

static test_arena A = {-1, 0};

static void near(double got, double want, double tol) {
  if (!(fabs(got - want) <= tol * (1 + fabs(want))))
    fail_msg("got %.17g, want %.17g", got, want);
}

static double noise(uint32_t *r) {
  *r = *r * 1664525u + 1013904223u;
  return (double)(*r >> 8) / 16777216.0 - 0.5;
}

/* The transform against its sum, n = 32. */
static void fft_is_the_sum(void **state) {
  double re[32], im[32], xr[32], xi[32];
  hf_work w = test_work(&A);
  uint32_t r = 7;
  size_t k, t;
  (void)state;
  for (k = 0; k < 32; k++) {
    xr[k] = re[k] = noise(&r);
    xi[k] = im[k] = noise(&r);
  }
  assert_int_equal(hf_fft_complex(&w, re, im, 32, 0), HF_OK);
  for (k = 0; k < 32; k++) {
    double sr = 0, si = 0;
    for (t = 0; t < 32; t++) {
      double a = -2 * 3.14159265358979323846 * (double)(k * t) / 32;
      sr += xr[t] * cos(a) - xi[t] * sin(a);
      si += xr[t] * sin(a) + xi[t] * cos(a);
    }
    near(re[k], sr, 1e-12);
    near(im[k], si, 1e-12);
  }
  assert_int_equal(hf_fft_complex(&w, re, im, 32, 1), HF_OK);
  for (k = 0; k < 32; k++) near(re[k] / 32, xr[k], 1e-13);
  assert_int_equal(hf_fft_complex(&w, re, im, 31, 0), HF_ERANGE);
  hf_work_free(&w);
}

/* The autocorrelation against its definition (Box and Jenkins; R's acf). */
static void acf_is_the_sum(void **state) {
  double x[500], acf[101], mean = 0, power = 0;
  hf_work w = test_work(&A);
  uint32_t r = 3;
  size_t i, k;
  (void)state;
  for (i = 0; i < 500; i++)
    mean += x[i] = 1e3 + noise(&r) + sin((double)i) + 0.01 * (double)i;
  mean /= 500;
  for (i = 0; i < 500; i++) power += (x[i] - mean) * (x[i] - mean);
  assert_int_equal(hf_fft_acf(&w, x, 500, 100, acf), HF_OK);
  for (k = 0; k <= 100; k++) {
    double s = 0;
    for (i = k; i < 500; i++) s += (x[i] - mean) * (x[i - k] - mean);
    near(acf[k], s / power, 1e-11);
  }
  for (i = 0; i < 500; i++) x[i] = 0.1;
  assert_int_equal(hf_fft_acf(&w, x, 500, 10, acf), HF_OK);
  near(acf[0], 1, 0);
  near(acf[5], 0, 0);
  assert_int_equal(hf_fft_acf(&w, x, 5, 5, acf), HF_ERANGE);
  hf_work_free(&w);
}

/* A sum of products against the sum in order, for every rest of eight. */
static void dot_is_the_sum(void **state) {
  double x[23], y[23];
  uint32_t r = 3;
  size_t n, i;
  (void)state;
  for (i = 0; i < 23; i++) {
    x[i] = noise(&r);
    y[i] = noise(&r);
  }
  for (n = 0; n <= 23; n++) {
    double sum = 0;
    for (i = 0; i < n; i++) sum += x[i] * y[i];
    near(hf_linalg_dot(x, y, n), sum, 1e-15);
  }
}

/* Coefficients that made the data are found, also when the rows come in two
** parts; ridge shrinks by 1 / (1 + l). */
static void ridge(void **state) {
  double a[9] = {0}, b[3] = {0}, none[3] = {0};
  double u[50], v[50], ones[50], truth[50];
  double one[1] = {4}, y[1] = {8}, l[1] = {4};
  double bad[4] = {1, 0, 1, 1}, c[2] = {1, 1};
  const double *col[3], *rest[3];
  uint32_t r = 5;
  int i;
  (void)state;
  for (i = 0; i < 50; i++) {
    u[i] = noise(&r);
    v[i] = noise(&r);
    ones[i] = 1;
    truth[i] = 2 * u[i] - 3 * v[i] + 7;
  }
  col[0] = u;
  col[1] = v;
  col[2] = ones;
  for (i = 0; i < 3; i++) rest[i] = col[i] + 19;
  hf_linalg_rows(a, b, 3, col, truth, 19);
  hf_linalg_rows(a, b, 3, rest, truth + 19, 31);
  near(a[8], 50, 1e-15);
  assert_int_equal(hf_linalg_ridge(a, b, 3, none), HF_OK);
  near(b[0], 2, 1e-12);
  near(b[1], -3, 1e-12);
  near(b[2], 7, 1e-12);
  assert_int_equal(hf_linalg_ridge(one, y, 1, l), HF_OK);
  near(y[0], 1, 1e-15);
  assert_int_equal(hf_linalg_ridge(bad, c, 2, none), HF_ESINGULAR);
}

/* Rosenbrock's valley has its minimum 0 at (1, 1). */
static int valley(void *ctx, const double *x, double *f) {
  int *calls = ctx;
  double a = 1 - x[0], b = x[1] - x[0] * x[0];
  (*calls)++;
  *f = a * a + 100 * b * b;
  return HF_OK;
}

static int stops(void *ctx, const double *x, double *f) {
  (void)ctx;
  (void)x;
  *f = 0;
  return HF_EINTERRUPT;
}

static void simplex(void **state) {
  double x[2] = {-1.2, 1}, best = 0;
  int calls = 0;
  (void)state;
  assert_int_equal(
      hf_simplex_minimise(valley, &calls, x, 2, 0.5, 500, 1e-14, &best), HF_OK);
  near(x[0], 1, 1e-4);
  near(x[1], 1, 1e-4);
  assert_true(best < 1e-8 && calls <= 504);
  calls = 0;
  x[0] = -1.2;
  x[1] = 1;
  assert_int_equal(
      hf_simplex_minimise(valley, &calls, x, 2, 0.5, 30, 1e-14, &best), HF_OK);
  assert_true(calls <= 34);
  assert_int_equal(hf_simplex_minimise(stops, NULL, x, 2, 1, 9, 0, &best),
                   HF_EINTERRUPT);
  assert_int_equal(hf_simplex_minimise(stops, NULL, x, 9, 1, 9, 0, &best),
                   HF_ERANGE);
}

/* Rows of y on x1, x2 and 1. */
static const double huber_x[2][24] = {
    {0.841,  0.909,  0.141,  -0.757, -0.959, -0.279, 0.657,  0.989,
     0.412,  -0.544, -1.000, -0.537, 0.420,  0.991,  0.650,  -0.288,
     -0.961, -0.751, 0.150,  0.913,  0.837,  -0.009, -0.846, -0.906},
    {-0.129, -0.967, 0.378, 0.869,  -0.602, -0.714, 0.786, 0.512,
     -0.918, -0.275, 0.989, 0.020,  -0.994, 0.236,  0.933, -0.476,
     -0.811, 0.685,  0.634, -0.849, -0.415, 0.956,  0.169, -0.999}};
static const double huber_y[24] = {4.46,  5.585, 2.175, -0.957, -0.301, 1.679,
                                   9,     4.604, 4.324, 0.591,  -2.189, 0.308,
                                   4.419, 4.892, 2.939, 1.413,  -0.107, -0.759,
                                   1.953, -14,   4.732, 1.008,  -0.518, 0.397};

static void huber_rows_of(const void *model, size_t first, size_t n,
                          size_t stride, double *col, double *y) {
  size_t i, j;
  (void)model;
  for (i = 0; i < n; i++) {
    for (j = 0; j < 2; j++) col[j * stride + i] = huber_x[j][first + i];
    col[2 * stride + i] = 1;
    y[i] = huber_y[first + i];
  }
}

/* R: w <- 0.97^(23:0); f <- lm(y ~ x1 + x2, weights = w); r <- abs(resid(f));
** s <- 1.4826022185056018 * median(r)
** coef(lm(y ~ x1 + x2, weights = w * pmin(1, 1.345 * s / r))) */
static void huber_is_reweighted_lm(void **state) {
  static const double none[3];
  hf_huber_ask ask = {huber_rows_of, NULL, 24, 3, 0.97, none};
  hf_work w = test_work(&A);
  double coef[3] = {5, 6, 7};
  (void)state;
  assert_int_equal(hf_huber_fit(&w, &ask, coef), HF_OK);
  near(coef[2], 1.89358255033434975, 1e-12);
  near(coef[0], 2.70769784410757186, 1e-12);
  near(coef[1], -0.43788803844880597, 1e-12);
  /* untouched when there is no answer */
  ask.n = 2;
  assert_int_equal(hf_huber_fit(&w, &ask, coef), HF_ESINGULAR);
  ask.k = HF_HUBER_MAX + 1;
  assert_int_equal(hf_huber_fit(&w, &ask, coef), HF_ERANGE);
  near(coef[2], 1.89358255033434975, 1e-12);
  hf_work_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(fft_is_the_sum),
                                     cmocka_unit_test(acf_is_the_sum),
                                     cmocka_unit_test(dot_is_the_sum),
                                     cmocka_unit_test(ridge),
                                     cmocka_unit_test(simplex),
                                     cmocka_unit_test(huber_is_reweighted_lm)};
  return cmocka_run_group_tests_name("num/linear", tests, NULL, NULL);
}
