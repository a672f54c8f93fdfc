/*
** workers.c: from utilisation to the number of workers.
**
** 1. Offered load in erlangs, the mean number of busy workers, sample by
**    sample: workers_tape.c.
**
** 2. The load at the time when a worker asked for now will serve, that is in
**    the sample ceil((start + step) / step) after the newest: a quantile at
**    level 1 - violation target, from forecasters that compete:
**    workers_bank.c. Some know what the load was at the same time on earlier
**    days and in earlier weeks: workers_season.c.
**
** 3. Workers for that load, with calm and a margin that keeps the tasks that
**    come late within the violation target: staffing.h. While the workers are
**    all busy, never fewer than now.
**
** Everything is replayed from the samples given: no state between calls.
*/
#include "workers.h"

#include <math.h>
#include <string.h>
#include "../num/erlang.h"
#include "../num/stat.h"
#include "staffing.h"
#include "workers_bank.h"

enum { WORKERS_STALE = 10 /* steps without a sample */ };

/* Step 3. */
static int workers_settle(hf_work *w, const hf_workers_tape *t,
                          const hf_workers_sight *sight,
                          const hf_workers_rule *r, hf_workers_plan *p) {
  hf_staffing_ask ask;
  hf_staffing s;
  int rc;
  ask.n = t->n;
  ask.from = sight->first;
  ask.busy = t->busy;
  ask.mid = sight->mid;
  ask.up = sight->up;
  ask.until = sight->until;
  ask.wait = t->wait;
  ask.now = t->now;
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
  /* a promise that the past did not keep is worth as much less */
  if (s.late > r->violation_target && s.needed <= (double)r->max) {
    p->confidence *= r->violation_target / s.late;
  }
  p->replayed = s.judged;
  return HF_OK;
}

/* Too few samples for a quantile: enough for the load at hand. */
static double workers_at_hand(const hf_workers_tape *t, double step,
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
static int workers_gain(hf_work *w, const hf_workers_tape *t,
                        const hf_workers_sight *sight, const hf_workers_rule *r,
                        hf_workers_plan *p) {
  enum { MOST = 256 };
  size_t lead = (size_t)(p->lead / p->step + .5), n = 0, i;
  size_t skip = (t->n + MOST - 1) / MOST;
  double *x = hf_work_reals(w, MOST), sum = 0;
  if (x == NULL) return HF_ENOMEM;
  for (i = sight->first; i + lead < t->n && n < MOST; i += skip) {
    double a;
    int rc = hf_work_check(w, 10 * (size_t)(p->workers + p->now));
    if (rc != HF_OK) return rc;
    if (t->cell[i + lead] != t->cell[i] + (double)lead || !(sight->up[i] > 0)) {
      continue;
    }
    a = t->busy[i + lead] / sight->up[i] * p->offered;
    x[n] =
        hf_erlang_tail((size_t)p->now, a, r->task_seconds, r->wait_seconds) -
        hf_erlang_tail((size_t)p->workers, a, r->task_seconds, r->wait_seconds);
    sum += x[n++];
  }
  if (n < HF_WORKERS_LEARN) return HF_OK;
  p->gain = sum / (double)n;
  p->gain_lo = fmin(p->gain, hf_stat_quantile(x, n, .05));
  p->gain_hi = fmax(p->gain, hf_stat_quantile(x, n, .95));
  return HF_OK;
}

/* Limits, saturation and the least time between changes. */
static void workers_limit(const hf_workers_tape *t, const hf_workers_rule *r,
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

/* Samples from the newest to the one planned for. */
static double workers_lead(const hf_workers_rule *r, double step) {
  return ceil((r->start_seconds + step) / step);
}

/* Step 2. */
static int workers_foresee(hf_work *w, const hf_workers_tape *t,
                           const hf_load *past, const hf_workers_rule *r,
                           hf_workers_sight *sight, hf_workers_plan *p) {
  double lead = workers_lead(r, t->step);
  hf_workers_seasons seasons = {0};
  hf_workers_tape before;
  int rc = HF_OK;
  p->lead = lead * t->step;
  if (past != NULL && past->n > 0) {
    rc = hf_workers_tape_past(w, past, r->task_seconds, t->step, &before);
    if (rc == HF_OK) {
      rc = hf_workers_seasons_make(w, t, &before, (size_t)lead, &seasons);
    }
  }
  if (rc == HF_OK) {
    rc = hf_workers_bank_run(w, t, &seasons, lead, 1 - r->violation_target,
                             2 * r->task_seconds / t->step, sight);
  }
  if (rc != HF_OK) return rc;
  if (sight->first < t->n) {
    p->offered = sight->up[t->n - 1];
    p->season = sight->season;
  }
  p->judged = sight->judged;
  if (sight->judged >= 30) {
    p->coverage = (double)sight->covered / (double)sight->judged;
  }
  if (sight->judged > 0) {
    p->confidence = ((double)sight->close + .5) / ((double)sight->judged + 1);
  }
  return HF_OK;
}

static int workers_plan_tape(hf_work *w, const hf_workers_tape *t,
                             const hf_load *past, const hf_workers_rule *r,
                             hf_workers_plan *p) {
  double as_of = r->as_of, step = t->step, every;
  hf_workers_sight sight = {0};
  size_t last = t->n - 1;
  int rc = HF_OK;
  p->step = step;
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
  if (step > 0) rc = workers_foresee(w, t, past, r, &sight, p);
  if (rc != HF_OK) return rc;
  if (isnan(p->offered)) {
    p->state = HF_WORKERS_LEARNING;
    p->confidence = 0;
    p->needed = workers_at_hand(t, step, r);
    p->workers = fmax(p->now, p->needed);
  } else {
    p->quantile = 1 - r->violation_target;
    rc = workers_settle(w, t, &sight, r, p);
    if (rc != HF_OK) return rc;
  }
  workers_limit(t, r, as_of, p);
  if (p->workers < p->now) {
    p->gain = p->gain_lo = p->gain_hi = 1 - p->workers / p->now;
  } else if (sight.up != NULL && p->state == HF_WORKERS_OK &&
             p->workers > p->now) {
    rc = workers_gain(w, t, &sight, r, p);
  } else if (p->state == HF_WORKERS_OK) {
    p->gain = p->gain_lo = p->gain_hi = 0;
  }
  return rc;
}

int hf_workers_spans(hf_work *w, const hf_load *load, const hf_load *probe,
                     const hf_workers_rule *rule, hf_workers_span *span,
                     size_t *n) {
  hf_mark m = hf_work_mark(w);
  hf_workers_tape t, p;
  int rc;
  *n = 0;
  if (!workers_rule_ok(rule)) return HF_ERANGE;
  rc = hf_workers_tape_make(w, load, rule->task_seconds, &t);
  if (rc == HF_OK && t.n > 0 && t.step > 0 &&
      workers_lead(rule, t.step) <= HF_WORKERS_WINDOW) {
    size_t lead = (size_t)workers_lead(rule, t.step);
    if (probe == NULL) {
      hf_workers_season_probe(&t, lead, span, n);
    } else if (probe->n > 0) {
      rc = hf_workers_tape_past(w, probe, rule->task_seconds, t.step, &p);
      if (rc == HF_OK) rc = hf_workers_season_spans(w, &t, &p, lead, span, n);
    }
  }
  hf_work_release(w, m);
  return rc;
}

int hf_workers_plan_make(hf_work *w, const hf_load *load, const hf_load *past,
                         const hf_workers_rule *rule, hf_workers_plan *plan) {
  hf_mark m = hf_work_mark(w);
  hf_workers_plan p;
  hf_workers_tape t;
  int rc;
  if (!workers_rule_ok(rule)) return HF_ERANGE;
  memset(&p, 0, sizeof(p));
  p.newest = p.step = p.now = p.busy = p.workers = p.needed = NAN;
  p.held_until = p.lead = p.offered = p.quantile = p.coverage = NAN;
  p.late = p.season = p.gain = p.gain_lo = p.gain_hi = NAN;
  rc = hf_workers_tape_make(w, load, rule->task_seconds, &t);
  if (rc == HF_OK) {
    if (t.n == 0) {
      p.state = HF_WORKERS_NONE;
    } else {
      rc = workers_plan_tape(w, &t, past, rule, &p);
    }
  }
  if (rc == HF_OK) *plan = p;
  hf_work_release(w, m);
  return rc;
}
