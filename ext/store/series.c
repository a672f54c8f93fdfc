/*
** series.c: reading a source one component at a time, once it is open
** (series_open.c).
**
** Texts sort after numbers in SQLite, so that reading backwards meets them
** first; a component with times as text is read whole and sorted here.
*/
#include "series_reader.h"

#include <math.h>
#include <string.h>

/* Turns what was read into the component's samples. */
static int series_finish(hf_reader *r, hf_buffer *b, hf_component *c) {
  c->samples.step = r->src.step;
  c->seen = b->seen;
  return hf_buffer_finish(r->s, b, r->newest, &c->samples);
}

/* ---- keys */

static int series_keep_key(hf_reader *r, sqlite3_value *v) {
  sqlite3_value_free(r->key);
  r->key = v != NULL ? sqlite3_value_dup(v) : NULL;
  r->has_key = r->key != NULL;
  if (v != NULL && r->key == NULL) return hf_fail(r->s, SQLITE_NOMEM, NULL);
  return SQLITE_OK;
}

/* Names the component that `key` holds. */
static int series_name(hf_reader *r, hf_component *c) {
  const char *text = NULL;
  c->key = r->src.key != NULL || r->src.metric != NULL ? r->key : NULL;
  c->name = "";
  if (c->key == NULL || sqlite3_value_type(c->key) == SQLITE_NULL) {
    return SQLITE_OK;
  }
  text = (const char *)sqlite3_value_text(c->key);
  if (text == NULL) return hf_fail(r->s, SQLITE_NOMEM, NULL);
  c->name = text;
  return SQLITE_OK;
}

/* ---- reading */

static int series_bind(hf_reader *r, sqlite3_stmt *st, int i,
                       sqlite3_value *v) {
  int rc;
  if (i > sqlite3_bind_parameter_count(st)) return SQLITE_OK;
  rc = sqlite3_bind_value(st, i, v);
  return rc == SQLITE_OK ? SQLITE_OK : hf_fail_db(r->s, rc);
}

static int series_bind_as_of(hf_reader *r, sqlite3_stmt *st) {
  int rc;
  if (sqlite3_bind_parameter_count(st) < 2) return SQLITE_OK;
  rc = sqlite3_bind_double(st, 2, fmin(r->as_of, HF_TS_MAX));
  return rc == SQLITE_OK ? SQLITE_OK : hf_fail_db(r->s, rc);
}

static int series_reset(hf_reader *r, sqlite3_stmt *st) {
  int rc = sqlite3_reset(st);
  return rc == SQLITE_OK ? SQLITE_OK : hf_fail_db(r->s, rc);
}

/* Seek: 1 when some stamp of the key is a text (or out of range). */
static int series_probe(hf_reader *r, sqlite3_value *key, int *texts) {
  int rc;
  *texts = 0;
  if (r->probe == NULL) return SQLITE_OK;
  if (key != NULL) {
    rc = series_bind(r, r->probe, 1, key);
    if (rc != SQLITE_OK) return rc;
  }
  rc = hf_step(r->s, r->probe);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
  *texts = rc == SQLITE_ROW;
  return series_reset(r, r->probe);
}

/* Seek: all rows of the key, for times as text. */
static int series_read_whole(hf_reader *r, sqlite3_value *key, hf_buffer *b) {
  hf_session *s = r->s;
  const hf_source *x = &r->src;
  sqlite3_stmt *st = NULL;
  int rc;
  memset(b, 0, sizeof(*b));
  if (x->key == NULL) {
    rc = hf_prepare(s, &st,
                    "SELECT NULL, t.\"%w\", t.\"%w\" FROM \"%w\".\"%w\" AS t",
                    x->ts, x->value, x->schema, x->table);
  } else {
    rc = hf_prepare(s, &st,
                    "SELECT t.\"%w\", t.\"%w\", t.\"%w\" FROM \"%w\".\"%w\" AS "
                    "t WHERE t.\"%w\" COLLATE BINARY IS ?1",
                    x->key, x->ts, x->value, x->schema, x->table, x->key);
    if (rc == SQLITE_OK) rc = series_bind(r, st, 1, key);
  }
  while (rc == SQLITE_OK) {
    rc = hf_step(s, st);
    if (rc != SQLITE_ROW) break;
    if (x->key != NULL && !hf_same_key(st, 0, key)) {
      rc = SQLITE_OK;
      continue;
    }
    rc = hf_buffer_add(r->s, &r->src, st, r->as_of, b);
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Seek: the newest rows of the key. */
static int series_read_key(hf_reader *r, sqlite3_value *key, hf_buffer *b) {
  hf_session *s = r->s;
  int texts;
  int rc = series_probe(r, key, &texts);
  if (rc != SQLITE_OK) return rc;
  if (texts) return series_read_whole(r, key, b);
  if (key != NULL) rc = series_bind(r, r->rows, 1, key);
  if (rc == SQLITE_OK) rc = series_bind_as_of(r, r->rows);
  while (rc == SQLITE_OK && (r->newest == 0 || b->n < r->newest)) {
    rc = hf_step(s, r->rows);
    if (rc != SQLITE_ROW) break;
    if (key != NULL && !hf_same_key(r->rows, 0, key)) {
      rc = SQLITE_OK;
      continue;
    }
    if (sqlite3_column_type(r->rows, 1) == SQLITE_TEXT) {
      rc = series_reset(r, r->rows);
      return rc == SQLITE_OK ? series_read_whole(r, key, b) : rc;
    }
    rc = hf_buffer_add(r->s, &r->src, r->rows, r->as_of, b);
  }
  if (rc != SQLITE_OK && rc != SQLITE_DONE) return rc;
  return series_reset(r, r->rows);
}

/* Seek: the key after the last one; NULL comes first. */
static int series_next_key(hf_reader *r) {
  sqlite3_stmt *st = r->follow;
  int rc = SQLITE_OK;
  if (!r->has_key && !r->nulls_done) {
    r->nulls_done = 1;
    rc = hf_step(r->s, r->nulls);
    if (rc == SQLITE_ROW) {
      rc = series_keep_key(r, sqlite3_column_value(r->nulls, 0));
      return rc == SQLITE_OK ? SQLITE_ROW : rc;
    }
    if (rc != SQLITE_DONE) return rc;
  }
  if (!r->has_key || sqlite3_value_type(r->key) == SQLITE_NULL) {
    st = r->first;
  } else {
    rc = series_bind(r, st, 1, r->key);
    if (rc != SQLITE_OK) return rc;
  }
  rc = hf_step(r->s, st);
  if (rc != SQLITE_ROW) return rc;
  rc = series_keep_key(r, sqlite3_column_value(st, 0));
  if (rc == SQLITE_OK) rc = series_reset(r, st);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static int series_next_seek(hf_reader *r, hf_component *c) {
  hf_buffer b;
  int rc;
  memset(&b, 0, sizeof(b));
  if (r->src.key == NULL || r->one) {
    r->done = 1;
    rc = r->one ? series_keep_key(r, r->want) : SQLITE_OK;
  } else {
    rc = series_next_key(r);
    if (rc != SQLITE_ROW) return rc;
    rc = SQLITE_OK;
  }
  if (rc != SQLITE_OK) return rc;
  rc = series_read_key(r, r->src.key != NULL ? r->key : NULL, &b);
  if (rc != SQLITE_OK) return rc;
  if (r->one && b.seen == 0) return SQLITE_DONE;
  rc = series_finish(r, &b, c);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* Scan: the rows up to the next key. */
static int series_next_scan(hf_reader *r, hf_component *c) {
  hf_session *s = r->s;
  hf_buffer b;
  int rc = SQLITE_OK;
  int keyed = r->src.key != NULL;
  memset(&b, 0, sizeof(b));
  if (keyed && !r->pending) {
    rc = hf_step(s, r->rows);
    while (rc == SQLITE_ROW && r->one && !hf_same_key(r->rows, 0, r->want)) {
      rc = hf_step(s, r->rows);
    }
    if (rc != SQLITE_ROW) return rc;
    r->pending = 1;
  }
  if (keyed) rc = series_keep_key(r, sqlite3_column_value(r->rows, 0));
  while (rc == SQLITE_OK) {
    if (!r->pending) {
      rc = hf_step(s, r->rows);
      if (rc != SQLITE_ROW) break;
      r->pending = 1;
      rc = SQLITE_OK;
    }
    if (keyed && !hf_same_key(r->rows, 0, r->key)) {
      if (!r->one) break; /* the first row of the next component */
      r->pending = 0;
      continue;
    }
    rc = hf_buffer_add(r->s, &r->src, r->rows, r->as_of, &b);
    r->pending = 0;
  }
  if (rc == SQLITE_DONE) {
    r->done = 1;
    rc = SQLITE_OK;
  }
  if (rc != SQLITE_OK) return rc;
  rc = series_finish(r, &b, c);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static int series_read_id(hf_reader *r, sqlite3_int64 id, hf_buffer *b) {
  hf_session *s = r->s;
  int rc = sqlite3_bind_int64(r->rows, 1, id);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  rc = series_bind_as_of(r, r->rows);
  while (rc == SQLITE_OK && (r->newest == 0 || b->n < r->newest)) {
    rc = hf_step(s, r->rows);
    if (rc != SQLITE_ROW) break;
    rc = hf_buffer_add(r->s, &r->src, r->rows, r->as_of, b);
  }
  if (rc != SQLITE_OK && rc != SQLITE_DONE) return rc;
  return series_reset(r, r->rows);
}

static int series_next_narrow(hf_reader *r, hf_component *c) {
  hf_buffer b;
  const char *kind;
  int rc;
  memset(&b, 0, sizeof(b));
  for (;;) {
    rc = hf_step(r->s, r->names);
    if (rc != SQLITE_ROW) return rc;
    if (!r->one || hf_same_key(r->names, 1, r->want)) break;
  }
  rc = series_keep_key(r, sqlite3_column_value(r->names, 1));
  if (rc != SQLITE_OK) return rc;
  kind = "NULL";
  if (sqlite3_column_type(r->names, 2) != SQLITE_NULL) {
    kind = (const char *)sqlite3_column_text(r->names, 2);
  }
  if (kind == NULL) return hf_fail(r->s, SQLITE_NOMEM, NULL);
  if (hf_kind_from_text(kind, &c->samples.kind) != HF_OK) {
    return hf_fail(r->s, SQLITE_ERROR,
                   "hf_metric_names: kind must be " HF_KINDS ", got '%.100s'",
                   kind);
  }
  rc = series_read_id(r, sqlite3_column_int64(r->names, 0), &b);
  if (rc == SQLITE_OK) rc = series_finish(r, &b, c);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

/* Packed: cut at as_of and at the newest. A packed series has no component;
** asking for one finds nothing. */
static int series_next_packed(hf_reader *r, hf_component *c) {
  hf_samples *x = &c->samples;
  size_t n = 0;
  int rc;
  r->done = 1;
  if (r->one) return SQLITE_DONE;
  *x = r->packed;
  c->seen = x->n;
  rc = hf_samples_sort(&r->s->work, x);
  if (rc != HF_OK) return hf_fail_ops(r->s, rc);
  while (n < x->n && x->ts[n] <= r->as_of) n++;
  x->n = n;
  hf_samples_trim(x, r->newest);
  return SQLITE_ROW;
}

int hf_reader_next(hf_reader *r, hf_component *c) {
  int rc;
  memset(c, 0, sizeof(*c));
  c->name = "";
  c->samples.kind = r->src.kind;
  if (r->done) return SQLITE_DONE;
  /* a component of a source without components is found nowhere */
  if (r->one && r->mode != SERIES_NARROW && r->src.key == NULL) {
    return SQLITE_DONE;
  }
  switch (r->mode) {
  case SERIES_PACKED:
    rc = series_next_packed(r, c);
    break;
  case SERIES_NARROW:
    rc = series_next_narrow(r, c);
    break;
  case SERIES_SEEK:
    rc = series_next_seek(r, c);
    break;
  default:
    rc = series_next_scan(r, c);
    break;
  }
  if (rc != SQLITE_ROW) return rc;
  rc = series_name(r, c);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}
