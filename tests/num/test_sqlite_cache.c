/*
** test_sqlite_cache.c: the plan for SQLite's page cache (ops/sqlite_cache.c),
** every state of it, by hand.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "ops/sqlite_cache.h"

static void near(double got, double want, double tol) {
  if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= tol * (1 + fabs(want))))
    fail_msg("got %.17g, want %.17g", got, want);
}

enum { ROWS = 40 };

/* Collections, 10,000 pages fetched in each; 256 pages to the megabyte. */
typedef struct cache_case {
  double limit[ROWS], used[ROWS], hits[ROWS], misses[ROWS], connection[ROWS];
  double capacity[ROWS];
  hf_sqlite_pages p;
  hf_sqlite_memory m;
  hf_sqlite_cache_plan plan;
} cache_case;

static void cache_begin(cache_case *c) {
  memset(c, 0, sizeof(*c));
  c->p.limit = c->limit;
  c->p.used = c->used;
  c->p.hits = c->hits;
  c->p.misses = c->misses;
  c->p.connection = c->connection;
  c->p.page_mb = 1.0 / 256;
  c->p.database_mb = 9;
  c->m.total_mb = 8000;
  c->m.available_mb = 6000;
  c->m.most_mb = c->m.stalled = NAN;
}

static void cache_add(cache_case *c, double limit, double used, double misses) {
  size_t i = c->p.n++;
  c->limit[i] = limit;
  c->used[i] = used;
  c->misses[i] = misses;
  c->hits[i] = 10000 - misses;
  c->connection[i] = 7;
}

/* A full cache of `limit` MB for n collections; the first tells nothing. */
static void cache_full(cache_case *c, int n, double limit, double misses) {
  while (n-- > 0) cache_add(c, limit, limit, misses);
}

static const hf_sqlite_cache_plan *cache_plan(cache_case *c,
                                              hf_sqlite_cache_state want) {
  hf_sqlite_capacity(&c->p, c->capacity);
  hf_sqlite_cache(&c->p, c->capacity, &c->m, &c->plan);
  if (c->plan.state != want) {
    fail_msg("state %d, want %d", (int)c->plan.state, (int)want);
  }
  return &c->plan;
}

static void capacity_misses(void **state) {
  static const double want[] = {NAN, 0,   NAN, 50, 40,  24, 5,
                                0,   NAN, NAN, 0,  NAN, NAN};
  cache_case c;
  size_t i;
  (void)state;
  cache_begin(&c);
  cache_add(&c, 4, 1, 300);     /* filled by 256 pages: filling up still */
  cache_add(&c, 4, 1.0625, 20); /* 16 pages more and room left: none counts */
  cache_add(&c, 4, 4, 900);     /* filled up in this one */
  cache_add(&c, 4, 4, 50);
  cache_add(&c, 4, 3.9375, 40); /* smaller: nothing filled it */
  cache_add(&c, 4, 4, 40);      /* 16 of the 40 filled it */
  cache_add(&c, 4, 3.9375, 5);
  cache_add(&c, 4, 4, 5);  /* more pages than misses: written, not read */
  cache_add(&c, 8, 4, 30); /* another limit */
  cache_add(&c, 8, 4, 0);
  c.hits[9] = 0;               /* nothing fetched */
  cache_add(&c, 8, 0.125, 60); /* another connection: begins at 0 */
  c.connection[10] = 8;
  cache_add(&c, 8, NAN, 60);
  c.connection[11] = 8;
  cache_add(&c, 8, 8, 60); /* what it held before is not known */
  c.connection[12] = 8;
  hf_sqlite_capacity(&c.p, c.capacity);
  for (i = 0; i < c.p.n; i++) near(c.capacity[i], want[i], 1e-12);
  c.p.page_mb = NAN;
  hf_sqlite_capacity(&c.p, c.capacity);
  for (i = 0; i < c.p.n; i++) near(c.capacity[i], NAN, 0);
}

static void cache_none_few(void **state) {
  cache_case c;
  (void)state;
  cache_begin(&c);
  near(cache_plan(&c, HF_SQLITE_NONE)->current, NAN, 0);
  cache_full(&c, 3, 2, 800); /* the first of them filled it up */
  assert_int_equal(cache_plan(&c, HF_SQLITE_FEW)->judged, 2);
  near(c.plan.recommended, 2, 0);
  near(c.plan.gain, NAN, 0);
  near(c.plan.ratio, NAN, 0);
  cache_full(&c, 1, 2, 800);
  assert_int_equal(cache_plan(&c, HF_SQLITE_WHOLE)->judged, 3);
  c.p.page_mb = NAN;
  cache_plan(&c, HF_SQLITE_NONE);
  c.p.page_mb = 1.0 / 256;
  c.used[3] = NAN;
  cache_plan(&c, HF_SQLITE_NONE);
  c.used[3] = 2;
  c.limit[3] = NAN;
  cache_plan(&c, HF_SQLITE_NONE);
}

static void cache_fits(void **state) {
  cache_case c;
  (void)state;
  cache_begin(&c);
  cache_full(&c, 5, 2, 0);
  near(cache_plan(&c, HF_SQLITE_FITS)->recommended, 2, 0);
  near(c.plan.confidence, 5.0 / 6, 1e-12); /* 1 - (0 + 1) / (4 + 2) */
  near(c.plan.gain, NAN, 0);
  /* read for the first time, into a cache with room left */
  cache_begin(&c);
  while (c.p.n < 5) cache_add(&c, 2, 1, 800);
  cache_plan(&c, HF_SQLITE_FITS);
  near(c.plan.ratio, 0.08, 1e-12);
  near(c.plan.capacity, 0, 0);
  /* four pages of a million: whatever they cost */
  cache_begin(&c);
  cache_full(&c, 5, 2, 4);
  while (c.p.n-- > 0) c.hits[c.p.n] = 1e6;
  c.p.n = 5;
  cache_plan(&c, HF_SQLITE_FITS);
  c.misses[1] = c.misses[2] = c.misses[3] = c.misses[4] = 12;
  cache_plan(&c, HF_SQLITE_WHOLE);
}

static void cache_whole(void **state) {
  cache_case c;
  int k;
  (void)state;
  cache_begin(&c);
  cache_full(&c, 5, 2, 800);
  cache_plan(&c, HF_SQLITE_WHOLE);
  near(c.plan.current, 2, 0);
  /* (1.1 * 9 * 256 + 16) * (4096 + 300) bytes are 10.69 MB */
  near(c.plan.recommended, 11, 0);
  near(c.plan.gain, 1, 1e-12);
  near(c.plan.forecast, 0, 0);
  near(c.plan.ratio, 0.08, 1e-12);
  near(c.plan.capacity, 0.08, 1e-12);
  near(c.plan.confidence, 5.0 / 6, 1e-12);
  near(c.plan.cap, 2202, 1e-12); /* 2 and half of 6000 - 1600 */
  assert_int_equal(c.plan.judged, 4);
  /* 32, 16, 32, 16 of 32 misses each were read into a full cache */
  cache_begin(&c);
  for (k = 0; k < 5; k++) cache_add(&c, 4, k % 2 ? 3.9375 : 4, 32);
  cache_plan(&c, HF_SQLITE_WHOLE);
  near(c.plan.gain, 0.75, 1e-12);
  near(c.plan.gain_lo, 0.5, 1e-12);
  near(c.plan.gain_hi, 1, 1e-12);
  /* the newest thirty alone count */
  cache_begin(&c);
  cache_full(&c, 10, 2, 5000);
  cache_full(&c, 30, 2, 100);
  cache_plan(&c, HF_SQLITE_WHOLE);
  assert_int_equal(c.plan.judged, 30);
  near(c.plan.capacity, 0.01, 1e-12);
}

static void cache_trial(void **state) {
  cache_case c;
  (void)state;
  cache_begin(&c);
  cache_full(&c, 5, 2, 800);
  c.p.database_mb = 90000;
  cache_plan(&c, HF_SQLITE_TRIAL);
  near(c.plan.recommended, 4, 0);
  near(c.plan.gain, NAN, 0);
  near(c.plan.forecast, NAN, 0);
  c.p.database_mb = NAN;
  near(cache_plan(&c, HF_SQLITE_TRIAL)->recommended, 4, 0);
  /* no small step is left behind a step */
  c.m.most_mb = 4.3;
  near(cache_plan(&c, HF_SQLITE_TRIAL)->recommended, 4.3, 0);
  c.m.most_mb = 2.3;
  near(cache_plan(&c, HF_SQLITE_TRIAL)->recommended, 2.3, 0);
}

/* Full caches of 2 MB with 800 misses, then of 4 MB with `even` and `odd`. */
static void cache_two(cache_case *c, double even, double odd) {
  int k;
  cache_begin(c);
  c->p.database_mb = 90000;
  cache_full(c, 5, 2, 800);
  for (k = 0; k < 5; k++) cache_add(c, 4, 4, k % 2 ? odd : even);
}

static void cache_step(void **state) {
  cache_case c;
  (void)state;
  /* misses ~ 1 / size: twice the size, half the misses */
  cache_two(&c, 400, 400);
  cache_plan(&c, HF_SQLITE_STEP);
  near(c.plan.recommended, 8, 0);
  near(c.plan.other_mb, 2, 0);
  near(c.plan.gain, 0.5, 1e-12);
  near(c.plan.gain_lo, 0.5, 1e-6);
  near(c.plan.gain_hi, 0.5, 1e-6);
  near(c.plan.forecast, 0.02, 1e-12);
  /* 3%, 5%, 3%, 5%: the mean's relative variance is 1 / 48, and the exponent
   * 1 -+ 1.645 sqrt(1 / 48) / log(2) = 1 -+ 0.34254 */
  cache_two(&c, 500, 300);
  cache_plan(&c, HF_SQLITE_STEP);
  near(c.plan.gain, 0.5, 1e-12);
  near(c.plan.gain_lo, 1 - pow(2, -0.65746), 1e-5);
  near(c.plan.gain_hi, 1 - pow(2, -1.34254), 1e-5);
  /* a step to what may be taken: (4 / 6)^1 of the misses are left */
  cache_two(&c, 400, 400);
  c.m.most_mb = 6;
  cache_plan(&c, HF_SQLITE_STEP);
  near(c.plan.recommended, 6, 0);
  near(c.plan.gain, 1.0 / 3, 1e-12);
  near(c.plan.forecast, 0.04 * 2 / 3, 1e-12);
  /* where all fits, that is better known than the step */
  c.m.most_mb = NAN;
  c.p.database_mb = 9;
  cache_plan(&c, HF_SQLITE_WHOLE);
}

static void cache_slope(void **state) {
  cache_case c;
  (void)state;
  cache_two(&c, 795, 795); /* 1 - 795 / 800 are less than 2% */
  cache_plan(&c, HF_SQLITE_SLOPE);
  near(c.plan.recommended, 4, 0);
  near(c.plan.gain, 1 - 795.0 / 800, 1e-12);
  near(c.plan.forecast, NAN, 0);
  cache_two(&c, 900, 900); /* more misses than in the smaller one */
  near(cache_plan(&c, HF_SQLITE_SLOPE)->gain, 0, 0);
}

static void cache_blind_capped(void **state) {
  cache_case c;
  (void)state;
  cache_begin(&c);
  cache_full(&c, 5, 2, 800);
  c.m.available_mb = NAN;
  cache_plan(&c, HF_SQLITE_BLIND);
  near(c.plan.recommended, 2, 0);
  near(c.plan.cap, NAN, 0);
  c.m.most_mb = 11; /* what the operator allows will do */
  near(cache_plan(&c, HF_SQLITE_WHOLE)->recommended, 11, 0);
  c.m.most_mb = 2.1; /* a step of less than a tenth is none */
  cache_plan(&c, HF_SQLITE_CAPPED);
  near(c.plan.recommended, 2, 0);
  near(c.plan.cap, 2.1, 0);
  c.m.most_mb = NAN;
  c.m.available_mb = 1600; /* a fifth: nothing moves */
  near(cache_plan(&c, HF_SQLITE_CAPPED)->cap, 2, 0);
  c.m.available_mb = 800; /* a tenth: not yet short */
  near(cache_plan(&c, HF_SQLITE_CAPPED)->cap, 2, 0);
}

static void cache_tight(void **state) {
  cache_case c;
  (void)state;
  cache_begin(&c);
  cache_full(&c, 5, 400, 10);
  cache_add(&c, 400, 380, 10);
  c.m.available_mb = 700; /* 100 MB are missing, of 380 that are used */
  cache_plan(&c, HF_SQLITE_TIGHT);
  near(c.plan.recommended, 280, 1e-12);
  near(c.plan.gain, NAN, 0);
  c.m.most_mb = 120;
  near(cache_plan(&c, HF_SQLITE_TIGHT)->recommended, 120, 0);
  c.m.most_mb = NAN;
  c.m.total_mb = 80000; /* all of it is missing: what SQLite has at least */
  near(cache_plan(&c, HF_SQLITE_TIGHT)->recommended, 2000.0 / 1024, 1e-12);
  /* where no more than that is used nothing is given */
  cache_begin(&c);
  cache_full(&c, 5, 2000.0 / 1024, 10);
  c.m.available_mb = 0;
  cache_plan(&c, HF_SQLITE_CAPPED);
}

/* Tasks wait for memory, whatever is said to be available. */
static void cache_stalled(void **state) {
  cache_case c;
  (void)state;
  cache_begin(&c);
  cache_full(&c, 5, 400, 800);
  cache_add(&c, 400, 380, 800);
  c.p.database_mb = 900;
  c.m.stalled = 0.101;
  near(cache_plan(&c, HF_SQLITE_TIGHT)->recommended, 0.75 * 380, 1e-12);
  c.m.available_mb = 700; /* 100 MB are missing: more than a quarter */
  near(cache_plan(&c, HF_SQLITE_TIGHT)->recommended, 280, 1e-12);
  c.m.available_mb = 6000;
  c.m.stalled = 0.1; /* some wait: nothing moves */
  near(cache_plan(&c, HF_SQLITE_CAPPED)->cap, 380, 0);
  c.m.stalled = 0.01;
  cache_plan(&c, HF_SQLITE_WHOLE);
  c.m.available_mb = NAN; /* waiting alone is known */
  cache_plan(&c, HF_SQLITE_BLIND);
  c.m.stalled = 1;
  near(cache_plan(&c, HF_SQLITE_TIGHT)->recommended, 0.75 * 380, 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(capacity_misses), cmocka_unit_test(cache_none_few),
      cmocka_unit_test(cache_fits),      cmocka_unit_test(cache_whole),
      cmocka_unit_test(cache_trial),     cmocka_unit_test(cache_step),
      cmocka_unit_test(cache_slope),     cmocka_unit_test(cache_blind_capped),
      cmocka_unit_test(cache_stalled),   cmocka_unit_test(cache_tight)};
  return cmocka_run_group_tests_name("ops/sqlite_cache", tests, NULL, NULL);
}
