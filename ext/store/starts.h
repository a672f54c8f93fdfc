/*
** starts.h: hf_learned_starts, in which hf_learn() keeps how each component in
** service began, so that this is known after hf_prune() took its first samples.
*/
#ifndef HF_STARTS_H
#define HF_STARTS_H

#include "session.h"

typedef struct hf_start {
  const char *metric;
  double first; /* unix seconds: its first sample */
  double value; /* mean of its first ten values, in the unit of what was
                   learned; NaN: none */
} hf_start;

/* Zero it and set s. */
typedef struct hf_starts {
  hf_session *s;
  sqlite3_stmt *read, *write; /* prepared when first needed */
} hf_starts;

/* The starts of a component, at most `most` of them, in row[most], texts in
** s->work. Rows that hf_learn() never writes are passed over. The table must
** be there. */
int hf_starts_read(hf_starts *t, sqlite3_value *component, size_t most,
                   hf_start *row, size_t *n);

/* Adds a row. */
int hf_starts_write(hf_starts *t, sqlite3_value *component,
                    const hf_start *row);

void hf_starts_close(hf_starts *t);

#endif
