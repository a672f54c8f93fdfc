/*
** maintenance.c: hf_maintenance([component]).
**
**   SELECT priority, component, action, due_ts FROM hf_maintenance();
**
** One row a component that needs something, none for the others: it failed,
** it fell silent, or it is likely to fail. The priority comes from the
** shortest of three horizons within which failing is more likely than not: a
** day (CRITICAL), a week (HIGH), thirty days (MEDIUM); LOW: at least one in
** five within thirty days. No horizon is longer than what the evidence reaches
** back. probability is that of the horizon. Due is the time
** by which 5% of such components have failed.
**
** What hf_maintenance_log holds since the trouble began counts as done: the
** recommendation is not repeated.
*/
#include "answers.h"
#include "risk.h"
#include "sql.h"

#include <math.h>
#include <string.h>

static const hf_coldef maintenance_cols[] = {
    {"priority", HF_TEXT}, {"component", HF_KEY}, {"action", HF_TEXT},
    {"reason", HF_TEXT},   {"due_ts", HF_TIME},   {"probability", HF_REAL},
    {"status", HF_TEXT},   {NULL, HF_TEXT}};

static const hf_param maintenance_params[] = {
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_TEXT, 0, 0, 0, NULL}};

typedef struct maintenance_state {
  hf_risks *risks;
  sqlite3_stmt *log;
} maintenance_state;

/* What is to be done. */
typedef struct maintenance_job {
  const char *priority, *action, *reason;
  double due, p;
} maintenance_job;

static int maintenance_begin(hf_call *c) {
  maintenance_state *m = hf_work_zeroed(&c->s.hold, 1, sizeof(*m));
  int rc;
  if (m == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  c->state = m;
  rc = hf_risks_open(&c->s, c->component, NULL, &m->risks);
  if (rc != SQLITE_OK) return rc;
  return hf_prepare(&c->s, &m->log,
                    "SELECT max(ts) FROM \"%w\".hf_maintenance_log"
                    " WHERE component = ?1 AND ts <= ?2",
                    c->s.schema);
}

/* Newest maintenance of a component up to now; NaN: none. */
static int maintenance_done(hf_call *c, const hf_risk *k, double *ts) {
  maintenance_state *m = c->state;
  int rc = sqlite3_bind_value(m->log, 1, k->key);
  *ts = NAN;
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_double(m->log, 2, isnan(k->now) ? HF_TS_MAX : k->now);
  }
  if (rc != SQLITE_OK) return hf_fail_db(&c->s, rc);
  rc = hf_step(&c->s, m->log);
  if (rc == SQLITE_ROW && sqlite3_column_type(m->log, 0) != SQLITE_NULL) {
    *ts = sqlite3_column_double(m->log, 0);
  }
  sqlite3_reset(m->log);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The action that a metric asks for. */
static const char *maintenance_action(const char *metric) {
  static const char *const known[][2] = {
      {"disk_percent", "free or add disk space"},
      {"memory_percent", "find what holds memory, restart it or add memory"},
      {"cpu_percent", "move load away or add processors"},
      {"network_errors", "check cables, ports and drivers"},
      {"response_time_ms", "find what slows requests down"}};
  size_t i;
  for (i = 0; metric != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
    if (strcmp(metric, known[i][0]) == 0) return known[i][1];
  }
  return "service or replace it";
}

/* A component that is likely to fail. 1: there is something to do. */
static int maintenance_risk(hf_call *c, const hf_risk *k, maintenance_job *j,
                            int *need) {
  static const struct {
    const char *priority;
    double hours, least;
  } step[] = {{"CRITICAL", 24, 0.5},
              {"HIGH", 168, 0.5},
              {"MEDIUM", 720, 0.5},
              {"LOW", 720, 0.2}};
  double lo = hf_life_quantile(&k->life, 0.05);
  size_t i;
  for (i = 0; i < 4; i++) {
    /* not further ahead than the evidence reaches back */
    double hours = fmin(step[i].hours, k->life.outlook);
    j->p = hf_life_within(&k->life, hours);
    if (j->p < step[i].least) continue;
    /* a low risk without a cause is that of the whole kind: nothing to do */
    if (step[i].least < 0.5 && k->cause == NULL) continue;
    j->priority = step[i].priority;
    j->action = maintenance_action(k->cause);
    j->due = k->now + 3600 * (isfinite(lo) ? lo : k->life.outlook);
    j->reason = k->cause != NULL
                    ? hf_format(&c->s.work,
                                "fails within %.0f hours with probability "
                                "%.2f; %s contributes most",
                                hours, j->p, k->cause)
                    : hf_format(&c->s.work,
                                "fails within %.0f hours with probability "
                                "%.2f",
                                hours, j->p);
    *need = 1;
    return j->reason == NULL ? hf_fail(&c->s, SQLITE_NOMEM, NULL) : SQLITE_OK;
  }
  return SQLITE_OK;
}

static int maintenance_judge(hf_call *c, const hf_risk *k, maintenance_job *j,
                             int *need) {
  double done, since = k->since;
  int rc = SQLITE_OK;
  *need = 0;
  j->due = k->now;
  j->p = NAN;
  j->reason = k->reason;
  if (strcmp(k->status, "failed") == 0) {
    j->priority = "CRITICAL";
    j->action = "repair or replace it";
    since = k->failed;
    *need = 1;
  } else if (strcmp(k->status, "silent") == 0) {
    j->priority = "HIGH";
    j->action = "check that it runs and that its metrics are collected";
    since = k->last;
    *need = 1;
  } else if (k->known) {
    rc = maintenance_risk(c, k, j, need);
    if (isnan(since)) since = k->now - 86400;
  }
  if (rc != SQLITE_OK || !*need) return rc;
  rc = maintenance_done(c, k, &done);
  if (rc == SQLITE_OK && done >= since) *need = 0;
  return rc;
}

static int maintenance_next(hf_call *c, hf_rows *r) {
  maintenance_state *m = c->state;
  maintenance_job j;
  hf_risk k;
  int need = 0;
  int rc = hf_risks_next(m->risks, &k);
  if (rc != SQLITE_ROW) return rc;
  memset(&j, 0, sizeof(j));
  rc = maintenance_judge(c, &k, &j, &need);
  c->as_of_used = k.now;
  if (rc == SQLITE_OK) rc = hf_rows_start(c, r, need ? 1 : 0);
  if (!need) return rc == SQLITE_OK ? SQLITE_ROW : rc;
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "priority", j.priority);
  if (rc == SQLITE_OK) rc = hf_rows_one_key(c, r, "component", k.key);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "action", j.action);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", j.reason);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "due_ts", j.due);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "probability", j.p);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", k.status);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static void maintenance_end(hf_call *c) {
  maintenance_state *m = c->state;
  if (m == NULL) return;
  hf_finalize(m->log);
  if (m->risks != NULL) hf_risks_close(m->risks);
}

const hf_answer hf_maintenance_answer = {"hf_maintenance",
                                         maintenance_cols,
                                         maintenance_params,
                                         "component",
                                         NULL,
                                         1,
                                         maintenance_begin,
                                         maintenance_next,
                                         maintenance_end,
                                         hf_sql_maintenance};
