/*
** applied.c: see applied.h.
**
** PRAGMA cache_size acts on this connection alone and is nowhere stored; it may
** be set while statements run. A smaller one frees pages, one by one among
** others: the C library keeps them for the process (measured with glibc: of
** 87 MB freed none went back) until it is told to hand them on. hf_applied is a
** plain table, anybody may have written into it: a row is believed only as far
** as its values are ones that a cache could have.
*/
#include "applied.h"

#include <math.h>
#include <string.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

const char *const hf_applied_word[HF_APPLIED_STATES] = {
    "watched", "kept",       "taken back", "given back",
    "adopted", "overridden", "replaced",   "undone"};

static double applied_number(sqlite3_stmt *st, int i) {
  int type = sqlite3_column_type(st, i);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return NAN;
  return sqlite3_column_double(st, i);
}

/* A size of a cache: 1 when it is one. */
static int applied_size(sqlite3_stmt *st, int i, sqlite3_int64 *out) {
  double x = applied_number(st, i);
  if (!(fabs(x) >= 1 && fabs(x) <= HF_CACHE_SIZE_MOST) || x != floor(x)) {
    return 0;
  }
  *out = (sqlite3_int64)x;
  return 1;
}

static int applied_state(const char *word, hf_applied_state *out) {
  int k;
  for (k = 0; k < HF_APPLIED_STATES; k++) {
    if (strcmp(word, hf_applied_word[k]) == 0) {
      *out = (hf_applied_state)k;
      return 1;
    }
  }
  return 0;
}

/* Reads a row: 1 when it is one of ours. *rc becomes an error when memory runs
** out. */
static int applied_row(hf_session *s, sqlite3_stmt *st, hf_applied *r,
                       int *rc) {
  const char *state = (const char *)sqlite3_column_text(st, 9);
  const char *reason = (const char *)sqlite3_column_text(st, 11);
  memset(r, 0, sizeof(*r));
  r->id = sqlite3_column_int64(st, 0);
  r->ts = applied_number(st, 1);
  r->connection = applied_number(st, 2);
  r->gain = applied_number(st, 5);
  r->cost_before = applied_number(st, 6);
  r->cost_forecast = applied_number(st, 7);
  r->cost_after = applied_number(st, 8);
  r->decided_ts = applied_number(st, 10);
  if (state == NULL || !applied_state(state, &r->state) ||
      !applied_size(st, 3, &r->before) || !applied_size(st, 4, &r->after) ||
      !(fabs(r->ts) <= HF_TS_MAX) || isnan(r->connection)) {
    return 0;
  }
  r->reason = hf_strdup(&s->work, reason != NULL ? reason : "");
  if (r->reason == NULL) *rc = hf_fail_ops(s, HF_ENOMEM);
  return 1;
}

/* The first good row in an order; connection NaN: any. */
static int applied_find(hf_session *s, double connection, const char *order,
                        hf_applied *out, int *found) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT id, ts, connection, before_value, after_value, "
                      "expected_gain, cost_before, cost_forecast, cost_after, "
                      "state, decided_ts, reason FROM \"%w\".hf_applied "
                      "WHERE setting = 'cache_size' AND (?1 IS NULL OR "
                      "connection = ?1) ORDER BY id %s",
                      s->schema, order);
  *found = 0;
  if (rc != SQLITE_OK) return rc;
  if (!isnan(connection)) rc = sqlite3_bind_double(st, 1, connection);
  rc = rc == SQLITE_OK ? SQLITE_ROW : hf_fail_db(s, rc);
  while (rc == SQLITE_ROW && !*found) {
    rc = hf_step(s, st);
    if (rc == SQLITE_ROW) *found = applied_row(s, st, out, &rc);
  }
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_applied_newest(hf_session *s, double connection, hf_applied *out,
                      int *found) {
  return applied_find(s, connection, "DESC", out, found);
}

int hf_applied_oldest(hf_session *s, double connection, hf_applied *out,
                      int *found) {
  return applied_find(s, connection, "ASC", out, found);
}

/* ---- writing */

/* Runs it when `rc`, of its bindings, is SQLITE_OK; finalises it. */
static int applied_run(hf_session *s, sqlite3_stmt *st, int rc) {
  rc = rc == SQLITE_OK ? hf_write(s, st) : hf_fail_db(s, rc);
  hf_finalize(st);
  return rc;
}

int hf_applied_insert(hf_session *s, const hf_applied *r) {
  sqlite3_stmt *st = NULL;
  const double real[] = {r->gain, r->cost_before, r->cost_forecast,
                         r->cost_after, r->decided_ts};
  int k;
  int rc = hf_prepare_write(
      s, &st,
      "INSERT INTO \"%w\".hf_applied(ts, connection, setting, before_value, "
      "after_value, expected_gain, cost_before, cost_forecast, cost_after, "
      "decided_ts, state, reason) "
      "VALUES(?1, ?2, 'cache_size', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, r->ts);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 2, r->connection);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 3, r->before);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 4, r->after);
  for (k = 0; rc == SQLITE_OK && k < 5; k++) {
    rc = hf_bind_real(st, 5 + k, real[k]);
  }
  if (rc == SQLITE_OK) {
    rc =
        sqlite3_bind_text(st, 10, hf_applied_word[r->state], -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 11, r->reason, -1, SQLITE_STATIC);
  }
  return applied_run(s, st, rc);
}

int hf_applied_decide(hf_session *s, const hf_applied *r) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare_write(s, &st,
                            "UPDATE \"%w\".hf_applied SET state = ?1, "
                            "cost_after = ?2, decided_ts = ?3, reason = ?4 "
                            "WHERE id = ?5");
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_text(st, 1, hf_applied_word[r->state], -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) rc = hf_bind_real(st, 2, r->cost_after);
  if (rc == SQLITE_OK) rc = hf_bind_real(st, 3, r->decided_ts);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 4, r->reason, -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 5, r->id);
  return applied_run(s, st, rc);
}

/* ---- the setting itself */

int hf_cache_size(hf_session *s, sqlite3_int64 *value) {
  double pages;
  int rc = hf_ask_number(s, &pages, "PRAGMA \"%w\".cache_size", s->schema);
  *value = isnan(pages) ? 0 : (sqlite3_int64)pages;
  return rc;
}

int hf_cache_size_set(hf_session *s, sqlite3_int64 value) {
  char *sql;
  int rc;
  if (value == 0 || value > HF_CACHE_SIZE_MOST || value < -HF_CACHE_SIZE_MOST) {
    return hf_fail(s, SQLITE_INTERNAL, "cache_size %lld", value);
  }
  sql = sqlite3_mprintf("PRAGMA \"%w\".cache_size = %lld", s->schema, value);
  if (sql == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
  sqlite3_free(sql);
  return rc == SQLITE_OK ? rc : hf_fail_db(s, rc);
}

void hf_memory_give_back(void) {
#if defined(__GLIBC__)
  (void)malloc_trim(0);
#endif
}

double hf_cache_size_mb(sqlite3_int64 value, double page) {
  return value < 0 ? (double)-value / 1024 : (double)value * page;
}
