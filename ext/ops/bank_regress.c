/*
** bank_regress.c: candidates that are ridge regressions (Hoerl and Kennard
** 1970) on the past of the series, with the weights of num/huber.h: a burst
** does not bend the model, and what is long ago counts less; see bank.h.
**
** ar          x[t] on lags 1, 2, 3 and those around one and two cycles and one
**             long cycle (two on either side: the shape there, not one value,
**             foretells), iterated h steps ahead.
** ar+profile  the same with one more regressor: the mean cycle at the phase.
** ar of differences
**             the same of x[t] - x[t - p], p the longest cycle that there are
**             two of, on lags 1, 2, 3 and those around one cycle: what differs
**             from last week dies away, and last week comes again (the seasonal
**             difference of Box and Jenkins 1970).
*/
#include "bank.h"
#include "../num/huber.h"
#include "../num/stat.h"
#include "rhythm.h"

#include <math.h>
#include <string.h>

enum {
  REG_NEAR = 3, /* lags 1..3 */
  REG_WIDE = 2, /* and so many on either side of a cycle */
  REG_LAGS = REG_NEAR + 3 * (2 * REG_WIDE + 1),
  REG_CYCLES = 8
};

/* Ridge relative to the variance of a regressor. */
#define REG_RIDGE 1e-5
/* Cycles that are long, where there is no long cycle. */
#define REG_WEEK 7.0

typedef struct reg_model {
  size_t lag[REG_LAGS], lags, longest;
  size_t p; /* length of the profile; 0: none */
  double *profile;
  double mean, coef[REG_LAGS + 2];
  size_t k; /* coefficients */
} reg_model;

/* Mean of the newest cycles by phase: profile[p], phase = index % p. */
static void reg_profile(const double *x, size_t n, size_t p, double *profile) {
  size_t i, c;
  for (i = 0; i < p && i < n; i++) {
    size_t at = n - 1 - i;
    size_t phase = at % p;
    double sum = 0;
    for (c = 0; c < REG_CYCLES; c++) {
      sum += x[at];
      if (at < p) {
        c++;
        break;
      }
      at -= p;
    }
    profile[phase] = sum / (double)c;
  }
}

static void reg_add_lag(reg_model *r, size_t lag, size_t fit) {
  size_t i;
  if (lag == 0 || lag > fit / 2 || r->lags == REG_LAGS) return;
  for (i = 0; i < r->lags; i++)
    if (r->lag[i] == lag) return;
  r->lag[r->lags++] = lag;
  if (lag > r->longest) r->longest = lag;
}

static void reg_lags(reg_model *r, const hf_bank_task *t) {
  size_t cycle[3], c, i;
  cycle[0] = t->m;
  cycle[1] = 2 * t->m;
  cycle[2] = t->m2;
  for (i = 1; i <= REG_NEAR; i++) reg_add_lag(r, i, t->fit);
  for (c = 0; c < 3; c++)
    for (i = 0; cycle[c] > REG_WIDE && i <= 2 * REG_WIDE; i++)
      reg_add_lag(r, cycle[c] + i - REG_WIDE, t->fit);
}

/* Where the products of the lags of these cells are, or go. */
static hf_lagged_kept *reg_kept(const hf_bank_task *t) {
  hf_bank_shared *s = t->shared;
  if (s == NULL) return NULL;
  if (s->x != t->x || s->fit != t->fit) s->lags.set = 0;
  s->x = t->x;
  s->fit = t->fit;
  return &s->lags;
}

/* Coefficients; a singular system falls back to the newest value. A cell counts
** half as much as one a long cycle after it, one that was filled in not at all.
*/
static int reg_solve(hf_work *w, const hf_bank_task *t,
                     const double *const *col, const double *y,
                     const size_t *lag, size_t lags, size_t again, size_t n,
                     size_t k, double *coef) {
  double ridge[HF_HUBER_MAX], scale = hf_stat_variance(t->x, t->fit);
  double half = t->m2 > 1 ? (double)t->m2 : REG_WEEK * (double)t->m;
  hf_huber_ask ask;
  size_t i;
  int rc;
  for (i = 0; i < k; i++) ridge[i] = i + 1 < k ? REG_RIDGE * scale : 1e-6;
  for (i = 0; i < k; i++) ridge[i] += 1e-12;
  ask.col = col;
  ask.y = y;
  ask.lag = lag;
  ask.lags = lags;
  ask.again = again;
  ask.kept = reg_kept(t);
  ask.n = n;
  ask.k = k;
  ask.fade = half > REG_WEEK ? pow(0.5, 1 / half) : 1;
  ask.ridge = ridge;
  /* the rows are those of the newest n cells of the fit */
  ask.known = t->truth != NULL ? t->truth + (t->fit - n) : NULL;
  rc = hf_huber_fit(w, &ask, coef);
  if (rc == HF_ESINGULAR) {
    memset(coef, 0, k * sizeof(double));
    coef[0] = 1;
    rc = HF_OK;
  }
  return rc;
}

/* Each lag is the series itself so much later: the columns are parts of one
** array. */
static int reg_fit(hf_work *w, const hf_bank_task *t, reg_model *r) {
  hf_mark mark = hf_work_mark(w);
  size_t n = t->fit - r->longest, i, j, phase;
  double *z = hf_work_reals(w, t->fit), *ones = hf_work_reals(w, n);
  double *cycle = hf_work_reals(w, r->p > 0 ? n : 0);
  const double *col[REG_LAGS + 2];
  int rc;
  if (z == NULL || ones == NULL || cycle == NULL) return HF_ENOMEM;
  r->mean = hf_stat_mean(t->x, t->fit);
  for (i = 0; i < t->fit; i++) z[i] = t->x[i] - r->mean;
  for (i = 0; i < n; i++) ones[i] = 1;
  for (j = 0; j < r->lags; j++) col[j] = z + r->longest - r->lag[j];
  if (r->p > 0) {
    phase = r->longest % r->p;
    for (i = 0; i < n; i++) {
      cycle[i] = r->profile[phase] - r->mean;
      if (++phase == r->p) phase = 0;
    }
    col[j++] = cycle;
  }
  col[j++] = ones;
  r->k = j;
  rc = reg_solve(w, t, col, z + r->longest, r->lag, r->lags,
                 r->p > 0 ? r->p : 1, n, r->k, r->coef);
  hf_work_release(w, mark);
  return rc;
}

/* Iterates from every origin. buf holds the newest `longest` values and the
** forecasts behind them, all less the mean. The newest lags, which have to
** wait for the value just made, come last. */
static int reg_iterate(hf_work *w, const hf_bank_task *t, const reg_model *r,
                       double *buf, double *out) {
  size_t k, s, j, back = r->longest;
  for (k = 0; k < t->origins; k++) {
    size_t o = t->origin[k], phase = r->p > 0 ? o % r->p : 0;
    int rc = hf_work_check(w, back + 2 * t->h * r->k);
    if (rc != HF_OK) return rc;
    for (s = 0; s < back; s++) buf[s] = t->x[o - back + s] - r->mean;
    for (s = 0; s < t->h; s++) {
      double y = r->coef[r->k - 1];
      if (r->p > 0) {
        y += r->coef[r->lags] * (r->profile[phase] - r->mean);
        if (++phase == r->p) phase = 0;
      }
      for (j = r->lags; j-- > 0;) y += r->coef[j] * buf[back + s - r->lag[j]];
      /* an explosive root must not run away: unit scale, see bank.h */
      y = y < 1e3 ? y : 1e3;
      y = y > -1e3 ? y : -1e3;
      buf[back + s] = y;
      out[k * t->h + s] = y + r->mean;
    }
  }
  return HF_OK;
}

static int reg_ar(hf_work *w, const hf_bank_task *t, int profile, double *out) {
  reg_model r;
  double *buf;
  int rc;
  memset(&r, 0, sizeof r);
  reg_lags(&r, t);
  if (profile) {
    r.p = t->m2 > 1 ? t->m2 : t->m;
    r.profile = hf_work_zeroed(w, r.p, sizeof(double));
    if (r.profile == NULL) return HF_ENOMEM;
    reg_profile(t->x, t->fit, r.p, r.profile);
  }
  buf = hf_work_reals(w, r.longest + t->h);
  if (buf == NULL) return HF_ENOMEM;
  rc = reg_fit(w, t, &r);
  return rc != HF_OK ? rc : reg_iterate(w, t, &r, buf, out);
}

/* Lags of the differences over p cells. */
static void reg_diff_lags(reg_model *r, const hf_bank_task *d, size_t p) {
  size_t i;
  for (i = 1; i <= REG_NEAR; i++) reg_add_lag(r, i, d->fit);
  for (i = d->m - 1; i <= d->m + 1; i++) reg_add_lag(r, i, d->fit);
  if (p == d->m) reg_add_lag(r, 2 * p, d->fit);
}

/* The differences of the cells from p on, as a task of its own: x[n - p],
** truth[n - p] and origin[origins] come from the arena. */
static int reg_differ(hf_work *w, const hf_bank_task *t, size_t p,
                      hf_bank_task *d) {
  double *x = hf_work_reals(w, t->n - p), *truth = hf_work_reals(w, t->n - p);
  size_t *origin = hf_work_alloc(w, t->origins, sizeof *origin), i;
  if (x == NULL || truth == NULL || origin == NULL) return HF_ENOMEM;
  for (i = 0; i + p < t->n; i++) {
    x[i] = t->x[i + p] - t->x[i];
    truth[i] = t->truth != NULL ? t->truth[i + p] - t->truth[i] : x[i];
  }
  for (i = 0; i < t->origins; i++) origin[i] = t->origin[i] - p;
  *d = *t;
  d->x = x;
  d->truth = t->truth != NULL ? truth : NULL;
  d->origin = origin;
  d->shared = NULL; /* other lags */
  d->n -= p;
  d->fit -= p;
  return hf_work_check(w, 2 * t->n);
}

static int reg_diff(hf_work *w, const hf_bank_task *t, double *out) {
  size_t p = t->m2 > t->m && t->fit >= 2 * t->m2 ? t->m2 : t->m, k, s;
  hf_bank_task d;
  reg_model r;
  double *buf;
  int rc = reg_differ(w, t, p, &d);
  if (rc != HF_OK) return rc;
  memset(&r, 0, sizeof r);
  reg_diff_lags(&r, &d, p);
  buf = hf_work_reals(w, r.longest + t->h);
  if (buf == NULL) return HF_ENOMEM;
  rc = reg_fit(w, &d, &r);
  if (rc == HF_OK) rc = reg_iterate(w, &d, &r, buf, out);
  for (k = 0; k < t->origins && rc == HF_OK; k++) {
    double *y = out + k * t->h;
    for (s = 0; s < t->h; s++)
      y[s] += s < p ? t->x[t->origin[k] - p + s] : y[s - p];
  }
  return rc;
}

int hf_bank_regress(hf_work *w, hf_bank_id id, const hf_bank_task *t,
                    double *out) {
  hf_mark mark = hf_work_mark(w);
  int rc = id == HF_BANK_DIFF ? reg_diff(w, t, out)
                              : reg_ar(w, t, id == HF_BANK_ARP, out);
  hf_work_release(w, mark);
  return rc;
}
