/*
** test_anomaly.c: ops/anomaly.c and ops/shape.c.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "arena.h"
#include "ops/anomaly.h"
#include "ops/shape.h"

enum { N = 3000 };

static double noise(uint32_t *s) {
  *s = *s * 1664525u + 1013904223u;
  return *s / 4294967296.0 - 0.5;
}

typedef struct fixture {
  test_arena arena;
  hf_work w;
  double ts[N], y[N];
  hf_samples s;
} fixture;

/* A daily rhythm of 100 samples with noise. */
static int begin(void **state) {
  fixture *f = calloc(1, sizeof(*f));
  uint32_t seed = 7;
  int i;
  if (f == NULL) return 1;
  f->arena.left = -1;
  f->w = test_work(&f->arena);
  for (i = 0; i < N; i++) {
    f->ts[i] = 1e9 + 864.0 * i;
    f->y[i] = 50 + 20 * sin(i * 0.0628318530717958648) + 4 * noise(&seed);
  }
  f->s.ts = f->ts;
  f->s.value = f->y;
  f->s.n = N;
  *state = f;
  return 0;
}

static int end(void **state) {
  fixture *f = *state;
  hf_work_free(&f->w);
  assert_int_equal(f->arena.held, 0);
  free(f);
  return 0;
}

static hf_anomaly ask(fixture *f, int hindsight) {
  hf_anomaly a;
  memset(&a, 0, sizeof(a));
  assert_int_equal(hf_anomaly_collect(&f->w, &f->s, &a), HF_OK);
  assert_int_equal(hf_anomaly_score(&f->w, hindsight, &a), HF_OK);
  return a;
}

static int flags(const hf_anomaly *a, int from, int to) {
  int i, n = 0;
  for (i = from; i < to; i++) n += a->flag[i];
  return n;
}

/* What holds for every answer. */
static void check_sane(const hf_anomaly *a) {
  size_t i;
  for (i = 0; i < a->n; i++) {
    assert_true(i == 0 || a->ts[i] > a->ts[i - 1]);
    assert_true(isnan(a->score[i]) == isnan(a->value[i]));
    assert_true(isnan(a->score[i]) || (a->score[i] >= 0 && a->score[i] <= 1));
    assert_true(!isinf(a->expected[i]));
    assert_true(isnan(a->since[i]) || a->since[i] <= a->ts[i]);
    assert_true(!a->flag[i] || (a->score[i] >= 0.5 && !isnan(a->since[i])));
  }
}

/* No later row changes an earlier one. */
static void causal(void **state) {
  fixture *f = *state;
  static const size_t cut[] = {1, 2, 40, 96, 97, 500, 1537, 2000, 2999};
  hf_anomaly whole, part;
  size_t k, i;
  for (i = 2000; i < 2100; i++) f->y[i] = 50;
  f->y[1200] = 200;
  whole = ask(f, 0);
  check_sane(&whole);
  for (k = 0; k < sizeof(cut) / sizeof(cut[0]); k++) {
    f->s.n = cut[k];
    part = ask(f, 0);
    assert_int_equal(part.n, cut[k]);
    for (i = 0; i < part.n; i++) {
      assert_true(part.score[i] == whole.score[i]);
      assert_true(part.flag[i] == whole.flag[i]);
      assert_true(part.expected[i] == whole.expected[i] ||
                  (isnan(part.expected[i]) && isnan(whole.expected[i])));
    }
  }
}

/* What is expected is near what comes, without the noise. */
static void expected(void **state) {
  fixture *f = *state;
  int i, hindsight;
  for (hindsight = 0; hindsight < 2; hindsight++) {
    hf_anomaly a = ask(f, hindsight);
    double error = 0;
    for (i = 1000; i < N; i++)
      error += fabs(a.expected[i] - f->y[i]) / (N - 1000);
    assert_true(error < 1.6); /* the noise itself has 1.0, its mean 12.8 */
    assert_int_equal(flags(&a, 500, N), 0);
  }
}

static void spike(void **state) {
  fixture *f = *state;
  hf_anomaly a;
  f->y[2000] = 110;
  a = ask(f, 0);
  assert_int_equal(a.flag[2000], 1);
  assert_true(a.since[2000] == a.ts[2000]);
  assert_int_equal(flags(&a, 500, N), 1);
  a = ask(f, 1);
  check_sane(&a);
  assert_int_equal(a.flag[2000], 1);
  assert_int_equal(flags(&a, 0, 1700) + flags(&a, 2300, N), 0);
}

/* The rhythm stops, the noise goes on: nothing leaves its range. */
static void rhythm(void **state) {
  fixture *f = *state;
  uint32_t seed = 9;
  hf_anomaly a;
  int i;
  for (i = 2000; i < 2300; i++) f->y[i] = 50 + 4 * noise(&seed);
  a = ask(f, 0);
  assert_true(flags(&a, 2000, 2300) >= 1);
  assert_int_equal(flags(&a, 500, 2000), 0);
  a = ask(f, 1);
  assert_true(flags(&a, 2000, 2300) > 30);
  assert_int_equal(flags(&a, 0, 1900) + flags(&a, 2400, N), 0);
}

static void level(void **state) {
  fixture *f = *state;
  hf_anomaly a;
  int i;
  for (i = 2000; i < N; i++) f->y[i] += 30;
  a = ask(f, 0);
  assert_true(flags(&a, 2000, 2060) >= 1);
  assert_int_equal(flags(&a, 500, 2000), 0);
}

/* A sensor that hangs within its range. */
static void flat(void **state) {
  fixture *f = *state;
  hf_anomaly a;
  int i;
  for (i = 2001; i < 2060; i++) f->y[i] = f->y[2000];
  a = ask(f, 0);
  assert_int_equal(flags(&a, 2000, 2010), 1);
  assert_true(a.since[2050] == a.ts[2000]);
  a = ask(f, 1);
  check_sane(&a);
  assert_int_equal(flags(&a, 2000, 2060), 60);
}

static void constant(void **state) {
  fixture *f = *state;
  hf_anomaly a;
  int i, hindsight;
  for (i = 0; i < N; i++) f->y[i] = 5;
  for (hindsight = 0; hindsight < 2; hindsight++) {
    a = ask(f, hindsight);
    check_sane(&a);
    assert_int_equal(flags(&a, 0, N), 0);
    for (i = 0; i < N; i++) assert_true(a.score[i] == 0);
  }
  f->y[2500] = 6;
  a = ask(f, 0);
  check_sane(&a);
  assert_int_equal(a.flag[2500], 1);
}

/* Half a day of no errors: the first one is no news, nine at once are. */
static void counts(void **state) {
  fixture *f = *state;
  hf_anomaly a;
  int i, n = 0;
  for (i = 0; i < N; i++) f->y[i] = 0;
  f->y[60] = 1;
  f->y[80] = 9;
  f->s.kind = HF_DELTA;
  a = ask(f, 0);
  for (i = 0; i < 80; i++) n += a.flag[i];
  assert_int_equal(n, 0);
  assert_int_equal(a.flag[80], 1);
  /* of what is measured, the step from a constant is */
  for (i = 0; i < N; i++) f->y[i] = i < 60 ? 0.1234 : 0.1334;
  f->s.kind = HF_GAUGE;
  a = ask(f, 0);
  assert_int_equal(a.flag[60], 1);
}

static void hostile(void **state) {
  fixture *f = *state;
  hf_anomaly a;
  int i, hindsight;
  f->y[0] = -1e100;
  f->y[700] = 1e100;
  f->y[701] = -1e100;
  for (i = 1000; i < 1100; i++) f->y[i] = NAN;
  f->y[N - 1] = 1e-300;
  for (hindsight = 0; hindsight < 2; hindsight++) {
    a = ask(f, hindsight);
    check_sane(&a);
    assert_int_equal(a.used, N - 100);
  }
}

static void few(void **state) {
  fixture *f = *state;
  size_t n;
  int hindsight;
  for (n = 0; n < 110; n++) {
    for (hindsight = 0; hindsight < 2; hindsight++) {
      hf_anomaly a;
      f->s.n = n;
      a = ask(f, hindsight);
      assert_int_equal(a.n, n);
      check_sane(&a);
      if (n > 0) assert_true(isnan(a.expected[0]) || n >= 32);
      hf_work_free(&f->w);
    }
  }
}

/* One value a stamp, by kind. */
static void kinds(void **state) {
  fixture *f = *state;
  double ts[6] = {0, 10, 10, 10, 20, 30};
  double v[6] = {1, 2, 4, NAN, NAN, 3};
  static const double want[5] = {3, 6, NAN, 4, 4}; /* at ts 10, by kind */
  int kind;
  f->s.ts = ts;
  f->s.value = v;
  f->s.n = 6;
  for (kind = HF_GAUGE; kind <= HF_STATE; kind++) {
    hf_anomaly a;
    f->s.kind = (hf_kind)kind;
    assert_int_equal(hf_anomaly_collect(&f->w, &f->s, &a), HF_OK);
    assert_int_equal(a.n, 4);
    assert_true(isnan(a.value[2]));
    if (kind == HF_COUNTER) {
      assert_true(isnan(a.value[0]));
      assert_true(fabs(a.value[1] - 0.3) < 1e-15);  /* 1 to 4 in 10 s */
      assert_true(fabs(a.value[3] - 0.15) < 1e-15); /* a reset, 3 in 20 s */
      assert_int_equal(a.used, 2);
    } else {
      assert_true(a.value[1] == want[kind]);
      assert_true(a.value[3] == 3);
      assert_int_equal(a.used, 3);
    }
  }
}

/* Alarms from row `from` on of 2,000 rows that grow steadily and, from row
** `jump` on, lie higher by `by`. */
static int growing(hf_work *w, size_t from, size_t jump, double by) {
  double ts[2000], y[2000];
  hf_samples s = {ts, y, 2000, HF_GAUGE, 0};
  hf_anomaly a;
  uint32_t seed = 3;
  size_t i;
  int n = 0;
  for (i = 0; i < 2000; i++) {
    ts[i] = 3600.0 * (double)i;
    y[i] = 0.016 * (double)i + (i >= jump ? by : 0);
    y[i] += 16 * noise(&seed) * noise(&seed) * noise(&seed); /* long tails */
  }
  assert_int_equal(hf_anomaly_collect(w, &s, &a), HF_OK);
  assert_int_equal(hf_anomaly_score(w, 0, &a), HF_OK);
  for (i = from; i < a.n; i++) n += a.flag[i];
  return n;
}

/* A record that a steady growth makes is no news; a jump in it is. */
static void growth(void **state) {
  fixture *f = *state;
  assert_in_range(growing(&f->w, 100, 2000, 0), 0, 4);
  assert_in_range(growing(&f->w, 1500, 1500, 6), 1, 5);
}

/* Every allocation fails once; nothing leaks, outputs stay as they were. */
static void memory(void **state) {
  fixture *f = *state;
  int hindsight, rc;
  for (hindsight = 0; hindsight < 2; hindsight++) {
    long n = 0;
    do {
      hf_anomaly a;
      memset(&a, 0, sizeof(a));
      f->arena.left = n++;
      rc = hf_anomaly_collect(&f->w, &f->s, &a);
      if (rc == HF_OK) rc = hf_anomaly_score(&f->w, hindsight, &a);
      assert_true(rc == HF_OK || (rc == HF_ENOMEM && a.score == NULL));
      hf_work_free(&f->w);
    } while (rc != HF_OK);
    assert_true(n > 3);
  }
  f->arena.left = -1;
}

static void interrupt(void **state) {
  fixture *f = *state;
  hf_anomaly a;
  memset(&a, 0, sizeof(a));
  f->w.stop = test_stop;
  assert_int_equal(hf_anomaly_collect(&f->w, &f->s, &a), HF_OK);
  assert_int_equal(hf_anomaly_score(&f->w, 0, &a), HF_EINTERRUPT);
  assert_int_equal(hf_anomaly_score(&f->w, 1, &a), HF_EINTERRUPT);
}

#define each(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      each(causal), each(expected), each(spike),  each(rhythm),   each(level),
      each(flat),   each(constant), each(counts), each(hostile),  each(few),
      each(kinds),  each(growth),   each(memory), each(interrupt)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
