/*
** interrupt.c: a long call stops when it is told to, and stays within its
** limits.
**
** Latency is counted in processor time, so that a busy machine does not make
** the test lie, and no second thread is needed that might get its turn late:
** a timer of that clock sends a signal when the call has used a tenth, three
** tenths, ... of the time that the whole call takes. The handler calls
** sqlite3_interrupt(), and the call must be back with SQLITE_INTERRUPT within
** 50 ms. (Giving back the memory of the longest horizon, 5,256,000 rows a
** minute apart and 600 MB, alone takes 30 to 40 ms; half of it is asked here.)
** A stretch that does not listen is as long each time, what the machine adds
** is not: of three tries at each place the shortest counts.
** Calls that take less than 60 ms have nothing to interrupt. Interruptions
** while SQLite prepares come from an authorizer, at each of its calls.
*/
#include "tap.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

static const double interrupt_most = TAP_SLOW ? 0.5 : 0.05; /* seconds */

enum { INTERRUPT_TRIES = 3 };

/* Seconds of the processor that this program has used. */
static double used(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static sqlite3 *told_whom;
static volatile sig_atomic_t told;
static volatile double told_at;

static void tell(int signal_number) {
  (void)signal_number;
  if (told) return;
  told_at = used();
  told = 1;
  sqlite3_interrupt(told_whom);
}

/* In `seconds` of the processor's time; 0: not any more. */
static void alarm_in(double seconds) {
  struct itimerval t;
  memset(&t, 0, sizeof t);
  t.it_value.tv_sec = (time_t)seconds;
  t.it_value.tv_usec = (suseconds_t)((seconds - (double)(time_t)seconds) * 1e6);
  setitimer(ITIMER_PROF, &t, NULL);
}

/* A call, told to stop after `after` seconds (0: not at all). */
typedef struct job {
  int rc;
  double took; /* seconds */
  double late; /* from the interrupt to the end, seconds; -1: it had ended */
} job;

static job run(sqlite3 *db, const char *sql, double after) {
  job j;
  double start, end;
  told_whom = db;
  told = 0;
  start = used();
  if (after > 0) alarm_in(after);
  j.rc = sqlite3_exec(db, sql, 0, 0, 0);
  end = used();
  alarm_in(0);
  j.took = end - start;
  j.late = told && told_at < end ? end - told_at : -1;
  return j;
}

/* A longer history, so that calls take long enough to be interrupted. */
static const char interrupt_history[] =
    "SELECT hf_init();"
    "CREATE TEMP TABLE n AS WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL"
    "  SELECT k + 1 FROM t WHERE k < 59999) SELECT k, 1700000000 + k * 60 AS "
    "ts,"
    "  1 - abs(2 * (k % 1440) / 1440.0 - 1) AS day,"
    "  ((k * 7919 + 13) % 10007) / 10007.0 AS noise FROM t;"
    "INSERT INTO hf_resource_metrics SELECT ts, 20 + 40 * day + 5 * noise,"
    "  6000, 20, 5, round(2 + 6 * day), round(4 * day * noise) FROM n;"
    "INSERT INTO hf_memory_stats SELECT ts, 16384, 8000 + 2000 * day,"
    "  8384 - 2000 * day, 2048, 1024 FROM n WHERE k % 5 = 0;"
    "INSERT INTO hf_health_metrics SELECT 'c' || (k % 20), ts,"
    "  20 + 30 * day + noise, 40 + noise, 50 + k * 0.0006, k % 3,"
    "  90 + 20 * noise + (k % 20) FROM n;"
    "INSERT INTO hf_failures(component, ts) SELECT 'c' || (k % 7), ts FROM n"
    "  WHERE k % 6000 = 3000;"
    "INSERT INTO hf_query_history(query_id, ts, rows, bytes_scanned,"
    "  execution_time_ms) SELECT 'q', ts, 100 + k % 77, 1e5 * (1 + k % 9),"
    "  5 + 4 * (1 + k % 9) + noise FROM n;"
    "INSERT INTO hf_cache_stats(pool, ts, size_mb, hits, misses, miss_cost_ms)"
    "  SELECT p, ts, 512 * (1 + k % 4), 9000,"
    "   2e6 / (512 * (1 + k % 4) + c), 5 FROM n,"
    "   (SELECT 'cache' AS p, 300 AS c UNION ALL SELECT 'buffer', 600"
    "    UNION ALL SELECT 'application', 900) WHERE k % 10 = 0;"
    "INSERT INTO hf_cache_accesses SELECT 'cache', k, (k * 7919) % 9973 FROM n;"
    "INSERT INTO hf_services(service, sku_id, autoscaled, target_utilization,"
    "  sla_ms, spot_share_max) WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL"
    "  SELECT i + 1 FROM s WHERE i < 12) SELECT 's' || i, 'm', 1, 0.5, 250, 0.3"
    "  FROM s;"
    "INSERT INTO hf_prices(sku_id, vcpu, on_demand_per_hour, spot_per_hour,"
    "  commit_1y_per_hour) VALUES('s', 2, 0.1, 0.04, 0.06),"
    "  ('m', 4, 0.19, 0.08, 0.12), ('l', 8, 0.37, 0.15, 0.22);"
    "INSERT INTO hf_service_load(service, ts, demand_mean, demand_max, workers,"
    "  utilization, p95_ms) SELECT service, 1700000400 + k * 3600 -"
    "  (1700000400 + k * 3600) % 3600, 2 + 3 * noise, 2.4 + 3.6 * noise, 10,"
    "  (2 + 3 * noise) / 10, 80 + 20 * noise FROM n, hf_services"
    "  WHERE k < 720;"
    "CREATE TABLE big(ts INTEGER PRIMARY KEY, v);"
    "INSERT INTO big SELECT ts, 10 + 5 * day + noise FROM n;"
    "CREATE TABLE heap AS SELECT ts, 10 + 5 * day + noise AS v, k % 50 AS who"
    "  FROM n ORDER BY k * 7919 % 59999;"
    "DROP TABLE temp.n;";

typedef struct call {
  const char *name;
  const char *sql;
} call;

static const call calls[] = {
    {"forecast", "SELECT sum(yhat) FROM hf_forecast(1440,"
                 " hf_source('big', 'ts', 'v'))"},
    {"forecast-many", "SELECT sum(yhat) FROM hf_forecast(60,"
                      " hf_source('heap', 'ts', 'v', 'who'))"},
    {"forecast-long", "SELECT sum(yhat) FROM hf_forecast(2628000,"
                      " hf_source('big', 'ts', 'v'))"},
    {"forecast-json", "SELECT hf_forecast(1440, hf_source('big', 'ts', 'v'))"},
    {"series", "SELECT length(hf_series(a.ts + b.who, a.v)) FROM heap AS a,"
               " (SELECT DISTINCT who FROM heap LIMIT 20) AS b"},
    {"pattern", "SELECT * FROM hf_pattern(hf_source('big', 'ts', 'v'))"},
    {"decompose", "SELECT sum(trend) FROM hf_decompose(hf_source('big', 'ts',"
                  " 'v'))"},
    {"time-to", "SELECT * FROM hf_time_to(95,"
                " 'hf_health_metrics.disk_percent')"},
    {"backtest", "SELECT sum(yhat) FROM hf_backtest(120,"
                 " hf_source('big', 'ts', 'v'))"},
    {"anomalies", "SELECT sum(score) FROM hf_anomalies(hf_source('big', 'ts',"
                  " 'v'))"},
    {"anomalies-joint", "SELECT sum(score) FROM hf_anomalies()"},
    {"failures", "SELECT * FROM hf_predict_failures()"},
    {"health", "SELECT * FROM hf_health()"},
    {"maintenance", "SELECT * FROM hf_maintenance()"},
    {"tune", "SELECT * FROM hf_tune()"},
    {"memory", "SELECT * FROM hf_optimize_memory()"},
    {"workers", "SELECT * FROM hf_allocate_workers()"},
    {"query", "SELECT * FROM hf_query_recommendation('q', 150, 500000)"},
    {"cost", "SELECT * FROM hf_optimize_cost(1000, 250)"},
    {"cost-backtest",
     "SELECT * FROM hf_cost_backtest(1000, 250, 1701820800, 5)"},
};
enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static sqlite3 *interrupt_open(const char *path) {
  sqlite3 *db = NULL;
  tap_need(db, sqlite3_open(path, &db), "open");
  tap_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  return db;
}

/* The least time from an interrupt at `after` seconds to the end of the call;
** -1: it was over each time, or was done soon after. *code: the last other
** than SQLITE_INTERRUPT of a call that went on for too long, else left. */
static double stopped_within(sqlite3 *db, const char *sql, double after,
                             int *code) {
  double least = -1;
  int i;
  for (i = 0; i < INTERRUPT_TRIES; i++) {
    job j = run(db, sql, after);
    if (j.late < 0) continue;
    if (j.rc != SQLITE_INTERRUPT && j.rc != SQLITE_OK) *code = j.rc;
    if (j.rc == SQLITE_OK && j.late <= interrupt_most) continue;
    if (least < 0 || j.late < least) least = j.late;
    if (least <= interrupt_most) break;
  }
  return least;
}

static void interrupt_call(sqlite3 *db, const call *c) {
  static const double parts[] = {0.1, 0.3, 0.5, 0.7, 0.9};
  char name[60];
  double whole = 0, late, worst = 0;
  int i, stopped = 0, code = SQLITE_INTERRUPT;
  snprintf(name, sizeof name, "interrupt-%s", c->name);
  for (i = 0; i < INTERRUPT_TRIES; i++) {
    job j = run(db, c->sql, 0);
    if (j.rc != SQLITE_OK) {
      tap_ok(0, name, "%d %s", j.rc, sqlite3_errmsg(db));
      return;
    }
    if (i == 0 || j.took < whole) whole = j.took;
  }
  if (whole < 0.06) {
    tap_ok(1, name, "-");
    printf("# %s: takes %.0f ms in all\n", c->name, whole * 1e3);
    return;
  }
  for (i = 0; i < 5; i++) {
    late = stopped_within(db, c->sql, whole * parts[i], &code);
    if (late < 0) continue;
    stopped++;
    if (late > worst) worst = late;
  }
  tap_ok(stopped > 0 && code == SQLITE_INTERRUPT && worst <= interrupt_most,
         name, "%d of 5 stopped, a code was %d, the slowest took %.0f ms",
         stopped, code, worst * 1e3);
  printf("# %s: takes %.0f ms in all, stops within %.1f ms\n", c->name,
         whole * 1e3, worst * 1e3);
}

static int progress_count;

static int progress_stop(void *most) {
  return ++progress_count > *(int *)most;
}

static void progress_tests(sqlite3 *db) {
  int most = 20, rc, i;
  for (i = 0; i < CALLS; i++) {
    char name[60];
    char *error = NULL;
    snprintf(name, sizeof name, "progress-%s", calls[i].name);
    progress_count = 0;
    sqlite3_progress_handler(db, 100, progress_stop, &most);
    rc = sqlite3_exec(db, calls[i].sql, 0, 0, &error);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    /* a call that needs fewer steps than the handler allows may succeed */
    tap_ok(
        rc == SQLITE_INTERRUPT || (rc == SQLITE_OK && progress_count <= most),
        name, "%d %s after %d steps", rc, error ? error : "", progress_count);
    sqlite3_free(error);
  }
}

/* ---- interruptions while SQLite prepares what a call asks

** SQLite's parser stops at an interruption, too, and inside the declaration of
** a table-valued function its code is lost on the way. The authorizer is
** called from there: it interrupts at its first call, its second, ... */

typedef struct countdown {
  sqlite3 *db;
  int left;
} countdown;

static int countdown_interrupts(void *p, int action, const char *a,
                                const char *b, const char *c, const char *d) {
  countdown *n = p;
  (void)action;
  (void)a;
  (void)b;
  (void)c;
  (void)d;
  if (--n->left == 0) sqlite3_interrupt(n->db);
  return SQLITE_OK;
}

/* A connection of its own to a copy of the history: what SQLite declares it
** declares once for each. */
static sqlite3 *preparing_open(const unsigned char *copy, sqlite3_int64 bytes) {
  sqlite3 *db = interrupt_open(":memory:");
  unsigned char *own = sqlite3_malloc64((sqlite3_uint64)bytes);
  if (own == NULL) tap_need(db, SQLITE_NOMEM, "copy");
  memcpy(own, copy, (size_t)bytes);
  tap_need(db,
           sqlite3_deserialize(db, "main", own, bytes, bytes,
                               SQLITE_DESERIALIZE_FREEONCLOSE |
                                   SQLITE_DESERIALIZE_RESIZEABLE),
           "copy");
  return db;
}

static void preparing_call(const unsigned char *copy, sqlite3_int64 bytes,
                           const call *c) {
  char name[60];
  char said[200] = "";
  int at, done = 0, wrong = 0;
  for (at = 1; !done; at += TAP_SLOW ? 7 : 1 + at / 60) {
    sqlite3 *db = preparing_open(copy, bytes);
    sqlite3_stmt *st = NULL;
    countdown n = {db, at};
    int rc;
    tap_need(db,
             sqlite3_exec(db, "SELECT hf_capture('on'); SELECT v FROM plain", 0,
                          0, 0),
             "capture");
    tap_need(db, sqlite3_prepare_v2(db, c->sql, -1, &st, NULL), c->sql);
    sqlite3_set_authorizer(db, countdown_interrupts, &n);
    rc = sqlite3_step(st);
    sqlite3_set_authorizer(db, NULL, NULL);
    done = n.left > 0;
    if (rc != SQLITE_INTERRUPT && rc != SQLITE_ROW) {
      wrong++;
      snprintf(said, sizeof said, "at %d: %d %s", at, rc, sqlite3_errmsg(db));
    }
    sqlite3_finalize(st);
    sqlite3_close(db);
  }
  snprintf(name, sizeof name, "preparing-%s", c->name);
  tap_ok(wrong == 0 && at > 2, name, "%d wrong of %d, the last %s", wrong, at,
         said);
  printf("# %s: interrupted at %d places\n", name, at);
}

static void preparing_tests(void) {
  static const call verbs[] = {
      {"init", "SELECT hf_init()"},
      {"collect", "SELECT hf_collect()"},
      {"flush", "SELECT hf_capture('flush')"},
      {"learn", "SELECT hf_learn()"},
      {"prune", "SELECT hf_prune(3)"},
      {"apply", "SELECT hf_apply('dry-run')"},
      {"report", "SELECT hf_report()"},
      {"forecast", "SELECT hf_forecast(60)"},
      {"tune", "SELECT hf_tune()"},
      {"alerts", "SELECT hf_alerts()"},
  };
  sqlite3 *db = interrupt_open(":memory:");
  sqlite3_int64 bytes;
  unsigned char *copy;
  size_t i;
  tap_need(db, sqlite3_exec(db, tap_history, 0, 0, 0), "history");
  copy = sqlite3_serialize(db, "main", &bytes, 0);
  if (copy == NULL) tap_need(db, SQLITE_NOMEM, "serialize");
  for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
    preparing_call(copy, bytes, &verbs[i]);
  }
  sqlite3_free(copy);
  sqlite3_close(db);
}

/* A call with a changed setting: must end in an error that names it. */
static void limit_test(sqlite3 *db, const char *name, const char *setting,
                       const char *sql, const char *says) {
  char set[200];
  char *error = NULL;
  int rc;
  snprintf(set, sizeof set, "UPDATE hf_config SET value = %s", setting);
  tap_need(db, sqlite3_exec(db, "SAVEPOINT s", 0, 0, 0), "savepoint");
  tap_need(db, sqlite3_exec(db, set, 0, 0, 0), "setting");
  rc = sqlite3_exec(db, sql, 0, 0, &error);
  tap_ok(rc == SQLITE_ERROR && error && strstr(error, says), name, "%d %s", rc,
         error ? error : "");
  sqlite3_free(error);
  tap_need(db, sqlite3_exec(db, "ROLLBACK TO s; RELEASE s", 0, 0, 0), "back");
  rc = sqlite3_exec(db, "SELECT count(*) FROM hf_forecast(60)", 0, 0, 0);
  tap_ok(rc == SQLITE_OK, "limit-then-works", "%d", rc);
}

int main(int argc, char **argv) {
  sqlite3 *db = interrupt_open(":memory:");
  struct sigaction act;
  int i;
  memset(&act, 0, sizeof act);
  act.sa_handler = tell;
  act.sa_flags = SA_RESTART;
  sigaction(SIGPROF, &act, NULL);
  tap_need(db, sqlite3_exec(db, interrupt_history, 0, 0, 0), "history");
  for (i = 0; i < CALLS; i++) {
    if (argc > 1 && strcmp(argv[1], calls[i].name) != 0) continue;
    interrupt_call(db, &calls[i]);
  }
  if (argc > 1) return tap_done();
  progress_tests(db);
  preparing_tests();
  limit_test(db, "limit-rows", "100 WHERE key = 'max_rows_read'",
             "SELECT * FROM hf_forecast(60, hf_source('big', 'ts', 'v'))",
             "max_rows_read");
  limit_test(db, "limit-rows-joint", "100 WHERE key = 'max_rows_read'",
             "SELECT * FROM hf_anomalies()", "max_rows_read");
  limit_test(db, "limit-seconds", "0.01 WHERE key = 'max_seconds'",
             "SELECT sum(yhat) FROM hf_forecast(60,"
             " hf_source('heap', 'ts', 'v', 'who'))",
             "max_seconds");
  limit_test(db, "limit-memory", "1 WHERE key = 'max_memory_mb'",
             "SELECT sum(trend) FROM hf_decompose(hf_source('big', 'ts', 'v'))",
             "max_memory_mb");
  i = sqlite3_close(db);
  tap_ok(i == SQLITE_OK, "interrupt-close", "%d", i);
  return tap_done();
}
