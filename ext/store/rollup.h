/*
** rollup.h: writing buckets of samples into hf_rollup_names and hf_rollups.
*/
#ifndef HF_ROLLUP_H
#define HF_ROLLUP_H

#include "session.h"
#include "../num/bucket.h"

enum { HF_ROLLUP_HOUR = 3600, HF_ROLLUP_DAY = 86400 }; /* seconds */

/* Statements of one call; see hf_rollup_open(). */
typedef struct hf_rollup {
  hf_session *s;
  sqlite3_stmt *name;  /* makes a series */
  sqlite3_stmt *find;  /* its id */
  sqlite3_stmt *read;  /* a bucket as it is */
  sqlite3_stmt *write; /* a bucket as it shall be */
} hf_rollup;

/* Prepares the statements. hf_rollup_close() must be called whatever it
** returns. */
int hf_rollup_open(hf_rollup *r, hf_session *s);
void hf_rollup_close(hf_rollup *r);

/* The id of a series of a component (NULL: ''), made when it is new. A kind
** that has changed since is written down. */
int hf_rollup_series(hf_rollup *r, const char *series, sqlite3_value *component,
                     hf_kind kind, sqlite3_int64 *id);

/* Merges a bucket of `step` seconds into what is there. *made: 1 when there
** was none. */
int hf_rollup_add(hf_rollup *r, sqlite3_int64 id, hf_kind kind, int step,
                  const hf_bucket *b, int *made);

#endif
