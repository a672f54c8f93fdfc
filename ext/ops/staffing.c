/*
** staffing.c: see staffing.h.
**
** 1. The load staffed for is x = mean + g (quantile - mean), g the margin. A
**    full service needs the load measured, at least, and what clears the queue
**    within one sample. Workers: the fewest with Erlang C P(wait > limit)
**    within a tenth (or the violation target, where that is more) at x: the
**    load is seldom so high, and the late tasks are counted below.
**
** 2. Calm: more workers at once; fewer when during four samples fewer would
**    have done for a load 4% higher, and for what is expected before the time
**    foreseen: who is sent away is gone at once.
**
** 3. What that would have done: workers asked for serve when they have
**    started, those sent away are gone at once; the queue is fluid above their
**    capacity, and Erlang C holds below. So each sample has a share of late
**    tasks, and the samples together have one. A sample's mean hides what comes
**    unevenly within it: the late tasks are a mean over its parts (uneven.c).
**
** 4. The margin is as small, from 1/2 to 1, as keeps that share within four
**    fifths of the violation target: a day may differ from the one before.
**    Where a whole one does not, as on a load near its quantile most of the
**    time or on bursts, the workers are those with Erlang C within the
**    violation target at x, and the margin keeps the share within the target
**    itself; if none does it is whole. A target t shows in no fewer than 3/t
**    samples (none in n says at most 3/n with 95%; J. Hanley, A. Lippman-Hand
**    1983); with fewer the margin is whole, and Erlang C within the target.
**    For the margin the noise within samples is white: what the queues of a
**    day tell of it comes and goes, and the number of workers should not.
**
** 5. The share told is that of the noise that the queues bear out. Where it
**    exceeds the target, and half as many samples as the target ended with a
**    queue too long (some come and go within one), as much is added to the
**    quantile at all times as keeps it, up to 15 times the mean way from mean
**    to quantile. Bursts that nothing announces need room before they come;
**    what moves with the load would add it afterwards. If even that does not,
**    the share says what is missed.
*/
#include "staffing.h"

#include <math.h>
#include <string.h>
#include "../num/erlang.h"
#include "uneven.h"

enum {
  STAFFING_HOLD = 4,   /* samples that must agree on fewer */
  STAFFING_CELLS = 512 /* loads for which the workers are kept */
};

static const double staffing_slack = .04; /* of load, on the way down */
static const double staffing_wait = .1;   /* P(wait > limit) at the quantile */
static const double staffing_least = .5;  /* least margin */
static const double staffing_seen = .8;   /* of the target, by the replay */

/* Workers by load, filled as asked for. */
typedef struct staffing_table {
  const hf_workers_rule *rule;
  double chance; /* P(wait > limit) at the load */
  double goal;   /* share of late tasks that may be seen */
  hf_uneven uneven;
  double way;      /* erlangs from mean to quantile, on average */
  double top;      /* erlangs of the last cell */
  double *workers; /* [STAFFING_CELLS + 1]; 0: not known yet */
} staffing_table;

static double staffing_count(const staffing_table *t, double load) {
  const hf_workers_rule *r = t->rule;
  /* no limits here, so that the plan can say which limit decided */
  return (double)hf_erlang_staff(load, r->task_seconds, r->wait_seconds,
                                 t->chance, 1,
                                 r->max < 100000 ? r->max + 1 : r->max);
}

static double staffing_workers(staffing_table *t, double load) {
  double cell = ceil(load / t->top * STAFFING_CELLS);
  size_t k;
  if (!(cell <= STAFFING_CELLS)) return staffing_count(t, load);
  k = cell > 0 ? (size_t)cell : 0;
  if (t->workers[k] == 0) {
    t->workers[k] = staffing_count(t, (double)k * t->top / STAFFING_CELLS);
  }
  return t->workers[k];
}

/* Forgets the workers kept, for loads up to `top`. */
static void staffing_forget(staffing_table *t, double top) {
  t->top = top;
  memset(t->workers, 0, (STAFFING_CELLS + 1) * sizeof(double));
}

/* Load to staff for at sample i: steps 1 and 5 above. */
static double staffing_load(const hf_staffing_ask *a, const staffing_table *t,
                            double g, size_t i) {
  double x = fmax(0, a->mid[i] + fmin(g, 1) * (a->up[i] - a->mid[i]));
  if (g > 1) x += (g - 1) * t->way;
  if (!(a->full[i] > 0)) return x;
  return fmax(x, a->busy[i]) + a->wait[i] * a->rule->task_seconds / a->step;
}

/* Share of the tasks of a sample that wait too long with c workers at load a,
** the queue going from q0 to q1 tasks. */
static double staffing_late(const hf_workers_rule *r, double c, double a,
                            double q0, double q1) {
  double cap = c / r->task_seconds, limit = r->wait_seconds;
  double lo = fmin(q0, q1) / cap, hi = fmax(q0, q1) / cap, share = 0;
  if (hi > 0 && lo >= limit) return 1;
  if (hi > limit) share = (hi - limit) / (hi - lo);
  limit = fmax(0, limit - hi);
  /* beyond e^-9 there is nothing to add */
  if ((c - a) * limit > 9 * r->task_seconds) return share;
  return fmax(share, hf_erlang_tail((size_t)c, fmin(a, .995 * c),
                                    r->task_seconds, limit));
}

/* The same of a whole sample, whose parts have loads around its mean, as tasks
** a task time. */
static double staffing_uneven(const hf_staffing_ask *a, const hf_uneven *u,
                              double c, double load, double q0, double q1) {
  double even = staffing_late(a->rule, c, load, q0, q1) * load, late = 0;
  hf_uneven_parts p;
  int k;
  if (u->parts == 1) return even;
  hf_uneven_split(a, u, load, &p);
  for (k = 0; k < HF_UNEVEN_NODES; k++) {
    double x = p.load[k], q = (q0 + q1) / 2;
    double next = fmax(0, q + (x - c) * p.room);
    late += p.weight[k] * x * staffing_late(a->rule, c, x, q, next);
  }
  return fmax(late, even);
}

/* Workers that served at sample i on average, by what was asked for before. */
static double staffing_serving(const hf_staffing_ask *a, const double *asked,
                               size_t i) {
  size_t lead = (size_t)a->lead, j;
  double part = a->rule->start_seconds / a->step, all = asked[i - 1],
         some = all;
  part -= floor(part);
  for (j = 2; j <= lead; j++) {
    some = all;
    all = fmin(all, asked[i - j]);
  }
  /* those asked for one sample later serve the rest of it */
  if (part > 0 && lead > 1) all = part * all + (1 - part) * some;
  return fmax(1, all);
}

/* Steps 1 to 3 for one margin. asked[n], soft[n]: scratch. */
static int staffing_replay(hf_work *w, const hf_staffing_ask *a, double g,
                           staffing_table *t, double *asked, double *soft,
                           hf_staffing *s) {
  double q = 0, late = 0, all = 0, need = 0, set = 0;
  size_t i, j;
  s->judged = 0;
  for (i = a->from; i < a->n; i++) {
    double x = staffing_load(a, t, g, i), most = 0;
    int rc = hf_work_check(w, 200 + 4 * (size_t)need);
    if (rc != HF_OK) return rc;
    if (i >= a->from + (size_t)a->lead) {
      double c = staffing_serving(a, asked, i), load = a->busy[i];
      double next = q + (load - c) * a->step / a->rule->task_seconds;
      if (!(next > 0)) next = 0;
      late += staffing_uneven(a, &t->uneven, c, load, q, next);
      all += load;
      q = next;
      s->judged++;
    }
    need = staffing_workers(t, x);
    soft[i] = staffing_workers(t, (x + a->until[i]) * (1 + staffing_slack));
    for (j = 0; j < STAFFING_HOLD && i >= a->from + j; j++) {
      most = fmax(most, soft[i - j]);
    }
    if (need >= set) {
      set = need;
    } else if (most < set) {
      set = most;
    }
    asked[i] = set;
  }
  s->needed = need;
  s->workers = set;
  s->margin = g;
  s->late = all > 0 ? late / all : NAN;
  s->held = NAN;
  for (j = 0; need < set && j < STAFFING_HOLD && j + a->from < a->n; j++) {
    if (soft[a->n - 1 - j] < set) continue;
    s->held = (double)(STAFFING_HOLD - j);
    break;
  }
  return HF_OK;
}

/* Step 5; in *s the margin so far. */
static int staffing_beyond(hf_work *w, const hf_staffing_ask *a,
                           staffing_table *t, double *asked, double *soft,
                           hf_staffing *s) {
  double target = log(t->goal + 1e-6), slim = log(s->late + 1e-6);
  double g = fmax(1, s->margin), wide;
  double top = t->top;
  hf_staffing more = *s;
  int rc, tries;
  for (tries = 0; tries < 4 && more.late > t->goal; tries++) {
    double next = 2 * g;
    staffing_forget(t, top + next * t->way);
    rc = staffing_replay(w, a, next, t, asked, soft, &more);
    if (rc != HF_OK) return rc;
    wide = log(more.late + 1e-6);
    if (more.late <= t->goal) {
      *s = more;
      /* between the two, on the logarithm */
      g += (next - g) * (slim - target) / (slim - wide);
      rc = staffing_replay(w, a, g, t, asked, soft, &more);
      if (rc != HF_OK) return rc;
      break;
    }
    slim = wide;
    g = next;
  }
  if (!(s->late <= t->goal) || more.late <= t->goal) *s = more;
  return HF_OK;
}

/* Step 4. */
static int staffing_margin(hf_work *w, const hf_staffing_ask *a,
                           staffing_table *t, double *asked, double *soft,
                           hf_staffing *s) {
  double target = t->goal, g, wide, slim;
  hf_staffing narrow;
  int tries, rc = staffing_replay(w, a, 1, t, asked, soft, s);
  if (rc != HF_OK) return rc;
  if ((double)s->judged * a->rule->violation_target < 3) {
    s->late = NAN;
    return HF_OK;
  }
  if (!(s->late < target)) return HF_OK;
  rc = staffing_replay(w, a, staffing_least, t, asked, soft, &narrow);
  if (rc != HF_OK) return rc;
  /* the share goes about exponentially with the margin */
  wide = log(s->late + 1e-6);
  slim = log(narrow.late + 1e-6);
  g = 1 - (1 - staffing_least) * (log(target + 1e-6) - wide) / (slim - wide);
  for (tries = 0; tries < 3 && narrow.late > target; tries++) {
    rc = staffing_replay(w, a, g, t, asked, soft, &narrow);
    if (rc != HF_OK) return rc;
    g = (1 + g) / 2; /* or in a leap, somewhere above */
  }
  if (!(narrow.late > target)) *s = narrow;
  return HF_OK;
}

int hf_staffing_run(hf_work *w, const hf_staffing_ask *ask, hf_staffing *out) {
  hf_mark m = hf_work_mark(w);
  double *asked = hf_work_reals(w, ask->n), *soft = hf_work_reals(w, ask->n);
  hf_staffing s;
  staffing_table t;
  hf_uneven seen;
  size_t i;
  int rc = HF_ENOMEM;
  memset(&s, 0, sizeof(s));
  memset(&t, 0, sizeof(t));
  memset(&seen, 0, sizeof(seen));
  t.rule = ask->rule;
  t.top = 1;
  t.workers = hf_work_zeroed(w, STAFFING_CELLS + 1, sizeof(double));
  if (asked != NULL && soft != NULL && t.workers != NULL) {
    for (i = ask->from; i < ask->n; i++) t.top = fmax(t.top, ask->up[i]);
    t.top *= 1 + staffing_slack;
    t.chance = fmax(t.rule->violation_target, staffing_wait);
    t.goal = staffing_seen * t.rule->violation_target;
    for (i = ask->from; i < ask->n; i++) t.way += ask->up[i] - ask->mid[i];
    t.way /= (double)(ask->n - ask->from);
    rc = hf_uneven_learn(w, ask, &t.uneven);
    seen = t.uneven;
    t.uneven.scale = seen.white;
    t.uneven.power = 1;
    if (rc == HF_OK) rc = staffing_margin(w, ask, &t, asked, soft, &s);
    if (rc == HF_OK && !(s.late <= t.goal)) {
      t.chance = t.goal = t.rule->violation_target;
      staffing_forget(&t, t.top);
      rc = staffing_margin(w, ask, &t, asked, soft, &s);
    }
  }
  if (rc == HF_OK && !isnan(s.late)) {
    t.uneven = seen;
    t.goal = t.rule->violation_target;
    rc = staffing_replay(w, ask, s.margin, &t, asked, soft, &s);
    if (rc == HF_OK && s.late > t.goal && 2 * t.uneven.late > t.goal) {
      rc = staffing_beyond(w, ask, &t, asked, soft, &s);
    }
  }
  if (rc == HF_OK) *out = s;
  hf_work_release(w, m);
  return rc;
}
