/*
** recall.c: what a connection remembers between two calls (store/recall.h)
** never shows: after every way in which a database can change, a connection
** that remembers gives the answers of a copy in memory, of which nothing is
** ever remembered.
**
** How much of a call is work is told by the statements that it runs: a test
** that something is remembered, or forgotten, counts them. Each change is one
** that moves the answers, or the test says so.
*/
#include "tap.h"

#include <pthread.h>

/* database files */
static const char path[] = "recall.db", second[] = "recall.2.db",
                  third[] = "recall.3.db";

/* 12 hosts, 300 hours each: the first six wear out, five of them have failed;
** a further metric of three of them. */
static const char history[] =
    "SELECT hf_init();"
    "CREATE TEMP TABLE hours AS WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL"
    "  SELECT k+1 FROM t WHERE k < 3599)"
    " SELECT printf('c%02d', k / 300) AS name, k / 300 AS c, k % 300 AS i,"
    "  1764547200 + k % 300 * 3600 AS ts, ((k * 7919 + 13) % 1009) / 1009.0"
    "   AS noise, max(0, k % 300 - 220) * (k / 300 < 6) AS worn FROM t;"
    "INSERT INTO hf_health_metrics SELECT name, ts, 30 + 10 * noise + worn / 4,"
    "  40 + noise, 30 + i * 0.01, worn > 40, 80 + 20 * noise + 2 * worn"
    " FROM hours;"
    "INSERT INTO hf_metrics(component, metric, ts, value)"
    "  SELECT name, 'fan', ts, 9 - worn / 20 + noise FROM hours"
    "   WHERE c IN (3, 4, 7);"
    "INSERT INTO hf_components(component, kind) SELECT DISTINCT name, 'host'"
    "  FROM hours;"
    "INSERT INTO hf_failures(component, ts) SELECT name, ts FROM hours"
    "  WHERE c < 5 AND i = 299;"
    "DROP TABLE temp.hours;";

static const char *const questions[] = {
    "SELECT * FROM hf_predict_failures('c05')",
    "SELECT * FROM hf_predict_failures()",
    "SELECT * FROM hf_predict_failures() WHERE component = 'c07'"
    " AND as_of = 1765600000",
    "SELECT * FROM hf_health()",
    "SELECT hf_health('c05')",
    "SELECT hf_maintenance()"};
enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

/* ---- asking */

static void removed(const char *file) {
  static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
  char name[40];
  int i;
  for (i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "%s%s", file, ends[i]);
    unlink(name);
  }
}

static void run(sqlite3 *db, const char *sql) {
  tap_need(db, sqlite3_exec(db, sql, 0, 0, 0), sql);
}

static sqlite3 *opened(const char *file) {
  sqlite3 *db = NULL;
  tap_need(db,
           sqlite3_open_v2(file, &db,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                               SQLITE_OPEN_URI | SQLITE_OPEN_FULLMUTEX,
                           NULL),
           "open");
  tap_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  sqlite3_busy_timeout(db, 600000);
  return db;
}

/* All rows of a statement, or its error, into a stream. */
static int tell(sqlite3 *db, const char *sql, FILE *f) {
  sqlite3_stmt *st = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL), i;
  while (rc == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(st); i++) {
      const char *z = (const char *)sqlite3_column_text(st, i);
      fprintf(f, "%s|", z ? z : "NULL");
    }
    fprintf(f, "\n");
  }
  if (rc == SQLITE_OK) rc = sqlite3_finalize(st);
  if (rc != SQLITE_OK) fprintf(f, "error %s\n", sqlite3_errmsg(db));
  return rc;
}

/* The answers to all questions, for free(). */
static char *answers(sqlite3 *db) {
  char *text = NULL;
  size_t size = 0;
  FILE *f = open_memstream(&text, &size);
  int i;
  for (i = 0; i < QUESTIONS; i++) tell(db, questions[i], f);
  fclose(f);
  return text;
}

/* Copies main of a file into main of a connection. */
static void copied(sqlite3 *db, const char *file) {
  sqlite3 *from = opened(file);
  sqlite3_backup *b = sqlite3_backup_init(db, "main", from, "main");
  tap_need(db, b != NULL ? SQLITE_OK : 1, "backup");
  sqlite3_backup_step(b, 3);
  tap_need(db, sqlite3_backup_step(b, -1) == SQLITE_DONE ? SQLITE_OK : 1,
           "backup");
  tap_need(db, sqlite3_backup_finish(b), "backup");
  sqlite3_close(from);
}

/* The same of a copy in memory, of which nothing is ever remembered. */
static char *anew(const char *file) {
  sqlite3 *db = opened(":memory:");
  char *text;
  copied(db, file);
  text = answers(db);
  if (sqlite3_close(db) != SQLITE_OK) sqlite3_close_v2(db);
  return text;
}

static int statements;

static int counted(unsigned kind, void *ctx, void *p, void *x) {
  (void)kind, (void)ctx, (void)p, (void)x;
  statements++;
  return 0;
}

/* Statements that a question runs. */
static int work(sqlite3 *db, const char *sql) {
  char *text = NULL;
  size_t size = 0;
  FILE *f = open_memstream(&text, &size);
  int n;
  statements = 0;
  sqlite3_trace_v2(db, SQLITE_TRACE_STMT, counted, NULL);
  tell(db, sql, f);
  n = statements;
  sqlite3_trace_v2(db, 0, NULL, NULL);
  fclose(f);
  free(text);
  return n;
}

/* A question, of which much is work on the whole history. */
static int work_one(sqlite3 *db) {
  return work(db, "SELECT * FROM hf_predict_failures('c05')");
}

/* The connection gives the answers of a copy. *last: those before, which
** must be others (`moves` 1) or the same (0; -1: either). */
static void same(sqlite3 *db, const char *file, const char *name, int moves,
                 char **last) {
  char *want = anew(file), *got = answers(db);
  const char *z;
  size_t i = 0;
  tap_ok(strstr(want, "wear") != NULL || strstr(want, "hazard") != NULL, name,
         "nothing is learned: %.200s", want);
  if (moves >= 0) {
    tap_ok((strcmp(want, *last) != 0) == moves, name, "answers %s",
           moves ? "do not move" : "have moved");
  }
  while (want[i] != 0 && want[i] == got[i]) i++;
  for (z = want + i; z > want && z[-1] != '\n';) z--;
  tap_ok(strcmp(want, got) == 0, name, "a copy says %.150s\n# but %.150s", z,
         got + (z - want));
  free(got);
  free(*last);
  *last = want;
}

/* ---- what changes */

static void made(const char *file) {
  sqlite3 *db;
  removed(file);
  db = opened(file);
  run(db, history);
  sqlite3_close(db);
}

/* Changes in the order in which they are made; each moves the answers. */
static const char *const changes[] = {
    "INSERT INTO hf_failures(component, ts) VALUES('c09', 1765500000)",
    "DELETE FROM hf_failures WHERE component = 'c09'",
    "UPDATE hf_failures SET ts = ts - 36000 WHERE component = 'c01'",
    "UPDATE hf_health_metrics SET response_time_ms = response_time_ms + 90"
    " WHERE component = 'c02' AND ts > 1765400000",
    "UPDATE hf_components SET kind = 'other' WHERE component IN ('c03',"
    " 'c07')",
    "INSERT INTO hf_metrics(component, metric, ts, value)"
    " VALUES('c08', 'fan', 1765628000, 3)",
    "INSERT INTO hf_failures(component, ts) VALUES('gone', 1765630000)",
    "INSERT INTO hf_config(key, value) VALUES('now', 1765626000)"
    " ON CONFLICT DO UPDATE SET value = excluded.value",
    "UPDATE hf_config SET value = NULL WHERE key = 'now'",
    "INSERT INTO hf_thresholds VALUES('response_time_ms', '', 150, 260)",
    "DELETE FROM hf_thresholds",
    "BEGIN; DELETE FROM hf_failures WHERE component = 'c00';"
    " SAVEPOINT a; DELETE FROM hf_failures; ROLLBACK TO a; COMMIT",
};
enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

/* By this connection and by another. */
static void changed(const char *mode) {
  char name[60], *last;
  sqlite3 *db, *other;
  int i, cold, warm;
  made(path);
  db = opened(path);
  other = opened(path);
  snprintf(name, sizeof name, "PRAGMA journal_mode = %s", mode);
  run(db, name);
  last = answers(db);
  for (i = 0; i < CHANGES; i++) {
    run(i % 2 ? other : db, changes[i]);
    snprintf(name, sizeof name, "%s-%d-%s", mode, i, i % 2 ? "other" : "own");
    same(db, path, name, 1, &last);
  }
  run(other, "UPDATE hf_config SET value = 3 WHERE key = 'max_workers'");
  cold = work_one(db);
  warm = work_one(db);
  snprintf(name, sizeof name, "%s-remembered", mode);
  tap_ok(warm * 4 < cold, name, "%d statements, %d before", warm, cold);
  run(db, "VACUUM");
  snprintf(name, sizeof name, "%s-vacuum", mode);
  tap_ok(work_one(db) == cold, name, "not %d statements again", cold);
  same(db, path, name, 0, &last);
  run(db, "SELECT hf_learn()");
  snprintf(name, sizeof name, "%s-learned", mode);
  same(db, path, name, -1, &last);
  tap_ok(work_one(db) < cold / 4, name, "%d statements", work_one(db));
  run(other, "UPDATE hf_learned_values SET value = value * 1.01"
             " WHERE part = 'hazard.mean' OR part = 'line.base'"
             " OR part = 'row.weight'");
  snprintf(name, sizeof name, "%s-learned-edited", mode);
  same(db, path, name, 1, &last);
  run(db, "UPDATE hf_failures SET ts = ts - 7200 WHERE component = 'c04'");
  snprintf(name, sizeof name, "%s-learned-stale", mode);
  same(db, path, name, 1, &last);
  free(last);
  sqlite3_close(other);
  sqlite3_close(db);
}

static const char change[] = "DELETE FROM hf_failures WHERE component < 'c02'";

/* Inside a transaction, and after its end. */
static void transactions(void) {
  char *before, *want, *got, *last;
  sqlite3 *db;
  int cold;
  made(path);
  made(second);
  db = opened(second);
  run(db, change);
  sqlite3_close(db);
  want = anew(second);
  db = opened(path);
  cold = work_one(db);
  before = answers(db);
  last = strdup(before);
  run(db, "BEGIN");
  tap_ok(work_one(db) * 4 < cold, "begin", "does not remember");
  run(db, change);
  got = answers(db);
  tap_ok(strcmp(got, want) == 0 && strcmp(got, before) != 0, "uncommitted",
         "%.300s", got);
  free(got);
  tap_ok(work_one(db) * 2 > cold, "uncommitted-work", "it remembers");
  run(db, "ROLLBACK");
  same(db, path, "rollback", 0, &last);
  tap_ok(work_one(db) * 4 < cold, "rollback-work", "does not remember");
  run(db, "BEGIN; SAVEPOINT a");
  run(db, change);
  free(answers(db));
  run(db, "ROLLBACK TO a");
  got = answers(db);
  tap_ok(strcmp(got, before) == 0, "rollback-to", "%.300s", got);
  free(got);
  run(db, change);
  run(db, "COMMIT");
  same(db, path, "commit", 1, &last);
  tap_ok(strcmp(last, want) == 0, "commit-want", "%.300s", last);
  free(last);
  free(want);
  free(before);
  sqlite3_close(db);
}

/* A change between two rows of an answer that goes on. */
static void between(void) {
  sqlite3 *db;
  sqlite3_stmt *st = NULL;
  char *last;
  made(path);
  db = opened(path);
  last = answers(db);
  run(db, "INSERT INTO hf_metrics(component, metric, ts, value)"
          " VALUES('c06', 'fan', 1765625000, 3)");
  tap_need(db,
           sqlite3_prepare_v2(db, "SELECT * FROM hf_predict_failures()", -1,
                              &st, NULL),
           "between");
  /* now is found before the change, and what is learned after it: the first
     component has failed, but what is learned is asked for it, too */
  run(db, "UPDATE hf_components SET kind = 'late' WHERE component > 'c00'");
  tap_need(db, sqlite3_step(st) == SQLITE_ROW ? SQLITE_OK : 1, "between");
  run(db, "INSERT INTO hf_metrics(component, metric, ts, value)"
          " VALUES('c06', 'fan', 1765632000, 3)");
  while (sqlite3_step(st) == SQLITE_ROW)
    ;
  sqlite3_finalize(st);
  same(db, path, "between", 1, &last);
  free(last);
  sqlite3_close(db);
}

/* A fleet that was small at one time and is large at another, where failures
** are not weighed. */
static void moments(void) {
  static const char then[] = "SELECT * FROM hf_health('c05')"
                             " WHERE as_of = 1765620000";
  static const char now[] = "SELECT * FROM hf_health('c05')";
  char *text[3];
  size_t size;
  sqlite3 *db;
  int i;
  made(path);
  db = opened(path);
  run(db, "WITH RECURSIVE t(k) AS (SELECT 1 UNION ALL SELECT k+1 FROM t WHERE"
          " k < 110) INSERT INTO hf_health_metrics(component, ts, cpu_percent)"
          " SELECT 'd' || k, 1765623600, 20 FROM t");
  for (i = 0; i < 3; i++) {
    FILE *f = open_memstream(&text[i], &size);
    if (i == 2) {
      sqlite3_close(db);
      db = opened(path);
    }
    tell(db, i == 0 ? now : then, f);
    fclose(f);
  }
  tap_ok(strstr(text[0], "not weighed") != NULL &&
             strstr(text[1], "not weighed") == NULL &&
             strcmp(text[1], text[2]) == 0,
         "moments", "%.200s%.200s%.200s", text[0], text[1], text[2]);
  for (i = 0; i < 3; i++) free(text[i]);
  sqlite3_close(db);
}

/* ---- another database in the same place */

/* Asked through an attached schema, answers of the file in it. */
static void attached(void) {
  static const char ask[] = "SELECT * FROM hf_predict_failures('c05')"
                            " WHERE schema = 'aux'";
  char *text[4], sql[200];
  size_t size;
  sqlite3 *db;
  int i;
  made(path);
  made(second);
  db = opened(second);
  run(db, change);
  sqlite3_close(db);
  db = opened(":memory:");
  for (i = 0; i < 4; i++) {
    FILE *f = open_memstream(&text[i], &size);
    snprintf(sql, sizeof sql, "ATTACH '%s' AS aux", i % 2 ? second : path);
    run(db, sql);
    if (i > 1) free(answers(db));
    tell(db, ask, f);
    tell(db, ask, f);
    fclose(f);
    run(db, "DETACH aux");
  }
  tap_ok(strcmp(text[0], text[1]) != 0 && strcmp(text[0], text[2]) == 0 &&
             strcmp(text[1], text[3]) == 0,
         "attached", "%.200s%.200s", text[0], text[1]);
  for (i = 0; i < 4; i++) free(text[i]);
  sqlite3_close(db);
}

/* A database in memory in the place of a file. SQLite 3.40 does not outlive it
** when a table-valued function was asked on the connection before. */
static void deserialized(void) {
  sqlite3 *db = opened(path), *from = opened(second);
  sqlite3_int64 size = 0;
  unsigned char *copy = sqlite3_serialize(from, "main", &size, 0);
  int cold;
  char *last = anew(path);
  sqlite3_close(from);
  tap_need(db,
           sqlite3_deserialize(db, "main", copy, size, size,
                               SQLITE_DESERIALIZE_FREEONCLOSE |
                                   SQLITE_DESERIALIZE_RESIZEABLE),
           "deserialize");
  same(db, second, "deserialize", 1, &last);
  cold = work_one(db);
  tap_ok(cold > 100 && work_one(db) == cold, "deserialize-work",
         "%d statements", cold);
  run(db, "DELETE FROM hf_failures WHERE component = 'c02'");
  from = opened(second);
  run(from, "DELETE FROM hf_failures WHERE component = 'c02'");
  sqlite3_close(from);
  same(db, second, "deserialize-changed", 1, &last);
  free(last);
  sqlite3_close(db);
}

static void replaced(void) {
  sqlite3 *db;
  char *last;
  int i, cold;
  made(path);
  made(second);
  made(third);
  db = opened(third);
  run(db, change);
  sqlite3_close(db);
  db = opened(path);
  cold = work_one(db);
  last = answers(db);
  for (i = 0; i < 3; i++) {
    copied(db, i % 2 ? second : third);
    same(db, i % 2 ? second : third, "backup", 1, &last);
  }
  tap_ok(work_one(db) * 4 < cold, "backup-work", "does not remember");
  free(last);
  sqlite3_close(db);
}

/* A value overwritten in its place. */
static void blob(void) {
  sqlite3 *db;
  sqlite3_blob *b = NULL;
  char *last;
  int cold;
  made(path);
  db = opened(path);
  cold = work_one(db);
  last = answers(db);
  tap_need(db,
           sqlite3_blob_open(db, "main", "hf_metric_names", "kind", 1, 1, &b),
           "blob");
  tap_need(db, sqlite3_blob_write(b, "state", 5, 0), "blob");
  tap_ok(work_one(db) * 2 > cold, "blob-open", "it remembers");
  tap_need(db, sqlite3_blob_close(b), "blob");
  tap_ok(work_one(db) == cold, "blob-written", "it remembers");
  same(db, path, "blob", -1, &last);
  free(last);
  sqlite3_close(db);
}

/* In memory, in a temporary file, in the schema temp: nothing is remembered. */
static void nameless(void) {
  static const char *const file[] = {":memory:", "", "file:/x?vfs=memdb"};
  int i;
  for (i = 0; i < 3; i++) {
    sqlite3 *db = opened(file[i]);
    int cold;
    char *before, *after;
    run(db, history);
    cold = work_one(db);
    tap_ok(cold > 100 && work_one(db) == cold, "nameless", "%d statements",
           cold);
    before = answers(db);
    run(db, "BEGIN");
    run(db, change);
    after = answers(db);
    tap_ok(strcmp(before, after) != 0, "nameless-changed", "%.200s", after);
    free(after);
    run(db, "ROLLBACK");
    after = answers(db);
    tap_ok(strcmp(before, after) == 0, "nameless-rollback", "%.200s", after);
    free(after);
    free(before);
    sqlite3_close(db);
  }
}

/* Two connections on one cache, one of which looks at what the other has not
** committed and then takes back. */
static void shared_cache(void) {
  char uri[60], *last, *dirty;
  sqlite3 *db, *other;
  made(path);
  snprintf(uri, sizeof uri, "file:%s?cache=shared", path);
  db = opened(uri);
  other = opened(uri);
  last = answers(db);
  /* another version, of which nothing is remembered yet */
  run(other, "UPDATE hf_config SET value = 3 WHERE key = 'max_workers'");
  run(db, "PRAGMA read_uncommitted = 1");
  run(other, "BEGIN");
  run(other, change);
  dirty = answers(db);
  tap_ok(strcmp(dirty, last) != 0, "dirty", "%.200s", dirty);
  free(dirty);
  run(other, "ROLLBACK");
  same(db, path, "dirty-rollback", 0, &last);
  run(db, "PRAGMA read_uncommitted = 0");
  same(db, path, "clean", 0, &last);
  run(other, change);
  same(db, path, "clean-changed", 1, &last);
  free(last);
  sqlite3_close(other);
  sqlite3_close(db);
}

/* A table that became a view is refused as ever. */
static void impostor(void) {
  sqlite3 *db;
  char *want, *got;
  made(path);
  db = opened(path);
  free(answers(db));
  run(db, "ALTER TABLE hf_failures RENAME TO losses;"
          "CREATE VIEW hf_failures AS SELECT * FROM losses");
  want = anew(path);
  got = answers(db);
  tap_ok(strcmp(want, got) == 0 && strstr(got, "hf_failures is a view") != NULL,
         "impostor", "%.200s", got);
  free(want);
  free(got);
  sqlite3_close(db);
}

/* ---- limits, threads, memory */

/* Rows that were read for what is remembered count against the limit. */
static void limited(void) {
  static const char one[] = "SELECT * FROM hf_predict_failures('c05')";
  sqlite3 *db;
  char sql[200], *text;
  size_t size;
  FILE *f;
  int low = 1, high = 100000, rc;
  made(path);
  while (low < high) { /* the least limit that is enough */
    int middle = (low + high) / 2;
    db = opened(path);
    snprintf(sql, sizeof sql,
             "INSERT INTO hf_config(key, value) VALUES('max_rows_read', %d)"
             " ON CONFLICT DO UPDATE SET value = excluded.value",
             middle);
    run(db, sql);
    if (sqlite3_exec(db, one, 0, 0, 0) == SQLITE_OK)
      high = middle;
    else
      low = middle + 1;
    sqlite3_close(db);
  }
  db = opened(path);
  snprintf(sql, sizeof sql,
           "UPDATE hf_config SET value = %d WHERE key = 'max_rows_read'", low);
  run(db, sql);
  rc = sqlite3_exec(db, one, 0, 0, 0);
  tap_ok(rc == SQLITE_OK, "limit-enough", "%s", sqlite3_errmsg(db));
  rc = sqlite3_exec(db, one, 0, 0, 0);
  tap_ok(rc == SQLITE_OK, "limit-enough-again", "%s", sqlite3_errmsg(db));
  snprintf(sql, sizeof sql,
           "UPDATE hf_config SET value = %d WHERE key = 'max_rows_read'",
           low - 1);
  run(db, sql);
  f = open_memstream(&text, &size);
  tell(db, one, f);
  tell(db, one, f);
  fclose(f);
  snprintf(sql, sizeof sql, "reads more than %d rows", low - 1);
  tap_ok(strstr(text, sql) != NULL &&
             strstr(strstr(text, sql) + 1, sql) != NULL,
         "limit-not-enough", "%.300s", text);
  free(text);
  sqlite3_close(db);
}

static sqlite3 *common;
static int thread_bad;

static void *asks(void *p) {
  int i;
  (void)p;
  for (i = 0; i < (TAP_SLOW ? 6 : 20) * QUESTIONS; i++) {
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    int rc = tell(common, questions[i % QUESTIONS], f);
    if (rc != SQLITE_OK) __sync_fetch_and_add(&thread_bad, 1);
    fclose(f);
    free(text);
  }
  return NULL;
}

static void *writes(void *p) {
  sqlite3 *db = opened(path);
  char sql[120];
  int i, rc;
  (void)p;
  for (i = 0; i < 40; i++) {
    snprintf(sql, sizeof sql,
             "INSERT INTO hf_failures(component, ts) VALUES('c%02d', %d)",
             i % 12, 1765000000 + 5000 * i);
    rc = sqlite3_exec(i % 3 ? db : common, sql, 0, 0, 0);
    /* the one that others read from may hold a snapshot that has passed */
    if (rc != SQLITE_OK && (i % 3 || rc != SQLITE_BUSY)) {
      __sync_fetch_and_add(&thread_bad, 1);
    }
  }
  sqlite3_close(db);
  return NULL;
}

static void threads(void) {
  pthread_t thread[3];
  char *last = NULL;
  int i;
  made(path);
  common = opened(path);
  run(common, "PRAGMA journal_mode = WAL");
  for (i = 0; i < 2; i++) pthread_create(&thread[i], NULL, asks, NULL);
  pthread_create(&thread[2], NULL, writes, NULL);
  for (i = 0; i < 3; i++) pthread_join(thread[i], NULL);
  tap_ok(thread_bad == 0, "threads", "%d bad answers", thread_bad);
  same(common, path, "threads-after", -1, &last);
  free(last);
  sqlite3_close(common);
}

static sqlite3_mem_methods real;
static long calls, fails_at;

static int fails(void) {
  return fails_at > 0 && ++calls >= fails_at && calls < fails_at + 1;
}
static void *malloc_failing(int n) {
  return fails() ? NULL : real.xMalloc(n);
}
static void *realloc_failing(void *p, int n) {
  return fails() ? NULL : real.xRealloc(p, n);
}

/* The Nth allocation of a call fails, that which learns or that which
** remembers: the answer or SQLITE_NOMEM, and then the answer. */
static void memory(int warm) {
  static const char one[] = "SELECT hf_health('c05')";
  long n, points = 0, bad = 0, step = 1;
  char *want, *got, why[200] = "";
  size_t size;
  FILE *f;
  sqlite3_int64 used;
  sqlite3 *db = opened(path);
  f = open_memstream(&want, &size);
  tell(db, one, f);
  fclose(f);
  used = sqlite3_memory_used();
  for (n = 1;; n += step) {
    int rc, reached;
    run(db, "UPDATE hf_config SET value = 3 WHERE key = 'max_workers'");
    f = open_memstream(&got, &size);
    if (warm) tell(db, one, f);
    calls = 0;
    fails_at = n;
    rc = tell(db, one, f);
    reached = calls >= n;
    fails_at = 0;
    fclose(f);
    if (rc == SQLITE_IOERR_NOMEM) rc = SQLITE_NOMEM;
    if (rc != SQLITE_NOMEM && strcmp(strchr(got, 0) - strlen(want), want) != 0)
      bad++, snprintf(why, sizeof why, "failing %ld: %.100s", n, got);
    free(got);
    f = open_memstream(&got, &size);
    tell(db, one, f);
    fclose(f);
    if (strcmp(got, want) != 0)
      bad++, snprintf(why, sizeof why, "after failing %ld: %.100s", n, got);
    free(got);
    if (!reached) break;
    points++;
    if (points == (TAP_SLOW ? 60 : 300)) step = 37;
  }
  tap_ok(bad == 0 && points > 50, warm ? "memory-warm" : "memory-cold",
         "%ld of %ld: %s", bad, points, why);
  tap_ok(sqlite3_memory_used() < used + 200000, "memory-held",
         "%lld bytes more", sqlite3_memory_used() - used);
  free(want);
  tap_ok(sqlite3_close(db) == SQLITE_OK, "memory-close", "busy");
}

/* What is remembered goes when the connection does, and does not grow without
** end: many moments, each of which is remembered. */
static void bounded(void) {
  sqlite3_int64 start, full = 0, end;
  sqlite3 *db;
  char sql[200];
  int i;
  free(anew(path));
  start = sqlite3_memory_used();
  db = opened(path);
  for (i = 0; i < 400; i++) {
    snprintf(sql, sizeof sql,
             "SELECT * FROM hf_predict_failures('c07') WHERE as_of = %d",
             1765627200 - i);
    run(db, sql);
    if (i == 200) full = sqlite3_memory_used();
  }
  end = sqlite3_memory_used();
  tap_ok(end < full + 100000, "bounded", "%lld bytes, %lld before", end - start,
         full - start);
  sqlite3_close(db);
  tap_ok(sqlite3_memory_used() == start, "freed", "%lld bytes more",
         sqlite3_memory_used() - start);
}

int main(void) {
  sqlite3_mem_methods failing;
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
  failing = real;
  failing.xMalloc = malloc_failing;
  failing.xRealloc = realloc_failing;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &failing);
  tap_folder();
  changed("DELETE");
  changed("WAL");
  transactions();
  between();
  moments();
  attached();
  replaced();
  deserialized();
  blob();
  nameless();
  shared_cache();
  impostor();
  limited();
  threads();
  made(path);
  memory(0);
  memory(1);
  bounded();
  removed(path);
  removed(second);
  removed(third);
  tap_folder_gone();
  return tap_done();
}
