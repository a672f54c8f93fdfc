/*
** sqlite_sample.c: rows of a table looked at here and there, and indexes that
** no plan names; see sqlite_shadow.h.
**
** The places are drawn at random, from one seed: the same file, the same
** places. Evenly spread ones would be in step with what goes round in the rows.
*/
#include <math.h>
#include <string.h>
#include "../num/rng.h"
#include "../num/sql_text.h"
#include "sqlite_shadow.h"

/* The least and the largest rowid. */
static int sample_range(hf_session *s, const char *table, double *lo,
                        double *hi) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT (SELECT min(rowid) FROM \"%w\".\"%w\"), "
                      "(SELECT max(rowid) FROM \"%w\".\"%w\")",
                      s->schema, table, s->schema, table);
  if (rc != SQLITE_OK) return rc;
  rc = hf_step(s, st);
  if (rc == SQLITE_ROW) {
    *lo = *hi = NAN;
    if (sqlite3_column_type(st, 0) == SQLITE_INTEGER) {
      *lo = sqlite3_column_double(st, 0);
      *hi = sqlite3_column_double(st, 1);
    }
    rc = SQLITE_DONE;
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* 1 in *has: an ordinary table whose rowid no column hides. */
static int sample_has_rowid(hf_session *s, const char *table, int *has) {
  double found;
  int rc = hf_ask_number(
      s, &found,
      "SELECT 1 FROM pragma_table_list AS l WHERE l.schema = %Q "
      "AND l.name = %Q AND l.type = 'table' AND NOT l.wr AND NOT EXISTS "
      "(SELECT 1 FROM pragma_table_info(l.name, l.schema) AS c "
      "WHERE c.name = 'rowid' COLLATE NOCASE)",
      s->schema, table);
  *has = found == 1;
  return rc;
}

/* The statement that finds the row at or after rowid ?1: its rowid and the
** columns. */
static int sample_prepare(hf_session *s, const char *table,
                          const char *const *column, size_t columns,
                          sqlite3_stmt **out) {
  sqlite3_str *text = sqlite3_str_new(s->db);
  char *sql;
  size_t i;
  int rc;
  *out = NULL;
  sqlite3_str_appendall(text, "SELECT t.rowid");
  for (i = 0; i < columns; i++) {
    sqlite3_str_appendf(text, ", t.\"%w\"", column[i]);
  }
  sqlite3_str_appendf(text,
                      " FROM \"%w\".\"%w\" AS t WHERE t.rowid >= ?1 "
                      "ORDER BY t.rowid LIMIT 1",
                      s->schema, table);
  sql = sqlite3_str_finish(text);
  if (sql == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = hf_prepare(s, out, "%s", sql);
  sqlite3_free(sql);
  return rc;
}

/* A hash of the row's columns; *null: one of them is NULL, which equals
** nothing; *bytes grows by what they take. */
static uint64_t sample_hash(sqlite3_stmt *st, size_t columns, int *null,
                            double *bytes) {
  uint64_t h = HF_FNV_BEGIN;
  size_t i;
  *null = 0;
  for (i = 0; i < columns; i++) {
    const void *p = sqlite3_column_blob(st, (int)i + 1);
    size_t n = p != NULL ? (size_t)sqlite3_column_bytes(st, (int)i + 1) : 0;
    if (sqlite3_column_type(st, (int)i + 1) == SQLITE_NULL) *null = 1;
    if (n > 0) h = hf_fnv(h, p, n);
    *bytes += (double)n + 1;
    h = hf_fnv(h, "", 1); /* ('ab', 'c') is not ('a', 'bc') */
  }
  return h;
}

/* Notes a rowid behind n others: 1 when it is none of them. */
static int sample_is_new(sqlite3_int64 *seen, size_t n, sqlite3_int64 rowid) {
  size_t i;
  for (i = 0; i < n; i++) {
    if (seen[i] == rowid) return 0;
  }
  seen[n] = rowid;
  return 1;
}

int hf_sample_rows(hf_session *s, const char *table, const char *const *column,
                   size_t columns, size_t most, double *rows, double *bytes,
                   uint64_t *hash, size_t *n) {
  sqlite3_stmt *st = NULL;
  hf_rng rng = {1};
  sqlite3_int64 *seen = hf_work_alloc(&s->work, most, sizeof(*seen));
  double lo = NAN, hi = NAN;
  size_t k;
  int has, rc = sample_has_rowid(s, table, &has);
  *rows = *bytes = NAN;
  *n = 0;
  if (rc != SQLITE_OK || !has) return rc;
  if (seen == NULL) return hf_fail_ops(s, HF_ENOMEM);
  rc = sample_range(s, table, &lo, &hi);
  if (rc != SQLITE_OK || isnan(lo)) return rc;
  *rows = hi - lo + 1;
  *bytes = 0;
  rc = sample_prepare(s, table, column, columns, &st);
  for (k = 1; rc == SQLITE_OK && k <= most; k++) {
    double at = floor(lo + hf_rng_uniform(&rng) * *rows);
    int null;
    rc = sqlite3_bind_int64(st, 1, (sqlite3_int64)fmin(at, hi));
    rc = rc == SQLITE_OK ? hf_step(s, st) : hf_fail_db(s, rc);
    if (rc == SQLITE_ROW &&
        sample_is_new(seen, *n, sqlite3_column_int64(st, 0))) {
      hash[*n] = sample_hash(st, columns, &null, bytes);
      if (null) hash[*n] = k; /* a NULL is like no other */
      (*n)++;
    }
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) rc = sqlite3_reset(st);
  }
  hf_finalize(st);
  if (*n > 0) *bytes /= (double)*n;
  return rc;
}

int hf_read_unused(hf_session *s, size_t most, hf_index_use *out, size_t *n) {
  sqlite3_stmt *st = NULL;
  int rc;
  *n = 0;
  if (!hf_has_table(s, s->schema, "hf_queries")) return s->rc;
  rc = hf_prepare(
      s, &st,
      "SELECT m.name, m.tbl_name FROM \"%w\".sqlite_master AS m, "
      "pragma_index_list(m.tbl_name, %Q) AS l "
      "WHERE m.type = 'index' AND l.name = m.name AND l.origin = 'c' "
      "AND NOT l.\"unique\" AND m.tbl_name NOT LIKE 'hf!_%%' ESCAPE '!' "
      "AND NOT EXISTS (SELECT 1 FROM \"%w\".hf_queries AS q "
      "WHERE instr(q.plan || char(10), 'INDEX ' || m.name || ' ') "
      "OR instr(q.plan || char(10), 'INDEX ' || m.name || char(10))) "
      "AND NOT EXISTS (SELECT 1 FROM pragma_foreign_key_list(m.tbl_name, %Q) "
      "AS f, pragma_index_info(m.name, %Q) AS i "
      "WHERE i.seqno = 0 AND i.name = f.\"from\" COLLATE NOCASE) "
      "ORDER BY m.name LIMIT %d",
      s->schema, s->schema, s->schema, s->schema, s->schema, (int)most);
  if (rc != SQLITE_OK) return rc;
  while ((rc = hf_step(s, st)) == SQLITE_ROW && *n < most) {
    const char *name = (const char *)sqlite3_column_text(st, 0);
    const char *table = (const char *)sqlite3_column_text(st, 1);
    if (name == NULL || table == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
      break;
    }
    out[*n].name = hf_strdup(&s->work, name);
    out[*n].table = hf_strdup(&s->work, table);
    if (out[*n].name == NULL || out[*n].table == NULL) {
      rc = hf_fail_ops(s, HF_ENOMEM);
      break;
    }
    (*n)++;
  }
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}
