/*
** decompose.c: trend, up to two seasons, remainder; see decompose.h.
**
** Backfitting as in STL and MSTL (Cleveland et al. 1990; Bandara, Hyndman and
** Bergmeir 2021), with moving averages for loess, so that a pass costs a few
** operations a cell whatever the period:
**   season  the series less trend and the other season, each phase smoothed
**           over 7 neighbouring cycles by tricube weights, so that a season may
**           change slowly; less its own moving average over one period, which
**           belongs to the trend
**   trend   the series less the seasons, by a moving average over the longest
**           period, applied twice; where half of its window lies beyond an end,
**           the line through the cells of the last full one
** Three rounds. Before each, values further than four robust deviations from
** the fit (six from the trend alone, before the first) are set aside: the
** season does without them, the trend takes the fit in their place. So an
** outlier stays in the remainder and bends neither.
*/
#include "decompose.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { DECOMPOSE_REACH = 3, DECOMPOSE_ROUNDS = 3 };

#define DECOMPOSE_FAR 4.0
#define DECOMPOSE_FAR_FIRST 6.0

/* trend[n]: the moving average of x[n] over p cells, lines at both ends. */
static void decompose_smooth(const double *x, size_t n, size_t p,
                             double *trend) {
  size_t half = p / 2, i;
  double level, slope;
  hf_rhythm_trend(x, n, p, trend);
  if (half == 0 || n < 2 * half + 1) return;
  hf_rhythm_line(x, 2 * half + 1, &level, &slope);
  for (i = 0; i < half; i++)
    trend[i] = trend[half] + slope * ((double)i - (double)half);
  hf_rhythm_line(x + n - 2 * half - 1, 2 * half + 1, &level, &slope);
  for (i = n - half; i < n; i++)
    trend[i] = trend[n - half - 1] + slope * (double)(i + half + 1 - n);
}

/* Weight of a cycle `d` cycles away. */
static double decompose_weight(long d) {
  double u = fabs((double)d) / (DECOMPOSE_REACH + 1), v = 1 - u * u * u;
  return v * v * v;
}

/* season[n] of period p from d[n], of which those with keep 0 do not count;
** tmp[n] is scratch. */
static void decompose_season(const double *d, const double *keep, size_t n,
                             size_t p, double *tmp, double *season) {
  double weight[2 * DECOMPOSE_REACH + 1];
  size_t i;
  long k;
  for (k = -DECOMPOSE_REACH; k <= DECOMPOSE_REACH; k++)
    weight[k + DECOMPOSE_REACH] = decompose_weight(k);
  for (i = 0; i < n; i++) {
    double sum = 0, all = 0;
    for (k = -DECOMPOSE_REACH; k <= DECOMPOSE_REACH; k++) {
      size_t far = (size_t)(k < 0 ? -k : k) * p;
      double a = weight[k + DECOMPOSE_REACH];
      size_t at;
      if (k < 0 ? far > i : far >= n - i) continue;
      at = k < 0 ? i - far : i + far;
      a *= keep[at];
      sum += a * d[at];
      all += a;
    }
    season[i] = all > 0 ? sum / all : 0;
  }
  hf_rhythm_trend(season, n, p, tmp);
  for (i = 0; i < n; i++) season[i] -= tmp[i];
}

typedef struct decompose {
  const double *x;  /* [n] gaps filled */
  double *z;        /* [n] x, the fit where it was set aside */
  double *keep;     /* [n] 0 where a value is set aside, else 1 */
  double *d, *tmp;  /* [n] scratch */
  size_t n, smooth; /* cells; width of the trend's moving average */
  hf_decompose *r;
} decompose;

static void decompose_trend(decompose *a) {
  size_t i;
  for (i = 0; i < a->n; i++)
    a->d[i] = a->z[i] - a->r->seasonal[i] - a->r->seasonal2[i];
  decompose_smooth(a->d, a->n, a->smooth, a->tmp);
  decompose_smooth(a->tmp, a->n, a->smooth > 2 ? a->smooth / 2 : 1,
                   a->r->trend);
}

/* One season given the trend and the other. */
static void decompose_one(decompose *a, size_t p, const double *other,
                          double *season) {
  size_t i;
  if (p < 2) return;
  for (i = 0; i < a->n; i++) a->d[i] = a->z[i] - a->r->trend[i] - other[i];
  decompose_season(a->d, a->keep, a->n, p, a->tmp, season);
}

/* Sets aside what lies more than `far` robust deviations from the fit. */
static void decompose_aside(decompose *a, double far) {
  const hf_decompose *r = a->r;
  double spread;
  size_t i;
  for (i = 0; i < a->n; i++) {
    a->d[i] = a->x[i] - r->trend[i] - r->seasonal[i] - r->seasonal2[i];
    a->tmp[i] = a->d[i];
  }
  spread = far * hf_stat_mad(a->tmp, a->n, 0);
  for (i = 0; i < a->n; i++) {
    int aside = spread > 0 && fabs(a->d[i]) > spread;
    a->keep[i] = aside ? 0 : 1;
    a->z[i] = aside ? a->x[i] - a->d[i] : a->x[i];
  }
}

/* The trend while no season is known: held at both ends where there is one, for
** a line through one cycle takes part of it. */
static void decompose_first(decompose *a) {
  if (a->r->rhythm.m > 0) {
    hf_rhythm_trend(a->z, a->n, a->smooth, a->r->trend);
  } else {
    decompose_smooth(a->z, a->n, a->smooth, a->r->trend);
  }
}

static int decompose_fit(hf_work *w, decompose *a) {
  hf_decompose *r = a->r;
  size_t m = r->rhythm.m, m2 = r->rhythm.m2, round, i;
  int rc = HF_OK;
  memcpy(a->z, a->x, a->n * sizeof(double));
  decompose_first(a);
  for (round = 0; round < DECOMPOSE_ROUNDS && rc == HF_OK; round++) {
    decompose_aside(a, round > 0 ? DECOMPOSE_FAR : DECOMPOSE_FAR_FIRST);
    if (round == 0) decompose_first(a);
    /* the shorter season first: the longer takes what it leaves */
    for (i = 0; i < 2; i++) {
      if ((i == 0) == (m2 == 0 || m < m2)) {
        decompose_one(a, m, r->seasonal2, r->seasonal);
      } else {
        decompose_one(a, m2, r->seasonal, r->seasonal2);
      }
    }
    decompose_trend(a);
    rc = hf_work_check(w, 60 * a->n);
  }
  return rc;
}

int hf_decompose_run(hf_work *w, hf_work *keep, const hf_grid *g,
                     hf_decompose *out) {
  hf_decompose r;
  hf_mark mark;
  decompose a;
  size_t n = g->n, i, longest;
  int rc;
  if (n - g->filled < HF_DECOMPOSE_MIN) return HF_EDATA;
  memset(&r, 0, sizeof r);
  memset(&a, 0, sizeof a);
  r.trend = hf_work_reals(keep, n);
  r.seasonal = hf_work_zeroed(keep, n, sizeof(double));
  r.seasonal2 = hf_work_zeroed(keep, n, sizeof(double));
  r.remainder = hf_work_reals(keep, n);
  mark = hf_work_mark(w);
  a.z = hf_work_reals(w, n);
  a.keep = hf_work_reals(w, n);
  a.d = hf_work_reals(w, n);
  a.tmp = hf_work_reals(w, n);
  if (r.trend == NULL || r.seasonal == NULL || r.seasonal2 == NULL ||
      r.remainder == NULL || a.z == NULL || a.keep == NULL || a.d == NULL ||
      a.tmp == NULL)
    return HF_ENOMEM;
  rc = hf_rhythm_search(w, g->fill, n, g->step, &r.rhythm);
  if (rc != HF_OK) return rc;
  longest = r.rhythm.m > r.rhythm.m2 ? r.rhythm.m : r.rhythm.m2;
  a.x = g->fill;
  a.n = n;
  a.smooth = longest > 0 ? longest : n / 10 > 5 ? n / 10 | 1 : 3;
  a.r = &r;
  rc = decompose_fit(w, &a);
  if (rc != HF_OK) return rc;
  for (i = 0; i < n; i++)
    r.remainder[i] = g->y[i] - r.trend[i] - r.seasonal[i] - r.seasonal2[i];
  hf_work_release(w, mark);
  *out = r;
  return HF_OK;
}
