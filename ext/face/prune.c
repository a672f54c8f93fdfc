/*
** prune.c: hf_prune([keep_days [, schema]]) rolls up old samples.
**
**   SELECT hf_prune();      -- once a day; keep_days of hf_config
**   SELECT hf_prune(30);
**
** Rows of hf_memory_stats, hf_resource_metrics, hf_health_metrics and
** hf_metric_samples that are older than keep_days, in whole UTC days, become
** hourly and daily buckets (hf_rollup_hourly, hf_rollup_daily), which stay. It
** works in batches, each a transaction of its own unless the caller has one
** open; so it may be stopped, or killed, at any time, and called again. Rows of
** hf_query_history and hf_cache_stats are deleted after keep_detail_days of
** hf_config, which is NULL unless somebody sets it: never.
**
** The answer is a JSON object: status (ok, or incomplete when a limit of
** hf_config stopped it; call again), cutoff_ts, rows deleted and the oldest
** row kept of each table, samples rolled up, buckets made.
*/
#include "functions.h"
#include "../store/prune.h"

#include <math.h>

/* A stamp as JSON. */
static void prune_say_ts(sqlite3_str *out, double ts) {
  if (isnan(ts)) {
    sqlite3_str_appendall(out, "null");
  } else {
    sqlite3_str_appendf(out, "%.15g", ts);
  }
}

static char *prune_json(sqlite3 *db, double keep_days, const hf_pruned *did) {
  sqlite3_str *out = sqlite3_str_new(db);
  int i;
  sqlite3_str_appendf(out, "{\"status\":\"%s\",\"keep_days\":%.15g,",
                      did->finished ? "ok" : "incomplete", keep_days);
  sqlite3_str_appendall(out, "\"cutoff_ts\":");
  prune_say_ts(out, did->cutoff);
  sqlite3_str_appendall(out, ",\"deleted\":{");
  for (i = 0; i < HF_PRUNE_ALL; i++) {
    sqlite3_str_appendf(out, "%s\"%s\":%lld", i > 0 ? "," : "", did->table[i],
                        did->deleted[i]);
  }
  sqlite3_str_appendall(out, "},\"oldest_kept_ts\":{");
  for (i = 0; i < HF_PRUNE_TABLES; i++) {
    sqlite3_str_appendf(out, "%s\"%s\":", i > 0 ? "," : "", did->table[i]);
    prune_say_ts(out, did->oldest[i]);
  }
  sqlite3_str_appendf(out,
                      "},\"samples\":%lld,\"refused\":%lld,"
                      "\"hourly_buckets\":%lld,\"daily_buckets\":%lld,"
                      "\"batches\":%lld,\"reason\":",
                      did->samples, did->refused, did->hours, did->days,
                      did->batches);
  if (did->finished) {
    sqlite3_str_appendall(out, "null}");
  } else {
    sqlite3_str_appendf(
        out, "\"stopped near %s of hf_config; call hf_prune again\"}",
        did->limit);
  }
  return sqlite3_str_finish(out);
}

/* keep_days as given; NaN: left out. */
static int prune_days(hf_session *s, sqlite3_value *v, double *days) {
  int type;
  *days = NAN;
  if (v == NULL || sqlite3_value_type(v) == SQLITE_NULL) return SQLITE_OK;
  type = sqlite3_value_numeric_type(v);
  *days = sqlite3_value_double(v);
  if ((type == SQLITE_INTEGER || type == SQLITE_FLOAT) && *days >= 1 &&
      *days <= HF_PRUNE_DAYS) {
    return SQLITE_OK;
  }
  if (sqlite3_value_type(v) == SQLITE_BLOB) {
    return hf_fail(s, SQLITE_ERROR, "keep_days must be 1..%d, got a blob",
                   (int)HF_PRUNE_DAYS);
  }
  return hf_fail(s, SQLITE_ERROR, "keep_days must be 1..%d, got '%.60s'",
                 (int)HF_PRUNE_DAYS, (const char *)sqlite3_value_text(v));
}

static int prune_act(hf_conn *conn, hf_session *s, int argc,
                     sqlite3_value **argv, char **json) {
  hf_prune *prune = NULL;
  double days = NAN;
  int rc = hf_need_tables(s);
  (void)conn;
  if (rc == SQLITE_OK) rc = prune_days(s, argc > 0 ? argv[0] : NULL, &days);
  if (rc == SQLITE_OK) rc = hf_prune_begin(s, days, &prune, &days);
  while (rc == SQLITE_OK) {
    rc = hf_prune_step(prune);
    if (rc == SQLITE_ROW) rc = SQLITE_OK;
  }
  if (rc == SQLITE_DONE) *json = prune_json(s->db, days, hf_prune_did(prune));
  hf_prune_close(prune);
  if (rc != SQLITE_DONE) return rc;
  return *json != NULL ? SQLITE_OK : hf_fail(s, SQLITE_NOMEM, NULL);
}

void hf_prune_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hf_verb_run(ctx, "hf_prune", 1, prune_act, argc, argv);
}
