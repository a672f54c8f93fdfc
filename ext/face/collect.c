/*
** collect.c: hf_collect([schema]) records one real sample of this host and of
** this SQLite connection.
**
**   SELECT hf_collect();          -- once a minute from cron or an app's timer
**
** What goes where:
**   hf_memory_stats      the host's memory, or that of its control group
**   hf_resource_metrics  CPU, memory, disk and network; the application's
**                        workers and queue are not known here
**   hf_health_metrics    component 'host'
**   hf_cache_stats       pool 'sqlite': the page cache of this connection
**   hf_metrics           components 'host', 'process' and 'sqlite': the raw
**                        counters, and the settings of this connection
**
** A rate is the difference of two collections. The counters of the last one
** are read back from hf_metrics, so that it may have been another process: a
** line in a crontab is enough. SQLite's own counters belong to a connection.
** Which one is told by a number drawn when the extension was loaded, metric
** `connection`; on a new connection the counters themselves are the difference.
** They are never reset, that would rob the application.
**
** What hf_capture() has waiting is written, too, behind the sample: a timer
** that collects is all that is needed.
**
** The answer is a JSON object: status (ok, or skipped when the last collection
** is younger than collect_interval_seconds), ts, recorded, skipped with the
** reason of each figure that is missing, executions when some were written.
*/
#include "functions.h"
#include "../store/capture.h"
#include "../store/connection.h"
#include "../store/host.h"
#include "../store/record.h"
#include "../store/savepoint.h"

#include <math.h>
#include <string.h>

/* A rate over a longer time says nothing about now. */
#define COLLECT_STALE_SECONDS 3600.0

static const char collect_no_source[] = "this system does not tell";

typedef struct collect_run {
  hf_session *s;
  double id;        /* of the connection, a whole number */
  double hits;      /* pages that others than verbs found in its caches */
  double misses;    /* and read from files, since it was opened */
  double now;       /* unix seconds, whole */
  double clock;     /* unix seconds with their fraction */
  double previous;  /* ts of the last collection; NaN: none to compare with */
  double elapsed;   /* seconds since then; NaN: none to compare with */
  const char *none; /* why there is none to compare with; NULL: there is */
  hf_host host;
  sqlite3_int64 executions; /* of hf_capture(), written */
  sqlite3_str *recorded;    /* members of the JSON object */
  sqlite3_str *metrics;     /* of those, the members of hf_metrics */
  sqlite3_str *skipped;     /* elements of the JSON array */
} collect_run;

static hf_figure collect_figure(const char *name, double value,
                                const char *why) {
  hf_figure f;
  f.name = name;
  f.value = value;
  f.why = isnan(value) ? why : NULL;
  f.unit = NULL;
  f.kind = NULL;
  return f;
}

static hf_figure collect_metric(const char *name, double value,
                                const char *unit, const char *kind) {
  hf_figure f = collect_figure(name, value, collect_no_source);
  f.unit = unit;
  f.kind = kind;
  return f;
}

/* A value that the table would refuse is not worth recording. */
static double collect_within(double x, double lo, double hi) {
  return x >= lo && x <= hi ? x : NAN;
}

/* ---- JSON ---------------------------------------------------------------- */

/* Adds a member "name":{...} with the figures that are known. */
static void collect_say(sqlite3_str *out, const char *name,
                        const char *key_column, const char *key,
                        const hf_figure *f, size_t n) {
  const char *comma = "";
  size_t i;
  sqlite3_str_appendf(out, "%s\"%s\":{", sqlite3_str_length(out) > 0 ? "," : "",
                      name);
  if (key != NULL) {
    sqlite3_str_appendf(out, "\"%s\":\"%s\"", key_column, key);
    comma = ",";
  }
  for (i = 0; i < n; i++) {
    if (isnan(f[i].value)) continue;
    sqlite3_str_appendf(out, "%s\"%s\":%!.15g", comma, f[i].name, f[i].value);
    comma = ",";
  }
  sqlite3_str_appendall(out, "}");
}

static void collect_say_skipped(collect_run *c, const char *table,
                                const hf_figure *f, size_t n) {
  size_t i;
  for (i = 0; i < n; i++) {
    if (!isnan(f[i].value)) continue;
    sqlite3_str_appendf(c->skipped, "%s{\"what\":\"%s.%s\",\"reason\":\"%s\"}",
                        sqlite3_str_length(c->skipped) > 0 ? "," : "", table,
                        f[i].name, f[i].why);
  }
}

/* Writes a row of a wide table, and says so. */
static int collect_row(collect_run *c, const char *table,
                       const char *key_column, const char *key,
                       const hf_figure *f, size_t n) {
  int wrote = 0;
  int rc = hf_record_row(c->s, table, key_column, key, c->now, f, n, &wrote);
  if (rc != SQLITE_OK) return rc;
  if (wrote) collect_say(c->recorded, table, key_column, key, f, n);
  collect_say_skipped(c, table, f, n);
  return SQLITE_OK;
}

static int collect_metrics(collect_run *c, const char *component,
                           const hf_figure *f, size_t n) {
  int rc = hf_record_metrics(c->s, component, c->now, f, n);
  if (rc == SQLITE_OK) collect_say(c->metrics, component, NULL, NULL, f, n);
  return rc;
}

/* ---- Rates --------------------------------------------------------------- */

/* What a counter has grown by since the last collection; NaN with the reason
** when there is nothing to compare with. */
static int collect_growth(collect_run *c, const char *component,
                          const char *metric, double value, double *growth,
                          const char **why) {
  double before = NAN;
  int rc;
  *growth = NAN;
  *why = collect_no_source;
  if (isnan(value)) return SQLITE_OK;
  *why = c->none;
  if (c->none != NULL) return SQLITE_OK;
  rc = hf_record_value(c->s, component, metric, c->previous, &before);
  if (rc != SQLITE_OK) return rc;
  *why = "was not counted the last time; the next collection can tell";
  if (isnan(before)) return SQLITE_OK;
  *why = "the counter went back, as after a restart";
  if (value < before) return SQLITE_OK;
  *growth = value - before;
  *why = NULL;
  return SQLITE_OK;
}

/* CPU: of the group where that has a limit of its own, else of the host. */
static int collect_cpu(collect_run *c, double *percent, const char **why) {
  double busy, total;
  int rc;
  *percent = NAN;
  if (!isnan(c->host.group_cpu_seconds)) {
    rc = collect_growth(c, "host", "cgroup_cpu_seconds_total",
                        c->host.group_cpu_seconds, &busy, why);
    if (rc != SQLITE_OK || isnan(busy)) return rc;
    *percent = 100 * busy / (c->host.group_cpus * c->elapsed);
  } else {
    rc = collect_growth(c, "host", "cpu_busy_ticks_total", c->host.cpu_busy,
                        &busy, why);
    if (rc != SQLITE_OK || isnan(busy)) return rc;
    rc = collect_growth(c, "host", "cpu_total_ticks_total", c->host.cpu_total,
                        &total, why);
    if (rc != SQLITE_OK || isnan(total)) return rc;
    *why = "no time has passed for the CPUs";
    if (total <= 0) return SQLITE_OK;
    *percent = 100 * busy / total;
  }
  *why = NULL;
  if (*percent > 100) *percent = 100; /* the two are not read at one instant */
  return SQLITE_OK;
}

/* ---- The host ------------------------------------------------------------ */

static int collect_host(collect_run *c) {
  const hf_host *h = &c->host;
  const double limit = h->total_mb;
  double cpu, disk, net, errors;
  const char *cpu_why, *disk_why, *net_why, *errors_why;
  int rc = collect_cpu(c, &cpu, &cpu_why);
  if (rc == SQLITE_OK) {
    rc = collect_growth(c, "host", "disk_bytes_total", h->disk_bytes, &disk,
                        &disk_why);
  }
  if (rc == SQLITE_OK) {
    rc = collect_growth(c, "host", "network_bytes_total", h->net_bytes, &net,
                        &net_why);
  }
  if (rc == SQLITE_OK) {
    rc = collect_growth(c, "host", "network_errors_total", h->net_errors,
                        &errors, &errors_why);
  }
  if (rc == SQLITE_OK) {
    const hf_figure f[] = {
        collect_figure("total_mb", limit, collect_no_source),
        collect_figure("used_mb", collect_within(h->used_mb, 0, limit),
                       collect_no_source),
        collect_figure("available_mb",
                       collect_within(h->available_mb, 0, limit),
                       collect_no_source),
        collect_figure("cache_mb", collect_within(h->cache_mb, 0, limit),
                       collect_no_source),
        collect_figure("buffer_mb", collect_within(h->buffer_mb, 0, limit),
                       h->memory_limited ? "not told of a control group"
                                         : collect_no_source)};
    rc = collect_row(c, "hf_memory_stats", NULL, NULL, f,
                     sizeof(f) / sizeof(f[0]));
  }
  if (rc == SQLITE_OK) {
    const char *app = "only the application knows";
    const hf_figure f[] = {
        collect_figure("cpu_percent", cpu, cpu_why),
        collect_figure("memory_mb", collect_within(h->used_mb, 0, limit),
                       collect_no_source),
        collect_figure("disk_io_mb_per_sec", disk / 1048576 / c->elapsed,
                       disk_why),
        collect_figure("network_mb_per_sec", net / 1048576 / c->elapsed,
                       net_why),
        collect_figure("active_workers", NAN, app),
        collect_figure("queued_tasks", NAN, app)};
    rc = collect_row(c, "hf_resource_metrics", NULL, NULL, f,
                     sizeof(f) / sizeof(f[0]));
  }
  if (rc == SQLITE_OK) {
    const hf_figure f[] = {
        collect_figure("cpu_percent", cpu, cpu_why),
        collect_figure("memory_percent",
                       collect_within(100 * h->used_mb / limit, 0, 100),
                       collect_no_source),
        collect_figure("disk_percent", collect_within(h->file_percent, 0, 100),
                       "the database is no file, or its file system is "
                       "unknown"),
        collect_figure("network_errors", errors, errors_why),
        collect_figure("response_time_ms", NAN, "a host has none")};
    rc = collect_row(c, "hf_health_metrics", "component", "host", f,
                     sizeof(f) / sizeof(f[0]));
  }
  if (rc == SQLITE_OK) {
    const hf_figure f[] = {
        collect_metric("clock_seconds", c->clock, "s", "counter"),
        collect_metric("cpu_busy_ticks_total", h->cpu_busy, "ticks", "counter"),
        collect_metric("cpu_total_ticks_total", h->cpu_total, "ticks",
                       "counter"),
        collect_metric("cgroup_cpu_seconds_total", h->group_cpu_seconds, "s",
                       "counter"),
        collect_metric("cgroup_cpus", h->group_cpus, "CPUs", "gauge"),
        collect_metric("cpus", h->cpus, "CPUs", "state"),
        collect_metric("load_1m", h->load_1m, "programs", "gauge"),
        collect_metric("disk_bytes_total", h->disk_bytes, "bytes", "counter"),
        collect_metric("network_bytes_total", h->net_bytes, "bytes", "counter"),
        collect_metric("network_errors_total", h->net_errors, "errors",
                       "counter"),
        collect_metric("cpu_stall_seconds_total", h->stall_seconds[0], "s",
                       "counter"),
        collect_metric("memory_stall_seconds_total", h->stall_seconds[1], "s",
                       "counter"),
        collect_metric("io_stall_seconds_total", h->stall_seconds[2], "s",
                       "counter")};
    rc = collect_metrics(c, "host", f, sizeof(f) / sizeof(f[0]));
  }
  return rc;
}

/* ---- This process -------------------------------------------------------- */

static int collect_process(collect_run *c) {
  const hf_host *h = &c->host;
  const hf_figure f[] = {
      collect_metric("cpu_seconds_total", h->process_cpu_seconds, "s",
                     "counter"),
      collect_metric("resident_mb", h->process_mb, "MB", "gauge"),
      collect_metric("resident_peak_mb", h->process_peak_mb, "MB", "state"),
      collect_metric("page_faults_total", h->process_faults, "faults",
                     "counter")};
  return collect_metrics(c, "process", f, sizeof(f) / sizeof(f[0]));
}

/* ---- This connection ----------------------------------------------------- */

/* Of a counter of SQLite: what it has grown by since the last collection of
** this connection, or since the connection was opened. */
static int collect_since(collect_run *c, int same, const char *metric,
                         double value, double *since) {
  double before = NAN;
  int rc;
  *since = value;
  if (!same) return SQLITE_OK;
  rc = hf_record_value(c->s, "sqlite", metric, c->previous, &before);
  /* less than before: the application has reset it */
  if (rc == SQLITE_OK && value >= before) *since = value - before;
  return rc;
}

static int collect_sqlite(collect_run *c) {
  hf_session *s = c->s;
  const char *untold = "SQLite does not tell";
  hf_connection now;
  double before = NAN, hits = NAN, misses = NAN;
  int same;
  int rc = hf_connection_read(s, &now);
  /* what collecting and capturing fetch is not the application's load */
  if (!isnan(now.hits)) now.hits = c->hits;
  if (!isnan(now.misses)) now.misses = c->misses;
  if (rc == SQLITE_OK) {
    rc = hf_record_value(s, "sqlite", "connection", c->previous, &before);
  }
  same = before == c->id;
  if (rc == SQLITE_OK) {
    rc = collect_since(c, same, "cache_hits_total", now.hits, &hits);
  }
  if (rc == SQLITE_OK) {
    rc = collect_since(c, same, "cache_misses_total", now.misses, &misses);
  }
  if (rc == SQLITE_OK) {
    const hf_figure f[] = {
        collect_figure("size_mb", now.cache_mb, untold),
        collect_figure("hits", hits, untold),
        collect_figure("misses", misses, untold),
        collect_figure("miss_cost_ms", NAN, "SQLite does not time its reads"),
        collect_figure("item_mb", collect_within(now.page_mb, 1e-9, 1e9),
                       untold)};
    rc = collect_row(c, "hf_cache_stats", "pool", "sqlite", f,
                     sizeof(f) / sizeof(f[0]));
  }
  if (rc == SQLITE_OK) {
    const hf_figure f[] = {
        collect_metric("connection", c->id, NULL, "state"),
        collect_metric("cache_hits_total", now.hits, "pages", "counter"),
        collect_metric("cache_misses_total", now.misses, "pages", "counter"),
        collect_metric("cache_writes_total", now.writes, "pages", "counter"),
        collect_metric("cache_spills_total", now.spills, "spills", "counter"),
        collect_metric("cache_used_mb", now.used_mb, "MB", "gauge"),
        collect_metric("database_mb", now.database_mb, "MB", "gauge"),
        collect_metric("freelist_mb", now.freelist_mb, "MB", "gauge"),
        collect_metric("cache_limit_mb", now.limit_mb, "MB", "state"),
        collect_metric("mmap_limit_mb", now.mmap_mb, "MB", "state"),
        collect_metric("wal", now.wal, NULL, "state"),
        collect_metric("wal_mb", now.wal_mb, "MB", "gauge"),
        collect_metric("wal_autocheckpoint", now.autocheckpoint, "pages",
                       "state"),
        collect_metric("temp_store", now.temp_store, NULL, "state"),
        collect_metric("data_version", now.data_version, NULL, "state")};
    rc = collect_metrics(c, "sqlite", f, sizeof(f) / sizeof(f[0]));
  }
  return rc;
}

/* ---- The verb ------------------------------------------------------------ */

/* SQLite's clock, the same through one statement. */
static int collect_clock(collect_run *c) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(c->s, &st,
                      "SELECT CAST(strftime('%%s', 'now') AS INTEGER), "
                      "(julianday('now') - 2440587.5) * 86400.0");
  if (rc != SQLITE_OK) return rc;
  rc = hf_step(c->s, st);
  if (rc == SQLITE_ROW) {
    c->now = sqlite3_column_double(st, 0);
    c->clock = sqlite3_column_double(st, 1);
    rc = SQLITE_OK;
  } else if (rc == SQLITE_DONE) {
    rc = hf_fail(c->s, SQLITE_ERROR, "this host has no clock");
  }
  hf_finalize(st);
  return rc;
}

/* Looks for the collection before. *young is its stamp when it is younger
** than the interval (or as far in the future, a clock having been set back),
** else NaN. */
static int collect_before(collect_run *c, double interval, double *young) {
  static const char metric[] = "clock_seconds";
  hf_session *s = c->s;
  double clock = NAN;
  int rc = hf_record_newest(s, "host", metric, c->now - interval,
                            c->now + interval, young);
  if (rc != SQLITE_OK || !isnan(*young)) return rc;
  rc = hf_record_newest(s, "host", metric, -HF_TS_MAX, c->now, &c->previous);
  if (rc != SQLITE_OK) return rc;
  c->none = "needs two collections; this one has kept the counters";
  if (isnan(c->previous)) return SQLITE_OK;
  rc = hf_record_value(s, "host", metric, c->previous, &clock);
  if (rc != SQLITE_OK) return rc;
  c->none = "the last collection is too long ago; this one has kept the "
            "counters";
  c->elapsed = c->clock - clock;
  if (c->elapsed > 0 && c->elapsed <= COLLECT_STALE_SECONDS) c->none = NULL;
  return SQLITE_OK;
}

static int collect_all(collect_run *c, double *interval, double *young) {
  hf_session *s = c->s;
  const char *file;
  int rc = hf_need_tables(s);
  if (rc == SQLITE_OK) rc = collect_clock(c);
  if (rc == SQLITE_OK) {
    rc = hf_config_real(s, "collect_interval_seconds", 10, 0, 86400 * 366.0,
                        interval);
  }
  if (rc == SQLITE_OK) rc = collect_before(c, *interval, young);
  if (rc != SQLITE_OK || !isnan(*young)) return rc;
  file = sqlite3_db_filename(s->db, s->schema);
  if (hf_host_read(&s->work, file, &c->host) != HF_OK) {
    return hf_fail_ops(s, HF_ENOMEM);
  }
  rc = collect_host(c);
  if (rc == SQLITE_OK) rc = collect_process(c);
  return rc == SQLITE_OK ? collect_sqlite(c) : rc;
}

/* The answer; NULL: out of memory. */
static char *collect_json(collect_run *c, double interval, double young) {
  sqlite3_str *out = sqlite3_str_new(c->s->db);
  if (sqlite3_str_errcode(c->recorded) != SQLITE_OK ||
      sqlite3_str_errcode(c->metrics) != SQLITE_OK ||
      sqlite3_str_errcode(c->skipped) != SQLITE_OK) {
    sqlite3_free(sqlite3_str_finish(out));
    return NULL;
  }
  if (isnan(young)) {
    sqlite3_str_appendf(out,
                        "{\"status\":\"ok\",\"ts\":%.0f,\"recorded\":{%s,"
                        "\"hf_metrics\":{%s}},\"skipped\":[%s]",
                        c->now, sqlite3_str_value(c->recorded),
                        sqlite3_str_value(c->metrics),
                        sqlite3_str_value(c->skipped));
    if (c->executions > 0) {
      sqlite3_str_appendf(out, ",\"executions\":%lld", c->executions);
    }
    sqlite3_str_appendall(out, "}");
  } else {
    sqlite3_str_appendf(
        out,
        "{\"status\":\"skipped\",\"ts\":%.0f,\"recorded\":{},\"skipped\":["
        "{\"what\":\"all\",\"reason\":\"the last collection is %.0f s old, "
        "less than collect_interval_seconds = %.15g in hf_config\"}]}",
        young, c->now - young, interval);
  }
  return sqlite3_str_finish(out);
}

/* Writes what hf_capture() has waiting. */
static int collect_captured(hf_conn *conn, collect_run *c) {
  hf_capture_written wrote = {0, 0};
  int rc = SQLITE_OK;
  if (hf_capture_waiting(conn->capture) == 0) return rc;
  if (!hf_has_table(c->s, c->s->schema, "hf_queries")) return c->s->rc;
  rc = hf_capture_flush(conn->capture, c->s, 0, &wrote);
  c->executions = wrote.rows;
  if (rc == SQLITE_OK) hf_capture_trim(&conn->capture);
  return rc;
}

static int collect_act(hf_conn *conn, hf_session *s, int argc,
                       sqlite3_value **argv, char **json) {
  hf_savepoint all;
  collect_run c;
  double interval = 0, young = NAN;
  int rc;
  (void)argc;
  (void)argv;
  memset(&c, 0, sizeof(c));
  c.s = s;
  c.id = hf_conn_number(conn);
  c.hits = conn->asked[0];
  c.misses = conn->asked[1];
  c.previous = c.elapsed = NAN;
  c.recorded = sqlite3_str_new(conn->db);
  c.metrics = sqlite3_str_new(conn->db);
  c.skipped = sqlite3_str_new(conn->db);
  rc = hf_savepoint_begin(s, &all, NULL);
  if (rc == SQLITE_OK) rc = collect_all(&c, &interval, &young);
  rc = hf_savepoint_end(s, &all, rc);
  if (rc == SQLITE_OK && isnan(young)) rc = collect_captured(conn, &c);
  if (rc == SQLITE_OK) {
    *json = collect_json(&c, interval, young);
    if (*json == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
  }
  sqlite3_free(sqlite3_str_finish(c.recorded));
  sqlite3_free(sqlite3_str_finish(c.metrics));
  sqlite3_free(sqlite3_str_finish(c.skipped));
  return rc;
}

void hf_collect_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hf_verb_run(ctx, "hf_collect", 0, collect_act, argc, argv);
}
