/*
** test_query.c: ops/query.c and ops/hints.c on runs whose law is known.
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
#include "ops/hints.h"

enum { N = 400 };

static test_arena A = {-1, 0};
static uint64_t query[N], param[N], plan[N];
static double rows[N], bytes[N], ms[N], ts[N], workers[N], peak[N];
static hf_runs runs = {query, param, plan, rows, bytes, ms, N};
static hf_run_facts facts = {ts, workers, peak, NAN, 0};

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
    workers[i] = peak[i] = NAN;
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

static size_t hints(uint64_t q, double now, hf_hint *h) {
  hf_work w = test_work(&A);
  size_t n = 99;
  assert_int_equal(hf_query_hints(&w, &runs, &facts, q, now, h, &n), HF_OK);
  hf_work_free(&w);
  return n;
}

static void no_hint_without_evidence(void **state) {
  hf_hint h[HF_HINT_KINDS];
  uint64_t q;
  (void)state;
  runs.n = 0;
  assert_int_equal(hints(1, 0, h), 0);
  world(1, 0);
  assert_int_equal(hints(1, 0, h), 0);
  world(N, .5);
  for (q = 1; q <= 4; q++) assert_int_equal(hints(q, ts[N - 1], h), 0);
}

static void hint_of(hf_hint_kind kind, uint64_t q, double now, hf_hint *h) {
  assert_int_equal(hints(q, now, h), 1);
  assert_int_equal(h[0].kind, kind);
}

static void each_hint(void **state) {
  hf_hint h[HF_HINT_KINDS];
  size_t i;
  (void)state;
  world(N, .1);
  facts.share_mb = 100;
  for (i = 0; i < N; i++) peak[i] = query[i] == 2 && i % 8 == 1 ? 150 : 10;
  hint_of(HF_HINT_SPILL, 2, ts[N - 1], h);
  assert_true(h[0].k == 50 && h[0].n == 100 && h[0].to == 150);
  assert_int_equal(hints(1, ts[N - 1], h), 0);

  world(N, .1);
  for (i = 0; i < N; i++) {
    plan[i] = i < N / 2 ? 1 : 2;
    if (i >= N / 2 && query[i] == 2) ms[i] *= 10;
  }
  hint_of(HF_HINT_PLAN, 2, ts[N - 1], h);
  assert_true(h[0].to > 5 * h[0].from && h[0].at == ts[N / 2 + 1]);
  assert_int_equal(hints(1, ts[N - 1], h), 0);

  world(N, .1);
  for (i = 0; i < N; i++) {
    if (query[i] == 2) bytes[i] = 1e7;
  }
  hint_of(HF_HINT_SCAN, 2, ts[N - 1], h);
  assert_int_equal(hints(1, ts[N - 1], h), 0);

  world(N, .1);
  for (i = N - 20; i < N; i++) ms[i] *= query[i] == 2 ? 4 : 1;
  hint_of(HF_HINT_SLOWER, 2, ts[N - 1], h);
  assert_true(h[0].to > 3 && h[0].to < 5 && h[0].k == 5);

  world(N, .1);
  for (i = 0; i < N; i++) {
    workers[i] = i % 8 < 4 ? 1 : 8;
    if (query[i] == 2) ms[i] /= workers[i];
  }
  hint_of(HF_HINT_WORKERS, 2, ts[N - 1], h);
  assert_true(fabs(h[0].to + 1) < .1);

  world(N, .1); /* nights are four times as fast; asked at noon */
  for (i = 0; i < N; i++) {
    double hour = fmod(ts[i], 86400) / 3600;
    if (query[i] == 2 && hour < 4) ms[i] /= 4;
  }
  hint_of(HF_HINT_HOUR, 2, 86400 * 20000.5, h);
  assert_true(h[0].from == 0 && h[0].to < .4);
  assert_int_equal(hints(2, 86400 * 20000.05, h), 0); /* asked at night */
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
  assert_int_equal(hf_query_hints(&w, &runs, &facts, 1, 0, h, &found),
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
      cmocka_unit_test(hostile),
      cmocka_unit_test(no_hint_without_evidence),
      cmocka_unit_test(each_hint),
      cmocka_unit_test(out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
