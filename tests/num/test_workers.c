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
  assert_int_equal(hf_workers_plan_make(&w, &load, NULL, r, &p), HF_OK);
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
  static double mid[N], up[N], zero[N], now[N];
  hf_workers_rule r = rule();
  hf_staffing_ask a = {n, 0, cpu, mid, up, zero, zero, now, zero, 60, 3, &r};
  hf_work w = test_work(&A);
  hf_staffing s;
  size_t i;
  r.violation_target = target;
  for (i = 0; i < n; i++) {
    mid[i] = 20;
    up[i] = 20 + spread;
    now[i] = 30;
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
      double c = i < N - 60
                     ? 30
                     : fmin(fmin(asked[i - 1], asked[i - 2]), asked[i - 3]);
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
      if (i < N - 60) {
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

static double smooth_day(hf_rng *g, size_t minute) {
  (void)g;
  return 20 - 14 * cos(6.283185307179586 * (double)minute / N);
}

/* About once an hour up to 30 more, for some minutes. */
static double bursts(hf_rng *g, size_t minute) {
  static double burst;
  if (minute == 0) burst = 0;
  burst *= .88;
  if (hf_rng_uniform(g) < 1 / 60.) burst += 4 - 10 * log(hf_rng_uniform(g));
  return 6 + burst;
}

/* Loads fed in minutes that come in quarters of one, which a minute's mean does
** not show. On a smooth day no more is late than stated, and about what the plan
** says. Bursts that nothing announces were three times as often late as stated;
** the queues they left make room for them, and the plan is not sure of it. */
static void late_within_samples(void **state) {
  static double (*const shape[])(hf_rng *, size_t) = {smooth_day, smooth_day,
                                                      bursts};
  static const double targets[] = {.05, .01, .01};
  static double asked[2 * N];
  size_t t, i, k;
  (void)state;
  for (t = 0; t < 3; t++) {
    hf_workers_rule r = rule();
    hf_rng g = {5};
    double q = 0, late = 0, tasks = 0, said = 0, sure = 0;
    r.violation_target = targets[t];
    for (i = 0; i < 2 * N; i++) {
      double c = i < N - 60
                     ? 40
                     : fmin(fmin(asked[i - 1], asked[i - 2]), asked[i - 3]);
      double day = shape[t](&g, i), sum = 0, waits = 0;
      hf_workers_plan p;
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
        if (a < c) { /* those who wait by chance */
          a = fmin(a, .995 * c);
          waits = hf_erlang_tail((size_t)c, a, .5, 0) * a / (c - a);
        }
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
      queue[k] = floor(q + waits + .5);
      load.n = k + 1;
      if (i < N - 60) {
        asked[i] = 40;
        continue;
      }
      p = plan(&r);
      asked[i] = p.workers;
      if (i < N) continue;
      said += p.late / N;
      sure += p.confidence / N;
    }
    late /= tasks;
    assert_true(late < 1.5 * said);
    if (t < 2) {
      assert_true(late > targets[t] / 3 && late <= targets[t]);
      assert_true(late > said / 2 && sure > .9);
    } else {
      assert_true(late <= 1.5 * targets[t] && sure < .5);
    }
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

/* ---- seasons: minutes of 25 days, which begin on a Monday */
enum { LONG = 25 * N };
static double all_ts[LONG], all_cpu[LONG], all_workers[LONG], all_queue[LONG];
static double all_load[LONG];

/* 100 workers, so that percent are erlangs; noise as of a Poisson stream. */
static void minute_by_minute(double (*load_at)(size_t minute), uint64_t seed) {
  hf_rng g = {seed};
  size_t i;
  for (i = 0; i < LONG; i++) {
    double a = load_at(i);
    all_ts[i] = 4 * 86400 + 60 * (double)(i + 1);
    all_cpu[i] = all_load[i] = a + sqrt(a / 10) * (hf_rng_uniform(&g) - .5);
    all_workers[i] = 100;
    all_queue[i] = 0;
  }
}

/* The rows of some spans. */
static hf_load earlier(const hf_workers_span *span, size_t n) {
  static double row[4][HF_WORKERS_SPANS * HF_WORKERS_SPAN];
  hf_load l = {row[0], row[1], row[2], row[3], 0};
  size_t k, i;
  for (k = 0; k < n; k++) {
    double first = (span[k].from - all_ts[0]) / 60; /* whole minutes, both */
    for (i = (size_t)fmax(0, first); i < LONG && all_ts[i] < span[k].to; i++) {
      row[0][l.n] = all_ts[i];
      row[1][l.n] = all_cpu[i];
      row[2][l.n] = all_workers[i];
      row[3][l.n++] = all_queue[i];
    }
  }
  return l;
}

/* The plan after sample `at`, with or without what came before the window. */
static hf_workers_plan plan_at(const hf_workers_rule *r, size_t at, int past) {
  hf_load newest = {all_ts + at + 1 - N, all_cpu + at + 1 - N,
                    all_workers + at + 1 - N, all_queue + at + 1 - N, N};
  hf_workers_span span[HF_WORKERS_SPANS];
  hf_load before;
  hf_work w = test_work(&A);
  hf_workers_plan p;
  size_t n, k;
  assert_int_equal(hf_workers_spans(&w, &newest, NULL, r, span, &n), HF_OK);
  before = earlier(span, n);
  assert_true(before.n < 400);
  assert_int_equal(hf_workers_spans(&w, &newest, &before, r, span, &n), HF_OK);
  for (k = 0; k < n; k++) assert_true(span[k].to <= newest.ts[N - 1]);
  before = earlier(span, past ? n : 0);
  assert_int_equal(hf_workers_plan_make(&w, &newest, &before, r, &p), HF_OK);
  hf_work_free(&w);
  return p;
}

static double office(size_t minute) {
  size_t day = minute / N, now = minute % N;
  return day % 7 < 5 && now >= 540 && now < 1080 ? 30 : 3;
}

/* A quarter of an hour before the office opens, and before it closes. */
static void knows_the_hour(void **state) {
  hf_workers_rule r = rule();
  size_t open = 23 * N + 540, shut = 23 * N + 1080;
  hf_workers_plan p;
  (void)state;
  minute_by_minute(office, 3);
  r.start_seconds = 900;
  assert_true(plan_at(&r, open - 14, 0).workers < 10);
  p = plan_at(&r, open - 14, 1); /* a Wednesday */
  assert_true(p.workers >= 31 && p.offered > 30 && p.season > .9);
  assert_true(plan_at(&r, open - 40, 1).workers < 10);
  /* none is sent away before the load goes, and all soon after */
  for (; shut - 20 < 23 * N + 1081; shut++) {
    if (shut >= 23 * N + 1100) break;
    assert_true(plan_at(&r, shut - 20, 1).workers >= 31);
  }
  assert_true(plan_at(&r, 23 * N + 1085, 1).workers < 10);
  assert_true(plan_at(&r, 23 * N + 1085, 0).workers >= 31); /* learns late */
}

/* Monday is like no day just before it, but like other Mondays. */
static void knows_the_weekday(void **state) {
  hf_workers_rule r = rule();
  size_t open = 21 * N + 540, i;
  (void)state;
  minute_by_minute(office, 3);
  r.start_seconds = 900;
  for (i = 0; i < 40; i += 3) {
    assert_true(plan_at(&r, open - 14 + i, 1).workers >= 31);
  }
  /* without its weeks it is taken for a Sunday */
  memset(all_workers, 0, 15 * N * sizeof(double));
  assert_true(plan_at(&r, open - 10, 1).workers < 10);
}

static double by_day(size_t minute) {
  return 20 - 14 * cos(6.283185307179586 * (double)minute / N);
}

/* A cell is known by two days of three; with one there is no season, and what
** is missing is no load of 0. */
static void gaps_in_the_season(void **state) {
  hf_workers_rule r = rule();
  size_t at = 9 * N + 600, noon = 8 * N + 720; /* the window begins at noon */
  hf_workers_plan whole, p;
  (void)state;
  r.start_seconds = 1800;
  minute_by_minute(by_day, 3);
  whole = plan_at(&r, at, 1);
  assert_true(whole.season > .9);
  memset(all_workers + noon - N, 0, N * sizeof(double));
  p = plan_at(&r, at, 1);
  assert_true(p.season > .9 && fabs(p.offered / whole.offered - 1) < .03);
  memset(all_workers + noon - 2 * N + 300, 0, 60 * sizeof(double));
  p = plan_at(&r, at, 1);
  assert_true(p.season > .9 && fabs(p.offered / whole.offered - 1) < .03);
  memset(all_workers + noon - 2 * N, 0, N * sizeof(double));
  assert_true(plan_at(&r, at, 1).season == 0);
}

static double wander(size_t minute) {
  static hf_rng g;
  static double level;
  if (minute == 0) {
    g.state = 8;
    level = 0;
  }
  level = .998 * level + .06 * (hf_rng_uniform(&g) - .5);
  return 15 * exp(level);
}

/* Pinball loss of what is offered, and how often it was enough. */
static double loss_of(size_t lead, int past, double *covered) {
  hf_workers_rule r = rule();
  double sum = 0, hit = 0, n = 0;
  size_t i;
  r.start_seconds = 60 * (double)(lead - 1);
  for (i = 22 * N; i + lead < LONG; i += 31, n++) {
    double e = all_load[i + lead] - plan_at(&r, i, past).offered;
    sum += e > 0 ? .95 * e : -.05 * e;
    hit += e <= 0;
  }
  *covered = hit / n;
  return sum / n;
}

/* Half an hour ahead a rhythm is worth knowing; where there is none it costs
** nothing, and either way what is said to be covered is. */
static void earns_its_place(void **state) {
  double covered, with, without;
  (void)state;
  minute_by_minute(by_day, 5);
  without = loss_of(31, 0, &covered);
  with = loss_of(31, 1, &covered);
  assert_true(with < .6 * without);
  assert_true(fabs(covered - .95) < .03);
  minute_by_minute(wander, 5);
  without = loss_of(31, 0, &covered);
  with = loss_of(31, 1, &covered);
  assert_true(with < 1.03 * without);
  assert_true(fabs(covered - .95) < .05);
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
  assert_int_equal(hf_workers_plan_make(&w, &load, NULL, &r, &p), HF_ERANGE);
  r = rule();
  r.violation_target = 0;
  assert_int_equal(hf_workers_plan_make(&w, &load, NULL, &r, &p), HF_ERANGE);
  r = rule();
  A.left = 0;
  assert_int_equal(hf_workers_plan_make(&w, &load, NULL, &r, &p), HF_ENOMEM);
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
      cmocka_unit_test(late_within_samples),
      cmocka_unit_test(calm),
      cmocka_unit_test(same_answer_with_older_rows),
      cmocka_unit_test(knows_the_hour),
      cmocka_unit_test(knows_the_weekday),
      cmocka_unit_test(gaps_in_the_season),
      cmocka_unit_test(earns_its_place),
      cmocka_unit_test(hostile),
      cmocka_unit_test(refuses),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
