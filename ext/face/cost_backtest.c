/*
** cost_backtest.c: hf_cost_backtest(budget_per_month, sla_target_ms,
** train_end_ts, days): had the plan been followed.
**
**   SELECT strategy, estimated, realised
**   FROM hf_cost_backtest(10000, 220, unixepoch('2025-02-03'), 26);
**
** The plan is made from what was recorded before train_end_ts, as
** hf_optimize_cost makes it, and replayed on the hours of the `days` after:
** their demand, their prices, the commitment as bought. Both columns are money
** per month of 730 hours. sla_violation_rate is the largest share of hours
** beyond the SLA among the services that the strategy changes (NULL: the
** strategy changes none that the SLA binds): recorded latency, scaled by what
** the model says of the difference.
*/
#include <math.h>
#include <string.h>

#include "answers.h"
#include "cost_make.h"
#include "sql.h"

enum { BACKTEST_LEAST = 24 }; /* hours to replay */

static const char *const cost_backtest_names[HF_COST_STRATEGIES] = {
    "schedule_off_hours", "rightsize_instances", "reduce_idle_workers",
    "use_spot_instances", "change_choice",       "purchase_commitment_1y"};

static const hf_coldef cost_backtest_cols[] = {
    {"strategy", HF_TEXT},
    {"estimated", HF_REAL},
    {"realised", HF_REAL},
    {"sla_violation_rate", HF_REAL},
    {"status", HF_TEXT},
    {"reason", HF_TEXT},
    {"estimated_savings", HF_REAL},
    {"realised_savings", HF_REAL},
    {"spend_per_month", HF_REAL},
    {"realised_spend_per_month", HF_REAL},
    {"within_budget", HF_INT},
    {"hours", HF_INT},
    {NULL, HF_REAL}};

static const hf_param cost_backtest_params[] = {
    {"budget_per_month", HF_P_REAL, 1, 0, 1e15, NULL},
    {"sla_target_ms", HF_P_REAL, 1, 0.001, 1e9, NULL},
    {"train_end_ts", HF_P_REAL, 1, -HF_TS_MAX, HF_TS_MAX, NULL},
    {"days", HF_P_REAL, 1, 1, 3660, NULL},
    {NULL, HF_P_REAL, 0, 0, 0, NULL}};

/* The hours after, with what the plan sets for the services still there. */
typedef struct cost_backtest_later {
  hf_cost_case c;
  hf_cost_menu *menu; /* [c.services] */
  size_t *pick;       /* [c.services] */
} cost_backtest_later;

static int cost_backtest_begin(hf_call *c) {
  int *done = hf_work_zeroed(&c->s.hold, 1, sizeof(*done));
  c->state = done;
  return done != NULL ? SQLITE_OK : hf_fail_ops(&c->s, HF_ENOMEM);
}

static void cost_backtest_end(hf_call *c) {
  (void)c;
}

/* Later prices in the order of the earlier price list, so that the plan's
** numbers of machine types hold; a type no longer listed keeps its price. */
static int cost_backtest_prices(hf_session *s, const hf_cost_case *early,
                                hf_cost_case *late) {
  hf_cost_sku *y = hf_work_alloc(&s->hold, early->skus, sizeof(*y));
  size_t i, k;
  if (y == NULL) return hf_fail_ops(s, HF_ENOMEM);
  for (i = 0; i < early->skus; i++) {
    y[i] = early->sku[i];
    for (k = 0; k < late->skus; k++) {
      if (strcmp(late->sku[k].name, y[i].name) == 0 &&
          strcmp(late->sku[k].region, y[i].region) == 0) {
        break;
      }
    }
    if (k < late->skus) {
      y[i].on_demand = late->sku[k].on_demand;
      if (isfinite(late->sku[k].spot)) y[i].spot = late->sku[k].spot;
    }
  }
  late->sku = y;
  late->skus = early->skus;
  return SQLITE_OK;
}

/* Reads the hours after; SQLITE_OK with no services where there are none. */
static int cost_backtest_read(hf_call *c, const hf_cost_made *m,
                              cost_backtest_later *l) {
  hf_session *s = &c->s;
  hf_cost_history h;
  const char *left;
  double from = c->arg[2].real;
  double to = nextafter(from + 86400 * c->arg[3].real, -INFINITY);
  size_t i, k;
  int rc;
  memset(l, 0, sizeof(*l));
  if (s->as_of < to) to = s->as_of;
  rc = hf_cost_history_read(s, from, to, &h);
  if (rc != SQLITE_OK || h.span.hours == 0) return rc;
  rc = hf_cost_case_build(s, &h, c->arg[1].real, &m->c, &l->c, &left);
  if (rc == SQLITE_OK) rc = cost_backtest_prices(s, &m->c, &l->c);
  if (rc != SQLITE_OK) return rc;
  l->menu = hf_work_alloc(&s->hold, l->c.services, sizeof(*l->menu));
  l->pick = hf_work_alloc(&s->hold, l->c.services, sizeof(*l->pick));
  if (l->menu == NULL || l->pick == NULL) return hf_fail_ops(s, HF_ENOMEM);
  for (i = 0, k = 0; i < l->c.services; i++, k++) {
    while (strcmp(m->c.service[k].name, l->c.service[i].name) != 0) k++;
    l->menu[i] = m->menu[k];
    l->pick[i] = m->plan.pick[k];
    l->c.service[i].sku = m->c.service[k].sku;
  }
  return SQLITE_OK;
}

/* Sum of a strategy over the services. */
static double cost_backtest_sum(const hf_cost_split *x, size_t services,
                                size_t strategy) {
  double sum = 0;
  size_t i;
  if (strategy == HF_COST_COMMIT) return x->commit;
  for (i = 0; i < services; i++) {
    sum += x->part[i * HF_COST_COMMIT + strategy];
  }
  return sum;
}

/* The largest rate among services that the strategy changes; NaN: none. */
static double cost_backtest_slow(const cost_backtest_later *l,
                                 const hf_cost_split *x, size_t strategy,
                                 hf_wait *wait) {
  double most = NAN;
  size_t i;
  if (strategy == HF_COST_COMMIT) return most;
  for (i = 0; i < l->c.services; i++) {
    double rate;
    if (x->part[i * HF_COST_COMMIT + strategy] == 0) continue;
    rate = hf_cost_slow(&l->c, i, &l->menu[i], l->pick[i], wait);
    if (!(rate <= most)) most = isnan(rate) ? most : rate;
  }
  return most;
}

static int cost_backtest_nothing(hf_call *c, hf_rows *r, const char *status,
                                 const char *reason) {
  int rc = hf_rows_start(c, r, 1);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", status);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", reason);
  return rc;
}

static int cost_backtest_whole(hf_call *c, hf_rows *r, const hf_cost_made *m,
                               const hf_cost_split *before,
                               const hf_cost_split *after,
                               const cost_backtest_later *l) {
  const double month = HF_COST_MONTH;
  double cost = (before->cost + m->held_pays) * month;
  int rc = hf_rows_one_text(c, r, "status", "ok");
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", m->reason);
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_real(c, r, "estimated_savings",
                          (before->spend - before->cost) * month);
  }
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_real(c, r, "realised_savings",
                          (after->spend - after->cost) * month);
  }
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_real(c, r, "spend_per_month",
                          (before->spend + m->held_pays) * month);
  }
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_real(c, r, "realised_spend_per_month",
                          (after->spend + l->c.held_pays) * month);
  }
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_int(c, r, "within_budget", cost <= c->arg[0].real);
  }
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_int(c, r, "hours", (sqlite3_int64)l->c.hours);
  }
  return rc;
}

static int cost_backtest_rows(hf_call *c, hf_rows *r, const hf_cost_made *m,
                              const cost_backtest_later *l) {
  hf_work *w = &c->s.work;
  hf_cost_plan_view view;
  hf_cost_split before, after;
  hf_wait *wait = hf_wait_new(w);
  size_t shown[HF_COST_STRATEGIES];
  size_t n = 0;
  size_t i;
  int rc;
  if (wait == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  view = hf_cost_made_view(m);
  rc = hf_cost_share(w, &view, HF_COST_WATERFALL, &before);
  if (rc == HF_OK) {
    view.c = &l->c;
    view.hours = l->c.hours;
    view.menu = l->menu;
    view.pick = l->pick;
    view.services = l->c.services;
    view.held = l->c.held;
    rc = hf_cost_share(w, &view, HF_COST_RAW, &after);
  }
  if (rc != HF_OK) return hf_fail_ops(&c->s, rc);
  for (i = 0; i < HF_COST_STRATEGIES; i++) {
    if (cost_backtest_sum(&before, m->c.services, i) != 0 ||
        cost_backtest_sum(&after, l->c.services, i) != 0) {
      shown[n++] = i;
    }
  }
  rc = hf_rows_start(c, r, n > 0 ? n : 1);
  for (i = 0; rc == SQLITE_OK && i < n; i++) {
    size_t k = shown[i];
    rc = hf_rows_set_text(c, r, "strategy", i, cost_backtest_names[k]);
    if (rc == SQLITE_OK) {
      rc = hf_rows_set_real(c, r, "estimated", i,
                            HF_COST_MONTH *
                                cost_backtest_sum(&before, m->c.services, k));
    }
    if (rc == SQLITE_OK) {
      rc = hf_rows_set_real(c, r, "realised", i,
                            HF_COST_MONTH *
                                cost_backtest_sum(&after, l->c.services, k));
    }
    if (rc == SQLITE_OK) {
      rc = hf_rows_set_real(c, r, "sla_violation_rate", i,
                            cost_backtest_slow(l, &after, k, wait));
    }
  }
  if (rc == SQLITE_OK && n == 0) {
    rc = hf_rows_set_real(c, r, "estimated", 0, 0);
    if (rc == SQLITE_OK) rc = hf_rows_set_real(c, r, "realised", 0, 0);
  }
  return rc == SQLITE_OK ? cost_backtest_whole(c, r, m, &before, &after, l)
                         : rc;
}

static int cost_backtest_next(hf_call *c, hf_rows *r) {
  int *done = c->state;
  hf_cost_options options;
  hf_cost_made m;
  cost_backtest_later l;
  double to = nextafter(c->arg[2].real, -INFINITY);
  int rc;
  if (*done) return SQLITE_DONE;
  *done = 1;
  if (c->s.as_of < to) to = c->s.as_of;
  rc = hf_cost_options_read(&c->s, NULL, &options);
  if (rc == SQLITE_OK)
    rc = hf_cost_make(&c->s, to, c->arg[1].real, &options, &m);
  if (rc != SQLITE_OK) return rc;
  if (strcmp(m.status, "ok") != 0) {
    rc = cost_backtest_nothing(c, r, m.status, m.reason);
  } else if (m.plain) {
    rc =
        cost_backtest_nothing(c, r, "insufficient_data",
                              "a replay needs hf_services and hf_service_load");
  } else {
    rc = cost_backtest_read(c, &m, &l);
    if (rc == SQLITE_OK && l.c.hours < BACKTEST_LEAST) {
      rc = cost_backtest_nothing(c, r, "insufficient_data",
                                 "fewer than 24 hours of load recorded from "
                                 "train_end_ts on");
    } else if (rc == SQLITE_OK) {
      rc = cost_backtest_rows(c, r, &m, &l);
    }
  }
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

const hf_answer hf_cost_backtest_answer = {"hf_cost_backtest",
                                           cost_backtest_cols,
                                           cost_backtest_params,
                                           NULL,
                                           NULL,
                                           1,
                                           cost_backtest_begin,
                                           cost_backtest_next,
                                           cost_backtest_end,
                                           hf_sql_cost_backtest};
