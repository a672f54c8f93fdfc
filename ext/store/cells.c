/*
** cells.c: one row of a source to a sample, and the samples of a component.
**
** A column is asked for once, as a sqlite3_value: each sqlite3_column_...()
** takes the mutex of the connection, a sqlite3_value_...() does not. It need
** not: whoever reads is called by SQLite from within a step, which holds it.
*/
#include "cells.h"

#include <math.h>
#include <string.h>

static int cells_grow(hf_session *s, hf_buffer *b) {
  size_t room = b->room == 0 ? 256 : b->room * 2;
  double *ts = hf_work_reals(&s->work, room);
  double *value = hf_work_reals(&s->work, room);
  if (ts == NULL || value == NULL) return hf_fail_ops(s, HF_ENOMEM);
  if (b->n > 0) {
    memcpy(ts, b->ts, b->n * sizeof(double));
    memcpy(value, b->value, b->n * sizeof(double));
  }
  b->ts = ts;
  b->value = value;
  b->room = room;
  return SQLITE_OK;
}

static int cells_bad_time(hf_session *s, const hf_source *src,
                          const char *text) {
  return hf_fail(s, SQLITE_ERROR,
                 "%s: column %s holds '%.100s'; times are unix seconds or RFC "
                 "3339 texts",
                 src->name, src->ts, text);
}

/* A number in a text column, by SQLite's own reading of numbers. */
static int cells_text_number(hf_session *s, sqlite3_value *text, int *is_number,
                             double *out) {
  sqlite3_value *v = sqlite3_value_dup(text);
  int type;
  if (v == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  type = sqlite3_value_numeric_type(v);
  *is_number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
  *out = sqlite3_value_double(v);
  sqlite3_value_free(v);
  return SQLITE_OK;
}

/* Reads a time that is no number: SQLITE_OK and *ts, NaN for NULL. */
static int cells_time_text(hf_session *s, const hf_source *src,
                           sqlite3_value *v, double *ts) {
  int type = sqlite3_value_type(v), number = 0, rc;
  const char *text;
  size_t bytes;
  *ts = NAN;
  if (type == SQLITE_NULL) return SQLITE_OK;
  if (type == SQLITE_BLOB) return cells_bad_time(s, src, "a blob");
  text = (const char *)sqlite3_value_text(v);
  bytes = (size_t)sqlite3_value_bytes(v);
  if (text == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  if (hf_time_from_text(text, bytes, ts) == HF_OK) return SQLITE_OK;
  rc = cells_text_number(s, v, &number, ts);
  if (rc != SQLITE_OK || number) return rc;
  return cells_bad_time(s, src, text);
}

/* Reads a time: SQLITE_OK and *ts, NaN for NULL. */
static int cells_time(hf_session *s, const hf_source *src, sqlite3_value *v,
                      double *ts) {
  int type = sqlite3_value_type(v), rc = SQLITE_OK;
  if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
    *ts = sqlite3_value_double(v);
  } else {
    rc = cells_time_text(s, src, v, ts);
    if (rc != SQLITE_OK || isnan(*ts)) return rc;
  }
  if (*ts >= -HF_TS_MAX && *ts <= HF_TS_MAX) return SQLITE_OK;
  return hf_fail(s, SQLITE_ERROR,
                 "%s: time %.15g is beyond 1e11 seconds; milliseconds? divide "
                 "the column by 1000 in a view",
                 src->name, *ts);
}

/* Reads a value that is no number: SQLITE_OK and *x, NaN for NULL and ''. */
static int cells_number_text(hf_session *s, const hf_source *src,
                             sqlite3_value *v, double *x) {
  int type = sqlite3_value_type(v), number = 0, rc;
  const char *text;
  *x = NAN;
  if (type == SQLITE_NULL) return SQLITE_OK;
  if (type == SQLITE_BLOB) {
    return hf_fail(s, SQLITE_ERROR,
                   "%s: a value is a blob; cast or filter it in a view",
                   src->name);
  }
  text = (const char *)sqlite3_value_text(v);
  if (text == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  if (text[0] == 0) return SQLITE_OK;
  rc = cells_text_number(s, v, &number, x);
  if (rc != SQLITE_OK || number) return rc;
  return hf_fail(s, SQLITE_ERROR,
                 "%s: value '%.100s' is no number; cast or filter it in a "
                 "view",
                 src->name, text);
}

/* Reads a value: SQLITE_OK and *x, NaN for NULL, '' and infinity. */
static int cells_number(hf_session *s, const hf_source *src, sqlite3_value *v,
                        double *x) {
  int type = sqlite3_value_type(v), rc = SQLITE_OK;
  if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
    *x = sqlite3_value_double(v);
  } else {
    rc = cells_number_text(s, src, v, x);
    if (rc != SQLITE_OK) return rc;
  }
  if (isinf(*x)) *x = NAN;
  if (isnan(*x) || fabs(*x) <= HF_VALUE_MAX) return SQLITE_OK;
  return hf_fail(
      s, SQLITE_ERROR,
      "%s: value %.15g is beyond 1e100; scale or filter it in a view",
      src->name, *x);
}

int hf_buffer_add(hf_session *s, const hf_source *src, sqlite3_stmt *st,
                  double as_of, hf_buffer *b) {
  double ts;
  double x;
  int rc = cells_time(s, src, sqlite3_column_value(st, 1), &ts);
  b->seen++;
  if (rc != SQLITE_OK || isnan(ts) || ts > as_of) return rc;
  rc = cells_number(s, src, sqlite3_column_value(st, 2), &x);
  if (rc != SQLITE_OK) return rc;
  if (b->n == b->room) {
    rc = cells_grow(s, b);
    if (rc != SQLITE_OK) return rc;
  }
  b->ts[b->n] = ts;
  b->value[b->n] = x;
  b->n++;
  return SQLITE_OK;
}

void hf_samples_trim(hf_samples *x, size_t newest) {
  if (newest == 0 || x->n <= newest) return;
  x->ts += x->n - newest;
  x->value += x->n - newest;
  x->n = newest;
}

int hf_buffer_finish(hf_session *s, hf_buffer *b, size_t newest,
                     hf_samples *x) {
  size_t i;
  int rc;
  x->ts = b->ts;
  x->value = b->value;
  x->n = b->n;
  if (x->n > 1 && x->ts[0] > x->ts[x->n - 1]) {
    for (i = 0; i < x->n / 2; i++) {
      size_t j = x->n - 1 - i;
      double ts = x->ts[i];
      double value = x->value[i];
      x->ts[i] = x->ts[j];
      x->value[i] = x->value[j];
      x->ts[j] = ts;
      x->value[j] = value;
    }
  }
  rc = hf_samples_sort(&s->work, x);
  if (rc != HF_OK) return hf_fail_ops(s, rc);
  hf_samples_trim(x, newest);
  return SQLITE_OK;
}

static int cells_is_number(int type) {
  return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

int hf_same_key(sqlite3_stmt *st, int col, sqlite3_value *v) {
  sqlite3_value *c = sqlite3_column_value(st, col);
  int a = sqlite3_value_type(c), b = sqlite3_value_type(v), n;
  if (cells_is_number(a) && cells_is_number(b)) {
    if (a == SQLITE_INTEGER && b == SQLITE_INTEGER)
      return sqlite3_value_int64(c) == sqlite3_value_int64(v);
    return sqlite3_value_double(c) == sqlite3_value_double(v);
  }
  if (a != b) return 0;
  if (a == SQLITE_NULL) return 1;
  n = sqlite3_value_bytes(c);
  if (n != sqlite3_value_bytes(v)) return 0;
  return n == 0 ||
         memcmp(sqlite3_value_blob(c), sqlite3_value_blob(v), (size_t)n) == 0;
}
