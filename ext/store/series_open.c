/*
** series_open.c: opening a source for reading one component at a time; series.c
** reads.
**
** Two ways through a table, the same answer:
**
**   seek   an index leads with the key (or the time): the keys are found by
**          one seek each, and a component is read backwards from as_of until
**          enough samples are there.
**   scan   no such index, or the whole history is wanted: one statement
**          ordered by key; SQLite sorts when it must.
**
** EXPLAIN QUERY PLAN says which: a SEARCH without a temporary B-tree seeks.
** The narrow history (hf_metric_names, hf_metric_samples) is always sought.
*/
#include "series_reader.h"

#include <math.h>
#include <string.h>

/* 1: the statement finds its rows by an index and in order (without a key: in
** order); 0: it scans or sorts; negative after an error. */
static int series_seeks(hf_session *s, const char *sql, int keyed) {
  sqlite3_stmt *st = NULL;
  int search = 0;
  int other = 0;
  int rc = hf_prepare(s, &st, "EXPLAIN QUERY PLAN %s", sql);
  if (rc != SQLITE_OK) return -1;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *detail = (const char *)sqlite3_column_text(st, 3);
    if (detail == NULL) continue;
    if (strncmp(detail, "SEARCH", 6) == 0) search = 1;
    if (strstr(detail, "TEMP B-TREE") != NULL) other = 1;
    if (keyed && strncmp(detail, "SCAN", 4) == 0) other = 1;
  }
  hf_finalize(st);
  if (rc != SQLITE_DONE) return -1;
  return (search || !keyed) && !other;
}

/* The rows of one key, newest first; ?1 the key, ?2 as_of. */
static char *series_seek_sql(hf_reader *r, int with_as_of) {
  const hf_source *x = &r->src;
  if (x->key == NULL) {
    return hf_format(&r->s->hold,
                     "SELECT NULL, t.\"%w\", t.\"%w\" FROM \"%w\".\"%w\" AS t "
                     "%s%w%s ORDER BY t.\"%w\" DESC",
                     x->ts, x->value, x->schema, x->table,
                     with_as_of ? "WHERE t.\"" : "", with_as_of ? x->ts : "",
                     with_as_of ? "\" <= ?2" : "", x->ts);
  }
  return hf_format(
      &r->s->hold,
      "SELECT t.\"%w\", t.\"%w\", t.\"%w\" FROM \"%w\".\"%w\" AS t "
      "WHERE t.\"%w\" COLLATE BINARY IS ?1%s%w%s "
      "ORDER BY t.\"%w\" DESC",
      x->key, x->ts, x->value, x->schema, x->table, x->key,
      with_as_of ? " AND t.\"" : "", with_as_of ? x->ts : "",
      with_as_of ? "\" <= ?2" : "", x->ts);
}

static int series_prepare_seek(hf_reader *r, const char *sql) {
  hf_session *s = r->s;
  const hf_source *x = &r->src;
  int rc = hf_prepare(s, &r->rows, "%s", sql);
  if (rc != SQLITE_OK) return rc;
  if (!isinf(r->as_of)) {
    /* every text and blob, and every number in milliseconds */
    if (x->key != NULL) {
      rc = hf_prepare(s, &r->probe,
                      "SELECT 1 FROM \"%w\".\"%w\" AS t WHERE t.\"%w\" COLLATE "
                      "BINARY IS ?1 AND t.\"%w\" > 1e11 LIMIT 1",
                      x->schema, x->table, x->key, x->ts);
    } else {
      rc = hf_prepare(s, &r->probe,
                      "SELECT 1 FROM \"%w\".\"%w\" AS t WHERE t.\"%w\" > 1e11 "
                      "LIMIT 1",
                      x->schema, x->table, x->ts);
    }
    if (rc != SQLITE_OK) return rc;
  }
  if (x->key == NULL || r->one) return SQLITE_OK;
  rc = hf_prepare(s, &r->nulls,
                  "SELECT t.\"%w\" FROM \"%w\".\"%w\" AS t "
                  "WHERE t.\"%w\" IS NULL LIMIT 1",
                  x->key, x->schema, x->table, x->key);
  if (rc != SQLITE_OK) return rc;
  rc = hf_prepare(s, &r->first,
                  "SELECT t.\"%w\" FROM \"%w\".\"%w\" AS t "
                  "WHERE t.\"%w\" IS NOT NULL "
                  "ORDER BY t.\"%w\" COLLATE BINARY LIMIT 1",
                  x->key, x->schema, x->table, x->key, x->key);
  if (rc != SQLITE_OK) return rc;
  return hf_prepare(s, &r->follow,
                    "SELECT t.\"%w\" FROM \"%w\".\"%w\" AS t "
                    "WHERE t.\"%w\" COLLATE BINARY > ?1 "
                    "ORDER BY t.\"%w\" COLLATE BINARY LIMIT 1",
                    x->key, x->schema, x->table, x->key, x->key);
}

static int series_prepare_scan(hf_reader *r) {
  hf_session *s = r->s;
  const hf_source *x = &r->src;
  int rc;
  if (x->key == NULL) {
    return hf_prepare(s, &r->rows,
                      "SELECT NULL, t.\"%w\", t.\"%w\" FROM \"%w\".\"%w\" AS t",
                      x->ts, x->value, x->schema, x->table);
  }
  if (!r->one) {
    return hf_prepare(s, &r->rows,
                      "SELECT t.\"%w\", t.\"%w\", t.\"%w\" FROM \"%w\".\"%w\" "
                      "AS t ORDER BY t.\"%w\" COLLATE BINARY",
                      x->key, x->ts, x->value, x->schema, x->table, x->key);
  }
  rc = hf_prepare(s, &r->rows,
                  "SELECT t.\"%w\", t.\"%w\", t.\"%w\" FROM \"%w\".\"%w\" AS t "
                  "WHERE t.\"%w\" COLLATE BINARY IS ?1",
                  x->key, x->ts, x->value, x->schema, x->table, x->key);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_value(r->rows, 1, r->want);
  return rc == SQLITE_OK ? SQLITE_OK : hf_fail_db(s, rc);
}

static int series_open_table(hf_reader *r) {
  hf_session *s = r->s;
  char *sql = series_seek_sql(r, !isinf(r->as_of));
  int seeks;
  if (sql == NULL) return hf_fail_ops(s, HF_ENOMEM);
  seeks = series_seeks(s, sql, r->src.key != NULL);
  if (seeks < 0) return s->rc;
  r->scans = !seeks;
  /* the whole of all components is one ordered pass */
  if (seeks && (r->newest > 0 || r->one || !isinf(r->as_of))) {
    r->mode = SERIES_SEEK;
    return series_prepare_seek(r, sql);
  }
  r->mode = SERIES_SCAN;
  return series_prepare_scan(r);
}

static int series_open_narrow(hf_reader *r) {
  hf_session *s = r->s;
  int rc;
  r->mode = SERIES_NARROW;
  rc = hf_prepare(s, &r->names,
                  "SELECT id, component, kind FROM \"%w\".hf_metric_names "
                  "WHERE metric = ?1 ORDER BY component COLLATE BINARY, id",
                  r->src.schema);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_text(r->names, 1, r->src.metric, -1, SQLITE_STATIC);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  return hf_prepare(s, &r->rows,
                    "SELECT id, ts, value FROM \"%w\".hf_metric_samples "
                    "WHERE id = ?1 AND ts <= ?2 ORDER BY ts DESC",
                    r->src.schema);
}

static int series_open_packed(hf_reader *r, sqlite3_value *value) {
  int rc;
  r->mode = SERIES_PACKED;
  r->src.name = "hf_series";
  rc = hf_unpack(&r->s->hold, sqlite3_value_blob(value),
                 (size_t)sqlite3_value_bytes(value), &r->packed);
  if (rc == HF_ERANGE) {
    return hf_fail(r->s, SQLITE_ERROR,
                   "series is a blob that hf_series(ts, value) of this version "
                   "did not make");
  }
  return rc == HF_OK ? SQLITE_OK : hf_fail_ops(r->s, rc);
}

int hf_reader_open(hf_session *s, sqlite3_value *value, const char *fallback,
                   sqlite3_value *component, size_t newest, hf_reader **out) {
  hf_reader *r = hf_work_zeroed(&s->hold, 1, sizeof(hf_reader));
  int type = value != NULL ? sqlite3_value_type(value) : SQLITE_NULL;
  const char *text = fallback;
  int rc;
  *out = NULL;
  if (r == NULL) return hf_fail_ops(s, HF_ENOMEM);
  r->s = s;
  r->newest = newest;
  r->one = component != NULL && sqlite3_value_type(component) != SQLITE_NULL;
  r->want = component;
  r->as_of = isnan(s->as_of) ? (double)INFINITY : s->as_of;
  *out = r;
  if (type == SQLITE_BLOB) return series_open_packed(r, value);
  if (type == SQLITE_TEXT) {
    text = (const char *)sqlite3_value_text(value);
    if (text == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  } else if (type != SQLITE_NULL) {
    return hf_fail(s, SQLITE_ERROR,
                   "series must be a name, hf_source(table, ts, value) or "
                   "hf_series(ts, value), got a number");
  }
  rc = hf_source_resolve(s, text, &r->src);
  if (rc != SQLITE_OK) return rc;
  return r->src.metric != NULL ? series_open_narrow(r) : series_open_table(r);
}

const char *hf_reader_name(const hf_reader *r) {
  return r->src.name;
}

const hf_source *hf_reader_source(const hf_reader *r) {
  return &r->src;
}

int hf_reader_scans(const hf_reader *r) {
  return r->scans;
}

void hf_reader_close(hf_reader *r) {
  if (r == NULL) return;
  hf_finalize(r->rows);
  hf_finalize(r->probe);
  hf_finalize(r->nulls);
  hf_finalize(r->first);
  hf_finalize(r->follow);
  hf_finalize(r->names);
  sqlite3_value_free(r->key);
  r->rows = r->probe = r->nulls = r->first = r->follow = r->names = NULL;
  r->key = NULL;
  r->done = 1;
}
