/*
** session.c: the life of one call: memory, limits, interruption, errors.
**
** Interruption. sqlite3_is_interrupted() came with SQLite 3.41. Before, a
** statement that counts for ever is stepped about once a millisecond: it
** honours sqlite3_interrupt() and progress handlers, and since it is never
** reset it fires a trace hook once, not a thousand times a second. Each step
** runs the recursion 64 times (about 12 microseconds).
**
** The clock is the VFS's and serves the time budget alone. It never reaches
** an answer: a call that runs out of time ends in an error.
*/
#define HF_SESSION_C
#include "session.h"
#include "clock.h"

#include <math.h>
#include <string.h>

/* ---- memory: an allocation carries its size in front of it, so that what is
** given back can be counted */

enum { SESSION_HEAD = 16 };

static void *session_grow(void *ctx, size_t bytes) {
  hf_session *s = ctx;
  char *p;
  if (bytes > (size_t)0x7fffffffffffLL) return NULL;
  if (s->bytes_used + (sqlite3_int64)bytes > s->bytes_limit) {
    s->bytes_over = 1;
    return NULL;
  }
  p = sqlite3_malloc64((sqlite3_uint64)bytes + SESSION_HEAD);
  if (p == NULL) return NULL;
  memcpy(p, &bytes, sizeof(bytes));
  s->bytes_used += (sqlite3_int64)bytes;
  return p + SESSION_HEAD;
}

static void session_drop(void *ctx, void *chunk) {
  hf_session *s = ctx;
  char *p = (char *)chunk - SESSION_HEAD;
  size_t bytes;
  memcpy(&bytes, p, sizeof(bytes));
  s->bytes_used -= (sqlite3_int64)bytes;
  sqlite3_free(p);
}

/* ---- interruption and the time budget */

static int session_interrupted(hf_session *s) {
  int rc;
#if SQLITE_VERSION_NUMBER >= 3041000
  if (sqlite3_libversion_number() >= 3041000) {
    return sqlite3_is_interrupted(s->db) ? HF_EINTERRUPT : HF_OK;
  }
#endif
  if (s->pulse == NULL) {
    rc = sqlite3_prepare_v2(s->db,
                            "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL "
                            "SELECT i+1 FROM t) SELECT 1 FROM t WHERE i%64=0",
                            -1, &s->pulse, NULL);
    if (rc == SQLITE_NOMEM) return HF_ENOMEM;
    if (rc != SQLITE_OK) return HF_OK; /* an authorizer said no: go without */
  }
  rc = sqlite3_step(s->pulse);
  if (rc == SQLITE_ROW) return HF_OK;
  if (rc == SQLITE_NOMEM) return HF_ENOMEM;
  return HF_EINTERRUPT;
}

static int session_stop(void *ctx) {
  hf_session *s = ctx;
  sqlite3_int64 now = hf_clock_ms();
  if (now == s->time_last) return HF_OK;
  s->time_last = now;
  if (now - s->time_start > s->time_limit) return HF_ETIME;
  return session_interrupted(s);
}

void hf_session_pause(hf_session *s) {
  s->time_paused = hf_clock_ms();
}

void hf_session_resume(hf_session *s) {
  if (s->time_paused == 0) return;
  s->time_start += hf_clock_ms() - s->time_paused;
  s->time_paused = 0;
}

int hf_pulse(hf_session *s) {
  int rc = session_stop(s);
  return rc == HF_OK ? SQLITE_OK : hf_fail_ops(s, rc);
}

/* ---- errors */

static void session_message(hf_session *s, int rc, const char *fmt,
                            va_list ap) {
  char *text;
  if (s->rc != SQLITE_OK) return;
  s->rc = rc;
  if (fmt == NULL) return;
  text = sqlite3_vmprintf(fmt, ap);
  if (text != NULL) s->err = sqlite3_mprintf("%s: %s", s->who, text);
  sqlite3_free(text);
  if (s->err == NULL) s->rc = SQLITE_NOMEM;
}

int hf_fail(hf_session *s, int rc, const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  session_message(s, rc, fmt, ap);
  va_end(ap);
  return s->rc;
}

int hf_db_code(sqlite3 *db, int rc) {
  if (rc == SQLITE_ERROR &&
      strcmp(sqlite3_errmsg(db), sqlite3_errstr(SQLITE_INTERRUPT)) == 0) {
    return SQLITE_INTERRUPT;
  }
  return rc;
}

int hf_fail_db(hf_session *s, int rc) {
  const char *text;
  rc = hf_db_code(s->db, rc);
  if (rc == SQLITE_NOMEM || rc == SQLITE_INTERRUPT) {
    return hf_fail(s, rc, NULL);
  }
  text = sqlite3_errmsg(s->db);
  if (s->rc == SQLITE_OK && strncmp(text, "hf_", 3) == 0) {
    /* one of our calls inside this one failed; its message names it already */
    s->rc = rc;
    s->err = sqlite3_mprintf("%s", text);
    if (s->err == NULL) s->rc = SQLITE_NOMEM;
    return s->rc;
  }
  return hf_fail(s, rc, "%s", text);
}

int hf_fail_ops(hf_session *s, int hf_code) {
  switch (hf_code) {
  case HF_OK:
    return SQLITE_OK;
  case HF_ENOMEM:
    if (!s->bytes_over) return hf_fail(s, SQLITE_NOMEM, NULL);
    return hf_fail(s, SQLITE_ERROR,
                   "needs more than %lld MB of memory; ask for less history "
                   "or raise max_memory_mb in hf_config",
                   s->bytes_limit / 1000000);
  case HF_EINTERRUPT:
    return hf_fail(s, SQLITE_INTERRUPT, NULL);
  case HF_ETIME:
    return hf_fail(s, SQLITE_ERROR,
                   "took longer than %lld ms; ask for less or raise "
                   "max_seconds in hf_config",
                   s->time_limit);
  case HF_EDATA:
    return hf_fail(s, SQLITE_ERROR, "too little data to answer");
  case HF_ERANGE:
    return hf_fail(s, SQLITE_ERROR, "a value is outside its range");
  default:
    return hf_fail(s, SQLITE_ERROR, "the equations have no unique solution");
  }
}

/* ---- statements */

static int session_prepare(hf_session *s, sqlite3_stmt **out, const char *fmt,
                           va_list ap) {
  char *sql;
  int rc;
  *out = NULL;
  /* what has failed stays so, also where hf_has_table() could not say it */
  if (s->rc != SQLITE_OK) return s->rc;
  sql = sqlite3_vmprintf(fmt, ap);
  if (sql == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = sqlite3_prepare_v2(s->db, sql, -1, out, NULL);
  sqlite3_free(sql);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  if (*out == NULL || !sqlite3_stmt_readonly(*out)) {
    sqlite3_finalize(*out);
    *out = NULL;
    return hf_fail(s, SQLITE_ERROR, "a statement would write; refused");
  }
  return SQLITE_OK;
}

int hf_prepare(hf_session *s, sqlite3_stmt **out, const char *fmt, ...) {
  va_list ap;
  int rc;
  va_start(ap, fmt);
  rc = session_prepare(s, out, fmt, ap);
  va_end(ap);
  return rc;
}

int hf_prepare_write(hf_session *s, sqlite3_stmt **out, const char *fmt) {
  char *sql = sqlite3_mprintf(fmt, s->schema);
  int rc;
  if (sql == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = sqlite3_prepare_v2(s->db, sql, -1, out, NULL);
  sqlite3_free(sql);
  return rc == SQLITE_OK ? rc : hf_fail_db(s, rc);
}

int hf_write(hf_session *s, sqlite3_stmt *st) {
  int rc;
  sqlite3_step(st);
  rc = sqlite3_reset(st);
  return rc == SQLITE_OK ? rc : hf_fail_db(s, rc);
}

int hf_count_rows(hf_session *s, sqlite3_int64 n) {
  s->rows_read += n;
  if (s->rows_read <= s->rows_limit) return SQLITE_OK;
  return hf_fail(s, SQLITE_ERROR,
                 "reads more than %lld rows; ask for less history or raise "
                 "max_rows_read in hf_config",
                 s->rows_limit);
}

int hf_step(hf_session *s, sqlite3_stmt *st) {
  int rc = sqlite3_step(st);
  if (rc == SQLITE_DONE) return rc;
  if (rc != SQLITE_ROW) return hf_fail_db(s, rc);
  rc = hf_count_rows(s, 1);
  if (rc != SQLITE_OK) return rc;
  if ((s->rows_read & 1023) == 0) {
    int pulse = hf_pulse(s);
    if (pulse != SQLITE_OK) return pulse;
  }
  return SQLITE_ROW;
}

int hf_ask_number(hf_session *s, double *out, const char *fmt, ...) {
  sqlite3_stmt *st = NULL;
  va_list ap;
  int rc, type;
  *out = NAN;
  va_start(ap, fmt);
  rc = session_prepare(s, &st, fmt, ap);
  va_end(ap);
  if (rc != SQLITE_OK) return rc;
  rc = hf_step(s, st);
  if (rc == SQLITE_ROW) {
    type = sqlite3_column_type(st, 0);
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
      *out = sqlite3_column_double(st, 0);
    }
    rc = SQLITE_DONE;
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_bind_real(sqlite3_stmt *st, int i, double x) {
  return isnan(x) ? sqlite3_bind_null(st, i) : sqlite3_bind_double(st, i, x);
}

void hf_finalize(sqlite3_stmt *st) {
  sqlite3_finalize(st);
}

/* The history proper: what must be plain tables wherever it is read. */
#define SESSION_TABLES                                                         \
  "'hf_config', 'hf_memory_stats', 'hf_resource_metrics', "                    \
  "'hf_health_metrics', 'hf_metric_names', 'hf_metric_samples', "              \
  "'hf_query_history', 'hf_cache_stats', 'hf_cache_accesses', "                \
  "'hf_components', 'hf_failures', 'hf_thresholds', 'hf_maintenance_log', "    \
  "'hf_learned', 'hf_learned_lives', 'hf_learned_metrics', "                   \
  "'hf_learned_starts', 'hf_learned_values', 'hf_applied', 'hf_queries', "     \
  "'hf_costs', 'hf_services', 'hf_service_load', 'hf_prices'"

/* Looks which tables of the history the schema has. A view or a virtual table
** of that name could run anything when it is read, or never end. */
static int session_tables(hf_session *s) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT name, name = 'hf_config' COLLATE NOCASE, "
                      "type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%%' "
                      "FROM \"%w\".sqlite_master WHERE type IN ('table', "
                      "'view') AND name COLLATE NOCASE IN (" SESSION_TABLES ") "
                      "ORDER BY name",
                      s->schema);
  if (rc != SQLITE_OK) return rc;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    if (sqlite3_column_int(st, 2)) {
      s->has_tables |= sqlite3_column_int(st, 1);
      continue;
    }
    if (s->impostor != NULL) continue;
    s->impostor = hf_format(&s->hold, "%s", sqlite3_column_text(st, 0));
    if (s->impostor == NULL) {
      rc = hf_fail_ops(s, HF_ENOMEM);
      break;
    }
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_has_table(hf_session *s, const char *schema, const char *table) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT 1 FROM \"%w\".sqlite_master WHERE name = %Q "
                      "COLLATE NOCASE AND type IN ('table', 'view')",
                      schema, table);
  if (rc == SQLITE_OK) rc = hf_step(s, st);
  hf_finalize(st);
  return rc == SQLITE_ROW;
}

int hf_need_tables(hf_session *s) {
  if (s->impostor != NULL) {
    return hf_fail(s, SQLITE_ERROR,
                   "%s is a view or a virtual table here; the history is "
                   "plain tables: rename it and run SELECT hf_init()",
                   s->impostor);
  }
  if (s->has_tables) return SQLITE_OK;
  if (strcmp(s->schema, "main") == 0) {
    return hf_fail(s, SQLITE_ERROR,
                   "no history here; run SELECT hf_init() first");
  }
  return hf_fail(s, SQLITE_ERROR,
                 "no history here; run SELECT hf_init('%s') first", s->schema);
}

/* ---- texts in an arena */

char *hf_strdup(hf_work *w, const char *z) {
  size_t n = strlen(z) + 1;
  char *copy = hf_work_alloc(w, n, 1);
  if (copy != NULL) memcpy(copy, z, n);
  return copy;
}

char *hf_format(hf_work *w, const char *fmt, ...) {
  va_list ap;
  char *text;
  char *copy = NULL;
  va_start(ap, fmt);
  text = sqlite3_vmprintf(fmt, ap);
  va_end(ap);
  if (text != NULL) copy = hf_strdup(w, text);
  sqlite3_free(text);
  return copy;
}

/* ---- opening and closing */

static void session_arena(hf_session *s, hf_work *w) {
  w->grow = session_grow;
  w->drop = session_drop;
  w->stop = session_stop;
  w->ctx = s;
}

static int session_schema(hf_session *s, const char *schema) {
  sqlite3_stmt *st = NULL;
  int found = 0;
  int rc;
  s->schema = "main";
  if (schema == NULL || sqlite3_stricmp(schema, "main") == 0) return SQLITE_OK;
  rc = hf_prepare(s, &st, "PRAGMA database_list");
  while (rc == SQLITE_OK && !found) {
    const char *name;
    int step = hf_step(s, st);
    if (step == SQLITE_DONE) break;
    if (step != SQLITE_ROW) {
      rc = step;
      break;
    }
    name = (const char *)sqlite3_column_text(st, 1);
    if (name == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
    } else if (sqlite3_stricmp(name, schema) == 0) {
      found = 1;
      s->schema = hf_strdup(&s->hold, name);
      if (s->schema == NULL) {
        s->schema = "main";
        rc = hf_fail_ops(s, HF_ENOMEM);
      }
    }
  }
  hf_finalize(st);
  if (rc != SQLITE_OK || found) return rc;
  if (sqlite3_stricmp(schema, "temp") == 0) {
    s->schema = "temp";
    return SQLITE_OK;
  }
  return hf_fail(s, SQLITE_ERROR,
                 "no schema '%.200s'; attach it first, or name main or temp",
                 schema);
}

int hf_session_open(hf_session *s, sqlite3 *db, const char *who,
                    const char *schema, double as_of) {
  int rc;
  double now;
  double seconds;
  sqlite3_int64 megabytes;
  memset(s, 0, sizeof(*s));
  s->db = db;
  s->who = who;
  s->as_of = as_of;
  s->rows_limit = 1000000; /* until hf_config has been read */
  s->bytes_limit = 1000000000;
  s->time_limit = 60000;
  s->time_start = hf_clock_ms();
  s->time_last = s->time_start;
  session_arena(s, &s->hold);
  session_arena(s, &s->work);
  rc = session_schema(s, schema);
  if (rc != SQLITE_OK) return rc;
  rc = session_tables(s);
  if (rc != SQLITE_OK) return rc;
  if (s->has_tables) {
    rc = hf_config_load(s);
    if (rc != SQLITE_OK) return rc;
  }
  rc = hf_config_int(s, "max_rows_read", 10000000, 1, 1000000000000LL,
                     &s->rows_limit);
  if (rc != SQLITE_OK) return rc;
  rc = hf_config_real(s, "max_seconds", 60, 0.001, 86400, &seconds);
  if (rc != SQLITE_OK) return rc;
  s->time_limit = (sqlite3_int64)(seconds * 1000);
  rc = hf_config_int(s, "max_memory_mb", 1024, 1, 1000000, &megabytes);
  if (rc != SQLITE_OK) return rc;
  s->bytes_limit = megabytes * 1000000;
  if (s->as_of == s->as_of) {
    if (s->as_of > HF_TS_MAX || s->as_of < -HF_TS_MAX) {
      return hf_fail(s, SQLITE_ERROR,
                     "as_of must be unix seconds within 1e11, got %.15g",
                     s->as_of);
    }
    return SQLITE_OK;
  }
  rc = hf_config_real(s, "now", s->as_of, -HF_TS_MAX, HF_TS_MAX, &now);
  if (rc == SQLITE_OK) s->as_of = now;
  return rc;
}

void hf_session_close(hf_session *s) {
  hf_finalize(s->pulse);
  s->pulse = NULL;
  hf_work_free(&s->work);
  hf_work_free(&s->hold);
  s->settings = NULL;
  s->setting_count = 0;
  s->schema = NULL;
  sqlite3_free(s->err);
  s->err = NULL;
}
