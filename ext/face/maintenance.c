/*
** maintenance.c: hf_maintenance([component]).
**
**   SELECT priority, component, action, due_ts FROM hf_maintenance();
**
** What needs something, and nothing else: it failed, it fell silent, or it is
** likely to fail. One row for what contributes most to the whole risk, and one
** for each further metric that nears a limit by itself (cause, probability and
** due are its own then), as long as that asks for another action: a disk that
** fills and an interface that errs are two things to do. The priority comes
** from the shortest of three horizons within which failing is more likely than
** not: a day (CRITICAL), a week (HIGH), thirty days (MEDIUM); LOW: at least one
** in five within thirty days. No horizon is longer than what the evidence
** reaches back. probability is that of the horizon. Due is the time
** by which 5% of such components have failed, in whole seconds. cause and
** since_ts tell one recommendation from the next: while both stay the same it
** is the same one.
**
** hf_maintenance_log (store/upkeep.h) is taken into account. In an open window
** nothing is asked for. Work done since the trouble began is judged by what
** came after it (done.h): where it helped there is nothing to do; where it did
** not the work stays due, and the reason says so. It gets hf_config
** maintenance_hours to show; for a risk without a cause, age that is, the
** horizon it was about.
*/
#include "answers.h"
#include "done.h"
#include "risk.h"
#include "sql.h"

#include <math.h>
#include <string.h>

static const hf_coldef maintenance_cols[] = {
    {"priority", HF_TEXT}, {"component", HF_KEY}, {"action", HF_TEXT},
    {"reason", HF_TEXT},   {"due_ts", HF_TIME},   {"probability", HF_REAL},
    {"status", HF_TEXT},   {"cause", HF_TEXT},    {"since_ts", HF_TIME},
    {NULL, HF_TEXT}};

static const hf_param maintenance_params[] = {
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_TEXT, 0, 0, 0, NULL}};

typedef struct maintenance_state {
  hf_risks *risks;
  hf_fleet *fleet; /* for a second look at a cause */
  hf_upkeep *upkeep;
} maintenance_state;

/* What is to be done. */
typedef struct maintenance_job {
  const char *priority, *action, *reason;
  const char *cause; /* metric; NULL */
  double due, p;
  double since;   /* unix seconds: begin of the trouble; NaN: not known */
  double horizon; /* hours that the priority is about; NaN: none */
} maintenance_job;

static int maintenance_begin(hf_call *c) {
  maintenance_state *m = hf_work_zeroed(&c->s.hold, 1, sizeof(*m));
  int rc;
  if (m == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  c->state = m;
  rc = hf_risks_open(&c->s, c->component, NULL, &m->risks);
  if (rc == SQLITE_OK) rc = hf_fleet_open(&c->s, NULL, &m->fleet);
  return rc == SQLITE_OK ? hf_upkeep_open(&c->s, &m->upkeep) : rc;
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

/* A component that is likely to fail, by `cause` (NULL: nothing stands out). 1
** in *need: there is something to do. */
static int maintenance_risk(hf_call *c, double now, const hf_life *life,
                            const char *cause, maintenance_job *j, int *need) {
  static const struct {
    const char *priority;
    double hours, least;
  } step[] = {{"CRITICAL", 24, 0.5},
              {"HIGH", 168, 0.5},
              {"MEDIUM", 720, 0.5},
              {"LOW", 720, 0.2}};
  double lo = hf_life_quantile(life, 0.05);
  size_t i;
  for (i = 0; i < 4; i++) {
    /* not further ahead than the evidence reaches back */
    double hours = fmin(step[i].hours, life->outlook);
    j->p = hf_life_within(life, hours);
    if (j->p < step[i].least) continue;
    /* a low risk without a cause is that of the whole kind: nothing to do */
    if (step[i].least < 0.5 && cause == NULL) continue;
    j->priority = step[i].priority;
    j->action = maintenance_action(cause);
    j->cause = cause;
    j->horizon = hours;
    j->due = floor(now + 3600 * (isfinite(lo) ? lo : life->outlook));
    j->reason = cause != NULL
                    ? hf_format(&c->s.work,
                                "fails within %.0f hours with probability "
                                "%.2f; %s contributes most",
                                hours, j->p, cause)
                    : hf_format(&c->s.work,
                                "fails within %.0f hours with probability "
                                "%.2f",
                                hours, j->p);
    *need = 1;
    return j->reason == NULL ? hf_fail(&c->s, SQLITE_NOMEM, NULL) : SQLITE_OK;
  }
  return SQLITE_OK;
}

/* What the risk asks for, whatever was done. */
static int maintenance_need(hf_call *c, const hf_risk *k, maintenance_job *j,
                            int *need) {
  *need = 0;
  j->due = floor(k->now);
  j->p = j->horizon = NAN;
  j->reason = k->reason;
  j->since = k->since;
  if (strcmp(k->status, "failed") == 0) {
    j->priority = "CRITICAL";
    j->action = "repair or replace it";
    j->since = k->failed;
    *need = 1;
  } else if (strcmp(k->status, "silent") == 0) {
    j->priority = "HIGH";
    j->action = "check that it runs and that its metrics are collected";
    j->since = k->last;
    *need = 1;
  } else if (k->known) {
    return maintenance_risk(c, k->now, &k->life, k->cause, j, need);
  }
  return SQLITE_OK;
}

/* Takes back the need where work done, or under way, meets it. */
static int maintenance_done(hf_call *c, const hf_risk *k, maintenance_job *j,
                            int *need) {
  maintenance_state *m = c->state;
  hf_trouble t = {k->key, k->name, j->cause, j->since, k->now, 0};
  hf_done done;
  int rc;
  if (isnan(k->now)) return SQLITE_OK;
  t.patience = j->cause == NULL && !isnan(j->horizon)
                   ? 3600 * j->horizon
                   : hf_upkeep_patience(m->upkeep);
  rc = hf_done_judge(&c->s, m->fleet, m->upkeep, &t, &done);
  if (rc != SQLITE_OK) return rc;
  if (!isnan(done.window.ts) || done.effect == HF_EFFECT_WAITING ||
      done.effect == HF_EFFECT_HELPED) {
    *need = 0;
    return SQLITE_OK;
  }
  return hf_done_words(&c->s, &done, k->now, &j->reason);
}

/* The further ways to fail, each with an action of its own. job[*n] goes on
** behind the first, whatever became of that. */
static int maintenance_ways(hf_call *c, const hf_risk *k, const char *cause,
                            const char *action, maintenance_job *job,
                            size_t *n) {
  size_t i, first = *n;
  for (i = 0; i < k->ways; i++) {
    const hf_way *way = &k->way[i];
    maintenance_job *j = &job[*n];
    const char *ask = maintenance_action(way->metric);
    size_t twin = first;
    int need = 0, rc;
    if (cause != NULL && strcmp(way->metric, cause) == 0) continue;
    if (action != NULL && strcmp(ask, action) == 0) continue;
    memset(j, 0, sizeof(*j));
    j->since = way->since;
    rc = maintenance_risk(c, k->now, &way->life, way->metric, j, &need);
    if (rc == SQLITE_OK && need) rc = maintenance_done(c, k, j, &need);
    if (rc != SQLITE_OK) return rc;
    if (!need) continue;
    /* of two that ask for the same the sooner */
    while (twin < *n && strcmp(job[twin].action, ask) != 0) twin++;
    if (twin == *n)
      ++*n;
    else if (j->due < job[twin].due)
      job[twin] = *j;
  }
  return SQLITE_OK;
}

static int maintenance_row(hf_call *c, hf_rows *r, size_t i, const hf_risk *k,
                           const maintenance_job *j) {
  int rc = hf_rows_set_text(c, r, "priority", i, j->priority);
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "action", i, j->action);
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "reason", i, j->reason);
  if (rc == SQLITE_OK) rc = hf_rows_set_real(c, r, "due_ts", i, j->due);
  if (rc == SQLITE_OK) rc = hf_rows_set_real(c, r, "probability", i, j->p);
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "status", i, k->status);
  if (rc == SQLITE_OK && j->cause != NULL)
    rc = hf_rows_set_text(c, r, "cause", i, j->cause);
  if (rc == SQLITE_OK)
    rc = hf_rows_set_real(c, r, "since_ts", i, floor(j->since));
  return rc;
}

static int maintenance_next(hf_call *c, hf_rows *r) {
  maintenance_state *m = c->state;
  maintenance_job *job;
  hf_risk k;
  size_t n, i;
  int need = 0;
  int rc = hf_risks_next(m->risks, &k);
  if (rc != SQLITE_ROW) return rc;
  job = hf_work_zeroed(&c->s.work, k.ways + 1, sizeof(*job));
  if (job == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  rc = maintenance_need(c, &k, &job[0], &need);
  if (rc == SQLITE_OK && need) {
    const char *cause = job[0].cause, *action = job[0].action;
    rc = maintenance_done(c, &k, &job[0], &need);
    n = need ? 1 : 0;
    if (rc == SQLITE_OK) rc = maintenance_ways(c, &k, cause, action, job, &n);
  } else {
    n = 0;
  }
  c->as_of_used = k.now;
  if (rc == SQLITE_OK) rc = hf_rows_start(c, r, n);
  if (rc == SQLITE_OK && n > 0) rc = hf_rows_one_key(c, r, "component", k.key);
  for (i = 0; rc == SQLITE_OK && i < n; i++)
    rc = maintenance_row(c, r, i, &k, &job[i]);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static void maintenance_end(hf_call *c) {
  maintenance_state *m = c->state;
  if (m == NULL) return;
  if (m->upkeep != NULL) hf_upkeep_close(m->upkeep);
  if (m->fleet != NULL) hf_fleet_close(m->fleet);
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
