/*
** sqlite_shadow.c: see sqlite_shadow.h.
*/
#include "sqlite_shadow.h"

#include <math.h>
#include <string.h>

enum {
  SHADOW_OBJECTS = 400, /* of a schema, the rest is left out */
  SHADOW_SQL = 65536,   /* longest text of one, and of a statement, bytes */
  SHADOW_STEPS = 1000   /* of the virtual machine between two looks */
};

struct hf_shadow {
  sqlite3 *db;
  hf_session *s;
  int making;             /* 1: CREATE is allowed; 0: EXPLAIN alone */
  hf_shadow_reads *reads; /* gathers while a statement is prepared; or NULL */
};

/* ---- what may be done there */

static int shadow_may_make(int action) {
  switch (action) {
  case SQLITE_CREATE_TABLE:
  case SQLITE_CREATE_INDEX:
  case SQLITE_CREATE_VIEW:
  case SQLITE_DROP_INDEX:
  case SQLITE_REINDEX:
  case SQLITE_INSERT: /* into sqlite_master; there is nothing else yet */
  case SQLITE_UPDATE:
  case SQLITE_DELETE:
  case SQLITE_READ:
  case SQLITE_FUNCTION:
  case SQLITE_ANALYZE:
    return 1;
  default:
    return 0;
  }
}

static int shadow_may_explain(int action) {
  switch (action) {
  case SQLITE_SELECT:
  case SQLITE_READ:
  case SQLITE_FUNCTION:
  case SQLITE_RECURSIVE:
  case SQLITE_INSERT:
  case SQLITE_UPDATE:
  case SQLITE_DELETE:
    return 1;
  default:
    return 0;
  }
}

/* Notes a column, once; what does not fit is left out. */
static void shadow_note(hf_shadow *h, const char *table, const char *column) {
  hf_shadow_reads *r = h->reads;
  size_t i;
  if (r == NULL || r->n == HF_SHADOW_COLUMNS || table == NULL ||
      column == NULL || column[0] == 0) {
    return;
  }
  for (i = 0; i < r->n; i++) {
    if (strcmp(r->table[i], table) == 0 && strcmp(r->column[i], column) == 0) {
      return;
    }
  }
  r->table[i] = hf_strdup(&h->s->work, table);
  r->column[i] = hf_strdup(&h->s->work, column);
  if (r->table[i] == NULL || r->column[i] == NULL) {
    hf_fail_ops(h->s, HF_ENOMEM);
  } else {
    r->n++;
  }
}

static int shadow_authorise(void *ctx, int action, const char *a, const char *b,
                            const char *c, const char *d) {
  hf_shadow *h = ctx;
  (void)c;
  (void)d;
  if (h->making) return shadow_may_make(action) ? SQLITE_OK : SQLITE_DENY;
  if (action == SQLITE_READ) shadow_note(h, a, b);
  return shadow_may_explain(action) ? SQLITE_OK : SQLITE_DENY;
}

static int shadow_progress(void *ctx) {
  hf_shadow *h = ctx;
  return hf_pulse(h->s) != SQLITE_OK;
}

/* ---- making it */

/* What a code of the copy means for the call: a text that it does not take is
** left out, everything else ends the call. */
static int shadow_outcome(hf_shadow *h, int rc) {
  if (h->s->rc != SQLITE_OK) return h->s->rc;
  switch (rc) {
  case SQLITE_OK:
  case SQLITE_ERROR:
  case SQLITE_AUTH:
  case SQLITE_TOOBIG:
  case SQLITE_CONSTRAINT:
    return SQLITE_OK;
  case SQLITE_NOMEM:
    return hf_fail(h->s, rc, NULL);
  default:
    return hf_fail(h->s, rc, "database in memory: %s", sqlite3_errstr(rc));
  }
}

/* Runs a text there, when it is one statement that can be. */
static int shadow_make(hf_shadow *h, const char *sql) {
  sqlite3_stmt *st = NULL;
  int rc;
  if (strlen(sql) > SHADOW_SQL) return SQLITE_OK;
  rc = sqlite3_prepare_v2(h->db, sql, -1, &st, NULL);
  if (rc == SQLITE_OK) {
    sqlite3_step(st);
    rc = sqlite3_finalize(st);
  }
  return shadow_outcome(h, rc);
}

static int shadow_copy(hf_session *s, hf_shadow *h) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st,
      "SELECT sql FROM \"%w\".sqlite_master WHERE typeof(sql) = 'text' "
      "AND type IN ('table', 'view', 'index') "
      "AND sql NOT LIKE 'CREATE VIRTUAL%%' "
      "AND name NOT LIKE 'sqlite!_%%' ESCAPE '!' "
      "ORDER BY type = 'index', type = 'view', rowid LIMIT %d",
      s->schema, (int)SHADOW_OBJECTS);
  if (rc != SQLITE_OK) return rc;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *sql = (const char *)sqlite3_column_text(st, 0);
    if (sql == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
    } else {
      rc = shadow_make(h, sql);
    }
    if (rc != SQLITE_OK) break;
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One row of sqlite_stat1 into the copy. */
static int shadow_statistic(hf_shadow *h, sqlite3_stmt *from,
                            sqlite3_stmt *to) {
  int k, rc = SQLITE_OK;
  for (k = 0; rc == SQLITE_OK && k < 3; k++) {
    rc = sqlite3_bind_value(to, k + 1, sqlite3_column_value(from, k));
  }
  if (rc == SQLITE_OK) {
    sqlite3_step(to);
    rc = sqlite3_reset(to);
  }
  return shadow_outcome(h, rc);
}

/* The planner's statistics, where there are some. */
static int shadow_statistics(hf_session *s, hf_shadow *h) {
  sqlite3_stmt *from = NULL, *to = NULL;
  int rc;
  if (!hf_has_table(s, s->schema, "sqlite_stat1")) return s->rc;
  rc = shadow_make(h, "ANALYZE sqlite_master");
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_prepare_v2(h->db, "INSERT INTO sqlite_stat1 VALUES(?1, ?2, ?3)",
                          -1, &to, NULL);
  if (rc != SQLITE_OK) return shadow_outcome(h, rc);
  rc = hf_prepare(s, &from,
                  "SELECT tbl, idx, stat FROM \"%w\".sqlite_stat1 LIMIT %d",
                  s->schema, (int)SHADOW_OBJECTS);
  if (rc == SQLITE_OK) {
    while ((rc = hf_step(s, from)) == SQLITE_ROW) {
      rc = shadow_statistic(h, from, to);
      if (rc != SQLITE_OK) break;
    }
  }
  hf_finalize(from);
  sqlite3_finalize(to);
  if (rc != SQLITE_DONE) return rc;
  return shadow_make(h, "ANALYZE sqlite_master");
}

int hf_shadow_open(hf_session *s, hf_shadow **out) {
  hf_shadow *h = hf_work_zeroed(&s->work, 1, sizeof(*h));
  int rc;
  *out = h;
  if (h == NULL) return hf_fail_ops(s, HF_ENOMEM);
  h->s = s;
  h->making = 1;
  rc = sqlite3_open_v2(":memory:", &h->db,
                       SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                           SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX,
                       NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_set_authorizer(h->db, shadow_authorise, h);
  }
  if (rc != SQLITE_OK) {
    return hf_fail(s, rc, "no database in memory: %s", sqlite3_errstr(rc));
  }
  sqlite3_progress_handler(h->db, SHADOW_STEPS, shadow_progress, h);
  rc = shadow_copy(s, h);
  if (rc == SQLITE_OK) rc = shadow_statistics(s, h);
  h->making = 0;
  return rc;
}

void hf_shadow_close(hf_shadow *h) {
  if (h != NULL) sqlite3_close(h->db);
}

/* ---- plans */

/* 1: begins with a word that a plan can be made for. */
static int shadow_explains(const char *sql) {
  static const char *const words[] = {"select", "values", "with",
                                      "update", "delete", "insert"};
  size_t i;
  for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    size_t n = strlen(words[i]);
    if (sqlite3_strnicmp(sql, words[i], (int)n) == 0 &&
        (sql[n] == ' ' || sql[n] == '(')) {
      return 1;
    }
  }
  return 0;
}

int hf_shadow_plan(hf_session *s, hf_shadow *h, const char *sql,
                   const char **plan, hf_shadow_reads *reads) {
  sqlite3_stmt *st = NULL;
  char *text, *lines = NULL;
  int rc;
  *plan = NULL;
  if (reads != NULL) reads->n = 0;
  if (strlen(sql) > SHADOW_SQL || !shadow_explains(sql)) return SQLITE_OK;
  text = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
  if (text == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  h->reads = reads;
  rc = sqlite3_prepare_v2(h->db, text, -1, &st, NULL);
  h->reads = NULL;
  sqlite3_free(text);
  if (s->rc != SQLITE_OK || rc != SQLITE_OK) {
    sqlite3_finalize(st);
    return shadow_outcome(h, rc);
  }
  while (sqlite3_stmt_isexplain(st) == 2 && sqlite3_step(st) == SQLITE_ROW) {
    const char *detail = (const char *)sqlite3_column_text(st, 3);
    lines = hf_format(&s->work, "%s%s\n", lines != NULL ? lines : "",
                      detail != NULL ? detail : "");
    if (lines == NULL) {
      hf_fail_ops(s, HF_ENOMEM);
      break;
    }
  }
  rc = shadow_outcome(h, sqlite3_finalize(st));
  if (rc != SQLITE_OK) return rc;
  *plan = lines;
  return hf_pulse(s);
}

int hf_shadow_try(hf_session *s, hf_shadow *h, const char *sql,
                  const char *table, const char *const *column, size_t columns,
                  const char **plan) {
  sqlite3_str *text = sqlite3_str_new(s->db);
  char *create;
  size_t i;
  int rc;
  *plan = NULL;
  sqlite3_str_appendf(text, "CREATE INDEX hf_try ON \"%w\"(", table);
  for (i = 0; i < columns; i++) {
    sqlite3_str_appendf(text, "%s\"%w\"", i > 0 ? ", " : "", column[i]);
  }
  sqlite3_str_appendall(text, ")");
  create = sqlite3_str_finish(text);
  if (create == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  h->making = 1;
  rc = shadow_make(h, create);
  h->making = 0;
  sqlite3_free(create);
  if (rc == SQLITE_OK) rc = hf_shadow_plan(s, h, sql, plan, NULL);
  h->making = 1;
  if (rc == SQLITE_OK) rc = shadow_make(h, "DROP INDEX IF EXISTS hf_try");
  h->making = 0;
  return rc;
}
