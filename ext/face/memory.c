/*
** memory.c: hf_optimize_memory(): how to split the memory over three pools.
**
**   SELECT pool, current_mb, recommended_mb, reason FROM hf_optimize_memory();
**   SELECT hf_optimize_memory();
**
** Three rows, cache, buffer and application, whose recommended_mb sum to the
** total. Costs are ms of misses a second.
*/
#include "advice.h"

#include <math.h>
#include "sql.h"

static const hf_coldef memory_cols[] = {{"pool", HF_TEXT},
                                        {"current_mb", HF_REAL},
                                        {"recommended_mb", HF_REAL},
                                        {"expected_cost_before", HF_REAL},
                                        {"expected_cost_after", HF_REAL},
                                        {"confidence", HF_REAL},
                                        {"reason", HF_TEXT},
                                        {"status", HF_TEXT},
                                        {"basis", HF_TEXT},
                                        {"gain", HF_REAL},
                                        {"gain_lo", HF_REAL},
                                        {"gain_hi", HF_REAL},
                                        {"goal_mb", HF_REAL},
                                        {"floor_mb", HF_REAL},
                                        {"total_mb", HF_REAL},
                                        {NULL, HF_REAL}};

static const hf_param memory_params[] = {{NULL, HF_P_REAL, 0, 0, 0, NULL}};

static int memory_begin(hf_call *c) {
  c->state = NULL;
  return SQLITE_OK;
}

static void memory_end(hf_call *c) {
  (void)c;
}

static int memory_row(hf_call *c, hf_rows *r, const hf_memory_plan *p,
                      const hf_memory_rule *rule, int k) {
  const struct {
    const char *col;
    double x;
  } real[] = {{"current_mb", p->current[k]},
              {"recommended_mb", p->recommended[k]},
              {"expected_cost_before", p->before[k]},
              {"expected_cost_after", p->after[k]},
              {"confidence", hf_pool_confidence(p, k)},
              {"gain", p->gain},
              {"gain_lo", p->gain_lo},
              {"gain_hi", p->gain_hi},
              {"goal_mb", p->goal[k]},
              {"floor_mb", rule->floor[k]},
              {"total_mb", rule->total}};
  char *reason = hf_memory_reason(&c->s, p, rule, k);
  size_t i, row = (size_t)k;
  int rc = reason != NULL ? SQLITE_OK : SQLITE_NOMEM;
  for (i = 0; rc == SQLITE_OK && i < sizeof(real) / sizeof(real[0]); i++) {
    rc = hf_rows_set_real(c, r, real[i].col, row, real[i].x);
  }
  if (rc == SQLITE_OK)
    rc = hf_rows_set_text(c, r, "pool", row, hf_pool_name[k]);
  if (rc == SQLITE_OK) {
    rc = hf_rows_set_text(c, r, "basis", row, hf_pool_basis(p, k));
  }
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "reason", row, reason);
  return rc;
}

static int memory_next(hf_call *c, hf_rows *r) {
  hf_memory_plan p;
  hf_memory_rule rule;
  double newest;
  int k, rc;
  if (c->state != NULL) return SQLITE_DONE;
  c->state = c; /* one batch */
  rc = hf_advise_memory(&c->s, &p, &rule, &newest);
  if (rc != SQLITE_OK) return rc;
  if (isnan(c->s.as_of)) c->as_of_used = newest;
  rc = hf_rows_start(c, r, HF_POOLS);
  for (k = 0; rc == SQLITE_OK && k < HF_POOLS; k++) {
    rc = memory_row(c, r, &p, &rule, k);
  }
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_text(c, r, "status", hf_memory_status(&p));
  }
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

const hf_answer hf_optimize_memory_answer = {"hf_optimize_memory",
                                             memory_cols,
                                             memory_params,
                                             NULL,
                                             NULL,
                                             1,
                                             memory_begin,
                                             memory_next,
                                             memory_end,
                                             hf_sql_optimize_memory};
