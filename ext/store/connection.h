/*
** connection.h: what SQLite tells of this connection and its database.
*/
#ifndef HF_CONNECTION_H
#define HF_CONNECTION_H

#include "session.h"

/* NaN: SQLite does not tell. The totals count since the connection was opened
** (or since the application reset them) over all its databases. */
typedef struct hf_connection {
  double cache_mb;    /* that the page caches may take together (cache_size) */
  double used_mb;     /* that they take now */
  double hits;        /* total of pages found in a cache */
  double misses;      /* total of pages read from files */
  double writes;      /* total of pages written */
  double spills;      /* total of spills in the middle of a transaction */
  double page_mb;     /* page size of the session's schema */
  double database_mb; /* its size */
  double freelist_mb; /* of it, unused */
  /* settings of the session's schema, or of the connection */
  double limit_mb;       /* its page cache may take so much */
  double mmap_mb;        /* of its file may be mapped */
  double autocheckpoint; /* pages in the WAL that start a checkpoint; 0: none,
                            or the application's own hook */
  double temp_store;     /* 0 as compiled, 1 file, 2 memory */
  double wal;            /* 1: the journal is a write-ahead log */
  double wal_mb;         /* size of the log's file; NaN: there is none */
  double data_version;   /* changes when another connection has written */
} hf_connection;

/* Reads all of it; the counters are not reset. */
int hf_connection_read(hf_session *s, hf_connection *out);

#endif
