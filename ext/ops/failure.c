/*
** failure.c: learning from recorded failures (failure.h).
**
** Machines that wear. A line and boosted trees (worn.h) of the wear features
** fit the life left, cut at 5/8 of the median life: what is further off does
** not show. Their answer is only an index: what it is worth is seen out of
** fold, on components that they have not met (5 folds), and read off the rows
** that are alike (failure_like.c). So it is calibrated, narrow where lives are
** short, and a longer horizon is never less likely.
**
** The age is left to the trees: a line would let it stand for wear.
**
** Rare events. When that explains less than half of the variance out of fold,
** the metrics do not tell when, only who, and a hazard is fitted (hazard.h).
** Features stay as they are over the horizon:
** P(T <= t) = 1 - (1 - p)^(t / window).
**
** With fewer than 20 failures only columns that moved before most of them the
** same way are learned from (failure_screen).
**
** Either is mixed with the life of any component of the kind, weight
** 0.2 / (failed + 2), so that few failures never claim certainty.
*/
#include "failure.h"
#include "failure_like.h"
#include "hazard.h"
#include "../num/logit.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { FAILURE_FOLDS = 5, FAILURE_ROWS = 20, FAILURE_FEW = 20 };

/* Bandwidths: of the index in its error out of fold, of the age in the median
** life. */
#define FAILURE_SPREAD 0.35
#define FAILURE_ERA 0.15

static size_t failure_wide(size_t metrics) {
  return 4 * metrics + 1;
}
static size_t failure_rare(size_t metrics) {
  return 3 * metrics + 1;
}

/* What a learning set is turned into on the way. */
typedef struct failure_job {
  const hf_failure_set *set;
  hf_failure_model *m;
  double *x;     /* [n * wide] without gaps */
  double *y;     /* [n] life, cut; NaN: not known well enough to learn from */
  double *index; /* [n] out of fold */
  double *bx;    /* [n * wide] rows of a fold */
  double *by;    /* [n] */
  double *row;   /* [wide + 1] one row */
  double cap;    /* hours */
  int agree;     /* 1: ages at failure do */
} failure_job;

/* Median of the recorded values of each column of rows that `use` marks (all
** when NULL); 0 where there are none. */
static int failure_medians(hf_work *w, const double *x, size_t n, size_t d,
                           const unsigned char *use, double *out) {
  hf_mark mark = hf_work_mark(w);
  double *column = hf_work_reals(w, n);
  size_t i, j, k;
  if (column == NULL) return HF_ENOMEM;
  for (j = 0; j < d; j++) {
    for (i = k = 0; i < n; i++) {
      double v = x[i * d + j];
      if (!isnan(v) && (use == NULL || use[i])) column[k++] = v;
    }
    out[j] = k > 0 ? hf_stat_median(column, k) : 0;
  }
  hf_work_release(w, mark);
  return hf_work_check(w, n * d * 4);
}

/* How far column j moved within a component before it failed: the mean of the
** rows of the last `end` hours less that of the others, in standard deviations
** of those; NaN when either is missing. */
static double failure_moved(const failure_job *t, size_t d, size_t j,
                            size_t group, double end) {
  const hf_failure_set *s = t->set;
  double late = 0, early = 0, square = 0, many = 0, few = 0, sd, floor;
  size_t i;
  for (i = 0; i < s->n; i++) {
    double v = t->x[i * d + j];
    if (s->group[i] != group) continue;
    if (s->life[i] <= end) {
      late += v;
      few++;
    } else {
      early += v;
      square += v * v;
      many++;
    }
  }
  if (few < 1 || many < 3) return NAN;
  late /= few;
  early /= many;
  sd = sqrt(fmax(square / many - early * early, 0));
  floor = 1e-9 * (fabs(early) + fabs(late)) + 1e-300;
  return (late - early) / (sd > floor ? sd : floor);
}

/* Whether the ages at which the components failed agree: their standard
** deviation is below half of the median life that was observed. Age moves
** before every failure; where components join the history at any age, it tells
** no more than which of them is which. */
static int failure_ages_agree(const failure_job *t, size_t d) {
  const hf_failure_set *s = t->set;
  double sum = 0, square = 0, n = 0, mean, var;
  size_t i, g;
  for (g = 0; g < s->failed; g++) {
    for (i = 0; i < s->n && s->group[i] != g;) i++;
    if (i == s->n) continue;
    mean = t->x[i * d + d - 1] + s->life[i];
    sum += mean;
    square += mean * mean;
    n++;
  }
  if (n < HF_FAILURE_LEAST) return 0;
  mean = sum / n;
  var = square / n - mean * mean;
  return var < s->scale * s->scale / 4;
}

/* With few failures any column tells the lives apart by chance, and a level
** tells machines apart, not their wear. So a column enters only when it moved
** before most failures: by one standard deviation of its own past in three
** failures of four, the same way. The others are made constant. */
static int failure_screen(hf_work *w, failure_job *t) {
  const hf_failure_set *s = t->set;
  size_t d = failure_wide(s->metrics), i, j, g;
  for (j = 0; j < d; j++) {
    size_t up = 0, down = 0, known = 0, most;
    int rc;
    for (g = 0; g < s->failed; g++) {
      double e = failure_moved(t, d, j, g, s->scale / 12);
      known += isnan(e) ? 0 : 1;
      up += e > 1 ? 1 : 0;
      down += e < -1 ? 1 : 0;
    }
    most = up > down ? up : down;
    if (known >= HF_FAILURE_LEAST && 4 * most >= 3 * known &&
        (j + 1 < d || t->agree)) {
      continue;
    }
    for (i = 0; i < s->n; i++) t->x[i * d + j] = 0;
    rc = hf_work_check(w, s->n * (s->failed + 1));
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

static int failure_prepare(hf_work *w, failure_job *t) {
  const hf_failure_set *s = t->set;
  size_t d = failure_wide(s->metrics), i, j;
  unsigned char *longer;
  int rc;
  t->x = hf_work_reals(w, s->n * d);
  t->y = hf_work_reals(w, s->n);
  t->index = hf_work_reals(w, s->n);
  t->bx = hf_work_reals(w, s->n * d);
  t->by = hf_work_reals(w, s->n);
  t->row = hf_work_reals(w, d + 1);
  longer = hf_work_zeroed(w, s->n, 1);
  if (t->x == NULL || t->y == NULL || t->index == NULL || t->bx == NULL ||
      t->by == NULL || t->row == NULL || longer == NULL) {
    return HF_ENOMEM;
  }
  t->cap = 0.625 * s->scale;
  for (i = 0; i < s->n; i++) {
    double v = s->life[i];
    longer[i] = v >= t->cap;
    t->y[i] = v >= t->cap ? t->cap : s->event[i] ? v : NAN;
  }
  rc = failure_medians(w, s->wear, s->n, d, NULL, t->m->middle);
  if (rc != HF_OK) return rc;
  for (i = 0; i < s->n; i++) {
    for (j = 0; j < d; j++) {
      double v = s->wear[i * d + j];
      t->x[i * d + j] = isnan(v) ? t->m->middle[j] : v;
    }
  }
  t->agree = failure_ages_agree(t, d);
  if (s->failed < FAILURE_FEW) rc = failure_screen(w, t);
  if (rc != HF_OK) return rc;
  return failure_medians(w, t->x, s->n, d, longer, t->m->healthy);
}

/* Fits the index to all rows but those of fold `out` of `folds` (folds 0:
** all). */
static int failure_worn(hf_work *w, hf_work *keep, failure_job *t, size_t folds,
                        size_t out, hf_worn *worn) {
  const hf_failure_set *s = t->set;
  size_t d = failure_wide(s->metrics), i, n = 0;
  for (i = 0; i < s->n; i++) {
    if (isnan(t->y[i])) continue;
    if (folds > 0 && s->group[i] % folds == out) continue;
    memcpy(t->bx + n * d, t->x + i * d, d * sizeof(*t->x));
    t->by[n++] = t->y[i];
  }
  return hf_worn_fit(w, keep, t->bx, t->by, n, d, d - 1, s->failed, worn);
}

/* The index of every row by a fit that has not met its component, and what it
** explains of the lives left in component time, those that go on included: it
** is easy to tell the failed apart once they have failed. */
static int failure_folds(hf_work *w, failure_job *t) {
  const hf_failure_set *s = t->set;
  size_t d = failure_wide(s->metrics), folds, k, i, n = 0;
  double mean = 0, all = 0, total = 0, rest = 0, lost = 0;
  folds = s->failed < FAILURE_FOLDS ? s->failed : FAILURE_FOLDS;
  for (k = 0; k < folds; k++) {
    hf_mark mark = hf_work_mark(w);
    hf_worn worn;
    int rc = failure_worn(w, w, t, folds, k, &worn);
    if (rc != HF_OK) return rc;
    for (i = 0; i < s->n; i++) {
      if (s->group[i] % folds != k) continue;
      memcpy(t->row, t->x + i * d, d * sizeof(*t->x));
      t->index[i] = hf_worn_at(&worn, t->row);
    }
    hf_work_release(w, mark);
  }
  for (i = 0; i < s->n; i++) {
    if (isnan(t->y[i])) continue;
    mean += s->weight[i] * t->y[i];
    all += s->weight[i];
  }
  mean /= all;
  for (i = 0; i < s->n; i++) {
    double off = t->y[i] - t->index[i], far = t->y[i] - mean;
    if (isnan(t->y[i])) continue;
    total += s->weight[i] * far * far;
    rest += s->weight[i] * off * off;
    if (!s->event[i]) continue;
    lost += off * off;
    n++;
  }
  t->m->skill = total > 0 ? 1 - rest / total : 0;
  t->m->spread = FAILURE_SPREAD * sqrt(lost / (double)n);
  if (!(t->m->spread > t->cap / 100)) t->m->spread = t->cap / 100;
  return HF_OK;
}

/* What it counts that a component still runs (failure_like.c), out of how its
** whole life, as the index foretells it at its newest row, compares with those
** that ended. */
static int failure_running(hf_work *w, const failure_job *t, double *share) {
  const hf_failure_set *s = t->set;
  size_t d = failure_wide(s->metrics), groups = s->failed, i;
  hf_mark mark = hf_work_mark(w);
  double *whole, *age;
  int rc;
  for (i = 0; i < s->n; i++) {
    if (s->group[i] >= groups) groups = s->group[i] + 1;
  }
  whole = hf_work_reals(w, groups);
  age = hf_work_reals(w, groups);
  if (whole == NULL || age == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  for (i = 0; i < groups; i++) {
    whole[i] = NAN; /* no row is of it */
    age[i] = -INFINITY;
  }
  for (i = 0; i < s->n; i++) {
    double at = t->x[i * d + d - 1], *newest = &age[s->group[i]];
    double f = t->index[i] > 0 ? fmin(t->index[i], t->cap) : 0;
    if (!(at > *newest)) continue;
    *newest = at;
    whole[s->group[i]] = at + (s->event[i] ? s->life[i] : f);
  }
  *share = hf_failure_running(whole, s->failed, groups);
  rc = hf_work_check(w, s->n + s->failed * groups);
  hf_work_release(w, mark);
  return rc;
}

/* Keeps the rows that Kaplan-Meier needs, by life ascending. */
static int failure_keep(hf_work *w, hf_work *keep, failure_job *t) {
  const hf_failure_set *s = t->set;
  hf_failure_model *m = t->m;
  size_t *order = hf_work_alloc(w, s->n, sizeof(*order)), i;
  size_t d = failure_wide(s->metrics);
  m->n = s->n;
  m->index = hf_work_reals(keep, s->n);
  m->age = hf_work_reals(keep, s->n);
  m->life = hf_work_reals(keep, s->n);
  m->weight = hf_work_reals(keep, s->n);
  m->event = hf_work_alloc(keep, s->n, 1);
  if (order == NULL || m->index == NULL || m->age == NULL || m->life == NULL ||
      m->weight == NULL || m->event == NULL) {
    return HF_ENOMEM;
  }
  hf_stat_order(s->life, s->n, order);
  m->low = INFINITY;
  m->high = -INFINITY;
  for (i = 0; i < s->n; i++) {
    double f = t->index[order[i]];
    m->index[i] = f;
    m->age[i] = s->wear[order[i] * d + d - 1];
    m->life[i] = s->life[order[i]];
    m->weight[i] = s->weight[order[i]];
    m->event[i] = s->event[order[i]];
    m->low = f < m->low ? f : m->low;
    m->high = f > m->high ? f : m->high;
  }
  m->era = t->agree ? FAILURE_ERA * s->scale : 0;
  m->outlook = m->life[m->n - 1];
  m->shows = m->wears ? t->cap : m->outlook;
  hf_failure_of_all(m, &m->all);
  return failure_running(w, t, &m->running);
}

int hf_failure_learn(hf_work *w, hf_work *keep, const hf_failure_set *set,
                     hf_failure_model *out) {
  size_t d = failure_wide(set->metrics), r = failure_rare(set->metrics);
  hf_mark mark = hf_work_mark(w);
  hf_failure_model m;
  failure_job t;
  int rc;
  if (set->failed < HF_FAILURE_LEAST || set->n < FAILURE_ROWS) return HF_EDATA;
  memset(&m, 0, sizeof(m));
  memset(&t, 0, sizeof(t));
  m.metrics = set->metrics;
  m.failed = set->failed;
  m.window = set->window;
  m.middle = hf_work_reals(keep, d);
  m.healthy = hf_work_reals(keep, d);
  m.worn.weight = hf_work_zeroed(keep, d, sizeof(double));
  m.beta = hf_work_zeroed(keep, r + 1, sizeof(double));
  m.mean = hf_work_zeroed(keep, r, sizeof(double));
  m.unit = hf_work_zeroed(keep, r, sizeof(double));
  if (m.worn.weight == NULL || m.middle == NULL || m.healthy == NULL ||
      m.beta == NULL || m.mean == NULL || m.unit == NULL) {
    return HF_ENOMEM;
  }
  t.set = set;
  t.m = &m;
  rc = failure_prepare(w, &t);
  if (rc == HF_OK) rc = failure_folds(w, &t);
  m.wears = m.skill >= 0.5;
  if (rc == HF_OK) rc = failure_keep(w, keep, &t);
  if (rc == HF_OK && m.wears) rc = failure_worn(w, keep, &t, 0, 0, &m.worn);
  if (rc == HF_OK && !m.wears) rc = hf_hazard_fit(w, set, &m);
  hf_work_release(w, mark);
  if (rc == HF_OK) *out = m;
  return rc;
}

int hf_failure_life(hf_work *w, const hf_failure_model *m, const double *wear,
                    const double *rare, hf_life *out) {
  hf_mark mark = hf_work_mark(w);
  size_t d = failure_wide(m->metrics), r = failure_rare(m->metrics), i;
  hf_life life;
  if (m->wears) {
    double *x = hf_work_reals(w, d + 1), f;
    if (x == NULL) {
      hf_work_release(w, mark);
      return HF_ENOMEM;
    }
    for (i = 0; i < d; i++) x[i] = isnan(wear[i]) ? m->middle[i] : wear[i];
    f = hf_worn_at(&m->worn, x);
    f = !(f > m->low) ? m->low : f > m->high ? m->high : f;
    hf_failure_of_like(m, f, x[d - 1], &life);
  } else {
    double score = m->beta[r], p;
    for (i = 0; i < r; i++) {
      score += m->beta[i] * (rare[i] - m->mean[i]) / m->unit[i];
    }
    p = hf_logit_p(score);
    for (i = 0; i < HF_LIFE_N; i++) {
      double t = hf_life_hours(i);
      if (t > m->outlook) t = m->outlook;
      life.f[i] = -expm1(log1p(-p) * t / m->window);
    }
    life.outlook = m->outlook;
    life.shows = m->shows;
  }
  hf_life_mix(&life, 1 - 0.2 / ((double)m->failed + 2), &m->all);
  hf_work_release(w, mark);
  *out = life;
  return hf_work_check(w, m->n * 20 + d * m->worn.trees.trees);
}

int hf_failure_cause(hf_work *w, const hf_failure_model *m, const double *wear,
                     const double *rare, size_t *metric) {
  hf_mark mark = hf_work_mark(w);
  size_t d = failure_wide(m->metrics), i, j;
  double *x = hf_work_reals(w, d + 1), *healthy = hf_work_reals(w, d + 1);
  double base, best;
  if (x == NULL || healthy == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  for (i = 0; i < d; i++) x[i] = isnan(wear[i]) ? m->middle[i] : wear[i];
  base = m->wears ? hf_worn_at(&m->worn, x) : 0;
  *metric = m->metrics;
  best = m->wears ? 0 : 0.01; /* less is no cause */
  if (m->wears) {
    /* a life that is hardly shorter than the healthy have needs none; several
       metrics may tell the same, so all are looked at together */
    double age = x[d - 1], whole;
    memcpy(healthy, m->healthy, d * sizeof(*healthy));
    healthy[d - 1] = age;
    whole = hf_worn_at(&m->worn, healthy) - base;
    if (!(whole > m->spread)) best = INFINITY;
  }
  for (j = 0; j < m->metrics; j++) {
    double gain = 0;
    if (isnan(wear[4 * j])) continue; /* not recorded: no cause to name */
    if (m->wears) { /* life won if this metric were as in health */
      double was[4];
      memcpy(was, x + 4 * j, sizeof(was));
      memcpy(x + 4 * j, m->healthy + 4 * j, sizeof(was));
      gain = hf_worn_at(&m->worn, x) - base;
      memcpy(x + 4 * j, was, sizeof(was));
    } else {
      for (i = 3 * j; i < 3 * j + 3; i++) {
        gain += m->beta[i] * (rare[i] - m->mean[i]) / m->unit[i];
      }
    }
    if (gain > best) {
      best = gain;
      *metric = j;
    }
  }
  hf_work_release(w, mark);
  return hf_work_check(w, m->metrics * m->worn.trees.trees * 4);
}
