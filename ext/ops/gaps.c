/*
** gaps.c: gaps of a series that has a rhythm; see gaps.h.
**
** Filling. Between a cell's neighbours a whole number of cycles away, the
** nearest known one before and the nearest after, at most GAPS_CYCLES away, the
** line through both says b[t]. A gap i..j-1 is filled either by the line
** through its ends,
**   x[t] = x[i-1] + f (x[j] - x[i-1]),  f = (t - i + 1) / (j - i + 1),
** or by the cycle that the line bends to the ends,
**   x[t] = b[t] + (x - b)[i-1] + f ((x - b)[j] - (x - b)[i-1]).
** Which of them is asked of the series: in place of every known cell with known
** ones r cells before and after, r half the gap rounded up to a power of two,
** both are tried, and the one with the smaller median error fills the gaps of
** that length. Where fewer than GAPS_TRIED cells can tell, gaps up to a quarter
** of a cycle get the line, longer ones the cycle.
**
** Sensors that hang. Runs of equal values, cells without data apart, have a
** length that all but GAPS_RARE of the runs do not exceed: one for measured
** values, many for a night at rest or whole numbers. A run of GAPS_FROZEN cells
** or more, beyond GAPS_LONGER times that length, at a value that no other such
** run has, is no rest of this series.
*/
#include "gaps.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum {
  GAPS_CYCLES = 7,
  GAPS_TRIED = 10,
  GAPS_FROZEN = 6,
  GAPS_SIZES = 8 * (int)sizeof(size_t) /* powers of two */
};

#define GAPS_RARE 0.02
#define GAPS_LONGER 5.0

/* A run of equal values. */
typedef struct gaps_run {
  size_t from, to; /* its first and last cell */
  size_t cells;    /* of these with data */
} gaps_run;

/* The runs of y[n] into run[n]; returns how many. */
static size_t gaps_runs(const double *y, size_t n, gaps_run *run) {
  size_t i, runs = 0;
  for (i = 0; i < n; i++) {
    if (y[i] != y[i]) continue;
    if (runs > 0 && y[run[runs - 1].from] == y[i]) {
      run[runs - 1].to = i;
      run[runs - 1].cells++;
    } else {
      run[runs].from = run[runs].to = i;
      run[runs++].cells = 1;
    }
  }
  return runs;
}

/* 1 when run k, by its length, is none that this series has. */
static int gaps_hangs(const double *y, const gaps_run *run, size_t runs,
                      size_t k, double usual) {
  size_t i;
  if (run[k].cells < GAPS_FROZEN) return 0;
  if ((double)run[k].cells <= GAPS_LONGER * usual) return 0;
  for (i = 0; i < runs; i++)
    if (i != k && run[i].cells >= GAPS_FROZEN &&
        y[run[i].from] == y[run[k].from])
      return 0;
  return 1;
}

int hf_gaps_frozen(hf_work *w, double *y, size_t n, size_t *taken) {
  hf_mark mark = hf_work_mark(w);
  gaps_run *run = hf_work_alloc(w, n, sizeof *run);
  double *cells = hf_work_reals(w, n), lo = HUGE_VAL, hi = -HUGE_VAL, usual;
  size_t runs, k, i, longest = 0, count = 0;
  int rc = hf_work_check(w, 20 * n);
  if (run == NULL || cells == NULL) rc = HF_ENOMEM;
  if (rc != HF_OK) {
    hf_work_release(w, mark);
    return rc;
  }
  runs = gaps_runs(y, n, run);
  for (k = 0; k < runs; k++) {
    cells[k] = (double)run[k].cells;
    if (run[k].cells > longest) longest = run[k].cells;
    lo = fmin(lo, y[run[k].from]);
    hi = fmax(hi, y[run[k].from]);
  }
  if (longest < GAPS_FROZEN) runs = 0;
  usual = runs > 0 ? hf_stat_quantile(cells, runs, 1 - GAPS_RARE) : 0;
  for (k = 0; k + 1 < runs; k++) {
    double v = y[run[k].from];
    if (!(v > lo) || !(v < hi) || !gaps_hangs(y, run, runs, k, usual)) continue;
    for (i = run[k].from + 1; i <= run[k].to; i++) y[i] = NAN;
    count += run[k].cells - 1;
  }
  *taken = count;
  hf_work_release(w, mark);
  return HF_OK;
}

/* Cycles of m from t to the nearest known cell before (or after) it; 0: there
** is none. */
static size_t gaps_near(const double *y, size_t n, size_t t, size_t m,
                        int before) {
  size_t room = (before ? t : n - 1 - t) / m, k;
  if (room > GAPS_CYCLES) room = GAPS_CYCLES;
  for (k = 1; k <= room; k++) {
    double v = before ? y[t - k * m] : y[t + k * m];
    if (v == v) return k;
  }
  return 0;
}

/* b of cell t; NaN: no known neighbour. */
static double gaps_cycle(const double *y, size_t n, size_t t, size_t m) {
  size_t j = gaps_near(y, n, t, m, 1), k = gaps_near(y, n, t, m, 0);
  double a = j > 0 ? y[t - j * m] : NAN, b = k > 0 ? y[t + k * m] : NAN;
  if (k == 0) return a;
  return j == 0 ? b : a + (double)j / (double)(j + k) * (b - a);
}

/* 1 when the cycle tells what stands between cells 2r apart better than a line
** does, 0 when the line does, -1 when too few cells can tell. y[n] with NaN. */
static int gaps_ask(hf_work *w, const double *y, const double *b, size_t n,
                    size_t r, int *out) {
  hf_mark mark = hf_work_mark(w);
  double *line = hf_work_reals(w, n), *cycle = hf_work_reals(w, n);
  size_t t, c = 0;
  int rc = hf_work_check(w, 12 * n);
  if (line == NULL || cycle == NULL) rc = HF_ENOMEM;
  for (t = r; rc == HF_OK && t + r < n; t++) {
    double e = y[t] - (y[t - r] + y[t + r]) / 2;
    double d = e - (b[t] - (b[t - r] + b[t + r]) / 2);
    if (d != d) continue;
    line[c] = fabs(e);
    cycle[c++] = fabs(d);
  }
  if (rc == HF_OK) {
    *out = -1;
    if (c >= GAPS_TRIED)
      *out = hf_stat_median(cycle, c) < hf_stat_median(line, c);
  }
  hf_work_release(w, mark);
  return rc;
}

/* Fills cells i..j-1 of x between known ones. */
static void gaps_bridge(const double *b, double *x, size_t i, size_t j,
                        int cycle) {
  double from = x[i - 1] - b[i - 1], to = x[j] - b[j];
  size_t t;
  if (from != from) from = to;
  if (to != to) to = from;
  if (from != from) from = to = 0;
  for (t = i; t < j; t++) {
    double f = (double)(t - i + 1) / (double)(j - i + 1);
    x[t] = cycle && b[t] == b[t] ? b[t] + from + f * (to - from)
                                 : x[i - 1] + f * (x[j] - x[i - 1]);
  }
}

/* Fills the gaps of y[n] in x. */
static int gaps_fill(hf_work *w, const double *y, const double *b, double *x,
                     size_t n, size_t m) {
  int asked[GAPS_SIZES] = {0}, cycle[GAPS_SIZES] = {0};
  size_t i, j;
  for (i = 0; i < n; i = j + 1) {
    size_t size = 0, half;
    for (j = i; j < n && y[j] != y[j]; j++) {
    }
    if (j == i || i == 0 || j >= n) continue;
    half = (j - i + 1) / 2;
    while ((size_t)1 << size < half) size++;
    if (!asked[size]) {
      int rc = gaps_ask(w, y, b, n, (size_t)1 << size, &cycle[size]);
      if (rc != HF_OK) return rc;
      asked[size] = 1;
    }
    gaps_bridge(b, x, i, j, cycle[size] < 0 ? j - i > m / 4 : cycle[size]);
  }
  return HF_OK;
}

int hf_gaps_fill(hf_work *w, const double *known, double *x, size_t n,
                 size_t m) {
  hf_mark mark = hf_work_mark(w);
  double *y, *b;
  size_t t, gaps = 0;
  int rc;
  for (t = 0; t < n; t++) gaps += known[t] != known[t];
  if (gaps == 0) return hf_work_check(w, n);
  y = hf_work_reals(w, n);
  b = hf_work_reals(w, n);
  rc = y != NULL && b != NULL ? hf_work_check(w, 20 * n) : HF_ENOMEM;
  for (t = 0; rc == HF_OK && t < n; t++)
    y[t] = known[t] == known[t] ? x[t] : NAN;
  for (t = 0; rc == HF_OK && t < n; t++) b[t] = gaps_cycle(y, n, t, m);
  if (rc == HF_OK) rc = gaps_fill(w, y, b, x, n, m);
  hf_work_release(w, mark);
  return rc;
}
