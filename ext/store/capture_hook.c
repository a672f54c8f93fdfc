/*
** capture_hook.c: the trace hook of hf_capture().
**
** SQLITE_TRACE_STMT comes when a statement begins, SQLITE_TRACE_ROW for each
** row, SQLITE_TRACE_PROFILE when it ends: at its last row, on an error, or when
** it is reset or finalised before. SQLite's own time has milliseconds at best,
** so ours is taken at both ends. What a counter of sqlite3_stmt_status() shows
** is the difference between both ends; they are not reset, they are the
** application's.
**
** A statement that runs inside another one (a function's, a virtual table's, a
** trigger's program) is a part of that one; SQLite hands over a text of its
** own for it instead of that of the statement, and so tells it apart.
**
** A statement that finds the schema changed ends after two steps, is prepared
** again and begins anew, all in one sqlite3_step(). That end is no execution:
** the counter of re-preparations has grown when it is heard of again (since
** 3.38.3 without a second SQLITE_TRACE_STMT), and the record is taken back.
**
** SQLite does not tell the hook whether a statement ended well: one that failed
** or was interrupted has the time until then.
**
** What costs time is done once for several. The page counters of a connection
** are behind a mutex, and there are two of them: of a statement that is run
** again and again, each time in less than 10 us, CAPTURE_TOGETHER
** executions are counted at once and the pages shared out by their steps. Their
** sum is exact; where all took the same steps each is, too. A text is looked up
** by its hash once for each prepared statement, not for each execution.
*/
#include "capture_ring.h"

#include <string.h>

enum {
  CAPTURE_ATTEMPT = 2, /* steps until the schema has been looked at */
  CAPTURE_TOGETHER = 4 /* executions whose pages are asked for at once */
};

static const int capture_counters[HF_CAPTURE_COUNTERS] = {
    SQLITE_STMTSTATUS_VM_STEP, SQLITE_STMTSTATUS_FULLSCAN_STEP,
    SQLITE_STMTSTATUS_AUTOINDEX, SQLITE_STMTSTATUS_SORT,
    SQLITE_STMTSTATUS_REPREPARE};

void hf_capture_unknow(hf_capture *c) {
  memset(c->known, 0, sizeof(c->known));
}

static void capture_forget_texts(hf_capture *c) {
  int i;
  memset(c->text, 0, sizeof(c->text));
  c->text_count = 0;
  hf_capture_unknow(c);
  for (i = 0; i < c->pending_count; i++) c->pending[i].text = -1;
  c->ended.text = -1;
}

void hf_capture_forget(hf_capture *c) {
  c->query_count = 0;
  c->pool_used = 1; /* offset 0 is none */
  capture_forget_texts(c);
}

/* ---- statements by their text */

/* Copies n bytes and a 0 into the pool; 0: no room. */
static size_t capture_store(hf_capture *c, const char *z, size_t n) {
  size_t at = c->pool_used;
  if (n >= sizeof(c->pool) - at) return 0;
  memcpy(c->pool + at, z, n);
  c->pool[at + n] = 0;
  c->pool_used = at + n + 1;
  return at;
}

/* The statement of a shape, made when it is new. c->shape holds the normalised
** text. */
static int capture_query(hf_capture *c, uint64_t shape, const char *sql,
                         size_t n) {
  hf_capture_query *q;
  int i;
  for (i = 0; i < c->query_count; i++) {
    if (c->query[i].shape == shape) return i;
  }
  if (strstr(c->shape, "hf_capture(") != NULL) return HF_CAPTURE_OWN;
  if (i == HF_CAPTURE_QUERIES) return HF_CAPTURE_FULL;
  q = &c->query[i];
  memset(q, 0, sizeof(*q));
  q->shape = shape;
  q->text = capture_store(c, c->shape, strlen(c->shape));
  if (n <= HF_CAPTURE_SQL) q->sql = capture_store(c, sql, n);
  c->query_count++;
  return i;
}

/* What is known of a text. The table is emptied when three quarters are full:
** texts with literals in them may never come again. */
static int capture_text(hf_capture *c, const char *sql) {
  size_t n = strlen(sql);
  uint64_t hash = hf_sql_hash(sql, n) | 1;
  size_t at = (size_t)(hash >> 8) % HF_CAPTURE_TEXTS;
  hf_sql_digest d;
  while (c->text[at].hash != 0) {
    if (c->text[at].hash == hash) return (int)at;
    at = (at + 1) % HF_CAPTURE_TEXTS;
  }
  if (c->text_count >= HF_CAPTURE_TEXTS / 4 * 3) {
    capture_forget_texts(c);
    at = (size_t)(hash >> 8) % HF_CAPTURE_TEXTS;
  }
  hf_sql_normalise(sql, n, c->shape, sizeof(c->shape), &d);
  c->text[at].hash = hash;
  memcpy(&c->text[at].literals, &d.literals, sizeof(d.literals));
  c->text[at].parameters = d.parameters;
  c->text[at].query = capture_query(c, d.shape, sql, n);
  c->text_count++;
  return (int)at;
}

/* Where a prepared statement is kept. */
static hf_capture_prepared *capture_place(hf_capture *c,
                                          const sqlite3_stmt *st) {
  uintptr_t at = (uintptr_t)st;
  return &c->known[(at >> 4 ^ at >> 10) % HF_CAPTURE_KNOWN];
}

/* The text of a statement that begins, when that is known; -1. Its counter of
** steps stands where it stood when it last ended: a new statement at the
** address of an old one has taken none, and whatever begins there, as a part of
** another statement too, is heard and takes the place or clears it. */
static int capture_known(const hf_capture_prepared *k, const sqlite3_stmt *st,
                         const char *sql, int steps) {
  return k->st == st && k->sql == sql && k->steps == steps && steps > 0
             ? k->text
             : -1;
}

/* ---- the ring */

/* There is one. */
static hf_capture_row *capture_newest(hf_capture *c) {
  sqlite3_int64 at = c->first + c->count - 1;
  return &c->row[at < c->room ? at : at - c->room];
}

/* A place for the newest execution; the oldest goes when there is none. */
static hf_capture_row *capture_append(hf_capture *c) {
  if (c->count == c->room) {
    c->first = c->first + 1 < c->room ? c->first + 1 : 0;
    c->count--;
    c->dropped++;
  }
  c->count++;
  return capture_newest(c);
}

/* ---- pages */

/* Pages that the connection has fetched from its caches so far, and of these
** the ones read from a file. Both -1: SQLite does not tell. */
static void capture_pages(sqlite3 *db, sqlite3_int64 *pages,
                          sqlite3_int64 *misses) {
  int hits = 0;
  int missed = 0;
  int most = 0;
  *pages = *misses = -1;
  if (sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_HIT, &hits, &most, 0) !=
          SQLITE_OK ||
      sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_MISS, &missed, &most, 0) !=
          SQLITE_OK) {
    return;
  }
  *pages = (sqlite3_int64)hits + missed;
  *misses = missed;
}

/* One of the executions whose pages are still to be asked for; 0: newest. */
static hf_capture_row *capture_open_row(hf_capture *c, int i) {
  sqlite3_int64 at = c->first + c->count - 1 - i;
  return &c->row[at < c->room ? at : at - c->room];
}

void hf_capture_count_pages(hf_capture *c) {
  sqlite3_int64 pages, misses;
  double steps = 0;
  int i;
  capture_pages(c->db, &pages, &misses);
  for (i = 0; i < c->together; i++) {
    steps += capture_open_row(c, i)->counter[HF_VM_STEPS];
  }
  for (i = 0; i < c->together; i++) {
    hf_capture_row *r = capture_open_row(c, i);
    double part =
        c->together > 1 && steps > 0 ? r->counter[HF_VM_STEPS] / steps : 1;
    /* less than before: the application has reset them */
    if (c->pages_last >= 0 && pages >= c->pages_last &&
        misses >= c->misses_last) {
      r->pages = part * (double)(pages - c->pages_last);
      r->misses = part * (double)(misses - c->misses_last);
    }
  }
  c->together = 0;
  c->pages_last = pages;
  c->misses_last = misses;
}

/* ---- begin and end */

static hf_capture_pending *capture_find(hf_capture *c, const sqlite3_stmt *st) {
  int i;
  for (i = c->pending_count - 1; i >= 0; i--) {
    if (c->pending[i].st == st) return &c->pending[i];
  }
  return NULL;
}

static void capture_remove(hf_capture *c, hf_capture_pending *p) {
  hf_capture_pending *last = c->pending + --c->pending_count;
  if (p < last) memmove(p, p + 1, (size_t)((char *)last - (char *)p));
}

/* Takes the newest execution back when it is an attempt of `st` that only found
** the schema changed: 1 when it was. */
static int capture_take_back(hf_capture *c, sqlite3_stmt *st) {
  const hf_capture_row *newest;
  if (c->count == 0) return 0;
  newest = capture_newest(c);
  if (newest->st != st || newest->counter[HF_VM_STEPS] > CAPTURE_ATTEMPT ||
      sqlite3_stmt_status(st, SQLITE_STMTSTATUS_REPREPARE, 0) <=
          newest->counter[HF_REPREPARED]) {
    return 0;
  }
  c->count--;
  c->captured--;
  if (c->together > 0) c->together--;
  return 1;
}

/* The statement under way, put back among them when what ended was such an
** attempt. NULL: it is none of ours. */
static hf_capture_pending *capture_resume(hf_capture *c, sqlite3_stmt *st) {
  hf_capture_pending *p = capture_find(c, st);
  if (p != NULL || c->ended.st != st ||
      c->pending_count == HF_CAPTURE_PENDING || !capture_take_back(c, st)) {
    return p;
  }
  p = &c->pending[c->pending_count++];
  *p = c->ended;
  return p;
}

/* 1: not a statement of the application. */
static int capture_is_inner(const char *sql, const void *x) {
  if (sql == NULL || x != (const void *)sql) return 1;
  /* SQLite itself, reading the schema; it has a beginning but no end */
  return sql[0] == 'S' && strncmp(sql, "SELECT*FROM\"", 12) == 0;
}

static void capture_begin(hf_capture *c, sqlite3_stmt *st, const void *x) {
  hf_capture_prepared *known = capture_place(c, st);
  const char *sql = sqlite3_sql(st);
  hf_capture_pending *p;
  int i;
  if (c->probing) c->heard = 1;
  if (c->probing || c->quiet || capture_is_inner(sql, x)) {
    if (known->st == st) known->st = NULL;
    return;
  }
  if (c->together > 0 && capture_newest(c)->st != st) hf_capture_count_pages(c);
  p = capture_find(c, st);
  if (p != NULL) capture_remove(c, p);
  if (c->pending_count == HF_CAPTURE_PENDING) {
    capture_remove(c, c->pending);
    c->dropped++;
    c->captured++;
  }
  p = &c->pending[c->pending_count];
  p->st = st;
  for (i = 0; i < HF_REPREPARED; i++) {
    p->counter[i] = sqlite3_stmt_status(st, capture_counters[i], 0);
  }
  p->text = capture_known(known, st, sql, p->counter[HF_VM_STEPS]);
  (void)capture_take_back(c, st);
  p->rows = 0;
  p->changes = -1;
  if (sqlite3_column_count(st) == 0) p->changes = sqlite3_total_changes(c->db);
  p->number = ++c->starts;
  p->alone = c->pending_count == 0;
  c->pending_count++;
  p->start = hf_ticks_now(&c->clock);
}

/* What a counter has grown by; it counts from 0 when the application has reset
** it meanwhile. */
static int capture_growth(int before, int now) {
  return now >= before ? now - before : now;
}

/* The newest execution; `steps` is its counter now. */
static void capture_fill(hf_capture *c, const hf_capture_pending *p,
                         sqlite3_int64 end, int steps) {
  const hf_capture_text *text = &c->text[p->text];
  hf_capture_row *r = capture_append(c);
  int i;
  r->st = p->st;
  r->end = end;
  r->took = end > p->start ? end - p->start : 0;
  r->query = text->query;
  r->literals = text->literals;
  r->parameters = text->parameters;
  r->rows = p->rows;
  if (p->changes >= 0) r->rows = sqlite3_total_changes(c->db) - p->changes;
  r->pages = r->misses = -1;
  r->counter[HF_VM_STEPS] = capture_growth(p->counter[HF_VM_STEPS], steps);
  for (i = HF_VM_STEPS + 1; i < HF_REPREPARED; i++) {
    r->counter[i] = capture_growth(
        p->counter[i], sqlite3_stmt_status(p->st, capture_counters[i], 0));
  }
  r->counter[HF_REPREPARED] =
      sqlite3_stmt_status(p->st, SQLITE_STMTSTATUS_REPREPARE, 0);
  if (p->alone && p->number == c->starts) c->together++;
}

static void capture_end(hf_capture *c, sqlite3_stmt *st) {
  sqlite3_int64 end = hf_ticks_now(&c->clock);
  hf_capture_pending *p = c->quiet ? NULL : capture_resume(c, st);
  hf_capture_prepared *known;
  const char *sql;
  int query, steps;
  if (p == NULL) return; /* it began before us, or inside another one */
  sql = sqlite3_sql(st);
  steps = sqlite3_stmt_status(st, SQLITE_STMTSTATUS_VM_STEP, 0);
  if (p->text < 0) p->text = capture_text(c, sql != NULL ? sql : "");
  known = capture_place(c, st);
  known->st = st;
  known->sql = sql;
  known->steps = steps;
  known->text = p->text;
  query = c->text[p->text].query;
  if (query != HF_CAPTURE_OWN) c->captured++;
  if (query == HF_CAPTURE_FULL) c->dropped++;
  if (query >= 0) capture_fill(c, p, end, steps);
  if (query < 0 || c->together == 0 || c->together == CAPTURE_TOGETHER ||
      capture_newest(c)->took > c->quick) {
    hf_capture_count_pages(c);
  }
  c->ended = *p;
  capture_remove(c, p);
}

int hf_capture_hook(unsigned type, void *ctx, void *p, void *x) {
  hf_capture *c = ctx;
  if (type == SQLITE_TRACE_ROW) {
    hf_capture_pending *last = c->pending + c->pending_count - 1;
    if (c->quiet) return 0;
    if (c->pending_count == 0 || last->st != p) last = capture_resume(c, p);
    if (last != NULL) last->rows++;
  } else if (type == SQLITE_TRACE_STMT) {
    capture_begin(c, p, x);
  } else if (type == SQLITE_TRACE_PROFILE) {
    capture_end(c, p);
  }
  return 0;
}
