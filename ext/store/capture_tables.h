/*
** capture_tables.h: what the tables and indexes that a statement touches are
** defined as, as a number, so that a change of theirs can be seen.
*/
#ifndef HF_CAPTURE_TABLES_H
#define HF_CAPTURE_TABLES_H

#include <stdint.h>
#include "session.h"

/* An object of a schema. Texts are in s->hold. */
typedef struct hf_capture_object {
  sqlite3_int64 root;  /* page of its B-tree; 0: a view, trigger or virtual
                          table */
  uint64_t definition; /* hash of it */
  const char *sql;     /* of a view; "" of a virtual table; else NULL */
  const char *name;
  const char *table; /* that it is, or belongs to */
  int trigger;       /* 1: it is one */
  int touched;       /* 1: by the statement looked at */
} hf_capture_object;

/* The objects of one schema, by root. */
typedef struct hf_capture_schema {
  hf_capture_object *object; /* [n] */
  size_t n;
} hf_capture_schema;

/* Those of all attached schemas, by the number that SQLite gives these. */
typedef struct hf_capture_tables {
  hf_capture_schema *schema; /* [n] */
  size_t n;
} hf_capture_tables;

/* Reads the schemas as they are now into s->hold. */
int hf_capture_tables_read(hf_session *s, hf_capture_tables *t);

/* *out: a hash of the definitions of what `sql` opens, whatever their order,
** and of the views and virtual tables that `text`, the same statement
** normalised, names; 0 when it touches none, or can no longer be prepared. It
** is explained, not run. */
int hf_capture_tables_touched(hf_session *s, hf_capture_tables *t,
                              const char *sql, const char *text, uint64_t *out);

#endif
