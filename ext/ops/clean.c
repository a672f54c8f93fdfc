/*
** clean.c: isolated spikes; see clean.h.
**
** A spike is a value far from what its neighbours in time (median of seven
** cells) and those at the same phase of the neighbouring cycles (median of
** seven) let expect: more than eight robust deviations beyond both (Hampel
** 1974, the identifier by median and median absolute deviation). What comes
** again at its phase is rhythm, what lasts is a level; neither is a spike. It
** is clipped to the nearer of the two expectations, give or take three
** deviations.
*/
#include "clean.h"
#include "../num/stat.h"

#include <math.h>

enum { CLEAN_REACH = 3, CLEAN_MIN = 32 };

#define CLEAN_FAR 8.0
#define CLEAN_KEEP 0.0

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

int hf_clean_spikes(hf_work *w, double *x, size_t n, size_t m,
                    size_t *clipped) {
  hf_mark mark = hf_work_mark(w);
  double *near = hf_work_reals(w, n), *d = hf_work_reals(w, n), spread;
  size_t i, count = 0;
  int rc = HF_OK;
  *clipped = 0;
  if (n < CLEAN_MIN) {
    hf_work_release(w, mark);
    return HF_OK;
  }
  if (near == NULL || d == NULL) rc = HF_ENOMEM;
  if (rc == HF_OK) rc = hf_work_check(w, 60 * n);
  if (rc == HF_OK) {
    for (i = 0; i < n; i++) {
      near[i] = clean_median(x, n, i, 1);
      d[i] = fabs(x[i] - near[i]);
    }
    spread = HF_STAT_MAD_SCALE * hf_stat_median(d, n);
    for (i = 0; i < n && spread > 0; i++) {
      double off = x[i] - near[i], phase, other;
      if (fabs(off) <= CLEAN_FAR * spread) continue;
      phase = m > 1 ? clean_median(x, n, i, m) : near[i];
      other = x[i] - phase;
      if (fabs(other) <= CLEAN_FAR * spread || (off > 0) != (other > 0))
        continue;
      near[i] = (fabs(off) < fabs(other) ? near[i] : phase) +
                (off > 0 ? CLEAN_KEEP : -CLEAN_KEEP) * spread;
      /* changed at the end, so that the order of cells cannot matter */
      d[count++] = (double)i;
    }
    for (i = 0; i < count; i++) x[(size_t)d[i]] = near[(size_t)d[i]];
    *clipped = count;
  }
  hf_work_release(w, mark);
  return rc;
}
