/*
** prune.c: raw samples that are old enough become buckets, batch by batch.
**
** hf_prune_step() does one batch (store/prune_batch.c) and says what it was, so
** that a caller can tell how far it has come, and stop: what is done is done,
** and the next call goes on. Tables one after the other, in each the
** components in the order of their keys, of each the oldest rows first; then
** the details, of which nothing is kept.
*/
#include "prune.h"
#include "clock.h"
#include "prune_run.h"

#include <math.h>
#include <string.h>

enum { PRUNE_MARGIN = 100 }; /* rows read besides those of a batch */

/* Each DELETE is all or nothing by itself. */
static const char *const prune_detail_sql[HF_PRUNE_DETAILS] = {
    "DELETE FROM \"%w\".hf_query_history WHERE rowid IN (SELECT rowid FROM "
    "\"%w\".hf_query_history WHERE ts < ?1 ORDER BY ts LIMIT ?2)",
    "DELETE FROM \"%w\".hf_cache_stats WHERE (pool, ts) IN (SELECT pool, ts "
    "FROM \"%w\".hf_cache_stats WHERE ts < ?1 LIMIT ?2)"};

static const char *const prune_detail_names[HF_PRUNE_DETAILS] = {
    "hf_query_history", "hf_cache_stats"};

/* 1: a limit of the call is near, and the rest is for the next one. */
static int prune_must_stop(hf_prune *p) {
  hf_session *s = p->s;
  if (s->rows_read + HF_PRUNE_BATCH + PRUNE_MARGIN > s->rows_limit) {
    p->did.limit = "max_rows_read";
  } else if (s->time_last - s->time_start > s->time_limit / 4 * 3) {
    p->did.limit = "max_seconds";
  }
  return p->did.limit != NULL;
}

/* Counts the keys, and finds the start of the first UTC day to keep. */
static int prune_cutoff(hf_prune *p, double keep_days) {
  hf_session *s = p->s;
  double now = s->as_of;
  int i;
  int rc = SQLITE_OK;
  p->did.cutoff = NAN;
  for (i = 0; i < HF_PRUNE_TABLES; i++) {
    int first = 1;
    while ((rc = hf_prune_next_key(p, &p->table[i], first)) == SQLITE_ROW) {
      double oldest;
      double newest;
      first = 0;
      rc = hf_prune_edge(p, &p->table[i], &oldest, &newest);
      if (rc != SQLITE_OK) return rc;
      if (isnan(newest)) continue;
      p->did.keys++;
      if (isnan(s->as_of) && !(newest <= now)) now = newest;
    }
    if (rc != SQLITE_DONE) return rc;
  }
  if (isnan(s->as_of) && !isnan(now)) now = fmin(now, hf_clock_unix());
  p->now = now;
  if (isnan(now)) return SQLITE_OK;
  p->did.cutoff = hf_bucket_start(now - keep_days * 86400, HF_ROLLUP_DAY);
  return SQLITE_OK;
}

int hf_prune_open(hf_session *s, double keep_days, double detail_days,
                  hf_prune **out) {
  hf_prune *p = hf_work_zeroed(&s->hold, 1, sizeof(*p));
  int i;
  int rc;
  *out = p;
  if (p == NULL) return hf_fail_ops(s, HF_ENOMEM);
  p->s = s;
  p->detail_days = detail_days;
  for (i = 0; i < HF_PRUNE_DETAILS; i++) {
    p->did.table[HF_PRUNE_TABLES + i] = prune_detail_names[i];
  }
  rc = hf_prune_tables_open(p);
  if (rc == SQLITE_OK) rc = prune_cutoff(p, keep_days);
  /* without a single row there is nothing to roll up */
  if (rc == SQLITE_OK && isnan(p->did.cutoff)) p->at = HF_PRUNE_TABLES;
  return rc;
}

int hf_prune_begin(hf_session *s, double keep_days, hf_prune **out,
                   double *used) {
  double details = NAN;
  int rc = hf_need_tables(s);
  *out = NULL;
  *used = keep_days;
  if (rc == SQLITE_OK && isnan(keep_days)) {
    rc = hf_config_real(s, "keep_days", 90, 1, HF_PRUNE_DAYS, used);
  }
  if (rc == SQLITE_OK) {
    rc = hf_config_real(s, "keep_detail_days", NAN, 1, HF_PRUNE_DAYS, &details);
  }
  if (rc == SQLITE_OK && !hf_has_table(s, s->schema, "hf_rollups")) {
    rc = hf_fail(s, SQLITE_ERROR,
                 "no hf_rollups here; run SELECT hf_init() first");
  }
  if (rc == SQLITE_OK) rc = hf_prune_open(s, *used, details, out);
  return rc;
}

void hf_prune_close(hf_prune *p) {
  if (p == NULL) return;
  hf_finalize(p->detail);
  p->detail = NULL;
  hf_prune_tables_close(p);
}

const hf_pruned *hf_prune_did(const hf_prune *p) {
  return &p->did;
}

sqlite3_value *hf_prune_component(const hf_prune *p) {
  return p->at < HF_PRUNE_TABLES ? p->component : NULL;
}

/* ---- rows that become buckets */

/* The key under way has no rows left to take: notes what it keeps. */
static int prune_leave(hf_prune *p, hf_prune_table *t) {
  double *kept = &p->did.oldest[p->at];
  double oldest;
  double newest;
  int rc = hf_prune_edge(p, t, &oldest, &newest);
  if (!(oldest >= *kept)) *kept = isnan(oldest) ? *kept : oldest;
  p->inside = 0;
  p->did.keys_done++;
  return rc;
}

/* Goes to the next key of the table, or to the next table. */
static int prune_enter(hf_prune *p, hf_prune_table *t) {
  double oldest;
  double newest;
  int rc = hf_prune_next_key(p, t, !p->begun);
  p->begun = 1;
  if (rc == SQLITE_DONE) {
    p->at++;
    p->begun = 0;
    return SQLITE_OK;
  }
  if (rc != SQLITE_ROW) return rc;
  rc = hf_prune_edge(p, t, &oldest, &newest);
  if (rc != SQLITE_OK || isnan(oldest)) return rc;
  p->inside = 1;
  return oldest < p->did.cutoff ? SQLITE_OK : prune_leave(p, t);
}

/* A batch of the key under way: SQLITE_ROW when there was something. */
static int prune_work(hf_prune *p, hf_prune_table *t) {
  hf_mark mark = hf_work_mark(&p->s->work);
  sqlite3_int64 n = 0;
  int known = 0;
  int rc = hf_pulse(p->s);
  if (rc == SQLITE_OK && prune_must_stop(p)) return prune_leave(p, t);
  if (rc == SQLITE_OK) rc = hf_prune_name_key(p, t, &known);
  if (rc == SQLITE_OK && known) rc = hf_prune_batch(p, t, &n);
  hf_work_release(&p->s->work, mark);
  if (rc == SQLITE_OK && n < HF_PRUNE_BATCH) rc = prune_leave(p, t);
  if (rc != SQLITE_OK) return rc;
  p->did.rows = n;
  return n > 0 ? SQLITE_ROW : SQLITE_OK;
}

/* ---- details */

/* A batch of the details under way: SQLITE_ROW when there was something. */
static int prune_detail(hf_prune *p) {
  hf_session *s = p->s;
  int i = p->at - HF_PRUNE_TABLES;
  double now = isnan(p->now) ? hf_clock_unix() : p->now;
  double cutoff = hf_bucket_start(now - p->detail_days * 86400, HF_ROLLUP_DAY);
  int n;
  int rc = hf_pulse(s);
  if (rc == SQLITE_OK && prune_must_stop(p)) return rc;
  if (rc == SQLITE_OK && p->detail == NULL) {
    rc = hf_prune_prepare(
        s, &p->detail,
        sqlite3_mprintf(prune_detail_sql[i], s->schema, s->schema));
  }
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(p->detail, 1, cutoff);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int(p->detail, 2, HF_PRUNE_BATCH);
  rc = rc == SQLITE_OK ? hf_write(s, p->detail) : hf_fail_db(s, rc);
  if (rc != SQLITE_OK) return rc;
  n = sqlite3_changes(s->db);
  p->did.rows = n;
  p->did.deleted[p->at] += n;
  if (n > 0) p->did.batches++;
  if (n < HF_PRUNE_BATCH) {
    hf_finalize(p->detail);
    p->detail = NULL;
    p->at++;
  }
  return n > 0 ? SQLITE_ROW : SQLITE_OK;
}

/* ---- the whole */

int hf_prune_step(hf_prune *p) {
  int rc = SQLITE_OK;
  p->did.rows = 0;
  while (rc == SQLITE_OK && p->did.limit == NULL) {
    p->did.step_table = p->at < HF_PRUNE_ALL ? p->did.table[p->at] : NULL;
    if (p->at < HF_PRUNE_TABLES) {
      hf_prune_table *t = &p->table[p->at];
      rc = p->inside ? prune_work(p, t) : prune_enter(p, t);
    } else if (p->at < HF_PRUNE_ALL && !isnan(p->detail_days)) {
      rc = prune_detail(p);
    } else {
      break;
    }
  }
  if (rc != SQLITE_OK) return rc;
  p->did.finished = p->did.limit == NULL;
  return SQLITE_DONE;
}
