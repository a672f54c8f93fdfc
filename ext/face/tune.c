/*
** tune.c: hf_tune(): every setting, as it is and as it should be.
**
**   SELECT setting, current, recommended, unit, reason FROM hf_tune();
**   SELECT hf_tune();
**
** Joins hf_optimize_memory(), hf_allocate_workers() and what is known of SQLite
** itself (tune_sqlite.c). expected_gain is a share: of the miss cost saved, of
** the workers saved, or, where workers are added, of tasks that no longer wait
** too long. gain_lo and gain_hi hold 90% of the recent intervals, or of the
** loads that came of late; a number of workers that falls saves exactly what it
** says.
*/
#include "tune.h"

#include <math.h>
#include <string.h>
#include "advice.h"
#include "sql.h"

static const hf_coldef tune_cols[] = {
    {"area", HF_TEXT},        {"setting", HF_TEXT}, {"current", HF_REAL},
    {"recommended", HF_REAL}, {"unit", HF_TEXT},    {"expected_gain", HF_REAL},
    {"confidence", HF_REAL},  {"reason", HF_TEXT},  {"status", HF_TEXT},
    {"gain_lo", HF_REAL},     {"gain_hi", HF_REAL}, {"limit_hit", HF_TEXT},
    {"detail", HF_TEXT},      {NULL, HF_REAL}};

static const hf_param tune_params[] = {{NULL, HF_P_REAL, 0, 0, 0, NULL}};

static const char *const tune_setting[HF_POOLS] = {"cache_mb", "buffer_mb",
                                                   "application_mb"};
static const char *const tune_floor[HF_POOLS] = {
    "min_cache_mb", "min_buffer_mb", "min_application_mb"};

static int tune_begin(hf_call *c) {
  c->state = NULL;
  return SQLITE_OK;
}

static void tune_end(hf_call *c) {
  (void)c;
}

static int tune_write(hf_call *c, hf_rows *r, size_t row,
                      const hf_tune_row *t) {
  const struct {
    const char *col;
    double x;
  } real[] = {{"current", t->current},    {"recommended", t->recommended},
              {"expected_gain", t->gain}, {"confidence", t->confidence},
              {"gain_lo", t->lo},         {"gain_hi", t->hi}};
  const struct {
    const char *col;
    const char *z;
  } text[] = {{"area", t->area},     {"setting", t->setting},
              {"unit", t->unit},     {"reason", t->reason},
              {"status", t->status}, {"limit_hit", t->limit},
              {"detail", t->detail}};
  size_t i;
  int rc = SQLITE_OK;
  for (i = 0; rc == SQLITE_OK && i < 6; i++) {
    rc = hf_rows_set_real(c, r, real[i].col, row, real[i].x);
  }
  for (i = 0; rc == SQLITE_OK && i < sizeof(text) / sizeof(text[0]); i++) {
    rc = hf_rows_set_text(c, r, text[i].col, row, text[i].z);
  }
  return rc;
}

static int tune_memory(hf_call *c, hf_rows *r, const hf_memory_plan *p,
                       const hf_memory_rule *rule) {
  int k, known, rc = SQLITE_OK;
  for (k = 0; rc == SQLITE_OK && k < HF_POOLS; k++) {
    hf_tune_row t;
    t.detail = NULL;
    t.area = "memory";
    t.setting = tune_setting[k];
    t.unit = "MB";
    t.status = hf_memory_status(p);
    t.current = p->current[k];
    t.recommended = p->recommended[k];
    /* that nothing moves is no gain of 0 where no pool tells its cost */
    known = strcmp(t.status, "insufficient_data") != 0;
    t.gain = known ? p->gain : NAN;
    t.lo = known ? p->gain_lo : NAN;
    t.hi = known ? p->gain_hi : NAN;
    t.confidence = hf_pool_confidence(p, k);
    t.limit = p->recommended[k] <= rule->floor[k] ? tune_floor[k] : NULL;
    t.reason = hf_memory_reason(&c->s, p, rule, k);
    rc = t.reason != NULL ? tune_write(c, r, (size_t)k, &t) : SQLITE_NOMEM;
  }
  return rc;
}

static int tune_workers(hf_call *c, hf_rows *r, const hf_workers_plan *p,
                        const hf_workers_rule *rule) {
  hf_tune_row t;
  t.detail = NULL;
  t.area = "resources";
  t.setting = "workers";
  t.unit = "workers";
  t.status = hf_workers_status(p);
  t.current = p->now;
  t.recommended = p->workers;
  t.gain = p->gain;
  t.lo = p->gain_lo;
  t.hi = p->gain_hi;
  t.confidence = p->confidence;
  t.limit = p->at_max ? "max_workers" : p->at_min ? "min_workers" : NULL;
  t.reason = hf_workers_reason(&c->s, p, rule);
  return t.reason != NULL ? tune_write(c, r, HF_POOLS, &t) : SQLITE_NOMEM;
}

static int tune_next(hf_call *c, hf_rows *r) {
  hf_memory_plan mp;
  hf_memory_rule mr;
  hf_workers_plan wp;
  hf_workers_rule wr;
  hf_tune_row sqlite[HF_TUNE_SQLITE];
  double newest, seen = NAN;
  size_t n = 0, i;
  int rc;
  if (c->state != NULL) return SQLITE_DONE;
  c->state = c; /* one batch */
  rc = hf_advise_memory(&c->s, &mp, &mr, &newest);
  if (rc == SQLITE_OK) rc = hf_advise_workers(&c->s, &wp, &wr);
  if (rc == SQLITE_OK) rc = hf_tune_sqlite(&c->s, sqlite, &n, &seen);
  if (rc != SQLITE_OK) return rc;
  if (isnan(c->s.as_of)) c->as_of_used = fmax(seen, fmax(newest, wp.newest));
  rc = hf_rows_start(c, r, HF_POOLS + 1 + n);
  if (rc == SQLITE_OK) rc = tune_memory(c, r, &mp, &mr);
  if (rc == SQLITE_OK) rc = tune_workers(c, r, &wp, &wr);
  for (i = 0; rc == SQLITE_OK && i < n; i++) {
    rc = tune_write(c, r, HF_POOLS + 1 + i, &sqlite[i]);
  }
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

const hf_answer hf_tune_answer = {"hf_tune", tune_cols,  tune_params, NULL,
                                  NULL,      1,          tune_begin,  tune_next,
                                  tune_end,  hf_sql_tune};
