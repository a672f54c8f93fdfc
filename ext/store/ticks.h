/*
** ticks.h: a clock for what is timed by the million.
*/
#ifndef HF_TICKS_H
#define HF_TICKS_H

#include <sqlite3.h>

typedef struct hf_ticks {
  int counter;          /* 1: the processor's counter, 0: hf_clock_seconds() */
  double second;        /* seconds a tick, measured when it was opened */
  sqlite3_int64 opened; /* ticks then ... */
  double opened_second; /* ... and hf_clock_seconds() */
} hf_ticks;

/* Chooses the clock and measures its rate, in about 50 us. */
void hf_ticks_open(hf_ticks *t);

/* Ticks since some moment. They differ between processors by less than a
** microsecond: a later call may give less. */
sqlite3_int64 hf_ticks_now(const hf_ticks *t);

/* Seconds a tick, measured from hf_ticks_open() to now. */
double hf_ticks_second(const hf_ticks *t);

#endif
