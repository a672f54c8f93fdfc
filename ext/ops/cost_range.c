/*
** cost_range.c: how far the savings of a plan may come out otherwise, and how
** often the plan would have been too slow.
**
** Savings. The plan is replayed on each past week (each day, where there are
** less than three weeks) with a commitment sized on the other weeks, so that no
** week judges itself. The month to come is taken as a mean of four more such
** weeks: its 90 % interval is mean +- t s sqrt(1/k + 1/4), Student's t with
** k - 1 degrees of freedom. Spot prices add what the price history shows for
** changes within 30 days, 5 and 95 % of them.
*/
#include <math.h>
#include <string.h>

#include "../num/stat.h"
#include "cost.h"

enum { RANGE_DAY = 24, RANGE_MONTH = 28 };

/* Upper 5 % points of Student's t for 1..30 degrees of freedom. */
static const double range_t[30] = {
    6.3138, 2.9200, 2.3534, 2.1318, 2.0150, 1.9432, 1.8946, 1.8595,
    1.8331, 1.8125, 1.7959, 1.7823, 1.7709, 1.7613, 1.7531, 1.7459,
    1.7396, 1.7341, 1.7291, 1.7247, 1.7207, 1.7171, 1.7139, 1.7109,
    1.7081, 1.7056, 1.7033, 1.7011, 1.6991, 1.6973};

/* Sums of money by the hour, as things are and under the plan. */
typedef struct range_bill {
  double *now;  /* [hours] coverable use beyond what is held, today */
  double *then; /* [hours] under the plan */
  double *flat; /* [hours] other and spot under the plan, less other today */
} range_bill;

static void range_add(const hf_cost_problem *p, const hf_cost_plan *plan,
                      range_bill *b) {
  size_t i, t;
  for (i = 0; i < p->services; i++) {
    const hf_cost_choice *was = &p->menu[i].choice[0];
    const hf_cost_choice *is = &p->menu[i].choice[plan->pick[i]];
    double mean_was = 0;
    double mean_is = 0;
    for (t = 0; t < p->hours; t++) {
      b->now[t] += was->on_demand[t];
      b->then[t] += is->on_demand[t];
      mean_was += was->on_demand[t];
      mean_is += is->on_demand[t];
    }
    mean_was /= (double)p->hours;
    mean_is /= (double)p->hours;
    for (t = 0; t < p->hours; t++) { /* the rest follows the use by the hour */
      double a = mean_was > 0 ? was->on_demand[t] / mean_was : 1;
      double c = mean_is > 0 ? is->on_demand[t] / mean_is : 1;
      b->flat[t] += (is->other + is->spot) * c - (was->other + was->spot) * a;
    }
  }
  for (t = 0; t < p->hours && p->held != NULL; t++) {
    b->now[t] = b->now[t] > p->held[t] ? b->now[t] - p->held[t] : 0;
    b->then[t] = b->then[t] > p->held[t] ? b->then[t] - p->held[t] : 0;
  }
}

/* Savings of each block of `size` hours, per hour, the commitment sized on the
** others. `rest` and `tmp` are [hours]. */
static void range_blocks(const range_bill *b, size_t hours, size_t size,
                         double discount, double *rest, double *tmp,
                         double *saving) {
  size_t blocks = hours / size;
  size_t skip = hours - blocks * size;
  size_t k, t;
  for (k = 0; k < blocks; k++) {
    size_t lo = skip + k * size;
    size_t m = 0;
    double sum = 0;
    double covers;
    for (t = 0; t < hours; t++) {
      if (t < lo || t >= lo + size) rest[m++] = b->then[t];
    }
    hf_cost_commit(rest, m, discount, tmp, &covers);
    for (t = lo; t < lo + size; t++) {
      double over = b->then[t] > covers ? b->then[t] - covers : 0;
      sum += b->now[t] - over - covers * (1 - discount) - b->flat[t];
    }
    saving[k] = sum / (double)size;
  }
}

/* Spot price after 30 days relative to before, over the price history, q. */
static double range_drift(const hf_cost_sku *y, double *tmp, double q) {
  size_t n = 0;
  size_t i, j;
  for (i = 0, j = 0; i < y->past; i++) {
    double until = y->past_ts[i] + 30 * 86400.0;
    if (until > y->past_ts[y->past - 1]) break;
    while (j + 1 < y->past && y->past_ts[j + 1] <= until) j++;
    if (y->past_spot[i] > 0 && y->past_spot[j] > 0) {
      tmp[n++] = y->past_spot[j] / y->past_spot[i];
    }
  }
  return n > 0 ? hf_stat_quantile(tmp, n, q) : 1;
}

int hf_cost_range(hf_work *w, const hf_cost_problem *p, const hf_cost_case *c,
                  const hf_cost_plan *plan, double *low, double *high) {
  hf_mark mark = hf_work_mark(w);
  size_t n = p->hours;
  size_t size = n >= 3 * (size_t)HF_COST_WEEK ? HF_COST_WEEK : RANGE_DAY;
  size_t blocks = n / size;
  size_t past = 1;
  double *saving = hf_work_reals(w, blocks + 1);
  double *rest = hf_work_reals(w, n);
  double *tmp;
  double mean, half;
  double dearer = 0;
  double cheaper = 0;
  range_bill b;
  size_t i;
  int rc = HF_ENOMEM;
  for (i = 0; c != NULL && i < c->skus; i++) {
    if (c->sku[i].past > past) past = c->sku[i].past;
  }
  tmp = hf_work_reals(w, n > past ? n : past);
  b.now = hf_work_zeroed(w, n, sizeof(double));
  b.then = hf_work_zeroed(w, n, sizeof(double));
  b.flat = hf_work_zeroed(w, n, sizeof(double));
  if (saving == NULL || rest == NULL || tmp == NULL || b.now == NULL ||
      b.then == NULL || b.flat == NULL) {
    goto done;
  }
  rc = HF_EDATA;
  if (blocks < 2) goto done;
  range_add(p, plan, &b);
  range_blocks(&b, n, size, p->discount, rest, tmp, saving);
  rc = hf_work_check(w, 20 * n * blocks);
  if (rc != HF_OK) goto done;
  mean = hf_stat_mean(saving, blocks);
  half = hf_stat_sd(saving, blocks) *
         (blocks <= 31 ? range_t[blocks - 2] : 1.6449) *
         sqrt(1 / (double)blocks + (double)size / (RANGE_DAY * RANGE_MONTH));
  for (i = 0; c != NULL && i < p->services; i++) {
    const hf_cost_choice *v = &p->menu[i].choice[plan->pick[i]];
    if (!(v->spot > 0)) continue;
    dearer += v->spot * (range_drift(&c->sku[v->sku], tmp, 0.95) - 1);
    cheaper += v->spot * (1 - range_drift(&c->sku[v->sku], tmp, 0.05));
  }
  if (dearer < 0) dearer = 0;
  if (cheaper < 0) cheaper = 0;
  *low = mean - half - dearer;
  *high = mean + half + cheaper;
  if (*low > plan->spend - plan->cost) *low = plan->spend - plan->cost;
  if (*high < plan->spend - plan->cost) *high = plan->spend - plan->cost;
  if (*high > plan->spend) *high = plan->spend;
done:
  hf_work_release(w, mark);
  return rc;
}

double hf_cost_slow(const hf_cost_case *c, size_t i, const hf_cost_menu *m,
                    size_t pick, hf_wait *wait) {
  const hf_cost_service *s = &c->service[i];
  const hf_cost_choice *v = &m->choice[pick];
  const hf_cost_sku *now = &c->sku[s->sku];
  const hf_cost_sku *then = &c->sku[v->sku];
  double factor = sqrt(then->vcpu / then->speed / (now->vcpu / now->speed));
  size_t n = 0;
  size_t bad = 0;
  size_t t;
  if (s->kind == HF_COST_BATCH || s->kind == HF_COST_DEV) return NAN;
  for (t = 0; t < c->hours; t++) {
    double p95 = s->p95[t];
    if (s->recorded[t] <= 0 || !isfinite(p95)) continue;
    n++;
    if (pick > 0 && m->modelled) {
      double x = hf_cost_workers(c, s, m, v, t);
      double rho_was = s->max[t] / (s->workers[t] * m->capacity * now->speed);
      double rho_is = s->max[t] / (x * m->capacity * then->speed);
      double was =
          hf_latency_p95(&m->latency, wait, s->workers[t] * now->vcpu, rho_was);
      double is = hf_latency_p95(&m->latency, wait, x * then->vcpu, rho_is);
      p95 *= factor * is / was;
      /* the model says the same of all queues that explode: there, delay
       * grows with what cannot be served */
      if (rho_was >= HF_WAIT_FULL && rho_is > rho_was) p95 *= rho_is / rho_was;
    }
    bad += !(p95 <= s->sla_ms);
  }
  return n > 0 ? (double)bad / (double)n : NAN;
}
