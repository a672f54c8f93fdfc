/*
** prune_keys.c: what hf_prune() goes through: tables, keys, oldest rows. The
** rows of a component are found by its key and time, the primary key of all
** four tables; keys are found by one seek each. Nothing is scanned.
*/
#include "prune_run.h"
#include "source.h"

#include <math.h>
#include <string.h>

/* ---- statements */

int hf_prune_prepare(hf_session *s, sqlite3_stmt **out, char *sql) {
  int rc;
  if (sql == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = sqlite3_prepare_v2(s->db, sql, -1, out, NULL);
  sqlite3_free(sql);
  return rc == SQLITE_OK ? rc : hf_fail_db(s, rc);
}

/* "key = ?1 AND ", or nothing. */
static char *prune_where(hf_session *s, const hf_prune_table *t) {
  return t->key != NULL ? hf_format(&s->hold, "\"%w\" = ?1 AND ", t->key)
                        : hf_strdup(&s->hold, "");
}

static int prune_statements(hf_session *s, hf_prune_table *t) {
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
    rc = hf_prune_prepare(s, &t->drop,
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
static int prune_columns(hf_session *s, hf_prune_table *t) {
  const char *table;
  const char *key;
  const char *column;
  hf_kind kind;
  int i;
  for (i = 0; (column = hf_source_column(i, &table, &key, &kind)) != NULL;
       i++) {
    hf_prune_column *c = &t->column[t->columns];
    if (strcmp(table, t->name) != 0 || t->columns == HF_PRUNE_COLUMNS) continue;
    t->key = key;
    t->columns++;
    c->name = column;
    c->kind = kind;
    c->series = hf_format(&s->hold, "%s.%s", table, column);
    if (c->series == NULL) return hf_fail_ops(s, HF_ENOMEM);
  }
  return SQLITE_OK;
}

int hf_prune_tables_open(hf_prune *p) {
  static const char *const names[HF_PRUNE_TABLES] = {
      "hf_memory_stats", "hf_resource_metrics", "hf_health_metrics",
      "hf_metric_samples"};
  hf_session *s = p->s;
  int i;
  int rc = SQLITE_OK;
  for (i = 0; rc == SQLITE_OK && i < HF_PRUNE_TABLES; i++) {
    hf_prune_table *t = &p->table[i];
    t->name = names[i];
    t->keys_table = names[i];
    p->did.table[i] = names[i];
    p->did.oldest[i] = NAN;
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
    rc = hf_prune_prepare(
        s, &p->lock,
        sqlite3_mprintf("DELETE FROM \"%w\".hf_rollups WHERE 0", s->schema));
  }
  return rc;
}

void hf_prune_tables_close(hf_prune *p) {
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
static int prune_keep(hf_prune *p, sqlite3_value **slot, sqlite3_stmt *st,
                      int column) {
  sqlite3_value *copy = sqlite3_value_dup(sqlite3_column_value(st, column));
  if (copy == NULL) return hf_fail(p->s, SQLITE_NOMEM, NULL);
  sqlite3_value_free(*slot);
  *slot = copy;
  return SQLITE_OK;
}

int hf_prune_bind_key(hf_prune *p, sqlite3_stmt *st) {
  int rc;
  if (p->key == NULL) return SQLITE_OK;
  rc = sqlite3_bind_value(st, 1, p->key);
  return rc == SQLITE_OK ? rc : hf_fail_db(p->s, rc);
}

/* The next key of a table: SQLITE_ROW, SQLITE_DONE or an error. A table
** without a key has one, NULL. `first` 1: the first. */
int hf_prune_next_key(hf_prune *p, hf_prune_table *t, int first) {
  sqlite3_stmt *st = first ? t->first : t->next;
  int rc = SQLITE_OK;
  if (first) {
    sqlite3_value_free(p->key);
    p->key = NULL;
    sqlite3_value_free(p->component);
    p->component = NULL;
  }
  if (t->key == NULL) return first ? SQLITE_ROW : SQLITE_DONE;
  if (!first) rc = hf_prune_bind_key(p, st);
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
int hf_prune_name_key(hf_prune *p, hf_prune_table *t, int *known) {
  hf_session *s = p->s;
  hf_prune_column *c = &t->column[0];
  const char *metric;
  const char *kind;
  int rc;
  *known = 1;
  if (!t->narrow) return SQLITE_OK;
  rc = hf_prune_bind_key(p, t->names);
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
int hf_prune_edge(hf_prune *p, hf_prune_table *t, double *oldest,
                  double *newest) {
  int rc = hf_prune_bind_key(p, t->edge);
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
