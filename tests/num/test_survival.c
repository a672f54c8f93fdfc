/*
** test_survival.c: what is learned from failures against R, and its
** calibration on simulated components whose hazard is known, on cmocka.
**
** Reference values: R 4.2.2, survfit() of package survival 3.5.3 and glm();
** the commands stand at the tests.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "num/logit.h"
#include "ops/failure.h"

static void near_to(double got, double want, double off) {
  if (!(fabs(got - want) <= off)) print_message("got %.12g\n", got);
  assert_true(fabs(got - want) <= off);
}

/* A repeatable stand-in for noise, uniform in 0..1. */
static double noise(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return ((double)(*seed >> 8) + 0.5) / 16777216.0;
}

/* A learning set of one metric, filled row by row. */
enum { SURVIVAL_ROWS = 16000 };
static double survival_wear[5 * SURVIVAL_ROWS];
static double survival_rare[4 * SURVIVAL_ROWS];
static double survival_life[SURVIVAL_ROWS], survival_weight[SURVIVAL_ROWS];
static size_t survival_group[SURVIVAL_ROWS];
static unsigned char survival_event[SURVIVAL_ROWS];
static unsigned char survival_late[SURVIVAL_ROWS];

static hf_failure_set survival_set(void) {
  hf_failure_set s;
  memset(&s, 0, sizeof(s));
  s.metrics = 1;
  s.wear = survival_wear;
  s.rare = survival_rare;
  s.life = survival_life;
  s.weight = survival_weight;
  s.group = survival_group;
  s.event = survival_event;
  s.late = survival_late;
  return s;
}

static void survival_row(hf_failure_set *s, double life, int event,
                         double weight, size_t group) {
  size_t i = s->n++;
  assert_true(i < SURVIVAL_ROWS);
  memset(s->wear + 5 * i, 0, 5 * sizeof(double));
  memset(s->rare + 4 * i, 0, 4 * sizeof(double));
  s->life[i] = life;
  s->event[i] = event != 0;
  s->weight[i] = weight;
  s->group[i] = group;
  s->late[i] = 1;
}

/* The curve of all lives is Kaplan and Meier's:
**   i <- 1:60; life <- 5 + 90 * ((i * 0.6180339887) %% 1)
**   f <- survfit(Surv(life, i %% 3 != 0) ~ 1, weights = 1 + i %% 4)
**   1 - summary(f, times = 2^(c(66, 74, ...)/8 - 6))$surv */
static void survival_curve(void **state) {
  static const struct {
    size_t at;
    double f;
  } want[] = {{66, 0},
              {74, 0.0600000000000001},
              {82, 0.1005132299270074},
              {84, 0.1571738138686132},
              {86, 0.2071278906401396},
              {90, 0.2826395201029833},
              {94, 0.4035429717710197},
              {96, 0.5595394253078301},
              {98, 0.6476315402462640},
              {100, 0.8643381429948116}};
  hf_failure_set s = survival_set();
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_failure_model m;
  size_t i, group = 0;
  int pass;
  (void)state;
  for (pass = 0; pass < 2; pass++) { /* the failed come first */
    for (i = 1; i <= 60; i++) {
      double turn = (double)i * 0.6180339887;
      int event = i % 3 != 0;
      if (event == pass) continue;
      survival_row(&s, 5 + 90 * (turn - floor(turn)), event,
                   1 + (double)(i % 4), group++);
    }
    if (pass == 0) s.failed = group;
  }
  s.scale = 50;
  s.window = 20;
  assert_int_equal(hf_failure_learn(&w, &keep, &s, &m), HF_OK);
  for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
    near_to(m.all.f[want[i].at], want[i].f, 1e-12);
  }
  hf_work_free(&w);
  hf_work_free(&keep);
}

/* With next to no ridge, logistic regression is maximum likelihood:
**   i <- 1:40; a <- sin(i); b <- cos(1.7*i); y <- as.integer(sin(3*i) + a > .2)
**   coef(glm(y ~ a + b, family = binomial, weights = 1 + i %% 3,
**            control = list(epsilon = 1e-14, maxit = 100))) */
static void survival_glm(void **state) {
  enum { N = 40 };
  static const signed char open[] = {0, 0};
  double x[2 * N], y[N], weight[N], beta[3];
  test_arena a = {-1, 0};
  hf_work w = test_work(&a);
  size_t i;
  (void)state;
  for (i = 0; i < N; i++) {
    double k = (double)i + 1;
    x[2 * i] = sin(k);
    x[2 * i + 1] = cos(1.7 * k);
    y[i] = sin(3 * k) + sin(k) > 0.2;
    weight[i] = 1 + (double)((i + 1) % 3);
  }
  assert_int_equal(hf_logit_fit(&w, x, y, weight, N, 2, 1e-10, open, beta),
                   HF_OK);
  near_to(beta[0], 3.072815864298380, 1e-6);
  near_to(beta[1], -0.928706942130555, 1e-6);
  near_to(beta[2], -0.808144207937238, 1e-6);
  hf_work_free(&w);
}

/* Components of a constant hazard, .002 an hour, ten times that where a
** counter differs from zero: the stated probability is the true one, within
** three standard errors of what so many failures can tell. */
static void survival_hazard(void **state) {
  enum { N = 400 };
  static const double hazard[] = {0.002, 0.02};
  static const double off[] = {0.015, 0.05};
  hf_failure_set s = survival_set();
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_failure_model m;
  double life[N];
  unsigned seed = 11;
  size_t i, j, group = 0;
  int pass, z;
  (void)state;
  for (i = 0; i < N; i++) life[i] = -log(noise(&seed)) / hazard[i % 2];
  for (pass = 0; pass < 2; pass++) {
    for (i = 0; i < N; i++) {
      int event = life[i] <= 200;
      double end = event ? life[i] : 200;
      if (event == pass) continue;
      for (j = 0; ((double)j + 0.5) * 5 < end; j++) {
        survival_row(&s, ((double)j + 0.5) * 5, event, 5, group);
        survival_rare[4 * (s.n - 1)] = (double)(i % 2);
        survival_rare[4 * (s.n - 1) + 1] = (double)(i % 2) * log(2);
        survival_wear[5 * (s.n - 1)] = noise(&seed);
      }
      group++;
    }
    if (pass == 0) s.failed = group;
  }
  s.scale = 70;
  s.window = 20;
  assert_int_equal(hf_failure_learn(&w, &keep, &s, &m), HF_OK);
  assert_int_equal(m.wears, 0);
  for (z = 0; z < 2; z++) {
    double wear[5] = {0.5, 0, 0, 0, 0}, rare[4] = {z, z * log(2), 0, 0};
    hf_life one;
    assert_int_equal(hf_failure_life(&w, &m, wear, rare, &one), HF_OK);
    near_to(hf_life_within(&one, 20), 1 - exp(-20 * hazard[z]), off[z]);
  }
  hf_work_free(&w);
  hf_work_free(&keep);
}

/* What a sensor shows of a machine with `left` hours to live. */
static void survival_sensor(double *wear, double left, double age,
                            unsigned *seed) {
  double level = exp(-left / 30);
  size_t j;
  for (j = 0; j < 4; j++) wear[j] = level + 0.1 * (noise(seed) - 0.5);
  wear[4] = age;
}

/* Machines that show their end exponentially, learned from 60 lives: on 2,000
** fresh ones the stated probabilities of an end within 30 hours are as often
** right as they say, by tenths, and 90% intervals hold what they promise. */
static void survival_calibrated(void **state) {
  enum { LIVES = 60, FRESH = 2000 };
  hf_failure_set s = survival_set();
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a);
  hf_failure_model m;
  double said[10] = {0}, came[10] = {0}, n[10] = {0}, held = 0, brier = 0;
  unsigned seed = 3;
  size_t i, j;
  (void)state;
  for (i = 0; i < LIVES; i++) {
    double life = 130 + 140 * noise(&seed);
    for (j = 0; ((double)j + 0.5) * 6 < life; j++) {
      double left = ((double)j + 0.5) * 6;
      survival_row(&s, left, 1, 6, i);
      survival_sensor(survival_wear + 5 * (s.n - 1), left, life - left, &seed);
    }
  }
  s.failed = LIVES;
  s.scale = 200;
  s.window = 200.0 / 16;
  assert_int_equal(hf_failure_learn(&w, &keep, &s, &m), HF_OK);
  assert_int_equal(m.wears, 1);
  for (i = 0; i < FRESH; i++) {
    double life = 130 + 140 * noise(&seed), left = life * noise(&seed);
    double wear[5], rare[4] = {0, 0, 0, 0}, p;
    hf_life one;
    survival_sensor(wear, left, life - left, &seed);
    assert_int_equal(hf_failure_life(&w, &m, wear, rare, &one), HF_OK);
    p = hf_life_within(&one, 30);
    j = p >= 1 ? 9 : (size_t)(p * 10);
    said[j] += p;
    came[j] += left <= 30;
    n[j] += 1;
    brier += (p - (left <= 30)) * (p - (left <= 30));
    held += left >= hf_life_quantile(&one, 0.05) &&
            left <= hf_life_quantile(&one, 0.95);
  }
  for (j = 0; j < 10; j++) {
    /* three standard errors of the count, and .08 for what 60 lives teach */
    double p = n[j] > 0 ? said[j] / n[j] : 0;
    if (n[j] < 20) continue;
    near_to(came[j] / n[j], p, 0.08 + 3 * sqrt(p * (1 - p) / n[j]));
  }
  assert_true(brier / FRESH < 0.03);
  near_to(held / FRESH, 0.9, 0.06);
  hf_work_free(&w);
  hf_work_free(&keep);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(survival_curve),
      cmocka_unit_test(survival_glm),
      cmocka_unit_test(survival_hazard),
      cmocka_unit_test(survival_calibrated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
