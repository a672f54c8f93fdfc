/*
** record.c: see record.h. Statements are made anew for each row: a
** collection writes a dozen, seldom, and no statement outlives its call.
*/
#include "record.h"

#include <math.h>

/* Prepares the text that `sql` has gathered, and frees it. */
static int record_prepare(hf_session *s, sqlite3_str *sql, sqlite3_stmt **out) {
  char *text = sqlite3_str_finish(sql);
  int rc;
  *out = NULL;
  if (text == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = sqlite3_prepare_v2(s->db, text, -1, out, NULL);
  sqlite3_free(text);
  return rc == SQLITE_OK ? rc : hf_fail_db(s, rc);
}

static int record_step(hf_session *s, sqlite3_stmt *st) {
  int rc = sqlite3_step(st);
  return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : hf_fail_db(s, rc);
}

/* Binds ts as an INTEGER when it is whole, so that joins on it stay simple. */
static int record_bind_ts(sqlite3_stmt *st, int i, double ts) {
  if (ts == floor(ts)) return sqlite3_bind_int64(st, i, (sqlite3_int64)ts);
  return sqlite3_bind_double(st, i, ts);
}

int hf_record_row(hf_session *s, const char *table, const char *key_column,
                  const char *key, double ts, const hf_figure *f, size_t n,
                  int *wrote) {
  sqlite3_stmt *st = NULL;
  sqlite3_str *sql;
  const char *comma = "";
  size_t i;
  int at = 0, rc;
  *wrote = 0;
  for (i = 0; i < n && isnan(f[i].value); i++) {
  }
  if (i == n) return SQLITE_OK;
  sql = sqlite3_str_new(s->db);
  sqlite3_str_appendf(sql, "INSERT INTO \"%w\".\"%w\"(ts", s->schema, table);
  if (key != NULL) sqlite3_str_appendf(sql, ", \"%w\"", key_column);
  for (i = 0; i < n; i++) {
    if (!isnan(f[i].value)) sqlite3_str_appendf(sql, ", \"%w\"", f[i].name);
  }
  sqlite3_str_appendall(sql, ") VALUES(?");
  if (key != NULL) sqlite3_str_appendall(sql, ", ?");
  for (i = 0; i < n; i++) {
    if (!isnan(f[i].value)) sqlite3_str_appendall(sql, ", ?");
  }
  sqlite3_str_appendall(sql, ") ON CONFLICT(ts");
  if (key != NULL) sqlite3_str_appendf(sql, ", \"%w\"", key_column);
  sqlite3_str_appendall(sql, ") DO UPDATE SET ");
  for (i = 0; i < n; i++) {
    if (isnan(f[i].value)) continue;
    sqlite3_str_appendf(sql, "%s\"%w\" = excluded.\"%w\"", comma, f[i].name,
                        f[i].name);
    comma = ", ";
  }
  rc = record_prepare(s, sql, &st);
  if (rc != SQLITE_OK) goto done;
  rc = record_bind_ts(st, ++at, ts);
  if (rc == SQLITE_OK && key != NULL) {
    rc = sqlite3_bind_text(st, ++at, key, -1, SQLITE_STATIC);
  }
  for (i = 0; i < n && rc == SQLITE_OK; i++) {
    if (!isnan(f[i].value)) rc = sqlite3_bind_double(st, ++at, f[i].value);
  }
  if (rc != SQLITE_OK) {
    rc = hf_fail_db(s, rc);
    goto done;
  }
  rc = record_step(s, st);
  if (rc == SQLITE_OK) *wrote = 1;
done:
  hf_finalize(st);
  return rc;
}

static int record_metric(hf_session *s, const char *component, double ts,
                         const hf_figure *f) {
  static const char *const text[] = {
      "INSERT INTO \"%w\".hf_metric_names(component, metric, unit, kind) "
      "VALUES(?1, ?2, ?3, ?4) ON CONFLICT(component, metric) DO NOTHING",
      "INSERT INTO \"%w\".hf_metric_samples(id, ts, value) "
      "SELECT id, ?3, ?4 FROM \"%w\".hf_metric_names "
      "WHERE component = ?1 AND metric = ?2 "
      "ON CONFLICT(id, ts) DO UPDATE SET value = excluded.value"};
  int i, rc = SQLITE_OK;
  for (i = 0; i < 2 && rc == SQLITE_OK; i++) {
    sqlite3_stmt *st = NULL;
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendf(sql, text[i], s->schema, s->schema);
    rc = record_prepare(s, sql, &st);
    if (rc != SQLITE_OK) break;
    rc = sqlite3_bind_text(st, 1, component, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK) {
      rc = sqlite3_bind_text(st, 2, f->name, -1, SQLITE_STATIC);
    }
    if (rc == SQLITE_OK) {
      rc = i == 0 ? sqlite3_bind_text(st, 3, f->unit, -1, SQLITE_STATIC)
                  : record_bind_ts(st, 3, ts);
    }
    if (rc == SQLITE_OK) {
      rc = i == 0 ? sqlite3_bind_text(st, 4, f->kind, -1, SQLITE_STATIC)
                  : sqlite3_bind_double(st, 4, f->value);
    }
    rc = rc == SQLITE_OK ? record_step(s, st) : hf_fail_db(s, rc);
    hf_finalize(st);
  }
  return rc;
}

int hf_record_metrics(hf_session *s, const char *component, double ts,
                      const hf_figure *f, size_t n) {
  size_t i;
  int rc = SQLITE_OK;
  for (i = 0; i < n && rc == SQLITE_OK; i++) {
    if (!isnan(f[i].value)) rc = record_metric(s, component, ts, &f[i]);
  }
  return rc;
}

/* The single number that a statement over one metric gives. */
static int record_number(hf_session *s, const char *what, const char *where,
                         const char *component, const char *metric, double a,
                         double b, double *out) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT %s FROM \"%w\".hf_metric_samples WHERE id = "
                      "(SELECT id FROM \"%w\".hf_metric_names "
                      "WHERE component = ?1 AND metric = ?2) AND %s",
                      what, s->schema, s->schema, where);
  if (rc != SQLITE_OK) return rc;
  *out = NAN;
  rc = sqlite3_bind_text(st, 1, component, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 2, metric, -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 3, a);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 4, b);
  if (rc != SQLITE_OK) {
    rc = hf_fail_db(s, rc);
    goto done;
  }
  rc = hf_step(s, st);
  if (rc == SQLITE_ROW) {
    int type = sqlite3_column_type(st, 0);
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
      *out = sqlite3_column_double(st, 0);
    }
  }
  if (rc == SQLITE_ROW || rc == SQLITE_DONE) rc = SQLITE_OK;
done:
  hf_finalize(st);
  return rc;
}

int hf_record_newest(hf_session *s, const char *component, const char *metric,
                     double lo, double hi, double *ts) {
  return record_number(s, "max(ts)", "ts > ?3 AND ts < ?4", component, metric,
                       lo, hi, ts);
}

int hf_record_value(hf_session *s, const char *component, const char *metric,
                    double ts, double *value) {
  return record_number(s, "value", "ts BETWEEN ?3 AND ?4", component, metric,
                       ts, ts, value);
}
