/*
** fuzz_sql.c: libFuzzer target. The input is SQL, run on a small history with
** the extension linked in; nothing may crash, leak, or take long.
**
** The input may write tables, make views and triggers on ours, and pack
** blobs; it may not attach files or change the connection by PRAGMA. After
** each input the database passes integrity_check and the connection closes
** with nothing left in memory.
*/
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hiveframe_autonomous.h"

static const char setup[] =
    "SELECT hf_init();"
    "UPDATE hf_config SET value = 20000 WHERE key = 'max_rows_read';"
    "UPDATE hf_config SET value = 2 WHERE key = 'max_seconds';"
    "UPDATE hf_config SET value = 20 WHERE key = 'max_memory_mb';"
    "CREATE TABLE t(ts, v, who);"
    "WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n"
    " WHERE k < 99) INSERT INTO t SELECT k * 600, 10 + k % 24, 'w' || k % 2"
    " FROM n;"
    "INSERT INTO t VALUES(NULL, 1, 'w0'), (60, NULL, NULL), (120, 'x', 5),"
    " (9e999, 1, x'00'), (180, x'ff', 'w1');"
    "CREATE TABLE u AS SELECT ts, v FROM t WHERE ts < 60000"
    " AND typeof(v) = 'integer';"
    "INSERT INTO hf_resource_metrics(ts, cpu_percent, active_workers)"
    " SELECT ts, v, v FROM u;"
    "INSERT INTO hf_memory_stats(ts, total_mb, used_mb)"
    " SELECT ts, 100, v FROM u;"
    "INSERT INTO hf_health_metrics(component, ts, disk_percent)"
    " SELECT 'c' || (ts / 600 % 3), ts, v FROM u;"
    "INSERT INTO hf_metrics(component, metric, ts, value)"
    " SELECT 'a', 'm', ts, v FROM u;"
    "INSERT INTO hf_failures(component, ts) VALUES('c0', 30000);"
    "INSERT INTO hf_query_history(query_id, ts, rows, bytes_scanned,"
    " execution_time_ms) SELECT 'q', ts, v, v * 10, v FROM u;"
    "INSERT INTO hf_cache_stats(pool, ts, size_mb, hits, misses)"
    " SELECT 'cache', ts, v, 100, 200 - v FROM u;";

static int steps; /* of the virtual machine, in hundreds */

static int too_long(void *unused) {
  (void)unused;
  return ++steps > 20000;
}

static int allowed(void *unused, int action, const char *a, const char *b,
                   const char *c, const char *d) {
  (void)unused;
  (void)a;
  (void)b;
  (void)c;
  (void)d;
  if (action == SQLITE_ATTACH || action == SQLITE_DETACH) return SQLITE_DENY;
  if (action == SQLITE_PRAGMA && a && sqlite3_stricmp(a, "table_info") != 0 &&
      sqlite3_stricmp(a, "database_list") != 0) {
    return SQLITE_DENY;
  }
  return SQLITE_OK;
}

static void run(sqlite3 *db, const char *sql) {
  int statements = 0;
  while (sql && *sql && statements++ < 20) {
    sqlite3_stmt *st = NULL;
    int rows = 0, i;
    if (sqlite3_prepare_v2(db, sql, -1, &st, &sql) != SQLITE_OK) break;
    while (st && sqlite3_step(st) == SQLITE_ROW && rows++ < 500) {
      for (i = 0; i < sqlite3_column_count(st); i++) {
        sqlite3_column_text(st, i);
      }
    }
    sqlite3_finalize(st);
  }
}

static void damaged(const char *what) {
  fprintf(stderr, "fuzz_sql: %s\n", what);
  abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  static unsigned char *image;
  static sqlite3_int64 size;
  unsigned char *copy;
  sqlite3 *db = NULL;
  sqlite3_stmt *st = NULL;
  char *sql;
  if (n > 2000) return 0;
  if (image == NULL) {
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    sqlite3_open(":memory:", &db);
    if (sqlite3_hiveframeautonomous_init(db, NULL, NULL) ||
        sqlite3_exec(db, setup, 0, 0, 0)) {
      damaged(sqlite3_errmsg(db));
    }
    image = sqlite3_serialize(db, "main", &size, 0);
    sqlite3_close(db);
  }
  sqlite3_open(":memory:", &db);
  copy = sqlite3_malloc64((sqlite3_uint64)size);
  if (copy == NULL) return 0;
  memcpy(copy, image, (size_t)size);
  sqlite3_deserialize(db, "main", copy, size, size,
                      SQLITE_DESERIALIZE_FREEONCLOSE |
                          SQLITE_DESERIALIZE_RESIZEABLE);
  if (sqlite3_hiveframeautonomous_init(db, NULL, NULL)) damaged("init");
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1000000);
  sqlite3_limit(db, SQLITE_LIMIT_VDBE_OP, 25000);
  sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 50);
  sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50);
  sqlite3_hard_heap_limit64(100000000);
  steps = 0;
  sqlite3_progress_handler(db, 100, too_long, NULL);
  sqlite3_set_authorizer(db, allowed, NULL);
  sql = malloc(n + 1);
  memcpy(sql, data, n);
  sql[n] = 0;
  run(db, sql);
  free(sql);
  sqlite3_set_authorizer(db, NULL, NULL);
  sqlite3_progress_handler(db, 0, NULL, NULL);
  sqlite3_exec(db, "ROLLBACK", 0, 0, 0);
  if (sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &st, 0) ==
          SQLITE_OK &&
      sqlite3_step(st) == SQLITE_ROW) {
    const char *z = (const char *)sqlite3_column_text(st, 0);
    /* a CHECK that the input itself made may be broken; a page may not */
    if (z && strstr(z, "btree") != NULL) damaged(z);
  }
  sqlite3_finalize(st);
  if (sqlite3_close(db) != SQLITE_OK) damaged("a statement was left open");
  if (sqlite3_memory_used() > size + 100000) damaged("memory leaks");
  return 0;
}
