/*
** load_costs.c: hf_load_costs(table [, schema]) loads a FOCUS export.
**
**   .import --csv bill.csv focus_raw
**   SELECT hf_load_costs('focus_raw');
**
** The answer is a JSON object: status, rows, the sums of BilledCost and
** EffectiveCost in their currency, and the columns that were not needed.
*/
#include <math.h>

#include "../store/bill.h"
#include "functions.h"

void hf_load_costs_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hf_conn *conn = sqlite3_user_data(ctx);
  const char *schema = NULL;
  const char *table = NULL;
  const char *json = NULL;
  hf_session s;
  int rc = SQLITE_OK;
  if (argc == 2 && sqlite3_value_type(argv[1]) != SQLITE_NULL) {
    schema = (const char *)sqlite3_value_text(argv[1]);
    if (schema == NULL) rc = SQLITE_NOMEM;
  }
  if (sqlite3_value_type(argv[0]) != SQLITE_NULL) {
    table = (const char *)sqlite3_value_text(argv[0]);
    if (table == NULL) rc = SQLITE_NOMEM;
  }
  if (rc == SQLITE_NOMEM) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  rc = hf_session_open(&s, conn->db, "hf_load_costs", schema, NAN);
  if (rc == SQLITE_OK && table == NULL) {
    rc = hf_fail(&s, SQLITE_ERROR, "table is required");
  }
  if (rc == SQLITE_OK) rc = hf_enter(conn, &s);
  if (rc == SQLITE_OK) {
    rc = hf_bill_load(&s, table, &json);
    hf_leave(conn);
  }
  if (rc == SQLITE_OK) {
    sqlite3_result_text(ctx, json, -1, SQLITE_TRANSIENT);
    sqlite3_result_subtype(ctx, HF_JSON_SUBTYPE);
  } else {
    hf_function_fail(ctx, rc, s.err);
    s.err = NULL;
  }
  hf_session_close(&s);
}
