/*
** workers_season.c: see workers_season.h.
**
** The season of a cell is the median of the loads one, two and three periods
** before the tape began, at least two of them; all of it is older than any
** sample of the tape, so that forecasts replayed there know no more than they
** would have. Where more than a tenth of the cells have none, there is no
** season. The smooth one is the mean of the cells around, a quarter of an hour
** or the lead to both sides.
**
** Gaps and other steps in the past do no harm: a sample counts for the cell
** nearest to its time.
**
** To read all of that costs more than the rest of a plan. It is asked for only
** when the loads that are known move more in the time foreseen than from one
** sample to the next (their mean squares), or when a few samples of each
** period, those around this time of it, say that the load is about to, or just
** did.
*/
#include "workers_season.h"

#include <math.h>
#include <string.h>
#include "../num/stat.h"

enum {
  SEASON_REACH = HF_SEASON_PAST,
  SEASON_LEAST = 2,             /* of them with a load */
  SEASON_CELLS = 8,             /* fewest in a period */
  SEASON_MOST = HF_WORKERS_SPAN /* cells */
};

static const double season_period[2] = {86400, 7 * 86400}; /* seconds */
static const double season_moves = 1.25; /* mean square over the lead, over
                                            that of one step */
static const double season_jump = 4;     /* range expected, over the root of
                                            that */
static const double season_known = .9;   /* share of the cells */
static const double season_smooth = 900; /* seconds to both sides */

/* Cells to both sides of one over which the smooth season is a mean. */
static double season_wide(const hf_workers_tape *t, size_t lead) {
  return floor(fmax(season_smooth / t->step, (double)lead) + .5);
}

/* Cells from the beginning of the tape to what is planned for, and as many
** after it as the smooth season looks at. */
static size_t season_cells(const hf_workers_tape *t, size_t lead) {
  double cells = (t->ts[t->n - 1] - t->begin) / t->step + .5;
  if (!(t->step > 0) || !(cells >= 0)) return 0;
  cells = floor(cells) + 1 + (double)lead + season_wide(t, lead);
  return cells <= SEASON_MOST ? (size_t)cells : 0;
}

/* The median of up to three. */
static double season_middle(const double *x, size_t n) {
  double lo, hi;
  if (n < SEASON_LEAST) return NAN;
  lo = fmin(x[0], x[1]);
  hi = fmax(x[0], x[1]);
  if (n == 2) return (lo + hi) / 2;
  return fmax(lo, fmin(hi, x[2]));
}

/* The loads of past periods by cell from `origin` on: [SEASON_REACH] rows of
** `phases`. */
static void season_spread(double origin, double step,
                          const hf_workers_tape *past, double period,
                          size_t phases, double *sum, double *count) {
  size_t i, m = SEASON_REACH * phases;
  for (i = 0; i < m; i++) sum[i] = count[i] = 0;
  for (i = 0; i < past->n; i++) {
    double back = origin - past->ts[i];
    double row = ceil(back / period), phase;
    if (!(row >= 1) || row > SEASON_REACH) continue;
    phase = floor((row * period - back) / step + .5);
    if (phase < 0 || phase >= (double)phases) continue;
    m = ((size_t)row - 1) * phases + (size_t)phase;
    sum[m] += past->busy[i];
    count[m] += 1;
  }
}

/* The season at a cell; NaN: not known. */
static double season_at(const double *sum, const double *count, size_t phases,
                        size_t at) {
  double x[SEASON_REACH];
  size_t j, n = 0;
  for (j = 0; at < phases && j < SEASON_REACH; j++) {
    size_t m = j * phases + at;
    if (count[m] > 0) x[n++] = sum[m] / count[m];
  }
  return season_middle(x, n);
}

/* The phase of a cell; cells are counted from the tape's beginning. */
static size_t season_phase(const hf_workers_tape *t, double period,
                           size_t phases, size_t cell) {
  if (cell < phases) return cell;
  return (size_t)floor(fmod((double)cell * t->step, period) / t->step + .5);
}

/* By how much the load moved over the lead in one period, row j. */
static void season_moved(const hf_workers_tape *t, double period,
                         const double *sum, const double *count, size_t phases,
                         size_t j, size_t lead, size_t cells, double *change) {
  size_t i;
  for (i = 0; i < cells; i++) {
    size_t a = season_phase(t, period, phases, i);
    size_t b = season_phase(t, period, phases, i + lead);
    a += j * phases;
    b += j * phases;
    change[i] = i + lead < cells && a < (j + 1) * phases &&
                        b < (j + 1) * phases && count[a] > 0 && count[b] > 0
                    ? sum[b] / count[b] - sum[a] / count[a]
                    : NAN;
  }
}

/* Adds the season as it was, and what the periods did, to s; *known 0: too much
** of it is not known. */
static int season_raw(hf_work *w, const hf_workers_tape *t,
                      const hf_workers_tape *past, double period, size_t lead,
                      hf_workers_seasons *s, double *value, int *known) {
  hf_mark mark;
  size_t phases, i, j, cells = s->cells, seen = 0;
  double *sum, *count, *change[SEASON_REACH];
  *known = 0;
  if (period < SEASON_CELLS * t->step) return HF_OK;
  for (j = 0; j < SEASON_REACH; j++) {
    change[j] = hf_work_reals(w, cells);
    if (change[j] == NULL) return HF_ENOMEM;
  }
  mark = hf_work_mark(w);
  phases = (size_t)fmin((double)cells, ceil(period / t->step));
  sum = hf_work_reals(w, SEASON_REACH * phases);
  count = hf_work_reals(w, SEASON_REACH * phases);
  if (sum == NULL || count == NULL) return HF_ENOMEM;
  season_spread(t->begin, t->step, past, period, phases, sum, count);
  for (i = 0; i < cells; i++) {
    value[i] =
        season_at(sum, count, phases, season_phase(t, period, phases, i));
    seen += isnan(value[i]) ? 0 : 1;
  }
  *known = (double)seen >= season_known * (double)cells;
  if (*known) s->past = 0; /* other weekdays are no measure for this one */
  for (j = 0; *known && j < SEASON_REACH; j++) {
    season_moved(t, period, sum, count, phases, j, lead, cells, change[j]);
    s->change[s->past++] = change[j];
  }
  hf_work_release(w, mark);
  return HF_OK;
}

/* ---- is it worth reading */

/* Spans of `wide` seconds from `origin` on, one, two and three days and weeks
** earlier. */
static void season_spans(double origin, double step, double wide,
                         hf_workers_span *span, size_t *n) {
  int k, j;
  *n = 0;
  for (k = 0; k < 2; k++) {
    double period = season_period[k];
    if (period < SEASON_CELLS * step) continue;
    for (j = 1; j <= SEASON_REACH; j++) {
      span[*n].from = origin - j * period;
      span[*n].to = span[*n].from + fmin(period, wide);
      ++*n;
    }
  }
}

/* Where the probe begins, and cells of it: as far back as ahead, and one more,
** for stamps may be a little early or late. */
static double season_origin(const hf_workers_tape *t, size_t lead) {
  return t->ts[t->n - 1] - (double)(lead + 1) * t->step;
}

static size_t season_probed(size_t lead) {
  return 2 * lead + 2;
}

void hf_workers_season_probe(const hf_workers_tape *t, size_t lead,
                             hf_workers_span *span, size_t *n) {
  *n = 0;
  if (season_cells(t, lead) == 0) return;
  season_spans(season_origin(t, lead), t->step,
               ((double)season_probed(lead) + .5) * t->step, span, n);
}

/* Mean square of the load's change in `lead` samples; NaN: there are none. */
static double season_change(const hf_workers_tape *t, size_t lead) {
  double sum = 0, n = 0;
  size_t i, j = 0;
  for (i = 1; i < t->n; i++) {
    double d;
    while (t->cell[j] < t->cell[i] - (double)lead) j++;
    if (t->cell[j] != t->cell[i] - (double)lead) continue;
    d = t->busy[i] - t->busy[j];
    sum += d * d;
    n++;
  }
  return sum / n;
}

/* The most by which the past expects the load to change around now. */
static int season_ahead(hf_work *w, const hf_workers_tape *t,
                        const hf_workers_tape *probe, size_t lead,
                        double *most) {
  hf_mark mark = hf_work_mark(w);
  size_t phases = season_probed(lead), i;
  double *sum = hf_work_reals(w, SEASON_REACH * phases);
  double *count = hf_work_reals(w, SEASON_REACH * phases);
  int k;
  *most = 0;
  if (sum == NULL || count == NULL) return HF_ENOMEM;
  for (k = 0; k < 2; k++) {
    double lo = INFINITY, hi = -INFINITY;
    season_spread(season_origin(t, lead), t->step, probe, season_period[k],
                  phases, sum, count);
    for (i = 0; i < phases; i++) {
      double x = season_at(sum, count, phases, i);
      lo = fmin(lo, x);
      hi = fmax(hi, x);
    }
    *most = fmax(*most, hi - lo);
  }
  hf_work_release(w, mark);
  return HF_OK;
}

int hf_workers_season_spans(hf_work *w, const hf_workers_tape *t,
                            const hf_workers_tape *probe, size_t lead,
                            hf_workers_span *span, size_t *n) {
  size_t cells = season_cells(t, lead);
  double near = season_change(t, 1), most;
  int rc;
  *n = 0;
  if (cells == 0) return HF_OK;
  rc = season_ahead(w, t, probe, lead, &most);
  if (rc != HF_OK) return rc;
  if (season_change(t, lead) > season_moves * near ||
      most > season_jump * sqrt(near)) {
    season_spans(t->begin, t->step, (double)cells * t->step, span, n);
  }
  return HF_OK;
}

/* ---- making them */

/* Means of the known cells within `wide` of each. */
static void season_even(const double *x, size_t n, size_t wide, double *out) {
  double sum = 0;
  size_t count = 0, lo = 0, hi = 0, i;
  for (i = 0; i < n; i++) {
    for (; hi < n && hi <= i + wide; hi++) {
      if (isnan(x[hi])) continue;
      sum += x[hi];
      count++;
    }
    for (; lo + wide < i; lo++) {
      if (isnan(x[lo])) continue;
      sum -= x[lo];
      count--;
    }
    out[i] = isnan(x[i]) || count == 0 ? NAN : sum / (double)count;
  }
}

/* The most of x[i + 1 .. i + lead]. queue[n]: scratch, indexes whose values
** fall. */
static void season_peak(const double *x, size_t n, size_t lead, size_t *queue,
                        double *peak) {
  size_t first = 0, last = 0, unknown = 0, hi = 1, i;
  for (i = 0; i < n; i++) {
    for (; hi < n && hi <= i + lead; hi++) {
      if (isnan(x[hi])) {
        unknown++;
        continue;
      }
      while (last > first && x[queue[last - 1]] <= x[hi]) last--;
      queue[last++] = hi;
    }
    while (first < last && queue[first] <= i) first++;
    if (i > 0 && isnan(x[i])) unknown--;
    peak[i] =
        i + lead >= n || unknown > 0 || first == last ? NAN : x[queue[first]];
  }
}

int hf_workers_seasons_make(hf_work *w, const hf_workers_tape *t,
                            const hf_workers_tape *past, size_t lead,
                            hf_workers_seasons *out) {
  hf_workers_seasons s;
  size_t wide, *queue;
  int k, known, rc;
  memset(&s, 0, sizeof(s));
  s.cells = season_cells(t, lead);
  if (s.cells == 0 || past->n == 0) {
    *out = s;
    return HF_OK;
  }
  wide = (size_t)season_wide(t, lead); /* less than the cells */
  queue = hf_work_alloc(w, s.cells, sizeof(size_t));
  if (queue == NULL) return HF_ENOMEM;
  for (k = 0; k < 2; k++) {
    double *raw = hf_work_reals(w, s.cells), *even = hf_work_reals(w, s.cells);
    if (raw == NULL || even == NULL) return HF_ENOMEM;
    rc = season_raw(w, t, past, season_period[k], lead, &s, raw, &known);
    if (rc != HF_OK) return rc;
    if (!known) continue;
    season_even(raw, s.cells, wide, even);
    s.value[s.n++] = raw;
    s.value[s.n++] = even;
  }
  for (k = 0; k < (int)s.n; k++) {
    s.peak[k] = hf_work_reals(w, s.cells);
    if (s.peak[k] == NULL) return HF_ENOMEM;
    season_peak(s.value[k], s.cells, lead, queue, s.peak[k]);
  }
  *out = s;
  return HF_OK;
}
