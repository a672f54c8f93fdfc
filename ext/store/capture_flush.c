/*
** capture_flush.c: from the ring into hf_query_history and hf_queries.
**
** The plan of a statement is looked up here, by EXPLAIN QUERY PLAN of one text
** as it ran: only of statements that begin with SELECT, VALUES, WITH, INSERT,
** REPLACE, UPDATE or DELETE, for some pragmas act while they are prepared. A
** plan is its steps; their numbers differ from one preparation to the next. Its
** hash changes with the definitions of what the statement touches, too
** (capture_tables.c): the same steps take another time in another table.
*/
#include "capture_ring.h"
#include "capture_tables.h"
#include "clock.h"
#include "savepoint.h"

#include <math.h>
#include <string.h>

enum { CAPTURE_PLAN = 8192 }; /* longest plan kept, bytes */

/* 1: the normalised text begins with a word that is safe to explain. */
static int capture_explains(const char *text) {
  static const char *const words[] = {"select ", "select(", "values(",
                                      "with ",   "insert ", "replace ",
                                      "update ", "delete "};
  size_t i;
  for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (strncmp(text, words[i], strlen(words[i])) == 0) return 1;
  }
  return 0;
}

/* Reads the steps of an explanation into q; `tables`: what they touch. */
static int capture_steps(hf_session *s, sqlite3_stmt *st, uint64_t tables,
                         hf_capture_query *q) {
  uint64_t hash = HF_FNV_BEGIN;
  const char *plan = NULL;
  int rc;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *detail = (const char *)sqlite3_column_text(st, 3);
    if (detail == NULL) continue;
    hash = hf_fnv(hash, detail, strlen(detail) + 1);
    if (plan != NULL && strlen(plan) + strlen(detail) > CAPTURE_PLAN) continue;
    plan = hf_format(&s->hold, "%s%s%s", plan != NULL ? plan : "",
                     plan != NULL ? "\n" : "", detail);
    if (plan == NULL) return hf_fail_ops(s, HF_ENOMEM);
  }
  if (rc != SQLITE_DONE) return rc;
  if (plan == NULL && tables == 0) return SQLITE_OK;
  if (plan != NULL) q->plan = hf_strdup(&s->hold, plan);
  if (plan != NULL && q->plan == NULL) return hf_fail_ops(s, HF_ENOMEM);
  hash += tables;
  memcpy(&q->plan_hash, &hash, sizeof(hash));
  return SQLITE_OK;
}

/* Looks up the plan. A statement that can no longer be prepared has none. */
static int capture_plan(hf_capture *c, hf_session *s, hf_capture_tables *t,
                        hf_capture_query *q) {
  sqlite3_stmt *st = NULL;
  uint64_t tables;
  char *sql;
  int rc;
  q->plan = NULL;
  q->plan_hash = 0;
  if (q->text == 0 || q->sql == 0 || !capture_explains(c->pool + q->text)) {
    return SQLITE_OK;
  }
  rc = hf_pulse(s);
  if (rc != SQLITE_OK) return rc;
  rc = hf_capture_tables_touched(s, t, c->pool + q->sql, c->pool + q->text,
                                 &tables);
  if (rc != SQLITE_OK) return rc;
  sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", c->pool + q->sql);
  if (sql == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = hf_db_code(s->db, sqlite3_prepare_v2(s->db, sql, -1, &st, NULL));
  sqlite3_free(sql);
  if (rc == SQLITE_NOMEM || rc == SQLITE_INTERRUPT) {
    rc = hf_fail(s, rc, NULL);
  } else if (rc == SQLITE_OK && sqlite3_stmt_isexplain(st) == 2) {
    rc = capture_steps(s, st, tables, q);
  } else {
    rc = SQLITE_OK;
  }
  hf_finalize(st);
  return rc;
}

/* The text of a query_id. */
static int capture_bind_id(sqlite3_stmt *st, int i, uint64_t shape) {
  char id[17];
  int k;
  for (k = 15; k >= 0; k--, shape >>= 4) id[k] = "0123456789abcdef"[shape & 15];
  id[16] = 0;
  return sqlite3_bind_text(st, i, id, 16, SQLITE_TRANSIENT);
}

static int capture_bind_text(sqlite3_stmt *st, int i, const char *z) {
  if (z == NULL) return sqlite3_bind_null(st, i);
  return sqlite3_bind_text(st, i, z, -1, SQLITE_STATIC);
}

static int capture_write_queries(hf_capture *c, hf_session *s, double now,
                                 sqlite3_int64 *made) {
  sqlite3_stmt *st = NULL;
  int i;
  int rc = hf_prepare_write(
      s, &st,
      "INSERT INTO \"%w\".hf_queries(query_id, plan_hash, first_ts, sql, plan) "
      "VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(query_id, plan_hash) DO NOTHING");
  for (i = 0; rc == SQLITE_OK && i < c->query_count; i++) {
    const hf_capture_query *q = &c->query[i];
    rc = capture_bind_id(st, 1, q->shape);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 2, q->plan_hash);
    if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 3, now);
    if (rc == SQLITE_OK) {
      rc = capture_bind_text(st, 4, q->text > 0 ? c->pool + q->text : NULL);
    }
    if (rc == SQLITE_OK) rc = capture_bind_text(st, 5, q->plan);
    if (rc != SQLITE_OK) {
      hf_fail_db(s, rc);
      break;
    }
    rc = hf_write(s, st);
    if (rc == SQLITE_OK) *made += sqlite3_changes(s->db);
  }
  hf_finalize(st);
  return rc;
}

/* Binds one execution; `ts` its end, `ms` its time, `page` the bytes of a page,
** NaN when they are not known. */
static int capture_bind(sqlite3_stmt *st, const hf_capture *c,
                        const hf_capture_row *r, double ts, double ms,
                        double page) {
  const hf_capture_query *q = &c->query[r->query];
  int i;
  int rc = capture_bind_id(st, 1, q->shape);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 2, ts);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 3, r->rows);
  if (rc == SQLITE_OK) {
    rc = r->pages >= 0 && page > 0 ? sqlite3_bind_double(st, 4, r->pages * page)
                                   : sqlite3_bind_null(st, 4);
  }
  if (rc == SQLITE_OK) {
    /* to the nanosecond */
    rc = sqlite3_bind_double(st, 5, floor(ms * 1e6 + 0.5) / 1e6);
  }
  if (rc == SQLITE_OK) {
    rc = r->parameters == 0 ? sqlite3_bind_int64(st, 6, r->literals)
                            : sqlite3_bind_null(st, 6);
  }
  if (rc == SQLITE_OK) {
    rc = q->plan_hash != 0 ? sqlite3_bind_int64(st, 7, q->plan_hash)
                           : sqlite3_bind_null(st, 7);
  }
  for (i = HF_VM_STEPS; rc == SQLITE_OK && i <= HF_SORTS; i++) {
    rc = sqlite3_bind_int(st, 8 + i, r->counter[i]);
  }
  if (rc == SQLITE_OK) {
    rc = r->pages >= 0 ? sqlite3_bind_double(st, 12, r->misses)
                       : sqlite3_bind_null(st, 12);
  }
  return rc;
}

static int capture_write_rows(hf_capture *c, hf_session *s, double page,
                              sqlite3_int64 most, sqlite3_int64 *rows) {
  sqlite3_stmt *st = NULL;
  double second = hf_ticks_second(&c->clock), now = hf_clock_unix();
  sqlite3_int64 ticks = hf_ticks_now(&c->clock);
  sqlite3_int64 i;
  int rc = hf_prepare_write(
      s, &st,
      "INSERT INTO \"%w\".hf_query_history(query_id, ts, rows, bytes_scanned, "
      "execution_time_ms, param_hash, plan_hash, vm_steps, full_scan_steps, "
      "auto_index_rows, sorts, cache_misses) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
  for (i = 0; rc == SQLITE_OK && i < most; i++) {
    const hf_capture_row *r = &c->row[(c->first + i) % c->room];
    /* to the microsecond: as much as the clocks agree on, at the most */
    double ts = now - (double)(ticks - r->end) * second;
    rc = capture_bind(st, c, r, floor(ts * 1e6 + 0.5) / 1e6,
                      (double)r->took * second * 1000, page);
    if (rc != SQLITE_OK) {
      hf_fail_db(s, rc);
      break;
    }
    rc = hf_write(s, st);
    if (rc == SQLITE_OK) (*rows)++;
    if (rc == SQLITE_OK && i % 64 == 63) rc = hf_pulse(s);
  }
  hf_finalize(st);
  return rc;
}

static int capture_write(hf_capture *c, hf_session *s, sqlite3_int64 most,
                         hf_capture_written *out) {
  hf_savepoint point;
  hf_capture_tables tables;
  double page;
  int i;
  int rc = hf_ask_number(s, &page, "PRAGMA main.page_size");
  if (rc == SQLITE_OK) rc = hf_capture_tables_read(s, &tables);
  for (i = 0; rc == SQLITE_OK && i < c->query_count; i++) {
    rc = capture_plan(c, s, &tables, &c->query[i]);
  }
  if (rc != SQLITE_OK) return rc;
  rc = hf_savepoint_begin(s, &point, NULL);
  if (rc == SQLITE_OK) {
    rc = capture_write_queries(c, s, hf_clock_unix(), &out->queries);
  }
  if (rc == SQLITE_OK) rc = capture_write_rows(c, s, page, most, &out->rows);
  return hf_savepoint_end(s, &point, rc);
}

sqlite3_int64 hf_capture_waiting(const hf_capture *c) {
  return c != NULL ? c->count : 0;
}

int hf_capture_flush(hf_capture *c, hf_session *s, sqlite3_int64 most,
                     hf_capture_written *out) {
  hf_mark mark = hf_work_mark(&s->hold);
  int rc;
  memset(out, 0, sizeof(*out));
  if (c == NULL || c->count == 0) return SQLITE_OK;
  c->quiet = 1;
  if (most <= 0 || most > c->count) most = c->count;
  rc = capture_write(c, s, most, out);
  hf_work_release(&s->hold, mark); /* the plans */
  c->quiet = 0;
  hf_capture_count_pages(c);
  if (rc != SQLITE_OK) return rc;
  c->first = (c->first + most) % c->room;
  c->count -= most;
  if (c->count == 0) hf_capture_forget(c);
  return SQLITE_OK;
}
