/*
** hints.c: see hints.h.
**
** Times depend on rows and bytes first. So hints compare residuals: the
** query's ln ms less a ridge regression on ln rows and ln bytes over its own
** runs; on ln rows alone where plans are compared, for the bytes are theirs.
** Two groups of residuals differ when Welch's t (B. Welch, Biometrika 34, 1947)
** is beyond 3, so that a hint is rarely chance.
**
** What a hint would save, as a share of the query's time, with a 90% interval:
**
**   1 - exp(-(d -+ t se))      d: mean residual of the runs with the cause less
**                              that of those without, at least 5 of each
**   b m / y                    where every run has the cause: b is the slope of
**                              ms on its extent m (rows scanned, say) beside
**                              the rows returned, by least squares, y the mean
**                              ms; for |b| beyond 3 standard errors
**
** with Student's t by its expansion in the degrees of freedom (A. Hald 1952).
** Else the gain is not known, and the hint says so.
*/
#include "hints.h"

#include <math.h>
#include <string.h>
#include "../num/stat.h"

enum { HINTS_RECENT = 5, HINTS_LEAST = 5 };

static const double hints_t = 3;            /* standard errors that count */
static const double hints_slower = 1.5;     /* times */
static const double hints_wide = 20;        /* times the bytes a row */
static const double hints_wide_bytes = 1e6; /* and as many bytes at least */
static const double hints_idle = 10;        /* rows scanned for one returned */
static const double hints_idle_rows = 100;  /* and as many rows at least */

/* The query's own runs. */
typedef struct hints_own {
  size_t *at;  /* [n] their places among all */
  double *res; /* [n] residuals given rows and bytes, in ln ms */
  double *net; /* [n] the same given rows alone */
  double *tmp; /* [all] scratch */
  size_t n;
  size_t before; /* first run of the plan before the newest */
  size_t change; /* first run of the newest plan; 0: it never changed */
} hints_own;

/* Mean and variance of the mean. */
typedef struct hints_group {
  double sum, squares;
  size_t n;
} hints_group;

static void hints_add(hints_group *g, double x) {
  g->sum += x;
  g->squares += x * x;
  g->n++;
}

static double hints_mean(const hints_group *g) {
  return g->sum / (double)g->n;
}

/* Upper 5% point of Student's t. */
static double hints_student(double df) {
  double z = 1.6448536269514722;
  return z + (z * z * z + z) / (4 * df) +
         (5 * pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * df * df);
}

/* Variance of the mean. */
static double hints_error(const hints_group *g) {
  double n = (double)g->n;
  return fmax(0, g->squares - g->sum * hints_mean(g)) / (n - 1) / n;
}

/* Welch's t of a less b; 0 when a group is too small. */
static double hints_welch(const hints_group *a, const hints_group *b) {
  if (a->n < HINTS_LEAST || b->n < HINTS_LEAST) return 0;
  return (hints_mean(a) - hints_mean(b)) /
         sqrt(hints_error(a) + hints_error(b) + 1e-6);
}

static void hints_unknown(hf_hint *h) {
  h->gain = h->gain_lo = h->gain_hi = NAN;
}

/* What the runs of `with` would save if they were as those of `without`. */
static int hints_contrast(const hints_group *with, const hints_group *without,
                          hf_hint *h) {
  double va, vb, d, se, df;
  hints_unknown(h);
  if (!(hints_welch(with, without) > hints_t)) return 0;
  va = hints_error(with) + 5e-7;
  vb = hints_error(without) + 5e-7;
  df = (va + vb) * (va + vb) /
       (va * va / ((double)with->n - 1) + vb * vb / ((double)without->n - 1));
  d = hints_mean(with) - hints_mean(without);
  se = hints_student(df) * sqrt(va + vb);
  h->gain = 1 - exp(-d);
  h->gain_lo = 1 - exp(-(d - se));
  h->gain_hi = 1 - exp(-(d + se));
  return 1;
}

/* The same where every run has the cause: ms = a + b extent + c rows. */
static void hints_share(const hf_runs *r, const hints_own *o,
                        const double *extent, hf_hint *h) {
  double n = 0, mx = 0, mz = 0, my = 0, xx = 0, zz = 0, yy = 0;
  double xz = 0, xy = 0, zy = 0, det, b, c, rest, se;
  size_t i;
  hints_unknown(h);
  for (i = 0; i < o->n; i++) {
    size_t j = o->at[i];
    if (!(extent[j] >= 0)) continue;
    n++;
    mx += extent[j];
    mz += r->rows[j];
    my += r->ms[j];
  }
  if (n < 2 * HINTS_LEAST) return;
  mx /= n;
  mz /= n;
  my /= n;
  for (i = 0; i < o->n; i++) {
    size_t j = o->at[i];
    double x = extent[j] - mx, z = r->rows[j] - mz, y = r->ms[j] - my;
    if (!(extent[j] >= 0)) continue;
    xx += x * x;
    zz += z * z;
    yy += y * y;
    xz += x * z;
    xy += x * y;
    zy += z * y;
  }
  if (!(zz > 0)) zz = 1; /* the same rows each time: no second slope */
  det = xx * zz - xz * xz;
  if (!(my > 0) || !(det > 1e-6 * xx * zz)) return;
  b = (xy * zz - zy * xz) / det;
  c = (zy * xx - xy * xz) / det;
  rest = fmax(0, yy - b * xy - c * zy) / (n - 3);
  se = sqrt(rest * zz / det) + 1e-3 * fabs(b);
  if (!(b > hints_t * se)) return;
  h->gain = fmin(.99, b * mx / my);
  h->gain_lo = fmin(.99, (b - hints_student(n - 3) * se) * mx / my);
  h->gain_hi = fmin(.99, (b + hints_student(n - 3) * se) * mx / my);
}

/* Residuals from y = a + b ln(rows + 1) + c ln(bytes + 1), or without the last
** term: coordinates are centred and solved with a small ridge. */
static void hints_residuals(const hf_runs *r, const hints_own *o, int bytes,
                            double *out) {
  double my = 0, mp = 0, mq = 0, pp = .5, qq = .5, pq = 0, py = 0, qy = 0;
  double det, b, c;
  size_t i;
  for (i = 0; i < o->n; i++) {
    my += log(fmax(r->ms[o->at[i]], 1e-3));
    mp += log(r->rows[o->at[i]] + 1);
    mq += log(r->bytes[o->at[i]] + 1);
  }
  my /= (double)o->n;
  mp /= (double)o->n;
  mq /= (double)o->n;
  for (i = 0; i < o->n; i++) {
    double y = log(fmax(r->ms[o->at[i]], 1e-3)) - my;
    double p = log(r->rows[o->at[i]] + 1) - mp;
    double q = bytes ? log(r->bytes[o->at[i]] + 1) - mq : 0;
    pp += p * p;
    qq += q * q;
    pq += p * q;
    py += p * y;
    qy += q * y;
  }
  det = pp * qq - pq * pq;
  b = (py * qq - qy * pq) / det;
  c = (qy * pp - py * pq) / det;
  for (i = 0; i < o->n; i++) {
    double y = log(fmax(r->ms[o->at[i]], 1e-3)) - my;
    double p = log(r->rows[o->at[i]] + 1) - mp;
    double q = bytes ? log(r->bytes[o->at[i]] + 1) - mq : 0;
    out[i] = y - b * p - c * q;
  }
}

static int hints_spill(const hf_run_facts *f, const hints_own *o, hf_hint *h) {
  hints_group spilt = {0, 0, 0}, fit = {0, 0, 0};
  size_t i;
  double most = 0;
  if (!(f->share_mb > 0)) return 0;
  for (i = 0; i < o->n; i++) {
    double mb = f->peak[o->at[i]];
    if (!(mb >= 0)) continue;
    hints_add(mb > f->share_mb ? &spilt : &fit, o->res[i]);
    most = fmax(most, mb);
  }
  h->from = f->share_mb;
  h->to = most;
  h->k = spilt.n;
  h->n = spilt.n + fit.n;
  hints_contrast(&spilt, &fit, h);
  return spilt.n > 0;
}

/* Where the newest plan and the one before it begin. */
static void hints_change(const hf_runs *r, hints_own *o) {
  size_t i;
  uint64_t plan = 0;
  o->before = o->change = 0;
  for (i = 0; i < o->n; i++) {
    uint64_t p = r->plan[o->at[i]];
    if (p != 0 && plan != 0 && p != plan) {
      o->before = o->change;
      o->change = i;
    }
    if (p != 0) plan = p;
  }
}

/* Median time before and after the newest change of plan. */
static int hints_plan(const hf_runs *r, const hf_run_facts *f,
                      const hints_own *o, hf_hint *h) {
  hints_group before = {0, 0, 0}, after = {0, 0, 0};
  size_t i, change = o->change;
  if (change == 0) return 0;
  for (i = o->before; i < o->n; i++) {
    o->tmp[i] = r->ms[o->at[i]];
    hints_add(i < change ? &before : &after, o->net[i]);
  }
  h->at = f->ts[o->at[change]];
  h->k = change - o->before;
  h->n = o->n - change;
  h->from = hf_stat_median(o->tmp + o->before, h->k);
  h->to = hf_stat_median(o->tmp + change, h->n);
  hints_contrast(&after, &before, h);
  return h->to > hints_slower * h->from;
}

/* A cause that runs count: how many runs of the newest plan have it, its
** median there, and what the runs without it, of any plan, show. */
static int hints_counted(const hf_runs *r, const hints_own *o,
                         const double *count, hf_hint *h) {
  hints_group with = {0, 0, 0}, without = {0, 0, 0};
  size_t i;
  for (i = 0; i < o->n; i++) {
    double x = count[o->at[i]];
    if (!(x >= 0)) continue;
    hints_add(x > 0 ? &with : &without, o->net[i]);
    if (i < o->change) continue;
    h->n++;
    if (x > 0) o->tmp[h->k++] = x;
  }
  /* a rare one is no habit of the plan */
  if (h->k == 0 || 2 * h->k < h->n) return 0;
  h->from = hf_stat_median(o->tmp, h->k);
  if (!hints_contrast(&with, &without, h) && without.n < HINTS_LEAST) {
    hints_share(r, o, count, h);
  }
  return 1;
}

/* Whole tables are scanned for few rows. */
static int hints_scan(const hf_runs *r, const hf_run_facts *f,
                      const hints_own *o, hf_hint *h) {
  size_t i, n = 0;
  if (!hints_counted(r, o, f->scan, h)) return 0;
  for (i = o->change; i < o->n; i++) {
    if (f->scan[o->at[i]] > 0) o->tmp[n++] = r->rows[o->at[i]];
  }
  h->to = hf_stat_median(o->tmp, n);
  return h->from >= hints_idle_rows && h->from >= hints_idle * (h->to + 1);
}

static int hints_wide_rows(const hf_runs *r, const hints_own *o, hf_hint *h) {
  size_t i, j = 0, others = 0, n = 0;
  double bytes = 0, rows = 0;
  for (i = 0; i < r->n; i++) {
    if (j < o->n && o->at[j] == i) {
      bytes += r->bytes[i];
      rows += r->rows[i];
      j++;
      n++;
    } else if (r->bytes[i] > 0) {
      o->tmp[others++] = r->bytes[i] / (r->rows[i] + 1);
    }
  }
  if (others < HINTS_LEAST || bytes / (double)n < hints_wide_bytes) return 0;
  h->from = bytes / (rows + (double)n);
  h->to = hf_stat_median(o->tmp, others);
  h->n = n;
  hints_unknown(h);
  return h->from > hints_wide * h->to;
}

static int hints_slow(const hints_own *o, hf_hint *h) {
  hints_group before = {0, 0, 0}, after = {0, 0, 0};
  size_t i;
  if (o->n < HINTS_RECENT + HINTS_LEAST) return 0;
  for (i = 0; i < o->n; i++) {
    hints_add(i + HINTS_RECENT < o->n ? &before : &after, o->res[i]);
  }
  h->to = exp(hints_mean(&after) - hints_mean(&before));
  h->k = HINTS_RECENT;
  h->n = o->n;
  return hints_contrast(&after, &before, h) && h->to > hints_slower;
}

/* Slope of the residual over x, NaN left out; *err: its standard error.
** Returns how many there are; 0: too few or x hardly varies. */
static size_t hints_slope(const hints_own *o, const double *x, double vary,
                          double *slope, double *err) {
  double n = 0, sx = 0, sy = 0, xx = 0, xy = 0, yy = 0, sxx, rest;
  size_t i;
  for (i = 0; i < o->n; i++) {
    double v = x[i], e = o->res[i];
    if (isnan(v)) continue;
    n++;
    sx += v;
    sy += e;
    xx += v * v;
    xy += v * e;
    yy += e * e;
  }
  if (n < 2 * HINTS_LEAST) return 0;
  sxx = xx - sx * sx / n;
  if (!(sxx > vary)) return 0;
  *slope = (xy - sx * sy / n) / sxx;
  rest = fmax(0, yy - sy * sy / n - *slope * *slope * sxx) / (n - 2);
  *err = sqrt(rest / sxx + 1e-9 / sxx);
  return (size_t)n;
}

/* More workers, up to as many as were ever tried. */
static int hints_workers(const hf_run_facts *f, const hints_own *o,
                         hf_hint *h) {
  double b = 0, se = 0, now = NAN, most = 0, up;
  size_t i;
  for (i = 0; i < o->n; i++) {
    double c = f->workers[o->at[i]];
    o->tmp[i] = c >= 1 ? log(c) : NAN;
    if (!(c >= 1)) continue;
    now = c;
    most = fmax(most, c);
  }
  h->n = hints_slope(o, o->tmp, .1, &b, &se);
  if (h->n == 0 || !(b < -.1) || !(b < -hints_t * se)) return 0;
  h->at = b;
  h->from = now;
  h->to = most;
  up = log(most / now);
  se *= hints_student((double)h->n - 2);
  h->gain = 1 - exp(b * up);
  h->gain_lo = 1 - exp((b + se) * up);
  h->gain_hi = 1 - exp((b - se) * up);
  return up > 0;
}

/* Whether time grows with the load. */
static void hints_load(const hf_run_facts *f, const hints_own *o,
                       hf_load_law *law) {
  double b = 0, se = 0;
  size_t i, n;
  memset(law, 0, sizeof(*law));
  law->least = HUGE_VAL;
  law->most = -HUGE_VAL;
  for (i = 0; i < o->n; i++) {
    o->tmp[i] = f->load[o->at[i]];
    if (isnan(o->tmp[i])) continue;
    law->least = fmin(law->least, o->tmp[i]);
    law->most = fmax(law->most, o->tmp[i]);
  }
  n = hints_slope(o, o->tmp, 10, &b, &se);
  if (n == 0 || !(b > hints_t * se)) return;
  law->n = n;
  law->slope = b;
  law->err = hints_student((double)n - 2) * se;
}

void hf_hint_order(hf_hint *hint, size_t n) {
  size_t i, j;
  for (i = 1; i < n; i++) {
    hf_hint h = hint[i];
    double gain = isnan(h.gain) ? -HUGE_VAL : h.gain;
    for (j = i; j > 0; j--) {
      if (!isnan(hint[j - 1].gain) && hint[j - 1].gain >= gain) break;
      if (isnan(hint[j - 1].gain) && isnan(h.gain)) break;
      hint[j] = hint[j - 1];
    }
    hint[j] = h;
  }
}

/* All of them, hint by hint; 1 where it is given. */
static void hints_all(const hf_runs *r, const hf_run_facts *f, hints_own *o,
                      hf_hint *h, int *given) {
  hints_residuals(r, o, 1, o->res);
  hints_residuals(r, o, 0, o->net);
  hints_change(r, o);
  given[HF_HINT_SPILL] = hints_spill(f, o, &h[HF_HINT_SPILL]);
  given[HF_HINT_PLAN] = hints_plan(r, f, o, &h[HF_HINT_PLAN]);
  given[HF_HINT_SCAN] = hints_scan(r, f, o, &h[HF_HINT_SCAN]);
  given[HF_HINT_BUILD] = hints_counted(r, o, f->built, &h[HF_HINT_BUILD]);
  given[HF_HINT_SORT] = hints_counted(r, o, f->sorts, &h[HF_HINT_SORT]);
  /* what was seen needs no guess from the bytes */
  given[HF_HINT_WIDE] =
      h[HF_HINT_SCAN].n == 0 && hints_wide_rows(r, o, &h[HF_HINT_WIDE]);
  /* a new plan that is slower has been said already */
  given[HF_HINT_SLOWER] =
      !given[HF_HINT_PLAN] && hints_slow(o, &h[HF_HINT_SLOWER]);
  given[HF_HINT_WORKERS] = hints_workers(f, o, &h[HF_HINT_WORKERS]);
}

int hf_query_hints(hf_work *w, const hf_runs *runs, const hf_run_facts *facts,
                   uint64_t query, hf_hint *hint, size_t *found,
                   hf_load_law *law) {
  hf_mark m = hf_work_mark(w);
  hints_own o;
  hf_hint h[HF_HINT_KINDS];
  size_t i, n = 0;
  int rc = hf_work_check(w, 100 * runs->n);
  int given[HF_HINT_KINDS];
  if (rc != HF_OK) return rc;
  memset(h, 0, sizeof(h));
  memset(&o, 0, sizeof(o));
  memset(given, 0, sizeof(given));
  o.at = hf_work_alloc(w, runs->n, sizeof(size_t));
  o.res = hf_work_reals(w, runs->n);
  o.net = hf_work_reals(w, runs->n);
  o.tmp = hf_work_reals(w, runs->n);
  if (o.at == NULL || o.res == NULL || o.net == NULL || o.tmp == NULL) {
    hf_work_release(w, m);
    return HF_ENOMEM;
  }
  for (i = 0; i < runs->n; i++) {
    if (runs->query[i] == query) o.at[o.n++] = i;
  }
  memset(law, 0, sizeof(*law));
  if (o.n > 0) {
    hints_all(runs, facts, &o, h, given);
    hints_load(facts, &o, law);
  }
  for (i = 0; i < HF_HINT_KINDS; i++) {
    if (!given[i]) continue;
    h[i].kind = (hf_hint_kind)i;
    hint[n++] = h[i];
  }
  *found = n;
  hf_work_release(w, m);
  return HF_OK;
}
