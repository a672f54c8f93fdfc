/*
** tune_index.c: rows of hf_tune() about indexes.
**
**   SELECT setting, expected_gain, detail, reason FROM hf_tune()
**   WHERE setting LIKE '%index%';
**
** From the statements that hf_capture() saw stepping through whole tables, or
** building an index of their own each time. Which columns would help is asked
** of the planner itself, on a copy of the schema without rows
** (store/sqlite_shadow.c): each column that the statement reads is tried, then
** a second and a third behind the best. What it would save is foretold by
** ops/sqlite_index.c from the statement's own time and counters and a sample of
** the table; the planner has the last word in both. An index that spares a sort
** instead is looked for where a statement sorts all of a table and returns some
** of it, and, behind the columns of its conditions, where it sorts what they
** leave and has a LIMIT.
**
** Indexes that no captured plan names are listed when a day and a thousand
** executions have been seen. Others may use them: it is for a person to decide.
*/
#include "tune.h"

#include <math.h>
#include <string.h>
#include "../ops/sqlite_index.h"
#include "../store/sqlite_shadow.h"

enum {
  TUNE_INDEX_TRIED = 16,  /* statements looked at, the most time first */
  TUNE_INDEX_FOUND = 8,   /* indexes recommended */
  TUNE_INDEX_SAMPLE = 300 /* rows of a table looked at */
};

/* Statements below are not looked at: share of the captured time, rows. */
static const double tune_index_share = 0.01;
static const double tune_index_rows = 50;

/* What is known roughly is told from here on: the truth, at most all of the
** time, is then within a factor of two. */
static const double tune_index_bound = 0.5;

/* What is known to save less of its statement's time is not recommended. */
static const double tune_index_worth = 0.02;

/* A further column must save so much of what is left. */
static const double tune_index_further = 0.2;

/* An index that would help. */
typedef struct tune_index {
  const char *table;
  const char *column[HF_SHADOW_KEY];
  size_t columns;
  size_t equal; /* of these, asked for equality */
  int range;    /* 1: one more is asked for a range */
  int covering; /* 1: the table itself is not read any more */
  int order;    /* 1: it is for the order alone */
  int end;      /* 1: for the first row of it alone, of a min() or max() */
  int tail;     /* 1: its last column is for the order behind the equal ones */
  int known;    /* 1: f and the shares are known */
  hf_index_forecast f;
  double lo, hi; /* 90% interval of f.share */
  /* summed over statements */
  double gain, gain_lo, gain_hi; /* shares of the captured time */
  double runs;
  const hf_statement *first; /* the one with the most time */
} tune_index;

/* One call. */
typedef struct tune_index_run {
  hf_session *s;
  const hf_statements *st;
  double least;    /* ms that the shortest statements take; 0: not known */
  double resident; /* share of the database that the cache holds; NaN */
  hf_shadow *shadow;
  tune_index found[TUNE_INDEX_FOUND];
  size_t n;
} tune_index_run;

/* 1: the line up to `end` looks at a whole table: SCAN, or SEARCH by nothing,
 * as SQLite calls a scan for a max() alone. */
static int tune_index_whole(const char *line, const char *end) {
  const char *by = strstr(line, " USING ");
  if (strncmp(line, "SCAN ", 5) == 0) return strncmp(line + 5, "CONST", 5) != 0;
  return strncmp(line, "SEARCH ", 7) == 0 && (by == NULL || by >= end);
}

/* Lines of a plan that look at whole tables, or build an index; *automatics: of
** these, the latter. */
static int tune_index_scans(const char *plan, int *automatics) {
  const char *line = plan, *end;
  int scans = 0;
  *automatics = 0;
  for (; *line != 0; line = *end != 0 ? end + 1 : end) {
    const char *automatic = strstr(line, "AUTOMATIC ");
    end = strchr(line, '\n');
    if (end == NULL) end = line + strlen(line);
    if (automatic != NULL && automatic < end) ++*automatics;
    scans += tune_index_whole(line, end);
  }
  return scans + *automatics;
}

/* How a plan uses hf_try. */
static void tune_index_used(const char *plan, tune_index *x) {
  const char *at = strstr(plan, "INDEX hf_try (");
  x->equal = 0;
  x->range = 0;
  x->order = strstr(plan, "INDEX hf_try") != NULL && at == NULL;
  x->end = x->order && strncmp(plan, "SEARCH ", 7) == 0;
  x->covering = strstr(plan, "COVERING INDEX hf_try") != NULL;
  for (; at != NULL && *at != 0 && *at != ')' && *at != '\n'; at++) {
    if (at[0] == '=' && at[1] == '?') x->equal++;
    if ((at[0] == '<' || at[0] == '>') && at[1] == '?') x->range = 1;
  }
}

/* 1: the plan sorts rows to bring them into the order asked for. */
static int tune_index_sorts(const char *plan) {
  return strstr(plan, "TEMP B-TREE FOR ORDER BY") != NULL;
}

/* Bytes of the columns of a table that a statement reads; NaN. */
static int tune_index_entry(tune_index_run *r, const hf_shadow_reads *reads,
                            const char *table, hf_index_case *c) {
  uint64_t hash[TUNE_INDEX_SAMPLE];
  const char *column[HF_SHADOW_COLUMNS];
  double rows;
  size_t i, n = 0, seen;
  for (i = 0; i < reads->n; i++) {
    if (strcmp(reads->table[i], table) == 0) column[n++] = reads->column[i];
  }
  c->columns = (double)n;
  c->entry = NAN;
  if (!(c->automatic > 0)) return SQLITE_OK;
  return hf_sample_rows(r->s, table, column, n, TUNE_INDEX_SAMPLE, &rows,
                        &c->entry, hash, &seen);
}

/* Forecasts for a statement whose plan has but one scan, or whose one automatic
** index is replaced (`alone`). */
static int tune_index_foretell(tune_index_run *r, const hf_statement *q,
                               const hf_shadow_reads *reads, int alone,
                               tune_index *x) {
  uint64_t hash[TUNE_INDEX_SAMPLE];
  hf_index_case c;
  hf_index_forecast f;
  double pairs, error, alike, bytes;
  size_t n;
  int rc;
  x->known = 0;
  if (!alone) return SQLITE_OK;
  rc = hf_sample_rows(r->s, x->table, x->column,
                      x->equal > 0 ? x->equal : x->columns, TUNE_INDEX_SAMPLE,
                      &c.table_rows, &bytes, hash, &n);
  if (rc != SQLITE_OK || n < 2) return rc;
  c.automatic = q->automatic;
  rc = tune_index_entry(r, reads, x->table, &c);
  if (rc != SQLITE_OK) return rc;
  c.ms = q->ms / q->n;
  c.steps = q->steps;
  c.pages = q->pages;
  c.misses = q->misses;
  c.scanned = q->scanned;
  c.rows = q->rows;
  c.resident = r->resident;
  c.least = r->least;
  c.covering = x->covering;
  c.way = x->order       ? HF_INDEX_ORDER
          : x->tail      ? HF_INDEX_FIRST
          : x->equal > 0 ? HF_INDEX_EQUAL
                         : HF_INDEX_RANGE;
  /* what a scan went through tells the rows where rowids have gaps */
  if (!(c.automatic > 0)) c.table_rows = fmin(c.table_rows, q->scanned + 1);
  c.alike = alike = hf_index_alike(hash, n);
  if (hf_index_foretell(&c, &x->f) != HF_OK) return SQLITE_OK;
  /* how wide a range is, of which nothing is returned, is known roughly */
  if (c.way == HF_INDEX_RANGE && !(q->rows > 1) &&
      x->f.share < tune_index_bound) {
    return SQLITE_OK;
  }
  x->known = 1;
  x->lo = x->f.lo;
  x->hi = x->f.hi;
  if (c.way != HF_INDEX_EQUAL) return SQLITE_OK;
  /* the count of pairs is about Poisson */
  pairs = alike * 0.5 * (double)n * ((double)n - 1);
  error = 1.645 / sqrt(fmax(pairs, 1));
  c.alike = fmin(1, alike * (1 + error));
  if (hf_index_foretell(&c, &f) == HF_OK) x->lo = f.lo;
  c.alike = alike * fmax(0, 1 - error);
  if (hf_index_foretell(&c, &f) == HF_OK) x->hi = f.hi;
  return SQLITE_OK;
}

/* 1: `a` is the better one. */
static int tune_index_better(const tune_index *a, const tune_index *b) {
  if (b->columns == 0) return 1;
  if (a->known != b->known) return a->known > b->known;
  if (!a->known) return a->equal > b->equal;
  return a->f.share > b->f.share;
}

/* What the plan without an index of ours does. */
typedef struct tune_index_plan {
  int scans;      /* see tune_index_scans() */
  int automatics; /* of these */
  int plain;      /* 1: one scan of a whole table, without a condition */
  int orders;     /* 1: such a scan, sorted to return some of it */
  size_t equals;  /* conditions of a scan that is sorted to return some of it,
                     all of them joined by AND; 0: none, or not plain */
} tune_index_plan;

/* Conditions of a statement of the form SELECT .. WHERE .. AND .. ORDER BY ..
** LIMIT ..; 0 for any other. */
static size_t tune_index_conditions(const char *sql) {
  const char *where = strstr(sql, " where "), *end, *at;
  size_t n = 1;
  if (where == NULL || strstr(sql, " limit ") == NULL) return 0;
  end = strstr(where, " order by ");
  if (end == NULL || strstr(where + 1, " where ") != NULL) return 0;
  for (at = where; at < end; at++) {
    if (strncmp(at, " and ", 5) == 0) n++;
    if (strncmp(at, " or ", 4) == 0 || strncmp(at, " group by ", 10) == 0) {
      return 0;
    }
  }
  return n;
}

/* Tries each column behind those of `base`, which has none at the first time;
** *best: the best of them, unchanged when none is used. */
static int tune_index_extend(tune_index_run *r, const hf_statement *q,
                             const hf_shadow_reads *reads,
                             const tune_index_plan *now, const tune_index *base,
                             tune_index *best) {
  size_t i, k;
  for (i = 0; i < reads->n; i++) {
    tune_index x = *base;
    const char *plan;
    int rc, scans, automatics, alone;
    if (base->columns > 0 && strcmp(reads->table[i], base->table) != 0)
      continue;
    for (k = 0; k < base->columns; k++) {
      if (strcmp(base->column[k], reads->column[i]) == 0) break;
    }
    if (k < base->columns) continue;
    x.table = reads->table[i];
    x.column[x.columns++] = reads->column[i];
    rc = hf_shadow_try(r->s, r->shadow, q->sql, x.table, x.column, x.columns,
                       &plan);
    if (rc != SQLITE_OK) return rc;
    if (plan == NULL) continue;
    scans = tune_index_scans(plan, &automatics);
    tune_index_used(plan, &x);
    x.order = x.order &&
              (x.end ? now->plain : now->orders && !tune_index_sorts(plan));
    if (scans >= now->scans && !x.order) continue;
    x.tail = !x.order && x.columns > 1 && now->equals == x.equal &&
             x.columns == x.equal + 1 && !x.range && !tune_index_sorts(plan);
    alone = now->automatics > 0 ? now->automatics == 1 && automatics == 0
                                : now->scans == 1;
    if (x.equal + (x.range ? 1 : 0) + (x.tail ? 1 : 0) < x.columns &&
        !x.order) {
      continue;
    }
    rc = tune_index_foretell(r, q, reads, alone, &x);
    if (rc != SQLITE_OK) return rc;
    /* to read all of a table in an order is dearer than to sort it */
    if (x.order && !(x.known && x.f.share > 0)) continue;
    if (tune_index_better(&x, best)) *best = x;
  }
  return SQLITE_OK;
}

/* Adds what an index does for a statement to what is known of it. */
static void tune_index_add(tune_index_run *r, const hf_statement *q,
                           const tune_index *x) {
  double share = q->ms / r->st->ms;
  tune_index *f;
  size_t i, k;
  for (i = 0; i < r->n; i++) {
    f = &r->found[i];
    if (strcmp(f->table, x->table) != 0 || f->columns != x->columns) continue;
    for (k = 0; k < x->columns; k++) {
      if (strcmp(f->column[k], x->column[k]) != 0) break;
    }
    if (k == x->columns) break;
  }
  if (i == TUNE_INDEX_FOUND) return;
  f = &r->found[i];
  if (i == r->n) {
    *f = *x;
    f->gain = f->gain_lo = f->gain_hi = f->runs = 0;
    f->first = q;
    r->n++;
  }
  f->runs += q->n;
  if (!x->known) return;
  f->known = 1;
  f->gain += share * x->f.share;
  f->gain_lo += share * x->lo;
  f->gain_hi += share * x->hi;
}

static int tune_index_statement(tune_index_run *r, const hf_statement *q) {
  hf_shadow_reads reads;
  tune_index none, best;
  tune_index_plan now;
  const char *plan;
  int rc = hf_shadow_plan(r->s, r->shadow, q->sql, &plan, &reads);
  memset(&none, 0, sizeof(none));
  best = none;
  if (rc != SQLITE_OK || plan == NULL) return rc;
  now.scans = tune_index_scans(plan, &now.automatics);
  if (now.scans == 0) return SQLITE_OK; /* it has its index by now */
  /* with a condition, more rows are passed than are returned */
  now.plain = now.scans == 1 && now.automatics == 0 && q->rows >= 1 &&
              strstr(q->sql, " where ") == NULL;
  now.orders = now.plain && tune_index_sorts(plan);
  now.equals = 0;
  if (now.scans == 1 && now.automatics == 0 && q->rows >= 1 &&
      tune_index_sorts(plan)) {
    now.equals = tune_index_conditions(q->sql);
  }
  rc = tune_index_extend(r, q, &reads, &now, &none, &best);
  while (rc == SQLITE_OK && best.columns > 0 && best.columns < HF_SHADOW_KEY &&
         best.equal == best.columns && best.known) {
    tune_index more = best;
    rc = tune_index_extend(r, q, &reads, &now, &best, &more);
    if (rc != SQLITE_OK || more.columns == best.columns ||
        1 - more.f.share > (1 - tune_index_further) * (1 - best.f.share)) {
      break;
    }
    best = more;
  }
  /* one that saves nothing is none */
  if (best.known && !(best.f.share >= tune_index_worth)) best.columns = 0;
  if (rc == SQLITE_OK && best.columns > 0) tune_index_add(r, q, &best);
  return rc;
}

/* ---- words */

/* "a, b" or, quoted, "a", "b". */
static char *tune_index_list(hf_session *s, const tune_index *x, int quoted) {
  char *list = hf_strdup(&s->work, "");
  size_t k;
  for (k = 0; list != NULL && k < x->columns; k++) {
    list = hf_format(&s->work, quoted ? "%s%s\"%w\"" : "%s%s%s", list,
                     k > 0 ? ", " : "", x->column[k]);
  }
  return list;
}

static int tune_index_words(tune_index_run *r, const tune_index *x,
                            hf_tune_row *row) {
  const hf_statement *q = x->first;
  hf_session *s = r->s;
  char *plain = tune_index_list(s, x, 0), *quoted = tune_index_list(s, x, 1);
  char *what = NULL, *seen;
  if (plain == NULL || quoted == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  if (q->automatic > 0) {
    what = hf_format(&s->work, "put %.4g rows into an index of their own",
                     q->automatic);
  } else {
    what = hf_format(&s->work, "stepped over %.4g rows", q->scanned);
  }
  seen = hf_format(&s->work,
                   "%.0f executions of \"%!.100s\" each %s and took %.3g ms, "
                   "%.3g%% of the captured time",
                   q->n, q->sql, what != NULL ? what : "", q->ms / q->n,
                   100 * q->ms / r->st->ms);
  row->setting = hf_format(&s->work, "index on %s(%s)", x->table, plain);
  row->detail =
      hf_format(&s->work, "CREATE INDEX \"%w\".\"%w_%w\" ON \"%w\"(%s)",
                s->schema, x->table, x->column[0], x->table, quoted);
  if (seen != NULL && x->known) {
    row->reason = hf_format(
        &s->work,
        "%s; about %.3g rows match: %.3g steps instead of %.3g, %.3g pages "
        "instead of %.3g, about %.3g ms",
        seen, x->f.matched, x->f.steps, q->steps, x->f.pages, q->pages,
        (1 - x->f.share) * q->ms / q->n);
  } else if (seen != NULL) {
    row->reason = hf_format(&s->work,
                            "%s; the planner would use the index, what that "
                            "saves is not known: where many rows match, "
                            "nothing",
                            seen);
  }
  if (what == NULL || row->setting == NULL || row->detail == NULL ||
      row->reason == NULL) {
    return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  return SQLITE_OK;
}

static void tune_index_row(hf_tune_row *row, const char *status) {
  memset(row, 0, sizeof(*row));
  row->area = "sqlite";
  row->unit = "indexes";
  row->status = status;
  row->gain = row->lo = row->hi = row->confidence = NAN;
}

static int tune_index_unused(hf_session *s, const hf_statements *st,
                             hf_tune_row *row, size_t most, size_t *n) {
  hf_index_use use[TUNE_INDEX_FOUND];
  double days = (st->newest - st->first_ts) / 86400;
  size_t i, found = 0;
  int rc;
  *n = 0;
  if (!(days >= 1) || !(st->runs >= 1000)) return SQLITE_OK;
  rc = hf_read_unused(s, TUNE_INDEX_FOUND, use, &found);
  for (i = 0; rc == SQLITE_OK && i < found && *n < most; i++) {
    hf_tune_row *r = &row[(*n)++];
    tune_index_row(r, "ok");
    r->current = 1;
    r->recommended = 0;
    r->confidence = (days + 1) / (days + 2);
    r->setting = hf_format(&s->work, "index %s", use[i].name);
    r->detail =
        hf_format(&s->work, "DROP INDEX \"%w\".\"%w\"", s->schema, use[i].name);
    r->reason = hf_format(&s->work,
                          "no plan of %.0f executions captured in %.3g days "
                          "uses it, each change of %s keeps it up; statements "
                          "of other connections may",
                          st->runs, days, use[i].table);
    if (r->setting == NULL || r->detail == NULL || r->reason == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
    }
  }
  return rc;
}

int hf_tune_indexes(hf_session *s, const hf_statements *st, double least,
                    double resident, hf_tune_row *row, size_t most, size_t *n) {
  tune_index_run r;
  size_t i, tried = 0, more = 0;
  int rc = SQLITE_OK;
  memset(&r, 0, sizeof(r));
  r.s = s;
  r.st = st;
  r.least = least;
  r.resident = resident;
  *n = 0;
  for (i = 0; rc == SQLITE_OK && i < st->n && tried < TUNE_INDEX_TRIED; i++) {
    const hf_statement *q = &st->one[i];
    if (!(q->ms >= tune_index_share * st->ms) || !(q->ms > 0)) break;
    if (!(q->scanned >= tune_index_rows) &&
        !(q->automatic >= tune_index_rows)) {
      continue;
    }
    tried++;
    if (r.shadow == NULL) rc = hf_shadow_open(s, &r.shadow);
    if (rc == SQLITE_OK) rc = tune_index_statement(&r, q);
  }
  for (i = 0; rc == SQLITE_OK && i < r.n && *n < most; i++) {
    const tune_index *x = &r.found[i];
    hf_tune_row *to = &row[(*n)++];
    tune_index_row(to, "ok");
    to->current = 0;
    to->recommended = 1;
    to->confidence = (x->runs + 1) / (x->runs + 2);
    if (x->known) {
      to->gain = x->gain;
      to->lo = x->gain_lo;
      to->hi = x->gain_hi;
    }
    rc = tune_index_words(&r, x, to);
  }
  hf_shadow_close(r.shadow);
  if (rc == SQLITE_OK) {
    rc = tune_index_unused(s, st, row + *n, most - *n, &more);
  }
  *n += more;
  return rc;
}
