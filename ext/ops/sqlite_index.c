/*
** sqlite_index.c: see sqlite_index.h.
**
** A full scan looks at N rows where a lookup looks at the m that match. How
** many match: two rows drawn at random are alike with probability sum f^2 over
** values of frequency f, which pairs in a sample estimate without bias (the
** birthday estimator; E. Simpson, "Measurement of diversity", Nature 163,
** 1949); a value asked for as often as it occurs then finds N sum f^2 rows. A
** statement never finds fewer than it returns.
**
** Of a range as many match as are returned. Where one row is returned, of an
** aggregate, the steps beyond three for each row of the scan (a column, a
** comparison, the next row) are those of the rows that match, of a second
** comparison, too: three for each is the estimate, one where all is in the
** index and there is nothing to do but count.
**
** What that means in steps and pages follows from how SQLite runs both. A scan
** takes the measured number of steps a row and leaves a page after all its
** rows. A lookup takes some steps to begin, then for each row those of the scan
** and three more (to compare, to seek, to step on), and fetches a page to find
** its place in the index and a page for each row, two where the table has a
** level more. An automatic index takes a step for each column and five more for
** each row put in; what is left, but for a scan outside, looks things up. Rows found by an index lie
** anywhere: a page of them misses as often as the database exceeds the cache,
** where a scan, going round, may miss always.
**
** Time is that of the statement as it was measured, by the share of the work
** that is left. Work is counted in steps of the virtual machine. The prices of
** the rest were measured with SQLite 3.40 on tables of 5,000 to 300,000 rows of
** 30 to 300 bytes (x86-64, files in the system's cache): the next page of a
** scan is worth 10 steps, a miss 75. A row looked up is worth 24 in a table of
** 50 pages and the more, the farther out in the processor's caches it lies: as
** the power 0.28 of the pages, near the third root that distance in space alone
** would make of it; the first rows of an order are the same ones each time and
** lie as near as in a table of their own pages, which seldom leave the cache. Put into an automatic index a row takes a lookup and 20
** more; what SQLite's temporary cache of 2 MB cannot hold is written and read
** again, for 250. As ratios they travel from one machine to the next better
** than times do. Beside the work stands what any statement takes. They were
** right within a factor of two on tables of other shapes, so the interval is
** twice and half the work left.
*/
#include "sqlite_index.h"

#include <math.h>

static const double index_begin = 6; /* steps of a lookup */
static const double index_base = 10; /* steps of any statement */
static const double index_row = 3;   /* steps of a row, besides the scan's */
static const double index_automatic = 5; /* steps to put a row in, besides its
                                            columns */
static const double index_match =
    3; /* steps that a row of a range takes more */
static const double index_level = 300; /* pages that a page of keys leads to */
static const double index_keys = 300;  /* entries to a page of an index */

/* Worth in steps. */
static const double index_page = 10;
static const double index_miss = 75;
static const double index_seek = 24;  /* where a table has ... */
static const double index_small = 50; /* ... pages */
static const double index_power = 0.28;
static const double index_put = 20;
static const double index_spill = 250;
static const double index_temporary = 512; /* pages that need not be spilled */

/* The work left is between a part of the estimate and a multiple. */
static const double index_doubt = 2;

/* Order by value; Shell's sort, gaps of Ciura (2001), small n. */
static void index_sort(uint64_t *x, size_t n) {
  static const size_t gap[] = {701, 301, 132, 57, 23, 10, 4, 1};
  size_t g, i, j;
  for (g = 0; g < sizeof(gap) / sizeof(gap[0]); g++) {
    for (i = gap[g]; i < n; i++) {
      uint64_t v = x[i];
      for (j = i; j >= gap[g] && x[j - gap[g]] > v; j -= gap[g]) {
        x[j] = x[j - gap[g]];
      }
      x[j] = v;
    }
  }
}

double hf_index_alike(uint64_t *hash, size_t n) {
  double pairs = 0.5 * (double)n * ((double)n - 1), alike = 0;
  size_t i, run = 0;
  if (n < 2) return NAN;
  index_sort(hash, n);
  for (i = 1; i < n; i++) {
    run = hash[i] == hash[i - 1] ? run + 1 : 0;
    alike += (double)run;
  }
  return fmax(alike, 0.5) / pairs;
}

/* A row looked up in a table of so many pages, in steps. */
static double index_seeks(double pages) {
  return index_seek * pow(fmax(pages, index_small) / index_small, index_power);
}

/* Work so far, in steps. */
static double index_work(double steps, double pages, double misses) {
  return steps + index_page * pages + index_miss * misses;
}

/* What putting rows into an automatic index is worth, in steps. */
static double index_building(const hf_index_case *c) {
  double pages = c->automatic * c->entry / 4096;
  double spilled = fmax(0, 1 - index_temporary / fmax(pages, 1));
  return c->automatic *
         (index_seeks(pages) + index_put + index_spill * spilled);
}

/* 1: how many rows a range holds is told by the steps alone. */
static int index_is_rough(const hf_index_case *c) {
  return c->way == HF_INDEX_RANGE && !(c->rows > 1);
}

/* Rows that match in each of `loops` lookups. */
static double index_matched(const hf_index_case *c, double loops) {
  double each = c->scanned / loops, m = fmax(1, c->rows / loops);
  if (c->way == HF_INDEX_EQUAL) m = fmax(m, c->table_rows * c->alike);
  if (index_is_rough(c)) {
    double more = fmax(0, c->steps - index_base - 3 * c->scanned);
    m = fmax(1, more / (c->covering ? 1 : index_match) / loops);
  }
  return fmin(m, each);
}

/* What a scan becomes; *seeks: rows looked up. */
static int index_scan(const hf_index_case *c, hf_index_forecast *f,
                      double *seeks) {
  double loops, each, fetch;
  if (!(c->scanned > 0)) return HF_EDATA;
  /* an execution scans the table once, or in each round of an outer loop */
  loops = fmax(1, floor(c->scanned / c->table_rows + 0.5));
  f->matched = index_matched(c, loops);
  each = fmax(0, c->steps - index_base) / c->scanned;
  if (c->way == HF_INDEX_RANGE) each = 3;
  fetch = c->pages / loops > index_level ? 2 : 1;
  f->steps = index_base + loops * index_begin +
             loops * f->matched * (each + (c->covering ? 0 : index_row));
  *seeks = loops * (1 + f->matched);
  f->pages = loops * (2 + f->matched * fetch);
  if (c->covering) {
    *seeks = loops;
    f->pages = loops * (2 + f->matched / index_keys);
  }
  return HF_OK;
}

static void index_no_automatic(const hf_index_case *c, hf_index_forecast *f,
                               double *seeks) {
  double put = c->automatic * (index_automatic + c->columns);
  f->matched = fmax(1, c->table_rows * c->alike);
  f->steps = fmax(index_base, c->steps - put);
  /* rows of an outer scan that look nothing up take three */
  *seeks = fmax(1, (f->steps - index_base - 3 * c->scanned) /
                       (index_begin + index_row));
  if (c->covering) *seeks /= 1 + f->matched;
  f->pages = *seeks * (c->pages > index_level ? 3 : 2);
}

int hf_index_foretell(const hf_index_case *c, hf_index_forecast *out) {
  hf_index_forecast f = {0, 0, 0, 0, 0, 0, 0};
  double now, left, seeks = 0, ratio, near, base, doubt;
  if (!(c->ms > 0) || !(c->least >= 0) || !(c->steps > 0) || !(c->pages > 0) ||
      !(c->misses >= 0) || !(c->rows >= 0) || !(c->scanned >= 0) ||
      !(c->table_rows > 0) || !(c->alike >= 0 || c->way != HF_INDEX_EQUAL)) {
    return HF_EDATA;
  }
  now = index_work(c->steps, c->pages, c->misses);
  if (c->automatic > 0) {
    if (!(c->entry >= 0)) return HF_EDATA;
    now += index_building(c);
    index_no_automatic(c, &f, &seeks);
  } else {
    int rc = index_scan(c, &f, &seeks);
    if (rc != HF_OK) return rc;
  }
  ratio = fmin(1, c->misses / c->pages);
  if (c->resident >= 0) ratio = fmin(ratio, fmax(0, 1 - c->resident));
  near = c->way == HF_INDEX_ORDER ? fmin(c->pages, f.pages) : c->pages;
  f.misses = ratio * fmin(seeks, f.pages) * near / c->pages;
  left = f.steps + seeks * index_seeks(near) + index_miss * f.misses;
  base = fmin(c->least, 0.5 * c->ms);
  left = left / now * (c->ms - base);
  f.share = fmin(fmax(1 - (base + left) / c->ms, 0), 1);
  doubt = index_is_rough(c) ? index_match * index_doubt : index_doubt;
  f.lo = fmin(fmax(1 - (base + doubt * left) / c->ms, 0), 1);
  f.hi = fmin(fmax(1 - (base + left / doubt) / c->ms, 0), 1);
  *out = f;
  return HF_OK;
}
