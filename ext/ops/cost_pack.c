/*
** cost_pack.c: a multiple-choice knapsack with a limit on changes.
**
** Relaxed, with a price on the room each service takes what is worth most to
** it; of these, the `most` that gain most leave choice 0. The best price is
** found by bisection, since the slope of the bound in it is what is taken
** beyond the room (M. Fisher, The Lagrangian relaxation method for solving
** integer programming problems, Management Science 27, 1981).
**
** Exactly: depth first over services, those with most to decide first, their
** choices by worth, with the relaxed worth of the rest as bound (P. Sinha, A.
** Zoltners, The multiple-choice knapsack problem, Operations Research 27,
** 1979).
*/
#include "cost_pack.h"

#include <math.h>
#include <string.h>

#include "../num/stat.h"

enum { PACK_BISECTIONS = 48 };

int hf_pack_new(hf_work *w, size_t n, const size_t *first, hf_pack *p) {
  memset(p, 0, sizeof(*p));
  p->n = n;
  p->first = first;
  p->worth = hf_work_reals(w, first[n]);
  p->gain = hf_work_reals(w, n);
  p->list = hf_work_reals(w, n + 1);
  p->rest = hf_work_reals(w, n + 1);
  p->spare = hf_work_reals(w, n + 1);
  p->order = hf_work_alloc(w, n, sizeof(size_t));
  p->rank = hf_work_alloc(w, first[n], sizeof(size_t));
  p->depth = hf_work_alloc(w, n + 1, sizeof(size_t));
  p->now = hf_work_alloc(w, n, sizeof(size_t));
  if (p->worth == NULL || p->gain == NULL || p->list == NULL ||
      p->rest == NULL || p->spare == NULL || p->order == NULL ||
      p->rank == NULL || p->depth == NULL || p->now == NULL) {
    return HF_ENOMEM;
  }
  return HF_OK;
}

/* Sends back to choice 0 all but the `most` services that gain most; sets the
** fee: what the next one would gain. */
static void pack_limit(hf_pack *p, size_t *at) {
  double least;
  size_t ties;
  size_t i;
  p->fee = 0;
  if (p->most >= p->n) return;
  memcpy(p->list, p->gain, p->n * sizeof(double));
  p->fee = hf_stat_select(p->list, p->n, p->n - 1 - p->most);
  least = p->fee;
  ties = p->most;
  for (i = 0; i < p->n; i++) ties -= p->gain[i] > least;
  for (i = 0; i < p->n; i++) {
    if (p->gain[i] > least) continue;
    if (p->gain[i] == least && ties > 0) {
      ties--;
      continue;
    }
    at[i] = p->first[i];
  }
}

/* What the services decide at a price; returns the bound, *taken the sum. */
static double pack_decide(hf_pack *p, double price, size_t *at, double *taken) {
  double sum = 0;
  size_t i, a;
  p->price = price;
  for (i = 0; i < p->n; i++) {
    size_t best = p->first[i];
    for (a = p->first[i]; a < p->first[i + 1]; a++) {
      p->worth[a] = p->cost[a] + price * p->take[a];
      if (p->worth[a] < p->worth[best]) best = a;
    }
    at[i] = best;
    p->gain[i] = p->worth[p->first[i]] - p->worth[best];
  }
  pack_limit(p, at);
  *taken = 0;
  for (i = 0; i < p->n; i++) {
    sum += p->worth[at[i]];
    *taken += p->take[at[i]];
  }
  return price > 0 ? sum - price * p->room : sum;
}

double hf_pack_relax(hf_pack *p, size_t *at) {
  double lo = 0;
  double hi = 1;
  double best_price = 0;
  double best;
  double taken;
  int i;
  best = pack_decide(p, 0, at, &taken);
  if (!(taken > p->room)) return best;
  /* what is taken has a price in the same money: 1 to begin with */
  for (i = 0; i < 60; i++) {
    double x = pack_decide(p, hi, at, &taken);
    if (x > best) {
      best = x;
      best_price = hi;
    }
    if (!(taken > p->room)) break;
    lo = hi;
    hi *= 2;
  }
  for (i = 0; i < PACK_BISECTIONS && hi - lo > 1e-12 * hi; i++) {
    double mid = (lo + hi) / 2;
    double x = pack_decide(p, mid, at, &taken);
    if (x > best) {
      best = x;
      best_price = mid;
    }
    if (taken > p->room) {
      lo = mid;
    } else {
      hi = mid;
    }
  }
  pack_decide(p, best_price, at, &taken);
  return best;
}

/* Adds the fee to the worth of changes, orders services and choices for the
** search, and sums the rest. */
static void pack_prepare(hf_pack *p) {
  size_t i, j, a;
  for (i = 0; i < p->n; i++) {
    size_t *rank = p->rank + p->first[i];
    size_t m = p->first[i + 1] - p->first[i];
    for (a = p->first[i] + 1; a < p->first[i + 1]; a++) p->worth[a] += p->fee;
    hf_stat_order(p->worth + p->first[i], m, rank);
    for (a = 0; a < m; a++) rank[a] += p->first[i];
    p->gain[i] = p->worth[rank[0]] - p->worth[rank[m - 1]];
  }
  hf_stat_order(p->gain, p->n, p->order);
  p->rest[p->n] = 0;
  p->spare[p->n] = 0;
  for (j = p->n; j-- > 0;) {
    double least = INFINITY;
    i = p->order[j];
    for (a = p->first[i]; a < p->first[i + 1]; a++) {
      if (p->take[a] < least) least = p->take[a];
    }
    p->spare[j] = p->spare[j + 1] + least;
    p->rest[j] = p->rest[j + 1] + p->worth[p->rank[p->first[i]]];
  }
}

double hf_pack_search(hf_pack *p, size_t *at, size_t *nodes) {
  double base = p->fee * (double)p->most;
  double proven;
  double high = 0;
  double worth = 0;
  double take = 0;
  double cost = 0;
  size_t changes = 0;
  size_t level = 0;
  size_t i;
  pack_prepare(p);
  if (p->room < INFINITY) base += p->price * p->room;
  for (i = 0; i < p->n; i++) high += p->cost[at[i]];
  proven = p->rest[0] - base;
  p->depth[0] = 0;
  for (;;) {
    size_t a;
    size_t m = 0;
    int back = level == p->n;
    if (!back) {
      i = p->order[level];
      m = p->first[i + 1] - p->first[i];
      back = p->depth[level] >= m;
    }
    if (!back) { /* choices come by worth: the first beyond the bound ends */
      a = p->rank[p->first[i] + p->depth[level]];
      back = worth + p->worth[a] + p->rest[level + 1] - base >=
             high - 1e-12 * fabs(high);
    }
    if (back) {
      if (level == 0) return high;
      i = p->order[--level];
      a = p->now[i];
      worth -= p->worth[a];
      take -= p->take[a];
      cost -= p->cost[a];
      changes -= a != p->first[i];
      continue;
    }
    if (*nodes == 0) return proven < high ? proven : high;
    --*nodes;
    p->depth[level]++;
    if (a != p->first[i] && changes >= p->most) continue;
    if (take + p->take[a] + p->spare[level + 1] > p->room + 1e-9) continue;
    p->now[i] = a;
    worth += p->worth[a];
    take += p->take[a];
    cost += p->cost[a];
    changes += a != p->first[i];
    level++;
    p->depth[level] = 0;
    if (level == p->n && cost < high) {
      high = cost;
      memcpy(at, p->now, p->n * sizeof(size_t));
    }
  }
}
