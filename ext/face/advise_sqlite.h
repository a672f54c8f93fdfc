/*
** advise_sqlite.h: what hf_tune() and hf_apply() have in common.
*/
#ifndef HF_ADVISE_SQLITE_H
#define HF_ADVISE_SQLITE_H

#include "../ops/sqlite_cache.h"
#include "../ops/sqlite_cost.h"
#include "../store/sqlite_history.h"
#include "answer.h"

/* What is known of the page cache; all in s->work. */
typedef struct hf_sqlite_advice {
  hf_sqlite_history h;
  hf_sqlite_pages pages; /* the arrays of h */
  double *capacity;      /* [h.n], see hf_sqlite_capacity() */
  hf_sqlite_memory memory;
  hf_sqlite_cache_plan plan;
  hf_sqlite_cost cost; /* from captured statements; cost.n 0: not known */
  double miss_share;   /* of these statements' time; NaN: not known */
  double least_ms; /* what the shortest of them take, 0: there are too few */
} hf_sqlite_advice;

/* Reads and plans. timed 0: what a miss costs in time is not looked up, which
** is most of the reading; hf_apply() shares the cache that it sets. */
int hf_advise_sqlite(hf_session *s, int timed, hf_sqlite_advice *a);

/* The reason in words, in s->work; NULL: out of memory, recorded. */
char *hf_sqlite_cache_reason(hf_session *s, const hf_sqlite_advice *a);

/* The plan's recommendation as PRAGMA cache_size takes it. */
sqlite3_int64 hf_sqlite_cache_value(double mb);

#endif
