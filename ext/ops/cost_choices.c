/*
** cost_choices.c: what a service could be set to without breaking its SLA.
**
** Choices are machine type x spot share 0, .25, .5, .75 (and the share allowed
** at most) x stopped in the hours when nobody needs it or not x the highest
** target utilization of .25, .30 ... .90 (autoscaled), or the fewest workers
** (fixed), that keeps the rule below. Choice 0 is as it is today.
**
** The rule, with 10 % more demand than recorded (need = 1.1 max):
**   web, db  A: predicted p95 <= SLA in at least 99 % of the hours, and after
**               losing a third of the spot machines p95 <= 1.5 SLA in 95 %. If
**               reclaims are frequent (or how frequent is unknown), the SLA
**               itself holds in 99 % of the hours after such a loss.
**            B: only if today's settings are predicted to fail A: no slower
*than
**               today in any hour, even after losing a third of the spot
**               machines. B does not look at the SLA, so that a looser SLA
**               never forbids what a tighter one allowed: where A holds for
**               today, it holds for whatever is never slower.
**   dev         need within 90 % of the capacity in 99 % of the hours
**   batch       mean demand within 85 % of the capacity
**
** Latency on another machine type is scaled by the square root of the ratio of
** vCPU per speed: the slower one core, the longer a request.
*/
#include "cost.h"

#include <math.h>
#include <string.h>

enum { CHOICE_CACHE = 4096, CHOICE_LEVELS = 5, CHOICE_TARGETS = 14 };

static const double CHOICE_HEADROOM = 1.1;
static const double CHOICE_BATCH = 0.85;
static const double CHOICE_DEV = 0.9;
/* Share of the hours in which one of three spot pools is being replaced, above
** which a loss counts as normal. A loss is taken to last an hour. */
static const double CHOICE_RECLAIMS = 0.005;

/* Works on one service at a time. */
typedef struct choice_maker {
  const hf_cost_case *c;
  hf_work *w;
  hf_wait *wait;
  const hf_cost_service *s;
  hf_cost_menu *m;
  const hf_cost_sku *now; /* today's machine type */
  double *need;           /* [hours] demand with headroom */
  double *base_p95;       /* [hours] today's predicted p95 of need */
  double *base_rho;       /* [hours] */
  double *base_cap;       /* [hours] today's capacity */
  double *count;          /* [hours] workers of the candidate */
  double *money;          /* [hours] scratch for a choice */
  double *cache;          /* [CHOICE_LEVELS][cached] demand n workers carry */
  size_t cached;          /* numbers of workers in it, from 0 */
  double trust;           /* largest utilization of `need` to believe in */
  int today_fails;        /* 1: today's settings miss the rule */
} choice_maker;

/* One candidate machine type. */
typedef struct choice_type {
  const hf_cost_sku *sku;
  size_t index;
  double cap;    /* demand one worker serves */
  double factor; /* p95 relative to today's machine type */
  int strict;    /* 1: a reclaim counts as normal */
} choice_type;

size_t hf_cost_week_hour(double ts) {
  double h = fmod(floor(ts / 3600) - 96, HF_COST_WEEK);
  return (size_t)(h < 0 ? h + HF_COST_WEEK : h);
}

int hf_cost_fits(const hf_cost_sku *a, const hf_cost_sku *b) {
  if (strcmp(a->region, b->region) != 0) return 0;
  if (!isfinite(a->memory_gb) || !isfinite(b->memory_gb)) return 1;
  return b->memory_gb / b->vcpu >= 0.999 * a->memory_gb / a->vcpu;
}

/* The recorded hour at the same hour of the week that is nearest to t, or
** HF_COST_NONE. */
static size_t choice_same_hour(const hf_cost_case *c, const hf_cost_service *s,
                               size_t t) {
  size_t k;
  for (k = HF_COST_WEEK; k < c->hours; k += HF_COST_WEEK) {
    if (t >= k && s->recorded[t - k] > 0) return t - k;
    if (t + k < c->hours && s->recorded[t + k] > 0) return t + k;
  }
  return HF_COST_NONE;
}

void hf_cost_fill(const hf_cost_case *c, hf_cost_service *s) {
  size_t n = c->hours;
  size_t before = HF_COST_NONE; /* nearest recorded hours */
  size_t after = 0;
  size_t t;
  for (t = 0; t < n; t++) {
    s->recorded[t] = isfinite(s->mean[t]) ? 1 : 0;
    if (s->recorded[t] > 0 && !(s->max[t] >= s->mean[t])) {
      s->max[t] = s->mean[t];
    }
  }
  for (t = 0; t < n; t++) {
    size_t from;
    if (s->recorded[t] > 0) {
      before = t;
      continue;
    }
    from = choice_same_hour(c, s, t);
    while (after < n && (after < t || s->recorded[after] <= 0)) after++;
    if (from == HF_COST_NONE) {
      from = before;
      if (before == HF_COST_NONE || (after < n && after - t < t - before)) {
        from = after;
      }
    }
    if (from >= n) continue; /* nothing was recorded */
    s->mean[t] = s->mean[from];
    s->max[t] = s->max[from];
    s->workers[t] = s->workers[from];
  }
}

/* Demand that a speed-1 machine serves: sum(demand) / sum(busy workers). */
static double choice_capacity(const choice_maker *k) {
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

/* Marks the hours of the week in which the service may be off: without demand
** whenever recorded, at least twice, the hours before and after alike. Left-out
** weeks test the rule: a mask learned from the other weeks may hide demand in
** at most 1 % of the hours. */
static void choice_mask(choice_maker *k) {
  const hf_cost_service *s = k->s;
  size_t n = k->c->hours;
  int seen[HF_COST_WEEK] = {0};
  int used[HF_COST_WEEK] = {0};
  size_t first = hf_cost_week_hour(k->c->start);
  size_t hidden = 0;
  size_t off = 0;
  size_t t, h;
  for (t = 0; t < n; t++) {
    h = (first + t) % HF_COST_WEEK;
    if (s->recorded[t] <= 0) continue;
    seen[h]++;
    used[h] += s->max[t] > 0;
  }
  for (t = 0; t < n; t++) {
    h = (first + t) % HF_COST_WEEK;
    hidden += s->recorded[t] > 0 && s->max[t] > 0 && used[h] == 1;
  }
  for (h = 0; h < HF_COST_WEEK; h++) {
    size_t before = (h + HF_COST_WEEK - 1) % HF_COST_WEEK;
    size_t after = (h + 1) % HF_COST_WEEK;
    k->m->off[h] =
        seen[h] >= 2 && !used[h] && !used[before] && !used[after] ? 1 : 0;
    off += (size_t)k->m->off[h];
  }
  k->m->may_stop = off > 0 && hidden * 100 <= s->rows;
}

static int choice_is_off(const choice_maker *k, size_t t) {
  size_t h = (hf_cost_week_hour(k->c->start) + t) % HF_COST_WEEK;
  return k->m->off[h];
}

/* Demand that `live` workers of a type carry within `limit` ms, busy `most` at
** most. */
static double choice_carries(const choice_maker *k, const choice_type *y,
                             double live, double limit, double most) {
  double rho;
  if (live <= 0) return 0;
  rho = hf_latency_most(&k->m->latency, k->wait, live * y->sku->vcpu,
                        limit / y->factor, most);
  return rho < 0 ? -1 : rho * live * y->cap;
}

/* Forgets what the workers of the type before carried; `most` is the largest
** number of workers of this one. */
static void choice_forget(choice_maker *k, double most) {
  size_t i;
  k->cached = most < CHOICE_CACHE ? (size_t)most + 1 : CHOICE_CACHE;
  for (i = 0; i < k->cached * CHOICE_LEVELS; i++) k->cache[i] = NAN;
}

/* choice_carries() of n workers at a spot level, kept for later. A level's
** `kept` and `limit` are always the same for one machine type. */
static double choice_cached(choice_maker *k, const choice_type *y, double n,
                            size_t level, double kept, double limit) {
  /* the model is trusted further for the rare hour of a reclaim */
  double most = level == 0 || y->strict ? k->trust : 1;
  double *at;
  if (n >= (double)k->cached || n != floor(n)) {
    return choice_carries(k, y, n * kept, limit, most);
  }
  at = k->cache + level * k->cached + (size_t)n;
  if (isnan(*at)) *at = choice_carries(k, y, n * kept, limit, most);
  return *at;
}

/* 1 when k->count workers keep p95 <= limit in all hours but `spare`, of each
** `kept` share alive. */
static int choice_within(choice_maker *k, const choice_type *y, size_t level,
                         double kept, double limit, double spare) {
  double bad = 0;
  size_t t;
  for (t = 0; t < k->c->hours; t++) {
    if (k->need[t] <= 0) continue;
    if (k->need[t] <= choice_cached(k, y, k->count[t], level, kept, limit)) {
      continue;
    }
    bad++;
    if (bad > spare) return 0;
  }
  return 1;
}

/* 1 when k->count workers, of each `kept` share alive, are never slower than
** today, nor busier where the model says nothing about the difference. */
static int choice_no_slower(choice_maker *k, const choice_type *y,
                            double kept) {
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
static int choice_capable(choice_maker *k, const choice_type *y, double kept,
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

/* Whether k->count workers pass without spot: 0 no, 1 yes. */
static int choice_passes(choice_maker *k, const choice_type *y) {
  double spare = 0.01 * (double)k->c->hours;
  switch (k->s->kind) {
  case HF_COST_BATCH:
    return choice_capable(k, y, 1, k->s->mean, CHOICE_BATCH, spare);
  case HF_COST_DEV:
    return choice_capable(k, y, 1, k->need, CHOICE_DEV, spare);
  default:
    return choice_within(k, y, 0, 1, k->s->sla_ms, spare);
  }
}

/* Whether they pass with a share at spot: 0 no, 1 by rule A (or dev, batch), 2
** only as never slower than today. `first` is what choice_passes() said. */
static int choice_passes_spot(choice_maker *k, const choice_type *y, int first,
                              size_t level, double share) {
  const hf_cost_service *s = k->s;
  double n = (double)k->c->hours;
  double kept = 1 - share / 3;
  double spare = (y->strict ? 0.01 : 0.05) * n;
  if (share == s->spot_share && first) return 1;
  if (s->kind == HF_COST_BATCH) {
    /* what is lost in an hour is worked off later, unless it is normal */
    return first &&
           (!y->strict || choice_capable(k, y, kept, s->mean, 1, 0.01 * n));
  }
  if (s->kind == HF_COST_DEV) {
    return first && choice_capable(k, y, kept, s->max, 1, spare);
  }
  if (first && choice_within(k, y, level, kept,
                             y->strict ? s->sla_ms : 1.5 * s->sla_ms, spare)) {
    return 1;
  }
  return k->today_fails && choice_no_slower(k, y, kept) ? 2 : 0;
}

/* 1 when k->count workers are predicted to meet the SLA in 99 % of the hours
** at the demand recorded. */
static int choice_meets(choice_maker *k, const choice_type *y) {
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

/* The place on the menu for a choice that costs `price`: a new one, or that of
** the dearest when the menu is full. HF_COST_NONE: it is the dearest. */
static size_t choice_place(const hf_cost_menu *m, double price) {
  size_t at = HF_COST_NONE;
  size_t i;
  if (m->n < HF_COST_MENU) return m->n;
  for (i = 1; i < m->n; i++) {
    if (m->choice[i].price > price) {
      price = m->choice[i].price;
      at = i;
    }
  }
  return at;
}

/* Puts a choice on the menu, unless it costs no less than today. k->count
** holds the workers. */
static int choice_add(choice_maker *k, const choice_type *y, hf_cost_choice v) {
  hf_cost_menu *m = k->m;
  size_t n = k->c->hours;
  double price = y->sku->on_demand;
  double sum = 0;
  double *own;
  size_t t, at;
  for (t = 0; t < n; t++) {
    k->money[t] = v.stops && choice_is_off(k, t) ? 0 : k->count[t];
    sum += k->money[t];
  }
  sum /= (double)n;
  v.sku = y->index;
  v.other = 0;
  v.spot = v.spot_share > 0 ? sum * v.spot_share * y->sku->spot : 0;
  v.spot_list = sum * v.spot_share * price;
  v.price = sum * (1 - v.spot_share) * price + v.spot;
  if (!(v.price < m->choice[0].price)) return HF_OK;
  at = choice_place(m, v.price);
  if (at == HF_COST_NONE) return HF_OK;
  if (at == m->n) {
    own = hf_work_reals(k->w, n);
    if (own == NULL) return HF_ENOMEM;
    m->n++;
  } else {
    own = m->choice[at].on_demand;
  }
  price *= 1 - v.spot_share;
  if (!isfinite(y->sku->commit)) {
    v.other = sum * price;
    price = 0;
  }
  for (t = 0; t < n; t++) own[t] = k->money[t] * price;
  v.on_demand = own;
  v.label = (long)at;
  m->choice[at] = v;
  return HF_OK;
}

/* Adds a choice as it is, and switched off when nobody needs it. */
static int choice_add_both(choice_maker *k, const choice_type *y,
                           hf_cost_choice v) {
  int rc;
  v.stops = 0;
  rc = choice_add(k, y, v);
  if (rc != HF_OK || !k->s->can_stop || !k->m->may_stop) return rc;
  v.stops = 1;
  return choice_add(k, y, v);
}

/* Spot shares to try: today's, .25, .5, .75 and the largest allowed. */
static size_t choice_shares(const choice_maker *k, const choice_type *y,
                            double *share) {
  size_t n = 1;
  double most = k->s->spot_share_max;
  size_t i;
  share[0] = k->s->spot_share;
  if (!isfinite(y->sku->spot)) return 1;
  for (i = 1; i <= 3; i++) {
    double x = 0.25 * (double)i;
    if (x > share[0] && x < most + 1e-9) share[n++] = x;
  }
  if (most > share[n - 1] + 1e-9) share[n++] = most;
  return n;
}

/* Workers of every hour at a target utilization. */
static void choice_scale(choice_maker *k, const choice_type *y, double target) {
  size_t t;
  for (t = 0; t < k->c->hours; t++) {
    double x = ceil(k->s->mean[t] / (y->cap * target) - 1e-9);
    k->count[t] = x > k->s->min_workers ? x : k->s->min_workers;
  }
}

static int choice_autoscaled(choice_maker *k, const choice_type *y) {
  double share[CHOICE_LEVELS];
  int found[CHOICE_LEVELS] = {0};
  size_t levels = choice_shares(k, y, share);
  size_t left = levels;
  int i;
  for (i = CHOICE_TARGETS - 1; i >= 0 && left > 0; i--) {
    double target = 0.25 + 0.05 * i;
    size_t l;
    int first;
    if (k->s->kind == HF_COST_BATCH && target > CHOICE_BATCH + 1e-9) continue;
    choice_scale(k, y, target);
    first = choice_passes(k, y);
    if (!first && !k->today_fails) continue;
    for (l = 0; l < levels; l++) {
      hf_cost_choice v;
      int how, rc;
      if (found[l]) continue;
      how = choice_passes_spot(k, y, first, l, share[l]);
      if (!how) continue;
      found[l] = 1;
      left--;
      memset(&v, 0, sizeof(v));
      v.target = target;
      v.workers = NAN;
      v.spot_share = share[l];
      v.meets = how == 1 || choice_meets(k, y);
      rc = choice_add_both(k, y, v);
      if (rc != HF_OK) return rc;
    }
    if (hf_work_check(k->w, 20 * k->c->hours)) return hf_work_check(k->w, 0);
  }
  return HF_OK;
}

/* Tries n workers, the same in every hour. */
static int choice_try_fixed(choice_maker *k, const choice_type *y, double n,
                            size_t level, double share) {
  int first;
  size_t t;
  for (t = 0; t < k->c->hours; t++) k->count[t] = n;
  first = choice_passes(k, y);
  return choice_passes_spot(k, y, first, level, share);
}

static int choice_fixed(choice_maker *k, const choice_type *y, double most) {
  double share[CHOICE_LEVELS];
  size_t levels = choice_shares(k, y, share);
  double least = k->s->min_workers > 1 ? k->s->min_workers : 1;
  size_t l;
  for (l = 0; l < levels; l++) {
    hf_cost_choice v;
    double lo = least;
    double hi = most > least ? most : least;
    int how = choice_try_fixed(k, y, hi, l, share[l]);
    int rc;
    if (!how) continue;
    while (lo < hi) {
      double mid = floor((lo + hi) / 2);
      int ok = choice_try_fixed(k, y, mid, l, share[l]);
      if (ok) {
        hi = mid;
      } else {
        lo = mid + 1;
      }
      rc = hf_work_check(k->w, 20 * k->c->hours);
      if (rc != HF_OK) return rc;
    }
    how = choice_try_fixed(k, y, hi, l, share[l]);
    memset(&v, 0, sizeof(v));
    v.target = NAN;
    v.workers = hi;
    v.spot_share = share[l];
    v.meets = how == 1 || choice_meets(k, y);
    rc = choice_add_both(k, y, v);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* Choices on one machine type. */
static int choice_on(choice_maker *k, size_t index) {
  const hf_cost_sku *sku = &k->c->sku[index];
  choice_type y;
  double most = 0;
  double peak = 0;
  size_t t;
  y.sku = sku;
  y.index = index;
  y.cap = k->m->capacity * sku->speed;
  y.factor = sqrt(sku->vcpu / sku->speed / (k->now->vcpu / k->now->speed));
  y.strict = !(3 * sku->interruptions / HF_COST_MONTH <= CHOICE_RECLAIMS);
  for (t = 0; t < k->c->hours; t++) {
    if (k->s->mean[t] > most) most = k->s->mean[t];
    if (k->base_cap[t] > peak) peak = k->base_cap[t];
  }
  if (k->s->autoscaled) {
    most = ceil(most / (y.cap * 0.25));
    if (most < k->s->min_workers) most = k->s->min_workers;
    choice_forget(k, most);
    return choice_autoscaled(k, &y);
  }
  most = ceil(2 * peak / y.cap) + 1;
  choice_forget(k, most);
  return choice_fixed(k, &y, most);
}

/* Share of today's hours with latency recorded that meet the SLA >= 99 %. */
static int choice_met(const choice_maker *k) {
  size_t n = 0;
  size_t bad = 0;
  size_t t;
  if (k->s->kind == HF_COST_BATCH || k->s->kind == HF_COST_DEV) return 1;
  for (t = 0; t < k->c->hours; t++) {
    if (k->s->recorded[t] <= 0 || !isfinite(k->s->p95[t])) continue;
    n++;
    bad += k->s->p95[t] > k->s->sla_ms;
  }
  return n > 0 && bad * 100 <= n;
}

/* Choice 0. */
static int choice_today(choice_maker *k) {
  hf_cost_choice *v = &k->m->choice[0];
  size_t n = k->c->hours;
  double share = k->s->spot_share;
  double price = k->now->on_demand * (1 - share);
  double sum = 0;
  size_t t;
  memset(v, 0, sizeof(*v));
  v->on_demand = hf_work_reals(k->w, n);
  if (v->on_demand == NULL) return HF_ENOMEM;
  for (t = 0; t < n; t++) sum += k->s->workers[t] / (double)n;
  if (share > 0) {
    v->spot = sum * share * k->now->spot;
    v->spot_list = sum * share * k->now->on_demand;
  }
  v->spot_share = share;
  v->price = sum * price + v->spot;
  if (!isfinite(k->now->commit)) {
    v->other = sum * price;
    price = 0;
  }
  for (t = 0; t < n; t++) v->on_demand[t] = k->s->workers[t] * price;
  v->sku = k->s->sku;
  v->target = k->s->target;
  v->workers = NAN;
  v->meets = choice_met(k);
  k->m->n = 1;
  return HF_OK;
}

/* Fits the latency model to what was recorded, and predicts today. */
static int choice_model(choice_maker *k) {
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
    k->need[t] = CHOICE_HEADROOM * s->max[t];
    k->base_rho[t] =
        p95 > 0 && k->base_cap[t] > 0 ? s->max[t] / k->base_cap[t] : NAN;
    c[t] = s->workers[t] * k->now->vcpu;
  }
  rc = hf_latency_fit(k->w, k->wait, c, k->base_rho, s->p95, n, &k->m->latency);
  k->m->modelled = rc == HF_OK;
  if (rc == HF_OK) k->trust = CHOICE_HEADROOM * k->m->latency.trust;
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
    double share = s->kind == HF_COST_DEV ? CHOICE_DEV : CHOICE_BATCH;
    for (t = 0, bad = 0; t < n; t++) bad += d[t] > share * k->base_cap[t];
  }
  k->today_fails = bad > 0.01 * (double)n;
  hf_work_release(k->w, mark);
  return rc == HF_EDATA ? HF_OK : rc;
}

static int choice_service(choice_maker *k) {
  size_t i;
  int rc = choice_today(k);
  if (rc != HF_OK) return rc;
  k->m->capacity = choice_capacity(k);
  if (!isfinite(k->m->capacity) || k->s->keep) return HF_OK;
  choice_mask(k);
  rc = choice_model(k);
  if (rc != HF_OK) return rc;
  if (!k->m->modelled &&
      (k->s->kind == HF_COST_WEB || k->s->kind == HF_COST_DB)) {
    return HF_OK;
  }
  for (i = 0; i < k->c->skus; i++) {
    if (i != k->s->sku &&
        (!k->s->can_resize || !hf_cost_fits(k->now, &k->c->sku[i]))) {
      continue;
    }
    rc = choice_on(k, i);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

int hf_cost_choices(hf_work *w, const hf_cost_case *c, hf_cost_menu *menu) {
  choice_maker k;
  size_t n = c->hours;
  size_t i;
  memset(&k, 0, sizeof(k));
  k.c = c;
  k.w = w;
  k.wait = hf_wait_new(w);
  k.need = hf_work_reals(w, n);
  k.base_p95 = hf_work_reals(w, n);
  k.base_rho = hf_work_reals(w, n);
  k.base_cap = hf_work_reals(w, n);
  k.count = hf_work_reals(w, n);
  k.money = hf_work_reals(w, n);
  k.cache = hf_work_reals(w, (size_t)CHOICE_CACHE * CHOICE_LEVELS);
  if (k.wait == NULL || k.need == NULL || k.base_p95 == NULL ||
      k.base_rho == NULL || k.base_cap == NULL || k.count == NULL ||
      k.money == NULL || k.cache == NULL) {
    return HF_ENOMEM;
  }
  for (i = 0; i < c->services; i++) {
    int rc;
    memset(&menu[i], 0, sizeof(menu[i]));
    menu[i].capacity = NAN;
    menu[i].choice = hf_work_alloc(w, HF_COST_MENU, sizeof(hf_cost_choice));
    if (menu[i].choice == NULL) return HF_ENOMEM;
    k.s = &c->service[i];
    k.m = &menu[i];
    k.now = &c->sku[k.s->sku];
    rc = choice_service(&k);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}
