/*
** apply.c: what hf_collect(), hf_tune() and hf_apply() are worth to the
** application that they run beside.
**
**   make bench-apply
**
** Loads over databases larger than SQLite's default cache, each under fixed
** sizes and under hf_apply(). Page misses are counted and the same on every
** run; processor time is that of the load, the least of three runs, as a ratio
** to the default. `build/bench/apply more` counts the misses of loads of other
** sizes, skews, seeds and ways to write.
*/
#include "../fault/loop.h"

static int rounds = 3;

static char folder[] = "/tmp/hf_bench_XXXXXX";
static char path[100];

static void fresh(const loop_load *l, const char *most) {
  unlink(path);
  loop_fill(path, l, most);
}

/* The best of some runs; misses are the same in each. */
static void measured(const loop_load *l, const char *most, int fixed,
                     int beside, loop_result *best) {
  loop_result r;
  int k;
  best->settled_cpu = HUGE_VAL;
  for (k = 0; k < rounds; k++) {
    fresh(l, most);
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
  double cap = atof(most);
  size_t i;
  snprintf(path, sizeof(path), "%s/%s.db", folder, name);
  fresh(l, most);
  loop_need(db, sqlite3_open(path, &db), path);
  printf("%s: %.1f MB, %d lookups a minute (skew %.1f, every %dth five times), "
         "%d scans, %d minutes, at most %s MB\n",
         name,
         loop_number(db, "SELECT page_count * 4 / 1024.0 "
                         "FROM pragma_page_count"),
         l->lookups, l->skew, l->spike, l->scans, l->intervals, most);
  sqlite3_close(db);
  printf("  %-24s %8s %10s %10s %10s %10s\n", "", "MB", "misses", "settled",
         "CPU ratio", "over all");
  measured(l, most, 0, LOOP_COLLECTED, &def);
  best = def;
  say("default", &def, &def);
  for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
    if (cap > 0 && -fixed[i] / 1024.0 > cap) continue;
    measured(l, most, fixed[i], LOOP_COLLECTED, &r);
    say("fixed", &r, &def);
    if (r.settled < best.settled) best = r;
  }
  measured(l, most, 0, LOOP_TUNED, &tuned);
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
  char limit[20] = "NULL";
  size_t i;
  int good;
  snprintf(path, sizeof(path), "%s/more.db", folder);
  if (most > 0) snprintf(limit, sizeof(limit), "%d", most);
  measured(l, limit, 0, LOOP_COLLECTED, &def);
  best = def;
  for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
    if (most > 0 && -fixed[i] > most * 1024) continue;
    measured(l, limit, fixed[i], LOOP_COLLECTED, &r);
    if (r.settled < best.settled) best = r;
  }
  measured(l, limit, 0, LOOP_TUNED, &tuned);
  /* a twentieth, or the few pages of the history itself */
  good = (double)tuned.settled <= 1.05 * (double)best.settled + 20;
  printf("  %7d rows, skew %.1f, %d scans, page %d%s, %d changed, %d added, %d "
         "by others, at most %2d MB, seed %4llu: %8ld"
         " (%.1f MB), best %8ld (%.1f MB), default %8ld%s\n",
         l->rows, l->skew, l->scans, l->page, l->wal ? ", log" : "", l->writes,
         l->grows, l->others, most, loop_first, tuned.settled, tuned.mb,
         best.settled, best.mb, def.settled, good ? "" : "  MORE THAN 5%");
  unlink(path);
  return good;
}

static void more(void) {
  static const loop_load loads[] = {
      {15000, 4000, 3, 9, 0, 60, 0, 0, 0, 0, 0},
      {18000, 4000, 1, 7, 0, 60, 0, 0, 0, 0, 0},
      {30000, 3000, 4, 5, 0, 60, 0, 0, 0, 0, 0},
      {60000, 4000, 2, 11, 0, 60, 0, 0, 0, 0, 0},
      {40000, 1000, 3, 9, 1, 40, 0, 0, 0, 0, 0},
      /* other pages, a log, rows changed and added, another connection */
      {30000, 3000, 3, 7, 0, 60, 1024, 0, 0, 0, 0},
      {30000, 3000, 3, 7, 0, 60, 16384, 1, 0, 0, 0},
      {30000, 3000, 3, 7, 0, 60, 0, 1, 300, 0, 0},
      {30000, 3000, 3, 7, 0, 60, 0, 0, 300, 0, 0},
      {15000, 3000, 3, 7, 0, 80, 0, 1, 0, 300, 0},
      {15000, 3000, 3, 7, 1, 80, 0, 0, 20, 100, 0},
      {30000, 3000, 3, 7, 0, 60, 0, 1, 0, 0, 20},
      {30000, 3000, 0, 0, 0, 60, 8192, 0, 50, 50, 5}};
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

int main(int argc, char **argv) {
  const loop_load skewed = {20000, 4000, 3, 9, 0, 60, 0, 0, 0, 0, 0};
  const loop_load larger = {100000, 4000, 3, 9, 0, 60, 0, 0, 0, 0, 0};
  const loop_load scanned = {20000, 1000, 3, 9, 1, 40, 0, 0, 0, 0, 0};
  loop_clock();
  setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
  if (mkdtemp(folder) == NULL) return 2;
  if (argc > 1 && strcmp(argv[1], "more") == 0) {
    more();
  } else {
    sizes("skewed", &skewed, "NULL");
    sizes("larger", &larger, "16");
    sizes("scanned", &scanned, "NULL");
  }
  rmdir(folder);
  return 0;
}
