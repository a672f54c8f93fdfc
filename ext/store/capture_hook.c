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
*/
#include "capture_ring.h"
#include "clock.h"

#include <string.h>

enum { CAPTURE_ATTEMPT = 2 }; /* steps until the schema has been looked at */

static const int capture_counters[HF_CAPTURE_COUNTERS] = {
    SQLITE_STMTSTATUS_VM_STEP, SQLITE_STMTSTATUS_FULLSCAN_STEP,
    SQLITE_STMTSTATUS_AUTOINDEX, SQLITE_STMTSTATUS_SORT,
    SQLITE_STMTSTATUS_REPREPARE};

void hf_capture_pages(sqlite3 *db, sqlite3_int64 *pages,
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

void hf_capture_forget(hf_capture *c) {
  c->query_count = 0;
  c->text_count = 0;
  c->pool_used = 1; /* offset 0 is none */
  memset(c->text, 0, sizeof(c->text));
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
static const hf_capture_text *capture_text(hf_capture *c, const char *sql) {
  size_t n = strlen(sql);
  uint64_t hash = hf_sql_hash(sql, n) | 1;
  size_t at = (size_t)(hash >> 8) % HF_CAPTURE_TEXTS;
  hf_sql_digest d;
  while (c->text[at].hash != 0) {
    if (c->text[at].hash == hash) return &c->text[at];
    at = (at + 1) % HF_CAPTURE_TEXTS;
  }
  if (c->text_count >= HF_CAPTURE_TEXTS / 4 * 3) {
    memset(c->text, 0, sizeof(c->text));
    c->text_count = 0;
    at = (size_t)(hash >> 8) % HF_CAPTURE_TEXTS;
  }
  hf_sql_normalise(sql, n, c->shape, sizeof(c->shape), &d);
  c->text[at].hash = hash;
  memcpy(&c->text[at].literals, &d.literals, sizeof(d.literals));
  c->text[at].parameters = d.parameters;
  c->text[at].query = capture_query(c, d.shape, sql, n);
  c->text_count++;
  return &c->text[at];
}

/* ---- the ring */

/* There is one. */
static hf_capture_row *capture_newest(hf_capture *c) {
  return &c->row[(c->first + c->count - 1) % c->room];
}

/* A place for the newest execution; the oldest goes when there is none. */
static hf_capture_row *capture_append(hf_capture *c) {
  if (c->count == c->room) {
    c->first = (c->first + 1) % c->room;
    c->count--;
    c->dropped++;
  }
  c->count++;
  return capture_newest(c);
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
  hf_capture_pending *end = c->pending + c->pending_count;
  memmove(p, p + 1, (size_t)((char *)end - (char *)(p + 1)));
  c->pending_count--;
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
  return strncmp(sql, "SELECT*FROM\"", 12) == 0;
}

static void capture_begin(hf_capture *c, sqlite3_stmt *st, const void *x) {
  hf_capture_pending *p;
  int i;
  if (c->probing) c->heard = 1;
  if (c->probing || c->quiet || capture_is_inner(sqlite3_sql(st), x)) return;
  p = capture_find(c, st);
  if (p != NULL) capture_remove(c, p);
  if (c->pending_count == HF_CAPTURE_PENDING) {
    capture_remove(c, c->pending);
    c->dropped++;
    c->captured++;
  }
  p = &c->pending[c->pending_count];
  p->st = st;
  for (i = 0; i < HF_CAPTURE_COUNTERS; i++) {
    p->counter[i] = sqlite3_stmt_status(st, capture_counters[i], 0);
  }
  (void)capture_take_back(c, st);
  p->rows = 0;
  p->changes = sqlite3_total_changes(c->db);
  p->number = ++c->starts;
  p->alone = c->pending_count == 0;
  p->pages = p->alone ? c->pages_last : -1;
  p->misses = c->misses_last;
  c->pending_count++;
  p->start = hf_clock_seconds();
}

/* What a counter has grown by; it counts from 0 when the application has reset
** it meanwhile. */
static int capture_growth(int before, int now) {
  return now >= before ? now - before : now;
}

/* `pages` and `misses` of the connection are counted up to its end. */
static void capture_fill(hf_capture *c, const hf_capture_pending *p, double end,
                         sqlite3_int64 pages, sqlite3_int64 misses,
                         const hf_capture_text *text) {
  hf_capture_row *r = capture_append(c);
  int i;
  r->st = p->st;
  r->end = end;
  r->ms = end > p->start ? (end - p->start) * 1000 : 0;
  r->query = text->query;
  r->literals = text->literals;
  r->parameters = text->parameters;
  r->rows = p->rows;
  if (sqlite3_column_count(p->st) == 0) {
    r->rows = sqlite3_total_changes(c->db) - p->changes;
  }
  r->pages = r->misses = -1;
  if (p->alone && p->number == c->starts && p->pages >= 0 &&
      pages >= p->pages && misses >= p->misses) {
    r->pages = pages - p->pages;
    r->misses = misses - p->misses;
  }
  for (i = 0; i < HF_CAPTURE_COUNTERS; i++) {
    int now = sqlite3_stmt_status(p->st, capture_counters[i], 0);
    r->counter[i] =
        i == HF_REPREPARED ? now : capture_growth(p->counter[i], now);
  }
}

static void capture_end(hf_capture *c, sqlite3_stmt *st) {
  double end = hf_clock_seconds();
  hf_capture_pending *p = c->quiet ? NULL : capture_resume(c, st);
  const hf_capture_text *text;
  sqlite3_int64 pages, misses;
  const char *sql;
  if (p == NULL) return; /* it began before us, or inside another one */
  sql = sqlite3_sql(st);
  hf_capture_pages(c->db, &pages, &misses);
  text = capture_text(c, sql != NULL ? sql : "");
  if (text->query != HF_CAPTURE_OWN) c->captured++;
  if (text->query == HF_CAPTURE_FULL) c->dropped++;
  if (text->query >= 0) capture_fill(c, p, end, pages, misses, text);
  c->ended = *p;
  capture_remove(c, p);
  c->pages_last = pages;
  c->misses_last = misses;
}

int hf_capture_hook(unsigned type, void *ctx, void *p, void *x) {
  hf_capture *c = ctx;
  hf_capture_pending *found;
  switch (type) {
  case SQLITE_TRACE_STMT:
    capture_begin(c, p, x);
    break;
  case SQLITE_TRACE_ROW:
    found = c->quiet ? NULL : capture_resume(c, p);
    if (found != NULL) found->rows++;
    break;
  case SQLITE_TRACE_PROFILE:
    capture_end(c, p);
    break;
  default:
    break;
  }
  return 0;
}
