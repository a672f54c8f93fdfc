/*
** arena.h: the arena of ext/num/work.h over malloc, for the C units. It can
** be told to fail after so many chunks, or to stop.
*/
#ifndef TEST_ARENA_H
#define TEST_ARENA_H

#include <stdlib.h>

#include "num/work.h"

typedef struct test_arena {
  long left; /* chunks until memory runs out; < 0: never */
  long held; /* chunks given out and not yet back */
} test_arena;

static void *test_grow(void *ctx, size_t bytes) {
  test_arena *a = ctx;
  void *p;
  if (a->left == 0) return NULL;
  if (a->left > 0) a->left--;
  p = malloc(bytes);
  if (p != NULL) a->held++;
  return p;
}

static void test_drop(void *ctx, void *chunk) {
  test_arena *a = ctx;
  a->held--;
  free(chunk);
}

static hf_work test_work(test_arena *a) {
  hf_work w = {0};
  w.grow = test_grow;
  w.drop = test_drop;
  w.ctx = a;
  return w;
}

/* For hf_work.stop: the caller wants no more. */
static inline int test_stop(void *ctx) {
  (void)ctx;
  return HF_EINTERRUPT;
}

#endif
