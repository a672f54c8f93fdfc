/*
** learned.h: the tables in which hf_learn() keeps what was learned: a row of
** hf_learned a kind, the lives it rests on, and named numbers. Knows no model.
**
** Rows are read as if an enemy had written them: types, counts and ranges are
** looked at, and what is wrong is reported in words, not as an error, because
** every answer can do without.
*/
#ifndef HF_LEARNED_H
#define HF_LEARNED_H

#include "session.h"
#include "../num/parts.h"

/* A life that ended in a failure. */
typedef struct hf_learned_life {
  const char *name;   /* of the component */
  double failed;      /* unix seconds */
  double newest;      /* unix seconds: newest sample before it; NaN: none */
  sqlite3_int64 mark; /* fingerprint of that sample */
} hf_learned_life;

/* A row of hf_learned with all that belongs to it. */
typedef struct hf_learned {
  const char *kind;
  const char *method; /* wear, hazard, none */
  int version;
  double as_of;           /* unix seconds: newest row that was seen */
  sqlite3_int64 failures; /* on record */
  sqlite3_int64 components;
  double hours; /* component-hours watched */
  sqlite3_int64 failures_mark, components_mark;
  hf_learned_life *life; /* [lives] */
  size_t lives;
  const char **metric; /* [metrics] */
  size_t metrics;
  hf_parts parts;
} hf_learned;

/* The most that is read of a kind. */
enum { HF_LEARNED_LIVES = 1000, HF_LEARNED_METRICS = 1000 };

/* *there: 1 when the tables are. A history from before they existed has none.
 */
int hf_learned_there(hf_session *s, int *there);

/* The row of a kind alone: lives, metrics and parts stay empty. SQLITE_ROW,
** SQLITE_DONE when there is none, or an error. *bad: what is wrong with it, in
** words; NULL: nothing. In s->hold. */
int hf_learned_row(hf_session *s, const char *kind, hf_learned *out,
                   const char **bad);

/* Reads the lives of a kind, in s->hold; l->lives says how many there must
** be. */
int hf_learned_lives(hf_session *s, hf_learned *l, const char **bad);

/* Reads metrics and parts, at most `most` values, in s->hold. */
int hf_learned_parts(hf_session *s, size_t most, hf_learned *l,
                     const char **bad);

/* Replaces all that is kept by `n` kinds. Call it in a savepoint. */
int hf_learned_write(hf_session *s, const hf_learned *kinds, size_t n);

/* A statement that takes the write lock and writes nothing; finalise it. */
int hf_learned_lock(hf_session *s, sqlite3_stmt **out);

#endif
