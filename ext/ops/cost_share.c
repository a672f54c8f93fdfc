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
**
** Or by Shapley's value, which knows no order: what a strategy adds, averaged
** over all orders (L. Shapley, A value for n-person games, 1953). With five
** strategies the bill is made out for all 32 sets of them, the commitment of
** the best size each time. A strategy's share goes to the services in
** proportion to what it brings them at prices without commitment, by the same
** rule.
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

/* The bill of service i by the hour into b->is with the strategies of `set`
** applied (bit k: strategy k); returns the rest, per hour. */
static double share_with(share_bill *b, const hf_cost_case *c, size_t i,
                         const hf_cost_menu *m, size_t pick, unsigned set) {
  const hf_cost_service *s = &c->service[i];
  const hf_cost_sku *now = &c->sku[s->sku];
  hf_cost_choice v = m->choice[pick];
  int resized = pick > 0 && (set >> HF_COST_RIGHTSIZE & 1);
  const hf_cost_sku *y = resized ? &c->sku[v.sku] : now;
  double ratio = now->speed / c->sku[v.sku].speed; /* workers after / before */
  double share = s->spot_share;
  double flat = 0;
  size_t first = hf_cost_week_hour(c->start);
  size_t t;
  int stops = v.stops && (set >> HF_COST_SCHEDULE & 1);
  v.stops = 0;
  if ((set >> HF_COST_SPOT & 1) && isfinite(y->spot)) share = v.spot_share;
  for (t = 0; t < b->hours; t++) {
    double x = s->workers[t];
    if (pick > 0 && (set >> HF_COST_IDLE & 1)) {
      x = hf_cost_workers(c, s, m, &v, t);
      if (!resized) x /= ratio;
    } else if (resized) {
      x *= ratio;
    }
    if (stops && m->off[(first + t) % HF_COST_WEEK]) x = 0;
    flat += share_money(b, y, x, share, t);
  }
  return flat / (double)b->hours;
}

/* Takes service i through the steps. */
static void share_service(share_bill *b, const hf_cost_case *c, size_t i,
                          const hf_cost_menu *m, size_t pick, double *part) {
  double flat = share_with(b, c, i, m, pick, 0);
  unsigned set = 0;
  int step;
  memcpy(b->was, b->is, b->hours * sizeof(double));
  for (step = HF_COST_SCHEDULE; step <= HF_COST_SPOT; step++) {
    double is;
    set |= 1u << step;
    is = share_with(b, c, i, m, pick, set);
    part[step] = share_step(b, flat, is);
    flat = is;
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

/* The bill of the whole with the strategies of `set` for all services, into
** b->use and b->flat. own[services] (may be NULL): each one's money per hour
** without commitments. */
static void share_whole(share_bill *b, const hf_cost_plan_view *p, unsigned set,
                        double *own) {
  size_t i, t;
  b->flat = 0;
  memset(b->use, 0, b->hours * sizeof(double));
  for (i = 0; i < p->services; i++) {
    const hf_cost_choice *v = &p->menu[i].choice[set ? p->pick[i] : 0];
    const double *is = v->on_demand;
    double flat = v->other + v->spot;
    double sum = 0;
    if (p->c != NULL) {
      flat = share_with(b, p->c, i, &p->menu[i], p->pick[i], set);
      is = b->is;
    }
    b->flat += flat;
    for (t = 0; t < b->hours; t++) {
      b->use[t] += is[t];
      sum += is[t];
    }
    if (own != NULL) own[i] = flat + sum / (double)b->hours;
  }
}

/* The bill with the best commitment; `tmp` is [2 hours]. */
static double share_best(const share_bill *b, double discount, double *tmp) {
  size_t t;
  for (t = 0; t < b->hours; t++) {
    double v = b->use[t] - (b->held != NULL ? b->held[t] : 0);
    tmp[t] = v > 0 ? v : 0;
  }
  return b->flat +
         hf_cost_commit(tmp, b->hours, discount, tmp + b->hours, NULL);
}

/* Shapley's values of n players from the worth of all 2^n sets. */
static void share_values(const double *worth, size_t stride, unsigned n,
                         double *value) {
  static const double order[6] = {1, 1, 2, 6, 24, 120};
  unsigned set, k;
  for (k = 0; k < n; k++) value[k] = 0;
  for (set = 0; set < 1u << n; set++) {
    unsigned size = 0;
    for (k = 0; k < n; k++) size += set >> k & 1;
    for (k = 0; k < n; k++) {
      if (set >> k & 1) continue;
      value[k] += order[size] * order[n - 1 - size] / order[n] *
                  (worth[(set | 1u << k) * stride] - worth[set * stride]);
    }
  }
}

/* Puts a strategy's share on the services by what it brings each; value is
** [services][4]. */
static void share_spread(const hf_cost_plan_view *p, double share, size_t k,
                         size_t at, const double *value, double *part) {
  double sum = 0;
  size_t last = p->services;
  size_t i;
  for (i = 0; i < p->services; i++) {
    if (p->pick[i] == 0) continue;
    sum += fabs(value[4 * i + k]);
    if (last == p->services || value[4 * i + k] != 0) last = i;
  }
  for (i = 0; i < p->services; i++) {
    if (p->pick[i] == 0) continue;
    part[i * SHARE_STEPS + at] =
        sum > 0 ? share * fabs(value[4 * i + k]) / sum : (i == last) * share;
  }
}

static int share_shapley(hf_work *w, const hf_cost_plan_view *p, share_bill *b,
                         hf_cost_split *x) {
  unsigned players = p->c != NULL ? 4 : 1;
  unsigned sets = 1u << players;
  double *own = hf_work_reals(w, sets * p->services);
  double *value = hf_work_zeroed(w, 4 * p->services, sizeof(double));
  double *tmp = hf_work_reals(w, 2 * b->hours);
  double worth[32];
  double share[5];
  unsigned set, k;
  size_t i;
  if (own == NULL || value == NULL || tmp == NULL) return HF_ENOMEM;
  for (set = 0; set < sets; set++) {
    int rc = hf_work_check(w, 20 * p->services * b->hours);
    if (rc != HF_OK) return rc;
    share_whole(b, p, set, own + set * p->services);
    worth[set] = -share_beyond(b) - b->flat;
    worth[set | sets] = -share_best(b, p->discount, tmp);
  }
  for (i = 0; i < sets * p->services; i++) own[i] = -own[i];
  for (i = 0; i < p->services; i++) {
    share_values(own + i, p->services, players, value + 4 * i);
  }
  share_values(worth, 1, players + 1, share);
  x->spend = -worth[0];
  x->cost = -worth[2 * sets - 1];
  x->commit = share[players];
  for (k = 0; k < players; k++) {
    share_spread(p, share[k], k, players == 1 ? HF_COST_CHANGE : k, value,
                 x->part);
  }
  return HF_OK;
}

static int share_waterfall(hf_work *w, const hf_cost_plan_view *p,
                           share_bill *b, hf_cost_split *x) {
  size_t i;
  share_whole(b, p, 0, NULL);
  x->spend = share_beyond(b) + b->flat;
  for (i = 0; i < p->services; i++) {
    double *part = x->part + i * SHARE_STEPS;
    int rc = hf_work_check(w, 50 * b->hours);
    if (rc != HF_OK) return rc;
    if (p->pick[i] == 0) continue;
    if (p->c != NULL) {
      share_service(b, p->c, i, &p->menu[i], p->pick[i], part);
    } else {
      share_listed(b, &p->menu[i], p->pick[i], part);
    }
  }
  x->commit = share_commit(b, p->discount, p->covers);
  x->cost = share_beyond(b) + b->flat - x->commit;
  return HF_OK;
}

int hf_cost_share(hf_work *w, const hf_cost_plan_view *p, hf_cost_rule rule,
                  hf_cost_split *split) {
  hf_cost_split x;
  share_bill b;
  hf_mark mark;
  int rc = HF_ENOMEM;
  memset(&x, 0, sizeof(x));
  memset(&b, 0, sizeof(b));
  x.part = hf_work_zeroed(w, p->services * SHARE_STEPS, sizeof(double));
  if (x.part == NULL) return HF_ENOMEM;
  mark = hf_work_mark(w);
  b.hours = p->hours;
  b.held = p->held;
  b.use = hf_work_reals(w, b.hours);
  b.was = hf_work_reals(w, b.hours);
  b.is = hf_work_reals(w, b.hours);
  if (b.use == NULL || b.was == NULL || b.is == NULL) goto done;
  if (rule == HF_COST_SHAPLEY) {
    rc = share_shapley(w, p, &b, &x);
  } else {
    rc = share_waterfall(w, p, &b, &x);
  }
  if (rc != HF_OK) goto done;
  if (rule != HF_COST_RAW) share_settle(&x, p->services);
  *split = x;
done:
  hf_work_release(w, mark);
  return rc;
}
