/*
** workers.c: hf_allocate_workers(): how many workers to run.
**
**   SELECT * FROM hf_allocate_workers();
**   SELECT hf_allocate_workers();      the number alone, an INTEGER
**
** From the newest day of minutes of hf_resource_metrics. `workers` counts
** those that are starting. NULL: there is no usable row. late_share: of the
** tasks of that day, those that would have waited longer than sla_wait_ms had
** the same rule set the number of workers, by the mean loads of the samples and
** by how uneven they must have been within one (ops/staffing.c). Beside
** sla_violation_target.
**
** Where the load moves in the time that a worker takes to start, the same hours
** of three days and of three weeks before are read, too: season_share is the
** weight that they have in offered_load.
*/
#include "advice.h"

#include <math.h>
#include "sql.h"

static const hf_coldef workers_cols[] = {{"workers_now", HF_INT},
                                         {"workers", HF_INT},
                                         {"decision", HF_TEXT},
                                         {"offered_load", HF_REAL},
                                         {"quantile", HF_REAL},
                                         {"coverage", HF_REAL},
                                         {"confidence", HF_REAL},
                                         {"reason", HF_TEXT},
                                         {"status", HF_TEXT},
                                         {"for_ts", HF_TIME},
                                         {"load_now", HF_REAL},
                                         {"queued_tasks", HF_REAL},
                                         {"workers_needed", HF_INT},
                                         {"held_until_ts", HF_TIME},
                                         {"limit_hit", HF_TEXT},
                                         {"samples", HF_INT},
                                         {"late_share", HF_REAL},
                                         {"season_share", HF_REAL},
                                         {NULL, HF_REAL}};

static const hf_param workers_params[] = {{NULL, HF_P_REAL, 0, 0, 0, NULL}};

static int workers_begin(hf_call *c) {
  c->state = NULL;
  return SQLITE_OK;
}

static void workers_end(hf_call *c) {
  (void)c;
}

static sqlite3_int64 workers_whole(double x) {
  return isnan(x) ? HF_INT_NULL : (sqlite3_int64)(x + 0.5);
}

static int workers_fill(hf_call *c, hf_rows *r, const hf_workers_plan *p,
                        const hf_workers_rule *rule) {
  const char *limit = p->at_max   ? "max_workers"
                      : p->at_min ? "min_workers"
                                  : NULL;
  char *reason = hf_workers_reason(&c->s, p, rule);
  int rc = reason != NULL ? hf_rows_start(c, r, 1) : SQLITE_NOMEM;
  const struct {
    const char *col;
    double x;
  } real[] = {{"offered_load", p->offered},
              {"quantile", p->quantile},
              {"coverage", p->coverage},
              {"confidence", p->confidence},
              {"for_ts", p->newest + p->lead},
              {"load_now", p->busy},
              {"queued_tasks", p->samples > 0 ? p->waiting : NAN},
              {"held_until_ts", p->held_until},
              {"late_share", p->late},
              {"season_share", p->season}};
  const struct {
    const char *col;
    sqlite3_int64 x;
  } whole[] = {{"workers_now", workers_whole(p->now)},
               {"workers", workers_whole(p->workers)},
               {"workers_needed", workers_whole(p->needed)},
               {"samples", (sqlite3_int64)p->samples}};
  const struct {
    const char *col;
    const char *z;
  } text[] = {{"decision", hf_workers_decision(p)},
              {"reason", reason},
              {"status", hf_workers_status(p)},
              {"limit_hit", limit}};
  size_t i;
  for (i = 0; rc == SQLITE_OK && i < sizeof(real) / sizeof(real[0]); i++) {
    rc = hf_rows_one_real(c, r, real[i].col, real[i].x);
  }
  for (i = 0; rc == SQLITE_OK && i < sizeof(whole) / sizeof(whole[0]); i++) {
    rc = hf_rows_one_int(c, r, whole[i].col, whole[i].x);
  }
  for (i = 0; rc == SQLITE_OK && i < sizeof(text) / sizeof(text[0]); i++) {
    rc = hf_rows_one_text(c, r, text[i].col, text[i].z);
  }
  return rc;
}

static int workers_next(hf_call *c, hf_rows *r) {
  hf_workers_plan p;
  hf_workers_rule rule;
  int rc;
  if (c->state != NULL) return SQLITE_DONE;
  c->state = c; /* one batch */
  rc = hf_advise_workers(&c->s, &p, &rule);
  if (rc != SQLITE_OK) return rc;
  if (isnan(c->s.as_of)) c->as_of_used = p.newest;
  rc = workers_fill(c, r, &p, &rule);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

const hf_answer hf_allocate_workers_answer = {"hf_allocate_workers",
                                              workers_cols,
                                              workers_params,
                                              NULL,
                                              NULL,
                                              1,
                                              workers_begin,
                                              workers_next,
                                              workers_end,
                                              hf_sql_allocate_workers};
