/*
** series_reader.h: an open series; private to series*.c.
*/
#ifndef HF_SERIES_READER_H
#define HF_SERIES_READER_H

#include "cells.h"
#include "series.h"

typedef enum series_mode {
  SERIES_PACKED, /* one BLOB */
  SERIES_NARROW, /* ids of hf_metric_names */
  SERIES_SEEK,
  SERIES_SCAN
} series_mode;

struct hf_reader {
  hf_session *s;
  hf_source src;
  series_mode mode;
  size_t newest;       /* at most so many samples a component; 0: all */
  double as_of;        /* later rows are not seen; INFINITY: none is later */
  int one;             /* 1: only the component `want` */
  sqlite3_value *want; /* as given by the caller, not owned */
  sqlite3_value *key;  /* of the component handed out; owned */
  int has_key;         /* 1: `key` holds the key of the last component */
  int nulls_done;      /* 1: the NULL key has been looked for */
  int done;
  int scans;            /* see hf_reader_scans() */
  sqlite3_stmt *rows;   /* scan: all rows; seek: the rows of one key */
  sqlite3_stmt *probe;  /* seek with as_of: is there a time as text? */
  sqlite3_stmt *nulls;  /* seek: is there a NULL key? */
  sqlite3_stmt *first;  /* seek: smallest key that is not NULL */
  sqlite3_stmt *follow; /* seek: smallest key above ?1 */
  sqlite3_stmt *names;  /* narrow: id, component, kind */
  int pending;          /* scan: 1 when `rows` stands on an unread row */
  hf_samples packed;    /* packed: the samples, in s->hold */
};

#endif
