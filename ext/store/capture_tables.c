/*
** capture_tables.c: see capture_tables.h.
**
** EXPLAIN lists which B-trees a statement opens, by the page of their root and
** the number of their schema, its triggers' and foreign keys' among them:
**
**   OpenRead, OpenWrite, ReopenIdx: p2 = root, p3 = schema
**   Clear (DELETE without WHERE):   p1 = root, p2 = schema
**
** sqlite_schema knows what stands at a root. An index brings its table, a
** table that is written its triggers. Views and virtual tables have no root:
** they are found by their names in the statement, and in the views found. A
** root may move (VACUUM); what counts is the text of the definition.
*/
#include "capture_tables.h"
#include "../num/sql_text.h"

#include <string.h>

/* ---- reading the schemas */

static uint64_t tables_text(uint64_t hash, const char *z) {
  return hf_fnv(hash, z, strlen(z) + 1);
}

/* A column's text in s->hold; NULL when memory runs out. */
static const char *tables_column(hf_session *s, sqlite3_stmt *st, int i) {
  const char *z = (const char *)sqlite3_column_text(st, i);
  return hf_strdup(&s->hold, z != NULL ? z : "");
}

/* One row: rootpage, type, name, tbl_name, sql. */
static int tables_row(hf_session *s, sqlite3_stmt *st, hf_capture_object *o) {
  const char *type = (const char *)sqlite3_column_text(st, 1);
  const char *sql = (const char *)sqlite3_column_text(st, 4);
  memset(o, 0, sizeof(*o));
  o->root = sqlite3_column_int64(st, 0);
  o->trigger = type != NULL && strcmp(type, "trigger") == 0;
  o->name = tables_column(s, st, 2);
  o->table = tables_column(s, st, 3);
  if (o->root == 0 && !o->trigger) {
    int view = type != NULL && strcmp(type, "view") == 0;
    o->sql = hf_strdup(&s->hold, view && sql != NULL ? sql : "");
    if (o->sql == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  if (o->name == NULL || o->table == NULL) {
    return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  /* what SQLite made by itself has a name and no text */
  o->definition = tables_text(HF_FNV_BEGIN, sql != NULL ? sql : o->name);
  return SQLITE_OK;
}

static int tables_schema(hf_session *s, const char *name,
                         hf_capture_schema *out) {
  sqlite3_stmt *st = NULL;
  double most = 0;
  int rc = hf_ask_number(s, &most, "SELECT count(*) FROM \"%w\".sqlite_master",
                         name);
  if (rc != SQLITE_OK || !(most >= 1)) return rc;
  out->object =
      hf_work_alloc(&s->hold, (size_t)most, sizeof(hf_capture_object));
  if (out->object == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = hf_prepare(s, &st,
                  "SELECT rootpage, type, name, tbl_name, sql "
                  "FROM \"%w\".sqlite_master ORDER BY rootpage",
                  name);
  if (rc == SQLITE_OK) rc = SQLITE_ROW;
  while (rc == SQLITE_ROW && out->n < (size_t)most) {
    rc = hf_step(s, st);
    if (rc != SQLITE_ROW) break;
    rc = tables_row(s, st, &out->object[out->n]);
    if (rc == SQLITE_OK) rc = SQLITE_ROW;
    out->n++;
  }
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_capture_tables_read(hf_session *s, hf_capture_tables *t) {
  sqlite3_stmt *st = NULL;
  double most = 0;
  int rc = hf_ask_number(s, &most, "SELECT max(seq) FROM pragma_database_list");
  memset(t, 0, sizeof(*t));
  if (rc != SQLITE_OK || !(most >= 0)) return rc;
  t->schema = hf_work_zeroed(&s->hold, (size_t)most + 1, sizeof(*t->schema));
  if (t->schema == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  t->n = (size_t)most + 1;
  rc = hf_prepare(s, &st, "SELECT seq, name FROM pragma_database_list");
  while (rc == SQLITE_OK && (rc = hf_step(s, st)) == SQLITE_ROW) {
    sqlite3_int64 seq = sqlite3_column_int64(st, 0);
    const char *name = (const char *)sqlite3_column_text(st, 1);
    rc = SQLITE_OK;
    if (name != NULL && seq >= 0 && (size_t)seq < t->n) {
      rc = tables_schema(s, name, &t->schema[seq]);
    }
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- what a statement touches */

/* The object at a root; NULL: none is known there. */
static hf_capture_object *tables_at(hf_capture_schema *c, sqlite3_int64 root) {
  size_t lo = 0, hi = c->n;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (c->object[mid].root < root) {
      lo = mid + 1;
    } else {
      hi = mid;
    }
  }
  return root > 0 && lo < c->n && c->object[lo].root == root ? &c->object[lo]
                                                             : NULL;
}

/* The root, its table, and when that is written its triggers. */
static void tables_open(hf_capture_tables *t, sqlite3_int64 schema,
                        sqlite3_int64 root, int written) {
  hf_capture_schema *c;
  hf_capture_object *o;
  size_t i;
  if (schema < 0 || (size_t)schema >= t->n) return;
  c = &t->schema[schema];
  o = tables_at(c, root);
  if (o == NULL || (o->touched && !written)) return;
  o->touched = 1;
  for (i = 0; i < c->n; i++) {
    hf_capture_object *p = &c->object[i];
    if (p->trigger ? written && sqlite3_stricmp(p->table, o->table) == 0
                   : sqlite3_stricmp(p->name, o->table) == 0) {
      p->touched = 1;
    }
  }
}

static void tables_step(hf_capture_tables *t, sqlite3_stmt *st) {
  const char *op = (const char *)sqlite3_column_text(st, 1);
  sqlite3_int64 p1 = sqlite3_column_int64(st, 2);
  sqlite3_int64 p2 = sqlite3_column_int64(st, 3);
  sqlite3_int64 p3 = sqlite3_column_int64(st, 4);
  if (op == NULL) return;
  if (strcmp(op, "OpenRead") == 0 || strcmp(op, "ReopenIdx") == 0) {
    tables_open(t, p3, p2, 0);
  } else if (strcmp(op, "OpenWrite") == 0) {
    tables_open(t, p3, p2, 1);
  } else if (strcmp(op, "Clear") == 0) {
    tables_open(t, p2, p1, 1);
  }
}

static int tables_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || (c & 0x80) != 0;
}

/* 1: the name is a word of the text, whatever the case. */
static int tables_names(const char *text, const char *name) {
  size_t n = strlen(name), i;
  char first = name[0];
  if (n == 0) return 0;
  for (i = 0; text[i] != 0; i++) {
    if ((i > 0 && tables_word(text[i - 1])) ||
        ((text[i] ^ first) & ~0x20) != 0) {
      continue;
    }
    if (sqlite3_strnicmp(text + i, name, (int)n) == 0 &&
        !tables_word(text[i + n])) {
      return 1;
    }
  }
  return 0;
}

/* Views and virtual tables named in a text. */
static void tables_named(hf_capture_tables *t, const char *text) {
  size_t d, i;
  for (d = 0; d < t->n; d++) {
    for (i = 0; i < t->schema[d].n; i++) {
      hf_capture_object *o = &t->schema[d].object[i];
      if (o->sql != NULL && !o->touched) {
        o->touched = tables_names(text, o->name);
      }
    }
  }
}

/* And in the views among them. */
static int tables_views(hf_session *s, hf_capture_tables *t) {
  size_t d = 0, i = 0;
  while (d < t->n) {
    hf_capture_object *o = &t->schema[d].object[i];
    if (i == t->schema[d].n) {
      d++;
      i = 0;
    } else if (o->touched == 1 && o->sql != NULL && o->sql[0] != 0) {
      int rc = hf_pulse(s);
      if (rc != SQLITE_OK) return rc;
      o->touched = 2; /* it has been read */
      tables_named(t, o->sql);
      d = i = 0;
    } else {
      i++;
    }
  }
  return SQLITE_OK;
}

/* A sum, which does not depend on the order, of what was touched; and ready
** for the next statement. */
static uint64_t tables_sum(hf_capture_tables *t) {
  uint64_t sum = 0;
  size_t d, i;
  for (d = 0; d < t->n; d++) {
    for (i = 0; i < t->schema[d].n; i++) {
      hf_capture_object *o = &t->schema[d].object[i];
      if (o->touched) sum += o->definition;
      o->touched = 0;
    }
  }
  return sum;
}

int hf_capture_tables_touched(hf_session *s, hf_capture_tables *t,
                              const char *sql, const char *text,
                              uint64_t *out) {
  sqlite3_stmt *st = NULL;
  char *explain = sqlite3_mprintf("EXPLAIN %s", sql);
  int rc;
  *out = 0;
  if (explain == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = hf_db_code(s->db, sqlite3_prepare_v2(s->db, explain, -1, &st, NULL));
  sqlite3_free(explain);
  if (rc == SQLITE_NOMEM || rc == SQLITE_INTERRUPT) {
    return hf_fail(s, rc, NULL);
  }
  if (rc != SQLITE_OK || sqlite3_stmt_isexplain(st) != 1) {
    hf_finalize(st);
    return SQLITE_OK;
  }
  while ((rc = hf_step(s, st)) == SQLITE_ROW) tables_step(t, st);
  hf_finalize(st);
  if (rc != SQLITE_DONE) return rc;
  tables_named(t, text);
  rc = tables_views(s, t);
  *out = tables_sum(t);
  return rc;
}
