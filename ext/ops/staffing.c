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
**    unevenly within it: a load that goes up and down like white noise from
**    sample to sample, by a variance of noise x load, does so between the k
**    parts of one by k - 1 times that, and the late tasks are a mean over such
**    parts (Gauss-Hermite, 3 nodes). On made-up days 0.7 to 1.1 times as many
**    came late as it said, or fewer, also in bursts.
**
** 4. The margin is as small, from 1/2 to 1, as keeps that share within four
**    fifths of the violation target: a day may differ from the one before.
**    Where a whole one does not, as on a load near its quantile most of the
**    time or on bursts, the workers are those with Erlang C within the
**    violation target at x, and the margin keeps the share within the target itself; if
**    none does it is whole, and the share says what is missed. A target t shows
**    in no fewer than 3/t samples (none in n says at most 3/n with 95%; J.
**    Hanley, A. Lippman-Hand 1983); with fewer the margin is whole, and Erlang
**    C within the target.
*/
#include "staffing.h"

#include <math.h>
#include <string.h>
#include "../num/erlang.h"
#include "../num/stat.h"

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
  double chance;   /* P(wait > limit) at the load */
  double goal;     /* share of late tasks that may be seen */
  double noise;    /* variance of a sample's load around its trend, over it */
  size_t parts;    /* of a sample */
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

/* Load to staff for at sample i: step 1 above. */
static double staffing_load(const hf_staffing_ask *a, double g, size_t i) {
  double x = fmax(0, a->mid[i] + g * (a->up[i] - a->mid[i]));
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

/* The same of a whole sample, whose parts have loads around its mean. */
static double staffing_uneven(const hf_staffing_ask *a, double c, double load,
                              double q0, double q1, double noise,
                              size_t parts) {
  /* three loads with the mean and the variance of normal ones (Gauss,
   * Hermite) */
  static const double at[3] = {-1.7320508075688772, 0, 1.7320508075688772};
  static const double weight[3] = {1. / 6, 2. / 3, 1. / 6};
  double spread = sqrt(load * noise * (double)(parts - 1)), late = 0;
  double room = a->step / (double)parts / a->rule->task_seconds;
  int k;
  if (parts == 1) return staffing_late(a->rule, c, load, q0, q1) * load;
  for (k = 0; k < 3; k++) {
    double x = fmax(0, load + at[k] * spread), q = (q0 + q1) / 2;
    double next = fmax(0, q + (x - c) * room);
    double share = staffing_late(a->rule, c, x, q, next);
    late += weight[k] * x * share;
  }
  return fmax(late, staffing_late(a->rule, c, load, q0, q1) * load);
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
    double x = staffing_load(a, g, i), most = 0;
    int rc = hf_work_check(w, 200 + 4 * (size_t)need);
    if (rc != HF_OK) return rc;
    if (i >= a->from + (size_t)a->lead) {
      double c = staffing_serving(a, asked, i), load = a->busy[i];
      double next = q + (load - c) * a->step / a->rule->task_seconds;
      if (!(next > 0)) next = 0;
      late += staffing_uneven(a, c, load, q, next, t->noise, t->parts);
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

/* Parts of a sample: what comes and goes within ten times as long as a task may
** wait and takes is left to Erlang C. */
static size_t staffing_parts(const hf_staffing_ask *a) {
  double most = 10 * (a->rule->wait_seconds + a->rule->task_seconds);
  return (size_t)fmax(1, fmin(8, floor(a->step / most + .5)));
}

/* The noise: by the median of the changes from one sample to the next, so that
** steps and bursts do not count. */
static int staffing_noise(hf_work *w, const hf_staffing_ask *a, double *noise) {
  hf_mark m = hf_work_mark(w);
  double *x = hf_work_reals(w, a->n), middle;
  size_t i, n = 0;
  *noise = 0;
  if (x == NULL) return HF_ENOMEM;
  for (i = 1; i < a->n; i++) {
    double sum = a->busy[i] + a->busy[i - 1];
    if (sum > 0) x[n++] = fabs(a->busy[i] - a->busy[i - 1]) / sqrt(sum);
  }
  /* a difference has twice the variance, the sum twice the mean; 0.6745 sd are
   * the median of a normal */
  if (n > 0) {
    middle = hf_stat_median(x, n) / .6744897501960817;
    *noise = middle * middle;
  }
  hf_work_release(w, m);
  return HF_OK;
}

int hf_staffing_run(hf_work *w, const hf_staffing_ask *ask, hf_staffing *out) {
  hf_mark m = hf_work_mark(w);
  double *asked = hf_work_reals(w, ask->n), *soft = hf_work_reals(w, ask->n);
  hf_staffing s;
  staffing_table t;
  size_t i;
  int rc = HF_ENOMEM;
  memset(&s, 0, sizeof(s));
  t.rule = ask->rule;
  t.top = 1;
  t.workers = hf_work_zeroed(w, STAFFING_CELLS + 1, sizeof(double));
  if (asked != NULL && soft != NULL && t.workers != NULL) {
    for (i = ask->from; i < ask->n; i++) t.top = fmax(t.top, ask->up[i]);
    t.top *= 1 + staffing_slack;
    t.chance = fmax(t.rule->violation_target, staffing_wait);
    t.goal = staffing_seen * t.rule->violation_target;
    t.parts = staffing_parts(ask);
    rc = staffing_noise(w, ask, &t.noise);
    if (rc == HF_OK) rc = staffing_margin(w, ask, &t, asked, soft, &s);
    if (rc == HF_OK && !(s.late <= t.goal)) {
      t.chance = t.goal = t.rule->violation_target;
      memset(t.workers, 0, (STAFFING_CELLS + 1) * sizeof(double));
      rc = staffing_margin(w, ask, &t, asked, soft, &s);
    }
  }
  if (rc == HF_OK) *out = s;
  hf_work_release(w, m);
  return rc;
}
