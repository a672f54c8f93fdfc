/*
** bank.c: the simplest candidates, and the way to the others; see bank.h.
*/
#include "bank.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { BANK_MEAN_CYCLES = 6, BANK_MEDIAN_CYCLES = 9 };

/* Weight of a cycle relative to the one after it. */
#define BANK_MEAN_DECAY 0.8

static const char *const bank_names[HF_BANK_COUNT] = {
    "last",  "recent", "ses",    "damped", "snaive",     "snaive2", "mean",
    "mean2", "median", "robust", "ar",     "ar+profile", "direct",  "double"};

const char *hf_bank_name(hf_bank_id id) {
  return bank_names[id];
}

int hf_bank_usable(hf_bank_id id, size_t fit, size_t m, size_t m2) {
  int season = m > 1;
  switch (id) {
  case HF_BANK_LAST:
    return fit >= 1;
  case HF_BANK_RECENT:
    return fit >= 3;
  case HF_BANK_SES:
    return fit >= 4;
  case HF_BANK_DAMPED:
    return fit >= 10;
  case HF_BANK_NAIVE:
    return season && fit >= m;
  case HF_BANK_NAIVE2:
    return m2 > 1 && fit >= m2;
  case HF_BANK_MEAN:
    return season && fit >= 2 * m;
  case HF_BANK_MEAN2:
    return m2 > 1 && fit >= 2 * m2;
  case HF_BANK_MEDIAN:
    return season && fit >= 3 * m;
  case HF_BANK_ROBUST:
    return season && fit >= 2 * m;
  case HF_BANK_AR:
    return fit >= 20 && (!season || fit >= 3 * m);
  case HF_BANK_ARP:
    return season && fit >= 3 * m;
  case HF_BANK_DIRECT:
    /* one cycle ahead looks back over six */
    return season && fit >= 6 * m;
  case HF_BANK_DOUBLE:
    return season && fit >= 3 * m;
  case HF_BANK_COUNT:
    break;
  }
  return 0;
}

/* The newest cell before the origin that stands at the phase of cell
** origin + s, cycles of p. */
static size_t bank_phase(size_t origin, size_t s, size_t p) {
  size_t back = p - s % p; /* 1..p */
  return back <= origin ? origin - back : origin - 1;
}

static void bank_naive(const hf_bank_task *t, size_t p, double *out) {
  size_t k, s;
  for (k = 0; k < t->origins; k++)
    for (s = 0; s < t->h; s++)
      out[k * t->h + s] = t->x[bank_phase(t->origin[k], s, p)];
}

static void bank_mean(const hf_bank_task *t, size_t p, double *out) {
  size_t k, s;
  for (k = 0; k < t->origins; k++) {
    for (s = 0; s < t->h; s++) {
      double sum = 0, all = 0, weight = 1;
      size_t at, c;
      if (s >= p) { /* the same phases again */
        out[k * t->h + s] = out[k * t->h + s - p];
        continue;
      }
      at = bank_phase(t->origin[k], s, p);
      for (c = 0; c < BANK_MEAN_CYCLES; c++) {
        sum += weight * t->x[at];
        all += weight;
        weight *= BANK_MEAN_DECAY;
        if (at < p) break;
        at -= p;
      }
      out[k * t->h + s] = sum / all;
    }
  }
}

static void bank_median(const hf_bank_task *t, size_t p, double *out) {
  double v[BANK_MEDIAN_CYCLES];
  size_t k, s;
  for (k = 0; k < t->origins; k++) {
    for (s = 0; s < t->h; s++) {
      size_t at, c = 0;
      if (s >= p) {
        out[k * t->h + s] = out[k * t->h + s - p];
        continue;
      }
      at = bank_phase(t->origin[k], s, p);
      while (c < BANK_MEDIAN_CYCLES) {
        v[c++] = t->x[at];
        if (at < p) break;
        at -= p;
      }
      out[k * t->h + s] = hf_stat_median(v, c);
    }
  }
}

/* The newest value, or the median of as many as one cycle holds (without a
** cycle: of twice the horizon). */
static int bank_level(hf_work *w, hf_bank_id id, const hf_bank_task *t,
                      double *out) {
  hf_mark mark = hf_work_mark(w);
  size_t width = t->m > 1 ? t->m : 2 * t->h, k, s;
  double *v;
  if (width < 12) width = 12;
  if (id == HF_BANK_LAST) width = 1;
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
  if (!hf_bank_usable(id, t->fit, t->m, t->m2)) return HF_EDATA;
  switch (id) {
  case HF_BANK_LAST:
  case HF_BANK_RECENT:
    return bank_level(w, id, t, out);
  case HF_BANK_NAIVE:
    bank_naive(t, t->m, out);
    break;
  case HF_BANK_NAIVE2:
    bank_naive(t, t->m2, out);
    break;
  case HF_BANK_MEAN:
    bank_mean(t, t->m, out);
    break;
  case HF_BANK_MEAN2:
    bank_mean(t, t->m2, out);
    break;
  case HF_BANK_MEDIAN:
    bank_median(t, t->m, out);
    break;
  case HF_BANK_AR:
  case HF_BANK_ARP:
  case HF_BANK_DIRECT:
    return hf_bank_regress(w, id, t, out);
  case HF_BANK_SES:
  case HF_BANK_DAMPED:
  case HF_BANK_ROBUST:
  case HF_BANK_DOUBLE:
    return hf_bank_smooth(w, id, t, mem, out);
  case HF_BANK_COUNT:
    return HF_EDATA;
  }
  return hf_work_check(w, 8 * t->origins * t->h);
}
