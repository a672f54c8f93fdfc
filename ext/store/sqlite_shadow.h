/*
** sqlite_shadow.h: a copy of a schema without its rows, in memory and on a
** connection of its own, where indexes can be tried out: the planner itself
** tells whether it would use one.
**
** Nothing of it is run but CREATE TABLE, CREATE VIEW, CREATE INDEX and EXPLAIN
** QUERY PLAN; an authorizer refuses the rest, since the texts come from the
** file.
*/
#ifndef HF_SQLITE_SHADOW_H
#define HF_SQLITE_SHADOW_H

#include <stdint.h>
#include "session.h"

typedef struct hf_shadow hf_shadow;

/* Copies the session's schema: ordinary tables, views, indexes and the
** planner's statistics. What cannot be made there (functions of the
** application, virtual tables) is left out. hf_shadow_close() must follow,
** also after an error. */
int hf_shadow_open(hf_session *s, hf_shadow **out);

void hf_shadow_close(hf_shadow *h);

enum { HF_SHADOW_COLUMNS = 24, HF_SHADOW_KEY = 3 };

/* Columns of tables that a statement reads, in s->work. */
typedef struct hf_shadow_reads {
  const char *table[HF_SHADOW_COLUMNS];
  const char *column[HF_SHADOW_COLUMNS];
  size_t n;
} hf_shadow_reads;

/* The plan of a statement, a line a step, in s->work; *plan is NULL when it
** cannot be prepared there. `reads` may be NULL. */
int hf_shadow_plan(hf_session *s, hf_shadow *h, const char *sql,
                   const char **plan, hf_shadow_reads *reads);

/* The plan with an index named hf_try on columns of a table; *plan is NULL when
** such an index cannot be made. */
int hf_shadow_try(hf_session *s, hf_shadow *h, const char *sql,
                  const char *table, const char *const *column, size_t columns,
                  const char **plan);

/* Rows of a table, by its largest and least rowid, and hashes of `most` rows
** at places spread over it: hash[most], *n of them; *bytes: of these columns in
** a row, the mean. `rows` is NaN for a table without rowids. */
int hf_sample_rows(hf_session *s, const char *table, const char *const *column,
                   size_t columns, size_t most, double *rows, double *bytes,
                   uint64_t *hash, size_t *n);

/* An index, and whether a plan in hf_queries names it. */
typedef struct hf_index_use {
  const char *name;
  const char *table;
} hf_index_use;

/* Indexes of the session's schema that no captured plan names: explicit ones,
** not unique, on tables of the application, whose first column is no foreign
** key (such serve checks that no plan shows). Texts in s->work. */
int hf_read_unused(hf_session *s, size_t most, hf_index_use *out, size_t *n);

#endif
