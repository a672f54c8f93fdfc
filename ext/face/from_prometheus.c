/*
** from_prometheus.c: hf_from_prometheus(text), the samples in a text of
** Prometheus (exposition format 0.0.4, or OpenMetrics).
**
**   INSERT INTO hf_metrics(component, metric, ts, value)
**     SELECT component, metric, coalesce(ts, unixepoch()), value
**     FROM hf_from_prometheus(readfile('metrics.prom'));
**
** metric is the name with its labels but `instance`, sorted, so that the same
** series has the same name whatever the order in the text; component is the
** label `instance`. ts is NULL where the line has no time (the scraper's
** clock then counts); value is NULL for NaN and infinities, which `text`
** still shows. The text is not history, so as_of hides nothing of it.
*/
#include "answers.h"
#include "../ops/prom_text.h"

#include <string.h>

enum { FROM_PROM_BATCH = 500 };

static const hf_coldef from_prom_cols[] = {
    {"metric", HF_TEXT}, {"component", HF_TEXT}, {"ts", HF_TIME},
    {"value", HF_REAL},  {"type", HF_TEXT},      {"name", HF_TEXT},
    {"labels", HF_TEXT}, {"text", HF_TEXT},      {NULL, HF_TEXT}};

static const hf_param from_prom_params[] = {
    {"text", HF_P_SERIES, 1, 0, 0, NULL}, {NULL, HF_P_TEXT, 0, 0, 0, NULL}};

static int from_prom_begin(hf_call *c) {
  sqlite3_value *v = c->arg[0].value;
  const char *text = NULL;
  hf_prom *p = hf_work_alloc(&c->s.hold, 1, sizeof(*p));
  int type = sqlite3_value_type(v);
  if (p == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  c->state = p;
  text = type == SQLITE_BLOB ? (const char *)sqlite3_value_blob(v)
                             : (const char *)sqlite3_value_text(v);
  if (text == NULL && (type != SQLITE_BLOB || sqlite3_value_bytes(v) > 0)) {
    return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  }
  if (type != SQLITE_TEXT && type != SQLITE_BLOB) {
    return hf_fail(&c->s, SQLITE_ERROR,
                   "text must be a text of Prometheus, got %s", text);
  }
  hf_prom_open(p, text != NULL ? text : "", (size_t)sqlite3_value_bytes(v));
  return SQLITE_OK;
}

static int from_prom_row(hf_call *c, hf_rows *r, size_t i,
                         const hf_prom_sample *x) {
  int rc = hf_rows_set_text(c, r, "component", i, x->component);
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "metric", i, x->metric);
  if (rc == SQLITE_OK) rc = hf_rows_set_real(c, r, "ts", i, x->ts);
  if (rc == SQLITE_OK) rc = hf_rows_set_real(c, r, "value", i, x->value);
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "type", i, x->type);
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "name", i, x->name);
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "labels", i, x->labels);
  if (rc == SQLITE_OK) rc = hf_rows_set_text(c, r, "text", i, x->text);
  return rc;
}

static int from_prom_next(hf_call *c, hf_rows *r) {
  hf_work *w = &c->s.work;
  hf_prom_fault fault;
  hf_prom_sample x;
  size_t n = 0;
  int found = 1;
  int rc = hf_rows_start(c, r, FROM_PROM_BATCH);
  memset(&fault, 0, sizeof(fault));
  while (rc == SQLITE_OK && n < FROM_PROM_BATCH) {
    hf_mark mark = hf_work_mark(w);
    int code = hf_prom_next(c->state, w, &found, &x, &fault);
    if (code == HF_ERANGE) {
      return hf_fail(&c->s, SQLITE_ERROR, "line %lld: %s, got '%s'",
                     (sqlite3_int64)fault.line, fault.what, fault.got);
    }
    rc = hf_fail_ops(&c->s, code);
    if (rc != SQLITE_OK || !found) break;
    rc = from_prom_row(c, r, n++, &x);
    hf_work_release(w, mark);
  }
  if (rc != SQLITE_OK) return rc;
  r->n = (sqlite3_int64)n;
  return n > 0 ? SQLITE_ROW : SQLITE_DONE;
}

static void from_prom_end(hf_call *c) {
  (void)c;
}

const hf_answer hf_from_prometheus_answer = {
    "hf_from_prometheus", from_prom_cols, from_prom_params, NULL, NULL, 0,
    from_prom_begin,      from_prom_next, from_prom_end,    NULL};
