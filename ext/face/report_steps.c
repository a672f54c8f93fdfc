/*
** report_steps.c: hf_report as a table: the page of the function of the same
** name, a part a row, as they are made.
**
**   SELECT what, done, total FROM hf_report(7);
**   SELECT group_concat(html, '') FROM
**     (SELECT html FROM hf_report(7) ORDER BY place);   -- the page
**
** The head tells how the sections stand, so it is made after them; `place` is
** where a part stands on the page.
*/
#include "answers.h"
#include "functions.h"
#include "report.h"

#include <math.h>
#include <string.h>

enum { REPORT_STEPS = HF_REPORT_SECTIONS + 2 };

static const hf_coldef report_steps_cols[] = {
    {"step", HF_INT},    {"what", HF_TEXT},   {"done", HF_INT},
    {"total", HF_INT},   {"place", HF_INT},   {"html", HF_TEXT},
    {"status", HF_TEXT}, {"reason", HF_TEXT}, {NULL, HF_REAL}};

static const hf_param report_steps_params[] = {
    {"days", HF_P_REAL, 0, 1, HF_REPORT_DAYS, "7"},
    {NULL, HF_P_REAL, 0, 0, 0, NULL}};

typedef struct report_steps {
  hf_report report;
  int at;
} report_steps;

static int report_steps_begin(hf_call *c) {
  report_steps *st = hf_work_zeroed(&c->s.hold, 1, sizeof(*st));
  if (st == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  c->state = st;
  hf_report_begin(&st->report, &c->s, c->arg[0].real);
  return SQLITE_OK;
}

static int report_steps_next(hf_call *c, hf_rows *r) {
  report_steps *st = c->state;
  hf_report *report = &st->report;
  const char *what = "head";
  char *html = NULL;
  int place = 1;
  int rc = SQLITE_OK;
  if (st->at == REPORT_STEPS) return SQLITE_DONE;
  report->out = sqlite3_str_new(c->s.db);
  if (st->at < HF_REPORT_SECTIONS) {
    what = hf_report_heading(st->at);
    place = st->at + 2;
    rc = hf_report_section(report, st->at);
  } else if (st->at == HF_REPORT_SECTIONS) {
    hf_report_head(report);
  } else {
    what = "foot";
    place = REPORT_STEPS;
    hf_report_foot(report);
  }
  rc = hf_function_text(&c->s, rc, report->out, &html);
  st->at++;
  if (rc == SQLITE_OK) rc = hf_rows_start(c, r, 1);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "step", st->at);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "what", what);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "done", st->at);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "total", REPORT_STEPS);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "place", place);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "html", html);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", "ok");
  sqlite3_free(html);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static void report_steps_end(hf_call *c) {
  (void)c;
}

const hf_answer hf_report_steps_answer = {
    "hf_report",        report_steps_cols, report_steps_params, NULL, NULL, 1,
    report_steps_begin, report_steps_next, report_steps_end,    NULL};
