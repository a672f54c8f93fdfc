/*
** capture.c: hf_capture([action [, schema]]) records what the statements of
** this connection cost.
**
**   SELECT hf_capture('on');      -- this connection's trace is ours from here
**   ... the application works ...
**   SELECT hf_capture('status');  -- how many executions wait in memory
**   SELECT hf_capture('flush');   -- writes them into hf_query_history
**   SELECT hf_capture('off');
**
** Nothing is captured unless it is switched on, because it TAKES THE PLACE of
** the application's own trace (sqlite3_trace_v2, sqlite3_profile): a connection
** has one, and SQLite has no way to ask for it and put it back. When the
** application sets its own afterwards, status says `replaced`.
**
** Of each execution: its statement without literals (query_id; the text is in
** hf_queries), its plan, rows, bytes of the pages it fetched, time from its
** first step to its end (the application's own time between two rows is in it),
** steps of the virtual machine, steps of full scans, rows put into automatic
** indexes, sorts. param_hash is that of the literals; where the statement has
** parameters it is NULL, for SQLite does not tell what is bound to them.
** bytes_scanned is NULL where other statements ran in between; of a statement
** run again and again, each time in less than 10 us, it is a share of what up
** to four executions fetched together (store/capture_hook.c).
**
** Executions wait in a ring of capture_rows (hf_config); when it is full the
** oldest go and are counted as dropped. They are written by 'flush' and by
** hf_collect(), in the transaction of the caller if there is one: a ROLLBACK
** takes them along.
*/
#include "functions.h"
#include "../store/capture.h"
#include "../store/clock.h"

#include <math.h>
#include <string.h>

static const char *const capture_modes[] = {"off", "on", "replaced"};

static char *capture_json(sqlite3 *db, const char *action,
                          const hf_capture_state *now,
                          const hf_capture_written *wrote) {
  sqlite3_str *out = sqlite3_str_new(db);
  sqlite3_str_appendf(out, "{\"status\":\"%s\",", capture_modes[now->mode]);
  if (strcmp(action, "flush") == 0) {
    sqlite3_str_appendf(out, "\"written\":%lld,\"new_queries\":%lld,",
                        wrote->rows, wrote->queries);
  }
  sqlite3_str_appendf(out,
                      "\"waiting\":%lld,\"room\":%lld,\"captured\":%lld,"
                      "\"dropped\":%lld,\"queries\":%lld,\"unfinished\":%lld,"
                      "\"clock\":\"%s\"",
                      now->waiting, now->room, now->captured, now->dropped,
                      now->queries, now->unfinished,
                      hf_clock_is_steady() ? "steady" : "milliseconds");
  if (strcmp(action, "on") == 0) {
    sqlite3_str_appendall(out, ",\"note\":\"replaces the trace that the "
                               "application may have set\"");
  }
  sqlite3_str_appendall(out, "}");
  return sqlite3_str_finish(out);
}

static int capture_act(hf_conn *conn, hf_session *s, int argc,
                       sqlite3_value **argv, char **json) {
  const char *action;
  hf_capture_state now;
  hf_capture_written wrote = {0, 0};
  sqlite3_int64 rows = 0;
  int rc = hf_verb_text(argc > 0 ? argv[0] : NULL, "status", &action);
  if (rc != SQLITE_OK) return hf_fail(s, rc, NULL);
  if (strcmp(action, "on") == 0) {
    rc = hf_config_int(s, "capture_rows", 4096, 16, 1000000, &rows);
    if (rc == SQLITE_OK) rc = hf_capture_on(&conn->capture, s, rows);
  } else if (strcmp(action, "off") == 0) {
    rc = hf_capture_off(conn->capture, s);
  } else if (strcmp(action, "flush") == 0) {
    rc = hf_need_tables(s);
    if (rc == SQLITE_OK && !hf_has_table(s, s->schema, "hf_queries")) {
      rc = hf_fail(s, SQLITE_ERROR,
                   "no hf_queries here; run SELECT hf_init() first");
    }
    if (rc == SQLITE_OK) rc = hf_capture_flush(conn->capture, s, 0, &wrote);
  } else if (strcmp(action, "status") != 0) {
    rc =
        hf_fail(s, SQLITE_ERROR,
                "action must be on, off, status or flush, got '%.60s'", action);
  }
  if (rc == SQLITE_OK) rc = hf_capture_look(conn->capture, s, &now);
  if (rc != SQLITE_OK) return rc;
  hf_capture_trim(&conn->capture);
  *json = capture_json(s->db, action, &now, &wrote);
  return *json != NULL ? SQLITE_OK : hf_fail(s, SQLITE_NOMEM, NULL);
}

void hf_capture_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hf_verb_run(ctx, "hf_capture", 1, capture_act, argc, argv);
}
