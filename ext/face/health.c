/*
** health.c: hf_health([component]).
**
**   SELECT * FROM hf_health() WHERE status <> 'ok';
**
** One row a component: status is ok, warning, critical, silent, failed,
** maintenance, retired or insufficient_data.
**
** The score, 0..100, is 100 (1 - P), P the probability that it fails within a
** day, as hf_predict_failures() has it: the same history and models. A metric
** lowers it that is at its warning in hf_thresholds or, without a limit, beyond
** its own past (ops/health.h, face/vitals.h); hf_config percent_warning, if
** set, stands in for the limits of percentages. Where nothing says P, the
** metric nearest to that makes the score. `basis` says what did: failure_risk,
** hf_thresholds, percent_warning, full or own_past. The status is critical
** from P >= 0.5 or at a critical value, warning from P >= 0.2 or where a metric
** lowers the score to 50 or less. since_ts: when that began.
**
** While a window of hf_maintenance_log is open (store/upkeep.h) the status is
** maintenance, until_ts its planned end. Other rows of it are work done: `work`
** is the newest since the trouble began, or of the last maintenance_hours, and
** `effect` what came of it (done.h): waiting, helped, or none. Score and status
** stay what the data say; hf_alerts() rests while work waits or has helped.
**
** P costs more than a glance. In a fleet of up to 100 components it is always
** there; in a larger one when hf_learn() has kept what failures teach. Without
** that the newest rows must do, and the reason says so.
*/
#include "answers.h"
#include "done.h"
#include "risk.h"
#include "sql.h"
#include "vitals.h"
#include "../store/learned.h"

#include <math.h>
#include <string.h>

enum { HEALTH_SMALL = 100 }; /* components of a fleet that is always weighed */

static const double health_hours = 24;
static const double health_likely = 0.5; /* more likely than not */
static const double health_risky = 0.2;  /* what hf_maintenance() names, too */

static const hf_coldef health_cols[] = {
    {"component", HF_KEY},     {"status", HF_TEXT}, {"score", HF_REAL},
    {"worst_metric", HF_TEXT}, {"reason", HF_TEXT}, {"last_ts", HF_TIME},
    {"probability", HF_REAL},  {"basis", HF_TEXT},  {"since_ts", HF_TIME},
    {"until_ts", HF_TIME},     {"work", HF_TEXT},   {"work_ts", HF_TIME},
    {"effect", HF_TEXT},       {NULL, HF_TEXT}};

static const hf_param health_params[] = {
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_TEXT, 0, 0, 0, NULL}};

typedef struct health_state {
  hf_fleet *fleet;
  hf_fleet *scout; /* for a second look at a metric */
  hf_risks *risks; /* steps beside the fleet; NULL: only a glance */
  hf_upkeep *upkeep;
  hf_vitals_rule rule;
  int unweighed; /* 1: failures are on record, but only a glance is taken */
  double now;
} health_state;

/* What is known of a component. */
typedef struct health_view {
  const char *status, *reason, *worst, *basis, *work, *effect;
  double score, last, p, since, until, work_ts;
} health_view;

/* ---- a glance, or more */

/* 1 in *out when a query says so; `fmt` holds one %w for the schema. */
static int health_ask(hf_session *s, const char *fmt, int *out) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st, fmt, s->schema);
  *out = 0;
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_double(st, 1, isnan(s->as_of) ? HF_TS_MAX : s->as_of);
    if (rc != SQLITE_OK) rc = hf_fail_db(s, rc);
  }
  if (rc == SQLITE_OK) rc = hf_step(s, st);
  if (rc == SQLITE_ROW) *out = sqlite3_column_int(st, 0);
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Whether the fleet has at most HEALTH_SMALL components. */
static int health_small(hf_session *s, int *small) {
  hf_fleet *f = NULL;
  hf_recall_at at;
  double known;
  int n = 0, rc = hf_recall_number(s, "small fleet", NAN, &at, &known);
  if (rc == SQLITE_ROW) *small = known != 0;
  if (rc != SQLITE_DONE) return rc == SQLITE_ROW ? SQLITE_OK : rc;
  rc = hf_fleet_open(s, NULL, &f);
  while (rc == SQLITE_OK && n <= HEALTH_SMALL) {
    rc = hf_fleet_next(f);
    if (rc != SQLITE_ROW) break;
    rc = SQLITE_OK;
    n++;
  }
  if (f != NULL) hf_fleet_close(f);
  if (rc != SQLITE_OK && rc != SQLITE_DONE) return rc;
  *small = n <= HEALTH_SMALL;
  hf_recall_keep_number(s, &at, *small);
  return SQLITE_OK;
}

/* Whether predicted failures are weighed: the same for one as for all. */
static int health_weighs(hf_session *s, int *weighs, int *unweighed) {
  int there = 0, rc = hf_learned_there(s, &there);
  *weighs = *unweighed = 0;
  if (rc == SQLITE_OK && there) {
    rc = health_ask(s,
                    "SELECT EXISTS(SELECT 1 FROM \"%w\".hf_learned"
                    " WHERE as_of_ts <= ?1)",
                    weighs);
  }
  if (rc == SQLITE_OK && !*weighs) rc = health_small(s, weighs);
  if (rc == SQLITE_OK && !*weighs) {
    rc = health_ask(s,
                    "SELECT EXISTS(SELECT 1 FROM \"%w\".hf_failures"
                    " WHERE ts <= ?1)",
                    unweighed);
  }
  return rc;
}

static int health_begin(hf_call *c) {
  health_state *h = hf_work_zeroed(&c->s.hold, 1, sizeof(*h));
  int weighs = 0, rc;
  if (h == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  c->state = h;
  rc = hf_vitals_rules(&c->s, &h->rule);
  if (rc == SQLITE_OK) rc = hf_upkeep_open(&c->s, &h->upkeep);
  if (rc == SQLITE_OK) rc = hf_fleet_open(&c->s, c->component, &h->fleet);
  if (rc == SQLITE_OK) rc = hf_fleet_open(&c->s, NULL, &h->scout);
  if (rc == SQLITE_OK) rc = hf_fleet_now(h->fleet, &h->now);
  if (rc == SQLITE_OK) rc = health_weighs(&c->s, &weighs, &h->unweighed);
  if (rc != SQLITE_OK || !weighs) return rc;
  return hf_risks_open(&c->s, c->component, NULL, &h->risks);
}

/* ---- one component */

static int health_rank(const char *status) {
  return strcmp(status, "critical") == 0 ? 2 : strcmp(status, "warning") == 0;
}

/* What the newest values say. */
static int health_metrics(hf_call *c, const hf_metric_set *set,
                          const char *kind, health_view *v) {
  static const char *const word[] = {NULL, "hf_thresholds", "percent_warning",
                                     "full", "own_past"};
  health_state *h = c->state;
  hf_vitals k;
  int rc = hf_vitals_judge(&c->s, h->fleet, &h->rule, set, kind, &k);
  if (rc == SQLITE_OK) rc = hf_vitals_words(&c->s, &k, &v->reason);
  if (rc == SQLITE_OK) rc = hf_vitals_since(&c->s, h->fleet, &k, &v->since);
  if (rc != SQLITE_OK) return rc;
  v->score = k.score;
  v->worst = k.metric;
  v->basis = word[k.basis];
  v->status = isnan(k.score)  ? "insufficient_data"
              : k.score <= 0  ? "critical"
              : k.score <= 50 ? "warning"
                              : "ok";
  return SQLITE_OK;
}

/* What the predicted failure says beside it. */
static int health_risk(hf_call *c, const hf_risk *k, health_view *v) {
  const char *status = "ok";
  double score;
  char *words;
  if (!k->known) return SQLITE_OK;
  v->p = hf_life_within(&k->life, health_hours);
  score = 100 * (1 - v->p);
  if (v->p >= health_risky) status = "warning";
  if (v->p >= health_likely) status = "critical";
  if (health_rank(v->status) > 0 &&
      health_rank(status) <= health_rank(v->status)) {
    v->score = fmin(v->score, score);
    return SQLITE_OK;
  }
  words = k->cause != NULL && health_rank(status) > 0
              ? hf_format(&c->s.work,
                          "fails within %.0f hours with probability %.2g; %s "
                          "contributes most",
                          health_hours, v->p, k->cause)
              : hf_format(&c->s.work,
                          "fails within %.0f hours with probability %.2g",
                          health_hours, v->p);
  if (words != NULL && v->worst != NULL && health_rank(status) == 0) {
    words = hf_format(&c->s.work, "%s; %s", words, v->reason);
  }
  if (words == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  v->score = health_rank(v->status) > 0 ? fmin(v->score, score) : score;
  v->reason = words;
  v->status = status;
  v->basis = "failure_risk";
  if (health_rank(status) > 0) {
    v->worst = k->cause;
    v->since = isnan(k->since) ? k->last : k->since;
  }
  return SQLITE_OK;
}

/* Says what was left out, where that could matter. */
static int health_unweighed(hf_call *c, health_view *v) {
  const health_state *h = c->state;
  if (!h->unweighed) return SQLITE_OK;
  v->reason = hf_format(&c->s.work,
                        "%s; failures on record are not weighed among so many "
                        "components before SELECT hf_learn()",
                        v->reason);
  return v->reason == NULL ? hf_fail(&c->s, SQLITE_NOMEM, NULL) : SQLITE_OK;
}

static int health_look(hf_call *c, const hf_member *m, const hf_risk *k,
                       health_view *v) {
  health_state *h = c->state;
  hf_metric_set set;
  int rc;
  if (!isnan(m->retired)) {
    v->status = "retired";
    v->reason = "it was retired";
    return hf_fleet_last(h->fleet, &v->last);
  }
  rc = hf_fleet_read(h->fleet, HF_VITALS_ROWS, &set);
  if (rc != SQLITE_OK) return rc;
  v->last = set.last;
  if (!isnan(m->failed) && !(v->last > m->failed)) {
    v->status = "failed";
    v->score = 0;
    v->since = m->failed;
    v->reason = "it failed and has not reported since";
    return SQLITE_OK;
  }
  if (set.n == 0) {
    rc =
        hf_risk_gone(&c->s, h->fleet, h->now, &v->last, &v->status, &v->reason);
    if (strcmp(v->status, "silent") == 0) v->since = v->last;
    return rc;
  }
  rc = hf_risk_silent(&c->s, &set, h->now, &v->reason);
  if (rc != SQLITE_OK) return rc;
  if (v->reason != NULL) {
    v->status = "silent";
    v->since = v->last;
    return SQLITE_OK;
  }
  rc = health_metrics(c, &set, m->kind, v);
  if (rc != SQLITE_OK) return rc;
  return k != NULL ? health_risk(c, k, v) : health_unweighed(c, v);
}

/* What the log says of it: an open window in front of what was found, work and
** its effect behind it. */
static int health_upkeep(hf_call *c, const hf_member *m, health_view *v) {
  static const char *const word[] = {NULL, "waiting", "helped", "none"};
  health_state *h = c->state;
  hf_trouble t = {m->key, m->name, v->worst, NAN, h->now, 0};
  hf_done d;
  int bad = health_rank(v->status) > 0 || strcmp(v->status, "silent") == 0 ||
            strcmp(v->status, "failed") == 0;
  int rc;
  if (isnan(h->now) || !isnan(m->retired)) return SQLITE_OK;
  t.patience = hf_upkeep_patience(h->upkeep);
  if (bad) t.since = v->since;
  /* a risk that nothing causes, age, is over with the horizon */
  if (bad && v->worst == NULL && !isnan(v->p)) t.patience = 3600 * health_hours;
  rc = hf_done_judge(&c->s, h->scout, h->upkeep, &t, &d);
  if (rc != SQLITE_OK) return rc;
  if (d.effect != HF_EFFECT_NONE) {
    v->work = d.work.action;
    v->work_ts = d.work.ts;
    v->effect = word[d.effect];
  }
  if (bad) rc = hf_done_words(&c->s, &d, h->now, &v->reason);
  if (rc != SQLITE_OK || isnan(d.window.ts)) return rc;
  v->reason = hf_format(&c->s.work, "%s; otherwise %s: %s", d.window.action,
                        v->status, v->reason);
  if (v->reason == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  v->status = "maintenance";
  v->since = d.window.ts;
  v->until = d.window.until;
  return SQLITE_OK;
}

static int health_row(hf_call *c, hf_rows *r, const hf_member *m,
                      const health_view *v) {
  int rc = hf_rows_start(c, r, 1);
  if (rc == SQLITE_OK) rc = hf_rows_one_key(c, r, "component", m->key);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", v->status);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "score", v->score);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "worst_metric", v->worst);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", v->reason);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "last_ts", v->last);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "probability", v->p);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "basis", v->basis);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "since_ts", v->since);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "until_ts", v->until);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "work", v->work);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "work_ts", v->work_ts);
  return rc == SQLITE_OK ? hf_rows_one_text(c, r, "effect", v->effect) : rc;
}

static int health_next(hf_call *c, hf_rows *r) {
  health_state *h = c->state;
  health_view v = {"ok", NULL, NULL, NULL, NULL, NULL,
                   NAN,  NAN,  NAN,  NAN,  NAN,  NAN};
  const hf_member *m = hf_fleet_member(h->fleet);
  hf_risk k;
  int rc = hf_fleet_next(h->fleet);
  if (rc != SQLITE_ROW) return rc;
  if (h->risks != NULL) {
    rc = hf_risks_next(h->risks, &k);
    if (rc != SQLITE_ROW) return rc;
  }
  rc = health_look(c, m, h->risks != NULL ? &k : NULL, &v);
  if (rc == SQLITE_OK) rc = health_upkeep(c, m, &v);
  if (rc == SQLITE_OK) rc = health_row(c, r, m, &v);
  c->as_of_used = h->now;
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static void health_end(hf_call *c) {
  health_state *h = c->state;
  if (h == NULL) return;
  if (h->fleet != NULL) hf_fleet_close(h->fleet);
  if (h->scout != NULL) hf_fleet_close(h->scout);
  if (h->risks != NULL) hf_risks_close(h->risks);
  if (h->upkeep != NULL) hf_upkeep_close(h->upkeep);
}

const hf_answer hf_health_answer = {
    "hf_health", health_cols,  health_params, "component", NULL,
    1,           health_begin, health_next,   health_end,  hf_sql_health};
