/*
** cost_share.c: which strategy brings how much of a plan's savings.
**
** A waterfall: every changed service is taken through the same steps, and each
** step is charged with the change of the total bill that it makes, so that the
** parts sum to the total and nothing is counted twice:
**   schedule    today's workers, switched off where the plan does so
**   rightsize   as much capacity per hour on the plan's machine type
**   idle        the plan's workers
**   spot        the plan's share at spot prices
**   commitment  last, over all services
** What is held (a commitment bought earlier) is spent whatever runs: only use
** beyond it counts. A step may cost more by itself (a larger machine type that
** only pays with fewer workers); settled, its loss is taken from the parts that
** it made possible.
*/
#include <math.h>
#include <string.h>

#include "cost.h"

enum { SHARE_STEPS = HF_COST_COMMIT };

/* The bill while services are taken through the steps. */
typedef struct share_bill {
  size_t hours;
  double *use;        /* [hours] coverable, all services */
  double *was;        /* [hours] of one service, before the step */
  double *is;         /* [hours] of one service, after it */
  const double *held; /* [hours], or NULL */
  double flat;        /* other and spot, all services */
} share_bill;

double hf_cost_workers(const hf_cost_case *c, const hf_cost_service *s,
                       const hf_cost_menu *m, const hf_cost_choice *v,
                       size_t t) {
  double n;
  if (v == &m->choice[0]) return s->workers[t];
  if (v->stops && m->off[(hf_cost_week_hour(c->start) + t) % HF_COST_WEEK]) {
    return 0;
  }
  if (isfinite(v->workers)) return v->workers;
  n = ceil(s->mean[t] / (m->capacity * c->sku[v->sku].speed * v->target) -
           1e-9);
  return n > s->min_workers ? n : s->min_workers;
}

/* Use beyond what is held, per hour. */
static double share_beyond(const share_bill *b) {
  double sum = 0;
  size_t t;
  for (t = 0; t < b->hours; t++) {
    double v = b->use[t] - (b->held != NULL ? b->held[t] : 0);
    if (v > 0) sum += v;
  }
  return sum / (double)b->hours;
}

/* Replaces b->was by b->is (and flat by flat); returns what is saved. */
static double share_step(share_bill *b, double flat_was, double flat_is) {
  double before;
  size_t t;
  if (flat_was == flat_is &&
      memcmp(b->was, b->is, b->hours * sizeof(double)) == 0) {
    return 0;
  }
  before = share_beyond(b) + b->flat;
  for (t = 0; t < b->hours; t++) b->use[t] += b->is[t] - b->was[t];
  b->flat += flat_is - flat_was;
  memcpy(b->was, b->is, b->hours * sizeof(double));
  return before - share_beyond(b) - b->flat;
}

/* Money of `n` workers a type has, of which `share` at spot: coverable into
** b->is[t], the rest is returned. */
static double share_money(share_bill *b, const hf_cost_sku *y, double n,
                          double share, size_t t) {
  double demand = n * (1 - share) * y->on_demand;
  double spot = share > 0 ? n * share * y->spot : 0;
  b->is[t] = isfinite(y->commit) ? demand : 0;
  return spot + (isfinite(y->commit) ? 0 : demand);
}

/* Takes service i through the steps. */
static void share_service(share_bill *b, const hf_cost_case *c, size_t i,
                          const hf_cost_menu *m, size_t pick, double *part) {
  const hf_cost_service *s = &c->service[i];
  const hf_cost_choice *v = &m->choice[pick];
  const hf_cost_sku *now = &c->sku[s->sku];
  const hf_cost_sku *then = &c->sku[v->sku];
  double n = (double)b->hours;
  double flat = 0;
  size_t first = hf_cost_week_hour(c->start);
  size_t t;
  int step;
  for (t = 0; t < b->hours; t++) {
    flat += share_money(b, now, s->workers[t], s->spot_share, t) / n;
    b->was[t] = b->is[t];
  }
  for (step = HF_COST_SCHEDULE; step <= HF_COST_SPOT; step++) {
    double sum = 0;
    for (t = 0; t < b->hours; t++) {
      int off = v->stops && m->off[(first + t) % HF_COST_WEEK];
      double x = off ? 0 : s->workers[t];
      const hf_cost_sku *y = step >= HF_COST_RIGHTSIZE ? then : now;
      if (step == HF_COST_RIGHTSIZE) x *= now->speed / then->speed;
      if (step >= HF_COST_IDLE) x = hf_cost_workers(c, s, m, v, t);
      sum += share_money(
          b, y, x, step >= HF_COST_SPOT ? v->spot_share : s->spot_share, t);
    }
    part[step] = share_step(b, flat, sum / n);
    flat = sum / n;
  }
}

/* A choice that the caller listed. */
static void share_listed(share_bill *b, const hf_cost_menu *m, size_t pick,
                         double *part) {
  const hf_cost_choice *was = &m->choice[0];
  const hf_cost_choice *is = &m->choice[pick];
  memcpy(b->was, was->on_demand, b->hours * sizeof(double));
  memcpy(b->is, is->on_demand, b->hours * sizeof(double));
  part[HF_COST_CHANGE] =
      share_step(b, was->other + was->spot, is->other + is->spot);
}

/* Takes `owed` > 0 from the positive parts, the largest first; returns what is
** left owed. */
static double share_take(double *part, size_t n, double owed) {
  while (owed > 0) {
    size_t top = 0;
    double x;
    size_t i;
    for (i = 1; i < n; i++) {
      if (part[i] > part[top]) top = i;
    }
    if (!(part[top] > 0)) break;
    x = part[top] < owed ? part[top] : owed;
    part[top] -= x;
    owed -= x;
    if (part[top] > 0) break;
  }
  return owed;
}

/* Makes up negative parts: from the same service, then from the commitment,
** then from the others. */
static void share_settle(hf_cost_split *x, size_t services) {
  double owed = 0;
  size_t i, k;
  for (i = 0; i < services; i++) {
    double *part = x->part + i * SHARE_STEPS;
    double own = 0;
    for (k = 0; k < SHARE_STEPS; k++) {
      if (part[k] < 0) {
        own -= part[k];
        part[k] = 0;
      }
    }
    owed += share_take(part, SHARE_STEPS, own);
  }
  if (x->commit < 0) {
    owed -= x->commit;
    x->commit = 0;
  }
  owed = share_take(&x->commit, 1, owed);
  owed = share_take(x->part, services * SHARE_STEPS, owed);
  x->commit -= owed; /* the plan as a whole costs more */
}

/* What a commitment to `covers` saves on the bill's use. */
static double share_commit(const share_bill *b, double discount,
                           double covers) {
  double over = 0;
  size_t t;
  if (covers <= 0) return 0;
  for (t = 0; t < b->hours; t++) {
    double v = b->use[t] - (b->held != NULL ? b->held[t] : 0);
    if (v > covers) over += v - covers;
  }
  return share_beyond(b) - over / (double)b->hours - covers * (1 - discount);
}

int hf_cost_share(hf_work *w, const hf_cost_case *c, size_t n,
                  const hf_cost_menu *menu, size_t services, const size_t *pick,
                  const double *held, double discount, double covers,
                  int settle, hf_cost_split *split) {
  hf_cost_split x;
  share_bill b;
  hf_mark mark;
  size_t i, t;
  int rc = HF_ENOMEM;
  memset(&x, 0, sizeof(x));
  memset(&b, 0, sizeof(b));
  x.part = hf_work_zeroed(w, services * SHARE_STEPS, sizeof(double));
  if (x.part == NULL) return HF_ENOMEM;
  mark = hf_work_mark(w);
  b.hours = n;
  b.held = held;
  b.use = hf_work_zeroed(w, n, sizeof(double));
  b.was = hf_work_reals(w, n);
  b.is = hf_work_reals(w, n);
  if (b.use == NULL || b.was == NULL || b.is == NULL) goto done;
  for (i = 0; i < services; i++) {
    const hf_cost_choice *v = &menu[i].choice[0];
    for (t = 0; t < n; t++) {
      if (c != NULL) {
        const hf_cost_service *s = &c->service[i];
        b.flat +=
            share_money(&b, &c->sku[s->sku], s->workers[t], s->spot_share, t) /
            (double)n;
        b.use[t] += b.is[t];
      } else {
        b.use[t] += v->on_demand[t];
      }
    }
    if (c == NULL) b.flat += v->other + v->spot;
  }
  x.spend = share_beyond(&b) + b.flat;
  for (i = 0; i < services; i++) {
    double *part = x.part + i * SHARE_STEPS;
    if (pick[i] == 0) continue;
    if (c != NULL) {
      share_service(&b, c, i, &menu[i], pick[i], part);
    } else {
      share_listed(&b, &menu[i], pick[i], part);
    }
    rc = hf_work_check(w, 50 * n);
    if (rc != HF_OK) goto done;
  }
  x.commit = share_commit(&b, discount, covers);
  x.cost = share_beyond(&b) + b.flat - x.commit;
  if (settle) share_settle(&x, services);
  *split = x;
  rc = HF_OK;
done:
  hf_work_release(w, mark);
  return rc;
}
