/*
** work.c: the arena of work.h.
**
** Chunks form a stack. A chunk is at least CHUNK_MIN bytes and twice as large
** as the one before it, so that n bytes cost about log n calls of grow().
** Releasing to a mark frees the chunks above it but for one, which is kept,
** so that a loop that takes and releases does not call the allocator.
*/
#include "work.h"

#include <stdint.h>
#include <string.h>

enum { WORK_ALIGN = 16, WORK_CHUNK_MIN = 16384, WORK_UNITS = 200000 };

struct hf_chunk {
  hf_chunk *below; /* the chunk before, or NULL */
  size_t size;     /* bytes behind the header */
  size_t used;     /* of these */
};

static size_t work_round_up(size_t n) {
  return (n + (WORK_ALIGN - 1)) & ~(size_t)(WORK_ALIGN - 1);
}

static char *work_base(hf_chunk *c) {
  return (char *)c + work_round_up(sizeof(hf_chunk));
}

static int work_push(hf_work *w, size_t need) {
  size_t head = work_round_up(sizeof(hf_chunk));
  size_t size = w->top != NULL ? w->top->size : WORK_CHUNK_MIN / 2;
  hf_chunk *c = w->spare;
  if (c != NULL && c->size >= need) {
    w->spare = NULL;
  } else {
    size = size > SIZE_MAX / 4 ? need : size * 2;
    if (size < need) size = need;
    if (size > SIZE_MAX - head) return HF_ENOMEM;
    c = w->grow(w->ctx, head + size);
    if (c == NULL) return HF_ENOMEM;
    c->size = size;
  }
  c->used = 0;
  c->below = w->top;
  w->top = c;
  return HF_OK;
}

static void work_pop(hf_work *w) {
  hf_chunk *c = w->top;
  w->top = c->below;
  if (w->spare != NULL && w->spare->size >= c->size) {
    w->drop(w->ctx, c);
    return;
  }
  if (w->spare != NULL) w->drop(w->ctx, w->spare);
  w->spare = c;
}

void *hf_work_alloc(hf_work *w, size_t n, size_t size) {
  size_t bytes;
  char *p;
  if (size != 0 && n > (SIZE_MAX - WORK_ALIGN) / size) return NULL;
  bytes = work_round_up(n * size);
  if (w->top == NULL || w->top->size - w->top->used < bytes) {
    if (work_push(w, bytes) != HF_OK) return NULL;
  }
  p = work_base(w->top) + w->top->used;
  w->top->used += bytes;
  return p;
}

void *hf_work_zeroed(hf_work *w, size_t n, size_t size) {
  void *p = hf_work_alloc(w, n, size);
  if (p != NULL) memset(p, 0, n * size);
  return p;
}

double *hf_work_reals(hf_work *w, size_t n) {
  return hf_work_alloc(w, n, sizeof(double));
}

hf_mark hf_work_mark(const hf_work *w) {
  hf_mark m;
  m.chunk = w->top;
  m.used = w->top != NULL ? w->top->used : 0;
  return m;
}

void hf_work_release(hf_work *w, hf_mark m) {
  while (w->top != m.chunk) work_pop(w);
  if (w->top != NULL) w->top->used = m.used;
}

void hf_work_free(hf_work *w) {
  while (w->top != NULL) work_pop(w);
  if (w->spare != NULL) w->drop(w->ctx, w->spare);
  w->spare = NULL;
}

int hf_work_check(hf_work *w, size_t units) {
  w->spent += units;
  if (w->spent < WORK_UNITS) return HF_OK;
  w->spent = 0;
  return w->stop != NULL ? w->stop(w->ctx) : HF_OK;
}
