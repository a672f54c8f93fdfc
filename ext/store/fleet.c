/*
** fleet.c: the components of the history, one after another (fleet.h).
**
** The list is a merge of loose index scans, one a table that knows components:
** each asks its index for the smallest name at or above a bound, and the bound
** behind name x is x with a zero byte appended, the smallest text above it. The
** last scan asks for what has only buckets left, once for each column. Names
** that are no text cannot be ordered so and are not seen; only a foreign hand
** can put them there.
**
** All statements belong to the call and are finalised by hf_fleet_close().
** Samples are read in fleet_read.c, newest stamps in fleet_last.c.
*/
#include "fleet_state.h"

#include <math.h>
#include <string.h>

enum { FLEET_TABLES = 3 }; /* lists that are read from a table each */

static const char *const fleet_list_table[FLEET_TABLES] = {
    "hf_health_metrics", "hf_metric_names", "hf_components"};

int hf_fleet_need(hf_fleet *f, sqlite3_stmt **st, const char *fmt) {
  if (*st != NULL) return SQLITE_OK;
  return hf_prepare(f->s, st, fmt, f->s->schema);
}

double hf_fleet_limit(const hf_fleet *f) {
  return isnan(f->s->as_of) ? HF_TS_MAX : f->s->as_of;
}

int hf_fleet_bound(hf_fleet *f, int rc) {
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
  double limit = hf_fleet_limit(f);
  int rc;
  m->name = (const char *)sqlite3_value_text(m->key);
  if (m->name == NULL) return hf_fail(f->s, SQLITE_NOMEM, NULL);
  m->kind = "";
  m->listed = f->early = 0;
  m->commissioned = m->retired = m->failed = NAN;
  m->failures = 0;
  rc = hf_fleet_need(f, &f->card,
                     "SELECT kind, commissioned_ts, retired_ts"
                     " FROM \"%w\".hf_components WHERE component = ?1");
  if (rc == SQLITE_OK) {
    rc = hf_fleet_bound(f, sqlite3_bind_value(f->card, 1, m->key));
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
  rc = hf_fleet_need(f, &f->failed,
                     "SELECT count(*), max(ts) FROM \"%w\".hf_failures"
                     " WHERE component = ?1 AND ts <= ?2");
  if (rc == SQLITE_OK) {
    rc = hf_fleet_bound(f, sqlite3_bind_value(f->failed, 1, m->key));
  }
  if (rc == SQLITE_OK) {
    rc = hf_fleet_bound(f, sqlite3_bind_double(f->failed, 2, limit));
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
  f->rolls = hf_has_table(s, s->schema, "hf_rollup_names") &&
             hf_has_table(s, s->schema, "hf_rollups");
  if (s->rc != SQLITE_OK) return s->rc;
  if (component != NULL && sqlite3_value_type(component) != SQLITE_NULL) {
    return fleet_keep(f, &f->only, component);
  }
  for (i = 0; i < FLEET_TABLES && rc == SQLITE_OK; i++) {
    f->list[i].fresh = 1;
    rc = hf_prepare(s, &f->list[i].st,
                    "SELECT component FROM \"%w\".\"%w\" WHERE component >= ?1"
                    " AND component < x'' ORDER BY component LIMIT 1",
                    s->schema, fleet_list_table[i]);
  }
  if (rc != SQLITE_OK || !f->rolls) return rc;
  f->list[FLEET_TABLES].fresh = 1;
  return hf_prepare(s, &f->list[FLEET_TABLES].st,
                    "SELECT min(c) FROM (SELECT (SELECT min(component)"
                    " FROM \"%w\".hf_rollup_names WHERE series = w.column1"
                    " AND component >= ?1 AND component < x'') AS c"
                    " FROM (VALUES " FLEET_SERIES_ROWS ") AS w)"
                    " HAVING min(c) IS NOT NULL",
                    s->schema);
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
  if (isnan(last)) rc = hf_fleet_rolled(f, &last);
  if (rc != SQLITE_OK) return rc;
  return isnan(last) ? SQLITE_DONE : SQLITE_ROW;
}

/* Prepares the search for one name, to be bound to ?1. */
static int fleet_ask(hf_fleet *f) {
  const char *z = f->s->schema;
  if (f->known != NULL) return SQLITE_OK;
  if (f->rolls) {
    return hf_prepare(f->s, &f->known,
                      "SELECT CAST(?1 AS TEXT), EXISTS(SELECT 1 FROM"
                      " \"%w\".hf_health_metrics WHERE component = ?1)"
                      " OR EXISTS(SELECT 1 FROM \"%w\".hf_metric_names"
                      " WHERE component = ?1)"
                      " OR EXISTS(SELECT 1 FROM \"%w\".hf_components"
                      " WHERE component = ?1)"
                      " OR EXISTS(SELECT 1 FROM \"%w\".hf_rollup_names"
                      " WHERE series IN (VALUES " FLEET_SERIES_ROWS
                      ") AND component = ?1)",
                      z, z, z, z);
  }
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
      rc = hf_fleet_bound(f, sqlite3_bind_value(f->known, 1, f->only));
    }
    return rc == SQLITE_OK ? fleet_seek(f) : rc;
  }
  for (;;) {
    sqlite3_value *low = NULL;
    for (i = 0; i < FLEET_TABLES + f->rolls; i++) {
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
    rc = hf_fleet_bound(
        f, sqlite3_bind_text(f->known, 1, name, -1, SQLITE_TRANSIENT));
  }
  return rc == SQLITE_OK ? fleet_seek(f) : rc;
}

int hf_fleet_names(hf_fleet *f) {
  int rc = hf_fleet_need(f, &f->names,
                         "SELECT id, metric, kind FROM \"%w\".hf_metric_names"
                         " WHERE component = ?1 ORDER BY metric, id");
  if (rc == SQLITE_OK) {
    rc = hf_fleet_bound(f, sqlite3_bind_value(f->names, 1, f->m.key));
  }
  return rc;
}

const hf_member *hf_fleet_member(const hf_fleet *f) {
  return &f->m;
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
  hf_finalize(f->rolled);
  sqlite3_value_free(f->only);
  sqlite3_value_free(f->at);
  sqlite3_value_free(f->m.key);
}
