/*
** sqlite_history.h: what hf_collect() has recorded of SQLite itself. Rows later
** than s->as_of (NaN: none is) are not seen. Everything is in s->work.
*/
#ifndef HF_SQLITE_HISTORY_H
#define HF_SQLITE_HISTORY_H

#include "session.h"

/* The newest collections, oldest first; [n] each, NaN: not recorded. */
typedef struct hf_sqlite_history {
  double *ts;         /* unix seconds, ascending */
  double *hits;       /* pages found in the cache since the row before */
  double *misses;     /* pages read since the row before */
  double *page_mb;    /* size of a page */
  double *limit_mb;   /* the cache may take */
  double *used_mb;    /* it takes */
  double *connection; /* number of the connection */
  double *database_mb;
  double *writes; /* total of pages written by the connection */
  double *mmap_mb;
  double *wal;            /* 1: write-ahead log */
  double *autocheckpoint; /* pages */
  double *temp_store;
  double *version; /* data_version */
  size_t n;
} hf_sqlite_history;

/* The newest `most` collections. */
int hf_read_sqlite(hf_session *s, size_t most, hf_sqlite_history *out);

/* Memory of the host at the newest row of hf_memory_stats, at most `old`
** seconds before `now`; all NaN when there is none. */
int hf_read_free_memory(hf_session *s, double now, double old, double *total_mb,
                        double *available_mb);

/* Share of the time in which some task waited for memory, 0..1, between the two
** newest collections that tell, both at most `old` seconds before `now`; NaN
** when there are not two, or the counter began anew. */
int hf_read_memory_stall(hf_session *s, double now, double old, double *share);

/* A table whose statistics for the planner are missing, or ten times off. */
typedef struct hf_unanalysed {
  int tables;       /* how many */
  const char *name; /* the largest of them; NULL: none */
  double rows;      /* of that: its largest rowid, as an estimate */
  double known;     /* rows that the statistics say; NaN: none */
} hf_unanalysed;

/* Tables with an index, of at least 1,000 rows, ours not counted. */
int hf_read_unanalysed(hf_session *s, hf_unanalysed *out);

#endif
