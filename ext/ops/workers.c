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
** 3. Workers for that load, with calm and a margin that keeps the tasks that
**    come late within the violation target: staffing.h. While the workers are
**    all busy, never fewer than now.
**
** Everything is replayed from the samples given: no state between calls. So
** that two calls a minute apart do not differ by where they begin, the replay
** begins at a whole multiple of 360 steps of unix time.
*/
#include "workers.h"

#include <math.h>
#include <string.h>
#include "../num/erlang.h"
#include "../num/stat.h"
#include "staffing.h"

enum {
  WORKERS_MEANS = 4,
  WORKERS_BANK = 8,    /* each mean with two scales */
  WORKERS_LEARN = 30,  /* forecasts due before a quantile is said */
  WORKERS_BLOCK = 360, /* steps by which the start of the replay moves */
  WORKERS_STALE = 10   /* steps without a sample */
};

static const double workers_alpha[WORKERS_MEANS] = {.06, .15, .35, .7};
static const double workers_rate[2] = {.2, .02};
static const double workers_full = 97; /* percent: all are busy */

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
  double *mid;  /* [n] and the mean of what is expected then */
  size_t first; /* sample from which the quantile counts */
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
  t->mid = hf_work_reals(w, n);
  t->f = hf_work_alloc(w, n, sizeof(*t->f));
  t->s = hf_work_alloc(w, n, sizeof(*t->s));
  t->u = hf_work_alloc(w, n, sizeof(*t->u));
  if (t->ts == NULL || t->cell == NULL || t->busy == NULL || t->now == NULL ||
      t->wait == NULL || t->full == NULL || t->up == NULL || t->mid == NULL ||
      t->f == NULL || t->s == NULL || t->u == NULL) {
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

/* Leaves out what comes before the block where the replay begins. */
static void workers_cut(workers_tape *t, double step) {
  double block = step * WORKERS_BLOCK;
  double last = floor(t->ts[t->n - 1] / block);
  double begin = (last - HF_WORKERS_WINDOW / WORKERS_BLOCK + 1) * block;
  size_t from = 0;
  while (from + 1 < t->n && t->ts[from] < begin) from++;
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

/* Weighted means of what the forecasters say at sample i. */
static void workers_mix(const workers_bank *b, workers_tape *t, size_t i) {
  double least = b->loss[0], sum = 0, u = 0, f = 0;
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
    f += x * t->f[i][k / 2];
  }
  t->up[i] = fmax(0, u / sum);
  t->mid[i] = fmax(0, f / sum);
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
    workers_mix(&b, t, i);
    if (b.due < WORKERS_LEARN) t->first = i + 1;
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

/* Step 3. */
static int workers_settle(hf_work *w, const workers_tape *t,
                          const hf_workers_rule *r, hf_workers_plan *p) {
  hf_staffing_ask ask;
  hf_staffing s;
  int rc;
  ask.n = t->n;
  ask.from = t->first;
  ask.busy = t->busy;
  ask.mid = t->mid;
  ask.up = t->up;
  ask.wait = t->wait;
  ask.full = t->full;
  ask.step = p->step;
  ask.lead = floor(p->lead / p->step + .5);
  ask.rule = r;
  rc = hf_staffing_run(w, &ask, &s);
  if (rc != HF_OK) return rc;
  p->needed = s.needed;
  p->workers = s.workers;
  p->held_until = p->newest + s.held * p->step;
  p->late = s.late;
  p->replayed = s.judged;
  return HF_OK;
}

/* Too few samples for a quantile: enough for the load at hand. */
static double workers_at_hand(const workers_tape *t, double step,
                              const hf_workers_rule *r) {
  size_t i = t->n - 1;
  double x = t->busy[i];
  if (t->full[i] > 0 && step > 0) x += t->wait[i] * r->task_seconds / step;
  return (double)hf_erlang_staff(x, r->task_seconds, r->wait_seconds,
                                 r->violation_target, 1,
                                 r->max < 100000 ? r->max + 1 : r->max);
}

/* Share of tasks that no longer come late with the workers planned instead of
** those that serve: over the loads that came where so much was offered. */
static int workers_gain(hf_work *w, const workers_tape *t,
                        const hf_workers_rule *r, hf_workers_plan *p) {
  enum { MOST = 256 };
  size_t lead = (size_t)(p->lead / p->step + .5), n = 0, i;
  size_t skip = (t->n + MOST - 1) / MOST;
  double *x = hf_work_reals(w, MOST), sum = 0;
  if (x == NULL) return HF_ENOMEM;
  for (i = t->first; i + lead < t->n && n < MOST; i += skip) {
    double a;
    int rc = hf_work_check(w, 10 * (size_t)(p->workers + p->now));
    if (rc != HF_OK) return rc;
    if (t->cell[i + lead] != t->cell[i] + (double)lead || !(t->up[i] > 0)) {
      continue;
    }
    a = t->busy[i + lead] / t->up[i] * p->offered;
    x[n] =
        hf_erlang_tail((size_t)p->now, a, r->task_seconds, r->wait_seconds) -
        hf_erlang_tail((size_t)p->workers, a, r->task_seconds, r->wait_seconds);
    sum += x[n++];
  }
  if (n < WORKERS_LEARN) return HF_OK;
  p->gain = sum / (double)n;
  p->gain_lo = fmin(p->gain, hf_stat_quantile(x, n, .05));
  p->gain_hi = fmax(p->gain, hf_stat_quantile(x, n, .95));
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
    p->state = HF_WORKERS_LEARNING;
    p->confidence = 0;
    p->needed = workers_at_hand(t, step, r);
    p->workers = fmax(p->now, p->needed);
  } else {
    p->quantile = 1 - r->violation_target;
    rc = workers_settle(w, t, r, p);
    if (rc != HF_OK) return rc;
  }
  workers_limit(t, r, as_of, p);
  if (p->workers < p->now) {
    p->gain = p->gain_lo = p->gain_hi = 1 - p->workers / p->now;
  } else if (p->state == HF_WORKERS_OK && p->workers > p->now) {
    rc = workers_gain(w, t, r, p);
  } else if (p->state == HF_WORKERS_OK) {
    p->gain = p->gain_lo = p->gain_hi = 0;
  }
  return rc;
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
  p.late = p.gain = p.gain_lo = p.gain_hi = NAN;
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
