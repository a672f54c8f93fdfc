/*
** capture.c: what hf_capture('on') costs the statements it watches.
**
**   make bench-capture
**
** The extension is linked statically. Each figure is the least of several
** rounds, in processor time of this thread: a busy machine does not add to it.
** "nothing" is a hook of the same events that does nothing: what SQLite itself
** spends on having a trace. The last line is what is ours of a lookup that
** takes 1.5 us, be the processor as quick as it may.
*/
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "hiveframe_autonomous.h"

enum { ROUNDS = 15, KEYS = 100000 };

typedef struct workload {
  const char *name;
  const char *sql; /* one parameter or none */
  int times;       /* executions a round */
  int prepares;    /* 1: prepared anew each time */
  int file;        /* 1: in a file, each execution a transaction of its own */
} workload;

static const workload workloads[] = {
    {"point lookup", "SELECT b FROM t WHERE a = ?1", 100000, 0, 0},
    {"point lookup, prepared anew", "SELECT b FROM t WHERE a = ?1", 20000, 1,
     0},
    {"point lookup, own transaction", "SELECT b FROM t WHERE a = ?1", 20000, 0,
     1},
    {"range of 100 rows", "SELECT b FROM t WHERE a BETWEEN ?1 AND ?1 + 99",
     4000, 0, 0},
    {"sum of 100,000 rows", "SELECT sum(b) FROM t WHERE ?1 > 0", 30, 0, 0},
    {"insert in a transaction", "INSERT INTO u VALUES(?1)", 50000, 0, 0},
};

static void must(sqlite3 *db, int rc, const char *what) {
  if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW) return;
  printf("%s: %s\n", what, sqlite3_errmsg(db));
  exit(1);
}

static double cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int nothing(unsigned type, void *ctx, void *p, void *x) {
  (void)type;
  (void)ctx;
  (void)p;
  (void)x;
  return 0;
}

static sqlite3_stmt *prepared(sqlite3 *db, const char *sql) {
  sqlite3_stmt *st = NULL;
  must(db, sqlite3_prepare_v2(db, sql, -1, &st, NULL), sql);
  return st;
}

/* Nanoseconds an execution. */
static double timed(sqlite3 *db, const workload *w) {
  sqlite3_stmt *st = prepared(db, w->sql);
  unsigned key = 1;
  double start;
  int i;
  if (!w->file) must(db, sqlite3_exec(db, "BEGIN", 0, 0, 0), "BEGIN");
  start = cpu();
  for (i = 0; i < w->times; i++) {
    if (w->prepares) {
      sqlite3_finalize(st);
      st = prepared(db, w->sql);
    }
    key = key * 1664525u + 1013904223u;
    sqlite3_bind_int(st, 1, (int)(key >> 8) % KEYS + 1);
    while (sqlite3_step(st) == SQLITE_ROW) {
    }
    must(db, sqlite3_reset(st), w->sql);
  }
  start = (cpu() - start) / w->times;
  sqlite3_finalize(st);
  if (!w->file) must(db, sqlite3_exec(db, "ROLLBACK", 0, 0, 0), "ROLLBACK");
  return start;
}

static void set(sqlite3 *db, int how) {
  const unsigned all =
      SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE | SQLITE_TRACE_ROW;
  if (how == 0) sqlite3_trace_v2(db, 0, NULL, NULL);
  if (how == 1) sqlite3_trace_v2(db, all, nothing, NULL);
  if (how == 2) {
    must(db, sqlite3_exec(db, "SELECT hf_capture('on')", 0, 0, 0), "on");
  }
}

static sqlite3 *filled(const char *path) {
  sqlite3 *db = NULL;
  must(db, sqlite3_open(path, &db), "open");
  must(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  must(db,
       sqlite3_exec(db,
                    "CREATE TABLE t(a INTEGER PRIMARY KEY, b);"
                    "CREATE TABLE u(a);"
                    "WITH RECURSIVE q(i) AS (SELECT 1 UNION ALL SELECT i + 1"
                    " FROM q WHERE i < 100200) INSERT INTO t SELECT i, i % 7"
                    " FROM q",
                    0, 0, 0),
       "fill");
  return db;
}

int main(void) {
  char path[] = "/tmp/hf_bench_XXXXXX";
  sqlite3 *of[2];
  size_t i;
  double ours = 0;
  int k, how;
  k = mkstemp(path);
  if (k < 0) return 2;
  close(k);
  of[0] = filled(":memory:");
  of[1] = filled(path);
  printf("%-30s%10s%10s%10s%12s%8s\n", "ns an execution", "off", "nothing",
         "on", "of it ours", "");
  for (i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
    sqlite3 *db = of[workloads[i].file];
    double best[3] = {1e18, 1e18, 1e18};
    for (k = 0; k < ROUNDS; k++) {
      for (how = 0; how < 3; how++) {
        double t;
        set(db, how);
        t = timed(db, &workloads[i]);
        if (t < best[how]) best[how] = t;
      }
    }
    printf("%-30s%10.0f%10.0f%10.0f%12.0f%7.1f%%\n", workloads[i].name, best[0],
           best[1], best[2], best[2] - best[1],
           100 * (best[2] - best[0]) / best[0]);
    if (i == 0) ours = best[2] - best[1];
  }
  printf("ours of a point lookup of 1.5 us: %.1f%%\n", ours / 15);
  unlink(path);
  k = sqlite3_close(of[0]) != SQLITE_OK;
  return sqlite3_close(of[1]) != SQLITE_OK || k;
}
