/*
** test_bank.c: the candidates of ops/bank.c, the autocorrelation and the
** decomposition against R 4.2.2 and its package forecast 8.20, on two series
** that R brings: Nile (100 years) and ldeaths (72 months). The commands stand
** above each test; `p` is short for forecast:::pegelsresid.C, the filter of
** exponential smoothing with its start given. Tolerance 1e-9 relative, but for
** the decomposition, which is another method for the same parts.
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
#include "ops/bank.h"
#include "ops/decompose.h"

enum { NILE = 100, DEATHS = 72 };

static const double nile[NILE] = {
    1120, 1160, 963,  1210, 1160, 1160, 813,  1230, 1370, 1140, 995,  935,
    1110, 994,  1020, 960,  1180, 799,  958,  1140, 1100, 1210, 1150, 1250,
    1260, 1220, 1030, 1100, 774,  840,  874,  694,  940,  833,  701,  916,
    692,  1020, 1050, 969,  831,  726,  456,  824,  702,  1120, 1100, 832,
    764,  821,  768,  845,  864,  862,  698,  845,  744,  796,  1040, 759,
    781,  865,  845,  944,  984,  897,  822,  1010, 771,  676,  649,  846,
    812,  742,  801,  1040, 860,  874,  848,  890,  744,  749,  838,  1050,
    918,  986,  797,  923,  975,  815,  1020, 906,  901,  1170, 912,  746,
    919,  718,  714,  740};

/* In thousands. */
static const double deaths[DEATHS] = {
    3.035, 2.552, 2.704, 2.554, 2.014, 1.655, 1.721, 1.524, 1.596, 2.074, 2.199,
    2.512, 2.933, 2.889, 2.938, 2.497, 1.870, 1.726, 1.607, 1.545, 1.396, 1.787,
    2.076, 2.837, 2.787, 3.891, 3.179, 2.011, 1.636, 1.580, 1.489, 1.300, 1.356,
    1.653, 2.013, 2.823, 3.102, 2.294, 2.385, 2.444, 1.748, 1.554, 1.498, 1.361,
    1.346, 1.564, 1.640, 2.293, 2.815, 3.137, 2.679, 1.969, 1.870, 1.633, 1.529,
    1.366, 1.357, 1.570, 1.535, 2.491, 3.084, 2.605, 2.573, 2.143, 1.693, 1.504,
    1.461, 1.354, 1.333, 1.492, 1.781, 1.915};

static test_arena A = {-1, 0};

static void near(double got, double want, double tol) {
  if (!(fabs(got - want) <= tol * (1 + fabs(want))))
    fail_msg("got %.17g, want %.17g", got, want);
}

/* acf(Nile, plot = FALSE, lag.max = 5)$acf */
static void autocorrelation(void **state) {
  static const double want[] = {0.49840818413302945, 0.38457690390487254,
                                0.32786043752254634, 0.23919116994148587,
                                0.22842198672084021};
  hf_work w = test_work(&A);
  double r[6];
  size_t i;
  (void)state;
  assert_int_equal(hf_fft_acf(&w, nile, NILE, 5, r), HF_OK);
  for (i = 0; i < 5; i++) near(r[i + 1], want[i], 1e-12);
  hf_work_free(&w);
}

/* What a candidate says of the h cells after x[n], its parameters kept where
** mem holds some. */
static void ask(hf_bank_id id, const double *x, size_t n, size_t m, size_t h,
                hf_bank_memory *mem, double *out) {
  hf_work w = test_work(&A);
  hf_bank_task t = {x, n, n, m, 0, &n, 1, h, NULL, NULL};
  assert_int_equal(hf_bank_run(&w, id, &t, mem, out), HF_OK);
  hf_work_free(&w);
}

/* f <- function(a) p(x[11:100], 1, mean(x[1:10]), "A", "N", "N", FALSE, a,
**   NULL, NULL, NULL, 1)
** the last state for the a of c(.02, .05, .1, .2, .35, .5, .7, .9) whose sum
** of squared errors is least: .35 */
static void simple_smoothing(void **state) {
  hf_bank_memory mem = {0};
  double out[3];
  (void)state;
  ask(HF_BANK_SES, nile, NILE, 0, 3, &mem, out);
  near(out[0], 775.36483814491112, 1e-12);
  near(out[2], out[0], 0);
}

/* p(x[2:100], 1, c(x[1], 0), "A", "A", "N", TRUE, a, a * b, NULL, .9, 1) for
** the a of c(.1, .2, .35, .5, .7, .9) and b of c(.05, .2, .5) of least squared
** error: .2, .05. The forecast is level + slope * cumsum(.9^(1:5)). */
static void damped_trend(void **state) {
  static const double want[] = {818.40129074961658, 815.30703209234889,
                                812.52219930080810, 810.01584978842129,
                                807.76013522727328};
  hf_bank_memory mem = {0};
  double out[5];
  size_t i;
  (void)state;
  ask(HF_BANK_DAMPED, nile, NILE, 0, 5, &mem, out);
  for (i = 0; i < 5; i++) near(out[i], want[i], 1e-12);
}

/* y <- ldeaths / 1000; mu <- mean(y[1:24])
** z <- sapply(1:12, function(i) mean(y[seq(i, 24, 12)])) - mu
** p(y, 12, c(mu, rev(z)), "A", "N", "A", FALSE, .25, NULL, .3, NULL, 1)
** the last level and seasons. The weights are handed over as kept ones: half
** of the level's .5 and of the season's .6, no autoregression of the errors. */
static void seasonal_smoothing(void **state) {
  static const double want[] = {
      2.7778015586082536, 2.6058299578497306, 2.4491977135947951,
      1.9883955918424432, 1.5680967507023211, 1.3651244533609872,
      1.2986011780647420, 1.1619172176158630, 1.1446645089239920,
      1.4021897212409535, 1.6086109969654450, 2.1897794616180146};
  hf_bank_memory mem = {1, {0, 0, 0, -60}};
  double out[24];
  size_t i;
  (void)state;
  ask(HF_BANK_DOUBLE, deaths, DEATHS, 12, 24, &mem, out);
  for (i = 0; i < 24; i++) near(out[i], want[i % 12], 1e-9);
}

/* lags <- c(1:3, 10:14, 22:26); t <- 27:72; mu <- mean(y)
** w <- .5^((72 - t) / 84)
** X <- cbind(sapply(lags, function(l) y[t - l] - mu), 1); b <- y[t] - mu
** ridge <- function(w) solve(t(X * w) %*% X + sum(w) *
**   diag(c(rep(1e-5 * var(y), 13), 1e-6) + 1e-12), t(X * w) %*% b)
** r <- abs(b - X %*% ridge(w)); s <- 1.345 * 1.4826022185056018 * median(r)
** k <- ridge(w * pmin(1, s / r)); v <- y - mu
** for (i in 1:12) v <- c(v, sum(k[-14] * v[length(v) + 1 - lags]) + k[14])
*/
static void autoregression(void **state) {
  static const double want[] = {
      2.5025189514728954, 2.9338947355829426, 2.5182908235743779,
      1.9443811360947720, 1.6873441543615311, 1.5062885848451941,
      1.4415882261101201, 1.3641809307380131, 1.3738570972621511,
      1.3761547838813470, 1.4371777437046589, 2.1151150099800939};
  hf_bank_memory mem = {0};
  double out[12];
  size_t i;
  (void)state;
  ask(HF_BANK_AR, deaths, DEATHS, 12, 12, &mem, out);
  for (i = 0; i < 12; i++) near(out[i], want[i], 1e-9);
}

/* d <- diff(y, 12); lags <- c(1:3, 11:13, 24); t <- 25:60; mu <- mean(d)
** w <- .5^((60 - t) / 84)
** X <- cbind(sapply(lags, function(l) d[t - l] - mu), 1); b <- d[t] - mu
** ridge, s and k as above, with var(d) and 7 lags; v <- d - mu
** for (i in 1:12) v <- c(v, sum(k[-8] * v[length(v) + 1 - lags]) + k[8])
** y[61:72] + v[61:72] + mu */
static void autoregression_of_differences(void **state) {
  static const double want[] = {
      2.6933072293399474, 2.7136622444911871, 2.3754720378060870,
      1.9320635974870382, 1.6996385481483822, 1.4413041134235423,
      1.3429760902889907, 1.2108309040799923, 1.2017876972617496,
      1.4348812813085174, 1.4016509914441575, 2.2118489707811140};
  hf_bank_memory mem = {0};
  double out[12];
  size_t i;
  (void)state;
  ask(HF_BANK_DIFF, deaths, DEATHS, 12, 12, &mem, out);
  for (i = 0; i < 12; i++) near(out[i], want[i], 1e-9);
}

/* prof <- sapply(1:12, function(i) median(y[seq(i, 72, 12)])); r <- y - prof
** t <- 13:72; X <- cbind(r[t - 1], r[t - 2], r[t - 12]); A <- crossprod(X)
** k <- solve(A + diag(1e-3 * mean(diag(A)) + 1e-12, 3), crossprod(X, r[t]))
** v <- r; lim <- max(abs(r))
** for (i in 1:12) v <- c(v, max(-lim, min(lim,
**   sum(k * v[length(v) + 1 - c(1, 2, 12)]))))
** prof + v[73:84] */
static void autoregression_about_a_profile(void **state) {
  static const double want[] = {
      2.8310223705076205, 2.7725230686590274, 2.7241025639161620,
      2.3164625897996634, 1.8250507814786010, 1.6200783859708696,
      1.5214791639318881, 1.3654737397382239, 1.3589435417359221,
      1.6252097500224678, 1.9131954782653042, 2.5695350461630824};
  hf_bank_memory mem = {0};
  double out[12];
  size_t i;
  (void)state;
  ask(HF_BANK_RHO, deaths, DEATHS, 12, 12, &mem, out);
  for (i = 0; i < 12; i++) near(out[i], want[i], 1e-9);
}

/* sapply(1:12, function(i) median(y[seq(i, 72, 12)])), and that plus
** median(y[61:72] - sapply(1:12, function(i) median(y[seq(i, 60, 12)]))) */
static void median_cycles(void **state) {
  static const double want[] = {2.9840, 2.7470, 2.6915, 2.2935, 1.8090, 1.6065,
                                1.5135, 1.3635, 1.3565, 1.6115, 1.8970, 2.5015};
  hf_bank_memory mem = {0};
  double out[12], moved[12];
  size_t i;
  (void)state;
  ask(HF_BANK_MEDIAN, deaths, DEATHS, 12, 12, &mem, out);
  ask(HF_BANK_SHIFTED, deaths, DEATHS, 12, 12, &mem, moved);
  for (i = 0; i < 12; i++) {
    near(out[i], want[i], 1e-12);
    near(moved[i], want[i] + (-0.14600), 1e-12);
  }
}

/* stl(ldeaths, s.window = 7, robust = TRUE), the third and fourth year: in
** the mean the seasons, which swing by 1,500, and the trend, which is about
** 2,000, are within 40. */
static void decomposition(void **state) {
  static const double season[] = {
      831.8,  541.3,  719.9,  239.9,  -285.3, -442.7, -512.7, -649.9,
      -665.2, -352.4, -121.1, 626.6,  876.2,  654.3,  692.4,  179.8,
      -263.0, -422.2, -499.6, -641.5, -646.2, -393.4, -204.8, 572.3};
  static const double trend[] = {
      2078.1, 2070.2, 2062.3, 2054.4, 2047.9, 2041.3, 2034.8, 2028.5,
      2022.3, 2016.0, 2015.2, 2014.5, 2013.7, 2009.6, 2005.6, 2001.5,
      1994.3, 1987.1, 1979.9, 1979.5, 1979.2, 1978.8, 1980.8, 1982.8};
  double y[DEATHS], off = 0, away = 0;
  hf_work w = test_work(&A);
  hf_grid g;
  hf_decompose d;
  size_t i;
  (void)state;
  for (i = 0; i < DEATHS; i++) y[i] = 1000 * deaths[i];
  memset(&g, 0, sizeof g);
  g.step = 3600;
  g.n = DEATHS;
  g.y = g.fill = y;
  assert_int_equal(hf_decompose_run(&w, &w, &g, &d), HF_OK);
  assert_int_equal(d.rhythm.m, 12);
  for (i = 0; i < 24; i++) {
    off += fabs(d.seasonal[24 + i] - season[i]) / 24;
    away += fabs(d.trend[24 + i] - trend[i]) / 24;
    near(d.trend[24 + i] + d.seasonal[24 + i] + d.remainder[24 + i], y[24 + i],
         1e-12);
  }
  if (off > 40 || away > 40) fail_msg("off by %g and %g", off, away);
  hf_work_free(&w);
}

enum { COUNTS = 19 };

static const double counts[COUNTS] = {0, 3, 0, 0, 1, 0, 0, 0, 6, 2,
                                      0, 0, 0, 0, 4, 0, 0, 5, 0};

/* d <- as.numeric(y > 0)
** z <- croston(y, h = 1, alpha = a)$model$demand$mean[1]
** p <- ses(d, alpha = b, initial = "simple", h = 1)$mean[1]
** p * z for the a of c(.02, .05, .1, .2, .3) and b of c(.01, .03, .1, .2, .3)
** whose sum of squared one-step errors is least: .02, .1. */
static void few_demands(void **state) {
  hf_bank_memory mem = {0};
  double out[3];
  (void)state;
  ask(HF_BANK_TSB, counts, COUNTS, 0, 3, &mem, out);
  near(out[0], 0.82243964575295525, 1e-12);
  near(out[2], out[0], 0);
}

/* Moved and stretched counts move and stretch the forecast; it stays between
** none and the largest demand, and falls by 1 - beta a cell while none come,
** as the fit is the same. */
static void few_demands_hold(void **state) {
  hf_bank_memory mem = {0};
  size_t at[] = {COUNTS, COUNTS + 1, COUNTS + 9}, i;
  double out[3], moved[COUNTS], more[COUNTS + 9] = {0};
  hf_work w = test_work(&A);
  hf_bank_task t = {more, COUNTS + 9, COUNTS, 0, 0, at, 3, 1, NULL, NULL};
  (void)state;
  ask(HF_BANK_TSB, counts, COUNTS, 0, 1, &mem, out);
  for (i = 0; i < COUNTS; i++) moved[i] = 2.5 * counts[i] - 7;
  ask(HF_BANK_TSB, moved, COUNTS, 0, 1, &mem, out + 1);
  near(out[1], 2.5 * out[0] - 7, 1e-12);
  memcpy(more, counts, sizeof counts);
  assert_int_equal(hf_bank_run(&w, HF_BANK_TSB, &t, &mem, out), HF_OK);
  assert_true(out[0] > 0 && out[0] < 6);
  near(out[1], 0.9 * out[0], 1e-12);
  near(out[2], pow(0.9, 9) * out[0], 1e-12);
  assert_int_equal(hf_bank_few(moved, COUNTS), 1);
  assert_int_equal(hf_bank_few(counts + 7, 3), 0); /* 0, 6, 2 */
  assert_int_equal(hf_bank_few(counts + 2, 2), 0);
  t.fit = 11;
  assert_int_equal(hf_bank_run(&w, HF_BANK_TSB, &t, &mem, out), HF_EDATA);
  hf_work_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(autocorrelation),
      cmocka_unit_test(simple_smoothing),
      cmocka_unit_test(damped_trend),
      cmocka_unit_test(seasonal_smoothing),
      cmocka_unit_test(autoregression),
      cmocka_unit_test(median_cycles),
      cmocka_unit_test(decomposition),
      cmocka_unit_test(few_demands),
      cmocka_unit_test(few_demands_hold),
      cmocka_unit_test(autoregression_of_differences),
      cmocka_unit_test(autoregression_about_a_profile)};
  return cmocka_run_group_tests_name("ops/bank", tests, NULL, NULL);
}
