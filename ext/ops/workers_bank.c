/*
** workers_bank.c: see workers_bank.h.
**
** Each forecaster has a level f and a scale s. Levels: exponentially weighted
** means (alpha .06 .15 .35 .7) of the load; with a season S, of the load above
** it, to which the season at the time foreseen is added,
**
**   f = mean(a - S) + S(t + lead)
**
** so that a season moves the level by what it expects from now on. Scales: the
** exponentially weighted absolute error at the lead (rate .02, and .2 without
** a season), never below the error of a Poisson stream. Each tracks the
** quantile h of (a - f) / s at level tau by stochastic approximation (H.
** Robbins, S. Monro 1951; as online quantile tracking, A. Gibbs, E. Candes,
** "Adaptive conformal inference", 2021):
**
**   h += 0.1 max(mad, 0.02) (tau if r > h else tau - 1)
**
** and says u = f + h s. Their discounted pinball losses weigh them,
** (least / loss)^16, and the weighted mean of the u is the quantile: a season
** counts where it has earned it. A forecaster is judged, and learns, when its
** forecast falls due.
**
** The tape says little of an hour that comes once a day, and nothing of a
** Monday. So the losses are joined by those that each would have had at this
** time of the periods before: with the level of then, what it adds to the level
** now beside what the load did. They are no part of the losses kept.
*/
#include "workers_bank.h"

#include <math.h>
#include <string.h>
#include "../num/stat.h"

enum {
  BANK_MEANS = 4,
  BANK_PLAIN = 2 * BANK_MEANS, /* each mean with two scales */
  BANK_LEVELS = BANK_MEANS * (1 + HF_SEASONS),
  BANK_MOST = BANK_PLAIN + BANK_MEANS * HF_SEASONS
};

static const double bank_alpha[BANK_MEANS] = {.06, .15, .35, .7};
static const double bank_rate[2] = {.2, .02};

/* What the bank has learnt so far. */
typedef struct workers_bank {
  size_t n;                /* forecasters */
  size_t level[BANK_MOST]; /* of each */
  double rate[BANK_MOST];  /* of its scale */
  double mean[BANK_LEVELS];
  double dev[BANK_MOST];  /* mean absolute error at the lead, erlangs */
  double h[BANK_MOST];    /* quantile of the scaled error */
  double mad[BANK_MOST];  /* mean absolute scaled error */
  double loss[BANK_MOST]; /* discounted pinball loss, erlangs */
  size_t due;             /* forecasts judged */
} workers_bank;

/* What each said, sample by sample. */
typedef struct bank_said {
  double *f; /* [samples x forecasters] levels */
  double *s; /* scales */
  double *u; /* quantiles */
} bank_said;

static void bank_make(workers_bank *b, size_t seasons, double tau) {
  size_t k;
  memset(b, 0, sizeof(*b));
  b->n = BANK_PLAIN + BANK_MEANS * seasons;
  for (k = 0; k < b->n; k++) {
    b->level[k] = k < BANK_PLAIN ? k / 2 : k - BANK_PLAIN + BANK_MEANS;
    b->rate[k] = bank_rate[k < BANK_PLAIN ? k % 2 : 1];
    /* as if normal, until the quantile is learnt: sd = 1.2533 mean |error| */
    b->h[k] = 1.2533141373155 * hf_stat_normal_quantile(tau);
    b->mad[k] = .5;
  }
}

static double bank_pinball(double e, double tau) {
  return e > 0 ? tau * e : (tau - 1) * e;
}

/* The forecasts made at sample j are judged by the load a. */
static void bank_judge(workers_bank *b, const bank_said *said, size_t j,
                       double a, double tau) {
  size_t k;
  for (k = 0; k < b->n; k++) {
    size_t at = j * b->n + k;
    double e = a - said->f[at], r = e / said->s[at];
    b->dev[k] =
        b->due == 0 ? fabs(e) : b->dev[k] + b->rate[k] * (fabs(e) - b->dev[k]);
    b->mad[k] += .02 * (fabs(r) - b->mad[k]);
    b->h[k] += .1 * fmax(b->mad[k], .02) * (r > b->h[k] ? tau : tau - 1);
    b->loss[k] = .998 * b->loss[k] + bank_pinball(a - said->u[at], tau);
  }
  b->due++;
}

/* The season's cell of a sample. */
static size_t bank_cell(const hf_workers_tape *t, size_t i) {
  return (size_t)fmax(0, floor((t->ts[i] - t->begin) / t->step + .5));
}

/* Levels after sample i, foreseen for `lead` later: level[BANK_LEVELS]. */
static void bank_levels(workers_bank *b, const hf_workers_tape *t,
                        const hf_workers_seasons *s, size_t i, size_t lead,
                        double *level) {
  size_t at = bank_cell(t, i), k, z;
  double a = t->busy[i];
  for (k = 0; k < BANK_MEANS; k++) {
    b->mean[k] = i == 0 ? a : b->mean[k] + bank_alpha[k] * (a - b->mean[k]);
    level[k] = b->mean[k];
  }
  for (z = 0; z < s->n; z++) {
    double now = at < s->cells ? s->value[z][at] : NAN;
    double then = at + lead < s->cells ? s->value[z][at + lead] : NAN;
    for (k = 0; k < BANK_MEANS; k++) {
      double *m = &b->mean[BANK_MEANS * (z + 1) + k];
      if (!isnan(now))
        *m = i == 0 ? a - now : *m + bank_alpha[k] * (a - now - *m);
      level[BANK_MEANS * (z + 1) + k] =
          isnan(now) || isnan(then) ? level[k] : *m + then;
    }
  }
}

/* What the season expects more than `lead` samples after i, before then. */
static double bank_until(const hf_workers_tape *t, const hf_workers_seasons *s,
                         size_t z, size_t i, size_t lead) {
  size_t at = bank_cell(t, i);
  double most = at < s->cells ? s->peak[z][at] : NAN;
  return isnan(most) ? 0 : most - s->value[z][at + lead];
}

/* Loss of forecaster k at this time of the periods before. `adds`: what it adds
** to the level; z: its season; HF_SEASONS: none. */
static double bank_before(const hf_workers_seasons *s, size_t at, size_t lead,
                          size_t z, double adds, double tau) {
  double loss = 0;
  size_t j;
  if (at + lead >= s->cells) return 0;
  if (z < s->n) {
    double moves = s->value[z][at + lead] - s->value[z][at];
    if (!isnan(moves)) adds += moves;
  }
  for (j = 0; j < s->past; j++) {
    double e = s->change[j][at] - adds;
    if (!isnan(e)) loss += bank_pinball(e, tau);
  }
  return loss;
}

/* Weighted means of what the forecasters say at sample i. */
static void bank_mix(const workers_bank *b, const bank_said *said,
                     const hf_workers_tape *t, const hf_workers_seasons *s,
                     size_t lead, size_t i, double tau, hf_workers_sight *out) {
  double least = INFINITY, sum = 0, u = 0, f = 0, until = 0, season = 0;
  double with[HF_SEASONS] = {0}, loss[BANK_MOST];
  size_t at = bank_cell(t, i), k;
  for (k = 0; k < b->n; k++) {
    double adds = said->u[i * b->n + k] - said->f[i * b->n + k];
    size_t z = k < BANK_PLAIN ? HF_SEASONS : (k - BANK_PLAIN) / BANK_MEANS;
    loss[k] = b->loss[k] + bank_before(s, at, lead, z, adds, tau);
    least = fmin(least, loss[k]);
  }
  for (k = 0; k < b->n; k++) {
    double x = (least + 1e-9) / (loss[k] + 1e-9);
    x *= x;
    x *= x;
    x *= x;
    x *= x;
    sum += x;
    u += x * said->u[i * b->n + k];
    f += x * said->f[i * b->n + k];
    if (k >= BANK_PLAIN) with[(k - BANK_PLAIN) / BANK_MEANS] += x;
  }
  for (k = 0; k < s->n; k++) {
    season += with[k];
    until += with[k] * bank_until(t, s, k, i, lead);
  }
  out->up[i] = fmax(0, u / sum);
  out->mid[i] = fmax(0, f / sum);
  out->until[i] = fmax(0, until / sum);
  out->season = season / sum;
}

static int bank_room(hf_work *w, size_t n, size_t bank, bank_said *said,
                     hf_workers_sight *out) {
  said->f = hf_work_alloc(w, n * bank, sizeof(double));
  said->s = hf_work_alloc(w, n * bank, sizeof(double));
  said->u = hf_work_alloc(w, n * bank, sizeof(double));
  return out->up == NULL || out->mid == NULL || out->until == NULL ||
                 said->f == NULL || said->s == NULL || said->u == NULL
             ? HF_ENOMEM
             : HF_OK;
}

int hf_workers_bank_run(hf_work *w, const hf_workers_tape *t,
                        const hf_workers_seasons *seasons, double lead,
                        double tau, double noise, hf_workers_sight *out) {
  hf_mark mark;
  workers_bank b;
  bank_said said;
  hf_workers_sight o;
  size_t i, j = 0, k, ahead = (size_t)lead;
  double level[BANK_LEVELS];
  int rc;
  memset(&o, 0, sizeof(o));
  bank_make(&b, seasons->n, tau);
  o.up = hf_work_reals(w, t->n);
  o.mid = hf_work_reals(w, t->n);
  o.until = hf_work_reals(w, t->n);
  mark = hf_work_mark(w);
  rc = bank_room(w, t->n, b.n, &said, &o);
  for (i = 0; i < t->n && rc == HF_OK; i++) {
    double a = t->busy[i];
    while (j < i && t->cell[j] < t->cell[i] - lead) j++;
    if (j < i && t->cell[j] == t->cell[i] - lead) {
      if (b.due >= HF_WORKERS_LEARN) {
        o.judged++;
        if (a <= o.up[j]) {
          o.covered++;
          if (a >= o.up[j] / 2) o.close++;
        }
      }
      bank_judge(&b, &said, j, a, tau);
    }
    bank_levels(&b, t, seasons, i, ahead, level);
    for (k = 0; k < b.n; k++) {
      double f = level[b.level[k]];
      double s = fmax(b.dev[k], sqrt(fmax(f, .01) * noise));
      said.f[i * b.n + k] = f;
      said.s[i * b.n + k] = s;
      said.u[i * b.n + k] = f + b.h[k] * s;
    }
    bank_mix(&b, &said, t, seasons, ahead, i, tau, &o);
    if (b.due < HF_WORKERS_LEARN) o.first = i + 1;
    rc = hf_work_check(w, 200);
  }
  hf_work_release(w, mark);
  if (rc == HF_OK) *out = o;
  return rc;
}
