/*
** apply.c: what hf_collect(), hf_tune() and hf_apply() are worth to the
** application that they run beside.
**
**   make bench-apply
**
** Loads over databases larger than SQLite's default cache, each under fixed
** sizes and under hf_apply(). Page misses are counted and the same on every
** run; processor time is that of the load, the least of three runs, as a ratio
** to the default. Then a missing index: what was foretold, and what came of it.
** `build/bench/apply index` does that alone; `build/bench/apply more` counts
** the misses of loads of other sizes, skews and seeds.
*/
#include "../fault/loop.h"

static int rounds = 3;

static char folder[] = "/tmp/hf_bench_XXXXXX";
static char path[100];

/* The best of some runs; misses are the same in each. */
static void measured(const loop_load *l, int fixed, int beside,
                     loop_result *best) {
  loop_result r;
  int k;
  best->settled_cpu = HUGE_VAL;
  for (k = 0; k < rounds; k++) {
    sqlite3 *db = NULL;
    loop_need(db, sqlite3_open(path, &db), path);
    loop_run(db, "DELETE FROM hf_applied; DELETE FROM hf_cache_stats;"
                 "DELETE FROM hf_metric_samples; DELETE FROM hf_memory_stats;"
                 "DELETE FROM hf_query_history");
    sqlite3_close(db);
    loop_go(path, l, fixed, beside, NULL, &r);
    if (r.settled_cpu < best->settled_cpu) *best = r;
  }
}

static void say(const char *name, const loop_result *r,
                const loop_result *def) {
  printf("  %-24s %8.2f %10ld %10ld %10.3f %10.3f\n", name, r->mb, r->misses,
         r->settled, r->settled_cpu / def->settled_cpu, r->cpu / def->cpu);
}

static void sizes(const char *name, const loop_load *l, const char *most) {
  static const int fixed[] = {-4000, -6144, -8192, -16384, -32768};
  loop_result def, r, best, tuned;
  sqlite3 *db = NULL;
  char sql[100];
  double cap = atof(most);
  size_t i;
  snprintf(path, sizeof(path), "%s/%s.db", folder, name);
  loop_fill(path, l);
  loop_need(db, sqlite3_open(path, &db), path);
  snprintf(sql, sizeof(sql),
           "UPDATE hf_config SET value = %s WHERE key = 'max_page_cache_mb'",
           most);
  loop_run(db, sql);
  printf("%s: %.1f MB, %d lookups a minute (skew %.1f, every %dth five times), "
         "%d scans, %d minutes, at most %s MB\n",
         name,
         loop_number(db, "SELECT page_count * 4 / 1024.0 "
                         "FROM pragma_page_count"),
         l->lookups, l->skew, l->spike, l->scans, l->intervals, most);
  sqlite3_close(db);
  printf("  %-24s %8s %10s %10s %10s %10s\n", "", "MB", "misses", "settled",
         "CPU ratio", "over all");
  measured(l, 0, LOOP_COLLECTED, &def);
  best = def;
  say("default", &def, &def);
  for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
    if (cap > 0 && -fixed[i] / 1024.0 > cap) continue;
    measured(l, fixed[i], LOOP_COLLECTED, &r);
    say("fixed", &r, &def);
    if (r.settled < best.settled) best = r;
  }
  measured(l, 0, LOOP_TUNED, &tuned);
  say("hf_apply", &tuned, &def);
  printf("  settled: %ld misses, best fixed %ld (%.2f MB), default %ld; CPU "
         "%.3f of the best fixed's\n",
         tuned.settled, best.settled, best.mb, def.settled,
         tuned.settled_cpu / best.settled_cpu);
  unlink(path);
}

/* Misses of the second half: of hf_apply(), of the best fixed size that `most`
** MB allow (0: any), and of the default; 1 when within 5% of the best. */
static int one_more(const loop_load *l, int most) {
  static const int fixed[] = {-3000,  -4000,  -5120,  -6144, -8192,
                              -12288, -16384, -32768, -65536};
  loop_result def, r, best, tuned;
  sqlite3 *db = NULL;
  char sql[100];
  size_t i;
  int good;
  snprintf(path, sizeof(path), "%s/more.db", folder);
  loop_fill(path, l);
  loop_need(db, sqlite3_open(path, &db), path);
  snprintf(sql, sizeof(sql),
           "UPDATE hf_config SET value = nullif(%d, 0) WHERE key = "
           "'max_page_cache_mb'",
           most);
  loop_run(db, sql);
  sqlite3_close(db);
  measured(l, 0, LOOP_COLLECTED, &def);
  best = def;
  for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
    if (most > 0 && -fixed[i] > most * 1024) continue;
    measured(l, fixed[i], LOOP_COLLECTED, &r);
    if (r.settled < best.settled) best = r;
  }
  measured(l, 0, LOOP_TUNED, &tuned);
  good = (double)tuned.settled <= 1.05 * (double)best.settled;
  printf("  %7d rows, skew %.1f, %d scans, at most %2d MB, seed %4llu: %8ld"
         " (%.1f MB), best %8ld (%.1f MB), default %8ld%s\n",
         l->rows, l->skew, l->scans, most, loop_first, tuned.settled, tuned.mb,
         best.settled, best.mb, def.settled, good ? "" : "  MORE THAN 5%");
  unlink(path);
  return good;
}

static void more(void) {
  static const loop_load loads[] = {{15000, 4000, 3, 9, 0, 60},
                                    {18000, 4000, 1, 7, 0, 60},
                                    {30000, 3000, 4, 5, 0, 60},
                                    {60000, 4000, 2, 11, 0, 60},
                                    {40000, 1000, 3, 9, 1, 40}};
  static const int most[] = {0, 5};
  size_t i, k, n = 0, good = 0;
  rounds = 1;
  for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
    for (k = 0; k < 2; k++) {
      loop_first = 7 + 1000 * k + 10 * i;
      good += (size_t)one_more(&loads[i], most[k]);
      n++;
    }
  }
  printf("  %d of %d within 5%% of the best fixed size\n", (int)good, (int)n);
}

/* Runs a statement n times with a parameter of its own: processor ms each. */
static double timed(sqlite3 *db, const char *sql, int n) {
  sqlite3_stmt *st = NULL;
  double start = loop_cpu();
  int k;
  loop_need(db, sqlite3_prepare_v2(db, sql, -1, &st, NULL), sql);
  for (k = 0; k < n; k++) {
    sqlite3_bind_int(st, 1, (int)(loop_uniform() * 1000));
    while (sqlite3_step(st) == SQLITE_ROW) {
    }
    loop_need(db, sqlite3_reset(st), sql);
  }
  sqlite3_finalize(st);
  return (loop_cpu() - start) * 1000 / n;
}

static void missing(const char *name, const char *sql, int cache) {
  const loop_load l = {60000, 300, 0, 0, 0, 1};
  sqlite3 *db = NULL;
  char text[100];
  double before, after, share, foretold, was;
  const char *create, *setting, *reason;
  snprintf(path, sizeof(path), "%s/index.db", folder);
  loop_fill(path, &l);
  loop_need(db, sqlite3_open(path, &db), path);
  loop_need(db, sqlite3_hiveframeautonomous_init(db, NULL, NULL), "register");
  snprintf(text, sizeof(text), "PRAGMA cache_size = %d", cache);
  loop_run(db, text);
  loop_run(db, "CREATE TABLE owner AS SELECT id, kind FROM item LIMIT 200");
  loop_seed = 42;
  loop_run(db, "SELECT hf_capture('on')");
  loop_interval(db, &l, 1);
  before = timed(db, sql, 40);
  loop_run(db, "SELECT hf_capture('off'); SELECT hf_capture('flush')");
  loop_now += 60000;
  loop_run(db, "SELECT hf_collect()");
#define ROW "FROM hf_tune() WHERE area = 'sqlite' AND setting LIKE 'index on%'"
  if (loop_number(db, "SELECT count(*) " ROW) == 0) {
    printf("  %-15s none is recommended\n", name);
    sqlite3_close(db);
    unlink(path);
    return;
  }
  setting = loop_text(db, "SELECT setting " ROW);
  create = loop_text(db, "SELECT detail " ROW);
  share = loop_number(db, "SELECT coalesce(expected_gain, -1) " ROW);
  was = loop_number(db, "SELECT max(t) / total(t) FROM (SELECT "
                        "total(execution_time_ms) AS t FROM hf_query_history "
                        "GROUP BY query_id)");
  reason = loop_text(db, "SELECT substr(reason, instr(reason, '; ')) " ROW);
  loop_run(db, create);
  (void)timed(db, sql, 10);
  after = timed(db, sql, 200);
  foretold = share / was;
  if (share < 0) {
    printf("  %-15s %-22s saves: not foretold, %5.1f%% came; %.4f ms left\n"
           "             %s\n",
           name, setting, 100 * (1 - after / before), after, reason);
    sqlite3_close(db);
    unlink(path);
    return;
  }
  printf("  %-15s %-22s saves %5.1f%% foretold, %5.1f%% came; %.4f ms left "
         "foretold, %.4f came\n             %s\n",
         name, setting, 100 * foretold, 100 * (1 - after / before),
         before * (1 - foretold), after, reason);
  sqlite3_close(db);
  unlink(path);
}

int main(int argc, char **argv) {
  const loop_load skewed = {20000, 4000, 3, 9, 0, 60};
  const loop_load larger = {100000, 4000, 3, 9, 0, 60};
  const loop_load scanned = {20000, 1000, 3, 9, 1, 40};
  loop_clock();
  if (mkdtemp(folder) == NULL) return 2;
  if (argc > 1 && strcmp(argv[1], "more") == 0) {
    more();
    rmdir(folder);
    return 0;
  }
  if (argc < 2 || strcmp(argv[1], "index") != 0) {
    sizes("skewed", &skewed, "NULL");
    sizes("larger", &larger, "16");
    sizes("scanned", &scanned, "NULL");
  }
  printf("a missing index, 60,000 rows\n");
  missing("lookup",
          "SELECT count(*), max(length(body)) FROM item WHERE kind = ?1",
          -2000);
  missing("cached",
          "SELECT count(*), max(length(body)) FROM item WHERE kind = ?1",
          -64000);
  missing("join",
          "SELECT count(length(i.body)) FROM owner AS o JOIN item AS i "
          "ON i.kind = o.kind WHERE o.id > ?1 % 20",
          -64000);
  missing("two columns",
          "SELECT max(length(body)) FROM item WHERE kind = ?1 AND id % 3 = 0",
          -64000);
  missing("covering", "SELECT count(*) FROM item WHERE kind = ?1", -64000);
  missing("range",
          "SELECT count(*), max(length(body)) FROM item "
          "WHERE kind BETWEEN ?1 AND ?1 + 4",
          -64000);
  missing("above",
          "SELECT count(length(body)) FROM item WHERE kind > 997 + 0 * ?1",
          -2000);
  missing("order by",
          "SELECT id, length(body) FROM item ORDER BY kind LIMIT 20 + 0 * ?1",
          -64000);
  missing("rows of a range",
          "SELECT id, length(body) FROM item WHERE kind BETWEEN ?1 AND ?1 + 4",
          -64000);
  missing("equal, order",
          "SELECT id FROM item WHERE kind = ?1 ORDER BY body LIMIT 5", -64000);
  rmdir(folder);
  return 0;
}
