/*
** oom.c: what happens when memory runs out, at every place where it can.
**
** The extension is linked statically. SQLite's allocator is wrapped; for each
** scenario (SQL) the Nth allocation fails, once or from N on, for N = 1, 2, 3,
** ... until the scenario no longer reaches N. Each run must end in SQLITE_NOMEM
** or in exactly the answer of an undisturbed run; the connection must work
** afterwards and give that answer; nothing may leak; the database must pass
** integrity_check. Lookaside is off, or small allocations never get here.
**
** Where the undisturbed answer is an error, the same code without its message
** is right, too: SQLite itself loses texts when memory is out.
**
** Runs share a connection in batches, since opening costs more than most
** calls; a leak shows when the batch's connection closes, and the batch is
** then run again one by one to name the allocation. What writes gets a
** connection for each run.
**
** Scenarios with more allocations than HF_OOM_POINTS (400; 120 under the
** sanitizers; 0: no limit) are thinned out: the first half of the points are
** the first allocations, a quarter the last, where answers are filled in, the
** others are spread evenly, and the result says so.
**
** Every function and module that the extension registers must have a scenario
** here, or the last test fails.
*/
#include "tap.h"

static sqlite3_mem_methods oom_real;
static long oom_seen, oom_at, oom_live;
static int oom_armed, oom_persist, oom_hits;

static int oom_fails(void) {
  if (!oom_armed) return 0;
  oom_seen++;
  if (oom_at <= 0) return 0;
  if (oom_persist ? oom_seen < oom_at : oom_seen != oom_at) return 0;
  oom_hits++;
  return 1;
}

static void *oom_malloc(int n) {
  void *p = oom_fails() ? NULL : oom_real.xMalloc(n);
  if (p) oom_live++;
  return p;
}

static void oom_free(void *p) {
  if (p) oom_live--;
  oom_real.xFree(p);
}

static void *oom_realloc(void *p, int n) {
  return oom_fails() ? NULL : oom_real.xRealloc(p, n);
}

/* What a scenario starts from. */
enum { EMPTY, HISTORY };

typedef struct scenario {
  const char *name;  /* of the function under test */
  const char *label; /* of this scenario, unique */
  int start;         /* EMPTY or HISTORY */
  int fresh;         /* 1: it writes, all or nothing: a new connection for each
                        run; 2: the registration itself; 3: it writes in steps
                        and another run finishes the work */
  const char *sql;
  const char *state; /* one value that shows what was written, or NULL: after
                        a failure it must be as before or as after success */
} scenario;

static const scenario all[] = {
    {"hf_version", "load", EMPTY, 2, "SELECT hf_version()", NULL},
    {"hf_init", "init", EMPTY, 1, "SELECT hf_init()",
     "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'hf_*'"},
    {"hf_init", "init-again", HISTORY, 1, "SELECT hf_init()",
     "SELECT count(*) FROM sqlite_schema WHERE name GLOB 'hf_*'"},
    {"hf_source", "source", EMPTY, 0,
     "SELECT hf_source('plain', 'ts', 'v', 'who', 3600, 'gauge', 'main')",
     NULL},
    {"hf_series", "series", HISTORY, 0,
     "SELECT who, length(hf_series(ts, v)) FROM plain GROUP BY who", NULL},
    {"hf_series", "series-grown", EMPTY, 0,
     "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM t"
     " WHERE i < 3000) SELECT length(hf_series(i, i % 7)) FROM t",
     NULL},
    {"hf_forecast", "forecast", HISTORY, 0, "SELECT * FROM hf_forecast(180)",
     NULL},
    {"hf_forecast", "forecast-json", HISTORY, 0, "SELECT hf_forecast(180)",
     NULL},
    {"hf_forecast", "forecast-source", HISTORY, 0,
     "SELECT * FROM hf_forecast(120, hf_source('plain', 'ts', 'v', 'who'))"
     " WHERE component = 'w1'",
     NULL},
    {"hf_forecast", "forecast-series", HISTORY, 0,
     "SELECT yhat FROM hf_forecast(120, (SELECT hf_series(ts, v) FROM plain))",
     NULL},
    {"hf_forecast", "forecast-join", HISTORY, 0,
     "SELECT p.ts, f.yhat FROM plain AS p LEFT JOIN hf_forecast(180) AS f"
     " ON f.ts = p.ts + 86400 WHERE p.ts > 1765140000",
     NULL},
    {"hf_forecast", "forecast-bad", HISTORY, 0, "SELECT * FROM hf_forecast(-3)",
     NULL},
    {"hf_forecast", "forecast-unknown", HISTORY, 0,
     "SELECT * FROM hf_forecast(60, 'nowhere')", NULL},
    {"hf_forecast", "forecast-no-tables", EMPTY, 0,
     "SELECT * FROM hf_forecast(60)", NULL},
    {"hf_pattern", "pattern", HISTORY, 0, "SELECT * FROM hf_pattern()", NULL},
    {"hf_pattern", "pattern-word", HISTORY, 0, "SELECT hf_pattern('requests')",
     NULL},
    {"hf_decompose", "decompose", HISTORY, 0,
     "SELECT sum(trend), sum(seasonal), count(*)"
     " FROM hf_decompose('hf_resource_metrics.cpu_percent')",
     NULL},
    {"hf_time_to", "time-to", HISTORY, 0,
     "SELECT * FROM hf_time_to(95, 'hf_health_metrics.disk_percent')", NULL},
    {"hf_time_to", "time-to-one", HISTORY, 0,
     "SELECT * FROM hf_time_to(95, 'hf_health_metrics.disk_percent', 'a')",
     NULL},
    {"hf_time_to", "time-to-json", HISTORY, 0,
     "SELECT hf_time_to(95, 'hf_health_metrics.disk_percent')", NULL},
    {"hf_decompose", "decompose-json", HISTORY, 0,
     "SELECT hf_decompose('hf_health_metrics.disk_percent')", NULL},
    {"hf_backtest", "backtest", HISTORY, 0,
     "SELECT count(*), sum(yhat) FROM hf_backtest(120, 'requests')", NULL},
    {"hf_backtest", "backtest-json", HISTORY, 0,
     "SELECT hf_backtest(120, 'requests')", NULL},
    {"hf_anomalies", "anomalies", HISTORY, 0,
     "SELECT count(*), sum(is_anomaly), sum(score) FROM hf_anomalies()", NULL},
    {"hf_anomalies", "anomalies-one", HISTORY, 0,
     "SELECT count(*), sum(is_anomaly) FROM hf_anomalies('requests')", NULL},
    {"hf_anomalies", "anomalies-json", HISTORY, 0,
     "SELECT hf_anomalies('requests')", NULL},
    {"hf_predict_failures", "failures", HISTORY, 0,
     "SELECT * FROM hf_predict_failures()", NULL},
    {"hf_predict_failures", "failures-json", HISTORY, 0,
     "SELECT hf_predict_failures()", NULL},
    {"hf_predict_failures", "failures-anew", HISTORY, 0,
     "SELECT * FROM hf_predict_failures() WHERE as_of = 1765231200", NULL},
    {"hf_learn", "learn", HISTORY, 1,
     "INSERT INTO hf_failures(component, ts) VALUES('a', 1765000000);"
     "SELECT hf_learn() IS NOT NULL",
     LEARNED_WRITTEN},
    {"hf_learn", "learn-no-tables", EMPTY, 1, "SELECT hf_learn()", NULL},
    {"hf_health", "health", HISTORY, 0, "SELECT * FROM hf_health()", NULL},
    {"hf_health", "health-json", HISTORY, 0, "SELECT hf_health('a')", NULL},
    {"hf_maintenance", "maintenance", HISTORY, 0,
     "SELECT * FROM hf_maintenance()", NULL},
    {"hf_maintenance", "maintenance-json", HISTORY, 0,
     "SELECT hf_maintenance()", NULL},
    {"hf_tune", "tune", HISTORY, 0, "SELECT * FROM hf_tune()", NULL},
    {"hf_tune", "tune-json", HISTORY, 0, "SELECT hf_tune()", NULL},
    {"hf_optimize_memory", "memory", HISTORY, 0,
     "SELECT * FROM hf_optimize_memory()", NULL},
    {"hf_optimize_memory", "memory-json", HISTORY, 0,
     "SELECT hf_optimize_memory()", NULL},
    {"hf_allocate_workers", "workers", HISTORY, 0,
     "SELECT * FROM hf_allocate_workers()", NULL},
    {"hf_allocate_workers", "workers-number", HISTORY, 0,
     "SELECT hf_allocate_workers()", NULL},
    {"hf_allocate_workers", "workers-season", HISTORY, 1,
     "INSERT INTO hf_resource_metrics(ts, cpu_percent, active_workers) "
     "WITH RECURSIVE t(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM t "
     "WHERE k < 1000) SELECT 1700000000 - 900 * k, 30 + 20 * (k % 96 / 48), 9 "
     "FROM t; SELECT season_share > 0 FROM hf_allocate_workers(1700000000)",
     "SELECT count(*) FROM hf_resource_metrics"},
    {"hf_query_recommendation", "query", HISTORY, 0,
     "SELECT * FROM hf_query_recommendation('q', 150, 500000)", NULL},
    {"hf_query_recommendation", "query-quiet", HISTORY, 0,
     "SELECT * FROM hf_query_recommendation('felt', 10, 1e5)", NULL},
    {"hf_query_recommendation", "query-json", HISTORY, 0,
     "SELECT hf_query_recommendation('q', 150, 500000)", NULL},
    {"hf_optimize_cost", "cost", HISTORY, 0,
     "SELECT * FROM hf_optimize_cost(1000, 250)", NULL},
    {"hf_optimize_cost", "cost-json", HISTORY, 0,
     "SELECT hf_optimize_cost(1000, 250)", NULL},
    {"hf_cost_backtest", "cost-backtest", HISTORY, 0,
     "SELECT * FROM hf_cost_backtest(1000, 250, 1765152000, 1)", NULL},
    {"hf_from_prometheus", "from-prometheus", EMPTY, 0,
     "SELECT * FROM hf_from_prometheus('# TYPE a counter' || char(10) ||"
     " 'a{x=\"y\",instance=\"z\"} 1 5' || char(10) || 'b 2' || char(10))",
     NULL},
    /* two with so many rows that their memory grows while they are filled in */
    {"hf_from_prometheus", "from-prometheus-long", EMPTY, 0,
     "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t"
     " WHERE i < 40) SELECT count(component), count(metric), count(labels),"
     " count(name), count(text), sum(value) FROM hf_from_prometheus("
     "(SELECT group_concat('m_' || i || printf('{instance=\"%0300d\"} 1', i),"
     " char(10)) || char(10) FROM t))",
     NULL},
    {"hf_decompose", "decompose-long", EMPTY, 0,
     "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t"
     " WHERE i < 400) SELECT count(*), sum(trend), sum(seasonal) FROM"
     " hf_decompose((SELECT hf_series(i * 3600, i % 24) FROM t))",
     NULL},
    {"hf_from_prometheus", "from-prometheus-bad", EMPTY, 0,
     "SELECT * FROM hf_from_prometheus('a one' || char(10))", NULL},
    {"hf_to_prometheus", "to-prometheus", HISTORY, 0,
     "SELECT hf_to_prometheus()", NULL},
    {"hf_to_prometheus", "to-prometheus-no-tables", EMPTY, 0,
     "SELECT hf_to_prometheus()", NULL},
    {"hf_alerts", "alerts", HISTORY, 0, "SELECT * FROM hf_alerts()", NULL},
    {"hf_alerts", "alerts-json", HISTORY, 0, "SELECT hf_alerts('a')", NULL},
    {"hf_quality", "quality", HISTORY, 0, "SELECT * FROM hf_quality()", NULL},
    {"hf_quality", "quality-json", HISTORY, 0, "SELECT hf_quality(3, 'a')",
     NULL},
    {"hf_plot", "plot", HISTORY, 0, "SELECT hf_plot('requests', 180)", NULL},
    {"hf_plot", "plot-unknown", HISTORY, 0, "SELECT hf_plot('nowhere')", NULL},
    {"hf_report", "report", HISTORY, 0, "SELECT hf_report(3)", NULL},
    {"hf_report", "report-bad", HISTORY, 0, "SELECT hf_report(0)", NULL},
    {"hf_collect", "collect", HISTORY, 1, "SELECT hf_collect() IS NOT NULL",
     ROWS_WRITTEN},
    {"hf_prune", "prune", HISTORY, 3, "SELECT hf_prune(2) IS NOT NULL",
     ROWS_WRITTEN},
    /* nothing lost and nothing twice, whatever an earlier run has finished */
    {"hf_prune", "prune-sum", HISTORY, 1,
     "SELECT CASE WHEN hf_prune(3) IS NOT NULL THEN"
     " (SELECT count(disk_percent) FROM hf_health_metrics) +"
     " (SELECT total(n) FROM hf_rollup_daily"
     "  WHERE series = 'hf_health_metrics.disk_percent') END",
     NULL},
    {"hf_forecast", "forecast-pruned", HISTORY, 1,
     "SELECT hf_prune(2) IS NULL; SELECT ts, yhat, hi95 FROM hf_forecast(720)",
     NULL},
    {"hf_prune", "prune-steps", HISTORY, 3,
     "SELECT max(status) IS NULL FROM hf_prune(2)", ROWS_WRITTEN},
    {"hf_capture", "capture-steps", HISTORY, 1,
     "SELECT hf_capture('on') IS NOT NULL; SELECT count(*) FROM plain;"
     "SELECT count(*) >= 0 FROM hf_capture('flush');"
     "SELECT hf_capture('off') IS NOT NULL",
     NULL},
    {"hf_report", "report-steps", HISTORY, 0,
     "SELECT length(html) FROM hf_report(2)", NULL},
    {"hf_prune", "prune-bad", HISTORY, 1, "SELECT hf_prune(0)", NULL},
    /* a second load is refused: an earlier run may have finished */
    {"hf_load_costs", "load-costs", HISTORY, 1,
     "DELETE FROM hf_costs WHERE BillingCurrency = 'USD' AND"
     " ChargePeriodStart = 1798761600; SELECT hf_load_costs('bill') IS NOT "
     "NULL",
     "SELECT count(*) || ' ' || total(BilledCost) FROM hf_costs"},
    {"hf_load_costs", "load-costs-bad", HISTORY, 1,
     "SELECT hf_load_costs('plain') IS NOT NULL",
     "SELECT count(*) FROM hf_costs"},
    {"hf_apply", "apply", HISTORY, 1,
     "UPDATE hf_config SET value = 1765234800 WHERE key = 'now';"
     "SELECT hf_apply() IS NOT NULL",
     "SELECT count(*) || ' ' || coalesce(max(state), '') FROM hf_applied"},
    {"hf_apply", "apply-undo", HISTORY, 1,
     "UPDATE hf_config SET value = 1765234800 WHERE key = 'now';"
     "SELECT hf_apply() IS NOT NULL; SELECT hf_apply('status') IS NOT NULL;"
     "SELECT hf_apply('undo') IS NOT NULL",
     NULL},
    {"hf_apply", "apply-dry", HISTORY, 1,
     "UPDATE hf_config SET value = 1765234800 WHERE key = 'now';"
     "SELECT hf_apply('dry-run')",
     NULL},
    {"hf_capture", "capture", HISTORY, 1,
     "SELECT hf_capture('on') IS NOT NULL; SELECT count(*) FROM plain;"
     "SELECT max(v) FROM plain WHERE who = 'w1';"
     "SELECT hf_capture('status') IS NOT NULL;"
     "SELECT hf_capture('flush') IS NOT NULL;"
     "SELECT hf_capture('off') IS NOT NULL",
     ROWS_WRITTEN},
};
enum { SCENARIOS = sizeof(all) / sizeof(all[0]) };

static void *image[2]; /* serialized databases, EMPTY and HISTORY */
static sqlite3_int64 image_size[2];

static int registered(sqlite3 *db) {
  return sqlite3_hiveframeautonomous_init(db, NULL, NULL);
}

/* A connection as a scenario starts: schema read, nothing armed. fresh 2:
** without the extension, its registration is under test. */
static sqlite3 *opened(const scenario *s) {
  sqlite3 *db = NULL;
  unsigned char *copy;
  tap_need(db, sqlite3_open(":memory:", &db), "open");
  if (s->start == HISTORY) {
    copy = sqlite3_malloc64((sqlite3_uint64)image_size[HISTORY]);
    memcpy(copy, image[HISTORY], (size_t)image_size[HISTORY]);
    tap_need(db,
             sqlite3_deserialize(db, "main", copy, image_size[HISTORY],
                                 image_size[HISTORY],
                                 SQLITE_DESERIALIZE_FREEONCLOSE |
                                     SQLITE_DESERIALIZE_RESIZEABLE),
             "deserialize");
  }
  if (s->fresh != 2) tap_need(db, registered(db), "register");
  tap_need(db, sqlite3_exec(db, "SELECT 1 FROM sqlite_schema", 0, 0, 0),
           "schema");
  return db;
}

/* Steps a statement to its end and finalises it: SQLITE_OK or an error. */
static int answer_rows(sqlite3_stmt *st, FILE *f) {
  int rc, rc2, i;
  while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
    for (i = 0; i < sqlite3_column_count(st); i++) {
      const char *z = (const char *)sqlite3_column_text(st, i);
      if (z == NULL && sqlite3_column_type(st, i) != SQLITE_NULL) {
        sqlite3_finalize(st);
        return SQLITE_NOMEM;
      }
      fprintf(f, "%s|", z ? z : "NULL");
    }
    fprintf(f, "\n");
  }
  rc2 = sqlite3_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc2;
}

/* Runs the scenario's SQL, armed; the values as text, and the code. *lost: 1
** when it is an error without a message. */
static char *answer(sqlite3 *db, const scenario *s, long at, int *rc_out,
                    int *lost) {
  char *text = NULL;
  size_t size = 0;
  FILE *f = open_memstream(&text, &size);
  sqlite3_stmt *st = NULL;
  const char *sql = s->sql;
  int rc = SQLITE_OK;
  *lost = 0;
  oom_at = at;
  oom_seen = 0;
  oom_hits = 0;
  oom_armed = 1;
  if (s->fresh == 2) rc = registered(db);
  while (rc == SQLITE_OK && *sql != 0) {
    rc = sqlite3_prepare_v2(db, sql, -1, &st, &sql);
    if (rc == SQLITE_OK) rc = answer_rows(st, f);
  }
  oom_armed = 0;
  if (rc == SQLITE_IOERR_NOMEM) rc = SQLITE_NOMEM;
  if (rc != SQLITE_OK && rc != SQLITE_NOMEM) {
    const char *message = sqlite3_errmsg(db);
    *lost = strcmp(message, sqlite3_errstr(rc)) == 0;
    fprintf(f, "error %d %s", rc, message);
  }
  fclose(f);
  *rc_out = rc;
  return text;
}

typedef struct tally {
  long points, nomem, same, bad;
  char why[400]; /* the first thing that went wrong */
} tally;

static void complain(tally *t, const char *format, ...) {
  va_list list;
  if (t->bad++ > 0) return;
  va_start(list, format);
  vsnprintf(t->why, sizeof t->why, format, list);
  va_end(list);
}

static int integrity(sqlite3 *db) {
  sqlite3_stmt *st = NULL;
  int good = 0;
  if (sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, 0) ==
          SQLITE_OK &&
      sqlite3_step(st) == SQLITE_ROW) {
    good = strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;
  }
  sqlite3_finalize(st);
  return good;
}

/* The scenario's state as text, for free(). */
static char *state(sqlite3 *db, const scenario *s) {
  sqlite3_stmt *st = NULL;
  char *copy = NULL;
  if (sqlite3_prepare_v2(db, s->state, -1, &st, 0) == SQLITE_OK &&
      sqlite3_step(st) == SQLITE_ROW) {
    copy = strdup((const char *)sqlite3_column_text(st, 0));
  }
  sqlite3_finalize(st);
  return copy ? copy : strdup("unreadable");
}

static char *state_before, *state_after; /* of the scenario at work */

/* One failing run on a connection. 0 when the failure was not reached. */
static int one(sqlite3 *db, const scenario *s, long at, const char *want,
               int want_rc, tally *t) {
  int rc = SQLITE_OK, hits, lost;
  const char *how = oom_persist ? "from" : "at";
  char *got = answer(db, s, at, &rc, &lost);
  hits = oom_hits;
  if (hits == 0) {
    if (rc != want_rc || strcmp(got, want) != 0) {
      complain(t, "undisturbed, but: %.200s", got);
    }
  } else {
    t->points++;
    if (rc == SQLITE_NOMEM) {
      t->nomem++;
    } else if (rc == want_rc && (lost || strcmp(got, want) == 0)) {
      t->same++;
    } else {
      complain(t, "failing %s %ld: code %d, answer %.150s", how, at, rc, got);
    }
  }
  free(got);
  if (s->state && s->fresh == 1 && hits) {
    got = state(db, s);
    if (strcmp(got, rc == SQLITE_OK ? state_after : state_before) != 0 &&
        strcmp(got, state_after) != 0) {
      complain(t, "failing %s %ld: half written: %s; before %s, after %s", how,
               at, got, state_before, state_after);
    }
    free(got);
  }
  if (hits && (s->fresh || t->points % 8 == 0)) { /* does it work again? */
    got = answer(db, s, 0, &rc, &lost);
    if (rc != want_rc || strcmp(got, want) != 0) {
      complain(t, "after failing %s %ld: %.200s", how, at, got);
    }
    free(got);
    if (s->fresh == 3) {
      got = state(db, s);
      if (strcmp(got, state_after) != 0) {
        complain(t, "failing %s %ld, then another run: %s, not %s", how, at,
                 got, state_after);
      }
      free(got);
    }
  }
  return hits > 0;
}

static void closed(sqlite3 *db, long live, const char *what, tally *t) {
  if (!integrity(db)) complain(t, "%s: database damaged", what);
  if (sqlite3_close(db) != SQLITE_OK) {
    complain(t, "%s: a statement was left open", what);
    sqlite3_close_v2(db);
  }
  if (oom_live != live) {
    complain(t, "%s: %ld allocations leaked", what, oom_live - live);
  }
}

/* Points first, first + step, ... of at most `count`; 0 when one was not
** reached. */
static int batch(const scenario *s, long first, long step, long count,
                 const char *want, int want_rc, tally *t) {
  long live = oom_live, i, bad = t->bad;
  int reached = 1;
  char what[60];
  sqlite3 *db = opened(s);
  for (i = 0; i < count && reached; i++) {
    reached = one(db, s, first + i * step, want, want_rc, t);
  }
  snprintf(what, sizeof what, "points %ld to %ld", first,
           first + (count - 1) * step);
  if (count > 1 && bad == t->bad) { /* look closer only when it leaks */
    tally quiet = *t;
    closed(db, live, what, &quiet);
    if (quiet.bad > t->bad) {
      live = oom_live;
      for (i = 0; i < count; i++) {
        db = opened(s);
        one(db, s, first + i * step, want, want_rc, &quiet);
        snprintf(what, sizeof what, "failing %s %ld",
                 oom_persist ? "from" : "at", first + i * step);
        closed(db, live, what, t);
        live = oom_live;
      }
      if (t->bad == bad) *t = quiet;
    }
  } else {
    closed(db, live, what, t);
  }
  return reached;
}

static void scenario_run(const scenario *s, long limit) {
  int rc, rc2, lost;
  char *want, *again, name[100], note[140] = "";
  long total, half, step, tail, live;
  sqlite3 *db;
  tally t = {0, 0, 0, 0, ""};
  snprintf(name, sizeof name, "oom-%s", s->label);
  db = opened(s);
  free(answer(db, s, 0, &rc, &lost)); /* what SQLite allocates once */
  sqlite3_close(db);
  live = oom_live;
  db = opened(s);
  if (s->state) state_before = state(db, s);
  want = answer(db, s, 0, &rc, &lost);
  total = oom_seen;
  if (s->state) state_after = state(db, s);
  if (s->fresh == 0) {
    again = answer(db, s, 0, &rc2, &lost);
    if (rc2 != rc || strcmp(again, want) != 0) {
      complain(&t, "the second answer differs: %.200s", again);
    }
    if (oom_seen > total) total = oom_seen;
    free(again);
  }
  closed(db, live, "undisturbed", &t);
  if (strncmp(want, "error", 5) == 0 && strstr(s->label, "-bad") == NULL &&
      strstr(s->label, "-unknown") == NULL &&
      strstr(s->label, "-no-tables") == NULL) {
    complain(&t, "undisturbed: %.300s", want);
  }
  half = limit > 0 && total > limit ? limit / 2 : total + 1;
  tail = half > total ? 0 : (limit - half) / 2;
  step = half > total ? 1 : (total - half - tail) / (limit - half - tail) + 1;
  if (step > 1) {
    snprintf(note, sizeof note,
             " (every one to %ld, then each %ldth, and the last %ld)", half,
             step, tail);
  }
  for (oom_persist = 0; oom_persist < 2; oom_persist++) {
    long at = 1, size = s->fresh ? 1 : 64;
    int reached = 1;
    while (reached && at <= half) {
      long n = half - at + 1 < size ? half - at + 1 : size;
      reached = batch(s, at, 1, n, want, rc, &t);
      at += n;
    }
    while (reached && step > 1) {
      reached = batch(s, at, step, size, want, rc, &t);
      at += size * step;
    }
    for (at = total - tail + 1; tail > 0 && at <= total; at += size) {
      long n = total - at + 1 < size ? total - at + 1 : size;
      batch(s, at, 1, n, want, rc, &t);
    }
  }
  printf("# %s: %ld allocations%s, %ld runs, %ld out of memory, %ld right\n",
         s->label, total, note, t.points, t.nomem, t.same);
  tap_ok(t.bad == 0 && t.nomem > 0, name, "%ld bad; first: %s", t.bad,
         t.bad ? t.why : "no run ended in SQLITE_NOMEM");
  free(want);
  if (s->state) {
    free(state_before);
    free(state_after);
  }
}

static int has_scenario(const char *name) {
  int i;
  for (i = 0; i < SCENARIOS; i++) {
    if (strcmp(all[i].name, name) == 0) return 1;
  }
  return 0;
}

static int is_registered(sqlite3 *db, const char *name) {
  sqlite3_stmt *st = NULL;
  int found = 0;
  if (sqlite3_prepare_v2(db,
                         "SELECT 1 FROM pragma_function_list WHERE name = ?1"
                         " UNION SELECT 1 FROM pragma_module_list"
                         " WHERE name = ?1",
                         -1, &st, 0) == SQLITE_OK) {
    sqlite3_bind_text(st, 1, name, -1, SQLITE_STATIC);
    found = sqlite3_step(st) == SQLITE_ROW;
  }
  sqlite3_finalize(st);
  return found;
}

/* Names that the extension registers and that no scenario covers. */
static void complete(void) {
  sqlite3 *db = NULL;
  sqlite3_stmt *st = NULL;
  char missing[500] = "";
  tap_need(db, sqlite3_open(":memory:", &db), "open");
  tap_need(db, registered(db), "register");
  tap_need(db,
           sqlite3_prepare_v2(db,
                              "SELECT DISTINCT name FROM pragma_function_list"
                              " WHERE name GLOB 'hf_*' UNION SELECT name FROM"
                              " pragma_module_list WHERE name GLOB 'hf_*'",
                              -1, &st, 0),
           "list");
  while (sqlite3_step(st) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(st, 0);
    if (!has_scenario(name) && strlen(missing) + strlen(name) + 2 < 500) {
      strcat(strcat(missing, name), " ");
    }
  }
  sqlite3_finalize(st);
  sqlite3_close(db);
  tap_ok(missing[0] == 0, "oom-complete", "without a scenario: %s", missing);
}

int main(int argc, char **argv) {
  sqlite3_mem_methods wrapped;
  const char *set = getenv("HF_OOM_POINTS");
  long limit = set ? atol(set) : TAP_SLOW ? 120 : 400;
  sqlite3 *db = NULL;
  int i;
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &oom_real);
  wrapped = oom_real;
  wrapped.xMalloc = oom_malloc;
  wrapped.xFree = oom_free;
  wrapped.xRealloc = oom_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &wrapped);
  sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
  sqlite3_initialize();
  for (i = EMPTY; i <= HISTORY; i++) {
    tap_need(db, sqlite3_open(":memory:", &db), "open");
    tap_need(db, registered(db), "register");
    if (i == HISTORY) {
      tap_need(db, sqlite3_exec(db, tap_history, 0, 0, 0), "history");
    }
    image[i] = sqlite3_serialize(db, "main", &image_size[i], 0);
    sqlite3_close(db);
  }
  tap_need(NULL, sqlite3_open(":memory:", &db), "open");
  tap_need(db, registered(db), "register");
  for (i = 0; i < SCENARIOS; i++) {
    if (argc > 1 && strcmp(argv[1], all[i].label) != 0) continue;
    if (!is_registered(db, all[i].name)) {
      printf("# %s: no %s in this build\n", all[i].label, all[i].name);
      continue;
    }
    scenario_run(&all[i], limit);
  }
  sqlite3_close(db);
  if (argc == 1) complete();
  sqlite3_free(image[EMPTY]);
  sqlite3_free(image[HISTORY]);
  return tap_done();
}
