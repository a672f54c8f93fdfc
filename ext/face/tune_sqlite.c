/*
** tune_sqlite.c: the rows of hf_tune() about the SQLite that holds the history.
**
**   SELECT setting, current, recommended, expected_gain, detail, reason
**   FROM hf_tune() WHERE area = 'sqlite';
**
** cache_size is planned by ops/sqlite_cache.c, and hf_apply() carries it out.
** Of the other settings SQLite does not tell what they do: their rows show what
** the history says of them, and leave the gain NULL. gain_hi is then a bound
** where there is one. What a person should know before setting them is in the
** reason: mmap_size turns an I/O error into a signal that ends the process,
** temp_store drops temporary tables.
*/
#include "tune.h"

#include <math.h>
#include <string.h>
#include "advise_sqlite.h"

enum { TUNE_RUNS = 20000, TUNE_STATEMENTS = 64 };

/* Sorting below this share of time is not worth a word. */
static const double tune_sorts_worth = 0.05;

/* Rows as they are made. */
typedef struct tune_list {
  hf_session *s;
  hf_tune_row *row;
  size_t n;
} tune_list;

/* A row with nothing said yet; NULL: there is no room. */
static hf_tune_row *tune_list_add(tune_list *l, const char *setting,
                                  const char *unit) {
  hf_tune_row *r;
  if (l->n == HF_TUNE_SQLITE) return NULL;
  r = &l->row[l->n++];
  memset(r, 0, sizeof(*r));
  r->area = "sqlite";
  r->setting = setting;
  r->unit = unit;
  r->status = "ok";
  r->current = r->recommended = r->gain = r->lo = r->hi = r->confidence = NAN;
  return r;
}

static int tune_said(tune_list *l, const char *text) {
  return text != NULL ? SQLITE_OK : hf_fail(l->s, SQLITE_NOMEM, NULL);
}

static int tune_cache_size(tune_list *l, const hf_sqlite_advice *a) {
  hf_tune_row *r = tune_list_add(l, "cache_size", "MB");
  const hf_sqlite_cache_plan *p = &a->plan;
  if (r == NULL) return SQLITE_OK;
  r->current = p->current;
  r->recommended = p->recommended;
  r->gain = p->gain;
  r->lo = p->gain_lo;
  r->hi = p->gain_hi;
  r->confidence = p->confidence;
  if (p->state == HF_SQLITE_NONE || p->state == HF_SQLITE_FEW) {
    r->status = "insufficient_data";
  }
  if (p->state == HF_SQLITE_CAPPED) r->limit = "memory";
  if (!isnan(p->recommended) && p->recommended != p->current) {
    r->detail = hf_format(&l->s->work, "PRAGMA \"%w\".cache_size = %lld",
                          l->s->schema, hf_sqlite_cache_value(p->recommended));
    if (r->detail == NULL) return tune_said(l, NULL);
  }
  r->reason = hf_sqlite_cache_reason(l->s, a);
  return r->reason != NULL ? SQLITE_OK : SQLITE_NOMEM;
}

static int tune_mmap(tune_list *l, const hf_sqlite_advice *a) {
  double mb = a->h.mmap_mb[a->h.n - 1];
  hf_tune_row *r;
  if (isnan(mb)) return SQLITE_OK;
  r = tune_list_add(l, "mmap_size", "MB");
  if (r == NULL) return SQLITE_OK;
  r->current = r->recommended = mb;
  r->hi = mb > 0 ? NAN : a->miss_share;
  if (mb > 0) {
    r->reason = "mapped; an I/O error on a mapped file ends the process";
  } else if (isnan(a->miss_share)) {
    r->reason = "no captured statement tells what reading pages costs; an I/O "
                "error on a mapped file ends the process";
  } else {
    r->reason = hf_format(&l->s->work,
                          "at most the %.3g%% of the statements' time that go "
                          "into reading pages; an I/O error on a mapped file "
                          "ends the process: for a person to decide",
                          100 * a->miss_share);
  }
  return tune_said(l, r->reason);
}

/* Pages written a second over the newest collections of one connection; NaN:
** not known. */
static double tune_writes(const hf_sqlite_history *h) {
  size_t i, first = h->n;
  double seconds;
  for (i = h->n; i > 1; i--) {
    if (h->connection[i - 1] != h->connection[i - 2]) break;
    if (!(h->writes[i - 1] >= h->writes[i - 2])) break;
    first = i - 2;
  }
  if (first >= h->n) return NAN;
  seconds = h->ts[h->n - 1] - h->ts[first];
  return seconds > 0 ? (h->writes[h->n - 1] - h->writes[first]) / seconds : NAN;
}

static int tune_wal(tune_list *l, const hf_sqlite_advice *a) {
  double pages = a->h.autocheckpoint[a->h.n - 1], rate = tune_writes(&a->h);
  hf_tune_row *r;
  if (a->h.wal[a->h.n - 1] != 1 || isnan(pages)) return SQLITE_OK;
  r = tune_list_add(l, "wal_autocheckpoint", "pages");
  if (r == NULL) return SQLITE_OK;
  r->current = r->recommended = pages;
  if (pages <= 0) {
    r->reason = "off, or the application's own hook: left alone";
  } else if (isnan(rate)) {
    r->status = "insufficient_data";
    r->reason = "needs two collections of one connection";
  } else if (!(rate > 0)) {
    r->reason = "this connection has written nothing";
  } else {
    r->reason = hf_format(&l->s->work,
                          "%.3g pages written a second are a checkpoint every "
                          "%.3g s; SQLite does not tell what one takes",
                          rate, pages / rate);
  }
  return tune_said(l, r->reason);
}

static int tune_temp_store(tune_list *l, const hf_sqlite_advice *a,
                           const hf_statements *st) {
  double now = a->h.temp_store[a->h.n - 1], share = 0;
  hf_tune_row *r;
  size_t i;
  if (isnan(now) || !(st->ms > 0)) return SQLITE_OK;
  for (i = 0; i < st->n; i++) {
    if (st->one[i].sorts > 0 || st->one[i].automatic > 0) {
      share += st->one[i].ms / st->ms;
    }
  }
  r = tune_list_add(l, "temp_store", NULL);
  if (r == NULL) return SQLITE_OK;
  r->current = r->recommended = now;
  r->hi = now == 2 ? NAN : share;
  if (share < tune_sorts_worth) {
    r->reason = hf_format(&l->s->work,
                          "statements that sort or build an index of their own "
                          "take %.3g%% of the captured time",
                          100 * share);
  } else {
    r->reason = hf_format(&l->s->work,
                          "statements that sort or build an index of their own "
                          "take %.3g%% of the captured time; SQLite does not "
                          "tell whether they wrote files; setting it drops "
                          "temporary tables: for a person to decide",
                          100 * share);
  }
  return tune_said(l, r->reason);
}

static int tune_analyze(tune_list *l) {
  hf_unanalysed u;
  hf_tune_row *r;
  int rc = hf_read_unanalysed(l->s, &u);
  if (rc != SQLITE_OK || u.tables == 0) return rc;
  r = tune_list_add(l, "analyze", "tables due");
  if (r == NULL) return SQLITE_OK;
  r->current = u.tables;
  r->recommended = 0;
  r->detail = hf_format(&l->s->work, "ANALYZE \"%w\"", l->s->schema);
  if (r->detail == NULL) return tune_said(l, NULL);
  if (isnan(u.known)) {
    r->reason = hf_format(&l->s->work,
                          "the planner has no statistics of %s with about %.3g "
                          "rows; what plans would change is not known before",
                          u.name, u.rows);
  } else {
    r->reason =
        hf_format(&l->s->work,
                  "the planner's statistics say %.3g rows of %s, which "
                  "has about %.3g; what plans would change is not known "
                  "before",
                  u.known, u.name, u.rows);
  }
  return tune_said(l, r->reason);
}

int hf_tune_sqlite(hf_session *s, hf_tune_row *row, size_t *n, double *newest) {
  hf_sqlite_advice a;
  hf_statements st;
  tune_list l;
  double page;
  int rc = hf_advise_sqlite(s, 1, &a);
  l.s = s;
  l.row = row;
  l.n = 0;
  *n = 0;
  *newest = NAN;
  st.n = 0;
  if (rc == SQLITE_OK) rc = hf_read_page_size(s, &page);
  if (rc == SQLITE_OK) {
    rc = hf_read_statements(s, TUNE_RUNS, TUNE_STATEMENTS, page, &st);
  }
  if (rc != SQLITE_OK || (a.h.n == 0 && st.n == 0)) return rc;
  if (a.h.n > 0) {
    *newest = a.h.ts[a.h.n - 1];
    rc = tune_cache_size(&l, &a);
    if (rc == SQLITE_OK) rc = tune_mmap(&l, &a);
    if (rc == SQLITE_OK) rc = tune_wal(&l, &a);
    if (rc == SQLITE_OK) rc = tune_temp_store(&l, &a, &st);
  }
  if (rc == SQLITE_OK) rc = tune_analyze(&l);
  if (rc == SQLITE_OK) {
    rc = hf_tune_indexes(s, &st, a.least_ms,
                         a.plan.current / a.pages.database_mb, row + l.n,
                         HF_TUNE_SQLITE - l.n, n);
  }
  *n += l.n;
  if (!isnan(st.newest)) *newest = fmax(*newest, st.newest);
  return rc;
}
