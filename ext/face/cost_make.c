/*
** cost_make.c: from the history to a plan.
**
** With services and prices each service has a menu of its own. Without, the
** plain history is one nameless service whose price list is what its bills
** show. A caller's own list of choices replaces both.
*/
#include "cost_make.h"

#include <math.h>
#include <string.h>

enum { MAKE_LEAST = 168 }; /* hours of load that a plan needs */

static int make_nothing(hf_cost_made *m, const char *why) {
  m->status = "insufficient_data";
  m->reason = why;
  return SQLITE_OK;
}

/* Price lines of the store as the optimiser takes them. */
static int make_skus(hf_session *s, const hf_cost_history *h, hf_cost_case *c) {
  hf_cost_sku *sku = hf_work_zeroed(&s->hold, h->prices, sizeof(*sku));
  size_t i;
  if (sku == NULL) return hf_fail_ops(s, HF_ENOMEM);
  for (i = 0; i < h->prices; i++) {
    const hf_cost_price *p = &h->price[i];
    sku[i].name = p->sku_id;
    sku[i].region = p->region_id;
    sku[i].vcpu = p->vcpu;
    sku[i].memory_gb = p->memory_gb;
    sku[i].speed = p->speed;
    sku[i].on_demand = p->on_demand;
    sku[i].spot = p->spot;
    sku[i].commit = p->commit_1y;
    sku[i].interruptions = p->interruptions;
    sku[i].past_ts = p->past_ts;
    sku[i].past_spot = p->past_spot;
    sku[i].past = p->past;
  }
  c->sku = sku;
  c->skus = h->prices;
  return SQLITE_OK;
}

static size_t make_find_sku(const hf_cost_history *h, const hf_cost_row *r) {
  size_t i;
  for (i = 0; i < h->prices; i++) {
    if (strcmp(h->price[i].sku_id, r->sku_id) == 0 &&
        strcmp(h->price[i].region_id, r->region_id) == 0) {
      return i;
    }
  }
  return HF_COST_NONE;
}

static hf_cost_kind make_kind(const char *kind) {
  if (strcmp(kind, "batch") == 0) return HF_COST_BATCH;
  if (strcmp(kind, "dev") == 0) return HF_COST_DEV;
  return strcmp(kind, "db") == 0 ? HF_COST_DB : HF_COST_WEB;
}

static int make_service(hf_session *s, const hf_cost_row *r, size_t sku,
                        double sla_ms, const hf_cost_case *c,
                        hf_cost_service *x) {
  memset(x, 0, sizeof(*x));
  x->name = r->service;
  x->kind = make_kind(r->kind);
  x->sku = sku;
  x->autoscaled = r->autoscaled;
  x->target = r->target;
  x->min_workers = r->min_workers;
  x->can_stop = r->can_stop;
  x->can_resize = r->can_resize;
  x->spot_share_max = r->spot_share_max;
  x->sla_ms = r->sla_ms > 0 ? r->sla_ms : sla_ms;
  x->mean = r->cell[0];
  x->max = r->cell[1];
  x->workers = r->cell[2];
  x->util = r->cell[3];
  x->p95 = r->cell[4];
  x->rows = r->rows;
  x->keep = r->rows < MAKE_LEAST;
  x->recorded = hf_work_reals(&s->hold, c->hours);
  if (x->recorded == NULL) return hf_fail_ops(s, HF_ENOMEM);
  hf_cost_fill(c, x);
  return SQLITE_OK;
}

/* The row of a service of `only`, or HF_COST_NONE. */
static size_t make_find_row(const hf_cost_history *h, const char *service) {
  size_t lo = 0;
  size_t hi = h->rows;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    int d = strcmp(h->row[mid].service, service);
    if (d == 0) return mid;
    if (d < 0) {
      lo = mid + 1;
    } else {
      hi = mid;
    }
  }
  return HF_COST_NONE;
}

int hf_cost_case_build(hf_session *s, const hf_cost_history *h, double sla_ms,
                       const hf_cost_case *only, hf_cost_case *c,
                       const char **left) {
  size_t n = only != NULL ? only->services : h->rows;
  size_t i;
  int rc;
  memset(c, 0, sizeof(*c));
  *left = NULL;
  c->start = h->span.start;
  c->hours = h->span.hours;
  c->held = h->held.covers;
  c->held_pays = h->held.pays;
  rc = make_skus(s, h, c);
  if (rc != SQLITE_OK) return rc;
  c->service = hf_work_alloc(&s->hold, n, sizeof(*c->service));
  if (c->service == NULL) return hf_fail_ops(s, HF_ENOMEM);
  for (i = 0; i < n; i++) {
    const char *name = only != NULL ? only->service[i].name : h->row[i].service;
    size_t at = only != NULL ? make_find_row(h, name) : i;
    const hf_cost_row *r = at != HF_COST_NONE ? &h->row[at] : NULL;
    size_t sku = r != NULL ? make_find_sku(h, r) : HF_COST_NONE;
    if (r != NULL && r->rows > 0 && sku != HF_COST_NONE) {
      rc = make_service(s, r, sku, sla_ms, c, &c->service[c->services++]);
      if (rc != SQLITE_OK) return rc;
      continue;
    }
    *left = hf_format(
        &s->hold, "%s%s%.100s (%s)",
        *left != NULL ? *left : "left out: ", *left != NULL ? ", " : "", name,
        r == NULL || r->rows == 0 ? "no load recorded"
                                  : "no price of its sku_id");
    if (*left == NULL) return hf_fail_ops(s, HF_ENOMEM);
  }
  return SQLITE_OK;
}

/* The discount of a one-year commitment: the mean over what runs today on
** machine types that offer one, by money. */
static double make_discount(const hf_cost_case *c, const hf_cost_menu *menu) {
  double money = 0;
  double off = 0;
  size_t i;
  for (i = 0; i < c->services; i++) {
    const hf_cost_sku *y = &c->sku[c->service[i].sku];
    if (!isfinite(y->commit) || !(y->on_demand > 0)) continue;
    money += menu[i].choice[0].price;
    off += menu[i].choice[0].price * (1 - y->commit / y->on_demand);
  }
  if (!(money > 0) || off < 0) return 0;
  return off / money < 0.99 ? off / money : 0.99;
}

static int make_solve(hf_session *s, const hf_cost_options *o,
                      hf_cost_made *m) {
  hf_cost_problem *p = &m->problem;
  sqlite3_int64 seed;
  int rc = hf_config_int(s, "seed", 1, 0, 1000000000000LL, &seed);
  if (rc != SQLITE_OK) return rc;
  p->seed = (uint64_t)seed;
  p->menu = m->menu;
  p->max_changes = o->max_changes < (double)p->services ? (size_t)o->max_changes
                                                        : p->services;
  p->max_spot_share = o->max_spot_share;
  if (!isnan(o->discount)) p->discount = o->discount;
  m->status = "ok";
  return hf_fail_ops(s, hf_cost_solve(&s->hold, p, &m->plan));
}

static int make_names(hf_session *s, hf_cost_made *m) {
  m->name = hf_work_zeroed(&s->hold, m->problem.services, sizeof(*m->name));
  return m->name != NULL ? SQLITE_OK : hf_fail_ops(s, HF_ENOMEM);
}

/* Menus of the case, then the plan. */
static int make_case(hf_session *s, const hf_cost_options *o, hf_cost_made *m) {
  size_t n = m->c.services;
  size_t i;
  int rc;
  m->problem.hours = m->c.hours;
  m->problem.services = n;
  m->problem.held = m->c.held;
  m->held_pays = m->c.held_pays;
  m->menu = hf_work_alloc(&s->hold, n, sizeof(*m->menu));
  if (m->menu == NULL) return hf_fail_ops(s, HF_ENOMEM);
  rc = hf_fail_ops(s, hf_cost_choices(&s->hold, &m->c, m->menu));
  if (rc == SQLITE_OK) rc = make_names(s, m);
  if (rc != SQLITE_OK) return rc;
  for (i = 0; i < n; i++) m->name[i] = m->c.service[i].name;
  m->problem.discount = make_discount(&m->c, m->menu);
  return make_solve(s, o, m);
}

/* Listed choices ---------------------------------------------------------- */

static int make_listed(hf_session *s, double to, const hf_cost_options *o,
                       hf_cost_made *m) {
  hf_cost_list l;
  size_t i;
  size_t n = 0;
  int rc = hf_cost_list_read(s, &o->choices, to, &l);
  m->listed = 1;
  if (rc != SQLITE_OK) return rc;
  m->newest = l.newest;
  if (l.hours < MAKE_LEAST) {
    return make_nothing(m, "choices hold fewer than 168 hours (7 days)");
  }
  m->menu = hf_work_zeroed(&s->hold, l.n, sizeof(*m->menu));
  if (m->menu == NULL) return hf_fail_ops(s, HF_ENOMEM);
  m->problem.services = l.n;
  rc = make_names(s, m);
  if (rc != SQLITE_OK) return rc;
  for (i = 0; i < l.n; i++) {
    const hf_cost_listed *x = &l.item[i];
    hf_cost_choice *v;
    if (i == 0 || x->service != l.item[i - 1].service) {
      size_t k = i;
      while (k < l.n && l.item[k].service == x->service) k++;
      m->menu[n].choice =
          hf_work_zeroed(&s->hold, k - i, sizeof(hf_cost_choice));
      if (m->menu[n].choice == NULL) return hf_fail_ops(s, HF_ENOMEM);
      m->name[n++] = x->service;
    }
    v = &m->menu[n - 1].choice[m->menu[n - 1].n++];
    v->on_demand = x->on_demand;
    v->spot = x->spot;
    v->spot_list = x->spot_list;
    v->label = (long)x->choice;
    v->target = NAN;
    v->workers = NAN;
    v->meets = 1;
  }
  m->problem.services = n;
  m->problem.hours = l.hours;
  return make_solve(s, o, m);
}

/* The plain history ------------------------------------------------------- */

/* The one price line that the bills show. */
static int make_plain_sku(hf_session *s, const hf_cost_plain *p,
                          hf_cost_case *c) {
  hf_cost_sku *y = hf_work_zeroed(&s->hold, 1, sizeof(*y));
  if (y == NULL) return hf_fail_ops(s, HF_ENOMEM);
  y->region = "";
  y->vcpu = 1;
  y->memory_gb = NAN;
  y->speed = 1;
  y->on_demand = p->worker_hour;
  y->spot = p->spot_price * p->worker_hour;
  y->commit = p->commit_price * p->worker_hour;
  y->interruptions = NAN;
  c->sku = y;
  c->skus = 1;
  return SQLITE_OK;
}

static int make_plain_service(hf_session *s, const hf_cost_plain *p,
                              double sla_ms, hf_cost_case *c) {
  hf_cost_service *x = hf_work_zeroed(&s->hold, 1, sizeof(*x));
  double least = INFINITY;
  double most = 0;
  double workers = 0;
  double busy = 0;
  size_t t;
  int rc;
  if (x == NULL) return hf_fail_ops(s, HF_ENOMEM);
  c->service = x;
  c->services = 1;
  x->kind = HF_COST_WEB;
  x->sla_ms = sla_ms;
  x->mean = p->busy;
  x->max = p->busy_max;
  x->workers = p->workers;
  x->p95 = p->p95;
  x->rows = p->rows;
  x->spot_share = p->spot_share;
  x->spot_share_max = p->spot_most;
  x->util = hf_work_reals(&s->hold, c->hours);
  x->recorded = hf_work_reals(&s->hold, c->hours);
  if (x->util == NULL || x->recorded == NULL) {
    return hf_fail_ops(s, HF_ENOMEM);
  }
  for (t = 0; t < c->hours; t++) {
    x->util[t] = p->workers[t] > 0 ? p->busy[t] / p->workers[t] : NAN;
    if (!(p->workers[t] >= 0)) continue;
    workers += p->workers[t];
    busy += p->busy[t];
    if (p->workers[t] < least) least = p->workers[t];
    if (p->workers[t] > most) most = p->workers[t];
  }
  /* workers that come and go are scaled by something */
  x->autoscaled = most - least >= 1;
  x->target = x->autoscaled && workers > 0 ? busy / workers : NAN;
  rc = hf_config_real(s, "min_workers", 1, 0, 1e9, &x->min_workers);
  if (rc == SQLITE_OK) hf_cost_fill(c, x);
  return rc;
}

static int make_plain(hf_session *s, double to, double sla_ms,
                      const hf_cost_options *o, hf_cost_made *m) {
  hf_cost_plain p;
  size_t slow = 0;
  size_t t;
  int rc = hf_cost_plain_read(s, to, &p);
  m->plain = 1;
  if (rc != SQLITE_OK) return rc;
  m->newest = p.span.newest;
  if (p.rows == 0) {
    return make_nothing(m, "no rows in hf_services with load in "
                           "hf_service_load, and none in hf_resource_metrics "
                           "with cpu_percent and active_workers");
  }
  if (p.rows < MAKE_LEAST) {
    return make_nothing(m, "hf_resource_metrics holds workers and cpu in fewer "
                           "than 168 hours (7 days)");
  }
  if (isnan(p.worker_hour)) {
    return make_nothing(m, "hf_costs holds no usage in the hours of "
                           "hf_resource_metrics");
  }
  for (t = 0; t < p.span.hours; t++) slow += p.p95[t] > 0;
  if (slow < MAKE_LEAST) {
    return make_nothing(m, "hf_health_metrics holds response_time_ms in fewer "
                           "than 168 hours (7 days)");
  }
  m->c.start = p.span.start;
  m->c.hours = p.span.hours;
  m->c.held = p.held.covers;
  m->c.held_pays = p.held.pays;
  rc = make_plain_sku(s, &p, &m->c);
  if (rc == SQLITE_OK) rc = make_plain_service(s, &p, sla_ms, &m->c);
  if (rc != SQLITE_OK) return rc;
  m->reason = "no price list: one service, prices as the bills show them";
  return make_case(s, o, m);
}

int hf_cost_make(hf_session *s, double to, double sla_ms,
                 const hf_cost_options *o, hf_cost_made *m) {
  hf_cost_history h;
  size_t most = 0;
  size_t i;
  int rc;
  memset(m, 0, sizeof(*m));
  m->newest = NAN;
  if (o->has_choices) return make_listed(s, to, o, m);
  rc = hf_cost_history_read(s, NAN, to, &h);
  if (rc != SQLITE_OK) return rc;
  if (h.span.hours == 0) return make_plain(s, to, sla_ms, o, m);
  m->newest = h.span.newest;
  rc = hf_cost_case_build(s, &h, sla_ms, NULL, &m->c, &m->reason);
  if (rc != SQLITE_OK) return rc;
  for (i = 0; i < m->c.services; i++) {
    if (m->c.service[i].rows > most) most = m->c.service[i].rows;
  }
  if (m->c.services == 0) return make_nothing(m, m->reason);
  if (most < MAKE_LEAST) {
    return make_nothing(m, "hf_service_load holds fewer than 168 hours (7 "
                           "days) of every service");
  }
  return make_case(s, o, m);
}

hf_cost_plan_view hf_cost_made_view(const hf_cost_made *m) {
  hf_cost_plan_view v;
  v.c = m->listed ? NULL : &m->c;
  v.hours = m->problem.hours;
  v.menu = m->menu;
  v.pick = m->plan.pick;
  v.services = m->problem.services;
  v.held = m->problem.held;
  v.discount = m->problem.discount;
  v.covers = m->plan.covers;
  return v;
}
