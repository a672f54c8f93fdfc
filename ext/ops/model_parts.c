/*
** model_parts.c: models as named arrays of numbers (model_parts.h).
**
** A table says of each member of the model its part, its length and its range;
** packing and unpacking both walk along it, so that they cannot differ. Trees
** and regimes, which have a shape of their own, follow by hand.
*/
#include "model_parts.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* How a member is held. */
typedef enum parts_type {
  PARTS_SIZE,  /* size_t */
  PARTS_FLAG,  /* int, 0 or 1 */
  PARTS_REAL,  /* double */
  PARTS_REALS, /* double * */
  PARTS_BYTES, /* unsigned char *, 0 or 1 */
  PARTS_LIFE   /* hf_life.f */
} parts_type;

/* How many numbers it is, given the members before it. */
typedef enum parts_length {
  PARTS_ONE,
  PARTS_WEAR,
  PARTS_RARE,
  PARTS_BETA,
  PARTS_ROWS,
  PARTS_GRID
} parts_length;

typedef struct parts_member {
  const char *name;
  parts_type type;
  parts_length length;
  size_t offset; /* in hf_failure_model */
  double lo, hi; /* range */
  int rising;    /* 1: no value is below the one before it */
} parts_member;

/* Hours: 1e9 is four times what the stamps of the history can span. Values: up
** to 1e100, their slopes and changes some more. */
#define PARTS_HOURS 1e9
#define PARTS_VALUE 1e300
#define PARTS_AT(member) offsetof(hf_failure_model, member)

enum { PARTS_METRICS = 1000, PARTS_LIVES = 100000, PARTS_LEARNED = 100000 };

static const parts_member parts_members[] = {
    {"failed", PARTS_SIZE, PARTS_ONE, PARTS_AT(failed), 1, PARTS_LIVES, 0},
    {"rows", PARTS_SIZE, PARTS_ONE, PARTS_AT(n), 1, PARTS_LEARNED, 0},
    {"wears", PARTS_FLAG, PARTS_ONE, PARTS_AT(wears), 0, 1, 0},
    {"window", PARTS_REAL, PARTS_ONE, PARTS_AT(window), 1e-9, PARTS_HOURS, 0},
    {"outlook", PARTS_REAL, PARTS_ONE, PARTS_AT(outlook), 0, PARTS_HOURS, 0},
    {"shows", PARTS_REAL, PARTS_ONE, PARTS_AT(shows), 0, PARTS_HOURS, 0},
    {"skill", PARTS_REAL, PARTS_ONE, PARTS_AT(skill), -PARTS_VALUE, 1, 0},
    {"low", PARTS_REAL, PARTS_ONE, PARTS_AT(low), -PARTS_HOURS, PARTS_HOURS, 0},
    {"high", PARTS_REAL, PARTS_ONE, PARTS_AT(high), -PARTS_HOURS, PARTS_HOURS,
     0},
    {"spread", PARTS_REAL, PARTS_ONE, PARTS_AT(spread), 1e-12, PARTS_HOURS, 0},
    {"era", PARTS_REAL, PARTS_ONE, PARTS_AT(era), 0, PARTS_HOURS, 0},
    {"running", PARTS_REAL, PARTS_ONE, PARTS_AT(running), 0, 1, 0},
    {"all", PARTS_LIFE, PARTS_GRID, PARTS_AT(all), 0, 1, 1},
    {"all.outlook", PARTS_REAL, PARTS_ONE, PARTS_AT(all.outlook), 0,
     PARTS_HOURS, 0},
    {"all.shows", PARTS_REAL, PARTS_ONE, PARTS_AT(all.shows), 0, PARTS_HOURS,
     0},
    {"line.base", PARTS_REAL, PARTS_ONE, PARTS_AT(worn.base), -PARTS_VALUE,
     PARTS_VALUE, 0},
    {"line.weight", PARTS_REALS, PARTS_WEAR, PARTS_AT(worn.weight),
     -PARTS_VALUE, PARTS_VALUE, 0},
    {"row.index", PARTS_REALS, PARTS_ROWS, PARTS_AT(index), -PARTS_HOURS,
     PARTS_HOURS, 0},
    {"row.age", PARTS_REALS, PARTS_ROWS, PARTS_AT(age), 0, PARTS_HOURS, 0},
    {"row.life", PARTS_REALS, PARTS_ROWS, PARTS_AT(life), 0, PARTS_HOURS, 1},
    {"row.weight", PARTS_REALS, PARTS_ROWS, PARTS_AT(weight), 0, 1e15, 0},
    {"row.event", PARTS_BYTES, PARTS_ROWS, PARTS_AT(event), 0, 1, 0},
    {"middle", PARTS_REALS, PARTS_WEAR, PARTS_AT(middle), -PARTS_VALUE,
     PARTS_VALUE, 0},
    {"healthy", PARTS_REALS, PARTS_WEAR, PARTS_AT(healthy), -PARTS_VALUE,
     PARTS_VALUE, 0},
    {"hazard.beta", PARTS_REALS, PARTS_BETA, PARTS_AT(beta), -1e9, 1e9, 0},
    {"hazard.mean", PARTS_REALS, PARTS_RARE, PARTS_AT(mean), -1e9, 1e9, 0},
    {"hazard.unit", PARTS_REALS, PARTS_RARE, PARTS_AT(unit), 0, 1e9, 0},
};

enum { PARTS_MEMBERS = sizeof(parts_members) / sizeof(parts_members[0]) };

static size_t parts_count(const hf_failure_model *m, parts_length length) {
  switch (length) {
  case PARTS_WEAR:
    return 4 * m->metrics + 1;
  case PARTS_RARE:
    return 3 * m->metrics + 1;
  case PARTS_BETA:
    return 3 * m->metrics + 2;
  case PARTS_ROWS:
    return m->n;
  case PARTS_GRID:
    return HF_LIFE_N;
  default:
    return 1;
  }
}

static void parts_put(const hf_failure_model *m, const parts_member *p,
                      size_t n, double *value) {
  const char *at = (const char *)m + p->offset;
  size_t i;
  switch (p->type) {
  case PARTS_SIZE:
    *value = (double)*(const size_t *)(const void *)at;
    break;
  case PARTS_FLAG:
    *value = *(const int *)(const void *)at;
    break;
  case PARTS_REAL:
    *value = *(const double *)(const void *)at;
    break;
  case PARTS_REALS:
    memcpy(value, *(double *const *)(const void *)at, n * sizeof(*value));
    break;
  case PARTS_BYTES:
    for (i = 0; i < n; i++) {
      value[i] = (*(unsigned char *const *)(const void *)at)[i];
    }
    break;
  default:
    memcpy(value, ((const hf_life *)(const void *)at)->f, n * sizeof(*value));
    break;
  }
}

/* HF_OK, HF_ENOMEM, or HF_EDATA for what is no whole number. */
static int parts_take(hf_work *keep, hf_failure_model *m, const parts_member *p,
                      size_t n, const double *value) {
  char *at = (char *)m + p->offset;
  double *reals;
  unsigned char *bytes;
  size_t i;
  if (p->type == PARTS_SIZE || p->type == PARTS_FLAG ||
      p->type == PARTS_BYTES) {
    for (i = 0; i < n; i++) {
      if (value[i] != floor(value[i])) return HF_EDATA;
    }
  }
  switch (p->type) {
  case PARTS_SIZE:
    *(size_t *)(void *)at = (size_t)*value;
    break;
  case PARTS_FLAG:
    *(int *)(void *)at = (int)*value;
    break;
  case PARTS_REAL:
    *(double *)(void *)at = *value;
    break;
  case PARTS_REALS:
    reals = hf_work_reals(keep, n);
    if (reals == NULL) return HF_ENOMEM;
    memcpy(reals, value, n * sizeof(*reals));
    *(double **)(void *)at = reals;
    break;
  case PARTS_BYTES:
    bytes = hf_work_alloc(keep, n, 1);
    if (bytes == NULL) return HF_ENOMEM;
    for (i = 0; i < n; i++) bytes[i] = (unsigned char)value[i];
    *(unsigned char **)(void *)at = bytes;
    break;
  default:
    memcpy(((hf_life *)(void *)at)->f, value, n * sizeof(*value));
    break;
  }
  return HF_OK;
}

/* ---- trees: of each node its feature (-1: a leaf) and its value */

enum { PARTS_TREES = 1000, PARTS_NODES = 127 }; /* limits of num/boost.h */

static int parts_put_trees(hf_work *w, const hf_boost *b, hf_parts *out) {
  double *base = hf_parts_add(w, out, "tree.base", 1);
  double *rate = hf_parts_add(w, out, "tree.rate", 1);
  double *trees = hf_parts_add(w, out, "tree.count", 1);
  double *nodes = hf_parts_add(w, out, "tree.nodes", 1);
  size_t n = b->trees * b->nodes, i;
  double *feature = hf_parts_add(w, out, "tree.feature", n);
  double *value = hf_parts_add(w, out, "tree.value", n);
  if (base == NULL || rate == NULL || trees == NULL || nodes == NULL ||
      feature == NULL || value == NULL) {
    return HF_ENOMEM;
  }
  *base = b->base;
  *rate = b->rate;
  *trees = (double)b->trees;
  *nodes = (double)b->nodes;
  for (i = 0; i < n; i++) {
    size_t k = i % b->nodes; /* below a leaf there are only more leaves */
    int below = k > 0 && feature[i - k + (k - 1) / 2] < 0;
    feature[i] = below ? -1 : b->node[i].feature;
    value[i] = below ? 0 : b->node[i].value;
  }
  return HF_OK;
}

/* 1 when each split asks for one of d features and has two children. */
static int parts_trees_end(const hf_boost *b, const double *feature, size_t d) {
  size_t i;
  for (i = 0; i < b->trees * b->nodes; i++) {
    if (feature[i] != floor(feature[i])) return 0;
    if (feature[i] >= 0 &&
        (feature[i] >= (double)d || 2 * (i % b->nodes) + 2 >= b->nodes)) {
      return 0;
    }
  }
  return 1;
}

static int parts_take_trees(hf_work *keep, const hf_parts *p, size_t d,
                            hf_boost *out, const char **bad) {
  const double *base =
                   hf_parts_find(p, "tree.base", 1, -PARTS_HOURS, PARTS_HOURS),
               *rate, *feature, *value;
  hf_boost b;
  size_t n, i;
  *bad = "tree.base";
  if (base == NULL) return HF_EDATA;
  *bad = "tree.rate";
  rate = hf_parts_find(p, *bad, 1, 0, 1);
  if (rate == NULL) return HF_EDATA;
  *bad = "tree.count";
  if (!hf_parts_count(p, *bad, 1, PARTS_TREES, &b.trees)) return HF_EDATA;
  *bad = "tree.nodes";
  if (!hf_parts_count(p, *bad, 1, PARTS_NODES, &b.nodes)) return HF_EDATA;
  n = b.trees * b.nodes;
  *bad = "tree.feature";
  feature = hf_parts_find(p, *bad, n, -1, (double)d);
  if (feature == NULL || !parts_trees_end(&b, feature, d)) return HF_EDATA;
  *bad = "tree.value";
  value = hf_parts_find(p, *bad, n, -PARTS_VALUE, PARTS_VALUE);
  if (value == NULL) return HF_EDATA;
  b.base = *base;
  b.rate = *rate;
  b.node = hf_work_zeroed(keep, n, sizeof(*b.node));
  if (b.node == NULL) return HF_ENOMEM;
  for (i = 0; i < n; i++) {
    b.node[i].feature = (int)feature[i];
    b.node[i].value = value[i];
    if (feature[i] < 0 && fabs(value[i]) > PARTS_HOURS) return HF_EDATA;
  }
  *out = b;
  return HF_OK;
}

/* ---- regimes: the settings with their cuts, and each metric in each regime */

enum { PARTS_CUTS = HF_REGIME_LEVELS - 1 };

static int parts_put_regime(hf_work *w, const hf_regime *r, hf_parts *out) {
  size_t s = r->settings, cells, i, k;
  double *count = hf_parts_add(w, out, "regime.settings", 1);
  double *metric, *levels, *cut, *mean, *unit, *moves;
  if (count == NULL) return HF_ENOMEM;
  *count = (double)s;
  if (s == 0) return HF_OK;
  cells = r->codes * r->metrics;
  metric = hf_parts_add(w, out, "regime.metric", s);
  levels = hf_parts_add(w, out, "regime.levels", s);
  cut = hf_parts_add(w, out, "regime.cut", s * PARTS_CUTS);
  mean = hf_parts_add(w, out, "regime.mean", cells);
  unit = hf_parts_add(w, out, "regime.unit", cells);
  moves = hf_parts_add(w, out, "regime.moves", r->metrics);
  if (metric == NULL || levels == NULL || cut == NULL || mean == NULL ||
      unit == NULL || moves == NULL) {
    return HF_ENOMEM;
  }
  for (i = 0; i < s; i++) {
    const hf_regime_setting *t = &r->setting[i];
    metric[i] = (double)t->metric;
    levels[i] = (double)t->levels;
    for (k = 0; k < PARTS_CUTS; k++) {
      cut[i * PARTS_CUTS + k] = k + 1 < t->levels ? t->cut[k] : 0;
    }
  }
  /* a regime that was not seen has no mean: NaN, which is out of any range */
  for (i = 0; i < cells; i++) {
    mean[i] = isnan(r->mean[i]) ? 0 : r->mean[i];
    unit[i] = isnan(r->mean[i]) ? -1 : r->unit[i];
  }
  for (i = 0; i < r->metrics; i++) moves[i] = r->moves[i];
  return HF_OK;
}

static int parts_take_settings(hf_work *keep, const hf_parts *p, hf_regime *r) {
  size_t s = r->settings, i, k;
  const double *metric =
      hf_parts_find(p, "regime.metric", s, 0, (double)(r->metrics - 1));
  const double *levels =
      hf_parts_find(p, "regime.levels", s, 2, HF_REGIME_LEVELS);
  const double *cut =
      hf_parts_find(p, "regime.cut", s * PARTS_CUTS, -PARTS_VALUE, PARTS_VALUE);
  if (metric == NULL || levels == NULL || cut == NULL) return HF_EDATA;
  r->setting = hf_work_zeroed(keep, s, sizeof(*r->setting));
  if (r->setting == NULL) return HF_ENOMEM;
  r->codes = 1;
  for (i = 0; i < s; i++) {
    hf_regime_setting *t = &r->setting[i];
    if (metric[i] != floor(metric[i]) || levels[i] != floor(levels[i])) {
      return HF_EDATA;
    }
    t->metric = (size_t)metric[i];
    t->levels = (size_t)levels[i];
    r->codes *= t->levels;
    if (r->codes > HF_REGIME_CODES) return HF_EDATA;
    for (k = 0; k + 1 < t->levels; k++) {
      t->cut[k] = cut[i * PARTS_CUTS + k];
      if (k > 0 && t->cut[k] < t->cut[k - 1]) return HF_EDATA;
    }
  }
  return HF_OK;
}

static int parts_take_regime(hf_work *keep, const hf_parts *p, size_t metrics,
                             hf_regime *out, const char **bad) {
  const double *mean, *unit, *moves;
  hf_regime r;
  size_t cells, i;
  int rc;
  memset(&r, 0, sizeof(r));
  r.metrics = metrics;
  *bad = "regime.settings";
  if (!hf_parts_count(p, *bad, 0, metrics, &r.settings)) return HF_EDATA;
  if (r.settings == 0) {
    *out = r;
    return HF_OK;
  }
  *bad = "regime.metric";
  rc = parts_take_settings(keep, p, &r);
  if (rc != HF_OK) return rc;
  cells = r.codes * metrics;
  *bad = "regime.mean";
  mean = hf_parts_find(p, *bad, cells, -1e150, 1e150);
  if (mean == NULL) return HF_EDATA;
  *bad = "regime.unit";
  unit = hf_parts_find(p, *bad, cells, -1, 1e150);
  if (unit == NULL) return HF_EDATA;
  *bad = "regime.moves";
  moves = hf_parts_find(p, *bad, metrics, 0, 1);
  if (moves == NULL) return HF_EDATA;
  r.mean = hf_work_reals(keep, cells);
  r.unit = hf_work_reals(keep, cells);
  r.moves = hf_work_alloc(keep, metrics, 1);
  if (r.mean == NULL || r.unit == NULL || r.moves == NULL) return HF_ENOMEM;
  for (i = 0; i < cells; i++) {
    r.mean[i] = unit[i] < 0 ? NAN : mean[i];
    r.unit[i] = unit[i] < 0 ? 0 : unit[i];
  }
  for (i = 0; i < metrics; i++) r.moves[i] = moves[i] != 0;
  *out = r;
  return HF_OK;
}

/* ---- all of it */

int hf_model_pack(hf_work *w, const hf_failure_model *m, const hf_regime *r,
                  hf_parts *out) {
  size_t i;
  for (i = 0; i < PARTS_MEMBERS; i++) {
    const parts_member *p = &parts_members[i];
    size_t n = parts_count(m, p->length);
    double *value = hf_parts_add(w, out, p->name, n);
    if (value == NULL) return HF_ENOMEM;
    parts_put(m, p, n, value);
  }
  if (m->wears) {
    int rc = parts_put_trees(w, &m->worn.trees, out);
    if (rc != HF_OK) return rc;
  }
  return parts_put_regime(w, r, out);
}

int hf_model_unpack(hf_work *keep, const hf_parts *p, size_t metrics,
                    hf_failure_model *out, hf_regime *regime,
                    const char **bad) {
  hf_failure_model m;
  hf_regime r;
  size_t i, k;
  int rc;
  memset(&m, 0, sizeof(m));
  m.metrics = metrics;
  *bad = "metrics";
  if (metrics < 1 || metrics > PARTS_METRICS) return HF_EDATA;
  for (i = 0; i < PARTS_MEMBERS; i++) {
    const parts_member *q = &parts_members[i];
    size_t n = parts_count(&m, q->length);
    const double *value = hf_parts_find(p, q->name, n, q->lo, q->hi);
    *bad = q->name;
    if (value == NULL) return HF_EDATA;
    for (k = 1; q->rising && k < n; k++) {
      if (value[k] < value[k - 1]) return HF_EDATA;
    }
    rc = parts_take(keep, &m, q, n, value);
    if (rc != HF_OK) return rc;
  }
  *bad = "high";
  if (m.high < m.low) return HF_EDATA;
  *bad = "hazard.unit";
  for (i = 0; i < parts_count(&m, PARTS_RARE); i++) {
    if (!m.wears && !(m.unit[i] >= 1e-6)) return HF_EDATA;
  }
  if (m.wears) {
    m.worn.d = parts_count(&m, PARTS_WEAR);
    m.worn.bent = hf_worn_bent(m.failed);
    rc = parts_take_trees(keep, p, m.worn.d + 1, &m.worn.trees, bad);
    if (rc != HF_OK) return rc;
  }
  rc = parts_take_regime(keep, p, metrics, &r, bad);
  if (rc != HF_OK) return rc;
  *out = m;
  *regime = r;
  return HF_OK;
}
