/*
** test_forecast.c: ops/ of forecasting: periods, bank, blend, intervals,
** decomposition, crossing. Reference values by hand or from series whose answer
** is known.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "arena.h"
#include "num/stat.h"
#include "ops/bank.h"
#include "ops/blend.h"
#include "ops/clean.h"
#include "num/rng.h"
#include "ops/crossing.h"
#include "ops/decompose.h"
#include "ops/gaps.h"
#include "ops/interval.h"
#include "ops/outlook.h"
#include "ops/pattern.h"
#include "ops/rhythm.h"
#include "ops/shift.h"

enum { N = 720 };
static test_arena A = {-1, 0};
static double X[N];

static void near(double got, double want, double tol) {
  if (!(fabs(got - want) <= tol * (1 + fabs(want))))
    fail_msg("got %.17g, want %.17g", got, want);
}

static double noise(uint32_t *r) {
  *r = *r * 1664525u + 1013904223u;
  return (double)(*r >> 8) / 16777216.0 - 0.5;
}

/* 50 + 10 sin over p cells + slope a cell + noise. */
static void wave(double *x, size_t n, double p, double slope, double size) {
  uint32_t r = 11;
  size_t i;
  for (i = 0; i < n; i++)
    x[i] = 50 + 10 * sin(6.283185307179586 * (double)i / p) +
           slope * (double)i + size * noise(&r);
}

static void trend_of_even_and_odd(void **state) {
  double x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 20}, t[9];
  (void)state;
  hf_rhythm_trend(x, 9, 3, t);
  near(t[0], 2, 1e-15); /* held */
  near(t[4], 5, 1e-15);
  near(t[7], 35.0 / 3, 1e-15);
  near(t[8], 35.0 / 3, 1e-15);
  /* R: filter(x, c(.5, 1, 1, 1, .5) / 4) */
  hf_rhythm_trend(x, 9, 4, t);
  near(t[2], 3, 1e-15);
  near(t[6], (0.5 * 5 + 6 + 7 + 8 + 0.5 * 20) / 4, 1e-15);
  near(t[8], t[6], 0);
  hf_rhythm_trend(x, 9, 9, t);
  near(t[0], 56.0 / 9, 1e-15);
}

static void periods(void **state) {
  static const size_t p[] = {5, 12, 24, 37, 90};
  hf_work w = test_work(&A);
  hf_rhythm r;
  uint32_t seed = 2;
  double walk = 0;
  size_t i, k;
  (void)state;
  for (k = 0; k < 5; k++) {
    wave(X, N, (double)p[k], 0.05, 8);
    assert_int_equal(hf_rhythm_find(&w, X, N, 0, &r), HF_OK);
    assert_true(r.m + 1 >= p[k] && r.m <= p[k] + 1);
    assert_true(r.margin > 1 && r.strength > 0.5);
  }
  /* noise, a walk, a line, a constant: none */
  for (k = 0; k < 4; k++) {
    for (i = 0; i < N; i++) {
      walk += noise(&seed);
      X[i] = k == 0 ? noise(&seed) : k == 1 ? walk : k == 2 ? (double)i : 3;
    }
    assert_int_equal(hf_rhythm_find(&w, X, N, 24, &r), HF_OK);
    assert_int_equal(r.m, 0);
  }
  /* day and week */
  wave(X, N, 24, 0, 2);
  for (i = 0; i < N; i++)
    if (i / 24 % 7 > 4) X[i] -= 12;
  assert_int_equal(hf_rhythm_find(&w, X, N, 24, &r), HF_OK);
  assert_int_equal(r.m, 24);
  assert_int_equal(r.m2, 168);
  /* one spike a day is a day, not a third of it */
  for (i = 0; i < N; i++) X[i] = (i % 24 == 5 ? 30 : 0) + noise(&seed);
  assert_int_equal(hf_rhythm_find(&w, X, N, 0, &r), HF_OK);
  assert_int_equal(r.m, 24);
  assert_int_equal(r.m2, 0);
  hf_work_free(&w);
}

/* Every candidate continues what it is made for; none sees beyond its origin.
 */
static void bank(void **state) {
  static double out[2 * 48], again[2 * 48], y[N];
  size_t origin[2] = {600, 624};
  hf_work w = test_work(&A);
  hf_bank_task t = {X, N, 600, 24, 168, origin, 2, 48, NULL, NULL};
  int id;
  size_t i;
  (void)state;
  wave(X, N, 24, 0, 0);
  for (id = 0; id < HF_BANK_COUNT; id++) {
    hf_bank_memory m = {0};
    double worst = 0;
    /* two that are for series without a season, one for many cells a cycle */
    t.m = id == HF_BANK_LONG || id == HF_BANK_DAMPED ? 0 : 24;
    if (id == HF_BANK_COARSE) t.m = 48;
    assert_true(hf_bank_usable((hf_bank_id)id, 600, t.m, 168));
    assert_int_equal(hf_bank_run(&w, (hf_bank_id)id, &t, &m, out), HF_OK);
    for (i = 0; i < 96; i++) {
      double e = fabs(out[i] - X[origin[i / 48] + i % 48]);
      if (e > worst) worst = e;
    }
    /* those without a season miss by the swing, the others by nothing */
    if (id >= HF_BANK_NAIVE && id < HF_BANK_TSB && worst > 0.1)
      fail_msg("%s errs by %g", hf_bank_name((hf_bank_id)id), worst);
    /* what comes after the first origin must not matter to it */
    memcpy(y, X, sizeof y);
    for (i = 600; i < N; i++) y[i] = 1e3;
    t.x = y;
    memset(&m, 0, sizeof m);
    assert_int_equal(hf_bank_run(&w, (hf_bank_id)id, &t, &m, again), HF_OK);
    for (i = 0; i < 48; i++) near(again[i], out[i], 1e-12);
    t.x = X;
  }
  assert_int_equal(hf_bank_usable(HF_BANK_NAIVE, 20, 24, 0), 0);
  t.m = 0;
  {
    hf_bank_memory m = {0};
    assert_int_equal(hf_bank_run(&w, HF_BANK_NAIVE, &t, &m, out), HF_EDATA);
  }
  hf_work_free(&w);
}

/* A history of any length: a candidate that calls itself usable reads and
** writes nothing outside its arrays. */
static void bank_of_any_length(void **state) {
  static double room[3 * 48];
  double *out = room + 48;
  size_t fit, i;
  int id;
  (void)state;
  wave(X, N, 24, 0, 0);
  for (fit = 1; fit <= 240; fit++) {
    hf_bank_task t = {X, fit, fit, 24, 0, &fit, 1, 48, NULL, NULL};
    for (id = 0; id < HF_BANK_COUNT; id++) {
      hf_work w = test_work(&A);
      hf_bank_memory m = {0};
      t.m = id == HF_BANK_COARSE ? 48 : 24;
      if (!hf_bank_usable((hf_bank_id)id, fit, t.m, 0)) continue;
      for (i = 0; i < 144; i++) room[i] = 1e30;
      assert_int_equal(hf_bank_run(&w, (hf_bank_id)id, &t, &m, out), HF_OK);
      for (i = 0; i < 48; i++) {
        if (!(fabs(out[i]) < 1e3))
          fail_msg("%s gives %g from %d cells", hf_bank_name((hf_bank_id)id),
                   out[i], (int)fit);
        assert_true(room[i] == 1e30 && room[96 + i] == 1e30);
      }
      hf_work_free(&w);
    }
  }
}

/* Cycles of 72 cells are foretold in cells of three: their middles are what the
** robust candidate says of the means, the cells between lie on the lines from
** one to the next, the first from the newest mean on, wherever the origin is.
** What cancels within three cells does not matter. */
static void bank_of_longer_cells(void **state) {
  static double mean[N / 3], out[2 * 72], want[24], noisy[N];
  static const double saw[] = {4, -7, 3};
  size_t origin[2] = {600, 601}, at = 200, i, k;
  hf_work w = test_work(&A);
  hf_bank_memory mem = {0};
  hf_bank_task t = {X, N, 600, 72, 0, origin, 2, 72, NULL, NULL};
  hf_bank_task c = {mean, 200, 200, 24, 0, &at, 1, 24, NULL, NULL};
  (void)state;
  wave(X, N, 72, 0, 6);
  for (k = 0; k < 2; k++) {
    for (i = 0; i < 200; i++)
      mean[i] = (X[3 * i + k] + X[3 * i + k + 1] + X[3 * i + k + 2]) / 3;
    assert_int_equal(hf_bank_run(&w, HF_BANK_COARSE, &t, &mem, out), HF_OK);
    assert_int_equal(hf_bank_run(&w, HF_BANK_ROBUST, &c, &mem, want), HF_OK);
    for (i = 0; i < 24; i++) near(out[72 * k + 3 * i + 1], want[i], 1e-9);
    near(out[72 * k], mean[199] + 2.0 / 3 * (want[0] - mean[199]), 1e-9);
    near(out[72 * k + 2], want[0] + (want[1] - want[0]) / 3, 1e-9);
  }
  for (i = 0; i < N; i++) noisy[i] = X[i] + saw[i % 3];
  t.x = noisy;
  assert_int_equal(hf_bank_run(&w, HF_BANK_COARSE, &t, &mem, out), HF_OK);
  for (i = 0; i < 200; i++)
    mean[i] = (X[3 * i] + X[3 * i + 1] + X[3 * i + 2]) / 3;
  assert_int_equal(hf_bank_run(&w, HF_BANK_ROBUST, &c, &mem, want), HF_OK);
  for (i = 0; i < 24; i++) near(out[3 * i + 1], want[i], 1e-9);
  /* cycles of few cells, of a prime number, or of weeks that do not fit */
  assert_int_equal(hf_bank_usable(HF_BANK_COARSE, 600, 24, 0), 0);
  assert_int_equal(hf_bank_usable(HF_BANK_COARSE, 600, 71, 0), 0);
  assert_int_equal(hf_bank_usable(HF_BANK_COARSE, 600, 72, 503), 0);
  assert_int_equal(hf_bank_usable(HF_BANK_COARSE, 600, 72, 504), 1);
  assert_int_equal(hf_bank_usable(HF_BANK_COARSE, 215, 72, 0), 0);
  hf_work_free(&w);
}

/* A level that rose by 7 two cycles ago: the median of nine cycles does not
** see it, what differs from it in the newest cycle does. */
static void bank_follows_a_level(void **state) {
  static double out[48];
  size_t origin = N, i;
  hf_work w = test_work(&A);
  hf_bank_memory mem = {0};
  hf_bank_task t = {X, N, N, 24, 168, &origin, 1, 48, NULL, NULL};
  (void)state;
  wave(X, N, 24, 0, 0);
  for (i = N - 48; i < N; i++) X[i] += 7;
  assert_int_equal(hf_bank_run(&w, HF_BANK_MEDIAN, &t, &mem, out), HF_OK);
  for (i = 0; i < 48; i++) near(out[i], X[i % 24], 1e-12);
  assert_int_equal(hf_bank_run(&w, HF_BANK_SHIFTED, &t, &mem, out), HF_OK);
  for (i = 0; i < 48; i++) near(out[i], X[i % 24] + 7, 1e-12);
  assert_int_equal(hf_bank_run(&w, HF_BANK_SHIFTED2, &t, &mem, out), HF_OK);
  for (i = 0; i < 48; i++) near(out[i], X[i % 24] + 7, 1e-12);
  hf_work_free(&w);
}

/* Scaled and shifted in, scaled and shifted out (no logs: below zero). */
static void blend_is_equivariant(void **state) {
  static double y[N];
  hf_work w = test_work(&A);
  hf_blend_ask ask = {X, X, N, 24, 168, 48, -HUGE_VAL, HUGE_VAL};
  hf_blend a, b;
  size_t i;
  (void)state;
  wave(X, N, 24, 0, 6);
  for (i = 0; i < N; i++) X[i] -= 55;
  for (i = 0; i < N; i++) y[i] = 4 * X[i] - 300;
  assert_int_equal(hf_blend_run(&w, &ask, &a), HF_OK);
  ask.x = ask.truth = y;
  assert_int_equal(hf_blend_run(&w, &ask, &b), HF_OK);
  for (i = 0; i < 48; i++) {
    near(b.yhat[i], 4 * a.yhat[i] - 300, 1e-6);
    near(b.lo95[i], 4 * a.lo95[i] - 300, 1e-6);
    near(b.hi80[i], 4 * a.hi80[i] - 300, 1e-6);
    assert_true(a.lo95[i] <= a.lo80[i] && a.lo80[i] <= a.yhat[i]);
    assert_true(a.yhat[i] <= a.hi80[i] && a.hi80[i] <= a.hi95[i]);
  }
  assert_true(a.origins == 24 && a.tested == 48 && a.kept > 1);
  ask.n = HF_BLEND_MIN - 1;
  assert_int_equal(hf_blend_run(&w, &ask, &b), HF_EDATA);
  hf_work_free(&w);
}

/* Errors 1..100 at every cell: the 80 % point of 24 x 100 of them is 80. */
static void intervals(void **state) {
  static double e[100 * 12], lo80[24], hi80[24], lo95[24], hi95[24];
  size_t origin[100];
  hf_work w = test_work(&A);
  hf_interval_ask a = {e, origin, 100, 12, 2000, 0, 24};
  size_t k, s;
  (void)state;
  for (k = 0; k < 100; k++) {
    origin[k] = 200 + k;
    for (s = 0; s < 12; s++) e[k * 12 + s] = (k % 2 ? 1 : -1) * (double)(k + 1);
  }
  assert_int_equal(hf_interval_run(&w, &a, lo80, hi80, lo95, hi95), HF_OK);
  assert_true(lo80[0] > 80 && lo80[0] < 1.3 * 80);
  assert_true(lo95[0] > 95 && lo95[0] < 1.3 * 95);
  near(lo80[0], hi80[0], 0.03);
  near(lo80[23], lo80[11] * sqrt(2), 1e-12);
  /* errors of one sign: the interval leans */
  for (k = 0; k < 1200; k++) e[k] = fabs(e[k]);
  assert_int_equal(hf_interval_run(&w, &a, lo80, hi80, lo95, hi95), HF_OK);
  assert_true(lo95[0] > 1.5 * hi95[0]);
  /* larger errors at one phase: wider there */
  a.m = 12;
  for (k = 0; k < 100; k++)
    for (s = 0; s < 12; s++)
      e[k * 12 + s] =
          ((origin[k] + s) % 12 == 3 ? 9.0 : 1.0) * (k % 2 ? 1 : -1);
  assert_int_equal(hf_interval_run(&w, &a, lo80, hi80, lo95, hi95), HF_OK);
  assert_true(lo95[(3 + 12 - 2000 % 12) % 12] > 1.5 * lo95[(9 + 12 - 8) % 12]);
  hf_work_free(&w);
}

static void spikes(void **state) {
  hf_work w = test_work(&A);
  size_t i, clipped = 0;
  (void)state;
  wave(X, N, 24, 0, 2);
  X[300] += 200;
  X[500] -= 300;
  for (i = 7; i < N; i += 24) X[i] += 150; /* a job every day is no accident */
  for (i = 600; i < 640; i++) X[i] += 100; /* nor is what lasts */
  assert_int_equal(hf_clean_spikes(&w, X, N, 24, &clipped), HF_OK);
  assert_true(X[300] < 75 && X[500] > 25);
  assert_true(X[7 + 24 * 5] > 180 && X[620] > 120);
  assert_true(clipped >= 2 && clipped < 10);
  hf_work_free(&w);
}

/* Where most cells are just what is expected, there is no spread to measure
** by: a cycle that repeats to the digit, and counts that are mostly zero. A
** count that is as large as counts are is no spike. */
static void spikes_of_the_exact(void **state) {
  hf_work w = test_work(&A);
  uint32_t r = 3;
  size_t i, clipped = 0, demands = 0;
  (void)state;
  wave(X, N, 24, 0, 0);
  for (i = 40; i < N; i += 97) X[i] += 1;
  X[300] *= 20;
  assert_int_equal(hf_clean_spikes(&w, X, N, 24, &clipped), HF_OK);
  assert_int_equal(clipped, 1);
  assert_true(fabs(X[300] - X[324]) < 5);
  for (i = 0; i < N; i++) {
    r = r * 1664525u + 1013904223u;
    X[i] = (r >> 24) % 5 == 0 ? 1 + (double)((r >> 16) % 5) : 0;
    demands += X[i] > 0;
  }
  X[300] = 200;
  assert_int_equal(hf_clean_spikes(&w, X, N, 24, &clipped), HF_OK);
  assert_int_equal(clipped, 1);
  for (i = 0; i < N; i++) demands -= i != 300 && X[i] > 0;
  assert_true(X[300] == 0 && demands <= 1);
  hf_work_free(&w);
}

/* A gap under a cycle gets the cycle, brought to its ends, whatever its length,
** and one in a walk the line; the cell of a spike is a gap. What is known
** stays, and so does what has no end. */
static void gaps(void **state) {
  static const size_t at[] = {100, 200, 210, 400}, cells[] = {1, 2, 6, 40};
  static double y[N], was[N];
  hf_work w = test_work(&A);
  uint32_t r = 5;
  size_t i, k;
  (void)state;
  wave(was, N, 24, 0.05, 0.2);
  for (i = 0; i < N; i++) X[i] = y[i] = was[i];
  for (k = 0; k < 4; k++)
    for (i = at[k]; i < at[k] + cells[k]; i++) {
      y[i] = NAN;
      X[i] = 0;
    }
  y[0] = y[N - 1] = NAN;
  X[0] = X[N - 1] = -7;
  assert_int_equal(hf_gaps_fill(&w, y, X, N, 24), HF_OK);
  for (i = 1; i + 1 < N; i++) {
    if (y[i] == y[i]) assert_true(X[i] == was[i]);
    assert_true(fabs(X[i] - was[i]) < 0.5);
  }
  assert_true(X[0] == -7 && X[N - 1] == -7);
  /* steps of a walk: nothing comes again, so that the line is the best */
  for (i = 0; i < N; i++)
    X[i] = y[i] = (i > 0 ? X[i - 1] : 0) + noise(&r) * (i > 0);
  for (i = 300; i < 304; i++) y[i] = NAN;
  assert_int_equal(hf_gaps_fill(&w, y, X, N, 24), HF_OK);
  for (i = 300; i < 304; i++)
    near(X[i], X[299] + ((double)i - 299) / 5 * (X[304] - X[299]), 1e-12);
  /* two cycles cannot tell: the cycle for more than a quarter of one */
  wave(was, 48, 24, 0, 0);
  for (i = 0; i < 48; i++) X[i] = y[i] = was[i];
  for (i = 26; i < 46; i++) y[i] = NAN;
  assert_int_equal(hf_gaps_fill(&w, y, X, 48, 24), HF_OK);
  near(X[30], was[30], 1e-9);
  hf_work_free(&w);
}

/* A sensor that hangs for half a day is found, also over lost rows; a night at
** rest, the least and the greatest value, the newest run and the steps of whole
** numbers are no such thing. */
static void frozen_sensors(void **state) {
  static double y[N];
  hf_work w = test_work(&A);
  size_t i, taken = 0;
  (void)state;
  wave(X, N, 24, 0, 2);
  for (i = 300; i < 312; i++) X[i] = X[299];
  X[305] = NAN;
  for (i = 400; i < 412; i++) X[i] = 20;
  for (i = 500; i < 512; i++) X[i] = 80;
  for (i = N - 12; i < N; i++) X[i] = 50;
  assert_int_equal(hf_gaps_frozen(&w, X, N, &taken), HF_OK);
  assert_int_equal(taken, 11);
  for (i = 0; i < N; i++) assert_true(isnan(X[i]) == (i >= 300 && i < 312));
  /* every night the same */
  wave(X, N, 24, 0, 2);
  for (i = 0; i < N; i++)
    if (i % 24 < 8) X[i] = 45 + (double)(i / 24);
  memcpy(y, X, sizeof y);
  assert_int_equal(hf_gaps_frozen(&w, X, N, &taken), HF_OK);
  assert_int_equal(taken, 0);
  /* two weekends at the same level, which others than the least pass */
  wave(X, N, 24, 0, 2);
  for (i = 0; i < 48; i++) X[100 + i] = X[268 + i] = 47;
  assert_int_equal(hf_gaps_frozen(&w, X, N, &taken), HF_OK);
  assert_int_equal(taken, 0);
  wave(X, N, 96, 0, 0);
  for (i = 0; i < N; i++) X[i] = floor(X[i]);
  assert_int_equal(hf_gaps_frozen(&w, X, N, &taken), HF_OK);
  assert_int_equal(taken, 0);
  assert_int_equal(hf_gaps_frozen(&w, X, 1, &taken), HF_OK);
  hf_work_free(&w);
}

static hf_grid grid_of(double *x, size_t n);

/* What dirt does to a forecast: a tenth of the rows lost, two outages, a sensor
** that hangs and a few values twenty times too large cost less than a tenth of
** the season's height. */
static void dirt(void **state) {
  static double y[N], fill[N];
  hf_work w = test_work(&A);
  hf_outlook_ask ask = {48, NAN, NAN};
  hf_outlook o;
  hf_grid g = grid_of(y, N - 48);
  uint32_t r = 7;
  size_t i;
  double e = 0;
  (void)state;
  wave(X, N, 24, 0, 1);
  for (i = 0; i < N; i++) {
    y[i] = X[i];
    if (i >= 330 && i < 342) y[i] = X[330];
    if (noise(&r) < -0.4 || (i >= 500 && i < 513) || (i >= 60 && i < 90))
      y[i] = NAN;
    if (i % 211 == 100) y[i] = 20 * X[i];
  }
  y[0] = X[0];
  y[N - 49] = X[N - 49];
  g.fill = fill;
  for (i = 0; i < N; i++) {
    fill[i] = y[i] == y[i] ? y[i] : fill[i - 1];
    g.filled += i + 48 < N && y[i] != y[i];
  }
  assert_int_equal(hf_outlook_run(&w, &w, &g, &ask, &o), HF_OK);
  for (i = 0; i < 48; i++) e += fabs(o.blend.yhat[i] - X[N - 48 + i]) / 48;
  assert_true(e < 1);
  hf_work_free(&w);
}

/* Fifteen days and a bit: the week is offered, and there are origins enough to
** weigh by and to make intervals of. */
static void origins_of_few_weeks(void **state) {
  static double truth[N];
  hf_work w = test_work(&A);
  hf_blend_ask q = {X, truth, 400, 24, 168, 48, -HUGE_VAL, HUGE_VAL};
  hf_blend b;
  (void)state;
  wave(X, N, 24, 0, 2);
  memcpy(truth, X, sizeof truth);
  assert_int_equal(hf_blend_run(&w, &q, &b), HF_OK);
  assert_true(b.origins >= 20 && b.tested == 48);
  hf_work_free(&w);
}

/* How many of 40 series of demands of 1 to 5, 24 cells ahead, follow tsb most;
** *mean: of their forecasts. In runs: the chance of a demand is .85 or .03 and
** changes every 50 cells or so; else it is `chance` always. */
static int follow_tsb(int runs, double chance, double *mean) {
  hf_rng r = {5};
  size_t i;
  int k, on = 1, best = 0;
  *mean = 0;
  for (k = 0; k < 40; k++) {
    hf_work w = test_work(&A);
    hf_blend_ask q = {X, X, 600, 0, 0, 24, 0, HUGE_VAL};
    hf_blend b;
    for (i = 0; i < 600; i++) {
      double size = 1 + floor(5 * hf_rng_uniform(&r));
      if (hf_rng_uniform(&r) < 0.02) on = !on;
      if (runs) chance = on ? 0.85 : 0.03;
      X[i] = hf_rng_uniform(&r) < chance ? size : 0;
    }
    assert_int_equal(hf_blend_run(&w, &q, &b), HF_OK);
    best += strcmp(b.best, "tsb") == 0;
    for (i = 0; i < 24; i++) *mean += b.yhat[i] / (24 * 40);
    hf_work_free(&w);
  }
  return best;
}

/* The mean of rare demands is no good median: tsb has its weight where demands
** come in runs, and none where they are rare and nothing foretells them. */
static void demands_in_runs(void **state) {
  double mean;
  (void)state;
  assert_true(follow_tsb(1, 0, &mean) >= 3);
  assert_true(mean > 0.5 && mean < 2);
  assert_int_equal(follow_tsb(0, 0.05, &mean), 0);
  near(mean, 0, 0.01);
}

/* The newest lasting shift is found where it is; nothing else is taken for
** one. */
static void shifts(void **state) {
  hf_work w = test_work(&A);
  hf_shift s;
  uint32_t r = 5;
  double walk = 0;
  size_t i, k;
  (void)state;
  for (k = 0; k < 2; k++) { /* up early, then down late: the newer */
    wave(X, N, 24, 0, 6);
    for (i = 200; i < N; i++) X[i] += 30;
    for (i = 650; i < N && k > 0; i++) X[i] -= 45;
    assert_int_equal(hf_shift_find(&w, X, N, 24, &s), HF_OK);
    near((double)s.at, k > 0 ? 650 : 200, 0.01);
    near(s.size, k > 0 ? -45 : 30, 0.1);
  }
  /* one so young that no window fits after it, down to twelve cells */
  for (k = 11; k < 24; k++) {
    wave(X, N, 24, 0, 6);
    for (i = N - k; i < N; i++) X[i] += 30;
    assert_int_equal(hf_shift_find(&w, X, N, 24, &s), HF_OK);
    assert_int_equal(s.at, k < 12 ? 0 : N - k);
    if (k >= 12) near(s.size, 30, 0.1);
  }
  /* not when one cell since is back, nor when it came little by little */
  for (k = 0; k < 2; k++) {
    wave(X, N, 24, 0, 6);
    for (i = N - 18; i < N; i++)
      X[i] += k == 0 ? (i == N - 7 ? 0 : 30) : 2 * (double)(i - (N - 18));
    assert_int_equal(hf_shift_find(&w, X, N, 24, &s), HF_OK);
    assert_int_equal(s.at, 0);
  }
  /* a wave with a trend, a ramp, a walk, an episode, bursts, a constant */
  for (k = 0; k < 6; k++) {
    wave(X, N, 24, k == 0 ? 0.1 : 0, 6);
    for (i = 0; i < N; i++) {
      walk += noise(&r);
      if (k == 1 && i > 300) X[i] += i < 400 ? 0.3 * (double)(i - 300) : 30;
      if (k == 2) X[i] = walk;
      if (k == 3 && i >= 500 && i < 560) X[i] += 40;
      if (k == 4) X[i] = noise(&r) > 0.3 ? 50 * (noise(&r) + 0.5) : 0;
      if (k == 5) X[i] = 3;
    }
    assert_int_equal(hf_shift_find(&w, X, N, 24, &s), HF_OK);
    if (s.at != 0) fail_msg("case %zu: a shift at %zu", k, s.at);
  }
  hf_work_free(&w);
}

/* 14 hours, a day, or three weeks after a shift the forecast is on the new
 * level, its intervals as narrow as before it, and they hold. */
static void after_a_shift(void **state) {
  static const size_t since[] = {30, 520, 14};
  static double y[N];
  double width[4];
  hf_work w = test_work(&A);
  hf_outlook_ask ask = {48, NAN, NAN};
  hf_outlook o;
  size_t i, k, n = N - 48;
  (void)state;
  for (k = 0; k < 4; k++) {
    size_t inside = 0;
    hf_grid g = grid_of(y, n);
    wave(X, N, 24, 0, 8);
    for (i = n - (k < 3 ? since[k] : 0); i < N && k < 3; i++) X[i] += 60;
    memcpy(y, X, sizeof y);
    assert_int_equal(hf_outlook_run(&w, &w, &g, &ask, &o), HF_OK);
    for (i = 0; i < 48; i++) {
      assert_true(fabs(o.blend.yhat[i] - X[n + i]) < 12);
      inside +=
          X[n + i] >= o.blend.lo95[i] && X[n + i] <= o.blend.hi95[i] ? 1 : 0;
    }
    assert_true(inside >= 43);
    width[k] = o.blend.hi95[20] - o.blend.lo95[20];
    assert_true(k != 1 || o.cells == 520);
  }
  for (k = 0; k < 3; k++) assert_true(width[k] < 1.5 * width[3]);
  hf_work_free(&w);
}

static hf_grid grid_of(double *x, size_t n) {
  hf_grid g = {0};
  g.step = 3600;
  g.n = n;
  g.y = g.fill = x;
  g.used = n;
  return g;
}

/* Days whose peaks are noise: some are above the threshold. It is not
** reached at once for sure but with the days; of those answers whose limits
** lie in the month that follows, few are passed before the lower and most by
** the upper. */
static void crossings_hold(void **state) {
  static double past[N], all[2 * N];
  double low = 0, high = 0, lows = 0, highs = 0;
  hf_work w = test_work(&A);
  hf_outlook_ask ask = {1, NAN, NAN};
  uint32_t r = 3;
  size_t i, k;
  (void)state;
  for (k = 0; k < 60; k++) {
    double peak = 0, threshold = 60 + (double)(k % 4), at = HUGE_VAL;
    hf_grid g = grid_of(past, N);
    hf_crossing c;
    for (i = 0; i < 2 * N; i++) {
      if (i % 24 == 0) peak = 10 + 5 * (noise(&r) + noise(&r) + noise(&r));
      all[i] = 50 + peak * sin(6.283185307179586 * (double)i / 24) + noise(&r);
    }
    memcpy(past, all, sizeof past);
    for (i = N; i < 2 * N && at == HUGE_VAL; i++)
      if (all[i] >= threshold) at = ((double)(i - N) + 0.5) * g.step;
    assert_int_equal(hf_crossing_find(&w, &g, NULL, threshold, &ask, &c),
                     HF_OK);
    if (c.lo <= N * g.step) {
      lows++;
      low += at <= c.lo;
    }
    if (c.hi <= N * g.step) {
      highs++;
      high += at <= c.hi;
    }
  }
  if (!(low <= 0.2 * lows && high >= 0.8 * highs && highs > 10))
    fail_msg("%g of %g before the lower, %g of %g by the upper", low, lows,
             high, highs);
  hf_work_free(&w);
}

/* Days of a walk, of one with a drift, of a drift that now and then turns: of
** those thresholds whose eta lies in the month that follows, half are reached
** by then, and nearly all by the upper limit. */
static void half_by_eta(void **state) {
  static double past[N], all[2 * N];
  double etas = 0, by_eta = 0, highs = 0, by_high = 0;
  hf_work w = test_work(&A);
  hf_outlook_ask ask = {1, NAN, NAN};
  uint32_t r = 5;
  size_t i, k;
  (void)state;
  for (k = 0; k < 180; k++) {
    double slope = k % 3 == 0 ? 0 : 0.1 * noise(&r), walk = 100, lo, hi;
    double at = HUGE_VAL, sign = k % 2 ? 1 : -1, threshold;
    hf_grid g = grid_of(past, N);
    hf_crossing c;
    for (i = 0; i < 2 * N; i++) {
      if (k % 3 == 2 && i % 200 == 0) slope = 0.15 * noise(&r);
      walk += slope + (k % 3 == 2 ? 0 : noise(&r));
      all[i] = walk + 3 * noise(&r);
    }
    memcpy(past, all, sizeof past);
    hf_stat_range(past, N, &lo, &hi);
    threshold = sign > 0 ? hi + 0.1 * (hi - lo) : lo - 0.1 * (hi - lo);
    for (i = N; i < 2 * N && at == HUGE_VAL; i++)
      if (sign * (all[i] - threshold) >= 0)
        at = ((double)(i - N) + 0.5) * g.step;
    assert_int_equal(hf_crossing_find(&w, &g, NULL, threshold, &ask, &c),
                     HF_OK);
    etas += c.eta <= N * g.step;
    by_eta += c.eta <= N * g.step && at <= c.eta;
    highs += c.hi <= N * g.step;
    by_high += c.hi <= N * g.step && at <= c.hi;
  }
  if (!(etas > 40 && fabs(by_eta / etas - 0.5) < 0.07 &&
        by_high >= 0.8 * highs))
    fail_msg("%g of %g by eta, %g of %g by the upper", by_eta, etas, by_high,
             highs);
  hf_work_free(&w);
}

/* The parts sum up, and are those that were put in. */
static void parts(void **state) {
  hf_work w = test_work(&A);
  hf_decompose d;
  hf_grid g;
  size_t i;
  (void)state;
  wave(X, N, 37, 0.1, 1);
  X[400] += 500;
  g = grid_of(X, N);
  assert_int_equal(hf_decompose_run(&w, &w, &g, &d), HF_OK);
  assert_int_equal(d.rhythm.m, 37);
  for (i = 0; i < N; i++)
    near(d.trend[i] + d.seasonal[i] + d.seasonal2[i] + d.remainder[i], X[i],
         1e-12);
  for (i = 74; i < N - 74; i++) {
    near(d.trend[i], 50 + 0.1 * (double)i, 0.02);
    near(d.seasonal[i], 10 * sin(6.283185307179586 * (double)i / 37), 0.25);
  }
  assert_true(d.remainder[400] > 490);
  g.n = HF_DECOMPOSE_MIN - 1;
  assert_int_equal(hf_decompose_run(&w, &w, &g, &d), HF_EDATA);
  hf_work_free(&w);
}

/* The word on 200 made-up series of known kind; and confidence that means it:
** the mean confidence differs little from the share of right words. */
static void words(void **state) {
  hf_work w = test_work(&A);
  uint32_t r = 99;
  double right = 0, confidence = 0, n = 0;
  size_t i, k;
  (void)state;
  for (k = 0; k < 200; k++) {
    size_t cells = 240 + k * 2, p = 6 + k % 40;
    double size = 2 + (double)(k % 9) * 3;
    hf_grid g = grid_of(X, cells);
    hf_pattern found;
    int want = (int)(k % 3);
    wave(X, cells, (double)p, want == 1 ? 0.1 : 0, size);
    for (i = 0; i < cells && want != 0; i++)
      X[i] = (want == 1 ? 0.1 * (double)i : 0) + size * noise(&r);
    assert_int_equal(hf_pattern_find(&w, &g, NULL, &found), HF_OK);
    right += want == 0   ? found.word == HF_PATTERN_PERIODIC
             : want == 1 ? found.word == HF_PATTERN_TRENDING
                         : found.word == HF_PATTERN_STABLE;
    assert_true(found.confidence >= 0 && found.confidence <= 1);
    if (want == 1) near(found.slope, 2.4, 0.25);
    confidence += found.confidence;
    n++;
  }
  assert_true(right / n > 0.9);
  assert_true(fabs(right / n - confidence / n) < 0.08);
  hf_work_free(&w);
}

/* Memory that runs out anywhere: the code, nothing lost. */
static void no_memory(void **state) {
  long left;
  int rc = HF_ENOMEM;
  (void)state;
  wave(X, N, 24, 0, 6);
  for (left = 0; rc == HF_ENOMEM && left < 500; left++) {
    test_arena a = {left, 0};
    hf_work w = test_work(&a);
    hf_grid g = grid_of(X, N);
    hf_outlook_ask ask = {48, NAN, NAN};
    hf_outlook o;
    hf_decompose d;
    hf_crossing c;
    memset(&o, 0, sizeof o);
    rc = hf_outlook_run(&w, &w, &g, &ask, &o);
    if (rc != HF_OK) assert_true(rc == HF_ENOMEM && o.blend.yhat == NULL);
    if (rc == HF_OK) rc = hf_decompose_run(&w, &w, &g, &d);
    if (rc == HF_OK) rc = hf_crossing_find(&w, &g, NULL, 90, &ask, &c);
    hf_work_free(&w);
    assert_int_equal(a.held, 0);
  }
  assert_int_equal(rc, HF_OK);
  assert_true(left > 3);
}

static void interrupt(void **state) {
  hf_work w = test_work(&A);
  hf_grid g = grid_of(X, N);
  hf_outlook_ask ask = {48, NAN, NAN};
  hf_outlook o;
  (void)state;
  w.stop = test_stop;
  assert_int_equal(hf_outlook_run(&w, &w, &g, &ask, &o), HF_EINTERRUPT);
  hf_work_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(trend_of_even_and_odd),
                                     cmocka_unit_test(periods),
                                     cmocka_unit_test(bank),
                                     cmocka_unit_test(bank_of_longer_cells),
                                     cmocka_unit_test(bank_follows_a_level),
                                     cmocka_unit_test(bank_of_any_length),
                                     cmocka_unit_test(blend_is_equivariant),
                                     cmocka_unit_test(intervals),
                                     cmocka_unit_test(spikes),
                                     cmocka_unit_test(spikes_of_the_exact),
                                     cmocka_unit_test(gaps),
                                     cmocka_unit_test(frozen_sensors),
                                     cmocka_unit_test(dirt),
                                     cmocka_unit_test(origins_of_few_weeks),
                                     cmocka_unit_test(demands_in_runs),
                                     cmocka_unit_test(shifts),
                                     cmocka_unit_test(after_a_shift),
                                     cmocka_unit_test(crossings_hold),
                                     cmocka_unit_test(half_by_eta),
                                     cmocka_unit_test(parts),
                                     cmocka_unit_test(words),
                                     cmocka_unit_test(no_memory),
                                     cmocka_unit_test(interrupt)};
  return cmocka_run_group_tests_name("ops/forecast", tests, NULL, NULL);
}
