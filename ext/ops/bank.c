/*
** bank.c: the simplest candidates, and the way to the others; see bank.h.
*/
#include "bank.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { BANK_CYCLES = 9, BANK_LONG = 7 };

static const char *const bank_names[HF_BANK_COUNT] = {
    "last",   "recent", "long",         "ses",     "damped",
    "snaive", "median", "median2",      "shifted", "shifted2",
    "robust", "ar",     "ar+profile",   "double",  "ar of differences",
    "rho",    "tsb",    "coarse robust"};

const char *hf_bank_name(hf_bank_id id) {
  return bank_names[id];
}

/* 1 when there is history enough; more of it never makes it 0. */
static int bank_able(hf_bank_id id, size_t fit, size_t m, size_t m2) {
  int season = m > 1;
  switch (id) {
  case HF_BANK_LAST:
    return fit >= 1;
  case HF_BANK_RECENT:
    return fit >= 3;
  case HF_BANK_LONG:
    return !season && fit >= 12;
  case HF_BANK_SES:
    return fit >= 4;
  case HF_BANK_DAMPED:
    return fit >= 10;
  case HF_BANK_NAIVE:
    return season && fit >= m;
  case HF_BANK_MEDIAN:
    return season && fit >= 2 * m;
  case HF_BANK_MEDIAN2:
    return m2 > 1 && fit >= m2;
  case HF_BANK_SHIFTED:
    return season && fit >= 4 * m;
  case HF_BANK_SHIFTED2:
    return m2 > 1 && fit >= 3 * m2;
  case HF_BANK_ROBUST:
    return season && fit >= 2 * m;
  case HF_BANK_AR:
    return fit >= 20 && (!season || fit >= 3 * m);
  case HF_BANK_ARP:
  case HF_BANK_DOUBLE:
  case HF_BANK_DIFF:
  case HF_BANK_RHO:
    return season && fit >= 3 * m;
  case HF_BANK_TSB:
    return fit >= 12;
  case HF_BANK_COARSE:
    return season && fit >= 3 * m && hf_bank_coarse_usable(m, m2);
  case HF_BANK_COUNT:
    break;
  }
  return 0;
}

int hf_bank_usable(hf_bank_id id, size_t fit, size_t m, size_t m2) {
  if (!bank_able(id, fit, m, m2)) return 0;
  /* the regressions follow a trend better once there are three cycles */
  return id != HF_BANK_DAMPED || m < 2 || fit < 3 * m;
}

/* The newest cell before the origin that stands at the phase of cell
** origin + s, cycles of p. */
static size_t bank_phase(size_t origin, size_t s, size_t p) {
  size_t back = p - s % p; /* 1..p */
  return back <= origin ? origin - back : origin - 1;
}

static void bank_naive(const hf_bank_task *t, double *out) {
  size_t k, s;
  for (k = 0; k < t->origins; k++)
    for (s = 0; s < t->h; s++)
      out[k * t->h + s] = t->x[bank_phase(t->origin[k], s, t->m)];
}

/* Median of x at `at` and the cells one, two ... cycles of p before. Origins
 * ask for the same cells: seen[n] holds what is known, NaN elsewhere. */
static double bank_typical(const double *x, size_t at, size_t p, double *seen) {
  double v[BANK_CYCLES];
  size_t c = 0, i = at;
  if (!isnan(seen[at])) return seen[at];
  while (c < BANK_CYCLES) {
    v[c++] = x[i];
    if (i < p) break;
    i -= p;
  }
  seen[at] = hf_stat_median(v, c);
  return seen[at];
}

/* Room for bank_typical(); NULL when memory runs out. */
static double *bank_seen(hf_work *w, size_t n) {
  double *seen = hf_work_reals(w, n);
  size_t i;
  for (i = 0; seen != NULL && i < n; i++) seen[i] = NAN;
  return seen;
}

static void bank_medians(const hf_bank_task *t, size_t p, double *seen,
                         double *out) {
  size_t k, s;
  for (k = 0; k < t->origins; k++) {
    for (s = 0; s < t->h; s++) {
      double *y = out + k * t->h + s;
      /* beyond a cycle the same phases again */
      *y = s < p ? bank_typical(t->x, bank_phase(t->origin[k], s, p), p, seen)
                 : y[-(ptrdiff_t)p];
    }
  }
}

static int bank_median(hf_work *w, const hf_bank_task *t, size_t p,
                       double *out) {
  hf_mark mark = hf_work_mark(w);
  double *seen = bank_seen(w, t->n);
  if (seen == NULL) return HF_ENOMEM;
  bank_medians(t, p, seen, out);
  hf_work_release(w, mark);
  return hf_work_check(w, 40 * t->n + 8 * t->origins * t->h);
}

/* The median of the cycles of p, moved by the median of what the newest cycle
** of m differs from those before it. */
static int bank_shifted(hf_work *w, const hf_bank_task *t, size_t p,
                        double *out) {
  hf_mark mark = hf_work_mark(w);
  size_t k, s, m = t->m;
  double *d = hf_work_reals(w, m), *seen = bank_seen(w, t->n);
  if (d == NULL || seen == NULL) return HF_ENOMEM;
  bank_medians(t, p, seen, out);
  for (k = 0; k < t->origins; k++) {
    size_t from = t->origin[k] - m;
    double level;
    for (s = 0; s < m; s++)
      d[s] = t->x[from + s] - bank_typical(t->x, from + s - p, p, seen);
    level = hf_stat_median(d, m);
    for (s = 0; s < t->h; s++) out[k * t->h + s] += level;
  }
  hf_work_release(w, mark);
  return hf_work_check(w, 40 * t->origins * (m + t->h));
}

/* The newest value, or the median of as many as one cycle holds (without a
** cycle: of twice the horizon, or of BANK_LONG times as many). */
static int bank_level(hf_work *w, hf_bank_id id, const hf_bank_task *t,
                      double *out) {
  hf_mark mark = hf_work_mark(w);
  size_t width = t->m > 1 ? t->m : 2 * t->h, k, s;
  double *v;
  if (width < 12) width = 12;
  if (id == HF_BANK_LAST) width = 1;
  if (id == HF_BANK_LONG) width *= BANK_LONG;
  if (width > t->n) width = t->n;
  v = hf_work_reals(w, width);
  if (v == NULL) return HF_ENOMEM;
  for (k = 0; k < t->origins; k++) {
    size_t o = t->origin[k], n = width < o ? width : o;
    double level;
    memcpy(v, t->x + o - n, n * sizeof(double));
    level = hf_stat_median(v, n);
    for (s = 0; s < t->h; s++) out[k * t->h + s] = level;
  }
  hf_work_release(w, mark);
  return hf_work_check(w, t->origins * (width * 4 + t->h));
}

int hf_bank_run(hf_work *w, hf_bank_id id, const hf_bank_task *t,
                hf_bank_memory *mem, double *out) {
  if (!bank_able(id, t->fit, t->m, t->m2)) return HF_EDATA;
  switch (id) {
  case HF_BANK_LAST:
  case HF_BANK_RECENT:
  case HF_BANK_LONG:
    return bank_level(w, id, t, out);
  case HF_BANK_NAIVE:
    bank_naive(t, out);
    break;
  case HF_BANK_MEDIAN:
    return bank_median(w, t, t->m, out);
  case HF_BANK_MEDIAN2:
    return bank_median(w, t, t->m2, out);
  case HF_BANK_SHIFTED:
    return bank_shifted(w, t, t->m, out);
  case HF_BANK_SHIFTED2:
    return bank_shifted(w, t, t->m2, out);
  case HF_BANK_AR:
  case HF_BANK_ARP:
  case HF_BANK_DIFF:
    return hf_bank_regress(w, id, t, out);
  case HF_BANK_RHO:
    return hf_bank_rho(w, t, out);
  case HF_BANK_SES:
  case HF_BANK_DAMPED:
  case HF_BANK_ROBUST:
  case HF_BANK_DOUBLE:
    return hf_bank_smooth(w, id, t, mem, out);
  case HF_BANK_TSB:
    return hf_bank_sparse(w, t, out);
  case HF_BANK_COARSE:
    return hf_bank_coarse(w, t, out);
  case HF_BANK_COUNT:
    return HF_EDATA;
  }
  return hf_work_check(w, 8 * t->origins * t->h);
}
