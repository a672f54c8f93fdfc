/*
** cost_choices.c: what a service could be set to without breaking its SLA.
**
** Choices are machine type x spot share 0, .25, .5, .75 (and the share allowed
** at most) x stopped in the hours when nobody needs it or not x the highest
** target utilization of .25, .30 ... .90 (autoscaled), or the fewest workers
** (fixed), that keeps the SLA by the rule of cost_rule.c. Choice 0 is as it is
** today.
*/
#include "cost_rule.h"

#include <math.h>
#include <string.h>

enum { CHOICE_TARGETS = 14 };

int hf_cost_fits(const hf_cost_sku *a, const hf_cost_sku *b) {
  if (strcmp(a->region, b->region) != 0) return 0;
  if (!isfinite(a->memory_gb) || !isfinite(b->memory_gb)) return 1;
  return b->memory_gb / b->vcpu >= 0.999 * a->memory_gb / a->vcpu;
}

static int choice_is_off(const hf_rule *k, size_t t) {
  size_t h = (hf_cost_week_hour(k->c->start) + t) % HF_COST_WEEK;
  return k->m->off[h];
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
static int choice_add(hf_rule *k, const hf_rule_type *y, hf_cost_choice v) {
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
static int choice_add_both(hf_rule *k, const hf_rule_type *y,
                           hf_cost_choice v) {
  int rc;
  v.stops = 0;
  rc = choice_add(k, y, v);
  if (rc != HF_OK || !k->s->can_stop || !k->m->may_stop) return rc;
  v.stops = 1;
  return choice_add(k, y, v);
}

/* Spot shares to try: today's, .25, .5, .75 and the largest allowed. */
static size_t choice_shares(const hf_rule *k, const hf_rule_type *y,
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
static void choice_scale(hf_rule *k, const hf_rule_type *y, double target) {
  size_t t;
  for (t = 0; t < k->c->hours; t++) {
    double x = ceil(k->s->mean[t] / (y->cap * target) - 1e-9);
    k->count[t] = x > k->s->min_workers ? x : k->s->min_workers;
  }
}

static int choice_autoscaled(hf_rule *k, const hf_rule_type *y) {
  double share[HF_RULE_LEVELS];
  int found[HF_RULE_LEVELS] = {0};
  size_t levels = choice_shares(k, y, share);
  size_t left = levels;
  int i;
  for (i = CHOICE_TARGETS - 1; i >= 0 && left > 0; i--) {
    double target = 0.25 + 0.05 * i;
    size_t l;
    int first;
    if (k->s->kind == HF_COST_BATCH && target > HF_RULE_BATCH + 1e-9) continue;
    choice_scale(k, y, target);
    first = hf_rule_passes(k, y);
    if (!first && !k->today_fails) continue;
    for (l = 0; l < levels; l++) {
      hf_cost_choice v;
      int how, rc;
      if (found[l]) continue;
      how = hf_rule_passes_spot(k, y, first, l, share[l]);
      if (!how) continue;
      found[l] = 1;
      left--;
      memset(&v, 0, sizeof(v));
      v.target = target;
      v.workers = NAN;
      v.spot_share = share[l];
      v.meets = how == 1 || hf_rule_meets(k, y);
      rc = choice_add_both(k, y, v);
      if (rc != HF_OK) return rc;
    }
    if (hf_work_check(k->w, 20 * k->c->hours)) return hf_work_check(k->w, 0);
  }
  return HF_OK;
}

/* Tries n workers, the same in every hour. */
static int choice_try_fixed(hf_rule *k, const hf_rule_type *y, double n,
                            size_t level, double share) {
  int first;
  size_t t;
  for (t = 0; t < k->c->hours; t++) k->count[t] = n;
  first = hf_rule_passes(k, y);
  return hf_rule_passes_spot(k, y, first, level, share);
}

static int choice_fixed(hf_rule *k, const hf_rule_type *y, double most) {
  double share[HF_RULE_LEVELS];
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
    v.meets = how == 1 || hf_rule_meets(k, y);
    rc = choice_add_both(k, y, v);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* Choices on one machine type. */
static int choice_on(hf_rule *k, size_t index) {
  hf_rule_type y;
  double most = 0;
  double peak = 0;
  size_t t;
  hf_rule_type_begin(k, index, &y);
  for (t = 0; t < k->c->hours; t++) {
    if (k->s->mean[t] > most) most = k->s->mean[t];
    if (k->base_cap[t] > peak) peak = k->base_cap[t];
  }
  if (k->s->autoscaled) {
    most = ceil(most / (y.cap * 0.25));
    if (most < k->s->min_workers) most = k->s->min_workers;
    hf_rule_forget(k, most);
    return choice_autoscaled(k, &y);
  }
  most = ceil(2 * peak / y.cap) + 1;
  hf_rule_forget(k, most);
  return choice_fixed(k, &y, most);
}

/* Share of today's hours with latency recorded that meet the SLA >= 99 %. */
static int choice_met(const hf_cost_case *c, const hf_cost_service *s) {
  size_t n = 0;
  size_t bad = 0;
  size_t t;
  if (s->kind == HF_COST_BATCH || s->kind == HF_COST_DEV) return 1;
  for (t = 0; t < c->hours; t++) {
    if (s->recorded[t] <= 0 || !isfinite(s->p95[t])) continue;
    n++;
    bad += s->p95[t] > s->sla_ms;
  }
  return n > 0 && bad * 100 <= n;
}

/* Choice 0. */
static int choice_today(hf_rule *k, const hf_cost_service *s, hf_cost_menu *m) {
  const hf_cost_sku *now = &k->c->sku[s->sku];
  hf_cost_choice *v = &m->choice[0];
  size_t n = k->c->hours;
  double share = s->spot_share;
  double price = now->on_demand * (1 - share);
  double sum = 0;
  size_t t;
  memset(v, 0, sizeof(*v));
  v->on_demand = hf_work_reals(k->w, n);
  if (v->on_demand == NULL) return HF_ENOMEM;
  for (t = 0; t < n; t++) sum += s->workers[t] / (double)n;
  if (share > 0) {
    v->spot = sum * share * now->spot;
    v->spot_list = sum * share * now->on_demand;
  }
  v->spot_share = share;
  v->price = sum * price + v->spot;
  if (!isfinite(now->commit)) {
    v->other = sum * price;
    price = 0;
  }
  for (t = 0; t < n; t++) v->on_demand[t] = s->workers[t] * price;
  v->sku = s->sku;
  v->target = s->target;
  v->workers = NAN;
  v->meets = choice_met(k->c, s);
  m->n = 1;
  return HF_OK;
}

static int choice_service(hf_rule *k, const hf_cost_service *s,
                          hf_cost_menu *m) {
  size_t i;
  int rc = choice_today(k, s, m);
  if (rc == HF_OK) rc = hf_rule_begin(k, s, m);
  if (rc != HF_OK) return rc == HF_EDATA ? HF_OK : rc;
  for (i = 0; i < k->c->skus; i++) {
    if (i != s->sku &&
        (!s->can_resize || !hf_cost_fits(k->now, &k->c->sku[i]))) {
      continue;
    }
    rc = choice_on(k, i);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

int hf_cost_choices(hf_work *w, const hf_cost_case *c, hf_cost_menu *menu) {
  hf_rule k;
  size_t i;
  int rc = hf_rule_new(w, c, &k);
  for (i = 0; rc == HF_OK && i < c->services; i++) {
    memset(&menu[i], 0, sizeof(menu[i]));
    menu[i].capacity = NAN;
    menu[i].choice = hf_work_alloc(w, HF_COST_MENU, sizeof(hf_cost_choice));
    if (menu[i].choice == NULL) return HF_ENOMEM;
    rc = choice_service(&k, &c->service[i], &menu[i]);
  }
  return rc;
}
