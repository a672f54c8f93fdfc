/*
** hints.c: see hints.h.
**
** Most hints compare times, which depend on rows and bytes first. They look at
** residuals: the query's ln ms less a ridge regression on ln rows and ln bytes
** over its own runs. Two groups of residuals differ when Welch's t (B. Welch,
** Biometrika 34, 1947) is beyond 3, so that a hint is rarely chance.
*/
#include "hints.h"

#include <math.h>
#include <string.h>
#include "../num/stat.h"

enum { HINTS_RECENT = 5, HINTS_LEAST = 5, HINTS_BLOCKS = 6 };

static const double hints_t = 3;            /* Welch's t that counts */
static const double hints_slower = 1.5;     /* times */
static const double hints_wide = 20;        /* times the bytes a row */
static const double hints_wide_bytes = 1e6; /* and as many bytes at least */

/* The query's own runs. */
typedef struct hints_own {
  size_t *at;  /* [n] their places among all */
  double *res; /* [n] residuals, in ln ms */
  double *tmp; /* [all] scratch */
  size_t n;
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

/* Welch's t of a less b; 0 when a group is too small. */
static double hints_welch(const hints_group *a, const hints_group *b) {
  double va, vb;
  if (a->n < HINTS_LEAST || b->n < HINTS_LEAST) return 0;
  va = fmax(0, a->squares - a->sum * hints_mean(a)) / (double)(a->n - 1);
  vb = fmax(0, b->squares - b->sum * hints_mean(b)) / (double)(b->n - 1);
  return (hints_mean(a) - hints_mean(b)) /
         sqrt(va / (double)a->n + vb / (double)b->n + 1e-6);
}

/* Residuals from y = a + b ln(rows + 1) + c ln(bytes + 1): coordinates are
** centred and solved with a small ridge. */
static void hints_residuals(const hf_runs *r, hints_own *o) {
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
    double q = log(r->bytes[o->at[i]] + 1) - mq;
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
    double q = log(r->bytes[o->at[i]] + 1) - mq;
    o->res[i] = y - b * p - c * q;
  }
}

static int hints_spill(const hf_run_facts *f, const hints_own *o, hf_hint *h) {
  size_t i, n = 0, k = 0;
  double most = 0;
  if (!(f->share_mb > 0)) return 0;
  for (i = 0; i < o->n; i++) {
    double mb = f->peak[o->at[i]];
    if (!(mb >= 0)) continue;
    n++;
    if (mb > f->share_mb) k++;
    most = fmax(most, mb);
  }
  h->from = f->share_mb;
  h->to = most;
  h->k = k;
  h->n = n;
  return k > 0;
}

/* Median time before and after the newest change of plan. */
static int hints_plan(const hf_runs *r, const hf_run_facts *f,
                      const hints_own *o, hf_hint *h) {
  size_t i, change = 0;
  uint64_t plan = 0;
  for (i = 0; i < o->n; i++) {
    uint64_t p = r->plan[o->at[i]];
    if (p != 0 && plan != 0 && p != plan) change = i;
    if (p != 0) plan = p;
  }
  if (change == 0) return 0;
  for (i = 0; i < o->n; i++) o->tmp[i] = r->ms[o->at[i]];
  h->at = f->ts[o->at[change]];
  h->k = change;
  h->n = o->n - change;
  h->from = hf_stat_median(o->tmp, change);
  h->to = hf_stat_median(o->tmp + change, o->n - change);
  return h->to > hints_slower * h->from;
}

static int hints_scan(const hf_runs *r, const hints_own *o, hf_hint *h) {
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
  return h->to > hints_slower && hints_welch(&after, &before) > hints_t;
}

/* Slope of the residual over ln workers. */
static int hints_workers(const hf_run_facts *f, const hints_own *o,
                         hf_hint *h) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0, sxx, b, rest;
  size_t i;
  for (i = 0; i < o->n; i++) {
    double l = log(f->workers[o->at[i]]), e = o->res[i];
    if (!(f->workers[o->at[i]] >= 1)) continue;
    n++;
    x += l;
    y += e;
    xx += l * l;
    xy += l * e;
    yy += e * e;
  }
  if (n < 2 * HINTS_LEAST) return 0;
  sxx = xx - x * x / n;
  if (!(sxx > .1)) return 0;
  b = (xy - x * y / n) / sxx;
  rest = fmax(0, yy - y * y / n - b * b * sxx) / (n - 2);
  h->to = b;
  h->n = (size_t)n;
  return b < -.1 && b / sqrt(rest / sxx + 1e-9) < -hints_t;
}

/* The four-hour block of the day of a time. */
static size_t hints_block(const hf_run_facts *f, double ts) {
  double day = (ts + f->utc_offset) / 86400;
  return (size_t)((day - floor(day)) * HINTS_BLOCKS) % HINTS_BLOCKS;
}

static int hints_hour(const hf_run_facts *f, const hints_own *o, double now,
                      hf_hint *h) {
  hints_group g[HINTS_BLOCKS];
  size_t i, here = hints_block(f, now), best = here;
  memset(g, 0, sizeof(g));
  for (i = 0; i < o->n; i++) {
    hints_add(&g[hints_block(f, f->ts[o->at[i]])], o->res[i]);
  }
  for (i = 0; i < HINTS_BLOCKS; i++) {
    if (hints_welch(&g[here], &g[i]) <= hints_t) continue;
    if (best == here || hints_mean(&g[i]) < hints_mean(&g[best])) best = i;
  }
  if (best == here) return 0;
  h->from = (double)(best * 24 / HINTS_BLOCKS);
  h->to = exp(hints_mean(&g[best]) - hints_mean(&g[here]));
  h->k = g[best].n;
  h->n = g[here].n;
  return 1;
}

int hf_query_hints(hf_work *w, const hf_runs *runs, const hf_run_facts *facts,
                   uint64_t query, double now, hf_hint *hint, size_t *found) {
  hf_mark m = hf_work_mark(w);
  hints_own o;
  hf_hint h[HF_HINT_KINDS];
  size_t i, n = 0;
  int rc = hf_work_check(w, 100 * runs->n);
  int given[HF_HINT_KINDS];
  if (rc != HF_OK) return rc;
  memset(h, 0, sizeof(h));
  o.at = hf_work_alloc(w, runs->n, sizeof(size_t));
  o.res = hf_work_reals(w, runs->n);
  o.tmp = hf_work_reals(w, runs->n);
  if (o.at == NULL || o.res == NULL || o.tmp == NULL) {
    hf_work_release(w, m);
    return HF_ENOMEM;
  }
  o.n = 0;
  for (i = 0; i < runs->n; i++) {
    if (runs->query[i] == query) o.at[o.n++] = i;
  }
  memset(given, 0, sizeof(given));
  if (o.n > 0) {
    hints_residuals(runs, &o);
    given[HF_HINT_SPILL] = hints_spill(facts, &o, &h[HF_HINT_SPILL]);
    given[HF_HINT_PLAN] = hints_plan(runs, facts, &o, &h[HF_HINT_PLAN]);
    given[HF_HINT_SCAN] = hints_scan(runs, &o, &h[HF_HINT_SCAN]);
    /* a new plan that is slower has been said already */
    given[HF_HINT_SLOWER] =
        !given[HF_HINT_PLAN] && hints_slow(&o, &h[HF_HINT_SLOWER]);
    given[HF_HINT_WORKERS] = hints_workers(facts, &o, &h[HF_HINT_WORKERS]);
    given[HF_HINT_HOUR] = hints_hour(facts, &o, now, &h[HF_HINT_HOUR]);
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
