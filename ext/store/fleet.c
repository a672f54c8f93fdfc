/*
** fleet.c: the components of the history, one after another (fleet.h).
**
** The list is a merge of three loose index scans, one a table that knows
** components: each asks its index for the smallest name at or above a bound,
** and the bound behind name x is x with a zero byte appended, the smallest
** text above it. Names that are no text cannot be ordered so and are not
** seen; only a foreign hand can put them there.
**
** Samples are read by primary key: (component, ts) for the wide table, (id,
** ts) for the narrow one. The newest n come backwards and are turned around.
**
** All statements belong to the call and are finalised by hf_fleet_close().
*/
#include "fleet.h"

#include <math.h>
#include <string.h>

enum { FLEET_LISTS = 3, FLEET_WIDE = 5, FLEET_ROOM = 64 };

static const char *const fleet_list_table[FLEET_LISTS] = {
    "hf_health_metrics", "hf_metric_names", "hf_components"};

static const char *const fleet_wide_name[FLEET_WIDE] = {
    "cpu_percent", "memory_percent", "disk_percent", "network_errors",
    "response_time_ms"};

/* One loose scan. */
typedef struct fleet_list {
  sqlite3_stmt *st;
  sqlite3_value *head; /* smallest name not handed out yet; NULL: none left */
  int fresh;           /* 1: head is still to be read */
} fleet_list;

struct hf_fleet {
  hf_session *s;
  fleet_list list[FLEET_LISTS];
  sqlite3_value *only; /* the one component asked for, a copy; NULL: all */
  int only_done;
  sqlite3_value *at; /* name that hf_fleet_next() goes on behind */
  hf_member m;
  int early;                 /* 1: commissioned after as_of */
  sqlite3_stmt *card;        /* a row of hf_components */
  sqlite3_stmt *failed;      /* count and newest of hf_failures */
  sqlite3_stmt *known;       /* whether any list has a name */
  sqlite3_stmt *wide[2];     /* newest first, oldest first */
  sqlite3_stmt *names;       /* narrow metrics of a component */
  sqlite3_stmt *narrow[2];   /* newest first, oldest first */
  sqlite3_stmt *wide_last;   /* newest ts of the wide table */
  sqlite3_stmt *narrow_last; /* newest ts of an id */
};

/* Prepares a statement once. `fmt` holds one %w for the schema. */
static int fleet_need(hf_fleet *f, sqlite3_stmt **st, const char *fmt) {
  if (*st != NULL) return SQLITE_OK;
  return hf_prepare(f->s, st, fmt, f->s->schema);
}

static double fleet_limit(const hf_fleet *f) {
  return isnan(f->s->as_of) ? HF_TS_MAX : f->s->as_of;
}

static int fleet_bound(hf_fleet *f, int rc) {
  return rc == SQLITE_OK ? SQLITE_OK : hf_fail_db(f->s, rc);
}

/* Replaces a held value by a copy of another. */
static int fleet_keep(hf_fleet *f, sqlite3_value **slot,
                      const sqlite3_value *v) {
  sqlite3_value *copy = NULL;
  if (v != NULL) {
    copy = sqlite3_value_dup(v);
    if (copy == NULL) return hf_fail(f->s, SQLITE_NOMEM, NULL);
  }
  sqlite3_value_free(*slot);
  *slot = copy;
  return SQLITE_OK;
}

/* Order of two texts by their bytes, as BINARY collation has it. */
static int fleet_order(sqlite3_value *a, sqlite3_value *b) {
  const unsigned char *x = sqlite3_value_text(a);
  const unsigned char *y = sqlite3_value_text(b);
  int n = sqlite3_value_bytes(a), k = sqlite3_value_bytes(b);
  int low = n < k ? n : k;
  int c = low > 0 && x != NULL && y != NULL ? memcmp(x, y, (size_t)low) : 0;
  if (c != 0) return c;
  return n < k ? -1 : n > k;
}

/* Reads the head of a list: the smallest name above `after` (NULL: any). */
static int fleet_advance(hf_fleet *f, fleet_list *l, sqlite3_value *after) {
  char *bound = NULL;
  int n = 0, rc;
  if (after != NULL) {
    const unsigned char *z = sqlite3_value_text(after);
    n = sqlite3_value_bytes(after);
    if (z == NULL) return hf_fail(f->s, SQLITE_NOMEM, NULL);
    bound = sqlite3_malloc64((sqlite3_uint64)n + 1);
    if (bound == NULL) return hf_fail(f->s, SQLITE_NOMEM, NULL);
    memcpy(bound, z, (size_t)n);
    bound[n++] = '\0';
    rc = sqlite3_bind_text(l->st, 1, bound, n, sqlite3_free);
  } else {
    rc = sqlite3_bind_text(l->st, 1, "", 0, SQLITE_STATIC);
  }
  if (rc != SQLITE_OK) return hf_fail_db(f->s, rc);
  rc = hf_step(f->s, l->st);
  if (rc == SQLITE_ROW) {
    sqlite3_value *v = sqlite3_column_value(l->st, 0);
    rc = fleet_keep(f, &l->head, v);
    /* a view in the table's place may answer anything: never go back */
    if (rc == SQLITE_OK && after != NULL && fleet_order(l->head, after) <= 0) {
      rc = hf_fail(f->s, SQLITE_CORRUPT, "%s is not ordered by component",
                   "the history");
    }
  } else if (rc == SQLITE_DONE) {
    rc = fleet_keep(f, &l->head, NULL);
  }
  l->fresh = 0;
  sqlite3_reset(l->st);
  return rc;
}

/* Fills the card of the component whose key is held. */
static int fleet_card(hf_fleet *f) {
  hf_member *m = &f->m;
  double limit = fleet_limit(f);
  int rc;
  m->name = (const char *)sqlite3_value_text(m->key);
  if (m->name == NULL) return hf_fail(f->s, SQLITE_NOMEM, NULL);
  m->kind = "";
  m->listed = f->early = 0;
  m->commissioned = m->retired = m->failed = NAN;
  m->failures = 0;
  rc = fleet_need(f, &f->card,
                  "SELECT kind, commissioned_ts, retired_ts"
                  " FROM \"%w\".hf_components WHERE component = ?1");
  if (rc == SQLITE_OK) {
    rc = fleet_bound(f, sqlite3_bind_value(f->card, 1, m->key));
  }
  if (rc != SQLITE_OK) return rc;
  sqlite3_reset(f->card); /* the kind of the last one pointed into it */
  rc = hf_step(f->s, f->card);
  if (rc == SQLITE_ROW) {
    const char *kind = (const char *)sqlite3_column_text(f->card, 0);
    m->kind = kind != NULL ? kind : "";
    m->listed = 1;
    if (sqlite3_column_type(f->card, 1) != SQLITE_NULL) {
      m->commissioned = sqlite3_column_double(f->card, 1);
    }
    if (sqlite3_column_type(f->card, 2) != SQLITE_NULL) {
      m->retired = sqlite3_column_double(f->card, 2);
    }
    f->early = m->commissioned > limit;
    if (f->early) m->commissioned = NAN;
    if (!(m->retired <= limit)) m->retired = NAN;
  } else if (rc != SQLITE_DONE) {
    return rc;
  }
  rc = fleet_need(f, &f->failed,
                  "SELECT count(*), max(ts) FROM \"%w\".hf_failures"
                  " WHERE component = ?1 AND ts <= ?2");
  if (rc == SQLITE_OK) {
    rc = fleet_bound(f, sqlite3_bind_value(f->failed, 1, m->key));
  }
  if (rc == SQLITE_OK) {
    rc = fleet_bound(f, sqlite3_bind_double(f->failed, 2, limit));
  }
  if (rc != SQLITE_OK) return rc;
  rc = hf_step(f->s, f->failed);
  if (rc == SQLITE_ROW) {
    m->failures = (size_t)sqlite3_column_int64(f->failed, 0);
    if (m->failures > 0) m->failed = sqlite3_column_double(f->failed, 1);
    rc = SQLITE_OK;
  }
  sqlite3_reset(f->failed);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_fleet_open(hf_session *s, sqlite3_value *component, hf_fleet **out) {
  hf_fleet *f = hf_work_zeroed(&s->hold, 1, sizeof(*f));
  int rc = SQLITE_OK, i;
  *out = f;
  if (f == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  f->s = s;
  if (component != NULL && sqlite3_value_type(component) != SQLITE_NULL) {
    return fleet_keep(f, &f->only, component);
  }
  for (i = 0; i < FLEET_LISTS && rc == SQLITE_OK; i++) {
    f->list[i].fresh = 1;
    rc = hf_prepare(s, &f->list[i].st,
                    "SELECT component FROM \"%w\".\"%w\" WHERE component >= ?1"
                    " AND component < x'' ORDER BY component LIMIT 1",
                    s->schema, fleet_list_table[i]);
  }
  return rc;
}

/* Moves to the component with this key. SQLITE_ROW, or SQLITE_DONE when at
** as_of there was nothing of it. */
static int fleet_move(hf_fleet *f, const sqlite3_value *key) {
  double last;
  int rc;
  if (f->card != NULL) sqlite3_reset(f->card);
  rc = fleet_keep(f, &f->m.key, key);
  if (rc == SQLITE_OK) rc = fleet_card(f);
  if (rc != SQLITE_OK) return rc;
  if (isnan(f->s->as_of) || f->m.failures > 0) return SQLITE_ROW;
  if (f->m.listed && !f->early) return SQLITE_ROW;
  rc = hf_fleet_last(f, &last);
  if (rc != SQLITE_OK) return rc;
  return isnan(last) ? SQLITE_DONE : SQLITE_ROW;
}

/* Prepares the search for one name, to be bound to ?1. */
static int fleet_ask(hf_fleet *f) {
  const char *z = f->s->schema;
  if (f->known != NULL) return SQLITE_OK;
  return hf_prepare(f->s, &f->known,
                    "SELECT CAST(?1 AS TEXT),"
                    " EXISTS(SELECT 1 FROM \"%w\".hf_health_metrics"
                    " WHERE component = ?1)"
                    " OR EXISTS(SELECT 1 FROM \"%w\".hf_metric_names"
                    " WHERE component = ?1)"
                    " OR EXISTS(SELECT 1 FROM \"%w\".hf_components"
                    " WHERE component = ?1)",
                    z, z, z);
}

/* Moves to the name that was bound. */
static int fleet_seek(hf_fleet *f) {
  int rc = hf_step(f->s, f->known), i;
  if (rc == SQLITE_ROW && sqlite3_column_int(f->known, 1) == 0) {
    rc = SQLITE_DONE;
  }
  if (rc == SQLITE_ROW) {
    rc = fleet_keep(f, &f->at, sqlite3_column_value(f->known, 0));
    for (i = 0; i < FLEET_LISTS; i++) f->list[i].fresh = 1;
    if (rc == SQLITE_OK) rc = fleet_move(f, f->at);
  }
  sqlite3_reset(f->known);
  return rc;
}

int hf_fleet_next(hf_fleet *f) {
  int rc, i;
  if (f->only != NULL) {
    if (f->only_done) return SQLITE_DONE;
    f->only_done = 1;
    rc = fleet_ask(f);
    if (rc == SQLITE_OK) {
      rc = fleet_bound(f, sqlite3_bind_value(f->known, 1, f->only));
    }
    return rc == SQLITE_OK ? fleet_seek(f) : rc;
  }
  for (;;) {
    sqlite3_value *low = NULL;
    for (i = 0; i < FLEET_LISTS; i++) {
      fleet_list *l = &f->list[i];
      if (l->fresh) {
        rc = fleet_advance(f, l, f->at);
        if (rc != SQLITE_OK) return rc;
      }
      if (l->head != NULL && (low == NULL || fleet_order(l->head, low) < 0)) {
        low = l->head;
      }
    }
    if (low == NULL) return SQLITE_DONE;
    for (i = 0; i < FLEET_LISTS; i++) {
      fleet_list *l = &f->list[i];
      if (l->head != NULL && fleet_order(l->head, low) == 0) l->fresh = 1;
    }
    rc = fleet_keep(f, &f->at, low);
    if (rc == SQLITE_OK) rc = fleet_move(f, f->at);
    if (rc != SQLITE_DONE) return rc;
  }
}

int hf_fleet_find(hf_fleet *f, const char *name) {
  int rc = fleet_ask(f);
  if (rc == SQLITE_OK) {
    rc = fleet_bound(
        f, sqlite3_bind_text(f->known, 1, name, -1, SQLITE_TRANSIENT));
  }
  return rc == SQLITE_OK ? fleet_seek(f) : rc;
}

const hf_member *hf_fleet_member(const hf_fleet *f) {
  return &f->m;
}

/* Columns of one table while they are read. */
typedef struct fleet_page {
  double *ts;                /* [n] */
  double *value[FLEET_WIDE]; /* [n] each, the first `wide` in use */
  size_t n, room, wide;
} fleet_page;

static int fleet_grow(hf_fleet *f, fleet_page *p) {
  size_t room = p->room == 0 ? FLEET_ROOM : p->room * 2, k;
  double *ts = hf_work_reals(&f->s->work, room);
  if (ts == NULL) return hf_fail(f->s, SQLITE_NOMEM, NULL);
  if (p->n > 0) memcpy(ts, p->ts, p->n * sizeof(double));
  p->ts = ts;
  for (k = 0; k < p->wide; k++) {
    double *v = hf_work_reals(&f->s->work, room);
    if (v == NULL) return hf_fail(f->s, SQLITE_NOMEM, NULL);
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
  double from, until; /* unix seconds, inclusive */
  size_t limit;       /* rows */
  int oldest;         /* 1: the oldest ones, 0: the newest */
} fleet_span;

/* Runs a bound statement (ts, values ...) into a page, upwards in time. */
static int fleet_rows(hf_fleet *f, sqlite3_stmt *st, const fleet_span *q,
                      fleet_page *p) {
  int rc;
  size_t k;
  sqlite3_int64 limit = q->limit < 0x7fffffff ? (sqlite3_int64)q->limit : -1;
  p->n = p->room = 0;
  rc = sqlite3_bind_double(st, 2, q->from);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 3, q->until);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(st, 4, limit);
  if (rc != SQLITE_OK) return hf_fail_db(f->s, rc);
  while ((rc = hf_step(f->s, st)) == SQLITE_ROW) {
    if (p->n == p->room && (rc = fleet_grow(f, p)) != SQLITE_OK) break;
    p->ts[p->n] = sqlite3_column_double(st, 0);
    for (k = 0; k < p->wide; k++) {
      p->value[k][p->n] = fleet_value(st, 1 + (int)k);
    }
    p->n++;
  }
  sqlite3_reset(st);
  if (rc != SQLITE_DONE) return rc;
  if (!q->oldest && p->n > 0) {
    fleet_turn(p->ts, p->n);
    for (k = 0; k < p->wide; k++) fleet_turn(p->value[k], p->n);
  }
  return SQLITE_OK;
}

/* Appends a metric unless it holds no value at all. */
static int fleet_add(hf_fleet *f, hf_metric_set *set, size_t *room,
                     const char *name, hf_kind kind, const fleet_page *p,
                     size_t col) {
  hf_metric *m;
  size_t i = 0;
  while (i < p->n && isnan(p->value[col][i])) i++;
  if (i == p->n) return SQLITE_OK;
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
  m->samples.ts = p->ts;
  m->samples.value = p->value[col];
  m->samples.n = p->n;
  m->samples.kind = kind;
  m->samples.step = 0;
  if (isnan(set->last) || p->ts[p->n - 1] > set->last) {
    set->last = p->ts[p->n - 1];
  }
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
  int rc =
      fleet_need(f, st,
                 q->oldest ? "SELECT ts, cpu_percent, memory_percent,"
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
    rc = fleet_bound(f, sqlite3_bind_value(*st, 1, f->m.key));
  memset(&p, 0, sizeof(p));
  p.wide = FLEET_WIDE;
  if (rc == SQLITE_OK) rc = fleet_rows(f, *st, q, &p);
  for (k = 0; k < FLEET_WIDE && rc == SQLITE_OK; k++) {
    rc = fleet_add(f, set, room, fleet_wide_name[k], HF_GAUGE, &p, k);
  }
  return rc;
}

static int fleet_names(hf_fleet *f) {
  int rc = fleet_need(f, &f->names,
                      "SELECT id, metric, kind FROM \"%w\".hf_metric_names"
                      " WHERE component = ?1 ORDER BY metric, id");
  if (rc == SQLITE_OK) {
    rc = fleet_bound(f, sqlite3_bind_value(f->names, 1, f->m.key));
  }
  return rc;
}

static int fleet_narrow(hf_fleet *f, const fleet_span *q, hf_metric_set *set,
                        size_t *room) {
  sqlite3_stmt **st = &f->narrow[q->oldest];
  size_t wide = set->n;
  int rc =
      fleet_need(f, st,
                 q->oldest ? "SELECT ts, value FROM \"%w\".hf_metric_samples"
                             " WHERE id = ?1 AND ts BETWEEN ?2 AND ?3"
                             " ORDER BY ts LIMIT ?4"
                           : "SELECT ts, value FROM \"%w\".hf_metric_samples"
                             " WHERE id = ?1 AND ts BETWEEN ?2 AND ?3"
                             " ORDER BY ts DESC LIMIT ?4");
  if (rc == SQLITE_OK) rc = fleet_names(f);
  if (rc != SQLITE_OK) return rc;
  while ((rc = hf_step(f->s, f->names)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(f->names, 1);
    fleet_page p;
    size_t k;
    if (name == NULL) name = "";
    for (k = 0; k < wide && strcmp(set->metric[k].name, name) != 0;) k++;
    if (k < wide) continue;
    name = hf_strdup(&f->s->work, name);
    if (name == NULL) {
      rc = hf_fail(f->s, SQLITE_NOMEM, NULL);
      break;
    }
    memset(&p, 0, sizeof(p));
    p.wide = 1;
    rc = fleet_bound(
        f, sqlite3_bind_int64(*st, 1, sqlite3_column_int64(f->names, 0)));
    if (rc == SQLITE_OK) rc = fleet_rows(f, *st, q, &p);
    if (rc == SQLITE_OK) {
      rc = fleet_add(f, set, room, name,
                     fleet_kind((const char *)sqlite3_column_text(f->names, 2)),
                     &p, 0);
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
  if (!(q->from <= q->until) || q->limit == 0) return SQLITE_OK;
  rc = fleet_wide(f, q, out, &room);
  if (rc == SQLITE_OK) rc = fleet_narrow(f, q, out, &room);
  return rc;
}

int hf_fleet_read_until(hf_fleet *f, double until, size_t newest,
                        hf_metric_set *out) {
  double limit = fleet_limit(f);
  fleet_span q = {-HF_TS_MAX, 0, 0, 0};
  q.until = until < limit ? until : limit;
  q.limit = newest;
  return fleet_read(f, &q, out);
}

int hf_fleet_read(hf_fleet *f, size_t newest, hf_metric_set *out) {
  return hf_fleet_read_until(f, HF_TS_MAX, newest, out);
}

int hf_fleet_read_oldest(hf_fleet *f, double from, size_t oldest,
                         hf_metric_set *out) {
  fleet_span q = {-HF_TS_MAX, 0, 0, 1};
  if (from > q.from) q.from = from;
  q.until = fleet_limit(f);
  q.limit = oldest;
  return fleet_read(f, &q, out);
}

/* Newest ts by a statement with key ?1 and limit ?2, into *ts if newer. */
static int fleet_max(hf_fleet *f, sqlite3_stmt *st, double *ts) {
  int rc = fleet_bound(f, sqlite3_bind_double(st, 2, fleet_limit(f)));
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
  int rc = fleet_need(f, &f->wide_last,
                      "SELECT max(ts) FROM \"%w\".hf_health_metrics"
                      " WHERE component = ?1 AND ts <= ?2");
  *ts = NAN;
  if (rc == SQLITE_OK) {
    rc = fleet_bound(f, sqlite3_bind_value(f->wide_last, 1, f->m.key));
  }
  if (rc == SQLITE_OK) rc = fleet_max(f, f->wide_last, ts);
  if (rc == SQLITE_OK) {
    rc = fleet_need(f, &f->narrow_last,
                    "SELECT max(ts) FROM \"%w\".hf_metric_samples"
                    " WHERE id = ?1 AND ts <= ?2");
  }
  if (rc == SQLITE_OK) rc = fleet_names(f);
  if (rc != SQLITE_OK) return rc;
  while ((rc = hf_step(f->s, f->names)) == SQLITE_ROW) {
    rc = fleet_bound(f, sqlite3_bind_int64(f->narrow_last, 1,
                                           sqlite3_column_int64(f->names, 0)));
    if (rc == SQLITE_OK) rc = fleet_max(f, f->narrow_last, ts);
    if (rc != SQLITE_OK) break;
  }
  sqlite3_reset(f->names);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
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
  if (rc == SQLITE_OK) rc = fleet_bound(f, sqlite3_bind_zeroblob(st, 1, 0));
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
    rc = fleet_bound(f, sqlite3_bind_text(st, 1, at, (int)n, SQLITE_STATIC));
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int hf_fleet_now(hf_fleet *f, double *ts) {
  sqlite3_stmt *st = NULL;
  const char *z = f->s->schema;
  int rc;
  *ts = f->s->as_of;
  if (!isnan(*ts)) return SQLITE_OK;
  rc = fleet_newest_wide(f, ts);
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

void hf_fleet_close(hf_fleet *f) {
  int i;
  for (i = 0; i < FLEET_LISTS; i++) {
    hf_finalize(f->list[i].st);
    sqlite3_value_free(f->list[i].head);
  }
  for (i = 0; i < 2; i++) {
    hf_finalize(f->wide[i]);
    hf_finalize(f->narrow[i]);
  }
  hf_finalize(f->card);
  hf_finalize(f->failed);
  hf_finalize(f->known);
  hf_finalize(f->names);
  hf_finalize(f->wide_last);
  hf_finalize(f->narrow_last);
  sqlite3_value_free(f->only);
  sqlite3_value_free(f->at);
  sqlite3_value_free(f->m.key);
}
