/*
** fleet_last.c: the newest stamps of a component and of all of them (fleet.h),
** by one seek each.
*/
#include "fleet_state.h"
#include "recall.h"

#include <math.h>
#include <string.h>

/* Newest ts by a statement with key ?1 and limit ?2, into *ts if newer. */
static int fleet_max(hf_fleet *f, sqlite3_stmt *st, double *ts) {
  int rc = hf_fleet_bound(f, sqlite3_bind_double(st, 2, hf_fleet_limit(f)));
  if (rc != SQLITE_OK) return rc;
  rc = hf_step(f->s, st);
  if (rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL) {
    double t = sqlite3_column_double(st, 0);
    if (!(t <= *ts)) *ts = t;
  }
  sqlite3_reset(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_fleet_last(hf_fleet *f, double *ts) {
  int rc = hf_fleet_need(f, &f->wide_last,
                         "SELECT max(ts) FROM \"%w\".hf_health_metrics"
                         " WHERE component = ?1 AND ts <= ?2");
  *ts = NAN;
  if (rc == SQLITE_OK) {
    rc = hf_fleet_bound(f, sqlite3_bind_value(f->wide_last, 1, f->m.key));
  }
  if (rc == SQLITE_OK) rc = fleet_max(f, f->wide_last, ts);
  if (rc == SQLITE_OK) {
    rc = hf_fleet_need(f, &f->narrow_last,
                       "SELECT max(ts) FROM \"%w\".hf_metric_samples"
                       " WHERE id = ?1 AND ts <= ?2");
  }
  if (rc == SQLITE_OK) rc = hf_fleet_names(f);
  if (rc != SQLITE_OK) return rc;
  while ((rc = hf_step(f->s, f->names)) == SQLITE_ROW) {
    rc = hf_fleet_bound(f,
                        sqlite3_bind_int64(f->narrow_last, 1,
                                           sqlite3_column_int64(f->names, 0)));
    if (rc == SQLITE_OK) rc = fleet_max(f, f->narrow_last, ts);
    if (rc != SQLITE_OK) break;
  }
  sqlite3_reset(f->names);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_fleet_rolled(hf_fleet *f, double *ts) {
  const char *z = f->s->schema;
  int rc = SQLITE_OK;
  *ts = NAN;
  if (!f->rolls) return SQLITE_OK;
  if (f->rolled == NULL) {
    rc = hf_prepare(
        f->s, &f->rolled,
        "SELECT max(t) FROM (SELECT (SELECT max(ts) FROM"
        " \"%w\".hf_rollups WHERE id = m.id AND step = 3600"
        " AND ts <= ?2) AS t FROM \"%w\".hf_rollup_names AS m"
        " WHERE m.component = ?1 AND m.series IN (VALUES " FLEET_SERIES_ROWS
        ") UNION ALL SELECT (SELECT max(ts) FROM \"%w\".hf_rollups"
        " WHERE id = m.id AND step = 3600 AND ts <= ?2)"
        " FROM \"%w\".hf_metric_names AS n"
        " JOIN \"%w\".hf_rollup_names AS m"
        " ON m.series = 'hf_metrics.' || n.metric"
        " AND m.component = n.component WHERE n.component = ?1)",
        z, z, z, z, z);
  }
  if (rc == SQLITE_OK) {
    rc = hf_fleet_bound(f, sqlite3_bind_value(f->rolled, 1, f->m.key));
  }
  return rc == SQLITE_OK ? fleet_max(f, f->rolled, ts) : rc;
}

/* Newest ts of the wide table: backwards over (component, ts), one seek a
** component. The name goes from one step to the next in room of our own: the
** loop runs over the whole fleet even when one component is asked for. */
static int fleet_newest_wide(hf_fleet *f, double *ts) {
  sqlite3_stmt *st = NULL;
  size_t room = 64;
  char *at = hf_work_alloc(&f->s->hold, room, 1);
  int rc = hf_prepare(f->s, &st,
                      "SELECT component, ts FROM \"%w\".hf_health_metrics"
                      " WHERE component < ?1"
                      " ORDER BY component DESC, ts DESC LIMIT 1",
                      f->s->schema);
  if (rc == SQLITE_OK) rc = hf_fleet_bound(f, sqlite3_bind_zeroblob(st, 1, 0));
  while (rc == SQLITE_OK && (rc = hf_step(f->s, st)) == SQLITE_ROW) {
    double t = sqlite3_column_double(st, 1);
    const unsigned char *name;
    size_t n;
    if (!(t <= *ts)) *ts = t;
    name = sqlite3_column_text(st, 0);
    n = (size_t)sqlite3_column_bytes(st, 0);
    if (n > room) {
      room = 2 * n > 64 ? 2 * n : 64;
      at = hf_work_alloc(&f->s->hold, room, 1);
    }
    if (name == NULL || at == NULL) {
      rc = hf_fail(f->s, SQLITE_NOMEM, NULL);
      break;
    }
    memcpy(at, name, n);
    sqlite3_reset(st);
    rc = hf_fleet_bound(f, sqlite3_bind_text(st, 1, at, (int)n, SQLITE_STATIC));
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Newest ts of all tables that count. */
static int fleet_newest(hf_fleet *f, double *ts) {
  sqlite3_stmt *st = NULL;
  const char *z = f->s->schema;
  int rc = fleet_newest_wide(f, ts);
  if (rc != SQLITE_OK) return rc;
  rc = hf_prepare(f->s, &st,
                  "SELECT max(t) FROM (SELECT (SELECT max(ts)"
                  " FROM \"%w\".hf_metric_samples WHERE id = n.id) AS t"
                  " FROM \"%w\".hf_metric_names AS n"
                  " UNION ALL SELECT max(ts) FROM \"%w\".hf_failures)",
                  z, z, z);
  if (rc == SQLITE_OK) rc = hf_step(f->s, st);
  if (rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL) {
    double t = sqlite3_column_double(st, 0);
    if (!(t <= *ts)) *ts = t;
  }
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_fleet_now(hf_fleet *f, double *ts) {
  hf_recall_at at;
  int rc;
  *ts = f->s->as_of;
  if (!isnan(*ts)) return SQLITE_OK;
  rc = hf_recall_number(f->s, "now", NAN, &at, ts);
  if (rc != SQLITE_DONE) return rc == SQLITE_ROW ? SQLITE_OK : rc;
  rc = fleet_newest(f, ts);
  if (rc == SQLITE_OK) hf_recall_keep_number(f->s, &at, *ts);
  return rc;
}
