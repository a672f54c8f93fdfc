/*
** sqlite_cost.c: see sqlite_cost.h.
**
** Non-negative least squares (num/nnls.h) on relative errors: each row is
** divided by its fitted time, since a statement of 100 ms is not known to the
** microsecond. Times have a long tail above (another process ran): rows whose
** relative residual is beyond 1.345 robust standard deviations count less, in
** Huber's way (P. Huber, Annals of Mathematical Statistics 35, 1964), iterated.
** The intervals are those of the weighted least squares over all columns,
** normal, with the residuals' robust scale, about the coefficient as it is and
** cut at 0: one held at 0 has an upper bound alone.
*/
#include "sqlite_cost.h"

#include <math.h>
#include <string.h>
#include "../num/linalg.h"
#include "../num/nnls.h"
#include "../num/stat.h"

enum { COST_FEW = 20, COST_ROUNDS = 8 };

/* No clock here tells less, ms: keeps weights finite. */
static const double cost_tick = 1e-4;

static void cost_columns(const hf_sqlite_runs *r, size_t i, double *x) {
  x[HF_COST_BASE] = 1;
  x[HF_COST_STEP] = r->steps[i];
  x[HF_COST_PAGE] = r->pages[i];
  x[HF_COST_MISS] = r->misses[i];
}

double hf_sqlite_cost_ms(const hf_sqlite_cost *cost, double steps, double pages,
                         double misses) {
  return cost->ms[HF_COST_BASE] + cost->ms[HF_COST_STEP] * steps +
         cost->ms[HF_COST_PAGE] * pages + cost->ms[HF_COST_MISS] * misses;
}

static double cost_fitted(const hf_sqlite_cost *c, const hf_sqlite_runs *r,
                          size_t i) {
  double fit = hf_sqlite_cost_ms(c, r->steps[i], r->pages[i], r->misses[i]);
  return fmax(fit, cost_tick);
}

/* One round: rows over `scale[i]`, weights `weight[i]`. a is [n][HF_COSTS]
** scratch, b is [n]. */
static int cost_round(const hf_sqlite_runs *r, const double *scale,
                      const double *weight, double *a, double *b,
                      hf_sqlite_cost *c) {
  size_t i;
  int k;
  for (i = 0; i < r->n; i++) {
    double f = weight[i] / scale[i];
    cost_columns(r, i, a + i * HF_COSTS);
    for (k = 0; k < HF_COSTS; k++) a[i * HF_COSTS + (size_t)k] *= f;
    b[i] = r->ms[i] * f;
  }
  return hf_nnls(a, b, r->n, HF_COSTS, c->ms);
}

/* Intervals from the last round's rows in a; `sd` of the relative error. */
static void cost_intervals(const double *a, size_t n, double sd,
                           hf_sqlite_cost *c) {
  double normal[HF_COSTS * HF_COSTS] = {0}, ridge[HF_COSTS];
  size_t i, j, k;
  for (i = 0; i < n; i++) {
    const double *x = a + i * HF_COSTS;
    for (j = 0; j < HF_COSTS; j++) {
      for (k = 0; k <= j; k++) normal[j * HF_COSTS + k] += x[j] * x[k];
    }
  }
  /* columns that say the same of every row get wide intervals, not none */
  for (j = 0; j < HF_COSTS; j++) {
    ridge[j] = 1e-9 * normal[j * HF_COSTS + j] + 1e-300;
  }
  for (k = 0; k < HF_COSTS; k++) {
    double m[HF_COSTS * HF_COSTS], one[HF_COSTS] = {0};
    memcpy(m, normal, sizeof(m));
    one[k] = 1;
    c->lo[k] = 0;
    c->hi[k] = HUGE_VAL;
    if (hf_linalg_ridge(m, one, HF_COSTS, ridge) != HF_OK) continue;
    if (!(one[k] >= 0)) continue;
    c->lo[k] = fmax(0, c->ms[k] - 1.645 * sd * sqrt(one[k]));
    c->hi[k] = c->ms[k] + 1.645 * sd * sqrt(one[k]);
  }
}

static int cost_rounds(hf_work *w, const hf_sqlite_runs *r, double *a,
                       hf_sqlite_cost *c) {
  double *b = hf_work_reals(w, r->n), *scale = hf_work_reals(w, r->n);
  double *weight = hf_work_reals(w, r->n), *e = hf_work_reals(w, r->n);
  double sd = 1;
  size_t i;
  int round, rc = HF_OK;
  if (b == NULL || scale == NULL || weight == NULL || e == NULL) {
    return HF_ENOMEM;
  }
  for (i = 0; i < r->n; i++) {
    scale[i] = fmax(r->ms[i], cost_tick);
    weight[i] = 1;
  }
  for (round = 0; rc == HF_OK && round < COST_ROUNDS; round++) {
    rc = cost_round(r, scale, weight, a, b, c);
    if (rc != HF_OK) break;
    for (i = 0; i < r->n; i++) {
      scale[i] = cost_fitted(c, r, i);
      e[i] = fabs(r->ms[i] / scale[i] - 1);
    }
    c->spread = hf_stat_median(e, r->n);
    sd = fmax(HF_STAT_MAD_SCALE * c->spread, 1e-6);
    for (i = 0; i < r->n; i++) {
      double z = fabs(r->ms[i] / scale[i] - 1) / sd;
      weight[i] = z > 1.345 ? sqrt(1.345 / z) : 1;
    }
    rc = hf_work_check(w, r->n * 40);
  }
  if (rc == HF_OK) cost_intervals(a, r->n, sd, c);
  return rc;
}

int hf_sqlite_cost_fit(hf_work *w, const hf_sqlite_runs *r,
                       hf_sqlite_cost *cost) {
  hf_mark mark = hf_work_mark(w);
  hf_sqlite_cost made = {{0}, {0}, {0}, 0, 0, 0};
  double *a;
  size_t i;
  int rc;
  if (r->n < COST_FEW) return HF_EDATA;
  a = hf_work_alloc(w, r->n, HF_COSTS * sizeof(double));
  if (a == NULL) return HF_ENOMEM;
  rc = cost_rounds(w, r, a, &made);
  hf_work_release(w, mark);
  if (rc != HF_OK) return rc;
  made.n = r->n;
  for (i = 0; i < r->n; i++) made.most = fmax(made.most, r->steps[i]);
  *cost = made;
  return HF_OK;
}
