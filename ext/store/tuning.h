/*
** tuning.h: what the tuning answers read of the history: the newest rows
** first, no more than asked for, so that their cost does not depend on the
** length of the history. Rows later than s->as_of (NaN: none is) are not seen.
** Everything is in s->work.
*/
#ifndef HF_TUNING_H
#define HF_TUNING_H

#include <stdint.h>
#include "session.h"

enum { HF_COLUMNS_MOST = 6 };

/* Rows as columns of numbers, oldest first. col[0] is ts, finite and
** ascending; NULL, texts and numbers beyond 1e100 elsewhere are NaN. */
typedef struct hf_columns {
  double *col[HF_COLUMNS_MOST]; /* [n] each */
  size_t n;
} hf_columns;

/* The newest `most` rows of hf_resource_metrics: ts, cpu_percent,
** active_workers, queued_tasks. Of several rows with one ts one is kept. */
int hf_read_load(hf_session *s, size_t most, hf_columns *out);

/* The same columns of the rows with from[k] <= ts < to[k], at most `most` of
** each of the n spans; where spans overlap rows come twice. ts ascends within a
** span only. */
int hf_read_load_spans(hf_session *s, const double *from, const double *to,
                       size_t n, size_t most, hf_columns *out);

/* hf_memory_stats: ts, total_mb, used_mb, cache_mb, buffer_mb. */
int hf_read_memory(hf_session *s, size_t most, hf_columns *out);

/* hf_cache_stats of a pool: ts, size_mb, hits, misses, miss_cost_ms, item_mb.
 */
int hf_read_cache(hf_session *s, const char *pool, size_t most,
                  hf_columns *out);

/* Of the newest `most` rows of hf_query_history those with a memory_peak_mb
** above 0: ts, memory_peak_mb. Several may have one ts. */
int hf_read_jobs(hf_session *s, size_t most, hf_columns *out);

/* References of a pool, oldest first. */
typedef struct hf_accesses {
  uint64_t *item; /* [n] hash of the item */
  double *seq;    /* [n] ascending */
  size_t n;
} hf_accesses;

/* The newest `most` rows of hf_cache_accesses of a pool. They carry no time:
** those that came after as_of are told by the hits and misses that
** hf_cache_stats recorded after it. */
int hf_read_accesses(hf_session *s, const char *pool, size_t most,
                     hf_accesses *out);

/* Runs of queries with a time, oldest first. Keys are hashes; 0: NULL. */
typedef struct hf_query_rows {
  uint64_t *query;
  uint64_t *param; /* of query and param_hash */
  uint64_t *plan;
  double *ts;      /* unix seconds */
  double *rows;    /* NULL counts as 0: not recorded */
  double *bytes;   /* likewise */
  double *ms;      /* execution_time_ms */
  double *workers; /* NaN: not recorded */
  double *peak;    /* memory_peak_mb; NaN: not recorded */
  double *scan;    /* full_scan_steps; likewise, and below */
  double *built;   /* auto_index_rows */
  double *sorts;
  double *load; /* of the query asked for: cpu_percent of hf_resource_metrics
                   at most 10 minutes before; NaN: none */
  size_t n;
} hf_query_rows;

/* The newest `all` rows of hf_query_history, and the newest `same` of the
** query. */
int hf_read_queries(hf_session *s, const char *query, size_t all, size_t same,
                    hf_query_rows *out);

/* The keys of hf_query_rows. */
uint64_t hf_query_key(const char *query);
uint64_t hf_param_key(uint64_t query, sqlite3_int64 param);

#endif
