/*
** prune.h: raw samples that are old enough become hourly and daily buckets.
*/
#ifndef HF_PRUNE_H
#define HF_PRUNE_H

#include "session.h"

/* The tables whose rows are rolled up, then those whose rows are deleted. */
enum { HF_PRUNE_TABLES = 4, HF_PRUNE_DETAILS = 2 };
enum { HF_PRUNE_ALL = HF_PRUNE_TABLES + HF_PRUNE_DETAILS };

typedef struct hf_pruned {
  double cutoff;     /* unix seconds, the start of a UTC day: older rows go;
                        NaN: there is no row at all */
  int finished;      /* 0: stopped at a limit, the rest is for the next call */
  const char *limit; /* key of hf_config that stopped it; NULL: finished */
  const char *table[HF_PRUNE_ALL];
  sqlite3_int64 deleted[HF_PRUNE_ALL]; /* rows */
  double oldest[HF_PRUNE_TABLES]; /* stamp of the oldest row kept; NaN: none */
  sqlite3_int64 samples;          /* values that went into buckets */
  sqlite3_int64 refused;          /* values that no CHECK would have let in */
  sqlite3_int64 hours;            /* buckets made, not counting merged ones */
  sqlite3_int64 days;
  sqlite3_int64 batches; /* savepoints, each a transaction of its own unless
                            the caller has one open */
} hf_pruned;

/* Rolls up and deletes what is older than keep_days before now, in whole UTC
** days. Rows of hf_query_history and hf_cache_stats, of which nothing is rolled
** up, are deleted after detail_days; NaN: never. Now is config `now`, else the
*newest row, or the clock when that is
** earlier: neither a stopped collection nor a stamp in the future empties the
** history. What a failed call has finished stays finished. */
int hf_prune_run(hf_session *s, double keep_days, double detail_days,
                 hf_pruned *out);

#endif
