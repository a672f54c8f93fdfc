/*
** iofault.c: what happens when the disk fails, and when the power does.
**
** The extension is linked statically. The database lives in a VFS made here:
** files are memory, and what was written is kept apart from what was synced.
**
** Fault: the Nth call of the VFS (open, read, write, truncate, sync, size,
** access, delete) fails, once or from N on, for N = 1, 2, 3, ... until the
** scenario no longer reaches N. Each run must end in SQLITE_IOERR,
** SQLITE_FULL or SQLITE_CANTOPEN, or in exactly the answer of an undisturbed
** run. What a verb writes is there whole or not at all; no transaction stays
** open, nothing leaks, the database passes integrity_check, and the verb can
** be repeated. Reading starts with PRAGMA shrink_memory and has a cache of a
** few pages, or cached pages would hide the disk.
**
** Crash: at the Nth write, truncate, sync or delete the power goes. Of what
** was not synced each write is kept, lost, or torn at a sector (512 bytes),
** by a generator seeded with N. Opened again, the database must be sound, the
** verb's work there whole or not at all, and whole if the verb had returned.
** Deleting a file is taken as durable at once.
**
** A verb that works in steps (hf_prune) need not be whole: nothing may be
** lost or double, and another run finishes.
**
** Controls must be found bad, or the test sees nothing: work in two
** transactions in place of one; synchronous=OFF, under which a crash damages.
**
** Scenarios with more points than HF_IO_POINTS (80; 20 under the sanitizers;
** 0: no limit; half of it for steps) are thinned out: the first half of the
** points are the first calls, the others are spread evenly, and the result
** says so.
*/
#include "tap.h"

/* ---- files in memory */

enum { FILES = 8, SECTOR = 512 };

typedef struct bytes {
  unsigned char *p;
  size_t n, room;
} bytes;

/* A change that no sync has made durable yet. */
typedef struct change {
  struct change *next;
  sqlite3_int64 at; /* offset of a write; new size of a truncation */
  size_t n;         /* bytes written */
  unsigned char *p; /* NULL: a truncation */
} change;

typedef struct disk_file {
  char name[64]; /* "" in a free slot; "temp" without a name */
  bytes now;     /* as the process sees it */
  bytes synced;  /* as the last sync left it */
  change *first, *last;
} disk_file;

typedef struct handle {
  sqlite3_file base;
  disk_file *f;
  int temporary;
} handle;

static disk_file disk[FILES];
static sqlite3_vfs *real_vfs;

static long seen, fail_at;
static int armed, persist, hits;
static int crashing, crashed; /* a crash in place of an error; it happened */
static unsigned seed;

static unsigned chance(unsigned n) {
  seed = seed * 1103515245u + 12345u;
  return (seed >> 16) % n;
}

static void bytes_size(bytes *b, size_t n) {
  if (n > b->room) {
    b->room = n * 2;
    b->p = realloc(b->p, b->room);
    if (b->p == NULL) abort();
  }
  if (n > b->n) memset(b->p + b->n, 0, n - b->n);
  b->n = n;
}

static void bytes_put(bytes *b, size_t at, const void *p, size_t n) {
  if (b->n < at + n) bytes_size(b, at + n);
  if (n > 0) memcpy(b->p + at, p, n);
}

static void bytes_copy(bytes *to, const bytes *from) {
  bytes_size(to, 0);
  bytes_put(to, 0, from->p, from->n);
}

static void forget_changes(disk_file *f) {
  while (f->first) {
    change *c = f->first;
    f->first = c->next;
    free(c->p);
    free(c);
  }
  f->last = NULL;
}

static void file_gone(disk_file *f) {
  forget_changes(f);
  free(f->now.p);
  free(f->synced.p);
  memset(f, 0, sizeof(*f));
}

static void disk_wipe(void) {
  int i;
  for (i = 0; i < FILES; i++) file_gone(&disk[i]);
}

static disk_file *file_find(const char *name) {
  int i;
  for (i = 0; i < FILES; i++) {
    if (strcmp(disk[i].name, name) == 0) return &disk[i];
  }
  return NULL;
}

static disk_file *file_make(const char *name) {
  disk_file *f = file_find("");
  if (f) snprintf(f->name, sizeof f->name, "%s", name);
  return f;
}

static void remember(disk_file *f, sqlite3_int64 at, const void *p, size_t n) {
  change *c;
  if (!crashing) return;
  c = calloc(1, sizeof(*c));
  if (c == NULL) abort();
  c->at = at;
  c->n = n;
  if (p) {
    c->p = malloc(n ? n : 1);
    if (c->p == NULL) abort();
    memcpy(c->p, p, n);
  }
  if (f->last)
    f->last->next = c;
  else
    f->first = c;
  f->last = c;
}

/* The files as the next start of the machine finds them. */
static void power_loss(void) {
  int i;
  crashed = 1;
  for (i = 0; i < FILES; i++) {
    disk_file *f = &disk[i];
    int all = chance(4) == 0;
    change *c;
    for (c = f->first; c; c = c->next) {
      size_t from = 0, to = c->n;
      if (!all && chance(2)) continue;
      if (c->p == NULL) {
        bytes_size(&f->synced, (size_t)c->at);
        continue;
      }
      if (!all && c->n > SECTOR && chance(3) == 0) {
        size_t cut = SECTOR * (1 + chance((unsigned)(c->n / SECTOR)));
        if (chance(2) && cut < c->n)
          from = cut;
        else if (cut < c->n)
          to = cut;
      }
      bytes_put(&f->synced, (size_t)c->at + from, c->p + from, to - from);
    }
    forget_changes(f);
  }
}

/* 1 when this call must fail. */
static int fails(int writes) {
  if (crashed) return 1;
  if (!armed || (crashing && !writes)) return 0;
  seen++;
  if (fail_at <= 0) return 0;
  if (persist ? seen < fail_at : seen != fail_at) return 0;
  hits++;
  if (crashing) power_loss();
  return 1;
}

/* ---- the VFS */

static int f_close(sqlite3_file *p) {
  handle *h = (handle *)p;
  if (h->temporary) file_gone(h->f);
  return SQLITE_OK;
}

static int f_read(sqlite3_file *p, void *to, int n, sqlite3_int64 at) {
  bytes *b = &((handle *)p)->f->now;
  size_t have = (size_t)at < b->n ? b->n - (size_t)at : 0;
  if (fails(0)) return SQLITE_IOERR_READ;
  if (have >= (size_t)n) {
    memcpy(to, b->p + at, (size_t)n);
    return SQLITE_OK;
  }
  memset(to, 0, (size_t)n);
  if (have) memcpy(to, b->p + at, have);
  return SQLITE_IOERR_SHORT_READ;
}

static int f_write(sqlite3_file *p, const void *from, int n, sqlite3_int64 at) {
  disk_file *f = ((handle *)p)->f;
  if (fails(1)) return fail_at % 2 ? SQLITE_IOERR_WRITE : SQLITE_FULL;
  remember(f, at, from, (size_t)n);
  bytes_put(&f->now, (size_t)at, from, (size_t)n);
  return SQLITE_OK;
}

static int f_truncate(sqlite3_file *p, sqlite3_int64 size) {
  disk_file *f = ((handle *)p)->f;
  if (fails(1)) return SQLITE_IOERR_TRUNCATE;
  remember(f, size, NULL, 0);
  bytes_size(&f->now, (size_t)size);
  return SQLITE_OK;
}

static int f_sync(sqlite3_file *p, int flags) {
  disk_file *f = ((handle *)p)->f;
  (void)flags;
  if (fails(1)) return SQLITE_IOERR_FSYNC;
  if (crashing) bytes_copy(&f->synced, &f->now);
  forget_changes(f);
  return SQLITE_OK;
}

static int f_size(sqlite3_file *p, sqlite3_int64 *size) {
  if (fails(0)) return SQLITE_IOERR_FSTAT;
  *size = (sqlite3_int64)((handle *)p)->f->now.n;
  return SQLITE_OK;
}

static int f_lock(sqlite3_file *p, int level) {
  (void)p;
  (void)level;
  return SQLITE_OK;
}

static int f_reserved(sqlite3_file *p, int *out) {
  (void)p;
  *out = 0;
  return SQLITE_OK;
}

static int f_control(sqlite3_file *p, int op, void *arg) {
  (void)p;
  (void)op;
  (void)arg;
  return SQLITE_NOTFOUND;
}

static int f_sector(sqlite3_file *p) {
  (void)p;
  return SECTOR;
}

static int f_device(sqlite3_file *p) {
  (void)p;
  return 0;
}

/* Version 1: WAL without shared memory, in locking_mode=EXCLUSIVE. */
static const sqlite3_io_methods methods = {
    1,      f_close, f_read,     f_write,   f_truncate, f_sync,   f_size,
    f_lock, f_lock,  f_reserved, f_control, f_sector,   f_device, NULL,
    NULL,   NULL,    NULL,       NULL,      NULL};

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *p, int flags,
                  int *out_flags) {
  handle *h = (handle *)p;
  (void)v;
  memset(h, 0, sizeof(*h));
  if (fails(0)) return SQLITE_CANTOPEN;
  if (name) h->f = file_find(name);
  if (h->f == NULL && (flags & SQLITE_OPEN_CREATE)) {
    h->f = file_make(name ? name : "temp");
  }
  if (h->f == NULL) return SQLITE_CANTOPEN;
  h->temporary = name == NULL || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  h->base.pMethods = &methods;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync_folder) {
  disk_file *f = file_find(name);
  (void)v;
  (void)sync_folder;
  if (fails(1)) return SQLITE_IOERR_DELETE;
  if (f == NULL) return SQLITE_IOERR_DELETE_NOENT;
  file_gone(f);
  return SQLITE_OK;
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out) {
  disk_file *f = file_find(name);
  (void)v;
  (void)flags;
  if (fails(0)) return SQLITE_IOERR_ACCESS;
  *out = f != NULL;
  return SQLITE_OK;
}

static int v_path(sqlite3_vfs *v, const char *name, int n, char *out) {
  (void)v;
  sqlite3_snprintf(n, out, "%s", name);
  return SQLITE_OK;
}

/* ---- scenarios */

enum { EMPTY, HISTORY };

typedef enum kind {
  READS,   /* the connection is shared by the runs */
  WRITES,  /* all or nothing */
  REPEATS, /* WRITES, and a second run changes nothing more */
  STEPS    /* `state` is the same before, after, and in the middle */
} kind;

typedef struct scenario {
  const char *label; /* unique */
  kind kind;
  int start; /* EMPTY or HISTORY */
  const char *sql;
  const char *state; /* one value that shows what was written */
} scenario;

#define ROWS_WRITTEN                                                           \
  "SELECT (SELECT count(*) FROM hf_memory_stats) || ' ' ||"                    \
  " (SELECT count(*) FROM hf_resource_metrics) || ' ' ||"                      \
  " (SELECT count(*) FROM hf_health_metrics) || ' ' ||"                        \
  " (SELECT count(*) FROM hf_metric_names) || ' ' ||"                          \
  " (SELECT count(*) FROM hf_metric_samples) || ' ' ||"                        \
  " (SELECT count(*) FROM hf_cache_stats) || ' ' ||"                           \
  " (SELECT count(*) FROM hf_query_history) || ' ' ||"                         \
  " (SELECT count(*) || ' ' || total(n) || ' ' || round(total(sum), 3)"        \
  "  FROM hf_rollups)"

static const scenario all[] = {
    {"init", REPEATS, EMPTY, "SELECT hf_init()",
     "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'hf_*'"},
    {"collect", WRITES, HISTORY, "SELECT hf_collect() IS NOT NULL",
     ROWS_WRITTEN},
    {"collect-inside", WRITES, HISTORY,
     "BEGIN; SELECT hf_collect() IS NOT NULL; COMMIT", ROWS_WRITTEN},
    {"prune", STEPS, HISTORY,
     "SELECT hf_prune(3) IS NOT NULL;"
     "SELECT count(*) FROM hf_health_metrics",
     "SELECT (SELECT count(disk_percent) FROM hf_health_metrics) +"
     " (SELECT total(n) FROM hf_rollup_daily"
     "  WHERE series = 'hf_health_metrics.disk_percent')"},
    {"capture", WRITES, HISTORY,
     "SELECT hf_capture('on') IS NOT NULL; SELECT count(*) FROM plain;"
     "SELECT max(v) FROM plain WHERE who = 'w1';"
     "SELECT hf_capture('flush') IS NOT NULL;"
     "SELECT hf_capture('off') IS NOT NULL",
     "SELECT count(*) > (SELECT count(*) FROM hf_query_history"
     " WHERE query_id = 'q') FROM hf_query_history"},
    {"load-costs", REPEATS, HISTORY,
     "BEGIN; DELETE FROM hf_costs WHERE BillingCurrency = 'USD' AND"
     " ChargePeriodStart = 1798761600;"
     "SELECT hf_load_costs('bill') IS NOT NULL; COMMIT",
     "SELECT count(*) || ' ' || total(BilledCost) FROM hf_costs"},
    {"forecast", READS, HISTORY, "SELECT * FROM hf_forecast(180)", NULL},
    {"failures", READS, HISTORY, "SELECT * FROM hf_predict_failures()", NULL},
    {"health", READS, HISTORY, "SELECT hf_health()", NULL},
    {"tune", READS, HISTORY, "SELECT * FROM hf_tune()", NULL},
    {"cost", READS, HISTORY, "SELECT * FROM hf_optimize_cost(1000, 250)", NULL},
    {"pattern", READS, HISTORY, "SELECT * FROM hf_pattern('requests')", NULL},
};
enum { SCENARIOS = sizeof(all) / sizeof(all[0]) };

static const scenario two_steps = {
    "two-steps", WRITES, HISTORY,
    "INSERT INTO plain VALUES(1, 2, 'z'); INSERT INTO plain VALUES(3, 4, 'z')",
    "SELECT count(*) FROM plain"};

/* How the database is kept. */
typedef struct mode {
  const char *name, *pragmas;
} mode;

enum { ROLLBACK, WAL, CARELESS };
static const mode modes[] = {
    {"rollback", "PRAGMA synchronous=FULL; PRAGMA cache_size=8;"},
    {"wal", "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
            "PRAGMA synchronous=FULL; PRAGMA cache_size=8;"
            "PRAGMA wal_autocheckpoint=10;"},
    {"careless", "PRAGMA synchronous=OFF; PRAGMA cache_size=8;"}};

static bytes image[3][2]; /* by mode and start */

static const char path[] = "/fault.db";

static int opened(int m, sqlite3 **db) {
  int rc = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                           "iofault");
  if (rc == SQLITE_OK) {
    rc = sqlite3_exec(*db, "PRAGMA page_size=1024", 0, 0, 0);
  }
  if (rc == SQLITE_OK) rc = sqlite3_exec(*db, modes[m].pragmas, 0, 0, 0);
  if (rc == SQLITE_OK) rc = sqlite3_hiveframeautonomous_init(*db, NULL, NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_exec(*db, "SELECT 1 FROM sqlite_schema", 0, 0, 0);
  }
  return rc;
}

/* The disk as the scenario starts. */
static void disk_start(int m, int start) {
  disk_file *f;
  disk_wipe();
  f = file_make(path);
  bytes_copy(&f->now, &image[m][start]);
  bytes_copy(&f->synced, &image[m][start]);
}

static void image_make(int m, int start) {
  sqlite3 *db = NULL;
  disk_wipe();
  tap_need(db, opened(m, &db), "make");
  tap_need(db,
           sqlite3_exec(db,
                        start == HISTORY ? tap_history : "CREATE TABLE t(a)", 0,
                        0, 0),
           "history");
  sqlite3_close(db);
  bytes_copy(&image[m][start], &file_find(path)->now);
}

static int rows_of(sqlite3_stmt *st, FILE *f) {
  int rc, rc2, i;
  while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(st); i++) {
      const char *z = (const char *)sqlite3_column_text(st, i);
      fprintf(f, "%s|", z ? z : "NULL");
    }
    fprintf(f, "\n");
  }
  rc2 = sqlite3_finalize(st);
  return rc == SQLITE_DONE ? rc2 : rc;
}

/* The values as text, for free(), and the primary code. */
static char *values(sqlite3 *db, const char *sql, int *rc_out) {
  char *text = NULL;
  size_t size = 0;
  FILE *f = open_memstream(&text, &size);
  sqlite3_stmt *st = NULL;
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK && *sql != 0) {
    rc = sqlite3_prepare_v2(db, sql, -1, &st, &sql);
    if (rc == SQLITE_OK) rc = rows_of(st, f);
  }
  if (rc != SQLITE_OK) fprintf(f, "error %d %s", rc, sqlite3_errmsg(db));
  fclose(f);
  *rc_out = rc & 0xff;
  return text;
}

typedef struct tally {
  long points, failed, right, before, after, bad;
  char why[400]; /* the first thing that went wrong */
} tally;

__attribute__((format(printf, 2, 3))) static void
complain(tally *t, const char *format, ...) {
  va_list list;
  if (t->bad++ > 0) return;
  va_start(list, format);
  vsnprintf(t->why, sizeof t->why, format, list);
  va_end(list);
}

/* What an undisturbed run gives, of the scenario at work. */
static char *want, *state_before, *state_after, *whole_after;

/* Everything that the second look at a STEPS scenario compares. */
static const char whole[] = ROWS_WRITTEN;

/* Is the database sound, and the work done as a whole? returned: the verb
** said that it is. */
static void judge(sqlite3 *db, const scenario *s, int returned, const char *how,
                  long at, tally *t) {
  int rc;
  char *got = values(db, "PRAGMA integrity_check", &rc);
  if (strcmp(got, "ok|\n") != 0) complain(t, "%s %ld: %.200s", how, at, got);
  free(got);
  if (s->state == NULL) return;
  got = values(db, s->state, &rc);
  if (strcmp(got, state_after) == 0) {
    t->after++;
  } else if (strcmp(got, state_before) == 0 && !returned) {
    t->before++;
  } else {
    complain(t, "%s %ld: code said %s: %.80s; before %.80s, after %.80s", how,
             at, returned ? "done" : "failed", got, state_before, state_after);
  }
  free(got);
}

/* Does the verb work now? */
static void repeat(sqlite3 *db, const scenario *s, const char *how, long at,
                   tally *t) {
  int rc;
  char *got = values(db, s->sql, &rc);
  if (strcmp(got, want) != 0) {
    complain(t, "%s %ld, again: %.200s", how, at, got);
  }
  free(got);
  if (s->kind == REPEATS || s->kind == STEPS) {
    got = values(db, s->kind == STEPS ? whole : s->state, &rc);
    if (strcmp(got, s->kind == STEPS ? whole_after : state_after) != 0) {
      complain(t, "%s %ld, again: state %.200s", how, at, got);
    }
    free(got);
  }
}

static void closed(sqlite3 *db, sqlite3_int64 used, const char *how, long at,
                   tally *t) {
  if (sqlite3_close(db) != SQLITE_OK) {
    complain(t, "%s %ld: a statement was left open", how, at);
    sqlite3_close_v2(db);
  }
  if (sqlite3_memory_used() != used) {
    complain(t, "%s %ld: %lld bytes leaked", how, at,
             sqlite3_memory_used() - used);
  }
}

static void arm(long at, int forever) {
  fail_at = at;
  persist = forever;
  seen = 0;
  hits = 0;
  armed = 1;
}

/* One failing run. *shared: NULL, or a connection that goes on after it. */
static int one_fault(const scenario *s, int m, long at, sqlite3 **shared,
                     tally *t) {
  const char *how = persist ? "failing from" : "failing at";
  sqlite3_int64 used = sqlite3_memory_used();
  sqlite3 *db = *shared;
  int rc, again, reached;
  char *got;
  if (db == NULL) {
    disk_start(m, s->start);
    tap_need(db, opened(m, &db), "open");
  }
  tap_need(db, sqlite3_exec(db, "PRAGMA shrink_memory", 0, 0, 0), "shrink");
  arm(at, persist);
  got = values(db, s->sql, &rc);
  armed = 0;
  reached = hits > 0;
  if (reached) {
    t->points++;
    if (rc == SQLITE_IOERR || rc == SQLITE_FULL || rc == SQLITE_CANTOPEN) {
      t->failed++;
    } else if (rc == SQLITE_OK && strcmp(got, want) == 0) {
      t->right++;
    } else {
      complain(t, "%s %ld: code %d, answer %.150s", how, at, rc, got);
    }
  } else if (strcmp(got, want) != 0) {
    complain(t, "undisturbed, but: %.200s", got);
  }
  free(got);
  if (s->kind == READS) {
    if (t->points % 8 == 0) repeat(db, s, how, at, t);
    *shared = db;
    return reached;
  }
  if (!sqlite3_get_autocommit(db)) {
    if (strstr(s->sql, "BEGIN") == NULL) {
      complain(t, "%s %ld: a transaction stays open", how, at);
    }
    free(values(db, "COMMIT", &again)); /* as a host may: only whole work */
  }
  judge(db, s, rc == SQLITE_OK, how, at, t);
  repeat(db, s, how, at, t);
  closed(db, used, how, at, t);
  return reached;
}

/* One run that ends in a crash. 0 when it was not reached: then the power
** goes after the verb has returned. */
static int one_crash(const scenario *s, int m, long at, unsigned round,
                     tally *t) {
  sqlite3_int64 used = sqlite3_memory_used();
  sqlite3 *db = NULL;
  int rc, i, reached, rc2;
  disk_start(m, s->start);
  seed = (unsigned)at * 7919u + round * 104729u + (unsigned)m;
  tap_need(db, opened(m, &db), "open");
  crashing = 1;
  arm(at, 0);
  free(values(db, s->sql, &rc));
  reached = hits > 0;
  if (reached)
    t->points++;
  else
    power_loss();
  sqlite3_close(db); /* changes nothing: every call fails */
  armed = crashing = crashed = 0;
  for (i = 0; i < FILES; i++) bytes_copy(&disk[i].now, &disk[i].synced);
  db = NULL;
  rc2 = opened(m, &db);
  if (rc2 != SQLITE_OK) {
    complain(t, "crash at %ld: does not open: %s", at, sqlite3_errmsg(db));
  } else {
    judge(db, s, rc == SQLITE_OK, "crash at", at, t);
    repeat(db, s, "crash at", at, t);
  }
  closed(db, used, "crash at", at, t);
  return reached;
}

/* The answer and the states of an undisturbed run; its calls of the VFS. */
static long undisturbed(const scenario *s, int m, int writes_only) {
  sqlite3 *db = NULL;
  int rc;
  disk_start(m, s->start);
  tap_need(db, opened(m, &db), "open");
  if (s->state) state_before = values(db, s->state, &rc);
  tap_need(db, sqlite3_exec(db, "PRAGMA shrink_memory", 0, 0, 0), "shrink");
  crashing = writes_only;
  arm(0, 0);
  want = values(db, s->sql, &rc);
  armed = crashing = 0;
  tap_need(db, rc, s->label);
  if (s->state) {
    state_after = values(db, s->state, &rc);
    if (s->start == HISTORY) whole_after = values(db, whole, &rc);
  }
  sqlite3_close(db);
  return seen;
}

static void forget(void) {
  free(want);
  free(state_before);
  free(state_after);
  free(whole_after);
  want = state_before = state_after = whole_after = NULL;
}

/* The point after `at`: every one of the first half, then each `step`th. */
static long next_point(long at, long half, long step) {
  return at < half ? at + 1 : at + step;
}

static void scenario_run(const scenario *s, int m, int crash, long limit,
                         tally *t) {
  long total, half, step, at;
  unsigned round, rounds = 2;
  memset(t, 0, sizeof(*t));
  if (s->kind == STEPS) limit = (limit + 1) / 2;
  total = undisturbed(s, m, crash);
  half = limit > 0 && total > limit ? limit / 2 : total + 1;
  step = half > total ? 1 : (total - half) / (limit - half) + 1;
  for (round = 0; round < rounds; round++) {
    sqlite3 *shared = NULL;
    sqlite3_int64 used = sqlite3_memory_used();
    int reached = 1;
    persist = !crash && round == 1;
    for (at = 1; reached; at = next_point(at, half, step)) {
      reached = crash ? one_crash(s, m, at, round, t)
                      : one_fault(s, m, at, &shared, t);
    }
    if (shared) {
      judge(shared, s, 1, "all points to", at, t);
      closed(shared, used, "all points to", at, t);
    }
  }
  printf("# %s %s %s: %ld calls", crash ? "crash" : "fault", s->label,
         modes[m].name, total);
  if (step > 1) printf(" (every one to %ld, then each %ldth)", half, step);
  printf(", %ld runs", t->points);
  if (!crash) printf(", %ld failed, %ld right", t->failed, t->right);
  if (s->state) printf(", state %ld before, %ld after", t->before, t->after);
  printf("\n");
  forget();
}

static void test(const scenario *s, int m, int crash, long limit) {
  char name[100];
  tally t;
  snprintf(name, sizeof name, "%s-%s-%s", crash ? "crash" : "fault", s->label,
           modes[m].name);
  scenario_run(s, m, crash, limit, &t);
  tap_ok(t.bad == 0 && t.points > 0 && (crash || t.failed > 0), name,
         "%ld bad of %ld; first: %s", t.bad, t.points,
         t.bad ? t.why : "no run was disturbed");
}

/* What must be found bad. */
static void control(const scenario *s, int m, int crash, long limit,
                    const char *name) {
  tally t;
  scenario_run(s, m, crash, limit, &t);
  tap_ok(t.bad > 0, name, "nothing bad in %ld runs", t.points);
}

int main(int argc, char **argv) {
  const char *set = getenv("HF_IO_POINTS");
  long limit = set ? atol(set) : TAP_SLOW ? 20 : 80;
  static sqlite3_vfs vfs;
  int i, m;
  sqlite3_initialize();
  real_vfs = sqlite3_vfs_find(NULL);
  vfs = *real_vfs; /* clock, sleep and randomness stay */
  vfs.pNext = NULL;
  vfs.zName = "iofault";
  vfs.szOsFile = sizeof(handle);
  vfs.xOpen = v_open;
  vfs.xDelete = v_delete;
  vfs.xAccess = v_access;
  vfs.xFullPathname = v_path;
  sqlite3_vfs_register(&vfs, 0);
  for (m = ROLLBACK; m <= CARELESS; m++) {
    for (i = EMPTY; i <= HISTORY; i++) image_make(m, i);
  }
  for (i = 0; i < SCENARIOS; i++) { /* what SQLite allocates once */
    undisturbed(&all[i], ROLLBACK, 0);
    forget();
  }
  for (i = 0; i < SCENARIOS; i++) {
    if (argc > 1 && strcmp(argv[1], all[i].label) != 0) continue;
    test(&all[i], ROLLBACK, 0, limit);
    if (all[i].kind == READS) continue;
    test(&all[i], WAL, 0, limit);
    test(&all[i], ROLLBACK, 1, limit);
    test(&all[i], WAL, 1, limit);
  }
  control(&two_steps, ROLLBACK, 0, limit, "control-fault-two-steps");
  control(&two_steps, WAL, 1, limit, "control-crash-two-steps");
  control(&all[0], CARELESS, 1, limit, "control-crash-careless-init");
  control(&all[1], CARELESS, 1, limit, "control-crash-careless-collect");
  disk_wipe();
  for (m = ROLLBACK; m <= CARELESS; m++) {
    free(image[m][EMPTY].p);
    free(image[m][HISTORY].p);
  }
  return tap_done();
}
