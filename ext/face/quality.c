/*
** quality.c: hf_quality, how good are the data?
**
**   SELECT series, component, coverage, longest_gap_seconds, age_seconds
**     FROM hf_quality(7) ORDER BY coverage;
**   SELECT hf_quality() ->> 'coverage';   -- JSON: the whole and the worst
**
** One row a series of the history and component that has samples by as_of,
** about the last `days` before it; as_of is, when nobody says, the newest stamp
** of all, so that a series that stopped shows by its age.
**
** The spacing of the samples gives a step (ops/grid.h). coverage is the share
** of steps from the first sample within the days to the last that hold one: of
** a level, a counter or a percentile, where a gap means that something is
** missing; NULL for amounts and states, which are recorded when there is
** something to say. silent: nothing came for more than ten steps, and for
** longer than the longest gap that the series came back from; retired: its
** component is (hf_components). An old history is
** read as far back as QUALITY_NEWEST samples a series.
*/
#include "answers.h"
#include "span.h"
#include "sql.h"
#include "../ops/grid.h"
#include "../store/series.h"

#include <math.h>
#include <string.h>

enum { QUALITY_NEWEST = 50000, QUALITY_CELLS = 2000000, QUALITY_DAYS = 3660 };

static const hf_coldef quality_cols[] = {{"component", HF_KEY},
                                         {"series", HF_TEXT},
                                         {"samples", HF_INT},
                                         {"nulls", HF_INT},
                                         {"oldest_ts", HF_TIME},
                                         {"newest_ts", HF_TIME},
                                         {"step_seconds", HF_REAL},
                                         {"coverage", HF_REAL},
                                         {"longest_gap_seconds", HF_REAL},
                                         {"age_seconds", HF_REAL},
                                         {"status", HF_TEXT},
                                         {"reason", HF_TEXT},
                                         {NULL, HF_REAL}};

static const hf_param quality_params[] = {
    {"days", HF_P_REAL, 0, 0.001, QUALITY_DAYS, "7"},
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_REAL, 0, 0, 0, NULL}};

typedef struct quality_state {
  const char **series; /* [n] of the history; texts in s.hold */
  size_t n, room;
  size_t at;             /* the one under way */
  hf_reader *reader;     /* of it; NULL: not open */
  double as_of;          /* unix seconds; NaN: there is no sample at all */
  sqlite3_stmt *retired; /* 1 when component ?1 is retired by ?2 */
} quality_state;

/* What is said of one component's samples. */
typedef struct quality {
  size_t samples, nulls;
  double oldest, newest; /* stamps within the days; NaN: none */
  double step;           /* seconds; NaN: fewer than two stamps */
  double coverage;       /* 0..1; NaN: says nothing for this kind */
  double gap;            /* seconds, the longest; NaN: fewer than two */
  double age;            /* seconds from the newest of all times to as_of */
} quality;

static int quality_add(hf_call *c, quality_state *st, const char *name) {
  if (name == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  if (st->n == st->room) {
    size_t room = st->room == 0 ? 64 : st->room * 2;
    const char **more = hf_work_alloc(&c->s.hold, room, sizeof(*more));
    if (more == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
    if (st->n > 0) memcpy(more, st->series, st->n * sizeof(*more));
    st->series = more;
    st->room = room;
  }
  st->series[st->n++] = name;
  return SQLITE_OK;
}

/* The columns of the tables that hf_collect() and the health of components
** fill, and every metric. */
static int quality_list(hf_call *c, quality_state *st) {
  hf_session *s = &c->s;
  sqlite3_stmt *names = NULL;
  const char *table, *key, *column;
  hf_kind kind;
  int i;
  int rc = SQLITE_OK;
  for (i = 0; rc == SQLITE_OK &&
              (column = hf_source_column(i, &table, &key, &kind)) != NULL;
       i++) {
    if (strcmp(table, "hf_memory_stats") != 0 &&
        strcmp(table, "hf_resource_metrics") != 0 &&
        strcmp(table, "hf_health_metrics") != 0)
      continue;
    rc = quality_add(c, st, hf_format(&s->hold, "%s.%s", table, column));
  }
  if (rc == SQLITE_OK) {
    rc = hf_prepare(s, &names,
                    "SELECT DISTINCT metric FROM \"%w\".hf_metric_names "
                    "ORDER BY metric COLLATE BINARY",
                    s->schema);
  }
  while (rc == SQLITE_OK && (rc = hf_step(s, names)) == SQLITE_ROW) {
    const char *metric = (const char *)sqlite3_column_text(names, 0);
    if (metric == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
    } else {
      rc = quality_add(c, st, hf_format(&s->hold, "hf_metrics.%s", metric));
    }
  }
  hf_finalize(names);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Opens a series of the list by its name. */
static int quality_open(hf_call *c, quality_state *st, size_t i,
                        size_t newest) {
  return hf_reader_open(&c->s, NULL, st->series[i], c->component, newest,
                        &st->reader);
}

/* The newest stamp of all series and components. */
static int quality_newest(hf_call *c, quality_state *st) {
  hf_component from;
  size_t i;
  int rc = SQLITE_OK;
  for (i = 0; rc == SQLITE_OK && i < st->n; i++) {
    rc = quality_open(c, st, i, 1);
    while (rc == SQLITE_OK) {
      hf_mark mark = hf_work_mark(&c->s.work);
      rc = hf_reader_next(st->reader, &from);
      if (rc != SQLITE_ROW) break;
      rc = SQLITE_OK;
      if (from.samples.n > 0 &&
          !(from.samples.ts[from.samples.n - 1] <= st->as_of))
        st->as_of = from.samples.ts[from.samples.n - 1];
      hf_work_release(&c->s.work, mark);
    }
    hf_reader_close(st->reader);
    st->reader = NULL;
    if (rc == SQLITE_DONE) rc = SQLITE_OK;
  }
  return rc;
}

static int quality_begin(hf_call *c) {
  quality_state *st = hf_work_zeroed(&c->s.hold, 1, sizeof(*st));
  int rc;
  if (st == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  c->state = st;
  st->as_of = c->s.as_of;
  rc = quality_list(c, st);
  if (rc == SQLITE_OK) {
    rc = hf_prepare(&c->s, &st->retired,
                    "SELECT 1 FROM \"%w\".hf_components "
                    "WHERE component = ?1 AND retired_ts <= ?2",
                    c->s.schema);
  }
  if (rc != SQLITE_OK || !isnan(st->as_of)) return rc;
  return quality_newest(c, st);
}

/* Samples within the days before as_of: all of x but the older ones. */
static void quality_cut(hf_samples *x, double from) {
  size_t i = 0;
  while (i < x->n && !(x->ts[i] > from)) i++;
  x->ts += i;
  x->value += i;
  x->n -= i;
}

static void quality_gap(const hf_samples *x, quality *q) {
  double last = NAN;
  size_t i;
  for (i = 0; i < x->n; i++) {
    if (isnan(x->value[i])) {
      q->nulls++;
      continue;
    }
    q->samples++;
    if (q->samples == 1) q->oldest = x->ts[i];
    if (q->samples > 1 && !(x->ts[i] - last <= q->gap))
      q->gap = x->ts[i] - last;
    last = x->ts[i];
  }
  q->newest = last;
}

static int quality_measure(hf_call *c, const hf_samples *x, double as_of,
                           quality *q) {
  hf_samples in = *x;
  hf_grid g;
  size_t i = x->n;
  int code;
  memset(q, 0, sizeof(*q));
  q->oldest = q->newest = q->step = q->coverage = q->gap = q->age = NAN;
  while (i > 0 && isnan(x->value[i - 1])) i--;
  if (i > 0) q->age = fmax(as_of - x->ts[i - 1], 0);
  quality_cut(&in, as_of - 86400 * c->arg[0].real);
  quality_gap(&in, q);
  code = hf_grid_step(&c->s.work, x, &q->step);
  if (code == HF_EDATA) {
    q->step = NAN;
    return HF_OK;
  }
  if (code != HF_OK || in.kind == HF_DELTA || in.kind == HF_STATE) return code;
  /* where there is a sample, not what it says: a counter's first, too */
  in.kind = HF_QUANTILE;
  code = hf_grid_build(&c->s.work, &in, q->step, QUALITY_CELLS, &g);
  if (code == HF_EDATA || code == HF_ERANGE) return HF_OK;
  if (code == HF_OK) q->coverage = (double)(g.n - g.filled) / (double)g.n;
  return code;
}

/* Is the component retired? */
static int quality_retired(hf_call *c, quality_state *st, sqlite3_value *key,
                           int *retired) {
  int rc;
  *retired = 0;
  if (key == NULL) return SQLITE_OK;
  rc = sqlite3_bind_value(st->retired, 1, key);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st->retired, 2, st->as_of);
  if (rc != SQLITE_OK) return hf_fail_db(&c->s, rc);
  rc = hf_step(&c->s, st->retired);
  *retired = rc == SQLITE_ROW;
  sqlite3_reset(st->retired);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int quality_row(hf_call *c, hf_rows *r, const hf_component *from,
                       quality_state *st, const quality *q) {
  double patience = fmax(10 * q->step, isnan(q->gap) ? 0 : q->gap);
  const char *status = "ok";
  const char *reason = NULL;
  char age[HF_SPAN_ROOM], step[HF_SPAN_ROOM];
  int retired = 0;
  int rc = quality_retired(c, st, from->key, &retired);
  if (rc == SQLITE_OK) rc = hf_rows_start(c, r, 1);
  if (retired) {
    status = "retired";
  } else if (isnan(q->step)) {
    status = "insufficient_data";
    reason = "only one sample";
  } else if (q->age > patience) {
    status = "silent";
    reason = hf_format(&c->s.work, "nothing came for %s; every %s was usual",
                       hf_span(q->age, age), hf_span(q->step, step));
    if (reason == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  }
  if (rc == SQLITE_OK && from->key != NULL)
    rc = hf_rows_one_key(c, r, "component", from->key);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_text(c, r, "series", st->series[st->at]);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_int(c, r, "samples", (sqlite3_int64)q->samples);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_int(c, r, "nulls", (sqlite3_int64)q->nulls);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "oldest_ts", q->oldest);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "newest_ts", q->newest);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "step_seconds", q->step);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "coverage", q->coverage);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "longest_gap_seconds", q->gap);
  if (rc == SQLITE_OK) rc = hf_rows_one_real(c, r, "age_seconds", q->age);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", status);
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", reason);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static int quality_next(hf_call *c, hf_rows *r) {
  quality_state *st = c->state;
  hf_component from;
  quality q;
  int rc = SQLITE_OK;
  int code;
  memset(&from, 0, sizeof(from));
  c->as_of_used = st->as_of;
  while (st->at < st->n) {
    if (st->reader == NULL) rc = quality_open(c, st, st->at, QUALITY_NEWEST);
    if (rc == SQLITE_OK) rc = hf_reader_next(st->reader, &from);
    if (rc == SQLITE_DONE) {
      hf_reader_close(st->reader);
      st->reader = NULL;
      st->at++;
      rc = SQLITE_OK;
      continue;
    }
    if (rc != SQLITE_ROW) return rc;
    code = quality_measure(c, &from.samples, st->as_of, &q);
    if (code != HF_OK) return hf_fail_ops(&c->s, code);
    rc = SQLITE_OK;
    if (isnan(q.age)) continue; /* nobody records it */
    return quality_row(c, r, &from, st, &q);
  }
  return SQLITE_DONE;
}

static void quality_end(hf_call *c) {
  quality_state *st = c->state;
  if (st == NULL) return;
  hf_reader_close(st->reader);
  hf_finalize(st->retired);
}

const hf_answer hf_quality_answer = {
    "hf_quality",  quality_cols, quality_params, "component",   NULL, 1,
    quality_begin, quality_next, quality_end,    hf_sql_quality};
