/*
** recall.c: what a connection remembers (recall.h).
**
** What is remembered rests on the tables of the history alone: plain tables of
** one schema (session.c refuses anything else), as a statement sees them that
** reads. It counts as long as SQLite itself would go on using the pages of that
** schema that it holds in its cache. SQLITE_FCNTL_DATA_VERSION is the number
** by which it tells: the pager counts it up with each commit of this
** connection, and whenever it throws its pages away because somebody else has
** committed, a snapshot was opened, or an error left them in doubt. A
** rolled-back write leaves the number and the data as they were. The pager
** looks when a transaction begins, so the number means something inside one.
**
** A note is written, and used, only where
**   1. the schema is main: another can be detached, and a file of the same
**      name attached whose numbers begin anew;
**   2. it is a file: sqlite3_deserialize() puts a new database in memory in the
**      place of main, and its numbers begin anew, too; it cannot put a file
**      there;
**   3. a transaction is open that only reads: in one that writes the tables
**      differ from what is committed, and a ROLLBACK is not counted;
**   4. read_uncommitted is off: connections that share their cache could else
**      see what another of them has not committed yet.
** What is found out of a version that has passed is forgotten at once. The
** same conditions and the same number must hold before and after something is
** worked out.
**
** All calls of a connection run under its mutex, and a note is used before the
** next statement is run, so that none vanishes under its reader.
*/
#include "recall.h"

#include <math.h>
#include <string.h>

/* What a connection holds at most. */
enum { RECALL_NOTES = 64, RECALL_BYTES = 4 << 20 };

struct hf_recall_note {
  hf_recall_note *next;
  size_t bytes;       /* of this block; all that follows lies in it */
  sqlite3_int64 rows; /* read to work it out */
  const char *what, *who;
  double as_of, now; /* unix seconds, or NaN */
  hf_recalled r;
};

/* ---- when it counts */

static int recall_committed(hf_session *s) {
  double dirty = NAN;
  sqlite3_stmt *st = NULL;
  if (sqlite3_prepare_v2(s->db, "PRAGMA read_uncommitted", -1, &st, NULL) ==
          SQLITE_OK &&
      sqlite3_step(st) == SQLITE_ROW) {
    dirty = sqlite3_column_double(st, 0);
  }
  sqlite3_finalize(st);
  return dirty == 0;
}

/* Whether notes count here and now: 1, and the version of the data. */
static int recall_counts(hf_session *s, unsigned *version) {
  const char *file;
  sqlite3_vfs *vfs = NULL;
  if (s->recall == NULL || strcmp(s->schema, "main") != 0) return 0;
  file = sqlite3_db_filename(s->db, "main");
  if (file == NULL || file[0] == '\0') return 0;
  if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_VFS_POINTER, &vfs) !=
          SQLITE_OK ||
      vfs == NULL || strcmp(vfs->zName, "memdb") == 0) {
    return 0;
  }
  if (sqlite3_txn_state(s->db, "main") != SQLITE_TXN_READ) return 0;
  if (!recall_committed(s)) return 0;
  return sqlite3_file_control(s->db, "main", SQLITE_FCNTL_DATA_VERSION,
                              version) == SQLITE_OK;
}

/* ---- notes */

void hf_recall_free(hf_recall *r) {
  while (r->first != NULL) {
    hf_recall_note *n = r->first;
    r->first = n->next;
    sqlite3_free(n);
  }
  r->notes = r->bytes = 0;
}

/* The same moment, or both none. */
static int recall_same(double a, double b) {
  return isnan(a) ? isnan(b) : a == b;
}

static hf_recall_note *recall_note(const hf_session *s,
                                   const hf_recall_at *at) {
  hf_recall_note *n;
  for (n = s->recall->first; n != NULL; n = n->next) {
    if (strcmp(n->what, at->what) == 0 && strcmp(n->who, at->who) == 0 &&
        recall_same(n->as_of, s->as_of) && recall_same(n->now, at->now)) {
      return n;
    }
  }
  return NULL;
}

int hf_recall_find(hf_session *s, const char *what, const char *who, double now,
                   hf_recall_at *at, hf_recalled *out) {
  hf_recall_note *n;
  int rc;
  memset(at, 0, sizeof(*at));
  at->what = what;
  at->who = who;
  at->now = now;
  at->rows = s->rows_read;
  at->on = recall_counts(s, &at->version);
  if (!at->on) return SQLITE_DONE;
  if (s->recall->version != at->version) hf_recall_free(s->recall);
  n = recall_note(s, at);
  if (n == NULL) return SQLITE_DONE;
  rc = hf_count_rows(s, n->rows);
  if (rc != SQLITE_OK) return rc;
  *out = n->r;
  return SQLITE_ROW;
}

/* Room for a block, then the block: `at` NULL only counts. */
typedef struct recall_pen {
  char *at;
  size_t used; /* bytes, a multiple of 16 */
} recall_pen;

static void *recall_put(recall_pen *p, const void *from, size_t bytes) {
  char *to = p->at != NULL ? p->at + p->used : NULL;
  if (to != NULL && bytes > 0) memcpy(to, from, bytes);
  p->used += (bytes + 15) & ~(size_t)15;
  return to;
}

static const char *recall_text(recall_pen *p, const char *z) {
  return z == NULL ? NULL : recall_put(p, z, strlen(z) + 1);
}

/* Copies all of a note behind its head; `n` NULL only counts. */
static void recall_copy(recall_pen *p, const hf_recall_at *at,
                        const hf_recalled *r, hf_recall_note *n) {
  hf_part *part;
  const char **text;
  const char *what, *who;
  size_t i;
  what = recall_text(p, at->what);
  who = recall_text(p, at->who);
  part = recall_put(p, r->parts.part, r->parts.n * sizeof(*part));
  text = recall_put(p, r->text, r->texts * sizeof(*text));
  for (i = 0; i < r->parts.n; i++) {
    const hf_part *from = &r->parts.part[i];
    const char *name = recall_text(p, from->name);
    double *value = recall_put(p, from->value, from->n * sizeof(double));
    if (n == NULL) continue;
    part[i].name = name;
    part[i].value = value;
  }
  for (i = 0; i < r->texts; i++) {
    const char *z = recall_text(p, r->text[i]);
    if (n != NULL) text[i] = z;
  }
  if (n == NULL) return;
  n->what = what;
  n->who = who;
  n->r.parts.part = part;
  n->r.parts.n = n->r.parts.room = r->parts.n;
  n->r.text = text;
  n->r.texts = r->texts;
}

/* Makes room for one more: the oldest goes first. */
static void recall_room(hf_recall *r, size_t bytes) {
  while (r->first != NULL &&
         (r->notes >= RECALL_NOTES || r->bytes + bytes > RECALL_BYTES)) {
    hf_recall_note **last = &r->first;
    while ((*last)->next != NULL) last = &(*last)->next;
    r->bytes -= (*last)->bytes;
    r->notes--;
    sqlite3_free(*last);
    *last = NULL;
  }
}

void hf_recall_keep(hf_session *s, const hf_recall_at *at,
                    const hf_recalled *r) {
  enum { HEAD = (sizeof(hf_recall_note) + 15) / 16 * 16 };
  recall_pen p = {NULL, HEAD};
  hf_recall *all = s->recall;
  hf_recall_note *n;
  unsigned version;
  if (!at->on || !recall_counts(s, &version) || version != at->version) return;
  recall_copy(&p, at, r, NULL);
  if (p.used > RECALL_BYTES) return;
  if (all->version != version) hf_recall_free(all);
  recall_room(all, p.used);
  n = sqlite3_malloc64(p.used);
  if (n == NULL) return;
  n->bytes = p.used;
  n->rows = s->rows_read - at->rows;
  n->as_of = s->as_of;
  n->now = at->now;
  p.at = (char *)n;
  p.used = HEAD;
  recall_copy(&p, at, r, n);
  n->next = all->first;
  all->first = n;
  all->version = version;
  all->notes++;
  all->bytes += n->bytes;
}

/* ---- one number */

int hf_recall_number(hf_session *s, const char *what, double now,
                     hf_recall_at *at, double *out) {
  hf_recalled r;
  int rc = hf_recall_find(s, what, "", now, at, &r);
  if (rc == SQLITE_ROW) *out = r.parts.part[0].value[0];
  return rc;
}

void hf_recall_keep_number(hf_session *s, const hf_recall_at *at, double x) {
  hf_part part;
  hf_recalled r;
  memset(&r, 0, sizeof(r));
  part.name = "x";
  part.value = &x;
  part.n = 1;
  r.parts.part = &part;
  r.parts.n = r.parts.room = 1;
  hf_recall_keep(s, at, &r);
}
