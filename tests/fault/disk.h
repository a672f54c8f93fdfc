/*
** disk.h: a VFS in memory whose calls can fail, and whose power can go.
**
** What was written is kept apart from what was synced. arm(N) makes the Nth
** call fail, or from N on; with `crashing` the Nth call that changes a file is
** the loss of power instead, after which every call fails until disk_restart().
** Of what was not synced each write is then kept, lost, or torn at a sector,
** by a generator that the test seeds. Deleting a file is durable at once.
*/
#ifndef DISK_H
#define DISK_H

#include "tap.h"

/* ---- files in memory */

enum { FILES = 8, SECTOR = 512 };

typedef struct bytes {
  unsigned char *p;
  size_t n, room;
} bytes;

/* A change that no sync has made durable yet. */
typedef struct change {
  struct change *next;
  sqlite3_int64 at; /* offset of a write; new size of a truncation */
  size_t n;         /* bytes written */
  unsigned char *p; /* NULL: a truncation */
} change;

typedef struct disk_file {
  char name[64]; /* "" in a free slot; "temp" without a name */
  bytes now;     /* as the process sees it */
  bytes synced;  /* as the last sync left it */
  change *first, *last;
} disk_file;

typedef struct handle {
  sqlite3_file base;
  disk_file *f;
  int temporary;
} handle;

static disk_file disk[FILES];

static long seen, fail_at;
static int armed, persist, hits;
static int crashing, crashed; /* a crash in place of an error; it happened */
static unsigned seed;

static unsigned chance(unsigned n) {
  seed = seed * 1103515245u + 12345u;
  return (seed >> 16) % n;
}

static void bytes_size(bytes *b, size_t n) {
  if (n > b->room) {
    b->room = n * 2;
    b->p = realloc(b->p, b->room);
    if (b->p == NULL) abort();
  }
  if (n > b->n) memset(b->p + b->n, 0, n - b->n);
  b->n = n;
}

static void bytes_put(bytes *b, size_t at, const void *p, size_t n) {
  if (b->n < at + n) bytes_size(b, at + n);
  if (n > 0) memcpy(b->p + at, p, n);
}

static void bytes_copy(bytes *to, const bytes *from) {
  bytes_size(to, 0);
  bytes_put(to, 0, from->p, from->n);
}

static void forget_changes(disk_file *f) {
  while (f->first) {
    change *c = f->first;
    f->first = c->next;
    free(c->p);
    free(c);
  }
  f->last = NULL;
}

static void file_gone(disk_file *f) {
  forget_changes(f);
  free(f->now.p);
  free(f->synced.p);
  memset(f, 0, sizeof(*f));
}

static void disk_wipe(void) {
  int i;
  for (i = 0; i < FILES; i++) file_gone(&disk[i]);
}

static disk_file *file_find(const char *name) {
  int i;
  for (i = 0; i < FILES; i++) {
    if (strcmp(disk[i].name, name) == 0) return &disk[i];
  }
  return NULL;
}

static disk_file *file_make(const char *name) {
  disk_file *f = file_find("");
  if (f) snprintf(f->name, sizeof f->name, "%s", name);
  return f;
}

static void remember(disk_file *f, sqlite3_int64 at, const void *p, size_t n) {
  change *c;
  if (!crashing) return;
  c = calloc(1, sizeof(*c));
  if (c == NULL) abort();
  c->at = at;
  c->n = n;
  if (p) {
    c->p = malloc(n ? n : 1);
    if (c->p == NULL) abort();
    memcpy(c->p, p, n);
  }
  if (f->last)
    f->last->next = c;
  else
    f->first = c;
  f->last = c;
}

/* The files as the next start of the machine finds them. */
static void power_loss(void) {
  int i;
  crashed = 1;
  for (i = 0; i < FILES; i++) {
    disk_file *f = &disk[i];
    int all = chance(4) == 0;
    change *c;
    for (c = f->first; c; c = c->next) {
      size_t from = 0, to = c->n;
      if (!all && chance(2)) continue;
      if (c->p == NULL) {
        bytes_size(&f->synced, (size_t)c->at);
        continue;
      }
      if (!all && c->n > SECTOR && chance(3) == 0) {
        size_t cut = SECTOR * (1 + chance((unsigned)(c->n / SECTOR)));
        if (chance(2) && cut < c->n)
          from = cut;
        else if (cut < c->n)
          to = cut;
      }
      bytes_put(&f->synced, (size_t)c->at + from, c->p + from, to - from);
    }
    forget_changes(f);
  }
}

/* 1 when this call must fail. */
static int fails(int writes) {
  if (crashed) return 1;
  if (!armed || (crashing && !writes)) return 0;
  seen++;
  if (fail_at <= 0) return 0;
  if (persist ? seen < fail_at : seen != fail_at) return 0;
  hits++;
  if (crashing) power_loss();
  return 1;
}

/* ---- the VFS */

static int f_close(sqlite3_file *p) {
  handle *h = (handle *)p;
  if (h->temporary) file_gone(h->f);
  return SQLITE_OK;
}

static int f_read(sqlite3_file *p, void *to, int n, sqlite3_int64 at) {
  bytes *b = &((handle *)p)->f->now;
  size_t have = (size_t)at < b->n ? b->n - (size_t)at : 0;
  if (fails(0)) return SQLITE_IOERR_READ;
  if (have >= (size_t)n) {
    memcpy(to, b->p + at, (size_t)n);
    return SQLITE_OK;
  }
  memset(to, 0, (size_t)n);
  if (have) memcpy(to, b->p + at, have);
  return SQLITE_IOERR_SHORT_READ;
}

static int f_write(sqlite3_file *p, const void *from, int n, sqlite3_int64 at) {
  disk_file *f = ((handle *)p)->f;
  if (fails(1)) return fail_at % 2 ? SQLITE_IOERR_WRITE : SQLITE_FULL;
  remember(f, at, from, (size_t)n);
  bytes_put(&f->now, (size_t)at, from, (size_t)n);
  return SQLITE_OK;
}

static int f_truncate(sqlite3_file *p, sqlite3_int64 size) {
  disk_file *f = ((handle *)p)->f;
  if (fails(1)) return SQLITE_IOERR_TRUNCATE;
  remember(f, size, NULL, 0);
  bytes_size(&f->now, (size_t)size);
  return SQLITE_OK;
}

static int f_sync(sqlite3_file *p, int flags) {
  disk_file *f = ((handle *)p)->f;
  (void)flags;
  if (fails(1)) return SQLITE_IOERR_FSYNC;
  if (crashing) bytes_copy(&f->synced, &f->now);
  forget_changes(f);
  return SQLITE_OK;
}

static int f_size(sqlite3_file *p, sqlite3_int64 *size) {
  if (fails(0)) return SQLITE_IOERR_FSTAT;
  *size = (sqlite3_int64)((handle *)p)->f->now.n;
  return SQLITE_OK;
}

static int f_lock(sqlite3_file *p, int level) {
  (void)p;
  (void)level;
  return SQLITE_OK;
}

static int f_reserved(sqlite3_file *p, int *out) {
  (void)p;
  *out = 0;
  return SQLITE_OK;
}

static int f_control(sqlite3_file *p, int op, void *arg) {
  (void)p;
  (void)op;
  (void)arg;
  return SQLITE_NOTFOUND;
}

static int f_sector(sqlite3_file *p) {
  (void)p;
  return SECTOR;
}

static int f_device(sqlite3_file *p) {
  (void)p;
  return 0;
}

/* Version 1: WAL without shared memory, in locking_mode=EXCLUSIVE. */
static const sqlite3_io_methods methods = {
    1,      f_close, f_read,     f_write,   f_truncate, f_sync,   f_size,
    f_lock, f_lock,  f_reserved, f_control, f_sector,   f_device, NULL,
    NULL,   NULL,    NULL,       NULL,      NULL};

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *p, int flags,
                  int *out_flags) {
  handle *h = (handle *)p;
  (void)v;
  memset(h, 0, sizeof(*h));
  if (fails(0)) return SQLITE_CANTOPEN;
  if (name) h->f = file_find(name);
  if (h->f == NULL && (flags & SQLITE_OPEN_CREATE)) {
    h->f = file_make(name ? name : "temp");
  }
  if (h->f == NULL) return SQLITE_CANTOPEN;
  h->temporary = name == NULL || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  h->base.pMethods = &methods;
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync_folder) {
  disk_file *f = file_find(name);
  (void)v;
  (void)sync_folder;
  if (fails(1)) return SQLITE_IOERR_DELETE;
  if (f == NULL) return SQLITE_IOERR_DELETE_NOENT;
  file_gone(f);
  return SQLITE_OK;
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out) {
  disk_file *f = file_find(name);
  (void)v;
  (void)flags;
  if (fails(0)) return SQLITE_IOERR_ACCESS;
  *out = f != NULL;
  return SQLITE_OK;
}

static int v_path(sqlite3_vfs *v, const char *name, int n, char *out) {
  (void)v;
  sqlite3_snprintf(n, out, "%s", name);
  return SQLITE_OK;
}

static void arm(long at, int forever) {
  fail_at = at;
  persist = forever;
  seen = 0;
  hits = 0;
  armed = 1;
}

/* The machine is on again: files are as the loss of power left them. */
static void disk_restart(void) {
  int i;
  armed = crashing = crashed = 0;
  for (i = 0; i < FILES; i++) bytes_copy(&disk[i].now, &disk[i].synced);
}

static void disk_register(const char *name) {
  static sqlite3_vfs vfs;
  vfs = *sqlite3_vfs_find(NULL); /* clock, sleep and randomness stay */
  vfs.pNext = NULL;
  vfs.zName = name;
  vfs.szOsFile = sizeof(handle);
  vfs.xOpen = v_open;
  vfs.xDelete = v_delete;
  vfs.xAccess = v_access;
  vfs.xFullPathname = v_path;
  sqlite3_vfs_register(&vfs, 0);
}

#endif
