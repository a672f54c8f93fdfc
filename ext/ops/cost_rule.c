/*
** cost_rule.c: whether a setting keeps a service within its SLA.
**
** With 10 % more demand than recorded (need = 1.1 max):
**   web, db  A: predicted p95 <= SLA in at least 99 % of the hours, and after
**            losing a third of the spot machines p95 <= 1.5 SLA in 95 %. If
**            reclaims are frequent (or how frequent is unknown), the SLA itself
**            holds in 99 % of the hours after such a loss.
**            B: only if today's settings are predicted to fail A: no slower
**            than today in any hour, even after losing a third of the spot
**            machines. B does not look at the SLA, so that a looser SLA never
**            forbids what a tighter one allowed: where A holds for today, it
**            holds for whatever is never slower.
**   dev      need within 90 % of the capacity in 99 % of the hours
**   batch    mean demand within 85 % of the capacity
**
** Latency on another machine type is scaled by the square root of the ratio of
** vCPU per speed: the slower one core, the longer a request.
*/
#include "cost_rule.h"

#include <math.h>
#include <string.h>

enum { RULE_CACHE = 4096 };

static const double RULE_HEADROOM = 1.1;
static const double RULE_DEV = 0.9;
/* Share of the hours in which one of three spot pools is being replaced, above
** which a loss counts as normal. A loss is taken to last an hour. */
static const double RULE_RECLAIMS = 0.005;

/* Demand that a speed-1 machine serves: sum(demand) / sum(busy workers). */
static double rule_capacity(const hf_rule *k) {
  const hf_cost_service *s = k->s;
  double demand = 0;
  double busy = 0;
  size_t t;
  for (t = 0; t < k->c->hours; t++) {
    if (s->recorded[t] <= 0 || !isfinite(s->util[t])) continue;
    demand += s->mean[t];
    busy += s->workers[t] * s->util[t];
  }
  if (!(demand > 0 && busy > 0)) return NAN;
  return demand / busy / k->now->speed;
}

/* Demand that `live` workers of a type carry within `limit` ms, busy `most` at
** most. */
static double rule_carries(const hf_rule *k, const hf_rule_type *y, double live,
                           double limit, double most) {
  double rho;
  if (live <= 0) return 0;
  rho = hf_latency_most(&k->m->latency, k->wait, live * y->sku->vcpu,
                        limit / y->factor, most);
  return rho < 0 ? -1 : rho * live * y->cap;
}

void hf_rule_forget(hf_rule *k, double most) {
  size_t i;
  k->cached = most < RULE_CACHE ? (size_t)most + 1 : RULE_CACHE;
  for (i = 0; i < k->cached * HF_RULE_LEVELS; i++) k->cache[i] = NAN;
}

/* rule_carries() of n workers at a spot level, kept for later. A level's
** `kept` and `limit` are always the same for one machine type. */
static double rule_cached(hf_rule *k, const hf_rule_type *y, double n,
                          size_t level, double kept, double limit) {
  /* the model is trusted further for the rare hour of a reclaim */
  double most = level == 0 || y->strict ? k->trust : 1;
  double *at;
  if (n >= (double)k->cached || n != floor(n)) {
    return rule_carries(k, y, n * kept, limit, most);
  }
  at = k->cache + level * k->cached + (size_t)n;
  if (isnan(*at)) *at = rule_carries(k, y, n * kept, limit, most);
  return *at;
}

/* 1 when k->count workers keep p95 <= limit in all hours but `spare`, of each
** `kept` share alive. */
static int rule_within(hf_rule *k, const hf_rule_type *y, size_t level,
                       double kept, double limit, double spare) {
  double bad = 0;
  size_t t;
  for (t = 0; t < k->c->hours; t++) {
    if (k->need[t] <= 0) continue;
    if (k->need[t] <= rule_cached(k, y, k->count[t], level, kept, limit)) {
      continue;
    }
    bad++;
    if (bad > spare) return 0;
  }
  return 1;
}

/* 1 when k->count workers, of each `kept` share alive, are never slower than
** today, nor busier where the model says nothing about the difference. */
static int rule_no_slower(hf_rule *k, const hf_rule_type *y, double kept) {
  const hf_latency *m = &k->m->latency;
  size_t t;
  for (t = 0; t < k->c->hours; t++) {
    double live = k->count[t] * kept;
    double rho;
    if (k->need[t] <= 0) continue;
    if (live <= 0) return 0;
    rho = k->need[t] / (live * y->cap);
    if (rho > k->base_rho[t] && (rho > k->trust || rho >= HF_WAIT_FULL)) {
      return 0;
    }
    if (y->factor * hf_latency_p95(m, k->wait, live * y->sku->vcpu, rho) >
        k->base_p95[t]) {
      return 0;
    }
  }
  return 1;
}

/* 1 when k->count workers, of each `kept` share alive, carry `demand` within
** `share` of their capacity in all hours but `spare`; or, if today does not,
** never have less capacity than today. */
static int rule_capable(hf_rule *k, const hf_rule_type *y, double kept,
                        const double *demand, double share, double spare) {
  double bad = 0;
  int less = 0;
  size_t t;
  for (t = 0; t < k->c->hours; t++) {
    double cap = k->count[t] * kept * y->cap;
    if (demand[t] <= 0 || demand[t] <= share * cap) continue;
    bad++;
    less |= cap < k->base_cap[t];
    if (bad > spare && (less || !k->today_fails)) return 0;
  }
  return 1;
}

int hf_rule_passes(hf_rule *k, const hf_rule_type *y) {
  double spare = 0.01 * (double)k->c->hours;
  switch (k->s->kind) {
  case HF_COST_BATCH:
    return rule_capable(k, y, 1, k->s->mean, HF_RULE_BATCH, spare);
  case HF_COST_DEV:
    return rule_capable(k, y, 1, k->need, RULE_DEV, spare);
  default:
    return rule_within(k, y, 0, 1, k->s->sla_ms, spare);
  }
}

int hf_rule_passes_spot(hf_rule *k, const hf_rule_type *y, int first,
                        size_t level, double share) {
  const hf_cost_service *s = k->s;
  double n = (double)k->c->hours;
  double kept = 1 - share / 3;
  double spare = (y->strict ? 0.01 : 0.05) * n;
  if (share == s->spot_share && first) return 1;
  if (s->kind == HF_COST_BATCH) {
    /* what is lost in an hour is worked off later, unless it is normal */
    return first &&
           (!y->strict || rule_capable(k, y, kept, s->mean, 1, 0.01 * n));
  }
  if (s->kind == HF_COST_DEV) {
    return first && rule_capable(k, y, kept, s->max, 1, spare);
  }
  if (first && rule_within(k, y, level, kept,
                           y->strict ? s->sla_ms : 1.5 * s->sla_ms, spare)) {
    return 1;
  }
  return k->today_fails && rule_no_slower(k, y, kept) ? 2 : 0;
}

int hf_rule_meets(hf_rule *k, const hf_rule_type *y) {
  double bad = 0;
  size_t t;
  for (t = 0; t < k->c->hours; t++) {
    double cap = k->count[t] * y->cap;
    double rho = cap > 0 ? k->s->max[t] / cap : INFINITY;
    if (k->s->max[t] <= 0) continue;
    bad += y->factor * hf_latency_p95(&k->m->latency, k->wait,
                                      k->count[t] * y->sku->vcpu, rho) >
           k->s->sla_ms;
  }
  return bad <= 0.01 * (double)k->c->hours;
}

/* Fits the latency model to what was recorded, and predicts today. */
static int rule_model(hf_rule *k) {
  const hf_cost_service *s = k->s;
  hf_mark mark = hf_work_mark(k->w);
  size_t n = k->c->hours;
  double *c = hf_work_reals(k->w, n);
  double bad = 0;
  int rc;
  size_t t;
  if (c == NULL) return HF_ENOMEM;
  for (t = 0; t < n; t++) {
    double p95 = s->recorded[t] > 0 ? s->p95[t] : NAN;
    k->base_cap[t] = s->workers[t] * k->m->capacity * k->now->speed;
    k->need[t] = RULE_HEADROOM * s->max[t];
    k->base_rho[t] =
        p95 > 0 && k->base_cap[t] > 0 ? s->max[t] / k->base_cap[t] : NAN;
    c[t] = s->workers[t] * k->now->vcpu;
  }
  rc = hf_latency_fit(k->w, k->wait, c, k->base_rho, s->p95, n, &k->m->latency);
  k->m->modelled = rc == HF_OK;
  if (rc == HF_OK) k->trust = RULE_HEADROOM * k->m->latency.trust;
  for (t = 0; t < n && rc == HF_OK; t++) {
    k->base_rho[t] =
        k->base_cap[t] > 0 ? k->need[t] / k->base_cap[t] : INFINITY;
    k->base_p95[t] =
        hf_latency_p95(&k->m->latency, k->wait, c[t], k->base_rho[t]);
    bad += k->need[t] > 0 &&
           (k->base_p95[t] > s->sla_ms || k->base_rho[t] > k->trust);
  }
  if (s->kind == HF_COST_DEV || s->kind == HF_COST_BATCH) {
    const double *d = s->kind == HF_COST_DEV ? k->need : s->mean;
    double share = s->kind == HF_COST_DEV ? RULE_DEV : HF_RULE_BATCH;
    for (t = 0, bad = 0; t < n; t++) bad += d[t] > share * k->base_cap[t];
  }
  k->today_fails = bad > 0.01 * (double)n;
  hf_work_release(k->w, mark);
  return rc == HF_EDATA ? HF_OK : rc;
}

int hf_rule_new(hf_work *w, const hf_cost_case *c, hf_rule *k) {
  size_t n = c->hours;
  memset(k, 0, sizeof(*k));
  k->c = c;
  k->w = w;
  k->wait = hf_wait_new(w);
  k->need = hf_work_reals(w, n);
  k->base_p95 = hf_work_reals(w, n);
  k->base_rho = hf_work_reals(w, n);
  k->base_cap = hf_work_reals(w, n);
  k->count = hf_work_reals(w, n);
  k->money = hf_work_reals(w, n);
  k->cache = hf_work_reals(w, (size_t)RULE_CACHE * HF_RULE_LEVELS);
  if (k->wait == NULL || k->need == NULL || k->base_p95 == NULL ||
      k->base_rho == NULL || k->base_cap == NULL || k->count == NULL ||
      k->money == NULL || k->cache == NULL) {
    return HF_ENOMEM;
  }
  return HF_OK;
}

int hf_rule_begin(hf_rule *k, const hf_cost_service *s, hf_cost_menu *m) {
  int rc;
  k->s = s;
  k->m = m;
  k->now = &k->c->sku[s->sku];
  m->capacity = rule_capacity(k);
  if (!isfinite(m->capacity) || s->keep) return HF_EDATA;
  hf_cost_mask(k->c, s, m);
  rc = rule_model(k);
  if (rc != HF_OK || m->modelled) return rc;
  return s->kind == HF_COST_WEB || s->kind == HF_COST_DB ? HF_EDATA : HF_OK;
}

void hf_rule_type_begin(const hf_rule *k, size_t sku, hf_rule_type *y) {
  const hf_cost_sku *now = k->now;
  y->sku = &k->c->sku[sku];
  y->index = sku;
  y->cap = k->m->capacity * y->sku->speed;
  y->factor = sqrt(y->sku->vcpu / y->sku->speed / (now->vcpu / now->speed));
  y->strict = !(3 * y->sku->interruptions / HF_COST_MONTH <= RULE_RECLAIMS);
}
