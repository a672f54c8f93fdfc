/*
** fleet_read.c: the samples of the component moved to (fleet.h).
**
** Samples are read by primary key: (component, ts) for the wide table, (id,
** ts) for the narrow one. The newest n come backwards and are turned around.
*/
#include "fleet_state.h"

#include <math.h>
#include <string.h>

enum { FLEET_ROOM = 64 };

static const char *const fleet_wide_name[FLEET_WIDE] = {
    "cpu_percent", "memory_percent", "disk_percent", "network_errors",
    "response_time_ms"};

/* Columns of one table while they are read. */
typedef struct fleet_page {
  double *ts;                /* [n] */
  double *value[FLEET_WIDE]; /* [n] each, the first `wide` in use */
  size_t rows[FLEET_WIDE];   /* of the newest rows, wanted of each */
  size_t n, room, wide;
} fleet_page;

static int fleet_grow(hf_fleet *f, fleet_page *p) {
  size_t room = p->room == 0 ? FLEET_ROOM : p->room * 2, k;
  double *ts = hf_work_reals(&f->s->work, room);
  if (ts == NULL) {
    hf_fail(f->s, SQLITE_NOMEM, NULL);
    return SQLITE_NOMEM;
  }
  if (p->n > 0) memcpy(ts, p->ts, p->n * sizeof(double));
  p->ts = ts;
  for (k = 0; k < p->wide; k++) {
    double *v;
    if (p->rows[k] == 0) continue;
    v = hf_work_reals(&f->s->work, room);
    if (v == NULL) {
      hf_fail(f->s, SQLITE_NOMEM, NULL);
      return SQLITE_NOMEM;
    }
    if (p->n > 0) memcpy(v, p->value[k], p->n * sizeof(double));
    p->value[k] = v;
  }
  p->room = room;
  return SQLITE_OK;
}

/* A value of the history: NaN for NULL and for what is no usable number. */
static double fleet_value(sqlite3_stmt *st, int col) {
  sqlite3_value *x = sqlite3_column_value(st, col); /* see cells.c */
  int type = sqlite3_value_type(x);
  double v;
  if (type != SQLITE_FLOAT && type != SQLITE_INTEGER) return NAN;
  v = sqlite3_value_double(x);
  return fabs(v) <= HF_VALUE_MAX ? v : NAN;
}

static void fleet_turn(double *x, size_t n) {
  size_t i;
  for (i = 0; i < n / 2; i++) {
    double t = x[i];
    x[i] = x[n - 1 - i];
    x[n - 1 - i] = t;
  }
}

/* What is asked of a table. */
typedef struct fleet_span {
  double from, until;   /* unix seconds, inclusive */
  size_t limit;         /* rows; asked of `depth` for each metric if given */
  hf_fleet_depth depth; /* or NULL */
  void *ctx;            /* of depth */
  int oldest;           /* 1: the oldest ones, 0: the newest */
} fleet_span;

static size_t fleet_want(const fleet_span *q, const char *metric) {
  return q->depth != NULL ? q->depth(q->ctx, metric) : q->limit;
}

/* The rows that were read of a column. */
static size_t fleet_least(const fleet_page *p, size_t k) {
  return p->rows[k] < p->n ? p->rows[k] : p->n;
}

/* Runs a bound statement (ts, values ...) into a page, upwards in time. */
static int fleet_rows(hf_fleet *f, sqlite3_stmt *st, const fleet_span *q,
                      fleet_page *p) {
  int rc;
  size_t k, most = 0;
  sqlite3_int64 limit;
  for (k = 0; k < p->wide; k++) most = p->rows[k] > most ? p->rows[k] : most;
  limit = most < 0x7fffffff ? (sqlite3_int64)most : -1;
  p->n = p->room = 0;
  if (most == 0) return SQLITE_OK;
  rc = sqlite3_bind_double(st, 2, q->from);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 3, q->until);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 4, limit);
  if (rc != SQLITE_OK) return hf_fail_db(f->s, rc);
  while ((rc = hf_step(f->s, st)) == SQLITE_ROW) {
    if (p->n == p->room && (rc = fleet_grow(f, p)) != SQLITE_OK) break;
    p->ts[p->n] = sqlite3_column_double(st, 0);
    for (k = 0; k < p->wide; k++) {
      if (p->rows[k] > p->n) p->value[k][p->n] = fleet_value(st, 1 + (int)k);
    }
    p->n++;
  }
  sqlite3_reset(st);
  if (rc != SQLITE_DONE) return rc;
  if (!q->oldest && p->n > 0) {
    fleet_turn(p->ts, p->n);
    for (k = 0; k < p->wide; k++) {
      if (p->rows[k] > 0) fleet_turn(p->value[k], fleet_least(p, k));
    }
  }
  return SQLITE_OK;
}

/* Appends a metric unless it holds no value at all. */
static int fleet_add(hf_fleet *f, hf_metric_set *set, size_t *room,
                     const char *name, hf_kind kind, const fleet_page *p,
                     size_t col, int oldest) {
  hf_metric *m;
  size_t i = 0, n = fleet_least(p, col);
  double *ts;
  if (n == 0 || p->value[col] == NULL) return SQLITE_OK;
  ts = p->ts + (oldest ? 0 : p->n - n);
  while (i < n && isnan(p->value[col][i])) i++;
  if (i == n) return SQLITE_OK;
  if (set->n == *room) {
    size_t more = *room == 0 ? 16 : *room * 2;
    hf_metric *all = hf_work_alloc(&f->s->work, more, sizeof(*all));
    if (all == NULL) return hf_fail(f->s, SQLITE_NOMEM, NULL);
    if (set->n > 0) memcpy(all, set->metric, set->n * sizeof(*all));
    set->metric = all;
    *room = more;
  }
  m = &set->metric[set->n++];
  m->name = name;
  m->samples.ts = ts;
  m->samples.value = p->value[col];
  m->samples.n = n;
  m->samples.kind = kind;
  m->samples.step = 0;
  if (isnan(set->last) || ts[n - 1] > set->last) set->last = ts[n - 1];
  return SQLITE_OK;
}

static hf_kind fleet_kind(const char *z) {
  static const char *const word[] = {"gauge", "delta", "counter", "quantile",
                                     "state"};
  int i;
  for (i = 0; z != NULL && i < 5; i++) {
    if (strcmp(z, word[i]) == 0) return (hf_kind)i;
  }
  return HF_GAUGE;
}

static int fleet_wide(hf_fleet *f, const fleet_span *q, hf_metric_set *set,
                      size_t *room) {
  sqlite3_stmt **st = &f->wide[q->oldest];
  fleet_page p;
  size_t k;
  int rc = hf_fleet_need(f, st,
                         q->oldest
                             ? "SELECT ts, cpu_percent, memory_percent,"
                               " disk_percent, network_errors, response_time_ms"
                               " FROM \"%w\".hf_health_metrics"
                               " WHERE component = ?1 AND ts BETWEEN ?2 AND ?3"
                               " ORDER BY ts LIMIT ?4"
                             : "SELECT ts, cpu_percent, memory_percent,"
                               " disk_percent, network_errors, response_time_ms"
                               " FROM \"%w\".hf_health_metrics"
                               " WHERE component = ?1 AND ts BETWEEN ?2 AND ?3"
                               " ORDER BY ts DESC LIMIT ?4");
  if (rc == SQLITE_OK)
    rc = hf_fleet_bound(f, sqlite3_bind_value(*st, 1, f->m.key));
  memset(&p, 0, sizeof(p));
  p.wide = FLEET_WIDE;
  for (k = 0; k < FLEET_WIDE; k++)
    p.rows[k] = fleet_want(q, fleet_wide_name[k]);
  if (rc == SQLITE_OK) rc = fleet_rows(f, *st, q, &p);
  for (k = 0; k < FLEET_WIDE && rc == SQLITE_OK; k++) {
    rc =
        fleet_add(f, set, room, fleet_wide_name[k], HF_GAUGE, &p, k, q->oldest);
  }
  return rc;
}

static int fleet_narrow(hf_fleet *f, const fleet_span *q, hf_metric_set *set,
                        size_t *room) {
  sqlite3_stmt **st = &f->narrow[q->oldest];
  size_t wide = set->n;
  int rc =
      hf_fleet_need(f, st,
                    q->oldest ? "SELECT ts, value FROM \"%w\".hf_metric_samples"
                                " WHERE id = ?1 AND ts BETWEEN ?2 AND ?3"
                                " ORDER BY ts LIMIT ?4"
                              : "SELECT ts, value FROM \"%w\".hf_metric_samples"
                                " WHERE id = ?1 AND ts BETWEEN ?2 AND ?3"
                                " ORDER BY ts DESC LIMIT ?4");
  if (rc == SQLITE_OK) rc = hf_fleet_names(f);
  if (rc != SQLITE_OK) return rc;
  while ((rc = hf_step(f->s, f->names)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(f->names, 1);
    fleet_page p;
    size_t k;
    if (name == NULL) name = "";
    for (k = 0; k < wide && strcmp(set->metric[k].name, name) != 0;) k++;
    memset(&p, 0, sizeof(p));
    p.wide = 1;
    p.rows[0] = fleet_want(q, name);
    if (k < wide || p.rows[0] == 0) continue;
    name = hf_strdup(&f->s->work, name);
    if (name == NULL) {
      rc = hf_fail(f->s, SQLITE_NOMEM, NULL);
      break;
    }
    rc = hf_fleet_bound(
        f, sqlite3_bind_int64(*st, 1, sqlite3_column_int64(f->names, 0)));
    if (rc == SQLITE_OK) rc = fleet_rows(f, *st, q, &p);
    if (rc == SQLITE_OK) {
      rc = fleet_add(f, set, room, name,
                     fleet_kind((const char *)sqlite3_column_text(f->names, 2)),
                     &p, 0, q->oldest);
    }
    if (rc != SQLITE_OK) break;
  }
  sqlite3_reset(f->names);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int fleet_read(hf_fleet *f, const fleet_span *q, hf_metric_set *out) {
  size_t room = 0;
  int rc;
  memset(out, 0, sizeof(*out));
  out->last = NAN;
  if (!(q->from <= q->until)) return SQLITE_OK;
  rc = fleet_wide(f, q, out, &room);
  if (rc == SQLITE_OK) rc = fleet_narrow(f, q, out, &room);
  return rc;
}

int hf_fleet_read_until(hf_fleet *f, double until, size_t newest,
                        hf_metric_set *out) {
  double limit = hf_fleet_limit(f);
  fleet_span q = {-HF_TS_MAX, 0, 0, NULL, NULL, 0};
  q.until = until < limit ? until : limit;
  q.limit = newest;
  return fleet_read(f, &q, out);
}

int hf_fleet_read(hf_fleet *f, size_t newest, hf_metric_set *out) {
  return hf_fleet_read_until(f, HF_TS_MAX, newest, out);
}

int hf_fleet_read_each(hf_fleet *f, double until, hf_fleet_depth depth,
                       void *ctx, hf_metric_set *out) {
  double limit = hf_fleet_limit(f);
  fleet_span q = {-HF_TS_MAX, 0, 0, NULL, NULL, 0};
  q.until = until < limit ? until : limit;
  q.depth = depth;
  q.ctx = ctx;
  return fleet_read(f, &q, out);
}

int hf_fleet_read_oldest(hf_fleet *f, double from, size_t oldest,
                         hf_metric_set *out) {
  fleet_span q = {-HF_TS_MAX, 0, 0, NULL, NULL, 1};
  if (from > q.from) q.from = from;
  q.until = hf_fleet_limit(f);
  q.limit = oldest;
  return fleet_read(f, &q, out);
}
