/*
** blend.c: combination by rolling origins, and conformal intervals; see
** blend.h.
**
** Where the candidates are tried, and what they err there: trials.h. How errors
** become weights and weights one forecast: vote.h.
**
** Intervals. The blend is replayed from each origin with weights made without
** the origins that overlap it; interval.h makes intervals of its errors.
*/
#include "blend.h"
#include "interval.h"
#include "trials.h"
#include "vote.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

/* each on the level and in logs */
enum { BLEND_CANDIDATES = 2 * HF_BANK_COUNT };

typedef struct blend_candidate {
  hf_bank_id id;
  int log;
  hf_bank_memory mem;
} blend_candidate;

typedef struct blend {
  hf_work *w;
  const hf_blend_ask *ask;
  double center, scale;   /* of the level */
  double lcenter, lscale; /* of the logs */
  double *u;              /* [n] (x - center) / scale */
  double *v;              /* [n] logs in unit scale; NULL: none */
  double *truth;          /* [n] truth in unit scale, NaN kept */
  double least, most;     /* range of u */
  hf_trials t;
  blend_candidate c[BLEND_CANDIDATES];
  hf_trial trial[BLEND_CANDIDATES]; /* of each; in unit scale */
  size_t count;
  hf_bank_shared shared; /* between the candidates */
} blend;

/* ---- scales */

static int blend_scale(blend *b) {
  const hf_blend_ask *a = b->ask;
  size_t i, n = a->n;
  b->u = hf_work_reals(b->w, n);
  b->truth = hf_work_reals(b->w, n);
  if (b->u == NULL || b->truth == NULL) return HF_ENOMEM;
  b->center = hf_stat_mean(a->x, n);
  b->scale = hf_stat_sd(a->x, n);
  if (!(b->scale > 0)) b->scale = 1;
  for (i = 0; i < n; i++) {
    b->u[i] = (a->x[i] - b->center) / b->scale;
    b->truth[i] = (a->truth[i] - b->center) / b->scale;
  }
  hf_stat_range(b->u, n, &b->least, &b->most);
  return HF_OK;
}

/* Logs only where the history is positive. */
static int blend_logs(blend *b) {
  const hf_blend_ask *a = b->ask;
  size_t i, n = a->n;
  double lo, hi;
  hf_stat_range(a->x, n, &lo, &hi);
  b->v = NULL;
  if (!(lo > 0) || !(hi > lo)) return HF_OK;
  b->v = hf_work_reals(b->w, n);
  if (b->v == NULL) return HF_ENOMEM;
  for (i = 0; i < n; i++) b->v[i] = log(a->x[i]);
  b->lcenter = hf_stat_mean(b->v, n);
  b->lscale = hf_stat_sd(b->v, n);
  if (!(b->lscale > 0)) b->lscale = 1;
  for (i = 0; i < n; i++) b->v[i] = (b->v[i] - b->lcenter) / b->lscale;
  return HF_OK;
}

/* A forecast of logs back to the unit scale of the level. */
static void blend_unlog(const blend *b, double *y, size_t n) {
  size_t i;
  for (i = 0; i < n; i++)
    y[i] = (exp(y[i] * b->lscale + b->lcenter) - b->center) / b->scale;
}

/* Keeps a forecast within a range of the history beyond its extremes. */
static void blend_clamp(const blend *b, double *y, size_t n) {
  double range = b->most - b->least;
  double lo = b->least - range, hi = b->most + range;
  size_t i;
  for (i = 0; i < n; i++) {
    if (!(y[i] <= hi)) y[i] = hi;
    if (y[i] < lo) y[i] = lo;
  }
}

/* ---- trying the candidates */

static int blend_try(blend *b, blend_candidate *c, hf_trial *own) {
  const hf_blend_ask *a = b->ask;
  size_t n = b->t.origins * b->t.tested;
  hf_bank_task t;
  int rc;
  t.x = c->log ? b->v : b->u;
  t.truth = b->truth;
  t.n = a->n;
  t.fit = b->t.origin[0];
  t.m = a->m;
  t.m2 = a->m2;
  t.origin = b->t.origin;
  t.origins = b->t.origins;
  t.h = b->t.tested;
  t.shared = &b->shared;
  rc = hf_trials_room(b->w, &b->t, own);
  if (rc != HF_OK) return rc;
  rc = hf_bank_run(b->w, c->id, &t, &c->mem, own->past);
  if (rc != HF_OK) return rc;
  if (c->log) blend_unlog(b, own->past, n);
  blend_clamp(b, own->past, n);
  return hf_work_check(b->w, 6 * n);
}

/* 1 when a candidate is tried on the level (logs 0) or on logarithms (1). */
static int blend_offers(const blend *b, hf_bank_id id, int logs) {
  if (logs && b->v == NULL) return 0;
  /* differences of logs where there are any */
  if (id == HF_BANK_DIFF) return logs == (b->v != NULL);
  return !logs || id == HF_BANK_AR || id == HF_BANK_ARP ||
         id == HF_BANK_DOUBLE || id == HF_BANK_ROBUST || id == HF_BANK_COARSE;
}

static int blend_candidates(blend *b) {
  const hf_blend_ask *a = b->ask;
  size_t fit = b->t.origin[0];
  int id, logs, rc, few = hf_bank_few(b->u, fit);
  for (logs = 0; logs < 2; logs++) {
    for (id = 0; id < HF_BANK_COUNT; id++) {
      blend_candidate *c = &b->c[b->count];
      if (!blend_offers(b, (hf_bank_id)id, logs)) continue;
      if (id == HF_BANK_TSB && !few) continue;
      if (!hf_bank_usable((hf_bank_id)id, fit, a->m, a->m2)) continue;
      memset(c, 0, sizeof *c);
      c->id = (hf_bank_id)id;
      c->log = logs;
      rc = blend_try(b, c, &b->trial[b->count]);
      if (rc != HF_OK) return rc;
      b->count++;
    }
  }
  return HF_OK;
}

/* ---- intervals */

/* Errors of the blend replayed without the origins that overlap. */
static int blend_replay(blend *b, double *past) {
  double err[BLEND_CANDIDATES], weight[BLEND_CANDIDATES], *y[BLEND_CANDIDATES];
  hf_vote vote[BLEND_CANDIDATES];
  size_t k, j, i, r, s;
  for (k = 0; k < b->t.origins; k++) {
    size_t apart[HF_TRIALS_ORIGINS], n = 0;
    int rc = hf_work_check(b->w, b->t.tested * b->count * 8);
    if (rc != HF_OK) return rc;
    for (j = 0; j < b->t.origins; j++)
      if ((j > k ? j - k : k - j) * b->t.gap >= b->t.tested) apart[n++] = j;
    for (i = 0; i < b->count; i++) y[i] = b->trial[i].past + k * b->t.tested;
    for (r = s = 0; r < b->t.rungs; r++) {
      double sum;
      size_t kept;
      for (i = 0; i < b->count; i++)
        err[i] = hf_trials_mean(&b->t, &b->trial[i], r, apart, n,
                                b->trial[i].error[r]);
      sum = hf_vote_weigh(err, b->count, weight);
      kept = hf_vote_list(y, weight, b->count, vote);
      for (; s < b->t.rung[r]; s++) {
        past[k * b->t.tested + s] =
            hf_vote_mean(vote, kept, s, sum) - b->truth[b->t.origin[k] + s];
      }
    }
  }
  return HF_OK;
}

/* How often the truth was within a fifth of the replayed forecast, mean
** absolute error of it, in the unit of the metric. Laplace's rule keeps the
** share off 0 and 1. */
static void blend_quality(const blend *b, const double *past, hf_blend *out) {
  double error = 0;
  size_t k, s, near = 0, all = 0;
  for (k = 0; k < b->t.origins; k++) {
    for (s = 0; s < b->t.tested; s++) {
      double e = past[k * b->t.tested + s];
      double truth = b->truth[b->t.origin[k] + s];
      double y = (truth + e) * b->scale + b->center;
      if (e != e) continue;
      all++;
      error += fabs(e) * b->scale;
      if (fabs(e) * b->scale <= 0.2 * fabs(y)) near++;
    }
  }
  out->error = all > 0 ? error / (double)all : NAN;
  out->confidence = ((double)near + 1) / ((double)all + 2);
}

static int blend_intervals(blend *b, const double *past, hf_blend *out) {
  hf_interval_ask a;
  size_t s;
  int rc;
  a.error = past;
  a.origin = b->t.origin;
  a.origins = b->t.origins;
  a.tested = b->t.tested;
  a.n = b->ask->n;
  a.m = b->ask->m;
  a.h = b->ask->h;
  rc = hf_interval_run(b->w, &a, out->lo80, out->hi80, out->lo95, out->hi95);
  for (s = 0; s < a.h && rc == HF_OK; s++) {
    double y = out->yhat[s];
    out->lo80[s] = y - out->lo80[s];
    out->hi80[s] = y + out->hi80[s];
    out->lo95[s] = y - out->lo95[s];
    out->hi95[s] = y + out->hi95[s];
  }
  return rc;
}

/* ---- the final forecast */

/* The weights of the rungs, their sums, and what the candidates say. */
typedef struct blend_ballot {
  double weight[HF_TRIALS_RUNGS][BLEND_CANDIDATES];
  double sum[HF_TRIALS_RUNGS];
  double *y[BLEND_CANDIDATES]; /* [h]; NULL: has no weight on any rung */
} blend_ballot;

static void blend_elect(const blend *b, blend_ballot *e) {
  double err[BLEND_CANDIDATES];
  size_t i, r;
  for (r = 0; r < b->t.rungs; r++) {
    for (i = 0; i < b->count; i++) err[i] = b->trial[i].error[r];
    e->sum[r] = hf_vote_weigh(err, b->count, e->weight[r]);
  }
}

/* What a candidate says of the h cells to come. */
static int blend_ask(blend *b, blend_candidate *c, double **y) {
  const hf_blend_ask *a = b->ask;
  hf_bank_task t;
  int rc;
  memset(&t, 0, sizeof t);
  t.x = c->log ? b->v : b->u;
  t.truth = b->truth;
  t.n = t.fit = a->n;
  t.m = a->m;
  t.m2 = a->m2;
  t.origin = &t.n;
  t.origins = 1;
  t.h = a->h;
  t.shared = &b->shared;
  *y = hf_work_reals(b->w, a->h);
  if (*y == NULL) return HF_ENOMEM;
  rc = hf_bank_run(b->w, c->id, &t, &c->mem, *y);
  if (rc != HF_OK) return rc;
  if (c->log) blend_unlog(b, *y, a->h);
  blend_clamp(b, *y, a->h);
  return HF_OK;
}

static int blend_final(blend *b, blend_ballot *e, hf_blend *out) {
  hf_vote vote[BLEND_CANDIDATES];
  size_t i, r, s, h = b->ask->h;
  for (i = 0; i < b->count; i++) {
    int rc;
    for (r = 0; r < b->t.rungs && !(e->weight[r][i] > 0); r++) {
    }
    if (r == b->t.rungs) continue;
    rc = blend_ask(b, &b->c[i], &e->y[i]);
    if (rc != HF_OK) return rc;
  }
  for (r = s = 0; r < b->t.rungs; r++) {
    size_t end = r + 1 < b->t.rungs ? b->t.rung[r] : h;
    size_t kept = hf_vote_list(e->y, e->weight[r], b->count, vote);
    for (; s < end; s++) out->yhat[s] = hf_vote_mean(vote, kept, s, e->sum[r]);
  }
  return hf_work_check(b->w, h * b->count * 8);
}

static void blend_units(const blend *b, double *y, size_t n) {
  const hf_blend_ask *a = b->ask;
  size_t i;
  for (i = 0; i < n; i++) {
    y[i] = y[i] * b->scale + b->center;
    /* what rounding leaves of nothing is nothing */
    if (fabs(y[i]) < 1e-12 * b->scale) y[i] = 0;
    if (y[i] < a->lo) y[i] = a->lo;
    if (y[i] > a->hi) y[i] = a->hi;
  }
}

int hf_blend_run(hf_work *w, const hf_blend_ask *ask, hf_blend *out) {
  hf_blend r;
  hf_mark mark;
  blend *b;
  blend_ballot *e;
  double *past, *weight, sum;
  size_t i, best = 0;
  int rc;
  if (ask->n < HF_BLEND_MIN) return HF_EDATA;
  memset(&r, 0, sizeof r);
  r.yhat = hf_work_reals(w, ask->h);
  r.lo80 = hf_work_reals(w, ask->h);
  r.hi80 = hf_work_reals(w, ask->h);
  r.lo95 = hf_work_reals(w, ask->h);
  r.hi95 = hf_work_reals(w, ask->h);
  mark = hf_work_mark(w);
  b = hf_work_zeroed(w, 1, sizeof *b);
  e = hf_work_zeroed(w, 1, sizeof *e);
  if (r.yhat == NULL || r.lo80 == NULL || r.hi80 == NULL || r.lo95 == NULL ||
      r.hi95 == NULL || b == NULL || e == NULL)
    return HF_ENOMEM;
  b->w = w;
  b->ask = ask;
  rc = blend_scale(b);
  if (rc == HF_OK) rc = blend_logs(b);
  if (rc != HF_OK) return rc;
  hf_trials_plan(&b->t, ask->n, ask->m, ask->h);
  rc = blend_candidates(b);
  if (rc == HF_OK)
    rc = hf_trials_score(w, &b->t, b->u, b->truth, b->trial, b->count);
  if (rc != HF_OK) return rc;
  blend_elect(b, e);
  past = hf_work_reals(w, b->t.origins * b->t.tested);
  if (past == NULL) return HF_ENOMEM;
  rc = blend_final(b, e, &r);
  if (rc == HF_OK) rc = blend_replay(b, past);
  if (rc == HF_OK) rc = blend_intervals(b, past, &r);
  if (rc != HF_OK) return rc;
  /* who is named speaks for all cells together */
  weight = e->weight[b->t.rungs - 1];
  sum = e->sum[b->t.rungs - 1];
  for (i = 0; i < b->count; i++)
    if (weight[i] > weight[best]) best = i;
  blend_units(b, r.yhat, ask->h);
  blend_units(b, r.lo80, ask->h);
  blend_units(b, r.hi80, ask->h);
  blend_units(b, r.lo95, ask->h);
  blend_units(b, r.hi95, ask->h);
  blend_quality(b, past, &r);
  for (i = 0; i < b->count; i++) r.kept += weight[i] > 0;
  r.origins = b->t.origins;
  r.tested = b->t.tested;
  r.best = hf_bank_name(b->c[best].id);
  r.best_log = b->c[best].log;
  r.best_weight = sum > 0 ? weight[best] / sum : 0;
  hf_work_release(w, mark);
  *out = r;
  return HF_OK;
}
