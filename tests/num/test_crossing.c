/*
** test_crossing.c: what hf_crossing_find() says of processes whose future is
** known because it is made here: walks, lines, days, growth that turns. One in
** twenty must have reached the threshold before the lower limit, half before
** the middle one, and at most one in twenty after the upper one, which is open
** where the history cannot say. Where it is given the chance is less good, for
** it is given when the growth seen was the quickest: a walk may have had luck.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "arena.h"
#include "num/rng.h"
#include "num/stat.h"
#include "ops/crossing.h"

enum {
  PAST = 720,      /* hours of history: thirty days */
  LIFE = 3 * PAST, /* and as much again as the answer may look ahead */
  PROCESSES = 7,
  SERIES = 40 /* of each */
};

static test_arena A = {-1, 0};
static double X[LIFE];

static double normal(hf_rng *r) {
  return hf_stat_normal_quantile(hf_rng_uniform(r) + 1e-17);
}

/* One of the processes, hourly. */
static void make(int process, hf_rng *r) {
  double slope = (0.3 + hf_rng_uniform(r)) * 0.05,
         phase = 24 * hf_rng_uniform(r);
  double later = slope * (0.3 + 1.4 * hf_rng_uniform(r));
  double walk = 0, near = 0, saw = 0;
  size_t i;
  for (i = 0; i < LIFE; i++) {
    double t = (double)i, day = 8 * sin(0.2617993877991494 * (t + phase));
    double e = normal(r), u = hf_rng_uniform(r);
    near = 0.9 * near + e;
    switch (process) {
    case 0: /* a walk with drift */
      walk += slope + 0.4 * e;
      X[i] = walk;
      break;
    case 1: /* a line and noise */
      X[i] = slope * t + 3 * e;
      break;
    case 2: /* a line, a day, autoregressive noise */
      X[i] = slope * t + day + near;
      break;
    case 3: /* filled and cleaned every week, and growing */
      saw = i % 168 == 0 ? 0 : saw + 0.1 * (0.5 + u);
      X[i] = slope * t + saw + 0.3 * e;
      break;
    case 4: /* growth that turned half way */
      walk += (i < PAST / 2 ? slope : later) + 0.2 * e;
      X[i] = walk + day;
      break;
    case 5: /* a day that stays what it is */
      X[i] = day + 2 * near;
      break;
    default: /* steps up at random times */
      walk += u < 0.1 ? 20 * slope * hf_rng_uniform(r) : 0;
      X[i] = walk;
    }
  }
}

/* Asks for a threshold beyond the history, and counts in given[3] and
** passed[3] what is said of it. */
static void count(int process, hf_rng *r, double *given, double *passed) {
  hf_work w = test_work(&A);
  hf_outlook_ask none = {1, NAN, NAN};
  hf_crossing c;
  hf_grid g;
  double lo, hi, threshold, truth, limit[3];
  size_t i, k = PAST;
  make(process, r);
  hf_stat_range(X, PAST, &lo, &hi);
  threshold = hi + (hi - lo) * (0.02 + 0.6 * hf_rng_uniform(r));
  if (process == 5) threshold = hi - (hi - lo) * 0.08 * hf_rng_uniform(r);
  memset(&g, 0, sizeof g);
  g.step = 3600;
  g.n = PAST;
  g.y = g.fill = X;
  assert_int_equal(hf_crossing_find(&w, &g, threshold, &none, &c), HF_OK);
  hf_work_free(&w);
  while (k < LIFE && X[k] < threshold) k++;
  truth = k < LIFE ? ((double)(k - PAST) + 0.5) * 3600 : HUGE_VAL;
  limit[0] = c.lo;
  limit[1] = c.eta;
  limit[2] = c.hi;
  for (i = 0; i < 3; i++) {
    if (limit[i] != limit[i]) continue;
    given[i]++;
    passed[i] += truth <= limit[i];
  }
}

static void limits_hold(void **state) {
  double given[3] = {0}, passed[3] = {0};
  hf_rng r = {77};
  int process, k;
  (void)state;
  for (process = 0; process < PROCESSES; process++)
    for (k = 0; k < SERIES; k++) count(process, &r, given, passed);
  print_message("passed: lower %.3f of %.0f, middle %.3f of %.0f, upper %.3f "
                "of %.0f\n",
                passed[0] / given[0], given[0], passed[1] / given[1], given[1],
                passed[2] / given[2], given[2]);
  /* nearly always a lower limit and an eta, an upper one for many */
  assert_true(given[0] > 270 && given[1] > 200 && given[2] > 90);
  assert_true(passed[0] / given[0] > 0.01 && passed[0] / given[0] < 0.08);
  assert_true(passed[1] / given[1] > 0.45 && passed[1] / given[1] < 0.65);
  assert_true((given[2] - passed[2]) / (PROCESSES * SERIES) < 0.05);
  assert_true(passed[2] / given[2] > 0.88);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(limits_hold)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
