/*
** host_posix.c: sysconf(), statvfs(), getrusage() (POSIX.1-2001) and
** getloadavg() (BSD, glibc, musl, macOS), each only where its headers say that
** it is there. Nothing is taken for what it is not: pages that are free, which
** sysconf() knows here and there, are not what is available, and the load is
** that of programs that run or wait, not a percentage.
**
** Where no header is to be had (Windows), all stays unknown.
*/
#if defined(__unix__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE 1
#endif

#include "host_posix.h"

#if defined(__unix__) || defined(__APPLE__)

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* getloadavg() is hidden where only POSIX was asked for. */
#if defined(__APPLE__) || defined(__USE_MISC) ||                               \
    (defined(__BSD_VISIBLE) && __BSD_VISIBLE) ||                               \
    (defined(_NETBSD_SOURCE) && _NETBSD_SOURCE)
#define POSIX_LOAD 1
#endif

/* ru_maxrss is in bytes on macOS, in kibibytes elsewhere. */
#if defined(__APPLE__)
static const double posix_peak = 1.0 / 1048576;
#else
static const double posix_peak = 1.0 / 1024;
#endif

/* As df counts: of what is there without the reserve of the superuser. */
static void posix_file(const char *file, hf_host *out) {
  struct statvfs v;
  double used, spare;
  if (file == NULL || *file == 0 || statvfs(file, &v) != 0) return;
  used = (double)v.f_blocks - (double)v.f_bfree;
  spare = (double)v.f_bavail;
  if (used >= 0 && used + spare > 0) {
    out->file_percent = 100 * used / (used + spare);
  }
}

static void posix_machine(hf_host *out) {
#if defined(POSIX_LOAD)
  double load;
  if (getloadavg(&load, 1) == 1 && load >= 0) out->load_1m = load;
#endif
#if defined(_SC_NPROCESSORS_ONLN)
  {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    if (n > 0) out->cpus = (double)n;
  }
#endif
#if defined(_SC_PHYS_PAGES)
  {
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    if (pages > 0 && size > 0) {
      out->total_mb = (double)pages * (double)size / 1048576;
    }
  }
#endif
}

static double posix_seconds(const struct timeval *t) {
  return (double)t->tv_sec + 1e-6 * (double)t->tv_usec;
}

static void posix_process(hf_host *out) {
  struct rusage u;
  if (getrusage(RUSAGE_SELF, &u) != 0) return;
  out->process_cpu_seconds =
      posix_seconds(&u.ru_utime) + posix_seconds(&u.ru_stime);
  if (u.ru_maxrss > 0) out->process_peak_mb = (double)u.ru_maxrss * posix_peak;
  out->process_faults = (double)u.ru_majflt;
}

void hf_host_posix(const char *file, hf_host *out) {
  posix_file(file, out);
  posix_machine(out);
  posix_process(out);
}

#else

void hf_host_posix(const char *file, hf_host *out) {
  (void)file;
  (void)out;
}

#endif
