/*
** interval.c: conformal prediction intervals; see interval.h.
**
** The errors of the replayed forecast are divided by a local scale, pooled by
** six parts of the horizon, and their quantiles, times the scale at the cell
** forecast, are the distances of the bounds (split conformal prediction, Vovk
** 2005; locally weighted, Lei et al. 2018). The local scale is the mean
** absolute error at the phase of the cycle and its neighbours, drawn towards
** the overall one: the noon of a load is less certain than its night.
**
** Bounds are partly those of the absolute error, partly those of its two
** signs, so that skewed errors get skewed intervals without few errors ruling
** a tail. Distances do not shrink with the horizon; beyond what was replayed
** they grow with its square root, as a random walk's.
**
** The factors that widen the quantiles make up for errors that a replay has in
** common with the choice of weights, and with the replays that overlap it.
** Without a period there is nothing to widen: of simulated noise, AR(1),
** counts, skewed noise and walks, 120 to 800 cells each, the 80 % intervals as
** they stand hold .84, .83, .85, .87 and .76, the 95 % ones .97, .96, .98, .98
** and .87.
*/
#include "interval.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { INTERVAL_PARTS = 6 };

#define INTERVAL_WIDEN80 1.15
#define INTERVAL_WIDEN95 1.25
/* Share of the bound that comes from the signed errors, once there are
** INTERVAL_ALONE replays that do not overlap, besides the first; none of it up
** to one. */
#define INTERVAL_SKEW 0.65
#define INTERVAL_ALONE 3.0
/* Share of the scale that is local. */
#define INTERVAL_LOCAL 0.5

/* Conformal upper quantile of sorted v[n]. */
static double interval_quantile(const double *v, size_t n, double q) {
  double k = ceil(((double)n + 1) * q);
  if (k > (double)n) k = (double)n;
  if (k < 1) k = 1;
  return v[(size_t)k - 1];
}

/* scale[m]: mean absolute error by phase, relative to the overall mean. */
static int interval_scale(hf_work *w, const hf_interval_ask *a, double *scale) {
  hf_mark mark = hf_work_mark(w);
  double *sum = hf_work_zeroed(w, a->m, sizeof(double));
  double *count = hf_work_zeroed(w, a->m, sizeof(double)), all = 0, c = 0;
  size_t k, s, i, reach = a->m / 12;
  if (sum == NULL || count == NULL) return HF_ENOMEM;
  for (k = 0; k < a->origins; k++) {
    for (s = 0; s < a->tested; s++) {
      double e = fabs(a->error[k * a->tested + s]);
      size_t p = (a->origin[k] + s) % a->m;
      if (e != e) continue;
      sum[p] += e;
      count[p] += 1;
      all += e;
      c += 1;
    }
  }
  for (i = 0; i < a->m; i++) {
    double near = 0, cells = 0;
    for (s = 0; s <= 2 * reach; s++) {
      size_t p = (i + a->m + s - reach) % a->m;
      near += sum[p];
      cells += count[p];
    }
    scale[i] = 1;
    if (cells > 0 && all > 0)
      scale[i] =
          1 - INTERVAL_LOCAL + INTERVAL_LOCAL * (near / cells) / (all / c);
  }
  hf_work_release(w, mark);
  return hf_work_check(w, 4 * a->origins * a->tested + a->m * (2 * reach + 1));
}

/* Upper quantiles of one sign (or of the absolute error, sign 0) of sorted
** errors v[n]: sign 1 for the distance below, -1 for that above. */
static double interval_side(const double *v, const double *size, size_t n,
                            double level, int below, double skew) {
  double both = interval_quantile(size, n, level);
  double tail = (1 + level) / 2, k = ceil(((double)n + 1) * tail), one;
  if (k > (double)n) k = (double)n;
  one = below ? v[(size_t)k - 1] : -v[n - (size_t)k];
  if (one < 0) one = 0;
  return skew * one + (1 - skew) * both;
}

/* Distances in units of the scale for one part of the horizon. */
static void interval_part(const hf_interval_ask *a, const double *scale,
                          size_t from, size_t to, double *v, double *size,
                          double *q) {
  double apart = (double)(a->origin[a->origins - 1] - a->origin[0]);
  double alone =
      apart / (double)a->tested; /* replays without overlap, less 1 */
  double skew = (alone - 1) / (INTERVAL_ALONE - 1);
  size_t k, s, i, c = 0;
  skew = INTERVAL_SKEW * (skew < 0 ? 0 : skew > 1 ? 1 : skew);
  for (k = 0; k < a->origins; k++) {
    for (s = from; s < to; s++) {
      double e = a->error[k * a->tested + s];
      if (e != e) continue;
      if (a->m > 1) e /= scale[(a->origin[k] + s) % a->m];
      size[c] = fabs(e);
      v[c++] = e;
    }
  }
  if (c == 0) return;
  hf_stat_sort(v, c);
  hf_stat_sort(size, c);
  for (i = 0; i < 4; i++) {
    double season = i < 2 ? INTERVAL_WIDEN80 : INTERVAL_WIDEN95;
    double wide = a->m > 1 ? season : 1;
    double d =
        wide * interval_side(v, size, c, i < 2 ? 0.8 : 0.95, i % 2 == 0, skew);
    if (d > q[i]) q[i] = d;
  }
}

int hf_interval_run(hf_work *w, const hf_interval_ask *a, double *below80,
                    double *above80, double *below95, double *above95) {
  hf_mark mark = hf_work_mark(w);
  size_t n = a->origins * a->tested, part, s, i;
  size_t m = a->m > 1 ? a->m : 1;
  double *v = hf_work_reals(w, n), *size = hf_work_reals(w, n);
  double *scale = hf_work_reals(w, m), q[4] = {0, 0, 0, 0};
  double *out[4];
  int rc = HF_OK;
  if (v == NULL || size == NULL || scale == NULL) return HF_ENOMEM;
  out[0] = below80;
  out[1] = above80;
  out[2] = below95;
  out[3] = above95;
  scale[0] = 1;
  if (a->m > 1) rc = interval_scale(w, a, scale);
  for (part = 0; part < INTERVAL_PARTS && rc == HF_OK; part++) {
    size_t from = part * a->tested / INTERVAL_PARTS;
    size_t to = (part + 1) * a->tested / INTERVAL_PARTS;
    interval_part(a, scale, from, to, v, size, q);
    rc = hf_work_check(w, 40 * a->origins * (to - from));
    for (s = from; s < to; s++)
      for (i = 0; i < 4; i++) out[i][s] = q[i] * scale[(a->n + s) % m];
  }
  for (s = a->tested; s < a->h && rc == HF_OK; s++) {
    double far = sqrt((double)(s + 1) / (double)a->tested);
    for (i = 0; i < 4; i++) out[i][s] = q[i] * scale[(a->n + s) % m] * far;
  }
  for (s = 0; s < a->h && rc == HF_OK; s++) {
    if (below95[s] < below80[s]) below95[s] = below80[s];
    if (above95[s] < above80[s]) above95[s] = above80[s];
  }
  hf_work_release(w, mark);
  return rc;
}
