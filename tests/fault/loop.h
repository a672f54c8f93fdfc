/*
** loop.h: a small application with a clock of its own, to see the extension
** tune the SQLite that it lives in. Used by tests/fault/apply.c and
** tests/bench/apply.c.
**
** Time is that of a VFS whose clock stands still until it is moved on; so an
** hour of collections takes as long as its queries. Keys are drawn from a
** generator with a seed: the pages that a load touches are the same on every
** run.
*/
#ifndef LOOP_H
#define LOOP_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "hiveframe_autonomous.h"

static sqlite3_vfs loop_vfs, *loop_real;
static sqlite3_int64 loop_now = 2440587500LL * 86400 + 1700000000000LL;

static int loop_time(sqlite3_vfs *v, sqlite3_int64 *out) {
  (void)v;
  *out = loop_now;
  return SQLITE_OK;
}

static int loop_open(sqlite3_vfs *v, const char *name, sqlite3_file *f,
                     int flags, int *out) {
  (void)v;
  return loop_real->xOpen(loop_real, name, f, flags, out);
}

/* The clock becomes that of all connections opened from here on. */
__attribute__((unused)) static void loop_clock(void) {
  loop_real = sqlite3_vfs_find(NULL);
  loop_vfs = *loop_real;
  loop_vfs.zName = "loop";
  loop_vfs.pNext = NULL;
  loop_vfs.xOpen = loop_open;
  loop_vfs.xCurrentTimeInt64 = loop_time;
  sqlite3_vfs_register(&loop_vfs, 1);
}

static void loop_need(sqlite3 *db, int rc, const char *what) {
  if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE) return;
  printf("Bail out! %s: %s\n", what, sqlite3_errmsg(db));
  exit(2);
}

static void loop_run(sqlite3 *db, const char *sql) {
  loop_need(db, sqlite3_exec(db, sql, 0, 0, 0), sql);
}

/* The first value of a statement, as text in a buffer of its own. */
__attribute__((unused)) static const char *loop_text(sqlite3 *db,
                                                     const char *sql) {
  static char text[8][2000];
  static int turn;
  sqlite3_stmt *st = NULL;
  char *out = text[turn++ % 8];
  loop_need(db, sqlite3_prepare_v2(db, sql, -1, &st, NULL), sql);
  loop_need(db, sqlite3_step(st), sql);
  snprintf(out, sizeof(text[0]), "%s",
           sqlite3_column_text(st, 0) ? (const char *)sqlite3_column_text(st, 0)
                                      : "NULL");
  loop_need(db, sqlite3_finalize(st), sql);
  return out;
}

__attribute__((unused)) static double loop_number(sqlite3 *db,
                                                  const char *sql) {
  return atof(loop_text(db, sql));
}

static double loop_cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int loop_misses(sqlite3 *db) {
  int now = 0, high = 0;
  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &now, &high, 0);
  return now;
}

/* What a load looks like. */
typedef struct loop_load {
  int rows;      /* of the table; about 18 to a page */
  int lookups;   /* an interval */
  double skew;   /* 0: uniform; else row = rows u^skew, scattered */
  int spike;     /* each so many intervals one has five times the lookups */
  int scans;     /* whole scans an interval */
  int intervals; /* of a minute */
  int page;      /* bytes of a page; 0: as SQLite has it */
  int wal;       /* 1: write-ahead log */
  int writes;    /* rows changed an interval, in a transaction */
  int grows;     /* rows added an interval */
  int others;    /* rows that another connection changes an interval */
} loop_load;

enum { LOOP_CAPTURED = 4 }; /* intervals with capture on, when tuned */

typedef struct loop_result {
  double cpu;         /* seconds of the load alone */
  double settled_cpu; /* of these, in the second half */
  double cpu_all;     /* with collecting, applying and capturing */
  long misses;        /* of the load alone */
  long settled;       /* of these, in the second half */
  double mb;          /* limit of the cache at the end */
} loop_result;

static unsigned long long loop_seed;
static unsigned long long loop_first = 42; /* each run begins with it */

static double loop_uniform(void) {
  loop_seed = loop_seed * 6364136223846793005ULL + 1442695040888963407ULL;
  return (double)(loop_seed >> 11) / 9007199254740992.0;
}

/* A new database of a load, with a limit in MB ("NULL": none). */
__attribute__((unused)) static void
loop_fill(const char *path, const loop_load *l, const char *most) {
  sqlite3 *db = NULL;
  char sql[400];
  loop_need(db, sqlite3_open(path, &db), path);
  loop_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  snprintf(sql, sizeof(sql), "PRAGMA page_size = %d; PRAGMA journal_mode = %s",
           l->page > 0 ? l->page : 4096, l->wal ? "wal" : "delete");
  loop_run(db, sql);
  loop_run(db, "SELECT hf_init()");
  loop_run(db, "UPDATE hf_config SET value = 0 WHERE key = "
               "'tuning_interval_seconds'");
  snprintf(sql, sizeof(sql),
           "UPDATE hf_config SET value = %s WHERE key = 'max_page_cache_mb'",
           most);
  loop_run(db, sql);
  snprintf(sql, sizeof(sql),
           "CREATE TABLE item(id INTEGER PRIMARY KEY, kind, body);"
           "WITH RECURSIVE q(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM q "
           "WHERE i < %d) INSERT INTO item SELECT i, i * 7919 %% 1009, "
           "printf('%%0200d', i) FROM q",
           l->rows);
  loop_run(db, sql);
  loop_need(db, sqlite3_close(db), "close");
}

/* A row as the load asks for it: hot ones lie scattered, some dozen together.
 */
static long long loop_row(const loop_load *l, int at) {
  double u = loop_uniform();
  long long rows = l->rows + (long long)l->grows * at;
  long long rank =
      (long long)((double)rows * (l->skew > 0 ? pow(u, l->skew) : u));
  return 1 + (rank / 16 * 7919 % (rows / 16) * 16 + rank % 16);
}

/* A statement of one row, for n rows as the load draws them. */
static void loop_rows(sqlite3 *db, const loop_load *l, int at, int n,
                      const char *sql) {
  sqlite3_stmt *st = NULL;
  int k;
  loop_need(db, sqlite3_prepare_v2(db, sql, -1, &st, NULL), sql);
  for (k = 0; k < n; k++) {
    sqlite3_bind_int64(st, 1, loop_row(l, at));
    sqlite3_step(st);
    loop_need(db, sqlite3_reset(st), sql);
  }
  sqlite3_finalize(st);
}

/* Changes n rows in a transaction. */
static void loop_write(sqlite3 *db, const loop_load *l, int at, int n) {
  if (n == 0) return;
  loop_run(db, "BEGIN IMMEDIATE");
  loop_rows(db, l, at, n, "UPDATE item SET kind = 0 WHERE id = ?1");
  loop_run(db, "COMMIT");
}

/* The load of one interval. */
static void loop_interval(sqlite3 *db, const loop_load *l, int at) {
  int k, n = l->lookups * (l->spike > 0 && at % l->spike == 0 ? 5 : 1);
  loop_rows(db, l, at, n, "SELECT body FROM item WHERE id = ?1");
  for (k = 0; k < l->scans; k++) {
    loop_run(db, "SELECT sum(length(body)) FROM item");
  }
  loop_write(db, l, at, l->writes);
  if (l->grows > 0) {
    char sql[200];
    snprintf(sql, sizeof(sql),
             "INSERT INTO item(kind, body) WITH RECURSIVE q(i) AS (SELECT 1 "
             "UNION ALL SELECT i + 1 FROM q WHERE i < %d) "
             "SELECT i, printf('%%0200d', i) FROM q",
             l->grows);
    loop_run(db, sql);
  }
}

/* Who is at work beside the load. */
enum { LOOP_ALONE, LOOP_COLLECTED, LOOP_TUNED };

/* A run on a connection of its own, with cache_size `fixed` (a PRAGMA's value,
** 0: as SQLite has it). `each` is run after every collection, NULL: nothing. */
__attribute__((unused)) static void
loop_go(const char *path, const loop_load *l, int fixed, int beside,
        void (*each)(sqlite3 *db, int at), loop_result *r) {
  sqlite3 *db = NULL, *other = NULL;
  char sql[100];
  double begin;
  int at;
  memset(r, 0, sizeof(*r));
  loop_seed = loop_first;
  loop_need(db, sqlite3_open(path, &db), path);
  loop_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  snprintf(sql, sizeof(sql), "PRAGMA cache_size = %d", fixed);
  if (fixed != 0) loop_run(db, sql);
  loop_run(db, "PRAGMA synchronous = OFF");
  loop_need(other, sqlite3_open(path, &other), path);
  loop_run(other, "PRAGMA synchronous = OFF");
  begin = loop_cpu();
  if (beside == LOOP_TUNED) loop_run(db, "SELECT hf_capture('on')");
  for (at = 0; at < l->intervals; at++) {
    double start = loop_cpu(), took;
    int missed = loop_misses(db);
    loop_write(other, l, at, l->others);
    loop_interval(db, l, at);
    took = loop_cpu() - start;
    missed = loop_misses(db) - missed;
    r->cpu += took;
    r->misses += missed;
    if (at >= l->intervals / 2) {
      r->settled += missed;
      r->settled_cpu += took;
    }
    if (beside == LOOP_TUNED && at < LOOP_CAPTURED) {
      if (at + 1 == LOOP_CAPTURED) loop_run(db, "SELECT hf_capture('off')");
      loop_run(db, "SELECT hf_capture('flush')");
    }
    if (beside != LOOP_ALONE) {
      loop_now += 60000;
      loop_run(db, "SELECT hf_collect()");
      if (each != NULL) each(db, at);
    }
    if (beside == LOOP_TUNED) loop_run(db, "SELECT hf_apply()");
  }
  r->mb = loop_number(db, "SELECT iif(cache_size < 0, -cache_size / 1024.0, "
                          "cache_size * page_size / 1048576.0) "
                          "FROM pragma_cache_size, pragma_page_size");
  r->cpu_all = loop_cpu() - begin;
  loop_need(other, sqlite3_close(other), "close");
  loop_need(db, sqlite3_close(db), "close");
}

#endif
