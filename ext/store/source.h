/*
** source.h: from a series argument to the table and the columns it means.
*/
#ifndef HF_SOURCE_H
#define HF_SOURCE_H

#include "session.h"
#include "../num/samples.h"

/* A resolved source. All texts are in s->hold. */
typedef struct hf_source {
  const char *schema; /* of the table */
  const char *table;
  const char *ts;
  const char *value;
  const char *key;    /* component column; NULL: none */
  const char *metric; /* set: this metric of the narrow history; then the
                         columns above are unused */
  const char *name;   /* for messages and rows: "t.value" */
  hf_kind kind;
  double step; /* seconds; 0: infer */
} hf_source;

/* Resolves a name or the JSON text of hf_source(). */
int hf_source_resolve(hf_session *s, const char *text, hf_source *out);

/* The columns of the wide tables of the history, by number from 0; *key is the
** component column or NULL. NULL: there is no such number. */
const char *hf_source_column(int i, const char **table, const char **key,
                             hf_kind *kind);

/* What a kind is called. */
const char *hf_kind_text(hf_kind kind);

/* The kind called so; HF_OK, or HF_ERANGE when there is none. */
int hf_kind_from_text(const char *text, hf_kind *out);

/* What a message says of the kinds. */
#define HF_KINDS "gauge, delta, counter, quantile or state"

/* ---- times as text (timetext.c) */

/* RFC 3339: "2026-01-31", "2026-01-31T08:30[:15[.25]][Z|+01:00]", a blank for
** the T; without an offset it is UTC. HF_OK and unix seconds, or HF_ERANGE. */
int hf_time_from_text(const char *text, size_t bytes, double *ts);

/* ---- packed series (packed.c) */

/* A BLOB: a head (magic, version, byte order, kind, step, n, checksum), then n
** pairs of stamp and value as doubles of the machine that made it. The caller
** writes the pairs behind HF_PACKED_HEAD bytes, and seals; hf_unpack() refuses
** anything else. hf_packed_bytes() is 0 when the size overflows. */
enum { HF_PACKED_HEAD = 40 };
size_t hf_packed_bytes(size_t n);
void hf_pack_seal(unsigned char *blob, size_t n, hf_kind kind, double step);

/* Checks a blob and copies it into the arena: HF_OK, HF_ENOMEM, or HF_ERANGE
** when it is no packed series. */
int hf_unpack(hf_work *w, const void *blob, size_t bytes, hf_samples *out);

/* Sorts samples by (ts, value), NaN values last among equals: HF_OK, or a
** code of num/work.h. Stamps hold no NaN. */
int hf_samples_sort(hf_work *w, hf_samples *x);

#endif
