/*
** damage.c: databases that somebody has tampered with, and hosts that allow
** little. Questions and verbs are put to a history after one of
**
**   bytes  some bytes of the file are changed, pages are copied over others,
**          or its end is cut off;
**   cells  values of its tables are replaced by any others that SQLite can
**          keep: other types, infinity, the ends of the integers, long texts,
**          other rows' values; the CHECKs are off, as for a hand at work with
**          another program;
**   hosts  the database is sound, but the host lowers a limit of SQLite's or
**          the heap, denies some access, stops the work, or locks the schema
**          or the file.
**
** Nothing may crash, take long, leak, fail without a message, give a number
** that is none, or keep the connection from closing; a question writes
** nothing; and a database whose pages were sound stays so. The sanitizers' run
** looks for stray reads.
**
**   damage [bytes | cells | hosts FIRST [COUNT]]
**
** Everything follows from the number of the run: FIRST repeats one.
*/
#include "tap.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <time.h>

enum { DAMAGE_RUNS = TAP_SLOW ? 60 : 300, DAMAGE_CALLS = 8 };

/* Seconds of the processor that a call may take: hf_config allows 60. */
static const double damage_most = TAP_SLOW ? 600 : 120;

static const char *const questions[] = {
    "* FROM hf_forecast(180)",
    "hf_forecast(180)",
    "* FROM hf_forecast(60, 'requests')",
    "* FROM hf_forecast(60, 'hf_health_metrics.disk_percent')",
    "* FROM hf_forecast(60, hf_source('plain', 'ts', 'v', 'who'))",
    "hf_forecast(60, (SELECT hf_series(ts, v) FROM plain))",
    "* FROM hf_pattern()",
    "hf_pattern('requests')",
    "* FROM hf_decompose('hf_resource_metrics.cpu_percent')",
    "* FROM hf_time_to(95, 'hf_health_metrics.disk_percent')",
    "hf_time_to(95, 'hf_health_metrics.disk_percent')",
    "* FROM hf_backtest(120, 'requests')",
    "* FROM hf_anomalies()",
    "* FROM hf_anomalies('requests') WHERE arg_hindsight = 1",
    "* FROM hf_predict_failures()",
    "hf_predict_failures('a')",
    "* FROM hf_predict_failures() WHERE as_of = 1765231200",
    "* FROM hf_health()",
    "hf_health('b')",
    "* FROM hf_maintenance()",
    "* FROM hf_tune()",
    "hf_tune()",
    "* FROM hf_optimize_memory()",
    "hf_optimize_memory()",
    "* FROM hf_allocate_workers()",
    "hf_allocate_workers()",
    "* FROM hf_query_recommendation('q', 150, 500000)",
    "hf_query_recommendation('felt', 10, 1e5)",
    "* FROM hf_optimize_cost(1000, 250)",
    "hf_optimize_cost(1000, 250)",
    "* FROM hf_cost_backtest(1000, 250, 1765152000, 1)",
    "hf_to_prometheus()",
    "* FROM hf_alerts()",
    "hf_alerts('a')",
    "* FROM hf_quality()",
    "hf_plot('requests', 180)",
    "hf_report(3)",
    "* FROM hf_report(2)",
};
enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static const char *const verbs[] = {"hf_init()",
                                    "hf_collect()",
                                    "hf_prune(3)",
                                    "* FROM hf_prune(2)",
                                    "hf_learn()",
                                    "hf_learn('x')",
                                    "hf_apply()",
                                    "hf_apply('undo')",
                                    "hf_apply('dry-run')",
                                    "hf_capture('on')",
                                    "* FROM hf_capture('flush')",
                                    "hf_load_costs('bill')"};
enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

/* ---- chance, from the number of the run alone */

static unsigned long long dice_state;

static unsigned dice(unsigned sides) {
  dice_state = dice_state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(dice_state >> 33) % sides;
}

static void dice_begin(unsigned kind, unsigned run) {
  dice_state = 88172645463325252ULL ^ ((unsigned long long)kind << 40) ^ run;
  dice(2);
  dice(2);
}

/* dice(N): 0 to N-1. */
static void dice_sql(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  (void)argc;
  sqlite3_result_int64(ctx, dice((unsigned)sqlite3_value_int(argv[0])));
}

/* hostile(X): something else in the place of X. */
static void hostile_sql(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  static const double reals[] = {
      0,      -1,      1e308, -1e308, 5e-324, 1e100, 1e300, -1e300,
      9.3e18, -9.3e18, 1e11,  -1e11,  0.5,    1e-9,  1.7e9, 4294967296.0};
  static const char *const texts[] = {
      "",         "nan",  "inf",  "-1",  "1e999",      "0x7f", "12abc",
      "' OR 1=1", "\"a]", "%s%n", "{\"", "hf_metrics", "a",    "b"};
  static const sqlite3_int64 ends[] = {INT64_MAX,  INT64_MIN,  0,      1,
                                       -1,         2,          3,      7,
                                       0x7fffffff, 0xffffffff, 999999, 1000000};
  (void)argc;
  switch (dice(9)) {
  case 0:
    sqlite3_result_null(ctx);
    break;
  case 1:
    sqlite3_result_double(ctx, dice(2) ? INFINITY : -INFINITY);
    break;
  case 2:
    sqlite3_result_double(ctx, reals[dice(sizeof(reals) / sizeof(reals[0]))]);
    break;
  case 3:
    sqlite3_result_text(ctx, texts[dice(sizeof(texts) / sizeof(texts[0]))], -1,
                        SQLITE_STATIC);
    break;
  case 4:
    sqlite3_result_int64(ctx, ends[dice(sizeof(ends) / sizeof(ends[0]))]);
    break;
  case 5:
    sqlite3_result_zeroblob(ctx, (int)dice(40));
    break;
  case 6: /* as long as nobody expects it, seldom */
    sqlite3_result_zeroblob(ctx, dice(20) ? 300 : 1000000);
    break;
  case 7:
    sqlite3_result_int64(ctx, dice(1000));
    break;
  default:
    sqlite3_result_double(ctx, sqlite3_value_double(argv[0]) *
                                   (1 + 10.0 * (dice(3) - 1.0)));
  }
}

/* ---- the histories */

typedef struct image {
  unsigned char *p;
  sqlite3_int64 n;
} image;

static void run_sql(sqlite3 *db, const char *sql) {
  tap_need(db, sqlite3_exec(db, sql, 0, 0, 0), sql);
}

/* Small pages: what a page says of itself is then a larger part of it. */
static image image_made(int page) {
  image a;
  sqlite3 *db = NULL;
  char sql[60];
  tap_need(db, sqlite3_open(":memory:", &db), "open");
  snprintf(sql, sizeof sql, "PRAGMA page_size = %d", page);
  run_sql(db, sql);
  tap_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  run_sql(db, tap_history);
  run_sql(db, "INSERT INTO hf_metrics(component, metric, ts, value)"
              " SELECT 'a', 'old', 1700000000 + 3600 * value, value"
              "  FROM json_each('[1,2,3,4,5,6,7,8,9]');"
              "SELECT hf_prune(5);"
              "UPDATE hf_config SET value = 1765234800 WHERE key = 'now';"
              "SELECT hf_apply();"
              "UPDATE hf_config SET value = NULL WHERE key = 'now'");
  a.p = sqlite3_serialize(db, "main", &a.n, 0);
  if (a.p == NULL) tap_need(db, SQLITE_NOMEM, "serialize");
  sqlite3_close(db);
  return a;
}

static void bytes_damaged(image *a) {
  unsigned k, n = 1 + dice(8), page = (unsigned)a->p[16] << 8 | a->p[17];
  unsigned pages = (unsigned)(a->n / page);
  if (dice(8) == 0) {
    memcpy(a->p + (size_t)page * (1 + dice(pages - 1)),
           a->p + (size_t)page * (1 + dice(pages - 1)), page);
  }
  if (dice(16) == 0) a->n -= (sqlite3_int64)dice(pages / 2) * page;
  for (k = 0; k < n; k++) {
    size_t at = dice((unsigned)a->n);
    /* half of them where a page describes itself */
    if (dice(2)) at = at / page * page + dice(40);
    if (at < 100 && dice(4)) continue; /* then it is no database at all */
    a->p[at] = (unsigned char)(dice(2) ? dice(256) : a->p[at] ^ 1u << dice(8));
  }
}

/* Some columns of some tables. What SQLite does not keep stays as it is. */
static void cells_damaged(sqlite3 *db) {
  sqlite3_stmt *st = NULL;
  char *sql[400];
  int i, updates = 0;
  unsigned n = 1 + dice(6);
  run_sql(db, "PRAGMA ignore_check_constraints = 1");
  tap_need(db,
           sqlite3_prepare_v2(
               db,
               "SELECT t.name, c.name FROM sqlite_schema AS t,"
               " pragma_table_xinfo(t.name) AS c WHERE t.type = 'table' AND"
               " t.name GLOB 'hf_*' AND c.hidden = 0 AND (t.name <> 'hf_config'"
               "  OR c.name = 'value') ORDER BY 1, 2",
               -1, &st, NULL),
           "columns");
  while (sqlite3_step(st) == SQLITE_ROW && updates < 400) {
    const char *column = (const char *)sqlite3_column_text(st, 1);
    if (dice(200) >= 8 * n) continue;
    sql[updates++] = sqlite3_mprintf(
        "UPDATE OR IGNORE \"%w\" SET \"%w\" = hostile(\"%w\") WHERE dice(%u)"
        " = 0",
        sqlite3_column_text(st, 0), column, column, dice(3) ? 40 : 2);
  }
  sqlite3_finalize(st);
  for (i = 0; i < updates; i++) {
    if (sql[i] != NULL) sqlite3_exec(db, sql[i], 0, 0, 0);
    sqlite3_free(sql[i]);
  }
  run_sql(db, "PRAGMA ignore_check_constraints = 0");
}

/* ---- the host */

static unsigned host_calls; /* of the authorizer that are allowed */
static int host_refusal;
static int host_limit = -1, host_limit_was; /* the one that was lowered */

static int host_denies(void *unused, int action, const char *a, const char *b,
                       const char *c, const char *d) {
  (void)unused, (void)action, (void)a, (void)b, (void)c, (void)d;
  if (host_calls == 0 || --host_calls > 0) return SQLITE_OK;
  /* SQLite itself does not outlive every SELECT that is ignored */
  return action == SQLITE_SELECT ? SQLITE_DENY : host_refusal;
}

static int damage_steps, damage_steps_most; /* in thousands */

/* One restriction for all that follows on the connection. */
static void host_restricted(sqlite3 *db) {
  static const int least[] = {1, 2, 5, 10, 30, 100, 300, 1000, 3000};
  static const char *const pragmas[] = {
      "PRAGMA query_only = 1",
      "PRAGMA foreign_keys = 1",
      "PRAGMA recursive_triggers = 1",
      "PRAGMA cache_size = 1",
      "PRAGMA temp_store = 2",
      "PRAGMA max_page_count = 1",
      "PRAGMA locking_mode = exclusive",
      "BEGIN; SELECT 1 FROM plain",
      "CREATE TEMP TABLE hf_config(a)",
      "CREATE TEMP VIEW hf_metrics AS SELECT 1"};
  int n;
  switch (dice(7)) {
  case 0:
    host_limit = (int)dice(SQLITE_LIMIT_WORKER_THREADS);
    n = least[dice(sizeof(least) / sizeof(least[0]))];
    /* a message needs some room, too */
    if (host_limit == SQLITE_LIMIT_LENGTH && n < 300) n = 300;
    host_limit_was = sqlite3_limit(db, host_limit, n);
    break;
  case 1:
    sqlite3_hard_heap_limit64(sqlite3_memory_used() + dice(2000000));
    break;
  case 2:
    sqlite3_soft_heap_limit64(1 + dice(1000000));
    break;
  case 3:
    host_calls = 1 + dice(dice(2) ? 40 : 600);
    host_refusal = dice(2) ? SQLITE_DENY : SQLITE_IGNORE;
    sqlite3_set_authorizer(db, host_denies, NULL);
    break;
  case 4:
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, (int)dice(2), NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, (int)dice(2), NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    break;
  case 5:
    damage_steps_most = (int)dice(30);
    break;
  default:
    sqlite3_exec(db, pragmas[dice(sizeof(pragmas) / sizeof(pragmas[0]))], 0, 0,
                 0);
  }
}

static void host_free_again(sqlite3 *db) {
  sqlite3_hard_heap_limit64(0);
  sqlite3_soft_heap_limit64(0);
  sqlite3_set_authorizer(db, NULL, NULL);
  host_calls = 0;
  damage_steps_most = 3000;
  if (host_limit >= 0) sqlite3_limit(db, host_limit, host_limit_was);
  host_limit = -1;
}

/* ---- one run */

static char damage_why[600];
static long damage_bad, damage_answers, damage_errors;
static double damage_slowest;

static void complain(const char *kind, unsigned run, const char *sql,
                     const char *what) {
  if (damage_bad++ == 0) {
    snprintf(damage_why, sizeof damage_why, "damage %.9s %u: %.200s: %.300s",
             kind, run, sql, what);
  }
}

static double used(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Damaged pages may lead round and round. */
static int too_long(void *unused) {
  (void)unused;
  return ++damage_steps > damage_steps_most;
}

/* 1: a text with a word that is no number where JSON has a value. */
static int not_a_number(const char *z) {
  for (; *z != 0; z++) {
    const char *w = z[1] == '-' ? z + 2 : z + 1;
    if (strchr(":[,", *z) == NULL) continue;
    if (strncmp(w, "nan", 3) == 0 || strncmp(w, "inf", 3) == 0 ||
        strncmp(w, "Inf", 3) == 0 || strncmp(w, "NaN", 3) == 0) {
      if (!isalnum((unsigned char)w[3]) && w[3] != '_' && w[3] != '"') return 1;
    }
  }
  return 0;
}

static void value_judged(sqlite3_stmt *st, int i, const char *kind,
                         unsigned run, const char *sql) {
  if (sqlite3_column_type(st, i) == SQLITE_FLOAT &&
      !isfinite(sqlite3_column_double(st, i))) {
    complain(kind, run, sql, "a number that is not finite");
  }
  if (sqlite3_column_type(st, i) == SQLITE_TEXT) {
    const char *z = (const char *)sqlite3_column_text(st, i);
    if (z != NULL && *z == '{' && not_a_number(z)) {
      complain(kind, run, sql, z);
    }
  }
}

static void ask(sqlite3 *db, const char *what, const char *kind, unsigned run) {
  int free_of_transaction = sqlite3_get_autocommit(db);
  sqlite3_stmt *st = NULL;
  char sql[200];
  double start = used(), took;
  int rc, i;
  snprintf(sql, sizeof sql, "SELECT %s", what);
  damage_steps = 0;
  rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
  while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(st); i++) {
      value_judged(st, i, kind, run, sql);
    }
    rc = SQLITE_OK;
  }
  took = used() - start;
  if (took > damage_slowest) damage_slowest = took;
  if (took > damage_most) complain(kind, run, sql, "it takes long");
  if (rc == SQLITE_DONE) {
    damage_answers++;
  } else {
    damage_errors++;
    if (sqlite3_errmsg(db)[0] == 0 || rc == SQLITE_INTERNAL ||
        rc == SQLITE_MISUSE ||
        (rc == SQLITE_ERROR &&
         strcmp(sqlite3_errmsg(db), sqlite3_errstr(rc)) == 0)) {
      complain(kind, run, sql, sqlite3_errmsg(db));
    }
  }
  sqlite3_finalize(st);
  if (free_of_transaction && !sqlite3_get_autocommit(db)) {
    complain(kind, run, sql, "a transaction stays open");
    sqlite3_exec(db, "ROLLBACK", 0, 0, 0);
  }
}

/* 1: no page is damaged. */
static int sound(sqlite3 *db) {
  sqlite3_stmt *st = NULL;
  int good = 0;
  if (sqlite3_prepare_v2(db,
                         "SELECT count(*) = 0 FROM pragma_integrity_check"
                         " WHERE integrity_check LIKE '%page%' OR"
                         " integrity_check LIKE '%index%'",
                         -1, &st, NULL) == SQLITE_OK &&
      sqlite3_step(st) == SQLITE_ROW) {
    good = sqlite3_column_int(st, 0);
  }
  sqlite3_finalize(st);
  return good;
}

static void one(const char *kind, unsigned run, const image *from) {
  sqlite3_int64 memory = sqlite3_memory_used(), changes;
  image a = *from;
  sqlite3 *db = NULL;
  int i, bytes = *kind == 'b';
  dice_begin((unsigned)*kind, run);
  a.p = sqlite3_malloc64((sqlite3_uint64)a.n);
  if (a.p == NULL) tap_need(db, SQLITE_NOMEM, "copy");
  memcpy(a.p, from->p, (size_t)a.n);
  if (bytes) bytes_damaged(&a);
  tap_need(db, sqlite3_open(":memory:", &db), "open");
  tap_need(db,
           sqlite3_deserialize(db, "main", a.p, a.n, from->n,
                               SQLITE_DESERIALIZE_FREEONCLOSE |
                                   SQLITE_DESERIALIZE_RESIZEABLE),
           "deserialize");
  tap_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  sqlite3_create_function(db, "dice", 1, SQLITE_UTF8, 0, dice_sql, 0, 0);
  sqlite3_create_function(db, "hostile", 1, SQLITE_UTF8, 0, hostile_sql, 0, 0);
  if (*kind == 'c') cells_damaged(db);
  damage_steps_most = 3000;
  if (*kind == 'h') host_restricted(db);
  sqlite3_progress_handler(db, 1000, too_long, NULL);
  changes = sqlite3_total_changes64(db);
  for (i = 0; i < DAMAGE_CALLS; i++) {
    if (i == DAMAGE_CALLS - 2) {
      if (sqlite3_total_changes64(db) != changes) {
        complain(kind, run, "a question", "it has written");
      }
    }
    ask(db,
        i < DAMAGE_CALLS - 2 ? questions[dice(QUESTIONS)] : verbs[dice(VERBS)],
        kind, run);
  }
  sqlite3_progress_handler(db, 0, NULL, NULL);
  host_free_again(db);
  if (!bytes && !sound(db)) complain(kind, run, "a verb", "pages are damaged");
  if (sqlite3_close(db) != SQLITE_OK) {
    complain(kind, run, "closing", "a statement is left open");
    sqlite3_close_v2(db);
  }
  if (sqlite3_memory_used() != memory) complain(kind, run, "closing", "a leak");
}

static void runs(const char *kind, unsigned first, unsigned count,
                 const image from[2]) {
  unsigned run;
  damage_bad = damage_answers = damage_errors = 0;
  damage_slowest = 0;
  for (run = first; run < first + count; run++) {
    one(kind, run, &from[run % 2]);
  }
  tap_ok(damage_bad == 0 && damage_answers > 0, kind, "%ld bad; first: %s",
         damage_bad, damage_why);
  printf("# %s: %u runs, %ld answers, %ld errors, the slowest took %.1f s\n",
         kind, count, damage_answers, damage_errors, damage_slowest);
}

int main(int argc, char **argv) {
  image from[2];
  from[0] = image_made(4096);
  from[1] = image_made(512);
  if (argc > 2) {
    runs(argv[1], (unsigned)atoi(argv[2]),
         argc > 3 ? (unsigned)atoi(argv[3]) : 1, from);
  } else {
    runs("bytes", 1, DAMAGE_RUNS, from);
    runs("cells", 1, DAMAGE_RUNS, from);
    runs("hosts", 1, DAMAGE_RUNS, from);
  }
  sqlite3_free(from[0].p);
  sqlite3_free(from[1].p);
  return tap_done();
}
