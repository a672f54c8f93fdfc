/*
** init.c: hf_init() and hf_version().
*/
#include "functions.h"
#include "../store/schema.h"

#include <stddef.h>

void hf_function_fail(sqlite3_context *ctx, int rc, char *err) {
  if (rc == SQLITE_INTERRUPT) {
    sqlite3_result_error_code(ctx, rc);
  } else if (rc == SQLITE_NOMEM || err == NULL) {
    sqlite3_result_error_nomem(ctx);
  } else {
    sqlite3_result_error(ctx, err, -1);
    if (rc != SQLITE_ERROR) sqlite3_result_error_code(ctx, rc);
  }
  sqlite3_free(err);
}

int hf_function_text(hf_session *s, int rc, sqlite3_str *out, char **text) {
  int code = sqlite3_str_errcode(out);
  char *done = sqlite3_str_finish(out);
  *text = NULL;
  if (rc == SQLITE_OK && code == SQLITE_TOOBIG) {
    rc = hf_fail(s, code, "the text is longer than SQLITE_LIMIT_LENGTH allows");
  } else if (rc == SQLITE_OK && code != SQLITE_OK) {
    rc = hf_fail(s, code, NULL);
  } else if (rc == SQLITE_OK && done == NULL) { /* nothing was appended */
    *text = sqlite3_mprintf("");
    if (*text == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
  } else if (rc == SQLITE_OK) {
    *text = done;
    done = NULL;
  }
  sqlite3_free(done);
  return rc;
}

void hf_init_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  const char *schema = "main";
  char *err = NULL;
  int rc;
  if (argc > 0 && sqlite3_value_type(argv[0]) != SQLITE_NULL) {
    schema = (const char *)sqlite3_value_text(argv[0]);
    if (schema == NULL) {
      sqlite3_result_error_nomem(ctx);
      return;
    }
  }
  rc = hf_schema_create(sqlite3_context_db_handle(ctx), schema, &err);
  if (rc != SQLITE_OK) hf_function_fail(ctx, rc, err);
}

void hf_version_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc;
  (void)argv;
  sqlite3_result_text(ctx, HF_VERSION, -1, SQLITE_STATIC);
}
