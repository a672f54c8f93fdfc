/*
** connection.c: the extension as a guest of its connection: closing (with
** sqlite3_close and close_v2, file descriptors and memory counted), a second
** registration, statements left in the middle, threads.
*/
#include "tap.h"

#include <dirent.h>
#include <pthread.h>

static const char path[] = "connection.db";

static const char *const calls[] = {
    "SELECT count(*) FROM hf_forecast(180)",
    "SELECT hf_forecast(180)",
    "SELECT hf_pattern('requests')",
    "SELECT count(*) FROM hf_decompose('hf_resource_metrics.cpu_percent')",
    "SELECT * FROM hf_time_to(95, 'hf_health_metrics.disk_percent')",
    "SELECT hf_backtest(60, 'requests')",
    "SELECT count(*) FROM hf_anomalies()",
    "SELECT hf_predict_failures()",
    "SELECT hf_health()",
    "SELECT hf_maintenance()",
    "SELECT hf_tune()",
    "SELECT hf_optimize_memory()",
    "SELECT hf_allocate_workers()",
    "SELECT hf_query_recommendation('q', 150, 500000)",
    "SELECT hf_optimize_cost(1000, 250)",
    "SELECT hf_collect()",
    "SELECT hf_forecast(60, (SELECT hf_series(ts, v) FROM plain))",
    "SELECT * FROM hf_forecast(-1)",
    "SELECT * FROM hf_forecast(60, 'nowhere')",
    "SELECT yhat FROM hf_forecast(180) LIMIT 1",
    "SELECT * FROM hf_forecast(60, hf_source('plain', 'ts', 'v', 'who'))"};
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static int descriptors(void) {
  DIR *d = opendir("/proc/self/fd");
  int n = 0;
  if (d == NULL) return -1;
  while (readdir(d) != NULL) n++;
  closedir(d);
  return n;
}

static sqlite3 *opened(void) {
  sqlite3 *db = NULL;
  tap_need(db, sqlite3_open(path, &db), "open");
  tap_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  sqlite3_busy_timeout(db, 600000);
  return db;
}

static sqlite3_stmt *prepared(sqlite3 *db, const char *sql) {
  sqlite3_stmt *st = NULL;
  tap_need(db, sqlite3_prepare_v2(db, sql, -1, &st, NULL), sql);
  return st;
}

/* `name` NULL: only to let SQLite allocate what it keeps for good. */
static void closing(int (*close_it)(sqlite3 *), const char *name) {
  sqlite3_int64 memory = sqlite3_memory_used();
  int before = descriptors(), after, i, rc;
  sqlite3 *db = opened();
  sqlite3_stmt *live;
  for (i = 0; i < CALLS; i++) sqlite3_exec(db, calls[i], 0, 0, 0);
  live = prepared(db, "SELECT ts FROM hf_forecast(180)");
  sqlite3_step(live);
  sqlite3_finalize(live);
  rc = close_it(db);
  after = descriptors();
  if (name == NULL) return;
  tap_ok(rc == SQLITE_OK && after == before, name,
         "code %d, %d descriptors, %d before", rc, after, before);
  tap_ok(sqlite3_memory_used() == memory, name, "%lld bytes more than before",
         sqlite3_memory_used() - memory);
}

/* A statement in the middle of its rows keeps the connection alive. */
static void live_statement(void) {
  int before = descriptors(), rc, rows = 1;
  sqlite3 *db = opened();
  sqlite3_stmt *st = prepared(db, "SELECT ts FROM hf_forecast(180)");
  tap_ok(sqlite3_step(st) == SQLITE_ROW, "live-row", "no row");
  rc = sqlite3_close(db);
  tap_ok(rc == SQLITE_BUSY, "live-close", "code %d", rc);
  rc = sqlite3_close_v2(db);
  tap_ok(rc == SQLITE_OK, "live-close-v2", "code %d", rc);
  while ((rc = sqlite3_step(st)) == SQLITE_ROW) rows++;
  tap_ok(rc == SQLITE_DONE && rows == 3, "live-goes-on", "code %d, %d rows", rc,
         rows);
  sqlite3_finalize(st);
  tap_ok(descriptors() == before, "live-descriptors", "%d, %d before",
         descriptors(), before);
}

/* Registering twice, also while a statement is in the middle of its rows. */
static void second_registration(void) {
  sqlite3 *db = opened();
  sqlite3_stmt *st;
  int rc = sqlite3_hiveframeautonomous_init(db, NULL, NULL), rows = 1;
  char *error = NULL;
  tap_ok(rc == SQLITE_OK, "second", "code %d", rc);
  rc = sqlite3_exec(db, "SELECT count(*) FROM hf_forecast(60)", 0, 0, 0);
  tap_ok(rc == SQLITE_OK, "second-works", "code %d", rc);
  st = prepared(db, "SELECT ts FROM hf_forecast(180)");
  sqlite3_step(st);
  rc = sqlite3_hiveframeautonomous_init(db, &error, NULL);
  tap_ok(rc == SQLITE_OK || rc == SQLITE_BUSY, "second-live", "code %d", rc);
  sqlite3_free(error);
  while ((rc = sqlite3_step(st)) == SQLITE_ROW) rows++;
  tap_ok(rc == SQLITE_DONE && rows == 3, "second-goes-on", "code %d, %d rows",
         rc, rows);
  sqlite3_finalize(st);
  rc = sqlite3_exec(db, "SELECT hf_forecast(60)", 0, 0, 0);
  tap_ok(rc == SQLITE_OK, "second-still-works", "%s", sqlite3_errmsg(db));
  rc = sqlite3_close(db);
  tap_ok(rc == SQLITE_OK, "second-close", "code %d", rc);
}

/* The depth counter of a connection survives statements that stop early. */
static void stopped_early(void) {
  sqlite3 *db = opened();
  int i, rc = SQLITE_OK;
  for (i = 0; i < 200 && rc == SQLITE_OK; i++) {
    sqlite3_stmt *st = prepared(db, i % 2 ? "SELECT ts FROM hf_forecast(180)"
                                          : "SELECT * FROM hf_anomalies()");
    sqlite3_step(st);
    rc = sqlite3_finalize(st);
  }
  tap_ok(rc == SQLITE_OK, "early", "code %d after %d", rc, i);
  rc = sqlite3_exec(db, "SELECT hf_forecast(60)", 0, 0, 0);
  tap_ok(rc == SQLITE_OK, "early-works", "%s", sqlite3_errmsg(db));
  sqlite3_close(db);
}

static sqlite3 *shared;
static int thread_errors;

static void thread_exec(sqlite3 *db, const char *sql) {
  char *error = NULL;
  int rc = sqlite3_exec(db, sql, 0, 0, &error);
  if (rc != SQLITE_OK) {
    printf("# thread: %d %s\n", rc, error ? error : "");
    __sync_fetch_and_add(&thread_errors, 1);
  }
  sqlite3_free(error);
}

static void *thread_run(void *p) {
  int i, id = *(int *)p;
  sqlite3 *db = opened();
  char sql[200];
  for (i = 0; i < 20; i++) {
    snprintf(sql, sizeof sql,
             "INSERT INTO hf_metrics(component, metric, ts, value)"
             " VALUES('t%d', 'beat', %d, %d)",
             id, i, i * i);
    thread_exec(db, sql);
    thread_exec(db, calls[(i + id) % 15]);
    thread_exec(shared, calls[(i * 3 + id) % 15]);
  }
  if (sqlite3_close(db) != SQLITE_OK) thread_exec(shared, "not closed");
  return NULL;
}

static void threads(void) {
  pthread_t thread[4];
  int id[4], i, n = 0;
  sqlite3_stmt *st;
  tap_need(shared,
           sqlite3_open_v2(path, &shared,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX, NULL),
           "open");
  sqlite3_busy_timeout(shared, 600000);
  tap_need(shared, sqlite3_hiveframeautonomous_init(shared, NULL, NULL),
           "register");
  for (i = 0; i < 4; i++) {
    id[i] = i;
    pthread_create(&thread[i], NULL, thread_run, &id[i]);
  }
  for (i = 0; i < 4; i++) pthread_join(thread[i], NULL);
  st =
      prepared(shared, "SELECT count(*) FROM hf_metrics WHERE metric = 'beat'");
  if (sqlite3_step(st) == SQLITE_ROW) n = sqlite3_column_int(st, 0);
  sqlite3_finalize(st);
  tap_ok(thread_errors == 0 && n == 80, "threads", "%d errors, %d rows of 80",
         thread_errors, n);
  i = sqlite3_close(shared);
  tap_ok(i == SQLITE_OK, "threads-close", "code %d", i);
}

static void removed(void) {
  static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
  char name[120];
  int i;
  for (i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "%s%s", path, ends[i]);
    unlink(name);
  }
}

int main(void) {
  sqlite3 *db;
  tap_folder();
  db = opened();
  tap_need(db, sqlite3_exec(db, "PRAGMA journal_mode = WAL", 0, 0, 0), "WAL");
  tap_need(db, sqlite3_exec(db, tap_history, 0, 0, 0), "history");
  sqlite3_close(db);
  closing(sqlite3_close, NULL);
  closing(sqlite3_close, "close");
  closing(sqlite3_close_v2, "close-v2");
  live_statement();
  second_registration();
  stopped_early();
  threads();
  removed();
  tap_folder_gone();
  return tap_done();
}
