/*
** shift.c: a lasting change of level; see shift.h.
**
** The series less its season is clipped to what is ordinary for it, and at
** every cell the means of the windows after and before are compared, by running
** sums. What such a difference usually is in this very series (its median and
** median absolute deviation) is the yardstick: a series that wanders has wide
** ones and no shifts. A shift is a difference beyond SHIFT_FAR deviations that
** is
**   sudden  most of it comes within a sixth of the window (a ramp has a sixth),
**   lasting every window of the cells since then is nearer to the new level,
**   clear   the medians of after (all of it) and before differ by more than
**           SHIFT_CLEAR robust deviations within either (bursts do not count),
**           and so do those of after and of everything before: the end of an
**           episode is a return to the level that was.
** The difference of the medians is its size.
** The newest counts. One younger than the window, down to SHIFT_YOUNG cells, is
** compared with what differences of so short a window usually are, and has to
** be half as far again, with every cell since then nearer to the new level.
** The statistic of two windows is that of Basseville and Nikiforov (1993,
** Detection of Abrupt Changes, section 2).
*/
#include "shift.h"
#include "rhythm.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum {
  SHIFT_WINDOW = 24,
  SHIFT_MIN = 96,
  SHIFT_SUDDEN = 6,
  SHIFT_YOUNG = 12, /* cells since the shift, at least */
  SHIFT_SIZES = 3   /* windows of the young: 12, 24 and 48 cells */
};

#define SHIFT_FAR 8.0
#define SHIFT_YOUNG_FAR 12.0
#define SHIFT_SHARE 0.6
#define SHIFT_CLIP 12.0
#define SHIFT_CLEAR 4.0

/* Mean of cells from..to by running sums. */
static double shift_mean(const double *sum, size_t from, size_t to) {
  return (sum[to] - sum[from]) / (double)(to - from);
}

/* Mean of the j cells from `at` on less that of the k cells before. */
static double shift_differ(const double *sum, size_t at, size_t k, size_t j) {
  return shift_mean(sum, at, at + j) - shift_mean(sum, at - k, at);
}

static double shift_step(const double *sum, size_t at, size_t k) {
  return shift_differ(sum, at, k, k);
}

/* Median and median absolute deviation of all such differences; d[n] is
** scratch. */
static void shift_usual(const double *sum, size_t n, size_t k, size_t j,
                        double *d, double *center, double *spread) {
  size_t i, c = 0;
  for (i = k; i + j <= n; i++) d[c++] = shift_differ(sum, i, k, j);
  *center = hf_stat_median(d, c);
  *spread = hf_stat_mad(d, c, *center);
}

/* 1 when every window since `at` is nearer to the level after than before. */
static int shift_lasts(const double *sum, size_t n, size_t at, size_t k) {
  double before = shift_mean(sum, at - k, at);
  double after = shift_mean(sum, at, at + k), up = after > before ? 1 : -1;
  size_t i;
  for (i = at; i + k / 2 <= n; i += k / 2)
    if (up * (shift_mean(sum, i, i + k / 2) - (before + after) / 2) < 0)
      return 0;
  return 1;
}

/* Size of the shift at `at` of z[n], 0 when it is not clear; d[n] is scratch.
 */
static double shift_size(const double *z, size_t n, size_t at, size_t k,
                         double *d) {
  double before, after, ever, within, other;
  memcpy(d, z, at * sizeof(double));
  ever = hf_stat_median(d, at);
  memcpy(d, z + at - k, k * sizeof(double));
  before = hf_stat_median(d, k);
  within = hf_stat_mad(d, k, before);
  memcpy(d, z + at, (n - at) * sizeof(double));
  after = hf_stat_median(d, n - at);
  other = hf_stat_mad(d, n - at, after);
  within = SHIFT_CLEAR * (other > within ? other : within);
  if (after > before)
    return after - before > within && after - ever > within ? after - before
                                                            : 0;
  return before - after > within && ever - after > within ? after - before : 0;
}

/* z[n]: x less its season; running sums of it, clipped, into sum[n + 1]; d[n]
** is scratch. */
static int shift_sums(hf_work *w, const double *x, size_t n, size_t m,
                      double *z, double *d, double *sum) {
  double center, far;
  size_t i;
  int rc = HF_OK;
  memcpy(z, x, n * sizeof(double));
  if (m > 1 && n >= 3 * m) rc = hf_rhythm_remove(w, z, n, m);
  memcpy(d, z, n * sizeof(double));
  center = hf_stat_median(d, n);
  far = SHIFT_CLIP * hf_stat_mad(d, n, center);
  sum[0] = 0;
  for (i = 0; i < n; i++) {
    double v = z[i] - center;
    if (far > 0) v = v > far ? far : v < -far ? -far : v;
    sum[i + 1] = sum[i] + v;
  }
  return rc == HF_OK ? hf_work_check(w, 60 * n) : rc;
}

/* 1 when most of the change comes at once and every cell since `at` is nearer
** to the new level. */
static int shift_settled(const double *sum, size_t n, size_t at, size_t k) {
  size_t j = n - at, part = j / 3, i;
  double before = shift_mean(sum, at - k, at), after = shift_mean(sum, at, n);
  double up = after > before ? 1 : -1, half = (before + after) / 2;
  if (up * shift_differ(sum, at, part, part) <
      SHIFT_SHARE * fabs(after - before))
    return 0;
  for (i = at; i < n; i++)
    if (up * (sum[i + 1] - sum[i] - half) < 0) return 0;
  return 1;
}

/* A shift fewer than k cells ago. */
static int shift_young(hf_work *w, const double *z, const double *sum, size_t n,
                       size_t k, double *d, hf_shift *s) {
  double center[SHIFT_SIZES], spread[SHIFT_SIZES], most = SHIFT_YOUNG_FAR;
  size_t q, i, at = 0;
  for (q = 0; q < SHIFT_SIZES; q++)
    shift_usual(sum, n, k, (size_t)SHIFT_YOUNG << q, d, &center[q], &spread[q]);
  for (i = n - k + 1; i + SHIFT_YOUNG <= n; i++) {
    double far;
    for (q = SHIFT_SIZES - 1; q > 0 && (size_t)SHIFT_YOUNG << q > n - i;) q--;
    if (!(spread[q] > 0)) continue;
    far = fabs(shift_differ(sum, i, k, n - i) - center[q]) / spread[q];
    if (far > most) {
      most = far;
      at = i;
    }
  }
  if (at > 0 && shift_settled(sum, n, at, k)) {
    s->size = shift_size(z, n, at, k, d);
    s->at = s->size != 0 ? at : 0;
  }
  return hf_work_check(w, 40 * SHIFT_SIZES * n);
}

int hf_shift_find(hf_work *w, const double *x, size_t n, size_t m,
                  hf_shift *out) {
  hf_mark mark = hf_work_mark(w);
  size_t k = m / 2 > SHIFT_WINDOW ? m / 2 : SHIFT_WINDOW, i;
  double *sum, *d, *z, center, spread;
  hf_shift s = {0, 0};
  int rc;
  *out = s;
  if (n < SHIFT_MIN || n < 6 * k) return HF_OK;
  sum = hf_work_reals(w, n + 1);
  d = hf_work_reals(w, n);
  z = hf_work_reals(w, n);
  if (sum == NULL || d == NULL || z == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  rc = shift_sums(w, x, n, m, z, d, sum);
  if (rc == HF_OK) rc = shift_young(w, z, sum, n, k, d, &s);
  shift_usual(sum, n, k, k, d, &center, &spread);
  spread *= SHIFT_FAR;
  for (i = n - k; i >= k && rc == HF_OK && spread > 0 && s.at == 0; i--) {
    double step = shift_step(sum, i, k), part, here;
    size_t j, top = i;
    if (fabs(step - center) <= spread) continue;
    /* the peak of the difference is where the level changes */
    for (j = i; j + k > i && j >= k; j--) {
      here = fabs(shift_step(sum, j, k) - center);
      if (here > fabs(shift_step(sum, top, k) - center)) top = j;
    }
    part = shift_step(sum, top, k / SHIFT_SUDDEN);
    step = shift_step(sum, top, k);
    if (part / step >= SHIFT_SHARE && shift_lasts(sum, n, top, k)) {
      s.size = shift_size(z, n, top, k, d);
      s.at = s.size != 0 ? top : 0;
    }
    i = j + 1 > k ? j + 1 : k;
    rc = hf_work_check(w, 12 * k);
  }
  hf_work_release(w, mark);
  if (rc == HF_OK) rc = hf_work_check(w, 60 * n);
  if (rc == HF_OK) *out = s;
  return rc;
}
