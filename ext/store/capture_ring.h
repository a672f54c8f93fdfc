/*
** capture_ring.h: the memory of hf_capture(): private to capture*.c.
**
** All of it is taken when capture is switched on. The hook allocates nothing
** and runs no SQL.
*/
#ifndef HF_CAPTURE_RING_H
#define HF_CAPTURE_RING_H

#include "capture.h"
#include "ticks.h"
#include "../num/sql_text.h"

enum {
  HF_CAPTURE_QUERIES = 512, /* different statements between two flushes */
  HF_CAPTURE_TEXTS = 2048,  /* different texts known by their hash */
  HF_CAPTURE_POOL = 524288, /* bytes of SQL kept for the flush */
  HF_CAPTURE_SQL = 65536,   /* longest SQL kept, bytes */
  HF_CAPTURE_SHAPE = 4096,  /* longest normalised SQL kept, bytes */
  HF_CAPTURE_PENDING = 32,  /* statements under way at a time */
  HF_CAPTURE_KNOWN = 64,    /* prepared statements known by their address */
  HF_CAPTURE_COUNTERS = 5
};

/* Counters of a statement, in this order. */
enum { HF_VM_STEPS, HF_SCAN_STEPS, HF_AUTO_INDEX, HF_SORTS, HF_REPREPARED };

/* A statement without its literals. */
typedef struct hf_capture_query {
  uint64_t shape; /* what query_id is made of */
  size_t text;    /* offset of the normalised text in the pool ... */
  size_t sql;     /* ... and of one text as it ran; 0: no room was left */
  sqlite3_int64 plan_hash; /* 0: none, or not looked up yet */
  char *plan;              /* while it is flushed, in the session's memory */
} hf_capture_query;

/* A text without a query: there was no room; a call of hf_capture() itself. */
enum { HF_CAPTURE_FULL = -1, HF_CAPTURE_OWN = -2 };

/* A text as it ran. */
typedef struct hf_capture_text {
  uint64_t hash; /* 0: empty */
  sqlite3_int64 literals;
  int parameters;
  int query; /* index, or one of the two below */
} hf_capture_text;

/* A prepared statement whose text has been looked up. Another one may come to
** live at the same address: see capture_known(). */
typedef struct hf_capture_prepared {
  const sqlite3_stmt *st; /* only compared; NULL: nothing is known */
  const char *sql;        /* where its text is; only compared */
  int steps;              /* its counter of steps when it last ended */
  int text;               /* index */
} hf_capture_prepared;

/* A statement under way. */
typedef struct hf_capture_pending {
  sqlite3_stmt *st;                 /* only compared, never used by itself */
  sqlite3_int64 start;              /* ticks */
  int counter[HF_CAPTURE_COUNTERS]; /* when it began */
  sqlite3_int64 rows;
  sqlite3_int64 changes; /* of the connection so far; -1: it returns rows */
  sqlite3_uint64 number; /* of the start */
  int text;              /* index; -1: to be looked up */
  int alone;             /* 1: no other statement was under way */
} hf_capture_pending;

/* An execution. */
typedef struct hf_capture_row {
  sqlite3_stmt *st;   /* only compared */
  sqlite3_int64 end;  /* ticks */
  sqlite3_int64 took; /* ticks */
  sqlite3_int64 rows; /* returned, or changed when it returns none */
  double pages;       /* fetched from the page cache; -1: not known */
  double misses;      /* of these, read from a file */
  sqlite3_int64 literals;
  int parameters;
  int counter[HF_CAPTURE_COUNTERS];
  int query;
} hf_capture_row;

struct hf_capture {
  sqlite3 *db;
  hf_capture_mode mode;
  int probing; /* 1: the next statement only shows that we hear it */
  int heard;
  int quiet; /* 1: our own statements run */
  hf_ticks clock;
  sqlite3_int64 quick; /* ticks: of shorter executions pages are counted
                          together */
  sqlite3_int64 captured;
  sqlite3_int64 dropped;
  sqlite3_uint64 starts;     /* statements begun */
  sqlite3_int64 pages_last;  /* of the connection, when last asked for */
  sqlite3_int64 misses_last; /* likewise */
  int together; /* newest executions whose pages are still to be asked for */
  int pending_count;
  hf_capture_pending pending[HF_CAPTURE_PENDING];
  hf_capture_pending ended; /* as the newest execution was while under way */
  int query_count;
  hf_capture_query query[HF_CAPTURE_QUERIES];
  int text_count;
  hf_capture_text text[HF_CAPTURE_TEXTS];
  hf_capture_prepared known[HF_CAPTURE_KNOWN];
  char shape[HF_CAPTURE_SHAPE]; /* scratch */
  size_t pool_used;
  char pool[HF_CAPTURE_POOL];
  sqlite3_int64 room;  /* of row[] */
  sqlite3_int64 first; /* oldest */
  sqlite3_int64 count;
  hf_capture_row *row; /* ring; behind this struct */
};

/* The trace hook (sqlite3_trace_v2). */
int hf_capture_hook(unsigned type, void *ctx, void *p, void *x);

/* Asks for the pages that the newest executions have fetched and shares them
** out; what is fetched from here on is somebody else's. */
void hf_capture_count_pages(hf_capture *c);

/* Forgets which prepared statement is which: they may have run unheard. */
void hf_capture_unknow(hf_capture *c);

/* Forgets statements and texts; the ring must be empty. */
void hf_capture_forget(hf_capture *c);

#endif
