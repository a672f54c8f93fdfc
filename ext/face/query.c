/*
** query.c: hf_query_recommendation(): how long will this query take, and what
** would help.
**
**   SELECT estimated_time_ms, lo90_ms, hi90_ms, confidence
**     FROM hf_query_recommendation('top_customers', 20000, 1500000);
**   SELECT hf_query_recommendation('top_customers', 20000, 1500000, 77);
**
** From the newest 1,000 runs of hf_query_history and the newest 100 of the
** query. param_hash: any number that stands for the query's parameters.
*/
#include "answer.h"

#include <math.h>
#include <string.h>
#include "../ops/query.h"
#include "../store/tuning.h"
#include "sql.h"

static const hf_coldef query_cols[] = {
    {"query_id", HF_TEXT}, {"estimated_time_ms", HF_REAL}, {"lo90_ms", HF_REAL},
    {"hi90_ms", HF_REAL},  {"confidence", HF_REAL},        {"basis", HF_TEXT},
    {"n", HF_INT},         {"recommendation", HF_TEXT},    {"status", HF_TEXT},
    {"reason", HF_TEXT},   {"errors_seen", HF_INT},        {NULL, HF_REAL}};

static const hf_param query_params[] = {
    {"query_id", HF_P_TEXT, 1, 0, 0, NULL},
    {"rows", HF_P_REAL, 1, 0, 1e15, NULL},
    {"bytes_to_scan", HF_P_REAL, 1, 0, 1e18, NULL},
    {"param_hash", HF_P_INT, 0, -9.3e18, 9.3e18, NULL},
    {NULL, HF_P_REAL, 0, 0, 0, NULL}};

static int query_begin(hf_call *c) {
  c->state = NULL;
  return SQLITE_OK;
}

static void query_end(hf_call *c) {
  (void)c;
}

static const char *query_basis(const hf_query_answer *a) {
  switch (a->basis) {
  case HF_QUERY_REPEATS:
    return "repeats";
  case HF_QUERY_OWN:
    return "own runs";
  case HF_QUERY_OTHERS:
    return "other queries";
  default:
    return "none";
  }
}

static char *query_reason(hf_session *s, const hf_query_answer *a) {
  const char *replanned = a->replanned ? "; its plan changed within them" : "";
  switch (a->basis) {
  case HF_QUERY_REPEATS:
    return hf_format(&s->work, "%d runs with the same parameters, %d in all%s",
                     (int)a->n, (int)a->own, replanned);
  case HF_QUERY_OWN:
    return hf_format(&s->work, "%d runs of this query%s", (int)a->n, replanned);
  case HF_QUERY_OTHERS:
    return hf_format(
        &s->work, "no run of this query; from %d runs of others of this size",
        (int)a->n);
  default:
    return hf_strdup(&s->work, "no run in hf_query_history");
  }
}

static int query_fill(hf_call *c, hf_rows *r, const hf_query_answer *a) {
  char *reason = query_reason(&c->s, a);
  const char *status = a->basis == HF_QUERY_NONE ? "insufficient_data" : "ok";
  int rc = reason != NULL ? hf_rows_start(c, r, 1)
                          : hf_fail(&c->s, SQLITE_NOMEM, NULL);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "query_id", c->arg[0].text);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "estimated_time_ms", a->ms);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "lo90_ms", a->lo90);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "hi90_ms", a->hi90);
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_real(c, r, "confidence", a->confidence);
  }
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "basis", query_basis(a));
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "n", (sqlite3_int64)a->n);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", status);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", reason);
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_int(c, r, "errors_seen", (sqlite3_int64)a->judged);
  }
  return rc;
}

static int query_next(hf_call *c, hf_rows *r) {
  hf_query_rows rows;
  hf_runs runs;
  hf_question q;
  hf_query_answer a;
  int rc;
  if (c->state != NULL) return SQLITE_DONE;
  c->state = c; /* one batch */
  rc = hf_read_queries(&c->s, c->arg[0].text, HF_QUERY_ALL, HF_QUERY_SAME,
                       &rows);
  if (rc != SQLITE_OK) return rc;
  runs.query = rows.query;
  runs.param = rows.param;
  runs.plan = rows.plan;
  runs.rows = rows.rows;
  runs.bytes = rows.bytes;
  runs.ms = rows.ms;
  runs.n = rows.n;
  q.query = hf_query_key(c->arg[0].text);
  q.param = c->arg[3].given ? hf_param_key(q.query, c->arg[3].whole) : 0;
  q.rows = c->arg[1].real;
  q.bytes = c->arg[2].real;
  rc = hf_fail_ops(&c->s, hf_query_estimate(&c->s.work, &runs, &q, &a));
  if (rc != SQLITE_OK) return rc;
  if (isnan(c->s.as_of) && rows.n > 0) c->as_of_used = rows.ts[rows.n - 1];
  rc = query_fill(c, r, &a);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

const hf_answer hf_query_recommendation_answer = {"hf_query_recommendation",
                                                  query_cols,
                                                  query_params,
                                                  NULL,
                                                  NULL,
                                                  1,
                                                  query_begin,
                                                  query_next,
                                                  query_end,
                                                  hf_sql_query_recommendation};
