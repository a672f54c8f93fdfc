/*
** rollup.c: see rollup.h. A bucket is read, merged by num/bucket.c and
** written back; the caller's savepoint makes that one step with the deletion of
** the raw rows.
*/
#include "rollup.h"
#include "source.h"

#include <math.h>
#include <string.h>

int hf_rollup_open(hf_rollup *r, hf_session *s) {
  int rc;
  memset(r, 0, sizeof(*r));
  r->s = s;
  rc = hf_prepare_write(
      s, &r->name,
      "INSERT INTO \"%w\".hf_rollup_names(series, component, "
      "kind) VALUES(?1, ?2, ?3) ON CONFLICT(series, component) "
      "DO UPDATE SET kind = excluded.kind "
      "WHERE kind <> excluded.kind");
  if (rc == SQLITE_OK) {
    rc = hf_prepare(s, &r->find,
                    "SELECT id FROM \"%w\".hf_rollup_names "
                    "WHERE series = ?1 AND component = ?2",
                    s->schema);
  }
  if (rc == SQLITE_OK) {
    rc = hf_prepare(s, &r->read,
                    "SELECT n, sum, min, max, first_ts, first_value, last_ts, "
                    "last_value, increase FROM \"%w\".hf_rollups "
                    "WHERE id = ?1 AND step = ?2 AND ts = ?3",
                    s->schema);
  }
  if (rc == SQLITE_OK) {
    rc = hf_prepare_write(
        s, &r->write,
        "INSERT INTO \"%w\".hf_rollups(id, step, ts, n, sum, min, max, "
        "first_ts, first_value, last_ts, last_value, increase) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
        "ON CONFLICT(id, step, ts) DO UPDATE SET n = excluded.n, "
        "sum = excluded.sum, min = excluded.min, max = excluded.max, "
        "first_ts = excluded.first_ts, first_value = excluded.first_value, "
        "last_ts = excluded.last_ts, last_value = excluded.last_value, "
        "increase = excluded.increase");
  }
  return rc;
}

void hf_rollup_close(hf_rollup *r) {
  hf_finalize(r->name);
  hf_finalize(r->find);
  hf_finalize(r->read);
  hf_finalize(r->write);
  memset(r, 0, sizeof(*r));
}

/* Steps to the one row that a key finds: SQLITE_ROW, SQLITE_DONE or an error.
** Buckets do not count as rows read, so that the limit is one of raw rows. */
static int rollup_look(hf_rollup *r, sqlite3_stmt *st) {
  int rc = sqlite3_step(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? rc : hf_fail_db(r->s, rc);
}

static int rollup_bind_series(sqlite3_stmt *st, const char *series,
                              sqlite3_value *component) {
  int rc = sqlite3_bind_text(st, 1, series, -1, SQLITE_STATIC);
  if (rc != SQLITE_OK) return rc;
  if (component == NULL) return sqlite3_bind_text(st, 2, "", 0, SQLITE_STATIC);
  return sqlite3_bind_value(st, 2, component);
}

int hf_rollup_series(hf_rollup *r, const char *series, sqlite3_value *component,
                     hf_kind kind, sqlite3_int64 *id) {
  hf_session *s = r->s;
  int rc = rollup_bind_series(r->name, series, component);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(r->name, 3, hf_kind_text(kind), -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) rc = rollup_bind_series(r->find, series, component);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  rc = hf_write(r->s, r->name);
  if (rc != SQLITE_OK) return rc;
  rc = rollup_look(r, r->find);
  if (rc == SQLITE_ROW) {
    *id = sqlite3_column_int64(r->find, 0);
    rc = SQLITE_OK;
  } else if (rc == SQLITE_DONE) {
    rc = hf_fail(s, SQLITE_ERROR,
                 "hf_rollup_names did not take %.200s; does a trigger of yours "
                 "change it?",
                 series);
  }
  sqlite3_reset(r->find);
  return rc;
}

static double rollup_real(sqlite3_stmt *st, int i) {
  int type = sqlite3_column_type(st, i);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return NAN;
  return sqlite3_column_double(st, i);
}

/* Merges b into the stored bucket, if there is one. */
static int rollup_merge(hf_rollup *r, sqlite3_int64 id, hf_kind kind, int step,
                        hf_bucket *b, int *made) {
  sqlite3_stmt *st = r->read;
  hf_bucket old;
  int rc = sqlite3_bind_int64(st, 1, id);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int(st, 2, step);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 3, (sqlite3_int64)b->ts);
  if (rc != SQLITE_OK) return hf_fail_db(r->s, rc);
  rc = rollup_look(r, st);
  *made = rc == SQLITE_DONE;
  if (rc == SQLITE_ROW) {
    old.ts = b->ts;
    old.n = rollup_real(st, 0);
    old.sum = rollup_real(st, 1);
    old.min = rollup_real(st, 2);
    old.max = rollup_real(st, 3);
    old.first_ts = rollup_real(st, 4);
    old.first = rollup_real(st, 5);
    old.last_ts = rollup_real(st, 6);
    old.last = rollup_real(st, 7);
    old.increase = rollup_real(st, 8);
    hf_bucket_merge(&old, kind, b);
    *b = old;
  }
  sqlite3_reset(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_rollup_add(hf_rollup *r, sqlite3_int64 id, hf_kind kind, int step,
                  const hf_bucket *b, int *made) {
  sqlite3_stmt *st = r->write;
  hf_bucket all = *b;
  int rc = rollup_merge(r, id, kind, step, &all, made);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_int64(st, 1, id);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int(st, 2, step);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 3, (sqlite3_int64)all.ts);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 4, (sqlite3_int64)all.n);
  if (rc == SQLITE_OK) rc = hf_bind_real(st, 5, all.sum);
  if (rc == SQLITE_OK) rc = hf_bind_real(st, 6, all.min);
  if (rc == SQLITE_OK) rc = hf_bind_real(st, 7, all.max);
  if (rc == SQLITE_OK) rc = hf_bind_real(st, 8, all.first_ts);
  if (rc == SQLITE_OK) rc = hf_bind_real(st, 9, all.first);
  if (rc == SQLITE_OK) rc = hf_bind_real(st, 10, all.last_ts);
  if (rc == SQLITE_OK) rc = hf_bind_real(st, 11, all.last);
  if (rc == SQLITE_OK) rc = hf_bind_real(st, 12, all.increase);
  if (rc != SQLITE_OK) return hf_fail_db(r->s, rc);
  return hf_write(r->s, st);
}
