/*
** host.c: see host.h. Each source is optional: a file that is missing,
** unreadable or not understood leaves its figures unknown.
**
** Control groups (cgroups(7); Documentation/admin-guide/cgroup-v2.rst). A
** limit set on any ancestor binds, so the smallest one from the process's
** group up to the root counts, with the use of the group that has it. Within
** a container the path that /proc/self/cgroup shows may not exist; the walk
** up then ends at the root of what is mounted, which is the container's own.
** Use is usage less inactive file pages, which the kernel drops before it
** refuses memory: the working set, as Kubernetes counts it.
*/
#include "host.h"
#include "../num/proc_text.h"
#include "host_posix.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void host_unknown(hf_host *h) {
  h->total_mb = h->used_mb = h->available_mb = NAN;
  h->cache_mb = h->buffer_mb = NAN;
  h->memory_limited = 0;
  h->cpu_busy = h->cpu_total = NAN;
  h->group_cpu_seconds = h->group_cpus = NAN;
  h->disk_bytes = h->net_bytes = h->net_errors = NAN;
  h->stall_seconds[0] = h->stall_seconds[1] = h->stall_seconds[2] = NAN;
  h->file_percent = h->cpus = h->load_1m = NAN;
  h->process_cpu_seconds = h->process_mb = NAN;
  h->process_peak_mb = h->process_faults = NAN;
}

#if defined(__linux__) && !defined(HF_HOST_PORTABLE)

#include <unistd.h>

/* Larger files are read up to here; a diskstats of 2,000 disks fits. */
enum { HOST_TEXT_MAX = 262144, HOST_PATH_MAX = 4096 };

/* One buffer for all files, one after the other. */
typedef struct host_text {
  char *z;  /* [HOST_TEXT_MAX] */
  size_t n; /* bytes read */
} host_text;

/* 1 when the file was there; t holds its text. */
static int host_file(host_text *t, const char *path) {
  FILE *f = fopen(path, "re");
  t->n = 0;
  if (f == NULL) return 0;
  t->n = fread(t->z, 1, HOST_TEXT_MAX, f);
  if (ferror(f)) t->n = 0;
  (void)fclose(f);
  return t->n > 0;
}

/* The number of a field, times `scale`; NaN when it is not there. */
static double host_field(const host_text *t, const char *key, double scale) {
  double x;
  if (hf_proc_field(t->z, t->n, key, &x) != HF_OK) return NAN;
  return x * scale;
}

static void host_memory(host_text *t, hf_host *h) {
  const double mb = 1.0 / 1024; /* fields are in kB of 1,024 bytes */
  double spare, slab;
  if (!host_file(t, "/proc/meminfo")) return;
  h->total_mb = host_field(t, "MemTotal", mb);
  h->cache_mb = host_field(t, "Cached", mb);
  h->buffer_mb = host_field(t, "Buffers", mb);
  slab = host_field(t, "SReclaimable", mb);
  if (!isnan(slab)) h->cache_mb += slab;
  spare = host_field(t, "MemAvailable", mb); /* since Linux 3.14 */
  if (isnan(spare)) {
    spare = host_field(t, "MemFree", mb) + h->cache_mb + h->buffer_mb;
  }
  h->available_mb = spare;
  h->used_mb = h->total_mb - spare;
}

/* ---- Control groups ----------------------------------------------------- */

/* Where a version of cgroups keeps what is asked here. */
typedef struct host_group_names {
  const char *controller; /* in /proc/self/cgroup; "": version 2 */
  const char *root;
  const char *limit;  /* bytes, or quota (and period) in microseconds */
  const char *period; /* file of the period; NULL: in `limit`, behind quota */
  const char *usage;  /* bytes, or CPU time */
  const char *usage_field; /* of CPU time; NULL: the file is the number */
  double usage_scale;      /* to bytes or seconds */
  const char *inactive;    /* fields of memory.stat */
  const char *cache;
} host_group_names;

typedef struct host_group {
  const host_group_names *names;
  char path[HOST_PATH_MAX]; /* of the group whose limit binds, from the root */
  double limit;             /* bytes, or CPUs */
} host_group;

static int host_group_file(host_text *t, const host_group_names *g,
                           const char *path, size_t len, const char *name) {
  char full[HOST_PATH_MAX + 256];
  size_t root = strlen(g->root), n = strlen(name);
  if (root + len + 1 + n + 1 > sizeof(full)) return 0;
  memcpy(full, g->root, root);
  memcpy(full + root, path, len);
  full[root + len] = '/';
  memcpy(full + root + len + 1, name, n + 1);
  return host_file(t, full);
}

/* The limit of one group: bytes, or CPUs when `is_cpu`; NaN: none. */
static double host_group_limit(host_text *t, const host_group_names *g,
                               const char *path, size_t len, int is_cpu) {
  double x[2];
  size_t need = is_cpu && g->period == NULL ? 2 : 1;
  if (!host_group_file(t, g, path, len, g->limit)) return NAN;
  if (hf_proc_numbers(t->z, t->n, need, need, x) != HF_OK) return NAN;
  if (!is_cpu) return x[0];
  if (g->period != NULL &&
      (!host_group_file(t, g, path, len, g->period) ||
       hf_proc_numbers(t->z, t->n, 1, 1, &x[1]) != HF_OK)) {
    return NAN;
  }
  return x[0] > 0 && x[1] > 0 ? x[0] / x[1] : NAN;
}

/* Finds the group whose limit binds; 0 when there is none. */
static int host_group_find(host_text *t, const host_group_names *g, int is_cpu,
                           host_group *out) {
  char path[HOST_PATH_MAX];
  const char *p;
  size_t len;
  if (!host_file(t, "/proc/self/cgroup")) return 0;
  if (hf_proc_cgroup(t->z, t->n, g->controller, &p, &len) != HF_OK) return 0;
  if (len >= sizeof(path)) return 0;
  memcpy(path, p, len); /* the buffer is about to be used again */
  out->names = g;
  out->limit = INFINITY;
  for (;;) {
    double limit;
    while (len > 0 && path[len - 1] == '/') len--;
    limit = host_group_limit(t, g, path, len, is_cpu);
    if (limit < out->limit) {
      out->limit = limit;
      memcpy(out->path, path, len);
      out->path[len] = 0;
    }
    if (len == 0) break;
    while (len > 0 && path[len - 1] != '/') len--;
  }
  return isfinite(out->limit);
}

static double host_group_usage(host_text *t, const host_group *g) {
  const host_group_names *n = g->names;
  double x = NAN;
  if (!host_group_file(t, n, g->path, strlen(g->path), n->usage)) return NAN;
  if (n->usage_field != NULL) {
    return host_field(t, n->usage_field, n->usage_scale);
  }
  if (hf_proc_numbers(t->z, t->n, 1, 1, &x) != HF_OK) return NAN;
  return x * n->usage_scale;
}

static void host_group_memory(host_text *t, host_group *g, hf_host *h) {
  static const host_group_names version[] = {
      {"", "/sys/fs/cgroup", "memory.max", NULL, "memory.current", NULL, 1,
       "inactive_file", "file"},
      {"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", NULL,
       "memory.usage_in_bytes", NULL, 1, "total_inactive_file", "total_cache"}};
  const double mb = 1.0 / 1048576;
  size_t i;
  for (i = 0; i < 2; i++) {
    double used, idle, limit;
    if (!host_group_find(t, &version[i], 0, g)) continue;
    limit = g->limit * mb;
    if (limit <= 0 || limit >= h->total_mb) continue; /* binds nothing */
    used = host_group_usage(t, g) * mb;
    h->memory_limited = 1;
    h->total_mb = limit;
    h->cache_mb = h->buffer_mb = NAN;
    if (host_group_file(t, g->names, g->path, strlen(g->path), "memory.stat")) {
      idle = host_field(t, g->names->inactive, mb);
      if (idle <= used) used -= idle;
      h->cache_mb = host_field(t, g->names->cache, mb);
    }
    if (used > limit) used = limit; /* the kernel counts in batches */
    h->used_mb = used;
    h->available_mb = limit - used;
    return;
  }
}

static void host_group_cpu(host_text *t, host_group *g, hf_host *h) {
  static const host_group_names version[] = {
      {"", "/sys/fs/cgroup", "cpu.max", NULL, "cpu.stat", "usage_usec", 1e-6,
       NULL, NULL},
      {"cpu", "/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "cpu.cfs_period_us",
       "cpuacct.usage", NULL, 1e-9, NULL, NULL}};
  size_t i;
  for (i = 0; i < 2; i++) {
    double used;
    if (!host_group_find(t, &version[i], 1, g)) continue;
    used = host_group_usage(t, g);
    if (isnan(used)) continue;
    h->group_cpus = g->limit;
    h->group_cpu_seconds = used;
    return;
  }
}

/* Pressure stall information (Documentation/accounting/psi.rst), of the group
** in the tree of version 2, else of the machine. */
static void host_pressure(host_text *t, host_group *g, hf_host *h) {
  static const host_group_names tree = {
      "", "/sys/fs/cgroup", NULL, NULL, NULL, NULL, 1, NULL, NULL};
  static const char *const names[3][2] = {
      {"cpu.pressure", "/proc/pressure/cpu"},
      {"memory.pressure", "/proc/pressure/memory"},
      {"io.pressure", "/proc/pressure/io"}};
  const char *path;
  size_t len = 0;
  int i;
  if (host_file(t, "/proc/self/cgroup") &&
      hf_proc_cgroup(t->z, t->n, "", &path, &len) == HF_OK &&
      len < HOST_PATH_MAX) {
    memcpy(g->path, path, len);
    while (len > 0 && g->path[len - 1] == '/') len--;
  } else {
    len = 0;
  }
  for (i = 0; i < 3; i++) {
    double *x = &h->stall_seconds[i];
    if (len > 0 && host_group_file(t, &tree, g->path, len, names[i][0]) &&
        hf_proc_pressure(t->z, t->n, x) == HF_OK)
      continue;
    if (!host_file(t, names[i][1])) continue;
    (void)hf_proc_pressure(t->z, t->n, x);
  }
}

/* ---- The whole host ----------------------------------------------------- */

/* Resident pages of this process: the second number of statm. */
static double host_process_mb(host_text *t) {
  unsigned long pages;
  if (!host_file(t, "/proc/self/statm") || t->n >= HOST_TEXT_MAX) return NAN;
  t->z[t->n] = 0;
  if (sscanf(t->z, "%*u %lu", &pages) != 1) return NAN;
  return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

int hf_host_read(hf_work *w, const char *file, hf_host *out) {
  hf_mark m = hf_work_mark(w);
  host_text t;
  host_group *g = hf_work_alloc(w, 1, sizeof(*g));
  t.z = hf_work_alloc(w, HOST_TEXT_MAX, 1);
  if (g == NULL || t.z == NULL) {
    hf_work_release(w, m);
    return HF_ENOMEM;
  }
  host_unknown(out);
  hf_host_posix(file, out);
  out->total_mb = NAN; /* /proc/meminfo and the group know better */
  host_memory(&t, out);
  host_group_memory(&t, g, out);
  host_group_cpu(&t, g, out);
  if (host_file(&t, "/proc/stat")) {
    (void)hf_proc_cpu(t.z, t.n, &out->cpu_busy, &out->cpu_total);
  }
  if (host_file(&t, "/proc/diskstats")) {
    (void)hf_proc_disks(t.z, t.n, &out->disk_bytes);
  }
  if (host_file(&t, "/proc/net/dev")) {
    (void)hf_proc_net(t.z, t.n, &out->net_bytes, &out->net_errors);
  }
  host_pressure(&t, g, out);
  out->process_mb = host_process_mb(&t);
  /* the kernel brings the peak up to date now and then only */
  if (out->process_mb > out->process_peak_mb) {
    out->process_peak_mb = out->process_mb;
  }
  hf_work_release(w, m);
  return HF_OK;
}

#else

int hf_host_read(hf_work *w, const char *file, hf_host *out) {
  (void)w;
  host_unknown(out);
  hf_host_posix(file, out);
  return HF_OK;
}

#endif
