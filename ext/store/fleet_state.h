/*
** fleet_state.h: an open fleet; private to fleet*.c.
*/
#ifndef HF_FLEET_STATE_H
#define HF_FLEET_STATE_H

#include "fleet.h"

enum { FLEET_LISTS = 4, FLEET_WIDE = 5 };

/* What buckets of hf_health_metrics are filed under, as rows of SQL. */
#define FLEET_SERIES_ROWS                                                      \
  "('hf_health_metrics.cpu_percent'), ('hf_health_metrics.memory_percent'),"   \
  " ('hf_health_metrics.disk_percent'), ('hf_health_metrics.network_errors')," \
  " ('hf_health_metrics.response_time_ms')"

/* One loose scan. */
typedef struct fleet_list {
  sqlite3_stmt *st;
  sqlite3_value *head; /* smallest name not handed out yet; NULL: none left */
  int fresh;           /* 1: head is still to be read */
} fleet_list;

struct hf_fleet {
  hf_session *s;
  fleet_list list[FLEET_LISTS];
  sqlite3_value *only; /* the one component asked for, a copy; NULL: all */
  int only_done;
  sqlite3_value *at; /* name that hf_fleet_next() goes on behind */
  hf_member m;
  int early;                 /* 1: commissioned after as_of */
  sqlite3_stmt *card;        /* a row of hf_components */
  sqlite3_stmt *failed;      /* count and newest of hf_failures */
  sqlite3_stmt *known;       /* whether any list has a name */
  sqlite3_stmt *wide[2];     /* newest first, oldest first */
  sqlite3_stmt *names;       /* narrow metrics of a component */
  sqlite3_stmt *narrow[2];   /* newest first, oldest first */
  sqlite3_stmt *wide_last;   /* newest ts of the wide table */
  sqlite3_stmt *narrow_last; /* newest ts of an id */
  sqlite3_stmt *rolled;      /* newest bucket of a component */
  int rolls;                 /* 1: the tables of buckets are there */
};

/* Prepares a statement once. `fmt` holds one %w for the schema. */
int hf_fleet_need(hf_fleet *f, sqlite3_stmt **st, const char *fmt);

/* Records the error of a sqlite3_bind call, if it is one. */
int hf_fleet_bound(hf_fleet *f, int rc);

/* The newest ts that is seen, unix seconds. */
double hf_fleet_limit(const hf_fleet *f);

/* Prepares and binds the list of narrow metrics of the component moved to: id,
** metric, kind, in the order of names. Reset it after use. */
int hf_fleet_names(hf_fleet *f);

#endif
