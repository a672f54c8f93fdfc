/*
** alerts.c: hf_alerts([component]), what asks for a person now.
**
**   SELECT severity, summary, action FROM hf_alerts();
**   SELECT hf_alerts();   -- the body of Alertmanager's POST /api/v2/alerts
**
** The rows are made by one statement (sql/json/alerts_rows.sql) over the rows
** of hf_health, hf_predict_failures, hf_anomalies and hf_maintenance; nothing
** is estimated here. starts_ts is since when it shows: the beginning of the
** deviation, else the newest sample that shows it. What is over is not
** listed, so Alertmanager resolves it by its own time-out.
*/
#include "answers.h"
#include "sql.h"

static const hf_coldef alerts_cols[] = {
    {"alertname", HF_TEXT}, {"severity", HF_TEXT},  {"component", HF_TEXT},
    {"metric", HF_TEXT},    {"summary", HF_TEXT},   {"description", HF_TEXT},
    {"action", HF_TEXT},    {"starts_ts", HF_TIME}, {"starts_at", HF_TEXT},
    {NULL, HF_TEXT}};

static const hf_param alerts_params[] = {
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_TEXT, 0, 0, 0, NULL}};

typedef struct alerts_state {
  sqlite3_stmt *st;
} alerts_state;

static int alerts_begin(hf_call *c) {
  alerts_state *a = hf_work_zeroed(&c->s.hold, 1, sizeof(*a));
  int rc;
  if (a == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  c->state = a;
  rc = hf_prepare(&c->s, &a->st, "%s", hf_sql_alerts_rows[0]);
  if (rc != SQLITE_OK) return rc;
  if (c->component != NULL) rc = sqlite3_bind_value(a->st, 1, c->component);
  if (rc == SQLITE_OK && c->s.as_of == c->s.as_of) {
    rc = sqlite3_bind_double(a->st, 2, c->s.as_of);
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(a->st, 3, c->s.schema, -1, SQLITE_TRANSIENT);
  }
  return rc == SQLITE_OK ? SQLITE_OK : hf_fail_db(&c->s, rc);
}

static int alerts_next(hf_call *c, hf_rows *r) {
  enum { TIME = 7, AS_OF = 9 };
  alerts_state *a = c->state;
  int i;
  int rc = hf_step(&c->s, a->st);
  if (rc != SQLITE_ROW) return rc;
  rc = hf_rows_start(c, r, 1);
  for (i = 0; rc == SQLITE_OK && alerts_cols[i].name != NULL; i++) {
    const char *name = alerts_cols[i].name;
    if (sqlite3_column_type(a->st, i) == SQLITE_NULL) continue;
    if (i == TIME) {
      rc = hf_rows_one_real(c, r, name, sqlite3_column_double(a->st, i));
    } else {
      const char *text = (const char *)sqlite3_column_text(a->st, i);
      if (text == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
      rc = hf_rows_one_text(c, r, name, text);
    }
  }
  if (sqlite3_column_type(a->st, AS_OF) != SQLITE_NULL) {
    c->as_of_used = sqlite3_column_double(a->st, AS_OF);
  }
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static void alerts_end(hf_call *c) {
  alerts_state *a = c->state;
  if (a != NULL) hf_finalize(a->st);
}

const hf_answer hf_alerts_answer = {
    "hf_alerts", alerts_cols,  alerts_params, "component", NULL,
    1,           alerts_begin, alerts_next,   alerts_end,  hf_sql_alerts};
