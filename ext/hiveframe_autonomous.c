/*
** hiveframe_autonomous.c: the front door.
**
**   .load hiveframe_autonomous
**   SELECT hf_init();
**   SELECT * FROM hf_forecast(120);
**
** Loading registers functions and table-valued functions on one connection
** and writes nothing. The two tables below are the whole surface: an answer is
** a table-valued function and the scalar of the same name (face/answer.h); a
** function is a verb that writes (SQLITE_DIRECTONLY: never from a view or a
** trigger) or a pure helper.
*/
#include "face/answers.h"
#include "face/functions.h"
SQLITE_EXTENSION_INIT1

#include <string.h>

#define PURE (SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS)

static const hf_answer *const door_answers[] = {
    &hf_forecast_answer,
    &hf_pattern_answer,
    &hf_decompose_answer,
    &hf_time_to_answer,
    &hf_backtest_answer,
    &hf_anomalies_answer,
    &hf_failures_answer,
    &hf_health_answer,
    &hf_maintenance_answer,
    &hf_tune_answer,
    &hf_optimize_memory_answer,
    &hf_allocate_workers_answer,
    &hf_query_recommendation_answer,
    &hf_optimize_cost_answer,
    &hf_cost_backtest_answer,
    &hf_alerts_answer,
    &hf_quality_answer,
    &hf_from_prometheus_answer,
    &hf_report_steps_answer,
    &hf_prune_steps_answer,
    &hf_capture_steps_answer,
    NULL,
};

static const hf_function door_functions[] = {
    {"hf_init", 0, 1, SQLITE_DIRECTONLY, hf_init_call, NULL, NULL},
    {"hf_collect", 0, 1, SQLITE_DIRECTONLY, hf_collect_call, NULL, NULL},
    {"hf_load_costs", 1, 2, SQLITE_DIRECTONLY, hf_load_costs_call, NULL, NULL},
    {"hf_capture", 0, 2, SQLITE_DIRECTONLY, hf_capture_call, NULL, NULL},
    {"hf_apply", 0, 2, SQLITE_DIRECTONLY, hf_apply_call, NULL, NULL},
    {"hf_prune", 0, 2, SQLITE_DIRECTONLY, hf_prune_call, NULL, NULL},
    {"hf_learn", 0, 1, SQLITE_DIRECTONLY, hf_learn_call, NULL, NULL},
    {"hf_plot", 1, 6, 0, hf_plot_call, NULL, NULL},
    {"hf_report", 0, 3, 0, hf_report_call, NULL, NULL},
    {"hf_to_prometheus", 0, 1, 0, hf_to_prometheus_call, NULL, NULL},
    {"hf_version", 0, 0, PURE, hf_version_call, NULL, NULL},
    {"hf_source", 3, 7, PURE, hf_source_call, NULL, NULL},
    {"hf_series", 2, 4, PURE, NULL, hf_series_step, hf_series_final},
};

enum { DOOR_OLDEST = 3038000 }; /* SQLite 3.38: ->> and JSON built in */

static int door_function(hf_conn *conn, const hf_function *f) {
  int n;
  for (n = f->least; n <= f->most; n++) {
    int rc;
    conn->refs++;
    rc = sqlite3_create_function_v2(conn->db, f->name, n,
                                    SQLITE_UTF8 | f->flags, conn, f->call,
                                    f->step, f->final, hf_conn_release);
    if (rc != SQLITE_OK) return rc;
  }
  return SQLITE_OK;
}

static int door_open(sqlite3 *db) {
  hf_conn *conn = sqlite3_malloc64(sizeof(*conn));
  size_t i;
  int rc = SQLITE_OK;
  if (conn == NULL) return SQLITE_NOMEM;
  memset(conn, 0, sizeof(*conn));
  conn->db = db;
  conn->refs = 1;
  for (i = 0; rc == SQLITE_OK && door_answers[i] != NULL; i++) {
    rc = hf_answer_register(conn, door_answers[i]);
  }
  for (i = 0; rc == SQLITE_OK &&
              i < sizeof(door_functions) / sizeof(door_functions[0]);
       i++) {
    rc = door_function(conn, &door_functions[i]);
  }
  hf_conn_release(conn);
  return rc;
}

#ifdef _WIN32
__declspec(dllexport)
#elif defined(__GNUC__)
__attribute__((visibility("default")))
#endif
    int sqlite3_hiveframeautonomous_init(sqlite3 *db, char **err,
                                         const sqlite3_api_routines *api);

int sqlite3_hiveframeautonomous_init(sqlite3 *db, char **err,
                                     const sqlite3_api_routines *api) {
  int rc;
  SQLITE_EXTENSION_INIT2(api);
  (void)api;
  if (sqlite3_libversion_number() < DOOR_OLDEST) {
    if (err != NULL) {
      *err = sqlite3_mprintf("hiveframe_autonomous needs SQLite 3.38.0 or "
                             "newer, this is %s",
                             sqlite3_libversion());
    }
    return SQLITE_ERROR;
  }
  rc = door_open(db);
  if (rc != SQLITE_OK && rc != SQLITE_NOMEM && err != NULL) {
    *err = sqlite3_mprintf("hiveframe_autonomous: %s", sqlite3_errmsg(db));
  }
  return rc;
}
