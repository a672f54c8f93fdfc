/*
** test_memory.c: curves of miss cost, and the split that they lead to. The bee
** colony is held against exact minima found by trying every split.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "arena.h"
#include "num/colony.h"
#include "num/rng.h"
#include "ops/memory.h"

enum { ROWS = 30, REFS = 3000, JOBS = 120 };

static test_arena A = {-1, 0};
static double ts[3][ROWS], size[3][ROWS], hits[3][ROWS], misses[3][ROWS];
static double cost[3][ROWS], item[3][ROWS];
static uint64_t ref[2][REFS];
static double seq[2][REFS], job_ts[JOBS], job_mb[JOBS];
static hf_pool pool[HF_POOLS];

static hf_memory_rule rule(double cache, double buffer, double application) {
  hf_memory_rule r;
  memset(&r, 0, sizeof(r));
  r.total = 1000;
  r.floor[0] = r.floor[1] = r.floor[2] = 50;
  r.current[0] = cache;
  r.current[1] = buffer;
  r.current[2] = application;
  r.peak = r.recent = r.seen = NAN;
  r.interval_seconds = 30;
  r.as_of = NAN;
  r.seed = 1;
  return r;
}

/* Two pools of references to `a` and `b` items in a round, which an LRU pool
** serves whole or not at all, and jobs of `mb`. */
static void rounds(size_t a, size_t b, double mb) {
  size_t k, i;
  memset(pool, 0, sizeof(pool));
  for (k = 0; k < 3; k++) {
    for (i = 0; i < ROWS; i++) {
      ts[k][i] = 1e9 + 30.0 * (double)(i + 1);
      size[k][i] = NAN;
      hits[k][i] = 0;
      misses[k][i] = k < 2 ? REFS / ROWS : 0;
      cost[k][i] = 1;
      item[k][i] = 1;
    }
    pool[k].ts = ts[k];
    pool[k].size = size[k];
    pool[k].hits = hits[k];
    pool[k].misses = misses[k];
    pool[k].cost = cost[k];
    pool[k].item = item[k];
    pool[k].n = ROWS;
    pool[k].rate = 1;
  }
  for (k = 0; k < 2; k++) {
    for (i = 0; i < REFS; i++) {
      ref[k][i] = i % (k == 0 ? a : b);
      seq[k][i] = (double)i;
    }
    pool[k].ref = ref[k];
    pool[k].seq = seq[k];
    pool[k].refs = REFS;
  }
  for (i = 0; i < JOBS; i++) {
    job_ts[i] = 1e9 + 1 + 7.5 * (double)i;
    job_mb[i] = mb;
  }
  pool[2].job_ts = job_ts;
  pool[2].job_mb = job_mb;
  pool[2].jobs = mb > 0 ? JOBS : 0;
}

static hf_memory_plan plan(const hf_memory_rule *r) {
  hf_work w = test_work(&A);
  hf_memory_plan p;
  assert_int_equal(hf_memory_plan_make(&w, pool, r, &p), HF_OK);
  hf_work_free(&w);
  assert_int_equal(A.held, 0);
  if (p.state != HF_MEMORY_NONE) {
    assert_true(fabs(p.recommended[0] + p.recommended[1] + p.recommended[2] -
                     r->total) <= 1e-12 * r->total);
  }
  return p;
}

/* A round of 300 items misses always below 300 MB and never from there on:
** 100 references of 1 ms in 30 s are 3.33 ms a second. */
static void curve_of_a_round(void **state) {
  hf_work w = test_work(&A);
  hf_curve c;
  (void)state;
  rounds(300, 200, 0);
  assert_int_equal(hf_curve_make(&w, &pool[0], 1000, &c), HF_OK);
  assert_int_equal(c.basis, HF_CURVE_REFERENCES);
  assert_true(fabs(hf_curve_at(c.mean, 1000, 290) - 100 / 30.0) < .2);
  assert_true(hf_curve_at(c.mean, 1000, 300) < .2);
  hf_work_free(&w);
}

/* Half of the items, chosen by number: the same curve. */
static void curve_of_a_sample(void **state) {
  hf_work w = test_work(&A);
  hf_curve c;
  size_t i, n = 0;
  (void)state;
  rounds(300, 200, 0);
  for (i = 0; i < REFS; i++) {
    if (ref[0][i] % 2) continue;
    ref[0][n] = ref[0][i];
    seq[0][n++] = seq[0][i];
  }
  pool[0].refs = n;
  pool[0].rate = .5;
  assert_int_equal(hf_curve_make(&w, &pool[0], 1000, &c), HF_OK);
  assert_true(fabs(hf_curve_at(c.mean, 1000, 290) - 100 / 30.0) < .2);
  assert_true(hf_curve_at(c.mean, 1000, 300) < .2);
  hf_work_free(&w);
}

/* Equal jobs have no spread: 4 of 400 MB each 30 s, written and read once
** below 400 MB, 4 x 800 / 30 = 106.7 ms a second; twice below 400/16 = 25. */
static void curve_of_jobs(void **state) {
  hf_work w = test_work(&A);
  hf_curve c;
  (void)state;
  rounds(300, 200, 400);
  assert_int_equal(hf_curve_make(&w, &pool[2], 1000, &c), HF_OK);
  assert_int_equal(c.basis, HF_CURVE_JOBS);
  assert_true(fabs(hf_curve_at(c.mean, 1000, 395) - 106.667) < .01);
  assert_true(fabs(hf_curve_at(c.mean, 1000, 20) - 213.333) < .01);
  assert_true(hf_curve_at(c.mean, 1000, 400) == 0);
  hf_work_free(&w);
}

/* Misses that fall as 100 / sqrt(size): the power law is found again. */
static void curve_of_sizes(void **state) {
  hf_work w = test_work(&A);
  hf_curve c;
  size_t i;
  (void)state;
  rounds(300, 200, 0);
  pool[0].refs = 0;
  for (i = 0; i < ROWS; i++) {
    size[0][i] = 100 + 20 * (double)(i % 7);
    misses[0][i] = 1e6 / sqrt(size[0][i]);
    hits[0][i] = 1e6 - misses[0][i];
  }
  assert_int_equal(hf_curve_make(&w, &pool[0], 1000, &c), HF_OK);
  assert_int_equal(c.basis, HF_CURVE_SIZES);
  assert_true(c.sure > .99);
  assert_true(fabs(hf_curve_at(c.mean, 1000, 400) / (1e6 / 20 / 30) - 1) < .02);
  for (i = 0; i < ROWS; i++) size[0][i] = 100; /* one size tells no slope */
  assert_int_equal(hf_curve_make(&w, &pool[0], 1000, &c), HF_OK);
  assert_int_equal(c.basis, HF_CURVE_NONE);
  hf_work_free(&w);
}

static double total_cost(double *const curve[3], double total,
                         const double *mb) {
  return hf_curve_at(curve[0], total, mb[0]) +
         hf_curve_at(curve[1], total, mb[1]) +
         hf_curve_at(curve[2], total, mb[2]);
}

/* The dynamic programme against trying every split. */
static void exact_is_exact(void **state) {
  static double c[3][HF_CURVE_POINTS];
  double *const curve[3] = {c[0], c[1], c[2]};
  const double *const read[3] = {c[0], c[1], c[2]};
  double lo[3] = {50, 50, 50}, hi[3] = {900, 900, 900}, split[3], least, best;
  hf_rng r = {5};
  int round, i, j, k;
  (void)state;
  for (round = 0; round < 20; round++) {
    for (i = 0; i < 3; i++) {
      double y = 100;
      for (j = 0; j < HF_CURVE_POINTS; j++) {
        c[i][j] = y;
        if (hf_rng_uniform(&r) < .1) y -= 10 * hf_rng_uniform(&r);
      }
    }
    assert_int_equal(hf_memory_exact(read, 1000, lo, hi, split, &least), HF_OK);
    best = HUGE_VAL;
    for (i = 10; i <= 180; i++) {
      for (j = 10; i + j <= 190; j++) {
        double mb[3] = {5.0 * i, 5.0 * j, 1000 - 5.0 * (i + j)};
        best = fmin(best, total_cost(curve, 1000, mb));
      }
    }
    assert_true(fabs(least - best) < 1e-9);
    assert_true(fabs(total_cost(curve, 1000, split) - best) < 1e-9);
    for (k = 0; k < 3; k++) assert_true(split[k] >= 50 - 1e-9);
  }
}

typedef struct three {
  double c[3][HF_CURVE_POINTS];
} three;

static double three_cost(void *ctx, const double *x, double *violation) {
  three *t = ctx;
  double *const curve[3] = {t->c[0], t->c[1], t->c[2]};
  double mb[3] = {x[0], x[1], 1000 - x[0] - x[1]};
  if (mb[2] < 50) *violation = 50 - mb[2];
  return total_cost(curve, 1000, mb);
}

/* The colony alone, not told the exact answer, on falling curves with steps:
** within 1% of it. */
static void colony_against_exact(void **state) {
  static three t;
  const double *const read[3] = {t.c[0], t.c[1], t.c[2]};
  double lo[3] = {50, 50, 50}, hi[3] = {900, 900, 900}, split[3], least, x[2];
  hf_rng r = {21};
  int round, i, j;
  (void)state;
  for (round = 0; round < 20; round++) {
    hf_work w = test_work(&A);
    hf_colony_task task = {0};
    hf_colony_stats st;
    for (i = 0; i < 3; i++) {
      double y = 1000, half = 50 + 400 * hf_rng_uniform(&r);
      double cliff = 1000 * hf_rng_uniform(&r);
      for (j = 0; j < HF_CURVE_POINTS; j++) {
        t.c[i][j] = y / (1 + 5 * j / half) + (5 * j < cliff ? 300 : 0);
      }
    }
    assert_int_equal(hf_memory_exact(read, 1000, lo, hi, split, &least), HF_OK);
    task.dim = 2;
    task.lo = lo;
    task.hi = hi;
    task.budget = 3000;
    task.seed = 7;
    task.cost = three_cost;
    task.ctx = &t;
    assert_int_equal(hf_colony_minimise(&w, &task, x, &st), HF_OK);
    assert_true(st.violation == 0 && st.best <= 1.01 * least);
    hf_work_free(&w);
  }
}

/* 300 + 200 + 400 MB are what the pools need; all fit into 1000. The first step
** of 15% cannot bring the cache to its 300 but the buffer to its 200, which
** saves the half. */
static void finds_the_split(void **state) {
  hf_memory_rule r = rule(100, 100, 800);
  hf_memory_plan p;
  (void)state;
  rounds(300, 200, 400);
  p = plan(&r);
  assert_int_equal(p.state, HF_MEMORY_OK);
  assert_true(p.goal[0] >= 299 && p.goal[1] >= 199 && p.goal[2] >= 399);
  assert_true(p.stepped && !p.kept);
  assert_true(p.recommended[1] >= 199 && p.recommended[2] >= 649);
  assert_true(fabs(p.gain - .5) < .05 && p.confidence > .8);
  assert_true(fabs(p.before[1] - 100 / 30.0) < .2 && p.after[1] < .2);
  assert_true(p.gain_lo <= p.gain + .05 && p.gain_hi >= p.gain - .05);
}

/* Applied again and again, the steps arrive and stay. */
static void steps_arrive(void **state) {
  hf_memory_rule r = rule(100, 100, 800);
  hf_memory_plan p;
  int i;
  (void)state;
  rounds(300, 200, 400);
  for (i = 0; i < 10; i++) {
    p = plan(&r);
    memcpy(r.current, p.recommended, sizeof(r.current));
  }
  assert_true(p.kept && p.gain == 0);
  assert_true(r.current[0] >= 299 && r.current[1] >= 199 &&
              r.current[2] >= 399);
}

static void not_known(void **state) {
  hf_memory_rule r = rule(NAN, NAN, 800);
  (void)state;
  memset(pool, 0, sizeof(pool));
  assert_int_equal(plan(&r).state, HF_MEMORY_NONE);
  r = rule(300, 100, NAN); /* the application has the rest */
  assert_int_equal(plan(&r).state, HF_MEMORY_BLIND);
  assert_true(plan(&r).recommended[2] == 600);
  assert_true(plan(&r).confidence == 0);
  r.floor[1] = 103; /* what nothing is known of stays, a little below too */
  assert_int_equal(plan(&r).state, HF_MEMORY_BLIND);
  assert_true(plan(&r).recommended[1] == 100 && plan(&r).goal[1] == 100);
}

/* Only its peak is known: the application gets it and a tenth. */
static void pressure(void **state) {
  hf_memory_rule r = rule(400, 300, 300);
  hf_memory_plan p;
  (void)state;
  memset(pool, 0, sizeof(pool));
  r.peak = 320;
  r.peaks = 49;
  p = plan(&r);
  assert_int_equal(p.state, HF_MEMORY_PRESSURE);
  assert_true(p.recommended[2] > 352 - 1e-9 && p.recommended[2] <= 354);
  assert_true(fabs(p.confidence - .98) < 1e-12);
  r.peak = 200;
  p = plan(&r);
  assert_true(p.kept && p.recommended[2] == 300);
}

/* Without a curve the application is never cut below its peak and a tenth;
** what it does not use goes to the pools that are priced. */
static void idle_memory_is_used(void **state) {
  hf_memory_rule r = rule(100, 100, 800);
  hf_memory_plan p;
  (void)state;
  rounds(300, 200, 0);
  pool[2].n = 0;
  r.peak = 500;
  r.peaks = 60;
  p = plan(&r);
  assert_int_equal(p.state, HF_MEMORY_OK);
  assert_true(p.goal[2] >= 550 - 1 && p.goal[0] + p.goal[1] > 200);
  r.peaks = 10; /* too few samples to bear the peak out */
  p = plan(&r);
  assert_true(p.recommended[2] == 800);
}

static void held_and_stale(void **state) {
  hf_memory_rule r = rule(100, 100, 800);
  hf_memory_plan p;
  (void)state;
  rounds(300, 200, 400);
  r.as_of = ts[0][ROWS - 1] + 301;
  p = plan(&r);
  assert_int_equal(p.state, HF_MEMORY_STALE);
  assert_true(p.recommended[0] == 100 && p.confidence == 0);
  memset(pool, 0, sizeof(pool)); /* the newest row of another table counts */
  r.seen = 1000;
  r.as_of = 1301;
  assert_int_equal(plan(&r).state, HF_MEMORY_STALE);
  r.as_of = 1299;
  assert_int_equal(plan(&r).state, HF_MEMORY_BLIND);
  rounds(300, 200, 400);
  r.seen = r.as_of = NAN;
  size[0][ROWS - 1] = 100;
  size[0][ROWS - 2] = 90;
  r.interval_seconds = 60;
  p = plan(&r);
  assert_true(p.held && p.recommended[0] == 100);
}

static void repairs(void **state) {
  hf_memory_rule r = rule(10, 990, 500);
  hf_memory_plan p;
  int k;
  (void)state;
  memset(pool, 0, sizeof(pool));
  p = plan(&r);
  assert_int_equal(p.state, HF_MEMORY_REPAIR);
  for (k = 0; k < 3; k++) assert_true(p.recommended[k] >= 50 - 1e-9);
}

static double moved(const double *a, const double *b) {
  return (fabs(a[0] - b[0]) + fabs(a[1] - b[1]) + fabs(a[2] - b[2])) / 2;
}

/* Too large in all by 300 MB: the application keeps what it uses. */
static void repair_spares_what_is_used(void **state) {
  hf_memory_rule r = rule(300, 300, 700);
  hf_memory_plan p;
  (void)state;
  memset(pool, 0, sizeof(pool));
  r.peak = r.recent = 650;
  r.peaks = 60;
  p = plan(&r);
  assert_int_equal(p.state, HF_MEMORY_REPAIR);
  assert_true(p.recommended[2] >= 650);
  r.recent = 990; /* more than there is beside the floors */
  p = plan(&r);
  assert_true(fabs(p.recommended[2] - 900) < 1e-9);
}

/* What is promised of every move, on whatever pools: at most 15% of the total,
** only for more than 2% of the cost, no pool below its floor and the
** application not below what it lately used. */
static void keeps_its_promises(void **state) {
  hf_rng g = {31};
  int round, k, moves = 0, calm = 0, short_of = 0;
  (void)state;
  for (round = 0; round < 300; round++) {
    double cache = floor(50 + 850 * hf_rng_uniform(&g)), jobs, gain, least;
    double buffer = floor(50 + (900 - cache) * hf_rng_uniform(&g));
    hf_memory_rule r = rule(cache, buffer, 1000 - cache - buffer);
    hf_work w = test_work(&A);
    double was = 0, best = 0;
    hf_memory_plan p;
    jobs = hf_rng_uniform(&g) < .3 ? 0 : 50 + 600 * hf_rng_uniform(&g);
    rounds((size_t)(20 + 700 * hf_rng_uniform(&g)),
           (size_t)(20 + 700 * hf_rng_uniform(&g)), jobs);
    if (jobs == 0) pool[2].n = 0;
    for (k = 0; round % 2 && k < 2 * REFS; k++) { /* gains of any size */
      double u = hf_rng_uniform(&g);
      ref[k % 2][k / 2] = (uint64_t)(400 * (1 + k % 2) * u * u);
    }
    for (k = 0; k < ROWS; k++) cost[1][k] = round % 3 ? 1 : .02;
    r.peak = 1000 * hf_rng_uniform(&g);
    r.recent = r.peak * hf_rng_uniform(&g);
    r.peaks = round % 4 < 2 ? 60 : 5;
    p = plan(&r);
    assert_int_equal(p.state, HF_MEMORY_OK);
    assert_true(moved(p.current, p.recommended) <= 150 + 1e-9);
    for (k = 0; k < 3; k++) assert_true(p.recommended[k] >= 50 - 1e-9);
    least = fmin(p.current[2], jobs > 0 ? r.recent : r.peak);
    assert_true(p.recommended[2] >= least - 1e-9);
    if (p.recommended[2] < p.current[2] && r.recent > 50) short_of++;
    for (k = 0; k < 3; k++) {
      hf_curve c;
      assert_int_equal(hf_curve_make(&w, &pool[k], 1000, &c), HF_OK);
      if (c.basis == HF_CURVE_NONE) continue;
      was += hf_curve_at(c.mean, 1000, p.current[k]);
      best += hf_curve_at(c.mean, 1000, p.goal[k]);
    }
    hf_work_free(&w);
    gain = was > 0 ? 1 - best / was : 0;
    assert_true(p.kept == (gain <= .02));
    assert_true(!p.kept || moved(p.current, p.recommended) < 1e-9);
    moves += !p.kept;
    calm += p.kept;
  }
  assert_true(moves > 50 && calm > 20 && short_of > 20);
}

static void refuses(void **state) {
  hf_work w = test_work(&A);
  hf_memory_rule r = rule(100, 100, 800);
  hf_memory_plan p;
  long n;
  int rc = HF_ENOMEM;
  (void)state;
  rounds(300, 200, 400);
  r.floor[0] = 950;
  assert_int_equal(hf_memory_plan_make(&w, pool, &r, &p), HF_ERANGE);
  r.floor[0] = 50;
  r.total = NAN;
  assert_int_equal(hf_memory_plan_make(&w, pool, &r, &p), HF_ERANGE);
  r.total = 1000;
  hf_work_free(&w);
  for (n = 0; n < 20 && rc == HF_ENOMEM; n++) {
    p.gain = 42;
    A.left = n;
    rc = hf_memory_plan_make(&w, pool, &r, &p);
    A.left = -1;
    hf_work_free(&w);
    assert_true(rc == HF_OK || p.gain == 42);
    assert_int_equal(A.held, 0);
  }
  assert_int_equal(rc, HF_OK);
  assert_true(n > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(curve_of_a_round),
      cmocka_unit_test(curve_of_a_sample),
      cmocka_unit_test(curve_of_jobs),
      cmocka_unit_test(curve_of_sizes),
      cmocka_unit_test(exact_is_exact),
      cmocka_unit_test(colony_against_exact),
      cmocka_unit_test(finds_the_split),
      cmocka_unit_test(steps_arrive),
      cmocka_unit_test(not_known),
      cmocka_unit_test(pressure),
      cmocka_unit_test(idle_memory_is_used),
      cmocka_unit_test(held_and_stale),
      cmocka_unit_test(repairs),
      cmocka_unit_test(repair_spares_what_is_used),
      cmocka_unit_test(keeps_its_promises),
      cmocka_unit_test(refuses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
