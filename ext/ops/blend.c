/*
** blend.c: combination by rolling origins, and conformal intervals; see
** blend.h.
**
** Origins. Up to 24, seven 24ths of a cycle apart: where the cycle is a day,
** they span the seven days of a week, and begin at each hour once. Candidates
** are fitted once, before the first origin.
**
** Weights. One set for each rung of cells ahead, 6, 24, 96, ... and all: by the
** errors of the cells up to it. So the next hour is foretold by what foretells
** an hour well, however far beyond it the question goes.
** Mean absolute error over the origins, newer ones counting more, and
** each divided by what the better quarter of the candidates errs there: else a
** few wild days, which nothing foretells, would decide alone. Absolute errors
** make yhat a median. So counts that are mostly zero are foretold as zero or
** little, though their mean is more: yhat is the middle of its intervals, and
** what may come stands at their upper ends. bank_sparse.c offers the mean; it
** has weight where demands come in runs. A
** weight is that to the power -BLEND_POWER; what errs more than 1 / BLEND_DROP
** as much as the best is left out (Bates and Granger 1969; Timmermann 2006 on
** trimming). Values are combined by the weighted mean of the middle (trimmed).
** Weights by least squares on the replayed errors, shrunk towards these, did
** worse on every set of series tried: errors of so few origins do not tell
** correlated candidates apart.
**
** Intervals. The blend is replayed from each origin with weights made without
** the origins that overlap it; interval.h makes intervals of its errors.
*/
#include "blend.h"
#include "interval.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum {
  BLEND_ORIGINS = 24,
  BLEND_NEAR = 6,  /* cells of the first rung */
  BLEND_WIDER = 4, /* each next rung, in the one before */
  BLEND_RUNGS = 8  /* 6 * 4^7 is more than is ever asked */
};

/* each on the level and in logs */
enum { BLEND_CANDIDATES = 2 * HF_BANK_COUNT };

#define BLEND_DECAY 0.98
#define BLEND_TRIM 0.4
#define BLEND_DROP 0.4
#define BLEND_POWER 2.5
#define BLEND_CAP 4.0
/* The candidate whose error an origin is measured by, of all in order; and
** what is added to it, in means over the origins: a day that one of them hits
** by luck does not decide either. */
#define BLEND_BETTER 0.25
#define BLEND_CALM 0.1

typedef struct blend_candidate {
  hf_bank_id id;
  int log;
  hf_bank_memory mem;
  double *past; /* [origins * tested] forecasts in unit scale */
  double *miss; /* [rungs * origins] error from each, relative to its
                   difficulty, over the cells up to a rung */
  double most[BLEND_ORIGINS]; /* the largest single error from each */
  double error[BLEND_RUNGS];  /* weighed over the origins */
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
  size_t tested, origins, gap;
  size_t origin[BLEND_ORIGINS];
  double fade[BLEND_ORIGINS]; /* weight of each origin */
  blend_candidate c[BLEND_CANDIDATES];
  size_t count;
  size_t rungs, rung[BLEND_RUNGS]; /* cells ahead, the last one = tested */
  hf_bank_shared shared;           /* between the candidates */
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

/* ---- origins */

static void blend_origins(blend *b) {
  const hf_blend_ask *a = b->ask;
  size_t n = a->n, cycle = a->m > 1 ? a->m : 0, least, k;
  size_t tested = a->h;
  if (tested > n / 3) tested = n / 3;
  if (cycle > 0 && n >= 4 * cycle && tested > n - 3 * cycle)
    tested = n - 3 * cycle;
  if (tested < 1) tested = 1;
  b->tested = tested;
  for (k = BLEND_NEAR; k < tested && b->rungs + 1 < BLEND_RUNGS;
       k *= BLEND_WIDER)
    b->rung[b->rungs++] = k;
  b->rung[b->rungs++] = tested;
  b->gap = cycle > 0 ? 7 * cycle / 24 : tested / 4;
  if (b->gap < 1) b->gap = 1;
  least = n / 2;
  if (least + tested > n) least = n - tested;
  b->origins = (n - tested - least) / b->gap + 1;
  if (b->origins > BLEND_ORIGINS) b->origins = BLEND_ORIGINS;
  for (k = 0; k < b->origins; k++) {
    size_t back = b->origins - 1 - k;
    b->origin[k] = n - tested - back * b->gap;
    b->fade[k] = pow(BLEND_DECAY, (double)back);
  }
}

/* ---- trying the candidates */

static int blend_try(blend *b, blend_candidate *c) {
  const hf_blend_ask *a = b->ask;
  hf_bank_task t;
  int rc;
  t.x = c->log ? b->v : b->u;
  t.truth = b->truth;
  t.n = a->n;
  t.fit = b->origin[0];
  t.m = a->m;
  t.m2 = a->m2;
  t.origin = b->origin;
  t.origins = b->origins;
  t.h = b->tested;
  t.shared = &b->shared;
  c->past = hf_work_reals(b->w, b->origins * b->tested);
  c->miss = hf_work_reals(b->w, b->rungs * b->origins);
  if (c->past == NULL || c->miss == NULL) return HF_ENOMEM;
  rc = hf_bank_run(b->w, c->id, &t, &c->mem, c->past);
  if (rc != HF_OK) return rc;
  if (c->log) blend_unlog(b, c->past, b->origins * b->tested);
  blend_clamp(b, c->past, b->origins * b->tested);
  return hf_work_check(b->w, 6 * b->origins * b->tested);
}

/* A candidate's error up to a rung: the mean over n origins at[], newer ones
** weighing more; `none` where none of them knows. */
static double blend_mean(const blend *b, const blend_candidate *c, size_t r,
                         const size_t *at, size_t n, double none) {
  const double *miss = c->miss + r * b->origins;
  double e = 0, all = 0;
  size_t j;
  for (j = 0; j < n; j++) {
    size_t k = at[j];
    if (miss[k] != miss[k]) continue;
    e += b->fade[k] * miss[k];
    all += b->fade[k];
  }
  return all > 0 ? e / all : none;
}

/* The error of each candidate up to a rung, over all origins. */
static void blend_means(blend *b, size_t r) {
  size_t at[BLEND_ORIGINS], i, k;
  for (k = 0; k < b->origins; k++) at[k] = k;
  for (i = 0; i < b->count; i++)
    b->c[i].error[r] = blend_mean(b, &b->c[i], r, at, b->origins, 0);
}

/* Mean absolute errors of a candidate from each origin, up to each rung,
** against the cleaned history. */
static void blend_score(const blend *b, blend_candidate *c) {
  size_t k, s, r;
  for (k = 0; k < b->origins; k++) {
    const double *y = c->past + k * b->tested;
    const double *truth = b->truth + b->origin[k];
    const double *clean = b->u + b->origin[k];
    double e = 0, most = 0;
    size_t cells = 0;
    for (r = s = 0; r < b->rungs; r++) {
      for (; s < b->rung[r]; s++) {
        double d = fabs(y[s] - clean[s]);
        if (truth[s] != truth[s]) continue;
        e += d;
        if (d > most) most = d;
        cells++;
      }
      c->miss[r * b->origins + k] = cells > 0 ? e / (double)cells : NAN;
    }
    c->most[k] = most;
  }
}

/* The same up to one rung, where a single error counts up to `cap`. */
static void blend_cap(const blend *b, size_t r, double cap,
                      blend_candidate *c) {
  size_t k, s;
  for (k = 0; k < b->origins; k++) {
    const double *y = c->past + k * b->tested;
    const double *truth = b->truth + b->origin[k];
    const double *clean = b->u + b->origin[k];
    double e = 0;
    size_t cells = 0;
    if (c->most[k] <= cap) continue;
    for (s = 0; s < b->rung[r]; s++) {
      double d = fabs(y[s] - clean[s]);
      if (truth[s] != truth[s]) continue;
      e += d < cap ? d : cap;
      cells++;
    }
    c->miss[r * b->origins + k] = cells > 0 ? e / (double)cells : NAN;
  }
}

/* Divides the errors from each origin by what the better candidates err there.
 */
static void blend_relate(blend *b, size_t r) {
  double better[BLEND_ORIGINS], v[BLEND_CANDIDATES] = {0}, mean = 0, n = 0;
  size_t k, i;
  for (k = 0; k < b->origins; k++) {
    /* where no cell is known it is so for all */
    for (i = 0; i < b->count; i++) v[i] = b->c[i].miss[r * b->origins + k];
    better[k] =
        v[0] == v[0] ? hf_stat_quantile(v, b->count, BLEND_BETTER) : NAN;
    if (better[k] != better[k]) continue;
    mean += better[k];
    n++;
  }
  mean = n > 0 ? mean / n : 0;
  if (!(mean > 0)) return;
  for (i = 0; i < b->count; i++) {
    for (k = 0; k < b->origins; k++)
      b->c[i].miss[r * b->origins + k] /= better[k] / mean + BLEND_CALM;
  }
}

/* Bursts that no candidate foresees would hide which is the best elsewhere:
** once the least error is known, errors count up to a multiple of it. */
static int blend_scores(blend *b) {
  size_t i, r;
  int rc = HF_OK;
  for (i = 0; i < b->count; i++) blend_score(b, &b->c[i]);
  for (r = 0; r < b->rungs && rc == HF_OK; r++) {
    double best = HUGE_VAL;
    blend_means(b, r);
    for (i = 0; i < b->count; i++)
      if (b->c[i].error[r] < best) best = b->c[i].error[r];
    for (i = 0; i < b->count && best > 0; i++)
      blend_cap(b, r, BLEND_CAP * best, &b->c[i]);
    blend_relate(b, r);
    blend_means(b, r);
    rc = hf_work_check(b->w, 8 * b->count * b->origins * b->rung[r]);
  }
  return rc;
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
  size_t fit = b->origin[0];
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
      rc = blend_try(b, c);
      if (rc != HF_OK) return rc;
      b->count++;
    }
  }
  return HF_OK;
}

/* Weights from errors: err[count] -> weight[count]; returns their sum. */
static double blend_weigh(const blend *b, const double *err, double *weight) {
  double best = HUGE_VAL, sum = 0;
  size_t i;
  for (i = 0; i < b->count; i++)
    if (err[i] < best) best = err[i];
  for (i = 0; i < b->count; i++) {
    double ratio = (best + 1e-9) / (err[i] + 1e-9);
    weight[i] = ratio > BLEND_DROP ? pow(ratio, BLEND_POWER) : 0;
    sum += weight[i];
  }
  return sum;
}

/* A candidate with weight, and its forecasts. */
typedef struct blend_vote {
  const double *y;
  double weight;
} blend_vote;

/* The weighted mean of the n values y[s] without the outer BLEND_TRIM of the
** weight at either end. Leaves the votes by value: the next cell's order will
** be much the same. */
static double blend_combine(blend_vote *vote, size_t n, size_t s, double sum) {
  double v[BLEND_CANDIDATES], total = 0, part = 0, at = 0;
  double lo = BLEND_TRIM * sum, hi = sum - lo;
  size_t i, j;
  for (i = 0; i < n; i++) {
    blend_vote one = vote[i];
    double x = one.y[s];
    for (j = i; j > 0 && v[j - 1] > x; j--) {
      v[j] = v[j - 1];
      vote[j] = vote[j - 1];
    }
    v[j] = x;
    vote[j] = one;
  }
  for (j = 0; j < n && at < hi; j++) {
    double from = at, to;
    at += vote[j].weight;
    if (at <= lo) continue;
    if (from < lo) from = lo;
    to = at < hi ? at : hi;
    total += (to - from) * v[j];
    part += to - from;
  }
  return part > 0 ? total / part : n > 0 ? v[n / 2] : 0;
}

/* The candidates with weight and their forecasts y[count]; returns how many. */
static size_t blend_votes(const blend *b, double *const *y,
                          const double *weight, blend_vote *vote) {
  size_t i, n = 0;
  for (i = 0; i < b->count; i++) {
    if (!(weight[i] > 0)) continue;
    vote[n].y = y[i];
    vote[n++].weight = weight[i];
  }
  return n;
}

/* ---- intervals */

/* Errors of the blend replayed without the origins that overlap. */
static int blend_replay(blend *b, double *past) {
  double err[BLEND_CANDIDATES], weight[BLEND_CANDIDATES], *y[BLEND_CANDIDATES];
  blend_vote vote[BLEND_CANDIDATES];
  size_t k, j, i, r, s;
  for (k = 0; k < b->origins; k++) {
    size_t apart[BLEND_ORIGINS], n = 0;
    int rc = hf_work_check(b->w, b->tested * b->count * 8);
    if (rc != HF_OK) return rc;
    for (j = 0; j < b->origins; j++)
      if ((j > k ? j - k : k - j) * b->gap >= b->tested) apart[n++] = j;
    for (i = 0; i < b->count; i++) y[i] = b->c[i].past + k * b->tested;
    for (r = s = 0; r < b->rungs; r++) {
      double sum;
      size_t kept;
      for (i = 0; i < b->count; i++)
        err[i] = blend_mean(b, &b->c[i], r, apart, n, b->c[i].error[r]);
      sum = blend_weigh(b, err, weight);
      kept = blend_votes(b, y, weight, vote);
      for (; s < b->rung[r]; s++) {
        past[k * b->tested + s] =
            blend_combine(vote, kept, s, sum) - b->truth[b->origin[k] + s];
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
  for (k = 0; k < b->origins; k++) {
    for (s = 0; s < b->tested; s++) {
      double e = past[k * b->tested + s];
      double truth = b->truth[b->origin[k] + s];
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
  a.origin = b->origin;
  a.origins = b->origins;
  a.tested = b->tested;
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
  double weight[BLEND_RUNGS][BLEND_CANDIDATES];
  double sum[BLEND_RUNGS];
  double *y[BLEND_CANDIDATES]; /* [h]; NULL: has no weight on any rung */
} blend_ballot;

static void blend_elect(const blend *b, blend_ballot *e) {
  double err[BLEND_CANDIDATES];
  size_t i, r;
  for (r = 0; r < b->rungs; r++) {
    for (i = 0; i < b->count; i++) err[i] = b->c[i].error[r];
    e->sum[r] = blend_weigh(b, err, e->weight[r]);
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
  blend_vote vote[BLEND_CANDIDATES];
  size_t i, r, s, h = b->ask->h;
  for (i = 0; i < b->count; i++) {
    int rc;
    for (r = 0; r < b->rungs && !(e->weight[r][i] > 0); r++) {
    }
    if (r == b->rungs) continue;
    rc = blend_ask(b, &b->c[i], &e->y[i]);
    if (rc != HF_OK) return rc;
  }
  for (r = s = 0; r < b->rungs; r++) {
    size_t end = r + 1 < b->rungs ? b->rung[r] : h;
    size_t kept = blend_votes(b, e->y, e->weight[r], vote);
    for (; s < end; s++) out->yhat[s] = blend_combine(vote, kept, s, e->sum[r]);
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
  blend_origins(b);
  rc = blend_candidates(b);
  if (rc == HF_OK) rc = blend_scores(b);
  if (rc != HF_OK) return rc;
  blend_elect(b, e);
  past = hf_work_reals(w, b->origins * b->tested);
  if (past == NULL) return HF_ENOMEM;
  rc = blend_final(b, e, &r);
  if (rc == HF_OK) rc = blend_replay(b, past);
  if (rc == HF_OK) rc = blend_intervals(b, past, &r);
  if (rc != HF_OK) return rc;
  /* who is named speaks for all cells together */
  weight = e->weight[b->rungs - 1];
  sum = e->sum[b->rungs - 1];
  for (i = 0; i < b->count; i++)
    if (weight[i] > weight[best]) best = i;
  blend_units(b, r.yhat, ask->h);
  blend_units(b, r.lo80, ask->h);
  blend_units(b, r.hi80, ask->h);
  blend_units(b, r.lo95, ask->h);
  blend_units(b, r.hi95, ask->h);
  blend_quality(b, past, &r);
  for (i = 0; i < b->count; i++) r.kept += weight[i] > 0;
  r.origins = b->origins;
  r.tested = b->tested;
  r.best = hf_bank_name(b->c[best].id);
  r.best_log = b->c[best].log;
  r.best_weight = sum > 0 ? weight[best] / sum : 0;
  hf_work_release(w, mark);
  *out = r;
  return HF_OK;
}
