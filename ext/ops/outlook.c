/*
** outlook.c: from a grid to a forecast; see outlook.h.
**
** Resolution. Models cost by the cell, and a forecast of a day does not need
** seconds. So the series is averaged to cells f times as long: as coarse as
** leaves six cells ahead and 2,301 behind, and in any case coarse enough that
** at most 4,600 are left, a whole number of them a day where possible. The
** forecast is interpolated back; its intervals are widened by the spread of
** single cells about the coarse ones (variances add).
**
** Cleaning. Where a sensor hangs (gaps.h) nothing was recorded. Gaps get what
** the series says is nearer to what was, the line or the cycle, and so do the
** cells of isolated spikes (clean.h).
**
** Level. After a lasting shift (shift.h) models and intervals learn from what
** came since, or, while that is little, from a history brought to its level.
**
** Period. What rhythm.h finds; the day (and the week, once two of them are
** there) is offered to the models even without proof, for operations follow
** the clock, and the rolling origins weigh a season that is none down.
*/
#include "outlook.h"
#include "clean.h"
#include "gaps.h"
#include "shift.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum {
  OUTLOOK_CELLS = 4600,  /* at most so many for the models */
  OUTLOOK_ENOUGH = 2301, /* coarser cells are fine above this */
  OUTLOOK_AHEAD = 6,     /* coarse cells ahead, at least */
  OUTLOOK_SINCE = 200,   /* cells after a shift that do alone ... */
  OUTLOOK_CYCLES = 8,    /* ... and cycles */
  OUTLOOK_FAR = 6000     /* cells ahead that the models are asked for */
};

/* How many cells make a coarse one. */
static size_t outlook_factor(size_t n, size_t h, size_t day) {
  size_t must = (n + OUTLOOK_CELLS - 1) / OUTLOOK_CELLS;
  size_t may = h / OUTLOOK_AHEAD, f, i;
  if (may > n / OUTLOOK_ENOUGH) may = n / OUTLOOK_ENOUGH;
  f = may > must ? may : must;
  if (f < 1) f = 1;
  if (day == 0 || f >= day) return f;
  /* the nearest divisor of the day, coarser rather than finer */
  for (i = f; i <= 2 * f; i++)
    if (day % i == 0) return i;
  return f;
}

/* At least f cells, a whole number of hours: where cells hold the mean of the
** hour that they lie in, nothing shorter is known. A divisor of the day where
** one is near. */
static size_t outlook_hours(size_t f, double step, size_t day) {
  size_t hour = (size_t)(3600 / step + 0.5), i;
  f = (f + hour - 1) / hour * hour;
  for (i = f; day > 0 && i <= 2 * f; i += hour)
    if (day % i == 0) return i;
  return f;
}

/* The series as the models see it. */
typedef struct outlook_view {
  size_t f;      /* cells of the grid in one of the view */
  size_t from;   /* first cell of the grid in view */
  size_t n;      /* cells of the view */
  double *y;     /* [n] with NaN */
  double *x;     /* [n] filled and cleaned */
  double spread; /* robust standard deviation of grid cells in a view cell */
} outlook_view;

/* Spread of single cells about the line through the coarse ones, from the
** newest part. */
static int outlook_spread(hf_work *w, const hf_grid *g, outlook_view *v) {
  hf_mark mark = hf_work_mark(w);
  size_t most = 4000 / v->f + 1, first = v->n > most ? v->n - most : 0;
  size_t i, j, c = 0;
  double *d;
  /* cells that hold the mean of their bucket have no spread */
  while (first < v->n && v->from + first * v->f < g->coarse) first++;
  d = hf_work_reals(w, (v->n - first) * v->f);
  if (d == NULL) return HF_ENOMEM;
  for (i = first; i < v->n; i++) {
    double slope = (v->y[i + 1 < v->n ? i + 1 : i] - v->y[i > 0 ? i - 1 : i]) /
                   (i > 0 && i + 1 < v->n ? 2 : 1);
    if (slope != slope) slope = 0;
    for (j = 0; j < v->f; j++) {
      double at = ((double)j + 0.5) / (double)v->f - 0.5;
      double e = g->y[v->from + i * v->f + j] - v->y[i] - slope * at;
      if (e == e) d[c++] = fabs(e);
    }
  }
  /* the 80 % point of the normal is 1.28 standard deviations */
  v->spread = c > 0 ? hf_stat_quantile(d, c, 0.8) / 1.2815515655446004 : 0;
  hf_work_release(w, mark);
  return hf_work_check(w, 8 * c);
}

static int outlook_look(hf_work *w, const hf_grid *g, size_t f,
                        outlook_view *v) {
  size_t i, j;
  int rc;
  memset(v, 0, sizeof *v);
  v->f = f;
  v->n = g->n / f;
  if (v->n > OUTLOOK_CELLS) v->n = OUTLOOK_CELLS;
  v->from = g->n - v->n * f;
  v->y = hf_work_reals(w, v->n);
  v->x = hf_work_reals(w, v->n);
  if (v->y == NULL || v->x == NULL) return HF_ENOMEM;
  for (i = 0; i < v->n; i++) {
    const double *y = g->y + v->from + i * f, *x = g->fill + v->from + i * f;
    double sum = 0, all = 0;
    size_t c = 0;
    for (j = 0; j < f; j++) {
      all += x[j];
      if (y[j] != y[j]) continue;
      sum += y[j];
      c++;
    }
    v->y[i] = c > 0 ? sum / (double)c : NAN;
    v->x[i] = c > 0 ? v->y[i] : all / (double)f;
  }
  rc = hf_work_check(w, 3 * v->n * f);
  if (rc != HF_OK) return rc;
  return f > 1 ? outlook_spread(w, g, v) : HF_OK;
}

/* Fills gaps and clips spikes. With a period the cell of a spike is a gap like
** another: what its cycle and its neighbours say is nearer to what was than the
** nearest value that is none. The record keeps it. */
static int outlook_clean(hf_work *w, outlook_view *v, size_t m,
                         size_t *clipped) {
  hf_mark mark = hf_work_mark(w);
  double *known = hf_work_reals(w, v->n);
  size_t i;
  int rc = known == NULL ? HF_ENOMEM : HF_OK;
  if (rc == HF_OK) {
    memcpy(known, v->x, v->n * sizeof(double));
    rc = hf_clean_spikes(w, v->x, v->n, m, clipped);
  }
  if (rc == HF_OK && m > 1) {
    for (i = 0; i < v->n; i++)
      if (v->y[i] != v->y[i] || known[i] != v->x[i]) known[i] = NAN;
    rc = hf_gaps_fill(w, known, v->x, v->n, m);
  }
  hf_work_release(w, mark);
  return rc == HF_OK ? hf_work_check(w, 4 * v->n) : rc;
}

/* Periods for the models, in cells of the view. */
static void outlook_periods(const hf_rhythm *r, size_t n, size_t h, size_t day,
                            size_t *m, size_t *m2) {
  *m = r->m;
  *m2 = r->m2;
  if (*m2 > 0 && *m2 < *m) {
    *m = r->m2;
    *m2 = r->m;
  }
  if (day > 1 && n >= 3 * day && *m != day) {
    *m = day;
    *m2 = 0;
  }
  if (*m == day && *m2 == 0 && n >= 14 * day + h) *m2 = 7 * day;
}

/* One array of a coarse forecast to the cells of the grid. */
static void outlook_refine(const double *c, size_t n, size_t f, double *y,
                           size_t h) {
  size_t s;
  for (s = 0; s < h; s++) {
    double at = ((double)s + 0.5) / (double)f - 0.5, part;
    size_t k = at > 0 ? (size_t)at : 0;
    part = at > 0 ? at - (double)k : 0;
    y[s] = k + 1 < n ? c[k] + part * (c[k + 1] - c[k]) : c[n - 1];
  }
}

/* One bound of a far forecast: the last cycle of the m cells before `known`
** again and again, its distance from yhat growing with the square root of time
** as a random walk's does. */
static int outlook_extend(hf_work *w, const double *y, double *bound,
                          size_t known, size_t h, size_t m) {
  size_t s;
  int rc = HF_OK;
  for (s = known; s < h && rc == HF_OK; s++) {
    size_t back = known - m + (s - known) % m;
    bound[s] = y[s] + (bound[back] - y[back]) *
                          sqrt((double)(s + 1) / (double)(back + 1));
    rc = hf_work_check(w, 10);
  }
  return rc;
}

/* The last cycle of the m cells before `known` again and again. */
static int outlook_repeat(hf_work *w, double *y, size_t known, size_t h,
                          size_t m) {
  size_t s;
  int rc = HF_OK;
  for (s = known; s < h && rc == HF_OK; s++) {
    y[s] = y[known - m + (s - known) % m];
    rc = hf_work_check(w, 4);
  }
  return rc;
}

static int outlook_clip(hf_work *w, double *y, size_t h, double lo, double hi) {
  size_t s;
  int rc = HF_OK;
  for (s = 0; s < h && rc == HF_OK; s++) {
    if (y[s] < lo) y[s] = lo;
    if (y[s] > hi) y[s] = hi;
    rc = hf_work_check(w, 2);
  }
  return rc;
}

/* The arrays of an answer: yhat and its bounds, lower ones at odd places. */
static void outlook_arrays(hf_blend *b, double **at[5]) {
  at[0] = &b->yhat;
  at[1] = &b->lo80;
  at[2] = &b->hi80;
  at[3] = &b->lo95;
  at[4] = &b->hi95;
}

/* The coarse answer of b->h cells to h cells of the grid, y[5][h]. */
static int outlook_fine(hf_work *w, const outlook_view *v,
                        const hf_blend_ask *b, double **coarse[5], double *y[5],
                        size_t h) {
  static const double z[5] = {0, 1.2815515655446004, 1.2815515655446004,
                              1.959963984540054, 1.959963984540054};
  size_t i, s, known, m = (b->m2 > 1 ? b->m2 : b->m > 1 ? b->m : 1) * v->f;
  int rc;
  known = b->h * v->f < h ? b->h * v->f : h;
  for (i = 0; i < 5; i++) {
    outlook_refine(*coarse[i], b->h, v->f, y[i], known);
    rc = hf_work_check(w, 8 * known);
    if (rc != HF_OK) return rc;
  }
  rc = outlook_repeat(w, y[0], known, h, m);
  if (rc != HF_OK) return rc;
  for (i = 1; i < 5; i++) {
    for (s = 0; s < known; s++) {
      double d = y[i][s] - y[0][s], e = z[i] * v->spread;
      y[i][s] = y[0][s] + (i % 2 ? -1 : 1) * sqrt(d * d + e * e);
    }
    rc = outlook_extend(w, y[0], y[i], known, h, m);
    if (rc != HF_OK) return rc;
    rc = outlook_clip(w, y[i], h, b->lo, b->hi);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* Brings the answer for h cells of the grid into `keep`. */
static int outlook_keep(hf_work *w, hf_work *keep, const outlook_view *v,
                        const hf_blend_ask *b, hf_blend *answer, size_t h) {
  double **from[5], *y[5];
  size_t i;
  int rc;
  outlook_arrays(answer, from);
  for (i = 0; i < 5; i++) {
    y[i] = hf_work_reals(keep, h);
    if (y[i] == NULL) return HF_ENOMEM;
    if (v->f == 1 && b->h == h) memcpy(y[i], *from[i], h * sizeof(double));
  }
  rc = v->f == 1 && b->h == h ? hf_work_check(w, 5 * h)
                              : outlook_fine(w, v, b, from, y, h);
  for (i = 0; i < 5; i++) *from[i] = y[i];
  return rc;
}

/* After a lasting change of level only what came since tells about the future:
** the view begins there, once it holds OUTLOOK_CYCLES cycles and OUTLOOK_SINCE
** cells; until then what came before is brought to the new level. */
static int outlook_settle(hf_work *w, outlook_view *v, const hf_blend_ask *b) {
  hf_shift s;
  size_t i, enough = b->m > 1 ? OUTLOOK_CYCLES * b->m : 0;
  int rc = hf_shift_find(w, v->x, v->n, b->m, &s);
  if (b->m2 > 1 && enough < 2 * b->m2 + b->h) enough = 2 * b->m2 + b->h;
  if (rc != HF_OK || s.at == 0) return rc;
  if (v->n - s.at >= enough && v->n - s.at >= OUTLOOK_SINCE) {
    v->y += s.at;
    v->x += s.at;
    v->n -= s.at;
    v->from += s.at * v->f;
    return HF_OK;
  }
  for (i = 0; i < s.at; i++) {
    v->x[i] += s.size;
    v->y[i] += s.size;
  }
  return hf_work_check(w, 2 * s.at);
}

/* What values can be, unless the caller knows: never below 0 where the
** history never was. */
static void outlook_bounds(const outlook_view *v, const hf_outlook_ask *ask,
                           hf_blend_ask *b) {
  double lo, hi;
  hf_stat_range(v->x, v->n, &lo, &hi);
  b->lo = ask->lo == ask->lo ? ask->lo : lo >= 0 ? 0 : -HUGE_VAL;
  b->hi = ask->hi == ask->hi ? ask->hi : HUGE_VAL;
  /* a bound that the history broke is none */
  if (lo < b->lo) b->lo = -HUGE_VAL;
  if (hi > b->hi) b->hi = HUGE_VAL;
}

int hf_outlook_run(hf_work *w, hf_work *keep, const hf_grid *g,
                   const hf_outlook_ask *ask, hf_outlook *out) {
  hf_outlook r;
  hf_blend_ask b;
  outlook_view v;
  size_t day = hf_rhythm_day(g->step), f, frozen;
  int rc;
  memset(&r, 0, sizeof r);
  memset(&b, 0, sizeof b);
  if (g->n - g->filled < HF_BLEND_MIN) return HF_EDATA;
  f = outlook_factor(g->n, ask->h, day);
  if (g->coarse > 0) f = outlook_hours(f, g->step, day);
  rc = outlook_look(w, g, f, &v);
  if (rc != HF_OK) return rc;
  day = day % f == 0 ? day / f : 0;
  rc = hf_rhythm_find(w, v.x, v.n, day, &r.rhythm);
  r.searched = v.n == g->n && v.n <= HF_RHYTHM_CELLS;
  if (rc != HF_OK) return rc;
  b.h = (ask->h + f - 1) / f;
  if (b.h > OUTLOOK_FAR) b.h = OUTLOOK_FAR;
  outlook_periods(&r.rhythm, v.n, b.h, day, &b.m, &b.m2);
  outlook_bounds(&v, ask, &b);
  rc = hf_gaps_frozen(w, v.y, v.n, &frozen);
  if (rc == HF_OK) rc = outlook_clean(w, &v, b.m, &r.clipped);
  if (rc == HF_OK) rc = outlook_settle(w, &v, &b);
  if (rc != HF_OK) return rc;
  b.x = v.x;
  b.truth = v.y;
  b.n = v.n;
  rc = hf_blend_run(w, &b, &r.blend);
  if (rc == HF_OK) rc = outlook_keep(w, keep, &v, &b, &r.blend, ask->h);
  r.rhythm.m *= f;
  r.rhythm.m2 *= f;
  r.cells = v.n;
  if (rc == HF_OK) *out = r;
  return rc;
}
