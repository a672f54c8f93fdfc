/*
** workers.c: from utilisation to the number of workers.
**
** 1. Offered load in erlangs, the mean number of busy workers: a = cpu x
**    workers. Above 97% the workers cannot show the load; what the queue grew
**    by is added: d(queue) x task time / step.
**
** 2. The load at the time when a worker asked for now will serve, that is in
**    the sample ceil((start + step) / step) after the newest. A bank of eight
**    forecasters: an exponentially weighted mean f (alpha .06 .15 .35 .7) with
**    a scale s, the exponentially weighted absolute error at that lead (rate
**    .02 and .2), never below the error of a Poisson stream. Each tracks the
**    quantile h of (a - f) / s at level tau = 1 - violation target by
**    stochastic approximation (H. Robbins, S. Monro 1951; as online quantile
**    tracking, A. Gibbs, E. Candes, "Adaptive conformal inference", 2021):
**
**      h += 0.1 max(mad, 0.02) (tau if r > h else tau - 1)
**
**    and says u = f + h s. Their discounted pinball losses weigh them,
**    (least / loss)^16, and the weighted mean of the u is the offered load.
**    A forecaster is judged, and learns, when its forecast falls due.
**
** 3. Workers: the fewest with Erlang C P(wait > limit) within the violation
**    target at that load. While the workers are all busy, the load is at least
**    what was measured, plus what clears the queue within one sample; and
**    never fewer workers than now.
**
** 4. Calm: more workers at once; fewer when during four samples fewer would
**    have done for a load 4% higher.
**
** Everything is replayed from the samples given: no state between calls. So
** that two calls a minute apart do not differ by where they begin, the replay
** begins at a whole multiple of 360 steps of unix time, the calm at one of 120.
*/
#include "workers.h"

#include <math.h>
#include <string.h>
#include "../num/erlang.h"
#include "../num/stat.h"

enum {
  WORKERS_MEANS = 4,
  WORKERS_BANK = 8,    /* each mean with two scales */
  WORKERS_LEARN = 30,  /* forecasts due before a quantile is said */
  WORKERS_HOLD = 4,    /* samples that must agree on fewer */
  WORKERS_BLOCK = 360, /* steps by which the start of the replay moves */
  WORKERS_CALM = 120,  /* steps by which the start of step 4 moves */
  WORKERS_STALE = 10   /* steps without a sample */
};

static const double workers_alpha[WORKERS_MEANS] = {.06, .15, .35, .7};
static const double workers_rate[2] = {.2, .02};
static const double workers_full = 97;   /* percent: all are busy */
static const double workers_slack = .04; /* of load, on the way down */

/* The samples that can be used, and what was foreseen at each. */
typedef struct workers_tape {
  size_t n;
  double *ts;   /* [n] */
  double *cell; /* [n] number of the sample in steps from the first */
  double *busy; /* [n] erlangs */
  double *now;  /* [n] workers that served */
  double *wait; /* [n] tasks in the queue */
  double *full; /* [n] 1: saturated */
  double *up;   /* [n] offered load foreseen for `lead` cells later */
  double (*f)[WORKERS_MEANS]; /* [n] means */
  double (*s)[WORKERS_BANK];  /* [n] scales */
  double (*u)[WORKERS_BANK];  /* [n] quantiles */
} workers_tape;

static int workers_room(hf_work *w, workers_tape *t, size_t n) {
  memset(t, 0, sizeof(*t));
  t->ts = hf_work_reals(w, n);
  t->cell = hf_work_reals(w, n);
  t->busy = hf_work_reals(w, n);
  t->now = hf_work_reals(w, n);
  t->wait = hf_work_reals(w, n);
  t->full = hf_work_reals(w, n);
  t->up = hf_work_reals(w, n);
  t->f = hf_work_alloc(w, n, sizeof(*t->f));
  t->s = hf_work_alloc(w, n, sizeof(*t->s));
  t->u = hf_work_alloc(w, n, sizeof(*t->u));
  if (t->ts == NULL || t->cell == NULL || t->busy == NULL || t->now == NULL ||
      t->wait == NULL || t->full == NULL || t->up == NULL || t->f == NULL ||
      t->s == NULL || t->u == NULL) {
    return HF_ENOMEM;
  }
  return HF_OK;
}

/* Copies what can be used. */
static void workers_take(const hf_load *l, workers_tape *t) {
  size_t i, n = 0;
  for (i = 0; i < l->n; i++) {
    if (!(l->cpu[i] >= 0) || !(l->workers[i] > 0)) continue;
    t->ts[n] = l->ts[i];
    t->now[n] = l->workers[i];
    t->wait[n] = l->queue[i] > 0 ? l->queue[i] : 0;
    t->full[n] = l->cpu[i] > workers_full;
    t->busy[n] = fmin(l->cpu[i], 100) / 100 * l->workers[i];
    n++;
  }
  t->n = n;
}

/* The usual time between samples: the median. NaN for a single sample. */
static double workers_step(hf_work *w, const workers_tape *t, int *rc) {
  hf_mark m = hf_work_mark(w);
  double step = NAN, *gap;
  size_t i;
  if (t->n < 2) return step;
  gap = hf_work_reals(w, t->n - 1);
  if (gap == NULL) {
    *rc = HF_ENOMEM;
    return step;
  }
  for (i = 1; i < t->n; i++) gap[i - 1] = t->ts[i] - t->ts[i - 1];
  step = hf_stat_median(gap, t->n - 1);
  hf_work_release(w, m);
  return step;
}

/* First sample from `blocks` whole blocks before the newest block on. */
static size_t workers_from(const workers_tape *t, double step, double block,
                           double blocks) {
  double last = floor(t->ts[t->n - 1] / (step * block));
  double begin = (last - blocks) * step * block;
  size_t i = 0;
  while (i + 1 < t->n && t->ts[i] < begin) i++;
  return i;
}

/* Leaves out what comes before the block where the replay begins. */
static void workers_cut(workers_tape *t, double step) {
  size_t from = workers_from(t, step, WORKERS_BLOCK,
                             HF_WORKERS_WINDOW / (double)WORKERS_BLOCK - 1);
  t->ts += from;
  t->now += from;
  t->wait += from;
  t->full += from;
  t->busy += from;
  t->n -= from;
}

/* Numbers the samples in steps, and adds what the queue grew by. */
static void workers_place(workers_tape *t, double step, double task) {
  size_t i;
  for (i = 0; i < t->n; i++) {
    t->cell[i] =
        i == 0 ? 0
               : t->cell[i - 1] +
                     fmax(1, floor((t->ts[i] - t->ts[i - 1]) / step + 0.5));
    if (i > 0 && t->full[i] > 0) {
      double grown = (t->wait[i] - t->wait[i - 1]) * task;
      t->busy[i] = fmax(0, t->busy[i] + grown / (t->ts[i] - t->ts[i - 1]));
    }
  }
}

/* What the bank has learnt so far. */
typedef struct workers_bank {
  double f[WORKERS_MEANS];   /* erlangs */
  double dev[WORKERS_BANK];  /* mean absolute error at the lead, erlangs */
  double h[WORKERS_BANK];    /* quantile of the scaled error */
  double mad[WORKERS_BANK];  /* mean absolute scaled error */
  double loss[WORKERS_BANK]; /* discounted pinball loss, erlangs */
  size_t due;                /* forecasts judged */
} workers_bank;

static double workers_pinball(double e, double tau) {
  return e > 0 ? tau * e : (tau - 1) * e;
}

/* The forecasts made at sample j are judged by the load a. */
static void workers_judge(workers_bank *b, const workers_tape *t, size_t j,
                          double a, double tau) {
  int k;
  for (k = 0; k < WORKERS_BANK; k++) {
    double e = a - t->f[j][k / 2], r = e / t->s[j][k];
    double rate = workers_rate[k % 2];
    b->dev[k] =
        b->due == 0 ? fabs(e) : b->dev[k] + rate * (fabs(e) - b->dev[k]);
    b->mad[k] += .02 * (fabs(r) - b->mad[k]);
    b->h[k] += .1 * fmax(b->mad[k], .02) * (r > b->h[k] ? tau : tau - 1);
    b->loss[k] = .998 * b->loss[k] + workers_pinball(a - t->u[j][k], tau);
  }
  b->due++;
}

/* Weighted mean of what the forecasters say at sample i. */
static double workers_mix(const workers_bank *b, const workers_tape *t,
                          size_t i) {
  double least = b->loss[0], sum = 0, u = 0;
  int k;
  for (k = 1; k < WORKERS_BANK; k++) least = fmin(least, b->loss[k]);
  for (k = 0; k < WORKERS_BANK; k++) {
    double x = (least + 1e-9) / (b->loss[k] + 1e-9);
    x *= x;
    x *= x;
    x *= x;
    x *= x;
    sum += x;
    u += x * t->u[i][k];
  }
  return fmax(0, u / sum);
}

/* Replays the samples; fills t->up and the judgement of the plan. */
static int workers_replay(hf_work *w, workers_tape *t, double lead, double tau,
                          double noise, hf_workers_plan *p) {
  workers_bank b;
  size_t i, j = 0, judged = 0, covered = 0, close = 0;
  int k, rc = HF_OK;
  memset(&b, 0, sizeof(b));
  for (k = 0; k < WORKERS_BANK; k++) {
    /* as if normal, until the quantile is learnt: sd = 1.2533 mean |error| */
    b.h[k] = 1.2533141373155 * hf_stat_normal_quantile(tau);
    b.mad[k] = .5;
  }
  for (i = 0; i < t->n && rc == HF_OK; i++) {
    double a = t->busy[i];
    while (j < i && t->cell[j] < t->cell[i] - lead) j++;
    if (j < i && t->cell[j] == t->cell[i] - lead) {
      if (b.due >= WORKERS_LEARN) {
        judged++;
        if (a <= t->up[j]) {
          covered++;
          if (a >= t->up[j] / 2) close++;
        }
      }
      workers_judge(&b, t, j, a, tau);
    }
    for (k = 0; k < WORKERS_MEANS; k++) {
      b.f[k] = i == 0 ? a : b.f[k] + workers_alpha[k] * (a - b.f[k]);
      t->f[i][k] = b.f[k];
    }
    for (k = 0; k < WORKERS_BANK; k++) {
      double f = b.f[k / 2];
      t->s[i][k] = fmax(b.dev[k], sqrt(fmax(f, .01) * noise));
      t->u[i][k] = f + b.h[k] * t->s[i][k];
    }
    t->up[i] = workers_mix(&b, t, i);
    rc = hf_work_check(w, 200);
  }
  if (rc != HF_OK) return rc;
  p->judged = judged;
  if (b.due >= WORKERS_LEARN) p->offered = t->up[t->n - 1];
  if (judged >= 30) p->coverage = (double)covered / (double)judged;
  if (judged > 0) {
    p->confidence = ((double)close + .5) / ((double)judged + 1);
  }
  return HF_OK;
}

/* Load to staff for at sample i: step 3 above. */
static double workers_demand(const workers_tape *t, size_t i, double up,
                             double step, double task) {
  if (t->full[i] > 0) {
    double clear = step > 0 ? t->wait[i] * task / step : 0;
    return fmax(up, t->busy[i]) + clear;
  }
  return up;
}

static double workers_staff(double a, const hf_workers_rule *r) {
  /* no limits here, so that the plan can say which limit decided */
  return (double)hf_erlang_staff(a, r->task_seconds, r->wait_seconds,
                                 r->violation_target, 1,
                                 r->max < 100000 ? r->max + 1 : r->max);
}

/* Step 4: replays the newest samples with calm. */
static int workers_settle(hf_work *w, const workers_tape *t,
                          const hf_workers_rule *r, hf_workers_plan *p) {
  size_t i, j, from = workers_from(t, p->step, WORKERS_CALM, 1);
  double *soft = hf_work_reals(w, t->n); /* needed for a load 4% higher */
  double x, need = 0, set = 0;
  if (soft == NULL) return HF_ENOMEM;
  for (i = from; i < t->n; i++) {
    double most = 0;
    /* Erlang C takes some ten operations a worker, twice */
    int rc = hf_work_check(w, 1000 + 20 * (size_t)need);
    if (rc != HF_OK) return rc;
    x = workers_demand(t, i, t->up[i], p->step, r->task_seconds);
    need = workers_staff(x, r);
    soft[i] = workers_staff(x * (1 + workers_slack), r);
    for (j = 0; j < WORKERS_HOLD && i >= from + j; j++) {
      most = fmax(most, soft[i - j]);
    }
    if (need >= set) {
      set = need;
    } else if (most < set) {
      set = most;
    }
  }
  p->needed = need;
  p->workers = set;
  for (i = t->n; need < set && i > from && i + WORKERS_HOLD > t->n; i--) {
    if (soft[i - 1] < set) continue;
    p->held_until = t->ts[i - 1] + WORKERS_HOLD * p->step;
    break;
  }
  return HF_OK;
}

/* Limits, saturation and the least time between changes. */
static void workers_limit(const workers_tape *t, const hf_workers_rule *r,
                          double as_of, hf_workers_plan *p) {
  double changed = NAN; /* before this the number was another */
  size_t i;
  for (i = t->n - 1; i > 0; i--) {
    if (t->now[i - 1] != p->now) {
      changed = t->ts[i - 1];
      break;
    }
  }
  if (p->workers < p->now) {
    if (p->saturated) {
      p->workers = p->now;
    } else if (as_of - changed < r->interval_seconds) {
      p->workers = p->now;
      p->held_until = changed + r->interval_seconds;
    }
  }
  if (p->workers <= (double)r->min) {
    p->at_min = p->workers < (double)r->min || p->needed <= (double)r->min;
    p->workers = (double)r->min;
  }
  if (p->workers >= (double)r->max) {
    p->at_max = p->workers > (double)r->max || p->needed >= (double)r->max;
    p->workers = (double)r->max;
  }
}

static int workers_rule_ok(const hf_workers_rule *r) {
  return r->min >= 1 && r->min <= r->max && r->max <= 100000 &&
         r->task_seconds > 0 && r->wait_seconds >= 0 &&
         r->violation_target > 0 && r->violation_target <= .5 &&
         r->start_seconds >= 0 && r->interval_seconds >= 0;
}

static int workers_plan_tape(hf_work *w, workers_tape *t,
                             const hf_workers_rule *r, hf_workers_plan *p) {
  double as_of = r->as_of, step, every;
  size_t last;
  int rc = HF_OK;
  p->step = step = workers_step(w, t, &rc);
  if (rc != HF_OK) return rc;
  if (step > 0) {
    workers_cut(t, step);
    workers_place(t, step, r->task_seconds);
  }
  last = t->n - 1;
  p->samples = t->n;
  p->newest = t->ts[last];
  p->now = t->now[last];
  p->waiting = t->wait[last];
  p->saturated = t->full[last] > 0;
  p->busy = t->busy[last];
  if (!(as_of > p->newest)) as_of = p->newest;
  every = step > 0 ? fmax(step, r->interval_seconds) : r->interval_seconds;
  if (as_of - p->newest > WORKERS_STALE * every) {
    p->state = HF_WORKERS_STALE;
    p->workers = p->now;
    return HF_OK;
  }
  if (step > 0) {
    double lead = ceil((r->start_seconds + step) / step);
    double noise = 2 * r->task_seconds / step;
    p->lead = lead * step;
    rc = workers_replay(w, t, lead, 1 - r->violation_target, noise, p);
    if (rc != HF_OK) return rc;
  }
  if (isnan(p->offered)) {
    double x = workers_demand(t, last, p->busy, step, r->task_seconds);
    p->state = HF_WORKERS_LEARNING;
    p->confidence = 0;
    p->needed = workers_staff(x, r);
    p->workers = fmax(p->now, p->needed);
  } else {
    p->quantile = 1 - r->violation_target;
    rc = workers_settle(w, t, r, p);
    if (rc != HF_OK) return rc;
  }
  workers_limit(t, r, as_of, p);
  return HF_OK;
}

int hf_workers_plan_make(hf_work *w, const hf_load *load,
                         const hf_workers_rule *rule, hf_workers_plan *plan) {
  hf_mark m = hf_work_mark(w);
  hf_workers_plan p;
  workers_tape t;
  int rc;
  if (!workers_rule_ok(rule)) return HF_ERANGE;
  memset(&p, 0, sizeof(p));
  p.newest = p.step = p.now = p.busy = p.workers = p.needed = NAN;
  p.held_until = p.lead = p.offered = p.quantile = p.coverage = NAN;
  rc = workers_room(w, &t, load->n);
  if (rc == HF_OK) {
    workers_take(load, &t);
    if (t.n == 0) {
      p.state = HF_WORKERS_NONE;
    } else {
      rc = workers_plan_tape(w, &t, rule, &p);
    }
  }
  if (rc == HF_OK) *plan = p;
  hf_work_release(w, m);
  return rc;
}
