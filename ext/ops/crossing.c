/*
** crossing.c: first passage to a threshold; see crossing.h.
**
** Near: up to one period (at least 48 cells) ahead the forecast of outlook.h
** says how likely each cell is beyond the threshold; by time t it has been
** reached with at least the largest of these probabilities.
**
** Far: the history is cut into blocks of a period (so that daily peaks, or
** the saw-teeth of a volume that is cleaned, do not count as growth; into 30
** where there are too few periods or none), at most 60 of them, and each block
** gives its extreme: its highest value when the threshold is above. The
** extremes wander as a random walk with drift plus noise. Drift: the median of
** the pairwise slopes (Theil 1950; Sen 1968), times the share of it that came
** true: the same is asked at up to 12 origins in the newer half, and what
** followed is regressed on what was expected. Walk and noise: the variance
** of differences grows with the blocks between them by the walk's variance; one
** block and a third of all are compared, for neighbours alone would take a week
** in the days for a walk. How far the noise reaches say the extremes that lie
** farthest towards the threshold, where that is less than its variance does.
** The walk passes the threshold by the inverse Gaussian distribution; the noise
** of any block may reach it, too, and alone does where the level lies beyond
** already. Both are averaged over the uncertainty of drift and level (three
** points of Gauss and Hermite each); a drift is no surer than its two halves
** agree, nor than it came true at those origins.
**
** By t, beyond the forecast, the threshold has been reached with 1 - (1 - what
** the forecast says of its whole length) times the far chance of being short of
** it at t, given that it was short at the forecast's end. The reach is twice
** the time that the history spans: nothing is said beyond.
**
** Measured on eight simulated processes of 30 days (walks, lines with noise and
** days, saw-teeth, growth that turns, steps; 200 of each): 3 % reached the
** threshold before the lower limit, 3 % of all after the upper one; where one
** was given 94 % were in time, of walks with drift and of growth that turned
** 83 to 87 %, of the others 90 to 100 %.
*/
#include "crossing.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum {
  CROSSING_BLOCKS = 60,
  CROSSING_LEAST = 4,    /* blocks for a drift */
  CROSSING_CYCLES = 6,   /* cycles before a block is one */
  CROSSING_PARTS = 30,   /* blocks otherwise */
  CROSSING_ORIGINS = 12, /* of the replay */
  CROSSING_AHEAD = 48,
  CROSSING_TIMES = 400 /* points in time that are tried, evenly in log time */
};

double hf_crossing_passage(double distance, double drift, double variance,
                           double t) {
  double sd = sqrt(variance * t), a, b, far;
  if (distance <= 0) return 1;
  if (!(sd > 0)) return drift * t >= distance ? 1 : 0;
  a = hf_stat_normal_cdf((drift * t - distance) / sd);
  far = 2 * drift * distance / variance;
  b = hf_stat_normal_cdf((-drift * t - distance) / sd);
  /* the second term is a product of a huge and a tiny number: by logs */
  b = b > 0 && far < 700 ? exp(far) * b : 0;
  a += b;
  return a > 1 ? 1 : a;
}

/* Drift and variances of the walk and of its estimate, all a block. */
typedef struct crossing_walk {
  size_t n;        /* blocks */
  double level;    /* of the newest extremes */
  double slope;    /* of the past, a block */
  double drift;    /* of the future, a block */
  double variance; /* of the walk, a block */
  double noise;    /* variance of an extreme about the walk */
  double tail;     /* standard deviation of the noise towards the threshold */
  double unsure;   /* variance of the drift */
  double vague;    /* variance of the level */
  double block;    /* seconds */
} crossing_walk;

/* Variance of e[i + k] - e[i] - k drift. */
static double crossing_growth(const double *e, size_t n, size_t k,
                              double drift) {
  double sum = 0;
  size_t i;
  for (i = k; i < n; i++) {
    double d = e[i] - e[i - k] - (double)k * drift;
    sum += d * d;
  }
  return n > k ? sum / (double)(n - k) : 0;
}

/* Median of the pairwise slopes of e[n], n >= 2. */
static double crossing_drift(const double *e, size_t n) {
  double slope[CROSSING_BLOCKS * (CROSSING_BLOCKS - 1) / 2];
  size_t i, j, k = 0;
  for (i = 0; i < n; i++)
    for (j = i + 1; j < n; j++) slope[k++] = (e[j] - e[i]) / (double)(j - i);
  return hf_stat_median(slope, k);
}

/* Level of the newest extremes: of three, each carried on by the drift. */
static double crossing_level(const double *e, size_t n, double drift) {
  double near[3];
  size_t i;
  for (i = 0; i < 3; i++) near[i] = e[n - 3 + i] + (double)(2 - i) * drift;
  return hf_stat_median(near, 3);
}

/* The share, 0..1, of the drifts found at origins in the newer half that came
** true: least squares through the origin of what was gone on what was expected,
** each origin counting alike, nearer blocks more. */
static double crossing_true(const double *e, size_t n) {
  size_t from = n / 2 > CROSSING_LEAST ? n / 2 : CROSSING_LEAST, o, k;
  size_t stride = n > from ? (n - from) / CROSSING_ORIGINS : 0;
  double both = 0, own = 0, share;
  if (stride < 1) stride = 1;
  for (o = from; o < n; o += stride) {
    double drift = crossing_drift(e, o), level = crossing_level(e, o, drift);
    for (k = 1; k <= n - o; k++) {
      double weight = 1 / ((double)k * (double)(n - o));
      double want = drift * (double)k, gone = e[o + k - 1] - level;
      both += weight * want * gone;
      own += weight * want * want;
    }
  }
  share = own > 0 ? both / own : 1;
  return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* Standard deviation of the noise by its upper third: the slope of the
** extremes, less the drift and the median, against normal scores (Blom 1958).
*/
static double crossing_tail(const double *e, size_t n, double drift) {
  double r[CROSSING_BLOCKS], mid, both = 0, own = 0;
  size_t i;
  for (i = 0; i < n; i++) r[i] = e[i] - drift * (double)i;
  hf_stat_sort(r, n);
  mid = hf_stat_quantile_sorted(r, n, 0.5);
  for (i = n - n / 3; i < n; i++) {
    double score =
        hf_stat_normal_quantile(((double)i + 0.625) / ((double)n + 0.25));
    both += score * (r[i] - mid);
    own += score * score;
  }
  return own > 0 ? both / own : HUGE_VAL;
}

/* Variance of the drift as those origins saw it: the squares of what was gone
** beyond the share of what was expected, less what walk and noise explain, over
** the squares of the blocks gone. */
static double crossing_turns(const double *e, size_t n, double share,
                             double walk, double noise) {
  size_t from = n / 2 > CROSSING_LEAST ? n / 2 : CROSSING_LEAST, o, k;
  size_t stride = n > from ? (n - from) / CROSSING_ORIGINS : 0;
  double sum = 0, all = 0;
  if (stride < 1) stride = 1;
  for (o = from; o < n; o += stride) {
    double drift = crossing_drift(e, o), level = crossing_level(e, o, drift);
    for (k = 1; k <= n - o; k++) {
      double miss = e[o + k - 1] - level - share * drift * (double)k;
      /* of the walk since, of the extreme, of the level */
      sum += miss * miss - walk * (double)k - noise - 0.45 * (noise + walk);
      all += (double)k * (double)k;
    }
  }
  return sum > 0 && all > 0 ? sum / all : 0;
}

static void crossing_fit(const double *e, crossing_walk *c) {
  double v1, far, noise, walk, turn, share, seen;
  size_t n = c->n, wide = n > 8 ? 4 : 2;
  if (wide < n / 3) wide = n / 3;
  c->slope = c->drift = crossing_drift(e, n);
  c->level = crossing_level(e, n, c->drift);
  v1 = crossing_growth(e, n, 1, c->drift);
  far = crossing_growth(e, n, wide, c->drift);
  walk = (far - v1) / ((double)wide - 1);
  if (walk < 0) walk = 0;
  if (walk > v1) walk = v1;
  noise = v1 > walk ? (v1 - walk) / 2 : 0;
  c->variance = walk + 2 * noise / (double)n;
  c->noise = noise;
  c->tail = crossing_tail(e, n, c->drift);
  if (c->tail > sqrt(noise)) c->tail = sqrt(noise);
  c->unsure = walk / (double)n + 12 * noise / pow((double)n, 3);
  /* what the halves differ by, beyond what walk and noise explain (n / 2 blocks
   * each), the drift may change by again */
  turn = crossing_drift(e + n / 2, n - n / 2) - crossing_drift(e, n / 2);
  turn = turn * turn - 4 * walk / (double)n - 192 * noise / pow((double)n, 3);
  if (turn > 0) c->unsure += turn;
  /* what of the drift did not come true it may do yet, or more may fail */
  share = crossing_true(e, n);
  c->unsure += pow((1 - share) * c->drift, 2);
  seen = crossing_turns(e, n, share, walk, noise);
  if (seen > c->unsure) c->unsure = seen;
  c->drift *= share;
  /* the variance of the median of three is 0.45 of theirs */
  c->vague = 0.45 * (noise + walk);
}

/* Extremes of blocks of `size` cells, the newest blocks; sign -1 turns the
** series over. Returns the number of blocks. */
static size_t crossing_blocks(const hf_grid *g, size_t size, double sign,
                              double *e) {
  size_t n = g->n / size, i, j;
  if (n > CROSSING_BLOCKS) n = CROSSING_BLOCKS;
  for (i = 0; i < n; i++) {
    const double *x = g->fill + (g->n - (n - i) * size);
    e[i] = sign * x[0];
    for (j = 1; j < size; j++)
      if (sign * x[j] > e[i]) e[i] = sign * x[j];
  }
  return n;
}

/* One guess at the drift and the level of the walk. */
typedef struct crossing_guess {
  double weight, drift, distance; /* distance from the level now */
  size_t block;                   /* blocks that `before` and `after` span */
  double before, after;           /* chance that no noise reached it in so many
                                     blocks, and in one more */
} crossing_guess;

enum { CROSSING_GUESSES = 9 };

/* Three points of Gauss and Hermite for the drift times three for the level. */
static void crossing_guesses(const crossing_walk *c, double distance,
                             crossing_guess *g) {
  static const double at[3] = {-1.7320508075688772, 0, 1.7320508075688772};
  static const double weight[3] = {1.0 / 6, 2.0 / 3, 1.0 / 6};
  size_t i;
  for (i = 0; i < CROSSING_GUESSES; i++) {
    g[i].weight = weight[i / 3] * weight[i % 3];
    g[i].drift = c->drift + at[i / 3] * sqrt(c->unsure);
    g[i].distance = distance + at[i % 3] * sqrt(c->vague);
    g[i].block = 0;
    g[i].before = g[i].after = 1;
  }
}

/* Chance that the extreme of the k-th block from now stays short of the
** threshold though the walk does, too. */
static double crossing_short(const crossing_walk *c, const crossing_guess *g,
                             size_t k) {
  double d = g->distance - g->drift * (double)k;
  if (!(c->tail > 0)) return d > 0 ? 1 : 0;
  return hf_stat_normal_cdf(d / c->tail);
}

/* Chance that the threshold has not been reached t seconds on: neither by the
** walk nor by the noise of any block. t must not fall from call to call. */
static double crossing_left(const crossing_walk *c, crossing_guess *g,
                            double t) {
  double blocks = t / c->block, left = 0, part;
  size_t i, k = (size_t)blocks;
  part = blocks - (double)k;
  for (i = 0; i < CROSSING_GUESSES; i++) {
    double walk = 0, noise;
    while (g[i].block < k + 1) {
      g[i].before = g[i].after;
      g[i].after *= crossing_short(c, &g[i], ++g[i].block);
    }
    noise = g[i].before + part * (g[i].after - g[i].before);
    /* what lies beyond already is a matter of the noise */
    if (g[i].distance > 0)
      walk =
          hf_crossing_passage(g[i].distance, g[i].drift, c->variance, blocks);
    left += g[i].weight * (1 - walk) * noise;
  }
  return left;
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

int hf_crossing_find(hf_work *w, const hf_grid *g, double threshold,
                     const hf_outlook_ask *bounds, hf_crossing *out) {
  hf_crossing r;
  hf_outlook o;
  hf_outlook_ask ask = *bounds;
  hf_mark mark = hf_work_mark(w);
  crossing_walk c;
  crossing_guess guess[CROSSING_GUESSES];
  double e[CROSSING_BLOCKS], sign, now = g->fill[g->n - 1], p = 0, last = 0;
  double reach = 2 * (double)g->n * g->step, ahead, first, near, base;
  hf_rhythm rhythm;
  size_t i, s, size;
  int rc;
  memset(&r, 0, sizeof r);
  memset(&c, 0, sizeof c);
  r.eta = r.lo = r.hi = NAN;
  rc = hf_rhythm_search(w, g->fill, g->n, g->step, &rhythm);
  if (rc != HF_OK) return rc;
  ask.h = rhythm.m > CROSSING_AHEAD ? rhythm.m : CROSSING_AHEAD;
  rc = hf_outlook_run(w, w, g, &ask, &o);
  if (rc != HF_OK) return rc;
  sign = now <= threshold ? 1 : -1;
  size = g->n / CROSSING_PARTS > 1 ? g->n / CROSSING_PARTS : 1;
  if (rhythm.m > 1 && g->n / rhythm.m >= CROSSING_CYCLES) size = rhythm.m;
  c.block = (double)size * g->step;
  c.n = crossing_blocks(g, size, sign, e);
  if (c.n >= CROSSING_LEAST) crossing_fit(e, &c);
  ahead = (double)ask.h * g->step;
  for (s = 0; s < ask.h && p < 1; s++) {
    double t = ((double)s + 1) * g->step, before = p, q;
    q = crossing_beyond(&o.blend, s, threshold, sign);
    if (q > p) p = q;
    if (now == threshold) p = 1;
    crossing_note(p, t, before, last, &r);
    last = t;
  }
  first = log(ahead);
  near = 1 - p;
  crossing_guesses(&c, sign * threshold - c.level, guess);
  base = c.n >= CROSSING_LEAST ? crossing_left(&c, guess, ahead) : NAN;
  for (i = 1; i <= CROSSING_TIMES && reach > ahead && base == base; i++) {
    double t = exp(first + (log(reach) - first) * (double)i / CROSSING_TIMES);
    double before = p, q;
    if (p >= 1) break;
    /* where it should have been reached by then, it is about to be */
    q = base > 0 ? 1 - near * crossing_left(&c, guess, t) / base : 1;
    if (q > p) p = q;
    crossing_note(p, t, before, last, &r);
    last = t;
  }
  r.rising = sign > 0 ? 1 : -1;
  r.probability = p;
  r.reach = reach > ahead ? reach : ahead;
  r.slope = c.n >= CROSSING_LEAST ? sign * c.slope * 86400 / c.block : NAN;
  hf_work_release(w, mark);
  *out = r;
  return hf_work_check(w, CROSSING_TIMES * 100);
}
