/*
** schema.c: sql/schema.sql run in one savepoint.
**
** The statements are all IF NOT EXISTS or ON CONFLICT DO NOTHING, so that a
** second run changes nothing and what a person has set stays. Tables made
** before a column came get it then.
*/
#include "schema.h"
#include "savepoint.h"
#include "session.h"
#include "sql.h"

#include <stddef.h>

static int schema_exec(sqlite3 *db, char *sql, char **err) {
  char *message = NULL;
  int rc;
  if (sql == NULL) return SQLITE_NOMEM;
  rc = sqlite3_exec(db, sql, NULL, NULL, &message);
  sqlite3_free(sql);
  if (rc != SQLITE_OK && *err == NULL && rc != SQLITE_NOMEM) {
    *err = sqlite3_mprintf("hf_init: %s", message ? message : "failed");
  }
  sqlite3_free(message);
  return rc;
}

/* The version that hf_config states: SQLITE_OK and *version, 0 for none. */
static int schema_version(sqlite3 *db, const char *schema, int *version) {
  sqlite3_stmt *st = NULL;
  char *sql = sqlite3_mprintf("SELECT value FROM \"%w\".hf_config "
                              "WHERE key = 'schema_version'",
                              schema);
  int rc;
  *version = 0;
  if (sql == NULL) return SQLITE_NOMEM;
  rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
  sqlite3_free(sql);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_step(st);
  if (rc == SQLITE_ROW) *version = sqlite3_column_int(st, 0);
  sqlite3_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Columns that tables of an earlier release lack. */
static const char *const schema_later[][3] = {
    {"hf_query_history", "cache_misses",
     "NUMERIC CONSTRAINT \"cache_misses must be 0..1e15\" "
     "CHECK(cache_misses BETWEEN 0 AND 1e15)"}};

/* 1 in *has when the table has the column. */
static int schema_has(sqlite3 *db, const char *schema, const char *table,
                      const char *column, int *has) {
  sqlite3_stmt *st = NULL;
  char *sql = sqlite3_mprintf("SELECT 1 FROM pragma_table_info(%Q, %Q) "
                              "WHERE name = %Q",
                              table, schema, column);
  int rc;
  *has = 0;
  if (sql == NULL) return SQLITE_NOMEM;
  rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
  sqlite3_free(sql);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_step(st);
  *has = rc == SQLITE_ROW;
  sqlite3_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int schema_widen(sqlite3 *db, const char *schema, char **err) {
  size_t i;
  int rc = SQLITE_OK;
  for (i = 0;
       rc == SQLITE_OK && i < sizeof(schema_later) / sizeof(schema_later[0]);
       i++) {
    const char *const *later = schema_later[i];
    int has;
    rc = schema_has(db, schema, later[0], later[1], &has);
    if (rc != SQLITE_OK || has) continue;
    rc = schema_exec(
        db,
        sqlite3_mprintf("ALTER TABLE \"%w\".\"%w\" ADD COLUMN \"%w\" %s",
                        schema, later[0], later[1], later[2]),
        err);
  }
  return rc;
}

static int schema_fill(sqlite3 *db, const char *schema, char **err) {
  int version;
  int i;
  int rc;
  for (i = 0; hf_sql_schema[i] != NULL; i++) {
    rc = schema_exec(db, sqlite3_mprintf(hf_sql_schema[i], schema), err);
    if (rc != SQLITE_OK) return rc;
  }
  rc = schema_version(db, schema, &version);
  if (rc != SQLITE_OK) return rc;
  if (version == HF_SCHEMA_VERSION) return schema_widen(db, schema, err);
  *err = sqlite3_mprintf("hf_init: schema_version in hf_config is %d, this "
                         "library knows %d; use a newer library",
                         version, HF_SCHEMA_VERSION);
  return SQLITE_ERROR;
}

/* The code of what failed, and its message where there is none yet. */
static int schema_said(sqlite3 *db, int rc, char **err) {
  rc = hf_db_code(db, rc);
  if (rc == SQLITE_OK || rc == SQLITE_NOMEM || rc == SQLITE_INTERRUPT) {
    return rc;
  }
  if (*err == NULL) {
    *err = sqlite3_mprintf("hf_init: %s", sqlite3_errmsg(db));
  }
  return rc;
}

int hf_schema_create(sqlite3 *db, const char *schema, char **err) {
  hf_savepoint p;
  int rc = hf_savepoint_open(&p, db);
  *err = NULL;
  if (rc == SQLITE_OK) rc = schema_fill(db, schema, err);
  rc = schema_said(db, rc, err);
  rc = hf_savepoint_close(&p, rc);
  if (rc != SQLITE_OK && rc != SQLITE_NOMEM && rc != SQLITE_INTERRUPT &&
      *err == NULL) {
    *err = sqlite3_mprintf("hf_init: %s", sqlite3_errstr(rc));
  }
  return rc;
}
