/*
** index.c: what hf_tune() foretells of an index that is missing, and what comes
** of it.
**
**   make bench-index
**   build/bench/index WORD    -- statements whose names hold it
**
** Statements of many kinds on tables of several shapes are captured while they
** scan; hf_tune() recommends an index and foretells the share of their time
** that it saves; the index is made, and they run again. Processor time, with
** files in the system's cache. What is left of the time is compared, which asks
** more than the share saved does: where 98 % are foretold and 99 come, twice as
** much was foretold to be left.
*/
#include "../fault/loop.h"

static char folder[] = "/tmp/hf_bench_XXXXXX";
static char path[100];

/* A table: item(id, kind, name, body), and owner(id, kind) of 200 rows. */
typedef struct index_table {
  int rows;
  int width;   /* bytes of body */
  int kinds;   /* different values of kind and of name */
  double skew; /* 1: all as often; more: some are frequent */
  int page;    /* bytes; 0: as SQLite has it */
} index_table;

static void fill(const index_table *t) {
  sqlite3 *db = NULL;
  char sql[1200];
  unlink(path);
  loop_need(db, sqlite3_open(path, &db), path);
  loop_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  snprintf(sql, sizeof(sql), "PRAGMA page_size = %d", t->page ? t->page : 4096);
  loop_run(db, sql);
  loop_run(db, "PRAGMA synchronous = OFF; SELECT hf_init()");
  snprintf(sql, sizeof(sql),
           "CREATE TABLE item(id INTEGER PRIMARY KEY, kind, name, body);"
           "WITH RECURSIVE q(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM q "
           "WHERE i < %d), r(i, k) AS (SELECT i, "
           "CAST(%d * pow((i * 48271 %% 65537) / 65537.0, %g) AS INTEGER) "
           "FROM q) INSERT INTO item SELECT i, k, printf('name-%%010d', k), "
           "printf('%%0*d', %d, i) FROM r;"
           "CREATE TABLE owner AS SELECT id, id * 7 %% %d AS kind FROM item "
           "LIMIT 200",
           t->rows, t->kinds, t->skew, t->width, t->kinds);
  loop_run(db, sql);
  loop_need(db, sqlite3_close(db), "close");
}

/* Runs a statement n times, or until half a second has passed, ?1 a kind drawn
** as rows have them: processor ms each. */
static double timed(sqlite3 *db, const index_table *t, const char *sql, int n) {
  sqlite3_stmt *st = NULL;
  double start, took = 0;
  int k;
  loop_need(db, sqlite3_prepare_v2(db, sql, -1, &st, NULL), sql);
  for (k = 0; k < n && took < 0.5; k++) {
    sqlite3_bind_int(st, 1, (int)(t->kinds * pow(loop_uniform(), t->skew)));
    start = loop_cpu();
    while (sqlite3_step(st) == SQLITE_ROW) {
    }
    loop_need(db, sqlite3_reset(st), sql);
    took += loop_cpu() - start;
  }
  sqlite3_finalize(st);
  return took * 1000 / k;
}

/* Short statements beside it, of which hf_tune() takes what any takes. */
static void short_ones(sqlite3 *db, const index_table *t) {
  sqlite3_stmt *st = NULL;
  const char *sql = "SELECT body FROM item WHERE id = ?1";
  int k;
  loop_need(db, sqlite3_prepare_v2(db, sql, -1, &st, NULL), sql);
  for (k = 0; k < 300; k++) {
    sqlite3_bind_int(st, 1, 1 + (int)(loop_uniform() * t->rows));
    while (sqlite3_step(st) == SQLITE_ROW) {
    }
    loop_need(db, sqlite3_reset(st), sql);
  }
  sqlite3_finalize(st);
}

static int within, told, untold, none;
static double sum, square, worst = 1;

static void note(double ratio) {
  told++;
  sum += log(ratio);
  square += log(ratio) * log(ratio);
  if (fabs(log(ratio)) <= log(2)) within++;
  if (fabs(log(ratio)) > fabs(log(worst))) worst = ratio;
}

/* One statement: cache in KiB. */
static void missing(const char *name, const index_table *t, int cache,
                    const char *sql) {
  sqlite3 *db = NULL;
  char text[100];
  double before, after, left, was;
  const char *create, *setting, *reason;
  fill(t);
  loop_need(db, sqlite3_open(path, &db), path);
  loop_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  snprintf(text, sizeof(text), "PRAGMA cache_size = -%d", cache);
  loop_run(db, text);
  loop_seed = 42;
  loop_run(db, "SELECT hf_capture('on')");
  short_ones(db, t);
  before = timed(db, t, sql, 120);
  loop_run(db, "SELECT hf_capture('off'); SELECT hf_capture('flush')");
  loop_now += 60000;
  loop_run(db, "SELECT hf_collect()");
#define ROW "FROM hf_tune() WHERE area = 'sqlite' AND setting LIKE 'index on%'"
  printf("%-28s ", name);
  if (loop_number(db, "SELECT count(*) " ROW) == 0) {
    none++;
    printf("none is recommended; %.4f ms\n", before);
    sqlite3_close(db);
    return;
  }
  setting = loop_text(db, "SELECT substr(setting, 10) " ROW);
  create = loop_text(db, "SELECT detail " ROW);
  left = loop_number(db, "SELECT coalesce(expected_gain, -1) " ROW);
  was = loop_number(db, "SELECT max(t) / total(t) FROM (SELECT "
                        "total(execution_time_ms) AS t FROM hf_query_history "
                        "GROUP BY query_id)");
  reason = loop_text(db, "SELECT substr(reason, instr(reason, '; ') + 2) " ROW);
  loop_run(db, create);
  (void)timed(db, t, sql, 20);
  after = timed(db, t, sql, 240);
  printf("%-22s ", setting);
  if (left < 0) {
    untold++;
    printf("saves ?, %5.1f%% came; %.4f ms of %.4f: %s\n",
           100 * (1 - after / before), after, before, reason);
  } else {
    left = before * (1 - left / was);
    note(left / after);
    printf("saves %5.1f%%, %5.1f%% came; %.4f ms left, %.4f came, x%.2f%s\n",
           100 * (1 - left / before), 100 * (1 - after / before), left, after,
           left / after, fabs(log(left / after)) > log(2) ? "  !" : "");
  }
  sqlite3_close(db);
}

typedef struct index_case {
  const char *name;
  const char *sql;
} index_case;

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    index_table t;
    int cache;
  } tables[] = {{"", {60000, 200, 1009, 1, 0}, 64000},
                {"narrow, ", {60000, 4, 1009, 1, 0}, 64000},
                {"wide, ", {12000, 1500, 1009, 1, 0}, 64000},
                {"few rows, ", {3000, 100, 101, 1, 0}, 64000},
                {"many rows, ", {300000, 40, 5003, 1, 0}, 64000},
                {"small cache, ", {60000, 200, 1009, 1, 0}, 2000},
                {"skewed, ", {60000, 100, 1009, 3, 0}, 64000},
                {"pages of 1 KB, ", {40000, 60, 1009, 1, 1024}, 64000}};
  static const index_case cases[] = {
      {"lookup",
       "SELECT count(*), max(length(body)) FROM item WHERE kind = ?1"},
      {"rows", "SELECT id, body FROM item WHERE kind = ?1"},
      {"covering", "SELECT count(*) FROM item WHERE kind = ?1"},
      {"text", "SELECT id, length(body) FROM item "
               "WHERE name = printf('name-%010d', ?1)"},
      {"two columns",
       "SELECT max(length(body)) FROM item WHERE kind = ?1 AND id % 3 = 0"},
      {"two keys", "SELECT length(body) FROM item WHERE kind = ?1 "
                   "AND name = printf('name-%010d', ?1)"},
      {"in", "SELECT length(body) FROM item WHERE kind IN (?1, ?1 + 1, 3)"},
      {"range, counted", "SELECT count(*), max(length(body)) FROM item "
                         "WHERE kind BETWEEN ?1 AND ?1 + 4"},
      {"range, rows", "SELECT id, length(body) FROM item "
                      "WHERE kind BETWEEN ?1 AND ?1 + 4"},
      {"above", "SELECT count(length(body)) FROM item "
                "WHERE kind > (SELECT max(kind) * 0.99 FROM owner) + 0 * ?1"},
      {"order, limit",
       "SELECT id, length(body) FROM item ORDER BY kind LIMIT 20 + 0 * ?1"},
      {"order, all", "SELECT id, length(body) FROM item ORDER BY kind, ?1"},
      {"equal, order",
       "SELECT id FROM item WHERE kind = ?1 ORDER BY body LIMIT 5"},
      {"newest", "SELECT id, body FROM item WHERE kind = ?1 "
                 "ORDER BY id DESC LIMIT 1"},
      {"group", "SELECT name, count(*), max(length(body)) FROM item "
                "WHERE kind = ?1 GROUP BY name"},
      {"group by all", "SELECT kind, count(*) FROM item GROUP BY kind, ?1"},
      {"join", "SELECT count(length(i.body)) FROM owner AS o JOIN item AS i "
               "ON i.kind = o.kind WHERE o.id > ?1 % 20"},
      {"join of one", "SELECT count(length(i.body)) FROM owner AS o JOIN item "
                      "AS i ON i.kind = o.kind WHERE o.id = 1 + ?1 % 200"},
      {"exists", "SELECT count(*) FROM owner AS o WHERE EXISTS (SELECT 1 FROM "
                 "item AS i WHERE i.kind = o.kind AND o.id < 5 + 0 * ?1)"},
      {"max", "SELECT max(kind) + 0 * ?1 FROM item"},
      {"change", "UPDATE item SET body = body WHERE kind = ?1"}};
  size_t i, k;
  loop_clock();
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  if (mkdtemp(folder) == NULL) return 2;
  snprintf(path, sizeof(path), "%s/index.db", folder);
  for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
    for (k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
      char name[100];
      if (argc > 1 && strstr(cases[k].name, argv[1]) == NULL) continue;
      snprintf(name, sizeof(name), "%s%s", tables[i].name, cases[k].name);
      missing(name, &tables[i].t, tables[i].cache, cases[k].sql);
    }
  }
  printf("%d of %d within a factor of two of the time left; mean x%.2f, spread "
         "x%.2f, worst x%.2f; %d not foretold, %d not recommended\n",
         within, told, exp(sum / told),
         exp(sqrt(square / told - sum * sum / told / told)), worst, untold,
         none);
  unlink(path);
  rmdir(folder);
  return 0;
}
