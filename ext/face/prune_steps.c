/*
** prune_steps.c: hf_prune as a table: the work of the verb, one row a batch.
**
**   SELECT what, component, rows, done, total FROM hf_prune(30);
**   SELECT count(*) FROM hf_prune() LIMIT 10;
**
** A row comes when its batch is committed (in the caller's transaction, if one
** is open: with it). Who stops reading has done what the rows so far say, and
** nothing by halves; the next call goes on. `rows` are those that the batch
** deleted, samples and buckets all so far, done and total components: those
** with nothing left to take, and all. The last row has what NULL, and status
** ok, or incomplete and the limit that ended the call.
**
** It writes, so SQLite refuses it in views and triggers, as it does the verb.
*/
#include "answers.h"
#include "../store/prune.h"

#include <math.h>
#include <string.h>

static const hf_coldef prune_steps_cols[] = {{"step", HF_INT},
                                             {"what", HF_TEXT},
                                             {"component", HF_KEY},
                                             {"rows", HF_INT},
                                             {"done", HF_INT},
                                             {"total", HF_INT},
                                             {"status", HF_TEXT},
                                             {"reason", HF_TEXT},
                                             {"samples", HF_INT},
                                             {"hourly_buckets", HF_INT},
                                             {"daily_buckets", HF_INT},
                                             {"cutoff_ts", HF_TIME},
                                             {NULL, HF_REAL}};

static const hf_param prune_steps_params[] = {
    {"keep_days", HF_P_REAL, 0, 1, HF_PRUNE_DAYS, NULL},
    {NULL, HF_P_REAL, 0, 0, 0, NULL}};

typedef struct prune_steps {
  hf_prune *prune;
  sqlite3_int64 steps;
  int done; /* 1: the last row was given */
} prune_steps;

static int prune_steps_begin(hf_call *c) {
  prune_steps *st = hf_work_zeroed(&c->s.hold, 1, sizeof(*st));
  if (st == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  c->state = st;
  return hf_prune_begin(&c->s, c->arg[0].real, &st->prune, &c->arg[0].real);
}

static int prune_steps_next(hf_call *c, hf_rows *r) {
  prune_steps *st = c->state;
  const hf_pruned *did = hf_prune_did(st->prune);
  sqlite3_value *component = NULL;
  const char *status = "working";
  const char *reason = NULL;
  int more = SQLITE_DONE;
  int rc;
  if (st->done) return SQLITE_DONE;
  more = hf_prune_step(st->prune);
  if (more != SQLITE_ROW && more != SQLITE_DONE) return more;
  if (more == SQLITE_ROW) {
    st->steps++;
    component = hf_prune_component(st->prune);
  } else {
    st->done = 1;
    status = did->finished ? "ok" : "incomplete";
    if (!did->finished) {
      reason = hf_format(&c->s.work,
                         "stopped near %s of hf_config; call hf_prune again",
                         did->limit);
      if (reason == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
    }
  }
  rc = hf_rows_start(c, r, 1);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "step", st->steps);
  if (rc == SQLITE_OK && more == SQLITE_ROW)
    rc = hf_rows_one_text(c, r, "what", did->step_table);
  if (rc == SQLITE_OK && component != NULL)
    rc = hf_rows_one_key(c, r, "component", component);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "rows", did->rows);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "done", did->keys_done);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "total", did->keys);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", status);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", reason);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "samples", did->samples);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "hourly_buckets", did->hours);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "daily_buckets", did->days);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "cutoff_ts", did->cutoff);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static void prune_steps_end(hf_call *c) {
  prune_steps *st = c->state;
  if (st != NULL) hf_prune_close(st->prune);
}

const hf_answer hf_prune_steps_answer = {"hf_prune",
                                         prune_steps_cols,
                                         prune_steps_params,
                                         NULL,
                                         NULL,
                                         HF_ANSWER_WRITES,
                                         prune_steps_begin,
                                         prune_steps_next,
                                         prune_steps_end,
                                         NULL};
