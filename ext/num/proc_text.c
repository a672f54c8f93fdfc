/*
** proc_text.c: see proc_text.h.
**
** The formats are described in proc(5) and cgroups(7) and in the kernel's
** Documentation/admin-guide/iostats.rst and cgroup-v2.rst. Everything is read
** through a span, two pointers that never leave the text.
*/
#include "proc_text.h"
#include "work.h"

#include <string.h>

/* What is left of a line or of a text. */
typedef struct proc_span {
  const char *at;
  const char *end;
} proc_span;

static proc_span proc_text(const char *text, size_t n) {
  proc_span s;
  s.at = text;
  s.end = text + n;
  return s;
}

/* Cuts the next complete line off `text`; 0 when there is none. */
static int proc_line(proc_span *text, proc_span *line) {
  const char *nl;
  if (text->at == text->end) return 0;
  nl = memchr(text->at, '\n', (size_t)(text->end - text->at));
  if (nl == NULL) return 0;
  line->at = text->at;
  line->end = nl;
  text->at = nl + 1;
  return 1;
}

static void proc_blanks(proc_span *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\t')) s->at++;
}

/* A whole number without a sign. At most 18 digits: no counter of the kernel
** that matters has more, and what has more is not worth trusting. */
static int proc_number(proc_span *s, double *out) {
  const char *start;
  double x = 0;
  proc_blanks(s);
  start = s->at;
  while (s->at < s->end && *s->at >= '0' && *s->at <= '9') {
    x = x * 10 + (*s->at++ - '0');
  }
  if (s->at == start || s->at - start > 18) return 0;
  if (s->at < s->end && memchr(" \t\n", *s->at, 3) == NULL) return 0;
  *out = x;
  return 1;
}

/* A word: everything up to a blank. */
static proc_span proc_word(proc_span *s) {
  proc_span w;
  proc_blanks(s);
  w.at = s->at;
  while (s->at < s->end && *s->at != ' ' && *s->at != '\t') s->at++;
  w.end = s->at;
  return w;
}

static int proc_is(proc_span w, const char *z) {
  size_t n = strlen(z);
  return (size_t)(w.end - w.at) == n && memcmp(w.at, z, n) == 0;
}

static int proc_starts(proc_span w, const char *z) {
  size_t n = strlen(z);
  return (size_t)(w.end - w.at) >= n && memcmp(w.at, z, n) == 0;
}

int hf_proc_field(const char *text, size_t n, const char *key, double *out) {
  proc_span rest = proc_text(text, n), line;
  while (proc_line(&rest, &line)) {
    proc_span word = proc_word(&line);
    if (word.end > word.at && word.end[-1] == ':') word.end--;
    if (!proc_is(word, key)) continue;
    return proc_number(&line, out) ? HF_OK : HF_EDATA;
  }
  return HF_EDATA;
}

int hf_proc_numbers(const char *text, size_t n, size_t least, size_t max,
                    double *out) {
  proc_span s = proc_text(text, n), ahead = s;
  double x;
  size_t i = 0, k = 0;
  while (k < max && proc_number(&ahead, &x)) k++;
  if (k < least) return HF_EDATA;
  while (i < k && proc_number(&s, &x)) out[i++] = x;
  return HF_OK;
}

int hf_proc_cpu(const char *text, size_t n, double *busy, double *total) {
  /* user nice system idle iowait irq softirq steal; old kernels stop early */
  double x, sum = 0, idle = 0;
  int i;
  proc_span rest = proc_text(text, n), line;
  if (!proc_line(&rest, &line)) return HF_EDATA;
  if (!proc_is(proc_word(&line), "cpu")) return HF_EDATA;
  for (i = 0; i < 8 && proc_number(&line, &x); i++) {
    sum += x;
    if (i == 3 || i == 4) idle += x;
  }
  if (i < 4) return HF_EDATA;
  *busy = sum - idle;
  *total = sum;
  return HF_OK;
}

/* sda1 of sda, nvme0n1p1 of nvme0n1: the name of the disk, a `p` where that
** ends in a digit, then digits. */
static int proc_is_partition(proc_span name, proc_span disk) {
  size_t n = (size_t)(disk.end - disk.at);
  const char *p = name.at + n;
  if (n == 0 || (size_t)(name.end - name.at) <= n) return 0;
  if (memcmp(name.at, disk.at, n) != 0) return 0;
  if (disk.end[-1] >= '0' && disk.end[-1] <= '9' && *p++ != 'p') return 0;
  if (p == name.end) return 0;
  while (p < name.end && *p >= '0' && *p <= '9') p++;
  return p == name.end;
}

static int proc_any_prefix(proc_span name, const char *const *list) {
  for (; *list != NULL; list++) {
    if (proc_starts(name, *list)) return 1;
  }
  return 0;
}

int hf_proc_disks(const char *text, size_t n, double *bytes) {
  static const char *const laid_over[] = {"loop", "ram", "zram", "dm-",
                                          "md",   "sr",  "fd",   NULL};
  enum { FIELDS = 7, SECTORS_READ = 2, SECTORS_WRITTEN = 6, SECTOR = 512 };
  proc_span rest = proc_text(text, n), line, name, disk = {NULL, NULL};
  double x[FIELDS], major, minor, sum = 0;
  int found = 0, i;
  while (proc_line(&rest, &line)) {
    if (!proc_number(&line, &major) || !proc_number(&line, &minor)) continue;
    name = proc_word(&line);
    for (i = 0; i < FIELDS && proc_number(&line, &x[i]); i++) {
    }
    if (i < FIELDS || proc_any_prefix(name, laid_over)) continue;
    /* The kernel lists the partitions right after their disk. */
    if (proc_is_partition(name, disk)) continue;
    disk = name;
    sum += (x[SECTORS_READ] + x[SECTORS_WRITTEN]) * SECTOR;
    found = 1;
  }
  if (!found) return HF_EDATA;
  *bytes = sum;
  return HF_OK;
}

int hf_proc_net(const char *text, size_t n, double *bytes, double *errors) {
  static const char *const laid_over[] = {
      "bond", "br-", "cali", "cni",  "docker", "dummy", "flannel", "ifb",
      "lxc",  "tap", "tun",  "veth", "virbr",  "wg",    NULL};
  enum { FIELDS = 11, RX_BYTES = 0, RX_ERRORS = 2, TX_BYTES = 8 };
  enum { TX_ERRORS = 10 };
  proc_span rest = proc_text(text, n), line, name;
  double x[FIELDS], sum = 0, bad = 0;
  int found = 0, i;
  while (proc_line(&rest, &line)) {
    const char *colon;
    proc_blanks(&line);
    colon = memchr(line.at, ':', (size_t)(line.end - line.at));
    if (colon == NULL) continue;
    name.at = line.at;
    name.end = colon;
    line.at = colon + 1;
    for (i = 0; i < FIELDS && proc_number(&line, &x[i]); i++) {
    }
    if (i < FIELDS || proc_is(name, "lo")) continue;
    if (proc_any_prefix(name, laid_over)) continue;
    if (memchr(name.at, '.', (size_t)(name.end - name.at)) != NULL) continue;
    sum += x[RX_BYTES] + x[TX_BYTES];
    bad += x[RX_ERRORS] + x[TX_ERRORS];
    found = 1;
  }
  if (!found) return HF_EDATA;
  *bytes = sum;
  *errors = bad;
  return HF_OK;
}

/* Whether `name` stands in a list separated by commas. */
static int proc_listed(proc_span list, const char *name) {
  while (list.at <= list.end) {
    proc_span one = list;
    const char *comma = NULL;
    if (list.at < list.end) {
      comma = memchr(list.at, ',', (size_t)(list.end - list.at));
    }
    if (comma != NULL) one.end = comma;
    if (proc_is(one, name)) return 1;
    if (comma == NULL) return 0;
    list.at = comma + 1;
  }
  return 0;
}

int hf_proc_pressure(const char *text, size_t n, double *seconds) {
  static const char total[] = "total=";
  proc_span rest = proc_text(text, n), line, w;
  double microseconds;
  while (proc_line(&rest, &line)) {
    if (!proc_is(proc_word(&line), "some")) continue;
    while (line.at < line.end) {
      w = proc_word(&line);
      if (!proc_starts(w, total)) continue;
      w.at += sizeof(total) - 1;
      if (!proc_number(&w, &microseconds)) return HF_EDATA;
      *seconds = microseconds / 1e6;
      return HF_OK;
    }
  }
  return HF_EDATA;
}

int hf_proc_cgroup(const char *text, size_t n, const char *controller,
                   const char **path, size_t *len) {
  proc_span rest = proc_text(text, n), line, list;
  while (proc_line(&rest, &line)) {
    const char *a = memchr(line.at, ':', (size_t)(line.end - line.at));
    const char *b, *p;
    if (a == NULL) continue;
    b = memchr(a + 1, ':', (size_t)(line.end - a - 1));
    if (b == NULL || b + 1 == line.end || b[1] != '/') continue;
    list.at = a + 1;
    list.end = b;
    if (!proc_listed(list, controller)) continue;
    if (memchr(b, 0, (size_t)(line.end - b)) != NULL) continue;
    for (p = b + 1; p + 2 < line.end; p++) {
      if (memcmp(p, "/..", 3) == 0) return HF_EDATA;
    }
    *path = b + 1;
    *len = (size_t)(line.end - b - 1);
    return HF_OK;
  }
  return HF_EDATA;
}
