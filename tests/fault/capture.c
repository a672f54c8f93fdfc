/*
** capture.c: hf_capture() as a guest of its connection: closing while it is
** on, a zombie connection, a second registration, threads that share the
** connection or have one each, interruptions from another thread, and
** statements that fail, are interrupted or are prepared again. Nothing lost,
** nothing leaked, and no event heard after its memory has gone (the
** sanitizers' run).
*/
#include "tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
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

/* boom(1) fails; boom(2) interrupts its own
** connection in the middle of a statement; boom(3) begins another statement
** in there. */
static void boom(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  sqlite3 *db = sqlite3_context_db_handle(ctx);
  int what = sqlite3_value_int(argv[0]);
  (void)argc;
  if (what == 1) sqlite3_result_error(ctx, "boom", -1);
  if (what == 2) sqlite3_interrupt(db);
  if (what == 3) sqlite3_result_int64(ctx, number(db, "SELECT max(b) FROM t"));
}

/* What a connection of the threads below did and got. */
typedef struct own_run {
  const char *path;
  int id;
  int wrong; /* codes that were not to be expected */
  sqlite3_int64 captured, dropped, unfinished;
} own_run;

enum { OWN_TIMES = 60, OWN_EACH = 6 };

static void own_expect(own_run *r, sqlite3 *db, int got, int want) {
  if (got == want) return;
  r->wrong++;
  printf("# connection %d: %d, want %d: %s\n", r->id, got, want,
         sqlite3_errmsg(db));
}

/* One round: OWN_EACH executions, each in a way of its own. */
static void own_round(own_run *r, sqlite3 *db, sqlite3_stmt *kept, int i) {
  char sql[100];
  int rc;
  own_expect(r, db, sqlite3_exec(db, "SELECT boom(1) FROM t", 0, 0, 0),
             SQLITE_ERROR);
  own_expect(r, db, sqlite3_exec(db, "SELECT boom(2), a FROM t", 0, 0, 0),
             SQLITE_INTERRUPT);
  /* the statement within is a part of this one */
  own_expect(r, db, sqlite3_exec(db, "SELECT boom(3) FROM t LIMIT 1", 0, 0, 0),
             SQLITE_OK);
  own_expect(r, db, sqlite3_exec(db, "INSERT INTO t(rowid) VALUES(1)", 0, 0, 0),
             SQLITE_CONSTRAINT);
  /* left in the middle of its rows */
  own_expect(r, db, sqlite3_step(kept), SQLITE_ROW);
  own_expect(r, db, sqlite3_reset(kept), SQLITE_OK);
  /* a schema that has changed: the kept statement is prepared again */
  snprintf(sql, sizeof(sql), "CREATE TEMP TABLE u%d(a)", i);
  own_expect(r, db, sqlite3_exec(db, sql, 0, 0, 0), SQLITE_OK);
  if (i % 20 == 19) {
    do {
      rc = sqlite3_exec(db, "SELECT hf_capture('flush')", 0, 0, 0);
    } while (rc == SQLITE_BUSY);
    own_expect(r, db, rc, SQLITE_OK);
  }
}

/* A connection of its own to the file that all of them write to. */
static void *own_thread(void *p) {
  own_run *r = p;
  sqlite3_stmt *kept = NULL;
  sqlite3 *db = NULL;
  int i;
  own_expect(r, db, sqlite3_open(r->path, &db), SQLITE_OK);
  sqlite3_busy_timeout(db, 60000);
  own_expect(r, db, sqlite3_hiveframeautonomous_init(db, NULL, NULL),
             SQLITE_OK);
  own_expect(r, db,
             sqlite3_create_function(db, "boom", 1, SQLITE_UTF8, 0, boom, 0, 0),
             SQLITE_OK);
  own_expect(r, db, sqlite3_exec(db, "SELECT hf_capture('on')", 0, 0, 0),
             SQLITE_OK);
  own_expect(r, db,
             sqlite3_prepare_v2(db, "SELECT b, a FROM t", -1, &kept, NULL),
             SQLITE_OK);
  for (i = 0; i < OWN_TIMES; i++) own_round(r, db, kept, i);
  sqlite3_finalize(kept);
  r->dropped = number(db, "SELECT hf_capture() ->> 'dropped'");
  r->unfinished = number(db, "SELECT hf_capture() ->> 'unfinished'");
  r->captured = number(db, "SELECT hf_capture('off') ->> 'captured'");
  own_expect(r, db, sqlite3_exec(db, "SELECT hf_capture('flush')", 0, 0, 0),
             SQLITE_OK);
  own_expect(r, db, sqlite3_close(db), SQLITE_OK);
  return NULL;
}

/* Threads with a connection each: every execution that SQLite began is written
** once, by the way it ended, and each connection's memory goes with it. */
static void own_connections(const char *name) {
  static char folder[] = "/tmp/hf_capture_XXXXXX";
  char path[100], sql[300];
  static const char *const like[OWN_EACH] = {"select boom(_) from t",
                                             "select boom(_), a from t",
                                             "select boom(_) from t limit _",
                                             "insert into t(rowid)%",
                                             "select b, a from t",
                                             "create temp table u%"};
  own_run run_of[THREADS];
  pthread_t thread[THREADS];
  sqlite3_int64 before, captured = 0, got;
  sqlite3 *db = NULL;
  int i, wrong = 0;
  tap_need(NULL, mkdtemp(folder) == NULL, "folder");
  snprintf(path, sizeof(path), "%s/own.db", folder);
  before = sqlite3_memory_used();
  tap_need(db, sqlite3_open(path, &db), "open");
  tap_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  run(db, "SELECT hf_init(); CREATE TABLE t(a, b);"
          "INSERT INTO t VALUES(1, 2), (3, 4), (5, 6)");
  for (i = 0; i < THREADS; i++) {
    memset(&run_of[i], 0, sizeof(run_of[i]));
    run_of[i].path = path;
    run_of[i].id = i;
    pthread_create(&thread[i], NULL, own_thread, &run_of[i]);
  }
  for (i = 0; i < THREADS; i++) {
    pthread_join(thread[i], NULL);
    wrong += run_of[i].wrong;
    captured += run_of[i].captured;
    tap_ok(run_of[i].dropped == 0 && run_of[i].unfinished == 0, name,
           "connection %d: %lld dropped, %lld unfinished", i, run_of[i].dropped,
           run_of[i].unfinished);
  }
  got = number(db, "SELECT count(*) FROM hf_query_history");
  tap_ok(wrong == 0 && got == captured && got == THREADS * OWN_TIMES * OWN_EACH,
         name, "%d wrong codes, %lld written, %lld captured", wrong, got,
         captured);
  for (i = 0; i < OWN_EACH; i++) {
    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM hf_query_history WHERE query_id IN "
             "(SELECT query_id FROM hf_queries WHERE sql LIKE '%s')",
             like[i]);
    got = number(db, sql);
    tap_ok(got == THREADS * OWN_TIMES, name, "%lld of \"%s\"", got, like[i]);
  }
  sqlite3_close(db);
  tap_ok(sqlite3_memory_used() == before, name, "%lld bytes more than before",
         sqlite3_memory_used() - before);
  unlink(path);
  rmdir(folder);
}

/* Pages that the connection has fetched. */
static int fetched(sqlite3 *db) {
  int hits = 0, misses = 0, most = 0;
  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_HIT, &hits, &most, 0);
  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &misses, &most, 0);
  return hits + misses;
}

static void lookup(sqlite3 *db, sqlite3_stmt *st, int key) {
  sqlite3_bind_int(st, 1, key);
  while (sqlite3_step(st) == SQLITE_ROW) {
  }
  tap_need(db, sqlite3_reset(st), "lookup");
}

/* Lookups so short that their pages are counted together: every page is
** somebody's, whatever statement comes in between, and whoever resets the
** counters. */
static void pages(void) {
  enum { TIMES_EACH = 1000 };
  sqlite3 *db = opened();
  sqlite3_stmt *a = NULL, *b = NULL;
  int i, before, all, k = 0;
  double written;
  run(db, "CREATE TABLE k(a INTEGER PRIMARY KEY, b);"
          "WITH RECURSIVE q(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM q"
          " WHERE i < 5000) INSERT INTO k SELECT i, zeroblob(i % 200) FROM q;"
          "BEGIN; SELECT hf_capture('on')");
  tap_need(db,
           sqlite3_prepare_v2(db, "SELECT b FROM k WHERE a = ?1", -1, &a, 0),
           "a");
  tap_need(db,
           sqlite3_prepare_v2(db, "SELECT b FROM k WHERE a BETWEEN ?1 AND ?1+9",
                              -1, &b, 0),
           "b");
  before = fetched(db);
  for (i = 0; i < TIMES_EACH; i++) {
    lookup(db, a, i);
    if (i % 7 == 0) lookup(db, b, i);
    if (i % 11 == 0) lookup(db, a, -i);
    if (i % 13 == 0) sqlite3_stmt_status(a, SQLITE_STMTSTATUS_VM_STEP, 1);
    k += 1 + (i % 7 == 0) + (i % 11 == 0);
  }
  all = fetched(db) - before;
  sqlite3_finalize(a);
  sqlite3_finalize(b);
  run(db, "SELECT hf_capture('off'); SELECT hf_capture('flush'); COMMIT");
  i = (int)number(db, "SELECT count(bytes_scanned) FROM hf_query_history");
  written =
      (double)number(db, "SELECT round(total(bytes_scanned) / page_size * 1000)"
                         " FROM hf_query_history, pragma_page_size") /
      1000;
  tap_ok(i == k && written == all, "capture-pages",
         "%d of %d executions, %f of %d pages", i, k, written, all);
  i = (int)number(db, "SELECT count(*) FROM hf_query_history WHERE"
                      " bytes_scanned IS NULL OR bytes_scanned < 4096");
  tap_ok(i == 0, "capture-pages-each", "%d executions without a page", i);
  sqlite3_close(db);
}

/* Statements that come and go, each at the address of the last: none is taken
** for another. */
static void addresses(void) {
  enum { TEXTS = 5, TURNS = 400 };
  static const char *const text[TEXTS] = {
      "SELECT a AS x0 FROM t", "SELECT b AS x1 FROM t", "SELECT a AS x2 FROM t",
      "SELECT b AS x3 FROM t", "SELECT a AS x4 FROM t"};
  sqlite3 *db = opened();
  sqlite3_stmt *st = NULL, *last = NULL;
  int i, k, reused = 0, want[TEXTS] = {0}, got, wrong = 0;
  unsigned random = 1;
  char sql[200];
  run(db, "SELECT hf_capture('on')");
  for (i = 0; i < TURNS; i++) {
    random = random * 1664525u + 1013904223u;
    k = (int)(random >> 16) % TEXTS;
    tap_need(db, sqlite3_prepare_v2(db, text[k], -1, &st, NULL), text[k]);
    reused += st == last ? 1 : 0;
    last = st;
    for (got = 0; got <= k; got++) lookup(db, st, 0);
    want[k] += k + 1;
    sqlite3_finalize(st);
  }
  run(db, "SELECT hf_capture('off'); SELECT hf_capture('flush')");
  for (k = 0; k < TEXTS; k++) {
    snprintf(sql, sizeof(sql),
             "SELECT count(*) FROM hf_query_history JOIN hf_queries USING"
             " (query_id, plan_hash) WHERE sql LIKE '%%x%d%%'",
             k);
    got = (int)number(db, sql);
    if (got != want[k]) {
      printf("# %d of %d of \"%s\"\n", got, want[k], text[k]);
      wrong++;
    }
  }
  tap_ok(wrong == 0 && (reused > 0 || TAP_SLOW), "capture-addresses",
         "%d texts wrong, %d addresses reused", wrong, reused);
  sqlite3_close(db);
}

int main(void) {
  closing(sqlite3_close, 0, NULL);
  closing(sqlite3_close, 0, "capture-close");
  closing(sqlite3_close_v2, 0, "capture-close-v2");
  closing(sqlite3_close, 1, "capture-close-replaced");
  tap_ok(heard == 0, "capture-close-silent", "%d events while closing", heard);
  zombie();
  registered_again();
  pages();
  addresses();
  threads(0, "capture-threads");
  threads(1, "capture-interrupts");
  own_connections("capture-connections");
  return tap_done();
}
