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
#include "num/lagged.h"
#include "num/linalg.h"
#include "num/simplex.h"
#include "num/stat.h"

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
  double u[50], v[50], ones[50], truth[50], weight[50], all = 0;
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
    all += weight[i] = 1 + i % 3;
  }
  col[0] = u;
  col[1] = v;
  col[2] = ones;
  for (i = 0; i < 3; i++) rest[i] = col[i] + 19;
  hf_linalg_rows(a, b, 3, col, truth, weight, 19);
  hf_linalg_rows(a, b, 3, rest, truth + 19, weight + 19, 31);
  near(a[8], all, 1e-15);
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

/* R: w <- 0.97^(23:0); f <- lm(y ~ x1 + x2, weights = w); r <- abs(resid(f));
** s <- 1.4826022185056018 * median(r)
** coef(lm(y ~ x1 + x2, weights = w * pmin(1, 1.345 * s / r))) */
static void huber_is_reweighted_lm(void **state) {
  static const double none[3];
  double ones[24];
  const double *col[3] = {huber_x[0], huber_x[1], ones};
  hf_huber_ask ask = {col, huber_y, NULL, 0, 0, NULL, 24, 3, 0.97, none, NULL};
  hf_work w = test_work(&A);
  double coef[3] = {5, 6, 7}, known[24];
  size_t i;
  (void)state;
  for (i = 0; i < 24; i++) ones[i] = 1;
  assert_int_equal(hf_huber_fit(&w, &ask, coef), HF_OK);
  near(coef[2], 1.89358255033434975, 1e-12);
  near(coef[0], 2.70769784410757186, 1e-12);
  near(coef[1], -0.43788803844880597, 1e-12);
  /* without the twentieth row: the same with w[20] <- 0, median(r[-20]) */
  memcpy(known, huber_y, sizeof known);
  known[19] = NAN;
  ask.known = known;
  assert_int_equal(hf_huber_fit(&w, &ask, coef), HF_OK);
  near(coef[2], 2.04765526991413571, 1e-12);
  near(coef[0], 3.02432437720049396, 1e-12);
  near(coef[1], -0.92882149669526315, 1e-12);
  ask.known = NULL;
  assert_int_equal(hf_huber_fit(&w, &ask, coef), HF_OK);
  /* untouched when there is no answer */
  ask.n = 2;
  assert_int_equal(hf_huber_fit(&w, &ask, coef), HF_ESINGULAR);
  ask.k = HF_HUBER_MAX + 1;
  assert_int_equal(hf_huber_fit(&w, &ask, coef), HF_ERANGE);
  near(coef[2], 1.89358255033434975, 1e-12);
  hf_work_free(&w);
}

/* Lags of one series, and columns that come again: what the columns give that
** are cut from it, product by product; and the same regression either way. */
static void lags_are_columns(void **state) {
  static const size_t lag[6] = {1, 2, 3, 11, 12, 24}, again[3] = {1, 12, 100};
  double z[300], a[64], b[8], a2[64], b2[8];
  double weight[276], ones[276], cycle[276], known[276], none[8] = {0};
  double one[8], two[8];
  const double *col[8], *y = z + 24;
  hf_huber_ask ask = {col, y, lag, 6, 0, NULL, 276, 8, 0.99, none, NULL};
  hf_lagged_ask rows = {y, 276, lag, 6, 24, 0.99, col + 6, 2, 0, NULL};
  hf_lagged_kept kept = {0};
  hf_work w = test_work(&A);
  uint32_t r = 21;
  size_t i, j, q;
  (void)state;
  for (i = 0; i < 300; i++)
    z[i] = noise(&r) + (i > 0 ? 0.7 * z[i - 1] : 0) + (i % 19 == 0 ? 5 : 0);
  for (j = 0; j < 6; j++) col[j] = y - lag[j];
  col[6] = cycle;
  col[7] = ones;
  for (q = 0; q < 3; q++) {
    for (i = 0; i < 276; i++) {
      weight[i] = pow(0.99, 275 - (double)i);
      ones[i] = 1;
      cycle[i] = i < again[q] ? 2 + noise(&r) : cycle[i - again[q]];
    }
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    memset(a2, 0, sizeof a2);
    memset(b2, 0, sizeof b2);
    rows.again = again[q];
    rows.kept = q > 0 ? &kept : NULL; /* the lags are the same each time */
    assert_int_equal(hf_lagged_rows(&w, &rows, a, 8, b), HF_OK);
    assert_int_equal(kept.set, q > 0);
    hf_linalg_rows(a2, b2, 8, col, y, weight, 276);
    for (i = 0; i < 8; i++) {
      for (j = 0; j <= i; j++) near(a[i * 8 + j], a2[i * 8 + j], 1e-12);
      near(b[i], b2[i], 1e-12);
    }
    ask.k = again[q] == 1 ? 7 : 8; /* two constants would be one too many */
    ask.lags = ask.again = 0;
    assert_int_equal(hf_huber_fit(&w, &ask, two), HF_OK);
    ask.lags = 6;
    assert_int_equal(hf_huber_fit(&w, &ask, one), HF_OK);
    for (i = 0; i < ask.k; i++) near(one[i], two[i], 1e-11);
    ask.again = again[q];
    ask.kept = rows.kept;
    assert_int_equal(hf_huber_fit(&w, &ask, one), HF_OK);
    ask.kept = NULL;
    for (i = 0; i < ask.k; i++) near(one[i], two[i], 1e-11);
  }
  rows.again = 139;
  assert_int_equal(hf_lagged_rows(&w, &rows, a, 8, b), HF_ERANGE);
  /* rows that do not count */
  memcpy(known, ones, sizeof known);
  known[100] = known[101] = known[102] = NAN;
  ask.known = known;
  assert_int_equal(hf_huber_fit(&w, &ask, one), HF_OK);
  ask.lags = 0;
  assert_int_equal(hf_huber_fit(&w, &ask, two), HF_OK);
  for (i = 0; i < 8; i++) near(one[i], two[i], 1e-11);
  hf_work_free(&w);
}

enum { LONG_ROWS = 900 };

/* Weighted least squares of y on x and 1, summed row by row. */
static void line(const double *x, const double *y, const double *weight,
                 double *slope, double *level) {
  double s = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  size_t i;
  for (i = 0; i < LONG_ROWS; i++) {
    s += weight[i];
    sx += weight[i] * x[i];
    sy += weight[i] * y[i];
  }
  for (i = 0; i < LONG_ROWS; i++) {
    sxx += weight[i] * (x[i] - sx / s) * (x[i] - sx / s);
    sxy += weight[i] * (x[i] - sx / s) * (y[i] - sy / s);
  }
  *slope = sxy / sxx;
  *level = (sy - *slope * sx) / s;
}

/* More far rows than a block holds; and two so far out that they make nearly
** all of a column's squares (big): what the definition gives, summed row by
** row.
*/
static void huber_of_many(void **state) {
  static const double none[2];
  double x[LONG_ROWS], y[LONG_ROWS], ones[LONG_ROWS], weight[LONG_ROWS];
  double d[LONG_ROWS], coef[2], slope, level, far;
  const double *col[2] = {x, ones};
  hf_huber_ask ask = {col, y, NULL, 0, 0, NULL, LONG_ROWS, 2, 1, none, NULL};
  hf_work w = test_work(&A);
  size_t i, big;
  (void)state;
  for (big = 0; big < 2; big++) {
    uint32_t r = 9;
    for (i = 0; i < LONG_ROWS; i++) {
      double u = noise(&r), v = noise(&r);
      x[i] = u;
      y[i] = 3 * u + 2 + (i % 5 < 2 ? 40 : 1) * v;
      ones[i] = weight[i] = 1;
    }
    if (big) {
      x[77] = x[78] = 1e9;
      y[77] = 1e9;
      y[78] = -1e9;
    }
    line(x, y, weight, &slope, &level);
    for (i = 0; i < LONG_ROWS; i++) d[i] = fabs(y[i] - level - slope * x[i]);
    far = 1.345 * HF_STAT_MAD_SCALE * hf_stat_median(d, LONG_ROWS);
    for (i = 0; i < LONG_ROWS; i++) {
      double e = fabs(y[i] - level - slope * x[i]);
      if (e > far) weight[i] = far / e;
    }
    line(x, y, weight, &slope, &level);
    assert_int_equal(hf_huber_fit(&w, &ask, coef), HF_OK);
    near(coef[0], slope, 1e-9);
    near(coef[1], level, 1e-9);
  }
  hf_work_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(fft_is_the_sum),
                                     cmocka_unit_test(acf_is_the_sum),
                                     cmocka_unit_test(dot_is_the_sum),
                                     cmocka_unit_test(ridge),
                                     cmocka_unit_test(simplex),
                                     cmocka_unit_test(huber_is_reweighted_lm),
                                     cmocka_unit_test(lags_are_columns),
                                     cmocka_unit_test(huber_of_many)};
  return cmocka_run_group_tests_name("num/linear", tests, NULL, NULL);
}
