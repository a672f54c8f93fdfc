/*
** bank_rho.c: the season, and an autoregression of what it leaves; see bank.h.
**
** rho     x[t] = s[t] + r[t]: s is the median of the newest cycles at the
**         phase, r a ridge regression on lags 1, 2 and one short cycle,
**         iterated. One such forecast by the short cycle and one by the long,
**         where there are two of it, are averaged.
**
** Of the ideas of Card (Doornik, Castle and Hendry 2020, Card forecasts for M4,
** International Journal of Forecasting 36) this is what earned a place: Rho, an
** autoregression about a season, and the average of simple methods. Its Delta
** (the newest value and the mean growth at each phase) and its calibration (the
** average taken for history, and fitted again) made no forecast better here:
** the other autoregressions of the bank do that work.
*/
#include "bank.h"
#include "../num/linalg.h"

#include <math.h>
#include <string.h>

enum { RHO_CYCLES = 7, RHO_LAGS = 3 };

/* Ridge relative to the mean square of the rest. */
#define RHO_RIDGE 1e-3

typedef struct rho_model {
  size_t p;        /* cells of a cycle */
  double *profile; /* [p] */
  double *rest; /* [RHO_CYCLES * p + h] x less the profile, and what follows */
  size_t n;     /* cells of rest before the origin */
  size_t lag[RHO_LAGS];
  double coef[RHO_LAGS];
  double most; /* the rest never went beyond */
} rho_model;

/* The profile at an origin, and the rest of the cycles that made it. */
static void rho_look(const double *x, size_t origin, rho_model *r) {
  size_t cycles = origin / r->p, i, from, phase;
  if (cycles > RHO_CYCLES) cycles = RHO_CYCLES;
  hf_bank_medians(x, origin, r->p, cycles, r->profile);
  r->n = cycles * r->p;
  from = origin - r->n;
  phase = from % r->p;
  r->most = 0;
  for (i = 0; i < r->n; i++) {
    r->rest[i] = x[from + i] - r->profile[phase];
    if (++phase == r->p) phase = 0;
    if (fabs(r->rest[i]) > r->most) r->most = fabs(r->rest[i]);
  }
}

/* Coefficients from the rest of the first `fit` cells, those filled in left
** out. */
static void rho_fit(const hf_bank_task *t, rho_model *r) {
  double a[RHO_LAGS * RHO_LAGS] = {0}, b[RHO_LAGS] = {0}, ridge[RHO_LAGS];
  size_t from = t->fit - r->n, i, j, k;
  double square = 0;
  for (i = r->lag[RHO_LAGS - 1]; i < r->n; i++) {
    double v = r->rest[i];
    if (t->truth != NULL && t->truth[from + i] != t->truth[from + i]) continue;
    for (j = 0; j < RHO_LAGS; j++) {
      double u = r->rest[i - r->lag[j]];
      b[j] += u * v;
      for (k = 0; k < RHO_LAGS; k++)
        a[j * RHO_LAGS + k] += u * r->rest[i - r->lag[k]];
    }
  }
  for (j = 0; j < RHO_LAGS; j++) square += a[j * RHO_LAGS + j] / RHO_LAGS;
  for (j = 0; j < RHO_LAGS; j++) ridge[j] = RHO_RIDGE * square + 1e-12;
  if (hf_linalg_ridge(a, b, RHO_LAGS, ridge) != HF_OK) memset(b, 0, sizeof b);
  memcpy(r->coef, b, sizeof b);
}

/* Adds `share` of the forecast from an origin to y[h]. */
static void rho_add(const hf_bank_task *t, size_t origin, rho_model *r,
                    double share, double *y) {
  size_t s, j, phase = origin % r->p;
  for (s = 0; s < t->h; s++) {
    double v = 0;
    for (j = 0; j < RHO_LAGS; j++)
      v += r->coef[j] * r->rest[r->n + s - r->lag[j]];
    v = v < r->most ? v : r->most;
    v = v > -r->most ? v : -r->most;
    r->rest[r->n + s] = v;
    y[s] += share * (r->profile[phase] + v);
    if (++phase == r->p) phase = 0;
  }
}

/* Adds `share` of the forecasts by the cycle of p cells. */
static int rho_cycle(hf_work *w, const hf_bank_task *t, size_t p, double share,
                     double *out) {
  rho_model r;
  size_t k;
  int rc = HF_OK;
  memset(&r, 0, sizeof r);
  r.p = p;
  r.profile = hf_work_reals(w, p);
  r.rest = hf_work_reals(w, RHO_CYCLES * p + t->h);
  if (r.profile == NULL || r.rest == NULL) return HF_ENOMEM;
  r.lag[0] = 1;
  r.lag[1] = 2;
  r.lag[2] = t->m;
  rho_look(t->x, t->fit, &r);
  rho_fit(t, &r);
  for (k = 0; k < t->origins && rc == HF_OK; k++) {
    if (t->origin[k] != t->fit || k > 0) rho_look(t->x, t->origin[k], &r);
    rho_add(t, t->origin[k], &r, share, out + k * t->h);
    rc = hf_work_check(w, 40 * p + 3 * r.n + 8 * t->h);
  }
  return rc;
}

int hf_bank_rho(hf_work *w, const hf_bank_task *t, double *out) {
  hf_mark mark = hf_work_mark(w);
  int two = t->m2 > t->m && t->fit >= 2 * t->m2, rc;
  double share = two ? 0.5 : 1;
  memset(out, 0, t->origins * t->h * sizeof *out);
  rc = rho_cycle(w, t, t->m, share, out);
  if (rc == HF_OK && two) rc = rho_cycle(w, t, t->m2, share, out);
  hf_work_release(w, mark);
  return rc;
}
