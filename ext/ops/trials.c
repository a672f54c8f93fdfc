/*
** trials.c: rolling origins and errors; see trials.h.
*/
#include "trials.h"
#include "../num/stat.h"

#include <math.h>

enum {
  TRIALS_NEAR = 6, /* cells of the first rung */
  TRIALS_WIDER = 4 /* each next rung, in the one before */
};

#define TRIALS_DECAY 0.98
/* Single errors count up to so many times the least mean error. */
#define TRIALS_CAP 4.0
/* The candidate whose error an origin is measured by, of all in order; and
** what is added to it, in means over the origins: a day that one of them hits
** by luck does not decide either. */
#define TRIALS_BETTER 0.25
#define TRIALS_CALM 0.1

void hf_trials_plan(hf_trials *t, size_t n, size_t m, size_t h) {
  size_t cycle = m > 1 ? m : 0, tested = h, least, k;
  if (tested > n / 3) tested = n / 3;
  if (cycle > 0 && n >= 4 * cycle && tested > n - 3 * cycle)
    tested = n - 3 * cycle;
  if (tested < 1) tested = 1;
  t->tested = tested;
  t->rungs = 0;
  for (k = TRIALS_NEAR; k < tested && t->rungs + 1 < HF_TRIALS_RUNGS;
       k *= TRIALS_WIDER)
    t->rung[t->rungs++] = k;
  t->rung[t->rungs++] = tested;
  t->gap = cycle > 0 ? 7 * cycle / 24 : tested / 4;
  if (t->gap < 1) t->gap = 1;
  least = n / 2;
  if (least + tested > n) least = n - tested;
  t->origins = (n - tested - least) / t->gap + 1;
  if (t->origins > HF_TRIALS_ORIGINS) t->origins = HF_TRIALS_ORIGINS;
  for (k = 0; k < t->origins; k++) {
    size_t back = t->origins - 1 - k;
    t->origin[k] = n - tested - back * t->gap;
    t->fade[k] = pow(TRIALS_DECAY, (double)back);
  }
}

int hf_trials_room(hf_work *w, const hf_trials *t, hf_trial *c) {
  c->past = hf_work_reals(w, t->origins * t->tested);
  c->miss = hf_work_reals(w, t->rungs * t->origins);
  return c->past != NULL && c->miss != NULL ? HF_OK : HF_ENOMEM;
}

double hf_trials_mean(const hf_trials *t, const hf_trial *c, size_t rung,
                      const size_t *at, size_t n, double none) {
  const double *miss = c->miss + rung * t->origins;
  double e = 0, all = 0;
  size_t j;
  for (j = 0; j < n; j++) {
    size_t k = at[j];
    if (miss[k] != miss[k]) continue;
    e += t->fade[k] * miss[k];
    all += t->fade[k];
  }
  return all > 0 ? e / all : none;
}

/* The error of each candidate up to rung r, over all origins. */
static void trials_means(const hf_trials *t, size_t r, hf_trial *c, size_t n) {
  size_t at[HF_TRIALS_ORIGINS], i, k;
  for (k = 0; k < t->origins; k++) at[k] = k;
  for (i = 0; i < n; i++)
    c[i].error[r] = hf_trials_mean(t, &c[i], r, at, t->origins, 0);
}

/* Mean absolute errors of a candidate from each origin, up to each rung. */
static void trials_errors(const hf_trials *t, const double *clean,
                          const double *truth, hf_trial *c) {
  size_t k, s, r;
  for (k = 0; k < t->origins; k++) {
    const double *y = c->past + k * t->tested;
    size_t from = t->origin[k], cells = 0;
    double e = 0, most = 0;
    for (r = s = 0; r < t->rungs; r++) {
      for (; s < t->rung[r]; s++) {
        double d = fabs(y[s] - clean[from + s]);
        if (truth[from + s] != truth[from + s]) continue;
        e += d;
        if (d > most) most = d;
        cells++;
      }
      c->miss[r * t->origins + k] = cells > 0 ? e / (double)cells : NAN;
    }
    c->most[k] = most;
  }
}

/* The same up to rung r, where a single error counts up to `cap`. */
static void trials_capped(const hf_trials *t, const double *clean,
                          const double *truth, size_t r, double cap,
                          hf_trial *c) {
  size_t k, s;
  for (k = 0; k < t->origins; k++) {
    const double *y = c->past + k * t->tested;
    size_t from = t->origin[k], cells = 0;
    double e = 0;
    if (c->most[k] <= cap) continue;
    for (s = 0; s < t->rung[r]; s++) {
      double d = fabs(y[s] - clean[from + s]);
      if (truth[from + s] != truth[from + s]) continue;
      e += d < cap ? d : cap;
      cells++;
    }
    c->miss[r * t->origins + k] = cells > 0 ? e / (double)cells : NAN;
  }
}

/* Divides the errors from each origin up to rung r by what the better
** candidates err there; v[n] is room. */
static void trials_relate(const hf_trials *t, size_t r, hf_trial *c, size_t n,
                          double *v) {
  double better[HF_TRIALS_ORIGINS], mean = 0, known = 0;
  size_t at = r * t->origins, k, i;
  for (k = 0; k < t->origins; k++) {
    /* where no cell is known it is so for all */
    for (i = 0; i < n; i++) v[i] = c[i].miss[at + k];
    better[k] = v[0] == v[0] ? hf_stat_quantile(v, n, TRIALS_BETTER) : NAN;
    if (better[k] != better[k]) continue;
    mean += better[k];
    known++;
  }
  mean = known > 0 ? mean / known : 0;
  if (!(mean > 0)) return;
  for (i = 0; i < n; i++)
    for (k = 0; k < t->origins; k++)
      c[i].miss[at + k] /= better[k] / mean + TRIALS_CALM;
}

/* Bursts that no candidate foresees would hide which is the best elsewhere:
** once the least error is known, errors count up to a multiple of it. */
int hf_trials_score(hf_work *w, const hf_trials *t, const double *clean,
                    const double *truth, hf_trial *c, size_t n) {
  hf_mark mark = hf_work_mark(w);
  double *v = hf_work_reals(w, n + 1);
  size_t i, r;
  int rc = HF_OK;
  if (v == NULL) return HF_ENOMEM;
  v[0] = NAN; /* of no candidate nothing is known */
  for (i = 0; i < n; i++) trials_errors(t, clean, truth, &c[i]);
  for (r = 0; r < t->rungs && rc == HF_OK; r++) {
    double best = HUGE_VAL;
    trials_means(t, r, c, n);
    for (i = 0; i < n; i++)
      if (c[i].error[r] < best) best = c[i].error[r];
    for (i = 0; i < n && best > 0; i++)
      trials_capped(t, clean, truth, r, TRIALS_CAP * best, &c[i]);
    trials_relate(t, r, c, n, v);
    trials_means(t, r, c, n);
    rc = hf_work_check(w, 8 * n * t->origins * t->rung[r]);
  }
  hf_work_release(w, mark);
  return rc;
}
