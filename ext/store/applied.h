/*
** applied.h: hf_applied, the record of what hf_apply() changed, and the change
** itself.
*/
#ifndef HF_APPLIED_H
#define HF_APPLIED_H

#include "session.h"

/* States of a change. */
typedef enum hf_applied_state {
  HF_APPLIED_WATCHED = 0, /* in force; its effect is being measured */
  HF_APPLIED_KEPT,        /* in force; it did what was foretold */
  HF_APPLIED_BACK,        /* taken back: contradicted */
  HF_APPLIED_GIVEN,       /* memory was given back */
  HF_APPLIED_ADOPTED,     /* what had been kept on another connection */
  HF_APPLIED_OVERRIDDEN,  /* somebody else has set something else */
  HF_APPLIED_REPLACED,    /* by a later change, before it was judged */
  HF_APPLIED_UNDONE,      /* by hf_apply('undo') */
  HF_APPLIED_STATES
} hf_applied_state;

extern const char *const hf_applied_word[HF_APPLIED_STATES];

/* A row of hf_applied; NaN: NULL. */
typedef struct hf_applied {
  sqlite3_int64 id;
  double ts;            /* unix seconds */
  double connection;    /* its number */
  sqlite3_int64 before; /* as PRAGMA cache_size takes it: pages, or when */
  sqlite3_int64 after;  /* negative KiB */
  double gain;          /* expected share of page misses saved */
  double cost_before;   /* pages read into a full cache, a page fetched */
  double cost_forecast;
  double cost_after;
  hf_applied_state state;
  double decided_ts;  /* when the state became final; NaN: not yet */
  const char *reason; /* in words */
} hf_applied;

/* The newest row of cache_size: of this connection, or (`connection` NaN) of
** any. Rows that no hf_apply() wrote (values out of range, unknown states) are
** passed over. *found is 0 when there is none. Texts in s->work. */
int hf_applied_newest(hf_session *s, double connection, hf_applied *out,
                      int *found);

/* The oldest row of this connection, likewise. */
int hf_applied_oldest(hf_session *s, double connection, hf_applied *out,
                      int *found);

/* Writes a new row (id is ignored), or the outcome of one: state, cost_after,
** decided_ts and reason. */
int hf_applied_insert(hf_session *s, const hf_applied *row);
int hf_applied_decide(hf_session *s, const hf_applied *row);

/* PRAGMA cache_size of the session's schema, as SQLite says it. */
int hf_cache_size(hf_session *s, sqlite3_int64 *value);

/* Sets it on this connection. `value` within the range below, not 0; the file
** is not touched. */
int hf_cache_size_set(hf_session *s, sqlite3_int64 value);

/* Largest |value| that is read from hf_applied or set. */
#define HF_CACHE_SIZE_MOST 1000000000

/* Hands freed memory of the process back to the system, where the C library
** has a way to be asked. */
void hf_memory_give_back(void);

/* In MB, with `page` MB a page. */
double hf_cache_size_mb(sqlite3_int64 value, double page);

#endif
