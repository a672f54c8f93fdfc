/*
** fuzz_series.c: libFuzzer target for what comes in from outside as bytes: a
** packed series (bound as a BLOB), a source text, a time text and the text of
** an exposition for Prometheus. A blob with a right checksum is made from every
** input too, so that the fuzzer gets past it.
*/
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "hiveframe_autonomous.h"

static sqlite3 *db;
enum { STATEMENTS = 6 };

static sqlite3_stmt *statements[STATEMENTS];

static void opened(void) {
  static const char *const sql[] = {
      "SELECT hf_forecast(60, ?1)",
      "SELECT count(*), sum(score) FROM hf_anomalies(?1)",
      "SELECT hf_pattern(?1)",
      "SELECT hf_forecast(60, hf_source('t', 'ts', 'v'))",
      "SELECT sum(trend) FROM hf_decompose(?1)",
      "SELECT count(name), count(labels), sum(value)"
      " FROM hf_from_prometheus(?1)"};
  int i;
  if (sqlite3_open(":memory:", &db) ||
      sqlite3_hiveframeautonomous_init(db, NULL, NULL) ||
      sqlite3_exec(db,
                   "SELECT hf_init(); CREATE TABLE t(ts, v);"
                   "UPDATE hf_config SET value = 1 WHERE key ="
                   " 'max_seconds'",
                   0, 0, 0)) {
    abort();
  }
  for (i = 0; i < STATEMENTS; i++) {
    if (sqlite3_prepare_v2(db, sql[i], -1, &statements[i], 0)) abort();
  }
}

/* Runs all statements with the value; a JSON answer must be JSON. */
static void ask(const void *p, int n, int text) {
  int i;
  for (i = 0; i < STATEMENTS; i++) {
    sqlite3_stmt *st = statements[i];
    if (text) {
      sqlite3_bind_text(st, 1, p, n, SQLITE_STATIC);
    } else {
      sqlite3_bind_blob(st, 1, p, n, SQLITE_STATIC);
    }
    while (sqlite3_step(st) == SQLITE_ROW) {
      const char *z = (const char *)sqlite3_column_text(st, 0);
      if (z && z[0] == '{' && (strstr(z, ":Inf") || strstr(z, ":-Inf"))) {
        abort();
      }
    }
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  sqlite3_stmt *st = NULL;
  if (n > 4000) return 0;
  if (db == NULL) opened();
  ask(data, (int)n, 0);
  ask(data, (int)n, 1);
  /* pairs of doubles through the table and through hf_series() */
  sqlite3_exec(db, "SAVEPOINT s", 0, 0, 0);
  if (sqlite3_prepare_v2(db, "INSERT INTO t VALUES(?1, ?2)", -1, &st, 0)) {
    abort();
  }
  for (; n >= 9; data += 9, n -= 9) {
    uint32_t ts;
    float value;
    memcpy(&ts, data, 4);
    memcpy(&value, data + 4, 4);
    if (data[8] & 1) {
      sqlite3_bind_int64(st, 1, ts % 100000);
    } else {
      sqlite3_bind_double(st, 1, ts / 16.0);
    }
    if (data[8] & 2) {
      sqlite3_bind_int(st, 2, data[8]);
    } else {
      sqlite3_bind_double(st, 2, (double)value);
    }
    if (data[8] == 4) sqlite3_bind_text(st, 2, "x", 1, SQLITE_STATIC);
    sqlite3_step(st);
    sqlite3_reset(st);
  }
  sqlite3_finalize(st);
  st = NULL;
  if (sqlite3_prepare_v2(db, "SELECT hf_series(ts, v) FROM t", -1, &st, 0)) {
    abort();
  }
  if (sqlite3_step(st) == SQLITE_ROW) {
    ask(sqlite3_column_blob(st, 0), sqlite3_column_bytes(st, 0), 0);
  }
  sqlite3_finalize(st);
  sqlite3_exec(db, "ROLLBACK TO s; RELEASE s", 0, 0, 0);
  return 0;
}
