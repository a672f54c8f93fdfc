/*
** recall.h: what a connection remembers from one call to the next: numbers
** that were worked out from the whole history, so that a question about one
** component need not work them out again.
**
** What is remembered is never another answer than working it out would give:
** see recall.c for when it counts. Nothing is remembered of a schema other
** than main, of a database in memory, or beside a write under way.
*/
#ifndef HF_RECALL_H
#define HF_RECALL_H

#include "session.h"
#include "../num/parts.h"

typedef struct hf_recall_note hf_recall_note; /* private to recall.c */

/* Of a connection. Zeroed: empty. hf_recall_free() frees what it holds. */
struct hf_recall {
  hf_recall_note *first; /* newest first */
  size_t notes, bytes;   /* held */
  unsigned version;      /* of the data that all of them belong to */
};

/* Where something is worked out: as hf_recall_find() saw it before. */
typedef struct hf_recall_at {
  int on;                 /* 0: it will not be remembered */
  unsigned version;       /* of the data */
  sqlite3_int64 rows;     /* s->rows_read then */
  const char *what, *who; /* its name, in two parts; not owned */
  double now;             /* unix seconds, or NaN: what else it depends on */
} hf_recall_at;

/* What is remembered: named numbers, and texts. */
typedef struct hf_recalled {
  hf_parts parts;
  const char *const *text; /* [texts], NULLs allowed */
  size_t texts;
} hf_recalled;

/* Looks for `what` of `who`, worked out for s->as_of and `now`. SQLITE_ROW:
** *out is there, until the next statement is run, and the rows that were read
** for it count as read by this call; SQLITE_DONE: not there, work it out; or
** an error (the limit on rows). `at` is for hf_recall_keep(). The names must
** live as long as `at`. */
int hf_recall_find(hf_session *s, const char *what, const char *who, double now,
                   hf_recall_at *at, hf_recalled *out);

/* Remembers a copy, if nothing has happened since that forbids it. Where memory
** is short it is not remembered; that is no error. */
void hf_recall_keep(hf_session *s, const hf_recall_at *at,
                    const hf_recalled *r);

/* The same for one number. */
int hf_recall_number(hf_session *s, const char *what, double now,
                     hf_recall_at *at, double *out);
void hf_recall_keep_number(hf_session *s, const hf_recall_at *at, double x);

void hf_recall_free(hf_recall *r);

#endif
