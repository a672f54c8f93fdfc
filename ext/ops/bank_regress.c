/*
** bank_regress.c: candidates that are ridge regressions (Hoerl and Kennard
** 1970) on the past of the series; see bank.h.
**
** ar          x[t] on lags 1, 2, 3 and those around one and two cycles and one
**             long cycle, iterated h steps ahead.
** ar+profile  the same with one more regressor: the mean cycle at the phase.
** direct      x[t] at 1, 2, ... cycles ahead on what was known then: the same
**             phase of the last cycles, the mean of the last cycle and of the
**             one before, the mean cycle, the newest residual. No iteration,
**             hence no error that feeds on itself.
*/
#include "bank.h"
#include "../num/linalg.h"
#include "../num/stat.h"
#include "rhythm.h"

#include <math.h>
#include <string.h>

enum {
  REG_LAGS = 12,
  REG_MAX = 16,
  REG_CYCLES = 8,
  REG_AHEAD = 4,
  REG_BLOCK = 256 /* rows added to normal equations at a time */
};

/* Ridge relative to the variance of a regressor. */
#define REG_RIDGE 1e-5

typedef struct reg_model {
  size_t lag[REG_LAGS], lags, longest;
  size_t p; /* length of the profile; 0: none */
  double *profile;
  double mean, coef[REG_MAX];
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
  size_t m = t->m, m2 = t->m2, i;
  for (i = 1; i <= 3; i++) reg_add_lag(r, i, t->fit);
  if (m > 1) {
    for (i = m - 1; i <= m + 1; i++) reg_add_lag(r, i, t->fit);
    reg_add_lag(r, 2 * m, t->fit);
  }
  if (m2 > 1)
    for (i = m2 - 1; i <= m2 + 1; i++) reg_add_lag(r, i, t->fit);
}

/* Coefficients from the normal equations; a singular system falls back to
** the newest value. */
static int reg_solve(hf_work *w, double *a, double *b, size_t k, double scale,
                     double rows) {
  double ridge[REG_MAX];
  size_t i;
  for (i = 0; i < k; i++)
    ridge[i] = (i + 1 == k ? 1e-6 : REG_RIDGE * scale) * rows + 1e-9;
  if (hf_linalg_ridge(a, b, k, ridge) != HF_OK) {
    memset(b, 0, k * sizeof(double));
    b[0] = 1;
  }
  return hf_work_check(w, k * k * k);
}

/* Each lag is the series itself so much later, so that the normal equations
** are products of its parts: column by column, without a row. */
static int reg_fit(hf_work *w, const hf_bank_task *t, reg_model *r) {
  hf_mark mark = hf_work_mark(w);
  size_t n = t->fit, rows = n - r->longest, i, j, phase;
  double *z = hf_work_reals(w, n), *ones = hf_work_reals(w, rows);
  double *cycle = hf_work_reals(w, r->p > 0 ? rows : 1);
  double a[REG_MAX * REG_MAX], scale;
  const double *col[REG_MAX];
  int rc;
  memset(a, 0, sizeof a);
  memset(r->coef, 0, sizeof r->coef);
  if (z == NULL || ones == NULL || cycle == NULL) return HF_ENOMEM;
  r->k = r->lags + (r->p > 0) + 1;
  r->mean = hf_stat_mean(t->x, n);
  scale = hf_stat_variance(t->x, n);
  for (i = 0; i < n; i++) z[i] = t->x[i] - r->mean;
  for (i = 0; i < rows; i++) ones[i] = 1;
  for (j = 0; j < r->lags; j++) col[j] = z + r->longest - r->lag[j];
  if (r->p > 0) {
    phase = r->longest % r->p;
    for (i = 0; i < rows; i++) {
      cycle[i] = r->profile[phase] - r->mean;
      if (++phase == r->p) phase = 0;
    }
    col[j++] = cycle;
  }
  col[j] = ones;
  hf_linalg_rows(a, r->coef, r->k, col, z + r->longest, rows);
  rc = hf_work_check(w, rows * r->k * r->k / 2);
  if (rc == HF_OK) rc = reg_solve(w, a, r->coef, r->k, scale, (double)rows);
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

/* ---- direct */

typedef struct direct_model {
  size_t m, m2, ahead; /* cycles ahead */
  size_t k;
  const double *sum;     /* [n + 1] running sums of x */
  const double *profile; /* [m2 or m] */
  size_t p;
  double coef[REG_MAX];
} direct_model;

static double direct_mean(const direct_model *d, size_t from, size_t to) {
  return (d->sum[to] - d->sum[from]) / (double)(to - from);
}

/* What is known at the origin o about cell t, `ahead` cycles ahead: o in
** (t - ahead m, t - (ahead - 1) m]. */
static void direct_row(const direct_model *d, const double *x, size_t o,
                       size_t t, double *row) {
  size_t m = d->m, a = d->ahead, j = 0, at = t - a * m;
  double now = direct_mean(d, o - m, o),
         before = direct_mean(d, o - 2 * m, o - m);
  row[j++] = x[at] - now;
  row[j++] = x[at - m] - now;
  row[j++] = x[at - 2 * m] - now;
  if (d->m2 > 0) {
    size_t back = d->m2 * (1 + (a * m - 1) / d->m2);
    size_t w0 = back >= d->m2 ? t - back : 0;
    /* the long cycle before, less the level it had then */
    row[j++] = x[w0] - direct_mean(d, o - d->m2, o);
    row[j++] = direct_mean(d, o - d->m2, o) - now;
  }
  row[j++] = d->profile[t % d->p] - now;
  row[j++] = before - now;
  /* the newest residual against the cycle before */
  row[j++] = x[o - 1] - x[o - 1 - m];
  row[j++] = 1;
}

/* Normal equations over the cells first..t->fit, REG_BLOCK rows at a time:
** block[REG_BLOCK * (k + 1)] holds them column by column, the truth last. */
static int direct_sums(hf_work *w, const hf_bank_task *t, const direct_model *d,
                       size_t first, double *block, double *a, double *b) {
  const double *col[REG_MAX];
  double row[REG_MAX], *y = block + d->k * REG_BLOCK;
  size_t i, j, c = 0, s = first * 7 % d->m;
  int rc = HF_OK;
  for (j = 0; j < d->k; j++) col[j] = block + j * REG_BLOCK;
  for (i = first; i < t->fit && rc == HF_OK; i++) {
    /* origins that vary with the cell: it is s cells after the start */
    size_t o = i - (d->ahead - 1) * d->m - s;
    s = (s + 7) % d->m;
    direct_row(d, t->x, o, i, row);
    for (j = 0; j < d->k; j++) block[j * REG_BLOCK + c] = row[j];
    y[c++] = t->x[i] - direct_mean(d, o - d->m, o);
    if (c < REG_BLOCK && i + 1 < t->fit) continue;
    hf_linalg_rows(a, b, d->k, col, y, c);
    rc = hf_work_check(w, c * d->k * d->k);
    c = 0;
  }
  return rc;
}

static int direct_fit(hf_work *w, const hf_bank_task *t, direct_model *d) {
  hf_mark mark = hf_work_mark(w);
  double a[REG_MAX * REG_MAX], *block;
  size_t first = (d->ahead + 3) * d->m, rows, j;
  double scale = hf_stat_variance(t->x, t->fit);
  int rc;
  memset(a, 0, sizeof a);
  memset(d->coef, 0, sizeof d->coef);
  d->k = d->m2 > 0 ? 9 : 7;
  block = hf_work_reals(w, (d->k + 1) * REG_BLOCK);
  if (block == NULL) return HF_ENOMEM;
  /* a row reaches back so far from its origin */
  if (first < d->m2 + d->ahead * d->m) first = d->m2 + d->ahead * d->m;
  rows = t->fit > first ? t->fit - first : 0;
  rc = direct_sums(w, t, d, first, block, a, d->coef);
  for (j = 0; j < d->k; j++) a[j * d->k + j] += 1e-9;
  if (rc == HF_OK) rc = reg_solve(w, a, d->coef, d->k, scale, (double)rows);
  hf_work_release(w, mark);
  return rc;
}

static int direct_run(hf_work *w, const hf_bank_task *t, double *out) {
  direct_model d;
  double *sum = hf_work_reals(w, t->n + 1), *profile;
  size_t i, k, s, cycles = (t->h + t->m - 1) / t->m;
  int rc;
  memset(&d, 0, sizeof d);
  d.m = t->m;
  d.m2 = t->m2 > t->m && t->fit >= 2 * t->m2 + 4 * t->m ? t->m2 : 0;
  d.p = d.m2 > 0 ? d.m2 : d.m;
  profile = hf_work_zeroed(w, d.p, sizeof(double));
  if (sum == NULL || profile == NULL) return HF_ENOMEM;
  sum[0] = 0;
  for (i = 0; i < t->n; i++) sum[i + 1] = sum[i] + t->x[i];
  reg_profile(t->x, t->fit, d.p, profile);
  d.sum = sum;
  d.profile = profile;
  for (d.ahead = 1; d.ahead <= cycles; d.ahead++) {
    size_t from = (d.ahead - 1) * t->m, to = d.ahead * t->m;
    if (to > t->h) to = t->h;
    if (d.ahead > REG_AHEAD || (d.ahead + 5) * t->m > t->fit) {
      /* too far for the history: the cycle before it again */
      for (k = 0; k < t->origins; k++)
        for (s = from; s < to; s++)
          out[k * t->h + s] = out[k * t->h + s - t->m];
      continue;
    }
    rc = direct_fit(w, t, &d);
    if (rc != HF_OK) return rc;
    for (k = 0; k < t->origins; k++) {
      size_t o = t->origin[k];
      double now = direct_mean(&d, o - d.m, o);
      for (s = from; s < to; s++) {
        double row[REG_MAX], y = now;
        size_t j;
        direct_row(&d, t->x, o, o + s, row);
        for (j = 0; j < d.k; j++) y += d.coef[j] * row[j];
        out[k * t->h + s] = y;
      }
    }
  }
  return HF_OK;
}

int hf_bank_regress(hf_work *w, hf_bank_id id, const hf_bank_task *t,
                    double *out) {
  hf_mark mark = hf_work_mark(w);
  int rc = id == HF_BANK_DIRECT ? direct_run(w, t, out)
                                : reg_ar(w, t, id == HF_BANK_ARP, out);
  hf_work_release(w, mark);
  return rc;
}
