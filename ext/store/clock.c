/*
** clock.c: clock_gettime(CLOCK_MONOTONIC) where POSIX timers are, else the
** clock of the VFS.
*/
#if defined(__unix__) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200112L
#endif

#include "clock.h"

#if defined(__unix__)
#include <time.h>
#include <unistd.h>
#endif

sqlite3_int64 hf_clock_ms(void) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  sqlite3_int64 now = 0;
  double days = 0;
  if (vfs == NULL) return 0;
  if (vfs->iVersion >= 2 && vfs->xCurrentTimeInt64 != NULL) {
    if (vfs->xCurrentTimeInt64(vfs, &now) != SQLITE_OK) return 0;
    return now;
  }
  if (vfs->xCurrentTime(vfs, &days) != SQLITE_OK) return 0;
  return (sqlite3_int64)(days * 86400000.0);
}

double hf_clock_unix(void) {
  return (double)(hf_clock_ms() - 210866760000000LL) / 1000;
}

#if defined(_POSIX_TIMERS) && _POSIX_TIMERS > 0 && defined(CLOCK_MONOTONIC)

int hf_clock_is_steady(void) {
  return 1;
}

double hf_clock_seconds(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) return 0;
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#else

int hf_clock_is_steady(void) {
  return 0;
}

double hf_clock_seconds(void) {
  return (double)hf_clock_ms() / 1000;
}

#endif
