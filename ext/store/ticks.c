/*
** ticks.c: see ticks.h.
**
** clock_gettime() waits until every instruction before it has ended, and then
** works out nanoseconds: of a lookup of 400 ns two calls take 100. The time
** stamp counter of x86-64 processors (Intel, Software Developer's Manual 3B,
** "Time-Stamp Counter": invariant, one rate in all states) read as it is takes
** a third. It is used only where Linux itself keeps its time by it at the
** moment, having watched that it neither stops nor differs between processors,
** and where the process may read it. Its rate is measured against
** CLOCK_MONOTONIC, never assumed. Elsewhere ticks are nanoseconds of
** hf_clock_seconds().
**
** A machine that slept, or was moved to another host, has counted on, or not,
** while CLOCK_MONOTONIC stood still: a rate over such a time is off, and the
** one measured at the beginning holds.
*/
#include "ticks.h"
#include "clock.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__)
#define TICKS_COUNTER 1
#include <stdio.h>
#include <sys/prctl.h>
#endif

/* The rate is measured over so many seconds: two readings of the clock are off
** by less than 0.1 us, that is 0.2%. */
static const double ticks_open = 5e-5;

enum { TICKS_READINGS = 5 }; /* of which the quickest counts */

/* Rates that differ by more are not those of one clock. */
static const double ticks_same = 0.01;

#ifdef TICKS_COUNTER

static const char ticks_source[] =
    "/sys/devices/system/clocksource/clocksource0/current_clocksource";

static int ticks_is_kept(void) {
  char word[8] = "";
  int may = 0;
  FILE *f;
  if (prctl(PR_GET_TSC, &may) != 0 || may != PR_TSC_ENABLE) return 0;
  f = fopen(ticks_source, "r");
  if (f == NULL) return 0;
  if (fgets(word, sizeof(word), f) == NULL) word[0] = 0;
  fclose(f);
  return strcmp(word, "tsc\n") == 0;
}

sqlite3_int64 hf_ticks_now(const hf_ticks *t) {
  if (t->counter) return (sqlite3_int64)__builtin_ia32_rdtsc();
  return (sqlite3_int64)(hf_clock_seconds() * 1e9);
}

#else

static int ticks_is_kept(void) {
  return 0;
}

sqlite3_int64 hf_ticks_now(const hf_ticks *t) {
  (void)t;
  return (sqlite3_int64)(hf_clock_seconds() * 1e9);
}

#endif

/* The clock, in seconds, and the counter of one moment. The process may lose
** its turn between the two readings, for a hundred times the time over which
** the rate is measured: of a few readings that counts which the counter says
** took least. */
static void ticks_both(const hf_ticks *t, double *second,
                       sqlite3_int64 *ticks) {
  sqlite3_int64 least = -1;
  int i;
  for (i = 0; i < TICKS_READINGS; i++) {
    sqlite3_int64 before = hf_ticks_now(t);
    double now = hf_clock_seconds();
    sqlite3_int64 took = hf_ticks_now(t) - before;
    if (i > 0 && took >= least) continue;
    least = took;
    *second = now;
    *ticks = before + took / 2;
  }
}

void hf_ticks_open(hf_ticks *t) {
  sqlite3_int64 ticks;
  double end, passed;
  memset(t, 0, sizeof(*t));
  t->counter = ticks_is_kept();
  t->second = 1e-9;
  ticks_both(t, &t->opened_second, &t->opened);
  if (!t->counter) return;
  do {
    end = hf_clock_seconds();
  } while (end - t->opened_second < ticks_open);
  ticks_both(t, &end, &ticks);
  passed = (double)(ticks - t->opened);
  t->second = (end - t->opened_second) / passed;
  /* a counter that did not run, or that nobody could count */
  if (passed > 0 && t->second > 1e-11 && t->second < 1e-6) return;
  t->counter = 0;
  t->second = 1e-9;
  t->opened = hf_ticks_now(t);
}

double hf_ticks_second(const hf_ticks *t) {
  sqlite3_int64 ticks;
  double end, rate;
  if (!t->counter) return t->second;
  ticks_both(t, &end, &ticks);
  if (end - t->opened_second < ticks_open) return t->second;
  rate = (end - t->opened_second) / (double)(ticks - t->opened);
  return fabs(rate - t->second) <= ticks_same * t->second ? rate : t->second;
}
