/*
** capture.h: what the statements of a connection cost, as its trace hook sees
** it.
*/
#ifndef HF_CAPTURE_H
#define HF_CAPTURE_H

#include "session.h"

typedef struct hf_capture hf_capture;

typedef enum hf_capture_mode {
  HF_CAPTURE_OFF,
  HF_CAPTURE_ON,
  HF_CAPTURE_REPLACED /* it was on; another trace took its place */
} hf_capture_mode;

typedef struct hf_capture_state {
  hf_capture_mode mode;
  sqlite3_int64 room;       /* executions that fit */
  sqlite3_int64 waiting;    /* executions held for the next flush */
  sqlite3_int64 captured;   /* since it was switched on */
  sqlite3_int64 dropped;    /* of these: lost for want of room */
  sqlite3_int64 queries;    /* different statements since the last flush */
  sqlite3_int64 unfinished; /* statements that have begun and not ended */
} hf_capture_state;

typedef struct hf_capture_written {
  sqlite3_int64 rows;    /* into hf_query_history */
  sqlite3_int64 queries; /* new in hf_queries */
} hf_capture_written;

/* Switches capture on with room for `rows` executions, in place of whatever
** trace the connection had. *slot is made when NULL; what it holds stays. */
int hf_capture_on(hf_capture **slot, hf_session *s, sqlite3_int64 rows);

/* Switches it off, and leaves a trace alone that is not ours. What waits can
** still be written. c may be NULL, here and below. */
int hf_capture_off(hf_capture *c, hf_session *s);

/* Looks whether the trace is still ours (by a statement that it must see), and
** counts. */
int hf_capture_look(hf_capture *c, hf_session *s, hf_capture_state *out);

/* Writes the `most` oldest executions that wait (0: all) into hf_query_history
** and hf_queries of the session's schema, all or nothing; only then they are
** forgotten. */
int hf_capture_flush(hf_capture *c, hf_session *s, sqlite3_int64 most,
                     hf_capture_written *out);

/* How many executions wait. */
sqlite3_int64 hf_capture_waiting(const hf_capture *c);

/* Frees *slot when it is off and nothing waits. */
void hf_capture_trim(hf_capture **slot);

/* Ends it, with the connection or with the last of its functions. */
void hf_capture_free(hf_capture *c);

#endif
