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
** recommendations: a JSON array of all there are, what saves most first;
** recommendation, expected_gain (share of the time), gain_lo and gain_hi: the
** first; evidence: a JSON array of objects with the same for each. A quieter
** hour is looked for only when the query's time has grown with the load.
*/
#include "gridded.h"

#include <math.h>
#include <string.h>
#include "../ops/outlook.h"
#include "../ops/quiet.h"
#include "../store/tuning.h"
#include "hint_text.h"
#include "sql.h"

static const char query_load[] = "hf_resource_metrics.cpu_percent";
static const double query_day = 86400; /* seconds ahead */

static const hf_coldef query_cols[] = {{"query_id", HF_TEXT},
                                       {"estimated_time_ms", HF_REAL},
                                       {"lo90_ms", HF_REAL},
                                       {"hi90_ms", HF_REAL},
                                       {"confidence", HF_REAL},
                                       {"basis", HF_TEXT},
                                       {"n", HF_INT},
                                       {"recommendation", HF_TEXT},
                                       {"status", HF_TEXT},
                                       {"reason", HF_TEXT},
                                       {"errors_seen", HF_INT},
                                       {"recommendations", HF_TEXT},
                                       {"expected_gain", HF_REAL},
                                       {"gain_lo", HF_REAL},
                                       {"gain_hi", HF_REAL},
                                       {"evidence", HF_TEXT},
                                       {NULL, HF_REAL}};

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
  const char *replanned =
      a->replanned ? "; its plan or tables changed within them" : "";
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

/* The hints as columns, the one that saves most first. */
static int query_hints(hf_call *c, hf_rows *r, hf_hint *hint, size_t n) {
  char *text[HF_HINT_KINDS], *list, *evidence;
  double utc_offset;
  size_t i;
  int rc = hf_config_real(&c->s, "utc_offset_seconds", 0, -86400, 86400,
                          &utc_offset);
  if (rc != SQLITE_OK) return rc;
  hf_hint_order(hint, n);
  for (i = 0; i < n; i++) {
    text[i] = hf_hint_text(&c->s, &hint[i], utc_offset);
    if (text[i] == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  }
  list = hf_hint_list(&c->s, text, n);
  evidence = hf_hint_evidence(&c->s, hint, text, n);
  if (list == NULL || evidence == NULL) {
    return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  }
  rc = hf_rows_one_text(c, r, "recommendations", list);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "evidence", evidence);
  if (rc != SQLITE_OK || n == 0) return rc;
  rc = hf_rows_one_text(c, r, "recommendation", text[0]);
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_real(c, r, "expected_gain", hint[0].gain);
  }
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "gain_lo", hint[0].gain_lo);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "gain_hi", hint[0].gain_hi);
  return rc;
}

static int query_fill(hf_call *c, hf_rows *r, const hf_query_answer *a) {
  const char *status = a->basis == HF_QUERY_NONE ? "insufficient_data" : "ok";
  const struct {
    const char *col;
    double x;
  } real[] = {{"estimated_time_ms", a->ms},
              {"lo90_ms", a->lo90},
              {"hi90_ms", a->hi90},
              {"confidence", a->confidence}};
  char *reason = query_reason(&c->s, a);
  size_t i;
  int rc = reason != NULL ? hf_rows_start(c, r, 1)
                          : hf_fail(&c->s, SQLITE_NOMEM, NULL);
  for (i = 0; rc == SQLITE_OK && i < sizeof(real) / sizeof(real[0]); i++) {
    rc = hf_rows_one_real(c, r, real[i].col, real[i].x);
  }
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "query_id", c->arg[0].text);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "basis", query_basis(a));
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "n", (sqlite3_int64)a->n);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", status);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", reason);
  if (rc == SQLITE_OK) {
    rc = hf_rows_one_int(c, r, "errors_seen", (sqlite3_int64)a->judged);
  }
  return rc;
}

/* What the application has, for the hint on spilling; NaN: not known. */
static int query_share(hf_session *s, double *mb) {
  hf_columns c;
  int rc = hf_read_cache(s, "application", 1, &c);
  *mb = NAN;
  if (rc == SQLITE_OK && c.n > 0) {
    *mb = c.col[1][0];
  } else if (rc == SQLITE_OK) {
    rc = hf_read_memory(s, 1, &c);
    if (rc == SQLITE_OK && c.n > 0) {
      *mb = c.col[1][0] - c.col[3][0] - c.col[4][0];
    }
  }
  return rc;
}

/* A day of load ahead and the quietest hour in it. `now`: unix seconds for
** which the query is meant. */
static int query_quiet(hf_call *c, const hf_load_law *law, double now,
                       hf_hint *hint, size_t *n) {
  hf_reader *reader = NULL;
  hf_component from;
  hf_grid grid;
  hf_outlook_ask ask = {0, 0, 100};
  hf_outlook o;
  hf_load_ahead a;
  hf_buckets older; /* none: a week of samples will do */
  const char *reason;
  int rc;
  memset(&older, 0, sizeof(older));
  if (law->n == 0) return SQLITE_OK;
  rc =
      hf_reader_open(&c->s, NULL, query_load, NULL, HF_OUTLOOK_NEWEST, &reader);
  if (rc == SQLITE_OK) rc = hf_reader_next(reader, &from);
  if (rc == SQLITE_ROW) {
    rc = hf_gridded_build(c, &from.samples, &older, &grid, &reason);
    if (rc == HF_OK) {
      a.start = grid.start + (double)grid.n * grid.step;
      a.step = grid.step;
      a.now = grid.fill[grid.n - 1];
      ask.h = (size_t)ceil(query_day / grid.step);
      /* the hours of a forecast that ended are past */
      rc = now > a.start + query_day
               ? HF_EDATA
               : hf_outlook_run(&c->s.work, &c->s.work, &grid, &ask, &o);
    }
    if (rc == HF_OK) {
      a.mean = o.blend.yhat;
      a.lo = o.blend.lo80;
      a.hi = o.blend.hi80;
      a.n = ask.h;
      *n += (size_t)hf_hint_quiet(law, &a, &hint[*n]);
    }
    rc = rc == HF_EDATA ? SQLITE_OK : hf_fail_ops(&c->s, rc);
  } else if (rc == SQLITE_DONE) {
    rc = SQLITE_OK;
  }
  if (reader != NULL) hf_reader_close(reader);
  return rc;
}

static void query_take(const hf_query_rows *rows, hf_runs *runs,
                       hf_run_facts *facts) {
  runs->query = rows->query;
  runs->param = rows->param;
  runs->plan = rows->plan;
  runs->rows = rows->rows;
  runs->bytes = rows->bytes;
  runs->ms = rows->ms;
  runs->n = rows->n;
  facts->ts = rows->ts;
  facts->workers = rows->workers;
  facts->peak = rows->peak;
  facts->scan = rows->scan;
  facts->built = rows->built;
  facts->sorts = rows->sorts;
  facts->load = rows->load;
}

static int query_answer(hf_call *c, hf_rows *r, const hf_query_rows *rows) {
  hf_runs runs;
  hf_run_facts facts;
  hf_question q;
  hf_query_answer a;
  hf_hint hint[HF_HINT_KINDS];
  hf_load_law law;
  size_t found = 0;
  double now = c->s.as_of;
  int rc = query_share(&c->s, &facts.share_mb);
  if (rc != SQLITE_OK) return rc;
  if (isnan(now)) now = rows->n > 0 ? rows->ts[rows->n - 1] : 0;
  query_take(rows, &runs, &facts);
  q.query = hf_query_key(c->arg[0].text);
  q.param = c->arg[3].given ? hf_param_key(q.query, c->arg[3].whole) : 0;
  q.rows = c->arg[1].real;
  q.bytes = c->arg[2].real;
  rc = hf_query_estimate(&c->s.work, &runs, &q, &a);
  if (rc == HF_OK) {
    rc = hf_query_hints(&c->s.work, &runs, &facts, q.query, hint, &found, &law);
  }
  rc = hf_fail_ops(&c->s, rc);
  if (rc == SQLITE_OK) rc = query_fill(c, r, &a);
  if (rc == SQLITE_OK) rc = query_quiet(c, &law, now, hint, &found);
  if (rc == SQLITE_OK) rc = query_hints(c, r, hint, found);
  return rc;
}

static int query_next(hf_call *c, hf_rows *r) {
  hf_query_rows rows;
  int rc;
  if (c->state != NULL) return SQLITE_DONE;
  c->state = c; /* one batch */
  rc = hf_read_queries(&c->s, c->arg[0].text, HF_QUERY_ALL, HF_QUERY_SAME,
                       &rows);
  if (rc != SQLITE_OK) return rc;
  if (isnan(c->s.as_of) && rows.n > 0) c->as_of_used = rows.ts[rows.n - 1];
  rc = query_answer(c, r, &rows);
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
