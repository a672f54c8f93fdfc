/*
** cost_solve.c: the choices that together cost least.
**
** All services share one commitment, so that the cheapest choice of each alone
** is not the cheapest together. The commitment of the best size K is the
** newsvendor's answer: the d-quantile of the hourly use (K. Arrow, T. Harris,
** J. Marschak, Optimal inventory policy, Econometrica 19, 1951), found anew
** for every set of picks. The search:
**   1. a start: each service's cheapest choice, as far as the limits allow,
**   2. the Lagrangian bound, whose decisions are starts of their own,
**   3. descent by exchange of one choice, then of two, on the exact cost.
** The bound comes with the answer (cost_bound.c).
*/
#include <math.h>
#include <string.h>

#include "../num/stat.h"
#include "cost_search.h"

enum { SOLVE_PAIRS = 20000 };

double hf_cost_commit(const double *u, size_t n, double discount, double *tmp,
                      double *covers) {
  double k = 0;
  double over = 0;
  size_t t;
  if (discount > 0) {
    memcpy(tmp, u, n * sizeof(double));
    k = hf_stat_select(tmp, n, hf_cost_rank(n, discount));
    if (k < 0) k = 0;
  }
  for (t = 0; t < n; t++) {
    if (u[t] > k) over += u[t] - k;
  }
  if (covers != NULL) *covers = k;
  return k * (1 - discount) + over / (double)n;
}

double hf_search_dot(const double *x, const double *y, size_t n) {
  double a = 0;
  double b = 0;
  double c = 0;
  double d = 0;
  size_t t;
  for (t = 0; t + 4 <= n; t += 4) { /* four sums: no wait for the last one */
    a += x[t] * y[t];
    b += x[t + 1] * y[t + 1];
    c += x[t + 2] * y[t + 2];
    d += x[t + 3] * y[t + 3];
  }
  for (; t < n; t++) a += x[t] * y[t];
  return (a + b + c + d) / (double)n;
}

double hf_search_cost(hf_search *s, const double *use, double flat,
                      double *covers) {
  const double *held = s->p->held;
  double *v = s->tmp;
  size_t n = s->hours;
  size_t t;
  if (held == NULL) {
    return flat + hf_cost_commit(use, n, s->p->discount, s->tmp, covers);
  }
  for (t = 0; t < n; t++) v[t] = use[t] > held[t] ? use[t] - held[t] : 0;
  return flat + hf_cost_commit(v, n, s->p->discount, s->tmp + n, covers);
}

int hf_search_init(hf_work *w, const hf_cost_problem *p, hf_search *s) {
  size_t i, a, at;
  memset(s, 0, sizeof(*s));
  s->p = p;
  s->w = w;
  s->n = p->services;
  s->hours = p->hours;
  for (i = 0; i < s->n; i++) s->total += p->menu[i].n;
  s->first = hf_work_alloc(w, s->n + 1, sizeof(size_t));
  s->owner = hf_work_alloc(w, s->total, sizeof(size_t));
  s->use = hf_work_alloc(w, s->total, sizeof(double *));
  s->flat = hf_work_reals(w, s->total);
  s->spot = hf_work_reals(w, s->total);
  s->tmp = hf_work_reals(w, 2 * s->hours);
  if (s->first == NULL || s->owner == NULL || s->use == NULL ||
      s->flat == NULL || s->spot == NULL || s->tmp == NULL) {
    return HF_ENOMEM;
  }
  s->spot_room = p->max_spot_share < 1 ? 0 : INFINITY;
  for (i = 0, at = 0; i < s->n; i++) {
    s->first[i] = at;
    for (a = 0; a < p->menu[i].n; a++, at++) {
      const hf_cost_choice *v = &p->menu[i].choice[a];
      double sum = 0;
      size_t t;
      for (t = 0; t < s->hours; t++) sum += v->on_demand[t];
      sum = sum / (double)s->hours + v->other + v->spot_list;
      s->owner[at] = i;
      s->use[at] = v->on_demand;
      s->flat[at] = v->other + v->spot;
      s->spot[at] = v->spot_list - p->max_spot_share * sum;
      if (a == 0 && s->spot_room < INFINITY) s->spot_room += s->spot[at];
    }
  }
  s->first[s->n] = at;
  /* what already runs at spot beyond the limit is not forced back */
  if (s->spot_room < 0) s->spot_room = 0;
  return HF_OK;
}

int hf_pick_new(hf_search *s, hf_pick *k) {
  memset(k, 0, sizeof(*k));
  k->at = hf_work_alloc(s->w, s->n, sizeof(size_t));
  k->use = hf_work_reals(s->w, s->hours);
  if (k->at == NULL || k->use == NULL) return HF_ENOMEM;
  memcpy(k->at, s->first, s->n * sizeof(size_t));
  return HF_OK;
}

void hf_pick_sum(hf_search *s, hf_pick *k) {
  size_t i, t;
  memset(k->use, 0, s->hours * sizeof(double));
  k->flat = 0;
  k->spot = 0;
  k->changes = 0;
  for (i = 0; i < s->n; i++) {
    const double *u = s->use[k->at[i]];
    for (t = 0; t < s->hours; t++) k->use[t] += u[t];
    k->flat += s->flat[k->at[i]];
    k->spot += s->spot[k->at[i]];
    k->changes += k->at[i] != s->first[i];
  }
  k->cost = hf_search_cost(s, k->use, k->flat, NULL);
}

void hf_pick_copy(const hf_search *s, hf_pick *to, const hf_pick *from) {
  memcpy(to->at, from->at, s->n * sizeof(size_t));
  memcpy(to->use, from->use, s->hours * sizeof(double));
  to->flat = from->flat;
  to->spot = from->spot;
  to->changes = from->changes;
  to->cost = from->cost;
}

int hf_pick_allowed(const hf_search *s, size_t changes, double spot) {
  return changes <= s->p->max_changes &&
         (s->spot_room == INFINITY || spot <= s->spot_room + 1e-9);
}

/* Descent -------------------------------------------------------------- */

typedef struct descent {
  hf_search *s;
  hf_pick *k;
  double *w;     /* [hours] slope of the commitment's cost at k */
  double *slope; /* [total] change of cost, to first order: a lower bound,
                    since the cost is convex in the use */
  size_t *order; /* [total] choices by rising slope */
  double *try;   /* [hours] */
  char *moved;   /* [n] 1: the service moved in this round */
} descent;

/* Slope of R at the use of k: 1 in the hours beyond K, 0 below, and as much
** at K as makes the mean 1 - d. */
static void descent_weights(descent *d) {
  hf_search *s = d->s;
  size_t n = s->hours;
  const double *held = s->p->held;
  double above = (1 - s->p->discount) * (double)n;
  double at = 0;
  double k;
  size_t t;
  hf_search_cost(s, d->k->use, 0, &k);
  for (t = 0; t < n; t++) {
    double v = d->k->use[t] - (held != NULL ? held[t] : 0);
    d->w[t] = v > k && v > 0;
    above -= d->w[t];
    at += v == k && v > 0;
  }
  if (above <= 0 || at <= 0) return;
  for (t = 0; t < n; t++) {
    double v = d->k->use[t] - (held != NULL ? held[t] : 0);
    if (v == k && v > 0) d->w[t] = above < at ? above / at : 1;
  }
}

/* Sifts order[i] down a heap with the largest slope on top. */
static void descent_sift(descent *d, size_t i, size_t n) {
  size_t x = d->order[i];
  for (;;) {
    size_t j = 2 * i + 1;
    if (j >= n) break;
    if (j + 1 < n && (d->slope[d->order[j + 1]] > d->slope[d->order[j]] ||
                      (d->slope[d->order[j + 1]] == d->slope[d->order[j]] &&
                       d->order[j + 1] > d->order[j]))) {
      j++;
    }
    if (d->slope[d->order[j]] < d->slope[x] ||
        (d->slope[d->order[j]] == d->slope[x] && d->order[j] <= x)) {
      break;
    }
    d->order[i] = d->order[j];
    i = j;
  }
  d->order[i] = x;
}

static void descent_sort(descent *d, size_t n) {
  size_t i;
  for (i = n / 2; i-- > 0;) descent_sift(d, i, n);
  for (i = n; i-- > 1;) {
    size_t x = d->order[0];
    d->order[0] = d->order[i];
    d->order[i] = x;
    descent_sift(d, 0, i);
  }
}

/* Slopes of all choices but those picked, in order; returns how many. */
static size_t descent_slopes(descent *d) {
  hf_search *s = d->s;
  size_t m = 0;
  size_t i, a;
  descent_weights(d);
  for (i = 0; i < s->n; i++) {
    size_t cur = d->k->at[i];
    double base = s->flat[cur] + hf_search_dot(d->w, s->use[cur], s->hours);
    for (a = s->first[i]; a < s->first[i + 1]; a++) {
      d->slope[a] =
          s->flat[a] + hf_search_dot(d->w, s->use[a], s->hours) - base;
      if (a != cur) d->order[m++] = a;
    }
  }
  descent_sort(d, m);
  return m;
}

/* Adds to the sums what taking choice a instead would change. */
static void descent_add(const descent *d, size_t a, double *flat, double *spot,
                        size_t *changes) {
  const hf_search *s = d->s;
  size_t i = s->owner[a];
  size_t cur = d->k->at[i];
  *flat += s->flat[a] - s->flat[cur];
  *spot += s->spot[a] - s->spot[cur];
  *changes += a != s->first[i];
  *changes -= cur != s->first[i];
}

/* Takes a, and b unless it is HF_COST_NONE, if allowed and cheaper: 1. */
static int descent_take(descent *d, size_t a, size_t b) {
  hf_search *s = d->s;
  hf_pick *k = d->k;
  double flat = k->flat;
  double spot = k->spot;
  size_t changes = k->changes;
  const double *a0 = s->use[k->at[s->owner[a]]];
  const double *a1 = s->use[a];
  size_t t;
  descent_add(d, a, &flat, &spot, &changes);
  if (b != HF_COST_NONE) descent_add(d, b, &flat, &spot, &changes);
  if (!hf_pick_allowed(s, changes, spot)) return 0;
  for (t = 0; t < s->hours; t++) d->try[t] = k->use[t] - a0[t] + a1[t];
  if (b != HF_COST_NONE) {
    const double *b0 = s->use[k->at[s->owner[b]]];
    const double *b1 = s->use[b];
    for (t = 0; t < s->hours; t++) d->try[t] += b1[t] - b0[t];
  }
  if (hf_search_cost(s, d->try, flat, NULL) >=
      k->cost - 1e-10 * fabs(k->cost)) {
    return 0;
  }
  k->at[s->owner[a]] = a;
  if (b != HF_COST_NONE) k->at[s->owner[b]] = b;
  hf_pick_sum(s, k);
  return 1;
}

/* One improving exchange of two: 1; none: 0; or minus an error. */
static int descent_pair(descent *d, size_t m, size_t *tries) {
  hf_search *s = d->s;
  size_t i, j;
  for (i = 0; i < m && d->slope[d->order[i]] < 0; i++) {
    for (j = i + 1; j < m; j++) {
      size_t a = d->order[i];
      size_t b = d->order[j];
      int rc;
      if (d->slope[a] + d->slope[b] >= 0) break;
      if (s->owner[a] == s->owner[b]) continue;
      if (*tries == 0) return 0;
      --*tries;
      if (descent_take(d, a, b)) return 1;
      rc = hf_work_check(s->w, 8 * s->hours);
      if (rc != HF_OK) return -rc;
    }
  }
  return 0;
}

int hf_search_descend(hf_search *s, hf_pick *k) {
  hf_mark mark = hf_work_mark(s->w);
  descent d;
  size_t tries = SOLVE_PAIRS;
  int rc = HF_OK;
  memset(&d, 0, sizeof(d));
  d.s = s;
  d.k = k;
  d.w = hf_work_reals(s->w, s->hours);
  d.slope = hf_work_reals(s->w, s->total);
  d.order = hf_work_alloc(s->w, s->total, sizeof(size_t));
  d.try = hf_work_reals(s->w, s->hours);
  d.moved = hf_work_zeroed(s->w, s->n, 1);
  if (d.w == NULL || d.slope == NULL || d.order == NULL || d.try == NULL ||
      d.moved == NULL) {
    rc = HF_ENOMEM;
    goto done;
  }
  for (;;) {
    size_t m = descent_slopes(&d);
    size_t i;
    int moved = 0;
    rc = hf_work_check(s->w, 2 * s->total * s->hours);
    if (rc != HF_OK) goto done;
    for (i = 0; i < m && d.slope[d.order[i]] < 0; i++) {
      /* of a service that has moved the slopes are out of date */
      if (d.moved[s->owner[d.order[i]]]) continue;
      if (descent_take(&d, d.order[i], HF_COST_NONE)) {
        d.moved[s->owner[d.order[i]]] = 1;
        moved = 1;
      }
      rc = hf_work_check(s->w, 8 * s->hours);
      if (rc != HF_OK) goto done;
    }
    memset(d.moved, 0, s->n);
    if (!moved) moved = descent_pair(&d, m, &tries);
    if (moved < 0) rc = -moved;
    if (moved <= 0) break;
  }
done:
  hf_work_release(s->w, mark);
  return rc;
}

/* The answer ------------------------------------------------------------ */

int hf_cost_solve(hf_work *w, const hf_cost_problem *p, hf_cost_plan *plan) {
  hf_search s;
  hf_pick best;
  double bound;
  size_t *pick = hf_work_alloc(w, p->services, sizeof(size_t));
  hf_mark mark = hf_work_mark(w);
  size_t i, t;
  double covers;
  double spend;
  int rc = HF_ENOMEM;
  if (pick == NULL) return HF_ENOMEM;
  rc = hf_search_init(w, p, &s);
  if (rc == HF_OK) rc = hf_pick_new(&s, &best);
  if (rc != HF_OK) goto done;
  hf_pick_sum(&s, &best);
  spend = best.flat;
  for (t = 0; t < s.hours; t++) {
    double v = best.use[t] - (p->held != NULL ? p->held[t] : 0);
    if (v > 0) spend += v / (double)s.hours;
  }
  if (p->max_changes < s.n || s.spot_room < INFINITY) {
    rc = hf_search_descend(&s, &best);
  }
  if (rc == HF_OK) rc = hf_search_bound(&s, &best, &bound);
  if (rc != HF_OK) goto done;
  hf_search_cost(&s, best.use, best.flat, &covers);
  for (i = 0; i < s.n; i++) pick[i] = best.at[i] - s.first[i];
  plan->pick = pick;
  plan->spend = spend;
  plan->cost = best.cost;
  plan->bound = bound < best.cost ? bound : best.cost;
  plan->covers = p->discount > 0 ? covers : 0;
done:
  hf_work_release(w, mark);
  return rc;
}
