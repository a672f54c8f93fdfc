/*
** memory.c: the split of memory that costs least.
**
** Each pool has a curve of what its misses cost at every size (misscurve.h),
** old intervals fading by 0.9. Minimised is the sum of the three over all
** splits that keep the floors, by the bee colony of num/, which begins from
** the split that is and from the exact minimum on a grid of total/200 and can
** end with neither worse. A pool that tells nothing keeps its size.
**
** Moves are careful, as in DB2's STMM (A. Storm and others, "Adaptive
** self-tuning memory in DB2", VLDB 2006): only for a gain above 2%, at most
** 15% of the total at once. An application that does not spill has no curve
** but a peak. It is left its peak and a tenth (the margin of K. Rzadca and
** others, "Autopilot: workload autoscaling at Google", EuroSys 2020); what it
** has beyond that may go to the others once 30 samples bear the peak out. One
** that spills is left the peak of the newest 30 samples: what is in use is not
** taken, whatever spilling costs.
**
** The confidence looks back: in how many of the recent intervals, each with
** its own curve, the recommended split would have cost no more than the
** present one.
*/
#include "memory.h"

#include <math.h>
#include <string.h>
#include "../num/colony.h"
#include "../num/stat.h"

enum { MEMORY_BUDGET = 1200, MEMORY_STALE = 10, MEMORY_PEAKS = 30 };

static const double memory_least_gain = .02;
static const double memory_most_moved = .15; /* of the total, a step */
static const double memory_margin = 1.1;     /* over the application's peak */

/* The function to minimise and what is needed to say it. */
typedef struct memory_search {
  const double *curve[HF_POOLS]; /* ms a second at sizes; NULL: fixed pool */
  double lo[HF_POOLS], hi[HF_POOLS]; /* MB */
  double total;                      /* MB */
  double from[HF_POOLS];             /* MB, the present split */
  double reach;                      /* MB that may move from it */
} memory_search;

static double memory_cost(const memory_search *s, const double *mb) {
  double sum = 0;
  int k;
  for (k = 0; k < HF_POOLS; k++) {
    if (s->curve[k] != NULL) {
      sum += hf_curve_at(s->curve[k], s->total, mb[k]);
    }
  }
  return sum;
}

static double memory_moved(const double *a, const double *b) {
  return (fabs(a[0] - b[0]) + fabs(a[1] - b[1]) + fabs(a[2] - b[2])) / 2;
}

/* x: cache and buffer in MB; the application has the rest. */
static double memory_bee(void *ctx, const double *x, double *violation) {
  const memory_search *s = ctx;
  double mb[HF_POOLS], rest = s->total - x[0] - x[1];
  mb[0] = x[0];
  mb[1] = x[1];
  mb[2] = rest;
  if (rest < s->lo[2]) *violation = s->lo[2] - rest;
  if (rest > s->hi[2]) *violation = rest - s->hi[2];
  *violation += fmax(0, memory_moved(s->from, mb) - s->reach);
  return memory_cost(s, mb);
}

static double memory_at(const double *curve, int k) {
  return curve != NULL ? curve[k] : 0;
}

int hf_memory_exact(const double *const curve[HF_POOLS], double total,
                    const double lo[HF_POOLS], const double hi[HF_POOLS],
                    double split[HF_POOLS], double *cost) {
  double step = total / HF_CURVE_STEPS, best = HUGE_VAL;
  int from[HF_POOLS], to[HF_POOLS], at[HF_POOLS] = {0, 0, 0}, k, i, j;
  for (k = 0; k < HF_POOLS; k++) {
    from[k] = (int)ceil(lo[k] / step - 1e-9);
    to[k] = (int)floor(hi[k] / step + 1e-9);
    if (from[k] < 0) from[k] = 0;
    if (to[k] > HF_CURVE_STEPS) to[k] = HF_CURVE_STEPS;
  }
  for (i = from[0]; i <= to[0]; i++) {
    for (j = from[1]; j <= to[1]; j++) {
      double c;
      k = HF_CURVE_STEPS - i - j;
      if (k < from[2] || k > to[2]) continue;
      c = memory_at(curve[0], i) + memory_at(curve[1], j) +
          memory_at(curve[2], k);
      if (c < best) {
        best = c;
        at[0] = i;
        at[1] = j;
        at[2] = k;
      }
    }
  }
  if (!(best < HUGE_VAL)) return HF_EDATA;
  for (k = 0; k < HF_POOLS; k++) split[k] = at[k] * step;
  *cost = best;
  return HF_OK;
}

/* Takes what exceeds the total from what lies above the floors, or gives what
** is missing to the application. */
static void memory_fit(const double *floor_mb, double total, double *mb) {
  double sum = 0, room = 0, excess;
  int k;
  for (k = 0; k < HF_POOLS; k++) {
    mb[k] = fmax(mb[k], floor_mb[k]);
    sum += mb[k];
    room += mb[k] - floor_mb[k];
  }
  excess = sum - total;
  if (excess > 0 && room > 0) {
    for (k = 0; k < HF_POOLS; k++) {
      mb[k] -= (mb[k] - floor_mb[k]) * fmin(1, excess / room);
    }
  }
  mb[HF_POOL_APPLICATION] = total - mb[HF_POOL_CACHE] - mb[HF_POOL_BUFFER];
}

/* The split that is, completed: it sums to the total. 0: not known. */
static int memory_current(const hf_memory_rule *r, double *mb) {
  double sum = 0;
  int k, unknown = -1, missing = 0;
  for (k = 0; k < HF_POOLS; k++) {
    mb[k] = r->current[k];
    if (isnan(mb[k])) {
      missing++;
      unknown = k;
    } else {
      sum += mb[k];
    }
  }
  if (missing > 1) return 0;
  if (missing == 1) mb[unknown] = fmax(0, r->total - sum);
  return 1;
}

/* The least cost within the limits and the reach, from the present split and
** one other; *looked splits more were looked at. */
static int memory_search_run(hf_work *w, const memory_search *s, uint64_t seed,
                             const double *other, double *best,
                             size_t *looked) {
  hf_colony_task t;
  hf_colony_stats st;
  double start[4], x[2];
  int rc;
  memset(&t, 0, sizeof(t));
  memcpy(start, s->from, 2 * sizeof(double));
  t.starts = 1;
  if (other != NULL) {
    memcpy(start + 2, other, 2 * sizeof(double));
    t.starts = 2;
  }
  t.dim = 2;
  t.lo = s->lo;
  t.hi = s->hi;
  t.start = start;
  t.budget = MEMORY_BUDGET;
  t.seed = seed;
  t.cost = memory_bee;
  t.ctx = (void *)s;
  rc = hf_colony_minimise(w, &t, x, &st);
  if (rc != HF_OK) return rc;
  *looked += st.evaluations;
  memcpy(best, s->from, HF_POOLS * sizeof(double));
  if (st.violation > 0) return HF_OK;
  best[0] = x[0];
  best[1] = x[1];
  best[2] = s->total - x[0] - x[1];
  return HF_OK;
}

/* The best split, however far. */
static int memory_minimise(hf_work *w, memory_search *s, uint64_t seed,
                           hf_memory_plan *p) {
  double exact[HF_POOLS], cost;
  int rc = hf_memory_exact(s->curve, s->total, s->lo, s->hi, exact, &cost);
  s->reach = HUGE_VAL;
  return memory_search_run(w, s, seed, rc == HF_OK ? exact : NULL, p->goal,
                           &p->searched);
}

/* Rounds to whole units towards the present size, never past it. */
static double memory_whole(double mb, double from, double unit) {
  double x = mb > from ? floor(mb / unit + 1e-9) : ceil(mb / unit - 1e-9);
  x *= unit;
  return (mb > from) == (x > from) ? x : mb;
}

/* Whole units, about a thousandth of the total; the application takes the
** rest. */
static void memory_round(const hf_memory_rule *r, const double *lo,
                         const double *from, double *mb) {
  double unit = pow(10, floor(log10(r->total / 1000)));
  double a = memory_whole(mb[0], from[0], unit);
  double b = memory_whole(mb[1], from[1], unit);
  if (a >= lo[0] && b >= lo[1] && r->total - a - b >= lo[2]) {
    mb[0] = a;
    mb[1] = b;
  }
  mb[2] = r->total - mb[0] - mb[1];
}

/* Cost of one past interval, counted back from the newest, ms a second. */
static double memory_interval(const hf_curve *c, const memory_search *s,
                              size_t back, const double *mb) {
  double sum = 0;
  int k;
  for (k = 0; k < HF_POOLS; k++) {
    size_t i;
    if (s->curve[k] == NULL || back >= c[k].n) continue;
    i = c[k].n - 1 - back;
    if (!(c[k].seconds[i] > 0)) continue;
    sum += hf_curve_at(c[k].cost[i], s->total, mb[k]) / c[k].seconds[i];
  }
  return sum;
}

/* Looks back over the intervals: how the recommended split would have done. */
static int memory_look_back(hf_work *w, const hf_curve *c,
                            const memory_search *s, const double *base,
                            hf_memory_plan *p) {
  double gain[HF_CURVE_INTERVALS], weight = 1, all = 0, good = 0;
  size_t i, n = 0, most = 0;
  int k;
  for (k = 0; k < HF_POOLS; k++) {
    if (s->curve[k] != NULL && c[k].n > most) most = c[k].n;
  }
  for (i = 0; i < most; i++, weight *= HF_CURVE_DECAY) {
    double a = memory_interval(c, s, i, base);
    double b = memory_interval(c, s, i, p->recommended);
    int rc = hf_work_check(w, 100);
    if (rc != HF_OK) return rc;
    all += weight;
    /* when all is kept: as good as the goal, within the gain worth a move */
    if (p->kept) {
      b = memory_interval(c, s, i, p->goal);
      if (a * (1 - memory_least_gain) <= b) good += weight;
      b = a;
    } else if (b <= a) {
      good += weight;
    }
    if (a > 0 && weight > .1) gain[n++] = 1 - b / a;
  }
  p->judged = most;
  if (all > 0) p->confidence = (good + .5) / (all + 1);
  if (n >= 5) {
    /* the gain itself averages older intervals, too: it belongs inside */
    p->gain_lo = fmin(p->gain, hf_stat_quantile(gain, n, .05));
    p->gain_hi = fmax(p->gain, hf_stat_quantile(gain, n, .95));
  }
  return HF_OK;
}

/* What the application is left at least when it has no curve. */
static double memory_need(const hf_memory_rule *r) {
  double most = r->total - r->floor[HF_POOL_CACHE] - r->floor[HF_POOL_BUFFER];
  if (!(r->peak > 0) || r->peaks == 0) return NAN;
  return fmin(most,
              fmax(r->floor[HF_POOL_APPLICATION], memory_margin * r->peak));
}

/* Sets the limits of the search: floors, and pools that keep their size.
** Returns how many pools have a curve. */
static int memory_limits(const hf_memory_rule *r, const hf_curve *c,
                         const double *now, memory_search *s) {
  double rest = r->total;
  int k, priced = 0, idle = r->peaks >= MEMORY_PEAKS;
  s->total = r->total;
  for (k = 0; k < HF_POOLS; k++) {
    s->curve[k] = c[k].basis == HF_CURVE_NONE ? NULL : c[k].mean;
    s->lo[k] = r->floor[k];
    if (s->curve[k] != NULL) priced++;
  }
  if (s->curve[HF_POOL_APPLICATION] != NULL) idle = 1;
  if (s->curve[HF_POOL_APPLICATION] == NULL && idle) {
    s->lo[HF_POOL_APPLICATION] = memory_need(r);
  } else if (s->curve[HF_POOL_APPLICATION] != NULL && r->recent > 0) {
    /* spilling is priced, but what is in use is not taken away */
    double used = fmin(r->recent, now[HF_POOL_APPLICATION]);
    s->lo[HF_POOL_APPLICATION] = fmax(r->floor[HF_POOL_APPLICATION], used);
  }
  for (k = 0; k < HF_POOLS; k++) rest -= s->lo[k];
  for (k = 0; k < HF_POOLS; k++) {
    s->hi[k] = s->lo[k] + rest;
    if (s->curve[k] == NULL && (k != HF_POOL_APPLICATION || !idle)) {
      s->lo[k] = s->hi[k] = now[k];
    }
  }
  return priced;
}

/* From the goal to what is recommended now: all of the way, or the best split
** within a step, or, where none gains, a step straight towards the goal. */
static int memory_step(hf_work *w, const hf_memory_rule *r, memory_search *s,
                       hf_memory_plan *p) {
  const double *base = s->from;
  double before = memory_cost(s, base), after = memory_cost(s, p->goal);
  double moved = memory_moved(base, p->goal), way[HF_POOLS];
  double most = memory_most_moved * r->total;
  int k, rc = HF_OK;
  p->kept = !(before - after > memory_least_gain * before);
  if (p->kept || p->held) return HF_OK;
  memcpy(p->recommended, p->goal, sizeof(p->goal));
  p->stepped = moved > most;
  if (p->stepped) {
    for (k = 0; k < HF_POOLS; k++) {
      way[k] = base[k] + most / moved * (p->goal[k] - base[k]);
    }
    s->reach = most;
    rc = memory_search_run(w, s, r->seed, way, p->recommended, &p->searched);
    /* a gain that begins beyond the reach: on towards it all the same */
    if (memory_cost(s, p->recommended) > (1 - memory_least_gain) * before) {
      memcpy(p->recommended, way, sizeof(way));
    }
  }
  if (rc == HF_OK) memory_round(r, s->lo, base, p->recommended);
  return rc;
}

/* Whether the newest row of a pool is old, and whether sizes just changed. */
static void memory_times(const hf_pool *pool, const hf_memory_rule *r,
                         hf_memory_plan *p, int *stale) {
  double newest = -HUGE_VAL, changed = -HUGE_VAL, as_of = r->as_of;
  double step = r->seen_step;
  int k;
  if (!isnan(r->seen)) newest = r->seen;
  for (k = 0; k < HF_POOLS; k++) {
    const hf_pool *q = &pool[k];
    size_t i = q->n;
    if (i == 0) continue;
    newest = fmax(newest, q->ts[i - 1]);
    if (i > 1) {
      step = fmax(step, (q->ts[i - 1] - q->ts[0]) / (double)(i - 1));
    }
    for (; i > 1; i--) {
      if (fabs(q->size[i - 1] - q->size[i - 2]) > 1e-6 * r->total) {
        changed = fmax(changed, q->ts[i - 2]);
        break;
      }
    }
  }
  if (!(as_of > newest)) as_of = newest;
  p->held = as_of - changed < r->interval_seconds;
  *stale = newest > -HUGE_VAL &&
           as_of - newest > MEMORY_STALE * fmax(step, r->interval_seconds);
}

static int memory_rule_ok(const hf_memory_rule *r) {
  double sum = 0;
  int k;
  for (k = 0; k < HF_POOLS; k++) {
    if (!(r->floor[k] >= 0)) return 0;
    sum += r->floor[k];
  }
  return r->total > 0 && sum <= r->total && r->interval_seconds >= 0;
}

/* Nothing is priced: the application gets its peak and a tenth. */
static void memory_pressure(const hf_memory_rule *r, const double *base,
                            hf_memory_plan *p) {
  double need[HF_POOLS], moved;
  int k;
  p->need = memory_need(r);
  if (isnan(p->need)) {
    memcpy(p->recommended, p->current, sizeof(p->recommended));
    memcpy(p->goal, p->current, sizeof(p->goal));
    p->state = HF_MEMORY_BLIND;
    p->gain = NAN;
    return;
  }
  p->state = HF_MEMORY_PRESSURE;
  p->judged = r->peaks;
  /* the next of n + 1 alike is the highest once in n + 1 times; one alone is
   * no measure of the next */
  if (r->peaks > 1) p->confidence = (double)r->peaks / ((double)r->peaks + 1);
  p->kept = base[HF_POOL_APPLICATION] >= p->need;
  if (p->kept || p->held) return;
  memcpy(need, r->floor, sizeof(need));
  need[HF_POOL_APPLICATION] = p->need;
  memory_fit(need, r->total, p->goal);
  moved = memory_moved(base, p->goal);
  p->stepped = moved > memory_most_moved * r->total;
  for (k = 0; k < HF_POOLS; k++) {
    double way = p->stepped ? memory_most_moved * r->total / moved : 1;
    p->recommended[k] = base[k] + way * (p->goal[k] - base[k]);
  }
  memory_round(r, p->stepped ? r->floor : need, base, p->recommended);
}

/* Sizes that keep the floors and sum to the total; what the application uses is
** not taken to put them right, unless there is nothing else to take. */
static void memory_repair(const hf_memory_rule *r, hf_memory_plan *p) {
  double least[HF_POOLS], most;
  memcpy(least, r->floor, sizeof(least));
  most = r->total - least[HF_POOL_CACHE] - least[HF_POOL_BUFFER];
  if (r->recent > least[HF_POOL_APPLICATION]) {
    least[HF_POOL_APPLICATION] = fmin(r->recent, most);
  }
  memcpy(p->recommended, p->current, sizeof(p->current));
  memory_fit(least, r->total, p->recommended);
  memcpy(p->goal, p->recommended, sizeof(p->goal));
}

static int memory_curves(hf_work *w, const hf_pool *pool,
                         const hf_memory_rule *r, hf_curve *c,
                         hf_memory_plan *p) {
  int k;
  for (k = 0; k < HF_POOLS; k++) {
    int rc = hf_curve_make(w, &pool[k], r->total, &c[k]);
    if (rc != HF_OK) return rc;
    p->basis[k] = c[k].basis;
    p->sure[k] = c[k].basis == HF_CURVE_NONE ? 0 : c[k].sure;
  }
  return HF_OK;
}

static int memory_plan(hf_work *w, const hf_pool *pool, const hf_memory_rule *r,
                       hf_memory_plan *p) {
  hf_curve *c = hf_work_zeroed(w, HF_POOLS, sizeof(hf_curve));
  memory_search s;
  int k, rc, stale = 0;
  double before, base[HF_POOLS];
  if (c == NULL) return HF_ENOMEM;
  if (!memory_current(r, p->current)) {
    p->state = HF_MEMORY_NONE;
    p->gain = NAN;
    return HF_OK;
  }
  memcpy(base, p->current, sizeof(base));
  memory_fit(r->floor, r->total, base);
  memcpy(p->recommended, base, sizeof(base));
  memcpy(p->goal, base, sizeof(base));
  memory_times(pool, r, p, &stale);
  if (stale) {
    memcpy(p->recommended, p->current, sizeof(base));
    memcpy(p->goal, p->current, sizeof(base));
    p->state = HF_MEMORY_STALE;
    p->gain = NAN;
    return HF_OK;
  }
  if (memory_moved(base, p->current) > .005 * r->total) {
    p->state = HF_MEMORY_REPAIR;
    memory_repair(r, p);
    return HF_OK;
  }
  rc = memory_curves(w, pool, r, c, p);
  if (rc != HF_OK) return rc;
  if (memory_limits(r, c, base, &s) == 0) {
    memory_pressure(r, base, p);
    return HF_OK;
  }
  if (s.curve[HF_POOL_APPLICATION] == NULL) p->need = memory_need(r);
  memcpy(s.from, base, sizeof(base));
  rc = memory_minimise(w, &s, r->seed, p);
  if (rc == HF_OK) rc = memory_step(w, r, &s, p);
  if (rc != HF_OK) return rc;
  for (k = 0; k < HF_POOLS; k++) {
    if (s.curve[k] == NULL) continue;
    p->before[k] = hf_curve_at(s.curve[k], r->total, base[k]);
    p->after[k] = hf_curve_at(s.curve[k], r->total, p->recommended[k]);
  }
  before = memory_cost(&s, base);
  if (before > 0) p->gain = 1 - memory_cost(&s, p->recommended) / before;
  return memory_look_back(w, c, &s, base, p);
}

int hf_memory_plan_make(hf_work *w, const hf_pool pool[HF_POOLS],
                        const hf_memory_rule *rule, hf_memory_plan *plan) {
  hf_mark m = hf_work_mark(w);
  hf_memory_plan p;
  int k, rc;
  if (!memory_rule_ok(rule)) return HF_ERANGE;
  memset(&p, 0, sizeof(p));
  for (k = 0; k < HF_POOLS; k++) {
    p.current[k] = p.recommended[k] = p.goal[k] = NAN;
    p.before[k] = p.after[k] = NAN;
  }
  p.gain_lo = p.gain_hi = p.need = NAN;
  rc = memory_plan(w, pool, rule, &p);
  if (rc == HF_OK) *plan = p;
  hf_work_release(w, m);
  return rc;
}
