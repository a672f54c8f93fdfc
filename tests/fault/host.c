/*
** host.c: hosts that are older than the extension was built for. An old
** SQLite hands over a shorter table of routines: what lies behind its end is
** garbage, and calling it crashed a prototype. Here the real table is copied
** and every routine that such a host lacks is replaced by one that ends the
** program with a message.
**
** The extension is loaded from $HF_EXT, as a host would.
*/
#include "tap.h"
#include "sqlite3ext.h"

#include <dlfcn.h>
#include <stddef.h>

typedef int (*entry)(sqlite3 *, char **, const sqlite3_api_routines *);

static const sqlite3_api_routines *host_real;
static int host_version;

static int host_capture(sqlite3 *db, char **error,
                        const sqlite3_api_routines *api) {
  (void)db;
  (void)error;
  host_real = api;
  return SQLITE_OK;
}

static int host_number(void) {
  return host_version;
}

/* What an old host's table has instead of newer routines. */
static void host_trap(void) {
  printf("Bail out! SQLite %d has no such routine\n", host_version);
  fflush(stdout);
  _Exit(3);
}

/* The table of a host of the given version whose routines end at `known`
** bytes. */
static sqlite3_api_routines host_table(int version, size_t known) {
  sqlite3_api_routines t = *host_real;
  void (*trap)(void) = host_trap;
  char *p = (char *)&t;
  size_t at;
  for (at = known; at + sizeof trap <= sizeof t; at += sizeof trap) {
    memcpy(p + at, &trap, sizeof trap);
  }
  t.libversion_number = host_number;
  host_version = version;
  return t;
}

static sqlite3 *host_open(void) {
  sqlite3 *db = NULL;
  tap_need(db, sqlite3_open(":memory:", &db), "open");
  return db;
}

/* Old hosts are refused with a message that says what is needed. */
static void host_refused(entry init, const char *name, int version,
                         size_t known) {
  static sqlite3_api_routines t;
  sqlite3 *db = host_open();
  char *error = NULL;
  int rc;
  t = host_table(version, known);
  rc = init(db, &error, &t);
  tap_ok(rc == SQLITE_ERROR && error && strstr(error, "3.38"), name,
         "code %d, message %s", rc, error ? error : "(none)");
  sqlite3_free(error);
  rc = sqlite3_exec(db, "SELECT hf_version()", 0, 0, 0);
  tap_ok(rc == SQLITE_ERROR, "host-nothing-registered", "code %d", rc);
  sqlite3_close(db);
}

/* On 3.38 everything works without routines that came later. */
static void host_oldest(entry init) {
  static const char *const calls[] = {
      "SELECT count(*) FROM hf_forecast(180)",
      "SELECT hf_forecast(180)",
      "SELECT hf_pattern()",
      "SELECT count(*) FROM hf_decompose('hf_resource_metrics.cpu_percent')",
      "SELECT * FROM hf_time_to(95, 'hf_health_metrics.disk_percent')",
      "SELECT hf_backtest(60, 'requests')",
      "SELECT count(*) FROM hf_anomalies()",
      "SELECT hf_anomalies('requests')",
      "SELECT hf_predict_failures()",
      "SELECT hf_health()",
      "SELECT hf_maintenance()",
      "SELECT hf_tune()",
      "SELECT hf_optimize_memory()",
      "SELECT hf_allocate_workers()",
      "SELECT hf_query_recommendation('q', 150, 500000)",
      "SELECT hf_optimize_cost(1000, 250)",
      "SELECT count(*) FROM hf_cost_backtest(1000, 250, 1765152000, 1)",
      "SELECT hf_forecast(60, (SELECT hf_series(ts, v) FROM plain))",
      "SELECT hf_collect()",
      "SELECT p.ts, f.yhat FROM plain AS p LEFT JOIN hf_forecast(60) AS f"
      " ON f.ts = p.ts WHERE f.component IN ('', 'a')"};
  static sqlite3_api_routines t;
  sqlite3 *db = host_open();
  char *error = NULL, name[40];
  int rc, i;
  t = host_table(3038000, offsetof(sqlite3_api_routines, deserialize));
  rc = init(db, &error, &t);
  tap_ok(rc == SQLITE_OK, "host-3.38", "code %d, %s", rc, error ? error : "");
  sqlite3_free(error);
  error = NULL;
  rc = sqlite3_exec(db, tap_history, 0, 0, &error);
  tap_ok(rc == SQLITE_OK, "host-3.38-history", "%s", error ? error : "");
  sqlite3_free(error);
  for (i = 0; i < (int)(sizeof(calls) / sizeof(calls[0])); i++) {
    error = NULL;
    rc = sqlite3_exec(db, calls[i], 0, 0, &error);
    snprintf(name, sizeof name, "host-3.38-call-%d", i + 1);
    tap_ok(rc == SQLITE_OK, name, "%s: %s", calls[i], error ? error : "");
    sqlite3_free(error);
  }
  rc = sqlite3_close(db);
  tap_ok(rc == SQLITE_OK, "host-3.38-close", "code %d", rc);
}

int main(void) {
  const char *ext = getenv("HF_EXT");
  char path[4096];
  void *lib;
  union {
    void *symbol;
    entry call;
  } init;
  sqlite3 *db;
  snprintf(path, sizeof path, "%s.so",
           ext ? ext : "build/hiveframe_autonomous");
  lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (lib == NULL) {
    printf("Bail out! %s\n", dlerror());
    return 2;
  }
  init.symbol = dlsym(lib, "sqlite3_hiveframeautonomous_init");
  sqlite3_auto_extension((void (*)(void))host_capture);
  db = host_open();
  sqlite3_close(db);
  sqlite3_reset_auto_extension();
  if (init.symbol == NULL || host_real == NULL) {
    printf("Bail out! no entry point\n");
    return 2;
  }
  host_refused(init.call, "host-3.37", 3037002,
               offsetof(sqlite3_api_routines, error_offset));
  host_refused(init.call, "host-3.31", 3031001,
               offsetof(sqlite3_api_routines, create_filename));
  host_refused(init.call, "host-3.7", 3007015,
               offsetof(sqlite3_api_routines, close_v2));
  host_oldest(init.call);
  return tap_done();
}
