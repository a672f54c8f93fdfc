/*
** apply.c: hf_apply([action [, schema]]) carries out what hf_tune() recommends
** for the SQLite that it runs in, where that is safe, and watches what comes of
** it.
**
**   SELECT hf_collect(); SELECT hf_apply();   -- together, from a timer
**   SELECT hf_apply('dry-run');   -- what it would do, no more
**   SELECT hf_apply('status');    -- what is in force, what it did
**   SELECT hf_apply('undo');      -- as it was before the first call
**
** What it sets: cache_size of the session's schema on this connection, because
** SQLite counts what that does, it can be set back at any time, and nothing of
** it is stored in the database. Never an index, a table or a setting that the
** file keeps; never mmap_size (an I/O error would end the process) nor
** temp_store (temporary tables would go). Those are in hf_tune() for a person.
**
** Each change is a row of hf_applied: from, to, what was measured before and
** what is foretold. Later calls compare what hf_collect() has measured since
** (ops/sqlite_verdict.c): at least half of what was foretold, and the change is
** `kept`; contradicted, and it is `taken back`, and not tried again until
** twenty collections have passed. When memory is short, by what is available or
** by how long tasks wait for it, some is given back at once, to the system, not
** only to the process. A setting that somebody else has changed meanwhile is
** left to them.
**
** It refuses to run within a transaction: a ROLLBACK would take the record of
** what was changed along, and the change would stay.
*/
#include "functions.h"

#include <math.h>
#include <string.h>
#include "../ops/sqlite_verdict.h"
#include "../store/applied.h"
#include "../store/clock.h"
#include "../store/savepoint.h"
#include "advise_sqlite.h"
#include "span.h"

enum { APPLY_HOLD = 20 };

/* A history whose newest collection is older says nothing of now, seconds. */
static const double apply_stale = 3600;

/* Sizes that differ by less are one size. */
static const double apply_same = 0.02;

/* One call. */
typedef struct apply_run {
  hf_session *s;
  int dry;               /* 1: nothing is written or set */
  double now;            /* unix seconds */
  double connection;     /* its number */
  sqlite3_int64 current; /* PRAGMA cache_size */
  hf_sqlite_advice a;
  hf_applied open; /* the change that is in force */
  int has_open;    /* 1: there is one */
  int decided;     /* 1: open has a new outcome to be written */
  hf_applied make; /* the change to be made */
  int has_make;    /* 1: there is one */
  int has_row;     /* 1: with a row of its own in hf_applied */
  const char *status;
  const char *reason;
} apply_run;

static double apply_mb(const apply_run *r, sqlite3_int64 value) {
  return hf_cache_size_mb(value, r->a.pages.page_mb);
}

static int apply_equal(double a, double b) {
  return fabs(a - b) <= apply_same * fmax(a, b);
}

static int apply_said(apply_run *r, const char *text) {
  r->reason = text;
  return text != NULL ? SQLITE_OK : hf_fail(r->s, SQLITE_NOMEM, NULL);
}

/* ---- the change in force */

static void apply_decide(apply_run *r, hf_applied_state state,
                         const char *reason) {
  r->open.state = state;
  r->open.decided_ts = r->now;
  r->open.reason = reason;
  r->decided = 1;
  r->has_open = 0;
}

/* Intervals before the change at its old size, and after it at its new one. */
typedef struct apply_seen {
  double cost[2][HF_VERDICT_MOST]; /* see hf_sqlite_costs; 1: after it */
  double pages[2][HF_VERDICT_MOST];
  size_t n[2];
} apply_seen;

static void apply_measured(const apply_run *r, apply_seen *seen) {
  const hf_sqlite_history *h = &r->a.h;
  size_t i;
  seen->n[0] = seen->n[1] = 0;
  for (i = h->n; i > 0; i--) {
    int since = h->ts[i - 1] > r->open.ts;
    double size = apply_mb(r, since ? r->open.after : r->open.before);
    double pages = h->hits[i - 1] + h->misses[i - 1];
    if (isnan(r->a.capacity[i - 1]) || seen->n[since] == HF_VERDICT_MOST ||
        !apply_equal(h->limit_mb[i - 1], size) ||
        (since && h->connection[i - 1] != r->connection)) {
      continue;
    }
    seen->cost[since][seen->n[since]] = r->a.capacity[i - 1] / pages;
    seen->pages[since][seen->n[since]++] = pages;
  }
}

/* What has come of the change in force, which open.cost_after receives: as the
** cost before, of loads like those before. *n: intervals since. */
static hf_verdict apply_outcome(apply_run *r, size_t *n) {
  apply_seen seen;
  hf_sqlite_costs costs[2];
  double foretold = NAN, left;
  hf_verdict verdict;
  int k;
  apply_measured(r, &seen);
  for (k = 0; k < 2; k++) {
    costs[k].cost = seen.cost[k];
    costs[k].pages = seen.pages[k];
    costs[k].n = seen.n[k];
  }
  if (r->open.cost_before > 0) {
    foretold = r->open.cost_forecast / r->open.cost_before;
  }
  verdict = hf_sqlite_judge(&costs[0], &costs[1], foretold, &left);
  r->open.cost_after = left * r->open.cost_before;
  *n = seen.n[1];
  return verdict;
}

/* Judges the change in force. */
static int apply_judge(apply_run *r) {
  size_t n;
  hf_verdict verdict = apply_outcome(r, &n);
  char *text;
  text = hf_strdup(&r->s->work, "nothing was foretold");
  if (!isnan(r->open.cost_forecast)) {
    text = hf_format(&r->s->work, "%.3g%% were foretold",
                     100 * r->open.cost_forecast);
  }
  if (text == NULL) return apply_said(r, NULL);
  text = hf_format(
      &r->s->work,
      "%.3g%% of pages fetched were read into a full cache before, "
      "%.3g%% under a like load in %d collections since; %s",
      100 * r->open.cost_before, 100 * r->open.cost_after, (int)n, text);
  if (text == NULL) return apply_said(r, NULL);
  if (verdict == HF_VERDICT_WAIT) {
    r->status = "watching";
    return apply_said(r, hf_format(&r->s->work,
                                   "%d of at least 5 collections since the "
                                   "change at %.0f have something to tell",
                                   (int)n, r->open.ts));
  }
  if (verdict == HF_VERDICT_KEEP) {
    apply_decide(r, HF_APPLIED_KEPT, text);
    return SQLITE_OK;
  }
  r->make = r->open;
  r->make.after = r->open.before;
  r->has_make = 1;
  apply_decide(r, HF_APPLIED_BACK, text);
  r->status = "taken back";
  return apply_said(r, text);
}

/* ---- the next change */

/* What keeps a size of `mb` from being set now, in words; NULL: nothing. */
static int apply_held(apply_run *r, double mb, const char **why) {
  hf_applied last;
  double interval;
  size_t i, seen = 0;
  int found = 0;
  int rc =
      hf_config_real(r->s, "tuning_interval_seconds", 30, 0, 1e7, &interval);
  *why = NULL;
  if (rc == SQLITE_OK) rc = hf_applied_newest(r->s, NAN, &last, &found);
  if (rc != SQLITE_OK || !found) return rc;
  if (last.connection == r->connection) {
    if (last.state == HF_APPLIED_UNDONE) {
      *why = "undone by hf_apply('undo'); a new connection begins anew";
      return SQLITE_OK;
    }
    if (fabs(r->now - last.ts) < interval) {
      *why = "the last change is younger than tuning_interval_seconds";
      return SQLITE_OK;
    }
  }
  if (last.state != HF_APPLIED_BACK || mb < 0.9 * apply_mb(r, last.after)) {
    return SQLITE_OK;
  }
  for (i = 0; i < r->a.h.n; i++) {
    if (r->a.h.ts[i] > last.decided_ts && !isnan(r->a.capacity[i])) seen++;
  }
  if (seen < APPLY_HOLD) {
    *why = "a size like this was taken back less than twenty collections ago";
  }
  return SQLITE_OK;
}

/* The change to a size of `mb`, for the reason at hand. */
static void apply_change(apply_run *r, double mb, hf_applied_state state,
                         const char *status) {
  const hf_sqlite_cache_plan *p = &r->a.plan;
  memset(&r->make, 0, sizeof(r->make));
  r->make.ts = r->now;
  r->make.connection = r->connection;
  r->make.before = r->current;
  r->make.after = hf_sqlite_cache_value(mb);
  r->make.gain = r->make.cost_before = r->make.cost_forecast =
      r->make.cost_after = NAN;
  r->make.decided_ts = state == HF_APPLIED_WATCHED ? NAN : r->now;
  r->make.state = state;
  if (state == HF_APPLIED_WATCHED) {
    r->make.gain = p->gain;
    r->make.cost_before = p->capacity;
    r->make.cost_forecast = p->forecast;
  }
  r->make.reason = r->reason;
  r->has_make = 1;
  r->has_row = 1;
  r->status = status;
}

/* 1: the newest change kept a size on another connection that this one, newly
** opened, does not have. */
static int apply_adopts(const apply_run *r, const hf_applied *last) {
  const hf_sqlite_history *h = &r->a.h;
  double mb = apply_mb(r, last->after);
  return last->connection != r->connection &&
         (last->state == HF_APPLIED_KEPT ||
          last->state == HF_APPLIED_ADOPTED) &&
         mb > apply_mb(r, r->current) &&
         !apply_equal(mb, apply_mb(r, r->current)) &&
         h->connection[h->n - 1] != r->connection && mb <= r->a.plan.cap;
}

static int apply_plan(apply_run *r) {
  const hf_sqlite_cache_plan *p = &r->a.plan;
  const char *why;
  hf_applied last;
  int found;
  int rc = hf_applied_newest(r->s, NAN, &last, &found);
  if (rc != SQLITE_OK) return rc;
  if (found && apply_adopts(r, &last)) {
    r->reason = "what was kept on another connection";
    apply_change(r, apply_mb(r, last.after), HF_APPLIED_ADOPTED, "applied");
    return SQLITE_OK;
  }
  r->status =
      r->decided && r->open.state == HF_APPLIED_KEPT ? "kept" : "nothing to do";
  if (p->state == HF_SQLITE_NONE || p->state == HF_SQLITE_FEW) {
    r->status = "insufficient_data";
    return SQLITE_OK;
  }
  if (p->state == HF_SQLITE_TIGHT) {
    if (p->recommended < 0.98 * apply_mb(r, r->current)) {
      apply_change(r, p->recommended, HF_APPLIED_GIVEN, "given back");
    }
    return SQLITE_OK;
  }
  if (p->recommended == p->current ||
      p->recommended < 1.02 * apply_mb(r, r->current)) {
    return SQLITE_OK;
  }
  rc = apply_held(r, p->recommended, &why);
  if (rc != SQLITE_OK) return rc;
  if (why != NULL) {
    r->status = "held";
    return apply_said(r, why);
  }
  apply_change(r, p->recommended, HF_APPLIED_WATCHED, "applied");
  return SQLITE_OK;
}

/* What there is: the history, the setting, the newest change of this
** connection. */
static int apply_look(apply_run *r) {
  int rc = hf_advise_sqlite(r->s, 0, &r->a);
  if (rc == SQLITE_OK) rc = hf_cache_size(r->s, &r->current);
  if (rc == SQLITE_OK) {
    rc = hf_applied_newest(r->s, r->connection, &r->open, &r->has_open);
  }
  return rc;
}

/* 'status': the newest change and what has been measured since. */
static int apply_status(apply_run *r) {
  size_t n;
  r->status = "unchanged";
  if (!r->has_open) {
    return apply_said(r, "hf_apply() has changed nothing on this connection");
  }
  r->status = hf_applied_word[r->open.state];
  if (r->open.state == HF_APPLIED_WATCHED) {
    (void)apply_outcome(r, &n);
  }
  return apply_said(r, r->open.reason);
}

/* Decides what to do; writes nothing. */
static int apply_think(apply_run *r) {
  char old[HF_SPAN_ROOM];
  int rc;
  r->has_open = r->has_open && r->open.state == HF_APPLIED_WATCHED;
  rc = apply_said(r, hf_sqlite_cache_reason(r->s, &r->a));
  if (rc != SQLITE_OK) return rc;
  if (r->a.h.n == 0) {
    r->status = "insufficient_data";
    return SQLITE_OK;
  }
  if (r->now - r->a.h.ts[r->a.h.n - 1] > apply_stale) {
    r->status = "stale";
    return apply_said(
        r, hf_format(&r->s->work,
                     "the newest collection is %s old; run "
                     "hf_collect()",
                     hf_span(r->now - r->a.h.ts[r->a.h.n - 1], old)));
  }
  if (r->has_open && r->open.after != r->current) {
    apply_decide(r, HF_APPLIED_OVERRIDDEN,
                 "cache_size was set to something else since");
  }
  if (r->has_open && r->a.plan.state == HF_SQLITE_TIGHT) {
    apply_decide(r, HF_APPLIED_REPLACED, "memory became short");
  }
  if (r->has_open) rc = apply_judge(r);
  if (rc != SQLITE_OK || r->has_open || r->has_make) return rc;
  return apply_plan(r);
}

/* 'undo': what was in force before the first change on this connection. */
static int apply_undo(apply_run *r) {
  hf_applied first;
  int found;
  int rc = hf_applied_oldest(r->s, r->connection, &first, &found);
  if (rc != SQLITE_OK) return rc;
  r->status = "nothing to do";
  if (!r->has_open || r->open.state == HF_APPLIED_UNDONE) {
    return apply_said(r, "hf_apply() has changed nothing on this connection");
  }
  if (r->open.after != r->current && r->open.state != HF_APPLIED_BACK) {
    return apply_said(r, "cache_size was set to something else since; it is "
                         "left alone");
  }
  r->make = first;
  r->make.after = first.before;
  r->has_make = 1;
  apply_decide(r, HF_APPLIED_UNDONE, "by hf_apply('undo')");
  r->status = "undone";
  return apply_said(r, r->open.reason);
}

/* Writes and sets what was decided, all or nothing. */
static int apply_do(apply_run *r) {
  hf_savepoint point;
  int rc, set = 0;
  if (!r->decided && !r->has_make) return SQLITE_OK;
  rc = hf_savepoint_begin(r->s, &point, NULL);
  if (rc == SQLITE_OK && r->decided) rc = hf_applied_decide(r->s, &r->open);
  if (rc == SQLITE_OK && r->has_row) rc = hf_applied_insert(r->s, &r->make);
  if (rc == SQLITE_OK && r->has_make) {
    rc = hf_cache_size_set(r->s, r->make.after);
    set = rc == SQLITE_OK;
  }
  rc = hf_savepoint_end(r->s, &point, rc);
  if (rc == SQLITE_OK) {
    if (set && apply_mb(r, r->make.after) < apply_mb(r, r->current)) {
      hf_memory_give_back();
    }
    return rc;
  }
  /* what could not be recorded is not left in force */
  if (set) (void)hf_cache_size_set(r->s, r->current);
  return r->s->rc;
}

/* ---- the answer */

static void apply_say_number(sqlite3_str *out, const char *name, double x) {
  if (isnan(x)) {
    sqlite3_str_appendf(out, ",\"%s\":null", name);
  } else {
    sqlite3_str_appendf(out, ",\"%s\":%!.15g", name, x);
  }
}

/* A text as JSON: ours are plain, but a reason may name a table. */
static int apply_say_text(apply_run *r, sqlite3_str *out, const char *name,
                          const char *text) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(r->s, &st, "SELECT json_quote(%Q)", text);
  if (rc == SQLITE_OK) rc = hf_step(r->s, st);
  if (rc == SQLITE_ROW) {
    sqlite3_str_appendf(out, ",\"%s\":%s", name, sqlite3_column_text(st, 0));
    rc = SQLITE_OK;
  }
  hf_finalize(st);
  return rc;
}

static int apply_json(apply_run *r, char **json) {
  const hf_applied *shown = r->has_open || r->decided ? &r->open : NULL;
  sqlite3_int64 after = r->has_make ? r->make.after : r->current;
  sqlite3_str *out = sqlite3_str_new(r->s->db);
  int rc;
  sqlite3_str_appendf(out,
                      "{\"status\":\"%s\",\"setting\":\"cache_size\","
                      "\"before\":%lld,\"after\":%lld",
                      r->status, r->current, after);
  apply_say_number(out, "mb", apply_mb(r, after));
  apply_say_number(out, "expected_gain", r->has_row ? r->make.gain : NAN);
  apply_say_number(out, "misses_per_page", r->a.plan.ratio);
  apply_say_number(out, "cost_before", shown ? shown->cost_before : NAN);
  apply_say_number(out, "cost_forecast", shown ? shown->cost_forecast : NAN);
  apply_say_number(out, "cost_after", shown ? shown->cost_after : NAN);
  rc = apply_say_text(r, out, "reason", r->reason);
  sqlite3_str_appendall(out, "}");
  return hf_function_text(r->s, rc, out, json);
}

static int apply_tables(hf_session *s) {
  int rc = hf_need_tables(s);
  if (rc == SQLITE_OK && !hf_has_table(s, s->schema, "hf_applied")) {
    rc = hf_fail(s, SQLITE_ERROR,
                 "no hf_applied here; run SELECT hf_init() first");
  }
  return rc;
}

/* What the actions are called. */
typedef enum apply_action {
  APPLY_DO = 0,
  APPLY_DRY,
  APPLY_STATUS,
  APPLY_UNDO
} apply_action;

static int apply_named(hf_session *s, sqlite3_value *v, apply_action *out) {
  static const char *const words[] = {"", "dry-run", "status", "undo"};
  const char *word;
  int k;
  int rc = hf_verb_text(v, "", &word);
  if (rc != SQLITE_OK) return hf_fail(s, rc, NULL);
  for (k = APPLY_DO; k <= APPLY_UNDO; k++) {
    if (strcmp(word, words[k]) == 0) {
      *out = (apply_action)k;
      return SQLITE_OK;
    }
  }
  return hf_fail(s, SQLITE_ERROR,
                 "action must be dry-run, status or undo, or left out, got "
                 "'%.60s'",
                 word);
}

static int apply_act(hf_conn *conn, hf_session *s, int argc,
                     sqlite3_value **argv, char **json) {
  apply_action action = APPLY_DO;
  apply_run r;
  int rc = apply_named(s, argc > 0 ? argv[0] : NULL, &action);
  if (rc == SQLITE_OK) rc = apply_tables(s);
  if (rc != SQLITE_OK) return rc;
  if ((action == APPLY_DO || action == APPLY_UNDO) &&
      !sqlite3_get_autocommit(s->db)) {
    return hf_fail(s, SQLITE_ERROR,
                   "a transaction is open, its ROLLBACK would take the record "
                   "of the change along; COMMIT first");
  }
  memset(&r, 0, sizeof(r));
  r.s = s;
  r.now = isnan(s->as_of) ? hf_clock_unix() : s->as_of;
  r.connection = hf_conn_number(conn);
  rc = apply_look(&r);
  if (rc == SQLITE_OK && action == APPLY_UNDO) {
    rc = apply_undo(&r);
  } else if (rc == SQLITE_OK && action == APPLY_STATUS) {
    rc = apply_status(&r);
  } else if (rc == SQLITE_OK) {
    rc = apply_think(&r);
  }
  if (rc == SQLITE_OK && (action == APPLY_DO || action == APPLY_UNDO)) {
    rc = apply_do(&r);
  }
  return rc == SQLITE_OK ? apply_json(&r, json) : rc;
}

void hf_apply_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  hf_verb_run(ctx, "hf_apply", 1, apply_act, argc, argv);
}
