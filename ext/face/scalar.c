/*
** scalar.c: the scalar of the same name as an answer.
**
** It runs sql/json/<name>.sql, which shapes the rows of the table-valued
** function into one JSON text. The arguments are bound in the order of the
** parameters, as ?1, ?2, ..., then as_of and schema; what the caller left out
** is NULL, its default. The SQL does no arithmetic: the numbers are the
** rows'.
*/
#include "answer.h"

typedef struct scalar_data {
  hf_conn *conn;
  const hf_answer *def;
} scalar_data;

static void scalar_result(sqlite3_context *ctx, sqlite3_stmt *st) {
  const unsigned char *text;
  sqlite3_result_value(ctx, sqlite3_column_value(st, 0));
  if (sqlite3_column_type(st, 0) != SQLITE_TEXT) return;
  text = sqlite3_column_text(st, 0);
  if (text == NULL) {
    sqlite3_result_error_nomem(ctx);
  } else if (text[0] == '{' || text[0] == '[') {
    sqlite3_result_subtype(ctx, HF_JSON_SUBTYPE);
  }
}

static void scalar_error(sqlite3_context *ctx, sqlite3 *db, int rc) {
  rc = hf_db_code(db, rc);
  if (rc == SQLITE_NOMEM) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  sqlite3_result_error(ctx, sqlite3_errmsg(db), -1);
  sqlite3_result_error_code(ctx, rc);
}

static void scalar_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  const scalar_data *data = sqlite3_user_data(ctx);
  sqlite3 *db = data->conn->db;
  sqlite3_stmt *st = NULL;
  int i;
  int rc = sqlite3_prepare_v2(db, data->def->json[0], -1, &st, NULL);
  for (i = 0; rc == SQLITE_OK && i < argc; i++) {
    if (i < sqlite3_bind_parameter_count(st)) {
      rc = sqlite3_bind_value(st, i + 1, argv[i]);
    }
  }
  if (rc != SQLITE_OK) {
    scalar_error(ctx, db, rc);
    goto done;
  }
  rc = sqlite3_step(st);
  if (rc == SQLITE_ROW) {
    scalar_result(ctx, st);
  } else if (rc != SQLITE_DONE) {
    scalar_error(ctx, db, rc);
  }
done:
  sqlite3_finalize(st);
}

static void scalar_free(void *p) {
  scalar_data *data = p;
  hf_conn_release(data->conn);
  sqlite3_free(data);
}

int hf_scalar_register(hf_conn *conn, const hf_answer *def) {
  int most = hf_answer_params(def) + 2;
  int least = 0;
  int flags = SQLITE_UTF8;
  int n;
#ifdef SQLITE_RESULT_SUBTYPE
  if (sqlite3_libversion_number() >= 3045000) flags |= SQLITE_RESULT_SUBTYPE;
#endif
  /* with fewer than the required arguments the call itself says which */
  for (n = least; n <= most; n++) {
    scalar_data *data = sqlite3_malloc64(sizeof(*data));
    int rc;
    if (data == NULL) return SQLITE_NOMEM;
    data->conn = conn;
    data->def = def;
    conn->refs++;
    rc = sqlite3_create_function_v2(conn->db, def->name, n, flags, data,
                                    scalar_call, NULL, NULL, scalar_free);
    if (rc != SQLITE_OK) return rc;
  }
  return SQLITE_OK;
}
