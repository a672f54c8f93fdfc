/*
** verb.c: the frame that every verb with a JSON result runs in.
*/
#include "functions.h"

#include <math.h>

double hf_conn_number(hf_conn *conn) {
  while (conn->id == 0) {
    sqlite3_uint64 draw;
    sqlite3_randomness(sizeof(draw), &draw);
    conn->id = (double)(draw >> 11);
  }
  return conn->id;
}

int hf_verb_text(sqlite3_value *v, const char *missing, const char **out) {
  *out = missing;
  if (v == NULL || sqlite3_value_type(v) == SQLITE_NULL) return SQLITE_OK;
  *out = (const char *)sqlite3_value_text(v);
  return *out != NULL ? SQLITE_OK : SQLITE_NOMEM;
}

/* ---- what verbs fetch themselves is no load of the application */

static void verb_pages(sqlite3 *db, int pages[2]) {
  static const int op[2] = {SQLITE_DBSTATUS_CACHE_HIT,
                            SQLITE_DBSTATUS_CACHE_MISS};
  int k;
  for (k = 0; k < 2; k++) {
    int most;
    if (sqlite3_db_status(db, op[k], &pages[k], &most, 0) != SQLITE_OK) {
      pages[k] = 0;
    }
  }
}

static void verb_begins(hf_conn *conn, int pages[2]) {
  int k;
  verb_pages(conn->db, pages);
  for (k = 0; k < 2; k++) {
    /* less than before: the application has reset the counter */
    if (pages[k] < conn->pages[k]) conn->own[k] = 0;
    conn->asked[k] = pages[k] - conn->own[k];
  }
}

static void verb_ends(hf_conn *conn, const int pages[2]) {
  int k;
  verb_pages(conn->db, conn->pages);
  for (k = 0; k < 2; k++) conn->own[k] += conn->pages[k] - pages[k];
}

void hf_verb_run(sqlite3_context *ctx, const char *name, int schema_at,
                 hf_verb act, int argc, sqlite3_value **argv) {
  hf_conn *conn = sqlite3_user_data(ctx);
  const char *schema = NULL;
  char *json = NULL;
  hf_session s;
  int pages[2];
  int rc =
      hf_verb_text(argc > schema_at ? argv[schema_at] : NULL, NULL, &schema);
  if (rc != SQLITE_OK) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  verb_begins(conn, pages);
  rc = hf_session_open(&s, conn->db, name, schema, NAN);
  if (rc == SQLITE_OK) rc = hf_enter(conn, &s);
  if (rc == SQLITE_OK) {
    rc = act(conn, &s, argc, argv, &json);
    hf_leave(conn);
  }
  if (rc == SQLITE_OK) {
    sqlite3_result_text(ctx, json, -1, sqlite3_free);
    sqlite3_result_subtype(ctx, HF_JSON_SUBTYPE);
  } else {
    sqlite3_free(json);
    hf_function_fail(ctx, rc, s.err);
    s.err = NULL;
  }
  hf_session_close(&s);
  verb_ends(conn, pages);
}
