/*
** sqlite_statements.c: see sqlite_statements.h. Both walk the index on ts
** backwards and end at a number of rows.
*/
#include "sqlite_statements.h"

#include <math.h>
#include <string.h>

int hf_read_page_size(hf_session *s, double *page) {
  return hf_ask_number(s, page, "PRAGMA \"%w\".page_size", s->schema);
}

/* 1 when the history is as new as what these read, and statements were ever
** captured: without any, the newest executions need not be read. */
static int statements_known(hf_session *s, int *known) {
  double found = NAN;
  int rc;
  *known = 0;
  if (!hf_has_table(s, s->schema, "hf_queries")) return s->rc;
  rc = hf_ask_number(s, &found,
                     "SELECT 1 FROM pragma_table_info('hf_query_history', %Q) "
                     "WHERE name = 'cache_misses' "
                     "AND EXISTS (SELECT 1 FROM \"%w\".hf_queries)",
                     s->schema, s->schema);
  *known = found == 1;
  return rc;
}

/* Binds ?1 = the bound on ts, ?2 = how many, ?3 = bytes of a page. */
static int statements_bind(hf_session *s, sqlite3_stmt *st, size_t most,
                           double page) {
  int rc = sqlite3_bind_double(st, 1, isnan(s->as_of) ? HF_TS_MAX : s->as_of);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 2, (sqlite3_int64)most);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 3, page);
  return rc == SQLITE_OK ? rc : hf_fail_db(s, rc);
}

/* A number that a row may hold, else NaN. */
static double statements_number(sqlite3_stmt *st, int i) {
  int type = sqlite3_column_type(st, i);
  double x;
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return NAN;
  x = sqlite3_column_double(st, i);
  return x >= 0 && x <= 1e30 ? x : NAN;
}

int hf_read_runs(hf_session *s, size_t most, double page,
                 hf_statement_runs *out) {
  sqlite3_stmt *st = NULL;
  hf_statement_runs r = {0};
  double **column[] = {&r.ms, &r.steps, &r.pages, &r.misses};
  int k, known, rc;
  memset(out, 0, sizeof(*out));
  rc = statements_known(s, &known);
  if (rc != SQLITE_OK || !known || !(page > 0)) return rc;
  for (k = 0; k < 4; k++) {
    *column[k] = hf_work_reals(&s->work, most);
    if (*column[k] == NULL) return hf_fail_ops(s, HF_ENOMEM);
  }
  rc = hf_prepare(s, &st,
                  "SELECT execution_time_ms, vm_steps, bytes_scanned / ?3, "
                  "cache_misses FROM (SELECT * FROM \"%w\".hf_query_history "
                  "WHERE ts <= ?1 ORDER BY ts DESC, rowid DESC LIMIT ?2) "
                  "WHERE NOT auto_index_rows AND NOT sorts "
                  "ORDER BY ts DESC",
                  s->schema);
  if (rc != SQLITE_OK) return rc;
  rc = statements_bind(s, st, most, page);
  if (rc == SQLITE_OK) rc = SQLITE_ROW;
  while (rc == SQLITE_ROW && r.n < most) {
    int good = 1;
    rc = hf_step(s, st);
    if (rc != SQLITE_ROW) break;
    for (k = 0; k < 4; k++) {
      (*column[k])[r.n] = statements_number(st, k);
      good = good && !isnan((*column[k])[r.n]);
    }
    r.n += good ? 1 : 0;
  }
  hf_finalize(st);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
  *out = r;
  return SQLITE_OK;
}

/* A text of the row, in s->work; *rc becomes an error when memory runs out. */
static const char *statements_text(hf_session *s, sqlite3_stmt *st, int i,
                                   int *rc) {
  const char *text = (const char *)sqlite3_column_text(st, i), *copy;
  copy = hf_strdup(&s->work, text != NULL ? text : "");
  if (copy == NULL) *rc = hf_fail_ops(s, HF_ENOMEM);
  return copy;
}

static int statements_row(hf_session *s, sqlite3_stmt *st, hf_statement *q) {
  int rc = SQLITE_ROW;
  q->query_id = statements_text(s, st, 0, &rc);
  q->sql = statements_text(s, st, 1, &rc);
  q->plan = statements_text(s, st, 2, &rc);
  q->n = statements_number(st, 3);
  q->ms = statements_number(st, 4);
  q->steps = statements_number(st, 5);
  q->pages = statements_number(st, 6);
  q->misses = statements_number(st, 7);
  q->scanned = statements_number(st, 8);
  q->automatic = statements_number(st, 9);
  q->sorts = statements_number(st, 10);
  q->rows = statements_number(st, 11);
  return rc;
}

/* The newest executions, as a table h. */
#define STATEMENTS_NEWEST                                                      \
  "WITH h AS MATERIALIZED (SELECT * FROM \"%w\".hf_query_history "             \
  "WHERE ts <= ?1 AND execution_time_ms >= 0 "                                 \
  "ORDER BY ts DESC, rowid DESC LIMIT ?2) "

static int statements_total(hf_session *s, size_t runs, double page,
                            hf_statements *out) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      STATEMENTS_NEWEST
                      "SELECT total(execution_time_ms), count(*), min(ts), "
                      "max(ts), ?3 FROM h",
                      s->schema);
  if (rc != SQLITE_OK) return rc;
  rc = statements_bind(s, st, runs, page);
  if (rc == SQLITE_OK) rc = hf_step(s, st);
  if (rc == SQLITE_ROW) {
    out->ms = statements_number(st, 0);
    out->runs = statements_number(st, 1);
    if (out->runs > 0) {
      out->first_ts = sqlite3_column_double(st, 2);
      out->newest = sqlite3_column_double(st, 3);
    }
    rc = SQLITE_DONE;
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_read_statements(hf_session *s, size_t runs, size_t most, double page,
                       hf_statements *out) {
  sqlite3_stmt *st = NULL;
  int known, rc;
  memset(out, 0, sizeof(*out));
  out->first_ts = out->newest = NAN;
  rc = statements_known(s, &known);
  if (rc != SQLITE_OK || !known) return rc;
  rc = statements_total(s, runs, page, out);
  if (rc != SQLITE_OK || !(out->runs > 0)) return rc;
  out->one = hf_work_zeroed(&s->work, most, sizeof(*out->one));
  if (out->one == NULL) return hf_fail_ops(s, HF_ENOMEM);
  rc = hf_prepare(
      s, &st,
      STATEMENTS_NEWEST
      "SELECT q.query_id, q.sql, q.plan, count(*), total(execution_time_ms), "
      "avg(vm_steps), avg(bytes_scanned) / ?3, avg(cache_misses), "
      "avg(full_scan_steps), avg(auto_index_rows), avg(sorts), avg(rows) "
      "FROM h CROSS JOIN \"%w\".hf_queries AS q ON q.query_id = h.query_id "
      "AND q.plan_hash = coalesce(h.plan_hash, 0) "
      "WHERE typeof(q.sql) = 'text' AND typeof(q.plan) = 'text' "
      "GROUP BY q.query_id, q.plan_hash "
      "ORDER BY total(execution_time_ms) DESC, q.query_id, q.plan_hash LIMIT "
      "%d",
      s->schema, s->schema, (int)most);
  if (rc != SQLITE_OK) return rc;
  rc = statements_bind(s, st, runs, page);
  if (rc == SQLITE_OK) rc = SQLITE_ROW;
  while (rc == SQLITE_ROW && out->n < most) {
    rc = hf_step(s, st);
    if (rc == SQLITE_ROW) rc = statements_row(s, st, &out->one[out->n]);
    if (rc == SQLITE_ROW) out->n++;
  }
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}
