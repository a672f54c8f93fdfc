/*
** crossing.c: first passage to a threshold; see crossing.h.
**
** The history is cut into blocks of a period, or of several where there are
** many, so that daily peaks, or the saw-teeth of a volume that is cleaned, do
** not count as growth; into 30 where there are less than three periods or none.
** Each block gives its extreme: its highest value when the threshold is above.
** course.h says how likely the extremes to come stay short of the threshold.
** Where old samples went into buckets, blocks go on into these: a bucket keeps
** the least and the largest of its samples.
**
** Near: up to one period (at least 48 cells) ahead the forecast of outlook.h
** says how likely each cell is beyond the threshold; by time t it has been
** reached with at least the largest of these probabilities, which is too little
** where each cell is another chance. The course of the extremes counts every
** chance, but knows neither the hour nor the weekday. So the chance of being
** short of it is the geometric mean of what both say (a logarithmic opinion
** pool, Genest and Zidek 1986): at the end of this part exactly, before it in
** the shape that the forecast gives. n blocks make nothing surer than half a
** block in n + 1 (Krichevsky and Trofimov 1981).
**
** Far: by t, beyond the forecast, the threshold has been reached with 1 - (1 -
** what is said of the forecast's whole length) times the course's chance of
** being short of it at t, given that it was short at the forecast's end. The
** reach is twice the time that the history spans: nothing is said beyond.
**
** What a metric can never be (outlook.h's bounds) is not reached.
*/
#include "crossing.h"
#include "course.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum {
  CROSSING_CYCLES = 3, /* cycles before a block is one */
  CROSSING_PARTS = 30, /* blocks otherwise */
  CROSSING_AHEAD = 48,
  CROSSING_TIMES = 260, /* blocks of the reach, with parts of blocks */
  CROSSING_SEED = 1
};

/* What is known of the extremes. */
typedef struct crossing {
  double sign;                 /* -1: all is turned over */
  double limit;                /* the threshold, turned over too */
  double e[HF_COURSE_MOST];    /* [n] extremes */
  size_t n;                    /* blocks; 0: too few to say */
  double block;                /* seconds */
  double ahead, reach;         /* seconds: of the forecast, of all */
  double t[CROSSING_TIMES];    /* [times] in blocks, from the forecast's end */
  double left[CROSSING_TIMES]; /* [times] chance of being short of the limit */
  size_t times;
} crossing;

/* Median of the pairwise slopes of e[n], n >= 2 (Theil 1950; Sen 1968). */
static double crossing_slope(const double *e, size_t n) {
  double slope[HF_COURSE_MOST * (HF_COURSE_MOST - 1) / 2];
  size_t i, j, k = 0;
  for (i = 0; i < n; i++)
    for (j = i + 1; j < n; j++) slope[k++] = (e[j] - e[i]) / (double)(j - i);
  return hf_stat_median(slope, k);
}

/* Cells of a block, of n in all. */
static size_t crossing_size(size_t n, size_t m) {
  size_t cycles = m > 1 ? n / m : 0;
  if (cycles >= CROSSING_CYCLES)
    return m * ((cycles + HF_COURSE_MOST - 1) / HF_COURSE_MOST);
  return n > CROSSING_PARTS ? n / CROSSING_PARTS : 1;
}

/* The extreme of the buckets that begin within [from, to); NaN: none. */
static double crossing_older(const hf_buckets *older, double from, double to,
                             double sign) {
  double most = NAN;
  size_t i = older->n;
  while (i > 0 && older->b[i - 1].ts >= to) i--;
  for (; i > 0 && older->b[i - 1].ts >= from; i--) {
    double x = sign > 0 ? older->b[i - 1].max : -older->b[i - 1].min;
    if (!(most >= x)) most = x;
  }
  return most;
}

/* The extremes of blocks of `size` cells, the newest ones, as far back as there
** is something in each. */
static void crossing_blocks(const hf_grid *g, const hf_buckets *older,
                            size_t size, crossing *c) {
  double end = g->start + (double)g->n * g->step, most = NAN, swap;
  double first = older != NULL ? older->b[0].ts : g->start;
  size_t i, j, left;
  c->block = (double)size * g->step;
  for (c->n = 0; c->n < HF_COURSE_MOST; c->n++) {
    if (end - (double)(c->n + 1) * c->block < first - g->step / 2) break;
    left = g->n > c->n * size ? g->n - c->n * size : 0;
    most = NAN;
    if (older != NULL && left < size)
      most = crossing_older(older, end - (double)(c->n + 1) * c->block,
                            fmin(end - (double)c->n * c->block, g->start),
                            c->sign);
    if (left < size && !(most == most)) break;
    for (j = left > size ? left - size : 0; j < left; j++)
      if (!(most >= c->sign * g->fill[j])) most = c->sign * g->fill[j];
    c->e[c->n] = most;
  }
  for (i = 0; i < c->n / 2; i++) {
    swap = c->e[i];
    c->e[i] = c->e[c->n - 1 - i];
    c->e[c->n - 1 - i] = swap;
  }
  if (c->n < HF_COURSE_LEAST) c->n = 0;
}

/* Cells that the buckets before a grid span; 0 where their extremes are not
** those of its cells, which are means of several samples or as long as they. */
static size_t crossing_before(const hf_grid *g, const hf_buckets *older) {
  double span, data = (double)(g->n - g->filled);
  if (older == NULL || older->n == 0 || g->step >= older->step) return 0;
  if ((double)g->used > 1.1 * data) return 0;
  span = (g->start - older->b[0].ts) / g->step;
  return span > 0 && span < 1e12 ? (size_t)span : 0;
}

/* The chance of being short of the limit from the forecast's end to the reach,
** at each block and at the quarters of the first four. */
static int crossing_ahead(hf_work *w, crossing *c) {
  double at = c->ahead / c->block, last = c->reach / c->block;
  c->times = 0;
  if (c->n == 0) return HF_OK;
  c->t[c->times++] = at;
  while (at < last && c->times < CROSSING_TIMES) {
    at += c->times < 16 ? 0.25 : 1;
    /* the last one is the reach itself */
    if (at > last || c->times + 1 == CROSSING_TIMES) at = last;
    c->t[c->times++] = at;
  }
  return hf_course_left(w, c->e, c->n, c->limit, c->t, c->times, CROSSING_SEED,
                        c->left);
}

/* Probability that a forecast cell is at or beyond the threshold: normal on
** either side, scaled by the 80 % interval up to its bound and by that of 95 %
** beyond it, for the tails are longer than a normal's. */
static double crossing_beyond(const hf_blend *b, size_t s, double threshold,
                              double sign) {
  static const double z80 = 1.2815515655446004, z95 = 1.959963984540054;
  double d = sign * (threshold - b->yhat[s]), y = b->yhat[s], z;
  int over = (sign > 0) == (d > 0); /* 1: the threshold is above yhat */
  double near = over ? b->hi80[s] - y : y - b->lo80[s];
  double far = over ? b->hi95[s] - y : y - b->lo95[s];
  if (!(near > 0)) return d <= 0 ? 1 : 0;
  z = z80 * fabs(d) / near;
  if (z > z80 && far > near)
    z = z80 + (z95 - z80) * (fabs(d) - near) / (far - near);
  return 1 - hf_stat_normal_cdf(d > 0 ? z : -z);
}

/* Times at which probability passes 1/20, 1/2 and 19/20. */
static void crossing_note(double p, double t, double before, double last,
                          hf_crossing *r) {
  static const double level[3] = {0.05, 0.5, 0.95};
  double *at[3];
  size_t i;
  at[0] = &r->lo;
  at[1] = &r->eta;
  at[2] = &r->hi;
  for (i = 0; i < 3; i++) {
    if (!(p >= level[i]) || *at[i] == *at[i]) continue;
    *at[i] =
        p > before ? last + (t - last) * (level[i] - before) / (p - before) : t;
    if (*at[i] < last) *at[i] = last;
  }
}

/* The part of the forecast: r->probability at its end, and what was passed. */
static int crossing_near(hf_work *w, const hf_grid *g, const hf_blend *b,
                         size_t h, double threshold, const crossing *c,
                         hf_crossing *r) {
  double most = 0, power = 1, even = 0, p = 0;
  double *beyond = hf_work_reals(w, h);
  size_t s;
  if (beyond == NULL) return HF_ENOMEM;
  for (s = 0; s < h; s++) {
    double q = crossing_beyond(b, s, threshold, c->sign);
    if (q > most) most = q;
    beyond[s] = most;
  }
  if (c->times > 0 && most < 1) {
    /* in hazards, which add where chances multiply: half of each */
    double hazard = -0.5 * log(fmax(c->left[0], 0.5 / ((double)c->n + 1)));
    double shape = -log(1 - most);
    if (shape > 1e-9) {
      power = 0.5 + hazard / shape;
    } else { /* the forecast gives no shape */
      even = hazard / (double)h;
    }
  }
  for (s = 0; s < h; s++) {
    double before = p, last = (double)s * g->step;
    p = 1 - pow(1 - beyond[s], power) * exp(-even * (double)(s + 1));
    if (g->fill[g->n - 1] == threshold) p = 1;
    crossing_note(p, last + g->step, before, last, r);
  }
  r->probability = p;
  return hf_work_check(w, 40 * h);
}

/* What comes after the forecast. */
static void crossing_far(const crossing *c, hf_crossing *r) {
  double near = 1 - r->probability, p = r->probability;
  size_t i;
  for (i = 1; i < c->times && p < 1; i++) {
    double before = p;
    /* where it should have been reached by then, it is about to be */
    double q = c->left[0] > 0 ? 1 - near * c->left[i] / c->left[0] : 1;
    if (q > p) p = q;
    crossing_note(p, c->t[i] * c->block, before, c->t[i - 1] * c->block, r);
  }
  r->probability = p;
}

/* 1: the limit lies beyond a bound that the history never broke. */
static int crossing_never(const hf_grid *g, const hf_outlook_ask *bounds,
                          const crossing *c) {
  double bound = c->sign > 0 ? bounds->hi : -bounds->lo;
  size_t i;
  if (!(c->limit > bound)) return 0;
  for (i = 0; i < g->n; i++)
    if (c->sign * g->fill[i] > bound) return 0;
  return 1;
}

int hf_crossing_find(hf_work *w, const hf_grid *g, const hf_buckets *older,
                     double threshold, const hf_outlook_ask *bounds,
                     hf_crossing *out) {
  hf_crossing r;
  hf_outlook o;
  hf_outlook_ask ask = *bounds;
  hf_mark mark = hf_work_mark(w);
  hf_rhythm rhythm;
  crossing c;
  size_t n, before = crossing_before(g, older);
  int rc;
  memset(&r, 0, sizeof r);
  memset(&c, 0, sizeof c);
  r.eta = r.lo = r.hi = NAN;
  rc = hf_rhythm_search(w, g->fill, g->n, g->step, &rhythm);
  if (rc != HF_OK) return rc;
  ask.h = rhythm.m > CROSSING_AHEAD ? rhythm.m : CROSSING_AHEAD;
  rc = hf_outlook_run(w, w, g, &ask, &o);
  if (rc != HF_OK) return rc;
  c.sign = g->fill[g->n - 1] <= threshold ? 1 : -1;
  c.limit = c.sign * threshold;
  c.ahead = (double)ask.h * g->step;
  n = g->n + before;
  c.reach = fmax(2 * (double)n * g->step, c.ahead);
  crossing_blocks(g, before > 0 ? older : NULL, crossing_size(n, rhythm.m), &c);
  if (!crossing_never(g, bounds, &c)) {
    rc = crossing_ahead(w, &c);
    if (rc == HF_OK)
      rc = crossing_near(w, g, &o.blend, ask.h, threshold, &c, &r);
    if (rc != HF_OK) return rc;
    crossing_far(&c, &r);
  }
  r.rising = c.sign > 0 ? 1 : -1;
  r.reach = c.reach;
  r.slope = c.n > 0 ? c.sign * crossing_slope(c.e, c.n) * 86400 / c.block : NAN;
  hf_work_release(w, mark);
  *out = r;
  return HF_OK;
}
