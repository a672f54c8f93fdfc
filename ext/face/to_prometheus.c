/*
** to_prometheus.c: hf_to_prometheus([schema]), the newest sample of each
** metric as a text that Prometheus scrapes (text exposition format 0.0.4).
**
**   SELECT writefile('metrics.prom', hf_to_prometheus());
**
** Units are turned into the base units that Prometheus asks for (MB are MiB
** here, as hf_collect() counts). Every sample has its time: an old value must
** not pass for a new one, and Prometheus refuses what is too old. Finding the
** newest sample is one seek a series. The parts of a histogram or a summary, as
** hf_from_prometheus() stores them, come out as one (ops/prom_family.h).
*/
#include "functions.h"
#include "../num/decimal.h"
#include "../ops/prom_family.h"
#include "../ops/prom_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct to_prom_line {
  const char *help;
  int counter;
  double ts, value;
} to_prom_line;

typedef struct to_prom {
  hf_session *s;
  to_prom_line *line; /* [room], from sqlite3_malloc */
  hf_prom_part *part; /* [room], from sqlite3_malloc; part.at numbers lines */
  size_t n, room;
} to_prom;

/* A column of the wide tables and what it is called outside. */
typedef struct to_prom_column {
  const char *column, *name, *help;
  double divisor; /* from the base unit */
} to_prom_column;

#define TO_PROM_MB (1 / 1048576.0)

static const to_prom_column to_prom_memory[] = {
    {"total_mb", "hf_memory_total_bytes", "Memory of the host.", TO_PROM_MB},
    {"used_mb", "hf_memory_used_bytes", "Memory in use.", TO_PROM_MB},
    {"available_mb", "hf_memory_available_bytes", "Memory available.",
     TO_PROM_MB},
    {"cache_mb", "hf_memory_cache_bytes", "Memory used as cache.", TO_PROM_MB},
    {"buffer_mb", "hf_memory_buffer_bytes", "Memory used as buffers.",
     TO_PROM_MB},
    {NULL, NULL, NULL, 0}};

static const to_prom_column to_prom_resource[] = {
    {"cpu_percent", "hf_resource_cpu_percent", "CPU in use.", 1},
    {"memory_mb", "hf_resource_memory_bytes", "Memory in use.", TO_PROM_MB},
    {"disk_io_mb_per_sec", "hf_resource_disk_io_bytes_per_second",
     "Disk traffic.", TO_PROM_MB},
    {"network_mb_per_sec", "hf_resource_network_bytes_per_second",
     "Network traffic.", TO_PROM_MB},
    {"active_workers", "hf_resource_active_workers", "Workers at work.", 1},
    {"queued_tasks", "hf_resource_queued_tasks", "Tasks that wait.", 1},
    {NULL, NULL, NULL, 0}};

static const to_prom_column to_prom_health[] = {
    {"cpu_percent", "hf_health_cpu_percent", "CPU of a component.", 1},
    {"memory_percent", "hf_health_memory_percent", "Memory of a component.", 1},
    {"disk_percent", "hf_health_disk_percent", "Disk of a component.", 1},
    {"network_errors", "hf_health_network_errors",
     "Network errors of a component.", 1},
    {"response_time_ms", "hf_health_response_time_seconds",
     "Response time of a component.", 1000},
    {NULL, NULL, NULL, 0}};

static int to_prom_add(to_prom *t, const char *metric, const char *component,
                       const char *help, int counter, double ts, double value) {
  hf_session *s = t->s;
  hf_prom_name name;
  int rc;
  if (t->n == t->room) {
    size_t room = t->room == 0 ? 64 : t->room * 2;
    to_prom_line *more = sqlite3_realloc64(t->line, room * sizeof(*more));
    hf_prom_part *parts;
    if (more == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
    t->line = more;
    parts = sqlite3_realloc64(t->part, room * sizeof(*parts));
    if (parts == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
    t->part = parts;
    t->room = room;
  }
  rc = hf_fail_ops(
      s, hf_prom_name_series(&s->hold, metric, component, counter, &name));
  if (rc != SQLITE_OK) return rc;
  memset(&t->part[t->n], 0, sizeof(t->part[t->n]));
  t->part[t->n].family = name.family;
  t->part[t->n].series = name.series;
  t->part[t->n].at = t->n;
  t->line[t->n].help = help;
  t->line[t->n].counter = counter;
  t->line[t->n].ts = ts;
  t->line[t->n].value = value;
  t->n++;
  return SQLITE_OK;
}

/* The columns from 2 on of a row (component, ts, ...). */
static int to_prom_row(to_prom *t, sqlite3_stmt *st, const to_prom_column *c) {
  const char *owner = (const char *)sqlite3_column_text(st, 0);
  double ts = sqlite3_column_double(st, 1);
  int i;
  if (owner == NULL) return hf_fail(t->s, SQLITE_NOMEM, NULL);
  for (i = 0; c[i].name != NULL; i++) {
    int rc;
    if (sqlite3_column_type(st, i + 2) == SQLITE_NULL) continue;
    rc = to_prom_add(t, c[i].name, owner, c[i].help, 0, ts,
                     sqlite3_column_double(st, i + 2) / c[i].divisor);
    if (rc != SQLITE_OK) return rc;
  }
  return SQLITE_OK;
}

static int to_prom_wide(to_prom *t, sqlite3_stmt *st, const to_prom_column *c) {
  int rc;
  sqlite3_bind_double(st, 1, isnan(t->s->as_of) ? HF_TS_MAX : t->s->as_of);
  while ((rc = hf_step(t->s, st)) == SQLITE_ROW) {
    rc = to_prom_row(t, st, c);
    if (rc != SQLITE_OK) return rc;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The newest row of a table without components. */
static int to_prom_table(to_prom *t, const char *table,
                         const to_prom_column *c) {
  hf_session *s = t->s;
  sqlite3_stmt *st = NULL;
  char *columns = hf_strdup(&s->hold, "");
  int i;
  int rc;
  for (i = 0; columns != NULL && c[i].column != NULL; i++) {
    columns = hf_format(&s->hold, "%s, %s", columns, c[i].column);
  }
  if (columns == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = hf_prepare(s, &st,
                  "SELECT '', ts%s FROM \"%w\".%s WHERE ts <= ?1"
                  " ORDER BY ts DESC LIMIT 1",
                  columns, s->schema, table);
  if (rc == SQLITE_OK) rc = to_prom_wide(t, st, c);
  hf_finalize(st);
  return rc;
}

/* Components by seeks from one to the next, and the newest row of each. */
static int to_prom_components(to_prom *t) {
  hf_session *s = t->s;
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st,
      "WITH RECURSIVE c(k) AS ("
      "SELECT min(component) FROM \"%w\".hf_health_metrics UNION ALL "
      "SELECT (SELECT min(component) FROM \"%w\".hf_health_metrics "
      "WHERE component > k) FROM c WHERE k IS NOT NULL) "
      "SELECT c.k, h.ts, cpu_percent, memory_percent, disk_percent, "
      "network_errors, response_time_ms "
      "FROM c JOIN \"%w\".hf_health_metrics AS h ON h.component = c.k "
      "AND h.ts = (SELECT max(ts) FROM \"%w\".hf_health_metrics AS m "
      "WHERE m.component = c.k AND m.ts <= ?1)",
      s->schema, s->schema, s->schema, s->schema);
  if (rc == SQLITE_OK) rc = to_prom_wide(t, st, to_prom_health);
  hf_finalize(st);
  return rc;
}

/* A metric called after a unit that is no base unit, as hf_collect() names
** them, is called after the base unit, and *divisor turns the one into the
** other; else it stays. NULL when memory runs out. */
static const char *to_prom_base(to_prom *t, const char *metric,
                                const char *unit, double *divisor) {
  static const struct {
    const char *unit, *ends, *base;
    double divisor;
  } units[] = {{"MB", "_mb", "bytes", TO_PROM_MB},
               {"ms", "_ms", "seconds", 1000}};
  size_t n = strlen(metric), i;
  *divisor = 1;
  for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
    size_t k = strlen(units[i].ends);
    if (strcmp(unit, units[i].unit) != 0 || n <= k) continue;
    if (strcmp(metric + n - k, units[i].ends) != 0) continue;
    *divisor = units[i].divisor;
    return hf_format(&t->s->hold, "%.*s_%s", (int)(n - k), metric,
                     units[i].base);
  }
  return metric;
}

static int to_prom_metric(to_prom *t, sqlite3_stmt *st) {
  const char *owner = (const char *)sqlite3_column_text(st, 0);
  const char *metric = (const char *)sqlite3_column_text(st, 1);
  const char *kind = (const char *)sqlite3_column_text(st, 2);
  const char *unit = (const char *)sqlite3_column_text(st, 3);
  const char *name;
  double divisor;
  char *help;
  if (owner == NULL || metric == NULL || kind == NULL || unit == NULL) {
    return hf_fail(t->s, SQLITE_NOMEM, NULL);
  }
  help = unit[0] != 0
             ? hf_format(&t->s->hold, "A %s of hf_metrics, in %s.", kind, unit)
             : hf_format(&t->s->hold, "A %s of hf_metrics.", kind);
  name = to_prom_base(t, metric, unit, &divisor);
  if (help == NULL || name == NULL) return hf_fail(t->s, SQLITE_NOMEM, NULL);
  if (name != metric)
    help = hf_format(&t->s->hold, "A %s of hf_metrics.", kind);
  if (help == NULL) return hf_fail(t->s, SQLITE_NOMEM, NULL);
  return to_prom_add(t, name, owner, help, strcmp(kind, "counter") == 0,
                     sqlite3_column_double(st, 4),
                     sqlite3_column_double(st, 5) / divisor);
}

static int to_prom_metrics(to_prom *t) {
  hf_session *s = t->s;
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st,
      "SELECT n.component, n.metric, n.kind, coalesce(n.unit, ''), m.ts, "
      "m.value FROM \"%w\".hf_metric_names AS n "
      "CROSS JOIN \"%w\".hf_metric_samples AS m ON m.id = n.id AND m.ts = "
      "(SELECT max(ts) FROM \"%w\".hf_metric_samples AS x WHERE x.id = n.id "
      "AND x.ts <= ?1) WHERE m.value IS NOT NULL",
      s->schema, s->schema, s->schema);
  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_double(st, 1, isnan(s->as_of) ? HF_TS_MAX : s->as_of);
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    rc = to_prom_metric(t, st);
    if (rc != SQLITE_OK) break;
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* ---- the text */

/* The shortest of 15 and 17 digits that gives the number back. */
static void to_prom_number(sqlite3_str *out, double x) {
  char z[40];
  double back = 0;
  sqlite3_snprintf(sizeof(z), z, "%.15g", x);
  if (hf_decimal_read(z, strlen(z), &back) != HF_OK || back != x) {
    sqlite3_snprintf(sizeof(z), z, "%!.17g", x);
  }
  sqlite3_str_appendall(out, z);
}

/* HELP and TYPE of the group that begins at part i. Two metrics that get the
** same name, one a counter and one not, have no type in common. */
static int to_prom_head(to_prom *t, size_t i, sqlite3_str *out) {
  const hf_prom_part *p = &t->part[i];
  const to_prom_line *l = &t->line[p->at];
  const char *type = l->counter ? "counter" : "gauge";
  const char *help = l->help;
  size_t k;
  if (p->type != NULL) {
    type = p->type;
    help = strcmp(type, "histogram") == 0 ? "A histogram of hf_metrics."
                                          : "A summary of hf_metrics.";
  }
  help = hf_prom_escape(&t->s->hold, help, 0);
  if (help == NULL) return hf_fail(t->s, SQLITE_NOMEM, NULL);
  for (k = i;
       p->type == NULL && k < t->n && strcmp(t->part[k].group, p->group) == 0;
       k++) {
    if (t->line[t->part[k].at].counter != l->counter) type = "untyped";
  }
  sqlite3_str_appendf(out, "# HELP %s %s\n# TYPE %s %s\n", p->group, help,
                      p->group, type);
  return SQLITE_OK;
}

static int to_prom_text(to_prom *t, char **text) {
  sqlite3_str *out = sqlite3_str_new(t->s->db);
  size_t i;
  int rc;
  if (t->n > 1) qsort(t->part, t->n, sizeof(*t->part), hf_prom_by_name);
  rc = hf_fail_ops(t->s, hf_prom_group(&t->s->hold, t->part, t->n));
  if (rc == SQLITE_OK && t->n > 1) {
    qsort(t->part, t->n, sizeof(*t->part), hf_prom_by_group);
  }
  for (i = 0; rc == SQLITE_OK && i < t->n; i++) {
    const hf_prom_part *p = &t->part[i];
    const to_prom_line *l = &t->line[p->at];
    if (i == 0 || strcmp(p[-1].group, p->group) != 0) {
      rc = to_prom_head(t, i, out);
    } else if (strcmp(p[-1].series, p->series) == 0) {
      continue; /* a series may stand once */
    }
    sqlite3_str_appendf(out, "%s ", p->series);
    to_prom_number(out, l->value);
    sqlite3_str_appendf(out, " %lld\n",
                        (sqlite3_int64)floor(l->ts * 1000 + 0.5));
  }
  return hf_function_text(t->s, rc, out, text);
}

static int to_prom_do(hf_session *s, char **text) {
  to_prom t = {s, NULL, NULL, 0, 0};
  int rc = hf_need_tables(s);
  if (rc == SQLITE_OK) {
    rc = to_prom_table(&t, "hf_memory_stats", to_prom_memory);
  }
  if (rc == SQLITE_OK) {
    rc = to_prom_table(&t, "hf_resource_metrics", to_prom_resource);
  }
  if (rc == SQLITE_OK) rc = to_prom_components(&t);
  if (rc == SQLITE_OK) rc = to_prom_metrics(&t);
  if (rc == SQLITE_OK) rc = to_prom_text(&t, text);
  sqlite3_free(t.line);
  sqlite3_free(t.part);
  return rc;
}

void hf_to_prometheus_call(sqlite3_context *ctx, int argc,
                           sqlite3_value **argv) {
  hf_conn *conn = sqlite3_user_data(ctx);
  const char *schema = NULL;
  char *text = NULL;
  hf_session s;
  int rc;
  if (argc == 1 && sqlite3_value_type(argv[0]) != SQLITE_NULL) {
    schema = (const char *)sqlite3_value_text(argv[0]);
    if (schema == NULL) {
      sqlite3_result_error_nomem(ctx);
      return;
    }
  }
  rc = hf_session_open(&s, conn->db, "hf_to_prometheus", schema, NAN);
  if (rc == SQLITE_OK) rc = hf_enter(conn, &s);
  if (rc == SQLITE_OK) {
    rc = to_prom_do(&s, &text);
    hf_leave(conn);
  }
  if (rc == SQLITE_OK) {
    sqlite3_result_text(ctx, text, -1, sqlite3_free);
  } else {
    hf_function_fail(ctx, rc, s.err);
    s.err = NULL;
  }
  hf_session_close(&s);
}
