/*
** prune_run.h: a call of hf_prune() under way; for the files prune*.c alone.
*/
#ifndef HF_PRUNE_RUN_H
#define HF_PRUNE_RUN_H

#include "prune.h"
#include "rollup.h"

enum {
  HF_PRUNE_BATCH = 10000, /* rows; about 10 ms of the writer's lock */
  HF_PRUNE_COLUMNS = 8    /* most value columns of a table */
};

/* One value column. */
typedef struct hf_prune_column {
  const char *name;
  const char *series; /* what its buckets are filed under; in s->hold, of the
                         narrow table in s->work */
  hf_kind kind;
  sqlite3_int64 id; /* in hf_rollup_names; 0: not looked up in this batch */
  hf_bucket hour;   /* being filled; n 0: none */
  hf_bucket day;
} hf_prune_column;

/* One table, with its statements. */
typedef struct hf_prune_table {
  const char *name;
  const char *key; /* component column, id of the narrow table; NULL: none */
  const char *keys_table; /* where the keys are listed */
  int narrow;
  int columns;
  hf_prune_column column[HF_PRUNE_COLUMNS];
  sqlite3_stmt *first; /* key: the smallest */
  sqlite3_stmt *next;  /* key: the smallest above ?1 */
  sqlite3_stmt *names; /* narrow: component, metric, kind of id ?1 */
  sqlite3_stmt *edge;  /* of key ?1: oldest and newest stamp */
  sqlite3_stmt *rows;  /* of key ?1 before ?2, at most ?3, oldest first */
  sqlite3_stmt *drop;  /* of key ?1, ?2 to ?3 */
} hf_prune_table;

struct hf_prune {
  hf_session *s;
  hf_pruned did;
  double now;         /* unix seconds; NaN: no row says */
  double detail_days; /* NaN: details stay */
  hf_prune_table table[HF_PRUNE_TABLES];
  hf_rollup rollup;
  sqlite3_stmt *lock;       /* takes the write lock, writes nothing */
  sqlite3_stmt *detail;     /* deletes a batch of the details under way */
  sqlite3_value *key;       /* of the component under way; owned; NULL: none */
  sqlite3_value *component; /* its name; owned; NULL: no component */
  int at;                   /* table under way, then details */
  int begun;                /* 1: a key of it has been looked for */
  int inside;               /* 1: rows of the key under way may be left */
};

/* Prepares a statement that writes; takes `sql`, from sqlite3_mprintf. */
int hf_prune_prepare(hf_session *s, sqlite3_stmt **out, char *sql);

/* Fills in the tables and their statements, and ends them. */
int hf_prune_tables_open(hf_prune *p);
void hf_prune_tables_close(hf_prune *p);

/* The next key of a table: SQLITE_ROW, SQLITE_DONE or an error. A table
** without a key has one, NULL. `first` 1: the first. */
int hf_prune_next_key(hf_prune *p, hf_prune_table *t, int first);

/* Binds the key under way as ?1. */
int hf_prune_bind_key(hf_prune *p, sqlite3_stmt *st);

/* Narrow: what the id under way is called, in s->work. *known 0: it has no
** name. */
int hf_prune_name_key(hf_prune *p, hf_prune_table *t, int *known);

/* Oldest and newest stamp of the key under way; NaN: it has no rows. */
int hf_prune_edge(hf_prune *p, hf_prune_table *t, double *oldest,
                  double *newest);

/* One batch of the key under way in its savepoint; what it did is counted in
** p->did when it is kept. *n: rows. */
int hf_prune_batch(hf_prune *p, hf_prune_table *t, sqlite3_int64 *n);

#endif
