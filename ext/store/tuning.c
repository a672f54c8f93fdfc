/*
** tuning.c: see tuning.h. Every statement walks an index backwards and ends at
** its LIMIT. Rows arrive newest first and are turned round.
*/
#include "tuning.h"

#include <math.h>
#include <string.h>

/* A column as a number; NaN for what is none. */
static double tuning_number(sqlite3_stmt *st, int i) {
  int type = sqlite3_column_type(st, i);
  double x;
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return NAN;
  x = sqlite3_column_double(st, i);
  return fabs(x) <= HF_VALUE_MAX ? x : NAN;
}

static void tuning_reverse(double *x, size_t n) {
  size_t i;
  for (i = 0; i + 1 < n - i; i++) {
    double t = x[i];
    x[i] = x[n - 1 - i];
    x[n - 1 - i] = t;
  }
}

/* The bound on ts for as_of. */
static double tuning_until(const hf_session *s) {
  return isnan(s->as_of) ? HF_TS_MAX : s->as_of;
}

/* Reads a statement's rows, newest first, into columns. `distinct`: rows with
** the ts of the row before are left out. */
static int tuning_columns(hf_session *s, sqlite3_stmt *st, size_t most,
                          int distinct, hf_columns *out) {
  int count = sqlite3_column_count(st), k, rc = SQLITE_DONE;
  hf_columns c;
  memset(&c, 0, sizeof(c));
  if (count < 1 || count > HF_COLUMNS_MOST) {
    return hf_fail(s, SQLITE_INTERNAL, "%d columns", count);
  }
  for (k = 0; k < count; k++) {
    c.col[k] = hf_work_reals(&s->work, most);
    if (c.col[k] == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  while (c.n < most && (rc = hf_step(s, st)) == SQLITE_ROW) {
    double ts = tuning_number(st, 0);
    if (!(fabs(ts) <= HF_TS_MAX)) continue;
    if (distinct && c.n > 0 && ts == c.col[0][c.n - 1]) continue;
    c.col[0][c.n] = ts;
    for (k = 1; k < count; k++) c.col[k][c.n] = tuning_number(st, k);
    c.n++;
  }
  if (rc != SQLITE_DONE && rc != SQLITE_ROW) return rc;
  for (k = 0; k < count; k++) tuning_reverse(c.col[k], c.n);
  *out = c;
  return SQLITE_OK;
}

/* Runs a statement with ?1 = the bound on ts and ?2 = `most`; `distinct` as
** above. Finalises it. */
static int tuning_newest(hf_session *s, sqlite3_stmt *st, size_t most,
                         int distinct, hf_columns *out) {
  int rc = sqlite3_bind_double(st, 1, tuning_until(s));
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 2, (sqlite3_int64)most);
  if (rc != SQLITE_OK) {
    rc = hf_fail_db(s, rc);
  } else {
    rc = tuning_columns(s, st, most, distinct, out);
  }
  hf_finalize(st);
  return rc;
}

int hf_read_load(hf_session *s, size_t most, hf_columns *out) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT ts, cpu_percent, active_workers, queued_tasks "
                      "FROM \"%w\".hf_resource_metrics WHERE ts <= ?1 "
                      "ORDER BY ts DESC LIMIT ?2",
                      s->schema);
  return rc == SQLITE_OK ? tuning_newest(s, st, most, 1, out) : rc;
}

int hf_read_load_spans(hf_session *s, const double *from, const double *to,
                       size_t n, size_t most, hf_columns *out) {
  sqlite3_stmt *st = NULL;
  hf_columns all;
  size_t i;
  int k, rc = SQLITE_OK;
  memset(&all, 0, sizeof(all));
  *out = all;
  if (n == 0) return SQLITE_OK;
  for (k = 0; k < 4; k++) {
    all.col[k] = hf_work_alloc(&s->work, n * most, sizeof(double));
    if (all.col[k] == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  rc = hf_prepare(s, &st,
                  "SELECT ts, cpu_percent, active_workers, queued_tasks "
                  "FROM \"%w\".hf_resource_metrics WHERE ts >= ?1 AND ts < ?2 "
                  "AND ts <= ?3 ORDER BY ts LIMIT ?4",
                  s->schema);
  for (i = 0; rc == SQLITE_OK && i < n; i++) {
    rc = sqlite3_bind_double(st, 1, from[i]);
    if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 2, to[i]);
    if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 3, tuning_until(s));
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 4, (sqlite3_int64)most);
    if (rc != SQLITE_OK) {
      hf_fail_db(s, rc);
      break;
    }
    while (all.n < n * most && (rc = hf_step(s, st)) == SQLITE_ROW) {
      for (k = 0; k < 4; k++) all.col[k][all.n] = tuning_number(st, k);
      all.n += fabs(all.col[0][all.n]) <= HF_TS_MAX;
    }
    sqlite3_reset(st);
    if (rc == SQLITE_DONE || rc == SQLITE_ROW) rc = SQLITE_OK;
  }
  hf_finalize(st);
  if (rc == SQLITE_OK) *out = all;
  return rc;
}

int hf_read_memory(hf_session *s, size_t most, hf_columns *out) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT ts, total_mb, used_mb, cache_mb, buffer_mb "
                      "FROM \"%w\".hf_memory_stats WHERE ts <= ?1 "
                      "ORDER BY ts DESC LIMIT ?2",
                      s->schema);
  return rc == SQLITE_OK ? tuning_newest(s, st, most, 1, out) : rc;
}

int hf_read_cache(hf_session *s, const char *pool, size_t most,
                  hf_columns *out) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st,
      "SELECT ts, size_mb, hits, misses, miss_cost_ms, coalesce(item_mb, 1) "
      "FROM \"%w\".hf_cache_stats WHERE pool = %Q AND ts <= ?1 "
      "ORDER BY ts DESC LIMIT ?2",
      s->schema, pool);
  return rc == SQLITE_OK ? tuning_newest(s, st, most, 1, out) : rc;
}

int hf_read_jobs(hf_session *s, size_t most, hf_columns *out) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT ts, memory_peak_mb FROM (SELECT ts, "
                      "memory_peak_mb FROM \"%w\".hf_query_history "
                      "WHERE ts <= ?1 ORDER BY ts DESC LIMIT ?2) "
                      "WHERE memory_peak_mb > 0 ORDER BY ts DESC",
                      s->schema);
  return rc == SQLITE_OK ? tuning_newest(s, st, most, 0, out) : rc;
}

/* ---- hashes: FNV-1a (G. Fowler, L. Noll, K. Vo); 0 is kept for NULL */

static uint64_t tuning_hash(uint64_t h, const void *data, size_t n) {
  const unsigned char *p = data;
  size_t i;
  h ^= UINT64_C(14695981039346656037);
  for (i = 0; i < n; i++) {
    h ^= p[i];
    h *= UINT64_C(1099511628211);
  }
  return h != 0 ? h : 1;
}

uint64_t hf_query_key(const char *query) {
  return tuning_hash(0, query, strlen(query));
}

uint64_t hf_param_key(uint64_t query, sqlite3_int64 param) {
  return tuning_hash(query, &param, sizeof(param));
}

/* A column's value as a key, whatever its storage class. */
static uint64_t tuning_key(sqlite3_stmt *st, int i, uint64_t seed) {
  sqlite3_int64 whole;
  double real;
  const void *p;
  switch (sqlite3_column_type(st, i)) {
  case SQLITE_NULL:
    return 0;
  case SQLITE_INTEGER:
    whole = sqlite3_column_int64(st, i);
    return tuning_hash(seed, &whole, sizeof(whole));
  case SQLITE_FLOAT:
    real = sqlite3_column_double(st, i);
    return tuning_hash(seed + 1, &real, sizeof(real));
  default:
    p = sqlite3_column_blob(st, i);
    return tuning_hash(seed, p,
                       p != NULL ? (size_t)sqlite3_column_bytes(st, i) : 0);
  }
}

/* ---- references */

/* Number of the newest access at as_of: what came after it is taken off the
** newest there is. *last is NaN when there is none. */
static int tuning_last_access(hf_session *s, const char *pool, double *last) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st,
      "SELECT (SELECT seq FROM \"%w\".hf_cache_accesses WHERE pool = %Q "
      "ORDER BY seq DESC LIMIT 1) - (SELECT coalesce(total(hits), 0) + "
      "coalesce(total(misses), 0) FROM \"%w\".hf_cache_stats "
      "WHERE pool = %Q AND ts > ?1)",
      s->schema, pool, s->schema, pool);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_double(st, 1, tuning_until(s));
    rc = rc == SQLITE_OK ? hf_step(s, st) : hf_fail_db(s, rc);
  }
  if (rc == SQLITE_ROW) {
    *last = tuning_number(st, 0);
    rc = SQLITE_OK;
  }
  hf_finalize(st);
  return rc;
}

int hf_read_accesses(hf_session *s, const char *pool, size_t most,
                     hf_accesses *out) {
  sqlite3_stmt *st = NULL;
  double last = NAN;
  size_t i;
  int rc = tuning_last_access(s, pool, &last);
  memset(out, 0, sizeof(*out));
  if (rc != SQLITE_OK || isnan(last)) return rc;
  out->item = hf_work_alloc(&s->work, most, sizeof(uint64_t));
  out->seq = hf_work_reals(&s->work, most);
  if (out->item == NULL || out->seq == NULL) {
    return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  rc = hf_prepare(s, &st,
                  "SELECT seq, item FROM \"%w\".hf_cache_accesses "
                  "WHERE pool = %Q AND seq <= ?1 AND item IS NOT NULL "
                  "ORDER BY seq DESC LIMIT ?2",
                  s->schema, pool);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, last);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 2, (sqlite3_int64)most);
  rc = rc == SQLITE_OK ? SQLITE_ROW : hf_fail_db(s, rc);
  while (rc == SQLITE_ROW && out->n < most) {
    rc = hf_step(s, st);
    if (rc != SQLITE_ROW) break;
    out->seq[out->n] = tuning_number(st, 0);
    out->item[out->n] = tuning_key(st, 1, 0);
    out->n += isnan(out->seq[out->n]) ? 0 : 1;
  }
  hf_finalize(st);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
  tuning_reverse(out->seq, out->n);
  for (i = 0; i + 1 < out->n - i; i++) {
    uint64_t t = out->item[i];
    out->item[i] = out->item[out->n - 1 - i];
    out->item[out->n - 1 - i] = t;
  }
  return SQLITE_OK;
}

/* ---- runs of queries */

static int tuning_runs_room(hf_session *s, size_t n, hf_query_rows *r) {
  memset(r, 0, sizeof(*r));
  r->query = hf_work_alloc(&s->work, n, sizeof(uint64_t));
  r->param = hf_work_alloc(&s->work, n, sizeof(uint64_t));
  r->plan = hf_work_alloc(&s->work, n, sizeof(uint64_t));
  r->ts = hf_work_reals(&s->work, n);
  r->rows = hf_work_reals(&s->work, n);
  r->bytes = hf_work_reals(&s->work, n);
  r->ms = hf_work_reals(&s->work, n);
  r->workers = hf_work_reals(&s->work, n);
  r->peak = hf_work_reals(&s->work, n);
  r->scan = hf_work_reals(&s->work, n);
  r->built = hf_work_reals(&s->work, n);
  r->sorts = hf_work_reals(&s->work, n);
  r->load = hf_work_reals(&s->work, n);
  if (r->query == NULL || r->param == NULL || r->plan == NULL ||
      r->ts == NULL || r->rows == NULL || r->bytes == NULL || r->ms == NULL ||
      r->workers == NULL || r->peak == NULL || r->scan == NULL ||
      r->built == NULL || r->sorts == NULL || r->load == NULL) {
    return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  return SQLITE_OK;
}

static void tuning_run(sqlite3_stmt *st, hf_query_rows *r) {
  size_t i = r->n;
  double ts = tuning_number(st, 1), ms = tuning_number(st, 4);
  double rows = tuning_number(st, 2), bytes = tuning_number(st, 3);
  if (!(fabs(ts) <= HF_TS_MAX) || !(ms >= 0)) return;
  r->query[i] = tuning_key(st, 0, 0);
  r->param[i] = tuning_key(st, 5, r->query[i]);
  r->plan[i] = tuning_key(st, 6, 0);
  r->ts[i] = ts;
  r->rows[i] = rows > 0 ? rows : 0;
  r->bytes[i] = bytes > 0 ? bytes : 0;
  r->ms[i] = ms;
  r->workers[i] = tuning_number(st, 7);
  r->peak[i] = tuning_number(st, 8);
  r->scan[i] = tuning_number(st, 9);
  r->built[i] = tuning_number(st, 10);
  r->sorts[i] = tuning_number(st, 11);
  r->load[i] = tuning_number(st, 12);
  r->n++;
}

int hf_read_queries(hf_session *s, const char *query, size_t all, size_t same,
                    hf_query_rows *out) {
  sqlite3_stmt *st = NULL;
  int rc = tuning_runs_room(s, all + same, out);
  if (rc != SQLITE_OK) return rc;
  /* the first part walks the index on ts, the second the one on query_id;
   * UNION drops what both found, rowid keeps equal rows apart */
  rc = hf_prepare(
      s, &st,
      "SELECT query_id, ts, rows, bytes_scanned, execution_time_ms, "
      "param_hash, plan_hash, workers, memory_peak_mb, full_scan_steps, "
      "auto_index_rows, sorts, CASE query_id WHEN ?4 THEN ("
      "SELECT cpu_percent FROM \"%w\".hf_resource_metrics AS m "
      "WHERE m.ts <= h.ts AND m.ts > h.ts - 600 ORDER BY m.ts DESC LIMIT 1) "
      "END "
      "FROM \"%w\".hf_query_history AS h WHERE rowid IN ("
      "SELECT id FROM (SELECT rowid AS id FROM \"%w\".hf_query_history "
      "WHERE ts <= ?1 ORDER BY ts DESC, rowid DESC LIMIT ?2) UNION "
      "SELECT id FROM (SELECT rowid AS id FROM \"%w\".hf_query_history "
      "WHERE query_id = ?4 AND ts <= ?1 "
      "ORDER BY ts DESC, rowid DESC LIMIT ?3)) ORDER BY ts, rowid",
      s->schema, s->schema, s->schema, s->schema);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, tuning_until(s));
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 2, (sqlite3_int64)all);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 3, (sqlite3_int64)same);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 4, query, -1, SQLITE_STATIC);
  }
  rc = rc == SQLITE_OK ? SQLITE_ROW : hf_fail_db(s, rc);
  while (rc == SQLITE_ROW && out->n < all + same) {
    rc = hf_step(s, st);
    if (rc == SQLITE_ROW) tuning_run(st, out);
  }
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}
