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

static int load_costs_act(hf_conn *conn, hf_session *s, int argc,
                          sqlite3_value **argv, char **json) {
  const char *table;
  const char *did = NULL;
  int rc = hf_verb_text(argv[0], NULL, &table);
  (void)conn;
  (void)argc;
  if (rc != SQLITE_OK) return hf_fail(s, rc, NULL);
  if (table == NULL) return hf_fail(s, SQLITE_ERROR, "table is required");
  rc = hf_bill_load(s, table, &did);
  if (rc != SQLITE_OK) return rc;
  *json = sqlite3_mprintf("%s", did);
  return *json != NULL ? SQLITE_OK : hf_fail(s, SQLITE_NOMEM, NULL);
}

void hf_load_costs_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hf_verb_run(ctx, "hf_load_costs", 1, load_costs_act, argc, argv);
}
