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
** What that means in steps and pages follows from how SQLite runs both. A scan
** takes the measured number of steps a row and leaves a page after all its
** rows. A lookup takes some steps to begin, then for each row those of the scan
** and three more (to compare, to seek, to step on), and fetches a page to find
** its place in the index and a page for each row, two where the table has a
** level more. An automatic index takes a step for each column and five more for
** each row put in; what is left looks things up. Rows found by an index lie
** anywhere: a page of them misses as often as the database exceeds the cache,
** where a scan, going round, may miss always.
**
** Time is that of the fit of sqlite_cost.h. Between two bounds: a row costs at
** least its steps and pages, which scans have told, in order; and at most what
** a whole statement costs that looks up one row. The estimate is their
** geometric mean. Where no execution behind the fit took that many steps, as
** when all that scan made an index of their own, nothing has told what a row
** costs at least: the estimate is what it costs at most.
*/
#include "sqlite_index.h"

#include <math.h>

static const double index_begin = 6; /* steps of a lookup */
static const double index_base = 10; /* steps of any statement */
static const double index_row = 3;   /* steps of a row, besides the scan's */
static const double index_automatic = 5; /* steps to put a row in, besides its
                                            columns */
static const double index_lookup = 10;   /* steps of a statement for one row */
static const double index_level = 300; /* pages that a page of keys leads to */

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

/* What a scan becomes; *lookups: rows looked up, and lookups begun. */
static int index_scan(const hf_index_case *c, hf_index_forecast *f,
                      double *lookups) {
  double loops, each, fetch;
  if (!(c->scanned > 0)) return HF_EDATA;
  /* an execution scans the table once, or in each round of an outer loop */
  loops = fmax(1, floor(c->scanned / c->table_rows + 0.5));
  f->matched = fmax(1, c->table_rows * c->alike);
  f->matched = fmin(fmax(f->matched, c->rows / loops), c->scanned / loops);
  each = fmax(0, c->steps - index_base) / c->scanned;
  fetch = c->pages / loops > index_level ? 2 : 1;
  f->steps = index_base + loops * index_begin +
             loops * f->matched * (each + index_row);
  f->pages = loops * (2 + f->matched * fetch);
  *lookups = loops * (1 + f->matched);
  return HF_OK;
}

static void index_no_automatic(const hf_index_case *c, hf_index_forecast *f,
                               double *lookups) {
  double put = c->automatic * (index_automatic + c->columns);
  f->matched = fmax(1, c->table_rows * c->alike);
  f->steps = fmax(index_base, c->steps - put);
  *lookups = f->steps / (index_begin + index_row);
  f->pages = *lookups * (c->pages > index_level ? 3 : 2);
}

int hf_index_foretell(const hf_index_case *c, const hf_sqlite_cost *cost,
                      hf_index_forecast *out) {
  hf_index_forecast f = {0, 0, 0, 0, 0, 0, 0};
  double now, least, most, lookups = 0, ratio, time;
  if (!(c->steps > 0) || !(c->pages > 0) || !(c->misses >= 0) ||
      !(c->rows >= 0) || !(c->scanned >= 0) || !(c->table_rows > 0) ||
      !(c->alike >= 0)) {
    return HF_EDATA;
  }
  if (c->automatic > 0) {
    index_no_automatic(c, &f, &lookups);
  } else {
    int rc = index_scan(c, &f, &lookups);
    if (rc != HF_OK) return rc;
  }
  ratio = fmin(1, c->misses / c->pages);
  if (c->resident >= 0) ratio = fmin(ratio, fmax(0, 1 - c->resident));
  f.misses = ratio * f.pages;
  /* building an index is not in the fit; its time was measured */
  now = c->automatic > 0
            ? c->ms
            : hf_sqlite_cost_ms(cost, c->steps, c->pages, c->misses);
  least = hf_sqlite_cost_ms(cost, f.steps, f.pages, f.misses);
  most = lookups * hf_sqlite_cost_ms(cost, index_lookup, 2, 2 * ratio);
  if (!(now > 0)) return HF_EDATA;
  most = fmax(most, least);
  time = sqrt(least * most);
  if (f.steps > cost->most) {
    time = most;
    least = 0;
  }
  f.share = fmin(fmax(1 - time / now, 0), 1);
  f.lo = fmin(fmax(1 - most / now, 0), 1);
  f.hi = fmin(fmax(1 - least / now, 0), 1);
  *out = f;
  return HF_OK;
}
