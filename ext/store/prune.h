/*
** prune.h: raw samples that are old enough become hourly and daily buckets.
*/
#ifndef HF_PRUNE_H
#define HF_PRUNE_H

#include "session.h"

/* The tables whose rows are rolled up, then those whose rows are deleted. */
enum { HF_PRUNE_TABLES = 4, HF_PRUNE_DETAILS = 2 };
enum { HF_PRUNE_DAYS = 36500 }; /* keep_days at most */
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
  sqlite3_int64 batches;   /* savepoints, each a transaction of its own unless
                              the caller has one open */
  sqlite3_int64 keys;      /* components with rows, of all tables */
  sqlite3_int64 keys_done; /* of these: nothing is left to take */
  const char *step_table;  /* of the last step */
  sqlite3_int64 rows;      /* that it deleted */
} hf_pruned;

typedef struct hf_prune hf_prune;

/* Makes ready to roll up and delete what is older than keep_days before now,
** in whole UTC days. Rows of hf_query_history and hf_cache_stats, of which
** nothing is rolled up, are deleted after detail_days; NaN: never. Now is the
** session's as_of, else the newest row, or the clock when that is earlier:
** neither a stopped collection nor a stamp in the future empties the history.
** Everything is in s->hold; hf_prune_close() must follow whatever it
** returns. */
int hf_prune_open(hf_session *s, double keep_days, double detail_days,
                  hf_prune **out);

/* The same as hf_config says: keep_days where the argument is NaN (*used: the
** days in force), details after keep_detail_days. Fails where there is no
** history with hf_rollups. */
int hf_prune_begin(hf_session *s, double keep_days, hf_prune **out,
                   double *used);

/* One batch: SQLITE_ROW, SQLITE_DONE when nothing is left or a limit of the
** call is near, or an error, and then the batch is undone. What steps before
** have finished stays finished. */
int hf_prune_step(hf_prune *p);

/* What was done so far, and last. */
const hf_pruned *hf_prune_did(const hf_prune *p);

/* The component of the last step, NULL: none. Valid until the next. */
sqlite3_value *hf_prune_component(const hf_prune *p);

void hf_prune_close(hf_prune *p);

#endif
