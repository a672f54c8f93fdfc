/*
** cost.c: services, their hours, prices and held commitments into arrays.
**
** Each service is read by a seek on its key, so that time does not depend on
** how long the history is: hf_service_load is keyed (service, ts). Several rows
** within an hour become one: demand, workers and utilization averaged, the
** busiest and the slowest kept.
*/
#include "cost.h"

#include <math.h>
#include <string.h>

enum { COST_CELLS = 5, COST_ROOM = 16 };

/* Column i as a number, NaN for NULL. */
static double cost_real(sqlite3_stmt *st, int i) {
  if (sqlite3_column_type(st, i) == SQLITE_NULL) return NAN;
  return sqlite3_column_double(st, i);
}

/* Column i as a text in s->hold, "" for NULL; NULL: out of memory, recorded. */
static const char *cost_text(hf_session *s, sqlite3_stmt *st, int i) {
  const char *text = (const char *)sqlite3_column_text(st, i);
  char *copy;
  if (text == NULL && sqlite3_column_type(st, i) == SQLITE_NULL) text = "";
  copy = text != NULL ? hf_strdup(&s->hold, text) : NULL;
  if (copy == NULL) hf_fail_ops(s, HF_ENOMEM);
  return copy;
}

/* Makes room for one more of *n items of `size` bytes. */
static int cost_grow(hf_session *s, void **items, size_t n, size_t size) {
  void *more;
  if (n < COST_ROOM ? n != 0 : (n & (n - 1)) != 0) return SQLITE_OK;
  more = hf_work_alloc(&s->hold, n < COST_ROOM ? COST_ROOM : 2 * n, size);
  if (more == NULL) return hf_fail_ops(s, HF_ENOMEM);
  if (n > 0) memcpy(more, *items, n * size);
  *items = more;
  return SQLITE_OK;
}

static int cost_services(hf_session *s, hf_cost_history *h) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st,
      "SELECT service, kind, sku_id, region_id, autoscaled, "
      "target_utilization, min_workers, can_stop, can_resize, "
      "spot_share_max, sla_ms FROM \"%w\".hf_services ORDER BY service",
      s->schema);
  if (rc != SQLITE_OK) return rc;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    hf_cost_row *r;
    void *list = h->row;
    rc = cost_grow(s, &list, h->rows, sizeof(*r));
    if (rc != SQLITE_OK) break;
    h->row = list;
    r = &h->row[h->rows++];
    memset(r, 0, sizeof(*r));
    r->service = cost_text(s, st, 0);
    r->kind = cost_text(s, st, 1);
    r->sku_id = cost_text(s, st, 2);
    r->region_id = cost_text(s, st, 3);
    if (r->service == NULL || r->kind == NULL || r->sku_id == NULL ||
        r->region_id == NULL) {
      rc = s->rc;
      break;
    }
    r->autoscaled = sqlite3_column_int(st, 4);
    r->target = cost_real(st, 5);
    r->min_workers = sqlite3_column_double(st, 6);
    r->can_stop = sqlite3_column_int(st, 7);
    r->can_resize = sqlite3_column_int(st, 8);
    r->spot_share_max = sqlite3_column_double(st, 9);
    r->sla_ms = cost_real(st, 10);
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One number by service and time: the newest or the oldest ts. */
static int cost_edge(hf_session *s, sqlite3_stmt *st, const char *service,
                     double ts, double *out) {
  int rc = sqlite3_reset(st);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 1, service, -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 2, ts);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  rc = hf_step(s, st);
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
  *out = cost_real(st, 0);
  return SQLITE_OK;
}

/* Sets start, hours and newest. */
static int cost_window(hf_session *s, double from, double to,
                       hf_cost_history *h) {
  sqlite3_stmt *st = NULL;
  double last = isnan(to) ? HF_TS_MAX : to;
  double end;
  double first = INFINITY;
  size_t i;
  int rc;
  h->span.newest = NAN;
  rc = hf_prepare(s, &st,
                  "SELECT max(ts) FROM \"%w\".hf_service_load "
                  "WHERE service = ?1 AND ts <= ?2",
                  s->schema);
  for (i = 0; rc == SQLITE_OK && i < h->rows; i++) {
    double ts = NAN;
    rc = cost_edge(s, st, h->row[i].service, last, &ts);
    if (rc == SQLITE_OK &&
        ts > (isnan(h->span.newest) ? -INFINITY : h->span.newest)) {
      h->span.newest = ts;
    }
  }
  hf_finalize(st);
  if (rc != SQLITE_OK || isnan(h->span.newest)) return rc;
  end = 3600 * (floor(h->span.newest / 3600) + 1);
  if (isnan(from)) from = end - HF_COST_DAYS * 86400.0;
  from = 3600 * floor(from / 3600);
  st = NULL;
  rc = hf_prepare(s, &st,
                  "SELECT min(ts) FROM \"%w\".hf_service_load "
                  "WHERE service = ?1 AND ts >= ?2",
                  s->schema);
  for (i = 0; rc == SQLITE_OK && i < h->rows; i++) {
    double ts = NAN;
    rc = cost_edge(s, st, h->row[i].service, from, &ts);
    h->row[i].first = ts;
    if (rc == SQLITE_OK && ts < first) first = ts;
  }
  hf_finalize(st);
  if (rc != SQLITE_OK) return rc;
  h->span.start = 3600 * floor(first / 3600);
  if (h->span.start < end)
    h->span.hours = (size_t)((end - h->span.start) / 3600);
  return SQLITE_OK;
}

/* Puts the current row of `st` (ts, then the cells) into hour t; `count` rows
** were there before. */
static void cost_cell(hf_cost_row *r, sqlite3_stmt *st, size_t t,
                      double count) {
  int k;
  for (k = 0; k < COST_CELLS; k++) {
    double x = cost_real(st, k + 1);
    double *cell = &r->cell[k][t];
    if (isnan(x)) continue;
    if (isnan(*cell)) {
      *cell = x;
    } else if (k == 1 || k == 4) {
      if (x > *cell) *cell = x;
    } else {
      *cell += (x - *cell) / (count + 1);
    }
  }
}

static int cost_load_of(hf_session *s, sqlite3_stmt *st, double last,
                        hf_cost_history *h, hf_cost_row *r) {
  size_t before = (size_t)-1;
  double count = 0;
  size_t t;
  int k, rc;
  for (k = 0; k < COST_CELLS; k++) {
    r->cell[k] = hf_work_reals(&s->hold, h->span.hours);
    if (r->cell[k] == NULL) return hf_fail_ops(s, HF_ENOMEM);
    for (t = 0; t < h->span.hours; t++) r->cell[k][t] = NAN;
  }
  rc = sqlite3_reset(st);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 1, r->service, -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 2, h->span.start);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 3, last);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    double x = (sqlite3_column_double(st, 0) - h->span.start) / 3600;
    if (!(x >= 0 && x < (double)h->span.hours)) continue;
    t = (size_t)x;
    if (t != before) {
      r->rows++;
      count = 0;
    }
    before = t;
    cost_cell(r, st, t, count);
    count++;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int cost_load(hf_session *s, double to, hf_cost_history *h) {
  sqlite3_stmt *st = NULL;
  size_t i;
  int rc = hf_prepare(s, &st,
                      "SELECT ts, demand_mean, demand_max, workers, "
                      "utilization, p95_ms FROM \"%w\".hf_service_load "
                      "WHERE service = ?1 AND ts >= ?2 AND ts <= ?3 "
                      "ORDER BY ts",
                      s->schema);
  for (i = 0; rc == SQLITE_OK && i < h->rows; i++) {
    rc = cost_load_of(s, st, isnan(to) ? HF_TS_MAX : to, h, &h->row[i]);
  }
  hf_finalize(st);
  return rc;
}

/* Rows of one price line, oldest first, become its past. */
static int cost_price_past(hf_session *s, hf_cost_price *p, double ts) {
  void *a = p->past_ts;
  void *b = p->past_spot;
  int rc = cost_grow(s, &a, p->past, sizeof(double));
  if (rc == SQLITE_OK) rc = cost_grow(s, &b, p->past, sizeof(double));
  if (rc != SQLITE_OK) return rc;
  p->past_ts = a;
  p->past_spot = b;
  p->past_ts[p->past] = ts;
  p->past_spot[p->past++] = p->spot;
  return SQLITE_OK;
}

/* The line of the current row: the newest one, or one more; NULL: failed. */
static hf_cost_price *cost_price_line(hf_session *s, hf_cost_history *h,
                                      sqlite3_stmt *st) {
  const char *sku = cost_text(s, st, 0);
  const char *region = cost_text(s, st, 1);
  hf_cost_price *p;
  void *list = h->price;
  if (sku == NULL || region == NULL) return NULL;
  if (h->prices > 0) {
    p = &h->price[h->prices - 1];
    if (strcmp(p->sku_id, sku) == 0 && strcmp(p->region_id, region) == 0) {
      return p;
    }
  }
  if (cost_grow(s, &list, h->prices, sizeof(*p)) != SQLITE_OK) return NULL;
  h->price = list;
  p = &h->price[h->prices++];
  memset(p, 0, sizeof(*p));
  p->sku_id = sku;
  p->region_id = region;
  return p;
}

static int cost_prices(hf_session *s, hf_cost_history *h) {
  sqlite3_stmt *st = NULL;
  int rc =
      hf_prepare(s, &st,
                 "SELECT sku_id, region_id, ts, vcpu, memory_gb, speed, "
                 "on_demand_per_hour, spot_per_hour, commit_1y_per_hour, "
                 "interruptions_per_month FROM \"%w\".hf_prices WHERE ts <= ?1 "
                 "ORDER BY sku_id, region_id, ts",
                 s->schema);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, h->span.newest);
  if (rc != SQLITE_OK) {
    rc = hf_fail_db(s, rc);
    goto done;
  }
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    hf_cost_price *p = cost_price_line(s, h, st);
    if (p == NULL) {
      rc = s->rc;
      goto done;
    }
    p->vcpu = sqlite3_column_double(st, 3);
    p->memory_gb = cost_real(st, 4);
    p->speed = sqlite3_column_double(st, 5);
    p->on_demand = sqlite3_column_double(st, 6);
    p->spot = cost_real(st, 7);
    p->commit_1y = cost_real(st, 8);
    p->interruptions = cost_real(st, 9);
    rc = cost_price_past(s, p, sqlite3_column_double(st, 2));
    if (rc != SQLITE_OK) goto done;
  }
done:
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Held commitments ------------------------------------------------------ */

/* One commitment while its rows are read. */
typedef struct cost_held {
  const char *id;
  double *list; /* [hours] on-demand value of Used rows */
  double *left; /* [hours] EffectiveCost of Unused rows */
  double *pays; /* [hours] EffectiveCost of both */
  double used_list, used_cost;
  double until; /* newest ChargePeriodEnd */
} cost_held;

void hf_cost_spread(double *cell, const hf_cost_span *h, double start,
                    double end, double amount) {
  double lo = (start - h->start) / 3600;
  double hi = (end - h->start) / 3600;
  double n = hi - lo;
  double t;
  if (n <= 0) { /* a moment: its hour */
    lo = floor(lo);
    hi = lo + 1;
    n = 1;
  }
  for (t = lo > 0 ? floor(lo) : 0; t < hi && t < (double)h->hours; t++) {
    double from = t > lo ? t : lo;
    double to = t + 1 < hi ? t + 1 : hi;
    cell[(size_t)t] += amount * (to - from) / n;
  }
}

/* Adds a commitment to what is held, unless it has ended: the hours that its
** rows do not show are taken at its mean. */
static void cost_hold(const cost_held *c, const hf_cost_span *h,
                      hf_cost_held *out) {
  double ratio = c->used_cost > 0 ? c->used_list / c->used_cost : 1;
  double end = h->start + 3600.0 * (double)h->hours;
  double mean = 0;
  double pays = 0;
  size_t n = 0;
  size_t t;
  if (c->until < end - 3 * 86400.0) return;
  for (t = 0; t < h->hours; t++) {
    if (c->pays[t] == 0) continue;
    n++;
    mean += c->list[t] + c->left[t] * ratio;
    pays += c->pays[t];
  }
  if (n == 0) return;
  for (t = 0; t < h->hours; t++) {
    out->covers[t] +=
        c->pays[t] == 0 ? mean / (double)n : c->list[t] + c->left[t] * ratio;
  }
  out->pays += pays / (double)n;
}

/* Begins the commitment called id; the first time with fresh room. */
static int cost_held_begin(hf_session *s, const hf_cost_span *h, const char *id,
                           cost_held *c, hf_cost_held *out) {
  size_t bytes = h->hours * sizeof(double);
  if (c->list == NULL || c->left == NULL || c->pays == NULL) {
    c->list = hf_work_reals(&s->work, h->hours);
    c->left = hf_work_reals(&s->work, h->hours);
    c->pays = hf_work_reals(&s->work, h->hours);
    out->covers = hf_work_zeroed(&s->hold, h->hours, sizeof(double));
    if (c->list == NULL || c->left == NULL || c->pays == NULL ||
        out->covers == NULL) {
      return hf_fail_ops(s, HF_ENOMEM);
    }
  }
  memset(c->list, 0, bytes);
  memset(c->left, 0, bytes);
  memset(c->pays, 0, bytes);
  c->used_list = 0;
  c->used_cost = 0;
  c->until = -INFINITY;
  c->id = hf_strdup(&s->work, id);
  return c->id != NULL ? SQLITE_OK : hf_fail_ops(s, HF_ENOMEM);
}

/* One row: id, start, end, used, list, effective. */
static void cost_held_row(sqlite3_stmt *st, const hf_cost_span *h,
                          cost_held *c) {
  double start = sqlite3_column_double(st, 1);
  double end = sqlite3_column_double(st, 2);
  double list = sqlite3_column_double(st, 4);
  double cost = sqlite3_column_double(st, 5);
  if (end > c->until) c->until = end;
  hf_cost_spread(c->pays, h, start, end, cost);
  if (sqlite3_column_int(st, 3)) {
    hf_cost_spread(c->list, h, start, end, list);
    c->used_list += list;
    c->used_cost += cost;
  } else {
    hf_cost_spread(c->left, h, start, end, cost);
  }
}

int hf_cost_held_read(hf_session *s, const hf_cost_span *h, hf_cost_held *out) {
  sqlite3_stmt *st = NULL;
  cost_held c;
  int rc = hf_prepare(
      s, &st,
      "SELECT CommitmentDiscountId, ChargePeriodStart, ChargePeriodEnd, "
      "CommitmentDiscountStatus IS NOT 'Unused', "
      "total(coalesce(ListCost, EffectiveCost)), total(EffectiveCost) "
      "FROM \"%w\".hf_costs WHERE CommitmentDiscountId IS NOT NULL "
      "AND ChargeCategory = 'Usage' AND ChargePeriodStart <= ?1 "
      "AND ChargePeriodEnd > ?2 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4",
      s->schema);
  memset(&c, 0, sizeof(c));
  memset(out, 0, sizeof(*out));
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, h->newest);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 2, h->start);
  if (rc != SQLITE_OK) {
    rc = hf_fail_db(s, rc);
    goto done;
  }
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *id = (const char *)sqlite3_column_text(st, 0);
    if (id == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
      goto done;
    }
    if (c.id == NULL || strcmp(c.id, id) != 0) {
      if (c.id != NULL) cost_hold(&c, h, out);
      rc = cost_held_begin(s, h, id, &c, out);
      if (rc != SQLITE_OK) goto done;
    }
    cost_held_row(st, h, &c);
  }
  if (rc == SQLITE_DONE && c.id != NULL) cost_hold(&c, h, out);
done:
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_cost_history_read(hf_session *s, double from, double to,
                         hf_cost_history *out) {
  int rc;
  memset(out, 0, sizeof(*out));
  out->span.newest = NAN;
  rc = cost_services(s, out);
  if (rc == SQLITE_OK) rc = cost_window(s, from, to, out);
  if (rc != SQLITE_OK || out->span.hours == 0) return rc;
  rc = cost_load(s, to, out);
  if (rc == SQLITE_OK) rc = cost_prices(s, out);
  if (rc == SQLITE_OK) rc = hf_cost_held_read(s, &out->span, &out->held);
  return rc;
}
