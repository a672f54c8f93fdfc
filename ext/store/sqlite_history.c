/*
** sqlite_history.c: see sqlite_history.h. One statement walks the key of
** hf_cache_stats backwards and looks each metric up by its key.
*/
#include "sqlite_history.h"

#include <math.h>
#include <string.h>

/* Metrics of component 'sqlite', in the order of the struct after page_mb. */
static const char *const sqlite_metric[] = {
    "cache_limit_mb",     "cache_used_mb", "connection", "database_mb",
    "cache_writes_total", "mmap_limit_mb", "wal",        "wal_autocheckpoint",
    "temp_store",         "data_version"};
enum { SQLITE_METRICS = sizeof(sqlite_metric) / sizeof(sqlite_metric[0]) };

static double sqlite_history_number(sqlite3_stmt *st, int i) {
  int type = sqlite3_column_type(st, i);
  double x;
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return NAN;
  x = sqlite3_column_double(st, i);
  return fabs(x) <= HF_VALUE_MAX ? x : NAN;
}

static int sqlite_history_prepare(hf_session *s, sqlite3_stmt **out) {
  sqlite3_str *sql = sqlite3_str_new(s->db);
  char *text;
  int k, rc;
  *out = NULL;
  sqlite3_str_appendall(sql, "SELECT c.ts, c.hits, c.misses, c.item_mb");
  for (k = 0; k < SQLITE_METRICS; k++) {
    sqlite3_str_appendf(
        sql,
        ", (SELECT value FROM \"%w\".hf_metric_samples AS v WHERE v.ts = c.ts "
        "AND v.id = (SELECT id FROM \"%w\".hf_metric_names "
        "WHERE component = 'sqlite' AND metric = %Q))",
        s->schema, s->schema, sqlite_metric[k]);
  }
  sqlite3_str_appendf(sql,
                      " FROM \"%w\".hf_cache_stats AS c "
                      "WHERE c.pool = 'sqlite' AND c.ts <= ?1 "
                      "ORDER BY c.ts DESC LIMIT ?2",
                      s->schema);
  text = sqlite3_str_finish(sql);
  if (text == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = hf_prepare(s, out, "%s", text);
  sqlite3_free(text);
  return rc;
}

int hf_read_sqlite(hf_session *s, size_t most, hf_sqlite_history *out) {
  sqlite3_stmt *st = NULL;
  hf_sqlite_history h = {0};
  double **column[] = {
      &h.ts,      &h.hits,           &h.misses,      &h.page_mb, &h.limit_mb,
      &h.used_mb, &h.connection,     &h.database_mb, &h.writes,  &h.mmap_mb,
      &h.wal,     &h.autocheckpoint, &h.temp_store,  &h.version};
  const int columns = sizeof(column) / sizeof(column[0]);
  size_t at = most, j;
  int k, rc;
  for (k = 0; k < columns; k++) {
    *column[k] = hf_work_reals(&s->work, most);
    if (*column[k] == NULL) return hf_fail_ops(s, HF_ENOMEM);
  }
  rc = sqlite_history_prepare(s, &st);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, isnan(s->as_of) ? HF_TS_MAX : s->as_of);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 2, (sqlite3_int64)most);
  rc = rc == SQLITE_OK ? SQLITE_ROW : hf_fail_db(s, rc);
  /* newest first, filled from the end */
  while (rc == SQLITE_ROW && at > 0) {
    rc = hf_step(s, st);
    if (rc != SQLITE_ROW || isnan(sqlite_history_number(st, 0))) continue;
    at--;
    for (k = 0; k < columns; k++) {
      (*column[k])[at] = sqlite_history_number(st, k);
    }
  }
  hf_finalize(st);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
  for (k = 0; k < columns; k++) {
    for (j = at; j < most; j++) (*column[k])[j - at] = (*column[k])[j];
  }
  h.n = most - at;
  *out = h;
  return SQLITE_OK;
}

int hf_read_memory_stall(hf_session *s, double now, double old, double *share) {
  sqlite3_stmt *st = NULL;
  double ts[2], value[2];
  int n = 0;
  int rc = hf_prepare(
      s, &st,
      "SELECT ts, value FROM \"%w\".hf_metric_samples WHERE id = (SELECT id "
      "FROM \"%w\".hf_metric_names WHERE component = 'host' AND metric = "
      "'memory_stall_seconds_total') AND ts BETWEEN ?1 AND ?2 "
      "ORDER BY ts DESC LIMIT 2",
      s->schema, s->schema);
  *share = NAN;
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, now - old);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_double(st, 2, isnan(s->as_of) ? HF_TS_MAX : s->as_of);
  }
  rc = rc == SQLITE_OK ? SQLITE_ROW : hf_fail_db(s, rc);
  while (rc == SQLITE_ROW && n < 2) {
    rc = hf_step(s, st);
    if (rc != SQLITE_ROW) break;
    ts[n] = sqlite_history_number(st, 0);
    value[n++] = sqlite_history_number(st, 1);
  }
  hf_finalize(st);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
  if (n == 2 && ts[0] > ts[1] && value[0] >= value[1]) {
    *share = fmin(1, (value[0] - value[1]) / (ts[0] - ts[1]));
  }
  return SQLITE_OK;
}

int hf_read_free_memory(hf_session *s, double now, double old, double *total_mb,
                        double *available_mb) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT total_mb, available_mb "
                      "FROM \"%w\".hf_memory_stats WHERE ts BETWEEN ?1 AND ?2 "
                      "AND total_mb > 0 AND available_mb IS NOT NULL "
                      "ORDER BY ts DESC LIMIT 1",
                      s->schema);
  *total_mb = *available_mb = NAN;
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, now - old);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_double(st, 2, isnan(s->as_of) ? HF_TS_MAX : s->as_of);
  }
  rc = rc == SQLITE_OK ? hf_step(s, st) : hf_fail_db(s, rc);
  if (rc == SQLITE_ROW) {
    *total_mb = sqlite_history_number(st, 0);
    *available_mb = sqlite_history_number(st, 1);
    rc = SQLITE_DONE;
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- statistics for the planner */

enum { SQLITE_TABLES = 200 }; /* looked at, at the most */

/* Rows that sqlite_stat1 says of a table; NaN: none. */
static int sqlite_history_known(hf_session *s, const char *table,
                                double *rows) {
  return hf_ask_number(s, rows,
                       "SELECT max(CAST(stat AS INTEGER)) "
                       "FROM \"%w\".sqlite_stat1 WHERE tbl = %Q",
                       s->schema, table);
}

/* The largest rowid of a table. */
static int sqlite_history_rows(hf_session *s, const char *table, double *rows) {
  return hf_ask_number(s, rows, "SELECT max(rowid) FROM \"%w\".\"%w\"",
                       s->schema, table);
}

int hf_read_unanalysed(hf_session *s, hf_unanalysed *out) {
  sqlite3_stmt *st = NULL;
  int stat = hf_has_table(s, s->schema, "sqlite_stat1"), rc;
  memset(out, 0, sizeof(*out));
  out->rows = out->known = NAN;
  if (s->rc != SQLITE_OK) return s->rc;
  /* rowid tables whose rowid no column hides */
  rc = hf_prepare(
      s, &st,
      "SELECT l.name FROM pragma_table_list AS l WHERE l.schema = %Q "
      "AND l.type = 'table' AND NOT l.wr AND l.name NOT LIKE 'hf!_%%' "
      "ESCAPE '!' AND l.name NOT LIKE 'sqlite!_%%' ESCAPE '!' "
      "AND EXISTS (SELECT 1 FROM \"%w\".sqlite_master AS m "
      "WHERE m.type = 'index' AND m.tbl_name = l.name) "
      "AND NOT EXISTS (SELECT 1 FROM pragma_table_info(l.name, l.schema) AS c "
      "WHERE c.name = 'rowid' COLLATE NOCASE) ORDER BY l.name LIMIT %d",
      s->schema, s->schema, (int)SQLITE_TABLES);
  if (rc != SQLITE_OK) return rc;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(st, 0);
    double rows, known = NAN;
    if (name == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
      break;
    }
    rc = sqlite_history_rows(s, name, &rows);
    if (rc == SQLITE_OK && stat) rc = sqlite_history_known(s, name, &known);
    if (rc != SQLITE_OK) break;
    if (!(rows >= 1000) || (rows < 10 * known && known < 10 * rows)) continue;
    out->tables++;
    if (out->name != NULL && rows <= out->rows) continue;
    out->name = hf_strdup(&s->work, name);
    out->rows = rows;
    out->known = known;
    if (out->name == NULL) {
      rc = hf_fail_ops(s, HF_ENOMEM);
      break;
    }
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
