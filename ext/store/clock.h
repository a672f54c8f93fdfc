/*
** clock.h: how long something took, and what time it is.
*/
#ifndef HF_CLOCK_H
#define HF_CLOCK_H

#include "session.h"

/* Milliseconds of the VFS's clock (Julian, UTC); it may be set back. 0: it has
** none. */
sqlite3_int64 hf_clock_ms(void);

/* The same as unix seconds. */
double hf_clock_unix(void);

/* Seconds since some moment, never set back; where the system has no such
** clock, that of the VFS with its milliseconds. */
double hf_clock_seconds(void);

/* 1 when hf_clock_seconds() is such a clock, 0 when it is the VFS's. */
int hf_clock_is_steady(void);

#endif
