/*
** clean.c: isolated spikes; see clean.h.
**
** A spike is a value far from what its neighbours in time (median of seven
** cells) and those at the same phase of the neighbouring cycles (median of
** seven) let expect: more than six robust deviations beyond both (Hampel
** 1974, the identifier by median and median absolute deviation). What comes
** again at its phase is rhythm, what lasts is a level; neither is a spike. It
** is put to the nearer of the two expectations. Where most values are just what
** is expected (counts that are mostly zero, a cycle that repeats to the digit)
** the deviations of the others make the spread, so that a demand is no spike
** unless it is nine times as large as demands are.
*/
#include "clean.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { CLEAN_REACH = 3, CLEAN_MIN = 32 };

#define CLEAN_FAR 6.0

/* Median of x at i and up to CLEAN_REACH places `stride` apart either side. */
static double clean_median(const double *x, size_t n, size_t i, size_t stride) {
  double v[2 * CLEAN_REACH + 1];
  size_t c = 0, k;
  v[c++] = x[i];
  for (k = 1; k <= CLEAN_REACH; k++) {
    if (i >= k * stride) v[c++] = x[i - k * stride];
    if (i + k * stride < n) v[c++] = x[i + k * stride];
  }
  return hf_stat_median(v, c);
}

/* The same of every cell. */
static void clean_medians(const double *x, size_t n, size_t stride,
                          double *out) {
  size_t reach = CLEAN_REACH * stride, i = 0;
  while (i < n) {
    if (i >= reach && i + reach + HF_STAT_MEDIANS <= n) {
      hf_stat_medians7(x + i - reach, stride, out + i);
      i += HF_STAT_MEDIANS;
    } else {
      out[i] = clean_median(x, n, i, stride);
      i++;
    }
  }
}

/* Robust deviation of x from what the phase lets expect (without a period:
** from the cell before); where most cells are just that, of the others. d[n] is
** scratch. */
static double clean_spread(const double *x, const double *phase, size_t n,
                           double *d) {
  size_t i, c = 0;
  double mid;
  for (i = 0; i < n; i++) d[i] = fabs(x[i] - phase[i]);
  mid = hf_stat_median(d, n);
  if (mid > 0) return HF_STAT_MAD_SCALE * mid;
  for (i = 0; i < n; i++)
    if (x[i] != phase[i]) d[c++] = fabs(x[i] - phase[i]);
  return c > 0 ? HF_STAT_MAD_SCALE * hf_stat_median(d, c) : 0;
}

int hf_clean_spikes(hf_work *w, double *x, size_t n, size_t m,
                    size_t *clipped) {
  hf_mark mark = hf_work_mark(w);
  double *near, *phase, *d, spread, other;
  size_t i, count = 0;
  *clipped = 0;
  if (n < CLEAN_MIN) return HF_OK;
  near = hf_work_reals(w, n);
  phase = hf_work_reals(w, n);
  d = hf_work_reals(w, n);
  if (near == NULL || phase == NULL || d == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  clean_medians(x, n, 1, near);
  if (m > 1) {
    clean_medians(x, n, m, phase);
  } else {
    phase[0] = x[0];
    memcpy(phase + 1, x, (n - 1) * sizeof(double));
  }
  /* a smooth series is its own median: both spreads, the larger counts */
  spread = clean_spread(x, near, n, d);
  other = clean_spread(x, phase, n, d);
  if (other > spread) spread = other;
  for (i = 0; i < n && spread > 0; i++) {
    double a = x[i] - near[i], b = m > 1 ? x[i] - phase[i] : a;
    if (fabs(a) <= CLEAN_FAR * spread || fabs(b) <= CLEAN_FAR * spread)
      continue;
    if ((a > 0) != (b > 0)) continue;
    x[i] -= fabs(a) < fabs(b) ? a : b;
    count++;
  }
  *clipped = count;
  hf_work_release(w, mark);
  return hf_work_check(w, 120 * n);
}
