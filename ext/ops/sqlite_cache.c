/*
** sqlite_cache.c: see sqlite_cache.h.
**
** Which misses count. A page that is read for the first time misses at any
** size. While the cache is not full each miss makes it grow by a page; once it
** is full each miss puts another page out. So of m misses in an interval in
** which the cache grew by g pages, m - g were read into a full cache: with room
** for the whole database they would have been hits. In a cache that ends an
** interval with room left none is counted: other reasons, as a write by
** another connection, may have emptied it. One that is still filling up tells
** nothing yet.
**
** How large. SQLite takes memory as pages come, cache_size is only a limit. So
** where the whole database may fit, that is the size, and what it saves is
** known without a model: every one of those misses. Elsewhere the curve of
** misses over sizes has to be found out by steps: locally a power law
** (C. Chow, "On optimization of storage hierarchies", IBM J. Res. Dev. 18,
** 1974), misses ~ size^-b, from two sizes that were in force, under like loads
** (sqlite_like.h); one size alone foretells nothing, and a step from there is a
** trial.
**
** How much memory. Short: less than a tenth of the total is available; then
** what is missing to a tenth is given back. Between one tenth and two nothing
** grows, so that the two do not take turns. Beyond, half of what is free above
** two tenths may be taken: others may grow, too. What is available is a count
** of pages that could be freed, not of the harm that does; pressure stall (J.
** Weiner, "PSI - Pressure Stall Information", Linux kernel documentation,
** accounting/psi) measures the harm: the share of the time in which some task
** waited for memory. Above a tenth a quarter of what the cache takes is given
** back, again after each collection until it is less; above a hundredth nothing
** grows.
**
** Confidence is Laplace's rule of succession over the intervals at this size.
*/
#include "sqlite_cache.h"

#include <math.h>
#include <string.h>
#include "sqlite_like.h"

enum {
  SQLITE_CACHE_FEW = 3,    /* intervals that say something */
  SQLITE_CACHE_RECENT = 30 /* of a size, the newest ones count */
};

/* Worth a change: as much as for the other pools of memory. */
static const double sqlite_cache_worth = 0.02;

/* Fewer misses a page fetched than this are not worth one, whatever they cost.
 */
static const double sqlite_cache_rare = 1e-5;

/* Limits that differ by less are one size. */
static const double sqlite_cache_same = 0.02;

/* Given back at a time where tasks wait for memory. */
static const double sqlite_cache_back = 0.25;

/* What SQLite keeps besides each page, bytes at the most. */
static const double sqlite_cache_head = 300.0 / 1048576;

static int sqlite_cache_equal(double a, double b) {
  return fabs(a - b) <= sqlite_cache_same * fmax(a, b);
}

void hf_sqlite_capacity(const hf_sqlite_pages *p, double *capacity) {
  size_t i;
  for (i = 0; i < p->n; i++) {
    double before = 0, grown;
    capacity[i] = NAN;
    if (!(p->hits[i] + p->misses[i] > 0) || !(p->limit[i] >= 0) ||
        !(p->used[i] >= 0) || !(p->page_mb > 0)) {
      continue;
    }
    if (i > 0 && p->connection[i] == p->connection[i - 1]) {
      if (!sqlite_cache_equal(p->limit[i], p->limit[i - 1]) ||
          !(p->used[i - 1] >= 0)) {
        continue;
      }
      before = p->used[i - 1];
    }
    grown = fmax(0, (p->used[i] - before) / p->page_mb);
    if (grown * p->page_mb > sqlite_cache_same * p->limit[i]) continue;
    capacity[i] =
        p->used[i] < 0.95 * p->limit[i] ? 0 : fmax(0, p->misses[i] - grown);
  }
}

/* What the newest intervals of one size tell. */
typedef struct sqlite_cache_level {
  double limit;   /* MB */
  double fetched; /* pages, summed */
  double missed;
  double full;    /* of these, in a full cache */
  double lo, hi;  /* 90% of full / missed over intervals */
  size_t n, with; /* intervals; of these with misses in a full cache */
  double cost[SQLITE_CACHE_RECENT]; /* full / fetched of each */
  double pages[SQLITE_CACHE_RECENT];
} sqlite_cache_level;

/* The newest intervals whose limit is `limit` MB, from index `from` back. */
static void sqlite_cache_look(const hf_sqlite_pages *p, const double *capacity,
                              double limit, size_t from,
                              sqlite_cache_level *l) {
  size_t i;
  memset(l, 0, sizeof(*l));
  l->limit = limit;
  l->lo = 1;
  for (i = from; i > 0 && l->n < SQLITE_CACHE_RECENT; i--) {
    double fetched = p->hits[i - 1] + p->misses[i - 1], share;
    if (isnan(capacity[i - 1])) continue;
    if (!sqlite_cache_equal(p->limit[i - 1], limit)) continue;
    l->cost[l->n] = capacity[i - 1] / fetched;
    l->pages[l->n] = fetched;
    l->fetched += fetched;
    l->missed += p->misses[i - 1];
    l->full += capacity[i - 1];
    l->n++;
    if (capacity[i - 1] > 0) l->with++;
    share = p->misses[i - 1] > 0 ? capacity[i - 1] / p->misses[i - 1] : 0;
    l->lo = fmin(l->lo, share);
    l->hi = fmax(l->hi, share);
  }
}

/* The newest smaller size that enough intervals had; 0 when there is none. */
static int sqlite_cache_smaller(const hf_sqlite_pages *p,
                                const double *capacity, double limit,
                                sqlite_cache_level *l) {
  size_t i;
  for (i = p->n; i > 0; i--) {
    double other = p->limit[i - 1];
    if (!(other < limit) || sqlite_cache_equal(other, limit)) continue;
    if (isnan(capacity[i - 1])) continue;
    sqlite_cache_look(p, capacity, other, i, l);
    if (l->n >= SQLITE_CACHE_FEW && l->full > 0) return 1;
  }
  return 0;
}

/* MB that a cache of the whole database and a tenth more needs. */
static double sqlite_cache_whole(const hf_sqlite_pages *p) {
  double pages = 1.1 * p->database_mb / p->page_mb + 16;
  return ceil(pages * (p->page_mb + sqlite_cache_head));
}

static hf_sqlite_costs sqlite_cache_costs(const sqlite_cache_level *l) {
  hf_sqlite_costs c;
  c.cost = l->cost;
  c.pages = l->pages;
  c.n = l->n;
  return c;
}

/* Variance of the mean of the costs of x over those of `base` under a like load,
** over the square of that mean. */
static double sqlite_cache_variance(const hf_sqlite_costs *base,
                                    const hf_sqlite_costs *x) {
  double ratio[SQLITE_CACHE_RECENT], sum = 0, square = 0, mean, n;
  size_t i;
  hf_sqlite_like(base, x, ratio);
  for (i = 0; i < x->n; i++) {
    sum += ratio[i];
    square += ratio[i] * ratio[i];
  }
  n = (double)x->n;
  mean = sum / n;
  if (!(x->n > 1) || !(mean > 0)) return HUGE_VAL;
  return fmax(0, square / n - mean * mean) / (n - 1) / (mean * mean);
}

/* A step to `size`: what it saves by the two sizes seen. */
static void sqlite_cache_step(const sqlite_cache_level *now,
                              const sqlite_cache_level *other, double size,
                              hf_sqlite_cache_plan *plan) {
  double width = log(now->limit / other->limit);
  double full = now->full / now->missed, grow = log(size / now->limit);
  hf_sqlite_costs small = sqlite_cache_costs(other);
  hf_sqlite_costs large = sqlite_cache_costs(now);
  double b = fmax(0, -log(hf_sqlite_left(&small, &large)) / width);
  double spread = sqlite_cache_variance(&small, &small) +
                  sqlite_cache_variance(&small, &large);
  spread = 1.645 * sqrt(spread) / width;
  plan->other_mb = other->limit;
  plan->gain = full * (1 - exp(-b * grow));
  plan->gain_lo = full * (1 - exp(-fmax(0, b - spread) * grow));
  plan->gain_hi = full * (1 - exp(-(b + spread) * grow));
  if (plan->gain < sqlite_cache_worth) {
    plan->state = HF_SQLITE_SLOPE;
  } else {
    plan->state = HF_SQLITE_STEP;
    plan->recommended = size;
    plan->forecast = plan->capacity * exp(-b * grow);
  }
}

static void sqlite_cache_grow(const hf_sqlite_pages *p, const double *capacity,
                              const sqlite_cache_level *now,
                              hf_sqlite_cache_plan *plan) {
  sqlite_cache_level other;
  double whole = NAN, size;
  if (p->database_mb > 0) whole = sqlite_cache_whole(p);
  if (whole > plan->current && whole <= plan->cap) {
    plan->state = HF_SQLITE_WHOLE;
    plan->recommended = whole;
    plan->gain = now->full / now->missed;
    plan->gain_lo = now->lo;
    plan->gain_hi = now->hi;
    plan->forecast = 0;
    return;
  }
  size = 2 * plan->current;
  if (1.1 * size > plan->cap) size = plan->cap; /* no small step behind it */
  if (isnan(plan->cap)) {
    plan->state = HF_SQLITE_BLIND;
  } else if (size < 1.1 * plan->current) {
    plan->state = HF_SQLITE_CAPPED;
  } else if (sqlite_cache_smaller(p, capacity, plan->current, &other)) {
    sqlite_cache_step(now, &other, size, plan);
  } else {
    plan->state = HF_SQLITE_TRIAL;
    plan->recommended = size;
  }
}

/* Most that the cache may have, with `used` MB in it. */
static double sqlite_cache_cap(const hf_sqlite_memory *m, double used) {
  double cap = NAN;
  if (m->available_mb >= 0 && m->total_mb > 0) {
    double room = m->available_mb - 2 * HF_SQLITE_RESERVE * m->total_mb;
    cap = used + fmax(0, room / 2);
  }
  if (m->stalled > HF_SQLITE_STALLING) cap = used;
  if (isnan(m->most_mb)) return cap;
  return isnan(cap) ? m->most_mb : fmin(cap, m->most_mb);
}

/* Gives back what is missing to the reserve, or what the operator does not
** allow: 1 when there is anything to give. */
static int sqlite_cache_tight(const hf_sqlite_memory *m, double used,
                              hf_sqlite_cache_plan *plan) {
  double size = plan->current;
  if (m->available_mb >= 0 && m->total_mb > 0) {
    double lacks = HF_SQLITE_RESERVE * m->total_mb - m->available_mb;
    if (lacks > 0) size = fmin(size, used - lacks);
  }
  if (m->stalled > HF_SQLITE_STALLED) {
    size = fmin(size, (1 - sqlite_cache_back) * used);
  }
  if (m->most_mb < size) size = m->most_mb;
  size = fmax(size, HF_SQLITE_FLOOR_MB);
  if (!(size < 0.98 * plan->current)) return 0;
  plan->state = HF_SQLITE_TIGHT;
  plan->recommended = size;
  return 1;
}

void hf_sqlite_cache(const hf_sqlite_pages *p, const double *capacity,
                     const hf_sqlite_memory *m, hf_sqlite_cache_plan *plan) {
  sqlite_cache_level now;
  double used;
  memset(plan, 0, sizeof(*plan));
  plan->current = plan->recommended = plan->gain = plan->gain_lo =
      plan->gain_hi = plan->ratio = plan->capacity = plan->other_mb =
          plan->forecast = plan->cap = NAN;
  if (p->n == 0) return;
  plan->current = plan->recommended = p->limit[p->n - 1];
  used = p->used[p->n - 1];
  if (!(plan->current > 0) || !(used >= 0) || !(p->page_mb > 0)) return;
  plan->cap = sqlite_cache_cap(m, used);
  if (sqlite_cache_tight(m, used, plan)) return;
  sqlite_cache_look(p, capacity, plan->current, p->n, &now);
  plan->judged = now.n;
  plan->state = HF_SQLITE_FEW;
  if (now.n < SQLITE_CACHE_FEW) return;
  plan->ratio = now.missed / now.fetched;
  plan->capacity = now.full / now.fetched;
  plan->confidence = ((double)now.with + 1) / ((double)now.n + 2);
  plan->state = HF_SQLITE_FITS;
  if (now.full > sqlite_cache_worth * now.missed &&
      plan->capacity > sqlite_cache_rare) {
    sqlite_cache_grow(p, capacity, &now, plan);
  } else {
    plan->confidence = 1 - plan->confidence;
  }
}
