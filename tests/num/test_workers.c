/*
** test_workers.c: ops/workers.c and ops/staffing.c in situations whose right
** answer is known.
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
#include "num/erlang.h"
#include "ops/staffing.h"

enum { N = 1440 };

static test_arena A = {-1, 0};
static double ts[N], cpu[N], workers[N], queue[N];
static hf_load load = {ts, cpu, workers, queue, N};

static hf_workers_rule rule(void) {
  hf_workers_rule r = {1, 100, .5, 1, .05, 90, 60, NAN};
  return r;
}

/* A minute each; `now` workers at `percent`. */
static void steady(size_t n, double now, double percent) {
  size_t i;
  for (i = 0; i < n; i++) {
    ts[i] = 1.7e9 + 60.0 * (double)i;
    cpu[i] = percent;
    workers[i] = now;
    queue[i] = 0;
  }
  load.n = n;
}

static hf_workers_plan plan(const hf_workers_rule *r) {
  hf_work w = test_work(&A);
  hf_workers_plan p;
  assert_int_equal(hf_workers_plan_make(&w, &load, r, &p), HF_OK);
  hf_work_free(&w);
  return p;
}

static void nothing(void **state) {
  hf_workers_rule r = rule();
  hf_workers_plan p;
  (void)state;
  load.n = 0;
  p = plan(&r);
  assert_int_equal(p.state, HF_WORKERS_NONE);
  assert_true(isnan(p.workers) && p.confidence == 0);
  steady(5, 0, 50); /* no workers serve: no load can be told */
  assert_int_equal(plan(&r).state, HF_WORKERS_NONE);
  steady(5, 4, NAN);
  assert_int_equal(plan(&r).state, HF_WORKERS_NONE);
}

/* 10 workers at 40% are 4 erlangs: Erlang C needs 6 of them for 5% over 1 s.
 */
static void a_steady_load(void **state) {
  hf_workers_rule r = rule();
  hf_workers_plan p;
  (void)state;
  steady(300, 10, 40);
  p = plan(&r);
  assert_int_equal(p.state, HF_WORKERS_OK);
  assert_true(fabs(p.busy - 4) < 1e-12);
  assert_true(p.offered >= 4 && p.offered < 5);
  assert_true(p.workers >= 5 && p.workers <= 7);
  assert_true(p.quantile == .95 && p.lead == 180);
}

/* The rule this replaces stayed at one worker for ever: a queue of two tasks a
** worker at 60% was no reason for it to add any. */
static void leaves_one_worker(void **state) {
  hf_workers_rule r = rule();
  size_t n;
  (void)state;
  for (n = 1; n <= 200; n += 13) {
    steady(n, 1, 100);
    queue[n - 1] = 500;
    assert_true(plan(&r).workers > 1);
  }
}

/* It also removed workers when the processors were full. */
static void never_fewer_when_saturated(void **state) {
  hf_workers_rule r = rule();
  size_t n;
  (void)state;
  for (n = 1; n <= 400; n += 21) {
    hf_workers_plan p;
    steady(n, 10, 20);
    cpu[n - 1] = 100;
    p = plan(&r);
    assert_true(p.saturated && p.workers >= 10);
  }
  /* a queue that has just been served is no reason to stop */
  steady(300, 10, 20);
  cpu[299] = 100;
  queue[298] = 1200;
  assert_true(plan(&r).busy < 1 && plan(&r).workers == 10);
}

/* A backlog is cleared within a sample: 1200 tasks of 0.5 s in 60 s are 10
** workers more than the load. */
static void clears_the_queue(void **state) {
  hf_workers_rule r = rule();
  hf_workers_plan p;
  (void)state;
  steady(200, 10, 100);
  for (p.samples = 0; p.samples < 200; p.samples++) queue[p.samples] = 1200;
  p = plan(&r);
  assert_true(p.workers >= 20);
}

static void few_samples(void **state) {
  hf_workers_rule r = rule();
  hf_workers_plan p;
  (void)state;
  steady(1, 8, 10);
  p = plan(&r);
  assert_int_equal(p.state, HF_WORKERS_LEARNING);
  assert_true(p.workers == 8 && p.confidence == 0 && isnan(p.offered));
  steady(10, 8, 95);
  p = plan(&r);
  assert_int_equal(p.state, HF_WORKERS_LEARNING);
  assert_true(p.workers > 8);
}

static void stale(void **state) {
  hf_workers_rule r = rule();
  hf_workers_plan p;
  (void)state;
  steady(300, 10, 5);
  r.as_of = ts[299] + 601;
  p = plan(&r);
  assert_int_equal(p.state, HF_WORKERS_STALE);
  assert_true(p.workers == 10 && p.confidence == 0);
  r.as_of = ts[299] + 599;
  assert_int_equal(plan(&r).state, HF_WORKERS_OK);
}

static void limits(void **state) {
  hf_workers_rule r = rule();
  hf_workers_plan p;
  (void)state;
  steady(300, 50, 90);
  r.max = 20;
  p = plan(&r);
  assert_true(p.workers == 20 && p.at_max && !p.at_min);
  steady(300, 50, 1);
  r.min = 12;
  p = plan(&r);
  assert_true(p.workers == 12 && p.at_min && !p.at_max);
  r.min = r.max = 7;
  assert_true(plan(&r).workers == 7);
}

/* A number that has just changed is not lowered before the interval is over.
 */
static void interval(void **state) {
  hf_workers_rule r = rule();
  (void)state;
  steady(300, 30, 10);
  workers[299] = 40;
  cpu[299] = 7.5;
  r.interval_seconds = 3600;
  assert_true(plan(&r).workers == 40);
  assert_true(plan(&r).held_until == ts[298] + 3600);
  r.interval_seconds = 0;
  assert_true(plan(&r).workers < 40);
}

/* What is said to be covered is covered, on a load of gamma-like bursts that
** the plan has not seen. */
static void covers_what_it_says(void **state) {
  static const double targets[] = {.1, .05, .02};
  double all[4 * N];
  hf_rng g = {11};
  double level = 10;
  size_t i, t, hits, n;
  (void)state;
  for (i = 0; i < 4 * N; i++) {
    level += .1 * (10 - level) - 3 * log(1 - hf_rng_uniform(&g)) * .3 + .9 * -1;
    level = fmax(level, 1);
    all[i] = level - log(1 - hf_rng_uniform(&g));
  }
  for (t = 0; t < 3; t++) {
    hf_workers_rule r = rule();
    r.violation_target = targets[t];
    hits = n = 0;
    for (i = N; i + 3 < 4 * N; i += 3) {
      hf_workers_plan p;
      size_t k;
      steady(N, 50, 0);
      for (k = 0; k < N; k++) cpu[k] = all[i - N + 1 + k] * 2;
      p = plan(&r);
      n++;
      hits += all[i + 3] <= p.offered;
    }
    assert_true(fabs((double)hits / (double)n - (1 - targets[t])) < .025);
  }
}

static hf_staffing staff(double target, size_t n, double spread) {
  static double mid[N], up[N], zero[N];
  hf_workers_rule r = rule();
  hf_staffing_ask a = {n, 0, cpu, mid, up, zero, zero, 60, 3, &r};
  hf_work w = test_work(&A);
  hf_staffing s;
  size_t i;
  r.violation_target = target;
  for (i = 0; i < n; i++) {
    mid[i] = 20;
    up[i] = 20 + spread;
  }
  assert_int_equal(hf_staffing_run(&w, &a, &s), HF_OK);
  hf_work_free(&w);
  return s;
}

/* 20 erlangs; then every hundredth sample has 32. */
static void margins(void **state) {
  hf_staffing s;
  size_t i;
  (void)state;
  for (i = 0; i < N; i++) cpu[i] = 20;
  s = staff(.05, N, 10); /* far too wide: half of it is enough */
  assert_true(s.margin == .5 && s.late < .05);
  /* workers are kept by cells of load */
  assert_true(
      fabs(s.workers - (double)hf_erlang_staff(25, .5, 1, .1, 1, 100)) <= 1);
  s = staff(.05, 62, 10); /* 59 samples cannot tell 5% */
  assert_true(s.margin == 1 && isnan(s.late));
  s = staff(.05, 64, 10);
  assert_true(s.margin == .5 && s.late < .05);
  for (i = 0; i < N; i += 100) cpu[i] = 32;
  s = staff(.05, N, 10); /* 2% of the tasks are late in the bursts */
  assert_true(s.margin >= .5 && s.late > .01 && s.late < .05);
  s = staff(.01, N, 4); /* no margin is wide enough: whole, and it says so */
  assert_true(s.margin == 1 && s.late > .01);
  s = staff(.01, N, 16); /* one that is, and not all of it */
  assert_true(s.margin > .5 && s.margin < 1 && s.late < .0125);
}

/* A closed loop: what is stated is what comes, not a fraction of it. */
static void late_as_stated(void **state) {
  static const double targets[] = {.1, .05};
  static double asked[4 * N];
  size_t t, i, k;
  (void)state;
  for (t = 0; t < 2; t++) {
    hf_workers_rule r = rule();
    hf_rng g = {17};
    double level = log(15), q = 0, late = 0, tasks = 0;
    r.violation_target = targets[t];
    for (i = 0; i < 2 * N; i++) {
      hf_workers_plan p;
      double c =
          i < 300 ? 30 : fmin(fmin(asked[i - 1], asked[i - 2]), asked[i - 3]);
      double a, next;
      level += .05 * (log(15) - level) + .12 * (hf_rng_uniform(&g) - .5);
      a = exp(level);
      next = fmax(0, q + (a - c) * 120);
      if (i >= N) {
        double hi = fmax(q, next) / (2 * c);
        late += a * (hi > 1 ? 1
                            : hf_erlang_tail((size_t)c, fmin(a, .995 * c), .5,
                                             1 - hi));
        tasks += a;
      }
      k = i < N ? i : N - 1;
      if (i >= N) {
        memmove(cpu, cpu + 1, (N - 1) * sizeof(double));
        memmove(workers, workers + 1, (N - 1) * sizeof(double));
        memmove(queue, queue + 1, (N - 1) * sizeof(double));
        memmove(ts, ts + 1, (N - 1) * sizeof(double));
      }
      ts[k] = 1.7e9 + 60.0 * (double)i;
      cpu[k] = next > 0 ? 100 : 100 * fmin(1, a / c);
      workers[k] = c;
      queue[k] = q = next;
      load.n = k + 1;
      if (i < 300) {
        asked[i] = 30;
        continue;
      }
      p = plan(&r);
      asked[i] = p.workers;
    }
    late /= tasks;
    assert_true(late > targets[t] / 8 && late <= targets[t]);
  }
}

/* A smooth day, fed in minutes, that comes in quarters of one: hardly more is
** late than stated, though a minute's mean does not show its quarters. */
static void late_on_a_smooth_day(void **state) {
  static const double targets[] = {.02, .01};
  static double asked[2 * N];
  size_t t, i, k;
  (void)state;
  for (t = 0; t < 2; t++) {
    hf_workers_rule r = rule();
    hf_rng g = {5};
    double q = 0, late = 0, tasks = 0;
    r.violation_target = targets[t];
    for (i = 0; i < 2 * N; i++) {
      double c =
          i < 300 ? 40 : fmin(fmin(asked[i - 1], asked[i - 2]), asked[i - 3]);
      double day = 20 - 14 * cos(6.283185307179586 * (double)i / N), sum = 0;
      for (k = 0; k < 4; k++) {
        /* 30 tasks an erlang: twelve uniforms have the variance of one */
        double z = -6, a, next, lo, hi, pv = 1;
        int u;
        for (u = 0; u < 12; u++) z += hf_rng_uniform(&g);
        a = fmax(0, day + sqrt(day / 30) * z);
        next = fmax(0, q + (a - c) * 30);
        lo = fmin(q, next) / (2 * c);
        hi = fmax(q, next) / (2 * c);
        if (lo < 1) {
          pv = hi <= 1 ? 0 : (hi - 1) / (hi - lo);
          pv = fmax(pv, hf_erlang_tail((size_t)c, fmin(a, .995 * c), .5,
                                       fmax(0, 1 - hi)));
        }
        if (i >= N) {
          late += a * pv;
          tasks += a;
        }
        sum += fmin(c, a + q / 30);
        q = next;
      }
      if (i >= N) {
        memmove(cpu, cpu + 1, (N - 1) * sizeof(double));
        memmove(workers, workers + 1, (N - 1) * sizeof(double));
        memmove(queue, queue + 1, (N - 1) * sizeof(double));
        memmove(ts, ts + 1, (N - 1) * sizeof(double));
      }
      k = i < N ? i : N - 1;
      ts[k] = 1.7e9 + 60.0 * (double)i;
      cpu[k] = 25 * sum / c;
      workers[k] = c;
      queue[k] = q;
      load.n = k + 1;
      asked[i] = i < 300 ? 40 : plan(&r).workers;
    }
    late /= tasks;
    assert_true(late > targets[t] / 5 && late < targets[t] * 1.5);
  }
}

/* Fewer only when four samples agree. */
static void calm(void **state) {
  hf_workers_rule r = rule();
  double before;
  size_t k;
  (void)state;
  r.interval_seconds = 0;
  steady(300, 30, 50);
  before = plan(&r).workers;
  for (k = 1; k <= 8; k++) {
    hf_workers_plan p;
    steady(300 + k, 30, 50);
    for (p.samples = 300; p.samples < 300 + k; p.samples++) cpu[p.samples] = 5;
    p = plan(&r);
    if (k < 4) {
      assert_true(p.workers == before && p.needed < before);
      assert_true(p.held_until == ts[299] + 240);
    }
    if (k == 8) assert_true(p.workers < before);
  }
}

/* Where the rows begin does not matter, as long as the block of time in which
** the replay begins is there: 107 of these rows come before it. */
static void same_answer_with_older_rows(void **state) {
  hf_workers_rule r = rule();
  hf_workers_plan p, q;
  hf_rng g = {4};
  size_t i;
  (void)state;
  steady(N, 10, 40);
  for (i = 0; i < N; i++) cpu[i] = 100 * hf_rng_uniform(&g);
  p = plan(&r);
  load.ts = ts + 100;
  load.cpu = cpu + 100;
  load.workers = workers + 100;
  load.queue = queue + 100;
  load.n = N - 100;
  q = plan(&r);
  load.ts = ts;
  load.cpu = cpu;
  load.workers = workers;
  load.queue = queue;
  assert_true(p.workers == q.workers && p.offered == q.offered);
  assert_true(p.coverage == q.coverage && p.confidence == q.confidence);
}

static void hostile(void **state) {
  hf_workers_rule r = rule();
  hf_workers_plan p;
  size_t i;
  (void)state;
  steady(100, 1e9, 100);
  for (i = 0; i < 100; i++) {
    ts[i] = -1e11 + (double)(i * i);
    queue[i] = i % 3 ? 1e12 : NAN;
  }
  p = plan(&r);
  assert_true(p.workers == 100);
  steady(100, 1e-9, 1e-9);
  p = plan(&r);
  assert_true(p.workers >= 1 && p.workers <= 100);
}

static void refuses(void **state) {
  hf_work w = test_work(&A);
  hf_workers_rule r = rule();
  hf_workers_plan p;
  (void)state;
  steady(50, 10, 40);
  p.workers = 42;
  r.max = 0;
  assert_int_equal(hf_workers_plan_make(&w, &load, &r, &p), HF_ERANGE);
  r = rule();
  r.violation_target = 0;
  assert_int_equal(hf_workers_plan_make(&w, &load, &r, &p), HF_ERANGE);
  r = rule();
  A.left = 0;
  assert_int_equal(hf_workers_plan_make(&w, &load, &r, &p), HF_ENOMEM);
  A.left = -1;
  assert_true(p.workers == 42);
  hf_work_free(&w);
  assert_int_equal(A.held, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing),
      cmocka_unit_test(a_steady_load),
      cmocka_unit_test(leaves_one_worker),
      cmocka_unit_test(never_fewer_when_saturated),
      cmocka_unit_test(clears_the_queue),
      cmocka_unit_test(few_samples),
      cmocka_unit_test(stale),
      cmocka_unit_test(limits),
      cmocka_unit_test(interval),
      cmocka_unit_test(covers_what_it_says),
      cmocka_unit_test(margins),
      cmocka_unit_test(late_as_stated),
      cmocka_unit_test(late_on_a_smooth_day),
      cmocka_unit_test(calm),
      cmocka_unit_test(same_answer_with_older_rows),
      cmocka_unit_test(hostile),
      cmocka_unit_test(refuses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
