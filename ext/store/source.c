/*
** source.c: names and hf_source() texts to tables and columns.
**
** A name is looked for in this order: table.column of the history; with
** schema. in front; a bare name among the columns of the history and the
** metrics of hf_metric_names. A bare name that stands in several places is an
** error that lists them. hf_source() may name whatever sqlite_schema lists,
** and nothing else, so that no module is called by its name.
*/
#include "source.h"

#include <string.h>

/* What a bare or dotted name may mean in the wide tables. */
typedef struct source_column {
  const char *table;
  const char *key; /* component column, or NULL */
  const char *column;
  hf_kind kind;
} source_column;

static const source_column source_columns[] = {
    {"hf_memory_stats", NULL, "total_mb", HF_GAUGE},
    {"hf_memory_stats", NULL, "used_mb", HF_GAUGE},
    {"hf_memory_stats", NULL, "available_mb", HF_GAUGE},
    {"hf_memory_stats", NULL, "cache_mb", HF_GAUGE},
    {"hf_memory_stats", NULL, "buffer_mb", HF_GAUGE},
    {"hf_resource_metrics", NULL, "cpu_percent", HF_GAUGE},
    {"hf_resource_metrics", NULL, "memory_mb", HF_GAUGE},
    {"hf_resource_metrics", NULL, "disk_io_mb_per_sec", HF_GAUGE},
    {"hf_resource_metrics", NULL, "network_mb_per_sec", HF_GAUGE},
    {"hf_resource_metrics", NULL, "active_workers", HF_GAUGE},
    {"hf_resource_metrics", NULL, "queued_tasks", HF_GAUGE},
    {"hf_health_metrics", "component", "cpu_percent", HF_GAUGE},
    {"hf_health_metrics", "component", "memory_percent", HF_GAUGE},
    {"hf_health_metrics", "component", "disk_percent", HF_GAUGE},
    {"hf_health_metrics", "component", "network_errors", HF_GAUGE},
    {"hf_health_metrics", "component", "response_time_ms", HF_GAUGE},
    {"hf_cache_stats", "pool", "size_mb", HF_GAUGE},
    {"hf_cache_stats", "pool", "hits", HF_DELTA},
    {"hf_cache_stats", "pool", "misses", HF_DELTA},
    {"hf_query_history", "query_id", "execution_time_ms", HF_GAUGE},
    {"hf_query_history", "query_id", "rows", HF_GAUGE},
    {"hf_query_history", "query_id", "bytes_scanned", HF_GAUGE},
    {"hf_query_history", "query_id", "memory_peak_mb", HF_GAUGE},
    {"hf_service_load", "service", "demand_mean", HF_GAUGE},
    {"hf_service_load", "service", "demand_max", HF_QUANTILE},
    {"hf_service_load", "service", "workers", HF_GAUGE},
    {"hf_service_load", "service", "utilization", HF_GAUGE},
    {"hf_service_load", "service", "p95_ms", HF_QUANTILE}};

enum { SOURCE_COLUMNS = sizeof(source_columns) / sizeof(source_columns[0]) };

static const char *const source_kinds[] = {"gauge", "delta", "counter",
                                           "quantile", "state"};

const char *hf_source_column(int i, const char **table, const char **key,
                             hf_kind *kind) {
  if (i < 0 || i >= SOURCE_COLUMNS) return NULL;
  *table = source_columns[i].table;
  *key = source_columns[i].key;
  *kind = source_columns[i].kind;
  return source_columns[i].column;
}

const char *hf_kind_text(hf_kind kind) {
  return source_kinds[kind];
}

int hf_kind_from_text(const char *text, hf_kind *out) {
  int i;
  for (i = 0; i <= (int)HF_STATE; i++) {
    if (strcmp(text, source_kinds[i]) == 0) {
      *out = (hf_kind)i;
      return HF_OK;
    }
  }
  return HF_ERANGE;
}

/* ---- names */

static int source_use_column(hf_session *s, const char *schema,
                             const source_column *c, hf_source *out) {
  out->schema = schema;
  out->table = c->table;
  out->ts = "ts";
  out->value = c->column;
  out->key = c->key;
  out->metric = NULL;
  out->kind = c->kind;
  out->step = 0;
  out->name = hf_format(&s->hold, "%s.%s", c->table, c->column);
  return out->name != NULL ? SQLITE_OK : hf_fail_ops(s, HF_ENOMEM);
}

static int source_use_metric(hf_session *s, const char *schema,
                             const char *metric, hf_source *out) {
  memset(out, 0, sizeof(*out));
  out->schema = schema;
  out->metric = hf_strdup(&s->hold, metric);
  out->name = hf_format(&s->hold, "hf_metrics.%s", metric);
  if (out->metric == NULL || out->name == NULL) {
    return hf_fail_ops(s, HF_ENOMEM);
  }
  return SQLITE_OK;
}

/* 1 when hf_metric_names of the schema holds the metric, 0 when not, negative
** after an error. */
static int source_has_metric(hf_session *s, const char *schema,
                             const char *metric) {
  sqlite3_stmt *st = NULL;
  int found = -1;
  int rc = hf_prepare(s, &st,
                      "SELECT 1 FROM \"%w\".hf_metric_names "
                      "WHERE metric = ?1 LIMIT 1",
                      schema);
  if (rc != SQLITE_OK) return -1;
  rc = sqlite3_bind_text(st, 1, metric, -1, SQLITE_STATIC);
  if (rc != SQLITE_OK) {
    hf_fail_db(s, rc);
  } else {
    rc = hf_step(s, st);
    found = rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : -1;
  }
  hf_finalize(st);
  return found;
}

static int source_unknown(hf_session *s, const char *text) {
  return hf_fail(s, SQLITE_ERROR,
                 "no series '%.200s'; name a column of the history "
                 "(hf_resource_metrics.cpu_percent), a metric of hf_metrics, "
                 "or a table by hf_source(table, ts, value)",
                 text);
}

/* Bare: every place where it stands. */
static int source_bare(hf_session *s, const char *schema, const char *text,
                       hf_source *out) {
  const source_column *hit = NULL;
  char *places = NULL;
  int count = 0;
  int metric;
  int i;
  for (i = 0; i < SOURCE_COLUMNS; i++) {
    const source_column *c = &source_columns[i];
    if (sqlite3_stricmp(c->column, text) != 0) continue;
    hit = c;
    count++;
    places = hf_format(&s->hold, "%s%s%s.%s", places != NULL ? places : "",
                       places != NULL ? ", " : "", c->table, c->column);
    if (places == NULL) return hf_fail_ops(s, HF_ENOMEM);
  }
  metric = source_has_metric(s, schema, text);
  if (metric < 0) return s->rc;
  if (count + metric > 1) {
    return hf_fail(s, SQLITE_ERROR,
                   "'%.200s' stands in several places: %s%s%.200s; say which",
                   text, places, metric ? ", hf_metrics." : "",
                   metric ? text : "");
  }
  if (metric) return source_use_metric(s, schema, text, out);
  if (hit != NULL) return source_use_column(s, schema, hit, out);
  return source_unknown(s, text);
}

/* table.column of the history: SQLITE_OK and *found. */
static int source_dotted(hf_session *s, const char *schema, const char *text,
                         hf_source *out, int *found) {
  const char *dot = strchr(text, '.');
  size_t n = dot != NULL ? (size_t)(dot - text) : 0;
  int i;
  *found = 0;
  if (dot == NULL) return SQLITE_OK;
  for (i = 0; i < SOURCE_COLUMNS; i++) {
    const source_column *c = &source_columns[i];
    if (strlen(c->table) != n ||
        sqlite3_strnicmp(c->table, text, (int)n) != 0 ||
        sqlite3_stricmp(c->column, dot + 1) != 0) {
      continue;
    }
    *found = 1;
    return source_use_column(s, schema, c, out);
  }
  if (n == 10 && sqlite3_strnicmp("hf_metrics", text, 10) == 0) {
    int metric = source_has_metric(s, schema, dot + 1);
    if (metric < 0) return s->rc;
    *found = metric;
    if (metric) return source_use_metric(s, schema, dot + 1, out);
  }
  return SQLITE_OK;
}

/* The attached schema that stands before the first dot, or NULL. */
static int source_schema_prefix(hf_session *s, const char *text,
                                const char **schema, const char **rest) {
  const char *dot = strchr(text, '.');
  sqlite3_stmt *st = NULL;
  size_t n;
  int rc;
  *schema = NULL;
  if (dot == NULL || dot == text) return SQLITE_OK;
  n = (size_t)(dot - text);
  rc = hf_prepare(s, &st, "PRAGMA database_list");
  if (rc != SQLITE_OK) return rc;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(st, 1);
    if (name == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
      break;
    }
    if (strlen(name) != n || sqlite3_strnicmp(name, text, (int)n) != 0)
      continue;
    *schema = hf_strdup(&s->hold, name);
    *rest = dot + 1;
    rc = *schema != NULL ? SQLITE_OK : hf_fail_ops(s, HF_ENOMEM);
    break;
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int source_name(hf_session *s, const char *text, hf_source *out) {
  const char *schema;
  const char *rest = NULL;
  int found;
  int rc = hf_need_tables(s);
  if (rc != SQLITE_OK) return rc;
  rc = source_dotted(s, s->schema, text, out, &found);
  if (rc != SQLITE_OK || found) return rc;
  rc = source_schema_prefix(s, text, &schema, &rest);
  if (rc != SQLITE_OK) return rc;
  if (schema == NULL) return source_bare(s, s->schema, text, out);
  rc = source_dotted(s, schema, rest, out, &found);
  if (rc != SQLITE_OK || found) return rc;
  return source_bare(s, schema, rest, out);
}

/* ---- hf_source() */

/* The schema that lists the table: the one asked for, else temp, main,
** attached, as SQLite itself looks. */
static int source_find_table(hf_session *s, const char *schema,
                             const char *table, const char **out) {
  sqlite3_stmt *st = NULL;
  int rc;
  *out = NULL;
  /* temp is not listed before it is used */
  if (schema == NULL || sqlite3_stricmp(schema, "temp") == 0) {
    if (hf_has_table(s, "temp", table)) {
      *out = "temp";
      return SQLITE_OK;
    }
    if (s->rc != SQLITE_OK) return s->rc;
  }
  rc = hf_prepare(s, &st, "PRAGMA database_list");
  if (rc != SQLITE_OK) return rc;
  while (*out == NULL && (rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(st, 1);
    char *copy = name != NULL ? hf_strdup(&s->hold, name) : NULL;
    if (copy == NULL) {
      rc = hf_fail_ops(s, HF_ENOMEM);
      break;
    }
    if (schema != NULL && sqlite3_stricmp(schema, copy) != 0) continue;
    if (hf_has_table(s, copy, table)) *out = copy;
    if (s->rc != SQLITE_OK) {
      rc = s->rc;
      break;
    }
  }
  hf_finalize(st);
  return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* Column i of the row as text in s->hold; NULL stays NULL. */
static int source_field(hf_session *s, sqlite3_stmt *st, int i,
                        const char **out) {
  const char *text;
  *out = NULL;
  if (sqlite3_column_type(st, i) == SQLITE_NULL) return SQLITE_OK;
  text = (const char *)sqlite3_column_text(st, i);
  if (text == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  *out = hf_strdup(&s->hold, text);
  return *out != NULL ? SQLITE_OK : hf_fail_ops(s, HF_ENOMEM);
}

static int source_check(hf_session *s, hf_source *out, const char *schema,
                        const char *kind) {
  int rc;
  if (out->table == NULL || out->ts == NULL || out->value == NULL) {
    return hf_fail(s, SQLITE_ERROR,
                   "series must be a name, hf_source(table, ts, value) or "
                   "hf_series(ts, value); this JSON text is none");
  }
  out->kind = HF_GAUGE;
  if (kind != NULL && hf_kind_from_text(kind, &out->kind) != HF_OK) {
    return hf_fail(s, SQLITE_ERROR, "kind must be " HF_KINDS ", got '%.100s'",
                   kind);
  }
  if (!(out->step >= 0 && out->step <= 1e9)) {
    return hf_fail(s, SQLITE_ERROR,
                   "step_seconds must be above 0 and at most 1e9");
  }
  rc = source_find_table(s, schema, out->table, &out->schema);
  if (rc != SQLITE_OK) return rc;
  if (out->schema == NULL) {
    return hf_fail(s, SQLITE_ERROR,
                   "no table or view '%.200s'%s%.100s; hf_source() takes what "
                   "sqlite_schema lists",
                   out->table, schema != NULL ? " in schema " : "",
                   schema != NULL ? schema : "");
  }
  out->name = hf_format(&s->hold, "%s.%s", out->table, out->value);
  return out->name != NULL ? SQLITE_OK : hf_fail_ops(s, HF_ENOMEM);
}

static int source_json(hf_session *s, const char *text, hf_source *out) {
  sqlite3_stmt *st = NULL;
  const char *schema = NULL;
  const char *kind = NULL;
  int type;
  int rc = hf_prepare(s, &st,
                      "SELECT ?1->>'table', ?1->>'ts', ?1->>'value', "
                      "?1->>'key', ?1->>'kind', ?1->>'schema', ?1->>'step'");
  memset(out, 0, sizeof(*out));
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_text(st, 1, text, -1, SQLITE_STATIC);
  if (rc != SQLITE_OK) {
    hf_fail_db(s, rc);
    goto done;
  }
  /* json_valid() would call a text malformed when memory runs out */
  rc = sqlite3_step(st);
  if (rc == SQLITE_ROW) {
    rc = source_field(s, st, 0, &out->table);
    if (rc == SQLITE_OK) rc = source_field(s, st, 1, &out->ts);
    if (rc == SQLITE_OK) rc = source_field(s, st, 2, &out->value);
    if (rc == SQLITE_OK) rc = source_field(s, st, 3, &out->key);
    if (rc == SQLITE_OK) rc = source_field(s, st, 4, &kind);
    if (rc == SQLITE_OK) rc = source_field(s, st, 5, &schema);
    if (rc != SQLITE_OK) goto done;
    type = sqlite3_column_type(st, 6);
    if (type != SQLITE_NULL) out->step = sqlite3_column_double(st, 6);
    if (type != SQLITE_NULL && (type == SQLITE_TEXT || !(out->step > 0))) {
      out->step = -1;
    }
  } else if (rc != SQLITE_ERROR) {
    hf_fail_db(s, rc);
    goto done;
  }
  rc = source_check(s, out, schema, kind);
done:
  hf_finalize(st);
  return rc == SQLITE_OK ? SQLITE_OK : s->rc;
}

int hf_source_resolve(hf_session *s, const char *text, hf_source *out) {
  if (text[0] == '{') return source_json(s, text, out);
  return source_name(s, text, out);
}
