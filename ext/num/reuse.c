/*
** reuse.c: see reuse.h. The item's last use is found in an open-addressing
** table, at most half full.
*/
#include "reuse.h"

#include <string.h>

typedef struct reuse_table {
  uint64_t *key; /* [mask + 1] */
  size_t *last;  /* [mask + 1] position of the last use + 1; 0: free */
  size_t mask;
} reuse_table;

static size_t *reuse_find(const reuse_table *t, uint64_t key) {
  uint64_t h = key * UINT64_C(0x9E3779B97F4A7C15);
  size_t i = (size_t)(h >> 20) & t->mask;
  while (t->last[i] != 0 && t->key[i] != key) i = (i + 1) & t->mask;
  t->key[i] = key;
  return &t->last[i];
}

static void reuse_add(uint32_t *tree, size_t n, size_t i, uint32_t x) {
  for (i++; i <= n; i += i & (~i + 1)) tree[i] += x;
}

/* Sum over 0..i-1. */
static uint32_t reuse_sum(const uint32_t *tree, size_t i) {
  uint32_t s = 0;
  for (; i > 0; i &= i - 1) s += tree[i];
  return s;
}

int hf_reuse_distances(hf_work *w, const uint64_t *item, size_t n,
                       uint32_t *distance) {
  hf_mark m = hf_work_mark(w);
  reuse_table t;
  uint32_t *tree, *out, live = 0; /* tree: 1 at each item's last use */
  size_t i, room = 16;
  int rc = HF_OK;
  if (n >= 0x7fffffff) return HF_ERANGE;
  while (room < 2 * n) room *= 2;
  t.mask = room - 1;
  t.key = hf_work_alloc(w, room, sizeof(uint64_t));
  t.last = hf_work_zeroed(w, room, sizeof(size_t));
  tree = hf_work_zeroed(w, n + 1, sizeof(uint32_t));
  out = hf_work_alloc(w, n, sizeof(uint32_t));
  if (t.key == NULL || t.last == NULL || tree == NULL || out == NULL) {
    rc = HF_ENOMEM;
  }
  for (i = 0; rc == HF_OK && i < n; i++) {
    size_t *last = reuse_find(&t, item[i]);
    out[i] = 0;
    if (*last != 0) {
      /* last uses after the item's own, and the item itself */
      out[i] = live - reuse_sum(tree, *last) + 1;
      reuse_add(tree, n, *last - 1, (uint32_t)-1);
      live--;
    }
    reuse_add(tree, n, i, 1);
    live++;
    *last = i + 1;
    rc = hf_work_check(w, 60);
  }
  if (rc == HF_OK) memcpy(distance, out, n * sizeof(uint32_t));
  hf_work_release(w, m);
  return rc;
}
