/*
** outlook.c: from a grid to a forecast; see outlook.h.
*/
#include "outlook.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { OUTLOOK_CELLS = 4600 };

size_t hf_outlook_day(double step) {
  double cells = 86400 / step;
  if (!(cells >= 2) || cells > 1e6) return 0;
  return fabs(cells - floor(cells + 0.5)) < 1e-9 * cells
             ? (size_t)(cells + 0.5)
             : 0;
}

/* Long gaps get the cycle before, on the level of both sides. */
static void outlook_refill(const double *y, double *x, size_t n, size_t m) {
  size_t i, j, k;
  for (i = 0; i < n; i = j + 1) {
    for (j = i; j < n && y[j] != y[j]; j++) {
    }
    if (j - i <= m / 4 || i < m || j >= n) continue;
    for (k = i; k < j; k++) x[k] = x[k - m];
  }
}

int hf_outlook_run(hf_work *w, const hf_grid *g, const hf_outlook_ask *ask,
                   hf_outlook *out) {
  hf_outlook r;
  hf_blend_ask b;
  size_t n = g->n < OUTLOOK_CELLS ? g->n : OUTLOOK_CELLS, from = g->n - n;
  size_t day = hf_outlook_day(g->step), m, m2;
  double *x, lo, hi;
  int rc;
  memset(&r, 0, sizeof r);
  memset(&b, 0, sizeof b);
  if (g->n - g->filled < HF_BLEND_MIN) return HF_EDATA;
  x = hf_work_reals(w, n);
  if (x == NULL) return HF_ENOMEM;
  memcpy(x, g->fill + from, n * sizeof(double));
  rc = hf_rhythm_find(w, x, n, day, &r.rhythm);
  if (rc != HF_OK) return rc;
  m = r.rhythm.m;
  m2 = r.rhythm.m2;
  if (m2 > 0 && m2 < m) {
    m = r.rhythm.m2;
    m2 = r.rhythm.m;
  }
  if (day > 1 && n >= 3 * day && m != day) {
    m = day;
    m2 = 0;
  }
  if (m == day && m2 == 0 && n >= 14 * day + ask->h) m2 = 7 * day;
  if (m > 1) outlook_refill(g->y + from, x, n, m);
  hf_stat_range(x, n, &lo, &hi);
  b.x = x;
  b.truth = g->y + from;
  b.n = n;
  b.m = m;
  b.m2 = m2;
  b.h = ask->h;
  b.lo = ask->lo == ask->lo ? ask->lo : lo >= 0 ? 0 : -HUGE_VAL;
  b.hi = ask->hi == ask->hi ? ask->hi : HUGE_VAL;
  rc = hf_blend_run(w, &b, &r.blend);
  if (rc == HF_OK) *out = r;
  return rc;
}
