/*
** older.c: see older.h. One statement by the primary keys of hf_rollup_names
** and hf_rollups, read backwards from as_of. A bucket that as_of lies in is
** left out: part of it is later.
*/
#include "older.h"

#include <math.h>
#include <string.h>

enum { OLDER_STEP = 3600 }; /* seconds */

struct hf_older {
  hf_session *s;
  const char *series; /* what its buckets are filed under */
  sqlite3_stmt *rows;
};

/* The tables of which hf_prune() keeps buckets. */
static int older_pruned(const char *table) {
  return sqlite3_stricmp(table, "hf_memory_stats") == 0 ||
         sqlite3_stricmp(table, "hf_resource_metrics") == 0 ||
         sqlite3_stricmp(table, "hf_health_metrics") == 0;
}

/* What the buckets of a source are filed under, in s->hold; NULL: it has none,
** or memory ran out (*rc is then set). */
static const char *older_series(hf_session *s, const hf_source *src, int *rc) {
  const char *table;
  const char *key;
  const char *column;
  char *series = NULL;
  hf_kind kind;
  int i;
  *rc = SQLITE_OK;
  if (src->metric != NULL) {
    series = hf_format(&s->hold, "hf_metrics.%s", src->metric);
    if (series == NULL) *rc = hf_fail_ops(s, HF_ENOMEM);
    return series;
  }
  if (src->table == NULL || !older_pruned(src->table)) return NULL;
  if (sqlite3_stricmp(src->ts, "ts") != 0) return NULL;
  for (i = 0; (column = hf_source_column(i, &table, &key, &kind)) != NULL;
       i++) {
    if (sqlite3_stricmp(table, src->table) != 0) continue;
    if (sqlite3_stricmp(column, src->value) != 0) continue;
    /* all components as one series is another series */
    if ((key == NULL) != (src->key == NULL)) return NULL;
    if (key != NULL && sqlite3_stricmp(key, src->key) != 0) return NULL;
    series = hf_format(&s->hold, "%s.%s", table, column);
    if (series == NULL) *rc = hf_fail_ops(s, HF_ENOMEM);
    return series;
  }
  return NULL;
}

int hf_older_open(hf_session *s, const hf_source *src, hf_older **out) {
  hf_older *o;
  int rc;
  const char *series = older_series(s, src, &rc);
  *out = NULL;
  if (series == NULL) return rc;
  if (!hf_has_table(s, src->schema, "hf_rollups") ||
      !hf_has_table(s, src->schema, "hf_rollup_names")) {
    return s->rc;
  }
  o = hf_work_zeroed(&s->hold, 1, sizeof(*o));
  if (o == NULL) return hf_fail_ops(s, HF_ENOMEM);
  o->s = s;
  o->series = series;
  *out = o;
  return hf_prepare(s, &o->rows,
                    "SELECT b.ts, b.n, b.sum, b.min, b.max, b.first_ts, "
                    "b.first_value, b.last_ts, b.last_value, b.increase "
                    "FROM \"%w\".hf_rollup_names AS m CROSS JOIN "
                    "\"%w\".hf_rollups AS b ON b.id = m.id AND b.step = %d "
                    "WHERE m.series = ?1 AND m.component = ?2 AND m.kind = ?3 "
                    "AND b.ts <= ?4 ORDER BY b.ts DESC",
                    src->schema, src->schema, (int)OLDER_STEP);
}

static double older_real(sqlite3_stmt *st, int i) {
  int type = sqlite3_column_type(st, i);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return NAN;
  return sqlite3_column_double(st, i);
}

/* The row as a bucket: 1, or 0 when the table holds what no CHECK lets in. */
static int older_bucket(sqlite3_stmt *st, hf_bucket *b) {
  b->ts = older_real(st, 0);
  b->n = older_real(st, 1);
  b->sum = older_real(st, 2);
  b->min = older_real(st, 3);
  b->max = older_real(st, 4);
  b->first_ts = older_real(st, 5);
  b->first = older_real(st, 6);
  b->last_ts = older_real(st, 7);
  b->last = older_real(st, 8);
  b->increase = older_real(st, 9);
  return fabs(b->ts) <= HF_TS_MAX && b->n >= 1 && b->n <= 1e15 &&
         b->ts == hf_bucket_start(b->ts, OLDER_STEP) && b->min <= b->max &&
         b->min >= -HF_VALUE_MAX && b->max <= HF_VALUE_MAX &&
         !(fabs(b->sum) > 1e115) && !isinf(b->first_ts) && !isinf(b->last_ts) &&
         !(fabs(b->first) > HF_VALUE_MAX) && !(fabs(b->last) > HF_VALUE_MAX) &&
         !isinf(b->increase);
}

static int older_bind(hf_older *o, sqlite3_value *component, hf_kind kind,
                      double as_of) {
  sqlite3_stmt *st = o->rows;
  int rc = sqlite3_bind_text(st, 1, o->series, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) {
    rc = component != NULL ? sqlite3_bind_value(st, 2, component)
                           : sqlite3_bind_text(st, 2, "", 0, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_text(st, 3, hf_kind_text(kind), -1, SQLITE_STATIC);
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_double(st, 4, fmin(as_of, HF_TS_MAX) - OLDER_STEP);
  }
  return rc == SQLITE_OK ? rc : hf_fail_db(o->s, rc);
}

/* Adds a bucket, descending. */
static int older_keep(hf_session *s, const hf_bucket *b, hf_bucket **all,
                      size_t *n, size_t *room) {
  if (*n > 0 && !(b->ts < (*all)[*n - 1].ts)) return SQLITE_OK;
  if (*n == *room) {
    size_t more = *room == 0 ? 256 : *room * 2;
    hf_bucket *grown = hf_work_alloc(&s->work, more, sizeof(*grown));
    if (grown == NULL) return hf_fail_ops(s, HF_ENOMEM);
    if (*n > 0) memcpy(grown, *all, *n * sizeof(*grown));
    *all = grown;
    *room = more;
  }
  (*all)[(*n)++] = *b;
  return SQLITE_OK;
}

int hf_older_read(hf_older *o, sqlite3_value *component, hf_kind kind,
                  double as_of, size_t most, hf_buckets *out) {
  hf_session *s = o->s;
  hf_bucket *all = NULL;
  hf_bucket b;
  size_t n = 0;
  size_t room = 0;
  size_t i;
  int rc = older_bind(o, component, kind, as_of);
  memset(out, 0, sizeof(*out));
  while (rc == SQLITE_OK && (most == 0 || n < most)) {
    rc = hf_step(s, o->rows);
    if (rc != SQLITE_ROW) break;
    rc = SQLITE_OK;
    if (older_bucket(o->rows, &b)) rc = older_keep(s, &b, &all, &n, &room);
  }
  sqlite3_reset(o->rows);
  if (rc != SQLITE_OK && rc != SQLITE_DONE) return rc;
  for (i = 0; i < n / 2; i++) {
    b = all[i];
    all[i] = all[n - 1 - i];
    all[n - 1 - i] = b;
  }
  out->b = all;
  out->n = n;
  out->step = OLDER_STEP;
  return SQLITE_OK;
}

void hf_older_close(hf_older *o) {
  if (o == NULL) return;
  hf_finalize(o->rows);
  o->rows = NULL;
}
