/*
** keep.c: hf_learn([schema]) learns from the recorded failures and keeps it.
**
**   SELECT hf_learn();      -- once a day, and after each failure
**
** hf_predict_failures(), hf_health() and hf_maintenance() learn what failures
** of each kind look like in every call. What this verb keeps in the tables
** hf_learned, hf_learned_lives, hf_learned_metrics and hf_learned_values they
** take instead, with the same answers, as long as it fits the history; what
** no longer does is noticed (face/lore.c), and learned anew in the call.
** It replaces what it kept before, all or nothing, and holds the write lock
** while it learns.
**
** The answer is a JSON object: status (ok, or insufficient_data when no kind
** has taught anything), as_of_ts, and for each kind that has a failure on
** record its method (wear, hazard, none), failures, lives learned from,
** components without a failure, component_hours, and why method is none.
*/
#include "functions.h"
#include "risk.h"
#include "../store/learned.h"
#include "../store/savepoint.h"

/* What was kept, as JSON from sqlite3_malloc. */
static int keep_json(hf_session *s, char **json) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st,
      "SELECT json_object('status', iif(total(method <> 'none') > 0, 'ok',"
      " 'insufficient_data'), 'as_of_ts', max(as_of_ts),"
      " 'kinds', json_group_array(json_object('kind', kind,"
      " 'method', method, 'failures', failures, 'lives', lives,"
      " 'components', components, 'component_hours', component_hours,"
      " 'reason', CASE WHEN method <> 'none' THEN NULL"
      " WHEN failures < %d THEN 'fewer than %d failures are on record'"
      " ELSE 'fewer than %d failures have samples before them' END)))"
      " FROM (SELECT * FROM \"%w\".hf_learned ORDER BY kind)",
      HF_FAILURE_LEAST, HF_FAILURE_LEAST, HF_FAILURE_LEAST, s->schema);
  if (rc == SQLITE_OK) rc = hf_step(s, st);
  if (rc == SQLITE_ROW) {
    *json = sqlite3_mprintf("%s", sqlite3_column_text(st, 0));
    rc = *json != NULL ? SQLITE_OK : hf_fail(s, SQLITE_NOMEM, NULL);
  }
  hf_finalize(st);
  return rc;
}

static int keep_act(hf_conn *conn, hf_session *s, int argc,
                    sqlite3_value **argv, char **json) {
  hf_savepoint p;
  sqlite3_stmt *lock = NULL;
  hf_lore *list = NULL;
  int there = 0;
  int rc = hf_need_tables(s);
  (void)conn;
  (void)argc;
  (void)argv;
  if (rc == SQLITE_OK) rc = hf_learned_there(s, &there);
  if (rc != SQLITE_OK) return rc;
  if (!there) {
    return hf_fail(s, SQLITE_ERROR,
                   "no hf_learned here; run SELECT hf_init() first");
  }
  rc = hf_learned_lock(s, &lock);
  if (rc != SQLITE_OK) return rc;
  rc = hf_savepoint_begin(s, &p, lock);
  if (rc == SQLITE_OK) rc = hf_lore_keep(s, &list);
  if (rc == SQLITE_OK) rc = keep_json(s, json);
  rc = hf_savepoint_end(s, &p, rc);
  hf_finalize(lock);
  return rc;
}

void hf_learn_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hf_verb_run(ctx, "hf_learn", 0, keep_act, argc, argv);
}
