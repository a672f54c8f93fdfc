/*
** cost.c: hf_optimize_cost(budget_per_month, sla_target_ms [, options]).
**
**   SELECT strategy, service, savings, detail
**   FROM hf_optimize_cost(10000, 220);
**
**   SELECT hf_optimize_cost(10000, 220, '{"max_changes":3}') ->> 'plan';
**
** One row a strategy and service; its savings per month sum to
** estimated_savings. The row also carries the whole plan of its service, and
** the figures of the plan as a whole, which are the same on every row. Money
** is in the billing currency, a month is 730 hours.
**
** options is a JSON object: max_changes, max_spot_share, commitment_discount,
** choices (a table or view of the caller's own choices; see store/cost.h),
** attribution ("waterfall" or "shapley": how the savings are split). The budget
** is compared with the cost of the plan and changes nothing else.
*/
#include <math.h>
#include <string.h>

#include "answers.h"
#include "cost_make.h"
#include "sql.h"

/* What is the same for every row of a strategy. */
typedef struct cost_trait {
  const char *name;
  const char *effort;
  const char *risk;
  int restart_needed;
  int rollback_possible;
} cost_trait;

static const cost_trait cost_traits[HF_COST_STRATEGIES] = {
    {"schedule_off_hours", "low", "low", 1, 1},
    {"rightsize_instances", "medium", "medium", 1, 1},
    {"reduce_idle_workers", "low", "medium", 0, 1},
    {"use_spot_instances", "medium", "medium", 1, 1},
    {"change_choice", "medium", "medium", 1, 1},
    {"purchase_commitment_1y", "low", "medium", 0, 0}};

static const hf_coldef cost_cols[] = {{"strategy", HF_TEXT},
                                      {"service", HF_TEXT},
                                      {"savings", HF_REAL},
                                      {"effort", HF_TEXT},
                                      {"risk", HF_TEXT},
                                      {"restart_needed", HF_INT},
                                      {"rollback_possible", HF_INT},
                                      {"detail", HF_TEXT},
                                      {"status", HF_TEXT},
                                      {"reason", HF_TEXT},
                                      {"sku_id", HF_TEXT},
                                      {"target_utilization", HF_REAL},
                                      {"workers", HF_REAL},
                                      {"spot_share", HF_REAL},
                                      {"on_hours", HF_TEXT},
                                      {"choice", HF_INT},
                                      {"estimated_savings", HF_REAL},
                                      {"savings_low", HF_REAL},
                                      {"savings_high", HF_REAL},
                                      {"spend_per_month", HF_REAL},
                                      {"cost_per_month", HF_REAL},
                                      {"lower_bound_per_month", HF_REAL},
                                      {"optimality_gap", HF_REAL},
                                      {"within_budget", HF_INT},
                                      {"sla_feasible", HF_INT},
                                      {"commitment_covers_per_hour", HF_REAL},
                                      {"commitment_pays_per_hour", HF_REAL},
                                      {"commitment_term", HF_TEXT},
                                      {NULL, HF_REAL}};

static const hf_param cost_params[] = {
    {"budget_per_month", HF_P_REAL, 1, 0, 1e15, NULL},
    {"sla_target_ms", HF_P_REAL, 1, 0.001, 1e9, NULL},
    {"options", HF_P_TEXT, 0, 0, 0, NULL},
    {NULL, HF_P_REAL, 0, 0, 0, NULL}};

/* The answer's own. */
typedef struct cost_state {
  hf_cost_options options;
  int done;
} cost_state;

/* A row to be: which strategy, which service. */
typedef struct cost_line {
  hf_cost_strategy strategy;
  size_t service;
  double savings; /* per month */
} cost_line;

static int cost_begin(hf_call *c) {
  cost_state *st = hf_work_zeroed(&c->s.hold, 1, sizeof(*st));
  if (st == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  c->state = st;
  return hf_cost_options_read(&c->s, c->arg[2].text, &st->options);
}

static void cost_end(hf_call *c) {
  (void)c;
}

/* Lines of the plan, strategies in their order; a changed service has at least
** one. `line` has room for all. Returns how many. */
static size_t cost_lines(const hf_cost_made *m, const hf_cost_split *x,
                         cost_line *line) {
  double least = 1e-9 * x->spend;
  size_t n = 0;
  size_t i;
  int k;
  for (k = 0; k < HF_COST_COMMIT; k++) {
    for (i = 0; i < m->problem.services; i++) {
      double v = x->part[i * HF_COST_COMMIT + (size_t)k];
      if (fabs(v) <= least) continue;
      line[n].strategy = (hf_cost_strategy)k;
      line[n].service = i;
      line[n++].savings = v * HF_COST_MONTH;
    }
  }
  if (fabs(x->commit) > least) {
    line[n].strategy = HF_COST_COMMIT;
    line[n].service = HF_COST_NONE;
    line[n++].savings = x->commit * HF_COST_MONTH;
  }
  return n;
}

/* What the strategy does to the service, in words, in s.work. */
static const char *cost_detail(hf_call *c, const hf_cost_made *m,
                               const cost_line *l) {
  hf_work *w = &c->s.work;
  const hf_cost_menu *menu;
  const hf_cost_choice *v;
  const hf_cost_service *s;
  size_t off = 0;
  size_t h;
  if (l->strategy == HF_COST_COMMIT) {
    return hf_format(w,
                     "one year: pay %.4f an hour for on-demand use of %.4f, "
                     "%.0f%% off",
                     m->plan.covers * (1 - m->problem.discount), m->plan.covers,
                     100 * m->problem.discount);
  }
  menu = &m->menu[l->service];
  v = &menu->choice[m->plan.pick[l->service]];
  if (l->strategy == HF_COST_CHANGE) {
    return hf_format(w, "choice %ld of the list", v->label);
  }
  s = &m->c.service[l->service];
  switch (l->strategy) {
  case HF_COST_SCHEDULE:
    for (h = 0; h < HF_COST_WEEK; h++) off += menu->off[h] != 0;
    return hf_format(w,
                     "off in %d of 168 hours of the week, without demand "
                     "whenever recorded",
                     (int)off);
  case HF_COST_RIGHTSIZE:
    return hf_format(w, "%s to %s", m->c.sku[s->sku].name,
                     m->c.sku[v->sku].name);
  case HF_COST_IDLE:
    if (s->autoscaled) {
      return hf_format(w, "target utilization %.2f to %.2f", s->target,
                       v->target);
    }
    return hf_format(w, "%.0f to %.0f workers", s->workers[m->c.hours - 1],
                     v->workers);
  default:
    return hf_format(w, "%.0f%% of the workers at spot prices",
                     100 * v->spot_share);
  }
}

static int cost_put_text(hf_call *c, hf_rows *r, const char *col, size_t i,
                         const char *z) {
  if (z == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  return hf_rows_set_text(c, r, col, i, z);
}

/* The plan of the service on its row. */
static int cost_row_plan(hf_call *c, hf_rows *r, size_t i,
                         const hf_cost_made *m, size_t service) {
  const hf_cost_menu *menu = &m->menu[service];
  const hf_cost_choice *v = &menu->choice[m->plan.pick[service]];
  char on[HF_COST_WEEK + 1];
  size_t h;
  int rc = SQLITE_OK;
  if (m->name[service] != NULL) {
    rc = hf_rows_set_text(c, r, "service", i, m->name[service]);
  }
  if (m->listed) {
    if (rc == SQLITE_OK) rc = hf_rows_set_int(c, r, "choice", i, v->label);
    return rc;
  }
  if (rc == SQLITE_OK && m->c.sku[v->sku].name != NULL) {
    rc = hf_rows_set_text(c, r, "sku_id", i, m->c.sku[v->sku].name);
  }
  if (rc == SQLITE_OK) {
    rc = hf_rows_set_real(c, r, "target_utilization", i, v->target);
  }
  if (rc == SQLITE_OK) rc = hf_rows_set_real(c, r, "workers", i, v->workers);
  if (rc == SQLITE_OK) {
    rc = hf_rows_set_real(c, r, "spot_share", i, v->spot_share);
  }
  if (rc == SQLITE_OK && v->stops) {
    for (h = 0; h < HF_COST_WEEK; h++) on[h] = menu->off[h] ? '0' : '1';
    on[HF_COST_WEEK] = 0;
    rc = hf_rows_set_text(c, r, "on_hours", i, on);
  }
  return rc;
}

static int cost_row(hf_call *c, hf_rows *r, size_t i, const hf_cost_made *m,
                    const cost_line *l) {
  const cost_trait *t = &cost_traits[l->strategy];
  int rc = hf_rows_set_text(c, r, "strategy", i, t->name);
  if (rc == SQLITE_OK) rc = hf_rows_set_real(c, r, "savings", i, l->savings);
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "effort", i, t->effort);
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "risk", i, t->risk);
  if (rc == SQLITE_OK) {
    rc = hf_rows_set_int(c, r, "restart_needed", i, t->restart_needed);
  }
  if (rc == SQLITE_OK) {
    rc = hf_rows_set_int(c, r, "rollback_possible", i, t->rollback_possible);
  }
  if (rc == SQLITE_OK) {
    rc = cost_put_text(c, r, "detail", i, cost_detail(c, m, l));
  }
  if (rc == SQLITE_OK && l->service != HF_COST_NONE) {
    rc = cost_row_plan(c, r, i, m, l->service);
  }
  return rc;
}

/* 1 when every service that the SLA binds meets it in 99 % of the hours. */
static int cost_feasible(const hf_cost_made *m) {
  size_t i;
  for (i = 0; i < m->problem.services; i++) {
    if (!m->menu[i].choice[m->plan.pick[i]].meets) return 0;
  }
  return 1;
}

/* Money to the millionth, so that the JSON (15 digits) and the rows agree. */
static double cost_money(double x) {
  return fabs(x) < 1e9 ? nearbyint(x * 1e6) / 1e6 : x;
}

/* The figures of the whole, the same on every row. */
static int cost_whole(hf_call *c, hf_rows *r, const hf_cost_made *m,
                      const hf_cost_split *x) {
  const double month = HF_COST_MONTH;
  double spend = cost_money((x->spend + m->held_pays) * month);
  double cost = cost_money((x->cost + m->held_pays) * month);
  double bound = cost_money((m->plan.bound + m->held_pays) * month);
  double low = NAN;
  double high = NAN;
  int rc = hf_cost_range(&c->s.work, &m->problem, m->listed ? NULL : &m->c,
                         &m->plan, &low, &high);
  if (rc != HF_OK && rc != HF_EDATA) return hf_fail_ops(&c->s, rc);
  rc = SQLITE_OK;
  if (bound > cost) bound = cost;
  {
    const struct {
      const char *col;
      double x;
    } real[] = {{"estimated_savings", cost_money(spend - cost)},
                {"savings_low", cost_money(low * month)},
                {"savings_high", cost_money(high * month)},
                {"spend_per_month", spend},
                {"cost_per_month", cost},
                {"lower_bound_per_month", bound},
                {"optimality_gap", cost > 0 ? (cost - bound) / cost : 0},
                {"commitment_covers_per_hour", m->plan.covers},
                {"commitment_pays_per_hour",
                 m->plan.covers * (1 - m->problem.discount)}};
    size_t i;
    for (i = 0; rc == SQLITE_OK && i < sizeof(real) / sizeof(real[0]); i++) {
      rc = hf_rows_one_real(c, r, real[i].col, real[i].x);
    }
  }
  if (rc == SQLITE_OK && m->plan.covers > 0) {
    rc = hf_rows_one_text(c, r, "commitment_term", "1y");
  }
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_int(c, r, "within_budget", cost <= c->arg[0].real);
  }
  if (rc == SQLITE_OK && !m->listed) {
    rc = hf_rows_one_int(c, r, "sla_feasible", cost_feasible(m));
  }
  return rc;
}

/* Status and reason, and the rows of a plan. */
static int cost_rows(hf_call *c, hf_rows *r, const hf_cost_made *m,
                     hf_cost_rule rule) {
  hf_cost_plan_view view;
  hf_cost_split x;
  cost_line *line;
  size_t n;
  size_t i;
  int rc;
  if (strcmp(m->status, "ok") != 0) {
    rc = hf_rows_start(c, r, 1);
    if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", m->status);
    if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", m->reason);
    return rc;
  }
  view = hf_cost_made_view(m);
  rc = hf_fail_ops(&c->s, hf_cost_share(&c->s.work, &view, rule, &x));
  if (rc != SQLITE_OK) return rc;
  line = hf_work_alloc(&c->s.work, m->problem.services * HF_COST_COMMIT + 1,
                       sizeof(*line));
  if (line == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  n = cost_lines(m, &x, line);
  rc = hf_rows_start(c, r, n > 0 ? n : 1);
  if (rc == SQLITE_OK && n == 0) {
    rc = hf_rows_set_real(c, r, "savings", 0, 0);
    if (rc == SQLITE_OK) {
      rc = hf_rows_set_text(c, r, "detail", 0,
                            "nothing to save: what runs is "
                            "the cheapest that was found");
    }
  }
  for (i = 0; rc == SQLITE_OK && i < n; i++) {
    rc = cost_row(c, r, i, m, &line[i]);
  }
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", m->status);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", m->reason);
  if (rc == SQLITE_OK) rc = cost_whole(c, r, m, &x);
  return rc;
}

static int cost_next(hf_call *c, hf_rows *r) {
  cost_state *st = c->state;
  hf_cost_made m;
  int rc;
  if (st->done) return SQLITE_DONE;
  st->done = 1;
  rc = hf_cost_make(&c->s, c->s.as_of, c->arg[1].real, &st->options, &m);
  if (rc == SQLITE_OK) {
    if (isnan(c->s.as_of)) c->as_of_used = m.newest;
    rc = cost_rows(c, r, &m,
                   st->options.shapley ? HF_COST_SHAPLEY : HF_COST_WATERFALL);
  }
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

const hf_answer hf_optimize_cost_answer = {"hf_optimize_cost",
                                           cost_cols,
                                           cost_params,
                                           NULL,
                                           NULL,
                                           1,
                                           cost_begin,
                                           cost_next,
                                           cost_end,
                                           hf_sql_optimize_cost};
