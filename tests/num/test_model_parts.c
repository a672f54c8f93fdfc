/*
** test_model_parts.c: models as parts and back, on cmocka. What comes back is
** the model itself; of parts that somebody has changed, those that are taken
** are safe to use.
*/
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "ops/model_parts.h"

enum { METRICS = 2, WEAR = 4 * METRICS + 1, RARE = 3 * METRICS + 1 };
enum { GROUPS = 40, ROWS = 16, N = GROUPS * ROWS };

static double noise(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return (double)(*seed >> 8) / 16777216.0;
}

static double sim_wear[N * WEAR], sim_rare[N * RARE], sim_life[N],
    sim_weight[N];
static size_t sim_group[N];
static unsigned char sim_event[N], sim_late[N];

/* 30 machines that failed and 10 that run; `shows` 1: the life left shows in
** the first metric. */
static hf_failure_set simulate(int shows) {
  hf_failure_set s = {0};
  unsigned seed = 3;
  size_t g, k, j;
  for (g = 0; g < GROUPS; g++) {
    double span = 60 + 80 * noise(&seed);
    for (k = 0; k < ROWS; k++) {
      size_t i = g * ROWS + k;
      double left = span * ((double)k + 0.5) / ROWS;
      sim_life[i] = left;
      sim_weight[i] = span / ROWS;
      sim_group[i] = g;
      sim_event[i] = g < 30;
      sim_late[i] = 1;
      for (j = 0; j < WEAR; j++) sim_wear[i * WEAR + j] = noise(&seed);
      for (j = 0; j < RARE; j++) sim_rare[i * RARE + j] = noise(&seed) > 0.7;
      if (shows) sim_wear[i * WEAR] = exp(-left / 30) + 0.02 * noise(&seed);
    }
  }
  s.metrics = METRICS;
  s.failed = 30;
  s.n = N;
  s.scale = 100;
  s.window = 12;
  s.wear = sim_wear;
  s.rare = sim_rare;
  s.life = sim_life;
  s.weight = sim_weight;
  s.group = sim_group;
  s.event = sim_event;
  s.late = sim_late;
  return s;
}

/* Two regimes, set by the first metric, that move the second. */
static void regimes(hf_regime *r) {
  static hf_regime_setting setting;
  static double mean[4] = {0, 10, 1, NAN}, unit[4] = {1, 2, 0, 0};
  static unsigned char moves[2] = {1, 1};
  memset(&setting, 0, sizeof(setting));
  setting.levels = 2;
  setting.cut[0] = 0.5;
  memset(r, 0, sizeof(*r));
  r->settings = 1;
  r->metrics = METRICS;
  r->codes = 2;
  r->setting = &setting;
  r->mean = mean;
  r->unit = unit;
  r->moves = moves;
}

static double hostile(unsigned *seed, double was) {
  static const double value[] = {0,     -1,   1,     0.5,    2,       -1e300,
                                 1e300, 1e9,  -1e9,  1e-300, 16,      255,
                                 257,   1e18, -0.25, 3,      1000000, 7};
  size_t pick = (size_t)(noise(seed) * 22);
  if (pick < sizeof(value) / sizeof(value[0])) return value[pick];
  if (pick == 18) return NAN;
  if (pick == 19) return INFINITY;
  if (pick == 20) return -was;
  return was * 2 + 1;
}

/* Whether a model that was taken does what it must with any features. */
static void use(hf_work *w, const hf_failure_model *m, const hf_regime *r,
                unsigned *seed) {
  double ts[3] = {0, 3600, 7200}, v[2][3], wear[WEAR], rare[RARE];
  hf_samples metric[METRICS];
  hf_life life;
  size_t i, j, cause;
  for (j = 0; j < METRICS; j++) {
    for (i = 0; i < 3; i++) v[j][i] = noise(seed) * 2;
    memset(&metric[j], 0, sizeof(metric[j]));
    metric[j].ts = ts;
    metric[j].value = v[j];
    metric[j].n = 3;
  }
  assert_int_equal(hf_regime_apply(w, r, metric), HF_OK);
  for (i = 0; i < WEAR; i++) wear[i] = noise(seed);
  for (i = 0; i < RARE; i++) rare[i] = noise(seed) * 5;
  if (noise(seed) > 0.7) wear[1] = NAN;
  if (noise(seed) > 0.9) wear[0] = 1e100;
  assert_int_equal(hf_failure_life(w, m, wear, rare, &life), HF_OK);
  for (i = 0; i < HF_LIFE_N; i++) {
    assert_true(life.f[i] >= 0 && life.f[i] <= 1 + 1e-9);
    assert_true(i == 0 || life.f[i] >= life.f[i - 1] - 1e-9);
  }
  assert_true(life.outlook >= 0);
  assert_int_equal(hf_failure_cause(w, m, wear, rare, &cause), HF_OK);
  assert_true(cause <= METRICS);
}

/* What is said of parts in which one value is another. */
static int changed(const hf_parts *parts, const char *name, size_t at,
                   double value) {
  test_arena a = {-1, 0};
  hf_work w = test_work(&a);
  hf_failure_model m;
  hf_regime r;
  const char *bad = "";
  double was;
  size_t i = 0;
  int rc;
  while (strcmp(parts->part[i].name, name) != 0) i++;
  was = parts->part[i].value[at];
  parts->part[i].value[at] = value;
  rc = hf_model_unpack(&w, parts, METRICS, &m, &r, &bad);
  parts->part[i].value[at] = was;
  hf_work_free(&w);
  if (rc == HF_EDATA) assert_string_equal(bad, name);
  return rc;
}

/* What would lead outside of an array. */
static void parts_bounds(const hf_parts *p, const hf_failure_model *m) {
  size_t nodes = m->worn.trees.nodes, last = m->worn.trees.trees - 1, i;
  for (i = nodes / 2; i < nodes; i++) { /* the lowest row has no children */
    assert_int_equal(changed(p, "tree.feature", i, 0), HF_EDATA);
    assert_int_equal(changed(p, "tree.feature", last * nodes + i, 0), HF_EDATA);
  }
  assert_int_equal(changed(p, "tree.feature", 0, WEAR + 1), HF_EDATA);
  assert_int_equal(changed(p, "tree.feature", 0, WEAR), HF_OK);
  assert_int_equal(changed(p, "tree.feature", 0, 0.5), HF_EDATA);
  assert_int_equal(changed(p, "tree.feature", 0, -2), HF_EDATA);
  assert_int_equal(changed(p, "tree.count", 0, 0), HF_EDATA);
}

/* One learned model: there and back, then with one value changed at a time. */
static void parts_of(int shows) {
  hf_failure_set set = simulate(shows);
  test_arena a = {-1, 0};
  hf_work w = test_work(&a), keep = test_work(&a), back = test_work(&a);
  hf_failure_model m, got;
  hf_regime r, regime;
  hf_parts parts = {0};
  hf_life life, same;
  const char *bad;
  unsigned seed = 77;
  size_t i, k, taken = 0, refused = 0;
  double wear[WEAR], rare[RARE];
  assert_int_equal(hf_failure_learn(&w, &keep, &set, &m), HF_OK);
  assert_int_equal(m.wears, shows);
  regimes(&r);
  assert_int_equal(hf_model_pack(&keep, &m, &r, &parts), HF_OK);
  assert_int_equal(hf_model_unpack(&back, &parts, METRICS, &got, &regime, &bad),
                   HF_OK);
  for (i = 0; i < 200; i++) {
    for (k = 0; k < WEAR; k++) wear[k] = noise(&seed);
    for (k = 0; k < RARE; k++) rare[k] = noise(&seed);
    assert_int_equal(hf_failure_life(&w, &m, wear, rare, &life), HF_OK);
    assert_int_equal(hf_failure_life(&w, &got, wear, rare, &same), HF_OK);
    assert_memory_equal(&life, &same, sizeof(life));
  }
  assert_true(regime.codes == 2 && regime.setting[0].cut[0] == 0.5);
  assert_true(regime.mean[1] == 10 && isnan(regime.mean[3]));
  if (shows) parts_bounds(&parts, &m);
  assert_int_equal(changed(&parts, "row.weight", 3, -1), HF_EDATA);
  assert_int_equal(changed(&parts, "row.life", 3, m.life[2] / 2), HF_EDATA);
  assert_int_equal(changed(&parts, "regime.metric", 0, METRICS), HF_EDATA);
  for (k = 0; k < parts.n * 300; k++) {
    hf_part *p = &parts.part[k % parts.n];
    size_t n = p->n, at = (size_t)(noise(&seed) * (double)n);
    double was = p->value[at];
    int rc;
    if (k % 7 == 3) {
      p->n = n - 1 - at % n;
    } else {
      p->value[at] = hostile(&seed, was);
    }
    hf_work_free(&back);
    rc = hf_model_unpack(&back, &parts, METRICS, &got, &regime, &bad);
    assert_true(rc == HF_OK || rc == HF_EDATA);
    if (rc == HF_OK) {
      use(&w, &got, &regime, &seed);
      taken++;
    } else {
      refused++;
    }
    hf_work_free(&w);
    p->n = n;
    p->value[at] = was;
  }
  assert_true(taken > 100 && refused > 1000);
  assert_int_equal(hf_model_unpack(&back, &parts, 3, &got, &regime, &bad),
                   HF_EDATA);
  assert_int_equal(hf_model_unpack(&back, &parts, 0, &got, &regime, &bad),
                   HF_EDATA);
  assert_string_equal(bad, "metrics");
  /* memory that runs out anywhere is said, and nothing is lost */
  hf_work_free(&back);
  for (i = 0; i < 3; i++) {
    test_arena little = {(long)i, 0};
    hf_work small = test_work(&little);
    int rc = hf_model_unpack(&small, &parts, METRICS, &got, &regime, &bad);
    assert_true(rc == HF_ENOMEM || rc == HF_OK);
    hf_work_free(&small);
    assert_int_equal(little.held, 0);
  }
  hf_work_free(&w);
  hf_work_free(&keep);
  hf_work_free(&back);
  assert_int_equal(a.held, 0);
}

static void parts_wear(void **state) {
  (void)state;
  parts_of(1);
}

static void parts_hazard(void **state) {
  (void)state;
  parts_of(0);
}

static void parts_named(void **state) {
  test_arena a = {-1, 0};
  hf_work w = test_work(&a);
  hf_parts p = {0};
  size_t i, n;
  char name[40][4];
  (void)state;
  for (i = 0; i < 40; i++) { /* more than fit at first */
    double *v;
    name[i][0] = (char)('a' + i / 26);
    name[i][1] = (char)('a' + i % 26);
    name[i][2] = 0;
    v = hf_parts_add(&w, &p, name[i], i + 1);
    assert_non_null(v);
    for (n = 0; n <= i; n++) v[n] = (double)n;
  }
  assert_non_null(hf_parts_find(&p, "bn", 40, 0, 39));
  assert_null(hf_parts_find(&p, "bn", 39, 0, 39));
  assert_null(hf_parts_find(&p, "bn", 40, 0, 38));
  assert_null(hf_parts_find(&p, "zz", 1, 0, 39));
  assert_true(hf_parts_count(&p, "aa", 0, 5, &n) && n == 0);
  assert_false(hf_parts_count(&p, "aa", 1, 5, &n));
  assert_false(hf_parts_count(&p, "ab", 0, 5, &n));
  p.part[0].value[0] = 1.5;
  assert_false(hf_parts_count(&p, "aa", 0, 5, &n));
  p.part[0].value[0] = NAN;
  assert_null(hf_parts_find(&p, "aa", 1, -1e300, 1e300));
  hf_work_free(&w);
  assert_int_equal(a.held, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(parts_named),
                                     cmocka_unit_test(parts_wear),
                                     cmocka_unit_test(parts_hazard)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
