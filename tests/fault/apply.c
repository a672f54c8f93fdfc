/*
** apply.c: hf_collect(), hf_capture() and hf_apply() in a loop, beside an
** application at work: what becomes of its page misses.
**
** The short form of tests/bench/apply.c. It counts pages, not time: the same
** on every run. Memory is what the test writes into hf_memory_stats; for how
** long tasks of this machine waited for memory is forgotten.
*/
#include "loop.h"
#include "tap.h"

static double memory_free; /* MB of 8000, after each collection */
static int memory_short;   /* interval from which 400 MB are free; 0: none */

static void each(sqlite3 *db, int at) {
  char sql[200];
  double mb = memory_short > 0 && at >= memory_short ? 400 : memory_free;
  snprintf(sql, sizeof(sql),
           "UPDATE hf_memory_stats SET used_mb = NULL, cache_mb = NULL, "
           "buffer_mb = NULL, available_mb = %g, total_mb = 8000 "
           "WHERE ts = (SELECT max(ts) FROM hf_memory_stats)",
           mb);
  loop_run(db, sql);
  loop_run(db, "DELETE FROM hf_metrics WHERE metric LIKE '%memory_stall%'");
}

static char path[40];

static void begin(const char *name, const loop_load *l, const char *most) {
  snprintf(path, sizeof(path), "%s.db", name);
  loop_fill(path, l, most);
  memory_free = 6000;
  memory_short = 0;
}

static void gone(void) {
  unlink(path);
}

/* The states of all changes, and anything else of the file. */
static const char *asked(const char *sql) {
  sqlite3 *db = NULL;
  const char *got;
  loop_need(db, sqlite3_open(path, &db), path);
  got = loop_text(db, sql);
  sqlite3_close(db);
  return got;
}

static const char states[] = "SELECT group_concat(state, ', ') FROM (SELECT "
                             "state /*|| reason*/ FROM hf_applied "
                             "ORDER BY id)";

/* Within a twentieth, or the few pages of the history itself. */
static int near(long got, long best) {
  return (double)got <= 1.05 * (double)best + 20;
}

/* The fewest misses that any of n fixed sizes leaves, collected as well. */
static long sweep(const loop_load *l, const int *size, int n) {
  loop_result r;
  long best = -1;
  int i;
  for (i = 0; i < n; i++) {
    loop_go(path, l, size[i], LOOP_COLLECTED, NULL, &r);
    if (best < 0 || r.settled < best) best = r.settled;
  }
  return best;
}

/* Two and a half times the default cache: all of it may stay. */
static void whole(void) {
  static const int sizes[] = {-4000, -8192, -16000};
  const loop_load l = {20000, 1500, 3, 7, 0, 24, 0, 0, 0, 0, 0};
  loop_result plain, tuned;
  const char *got;
  long best;
  begin("whole", &l, "NULL");
  loop_go(path, &l, 0, LOOP_COLLECTED, NULL, &plain);
  best = sweep(&l, sizes, 3);
  loop_go(path, &l, 0, LOOP_TUNED, each, &tuned);
  got = asked(states);
  printf("# whole: misses settled %ld, default %ld, best %ld; %.1f MB; %s\n",
         tuned.settled, plain.settled, best, tuned.mb, got);
  tap_ok(near(tuned.settled, best), "loop-whole-best", "%ld, best %ld",
         tuned.settled, best);
  tap_ok(plain.settled > 1000 && tuned.settled * 10 < plain.settled,
         "loop-whole-default", "%ld, default %ld", tuned.settled,
         plain.settled);
  tap_ok(strncmp(got, "kept", 4) == 0, "loop-whole-kept", "%s", got);
  gone();
}

/* Less than the database may be taken: by steps, each foretold by the last. */
static void capped(void) {
  static const int sizes[] = {-2000, -3000, -4000, -6144};
  const loop_load l = {40000, 1500, 3, 7, 0, 36, 0, 0, 0, 0, 0};
  loop_result tuned;
  const char *got;
  double foretold, came;
  long best;
  begin("capped", &l, "6");
  best = sweep(&l, sizes, 4);
  loop_go(path, &l, 0, LOOP_TUNED, each, &tuned);
  got = asked(states);
  foretold =
      atof(asked("SELECT 1 - cost_forecast / cost_before FROM hf_applied "
                 "WHERE cost_forecast > 0"));
  came = atof(asked("SELECT 1 - cost_after / cost_before FROM hf_applied "
                    "WHERE cost_forecast > 0"));
  printf("# capped: misses settled %ld, best %ld; %.1f MB; %s; gain of the "
         "second step %.2f foretold, %.2f came\n",
         tuned.settled, best, tuned.mb, got, foretold, came);
  tap_ok(near(tuned.settled, best), "loop-capped-best", "%ld, best %ld",
         tuned.settled, best);
  tap_ok(strcmp(got, "kept, kept") == 0 && tuned.mb == 6, "loop-capped-steps",
         "%s, %g MB", got, tuned.mb);
  tap_ok(foretold < 2 * came && came < 2 * foretold, "loop-capped-forecast",
         "%.3f foretold, %.3f came", foretold, came);
  gone();
}

/* A scan an interval and now and then five times the lookups, of which a smaller
** share misses: what a step saves is told from intervals that are alike. */
static void spiked(void) {
  static const int sizes[] = {-4000, -5120};
  const loop_load l = {40000, 1000, 3, 9, 1, 40, 0, 0, 0, 0, 0};
  loop_result tuned;
  const char *got;
  long best;
  loop_first = 1047;
  begin("spiked", &l, "5");
  best = sweep(&l, sizes, 2);
  loop_go(path, &l, 0, LOOP_TUNED, each, &tuned);
  got = asked(states);
  printf("# spiked: misses settled %ld, best %ld; %.1f MB; %s\n", tuned.settled,
         best, tuned.mb, got);
  tap_ok(near(tuned.settled, best), "loop-spiked-best", "%ld, best %ld",
         tuned.settled, best);
  tap_ok(strcmp(got, "kept, kept") == 0 && tuned.mb == 5, "loop-spiked-steps",
         "%s, %g MB", got, tuned.mb);
  loop_first = 42;
  gone();
}

/* Round and round a table that no size allowed can hold: more is of no use. */
static void useless(void) {
  const loop_load l = {60000, 0, 0, 0, 1, 16, 0, 0, 0, 0, 0};
  loop_result tuned;
  const char *got;
  begin("useless", &l, "8");
  loop_go(path, &l, 0, LOOP_TUNED, each, &tuned);
  got = asked(states);
  printf("# useless: %.2f MB; %s\n", tuned.mb, got);
  tap_ok(strcmp(got, "taken back") == 0 && tuned.mb < 2, "loop-useless-back",
         "%s, %g MB", got, tuned.mb);
  gone();
}

/* Memory becomes short: the cache is given back, in earnest. */
static void scarce(void) {
  const loop_load l = {20000, 400, 3, 7, 0, 20, 0, 0, 0, 0, 0};
  loop_result tuned;
  const char *got;
  double before, after;
  begin("scarce", &l, "NULL");
  memory_short = 15;
  loop_go(path, &l, 0, LOOP_TUNED, each, &tuned);
  got = asked(states);
  before = atof(asked("SELECT max(value) FROM hf_metrics "
                      "WHERE metric = 'cache_used_mb'"));
  after = atof(asked("SELECT value FROM hf_metrics WHERE metric = "
                     "'cache_used_mb' ORDER BY ts DESC LIMIT 1"));
  printf("# scarce: %.2f MB used before, %.2f after; %s\n", before, after, got);
  tap_ok(strstr(got, "given back") != NULL && tuned.mb < 2, "loop-scarce-limit",
         "%s, %g MB", got, tuned.mb);
  tap_ok(before > 4 && after < 2.1, "loop-scarce-used", "%.2f MB, then %.2f",
         before, after);
  gone();
}

int main(void) {
  loop_clock();
  tap_folder();
  whole();
  capped();
  spiked();
  useless();
  scarce();
  tap_folder_gone();
  return tap_done();
}
