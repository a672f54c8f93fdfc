/*
** prune.c: raw samples that are old enough become buckets, batch by batch.
**
** A batch is up to PRUNE_BATCH rows of one component, oldest first. In one
** savepoint its values are merged into their buckets (store/rollup.c) and its
** rows are deleted. So a sample is at any time either a raw row or in the
** buckets: a process killed between two instructions loses none and counts none
** twice, and a sample that comes late, for a day that is rolled up already, is
** merged by the next call. The writer's lock is held for a batch, not for the
** call. (A stamp that is sent again after its row has become part of a bucket
** is a new sample; nothing tells it from one.)
**
** The rows of a component are found by its key and time, the primary key of
** all four tables; keys are found by one seek each. Nothing is scanned.
*/
#include "prune.h"
#include "clock.h"
#include "rollup.h"
#include "savepoint.h"
#include "source.h"

#include <math.h>
#include <string.h>

enum {
  PRUNE_BATCH = 10000, /* rows; about 10 ms of the writer's lock */
  PRUNE_MARGIN = 100,  /* rows read besides those of the batch */
  PRUNE_COLUMNS = 8    /* most value columns of a table */
};

/* One value column. */
typedef struct prune_column {
  const char *name;
  const char *series; /* what its buckets are filed under; in s->hold */
  hf_kind kind;
  sqlite3_int64 id; /* in hf_rollup_names; 0: not looked up in this batch */
  hf_bucket hour;   /* being filled; n 0: none */
  hf_bucket day;
} prune_column;

/* One table, with its statements. */
typedef struct prune_table {
  const char *name;
  const char *key; /* component column, id of the narrow table; NULL: none */
  const char *keys_table; /* where the keys are listed */
  int narrow;
  int columns;
  prune_column column[PRUNE_COLUMNS];
  sqlite3_stmt *first; /* key: the smallest */
  sqlite3_stmt *next;  /* key: the smallest above ?1 */
  sqlite3_stmt *names; /* narrow: component, metric, kind of id ?1 */
  sqlite3_stmt *edge;  /* of key ?1: oldest and newest stamp */
  sqlite3_stmt *rows;  /* of key ?1 before ?2, at most ?3, oldest first */
  sqlite3_stmt *drop;  /* of key ?1, ?2 to ?3 */
} prune_table;

typedef struct prune_run {
  hf_session *s;
  hf_pruned *out;
  double now; /* unix seconds; NaN: no row says */
  prune_table table[HF_PRUNE_TABLES];
  hf_rollup rollup;
  sqlite3_stmt *lock;       /* takes the write lock, writes nothing */
  sqlite3_value *key;       /* of the component under way; owned; NULL: none */
  sqlite3_value *component; /* its name; owned; NULL: no component */
} prune_run;

/* ---- statements */

static int prune_prepare(hf_session *s, sqlite3_stmt **out, char *sql) {
  int rc;
  if (sql == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = sqlite3_prepare_v2(s->db, sql, -1, out, NULL);
  sqlite3_free(sql);
  return rc == SQLITE_OK ? rc : hf_fail_db(s, rc);
}

/* "key = ?1 AND ", or nothing. */
static char *prune_where(hf_session *s, const prune_table *t) {
  return t->key != NULL ? hf_format(&s->hold, "\"%w\" = ?1 AND ", t->key)
                        : hf_strdup(&s->hold, "");
}

static int prune_statements(hf_session *s, prune_table *t) {
  char *where = prune_where(s, t);
  char *columns = hf_strdup(&s->hold, "ts");
  int i;
  int rc;
  for (i = 0; i < t->columns && columns != NULL; i++) {
    columns = hf_format(&s->hold, "%s, \"%w\"", columns, t->column[i].name);
  }
  if (where == NULL || columns == NULL) return hf_fail_ops(s, HF_ENOMEM);
  rc = hf_prepare(s, &t->edge,
                  "SELECT (SELECT min(ts) FROM \"%w\".\"%w\" WHERE %s"
                  "ts BETWEEN -1e11 AND 1e11), (SELECT max(ts) FROM "
                  "\"%w\".\"%w\" WHERE %s ts BETWEEN -1e11 AND 1e11)",
                  s->schema, t->name, where, s->schema, t->name, where);
  if (rc == SQLITE_OK) {
    rc = hf_prepare(s, &t->rows,
                    "SELECT %s FROM \"%w\".\"%w\" WHERE %s ts >= -1e11 AND "
                    "ts < ?2 ORDER BY ts LIMIT ?3",
                    columns, s->schema, t->name, where);
  }
  if (rc == SQLITE_OK) {
    rc = prune_prepare(s, &t->drop,
                       sqlite3_mprintf("DELETE FROM \"%w\".\"%w\" WHERE %s "
                                       "ts BETWEEN ?2 AND ?3",
                                       s->schema, t->name, where));
  }
  if (rc != SQLITE_OK || t->key == NULL) return rc;
  rc = hf_prepare(s, &t->first, "SELECT min(\"%w\") FROM \"%w\".\"%w\"", t->key,
                  s->schema, t->keys_table);
  if (rc == SQLITE_OK) {
    rc = hf_prepare(s, &t->next,
                    "SELECT min(\"%w\") FROM \"%w\".\"%w\" WHERE \"%w\" > ?1",
                    t->key, s->schema, t->keys_table, t->key);
  }
  if (rc == SQLITE_OK && t->narrow) {
    rc = hf_prepare(s, &t->names,
                    "SELECT component, metric, kind FROM "
                    "\"%w\".hf_metric_names WHERE id = ?1",
                    s->schema);
  }
  return rc;
}

/* Fills in the value columns of a wide table. */
static int prune_columns(hf_session *s, prune_table *t) {
  const char *table;
  const char *key;
  const char *column;
  hf_kind kind;
  int i;
  for (i = 0; (column = hf_source_column(i, &table, &key, &kind)) != NULL;
       i++) {
    prune_column *c = &t->column[t->columns];
    if (strcmp(table, t->name) != 0 || t->columns == PRUNE_COLUMNS) continue;
    t->key = key;
    t->columns++;
    c->name = column;
    c->kind = kind;
    c->series = hf_format(&s->hold, "%s.%s", table, column);
    if (c->series == NULL) return hf_fail_ops(s, HF_ENOMEM);
  }
  return SQLITE_OK;
}

static int prune_open(prune_run *p) {
  static const char *const names[HF_PRUNE_TABLES] = {
      "hf_memory_stats", "hf_resource_metrics", "hf_health_metrics",
      "hf_metric_samples"};
  hf_session *s = p->s;
  int i;
  int rc = SQLITE_OK;
  for (i = 0; rc == SQLITE_OK && i < HF_PRUNE_TABLES; i++) {
    prune_table *t = &p->table[i];
    t->name = names[i];
    t->keys_table = names[i];
    p->out->table[i] = names[i];
    p->out->oldest[i] = NAN;
    if (i < HF_PRUNE_TABLES - 1) {
      rc = prune_columns(s, t);
    } else {
      t->narrow = 1;
      t->key = "id";
      t->keys_table = "hf_metric_names";
      t->columns = 1;
      t->column[0].name = "value";
    }
    if (rc == SQLITE_OK) rc = prune_statements(s, t);
  }
  if (rc == SQLITE_OK) rc = hf_rollup_open(&p->rollup, s);
  if (rc == SQLITE_OK) {
    rc = prune_prepare(
        s, &p->lock,
        sqlite3_mprintf("DELETE FROM \"%w\".hf_rollups WHERE 0", s->schema));
  }
  return rc;
}

static void prune_close(prune_run *p) {
  int i;
  for (i = 0; i < HF_PRUNE_TABLES; i++) {
    hf_finalize(p->table[i].first);
    hf_finalize(p->table[i].next);
    hf_finalize(p->table[i].names);
    hf_finalize(p->table[i].edge);
    hf_finalize(p->table[i].rows);
    hf_finalize(p->table[i].drop);
  }
  hf_finalize(p->lock);
  hf_rollup_close(&p->rollup);
  sqlite3_value_free(p->key);
  sqlite3_value_free(p->component);
}

/* ---- keys */

/* Keeps a copy of a column's value in *slot. */
static int prune_keep(prune_run *p, sqlite3_value **slot, sqlite3_stmt *st,
                      int column) {
  sqlite3_value *copy = sqlite3_value_dup(sqlite3_column_value(st, column));
  if (copy == NULL) return hf_fail(p->s, SQLITE_NOMEM, NULL);
  sqlite3_value_free(*slot);
  *slot = copy;
  return SQLITE_OK;
}

static int prune_bind_key(prune_run *p, sqlite3_stmt *st) {
  int rc;
  if (p->key == NULL) return SQLITE_OK;
  rc = sqlite3_bind_value(st, 1, p->key);
  return rc == SQLITE_OK ? rc : hf_fail_db(p->s, rc);
}

/* The next key of a table: SQLITE_ROW, SQLITE_DONE or an error. A table
** without a key has one, NULL. `first` 1: the first. */
static int prune_next_key(prune_run *p, prune_table *t, int first) {
  sqlite3_stmt *st = first ? t->first : t->next;
  int rc = SQLITE_OK;
  if (first) {
    sqlite3_value_free(p->key);
    p->key = NULL;
    sqlite3_value_free(p->component);
    p->component = NULL;
  }
  if (t->key == NULL) return first ? SQLITE_ROW : SQLITE_DONE;
  if (!first) rc = prune_bind_key(p, st);
  if (rc != SQLITE_OK) return rc;
  rc = hf_step(p->s, st);
  if (rc == SQLITE_ROW) {
    if (sqlite3_column_type(st, 0) == SQLITE_NULL) {
      rc = SQLITE_DONE;
    } else {
      int kept = prune_keep(p, &p->key, st, 0);
      if (kept == SQLITE_OK && !t->narrow) {
        kept = prune_keep(p, &p->component, st, 0);
      }
      if (kept != SQLITE_OK) rc = kept;
    }
  }
  sqlite3_reset(st);
  return rc;
}

/* Narrow: what the id under way is called. *known 0: it has no name. */
static int prune_name(prune_run *p, prune_table *t, int *known) {
  hf_session *s = p->s;
  prune_column *c = &t->column[0];
  const char *metric;
  const char *kind;
  int rc;
  *known = 1;
  if (!t->narrow) return SQLITE_OK;
  rc = prune_bind_key(p, t->names);
  if (rc != SQLITE_OK) return rc;
  rc = hf_step(s, t->names);
  if (rc == SQLITE_DONE) *known = 0;
  if (rc == SQLITE_ROW) {
    rc = prune_keep(p, &p->component, t->names, 0);
    metric = (const char *)sqlite3_column_text(t->names, 1);
    kind = (const char *)sqlite3_column_text(t->names, 2);
    if (rc == SQLITE_OK && (metric == NULL || kind == NULL)) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
    }
    if (rc == SQLITE_OK) {
      c->series = hf_format(&s->work, "hf_metrics.%s", metric);
      if (c->series == NULL) rc = hf_fail_ops(s, HF_ENOMEM);
    }
    if (rc == SQLITE_OK && hf_kind_from_text(kind, &c->kind) != HF_OK) {
      rc = hf_fail(s, SQLITE_ERROR,
                   "hf_metric_names: kind of %.200s must be " HF_KINDS
                   ", got '%.100s'; correct the row",
                   metric, kind);
    }
  }
  sqlite3_reset(t->names);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Oldest and newest stamp of the key under way; NaN: it has no rows. */
static int prune_edge(prune_run *p, prune_table *t, double *oldest,
                      double *newest) {
  int rc = prune_bind_key(p, t->edge);
  *oldest = *newest = NAN;
  if (rc != SQLITE_OK) return rc;
  rc = hf_step(p->s, t->edge);
  if (rc == SQLITE_ROW && sqlite3_column_type(t->edge, 0) != SQLITE_NULL) {
    *oldest = sqlite3_column_double(t->edge, 0);
    *newest = sqlite3_column_double(t->edge, 1);
  }
  sqlite3_reset(t->edge);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- one batch */

/* Files the bucket being filled, if there is one, and empties it. */
static int prune_flush(prune_run *p, prune_column *c, int step, hf_bucket *b,
                       sqlite3_int64 *count) {
  int made = 0;
  int rc = SQLITE_OK;
  if (b->n == 0) return SQLITE_OK;
  if (c->id == 0) {
    rc = hf_rollup_series(&p->rollup, c->series, p->component, c->kind, &c->id);
  }
  if (rc == SQLITE_OK) {
    rc = hf_rollup_add(&p->rollup, c->id, c->kind, step, b, &made);
  }
  if (rc == SQLITE_OK) *count += made;
  b->n = 0;
  return rc;
}

/* Adds a sample to the bucket being filled, which is filed first when the
** sample belongs to another. */
static int prune_fill(prune_run *p, prune_column *c, int step, hf_bucket *b,
                      double ts, double value, sqlite3_int64 *count) {
  hf_bucket one;
  int rc;
  hf_bucket_one(&one, c->kind, hf_bucket_start(ts, step), ts, value);
  if (b->n > 0 && b->ts != one.ts) {
    rc = prune_flush(p, c, step, b, count);
    if (rc != SQLITE_OK) return rc;
  }
  if (b->n > 0) {
    hf_bucket_merge(b, c->kind, &one);
  } else {
    *b = one;
  }
  return SQLITE_OK;
}

/* Adds the values of a row to their buckets. */
static int prune_row(prune_run *p, prune_table *t, double ts, hf_pruned *did) {
  int i;
  for (i = 0; i < t->columns; i++) {
    prune_column *c = &t->column[i];
    int type = sqlite3_column_type(t->rows, i + 1);
    double x = sqlite3_column_double(t->rows, i + 1);
    int rc;
    if (type == SQLITE_NULL) continue;
    if ((type != SQLITE_INTEGER && type != SQLITE_FLOAT) ||
        !(fabs(x) <= HF_VALUE_MAX)) {
      did->refused++;
      continue;
    }
    rc = prune_fill(p, c, HF_ROLLUP_HOUR, &c->hour, ts, x, &did->hours);
    if (rc == SQLITE_OK) {
      rc = prune_fill(p, c, HF_ROLLUP_DAY, &c->day, ts, x, &did->days);
    }
    if (rc != SQLITE_OK) return rc;
    did->samples++;
  }
  return SQLITE_OK;
}

/* Deletes the rows that were read, and no other. */
static int prune_drop(prune_run *p, prune_table *t, double first, double last,
                      sqlite3_int64 n) {
  hf_session *s = p->s;
  sqlite3_stmt *st = t->drop;
  int rc = prune_bind_key(p, st);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 2, first);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 3, last);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  sqlite3_step(st);
  rc = sqlite3_reset(st);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  if (sqlite3_changes(s->db) == n) return SQLITE_OK;
  return hf_fail(s, SQLITE_ERROR,
                 "deleting %lld rows of %s deleted %d; does a trigger of yours "
                 "keep them?",
                 n, t->name, sqlite3_changes(s->db));
}

/* Inside the savepoint: up to PRUNE_BATCH rows. *n: how many there were. */
static int prune_fold(prune_run *p, prune_table *t, sqlite3_int64 *n,
                      hf_pruned *did) {
  hf_session *s = p->s;
  double first = 0;
  double last = 0;
  int i;
  int rc = prune_bind_key(p, t->rows);
  *n = 0;
  for (i = 0; i < t->columns; i++) {
    t->column[i].id = 0;
    t->column[i].hour.n = 0;
    t->column[i].day.n = 0;
  }
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(t->rows, 2, p->out->cutoff);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int(t->rows, 3, PRUNE_BATCH);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  while ((rc = hf_step(s, t->rows)) == SQLITE_ROW) {
    last = sqlite3_column_double(t->rows, 0);
    if (*n == 0) first = last;
    (*n)++;
    rc = prune_row(p, t, last, did);
    if (rc != SQLITE_OK) break;
  }
  sqlite3_reset(t->rows);
  if (rc != SQLITE_DONE) return rc;
  rc = SQLITE_OK;
  for (i = 0; rc == SQLITE_OK && i < t->columns; i++) {
    prune_column *c = &t->column[i];
    rc = prune_flush(p, c, HF_ROLLUP_HOUR, &c->hour, &did->hours);
    if (rc == SQLITE_OK) {
      rc = prune_flush(p, c, HF_ROLLUP_DAY, &c->day, &did->days);
    }
  }
  if (rc == SQLITE_OK && *n > 0) rc = prune_drop(p, t, first, last, *n);
  return rc;
}

/* One batch in its savepoint; what it did is counted when it is kept. */
static int prune_batch(prune_run *p, prune_table *t, sqlite3_int64 *n) {
  hf_session *s = p->s;
  hf_pruned did;
  hf_savepoint point;
  int rc = hf_savepoint_lock(&point, s->db, p->lock);
  memset(&did, 0, sizeof(did));
  if (rc != SQLITE_OK) {
    hf_fail_db(s, rc);
  } else {
    rc = prune_fold(p, t, n, &did);
  }
  rc = hf_savepoint_close(&point, rc);
  if (rc != SQLITE_OK) return s->rc != SQLITE_OK ? s->rc : hf_fail_db(s, rc);
  p->out->samples += did.samples;
  p->out->refused += did.refused;
  p->out->hours += did.hours;
  p->out->days += did.days;
  p->out->deleted[t - p->table] += *n;
  if (*n > 0) p->out->batches++;
  return SQLITE_OK;
}

/* 1: a limit of the call is near, and the rest is for the next one. */
static int prune_must_stop(prune_run *p) {
  hf_session *s = p->s;
  if (s->rows_read + PRUNE_BATCH + PRUNE_MARGIN > s->rows_limit) {
    p->out->limit = "max_rows_read";
  } else if (s->time_last - s->time_start > s->time_limit / 4 * 3) {
    p->out->limit = "max_seconds";
  }
  return p->out->limit != NULL;
}

/* ---- the whole */

/* All old rows of the key under way. */
static int prune_key(prune_run *p, prune_table *t) {
  double oldest;
  double newest;
  sqlite3_int64 n = 0;
  int known = 0;
  hf_mark mark = hf_work_mark(&p->s->work);
  double *kept = &p->out->oldest[t - p->table];
  int rc = prune_edge(p, t, &oldest, &newest);
  if (rc == SQLITE_OK && oldest < p->out->cutoff) {
    rc = prune_name(p, t, &known);
    while (rc == SQLITE_OK && known) {
      rc = hf_pulse(p->s);
      if (rc == SQLITE_OK && prune_must_stop(p)) break;
      if (rc == SQLITE_OK) rc = prune_batch(p, t, &n);
      if (n < PRUNE_BATCH) break;
    }
    if (rc == SQLITE_OK) rc = prune_edge(p, t, &oldest, &newest);
  }
  if (!(oldest >= *kept)) *kept = isnan(oldest) ? *kept : oldest;
  hf_work_release(&p->s->work, mark);
  return rc;
}

/* The start of the first UTC day to keep. */
static int prune_cutoff(prune_run *p, double keep_days) {
  hf_session *s = p->s;
  double now = s->as_of;
  int i;
  int rc = SQLITE_OK;
  p->out->cutoff = NAN;
  for (i = 0; isnan(s->as_of) && i < HF_PRUNE_TABLES; i++) {
    int first = 1;
    while ((rc = prune_next_key(p, &p->table[i], first)) == SQLITE_ROW) {
      double oldest;
      double newest;
      rc = prune_edge(p, &p->table[i], &oldest, &newest);
      if (rc != SQLITE_OK) return rc;
      if (!isnan(newest) && !(newest <= now)) now = newest;
      first = 0;
    }
    if (rc != SQLITE_DONE) return rc;
  }
  if (isnan(s->as_of) && !isnan(now)) now = fmin(now, hf_clock_unix());
  p->now = now;
  if (isnan(now)) return SQLITE_OK;
  p->out->cutoff = hf_bucket_start(now - keep_days * 86400, HF_ROLLUP_DAY);
  return SQLITE_OK;
}

static int prune_all(prune_run *p, double keep_days) {
  int i;
  int rc = prune_cutoff(p, keep_days);
  if (rc != SQLITE_OK || isnan(p->out->cutoff)) return rc;
  for (i = 0; i < HF_PRUNE_TABLES; i++) {
    prune_table *t = &p->table[i];
    int first = 1;
    while ((rc = prune_next_key(p, t, first)) == SQLITE_ROW) {
      rc = prune_key(p, t);
      if (rc != SQLITE_OK || p->out->limit != NULL) return rc;
      first = 0;
    }
    if (rc != SQLITE_DONE) return rc;
  }
  return SQLITE_OK;
}

/* Deletes the rows of a table of details before `cutoff`, batch by batch. */
static int prune_details(prune_run *p, int i, const char *sql, double cutoff) {
  hf_session *s = p->s;
  sqlite3_stmt *st = NULL;
  int n = PRUNE_BATCH;
  int rc = prune_prepare(s, &st, sqlite3_mprintf(sql, s->schema, s->schema));
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 1, cutoff);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int(st, 2, PRUNE_BATCH);
  while (rc == SQLITE_OK && n == PRUNE_BATCH) {
    rc = hf_pulse(s);
    if (rc != SQLITE_OK || prune_must_stop(p)) break;
    sqlite3_step(st);
    rc = sqlite3_reset(st);
    if (rc != SQLITE_OK) break;
    n = sqlite3_changes(s->db);
    p->out->deleted[i] += n;
    if (n > 0) p->out->batches++;
  }
  hf_finalize(st);
  if (rc == SQLITE_OK) return rc;
  return s->rc != SQLITE_OK ? s->rc : hf_fail_db(s, rc);
}

/* Each DELETE is all or nothing by itself. */
static int prune_all_details(prune_run *p, double days) {
  static const char *const sql[HF_PRUNE_DETAILS] = {
      "DELETE FROM \"%w\".hf_query_history WHERE rowid IN (SELECT rowid FROM "
      "\"%w\".hf_query_history WHERE ts < ?1 ORDER BY ts LIMIT ?2)",
      "DELETE FROM \"%w\".hf_cache_stats WHERE (pool, ts) IN (SELECT pool, ts "
      "FROM \"%w\".hf_cache_stats WHERE ts < ?1 LIMIT ?2)"};
  double now = isnan(p->now) ? hf_clock_unix() : p->now;
  double cutoff = hf_bucket_start(now - days * 86400, HF_ROLLUP_DAY);
  int i;
  int rc = SQLITE_OK;
  p->out->table[HF_PRUNE_TABLES] = "hf_query_history";
  p->out->table[HF_PRUNE_TABLES + 1] = "hf_cache_stats";
  for (i = 0; rc == SQLITE_OK && i < HF_PRUNE_DETAILS && !isnan(days) &&
              p->out->limit == NULL;
       i++) {
    rc = prune_details(p, HF_PRUNE_TABLES + i, sql[i], cutoff);
  }
  return rc;
}

int hf_prune_run(hf_session *s, double keep_days, double detail_days,
                 hf_pruned *out) {
  prune_run p;
  int rc;
  memset(&p, 0, sizeof(p));
  memset(out, 0, sizeof(*out));
  p.s = s;
  p.out = out;
  rc = prune_open(&p);
  if (rc == SQLITE_OK) rc = prune_all(&p, keep_days);
  if (rc == SQLITE_OK) rc = prune_all_details(&p, detail_days);
  prune_close(&p);
  out->finished = out->limit == NULL;
  return rc;
}
