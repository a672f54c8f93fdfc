/*
** capture.c: hf_capture() as a guest of its connection: closing while it is
** on, a zombie connection, a second registration, threads that share the
** connection, and interruptions from another thread. Nothing lost, nothing
** leaked, and no event heard after its memory has gone (the sanitizers' run).
*/
#include "tap.h"

#include <pthread.h>
#include <unistd.h>

enum { THREADS = 4, TIMES = 500 };

static sqlite3 *opened(void) {
  sqlite3 *db = NULL;
  tap_need(db, sqlite3_open(":memory:", &db), "open");
  tap_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  tap_need(db,
           sqlite3_exec(db,
                        "SELECT hf_init(); CREATE TABLE t(a, b);"
                        "INSERT INTO t VALUES(1, 2), (3, 4), (5, 6)",
                        0, 0, 0),
           "fill");
  return db;
}

static void run(sqlite3 *db, const char *sql) {
  tap_need(db, sqlite3_exec(db, sql, 0, 0, 0), sql);
}

/* The first number of a query; -1 after an error. */
static sqlite3_int64 number(sqlite3 *db, const char *sql) {
  sqlite3_stmt *st = NULL;
  sqlite3_int64 n = -1;
  if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
      sqlite3_step(st) == SQLITE_ROW) {
    n = sqlite3_column_int64(st, 0);
  }
  sqlite3_finalize(st);
  return n;
}

static int heard;

static int foreign(unsigned type, void *ctx, void *p, void *x) {
  (void)type;
  (void)ctx;
  (void)p;
  (void)x;
  heard++;
  return 0;
}

/* Closing with capture on, executions waiting, and perhaps somebody else's
** trace in its place. `name` NULL: what SQLite allocates once. */
static void closing(int (*close_it)(sqlite3 *), int replaced,
                    const char *name) {
  sqlite3_int64 before = sqlite3_memory_used();
  sqlite3 *db = opened();
  int rc;
  run(db, "SELECT hf_capture('on'); SELECT a FROM t; SELECT 1;"
          "INSERT INTO t VALUES(7, 8)");
  if (replaced) sqlite3_trace_v2(db, SQLITE_TRACE_STMT, foreign, NULL);
  rc = close_it(db);
  if (name == NULL) return;
  tap_ok(rc == SQLITE_OK && sqlite3_memory_used() == before, name,
         "code %d, %lld bytes more than before", rc,
         sqlite3_memory_used() - before);
}

/* A statement in the middle of its rows outlives sqlite3_close_v2(). */
static void zombie(void) {
  sqlite3_int64 before = sqlite3_memory_used();
  sqlite3 *db = opened();
  sqlite3_stmt *st = NULL;
  int rows = 0, rc;
  run(db, "SELECT hf_capture('on')");
  tap_need(db, sqlite3_prepare_v2(db, "SELECT a FROM t", -1, &st, NULL),
           "prepare");
  if (sqlite3_step(st) == SQLITE_ROW) rows++;
  rc = sqlite3_close(db);
  tap_ok(rc == SQLITE_BUSY, "capture-busy", "code %d", rc);
  rc = (int)number(db, "SELECT hf_capture() ->> 'unfinished'");
  tap_ok(rc == 1, "capture-busy-goes-on", "%d unfinished", rc);
  sqlite3_close_v2(db);
  while (sqlite3_step(st) == SQLITE_ROW) rows++;
  sqlite3_finalize(st);
  tap_ok(rows == 3 && sqlite3_memory_used() == before, "capture-zombie",
         "%d rows, %lld bytes more than before", rows,
         sqlite3_memory_used() - before);
}

/* Registered again while capture is on: the old capture ends with the old
** functions, and its hook is not called any more. */
static void registered_again(void) {
  sqlite3_int64 before = sqlite3_memory_used(), n;
  sqlite3 *db = opened();
  run(db, "SELECT hf_capture('on'); SELECT a FROM t");
  tap_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "again");
  run(db, "SELECT a FROM t; SELECT b FROM t");
  n = number(db, "SELECT hf_capture() ->> 'room'");
  tap_ok(n == 0, "capture-again-off", "room %lld", n);
  run(db, "SELECT hf_capture('on'); SELECT a FROM t");
  n = number(db, "SELECT hf_capture() ->> 'waiting'");
  tap_ok(n == 1, "capture-again-on", "%lld waiting", n);
  sqlite3_close(db);
  tap_ok(sqlite3_memory_used() == before, "capture-again-memory",
         "%lld bytes more than before", sqlite3_memory_used() - before);
}

static sqlite3 *shared;
static int thread_errors, thread_stop;

static void *thread_run(void *p) {
  int i, id = *(int *)p;
  char sql[100];
  for (i = 0; i < TIMES; i++) {
    int rc;
    snprintf(sql, sizeof sql, "SELECT a AS a%d FROM t WHERE b > %d", id, i);
    rc = sqlite3_exec(shared, sql, 0, 0, 0);
    if (rc != SQLITE_OK && rc != SQLITE_INTERRUPT) {
      __sync_fetch_and_add(&thread_errors, 1);
    }
    if (i % 50 == 49 && id == 0) {
      rc = sqlite3_exec(shared, "SELECT hf_capture('flush')", 0, 0, 0);
      if (rc != SQLITE_OK && rc != SQLITE_INTERRUPT) {
        printf("# flush: %d %s\n", rc, sqlite3_errmsg(shared));
        __sync_fetch_and_add(&thread_errors, 1);
      }
    }
  }
  return NULL;
}

static void *thread_interrupt(void *p) {
  (void)p;
  while (!__atomic_load_n(&thread_stop, __ATOMIC_ACQUIRE)) {
    sqlite3_interrupt(shared);
    usleep(200);
  }
  return NULL;
}

/* Threads on one connection. Every execution is written once, whatever was
** interrupted: what a broken flush did not write it writes the next time. */
static void threads(int interrupts, const char *name) {
  pthread_t thread[THREADS], other;
  int id[THREADS], i;
  sqlite3_int64 written, captured, dropped;
  shared = opened();
  thread_errors = 0;
  thread_stop = 0;
  run(shared, "SELECT hf_capture('on')");
  if (interrupts) pthread_create(&other, NULL, thread_interrupt, NULL);
  for (i = 0; i < THREADS; i++) {
    id[i] = i;
    pthread_create(&thread[i], NULL, thread_run, &id[i]);
  }
  for (i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
  __atomic_store_n(&thread_stop, 1, __ATOMIC_RELEASE);
  if (interrupts) pthread_join(other, NULL);
  run(shared, "SELECT hf_capture('off'); SELECT hf_capture('flush')");
  written = number(shared, "SELECT count(*) FROM hf_query_history");
  captured = number(shared, "SELECT count(*) FROM hf_query_history AS h JOIN"
                            " hf_queries USING (query_id, plan_hash)"
                            " WHERE sql LIKE 'select a as a_ from t%'");
  dropped = number(shared, "SELECT count(DISTINCT query_id) FROM hf_queries");
  /* an interrupted sqlite3_exec() may not have begun its statement at all */
  tap_ok(thread_errors == 0 && dropped == THREADS && written == captured &&
             (interrupts ? written > 0 && written <= THREADS * TIMES
                         : written == THREADS * TIMES),
         name, "%d errors, %lld written, %lld of the threads, %lld queries",
         thread_errors, written, captured, dropped);
  tap_ok(number(shared, "SELECT count(*) = 0 FROM pragma_integrity_check"
                        " WHERE integrity_check <> 'ok'") == 1 &&
             sqlite3_get_autocommit(shared),
         name, "a transaction is open, or the database is damaged");
  i = sqlite3_close(shared);
  tap_ok(i == SQLITE_OK, name, "close: code %d", i);
}

int main(void) {
  closing(sqlite3_close, 0, NULL);
  closing(sqlite3_close, 0, "capture-close");
  closing(sqlite3_close_v2, 0, "capture-close-v2");
  closing(sqlite3_close, 1, "capture-close-replaced");
  tap_ok(heard == 0, "capture-close-silent", "%d events while closing", heard);
  zombie();
  registered_again();
  threads(0, "capture-threads");
  threads(1, "capture-interrupts");
  return tap_done();
}
