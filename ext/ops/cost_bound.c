/*
** cost_bound.c: a proof that no plan can cost less.
**
** With v the hourly use beyond what is held and d the discount, the best
** commitment costs
**   R(v) = min over K >= 0 of K (1 - d) + mean max(v - K, 0)
**        = max over 0 <= w <= 1, mean w <= 1 - d, of mean(w v)
** (linear programming duality: R is the mean of the dearest 1 - d of the
** hours; R. T. Rockafellar, S. Uryasev, Optimization of conditional
** value-at-risk, Journal of Risk 2, 2000). So for any such w, and any
** multiplier mu >= 0 of the limit on spot,
**   L(w, mu) = sum over services of min over choices of
**                (flat + mean(w use) + mu spot) - mean(w held) - mu room
** is below the cost of every allowed plan, and each service decides alone. A
** limit on changes is kept inside: only the services that gain most leave
** choice 0. L is maximised by subgradient steps of Polyak's length, projected
** (M. Held, P. Wolfe, H. Crowder, Validation of subgradient optimization,
** Mathematical Programming 6, 1974).
*/
#include "cost_search.h"

#include <math.h>
#include <string.h>

enum { BOUND_STEPS = 1000, BOUND_STEPS_LEAST = 200, BOUND_PATIENCE = 20 };

/* Multiplications that the search for a bound may take, between the limits on
** steps. */
static const double BOUND_WORK = 3e8;

typedef struct bound_state {
  hf_search *s;
  double *w;     /* [hours] */
  double *slope; /* [hours] */
  double mu;
  double *value;  /* [total] of each choice under w, mu */
  double *gain;   /* [n] by leaving choice 0 */
  double *sorted; /* [n] */
  hf_pick now;    /* what the services decide */
} bound_state;

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

/* k-th largest of x [n]; by insertion into a short list, k is small or n is. */
static double bound_kth(double *sorted, const double *x, size_t n, size_t k) {
  size_t m = 0;
  size_t i, j;
  for (i = 0; i < n; i++) {
    if (m == k && x[i] <= sorted[m - 1]) continue;
    for (j = m < k ? m++ : m - 1; j > 0 && sorted[j - 1] < x[i]; j--) {
      sorted[j] = sorted[j - 1];
    }
    sorted[j] = x[i];
  }
  return sorted[m - 1];
}

/* What each service decides under w and mu; returns L. */
static double bound_decide(bound_state *b) {
  hf_search *s = b->s;
  const hf_cost_problem *p = s->p;
  double sum = 0;
  double least = 0;
  size_t ties;
  size_t i, a;
  for (i = 0; i < s->n; i++) {
    size_t best = s->first[i];
    for (a = s->first[i]; a < s->first[i + 1]; a++) {
      double x = s->flat[a] + hf_search_dot(b->w, s->use[a], s->hours);
      if (b->mu > 0) x += b->mu * s->spot[a];
      b->value[a] = x;
      if (x < b->value[best]) best = a;
    }
    b->now.at[i] = best;
    b->gain[i] = b->value[s->first[i]] - b->value[best];
  }
  ties = p->max_changes;
  if (p->max_changes < s->n) {
    least = p->max_changes > 0
                ? bound_kth(b->sorted, b->gain, s->n, p->max_changes)
                : INFINITY;
    for (i = 0; i < s->n; i++) ties -= ties > 0 && b->gain[i] > least;
    for (i = 0; i < s->n; i++) {
      if (b->gain[i] > least) continue;
      if (b->gain[i] == least && ties > 0) {
        ties--;
        continue;
      }
      b->now.at[i] = s->first[i];
    }
  }
  for (i = 0; i < s->n; i++) sum += b->value[b->now.at[i]];
  if (p->held != NULL) sum -= hf_search_dot(b->w, p->held, s->hours);
  if (b->mu > 0) sum -= b->mu * s->spot_room;
  return sum;
}

/* One step uphill; `ahead` is how far L may still rise. */
static void bound_step(bound_state *b, double ahead) {
  hf_search *s = b->s;
  size_t n = s->hours;
  double most = (1 - s->p->discount) * (double)n;
  double over = s->spot_room < INFINITY ? b->now.spot - s->spot_room : 0;
  double mean = 0;
  double norm = 0;
  double step;
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
  if (b->mu <= 0 && over < 0) over = 0;
  norm += over * over;
  if (norm <= 0) return;
  step = ahead / norm;
  for (t = 0; t < n; t++) b->w[t] += step * b->slope[t];
  bound_project(b->w, n, most);
  b->mu += step * over;
  if (b->mu < 0) b->mu = 0;
}

static int bound_new(bound_state *b, hf_search *s) {
  memset(b, 0, sizeof(*b));
  b->s = s;
  b->w = hf_work_reals(s->w, s->hours);
  b->slope = hf_work_reals(s->w, s->hours);
  b->value = hf_work_reals(s->w, s->total);
  b->gain = hf_work_reals(s->w, s->n);
  b->sorted = hf_work_reals(s->w, s->n + 1);
  if (b->w == NULL || b->slope == NULL || b->value == NULL || b->gain == NULL ||
      b->sorted == NULL) {
    return HF_ENOMEM;
  }
  return hf_pick_new(s, &b->now);
}

int hf_search_bound(hf_search *s, hf_pick *best, double *bound) {
  hf_mark mark = hf_work_mark(s->w);
  bound_state b;
  double high = -INFINITY;
  double pace = 1;
  double size = (double)(s->total + s->n) * (double)s->hours;
  int stale = 0;
  int steps = BOUND_STEPS;
  int step;
  size_t t;
  int rc = bound_new(&b, s);
  if (rc != HF_OK) goto done;
  for (t = 0; t < s->hours; t++) b.w[t] = 1 - s->p->discount;
  if (size * steps > BOUND_WORK) steps = (int)(BOUND_WORK / size);
  if (steps < BOUND_STEPS_LEAST) steps = BOUND_STEPS_LEAST;
  for (step = 0; step < steps; step++) {
    double low = bound_decide(&b);
    rc = hf_work_check(s->w, 2 * (s->total + s->n) * s->hours);
    if (rc != HF_OK) goto done;
    hf_pick_sum(s, &b.now);
    if (hf_pick_allowed(s, b.now.changes, b.now.spot) &&
        b.now.cost < best->cost) {
      hf_pick_copy(s, best, &b.now);
    }
    if (low > high) {
      if (low - high > 1e-6 * fabs(low)) stale = 0;
      high = low;
      memcpy(s->best_w, b.w, s->hours * sizeof(double));
      s->best_mu = b.mu;
    }
    if (high >= best->cost - 1e-6 * fabs(best->cost)) break;
    if (++stale > BOUND_PATIENCE) {
      stale = 0;
      pace /= 2;
      memcpy(b.w, s->best_w, s->hours * sizeof(double));
      b.mu = s->best_mu;
      if (pace < 1e-4) break;
      bound_decide(&b);
      hf_pick_sum(s, &b.now);
      low = high;
    }
    bound_step(&b, pace * (best->cost - low));
  }
  *bound = high < best->cost ? high : best->cost;
done:
  hf_work_release(s->w, mark);
  return rc;
}
