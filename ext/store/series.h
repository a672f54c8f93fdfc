/*
** series.h: reading a series, from the history, from any table or view, or
** from a packed value, one component at a time.
**
** A series argument is one of (design, section 3)
**   NULL                  the default of the function, a name
**   a name                hf_resource_metrics.cpu_percent, schema.table.column,
**                         or the bare name of a metric
**   hf_source(...)        a JSON text that names table and columns
**   hf_series(ts, value)  a packed BLOB
** Components come in the order of their keys (NULL, numbers, texts, blobs).
*/
#ifndef HF_SERIES_H
#define HF_SERIES_H

#include "session.h"
#include "source.h"
#include "../num/samples.h"

typedef struct hf_reader hf_reader;

/* What a reader hands out for one component. Valid until the next call. */
typedef struct hf_component {
  sqlite3_value *key; /* its key with its storage class; NULL: no key column */
  const char *name;   /* the key as text; "" where there is none */
  hf_samples samples; /* in s->work; empty when nothing is before as_of */
  size_t seen;        /* rows read for it */
} hf_component;

/* Opens a series argument. `value` NULL or SQL NULL: the name `fallback`.
** `component` (may be NULL or SQL NULL): only this key; its storage class
** counts. `newest` 0: all samples up to as_of; else at most so many newest
** ones of each component, read backwards where an index allows.
** The reader is in s->hold; close it before the session. */
int hf_reader_open(hf_session *s, sqlite3_value *value, const char *fallback,
                   sqlite3_value *component, size_t newest, hf_reader **out);

/* The next component: SQLITE_ROW, SQLITE_DONE, or an error. */
int hf_reader_next(hf_reader *r, hf_component *c);

/* What the source is called: "hf_resource_metrics.cpu_percent", "t.value". */
const char *hf_reader_name(const hf_reader *r);

/* What it resolved to; of a packed series only name and kind are set. */
const hf_source *hf_reader_source(const hf_reader *r);

/* 1 when the table has no index that serves the question, so that each call
** reads all of it. */
int hf_reader_scans(const hf_reader *r);

void hf_reader_close(hf_reader *r);

#endif
