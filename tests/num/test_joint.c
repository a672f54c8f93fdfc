/*
** test_joint.c: ops/joint.c and ops/joint_normal.c.
**
** Reference values: the equations of both files in R 4.2.2 (median, mad,
** quantile, qnorm, solve; no line of this code), on the rows that joint_rows()
** makes. Episodes are counted on simulated hosts.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "arena.h"
#include "num/stat.h"
#include "ops/joint.h"

static double noise(uint32_t *s) {
  *s = *s * 1664525u + 1013904223u;
  return *s / 4294967296.0 - 0.5;
}

typedef struct fixture {
  test_arena arena;
  hf_work w;
} fixture;

static int begin(void **state) {
  fixture *f = calloc(1, sizeof(*f));
  if (f == NULL) return 1;
  f->arena.left = -1;
  f->w = test_work(&f->arena);
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

/* Three metrics, the second of which moves at row 150. */
static void joint_rows(double *ts, double *x0, double *x1, double *x2) {
  uint32_t a = 11, b = 22, c = 33;
  int i;
  for (i = 0; i < 200; i++) {
    double u = noise(&a), v = noise(&b);
    ts[i] = i;
    x0[i] = 10 + u;
    x1[i] = 5 + .5 * u + .5 * v + (i >= 150 ? 3 : 0);
    x2[i] = 100 + 160 * pow(noise(&c), 3);
  }
}

static void reference(void **state) {
  static const int row[5] = {48, 100, 149, 155, 199};
  static const double value[5] = {2.6154622463695678, 7.0275049702435028,
                                  6.3295359998161107, 142.2061100821275375,
                                  200.0570388863107496};
  static const double limit[5] = {25.8296187052313719, 20.8921316841259213,
                                  16.6453564957203426, 4.9936069487161028,
                                  4.8687437232147861};
  static const int most[5] = {2, 2, 2, 1, 1};
  fixture *f = *state;
  double ts[200], x0[200], x1[200], x2[200];
  hf_samples s[3] = {{ts, x0, 200, HF_GAUGE, 0},
                     {ts, x1, 200, HF_GAUGE, 0},
                     {ts, x2, 200, HF_GAUGE, 0}};
  hf_joint a;
  int i, n;
  joint_rows(ts, x0, x1, x2);
  assert_int_equal(hf_joint_score(&f->w, s, 3, 0, &a), HF_OK);
  assert_int_equal(a.n, 200);
  assert_true(isnan(a.value[47]) && a.score[47] == 0);
  for (i = 0; i < 5; i++) {
    assert_true(fabs(a.value[row[i]] / value[i] - 1) < 1e-9);
    assert_true(fabs(a.limit[row[i]] / limit[i] - 1) < 1e-9);
    assert_int_equal(a.metric[row[i]], most[i]);
  }
  for (i = 0, n = 0; i < 200; i++) n += a.flag[i];
  assert_int_equal(n, 50);
  assert_true(a.flag[150] && a.since[199] >= 148 && a.since[199] <= 150);
  /* a host, not a machine: row 100 is judged by the 93 rows before */
  for (i = 0; i < 200; i++) ts[i] = 300 * i;
  {
    hf_joint slow;
    double times = sqrt(7 * 86400 / (300.0 * 92)) / 0.7;
    assert_int_equal(hf_joint_score(&f->w, s, 3, 0, &slow), HF_OK);
    assert_true(slow.value[100] == a.value[100]);
    assert_true(fabs(slow.limit[100] / (times * limit[1]) - 1) < 1e-9);
  }
  for (i = 0; i < 200; i++) ts[i] = i;
  /* earlier rows do not depend on later ones */
  for (i = 0; i < 3; i++) s[i].n = 160;
  {
    hf_joint part;
    assert_int_equal(hf_joint_score(&f->w, s, 3, 0, &part), HF_OK);
    for (i = 48; i < 160; i++) assert_true(part.value[i] == a.value[i]);
  }
  for (i = 0; i < 3; i++) s[i].n = 200;
  assert_int_equal(hf_joint_score(&f->w, s, 3, 1, &a), HF_OK);
  for (i = 0, n = 0; i < 200; i++) n += a.flag[i] && (i < 145);
  assert_int_equal(n, 0);
  for (i = 152; i < 200; i++) assert_int_equal(a.flag[i], 1);
}

/* Rows that are called anomalies when one of two metrics wanders: a walk, a
** trend, or the same noise without either. */
static int wandering(hf_work *w, double walk, double trend) {
  double ts[600], x0[600], x1[600], level = 0;
  hf_samples s[2] = {{ts, x0, 600, HF_GAUGE, 0}, {ts, x1, 600, HF_GAUGE, 0}};
  uint32_t a = 5, b = 6, c = 7;
  hf_joint r;
  int i, n = 0;
  for (i = 0; i < 600; i++) {
    ts[i] = i;
    level += walk * noise(&c) + trend;
    x0[i] = noise(&a);
    x1[i] = level + noise(&b);
  }
  assert_int_equal(hf_joint_score(w, s, 2, 0, &r), HF_OK);
  for (i = 300; i < 600; i++) n += r.flag[i];
  return n;
}

/* What has wandered all along wanders on: no anomaly. */
static void drift(void **state) {
  fixture *f = *state;
  assert_in_range(wandering(&f->w, 0, 0), 0, 24);
  assert_in_range(wandering(&f->w, 0.3, 0), 0, 12);
  assert_in_range(wandering(&f->w, 0, 0.02), 0, 12);
}

/* Stamps that do not agree, a metric that comes late, one without values, one
** that never moved before. */
static void ragged(void **state) {
  fixture *f = *state;
  double ts[200], tt[200], x0[200], x1[200], x2[200], dead[200];
  hf_samples s[4] = {{ts, x0, 200, HF_GAUGE, 0},
                     {tt, x1, 200, HF_GAUGE, 0},
                     {ts, x2, 200, HF_STATE, 0},
                     {ts, dead, 200, HF_GAUGE, 0}};
  hf_joint a;
  size_t i, half = 0;
  int hindsight;
  joint_rows(ts, x0, x1, x2);
  for (i = 0; i < 200; i++) {
    tt[i] = ts[i] + (i % 2 ? 0.5 : 0);
    half += i % 2;
    x2[i] = i < 190 ? 0 : 1;
    dead[i] = NAN;
  }
  for (hindsight = 0; hindsight < 2; hindsight++) {
    assert_int_equal(hf_joint_score(&f->w, s, 4, hindsight, &a), HF_OK);
    assert_int_equal(a.n, 200 + half);
    for (i = 0; i < a.n; i++) {
      assert_true(i == 0 || a.ts[i] > a.ts[i - 1]);
      assert_true(a.score[i] >= 0 && a.score[i] <= 1);
      assert_true(a.metric[i] != 3);
    }
  }
  /* a constant alone: quiet until it moves for good */
  assert_int_equal(hf_joint_score(&f->w, s + 2, 1, 0, &a), HF_OK);
  for (i = 0; i < 190; i++) assert_true(a.score[i] == 0);
  assert_int_equal(a.flag[199], 1);
  assert_int_equal(hf_joint_score(&f->w, s, 0, 0, &a), HF_ERANGE);
}

/* ---- hosts */

enum { HOST = 2016, METRICS = 4 }; /* a week of rows five minutes apart */

typedef struct host {
  double ts[HOST], x[METRICS][HOST];
  hf_samples s[METRICS];
} host;

static double normal(uint32_t *s) {
  return hf_stat_normal_quantile(noise(s) + 0.5);
}

/* What its load is like. */
enum { STEADY, LONG_TAILS, RARE_COUNTS, DAYS };

/* A healthy host: metrics with a load in common and noise of their own. */
static void host_make(host *h, int like, uint32_t seed) {
  double slow = 0;
  int i, j;
  for (i = 0; i < HOST; i++) {
    double day = 2 * 3.14159265358979 * (i - 30) / 288;
    h->ts[i] = 1.6e9 + 300 * i;
    slow = 0.9 * slow + 0.44 * normal(&seed);
    for (j = 0; j < METRICS; j++) {
      double e = normal(&seed), *x = &h->x[j][i];
      *x = 50 + e + (j < 2 ? normal(&seed) : slow);
      if (like == LONG_TAILS) *x = exp(e + 0.5 * slow);
      if (like == RARE_COUNTS && j < 2) *x = e > 2.3 ? floor(20 * e) - 40 : 0;
      if (like == DAYS) *x += (8 + j) * fmax(sin(day), -0.3);
    }
  }
  for (j = 0; j < METRICS; j++) {
    memset(&h->s[j], 0, sizeof(h->s[j]));
    h->s[j].ts = h->ts;
    h->s[j].value = h->x[j];
    h->s[j].n = HOST;
    h->s[j].kind = HF_GAUGE;
  }
}

/* Times that an alarm begins in rows from .. to. */
static int episodes(hf_work *w, const host *h, int from, int to) {
  hf_joint a;
  int i, n = 0;
  assert_int_equal(hf_joint_score(w, h->s, METRICS, 0, &a), HF_OK);
  for (i = from; i < to; i++) n += a.flag[i] && !a.flag[i - 1];
  return n;
}

/* 48 healthy hosts of four kinds for a week each: fewer than 0.03 false alarms
 * a day, on the first day, too. */
static void quiet(void **state) {
  fixture *f = *state;
  static host h;
  int like, first = 0, later = 0;
  for (like = STEADY; like <= DAYS; like++) {
    uint32_t seed;
    for (seed = 1; seed <= 12; seed++) {
      host_make(&h, like, 1000 * seed + (uint32_t)like);
      first += episodes(&f->w, &h, HF_JOINT_FIRST, 288);
      later += episodes(&f->w, &h, 288, HOST);
    }
  }
  assert_in_range(first, 0, 1);
  assert_in_range(later, 0, 6);
}

/* The same hosts, where a metric moves by `by` for `rows` rows from row 1700
** on: how many rows later it is found, at most; -1: not all are. */
static int found(hf_work *w, int like, double by, int rows) {
  static host h;
  uint32_t seed;
  int worst = 0;
  for (seed = 1; seed <= 12; seed++) {
    hf_joint a;
    int i;
    host_make(&h, like, 1000 * seed + (uint32_t)like);
    for (i = 0; i < rows; i++) h.x[1][1700 + i] += by;
    assert_int_equal(hf_joint_score(w, h.s, METRICS, 0, &a), HF_OK);
    for (i = 1700; i < 1700 + rows && !a.flag[i];) i++;
    if (i == 1700 + rows) return -1;
    assert_true(a.since[i] > h.ts[1690] && a.since[i] <= h.ts[i]);
    worst = i - 1700 > worst ? i - 1700 : worst;
  }
  return worst;
}

static void shifts(void **state) {
  fixture *f = *state;
  assert_in_range(found(&f->w, STEADY, 8, 40), 0, 4);
  assert_in_range(found(&f->w, STEADY, 6, 40), 0, 8);
  assert_in_range(found(&f->w, RARE_COUNTS, 200, 40), 0, 4);
  assert_in_range(found(&f->w, DAYS, 30, 40), 0, 12);
  assert_int_equal(found(&f->w, STEADY, 1, 40), -1);
  /* one row of one metric, however far out, is none */
  assert_int_equal(found(&f->w, STEADY, 1e6, 1), -1);
}

/* Every allocation fails once; nothing leaks, outputs stay as they were. */
static void memory(void **state) {
  fixture *f = *state;
  double x0[200], x1[200], x2[200], ts[200];
  hf_samples s = {ts, x0, 200, HF_GAUGE, 0};
  int hindsight, rc;
  joint_rows(ts, x0, x1, x2);
  for (hindsight = 0; hindsight < 2; hindsight++) {
    long n = 0;
    do {
      hf_joint a;
      memset(&a, 0, sizeof(a));
      f->arena.left = n++;
      rc = hf_joint_score(&f->w, &s, 1, hindsight, &a);
      assert_true(rc == HF_OK || (rc == HF_ENOMEM && a.score == NULL));
      hf_work_free(&f->w);
    } while (rc != HF_OK);
    assert_true(n > 1);
  }
  f->arena.left = -1;
}

static void interrupt(void **state) {
  fixture *f = *state;
  static host h;
  hf_joint a;
  host_make(&h, STEADY, 1);
  f->w.stop = test_stop;
  assert_int_equal(hf_joint_score(&f->w, h.s, METRICS, 0, &a), HF_EINTERRUPT);
  assert_int_equal(hf_joint_score(&f->w, h.s, METRICS, 1, &a), HF_EINTERRUPT);
}

#define each(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
  const struct CMUnitTest tests[] = {
      each(reference), each(drift),  each(ragged),   each(quiet),
      each(shifts),    each(memory), each(interrupt)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
