/*
** starts.c: how components began (starts.h).
*/
#include "starts.h"

#include <math.h>

/* A number of a row within lo..hi, else NaN. */
static double starts_real(sqlite3_stmt *st, int col, double lo, double hi) {
  int type = sqlite3_column_type(st, col);
  double v = sqlite3_column_double(st, col);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return NAN;
  return v >= lo && v <= hi ? v : NAN;
}

int hf_starts_read(hf_starts *t, sqlite3_value *component, size_t most,
                   hf_start *row, size_t *n) {
  hf_session *s = t->s;
  int rc = SQLITE_OK;
  *n = 0;
  if (t->read == NULL) {
    rc = hf_prepare(s, &t->read,
                    "SELECT metric, first_ts, start"
                    " FROM \"%w\".hf_learned_starts WHERE component = ?1"
                    " LIMIT ?2",
                    s->schema);
  }
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_value(t->read, 1, component);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_int64(t->read, 2, (sqlite3_int64)most);
  }
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  while ((rc = hf_step(s, t->read)) == SQLITE_ROW && *n < most) {
    const char *metric = (const char *)sqlite3_column_text(t->read, 0);
    hf_start *r = &row[*n];
    r->first = starts_real(t->read, 1, -HF_TS_MAX, HF_TS_MAX);
    r->value = starts_real(t->read, 2, -1e300, 1e300);
    if (metric == NULL || isnan(r->first)) continue;
    r->metric = hf_strdup(&s->work, metric);
    if (r->metric == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
      break;
    }
    (*n)++;
  }
  sqlite3_reset(t->read);
  return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int hf_starts_write(hf_starts *t, sqlite3_value *component,
                    const hf_start *row) {
  hf_session *s = t->s;
  int rc;
  if (t->write == NULL) {
    rc = hf_prepare_write(
        s, &t->write,
        "INSERT INTO \"%w\".hf_learned_starts(component, metric, first_ts,"
        " start) VALUES(?1, ?2, ?3, ?4)");
    if (rc != SQLITE_OK) return rc;
  }
  rc = sqlite3_bind_value(t->write, 1, component);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(t->write, 2, row->metric, -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(t->write, 3, row->first);
  if (rc == SQLITE_OK) { /* NaN is stored as NULL */
    rc = sqlite3_bind_double(t->write, 4, row->value);
  }
  return rc == SQLITE_OK ? hf_write(s, t->write) : hf_fail_db(s, rc);
}

void hf_starts_close(hf_starts *t) {
  hf_finalize(t->read);
  hf_finalize(t->write);
}
