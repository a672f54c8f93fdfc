/*
** backtest.c: hf_backtest, how good would hf_forecast have been?
**
**   SELECT hf_backtest(1440, 'hf_resource_metrics.cpu_percent');
**   SELECT origin_ts, avg(abs(actual - yhat)) FROM hf_backtest(60, :series)
**     GROUP BY origin_ts;
**
** From up to ten origins in the past, one horizon apart, the newest one
** horizon before the end: exactly what hf_forecast says with as_of at that
** origin (the same samples, the same code), beside what came. An origin needs
** as much history behind it as a forecast does.
**
** mase scales by the mean absolute difference to the value one period before
** (Hyndman and Koehler 2006; without a period: to the value before) in the
** history of the first origin.
*/
#include "gridded.h"
#include "answers.h"
#include "sql.h"
#include "../ops/outlook.h"

#include <math.h>
#include <string.h>

enum { BACKTEST_ORIGINS = 10, BACKTEST_ROWS = 6000000 };

static const hf_coldef backtest_cols[] = {
    {"component", HF_KEY},   {"origin_ts", HF_TIME}, {"ts", HF_TIME},
    {"actual", HF_REAL},     {"yhat", HF_REAL},      {"lo80", HF_REAL},
    {"hi80", HF_REAL},       {"lo95", HF_REAL},      {"hi95", HF_REAL},
    {"model", HF_TEXT},      {"status", HF_TEXT},    {"reason", HF_TEXT},
    {"mase", HF_REAL},       {"smape", HF_REAL},     {"coverage80", HF_REAL},
    {"coverage95", HF_REAL}, {"origins", HF_INT},    {"points", HF_INT},
    {NULL, HF_REAL}};

static const hf_param backtest_params[] = {
    {"horizon_minutes", HF_P_INT, 0, 1, 5256000, "60"},
    {"series", HF_P_SERIES, 0, 0, 0, "hf_resource_metrics.cpu_percent"},
    {"component", HF_P_COMPONENT, 0, 0, 0, NULL},
    {NULL, HF_P_INT, 0, 0, 0, NULL}};

/* What has been replayed. */
typedef struct backtest {
  double *origin, *ts, *actual; /* [room] */
  double *yhat, *lo80, *hi80, *lo95, *hi95;
  const char *model[BACKTEST_ORIGINS];
  size_t first[BACKTEST_ORIGINS]; /* row at which an origin begins */
  size_t origins, n, room;
  double scale; /* of mase; NaN: none yet */
} backtest;

static int backtest_begin(hf_call *c) {
  hf_gridded *g = hf_work_zeroed(&c->s.hold, 1, sizeof(*g));
  if (g == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  c->state = g;
  return hf_gridded_begin(c, g, 1, "hf_resource_metrics.cpu_percent", 0);
}

/* Samples before ts, the newest that hf_forecast would read. */
static hf_samples backtest_past(const hf_samples *all, double ts) {
  hf_samples s = *all;
  size_t lo = 0, hi = all->n;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (all->ts[mid] < ts) {
      lo = mid + 1;
    } else {
      hi = mid;
    }
  }
  s.n = lo;
  if (s.n > HF_OUTLOOK_NEWEST) {
    s.ts += s.n - HF_OUTLOOK_NEWEST;
    s.value += s.n - HF_OUTLOOK_NEWEST;
    s.n = HF_OUTLOOK_NEWEST;
  }
  return s;
}

/* The buckets that hf_forecast would read at ts behind `n` samples. */
static hf_buckets backtest_older(const hf_buckets *all, size_t n, double ts) {
  hf_buckets x = *all;
  size_t most = n < HF_OUTLOOK_NEWEST ? HF_OUTLOOK_NEWEST - n : 0;
  while (x.n > 0 && x.b[x.n - 1].ts + x.step > ts) x.n--;
  if (x.n > most) {
    x.b += x.n - most;
    x.n = most;
  }
  return x;
}

/* Stamp of the newest sample with data, or the end of the newest bucket. */
static double backtest_newest(const hf_samples *s, const hf_buckets *older) {
  size_t i = s->n;
  while (i > 0 && isnan(s->value[i - 1])) i--;
  if (i > 0) return s->ts[i - 1];
  return older->b[older->n - 1].ts + older->step;
}

static double backtest_scale(const hf_grid *g, size_t m) {
  double sum = 0;
  size_t i, n = 0;
  if (m < 1 || m >= g->n) m = 1;
  for (i = m; i < g->n; i++) {
    double d = fabs(g->y[i] - g->y[i - m]);
    if (isnan(d)) continue;
    sum += d;
    n++;
  }
  return n > 0 && sum > 0 ? sum / (double)n : NAN;
}

static int backtest_room(hf_call *c, backtest *b, size_t rows) {
  double **array[] = {&b->origin, &b->ts,   &b->actual, &b->yhat,
                      &b->lo80,   &b->hi80, &b->lo95,   &b->hi95};
  size_t i;
  memset(b, 0, sizeof(*b));
  b->scale = NAN;
  b->room = rows;
  for (i = 0; i < sizeof(array) / sizeof(array[0]); i++) {
    *array[i] = hf_work_reals(&c->s.work, rows);
    if (*array[i] == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  }
  return SQLITE_OK;
}

/* Replays one origin: HF_OK, HF_EDATA when it has too little history. */
static int backtest_origin(hf_call *c, const hf_gridded *g, double end,
                           size_t h, backtest *b) {
  hf_samples past = backtest_past(&g->from.samples, end);
  hf_grid grid, truth;
  hf_outlook_ask ask;
  hf_outlook o;
  const char *reason;
  double newest;
  size_t s;
  hf_buckets older = backtest_older(&g->older, past.n, end);
  int rc = hf_gridded_build(c, &past, &older, &grid, &reason);
  if (rc == HF_OK)
    rc = hf_gridded_extend(c, g, &older, 60 * (double)c->arg[0].whole, &grid);
  if (rc != HF_OK) return rc;
  ask.h = (size_t)ceil(60 * (double)c->arg[0].whole / grid.step);
  hf_gridded_bounds(g, &ask.lo, &ask.hi);
  /* an origin whose step is another than the whole series' has no cells to
   * compare with */
  if (ask.h != h || b->n + h > b->room) return HF_EDATA;
  rc = hf_outlook_run(&c->s.work, &c->s.work, &grid, &ask, &o);
  if (rc != HF_OK) return rc;
  truth = g->grid;
  newest = backtest_newest(&past, &older);
  b->model[b->origins] =
      hf_format(&c->s.work, "%s%s %.0f%% of %d", o.blend.best,
                o.blend.best_log ? " (log)" : "", 100 * o.blend.best_weight,
                (int)o.blend.kept);
  if (b->model[b->origins] == NULL) return HF_ENOMEM;
  b->first[b->origins++] = b->n;
  if (isnan(b->scale)) b->scale = backtest_scale(&grid, o.rhythm.m);
  for (s = 0; s < h; s++) {
    size_t i = b->n + s;
    double cell;
    b->origin[i] = newest;
    b->ts[i] = grid.start + (double)(grid.n + s) * grid.step;
    cell = (b->ts[i] - truth.start) / truth.step;
    b->actual[i] = cell >= 0 && cell < (double)truth.n
                       ? truth.y[(size_t)(cell + 0.5)]
                       : NAN;
  }
  memcpy(b->yhat + b->n, o.blend.yhat, h * sizeof(double));
  memcpy(b->lo80 + b->n, o.blend.lo80, h * sizeof(double));
  memcpy(b->hi80 + b->n, o.blend.hi80, h * sizeof(double));
  memcpy(b->lo95 + b->n, o.blend.lo95, h * sizeof(double));
  memcpy(b->hi95 + b->n, o.blend.hi95, h * sizeof(double));
  b->n += h;
  return HF_OK;
}

static int backtest_scores(hf_call *c, hf_rows *r, const backtest *b) {
  double mae = 0, smape = 0, n = 0, c80 = 0, c95 = 0;
  size_t i;
  int rc;
  for (i = 0; i < b->n; i++) {
    double y = b->actual[i], f = b->yhat[i], size = fabs(y) + fabs(f);
    if (isnan(y)) continue;
    n++;
    mae += fabs(y - f);
    if (size > 0) smape += 200 * fabs(y - f) / size;
    c80 += y >= b->lo80[i] && y <= b->hi80[i];
    c95 += y >= b->lo95[i] && y <= b->hi95[i];
  }
  rc = hf_rows_one_real(c, r, "mase", n > 0 ? mae / n / b->scale : NAN);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "smape", n > 0 ? smape / n : NAN);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "coverage80", n > 0 ? c80 / n : NAN);
  if (rc == SQLITE_OK)
    rc = hf_rows_one_real(c, r, "coverage95", n > 0 ? c95 / n : NAN);
  if (rc == SQLITE_OK) rc = hf_rows_one_int(c, r, "points", (sqlite3_int64)n);
  return rc;
}

static int backtest_rows(hf_call *c, hf_rows *r, const hf_gridded *g,
                         const backtest *b) {
  size_t k, i;
  int rc = hf_rows_start(c, r, b->n);
  if (rc == SQLITE_OK && g->from.key != NULL)
    rc = hf_rows_one_key(c, r, "component", g->from.key);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "origin_ts", b->origin);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "ts", b->ts);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "actual", b->actual);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "yhat", b->yhat);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "lo80", b->lo80);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "hi80", b->hi80);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "lo95", b->lo95);
  if (rc == SQLITE_OK) rc = hf_rows_real(c, r, "hi95", b->hi95);
  for (k = 0; k < b->origins; k++) {
    size_t to = k + 1 < b->origins ? b->first[k + 1] : b->n;
    for (i = b->first[k]; i < to && rc == SQLITE_OK; i++)
      rc = hf_rows_set_text(c, r, "model", i, b->model[k]);
  }
  if (rc == SQLITE_OK) rc = hf_rows_one_text(c, r, "status", "ok");
  if (rc == SQLITE_OK)
    rc = hf_rows_one_int(c, r, "origins", (sqlite3_int64)b->origins);
  if (rc == SQLITE_OK) rc = backtest_scores(c, r, b);
  return rc == SQLITE_OK ? SQLITE_ROW : rc;
}

static int backtest_next(hf_call *c, hf_rows *r) {
  hf_gridded *g = c->state;
  double horizon = 60 * (double)c->arg[0].whole, h;
  backtest b;
  size_t k, most;
  int rc = hf_gridded_next(c, g);
  if (rc != SQLITE_ROW) return rc;
  if (g->reason != NULL) return hf_gridded_silence(c, g, r, g->reason);
  h = ceil(horizon / g->grid.step);
  /* the first origin leaves at least half of the history behind it */
  most = (size_t)((double)g->grid.n / 2 / h);
  if (most > BACKTEST_ORIGINS) most = BACKTEST_ORIGINS;
  if (most > 0 && h * (double)most > BACKTEST_ROWS)
    return hf_fail(&c->s, SQLITE_ERROR,
                   "%.0f rows; ask for a shorter horizon or give hf_source() a "
                   "longer step",
                   h * (double)most);
  if (most == 0)
    return hf_gridded_silence(
        c, g, r,
        hf_format(&c->s.work,
                  "%lld cells of %.15g s of history; twice the horizon "
                  "(%.0f cells) is needed",
                  (sqlite3_int64)g->grid.n, g->grid.step, 2 * h));
  rc = backtest_room(c, &b, (size_t)h * most);
  if (rc != SQLITE_OK) return rc;
  for (k = most; k > 0; k--) {
    size_t cells = g->grid.n - k * (size_t)h;
    double end = g->grid.start + (double)cells * g->grid.step;
    rc = backtest_origin(c, g, end, (size_t)h, &b);
    if (rc != HF_OK && rc != HF_EDATA) return hf_fail_ops(&c->s, rc);
  }
  if (b.origins == 0)
    return hf_gridded_silence(c, g, r, hf_gridded_few(c, g, 2 * HF_BLEND_MIN));
  return backtest_rows(c, r, g, &b);
}

static void backtest_end(hf_call *c) {
  if (c->state != NULL) hf_gridded_end(c->state);
}

const hf_answer hf_backtest_answer = {
    "hf_backtest",  backtest_cols, backtest_params, "component",    NULL, 0,
    backtest_begin, backtest_next, backtest_end,    hf_sql_backtest};
