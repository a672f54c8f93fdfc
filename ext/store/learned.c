/*
** learned.c: what hf_learn() keeps, in plain tables (learned.h).
**
** Four tables: hf_learned, a row a kind; hf_learned_lives, the failures it
** rests on; hf_learned_metrics; hf_learned_values, named arrays of numbers, a
** row a number. hf_learned_starts is that of starts.c. Foreign hands can write
** all of them, with CHECKs switched off or a file crafted byte by byte.
*/
#include "learned.h"

#include <math.h>
#include <string.h>

int hf_learned_there(hf_session *s, int *there) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT count(*) = 5 FROM \"%w\".sqlite_master"
                      " WHERE type = 'table' AND name COLLATE NOCASE IN"
                      " ('hf_learned', 'hf_learned_lives',"
                      " 'hf_learned_metrics', 'hf_learned_starts',"
                      " 'hf_learned_values')",
                      s->schema);
  *there = 0;
  if (rc == SQLITE_OK) rc = hf_step(s, st);
  if (rc == SQLITE_ROW) {
    *there = sqlite3_column_int(st, 0);
    rc = SQLITE_OK;
  }
  hf_finalize(st);
  return rc;
}

/* ---- reading */

/* A number within its range. 1, or 0 and *out untouched. */
static int learned_real(sqlite3_stmt *st, int col, double lo, double hi,
                        double *out) {
  int type = sqlite3_column_type(st, col);
  double v = sqlite3_column_double(st, col);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return 0;
  if (!(v >= lo && v <= hi)) return 0;
  *out = v;
  return 1;
}

static int learned_count(sqlite3_stmt *st, int col, sqlite3_int64 hi,
                         sqlite3_int64 *out) {
  sqlite3_int64 v = sqlite3_column_int64(st, col);
  if (sqlite3_column_type(st, col) != SQLITE_INTEGER) return 0;
  if (v < 0 || v > hi) return 0;
  *out = v;
  return 1;
}

static int learned_mark(sqlite3_stmt *st, int col, sqlite3_int64 *out) {
  if (sqlite3_column_type(st, col) != SQLITE_INTEGER) return 0;
  *out = sqlite3_column_int64(st, col);
  return 1;
}

/* A text of the row, copied to s->hold: 1, 0 for what is none, or out of
** memory with its error set (*rc). */
static int learned_text(hf_session *s, sqlite3_stmt *st, int col,
                        const char **out, int *rc) {
  const char *z;
  if (sqlite3_column_type(st, col) != SQLITE_TEXT) return 0;
  z = (const char *)sqlite3_column_text(st, col);
  *out = z == NULL ? NULL : hf_strdup(&s->hold, z);
  if (*out == NULL) *rc = hf_fail(s, SQLITE_NOMEM, NULL);
  return 1;
}

static int learned_ask(hf_session *s, sqlite3_stmt **st, const char *kind,
                       sqlite3_int64 most, const char *fmt) {
  int rc = hf_prepare(s, st, fmt, s->schema);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_text(*st, 1, kind, -1, SQLITE_TRANSIENT);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(*st, 2, most);
  return rc == SQLITE_OK ? SQLITE_OK : hf_fail_db(s, rc);
}

int hf_learned_row(hf_session *s, const char *kind, hf_learned *out,
                   const char **bad) {
  sqlite3_stmt *st = NULL;
  sqlite3_int64 version = 0, lives = 0;
  int rc = learned_ask(
      s, &st, kind, 1,
      "SELECT method, version, as_of_ts, failures, lives, components,"
      " component_hours, failures_mark, components_mark"
      " FROM \"%w\".hf_learned WHERE kind = ?1 LIMIT ?2");
  memset(out, 0, sizeof(*out));
  out->kind = kind;
  *bad = NULL;
  if (rc == SQLITE_OK) rc = hf_step(s, st);
  if (rc == SQLITE_ROW) {
    int ok = learned_text(s, st, 0, &out->method, &rc) &&
             learned_count(st, 1, 1000000, &version) &&
             learned_real(st, 2, -HF_TS_MAX, HF_TS_MAX, &out->as_of) &&
             learned_count(st, 3, 1000000000000LL, &out->failures) &&
             learned_count(st, 4, HF_LEARNED_LIVES, &lives) &&
             learned_count(st, 5, 1000000000000LL, &out->components) &&
             learned_real(st, 6, 0, 1e18, &out->hours) &&
             learned_mark(st, 7, &out->failures_mark) &&
             learned_mark(st, 8, &out->components_mark);
    if (!ok) *bad = "a row of hf_learned holds what hf_learn() never writes";
    out->version = (int)version;
    out->lives = (size_t)lives;
  }
  hf_finalize(st);
  return rc;
}

int hf_learned_lives(hf_session *s, hf_learned *l, const char **bad) {
  sqlite3_stmt *st = NULL;
  size_t n = 0;
  int rc = learned_ask(s, &st, l->kind, (sqlite3_int64)l->lives + 1,
                       "SELECT component, failed_ts, newest_ts, newest_mark"
                       " FROM \"%w\".hf_learned_lives WHERE kind = ?1"
                       " ORDER BY failed_ts, component LIMIT ?2");
  *bad = NULL;
  l->life = hf_work_alloc(&s->hold, l->lives, sizeof(*l->life));
  if (rc == SQLITE_OK && l->life == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
  while (rc == SQLITE_OK && (rc = hf_step(s, st)) == SQLITE_ROW) {
    hf_learned_life *e = &l->life[n];
    rc = SQLITE_OK;
    if (n++ == l->lives) break;
    e->newest = NAN;
    if (!learned_text(s, st, 0, &e->name, &rc) ||
        !learned_real(st, 1, -HF_TS_MAX, HF_TS_MAX, &e->failed) ||
        !learned_mark(st, 3, &e->mark) ||
        (sqlite3_column_type(st, 2) != SQLITE_NULL &&
         !learned_real(st, 2, -HF_TS_MAX, e->failed, &e->newest))) {
      *bad = "a row of hf_learned_lives holds what hf_learn() never writes";
      break;
    }
  }
  hf_finalize(st);
  if (rc != SQLITE_OK && rc != SQLITE_DONE) return rc;
  if (*bad == NULL && n != l->lives) {
    *bad = "hf_learned_lives does not hold as many lives as hf_learned says";
  }
  return SQLITE_OK;
}

static int learned_metrics(hf_session *s, hf_learned *l, const char **bad) {
  sqlite3_stmt *st = NULL;
  sqlite3_int64 position = 0;
  int rc = learned_ask(s, &st, l->kind, HF_LEARNED_METRICS + 1,
                       "SELECT position, metric FROM \"%w\".hf_learned_metrics"
                       " WHERE kind = ?1 ORDER BY position LIMIT ?2");
  l->metric =
      hf_work_alloc(&s->hold, HF_LEARNED_METRICS + 1, sizeof(*l->metric));
  l->metrics = 0;
  if (rc == SQLITE_OK && l->metric == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
  while (rc == SQLITE_OK && (rc = hf_step(s, st)) == SQLITE_ROW) {
    rc = SQLITE_OK;
    if (!learned_count(st, 0, HF_LEARNED_METRICS - 1, &position) ||
        position != (sqlite3_int64)l->metrics ||
        !learned_text(s, st, 1, &l->metric[l->metrics], &rc)) {
      *bad = "hf_learned_metrics does not hold the metrics one by one";
      break;
    }
    l->metrics++;
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Ends the part that is being read: its values get room of their own. */
static int learned_end(hf_session *s, hf_learned *l, const char *name,
                       const double *value, size_t n) {
  double *to;
  if (n == 0) return SQLITE_OK;
  to = hf_parts_add(&s->hold, &l->parts, name, n);
  if (to == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  memcpy(to, value, n * sizeof(*to));
  return SQLITE_OK;
}

static int learned_values(hf_session *s, hf_learned *l, size_t most,
                          const char **bad) {
  sqlite3_stmt *st = NULL;
  const char *name = "";
  size_t n = 0, all = 0, room = 0;
  double *value = NULL;
  int rc =
      learned_ask(s, &st, l->kind, (sqlite3_int64)most + 1,
                  "SELECT part, position, value FROM \"%w\".hf_learned_values"
                  " WHERE kind = ?1 ORDER BY part, position LIMIT ?2");
  while (rc == SQLITE_OK && (rc = hf_step(s, st)) == SQLITE_ROW) {
    sqlite3_int64 position = 0;
    const char *part = (const char *)sqlite3_column_text(st, 0);
    rc = SQLITE_OK;
    if (part == NULL || all++ == most) {
      *bad = "hf_learned_values holds more than hf_learn() ever writes";
      break;
    }
    if (strcmp(part, name) != 0) {
      rc = learned_end(s, l, name, value, n);
      name = hf_strdup(&s->hold, part);
      if (name == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
      if (rc != SQLITE_OK) break;
      n = 0;
    }
    if (n == room) {
      double *more;
      room = room == 0 ? 4096 : 2 * room;
      more = hf_work_reals(&s->work, room);
      if (more == NULL) {
        rc = hf_fail(s, SQLITE_NOMEM, NULL);
        break;
      }
      if (n > 0) memcpy(more, value, n * sizeof(*more));
      value = more;
    }
    if (!learned_count(st, 1, (sqlite3_int64)most, &position) ||
        position != (sqlite3_int64)n ||
        !learned_real(st, 2, -1e300, 1e300, &value[n])) {
      *bad = "a row of hf_learned_values holds what hf_learn() never writes";
      break;
    }
    n++;
  }
  hf_finalize(st);
  if (rc != SQLITE_OK && rc != SQLITE_DONE) return rc;
  return *bad == NULL ? learned_end(s, l, name, value, n) : SQLITE_OK;
}

int hf_learned_parts(hf_session *s, size_t most, hf_learned *l,
                     const char **bad) {
  hf_mark mark = hf_work_mark(&s->work);
  int rc;
  *bad = NULL;
  rc = learned_metrics(s, l, bad);
  if (rc == SQLITE_OK && *bad == NULL) rc = learned_values(s, l, most, bad);
  hf_work_release(&s->work, mark);
  return rc;
}

/* ---- writing */

/* Writes a row that was bound with this code. */
static int learned_run(hf_session *s, sqlite3_stmt *st, int rc) {
  return rc == SQLITE_OK ? hf_write(s, st) : hf_fail_db(s, rc);
}

int hf_learned_lock(hf_session *s, sqlite3_stmt **out) {
  return hf_prepare_write(s, out, "DELETE FROM \"%w\".hf_learned WHERE 0");
}

static int learned_clear(hf_session *s) {
  static const char *const all[] = {"DELETE FROM \"%w\".hf_learned",
                                    "DELETE FROM \"%w\".hf_learned_lives",
                                    "DELETE FROM \"%w\".hf_learned_metrics",
                                    "DELETE FROM \"%w\".hf_learned_starts",
                                    "DELETE FROM \"%w\".hf_learned_values"};
  size_t i;
  int rc = SQLITE_OK;
  for (i = 0; rc == SQLITE_OK && i < sizeof(all) / sizeof(all[0]); i++) {
    sqlite3_stmt *st = NULL;
    rc = hf_prepare_write(s, &st, all[i]);
    if (rc == SQLITE_OK) rc = learned_run(s, st, SQLITE_OK);
    hf_finalize(st);
  }
  return rc;
}

/* The statements that write, in the order of the tables. */
typedef struct learned_pen {
  sqlite3_stmt *row, *life, *metric, *value;
} learned_pen;

static int learned_pens(hf_session *s, learned_pen *p) {
  int rc;
  memset(p, 0, sizeof(*p));
  rc = hf_prepare_write(
      s, &p->row,
      "INSERT INTO \"%w\".hf_learned(kind, method, version, as_of_ts,"
      " failures, lives, components, component_hours, failures_mark,"
      " components_mark) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
  if (rc == SQLITE_OK) {
    rc = hf_prepare_write(
        s, &p->life,
        "INSERT INTO \"%w\".hf_learned_lives(kind, component, failed_ts,"
        " newest_ts, newest_mark) VALUES(?1, ?2, ?3, ?4, ?5)");
  }
  if (rc == SQLITE_OK) {
    rc = hf_prepare_write(
        s, &p->metric,
        "INSERT INTO \"%w\".hf_learned_metrics(kind, position, metric)"
        " VALUES(?1, ?2, ?3)");
  }
  if (rc == SQLITE_OK) {
    rc = hf_prepare_write(
        s, &p->value,
        "INSERT INTO \"%w\".hf_learned_values(kind, part, position, value)"
        " VALUES(?1, ?2, ?3, ?4)");
  }
  return rc;
}

static int learned_write_row(hf_session *s, sqlite3_stmt *st,
                             const hf_learned *l) {
  int rc = sqlite3_bind_text(st, 1, l->kind, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 2, l->method, -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) rc = sqlite3_bind_int(st, 3, l->version);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 4, l->as_of);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 5, l->failures);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_int64(st, 6, (sqlite3_int64)l->lives);
  }
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 7, l->components);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 8, l->hours);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 9, l->failures_mark);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 10, l->components_mark);
  return learned_run(s, st, rc);
}

static int learned_write_life(hf_session *s, sqlite3_stmt *st, const char *kind,
                              const hf_learned_life *e) {
  int rc = sqlite3_bind_text(st, 1, kind, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 2, e->name, -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 3, e->failed);
  if (rc == SQLITE_OK) { /* NaN is stored as NULL */
    rc = sqlite3_bind_double(st, 4, e->newest);
  }
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 5, e->mark);
  return learned_run(s, st, rc);
}

static int learned_write_part(hf_session *s, sqlite3_stmt *st, const char *kind,
                              const hf_part *p) {
  size_t i;
  int rc = sqlite3_bind_text(st, 1, kind, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 2, p->name, -1, SQLITE_STATIC);
  }
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  for (i = 0; rc == SQLITE_OK && i < p->n; i++) {
    rc = sqlite3_bind_int64(st, 3, (sqlite3_int64)i);
    if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 4, p->value[i]);
    rc = learned_run(s, st, rc);
    if (rc == SQLITE_OK && (i & 1023) == 1023) rc = hf_pulse(s);
  }
  return rc;
}

static int learned_write_kind(hf_session *s, const learned_pen *p,
                              const hf_learned *l) {
  size_t i;
  int rc = learned_write_row(s, p->row, l);
  for (i = 0; rc == SQLITE_OK && i < l->lives; i++) {
    rc = learned_write_life(s, p->life, l->kind, &l->life[i]);
  }
  for (i = 0; rc == SQLITE_OK && i < l->metrics; i++) {
    rc = sqlite3_bind_text(p->metric, 1, l->kind, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK) {
      rc = sqlite3_bind_int64(p->metric, 2, (sqlite3_int64)i);
    }
    if (rc == SQLITE_OK) {
      rc = sqlite3_bind_text(p->metric, 3, l->metric[i], -1, SQLITE_STATIC);
    }
    rc = learned_run(s, p->metric, rc);
  }
  for (i = 0; rc == SQLITE_OK && i < l->parts.n; i++) {
    rc = learned_write_part(s, p->value, l->kind, &l->parts.part[i]);
  }
  return rc;
}

int hf_learned_write(hf_session *s, const hf_learned *kinds, size_t n) {
  learned_pen pen;
  size_t i;
  int rc = learned_pens(s, &pen);
  if (rc == SQLITE_OK) rc = learned_clear(s);
  for (i = 0; rc == SQLITE_OK && i < n; i++) {
    rc = learned_write_kind(s, &pen, &kinds[i]);
  }
  hf_finalize(pen.row);
  hf_finalize(pen.life);
  hf_finalize(pen.metric);
  hf_finalize(pen.value);
  return rc;
}
