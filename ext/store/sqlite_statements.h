/*
** sqlite_statements.h: what hf_capture() has recorded of statements. Rows later
** than s->as_of (NaN: none is) are not seen. Everything is in s->work.
*/
#ifndef HF_SQLITE_STATEMENTS_H
#define HF_SQLITE_STATEMENTS_H

#include "session.h"

/* Executions, newest first; [n] each, finite and not negative. */
typedef struct hf_statement_runs {
  double *ms;
  double *steps;
  double *pages;
  double *misses;
  size_t n;
} hf_statement_runs;

/* Of the newest `most` executions those whose counters are all known and that
** neither sorted nor built an index, whose steps take longer. A page has `page`
** bytes. */
int hf_read_runs(hf_session *s, size_t most, double page,
                 hf_statement_runs *out);

/* A statement with its plan, summed over its executions. */
typedef struct hf_statement {
  const char *query_id;
  const char *sql;  /* without literals */
  const char *plan; /* a line a step */
  double n;         /* executions */
  double ms;        /* time of all of them */
  /* means of an execution; NaN: not known */
  double steps;
  double pages;
  double misses;
  double scanned;   /* rows stepped over in full scans */
  double automatic; /* rows put into automatic indexes */
  double sorts;
  double rows; /* returned */
} hf_statement;

typedef struct hf_statements {
  hf_statement *one; /* [n], the most time first */
  size_t n;
  double ms;       /* time of all executions, of statements left out, too */
  double runs;     /* all executions */
  double first_ts; /* oldest of them, unix seconds; NaN: none */
  double newest;   /* newest; NaN: none */
} hf_statements;

/* Statements among the newest `runs` executions, at most `most` of them, with
** their texts in hf_queries. Nothing when there is no such table. */
int hf_read_statements(hf_session *s, size_t runs, size_t most, double page,
                       hf_statements *out);

/* Bytes of a page of the session's schema. */
int hf_read_page_size(hf_session *s, double *page);

#endif
