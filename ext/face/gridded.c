/*
** gridded.c: from a series argument to the grid of each component; see
** gridded.h.
*/
#include "gridded.h"

#include <math.h>
#include <string.h>
#include "span.h"

enum { GRIDDED_AHEAD = 6 }; /* buckets ahead that can do without finer cells */

/* The newest value above 0 of a column beside the series, NaN where there is
** none or the series is not of `table` in the history. */
static int gridded_beside(hf_call *c, const hf_source *src, const char *table,
                          const char *column, double *value) {
  hf_session *s = &c->s;
  sqlite3_stmt *st = NULL;
  int rc;
  *value = NAN;
  if (src->table == NULL || sqlite3_stricmp(src->table, table) != 0)
    return SQLITE_OK;
  /* the table of the history, not one of somebody's that is called so */
  if (!s->has_tables || strcmp(src->schema, s->schema) != 0) return SQLITE_OK;
  rc = hf_prepare(s, &st,
                  "SELECT \"%w\" FROM \"%w\".\"%w\" "
                  "WHERE ts <= ?1 AND \"%w\" > 0 ORDER BY ts DESC LIMIT 1",
                  column, src->schema, table, column);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 1, isnan(s->as_of) ? HF_TS_MAX : s->as_of);
  if (rc != SQLITE_OK) {
    rc = hf_fail_db(s, rc);
  } else {
    rc = hf_step(s, st);
  }
  if (rc == SQLITE_ROW) *value = sqlite3_column_double(st, 0);
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The newest total_mb, where the series is a part of it, and active_workers,
** where they carry the load that the series is. */
static int gridded_whole(hf_call *c, hf_gridded *g) {
  const hf_source *src = hf_reader_source(g->reader);
  int rc = SQLITE_OK;
  g->total = g->workers = NAN;
  if (src->value == NULL) return SQLITE_OK;
  if (sqlite3_stricmp(src->value, "total_mb") != 0)
    rc = gridded_beside(c, src, "hf_memory_stats", "total_mb", &g->total);
  if (rc == SQLITE_OK && (sqlite3_stricmp(src->value, "cpu_percent") == 0 ||
                          sqlite3_stricmp(src->value, "active_workers") == 0))
    rc = gridded_beside(c, src, "hf_resource_metrics", "active_workers",
                        &g->workers);
  return rc;
}

int hf_gridded_begin(hf_call *c, hf_gridded *g, int arg, const char *fallback,
                     size_t newest) {
  int rc;
  memset(g, 0, sizeof(*g));
  g->newest = newest;
  rc = hf_reader_open(&c->s, c->arg[arg].value, fallback, c->component, newest,
                      &g->reader);
  if (rc == SQLITE_OK) rc = gridded_whole(c, g);
  if (rc != SQLITE_OK) return rc;
  return hf_older_open(&c->s, hf_reader_source(g->reader), &g->source);
}

/* The buckets before what was read of the component, as many as it has samples
** less than may be read. */
static int gridded_older(hf_call *c, hf_gridded *g) {
  const hf_samples *x = &g->from.samples;
  size_t most = 0;
  memset(&g->older, 0, sizeof(g->older));
  if (g->source == NULL) return SQLITE_OK;
  if (g->newest > 0) {
    if (x->n >= g->newest) return SQLITE_OK;
    most = g->newest - x->n;
  }
  return hf_older_read(g->source, g->from.key, x->kind,
                       isnan(c->s.as_of) ? (double)INFINITY : c->s.as_of, most,
                       &g->older);
}

/* Leaves out samples so old that the grid would have too many cells. */
static void gridded_trim(hf_samples *s, double step) {
  double least;
  size_t i = 0;
  if (s->n == 0 || !(step > 0)) return;
  least = s->ts[s->n - 1] - step * (HF_GRIDDED_CELLS - 2);
  while (i < s->n && s->ts[i] < least) i++;
  s->ts += i;
  s->value += i;
  s->n -= i;
}

/* Newest sample that carries data, and how many there are. */
static size_t gridded_count(const hf_samples *s, double *last) {
  size_t i, n = 0;
  *last = NAN;
  for (i = 0; i < s->n; i++) {
    if (isnan(s->value[i])) continue;
    *last = s->ts[i];
    n++;
  }
  return n;
}

/* The step of a component: as given, or as its samples say; hours when those
** went. */
static int gridded_step(hf_call *c, const hf_samples *s,
                        const hf_buckets *older, double *step) {
  int rc;
  *step = s->step;
  if (*step > 0) return HF_OK;
  rc = hf_grid_step(&c->s.work, s, step);
  if (rc == HF_EDATA && older->n > 0) {
    *step = older->step;
    rc = HF_OK;
  }
  return rc;
}

int hf_gridded_build(hf_call *c, const hf_samples *s, const hf_buckets *older,
                     hf_grid *grid, const char **reason) {
  hf_samples used = *s;
  double step, last;
  size_t n = gridded_count(&used, &last);
  int rc;
  *reason = NULL;
  if (n == 0 && older->n == 0) {
    *reason = s->n == 0 ? "no samples" : "every sample is NULL";
    return HF_EDATA;
  }
  if (n + older->n < 2) {
    *reason = "only one sample";
    return HF_EDATA;
  }
  rc = gridded_step(c, &used, older, &step);
  if (rc == HF_OK) {
    /* rows after the newest value hold NULL: no part of the grid */
    while (used.n > 0 && isnan(used.value[used.n - 1])) used.n--;
    gridded_trim(&used, step);
    rc = hf_grid_merge(&c->s.work, &used, older, step, HF_GRIDDED_CELLS, grid);
  }
  if (rc == HF_EDATA)
    *reason = used.n < 2 ? "only one sample near the newest"
                         : "all samples have the same time";
  if (rc == HF_ERANGE) {
    *reason = "the step is too fine for the time that the samples span";
    rc = HF_EDATA;
  }
  return rc;
}

int hf_gridded_next(hf_call *c, hf_gridded *g) {
  size_t i;
  int rc = hf_reader_next(g->reader, &g->from);
  if (rc != SQLITE_ROW) return rc;
  memset(&g->grid, 0, sizeof(g->grid));
  g->samples = gridded_count(&g->from.samples, &g->last_ts);
  rc = gridded_older(c, g);
  if (rc != SQLITE_OK) return rc;
  rc = hf_gridded_build(c, &g->from.samples, &g->older, &g->grid, &g->reason);
  if (rc != HF_OK && rc != HF_EDATA) return hf_fail_ops(&c->s, rc);
  if (rc == HF_OK && hf_grid_takes(&g->older, g->grid.step)) {
    for (i = 0; i < g->older.n; i++) g->samples += (size_t)g->older.b[i].n;
    if (isnan(g->last_ts)) g->last_ts = g->older.b[g->older.n - 1].ts;
  }
  c->as_of_used = isnan(c->s.as_of) ? g->last_ts : c->s.as_of;
  return SQLITE_ROW;
}

int hf_gridded_extend(hf_call *c, const hf_gridded *g, const hf_buckets *older,
                      double horizon, hf_grid *grid) {
  if (older->n == 0 || horizon < GRIDDED_AHEAD * older->step) return HF_OK;
  return hf_grid_extend(&c->s.work, g->from.samples.kind, older,
                        HF_GRIDDED_CELLS, grid);
}

int hf_gridded_pattern(hf_call *c, const hf_gridded *g, const hf_rhythm *known,
                       hf_pattern *out, double *step) {
  const hf_grid *grid = &g->grid;
  hf_mark mark = hf_work_mark(&c->s.work);
  hf_grid hours;
  hf_pattern found;
  int rc;
  memset(&found, 0, sizeof(found));
  *step = grid->step;
  if (g->older.n == 0 || grid->step >= g->older.step ||
      !(grid->start - g->older.b[0].ts >= (double)grid->n * grid->step)) {
    return hf_pattern_find(&c->s.work, grid, known, out);
  }
  rc = hf_grid_merge(&c->s.work, &g->from.samples, &g->older, g->older.step,
                     HF_GRIDDED_CELLS, &hours);
  if (rc == HF_OK) rc = hf_pattern_find(&c->s.work, &hours, NULL, &found);
  if (rc == HF_OK && found.word == HF_PATTERN_PERIODIC) {
    *step = hours.step;
    *out = found;
  } else if (rc == HF_OK || rc == HF_EDATA) {
    int some = rc == HF_OK;
    rc = hf_pattern_find(&c->s.work, grid, known, out);
    if (some &&
        (rc == HF_EDATA || (rc == HF_OK && out->word != HF_PATTERN_PERIODIC))) {
      *step = hours.step;
      *out = found;
      rc = HF_OK;
    }
  }
  hf_work_release(&c->s.work, mark);
  return rc;
}

double hf_gridded_age(const hf_call *c, const hf_gridded *g) {
  double age = c->s.as_of - g->last_ts;
  return age > 0 ? age : 0;
}

void hf_gridded_bounds(const hf_gridded *g, double *lo, double *hi) {
  static const char tail[] = "percent";
  const char *name = hf_reader_name(g->reader);
  size_t n = name != NULL ? strlen(name) : 0, k = sizeof(tail) - 1;
  *lo = NAN;
  *hi = g->total;
  if (n < k || sqlite3_stricmp(name + n - k, tail) != 0) return;
  *lo = 0;
  *hi = 100;
}

double hf_gridded_patience(const hf_gridded *g, double least) {
  size_t i, run = 0, longest = 0;
  for (i = 0; i < g->grid.n; i++) {
    run = isnan(g->grid.y[i]) ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return fmax(g->grid.step * fmax(10, (double)longest + 1), least);
}

const char *hf_gridded_stale(hf_call *c, const hf_gridded *g, double least,
                             int *rc) {
  double age = hf_gridded_age(c, g), patience;
  char old[HF_SPAN_ROOM], most[HF_SPAN_ROOM];
  const char *reason;
  *rc = SQLITE_OK;
  if (!(age > 0)) return NULL;
  patience = hf_gridded_patience(g, least);
  if (age <= patience) return NULL;
  reason = hf_format(&c->s.work,
                     "stale: the newest sample is %s old, and this series is "
                     "given up after %s",
                     hf_span(age, old), hf_span(patience, most));
  if (reason == NULL) *rc = hf_fail_ops(&c->s, HF_ENOMEM);
  return reason;
}

const char *hf_gridded_few(hf_call *c, const hf_gridded *g, int need) {
  return hf_format(
      &c->s.work, "%lld cells of %.15g s hold data; at least %d are needed",
      (sqlite3_int64)(g->grid.n - g->grid.filled), g->grid.step, need);
}

int hf_gridded_silence(hf_call *c, hf_gridded *g, hf_rows *r,
                       const char *reason) {
  int rc;
  if (reason == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  rc = hf_rows_start(c, r, 1);
  if (rc == SQLITE_OK && g->from.key != NULL)
    rc = hf_rows_one_key(c, r, "component", g->from.key);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_text(c, r, "status", "insufficient_data");
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "reason", reason);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

void hf_gridded_end(hf_gridded *g) {
  hf_older_close(g->source);
  g->source = NULL;
  if (g->reader != NULL) hf_reader_close(g->reader);
  g->reader = NULL;
}
