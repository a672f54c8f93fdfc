/*
** gridded.c: from a series argument to the grid of each component; see
** gridded.h.
*/
#include "gridded.h"

#include <math.h>
#include <string.h>

int hf_gridded_begin(hf_call *c, hf_gridded *g, int arg, const char *fallback,
                     size_t newest) {
  memset(g, 0, sizeof(*g));
  return hf_reader_open(&c->s, c->arg[arg].value, fallback, c->component,
                        newest, &g->reader);
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

int hf_gridded_build(hf_call *c, const hf_samples *s, hf_grid *grid,
                     const char **reason) {
  hf_samples used = *s;
  double step = used.step, last;
  size_t n = gridded_count(&used, &last);
  int rc = HF_OK;
  *reason = NULL;
  if (n == 0) {
    *reason = s->n == 0 ? "no samples" : "every sample is NULL";
    return HF_EDATA;
  }
  if (n < 2) {
    *reason = "only one sample";
    return HF_EDATA;
  }
  if (!(step > 0)) rc = hf_grid_step(&c->s.work, &used, &step);
  if (rc == HF_OK) {
    /* rows after the newest value hold NULL: no part of the grid */
    while (used.n > 0 && isnan(used.value[used.n - 1])) used.n--;
    gridded_trim(&used, step);
    rc = hf_grid_build(&c->s.work, &used, step, HF_GRIDDED_CELLS, grid);
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
  int rc = hf_reader_next(g->reader, &g->from);
  if (rc != SQLITE_ROW) return rc;
  memset(&g->grid, 0, sizeof(g->grid));
  g->samples = gridded_count(&g->from.samples, &g->last_ts);
  rc = hf_gridded_build(c, &g->from.samples, &g->grid, &g->reason);
  if (rc != HF_OK && rc != HF_EDATA) return hf_fail_ops(&c->s, rc);
  c->as_of_used = isnan(c->s.as_of) ? g->last_ts : c->s.as_of;
  return SQLITE_ROW;
}

double hf_gridded_age(const hf_call *c, const hf_gridded *g) {
  double age = c->s.as_of - g->last_ts;
  return age > 0 ? age : 0;
}

void hf_gridded_bounds(const hf_gridded *g, double *lo, double *hi) {
  static const char tail[] = "percent";
  const char *name = hf_reader_name(g->reader);
  size_t n = name != NULL ? strlen(name) : 0, k = sizeof(tail) - 1;
  *lo = *hi = NAN;
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
  const char *reason;
  *rc = SQLITE_OK;
  if (!(age > 0)) return NULL;
  patience = hf_gridded_patience(g, least);
  if (age <= patience) return NULL;
  reason = hf_format(&c->s.work,
                     "stale: the newest sample is %.0f s old, and this series "
                     "is given up after %.0f s",
                     age, patience);
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
  if (g->reader != NULL) hf_reader_close(g->reader);
  g->reader = NULL;
}
