/*
** grid.c: from raw samples to a regular grid; see grid.h.
**
** The step. Sort the spacings of neighbouring distinct stamps. Where two
** fifths of them agree, that spacing is the step: gaps and lost rows give
** multiples of it, duplicates give none. Otherwise the stamps jitter, and the
** step is the customary interval (1 s, 5 s, 1 min ...) nearest to the median
** spacing. Events without any rhythm get a step wide enough that most cells
** hold one.
**
** The cells. A sample belongs to the cell that its stamp falls into. Only
** where stamps scatter around the cell boundary itself (a collector that aims
** at the full minute and is now early, now late) they go to the nearest
** boundary, or else every early one would leave a hole and a double cell.
**
** What a cell holds depends on the kind: a gauge its mean, a delta its sum (a
** gap is 0), a counter its rate per second (a fall is a reset to 0), a
** quantile its largest, a state its last value (a gap holds the one before).
**
** Buckets (num/bucket.h) of samples that went hold enough for each of these:
** a mean is weighted by the number of samples, a rate by the time between the
** ends, and the first sample after a bucket continues the bucket's counter.
*/
#include "grid.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

/* Intervals at which people collect, in seconds. */
static const double grid_custom[] = {
    0.1,  0.2,   0.5,   1,     2,     5,     10,    15,   20,
    30,   60,    120,   300,   600,   900,   1200,  1800, 3600,
    7200, 10800, 14400, 21600, 43200, 86400, 604800};

/* Share of the spacings that must agree to be the step. */
#define GRID_AGREE 0.4
/* Spacings that differ by less, relative, are the same. */
#define GRID_SAME 1e-6
/* Buckets' worth of cells of their own without which the spread of single
** cells is not known well enough to put means before them. */
#define GRID_ALONE 24
/* The shortest step; stamps finer than this are noise of the clock. */
#define GRID_STEP_MIN 1e-3

/* The customary interval nearest to d, by ratio; d itself, to two digits,
** when none is within a fifth. */
static double grid_customary(double d) {
  size_t i, n = sizeof grid_custom / sizeof grid_custom[0];
  double best = 0, off = log(1.2), unit;
  for (i = 0; i < n; i++) {
    double o = fabs(log(d / grid_custom[i]));
    if (o < off) {
      off = o;
      best = grid_custom[i];
    }
  }
  if (best > 0) return best;
  unit = pow(10, floor(log10(d)) - 1);
  return floor(d / unit + 0.5) * unit;
}

/* The most frequent value of sorted d[n]; *share: how frequent. The smaller
** of two that are equally frequent. */
static double grid_mode(const double *d, size_t n, double *share) {
  size_t i = 0, best = 0;
  double mode = d[0];
  while (i < n) {
    size_t j = i + 1;
    while (j < n && d[j] - d[i] <= GRID_SAME * d[i]) j++;
    if (j - i > best) {
      best = j - i;
      mode = d[i];
    }
    i = j;
  }
  *share = (double)best / (double)n;
  return mode;
}

/* Sheds the rounding of stamps: whole seconds, or a whole number a second. */
static double grid_exact(double d) {
  double whole = floor(d + 0.5), rate = floor(1 / d + 0.5);
  if (fabs(d - whole) <= GRID_SAME * d) return whole;
  if (fabs(1 / d - rate) <= GRID_SAME / d) return 1 / rate;
  return d;
}

int hf_grid_step(hf_work *w, const hf_samples *s, double *step) {
  hf_mark mark = hf_work_mark(w);
  double *d = hf_work_reals(w, s->n);
  double last = 0, found, share, median;
  size_t i, n = 0;
  int seen = 0, rc = HF_OK;
  if (d == NULL) return HF_ENOMEM;
  for (i = 0; i < s->n; i++) {
    if (s->value[i] != s->value[i]) continue;
    if (seen && s->ts[i] - last < GRID_STEP_MIN) continue;
    if (seen) d[n++] = s->ts[i] - last;
    last = s->ts[i];
    seen = 1;
  }
  if (n == 0) rc = HF_EDATA;
  if (rc == HF_OK) rc = hf_work_check(w, 20 * n);
  if (rc == HF_OK) {
    hf_stat_sort(d, n);
    found = grid_mode(d, n, &share);
    median = hf_stat_quantile_sorted(d, n, 0.5);
    if (share < GRID_AGREE || found < median / 2) {
      double mean = hf_stat_mean(d, n);
      double spread = hf_stat_quantile_sorted(d, n, 0.75) -
                      hf_stat_quantile_sorted(d, n, 0.25);
      /* exponential spacings have a spread of 1.58 medians; two thirds of the
       * cells hold an event when they are as wide as the mean spacing */
      found =
          grid_customary(spread > median && mean < 4 * median ? mean : median);
    }
    *step = found < GRID_STEP_MIN ? GRID_STEP_MIN : grid_exact(found);
  }
  hf_work_release(w, mark);
  return rc;
}

/* 1 when the stamps scatter on both sides of the cell boundary, within a
** tenth of a step. */
static int grid_straddles(const hf_samples *s, double step) {
  size_t i, before = 0, after = 0, far = 0;
  for (i = 0; i < s->n; i++) {
    double at = s->ts[i] / step;
    double part = at - floor(at);
    if (part >= 0.9) {
      before++;
    } else if (part > 0.1) {
      far++;
    } else {
      after++;
    }
  }
  return far * 10 <= s->n && before * 100 >= s->n && after * 100 >= s->n;
}

static double grid_cell(double ts, double step, int nearest) {
  return floor(nearest ? ts / step + 0.5 : ts / step);
}

/* Rate of a running total between two samples, per second. */
static double grid_rate(double t0, double v0, double t1, double v1) {
  return (v1 >= v0 ? v1 - v0 : v1) / (t1 - t0);
}

/* Cells under way. */
typedef struct grid_cells {
  hf_kind kind;
  double step;
  double first; /* number of cell 0 since 1970 */
  size_t n;
  double *y;      /* [n] NaN: no data yet */
  double *weight; /* [n] samples, or seconds of a counter, in y */
  double t0, v0;  /* counter: its last sample */
  int seen;       /* 1: there was one */
} grid_cells;

/* Puts a value of some weight into cell k; of a counter it is a rate. */
static void grid_put(grid_cells *c, size_t k, double v, double amount) {
  if (c->weight[k] == 0 || c->kind == HF_STATE) {
    c->y[k] = v;
  } else if (c->kind == HF_QUANTILE) {
    if (v > c->y[k]) c->y[k] = v;
  } else if (c->kind == HF_DELTA) {
    c->y[k] += v;
  } else {
    /* a running mean cannot overflow */
    c->y[k] += (v - c->y[k]) * (amount / (c->weight[k] + amount));
  }
  c->weight[k] += amount;
}

/* What a bucket says of its span, NaN: nothing; *amount: how much it weighs.
** A counter goes on from the sample before. */
static double grid_of_bucket(grid_cells *c, const hf_bucket *b,
                             double *amount) {
  double growth;
  *amount = b->n;
  if (c->kind == HF_GAUGE) return b->sum / b->n;
  if (c->kind == HF_DELTA) return b->sum;
  if (c->kind == HF_QUANTILE) return b->max;
  if (c->kind == HF_STATE) return b->last;
  if (!(b->last_ts >= b->first_ts && b->increase >= 0)) return NAN;
  growth = b->increase;
  *amount = b->last_ts - b->first_ts;
  if (c->seen && b->first_ts > c->t0) {
    growth += b->first >= c->v0 ? b->first - c->v0 : b->first;
    *amount = b->last_ts - c->t0;
  }
  c->t0 = b->last_ts;
  c->v0 = b->last;
  c->seen = 1;
  return *amount > 0 ? growth / *amount : NAN;
}

/* Buckets into cells that are a whole number of them long. */
static void grid_collect_older(grid_cells *c, const hf_buckets *older) {
  size_t i;
  for (i = 0; i < older->n; i++) {
    double at = floor(older->b[i].ts / c->step) - c->first, amount;
    double v = grid_of_bucket(c, &older->b[i], &amount);
    if (v == v && at < (double)c->n)
      grid_put(c, at > 0 ? (size_t)at : 0, v, amount);
  }
}

/* Samples that carry data into their cells. */
static void grid_collect(grid_cells *c, const hf_samples *s, int nearest) {
  size_t i;
  for (i = 0; i < s->n; i++) {
    double t = s->ts[i], v = s->value[i], amount = 1, at;
    if (v != v) continue;
    at = grid_cell(t, c->step, nearest) - c->first;
    if (s->kind == HF_COUNTER) {
      double rate;
      if (c->seen && t < c->t0) continue; /* late, and its bucket is closed */
      rate = c->seen && t > c->t0 ? grid_rate(c->t0, c->v0, t, v) : NAN;
      amount = t - c->t0;
      c->v0 = v;
      c->t0 = t;
      c->seen = 1;
      if (rate != rate) continue;
      v = rate;
    }
    /* -1: the first cell of a counter, which begins without a rate */
    grid_put(c, at > 0 ? (size_t)at : 0, v, amount);
  }
}

/* Fills the gaps of y into fill; returns the number of cells without data.
** Deltas and states turn their gaps into data on the way. */
static size_t grid_fill(hf_kind kind, size_t n, double *y, double *fill) {
  size_t i, j, filled = 0;
  if (kind == HF_DELTA || kind == HF_STATE) {
    for (i = 0; i < n; i++)
      if (y[i] != y[i]) y[i] = kind == HF_DELTA || i == 0 ? 0 : y[i - 1];
  }
  for (i = 0; i < n; i = j + 1) {
    for (j = i; j < n && y[j] != y[j]; j++) filled++;
    if (j < n) fill[j] = y[j];
    if (j == i) continue;
    /* cells i..j-1 are empty; a line from i-1 to j, or flat at the ends */
    if (i == 0 || j == n) {
      double v = i > 0 ? y[i - 1] : j < n ? y[j] : 0;
      size_t k;
      for (k = i; k < j; k++) fill[k] = v;
    } else {
      double slope = (y[j] - y[i - 1]) / (double)(j - i + 1);
      size_t k;
      for (k = i; k < j; k++) fill[k] = y[i - 1] + slope * (double)(k - i + 1);
    }
  }
  return filled;
}

int hf_grid_takes(const hf_buckets *older, double step) {
  return older != NULL && older->n > 0 && step >= older->step &&
         fmod(step, older->step) == 0;
}

/* First and last stamp that carry data, of samples and buckets, and how many
** samples there are (each bucket counts as its own). */
static size_t grid_ends(const hf_samples *s, const hf_buckets *older,
                        double *first, double *last) {
  size_t i, used = 0;
  *first = *last = 0;
  for (i = 0; older != NULL && i < older->n; i++) {
    if (used == 0) *first = older->b[i].ts;
    *last = older->b[i].ts;
    used += (size_t)older->b[i].n;
  }
  for (i = 0; i < s->n; i++) {
    if (s->value[i] != s->value[i]) continue;
    if (used == 0 || s->ts[i] < *first) *first = s->ts[i];
    if (used++ == 0 || s->ts[i] > *last) *last = s->ts[i];
  }
  return used;
}

int hf_grid_merge(hf_work *w, const hf_samples *s, const hf_buckets *older,
                  double step, size_t max_cells, hf_grid *g) {
  hf_grid r;
  hf_mark mark;
  grid_cells c;
  double first, last;
  size_t i, used;
  int nearest, rc;
  if (!(step > 0)) step = s->step;
  if (!(step > 0)) {
    rc = hf_grid_step(w, s, &step);
    if (rc != HF_OK) return rc;
  }
  if (!hf_grid_takes(older, step)) older = NULL;
  used = grid_ends(s, older, &first, &last);
  if (used < 2) return HF_EDATA;
  if (step < GRID_STEP_MIN) return HF_ERANGE;
  nearest = grid_straddles(s, step);
  first = grid_cell(first, step, nearest);
  last = grid_cell(last, step, nearest);
  /* the first sample of a counter has no rate yet */
  if (s->kind == HF_COUNTER && last > first) first += 1;
  if (last - first + 1 > (double)max_cells) return HF_ERANGE;
  memset(&r, 0, sizeof r);
  r.step = step;
  r.start = first * step;
  r.n = (size_t)(last - first + 1);
  r.used = used;
  r.y = hf_work_reals(w, r.n);
  r.fill = hf_work_reals(w, r.n);
  if (r.y == NULL || r.fill == NULL) return HF_ENOMEM;
  mark = hf_work_mark(w);
  memset(&c, 0, sizeof c);
  c.kind = s->kind;
  c.step = step;
  c.first = first;
  c.n = r.n;
  c.y = r.y;
  c.weight = hf_work_zeroed(w, r.n, sizeof(double));
  if (c.weight == NULL) return HF_ENOMEM;
  rc = hf_work_check(w, 4 * (s->n + r.n + (older != NULL ? older->n : 0)));
  if (rc != HF_OK) return rc;
  for (i = 0; i < r.n; i++) r.y[i] = NAN;
  if (older != NULL) grid_collect_older(&c, older);
  grid_collect(&c, s, nearest);
  r.filled = grid_fill(s->kind, r.n, r.y, r.fill);
  hf_work_release(w, mark);
  *g = r;
  return HF_OK;
}

int hf_grid_build(hf_work *w, const hf_samples *s, double step,
                  size_t max_cells, hf_grid *g) {
  return hf_grid_merge(w, s, NULL, step, max_cells, g);
}

/* v into those of the `lead` cells before the grid that lie in the bucket. */
static void grid_spread(const hf_grid *g, const hf_bucket *b, double span,
                        double v, double *y, size_t lead) {
  double from = (b->ts - g->start) / g->step + (double)lead;
  double to = from + span / g->step;
  size_t k, end;
  if (!(to > 0) || !(from < (double)lead)) return;
  end = to < (double)lead ? (size_t)(to + 0.5) : lead;
  for (k = from > 0 ? (size_t)(from + 0.5) : 0; k < end; k++) y[k] = v;
}

int hf_grid_extend(hf_work *w, hf_kind kind, const hf_buckets *older,
                   size_t max_cells, hf_grid *g) {
  hf_grid r = *g;
  grid_cells c;
  double span, part, from, amount;
  size_t lead, i, skip = 0;
  int rc;
  if (older == NULL || older->n == 0 || g->n == 0) return HF_OK;
  if (kind == HF_QUANTILE || kind == HF_STATE) return HF_OK;
  span = older->step;
  part = floor(span / g->step + 0.5);
  if (part < 2 || fabs(part * g->step - span) > 1e-9 * span) return HF_OK;
  from = fmax(older->b[0].ts,
              g->start - g->step * ((double)max_cells - (double)g->n));
  while (skip < older->n && older->b[skip].ts < from) skip++;
  if (skip == older->n || !(older->b[skip].ts < g->start)) return HF_OK;
  lead = (size_t)floor((g->start - older->b[skip].ts) / g->step + 0.5);
  if (lead < g->n || (double)g->n < GRID_ALONE * part) return HF_OK;
  r.n = g->n + lead;
  r.y = hf_work_reals(w, r.n);
  r.fill = hf_work_reals(w, r.n);
  if (r.y == NULL || r.fill == NULL) return HF_ENOMEM;
  rc = hf_work_check(w, 4 * r.n);
  if (rc != HF_OK) return rc;
  for (i = 0; i < lead; i++) r.y[i] = NAN;
  memset(&c, 0, sizeof c);
  c.kind = kind;
  for (i = 0; i < older->n; i++) {
    double v = grid_of_bucket(&c, &older->b[i], &amount);
    if (kind == HF_DELTA) v /= part;
    if (i < skip) continue;
    grid_spread(g, &older->b[i], span, v, r.y, lead);
    r.used += (size_t)older->b[i].n;
  }
  memcpy(r.y + lead, g->y, g->n * sizeof(double));
  r.start = g->start - (double)lead * g->step;
  r.coarse = lead;
  r.filled = grid_fill(kind, r.n, r.y, r.fill);
  *g = r;
  return HF_OK;
}
