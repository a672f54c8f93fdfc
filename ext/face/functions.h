/*
** functions.h: the plain SQL functions: verbs that write, and pure helpers.
*/
#ifndef HF_FUNCTIONS_H
#define HF_FUNCTIONS_H

#include "answer.h"

#define HF_VERSION "0.1.0"

/* A row of the table of functions in hiveframe_autonomous.c. The user data of
** each is its hf_conn. Aggregates have step and final instead of call. */
typedef struct hf_function {
  const char *name;
  int least; /* arguments */
  int most;
  int flags; /* besides SQLITE_UTF8 */
  void (*call)(sqlite3_context *ctx, int argc, sqlite3_value **argv);
  void (*step)(sqlite3_context *ctx, int argc, sqlite3_value **argv);
  void (*final)(sqlite3_context *ctx);
} hf_function;

/* Fails a scalar with a message, "" being out of memory. Frees `err`, which
** is from sqlite3_malloc or NULL. */
void hf_function_fail(sqlite3_context *ctx, int rc, char *err);

/* A verb with a JSON result: does its work in the session that is open, and
** gives *json from sqlite3_malloc. A SQLite code; its message is recorded. */
typedef int (*hf_verb)(hf_conn *conn, hf_session *s, int argc,
                       sqlite3_value **argv, char **json);

/* Opens the session (the schema is argument `schema_at`, when given), enters,
** runs the verb, hands on its JSON or its error. */
void hf_verb_run(sqlite3_context *ctx, const char *name, int schema_at,
                 hf_verb act, int argc, sqlite3_value **argv);

/* An argument as text; `missing` when it is left out (v NULL) or SQL NULL:
** SQLITE_OK or SQLITE_NOMEM. */
int hf_verb_text(sqlite3_value *v, const char *missing, const char **out);

/* The number that tells this connection from others: 53 bits, so that a REAL
** holds it exactly. */
double hf_conn_number(hf_conn *conn);

/* Ends a text: SQLITE_OK and *text for sqlite3_free(), never NULL, or an error
** with its message and *text NULL. With `rc` an error already, only frees. */
int hf_function_text(hf_session *s, int rc, sqlite3_str *out, char **text);

/* hf_init([schema]): makes the tables. Returns NULL. */
void hf_init_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_collect([schema]): records a sample of the host. Returns JSON. */
void hf_collect_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_load_costs(table [, schema]): loads a FOCUS export. Returns JSON. */
void hf_load_costs_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_capture([action [, schema]]): on, off, status (the default), flush.
** Returns JSON. */
void hf_capture_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_apply([action [, schema]]): carries out what hf_tune() recommends for
** SQLite (the default); dry-run, status, undo. Returns JSON. */
void hf_apply_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_prune([keep_days [, schema]]): rolls up old samples. Returns JSON. */
void hf_prune_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_learn([schema]): learns from failures and keeps it. Returns JSON. */
void hf_learn_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_plot(series [, horizon_minutes [, component [, as_of [, schema [,
** size]]]]]): an SVG text. */
void hf_plot_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_report([days [, as_of [, schema]]]): an HTML page. */
void hf_report_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_to_prometheus([schema]): the newest samples as a text of Prometheus. */
void hf_to_prometheus_call(sqlite3_context *ctx, int argc,
                           sqlite3_value **argv);

/* hf_version(): "0.1.0". */
void hf_version_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_source(table, ts_column, value_column [, key_column [, step_seconds
** [, kind [, schema]]]]): the JSON text that names a series. */
void hf_source_call(sqlite3_context *ctx, int argc, sqlite3_value **argv);

/* hf_series(ts, value [, step_seconds [, kind]]): aggregate, a packed BLOB. */
void hf_series_step(sqlite3_context *ctx, int argc, sqlite3_value **argv);
void hf_series_final(sqlite3_context *ctx);

#endif
