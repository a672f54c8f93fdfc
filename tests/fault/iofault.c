/*
** iofault.c: what happens when the disk fails, and when the power does.
**
** The extension is linked statically. The database lives in the VFS of disk.h:
** files in memory, what was written kept apart from what was synced.
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
** Scenarios with more points than HF_IO_POINTS (60; 20 under the sanitizers;
** 0: no limit; half of it for steps) are thinned out: the first half of the
** points are the first calls, the others are spread evenly, and the result
** says so.
*/
#include "disk.h"
#include "tap.h"

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
     "SELECT (SELECT count(*) FROM hf_query_history) || ' ' ||"
     " (SELECT count(*) FROM hf_queries)"},
    {"apply", WRITES, HISTORY,
     "UPDATE hf_config SET value = 1765234800 WHERE key = 'now';"
     "SELECT hf_apply() IS NOT NULL",
     "SELECT count(*) > 0 FROM hf_applied"},
    {"learn", WRITES, HISTORY,
     "INSERT INTO hf_failures(component, ts) VALUES('a', 1765000000);"
     "SELECT hf_learn() IS NOT NULL",
     LEARNED_WRITTEN},
    {"load-costs", REPEATS, HISTORY,
     "BEGIN; DELETE FROM hf_costs WHERE BillingCurrency = 'USD' AND"
     " ChargePeriodStart = 1798761600;"
     "SELECT hf_load_costs('bill') IS NOT NULL; COMMIT",
     "SELECT count(*) || ' ' || total(BilledCost) FROM hf_costs"},
    {"forecast", READS, HISTORY, "SELECT * FROM hf_forecast(180)", NULL},
    {"failures", READS, HISTORY, "SELECT * FROM hf_predict_failures()", NULL},
    {"failures-anew", READS, HISTORY,
     "SELECT * FROM hf_predict_failures() WHERE as_of = 1765231200", NULL},
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
  int rc, reached, rc2;
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
  disk_restart();
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
  long limit = set ? atol(set) : TAP_SLOW ? 20 : 60;
  int i, m;
  sqlite3_initialize();
  disk_register("iofault");
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
