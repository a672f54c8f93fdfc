/*
** cost_plain.c: what a history without a price list shows of cost: workers and
** their busy share from hf_resource_metrics, response times from
** hf_health_metrics, and money from hf_costs. The price of a worker is what was
** charged at list prices, divided by the workers that ran; the price of spot
** and of a commitment is what such charges show against their list value.
*/
#include <math.h>
#include <string.h>

#include "cost.h"

enum { PLAIN_DAY = 24 };

/* Sums of hf_costs by the hour of its charge periods. */
typedef struct plain_bill {
  double *list;                     /* [hours] list value of all usage */
  double *spot_list;                /* [hours] of what ran at spot */
  double spot_paid, spot_value;     /* over all */
  double commit_paid, commit_value; /* over all */
} plain_bill;

static int plain_bind(hf_session *s, sqlite3_stmt *st, double a, double b) {
  int rc = sqlite3_bind_double(st, 1, a);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 2, b);
  return rc == SQLITE_OK ? SQLITE_OK : hf_fail_db(s, rc);
}

/* The newest HF_COST_DAYS days of hf_resource_metrics. */
static int plain_window(hf_session *s, double to, hf_cost_span *h) {
  sqlite3_stmt *st = NULL;
  double end;
  int rc = hf_prepare(s, &st,
                      "SELECT max(ts), (SELECT min(ts) "
                      "FROM \"%w\".hf_resource_metrics) "
                      "FROM \"%w\".hf_resource_metrics WHERE ts <= ?1",
                      s->schema, s->schema);
  if (rc != SQLITE_OK) goto done;
  rc = sqlite3_bind_double(st, 1, to);
  if (rc != SQLITE_OK) {
    rc = hf_fail_db(s, rc);
    goto done;
  }
  rc = hf_step(s, st);
  if (rc != SQLITE_ROW || sqlite3_column_type(st, 0) == SQLITE_NULL) goto done;
  h->newest = sqlite3_column_double(st, 0);
  end = 3600 * (floor(h->newest / 3600) + 1);
  h->start = 3600 * floor(sqlite3_column_double(st, 1) / 3600);
  if (h->start < end - HF_COST_DAYS * 86400.0) {
    h->start = end - HF_COST_DAYS * 86400.0;
  }
  h->hours = (size_t)((end - h->start) / 3600);
done:
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static double *plain_room(hf_session *s, hf_work *w, size_t n, double x) {
  double *a = hf_work_reals(w, n);
  size_t t;
  if (a == NULL) {
    hf_fail_ops(s, HF_ENOMEM);
    return NULL;
  }
  for (t = 0; t < n; t++) a[t] = x;
  return a;
}

static int plain_workers(hf_session *s, hf_cost_plain *p) {
  const hf_cost_span *h = &p->span;
  sqlite3_stmt *st = NULL;
  double *count = plain_room(s, &s->work, h->hours, 0);
  size_t t;
  int rc;
  if (count == NULL) return s->rc;
  rc = hf_prepare(s, &st,
                  "SELECT ts, active_workers, cpu_percent "
                  "FROM \"%w\".hf_resource_metrics WHERE ts BETWEEN ?1 AND ?2 "
                  "AND active_workers IS NOT NULL AND cpu_percent IS NOT NULL "
                  "ORDER BY ts",
                  s->schema);
  if (rc == SQLITE_OK) rc = plain_bind(s, st, h->start, h->newest);
  if (rc != SQLITE_OK) goto done;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    double workers = sqlite3_column_double(st, 1);
    double busy = workers * sqlite3_column_double(st, 2) / 100;
    t = (size_t)((sqlite3_column_double(st, 0) - h->start) / 3600);
    if (count[t] == 0) {
      p->workers[t] = 0;
      p->busy[t] = 0;
      p->busy_max[t] = busy;
      p->rows++;
    }
    count[t]++;
    p->workers[t] += (workers - p->workers[t]) / count[t];
    p->busy[t] += (busy - p->busy[t]) / count[t];
    if (busy > p->busy_max[t]) p->busy_max[t] = busy;
  }
done:
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int plain_latency(hf_session *s, hf_cost_plain *p) {
  const hf_cost_span *h = &p->span;
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st,
      "WITH RECURSIVE c(x) AS (SELECT min(component) "
      "FROM \"%w\".hf_health_metrics UNION ALL SELECT (SELECT min(component) "
      "FROM \"%w\".hf_health_metrics WHERE component > x) FROM c "
      "WHERE x IS NOT NULL) SELECT m.ts, m.response_time_ms FROM c "
      "CROSS JOIN \"%w\".hf_health_metrics AS m ON m.component = c.x "
      "AND m.ts BETWEEN ?1 AND ?2 WHERE m.response_time_ms > 0",
      s->schema, s->schema, s->schema);
  if (rc == SQLITE_OK) rc = plain_bind(s, st, h->start, h->newest);
  if (rc != SQLITE_OK) goto done;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    double ms = sqlite3_column_double(st, 1);
    size_t t = (size_t)((sqlite3_column_double(st, 0) - h->start) / 3600);
    if (!(p->p95[t] >= ms)) p->p95[t] = ms;
  }
done:
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One row: start, end, list value, paid, pricing category, whether the list
** value was given. */
static void plain_charge(sqlite3_stmt *st, const hf_cost_span *h,
                         plain_bill *b) {
  double start = sqlite3_column_double(st, 0);
  double end = sqlite3_column_double(st, 1);
  double list = sqlite3_column_double(st, 2);
  double paid = sqlite3_column_double(st, 3);
  int category = sqlite3_column_int(st, 4);
  hf_cost_spread(b->list, h, start, end, list);
  if (category == 1) {
    hf_cost_spread(b->spot_list, h, start, end, list);
    b->spot_paid += paid;
    b->spot_value += list;
  } else if (category == 2) {
    b->commit_paid += paid;
    b->commit_value += list;
  }
}

/* Charges as list values by the hour. */
static int plain_costs(hf_session *s, const hf_cost_span *h, plain_bill *b) {
  sqlite3_stmt *st = NULL;
  int rc;
  memset(b, 0, sizeof(*b));
  b->list = plain_room(s, &s->work, h->hours, 0);
  b->spot_list = plain_room(s, &s->work, h->hours, 0);
  if (b->list == NULL || b->spot_list == NULL) return s->rc;
  rc = hf_prepare(
      s, &st,
      "SELECT ChargePeriodStart, ChargePeriodEnd, "
      "coalesce(ListCost, EffectiveCost), EffectiveCost, "
      "CASE WHEN ListCost > 0 AND PricingCategory = 'Dynamic' THEN 1 "
      "WHEN ListCost > 0 AND CommitmentDiscountStatus = 'Used' THEN 2 "
      "ELSE 0 END, BillingCurrency IS NOT min(BillingCurrency) OVER () "
      "FROM \"%w\".hf_costs WHERE ChargeCategory = 'Usage' "
      "AND CommitmentDiscountStatus IS NOT 'Unused' "
      "AND ChargePeriodStart <= ?2 AND ChargePeriodEnd > ?1",
      s->schema);
  if (rc == SQLITE_OK) rc = plain_bind(s, st, h->start, h->newest);
  if (rc != SQLITE_OK) goto done;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    if (sqlite3_column_int(st, 5)) {
      rc = hf_fail(s, SQLITE_ERROR,
                   "hf_costs mixes currencies; keep the rows of one "
                   "BillingCurrency");
      goto done;
    }
    plain_charge(st, h, b);
  }
done:
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Prices per worker from what was charged in hours with workers. */
static void plain_prices(hf_cost_plain *p, const plain_bill *b) {
  double money = 0;
  double spot = 0;
  double workers = 0;
  size_t t;
  for (t = 0; t < p->span.hours; t++) {
    if (b->list[t] == 0 || isnan(p->workers[t])) continue;
    money += b->list[t];
    spot += b->spot_list[t];
    workers += p->workers[t];
  }
  p->worker_hour = money > 0 && workers > 0 ? money / workers : NAN;
  p->spot_share = money > 0 && spot > 0 ? spot / money : 0;
  p->spot_most = p->spot_share;
  for (t = 0; t + PLAIN_DAY <= p->span.hours; t += PLAIN_DAY) {
    double day = 0;
    double part = 0;
    size_t k;
    for (k = t; k < t + PLAIN_DAY; k++) {
      day += b->list[k];
      part += b->spot_list[k];
    }
    if (day > 0 && part / day > p->spot_most) p->spot_most = part / day;
  }
  if (p->spot_most > 1) p->spot_most = 1;
  p->spot_price = b->spot_value > 0 ? b->spot_paid / b->spot_value : NAN;
  p->commit_price =
      b->commit_value > 0 ? b->commit_paid / b->commit_value : NAN;
}

int hf_cost_plain_read(hf_session *s, double to, hf_cost_plain *out) {
  plain_bill b;
  size_t n;
  int rc;
  memset(out, 0, sizeof(*out));
  out->span.newest = NAN;
  out->worker_hour = NAN;
  rc = plain_window(s, isnan(to) ? HF_TS_MAX : to, &out->span);
  if (rc != SQLITE_OK || out->span.hours == 0) return rc;
  n = out->span.hours;
  out->workers = plain_room(s, &s->hold, n, NAN);
  out->busy = plain_room(s, &s->hold, n, NAN);
  out->busy_max = plain_room(s, &s->hold, n, NAN);
  out->p95 = plain_room(s, &s->hold, n, NAN);
  if (out->workers == NULL || out->busy == NULL || out->busy_max == NULL ||
      out->p95 == NULL) {
    return s->rc;
  }
  rc = plain_workers(s, out);
  if (rc == SQLITE_OK) rc = plain_latency(s, out);
  if (rc == SQLITE_OK) rc = plain_costs(s, &out->span, &b);
  if (rc != SQLITE_OK || b.list == NULL) return rc;
  plain_prices(out, &b);
  return hf_cost_held_read(s, &out->span, &out->held);
}
