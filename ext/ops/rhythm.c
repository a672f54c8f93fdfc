/*
** rhythm.c: period detection; see rhythm.h.
**
** 1. Take off the line and clip what lies far out, so that neither a trend
**    nor a few spikes rule the autocorrelation.
** 2. Candidates are the highest local maxima of the autocorrelation (by FFT),
**    and the day and the week.
** 3. Each candidate p is put to the proof: the series less its moving average
**    of length p, averaged by phase. The adjusted share of variance that this
**    mean cycle explains must beat what chance gives. Successive cycles of a
**    random walk, not single points, are nearly independent, with about three
**    degrees of freedom each; the 99.9 % point of F(3, 3 (c - 1)) for c cycles
**    is close to a share of 3.3 / c.
** 4. A multiple of a period explains as much as the period: the shortest one
**    wins unless a longer explains a good part of what is left. Then both are
**    reported (day and week), or the longer alone where the shorter is but a
**    harmonic (12 h of 24 h).
*/
#include "rhythm.h"
#include "../num/fft.h"
#include "../num/linalg.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum {
  RHYTHM_TRIED = 20, /* candidates put to the proof */
  RHYTHM_PEAKS = 12, /* of these from the autocorrelation */
  RHYTHM_MIN = 8,
  RHYTHM_PARTS_MIN = 3,
  RHYTHM_PARTS_MAX = 14
};

/* Share that a longer period must explain of what the shorter leaves. */
#define RHYTHM_GAIN 0.25
/* And of the whole. */
#define RHYTHM_MORE 0.02
/* Share of the longer one's that a shorter must have to count beside it. */
#define RHYTHM_PART 0.16
/* Share that the day or the week may lack against a neighbour. */
#define RHYTHM_SNAP 0.05

typedef struct rhythm_try {
  size_t p;
  double share; /* see hf_rhythm_strength */
  double need;  /* what chance may give */
} rhythm_try;

void hf_rhythm_line(const double *x, size_t n, double *level, double *slope) {
  double mid = ((double)n - 1) / 2, sy = 0, sxy = 0, sxx = 0;
  size_t i;
  for (i = 0; i < n; i++) sy += x[i];
  sy /= (double)n;
  for (i = 0; i < n; i++) {
    double d = (double)i - mid;
    sxy += d * (x[i] - sy);
    sxx += d * d;
  }
  *slope = sxx > 0 ? sxy / sxx : 0;
  *level = sy - *slope * mid;
}

void hf_rhythm_trend(const double *x, size_t n, size_t p, double *trend) {
  size_t half = p / 2, wide = 2 * half + 1, cells = n - 2 * half, middle, i;
  double sum, next, drop = p % 2 == 0 ? 0.5 : 0, part = 1 / (double)p;
  const double *y;
  double *t, *u;
  if (n < wide) { /* one full window at most: its mean */
    double mean = hf_stat_mean(x, n);
    for (i = 0; i < n; i++) trend[i] = mean;
    return;
  }
  /* two windows move side by side: each waits for its own sum only. x and y are
     their first cells, t and u the trends there */
  middle = cells / 2;
  y = x + middle;
  t = trend + half;
  u = t + middle;
  for (i = 0, sum = next = 0; i < wide; i++) {
    sum += x[i];
    next += y[i];
  }
  for (i = 0; i < middle; i++) {
    double a = x[i], b = y[i];
    t[i] = (sum - drop * (a + x[i + 2 * half])) * part;
    u[i] = (next - drop * (b + y[i + 2 * half])) * part;
    sum += x[i + wide] - a;
    if (i + wide < n - middle) next += y[i + wide] - b;
  }
  if (cells % 2 != 0)
    u[middle] = (next - drop * (y[middle] + y[middle + 2 * half])) * part;
  for (i = 0; i < half; i++) trend[i] = t[0];
  for (i = half + cells; i < n; i++) trend[i] = t[cells - 1];
}

/* Adds d[n], which begins at phase 0 of p, to the sums[p] of the phases. */
static void rhythm_phases(const double *d, size_t n, size_t p, double *sums) {
  size_t i, j, k;
  for (i = 0; i < n; i += k) {
    k = n - i < p ? n - i : p;
    for (j = 0; j < k; j++) sums[j] += d[i + j];
  }
}

/* d[n]: x less its moving average of length p; mean[p]: the mean of d by
** phase. */
static void rhythm_cycle(const double *x, size_t n, size_t p, double *d,
                         double *mean) {
  size_t i;
  hf_rhythm_trend(x, n, p, d);
  for (i = 0; i < n; i++) d[i] = x[i] - d[i];
  for (i = 0; i < p; i++) mean[i] = 0;
  rhythm_phases(d, n, p, mean);
  for (i = 0; i < p; i++) mean[i] /= (double)(n / p + (i < n % p));
}

/* See hf_rhythm_strength; *again (or NULL): autocorrelation at lag p of the
** series less its moving average. The squares that are left are all squares
** less those of the means: what rounding does to the difference is of the
** order of 1e-16 of the whole, and so is what it does to the share. */
static int rhythm_share(hf_work *w, const double *x, size_t n, size_t p,
                        double *share, double *again) {
  hf_mark mark = hf_work_mark(w);
  double *d = hf_work_reals(w, n), *mean = hf_work_reals(w, p);
  double all, total, left, shifted;
  size_t i;
  int rc = hf_work_check(w, 6 * n);
  if (d == NULL || mean == NULL) rc = HF_ENOMEM;
  if (rc == HF_OK) {
    rhythm_cycle(x, n, p, d, mean);
    total = left = hf_linalg_dot(d, d, n);
    for (i = 0, all = 0; i < p; i++) {
      double sum = mean[i] * (double)(n / p + (i < n % p));
      all += sum;
      left -= mean[i] * sum;
    }
    all /= (double)n;
    total -= all * all * (double)n;
    if (left < 0) left = 0;
    *share = total > 0
                 ? 1 - (left / (double)(n - p)) / (total / (double)(n - 1))
                 : 0;
    if (again != NULL) {
      for (i = 0; i < n; i++) d[i] -= all;
      shifted = hf_linalg_dot(d + p, d, n - p);
      *again = total > 0 ? shifted / total * (double)n / (double)(n - p) : 0;
    }
  }
  hf_work_release(w, mark);
  return rc;
}

int hf_rhythm_strength(hf_work *w, const double *x, size_t n, size_t p,
                       double *share) {
  return rhythm_share(w, x, n, p, share, NULL);
}

static double rhythm_need(size_t n, size_t p, size_t day) {
  double need = 3.3 * (double)p / (double)n;
  if (need > 0.85) need = 0.85;
  return day > 0 && (p == day || p == 7 * day) ? need / 2 : need;
}

/* z[n]: x less its line, clipped to median +- 4 robust deviations. */
static int rhythm_clean(hf_work *w, const double *x, size_t n, double *z) {
  hf_mark mark = hf_work_mark(w);
  double *v = hf_work_reals(w, n);
  double level, slope, center, spread;
  size_t i;
  int round;
  if (v == NULL) return HF_ENOMEM;
  memcpy(z, x, n * sizeof(double));
  for (round = 0; round < 2; round++) {
    hf_rhythm_line(z, n, &level, &slope);
    for (i = 0; i < n; i++) v[i] = x[i] - level - slope * (double)i;
    center = hf_stat_median(v, n);
    spread = hf_stat_mad(v, n, center);
    /* more than half of the values alike: the mean deviation instead */
    if (!(spread > 0)) spread = 4 * hf_stat_mean(v, n);
    for (i = 0; i < n; i++) {
      double line = level + slope * (double)i, d = x[i] - line - center;
      if (d > 4 * spread) d = 4 * spread;
      if (d < -4 * spread) d = -4 * spread;
      z[i] = round == 0 ? line + center + d : d;
    }
  }
  hf_work_release(w, mark);
  return hf_work_check(w, 40 * n);
}

/* Puts a candidate to the proof. */
static int rhythm_prove(hf_work *w, const double *z, size_t n, size_t p,
                        size_t day, rhythm_try *list, size_t *count) {
  rhythm_try t;
  size_t i;
  int rc;
  if (p < 2 || p > n / 2 || *count >= RHYTHM_TRIED) return HF_OK;
  for (i = 0; i < *count; i++)
    if (list[i].p == p) return HF_OK;
  t.p = p;
  t.need = rhythm_need(n, p, day);
  rc = hf_rhythm_strength(w, z, n, p, &t.share);
  if (rc == HF_OK) list[(*count)++] = t;
  return rc;
}

/* 1 when r[p] is the highest within an eighth of p on both sides. */
static int rhythm_is_peak(const double *r, size_t top, size_t p) {
  size_t reach = p / 8 > 1 ? p / 8 : 1, i;
  for (i = p - reach; i < p; i++)
    if (r[i] >= r[p]) return 0;
  for (i = p + 1; i <= p + reach && i <= top; i++)
    if (r[i] > r[p]) return 0;
  return 1;
}

/* The highest local maxima of the autocorrelation r[0..top], best first:
** list[want], zero where there are fewer. */
static void rhythm_peaks(const double *r, size_t top, size_t n, size_t want,
                         size_t *list) {
  size_t p, i;
  double least = 2 / sqrt((double)n);
  for (i = 0; i < want; i++) list[i] = 0;
  for (p = 2; p < top; p++) {
    size_t at = p;
    if (!(r[p] > least) || !rhythm_is_peak(r, top, p)) continue;
    for (i = 0; i < want; i++) {
      size_t old = list[i];
      if (old == 0 || r[at] > r[old]) {
        list[i] = at;
        at = old;
        if (old == 0) break;
      }
    }
  }
}

static int rhythm_accepted(const rhythm_try *t) {
  return t->share > t->need;
}

/* Share of what `a` leaves that `b` explains; 0 when that is next to nothing
** of the whole. */
static double rhythm_gain(const rhythm_try *a, const rhythm_try *b) {
  double more = b->share - a->share;
  return more > RHYTHM_MORE && a->share < 1 ? more / (1 - a->share) : 0;
}

/* A period within a fiftieth of the day or the week is the day or the week,
** where that explains nearly as much. */
static const rhythm_try *rhythm_snap(const rhythm_try *t, size_t count,
                                     size_t day, const rhythm_try *top) {
  size_t i;
  for (i = 0; i < count; i++) {
    size_t p = t[i].p, off = p > top->p ? p - top->p : top->p - p;
    if (day == 0 || (p != day && p != 7 * day)) continue;
    if (off * 50 <= p && t[i].share >= top->share - RHYTHM_SNAP) return &t[i];
  }
  return top;
}

/* Chooses among the proven. */
static void rhythm_choose(const rhythm_try *t, size_t count, size_t day,
                          hf_rhythm *out) {
  const rhythm_try *main = NULL, *top = NULL;
  size_t i;
  double margin = 0;
  for (i = 0; i < count; i++) {
    double g = t[i].share / t[i].need;
    if (g > margin) margin = g;
    if (rhythm_accepted(&t[i]) && (top == NULL || t[i].share > top->share))
      top = &t[i];
  }
  memset(out, 0, sizeof *out);
  out->margin = margin;
  if (top == NULL) return;
  top = rhythm_snap(t, count, day, top);
  /* the shortest that explains nearly as much as the best; its neighbours
   * always do, and are not meant */
  for (i = 0; i < count; i++) {
    if (!rhythm_accepted(&t[i]) || t[i].p > top->p) continue;
    if (&t[i] != top && (top->p - t[i].p) * 50 <= top->p) continue;
    if (rhythm_gain(&t[i], top) < RHYTHM_GAIN &&
        (main == NULL || t[i].p < main->p))
      main = &t[i];
  }
  if (main == NULL) main = top;
  out->m = main->p;
  out->strength = main->share;
  out->margin = main->share / main->need;
}

/* Takes the part p of the whole period, which explains the share `all`. */
static void rhythm_take(hf_rhythm *out, size_t p, size_t whole, double share,
                        double need, double all) {
  out->m = p;
  out->m2 = whole;
  out->strength = share;
  out->strength2 = share < 1 ? (all - share) / (1 - share) : 0;
  out->margin = share / need;
}

/* A part of the period found that stands on its own, a whole number (three or
** more) of times shorter: the day in the week. Among the proven any that
** explains a sixth of what the whole does; else any of the 3rd to 14th part
** that explains a third, and really comes again after one part (a spike a day
** has means by the hour of a third of a day, too, but nothing there comes
** again). */
static int rhythm_part(hf_work *w, const double *z, size_t n, size_t day,
                       const rhythm_try *t, size_t count, hf_rhythm *out) {
  size_t whole = out->m, k;
  double all = out->strength, best = RHYTHM_PART * all;
  for (k = 0; k < count; k++) {
    if (t[k].p * 3 > whole || whole % t[k].p != 0) continue;
    if (!rhythm_accepted(&t[k]) || t[k].share <= best) continue;
    best = t[k].share;
    rhythm_take(out, t[k].p, whole, t[k].share, t[k].need, all);
  }
  if (out->m != whole) return HF_OK;
  best = 2 * RHYTHM_PART * all;
  for (k = RHYTHM_PARTS_MIN; k <= RHYTHM_PARTS_MAX; k++) {
    size_t p = whole / k;
    double share, again, need = rhythm_need(n, p, day);
    int rc;
    if (whole % k != 0 || p < 2) continue;
    rc = rhythm_share(w, z, n, p, &share, &again);
    if (rc != HF_OK) return rc;
    if (share <= need || share <= best || again < share / 2) continue;
    best = share;
    rhythm_take(out, p, whole, share, need, all);
  }
  return HF_OK;
}

/* Puts half and a third of the best to the proof: a cycle more or less of
** noise may have hidden their peak beside a multiple of it. */
static int rhythm_halves(hf_work *w, const double *z, size_t n, size_t day,
                         rhythm_try *list, size_t *count) {
  size_t i, best = 0, k;
  int rc = HF_OK;
  for (i = 1; i < *count; i++)
    if (list[i].share > list[best].share) best = i;
  if (*count == 0 || !rhythm_accepted(&list[best])) return HF_OK;
  for (k = 2; k <= 3 && rc == HF_OK; k++) {
    size_t p = list[best].p;
    rc = rhythm_prove(w, z, n, p / k, day, list, count);
    if (rc == HF_OK && p % k != 0)
      rc = rhythm_prove(w, z, n, p / k + 1, day, list, count);
  }
  return rc;
}

static int rhythm_first(hf_work *w, const double *z, size_t n, size_t day,
                        hf_rhythm *out) {
  hf_mark mark = hf_work_mark(w);
  rhythm_try tried[RHYTHM_TRIED];
  size_t peaks[RHYTHM_PEAKS], top = n / 2, count = 0, proven, i;
  double *r = hf_work_reals(w, top + 1);
  int rc = r == NULL ? HF_ENOMEM : hf_fft_acf(w, z, n, top, r);
  if (rc == HF_OK) {
    rhythm_peaks(r, top, n, RHYTHM_PEAKS, peaks);
    if (day > 1) rc = rhythm_prove(w, z, n, day, day, tried, &count);
  }
  if (rc == HF_OK && day > 0)
    rc = rhythm_prove(w, z, n, 7 * day, day, tried, &count);
  for (i = 0; i < RHYTHM_PEAKS && rc == HF_OK; i++)
    rc = rhythm_prove(w, z, n, peaks[i], day, tried, &count);
  proven = count;
  if (rc == HF_OK) rc = rhythm_halves(w, z, n, day, tried, &count);
  if (rc == HF_OK) rhythm_choose(tried, count, day, out);
  if (rc == HF_OK && out->m > 0)
    rc = rhythm_part(w, z, n, day, tried, proven, out);
  hf_work_release(w, mark);
  return rc;
}

/* A second period in what the first leaves, whatever their ratio. */
static int rhythm_second(hf_work *w, double *z, size_t n, size_t day,
                         hf_rhythm *out) {
  hf_rhythm more;
  size_t m = out->m;
  int rc = hf_rhythm_remove(w, z, n, m);
  memset(&more, 0, sizeof(more));
  if (rc == HF_OK) rc = rhythm_first(w, z, n, day, &more);
  if (rc == HF_OK && more.m > 0 && more.strength > RHYTHM_GAIN &&
      (more.m > m + m / 2 || more.m + more.m / 2 < m) && m % more.m != 0) {
    out->m2 = more.m;
    out->strength2 = more.strength;
  }
  return rc;
}

int hf_rhythm_find(hf_work *w, const double *x, size_t n, size_t day,
                   hf_rhythm *out) {
  hf_mark mark = hf_work_mark(w);
  hf_rhythm found;
  double *z = hf_work_reals(w, n), lo, hi;
  int rc = HF_OK;
  memset(&found, 0, sizeof found);
  if (z == NULL) return HF_ENOMEM;
  hf_stat_range(x, n, &lo, &hi);
  if (n >= RHYTHM_MIN && hi > lo) {
    rc = rhythm_clean(w, x, n, z);
    if (rc == HF_OK) rc = rhythm_first(w, z, n, day, &found);
    if (rc == HF_OK && found.m > 0 && found.m2 == 0)
      rc = rhythm_second(w, z, n, day, &found);
  }
  hf_work_release(w, mark);
  if (rc == HF_OK) *out = found;
  return rc;
}

size_t hf_rhythm_day(double step) {
  double cells = 86400 / step, whole = floor(cells + 0.5);
  if (!(cells >= 2) || cells > 1e6) return 0;
  return fabs(cells - whole) < 1e-9 * cells ? (size_t)whole : 0;
}

void hf_rhythm_coarse(const double *x, size_t n, size_t f, double *y) {
  size_t i, j;
  for (i = 0; i < n; i++) {
    double sum = 0;
    for (j = 0; j < f; j++) sum += x[i * f + j];
    y[i] = sum / (double)f;
  }
}

int hf_rhythm_remove(hf_work *w, double *x, size_t n, size_t p) {
  hf_mark mark = hf_work_mark(w);
  double *d = hf_work_reals(w, n), *mean = hf_work_reals(w, p), all;
  size_t i, j, k;
  if (d == NULL || mean == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  rhythm_cycle(x, n, p, d, mean);
  all = hf_stat_mean(mean, p);
  for (i = 0; i < p; i++) mean[i] -= all;
  for (i = 0; i < n; i += k) {
    k = n - i < p ? n - i : p;
    for (j = 0; j < k; j++) x[i + j] -= mean[j];
  }
  hf_work_release(w, mark);
  return hf_work_check(w, 8 * n);
}

int hf_rhythm_search(hf_work *w, const double *x, size_t n, double step,
                     hf_rhythm *out) {
  hf_mark mark = hf_work_mark(w);
  size_t f = (n + HF_RHYTHM_CELLS - 1) / HF_RHYTHM_CELLS, day, k;
  hf_rhythm r;
  double *y;
  int rc;
  day = hf_rhythm_day(step);
  if (f <= 1) return hf_rhythm_find(w, x, n, day, out);
  while (day > 0 && day % f != 0 && f < day) f++;
  k = n / f;
  y = hf_work_reals(w, k);
  if (y == NULL) return HF_ENOMEM;
  hf_rhythm_coarse(x + (n - k * f), k, f, y);
  rc = hf_work_check(w, n);
  if (rc == HF_OK) rc = hf_rhythm_find(w, y, k, day % f == 0 ? day / f : 0, &r);
  if (rc != HF_OK) return rc;
  r.m *= f;
  r.m2 *= f;
  if (r.m == 0)
    rc = hf_rhythm_find(w, x + (n - HF_RHYTHM_CELLS), HF_RHYTHM_CELLS, day, &r);
  if (rc == HF_OK) *out = r;
  hf_work_release(w, mark);
  return rc;
}
