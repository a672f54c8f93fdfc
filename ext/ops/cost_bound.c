/*
** cost_bound.c: a proof that no plan can cost less.
**
** With v the hourly use beyond what is held and d the discount, the best
** commitment costs
**   R(v) = min over K >= 0 of K (1 - d) + mean max(v - K, 0)
**        = max over 0 <= w <= 1, mean w <= 1 - d, of mean(w v)
** (linear programming duality: R is the mean of the dearest 1 - d of the
** hours; R. T. Rockafellar, S. Uryasev, Optimization of conditional
** value-at-risk, Journal of Risk 2, 2000). So for any such w
**   L(w) = min over allowed picks of sum (flat + mean(w use)) - mean(w held)
** is below the cost of every allowed plan. Given w a choice has one price, and
** what is left is a knapsack (cost_pack.c): relaxed while w is far from its
** best, then, where limits couple the services, exactly. L is maximised by
** subgradient steps of Polyak's length, projected (M. Held, P. Wolfe, H.
** Crowder, Validation of subgradient optimization, Mathematical Programming 6,
** 1974). Allowed picks met on the way are candidates for the plan itself.
*/
#include "cost_search.h"

#include <math.h>
#include <string.h>

enum {
  BOUND_STEPS = 1000,
  BOUND_STEPS_LEAST = 200,
  BOUND_STEPS_EXACT = 150,
  BOUND_PATIENCE = 20,
  BOUND_NODES = 2000000, /* of all knapsacks */
  BOUND_NODES_ONE = 50000,
  BOUND_BRANCH = 24 /* services at most for branch and bound */
};

/* Multiplications that the search for a bound may take, between the limits on
** steps. */
static const double BOUND_WORK = 3e8;

/* The price of a closed choice: never taken, and harmless in sums. */
static const double BOUND_CLOSED = 1e30;

/* The shift that brings sum of clip(y - shift, 0, 1) down to `most`, then the
** projection of y onto the weights allowed. */
static void bound_project(double *y, size_t n, double most) {
  double lo = 0;
  double hi = 0;
  double sum = 0;
  size_t t;
  int i;
  for (t = 0; t < n; t++) {
    sum += y[t] < 0 ? 0 : y[t] > 1 ? 1 : y[t];
    if (y[t] > hi) hi = y[t];
  }
  if (sum > most) {
    for (i = 0; i < 48; i++) {
      double mid = (lo + hi) / 2;
      sum = 0;
      for (t = 0; t < n; t++) {
        double x = y[t] - mid;
        sum += x < 0 ? 0 : x > 1 ? 1 : x;
      }
      if (sum > most) {
        lo = mid;
      } else {
        hi = mid;
      }
    }
  } else {
    hi = 0;
  }
  for (t = 0; t < n; t++) {
    double x = y[t] - hi;
    y[t] = x < 0 ? 0 : x > 1 ? 1 : x;
  }
}

/* Closes what no plan cheaper than `cost` can contain: with it, the bound
** `low` would rise above that. To be called after hf_pack_relax(). */
static void bound_close(hf_bound *b, double low, double cost) {
  const hf_pack *p = &b->pack;
  size_t i, a;
  for (i = 0; i < p->n; i++) {
    size_t first = p->first[i];
    double least = p->worth[first];
    for (a = first + 1; a < p->first[i + 1]; a++) {
      if (p->worth[a] + p->fee < least) least = p->worth[a] + p->fee;
    }
    for (a = first; a < p->first[i + 1]; a++) {
      double more = p->worth[a] + (a != first ? p->fee : 0) - least;
      if (low + more > cost * (1 + 1e-9)) b->closed[a] = 1;
    }
  }
}

/* What is decided under w; returns L. */
static double bound_decide(hf_bound *b, double cost) {
  hf_search *s = b->s;
  double held = 0;
  double low;
  size_t a;
  if (s->p->held != NULL) held = hf_search_dot(b->w, s->p->held, s->hours);
  for (a = 0; a < s->total; a++) {
    b->value[a] = BOUND_CLOSED;
    if (b->closed[a]) continue;
    b->value[a] = s->flat[a] + hf_search_dot(b->w, s->use[a], s->hours);
    b->work += (double)s->hours;
  }
  b->work += 2 * (double)s->n * (double)s->hours;
  low = hf_pack_relax(&b->pack, b->now.at) - held;
  if (low < cost) bound_close(b, low, cost);
  if (b->exact) {
    size_t nodes = b->nodes < BOUND_NODES_ONE ? b->nodes : BOUND_NODES_ONE;
    double sum;
    b->nodes -= nodes;
    memcpy(b->now.at, s->first, s->n * sizeof(size_t));
    sum = hf_pack_search(&b->pack, b->now.at, &nodes) - held;
    b->nodes += nodes;
    if (sum > low) low = sum;
  }
  return low;
}

/* One step uphill; `ahead` is how far L may still rise. */
static void bound_step(hf_bound *b, double ahead) {
  hf_search *s = b->s;
  size_t n = s->hours;
  double mean = 0;
  double norm = 0;
  size_t inside = 0;
  size_t t;
  for (t = 0; t < n; t++) {
    b->slope[t] = b->now.use[t] - (s->p->held != NULL ? s->p->held[t] : 0);
    if (b->w[t] > 0 && b->w[t] < 1) {
      mean += b->slope[t];
      inside++;
    }
  }
  if (inside > 0) mean /= (double)inside;
  for (t = 0; t < n; t++) {
    double x = b->slope[t] - mean;
    if ((b->w[t] <= 0 && x < 0) || (b->w[t] >= 1 && x > 0)) x = 0;
    norm += x * x;
    b->slope[t] = x;
  }
  norm /= (double)n;
  if (norm <= 0) return;
  for (t = 0; t < n; t++) b->w[t] += ahead / norm * b->slope[t];
  bound_project(b->w, n, (1 - s->p->discount) * (double)n);
}

static int bound_new(hf_bound *b, hf_search *s) {
  size_t t;
  int rc;
  memset(b, 0, sizeof(*b));
  b->s = s;
  b->w = hf_work_reals(s->w, s->hours);
  b->best_w = hf_work_reals(s->w, s->hours);
  b->slope = hf_work_reals(s->w, s->hours);
  b->value = hf_work_reals(s->w, s->total);
  b->closed = hf_work_zeroed(s->w, s->total, 1);
  b->chosen = hf_work_alloc(s->w, s->total, sizeof(int));
  if (b->w == NULL || b->best_w == NULL || b->slope == NULL ||
      b->value == NULL || b->closed == NULL || b->chosen == NULL) {
    return HF_ENOMEM;
  }
  rc = hf_pack_new(s->w, s->n, s->first, &b->pack);
  if (rc != HF_OK) return rc;
  b->pack.cost = b->value;
  b->pack.take = s->spot;
  b->pack.room = s->spot_room;
  b->pack.most = s->p->max_changes;
  b->nodes = BOUND_NODES;
  for (t = 0; t < s->hours; t++) b->w[t] = 1 - s->p->discount;
  return hf_pick_new(s, &b->now);
}

int hf_bound_climb(hf_bound *b, int steps, double pace, hf_pick *best,
                   double *high) {
  hf_search *s = b->s;
  int stale = 0;
  int step;
  size_t i;
  memset(b->chosen, 0, s->total * sizeof(int));
  memcpy(b->best_w, b->w, s->hours * sizeof(double));
  for (step = 0; step < steps && pace >= 1e-4; step++) {
    double low = bound_decide(b, best->cost);
    int rc = hf_work_check(s->w, 2 * (s->total + s->n) * s->hours);
    if (rc != HF_OK) return rc;
    stale++;
    if (low > *high) {
      if (low - *high > 1e-6 * fabs(low)) stale = 0;
      *high = low;
      memcpy(b->best_w, b->w, s->hours * sizeof(double));
    }
    if (*high >= best->cost * (1 - HF_BOUND_NEAR)) return HF_OK;
    hf_pick_sum(s, &b->now);
    for (i = 0; i < s->n; i++) b->chosen[b->now.at[i]]++;
    if (b->now.cost < best->cost &&
        hf_pick_allowed(s, b->now.changes, b->now.spot)) {
      hf_pick_copy(s, best, &b->now);
    }
    if (b->exact && b->nodes == 0) return HF_OK;
    if (stale > BOUND_PATIENCE) {
      stale = 0;
      pace /= 2;
      memcpy(b->w, b->best_w, s->hours * sizeof(double));
      continue;
    }
    bound_step(b, pace * (best->cost - low));
  }
  return HF_OK;
}

/* 1 when the bound meets the best cost. */
static int bound_met(const hf_pick *best, double high) {
  return high >= best->cost * (1 - HF_BOUND_NEAR);
}

int hf_search_bound(hf_search *s, hf_pick *best, double *bound) {
  hf_mark mark = hf_work_mark(s->w);
  hf_bound b;
  double size = (double)(s->total + s->n) * (double)s->hours;
  double high = -INFINITY;
  int coupled = s->p->max_changes < s->n || s->spot_room < INFINITY;
  int steps = BOUND_STEPS;
  int rc = bound_new(&b, s);
  if (rc != HF_OK) goto done;
  if (size * steps > BOUND_WORK) steps = (int)(BOUND_WORK / size);
  if (steps < BOUND_STEPS_LEAST) steps = BOUND_STEPS_LEAST;
  rc = hf_bound_climb(&b, steps, 1, best, &high);
  if (rc == HF_OK) rc = hf_search_descend(s, best);
  if (rc != HF_OK) goto done;
  if (coupled && !bound_met(best, high)) {
    memcpy(b.w, b.best_w, s->hours * sizeof(double));
    b.exact = 1;
    rc = hf_bound_climb(&b, BOUND_STEPS_EXACT, 1, best, &high);
    if (rc != HF_OK) goto done;
  }
  if (s->n <= BOUND_BRANCH && !bound_met(best, high)) {
    rc = hf_search_branch(&b, best, &high);
    if (rc != HF_OK) goto done;
  }
  if (coupled && s->n > BOUND_BRANCH && !bound_met(best, high)) {
    rc = hf_search_bees(&b, best);
    if (rc != HF_OK) goto done;
  }
  *bound = high < best->cost ? high : best->cost;
done:
  hf_work_release(s->w, mark);
  return rc;
}
