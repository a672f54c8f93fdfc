/*
** capture_steps.c: hf_capture as a table: what waits is written, one row a
** batch.
**
**   SELECT rows, done, total FROM hf_capture('flush');
**
** Each batch is all or nothing, and what it wrote no longer waits; who stops
** reading leaves the rest waiting. done and total are executions, total those
** that waited when the call began. The other actions return one answer each:
** SELECT hf_capture('on').
*/
#include "answers.h"
#include "../store/capture.h"

#include <math.h>
#include <string.h>

enum { CAPTURE_STEPS_BATCH = 1000 };

static const hf_coldef capture_steps_cols[] = {
    {"step", HF_INT},    {"what", HF_TEXT},       {"rows", HF_INT},
    {"done", HF_INT},    {"total", HF_INT},       {"status", HF_TEXT},
    {"reason", HF_TEXT}, {"new_queries", HF_INT}, {NULL, HF_REAL}};

static const hf_param capture_steps_params[] = {
    {"action", HF_P_TEXT, 0, 0, 0, "flush"}, {NULL, HF_P_REAL, 0, 0, 0, NULL}};

typedef struct capture_steps_state {
  sqlite3_int64 steps, done, total, queries;
} capture_steps_state;

static int capture_steps_begin(hf_call *c) {
  capture_steps_state *st = hf_work_zeroed(&c->s.hold, 1, sizeof(*st));
  if (st == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  c->state = st;
  if (strcmp(c->arg[0].text, "flush") != 0) {
    return hf_fail(&c->s, SQLITE_ERROR,
                   "rows come of 'flush' alone, got '%.60s'; for other actions "
                   "SELECT hf_capture(action)",
                   c->arg[0].text);
  }
  if (!hf_has_table(&c->s, c->s.schema, "hf_queries")) {
    return hf_fail(&c->s, SQLITE_ERROR,
                   "no hf_queries here; run SELECT hf_init() first");
  }
  st->total = hf_capture_waiting(c->conn->capture);
  return SQLITE_OK;
}

static int capture_steps_next(hf_call *c, hf_rows *r) {
  capture_steps_state *st = c->state;
  hf_capture *capture = c->conn->capture;
  hf_capture_written did;
  sqlite3_int64 most = st->total - st->done;
  int rc;
  if (most <= 0 || hf_capture_waiting(capture) == 0) return SQLITE_DONE;
  if (most > CAPTURE_STEPS_BATCH) most = CAPTURE_STEPS_BATCH;
  rc = hf_capture_flush(capture, &c->s, most, &did);
  if (rc != SQLITE_OK) return rc;
  hf_capture_trim(&c->conn->capture);
  st->done += did.rows;
  st->queries += did.queries;
  rc = hf_rows_start(c, r, 1);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "step", ++st->steps);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "what", "hf_query_history");
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "rows", did.rows);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "done", st->done);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "total", st->total);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_text(c, r, "status",
                          st->done < st->total ? "working" : "ok");
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "new_queries", st->queries);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static void capture_steps_end(hf_call *c) {
  (void)c;
}

const hf_answer hf_capture_steps_answer = {"hf_capture",
                                           capture_steps_cols,
                                           capture_steps_params,
                                           NULL,
                                           NULL,
                                           1 | HF_ANSWER_WRITES,
                                           capture_steps_begin,
                                           capture_steps_next,
                                           capture_steps_end,
                                           NULL};
