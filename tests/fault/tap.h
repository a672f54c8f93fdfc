/*
** tap.h: results of a C test program in TAP, which tests/run.tcl reads, and
** the small history that the fault tests ask.
**
**   tap_ok(rc == SQLITE_OK, "close-1", "code %d", rc);
**   return tap_done();
*/
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "hiveframe_autonomous.h"

#if defined(__SANITIZE_ADDRESS__)
#define TAP_SLOW 1 /* sanitizers cost a factor of three to ten */
#else
#define TAP_SLOW 0
#endif

static int tap_count, tap_failed;

/* One result. On a failure the message says what was seen. */
__attribute__((format(printf, 3, 4), unused)) static int
tap_ok(int good, const char *name, const char *format, ...) {
  va_list list;
  tap_count++;
  printf("%sok %d - %s\n", good ? "" : "not ", tap_count, name);
  if (!good) {
    tap_failed++;
    printf("#   ");
    va_start(list, format);
    vprintf(format, list);
    va_end(list);
    printf("\n");
  }
  fflush(stdout);
  return good;
}

__attribute__((unused)) static void tap_skip(const char *name,
                                             const char *reason) {
  tap_count++;
  printf("ok %d - %s # SKIP %s\n", tap_count, name, reason);
}

/* Prints the plan; the exit status of the program. */
__attribute__((unused)) static int tap_done(void) {
  printf("1..%d\n", tap_count);
  return tap_failed > 0;
}

/* Ends the program when the test itself cannot go on. */
__attribute__((unused)) static void tap_need(sqlite3 *db, int rc,
                                             const char *what) {
  if (rc == SQLITE_OK) return;
  printf("Bail out! %s: %d %s\n", what, rc, db ? sqlite3_errmsg(db) : "");
  exit(2);
}

static char tap_where[4096];

/* Goes into a new folder of this program's own, in $TMPDIR or /tmp. */
__attribute__((unused)) static void tap_folder(void) {
  const char *in = getenv("TMPDIR");
  snprintf(tap_where, sizeof tap_where, "%.4000s/hf_fault_XXXXXX",
           in != NULL && *in != 0 ? in : "/tmp");
  if (mkdtemp(tap_where) == NULL || chdir(tap_where) != 0) {
    printf("Bail out! no folder in %s\n", tap_where);
    exit(2);
  }
}

/* Out of it; its files are gone already. */
__attribute__((unused)) static void tap_folder_gone(void) {
  if (chdir("/") != 0 || rmdir(tap_where) != 0) {
    printf("# %s is left behind\n", tap_where);
  }
}

/* Small, so that thousands of calls are quick, and long enough that each
** answer has something to say: 8 days of hourly rows, three components. */
__attribute__((unused)) static const char tap_history[] =
    "SELECT hf_init();"
    "CREATE TEMP TABLE hours AS"
    " WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k+1 FROM t"
    "  WHERE k < 191)"
    " SELECT k, 1764547200 + k * 3600 AS ts,"
    "  1 - abs(2 * (k % 24) / 24.0 - 1) AS day,"
    "  ((k * 7919 + 13) % 1009) / 1009.0 AS noise FROM t;"
    "INSERT INTO hf_memory_stats SELECT ts, 16384, 8000 + 2000 * day,"
    "  8384 - 2000 * day, 2048, 1024 FROM hours;"
    "INSERT INTO hf_resource_metrics SELECT ts, 20 + 40 * day + 5 * noise,"
    "  6000, 20, 5, round(2 + 6 * day), round(4 * day * noise) FROM hours;"
    "INSERT INTO hf_health_metrics SELECT 'a', ts, 20 + 30 * day, 40,"
    "  70 + k * 0.12, 0, 90 + 20 * noise FROM hours;"
    "INSERT INTO hf_health_metrics SELECT 'b', ts, 20 + 30 * day, 40,"
    "  50 + noise, k / 48, 90 + k FROM hours;"
    "INSERT INTO hf_failures(component, ts) VALUES('b', 1764847200),"
    "  ('b', 1765047200), ('a', 1764900000);"
    "INSERT INTO hf_components(component, kind) VALUES('a', 'x'), ('b', 'x');"
    "INSERT INTO hf_thresholds VALUES('disk_percent', '', 85, 95);"
    "INSERT INTO hf_metrics(component, metric, ts, value)"
    "  SELECT '', 'requests', ts, 500 + 900 * day FROM hours;"
    "INSERT INTO hf_query_history(query_id, ts, rows, bytes_scanned,"
    "  execution_time_ms) SELECT 'q', ts, 100 + k, 1e5 * (1 + k % 9),"
    "  5 + 4 * (1 + k % 9) + noise FROM hours WHERE k < 60;"
    "INSERT INTO hf_query_history(query_id, ts, rows, bytes_scanned,"
    "  execution_time_ms, full_scan_steps, sorts, workers) SELECT 'felt', ts,"
    "  10, 1e5, 5 + cpu_percent, 5000 + cpu_percent, 1, 2 FROM"
    "  hf_resource_metrics ORDER BY ts DESC LIMIT 60;"
    "INSERT INTO hf_cache_stats(pool, ts, size_mb, hits, misses, miss_cost_ms)"
    "  SELECT p, ts, 512 * (1 + k % 4), 9000,"
    "   2e6 / (512 * (1 + k % 4) + c), 5 FROM hours,"
    "   (SELECT 'cache' AS p, 300 AS c UNION ALL SELECT 'buffer', 600"
    "    UNION ALL SELECT 'application', 900) WHERE k < 48;"
    "INSERT INTO hf_cache_accesses SELECT 'cache', k, (k * 7919) % 37"
    "  FROM hours;"
    "INSERT INTO hf_cache_stats(pool, ts, size_mb, hits, misses, item_mb)"
    "  SELECT 'sqlite', ts, 2, 9000, 800, 4096 / 1048576.0 FROM hours"
    "   WHERE k > 185;"
    "INSERT INTO hf_metrics(component, metric, ts, value)"
    "  SELECT 'sqlite', column1, ts, column2 FROM hours,"
    "   (VALUES('cache_limit_mb', 2), ('cache_used_mb', 2), ('connection', 7),"
    "    ('database_mb', 9), ('wal', 1), ('wal_autocheckpoint', 1000),"
    "    ('cache_writes_total', 5), ('temp_store', 0), ('mmap_limit_mb', 0))"
    "   WHERE k > 185;"
    "INSERT INTO hf_services(service, sku_id, autoscaled, target_utilization,"
    "  sla_ms, spot_share_max) VALUES('api', 's', 1, 0.5, 250, 0.3);"
    "INSERT INTO hf_prices(sku_id, vcpu, on_demand_per_hour, spot_per_hour,"
    "  commit_1y_per_hour) VALUES('s', 2, 0.1, 0.04, 0.06),"
    "  ('m', 4, 0.19, 0.08, 0.12);"
    "INSERT INTO hf_service_load(service, ts, demand_mean, demand_max, workers,"
    "  utilization, p95_ms) SELECT 'api', ts, 2 + 3 * day, 2.4 + 3.6 * day, 10,"
    "  (2 + 3 * day) / 10, 80 + 20 * day FROM hours;"
    "INSERT INTO hf_costs(ChargePeriodStart, ChargePeriodEnd, SkuId,"
    "  EffectiveCost, BilledCost, x_Service)"
    "  SELECT ts, ts + 3600, 's', 1, 1, 'api' FROM hours;"
    "CREATE TABLE bill AS SELECT '2027-01-01' AS ChargePeriodStart,"
    "  '2027-01-02T00:00:00Z' AS ChargePeriodEnd, column1 AS EffectiveCost,"
    "  column1 AS BilledCost, 'USD' AS BillingCurrency, 'x' AS Region"
    "  FROM (VALUES(1), (2), (3));"
    "CREATE TABLE plain(ts, v, who);"
    "INSERT INTO plain SELECT ts, 10 + 5 * day + noise, 'w' || k % 2"
    "  FROM hours;"
    "INSERT INTO hf_queries(query_id, plan_hash, sql, plan) VALUES"
    "  ('c', 5, 'select v from plain where who = ?', 'SCAN plain');"
    "INSERT INTO hf_query_history(query_id, plan_hash, ts, rows,"
    "  bytes_scanned, execution_time_ms, vm_steps, full_scan_steps,"
    "  auto_index_rows, sorts, cache_misses)"
    "  SELECT 'c', 5, ts, 96, 3e4, 9 + noise, 900, 191, 0, 0, k % 3"
    "   FROM hours WHERE k > 150;"
    "CREATE INDEX plain_ts ON plain(ts);"
    "DROP TABLE temp.hours;"
    "SELECT hf_learn();";

/* One value that shows what hf_learn() keeps. */
#define LEARNED_WRITTEN                                                        \
  "SELECT (SELECT count(*) || ' ' || total(failures) FROM hf_learned) ||"      \
  " (SELECT ' ' || count(*) FROM hf_learned_lives) ||"                         \
  " (SELECT ' ' || count(*) FROM hf_learned_metrics) ||"                       \
  " (SELECT ' ' || count(*) FROM hf_learned_starts) ||"                        \
  " (SELECT ' ' || count(*) || ' ' || total(value) FROM hf_learned_values)"

/* One value that shows what the verbs wrote: rows of each table. */
#define ROWS_WRITTEN                                                           \
  "SELECT (SELECT count(*) FROM hf_memory_stats) || ' ' ||"                    \
  " (SELECT count(*) FROM hf_resource_metrics) || ' ' ||"                      \
  " (SELECT count(*) FROM hf_health_metrics) || ' ' ||"                        \
  " (SELECT count(*) FROM hf_metric_names) || ' ' ||"                          \
  " (SELECT count(*) FROM hf_metric_samples) || ' ' ||"                        \
  " (SELECT count(*) FROM hf_cache_stats) || ' ' ||"                           \
  " (SELECT count(*) FROM hf_query_history) || ' ' ||"                         \
  " (SELECT count(*) || ' ' || total(n) || ' ' || round(total(sum), 3)"        \
  "  FROM hf_rollups)"

#endif
