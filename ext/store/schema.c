/*
** schema.c: sql/schema.sql run in one savepoint.
**
** The statements are all IF NOT EXISTS or ON CONFLICT DO NOTHING, so that a
** second run changes nothing and what a person has set stays.
*/
#include "schema.h"
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

static int schema_fill(sqlite3 *db, const char *schema, char **err) {
  int version;
  int i;
  int rc;
  for (i = 0; hf_sql_schema[i] != NULL; i++) {
    rc = schema_exec(db, sqlite3_mprintf(hf_sql_schema[i], schema), err);
    if (rc != SQLITE_OK) return rc;
  }
  rc = schema_version(db, schema, &version);
  if (rc != SQLITE_OK) {
    if (rc != SQLITE_NOMEM) {
      *err = sqlite3_mprintf("hf_init: %s", sqlite3_errmsg(db));
    }
    return rc;
  }
  if (version == HF_SCHEMA_VERSION) return SQLITE_OK;
  *err = sqlite3_mprintf("hf_init: schema_version in hf_config is %d, this "
                         "library knows %d; use a newer library",
                         version, HF_SCHEMA_VERSION);
  return SQLITE_ERROR;
}

int hf_schema_create(sqlite3 *db, const char *schema, char **err) {
  int rc = sqlite3_exec(db, "SAVEPOINT hf_init", NULL, NULL, NULL);
  *err = NULL;
  if (rc != SQLITE_OK) {
    if (rc != SQLITE_NOMEM) {
      *err = sqlite3_mprintf("hf_init: %s", sqlite3_errmsg(db));
    }
    return rc;
  }
  rc = schema_fill(db, schema, err);
  if (rc == SQLITE_OK) {
    rc = sqlite3_exec(db, "RELEASE hf_init", NULL, NULL, NULL);
    if (rc == SQLITE_OK) return SQLITE_OK;
    if (rc != SQLITE_NOMEM) {
      *err = sqlite3_mprintf("hf_init: %s", sqlite3_errmsg(db));
    }
  }
  /* the first error counts; a rollback that fails leaves it to SQLite, which
  ** rolls back the whole transaction after a serious error */
  sqlite3_exec(db, "ROLLBACK TO hf_init", NULL, NULL, NULL);
  sqlite3_exec(db, "RELEASE hf_init", NULL, NULL, NULL);
  return rc;
}
