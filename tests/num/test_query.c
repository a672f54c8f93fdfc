/*
** test_query.c: ops/query.c, ops/hints.c and ops/quiet.c on runs whose law is
** known.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "arena.h"
#include "num/rng.h"
#include "ops/quiet.h"

enum { N = 400 };

static test_arena A = {-1, 0};
static uint64_t query[N], param[N], plan[N];
static double rows[N], bytes[N], ms[N], ts[N], workers[N], peak[N];
static double scan[N], built[N], sorts[N], busy[N];
static hf_runs runs = {query, param, plan, rows, bytes, ms, N};
static hf_run_facts facts = {ts, workers, peak, scan, built, sorts, busy, NAN};
static hf_load_law law;

static double normal(hf_rng *r) {
  double a = hf_rng_uniform(r) + 1e-300;
  return sqrt(-2 * log(a)) * cos(6.283185307179586 * hf_rng_uniform(r));
}

/* Query 1 + i % 4 takes 0.001 ms a row times a factor of its own, with a
** log-normal error of standard deviation `sd`. */
static void world(size_t n, double sd) {
  hf_rng r = {9};
  size_t i;
  for (i = 0; i < n; i++) {
    query[i] = 1 + i % 4;
    param[i] = plan[i] = 0;
    rows[i] = exp(5 + 5 * hf_rng_uniform(&r));
    bytes[i] = rows[i] * 100;
    ms[i] = .001 * rows[i] * (double)query[i] * exp(sd * normal(&r));
    ts[i] = 1e9 + 600.0 * (double)i;
    workers[i] = peak[i] = scan[i] = built[i] = sorts[i] = busy[i] = NAN;
  }
  runs.n = n;
  facts.share_mb = NAN;
}

static hf_query_answer ask(uint64_t q, double nrows, uint64_t p) {
  hf_work w = test_work(&A);
  hf_question question = {q, p, nrows, nrows * 100};
  hf_query_answer a;
  assert_int_equal(hf_query_estimate(&w, &runs, &question, &a), HF_OK);
  hf_work_free(&w);
  return a;
}

static void no_runs(void **state) {
  hf_query_answer a;
  (void)state;
  runs.n = 0;
  a = ask(1, 1000, 0);
  assert_int_equal(a.basis, HF_QUERY_NONE);
  assert_true(isnan(a.ms) && isnan(a.lo90) && a.confidence == 0);
}

static void one_run(void **state) {
  hf_query_answer a;
  (void)state;
  world(1, 0);
  a = ask(1, rows[0], 0);
  assert_int_equal(a.basis, HF_QUERY_OWN);
  assert_true(a.ms > 0 && isnan(a.lo90)); /* no error yet to go by */
  assert_true(a.confidence == 0);
  a = ask(99, rows[0], 0);
  assert_int_equal(a.basis, HF_QUERY_OTHERS);
}

static void learns_the_law(void **state) {
  uint64_t q;
  (void)state;
  world(N, .05);
  for (q = 1; q <= 4; q++) {
    hf_query_answer a = ask(q, 3000, 0);
    double want = 3 * (double)q;
    assert_int_equal(a.basis, HF_QUERY_OWN);
    assert_true(fabs(log(a.ms / want)) < .1);
    assert_true(a.lo90 < want && a.hi90 > want && a.hi90 / a.lo90 < 2);
    assert_true(a.confidence > .9);
    assert_int_equal(a.own, N / 4);
  }
}

/* Coverage and confidence over the second half, asked before each run. */
static void keeps_its_word(void **state) {
  size_t i, inside = 0, close = 0;
  double said = 0;
  (void)state;
  world(N, .5);
  for (i = N / 2; i < N; i++) {
    hf_query_answer a;
    runs.n = i;
    a = ask(query[i], rows[i], 0);
    inside += ms[i] >= a.lo90 && ms[i] <= a.hi90;
    close += fabs(log(ms[i] / a.ms)) <= log(1.5);
    said += a.confidence;
  }
  assert_true(fabs((double)inside / (N / 2.0) - .9) < .05);
  assert_true(fabs((double)close - said) / (N / 2.0) < .1);
}

/* The same parameters took 50 times what rows say, three times over. */
static void repeats(void **state) {
  hf_query_answer a;
  size_t i;
  (void)state;
  world(200, .05);
  for (i = 180; i < 200; i += 8) {
    query[i] = 2;
    param[i] = 77;
    rows[i] = 3000;
    bytes[i] = 300000;
    ms[i] = 300;
  }
  a = ask(2, 3000, 77);
  assert_int_equal(a.basis, HF_QUERY_REPEATS);
  assert_int_equal(a.n, 3);
  assert_true(a.ms > 3 * ask(2, 3000, 78).ms / 2);
  assert_int_equal(ask(2, 3000, 78).basis, HF_QUERY_OWN);
}

/* A new plan, ten times faster: five runs are enough. */
static void a_new_plan(void **state) {
  hf_query_answer a;
  size_t i;
  (void)state;
  world(200, .05);
  for (i = 0; i < 200; i++) {
    plan[i] = 1;
    if (i >= 180 && query[i] == 3) {
      plan[i] = 2;
      ms[i] /= 10;
    }
  }
  a = ask(3, 3000, 0);
  assert_true(a.replanned && a.own == 5);
  assert_true(fabs(log(a.ms / .9)) < .7);
}

/* One run in seven has to wait 100 times as long as it takes: the other six are
** what to expect. */
static void stalls_teach_little(void **state) {
  size_t i;
  (void)state;
  world(N, .05);
  for (i = 0; i < N; i += 7) ms[i] *= 100;
  for (i = 1; i <= 4; i++) {
    assert_true(fabs(log(ask(i, 3000, 0).ms / (3 * (double)i))) < .45);
  }
}

/* The data of all queries grew, and no plan tells: six runs are enough. */
static void follows_the_data(void **state) {
  uint64_t q;
  size_t i;
  (void)state;
  world(N, .1);
  for (i = N - 24; i < N; i++) ms[i] *= 8;
  for (q = 1; q <= 4; q++) {
    assert_true(fabs(log(ask(q, 3000, 0).ms / (24 * (double)q))) < .15);
  }
}

/* What rows do not say the parameters do, each seen a dozen times. */
static void parameters_decide(void **state) {
  double worst = 0;
  size_t i;
  (void)state;
  world(N, .1);
  for (i = 0; i < N; i++) {
    param[i] = 1 + i / 4 % 8 + 10 * query[i];
    ms[i] *= exp((double)(param[i] * 5 % 8) / 2) * 1000 / rows[i];
    rows[i] = 1000;
    bytes[i] = 100000;
  }
  for (i = 0; i < 8; i++) {
    double want = 2 * exp((double)((21 + i) * 5 % 8) / 2);
    worst = fmax(worst, fabs(log(ask(2, 1000, 21 + i).ms / want)));
  }
  assert_true(worst < .2);
}

/* Every query changes at its own time: the intervals widen with it. */
static void holds_while_things_change(void **state) {
  size_t i, inside = 0;
  (void)state;
  world(N, .1);
  for (i = 0; i < N; i++) {
    if (i >= 200 + 15 * query[i]) ms[i] *= query[i] % 2 ? 6 : 1. / 6;
  }
  for (i = 200; i < 320; i++) {
    hf_query_answer a;
    runs.n = i;
    a = ask(query[i], rows[i], 0);
    inside += ms[i] >= a.lo90 && ms[i] <= a.hi90;
  }
  assert_true((double)inside / 120 > .85);
}

static void hostile(void **state) {
  hf_query_answer a;
  size_t i;
  (void)state;
  world(100, .1);
  for (i = 0; i < 100; i += 3) {
    rows[i] = i % 2 ? 1e100 : 0;
    bytes[i] = i % 2 ? 0 : 1e100;
    ms[i] = i % 4 ? 0 : 1e100;
  }
  a = ask(1, 1e15, 0);
  assert_true(a.ms >= 0 && a.ms < HUGE_VAL);
  assert_true(!(a.hi90 < a.lo90));
}

static size_t hints(uint64_t q, hf_hint *h) {
  hf_work w = test_work(&A);
  size_t n = 99;
  assert_int_equal(hf_query_hints(&w, &runs, &facts, q, h, &n, &law), HF_OK);
  hf_work_free(&w);
  return n;
}

static void no_hint_without_evidence(void **state) {
  hf_hint h[HF_HINT_KINDS];
  uint64_t q;
  size_t i;
  (void)state;
  runs.n = 0;
  assert_int_equal(hints(1, h), 0);
  world(1, 0);
  assert_int_equal(hints(1, h), 0);
  world(N, .5);
  for (i = 0; i < N; i++) {
    scan[i] = built[i] = sorts[i] = 0;
    peak[i] = 50;
    workers[i] = 1 + (double)(i % 7);
    busy[i] = (double)(i * 31 % 100);
  }
  facts.share_mb = 100;
  for (q = 1; q <= 4; q++) {
    assert_int_equal(hints(q, h), 0);
    assert_int_equal(law.n, 0);
  }
}

/* The one hint there is, saving a share of `gain`, or an unknown one (NaN). */
static void hint_of(hf_hint_kind kind, uint64_t q, double gain, hf_hint *h) {
  assert_int_equal(hints(q, h), 1);
  assert_int_equal(h[0].kind, kind);
  if (isnan(gain)) {
    assert_true(isnan(h[0].gain) && isnan(h[0].gain_lo) && isnan(h[0].gain_hi));
  } else {
    assert_true(fabs(h[0].gain - gain) < .05);
    assert_true(h[0].gain_lo <= gain && gain <= h[0].gain_hi);
    assert_true(h[0].gain_lo > gain - .1 && h[0].gain_hi < gain + .1);
  }
}

static void memory_spills(void **state) {
  hf_hint h[HF_HINT_KINDS];
  size_t i;
  (void)state;
  world(N, .1);
  facts.share_mb = 100;
  for (i = 0; i < N; i++) {
    peak[i] = query[i] == 2 && i % 8 == 1 ? 150 : 10;
    if (peak[i] > 100) ms[i] *= 2;
  }
  hint_of(HF_HINT_SPILL, 2, .5, h);
  assert_true(h[0].k == 50 && h[0].n == 100 && h[0].to == 150);
  assert_int_equal(hints(1, h), 0);
  for (i = 0; i < N; i++) peak[i] = 150; /* all do: nothing to compare with */
  hint_of(HF_HINT_SPILL, 2, NAN, h);
}

static void plans_get_worse(void **state) {
  hf_hint h[HF_HINT_KINDS];
  size_t i;
  (void)state;
  world(N, .1);
  for (i = 0; i < N; i++) {
    plan[i] = i < N / 2 ? 1 : 2;
    if (i >= N / 2 && query[i] == 2) ms[i] *= 10;
  }
  hint_of(HF_HINT_PLAN, 2, .9, h);
  assert_true(h[0].to > 5 * h[0].from && h[0].at == ts[N / 2 + 1]);
  assert_int_equal(hints(1, h), 0);
}

/* A query that scans a table which grows, at 1 us a row, besides 20 us a row
** returned; another time the scan came with a new plan. */
static void scans_seen(void **state) {
  hf_hint h[HF_HINT_KINDS];
  hf_rng r = {5};
  size_t i;
  (void)state;
  world(N, .1);
  for (i = 0; i < N; i++) {
    if (query[i] != 3) continue;
    rows[i] = 10 + (double)(i * 7 % 13);
    bytes[i] = 1000;
    scan[i] = 5000 + 50 * (double)(i * 37 % 400);
    ms[i] = .02 * rows[i] + .001 * scan[i] + .2 * normal(&r);
  }
  hint_of(HF_HINT_SCAN, 3, 15 / 15.3, h);
  assert_true(h[0].k == 100 && h[0].n == 100 && h[0].from > 1e4);
  for (i = 0; i < N; i++) scan[i] = query[i] == 3 ? 15000 : NAN;
  hint_of(HF_HINT_SCAN, 3, NAN, h); /* always the same: no slope */
  /* a table that is read to its end because all of it is asked for */
  for (i = 0; i < N; i++) {
    if (query[i] == 3) rows[i] = 14000 + (double)i;
  }
  assert_int_equal(hints(3, h), 0);

  world(N, .1);
  for (i = 0; i < N; i++) {
    if (query[i] != 2) continue;
    plan[i] = i < N / 2 ? 1 : 2;
    rows[i] = 100;
    bytes[i] = 1e4;
    scan[i] = i < N / 2 ? 0 : 5e4;
    ms[i] = (i < N / 2 ? 1 : 1.25) * exp(.05 * normal(&r));
  }
  hint_of(HF_HINT_SCAN, 2, .2, h); /* against the runs of the other plan */
  assert_true(h[0].k == 50 && h[0].n == 50);
}

static void indexes_and_sorts(void **state) {
  hf_hint h[HF_HINT_KINDS];
  hf_rng r = {6};
  size_t i;
  (void)state;
  world(N, .1);
  for (i = 0; i < N; i++) {
    if (query[i] != 2) continue;
    built[i] = i % 8 < 4 ? 0 : 3000;
    sorts[i] = 0;
    if (built[i] > 0) ms[i] *= 4;
  }
  hint_of(HF_HINT_BUILD, 2, .75, h);
  assert_true(h[0].k == 50 && h[0].n == 100 && h[0].from == 3000);
  for (i = 0; i < N; i++) built[i] = i % 40 == 1 ? 3000 : 0;
  assert_int_equal(hints(2, h), 0); /* one run in ten: no habit */

  world(N, .1);
  for (i = 0; i < N; i++) sorts[i] = query[i] == 4 ? 2 : 0;
  hint_of(HF_HINT_SORT, 4, NAN, h);
  assert_true(h[0].from == 2 && h[0].k == 100);
  assert_int_equal(hints(1, h), 0);
  for (i = 0; i < N; i++) {
    if (query[i] == 4 && normal(&r) > .5) {
      sorts[i] = 0;
      ms[i] *= .8;
    }
  }
  hint_of(HF_HINT_SORT, 4, .2, h);
}

static void bytes_and_slower(void **state) {
  hf_hint h[HF_HINT_KINDS];
  size_t i;
  (void)state;
  world(N, .1);
  for (i = 0; i < N; i++) {
    if (query[i] == 2) bytes[i] = 1e7;
  }
  hint_of(HF_HINT_WIDE, 2, NAN, h);
  assert_int_equal(hints(1, h), 0);
  for (i = 0; i < N; i++) scan[i] = 0; /* seen: no scan, whatever the bytes */
  assert_int_equal(hints(2, h), 0);

  world(N, .1);
  for (i = N - 20; i < N; i++) ms[i] *= query[i] == 2 ? 4 : 1;
  hint_of(HF_HINT_SLOWER, 2, .75, h);
  assert_true(h[0].to > 3 && h[0].to < 5 && h[0].k == 5);
}

static void more_workers(void **state) {
  hf_hint h[HF_HINT_KINDS];
  size_t i;
  (void)state;
  world(N, .1);
  for (i = 0; i < N; i++) {
    workers[i] = i % 8 < 4 ? 8 : 2; /* two in the newest */
    if (query[i] == 2) ms[i] /= workers[i];
  }
  hint_of(HF_HINT_WORKERS, 2, .75, h);
  assert_true(fabs(h[0].at + 1) < .1 && h[0].from == 2 && h[0].to == 8);
  workers[N - 3] = 8; /* it has the most that was ever tried */
  assert_int_equal(hints(2, h), 0);
  for (i = 0; i < N; i++) workers[i] = 3; /* never another number */
  assert_int_equal(hints(2, h), 0);
}

/* 1% of the time a percent of load; the forecast is quiet from 3 h on. */
static void a_quiet_hour(void **state) {
  hf_hint h[HF_HINT_KINDS];
  double mean[96], lo[96], hi[96];
  hf_load_ahead a = {80, 86400 * 20000.5, 900, mean, lo, hi, 96};
  size_t i;
  (void)state;
  world(N, .1);
  for (i = 0; i < N; i++) {
    busy[i] = 10 + (double)(i * 37 % 80);
    if (query[i] == 2) ms[i] *= exp(.01 * busy[i]);
  }
  for (i = 0; i < 96; i++) {
    mean[i] = i >= 12 && i < 20 ? 20 : 70;
    if (i == 16) mean[i] = 12;
    lo[i] = mean[i] - 5;
    hi[i] = mean[i] + 5;
  }
  assert_int_equal(hints(2, h), 0);
  assert_true(law.n == 100 && fabs(law.slope - .01) < 2 * law.err);
  assert_true(law.least >= 10 && law.most <= 89);
  assert_int_equal(hf_hint_quiet(&law, &a, h), 1);
  assert_int_equal(h[0].kind, HF_HINT_QUIET);
  assert_true(h[0].at == a.start + 4 * 3600 && h[0].to == 18);
  assert_true(h[0].lo == 13 && h[0].hi == 23 && h[0].from == 80);
  assert_true(fabs(h[0].gain - (1 - exp(-.62))) < .08);
  assert_true(h[0].gain_lo < 1 - exp(-.62) && 1 - exp(-.62) < h[0].gain_hi);
  assert_true(h[0].gain_lo > 0 && h[0].gain_hi < 1);
  /* no quieter than now, or not surely so: silence */
  a.now = 15;
  assert_int_equal(hf_hint_quiet(&law, &a, h), 0);
  a.now = 80;
  for (i = 0; i < 96; i++) hi[i] = 85;
  assert_int_equal(hf_hint_quiet(&law, &a, h), 0);
  /* cells longer than an hour, or none, tell nothing of hours */
  a.step = 7200;
  assert_int_equal(hf_hint_quiet(&law, &a, h), 0);
  a.step = 900;
  a.n = 3;
  assert_int_equal(hf_hint_quiet(&law, &a, h), 0);
  /* nor is a query helped whose time does not go with the load */
  hints(1, h);
  assert_int_equal(law.n, 0);
  a.n = 96;
  assert_int_equal(hf_hint_quiet(&law, &a, h), 0);
}

static void the_largest_gain_first(void **state) {
  hf_hint h[4];
  size_t i;
  static const double gain[] = {NAN, .2, NAN, .7};
  (void)state;
  for (i = 0; i < 4; i++) {
    h[i].gain = gain[i];
    h[i].k = i;
  }
  hf_hint_order(h, 4);
  assert_true(h[0].k == 3 && h[1].k == 1 && h[2].k == 0 && h[3].k == 2);
}

static void out_of_memory(void **state) {
  hf_work w = test_work(&A);
  hf_question q = {1, 0, 1000, 1000};
  hf_query_answer a;
  hf_hint h[HF_HINT_KINDS];
  size_t found = 99;
  (void)state;
  world(50, .1);
  a.ms = 42;
  A.left = 0;
  assert_int_equal(hf_query_estimate(&w, &runs, &q, &a), HF_ENOMEM);
  assert_int_equal(hf_query_hints(&w, &runs, &facts, 1, h, &found, &law),
                   HF_ENOMEM);
  A.left = -1;
  assert_true(a.ms == 42 && found == 99);
  hf_work_free(&w);
  assert_int_equal(A.held, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_runs),
      cmocka_unit_test(one_run),
      cmocka_unit_test(learns_the_law),
      cmocka_unit_test(keeps_its_word),
      cmocka_unit_test(repeats),
      cmocka_unit_test(a_new_plan),
      cmocka_unit_test(stalls_teach_little),
      cmocka_unit_test(follows_the_data),
      cmocka_unit_test(parameters_decide),
      cmocka_unit_test(holds_while_things_change),
      cmocka_unit_test(hostile),
      cmocka_unit_test(no_hint_without_evidence),
      cmocka_unit_test(memory_spills),
      cmocka_unit_test(plans_get_worse),
      cmocka_unit_test(scans_seen),
      cmocka_unit_test(indexes_and_sorts),
      cmocka_unit_test(bytes_and_slower),
      cmocka_unit_test(more_workers),
      cmocka_unit_test(a_quiet_hour),
      cmocka_unit_test(the_largest_gain_first),
      cmocka_unit_test(out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
