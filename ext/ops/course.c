/*
** course.c: local linear trend, its uncertainty, and paths; see course.h.
**
** Model (Harvey 1989, ch. 2): y = level + noise; the level moves by the slope
** and a walk, the slope by a walk of its own, each step. How the variance of a
** step is shared between noise and walk, and how much the slope turns, few
** values do not tell. So nothing is chosen: a grid of shares and turns, with a
** slope and with none, each weighed by the likelihood of y (Kalman 1960, the
** level diffuse, the common variance integrated out under its usual prior, so
** that the predictions are Student's). With and without a slope are equally
** likely beforehand; a slope has the prior of unit information (Kass and
** Wasserman 1995), its variance that of one difference, times the square of the
** mean difference in standard deviations where that is more than 1 (local
** empirical Bayes, Liang et al. 2008): else a clean line would look wild.
**
** Paths: each takes one of these guesses, in proportion to their weights, a
** variance and a newest level and slope from what y says of them, and moves on
** by the times asked for. Between two of them a walk may have been at the limit
** and back: that it was not has probability 1 - exp(-2 a b / v) for distances a
** and b at both ends and variance v of the walk (Brownian bridge). The noise of
** each step may reach it, too: reach.h, fitted to the standardised innovations
** of the likeliest guess. A path carries the probability that neither
** happened; their mean is the answer.
*/
#include "course.h"
#include "reach.h"
#include "../num/rng.h"
#include "../num/stat.h"

#include <math.h>

enum {
  COURSE_SHARES = 9,
  COURSE_TURNS = 5,
  COURSE_GUESSES = COURSE_SHARES * (COURSE_TURNS + 1),
  COURSE_PATHS = 300
};

/* One guess, in units of the common variance, and what y says of it. */
typedef struct course_guess {
  double walk, turn, noise; /* variances a step */
  double prior;             /* variance of the slope beforehand */
  double level, slope;      /* means of the newest state given y */
  double ll, ls, ss;        /* and its covariances */
  double squares;           /* of the standardised innovations, their sum */
  double weight;            /* all sum to 1 */
} course_guess;

/* Filters y[n] into g; z[n - 1], or NULL: the innovations, each over its
** standard deviation. Returns the logarithm of the likelihood. */
static double course_filter(const double *y, size_t n, course_guess *g,
                            double *z) {
  double a = y[0], b = 0, ll = g->noise, ls = 0, ss = g->prior, det = 0;
  size_t i;
  g->squares = 0;
  for (i = 1; i < n; i++) {
    double f, v, kl, ks;
    a += b;
    ll += 2 * ls + ss + g->walk;
    ls += ss;
    ss += g->turn;
    f = ll + g->noise;
    v = y[i] - a;
    kl = ll / f;
    ks = ls / f;
    a += kl * v;
    b += ks * v;
    ss -= ks * ls;
    ls -= kl * ls;
    ll -= kl * ll;
    det += log(f);
    g->squares += v * v / f;
    if (z != NULL) z[i - 1] = v / sqrt(f);
  }
  g->level = a;
  g->slope = b;
  g->ll = ll;
  g->ls = ls;
  g->ss = ss;
  return -0.5 * (det + (double)(n - 1) * log(g->squares + 1e-300));
}

/* What the variance of a slope is times that of a difference. */
static double course_wide(const double *y, size_t n) {
  double mean = (y[n - 1] - y[0]) / (double)(n - 1), squares = 0, wide;
  size_t i;
  for (i = 1; i < n; i++) {
    double d = y[i] - y[i - 1] - mean;
    squares += d * d / (double)(n - 1);
  }
  wide = mean * mean / (squares + 1e-8 * mean * mean + 1e-300);
  return wide > 1 ? wide : 1;
}

/* All guesses with their weights; returns the likeliest. */
static const course_guess *course_weigh(const double *y, size_t n,
                                        course_guess *g) {
  double wide = course_wide(y, n);
  static const double share[COURSE_SHARES] = {0,    0.001, 0.004, 0.015, 0.05,
                                              0.15, 0.4,   0.75,  1};
  static const double turn[COURSE_TURNS] = {0, 1e-4, 1e-3, 1e-2, 1e-1};
  double all = 0, most;
  size_t i, k, best = 0;
  for (i = 0; i < COURSE_GUESSES; i++) {
    course_guess *x = &g[i];
    k = i % (COURSE_TURNS + 1); /* the last one has no slope */
    x->walk = share[i / (COURSE_TURNS + 1)];
    x->noise = 1 - x->walk;
    x->turn = k < COURSE_TURNS ? turn[k] : 0;
    x->prior = wide * (x->walk + 2 * x->noise) + x->turn * (double)n;
    if (k == COURSE_TURNS) x->prior = 0;
    x->weight = course_filter(y, n, x, NULL);
    if (k < COURSE_TURNS) x->weight -= log(COURSE_TURNS);
    if (x->weight > g[best].weight) best = i;
  }
  most = g[best].weight;
  for (i = 0; i < COURSE_GUESSES; i++) {
    g[i].weight = exp(g[i].weight - most);
    all += g[i].weight;
  }
  for (i = 0; i < COURSE_GUESSES; i++) g[i].weight /= all;
  return &g[best];
}

static double course_normal(hf_rng *r) {
  return hf_stat_normal_quantile(hf_rng_uniform(r) + 5e-17);
}

/* A path: where it is, and how it moves. */
typedef struct course_path {
  double level, slope;
  double walk, turn; /* standard deviations a step */
  double noise;
} course_path;

/* Draws a path from what y[n] says under a guess. */
static void course_draw(hf_rng *r, const course_guess *g, size_t n,
                        course_path *p) {
  double df = (double)n - 1, a, sd, both;
  /* a chi-square by Wilson and Hilferty 1931 */
  a = 1 - 2 / (9 * df) + course_normal(r) * sqrt(2 / (9 * df));
  if (a < 0.1) a = 0.1;
  sd = sqrt(g->squares / (df * a * a * a));
  a = course_normal(r);
  p->level = g->level + sd * sqrt(g->ll) * a;
  both = g->ll > 0 ? g->ls / sqrt(g->ll) : 0;
  p->slope = g->slope + sd * both * a;
  a = g->ss - both * both;
  p->slope += sd * sqrt(a > 0 ? a : 0) * course_normal(r);
  p->walk = sd * sqrt(g->walk);
  p->turn = sd * sqrt(g->turn);
  p->noise = sqrt(g->squares / df * g->noise);
}

/* Moves a path by dt steps; returns the probability that it stays below the
** limit until then. */
static double course_move(hf_rng *r, course_path *p, double dt, double limit,
                          const hf_reach *reach) {
  double before = limit - p->level, after, left = 1;
  if (p->turn > 0) p->slope += p->turn * sqrt(dt) * course_normal(r);
  p->level += p->slope * dt;
  if (p->walk > 0) p->level += p->walk * sqrt(dt) * course_normal(r);
  after = limit - p->level;
  /* where there is noise alone, a level beyond is a matter of the noise */
  if (after <= 0 && (p->walk > 0 || !(p->noise > 0))) return 0;
  if (p->walk > 0 && before > 0)
    left = -expm1(-2 * before * after / (p->walk * p->walk * dt));
  if (p->noise > 0) left *= exp(dt * hf_reach_stay(reach, after / p->noise));
  return left;
}

int hf_course_left(hf_work *w, const double *y, size_t n, double limit,
                   const double *t, size_t times, uint64_t seed, double *left) {
  course_guess guess[COURSE_GUESSES], top;
  hf_reach reach;
  hf_rng r;
  double u[HF_COURSE_MOST] = {0}, z[HF_COURSE_MOST] = {0}, lo, hi, unit, sum;
  size_t i, k, at = 0;
  int rc = HF_OK;
  if (n < HF_COURSE_LEAST || n > HF_COURSE_MOST) return HF_EDATA;
  /* in a unit whose squares neither vanish nor overflow */
  hf_stat_range(y, n, &lo, &hi);
  unit = hi > lo ? hi - lo : 1;
  for (i = 0; i < n; i++) u[i] = (y[i] - lo) / unit;
  limit = (limit - lo) / unit;
  top = *course_weigh(u, n, guess);
  course_filter(u, n, &top, z);
  sum = sqrt(top.squares / (double)(n - 1));
  for (i = 0; i + 1 < n; i++) z[i] = sum > 0 ? z[i] / sum : 0;
  hf_reach_fit(z, n - 1, &reach);
  for (k = 0; k < times; k++) left[k] = 0;
  sum = guess[0].weight;
  for (i = 0; i < COURSE_PATHS && rc == HF_OK; i++) {
    double alive = 1, before = 0;
    course_path p;
    while (at + 1 < COURSE_GUESSES && sum < ((double)i + 0.5) / COURSE_PATHS)
      sum += guess[++at].weight;
    /* a path of its own, however far others went */
    r.state = seed + (i + 1) * 0xd1342543de82ef95u;
    course_draw(&r, &guess[at], n, &p);
    for (k = 0; k < times && alive > 0; k++) {
      alive *= course_move(&r, &p, t[k] - before, limit, &reach);
      left[k] += alive;
      before = t[k];
    }
    rc = hf_work_check(w, times * 100);
  }
  for (k = 0; k < times; k++) left[k] /= COURSE_PATHS;
  return rc;
}
