/*
** packed.c: a series as one BLOB, and the order of samples.
**
** Layout: "HFS" and a version byte; a mark that tells the byte order; kind;
** step; n; a checksum over what follows; n stamps; n values. The checksum is
** FNV-1a on 64-bit words: it finds damage, it is no signature, so every field
** is checked again when it is read.
*/
#include "source.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { PACKED_HEAD = 40, PACKED_VERSION = 1 };

#define PACKED_ORDER 0x01020304u

static uint64_t packed_sum(const unsigned char *p, size_t bytes) {
  uint64_t h = 14695981039346656037u;
  size_t i;
  for (i = 0; i + 8 <= bytes; i += 8) {
    uint64_t word;
    memcpy(&word, p + i, 8);
    h = (h ^ word) * 1099511628211u;
    h ^= h >> 29;
  }
  return h;
}

size_t hf_packed_bytes(size_t n) {
  return n > (SIZE_MAX - PACKED_HEAD) / 16 ? 0 : PACKED_HEAD + 16 * n;
}

void hf_pack(unsigned char *out, const double *ts, const double *value,
             size_t n, hf_kind kind, double step) {
  uint32_t order = PACKED_ORDER;
  uint64_t count = n;
  uint64_t number = (uint64_t)kind;
  uint64_t sum;
  memcpy(out, "HFS", 3);
  out[3] = PACKED_VERSION;
  memcpy(out + 4, &order, 4);
  memcpy(out + 8, &number, 8);
  memcpy(out + 16, &step, 8);
  memcpy(out + 24, &count, 8);
  if (n > 0) {
    memcpy(out + PACKED_HEAD, ts, 8 * n);
    memcpy(out + PACKED_HEAD + 8 * n, value, 8 * n);
  }
  sum = packed_sum(out + PACKED_HEAD, 16 * n);
  memcpy(out + 32, &sum, 8);
}

static int packed_valid(const double *ts, const double *value, size_t n) {
  size_t i;
  for (i = 0; i < n; i++) {
    if (!(ts[i] >= -HF_TS_MAX && ts[i] <= HF_TS_MAX)) return 0;
    if (!isnan(value[i]) && !(fabs(value[i]) <= HF_VALUE_MAX)) return 0;
  }
  return 1;
}

int hf_unpack(hf_work *w, const void *blob, size_t bytes, hf_samples *out) {
  const unsigned char *p = blob;
  uint32_t order;
  uint64_t kind;
  uint64_t n;
  uint64_t sum;
  double step;
  hf_samples x;
  if (bytes < PACKED_HEAD || memcmp(p, "HFS", 3) != 0) return HF_ERANGE;
  memcpy(&order, p + 4, 4);
  memcpy(&kind, p + 8, 8);
  memcpy(&step, p + 16, 8);
  memcpy(&n, p + 24, 8);
  memcpy(&sum, p + 32, 8);
  if (p[3] != PACKED_VERSION || order != PACKED_ORDER) return HF_ERANGE;
  if (kind > (uint64_t)HF_STATE) return HF_ERANGE;
  if (!(step >= 0 && step <= 1e9)) return HF_ERANGE;
  if (n > bytes / 16 || bytes != hf_packed_bytes((size_t)n)) return HF_ERANGE;
  if (sum != packed_sum(p + PACKED_HEAD, 16 * (size_t)n)) return HF_ERANGE;
  x.n = (size_t)n;
  x.kind = (hf_kind)kind;
  x.step = step;
  x.ts = hf_work_reals(w, x.n);
  x.value = hf_work_reals(w, x.n);
  if (x.ts == NULL || x.value == NULL) return HF_ENOMEM;
  if (x.n > 0) {
    memcpy(x.ts, p + PACKED_HEAD, 8 * x.n);
    memcpy(x.value, p + PACKED_HEAD + 8 * x.n, 8 * x.n);
  }
  if (!packed_valid(x.ts, x.value, x.n)) return HF_ERANGE;
  *out = x;
  return HF_OK;
}

/* ---- order */

/* 1 when sample i must not stand before sample j. */
static int packed_after(const double *ts, const double *value, size_t i,
                        size_t j) {
  if (ts[i] != ts[j]) return ts[i] > ts[j];
  if (isnan(value[i])) return !isnan(value[j]);
  return value[i] > value[j];
}

/* A merge of the runs [a, b) and [b, c) of the permutation `from` into `to`. */
static void packed_merge(const hf_samples *x, const size_t *from, size_t *to,
                         size_t a, size_t b, size_t c) {
  size_t i = a;
  size_t j = b;
  size_t k;
  for (k = a; k < c; k++) {
    int left =
        i < b && (j >= c || !packed_after(x->ts, x->value, from[i], from[j]));
    to[k] = left ? from[i++] : from[j++];
  }
}

static int packed_permute(hf_work *w, double *data, const size_t *order,
                          size_t n) {
  double *copy = hf_work_reals(w, n);
  size_t i;
  if (copy == NULL) return HF_ENOMEM;
  for (i = 0; i < n; i++) copy[i] = data[order[i]];
  memcpy(data, copy, n * sizeof(double));
  return HF_OK;
}

int hf_samples_sort(hf_work *w, hf_samples *x) {
  hf_mark mark = hf_work_mark(w);
  size_t *from;
  size_t *to;
  size_t i;
  size_t run;
  int rc = HF_OK;
  for (i = 1; i < x->n; i++) {
    if (packed_after(x->ts, x->value, i - 1, i)) break;
  }
  if (i >= x->n) return HF_OK;
  from = hf_work_alloc(w, x->n, sizeof(size_t));
  to = hf_work_alloc(w, x->n, sizeof(size_t));
  if (from == NULL || to == NULL) return HF_ENOMEM;
  for (i = 0; i < x->n; i++) from[i] = i;
  for (run = 1; run < x->n; run *= 2) {
    size_t *swap;
    for (i = 0; i < x->n; i += 2 * run) {
      size_t b = i + run < x->n ? i + run : x->n;
      size_t c = i + 2 * run < x->n ? i + 2 * run : x->n;
      packed_merge(x, from, to, i, b, c);
      rc = hf_work_check(w, 4 * (c - i));
      if (rc != HF_OK) return rc;
    }
    swap = from;
    from = to;
    to = swap;
  }
  rc = packed_permute(w, x->ts, from, x->n);
  if (rc == HF_OK) rc = packed_permute(w, x->value, from, x->n);
  hf_work_release(w, mark);
  return rc;
}
