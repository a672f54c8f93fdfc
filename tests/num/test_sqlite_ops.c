/*
** test_sqlite_ops.c: what a page miss costs, what an index and what a change of
** a setting are worth (ops/sqlite_cost.c, sqlite_index.c, sqlite_verdict.c),
** by hand where nothing else is said.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "arena.h"
#include "ops/sqlite_cost.h"
#include "ops/sqlite_index.h"
#include "ops/sqlite_verdict.h"

static void near(double got, double want, double tol) {
  if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= tol * (1 + fabs(want))))
    fail_msg("got %.17g, want %.17g", got, want);
}

/* ---- what a miss costs */

enum { RUNS = 60 };

typedef struct cost_case {
  double ms[RUNS], steps[RUNS], pages[RUNS], misses[RUNS];
  hf_sqlite_runs r;
} cost_case;

/* The case that the R script below makes, with these true costs. */
static void cost_make(cost_case *c, const double *truth, int tail) {
  int i;
  for (i = 0; i < RUNS; i++) {
    int k = i + 1;
    c->steps[i] = 10 + k * 7919 % 1000;
    c->pages[i] = 1 + k * 31 % 37;
    c->misses[i] = k * k % 5;
    c->ms[i] = (truth[0] + truth[1] * c->steps[i] + truth[2] * c->pages[i] +
                truth[3] * c->misses[i]) *
               (1 + 0.1 * sin(k)) * (tail && k % 10 == 0 ? 3 : 1);
  }
  c->r.ms = c->ms;
  c->r.steps = c->steps;
  c->r.pages = c->pages;
  c->r.misses = c->misses;
  c->r.n = RUNS;
}

/* R 4.2.2, `Rscript cost.R`: eight rounds of weighted least squares, each the
** best of lm.fit() over all subsets of the columns without a negative
** coefficient, and the intervals from solve(crossprod()) of the last:
**
**   i <- 1:60; s <- 10 + (i*7919) %% 1000; p <- 1 + (i*31) %% 37
**   m <- (i*i) %% 5
**   nn <- function(A, b) { best <- NULL; r0 <- Inf
**     for (k in 0:15) { on <- which(bitwAnd(k, 2^(0:3)) > 0); x <- numeric(4)
**       if (length(on)) x[on] <- lm.fit(A[, on, drop=FALSE], b)$coefficients
**       if (anyNA(x) || any(x < 0)) next
**       r <- sum((A %*% x - b)^2); if (r < r0) { r0 <- r; best <- x } }
**     best }
**   fit <- function(ms) { X <- cbind(1, s, p, m); sc <- pmax(ms, 1e-4)
**     w <- rep(1, 60)
**     for (k in 1:8) { A <- X * (w / sc); x <- nn(A, ms * w / sc)
**       sc <- pmax(drop(X %*% x), 1e-4); e <- abs(ms / sc - 1)
**       sd <- max(1.4826022185056018 * median(e), 1e-6)
**       z <- e / sd; w <- ifelse(z > 1.345, sqrt(1.345 / z), 1) }
**     h <- 1.645 * sd * sqrt(diag(solve(crossprod(A))))
**     print(c(x, pmax(0, x - h), x + h, median(e)), digits = 15) }
**   n <- 1 + 0.1 * sin(i)
**   fit((.02 + .0005*s + .004*p + .03*m) * n * ifelse(i %% 10 == 0, 3, 1))
**   fit((.15 + .0004*s - .003*p + .02*m) * n * ifelse(i %% 10 == 0, 3, 1))
*/
static void cost_reference(void **state) {
  static const double truth[2][HF_COSTS] = {{0.02, 0.0005, 0.004, 0.03},
                                            {0.15, 0.0004, -0.003, 0.02}};
  static const double want[2][13] = {
      {0.005480615152975907, 0.0004899995377529425, 0.005718674214251392,
       0.0287139211733988, 0, 0.0004666913484303497, 0.005101614207826967,
       0.02591098750998091, 0.01296779554794955, 0.0005133077270755354,
       0.006335734220675817, 0.03151685483681668, 0.04674011219918062},
      {0.119242641641925, 0.0003706480617962748, 0, 0.01834993810421097,
       0.1105640090372896, 0.0003521780674541459, 0, 0.0158176738501469,
       0.1279212742465604, 0.0003891180561384036, 0.0004969993414646831,
       0.02088220235827504, 0.03982102224205675}};
  test_arena arena = {-1, 0};
  hf_work w = test_work(&arena);
  cost_case c;
  hf_sqlite_cost got;
  size_t i;
  int k;
  (void)state;
  for (i = 0; i < 2; i++) {
    cost_make(&c, truth[i], 1);
    assert_int_equal(hf_sqlite_cost_fit(&w, &c.r, &got), HF_OK);
    for (k = 0; k < HF_COSTS; k++) {
      near(got.ms[k], want[i][k], 1e-10);
      near(got.lo[k], want[i][4 + k], 1e-8);
      near(got.hi[k], want[i][8 + k], 1e-8);
    }
    near(got.spread, want[i][12], 1e-10);
    assert_int_equal(got.n, RUNS);
    near(got.most, 985, 0);
  }
  assert_true(got.ms[HF_COST_PAGE] == 0); /* not negative */
  hf_work_free(&w);
  assert_int_equal(arena.held, 0);
}

/* Times without an error are found again; the time of a statement is their
** sum; a column that is never there has no upper bound to speak of. */
static void cost_exact(void **state) {
  static const double truth[HF_COSTS] = {0.02, 0.0005, 0.004, 0.03};
  test_arena arena = {-1, 0};
  hf_work w = test_work(&arena);
  cost_case c;
  hf_sqlite_cost got;
  hf_mark before;
  int i, k;
  (void)state;
  (void)hf_work_reals(&w, 1);
  before = hf_work_mark(&w);
  cost_make(&c, truth, 0);
  for (i = 0; i < RUNS; i++) c.ms[i] /= 1 + 0.1 * sin(i + 1);
  assert_int_equal(hf_sqlite_cost_fit(&w, &c.r, &got), HF_OK);
  for (k = 0; k < HF_COSTS; k++) near(got.ms[k], truth[k], 1e-9);
  near(got.spread, 0, 1e-9);
  assert_true(hf_work_mark(&w).used == before.used); /* all given back */
  near(hf_sqlite_cost_ms(&got, 100, 10, 2), 0.02 + 0.05 + 0.04 + 0.06, 1e-9);
  for (i = 0; i < RUNS; i++) c.misses[i] = 0;
  assert_int_equal(hf_sqlite_cost_fit(&w, &c.r, &got), HF_OK);
  near(got.ms[HF_COST_MISS], 0, 0);
  near(got.lo[HF_COST_MISS], 0, 0);
  assert_true(got.hi[HF_COST_MISS] > 1e100);
  hf_work_free(&w);
}

/* Too few, out of memory and stopped: what was asked for stays untouched, and
** nothing is kept. */
static void cost_refused(void **state) {
  static const double truth[HF_COSTS] = {0.02, 0.0005, 0.004, 0.03};
  static double many[4][3000];
  hf_sqlite_runs r = {many[0], many[1], many[2], many[3], 3000};
  test_arena arena = {-1, 0};
  hf_work w = test_work(&arena);
  cost_case c;
  hf_sqlite_cost got = {{-7}, {0}, {0}, 0, 0, 0};
  long left;
  int i, rc = HF_ENOMEM, refused = 0;
  (void)state;
  cost_make(&c, truth, 0);
  c.r.n = 19;
  assert_int_equal(hf_sqlite_cost_fit(&w, &c.r, &got), HF_EDATA);
  for (i = 0; i < 3000; i++) {
    many[1][i] = c.steps[i % RUNS];
    many[2][i] = c.pages[i % RUNS];
    many[3][i] = c.misses[i % RUNS];
    many[0][i] = c.ms[i % RUNS];
  }
  for (left = 0; left < 20 && rc == HF_ENOMEM; left++) {
    arena.left = left;
    rc = hf_sqlite_cost_fit(&w, &r, &got);
    hf_work_free(&w);
    assert_int_equal(arena.held, 0);
    if (rc == HF_ENOMEM) {
      refused++;
      assert_true(got.ms[0] == -7);
    }
  }
  assert_int_equal(rc, HF_OK);
  assert_true(refused >= 2);
  got.ms[0] = -7;
  arena.left = -1;
  w.stop = test_stop;
  assert_int_equal(hf_sqlite_cost_fit(&w, &r, &got), HF_EINTERRUPT);
  assert_true(got.ms[0] == -7);
  hf_work_free(&w);
  c.r.n = 20;
  w.stop = NULL;
  assert_int_equal(hf_sqlite_cost_fit(&w, &c.r, &got), HF_OK);
  hf_work_free(&w);
}

/* ---- indexes */

static void index_alike(void **state) {
  uint64_t x[] = {7, 5, 9, 5, 7, 5}, y[] = {3, 1, 2, 6, 5, 4};
  static uint64_t many[2000];
  double count[97] = {0}, pairs = 0;
  uint64_t s = 9;
  size_t i;
  (void)state;
  near(hf_index_alike(x, 6), 4.0 / 15, 1e-12); /* 3 of the fives, 1 of sevens */
  for (i = 1; i < 6; i++) assert_true(x[i - 1] <= x[i]);
  near(hf_index_alike(y, 6), 0.5 / 15, 1e-12); /* half a pair */
  near(hf_index_alike(x, 2), 1, 1e-12);
  near(hf_index_alike(x, 1), NAN, 0);
  near(hf_index_alike(x, 0), NAN, 0);
  for (i = 0; i < 2000; i++) {
    s = s * 6364136223846793005u + 1442695040888963407u;
    count[(s >> 33) % 97]++;
    many[i] = (s >> 33) % 97 * 0x9e3779b97f4a7c15u;
  }
  for (i = 0; i < 97; i++) pairs += count[i] * (count[i] - 1) / 2;
  near(hf_index_alike(many, 2000), pairs / (2000.0 * 1999 / 2), 1e-12);
}

static const hf_index_case index_one = {
    5,   0, 60010, 1000,  500, 20000,          0, 0,
    NAN, 1, 20000, 0.002, 0.6, HF_INDEX_EQUAL, 0};

/* A row looked up in a table of so many pages, in steps. */
static double seeks(double pages) {
  return 24 * pow(pages / 50, 0.28);
}

static void index_scans(void **state) {
  hf_index_case c = index_one;
  hf_index_forecast f;
  double left;
  (void)state;
  /* 40 of 20,000 rows match, three steps a row; with two levels 82 pages; of a
   * database that is held to 0.6 the 41 rows miss 0.4 at the most */
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.matched, 40, 1e-12);
  near(f.steps, 10 + 6 + 40 * 6, 1e-12);
  near(f.pages, 82, 1e-12);
  near(f.misses, 16.4, 1e-12);
  left = (256 + 41 * seeks(1000) + 75 * 16.4) / (60010 + 10000 + 37500);
  near(f.share, 1 - left, 1e-12);
  near(f.lo, 1 - 2 * left, 1e-12);
  near(f.hi, 1 - left / 2, 1e-12);
  /* of the 5 ms one is what any statement takes, and stays; of no more than
   * half of it this is believed */
  c.least = 1;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.share, 1 - (1 + 4 * left) / 5, 1e-12);
  near(f.lo, 1 - (1 + 8 * left) / 5, 1e-12);
  c.least = 7;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.share, 0.5 - left / 2, 1e-12);
  /* all in the index: no row is looked up, and no step made to one */
  c = index_one;
  c.covering = 1;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.steps, 10 + 6 + 40 * 3, 1e-12);
  near(f.pages, 2 + 40 / 300.0, 1e-12);
  near(f.misses, 0.4, 1e-12);
  near(f.share, 1 - (136 + seeks(1000) + 30) / 107510, 1e-12);
  /* the inner table of a join, three times; 300 rows are returned of them; one
   * page a row, and no misses */
  c = index_one;
  c.steps = 180010;
  c.pages = 900;
  c.misses = 0;
  c.scanned = 60000;
  c.rows = 300;
  c.resident = NAN;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.matched, 100, 1e-12);
  near(f.steps, 10 + 3 * 6 + 300 * 6, 1e-12);
  near(f.pages, 306, 1e-12);
  near(f.misses, 0, 0);
  near(f.share, 1 - (1828 + 303 * seeks(900)) / 189010, 1e-12);
  /* no fewer than one row is found, no more than there are */
  c = index_one;
  c.alike = 0;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.matched, 1, 1e-12);
  c.rows = 1e6;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.matched, 20000, 1e-12);
  near(f.share, 0, 0); /* all of the rows: nothing is saved */
  near(f.lo, 0, 0);
}

static void index_ranges(void **state) {
  hf_index_case c = index_one;
  hf_index_forecast f;
  double left;
  (void)state;
  /* as many rows as are returned, whatever is alike */
  c.way = HF_INDEX_RANGE;
  c.alike = NAN;
  c.rows = 80;
  c.misses = 0;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.matched, 80, 1e-12);
  near(f.steps, 10 + 6 + 80 * 6, 1e-12);
  left = (496 + 81 * seeks(1000)) / 70010;
  near(f.share, 1 - left, 1e-12);
  near(f.hi, 1 - left / 2, 1e-12);
  /* one row: 60 steps more than three a row are 20 rows, or 60, or few */
  c.rows = 1;
  c.steps = 60070;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.matched, 20, 1e-12);
  left = (10 + 6 + 20 * 6 + 21 * seeks(1000)) / 70070;
  near(f.share, 1 - left, 1e-12);
  near(f.lo, 1 - 6 * left, 1e-12);
  near(f.hi, 1 - left / 6, 1e-12);
  c.steps = 59000; /* fewer than three a row */
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.matched, 1, 1e-12);
  /* the first ten in an order: of 22 pages, the same each time */
  c = index_one;
  c.way = HF_INDEX_ORDER;
  c.alike = NAN;
  c.rows = 10;
  c.misses = 0;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.matched, 10, 1e-12);
  near(f.pages, 22, 1e-12);
  near(f.share, 1 - (10 + 6 + 60 + 11 * seeks(50)) / 70010, 1e-12);
  /* behind a condition they are others each time */
  c.way = HF_INDEX_FIRST;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.share, 1 - (10 + 6 + 60 + 11 * seeks(1000)) / 70010, 1e-12);
  c.misses = 500; /* half of the pages, but the cache holds six tenths */
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.misses, 4.4, 1e-12);
  c.way = HF_INDEX_ORDER; /* 22 of 1000 pages */
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.misses, 4.4 * 0.022, 1e-12);
  c.misses = 0;
  /* of so many that they lie as far apart as all of a small table */
  c.rows = 100;
  c.pages = 120;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.pages, 102, 1e-12);
  near(f.share,
       1 - (10 + 6 + 600 + 101 * seeks(102)) / (c.steps + 10 * c.pages), 1e-12);
}

static void index_automatic(void **state) {
  hf_index_case c = {12, 0,  16010, 200,  0,     0,   1000,
                     2,  20, 1,     1000, 0.001, NAN, HF_INDEX_EQUAL,
                     0};
  hf_index_forecast f;
  double now;
  (void)state;
  /* 7 steps for each row put in; 9000 and the 10 of any
   * statement are left: 1000 lookups of two pages. Of
   * 20 bytes a row they need no more than 50 pages: 44 a row */
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.matched, 1, 1e-12);
  near(f.steps, 9010, 1e-12);
  near(f.pages, 2000, 1e-12);
  now = 16010 + 2000 + 1000 * 44;
  near(f.share, 1 - (9010 + 1000 * seeks(200)) / now, 1e-12);
  /* 4096 bytes a row: 1000 pages, of which 488 are spilled */
  c.entry = 4096;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  now = 16010 + 2000 + 1000 * (seeks(1000) + 20 + 250 * 0.488);
  near(f.share, 1 - (9010 + 1000 * seeks(200)) / now, 1e-12);
  c.covering = 1; /* two rows share a lookup */
  c.alike = 0.002;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.share, 1 - (9010 + 1000 / 3.0 * seeks(200)) / now, 1e-12);
  /* an outer scan takes three for each of its rows */
  c.scanned = 300;
  assert_int_equal(hf_index_foretell(&c, &f), HF_OK);
  near(f.steps, 9010, 1e-12);
  near(f.share, 1 - (9010 + 900 / 3.0 * seeks(200)) / now, 1e-12);
  c.entry = NAN;
  assert_int_equal(hf_index_foretell(&c, &f), HF_EDATA);
}

static void index_refused(void **state) {
  hf_index_forecast f = {-7, 0, 0, 0, 0, 0, 0};
  hf_index_case c;
  int k;
  (void)state;
  for (k = 0; k < 9; k++) {
    double *field[] = {&c.steps, &c.pages,   &c.misses,     &c.rows, &c.ms,
                       &c.least, &c.scanned, &c.table_rows, &c.alike};
    c = index_one;
    *field[k] = NAN;
    assert_int_equal(hf_index_foretell(&c, &f), HF_EDATA);
  }
  c = index_one;
  c.scanned = 0; /* neither a scan nor an automatic index */
  assert_int_equal(hf_index_foretell(&c, &f), HF_EDATA);
  assert_true(f.matched == -7);
}

/* ---- verdicts */

/* Under loads that are all alike. */
static hf_verdict verdict(const double *before, size_t n0, const double *after,
                          size_t n1, double foretold, double *left) {
  double pages[HF_VERDICT_MOST];
  hf_sqlite_costs b = {before, pages, n0}, a = {after, pages, n1};
  size_t i;
  for (i = 0; i < HF_VERDICT_MOST; i++) pages[i] = 1000;
  return hf_sqlite_judge(&b, &a, foretold, left);
}

/* R 4.2.2: wilcox.test(after, 0.5 * before, alternative = "greater",
** exact = FALSE, correct = FALSE)$p.value; without the correction for ties two
** of them would be beyond 5%. */
static void verdict_rank_sum(void **state) {
  static const struct {
    double before[9];
    size_t n0;
    double after[9];
    size_t n1;
    hf_verdict want;
  } cases[] = {
      {{2, 4, 18, 2, 10, 4, 10, 10, 18},
       9,
       {6, 8, 7, 6, 6},
       5,
       HF_VERDICT_BACK}, /* p = 0.0458 */
      {{10, 18, 10, 16},
       4,
       {12, 6, 9, 12, 11, 6, 6, 11},
       8,
       HF_VERDICT_WAIT}, /* p = 0.0509 */
      {{8, 10, 14, 16, 8},
       5,
       {11, 10, 8, 4, 5, 8, 10},
       7,
       HF_VERDICT_BACK}, /* p = 0.0491, without ties 0.0522 */
      {{16, 6, 6, 2, 8, 18, 2},
       7,
       {5, 8, 7, 5, 6, 9},
       6,
       HF_VERDICT_WAIT}, /* p = 0.0568 */
      {{4, 6, 4, 6, 4, 18, 6},
       7,
       {5, 5, 2, 11, 3, 6, 9},
       7,
       HF_VERDICT_BACK}, /* p = 0.0443 */
      {{10, 16, 4, 12, 10, 18, 2},
       7,
       {6, 8, 8, 9, 12, 11, 12, 4, 2},
       9,
       HF_VERDICT_WAIT}, /* p = 0.0550 */
      {{2, 6, 16, 2, 10, 12, 6, 16},
       8,
       {5, 5, 10, 11, 8, 5, 6},
       7,
       HF_VERDICT_BACK}, /* p = 0.0499, without ties 0.0526 */
  };
  size_t i;
  double left;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    /* 0 was foretold: the bar is half of what was before */
    hf_verdict got = verdict(cases[i].before, cases[i].n0, cases[i].after,
                             cases[i].n1, 0, &left);
    if (got != cases[i].want) {
      fail_msg("case %d: %d, want %d", (int)i, (int)got, (int)cases[i].want);
    }
  }
}

static void verdict_bars(void **state) {
  double before[3] = {4, 8, 12}, after[20], left;
  size_t i;
  (void)state;
  for (i = 0; i < 20; i++) after[i] = 5;
  assert_int_equal(verdict(before, 3, after, 0, 0.25, &left), HF_VERDICT_WAIT);
  near(left, NAN, 0);
  assert_int_equal(verdict(before, 3, after, 4, 0.25, &left),
                   HF_VERDICT_WAIT); /* four are too few */
  near(left, 0.625, 1e-12);
  assert_int_equal(verdict(before, 0, after, 20, 0.25, &left), HF_VERDICT_WAIT);
  /* a quarter foretold: the bar is 5 of 8 */
  assert_int_equal(verdict(before, 3, after, 5, 0.25, &left), HF_VERDICT_KEEP);
  /* a bar of 4.95: above it, but not clearly; twenty are enough */
  assert_int_equal(verdict(before, 3, after, 5, 1.9 / 8, &left),
                   HF_VERDICT_WAIT);
  assert_int_equal(verdict(before, 3, after, 19, 1.9 / 8, &left),
                   HF_VERDICT_WAIT);
  assert_int_equal(verdict(before, 3, after, 20, 1.9 / 8, &left),
                   HF_VERDICT_BACK);
  /* nothing foretold: a fiftieth less, 7.84 */
  for (i = 0; i < 20; i++) after[i] = 7.83;
  assert_int_equal(verdict(before, 3, after, 5, NAN, &left), HF_VERDICT_KEEP);
  for (i = 0; i < 20; i++) after[i] = 7.85;
  assert_int_equal(verdict(before, 3, after, 5, NAN, &left), HF_VERDICT_WAIT);
  /* nothing there before: what is there now was not */
  before[0] = before[1] = before[2] = 0;
  assert_int_equal(verdict(before, 3, after, 5, 0, &left), HF_VERDICT_WAIT);
  near(left, NAN, 0);
}

/* Busy intervals miss a smaller share. A tenth less of each load is a tenth
** less, however many of either kind there are before and after. */
static void like_with_like(void **state) {
  const double cost[] = {0.5, 0.5, 0.2, 0.5};
  const double pages[] = {1000, 1100, 5000, 900};
  const double later[] = {0.45, 0.18, 0.18, 0.45, 0.18};
  const double load[] = {1000, 5000, 4000, 1100, 20000}; /* the last: nearest */
  const double none[] = {0, 0, 0, 0}, few[] = {0, 0, 0.2, 0};
  hf_sqlite_costs base = {cost, pages, 4}, x = {later, load, 5};
  hf_sqlite_costs zero = {none, pages, 4};
  double ratio[5], left;
  size_t i;
  (void)state;
  hf_sqlite_like(&base, &x, ratio);
  for (i = 0; i < 5; i++) near(ratio[i], 0.9, 1e-12);
  near(hf_sqlite_left(&base, &x), 0.9, 1e-12);
  /* the means would say 0.288 after 0.425 */
  assert_int_equal(hf_sqlite_judge(&base, &x, 0.79, &left), HF_VERDICT_BACK);
  assert_int_equal(hf_sqlite_judge(&base, &x, 0.81, &left), HF_VERDICT_KEEP);
  near(hf_sqlite_left(&zero, &x), NAN, 0);
  hf_sqlite_like(&zero, &x, ratio);
  near(ratio[0], NAN, 0);
  x.n = 0;
  near(hf_sqlite_left(&base, &x), NAN, 0);
  /* where no like load missed, all of them tell */
  base.cost = few;
  x.cost = later;
  x.n = 1;
  near(hf_sqlite_left(&base, &x), 0.45 / (0.2 * 5000 / 8000), 1e-12);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cost_reference),   cmocka_unit_test(cost_exact),
      cmocka_unit_test(cost_refused),     cmocka_unit_test(index_alike),
      cmocka_unit_test(index_scans),      cmocka_unit_test(index_ranges),
      cmocka_unit_test(index_automatic),  cmocka_unit_test(index_refused),
      cmocka_unit_test(verdict_rank_sum), cmocka_unit_test(verdict_bars),
      cmocka_unit_test(like_with_like)};
  return cmocka_run_group_tests_name("ops/sqlite", tests, NULL, NULL);
}
