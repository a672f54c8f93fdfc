/*
** test_failure.c: boosted trees, signed logistic regression, first passage,
** and learning from failures, on cmocka.
**
** Reference values: logistic regression against Newton's method written with
** numpy 1.24.2 (Python 3.11), ridge 1 but for the intercept, gradient below
** 1e-14; inverse Gaussian
** against the closed form with drift > 0 (Chhikara and Folks 1989) evaluated in
** Python with math.erf.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "num/boost.h"
#include "num/logit.h"
#include "num/passage.h"
#include "ops/failure.h"
#include "ops/failure_like.h"
#include "ops/life.h"
#include "ops/hazard.h"
#include "ops/wear.h"

static void near_to(double got, double want, double off) {
  if (!(fabs(got - want) <= off)) print_message("got %.12g\n", got);
  assert_true(fabs(got - want) <= off);
}

/* A repeatable stand-in for noise, uniform in 0..1. */
static double noise(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (double)(*seed >> 8) / 16777216.0;
}

static void passage_known(void **state) {
  (void)state;
  /* drift 1, sigma 1, gap 1 */
  near_to(hf_passage_cdf(1, 1, 1, 1), 0.668102001223, 1e-10);
  near_to(hf_passage_cdf(0.5, 1, 1, 1), 0.364975548173, 1e-10);
  assert_true(hf_passage_cdf(0, 1, 1, 1) == 0);
  /* away from the limit: exp(2 drift gap / sigma^2) ever get there */
  near_to(hf_passage_cdf(1e9, 1, -1, 1), exp(-2), 1e-9);
  /* a huge product with a tiny one */
  near_to(hf_passage_cdf(100, 100, 1, 0.01), 0.5, 1e-3);
  assert_true(isfinite(hf_passage_cdf(1e-9, 1e6, 1e6, 1e-3)));
}

static void logit_known(void **state) {
  static const double x[] = {0, 1, 1, 0, 2, 0, 3, 0, 4, 0, 5, 1, 6, 1, 7, 1};
  static const double y[] = {0, 0, 0, 1, 0, 1, 1, 1};
  static const double one[] = {1, 1, 1, 1, 1, 1, 1, 1};
  static const signed char open[] = {0, 0}, up[] = {-1, 1};
  test_arena a = {-1, 0};
  hf_work w = test_work(&a);
  double b[3];
  (void)state;
  assert_int_equal(hf_logit_fit(&w, x, y, one, 8, 2, 1, open, b), HF_OK);
  near_to(b[0], 0.838597335548, 1e-8);
  near_to(b[1], 0.267190120865, 1e-8);
  near_to(b[2], -3.020915603179, 1e-8);
  /* the first may only fall, the second only rise: both stay at zero */
  assert_int_equal(hf_logit_fit(&w, x, y, one, 8, 2, 1, up, b), HF_OK);
  assert_true(b[0] == 0 && b[1] >= 0);
  assert_int_equal(hf_logit_fit(&w, x, one, one, 8, 2, 1, open, b), HF_EDATA);
  hf_work_free(&w);
  assert_int_equal(a.held, 0);
}

/* One event in a thousand, and a column that tells it: no divergence. */
static void logit_rare(void **state) {
  enum { N = 2000 };
  static double x[N], y[N], one[N];
  static const signed char sign[] = {1};
  test_arena a = {-1, 0};
  hf_work w = test_work(&a);
  double b[2];
  size_t i;
  (void)state;
  for (i = 0; i < N; i++) {
    one[i] = 1;
    y[i] = i % 1000 == 7;
    x[i] = y[i] ? 8 : 0;
  }
  assert_int_equal(hf_logit_fit(&w, x, y, one, N, 1, 0.1, sign, b), HF_OK);
  assert_true(b[0] > 0 && b[0] < 5 && b[1] < -5);
  hf_work_free(&w);
}

static void boost_step(void **state) {
  enum { N = 400 };
  static double x[2 * N], y[N];
  hf_boost_plan plan = {60, 2, 5, 0.2};
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_boost m, again;
  unsigned seed = 1;
  double row[2];
  size_t i;
  (void)state;
  for (i = 0; i < N; i++) {
    x[2 * i] = noise(&seed);
    x[2 * i + 1] = noise(&seed);
    y[i] = (x[2 * i] > 0.5 ? 10 : 0) + (x[2 * i + 1] > 0.25 ? 1 : 0);
  }
  assert_int_equal(hf_boost_fit(&w, &keep, x, y, N, 2, &plan, &m), HF_OK);
  assert_int_equal(hf_boost_fit(&w, &keep, x, y, N, 2, &plan, &again), HF_OK);
  row[0] = 0.9;
  row[1] = 0.1;
  near_to(hf_boost_predict(&m, row), 10, 0.1);
  assert_true(hf_boost_predict(&m, row) == hf_boost_predict(&again, row));
  row[0] = 0.1;
  row[1] = 0.9;
  near_to(hf_boost_predict(&m, row), 1, 0.1);
  plan.leaf = N;
  assert_int_equal(hf_boost_fit(&w, &keep, x, y, N, 2, &plan, &m), HF_EDATA);
  plan.depth = 7;
  assert_int_equal(hf_boost_fit(&w, &keep, x, y, N, 2, &plan, &m), HF_ERANGE);
  hf_work_free(&w);
  hf_work_free(&keep);
  assert_int_equal(a.held, 0);
}

/* The line against R 4.2.2:
**   i <- 1:40; x <- cbind(sin(i), cos(1.7*i) + 0.5*sin(i))
**   y <- 3 + 2*x[,1] - x[,2] + 0.1*sin(9*i); s <- apply(x, 2, sd)
**   b <- solve(crossprod(scale(x)) + 40*diag(2),
**              crossprod(scale(x), y - mean(y))) / s
**   print(c(b, mean(y) - sum(b*colMeans(x))), digits = 15) */
static void worn_known(void **state) {
  enum { N = 40, D = 3 };
  static double x[N * D], y[N];
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_worn m, same;
  double row[D + 1], line, answer;
  size_t i;
  (void)state;
  for (i = 0; i < N; i++) {
    double k = (double)i + 1;
    x[i * D] = sin(k);
    x[i * D + 1] = cos(1.7 * k) + 0.5 * sin(k);
    x[i * D + 2] = y[i] = 3 + 2 * x[i * D] - x[i * D + 1] + 0.1 * sin(9 * k);
  }
  assert_int_equal(hf_worn_fit(&w, &keep, x, y, N, D, 2, 20, &m), HF_OK);
  near_to(m.weight[0], 0.827024078390449, 1e-12);
  near_to(m.weight[1], -0.268809390803404, 1e-12);
  assert_true(m.weight[2] == 0); /* not for the line */
  near_to(m.base, 3.052185796473223, 1e-12);
  memcpy(row, x, D * sizeof(*row));
  line = m.base + m.weight[0] * row[0] + m.weight[1] * row[1];
  answer = hf_worn_at(&m, row);
  near_to(row[D], line, 1e-12);
  near_to(answer, (line + hf_boost_predict(&m.trees, row)) / 2, 1e-12);
  /* in one arena */
  assert_int_equal(hf_worn_fit(&w, &w, x, y, N, D, 2, 20, &same), HF_OK);
  assert_true(hf_worn_at(&same, row) == hf_worn_at(&m, row));
  /* a column that stands still has no weight */
  for (i = 0; i < N; i++) x[i * D] = 7;
  assert_int_equal(hf_worn_fit(&w, &keep, x, y, N, D, 2, 20, &m), HF_OK);
  assert_true(m.weight[0] == 0 && m.weight[1] != 0);
  /* few lives: the line alone, nearly */
  assert_int_equal(hf_worn_fit(&w, &keep, x, y, N, D, 2, 5, &m), HF_OK);
  near_to(m.bent, 0.2, 1e-12);
  assert_int_equal(hf_worn_fit(&w, &keep, x, y, 1, D, 2, 20, &m), HF_EDATA);
  hf_work_free(&w);
  hf_work_free(&keep);
  assert_int_equal(a.held, 0);
}

static void life_grid(void **state) {
  hf_life l, later, both;
  size_t i;
  (void)state;
  for (i = 0; i < HF_LIFE_N; i++) l.f[i] = 1 - exp(-hf_life_hours(i) / 100);
  l.outlook = l.shows = 1e5;
  near_to(hf_life_within(&l, 50), 1 - exp(-0.5), 1e-3);
  near_to(hf_life_quantile(&l, 0.5), 100 * log(2), 0.2);
  near_to(hf_life_mean(&l), 100, 0.5);
  assert_true(hf_life_within(&l, 0) == 0 && hf_life_within(&l, 1e9) == 1);
  later = l;
  hf_life_later(&later, 70); /* an exponential life does not age */
  near_to(hf_life_within(&later, 50), 1 - exp(-0.5), 2e-3);
  /* a limit within the learned lives: 20 failures more count for a half */
  for (i = 0; i < HF_LIFE_N; i++) later.f[i] = hf_life_hours(i) < 60 ? 0 : 1;
  later.outlook = later.shows = 1e5;
  both = l;
  hf_life_blend(&both, 23, 3, &later);
  near_to(hf_life_within(&both, 100), (1 - exp(-1.0)) / 2 + 0.5, 1e-2);
  near_to(hf_life_within(&both, 30), 1 - exp(-0.3), 1e-2);
  /* long before them: the limit alone */
  for (i = 0; i < HF_LIFE_N; i++) later.f[i] = hf_life_hours(i) < 1 ? 0 : 1;
  both = l;
  hf_life_blend(&both, 23, 3, &later);
  near_to(hf_life_within(&both, 2), 1, 1e-9);
  l.outlook = l.shows = 50;
  assert_true(isinf(hf_life_quantile(&l, 0.5)));
  near_to(hf_life_mean(&l), 100 * (1 - exp(-0.5)), 0.2);
  l.shows = 20; /* later ends count as this */
  near_to(hf_life_mean(&l), 100 * (1 - exp(-0.2)), 0.2);
}

/* Paths with a known crossing: a line, an exponential, no trend. */
static void wear_paths(void **state) {
  enum { N = 150 };
  static double ts[N], v[N];
  hf_samples s = {ts, v, N, HF_GAUGE, 0};
  test_arena a = {-1, 0};
  hf_work w = test_work(&a);
  unsigned seed = 3;
  hf_wear out;
  double mean, since;
  size_t i;
  (void)state;
  for (i = 0; i < N; i++) {
    ts[i] = 3600.0 * (double)i;
    v[i] = 0.1 * (double)i + noise(&seed);
  }
  assert_int_equal(hf_wear_passage(&w, &s, 20, 1, 1, 0, &out), HF_OK);
  mean = hf_life_mean(&out.life);
  assert_in_range((unsigned long)mean, 40, 52); /* (20 - 15.4) / 0.1 = 46 */
  near_to(out.drift, 0.1, 0.01);
  for (i = 0; i < N; i++) v[i] = exp(-(190.0 - (double)i) / 20);
  for (i = 0; i < N; i++) v[i] = 5 - 5 * v[i] + 0.2 * noise(&seed);
  assert_int_equal(hf_wear_passage(&w, &s, 0, 0, 1, 0, &out), HF_OK);
  mean = hf_life_mean(&out.life); /* true: 41 */
  assert_in_range((unsigned long)mean, 28, 60);
  /* where others were seen for long, the young have long to go */
  s.n = 60;
  assert_int_equal(hf_wear_passage(&w, &s, 0, 0, 1, 0, &out), HF_OK);
  mean = hf_life_within(&out.life, 48);
  assert_int_equal(hf_wear_passage(&w, &s, 0, 0, 1, 240, &out), HF_OK);
  assert_true(hf_life_within(&out.life, 48) < 0.8 * mean);
  s.n = N;
  for (i = 0; i < N; i++) v[i] = 10 + noise(&seed);
  assert_int_equal(hf_wear_passage(&w, &s, 20, 1, 1, 0, &out), HF_OK);
  assert_true(hf_life_within(&out.life, 24) < 0.05);
  /* ten times as far ahead as it was watched: no trend is no proof of one */
  assert_true(hf_life_within(&out.life, 1500) < 0.7);
  assert_int_equal(hf_wear_onset(&w, &s, &since), HF_OK);
  assert_true(isnan(since));
  for (i = 100; i < N; i++) v[i] += 2;
  assert_int_equal(hf_wear_onset(&w, &s, &since), HF_OK);
  near_to(since, 3600.0 * 100, 6 * 3600);
  for (i = 0; i < N; i++) v[i] = 10;
  assert_int_equal(hf_wear_passage(&w, &s, 20, 1, 1, 0, &out), HF_EDATA);
  s.n = 11;
  v[3] = 11;
  assert_int_equal(hf_wear_passage(&w, &s, 20, 1, 1, 0, &out), HF_EDATA);
  hf_work_free(&w);
  assert_int_equal(a.held, 0);
}

/* ---- simulated machines whose hazard is known: constant, whatever they show
 */

enum { SIM = 60, SIM_ROWS = 40, SIM_MOST = SIM * SIM_ROWS };

static double sim_wear[SIM_MOST * 5], sim_rare[SIM_MOST * 4];
static double sim_life[SIM_MOST], sim_weight[SIM_MOST];
static size_t sim_group[SIM_MOST];
static unsigned char sim_event[SIM_MOST], sim_late[SIM_MOST];

/* Lives exponential with mean 100 h, watched for at most 200 h; one metric of
** pure noise. */
static hf_failure_set simulate(void) {
  hf_failure_set s;
  unsigned seed = 11;
  size_t i, j, pass, n = 0, group = 0;
  static double life[SIM];
  for (i = 0; i < SIM; i++) life[i] = -100 * log(1 - noise(&seed));
  memset(&s, 0, sizeof(s));
  for (pass = 0; pass < 2; pass++) { /* the failed come first */
    for (i = 0; i < SIM; i++) {
      int fails = life[i] <= 200;
      double end = fails ? life[i] : 200;
      if (fails == (int)pass) continue;
      for (j = 0; j < SIM_ROWS && ((double)j + 0.5) * 5 < end; j++) {
        double left = ((double)j + 0.5) * 5, *x = sim_wear + 5 * n;
        x[0] = x[1] = x[2] = x[3] = noise(&seed);
        x[4] = 50; /* age withheld */
        sim_rare[4 * n] = 1;
        sim_rare[4 * n + 1] = noise(&seed);
        sim_rare[4 * n + 2] = sim_rare[4 * n + 3] = 0;
        sim_life[n] = left;
        sim_weight[n] = 5;
        sim_event[n] = fails != 0;
        sim_late[n] = 1;
        sim_group[n++] = group;
      }
      group++;
    }
    if (pass == 0) s.failed = group;
  }
  s.metrics = 1;
  s.n = n;
  s.scale = 70;
  s.window = 20;
  s.wear = sim_wear;
  s.rare = sim_rare;
  s.life = sim_life;
  s.weight = sim_weight;
  s.group = sim_group;
  s.event = sim_event;
  s.late = sim_late;
  return s;
}

static void failure_calibrated(void **state) {
  hf_failure_set set = simulate();
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_failure_model m;
  double wear[5] = {0.5, 0.5, 0.5, 0.5, 50}, rare[4] = {1, 0.5, 0, 0};
  hf_life life;
  size_t i, metric;
  (void)state;
  assert_int_equal(hf_failure_learn(&w, &keep, &set, &m), HF_OK);
  assert_int_equal(m.wears, 0); /* noise tells nothing */
  assert_int_equal(hf_failure_life(&w, &m, wear, rare, &life), HF_OK);
  /* P(T <= 20 h) = 1 - exp(-0.2) = 0.18; 52 failures: 14% off is one sigma */
  near_to(hf_life_within(&life, 20), 0.181, 0.06);
  near_to(hf_life_within(&m.all, 20), 0.181, 0.06);
  near_to(hf_life_within(&m.all, 100), 1 - exp(-1), 0.1);
  for (i = 1; i < HF_LIFE_N; i++) assert_true(life.f[i] >= life.f[i - 1]);
  assert_int_equal(hf_failure_cause(&w, &m, wear, rare, &metric), HF_OK);
  assert_true(metric <= 1);
  set.failed = 2;
  assert_int_equal(hf_failure_learn(&w, &keep, &set, &m), HF_EDATA);
  hf_work_free(&w);
  hf_work_free(&keep);
  assert_int_equal(a.held, 0);
}

/* Machines that show their life: the model must see it. */
static void failure_wears(void **state) {
  hf_failure_set set = simulate();
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_failure_model m;
  double wear[5] = {0, 0, 0, 0, 50}, rare[4] = {0, 0, 0, 0};
  hf_life soon, late;
  unsigned seed = 5;
  size_t i, metric;
  (void)state;
  for (i = 0; i < set.n; i++) {
    double left = set.life[i] + (set.event[i] ? 0 : 100);
    double shown = exp(-left / 30) + 0.02 * noise(&seed);
    set.wear[5 * i] = set.wear[5 * i + 1] = shown;
    set.wear[5 * i + 2] = set.wear[5 * i + 3] = shown;
  }
  assert_int_equal(hf_failure_learn(&w, &keep, &set, &m), HF_OK);
  assert_int_equal(m.wears, 1);
  wear[0] = wear[1] = wear[2] = wear[3] = exp(-10.0 / 30);
  assert_int_equal(hf_failure_life(&w, &m, wear, rare, &soon), HF_OK);
  assert_int_equal(hf_failure_cause(&w, &m, wear, rare, &metric), HF_OK);
  assert_int_equal(metric, 0);
  wear[0] = wear[1] = wear[2] = wear[3] = 0.01;
  assert_int_equal(hf_failure_life(&w, &m, wear, rare, &late), HF_OK);
  assert_true(hf_life_within(&soon, 20) > 0.8);
  assert_true(hf_life_within(&late, 20) < 0.1);
  near_to(hf_life_quantile(&soon, 0.5), 10, 6);
  hf_work_free(&w);
  hf_work_free(&keep);
}

/* Four failures: a metric that tells these machines apart by its level, but
** never moves, must not be learned from; one that moves the same way is. */
static void failure_few(void **state) {
  enum { FEW = 4, ROWS = 30, N = FEW * ROWS, D = 9 };
  static double wear[N * D], rare[N * 7], life[N], weight[N];
  static size_t group[N];
  static unsigned char event[N], late[N];
  static const double spans[FEW] = {60, 90, 120, 150};
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_failure_set set;
  hf_failure_model m;
  double x[D], none[7] = {0};
  hf_life high, low, sick;
  unsigned seed = 9;
  size_t g, k, j, metric;
  (void)state;
  memset(&set, 0, sizeof(set));
  for (g = 0; g < FEW; g++) {
    for (k = 0; k < ROWS; k++) {
      size_t i = g * ROWS + k;
      double left = spans[g] * ((double)k + 0.5) / ROWS;
      double shown = exp(-left / 15) + 0.05 * noise(&seed);
      double level = 100 - spans[g] / 2 + 0.1 * noise(&seed);
      for (j = 0; j < 4; j++) {
        wear[i * D + j] = j < 2 ? level : 0.1 * noise(&seed);
        wear[i * D + 4 + j] = shown;
      }
      wear[i * D + 8] = 50;
      life[i] = left;
      weight[i] = spans[g] / ROWS;
      group[i] = g;
      event[i] = late[i] = 1;
    }
  }
  set.metrics = 2;
  set.failed = FEW;
  set.n = N;
  set.scale = 105;
  set.window = 7;
  set.wear = wear;
  set.rare = rare;
  set.life = life;
  set.weight = weight;
  set.group = group;
  set.event = event;
  set.late = late;
  assert_int_equal(hf_failure_learn(&w, &keep, &set, &m), HF_OK);
  assert_int_equal(m.wears, 1);
  for (j = 0; j < D; j++) x[j] = j == 8 ? 50 : j < 2 ? 25 : 0.025;
  assert_int_equal(hf_failure_life(&w, &m, x, none, &low), HF_OK);
  x[0] = x[1] = 70;
  assert_int_equal(hf_failure_life(&w, &m, x, none, &high), HF_OK);
  assert_memory_equal(&low, &high, sizeof(low));
  assert_int_equal(hf_failure_cause(&w, &m, x, none, &metric), HF_OK);
  assert_int_equal(metric, 2); /* nothing shortens this life */
  for (j = 4; j < 8; j++) x[j] = exp(-5.0 / 15);
  assert_int_equal(hf_failure_life(&w, &m, x, none, &sick), HF_OK);
  assert_true(hf_life_within(&sick, 20) > hf_life_within(&low, 20) + 0.5);
  assert_int_equal(hf_failure_cause(&w, &m, x, none, &metric), HF_OK);
  assert_int_equal(metric, 1);
  hf_work_free(&w);
  hf_work_free(&keep);
  assert_int_equal(a.held, 0);
}

/* A fleet of machines that wear at different rates, `failed` of which failed
 * and the others run, each up to a random instant before its failure. Their
 * first metric shows the share of life that is gone, but for noise.
 * left[fleet]: the life left of those that run, hours; row[fleet]: their newest
 * row. */
enum { FLEET = 40, FLEET_ROWS = 30, FLEET_WIDE = 5 };

static hf_failure_set fleet(unsigned seed, size_t failed, double *left,
                            size_t *row) {
  static double wear[FLEET * FLEET_ROWS * FLEET_WIDE];
  static double rare[FLEET * FLEET_ROWS * 4];
  static double life[FLEET * FLEET_ROWS], weight[FLEET * FLEET_ROWS];
  static size_t group[FLEET * FLEET_ROWS];
  static unsigned char event[FLEET * FLEET_ROWS], late[FLEET * FLEET_ROWS];
  hf_failure_set s = {0};
  size_t g, k, j;
  for (g = 0; g < FLEET; g++) {
    double span = 100 + 150 * noise(&seed);
    double until = g < failed ? span : span - 5 - 90 * noise(&seed);
    left[g] = span - until;
    row[g] = s.n;
    for (k = 0; k < FLEET_ROWS; k++) {
      double age = until * (1 - ((double)k + 0.5) / FLEET_ROWS);
      double shown = 10 * pow(age / span, 3) + 0.3 * noise(&seed);
      for (j = 0; j < 4; j++) wear[s.n * FLEET_WIDE + j] = shown;
      wear[s.n * FLEET_WIDE + 4] = age;
      life[s.n] = until - age;
      weight[s.n] = until / FLEET_ROWS;
      group[s.n] = g;
      event[s.n] = g < failed;
      late[s.n++] = 1;
    }
  }
  s.metrics = 1;
  s.failed = failed;
  s.scale = 175;
  s.window = 11;
  s.wear = wear;
  s.rare = rare;
  s.life = life;
  s.weight = weight;
  s.group = group;
  s.event = event;
  s.late = late;
  return s;
}

/* Equal wear at half the age came twice as fast; unless ages say nothing. */
static void failure_ages(void **state) {
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_failure_model m;
  double left[FLEET], none[4] = {0}, x[5] = {5.27, 5.27, 5.27, 5.27, 90};
  size_t row[FLEET], i;
  hf_failure_set set = fleet(7, 30, left, row);
  hf_life young, old;
  (void)state;
  assert_int_equal(hf_failure_learn(&w, &keep, &set, &m), HF_OK);
  assert_int_equal(m.wears, 1);
  /* four fifths of life are gone: 90 / 4 and 190 / 4 hours are left */
  assert_int_equal(hf_failure_life(&w, &m, x, none, &young), HF_OK);
  x[4] = 190;
  assert_int_equal(hf_failure_life(&w, &m, x, none, &old), HF_OK);
  assert_true(hf_life_within(&young, 35) > 0.8);
  assert_true(hf_life_within(&old, 35) < 0.2);
  /* machines that joined the history at any age */
  for (i = 0; i < set.n; i++) set.wear[5 * i + 4] += 300.0 * (set.group[i] % 7);
  assert_int_equal(hf_failure_learn(&w, &keep, &set, &m), HF_OK);
  assert_true(m.era == 0);
  hf_work_free(&w);
  hf_work_free(&keep);
  assert_int_equal(a.held, 0);
}

/* Of the lives left of those that run, nine in ten lie within the interval, be
** the failures on record many or few; it is narrow where they are many; and
** lives are hardly foretold longer than they are, although those that run were
** chosen for having outlived others. */
static void failure_covers(void **state) {
  static const size_t failed[3] = {5, 10, 30};
  size_t f, i, row[FLEET];
  unsigned seed;
  (void)state;
  for (f = 0; f < 3; f++) {
    double in = 0, all = 0, wide = 0, late = 0, none[4] = {0}, left[FLEET];
    for (seed = 1; seed <= 30; seed++) {
      test_arena a = {-1, 0};
      hf_work w = test_work(&a), keep = test_work(&a);
      hf_failure_set set = fleet(seed, failed[f], left, row);
      hf_failure_model m;
      assert_int_equal(hf_failure_learn(&w, &keep, &set, &m), HF_OK);
      for (i = failed[f]; i < FLEET; i++) {
        hf_life life;
        double lo, hi;
        assert_int_equal(
            hf_failure_life(&w, &m, set.wear + 5 * row[i], none, &life), HF_OK);
        hf_life_range(&life, hf_life_share(failed[f]), &lo, &hi);
        in += left[i] >= lo && left[i] <= hi;
        wide += fmin(hi, life.shows) - fmin(lo, life.shows);
        late += hf_life_mean(&life) - left[i];
        all++;
      }
      hf_work_free(&w);
      hf_work_free(&keep);
    }
    near_to(in / all, 0.91, 0.04);
    if (failed[f] == 30) assert_true(wide / all < 21);
    assert_true(late / all < 9);
  }
}

/* The shortest interval: an exponential life ends soon or late, one that hardly
** ends within what shows is open above, one like a bell is cut on both sides. */
static void life_range(void **state) {
  hf_life l;
  double lo, hi;
  size_t i;
  (void)state;
  for (i = 0; i < HF_LIFE_N; i++) l.f[i] = 1 - exp(-hf_life_hours(i) / 100);
  l.outlook = l.shows = 1e6;
  hf_life_range(&l, 0.9, &lo, &hi);
  near_to(lo, -100 * log(1 - 0.005), 0.1);
  near_to(hi, -100 * log(1 - 0.905), 2);
  l.shows = 50; /* three in five last longer */
  hf_life_range(&l, 0.9, &lo, &hi);
  near_to(lo, -100 * log(1 - 0.1), 0.2);
  assert_true(isinf(hi));
  l.outlook = l.shows = 2; /* one in fifty ends within sight */
  hf_life_range(&l, 0.9, &lo, &hi);
  assert_true(lo == 2 && isinf(hi));
  for (i = 0; i < HF_LIFE_N; i++) {
    double z = (hf_life_hours(i) - 100) / 10;
    l.f[i] = 0.5 * erfc(-z / sqrt(2.0));
  }
  l.outlook = l.shows = 1e6;
  hf_life_range(&l, 0.9, &lo, &hi);
  near_to(hi - lo, 2 * 1.645 * 10, 2);
  near_to(hi + lo, 200, 8);
  /* few lives must tell more of what they hold */
  near_to(hf_life_share(0), 0.93, 1e-12);
  near_to(hf_life_share(90), 0.905, 1e-12);
  near_to(hf_life_share(10), 0.945, 1e-12);
  near_to(hf_life_share(3), 0.95, 1e-12);
}

/* Who still runs counts in full where the failed were the short-lived few, and
** little where they lived as long. */
static void failure_still_run(void **state) {
  static const double longer[] = {90, 120, 100, 300, 250, NAN};
  static const double alike[] = {90, 120, 100, 95, 110, NAN};
  static const double half[] = {100, 100, 90, 110, 110, 90};
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_failure_model m;
  double left[FLEET];
  size_t row[FLEET], i;
  hf_failure_set set = fleet(7, 20, left, row);
  (void)state;
  near_to(hf_failure_running(longer, 3, 6), 1, 1e-12);
  near_to(hf_failure_running(alike, 3, 6), 0.1, 1e-12);
  /* of nine pairs six are won and one is even */
  near_to(hf_failure_running(half, 3, 6), 4 * 6.5 / 9 - 2, 1e-12);
  near_to(hf_failure_running(alike, 3, 3), 1, 1e-12);
  assert_int_equal(hf_failure_learn(&w, &keep, &set, &m), HF_OK);
  print_message("R %g\n", m.running);
  assert_true(m.running < 0.5);
  for (i = 0; i < set.n; i++) { /* the same wear, but who runs came far */
    if (!set.event[i]) set.wear[FLEET_WIDE * i + 4] += 200;
  }
  assert_int_equal(hf_failure_learn(&w, &keep, &set, &m), HF_OK);
  near_to(m.running, 1, 1e-12);
  hf_work_free(&w);
  hf_work_free(&keep);
  assert_int_equal(a.held, 0);
}

/* Memory that runs out anywhere: the code, nothing held, outputs untouched. */
static void failure_memory(void **state) {
  hf_failure_set set = simulate();
  long n;
  int rc = HF_ENOMEM;
  (void)state;
  for (n = 0; rc == HF_ENOMEM && n < 200; n++) {
    test_arena a = {n, 0};
    hf_work w = test_work(&a), keep = test_work(&a);
    hf_failure_model m;
    memset(&m, 7, sizeof(m));
    rc = hf_failure_learn(&w, &keep, &set, &m);
    if (rc != HF_OK) assert_int_equal(((unsigned char *)&m)[0], 7);
    hf_work_free(&w);
    hf_work_free(&keep);
    assert_int_equal(a.held, 0);
  }
  assert_int_equal(rc, HF_OK);
  assert_true(n > 2);
}

/* Those with the smaller counter fail more often, by chance: what only grows
** never makes safer, what falls at times may. */
static void hazard_signs(void **state) {
  enum { N = 400 };
  static double rare[N * 4], life[N], weight[N];
  static unsigned char event[N], late[N];
  static size_t group[N];
  double beta[5], mean[4], unit[4];
  hf_failure_set s = {0};
  hf_failure_model m = {0};
  test_arena a = {-1, 0};
  hf_work w = test_work(&a);
  size_t i;
  (void)state;
  for (i = 0; i < N; i++) {
    rare[4 * i] = 1;
    rare[4 * i + 1] = (double)(i % 10);
    rare[4 * i + 3] = (double)(i % 7);
    event[i] = i % 10 < 3 && i % 2 == 0;
    life[i] = event[i] ? 1 : 50;
    weight[i] = 10;
    group[i] = i;
  }
  s.metrics = 1;
  s.n = N;
  s.window = 10;
  s.rare = rare;
  s.life = life;
  s.weight = weight;
  s.group = group;
  s.event = event;
  s.late = late;
  m.beta = beta;
  m.mean = mean;
  m.unit = unit;
  assert_int_equal(hf_hazard_fit(&w, &s, &m), HF_OK);
  assert_true(beta[0] == 0 && beta[1] == 0 && beta[3] >= 0);
  near_to(beta[4], log(0.2 / 0.8), 0.1); /* 80 of 400 fail */
  rare[2] = -1;
  assert_int_equal(hf_hazard_fit(&w, &s, &m), HF_OK);
  assert_true(beta[1] < -0.3);
  for (i = 0; i < N; i++) event[i] = i < 2;
  assert_int_equal(hf_hazard_fit(&w, &s, &m), HF_EDATA);
  hf_work_free(&w);
  assert_int_equal(a.held, 0);
}

static void features_known(void **state) {
  static double ts[] = {0, 3600, 7200, 10800, 14400, 18000};
  static double v[] = {1, 2, 3, NAN, 5, 6};
  hf_samples s = {ts, v, 6, HF_GAUGE, 0};
  double start = 1, wear[5], rare[4];
  hf_track t = {&s, &start, 0};
  (void)state;
  hf_failure_features(&t, 1, 18000, 2, wear, rare);
  near_to(wear[0], 3.4, 1e-12);
  near_to(wear[1], 3.4, 1e-12);
  near_to(wear[2], 5, 1e-12); /* 1 an hour over 5 hours */
  near_to(wear[3], 2.4, 1e-12);
  near_to(wear[4], 5, 1e-12);
  near_to(rare[1], log(7), 1e-12);
  near_to(rare[2], log(4), 1e-12); /* 6 - 3: two hours ago stood NULL, and
                                      3 before it */
  /* what comes later is not looked at */
  hf_failure_features(&t, 1, 3600, 2, wear, rare);
  near_to(wear[0], 1.5, 1e-12);
  s.n = 0;
  hf_failure_features(&t, 1, 3600, 2, wear, rare);
  assert_true(isnan(wear[0]) && rare[0] == 0);
}

/* A lone burst does not show in the features of wear, be it the newest value;
** two in a row may be how an end begins. */
static void features_bursts(void **state) {
  enum { N = 40 };
  static double ts[N], v[N];
  static const size_t at[3] = {0, 25, N - 1};
  hf_samples s = {ts, v, N, HF_GAUGE, 0};
  double start = 0, wear[5], calm[5], rare[4];
  hf_track t = {&s, &start, 0};
  size_t i, j;
  (void)state;
  for (i = 0; i < N; i++) {
    ts[i] = 3600.0 * (double)i;
    v[i] = 5 + 0.01 * (double)i + 0.1 * sin(9.0 * (double)i);
  }
  hf_failure_features(&t, 1, ts[N - 1], 2, calm, rare);
  for (i = 0; i < 3; i++) {
    double was = v[at[i]];
    v[at[i]] = i == 1 ? -1e6 : 1e6;
    hf_failure_features(&t, 1, ts[N - 1], 2, wear, rare);
    for (j = 0; j < 5; j++) near_to(wear[j], calm[j], 0.1);
    v[at[i]] = was;
  }
  v[N - 1] = v[N - 2] = 50;
  hf_failure_features(&t, 1, ts[N - 1], 2, wear, rare);
  assert_true(wear[0] > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(passage_known),  cmocka_unit_test(logit_known),
      cmocka_unit_test(logit_rare),     cmocka_unit_test(boost_step),
      cmocka_unit_test(worn_known),     cmocka_unit_test(life_grid),
      cmocka_unit_test(wear_paths),     cmocka_unit_test(failure_calibrated),
      cmocka_unit_test(failure_wears),  cmocka_unit_test(failure_few),
      cmocka_unit_test(failure_ages),   cmocka_unit_test(failure_covers),
      cmocka_unit_test(life_range),     cmocka_unit_test(failure_still_run),
      cmocka_unit_test(failure_memory), cmocka_unit_test(features_known),
      cmocka_unit_test(hazard_signs),   cmocka_unit_test(features_bursts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
