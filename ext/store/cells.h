/*
** cells.h: rows of a source to samples.
*/
#ifndef HF_CELLS_H
#define HF_CELLS_H

#include "source.h"

/* Samples of one component while they are read; arrays in s->work. Zero it
** before the first row. */
typedef struct hf_buffer {
  double *ts;
  double *value;
  size_t n;
  size_t room;
  size_t seen; /* rows met, those after as_of too */
} hf_buffer;

/* Adds a row of (key, time, value) unless it has no time or is later than
** as_of. Times are unix seconds or RFC 3339 texts; a value that is NULL, '' or
** infinite becomes NaN; anything else that is no number is an error that
** names the source. */
int hf_buffer_add(hf_session *s, const hf_source *src, sqlite3_stmt *st,
                  double as_of, hf_buffer *b);

/* The samples in order, the `newest` of them (0: all). Sets ts, value, n. */
int hf_buffer_finish(hf_session *s, hf_buffer *b, size_t newest, hf_samples *x);

/* Keeps the `newest` samples (0: all). */
void hf_samples_trim(hf_samples *x, size_t newest);

/* 1 when a column of the row holds the key v with its storage class: 5 is
** not '5'. */
int hf_same_key(sqlite3_stmt *st, int col, sqlite3_value *v);

#endif
