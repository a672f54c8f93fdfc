/*
** test_reuse.c: reuse distances against a count by brute force, and against
** what they promise: an LRU cache of d items hits exactly those within d.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "arena.h"
#include "num/reuse.h"
#include "num/rng.h"

enum { N = 600 };

static test_arena A = {-1, 0};

static void known(void **state) {
  static const uint64_t item[] = {7, 8, 7, 7, 9, 8, 0, 7};
  static const uint32_t want[] = {0, 0, 2, 1, 0, 3, 0, 4};
  uint32_t d[8];
  hf_work w = test_work(&A);
  size_t i;
  (void)state;
  assert_int_equal(hf_reuse_distances(&w, item, 8, d), HF_OK);
  for (i = 0; i < 8; i++) assert_int_equal(d[i], want[i]);
  hf_work_free(&w);
}

/* Misses of an LRU list of `room` items, moved to the front on use. */
static size_t lru_misses(const uint64_t *item, size_t n, size_t room) {
  uint64_t list[N];
  size_t held = 0, misses = 0, i, j;
  for (i = 0; i < n; i++) {
    for (j = 0; j < held && list[j] != item[i]; j++) continue;
    if (j == held) {
      misses++;
      if (held < room) held++;
      j = held - 1;
    }
    for (; j > 0; j--) list[j] = list[j - 1];
    list[0] = item[i];
  }
  return misses;
}

static void hits_of_a_real_cache(void **state) {
  uint64_t item[N];
  uint32_t d[N];
  hf_rng r = {3};
  hf_work w = test_work(&A);
  size_t i, room;
  (void)state;
  for (i = 0; i < N; i++) {
    size_t span = 1 + hf_rng_below(&r, 60);
    item[i] = hf_rng_below(&r, span) << 40; /* low bits all equal */
  }
  assert_int_equal(hf_reuse_distances(&w, item, N, d), HF_OK);
  for (room = 1; room < 60; room += 7) {
    size_t misses = 0;
    for (i = 0; i < N; i++) misses += d[i] == 0 || d[i] > room;
    assert_int_equal(misses, lru_misses(item, N, room));
  }
  hf_work_free(&w);
}

static void nothing_and_no_memory(void **state) {
  uint64_t item[1] = {5};
  uint32_t d[1] = {42};
  hf_work w = test_work(&A);
  (void)state;
  assert_int_equal(hf_reuse_distances(&w, item, 0, d), HF_OK);
  assert_int_equal(d[0], 42);
  hf_work_free(&w);
  A.left = 0;
  assert_int_equal(hf_reuse_distances(&w, item, 1, d), HF_ENOMEM);
  A.left = -1;
  assert_int_equal(d[0], 42);
  hf_work_free(&w);
  assert_int_equal(A.held, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known),
      cmocka_unit_test(hits_of_a_real_cache),
      cmocka_unit_test(nothing_and_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
