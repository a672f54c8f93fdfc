/*
** regime.c: operating regimes (regime.h).
**
** A setting is a metric whose pooled values fall into 2 to 16 levels, each
** narrower than a tenth of the gaps beside it and holding one per cent of the
** values, and whose every level is seen in the first and in the last third of
** most lives: what comes only with age is wear, not a setting. A further
** setting is taken in while it tells more regimes apart, the sharpest first.
** There are regimes when some other metric owes half of its variance to them
** (eta squared, the correlation ratio). A metric that owes a twentieth or more
** is then standardised within each regime, the usual way with flight
** conditions of engines (Peel 2008). A setting holds until its next sample, so
** it may be stored on change.
*/
#include "regime.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { REGIME_LEAST = 100 };

typedef struct regime_job {
  const hf_samples *metric;
  size_t lives, metrics;
  hf_regime *r;
} regime_job;

static size_t regime_level(const hf_regime_setting *s, double v) {
  size_t k = 0;
  while (k + 1 < s->levels && v > s->cut[k]) k++;
  return k;
}

/* Cuts pooled values into levels. The width of the widest level as a share of
** the narrowest gap; INFINITY when they are no levels. */
static double regime_cut(double *v, size_t n, hf_regime_setting *s) {
  double range, width = 0, gap = INFINITY;
  size_t from = 0, i;
  s->levels = 1;
  if (n < REGIME_LEAST) return INFINITY;
  hf_stat_sort(v, n);
  range = v[n - 1] - v[0];
  if (!(range > 0) || !isfinite(range)) return INFINITY;
  for (i = 1; i <= n; i++) {
    if (i < n && v[i] - v[i - 1] <= range / 64) continue;
    if (100 * (i - from) < n) return INFINITY;
    width = fmax(width, v[i - 1] - v[from]);
    from = i;
    if (i == n) break;
    if (s->levels == HF_REGIME_LEVELS) return INFINITY;
    gap = fmin(gap, v[i] - v[i - 1]);
    s->cut[s->levels++ - 1] = v[i - 1] + (v[i] - v[i - 1]) / 2;
  }
  return s->levels > 1 && width < 0.1 * gap ? width / gap : INFINITY;
}

/* Whether every level comes in the first and the last third of most lives. */
static int regime_comes_back(const regime_job *t, const hf_regime_setting *s) {
  size_t seen[HF_REGIME_LEVELS] = {0}, lives = 0, g, k, i;
  for (g = 0; g < t->lives; g++) {
    const hf_samples *m = &t->metric[g * t->metrics + s->metric];
    unsigned char first[HF_REGIME_LEVELS] = {0}, last[HF_REGIME_LEVELS] = {0};
    if (m->n < 3) continue;
    lives++;
    for (i = 0; i < m->n; i++) {
      if (isnan(m->value[i])) continue;
      k = regime_level(s, m->value[i]);
      if (3 * i < m->n) first[k] = 1;
      if (3 * i >= 2 * m->n) last[k] = 1;
    }
    for (k = 0; k < s->levels; k++) seen[k] += first[k] && last[k] ? 1 : 0;
  }
  for (k = 0; k < s->levels; k++) {
    if (2 * seen[k] <= lives) return 0;
  }
  return 1;
}

/* Walks through the regimes of a component in time. */
typedef struct regime_walk {
  const hf_regime *r;
  const hf_samples *metric; /* [metrics] as recorded */
  size_t *next;             /* [settings] sample to come */
  size_t *level;            /* [settings]; (size_t)-1: not yet set */
} regime_walk;

static int regime_start(hf_work *w, const hf_regime *r,
                        const hf_samples *metric, regime_walk *k) {
  size_t i;
  k->r = r;
  k->metric = metric;
  k->next = hf_work_alloc(w, r->settings, sizeof(*k->next));
  k->level = hf_work_alloc(w, r->settings, sizeof(*k->level));
  if (k->next == NULL || k->level == NULL) return HF_ENOMEM;
  for (i = 0; i < r->settings; i++) {
    k->next[i] = 0;
    k->level[i] = (size_t)-1;
  }
  return HF_OK;
}

/* The regime at a time not before the last asked; r->codes: not yet set. */
static size_t regime_at(regime_walk *k, double ts) {
  size_t code = 0, i;
  int set = 1;
  for (i = 0; i < k->r->settings; i++) {
    const hf_regime_setting *s = &k->r->setting[i];
    const hf_samples *m = &k->metric[s->metric];
    while (k->next[i] < m->n && m->ts[k->next[i]] <= ts) {
      double v = m->value[k->next[i]++];
      if (!isnan(v)) k->level[i] = regime_level(s, v);
    }
    if (k->level[i] == (size_t)-1) {
      set = 0;
      continue;
    }
    code = code * s->levels + k->level[i];
  }
  return set ? code : k->r->codes;
}

/* Sums of metric j by regime over all lives. sum, square, many: [codes]. */
static int regime_sums(hf_work *w, const regime_job *t, size_t j, double *sum,
                       double *square, double *many) {
  size_t g, i;
  for (i = 0; i < t->r->codes; i++) sum[i] = square[i] = many[i] = 0;
  for (g = 0; g < t->lives; g++) {
    const hf_samples *metric = t->metric + g * t->metrics, *m = &metric[j];
    hf_mark mark = hf_work_mark(w);
    regime_walk walk;
    int rc = regime_start(w, t->r, metric, &walk);
    if (rc != HF_OK) return rc;
    for (i = 0; i < m->n; i++) {
      size_t code = regime_at(&walk, m->ts[i]);
      double v = m->value[i];
      if (code == t->r->codes || !(fabs(v) < 1e150)) continue;
      sum[code] += v;
      square[code] += v * v;
      many[code]++;
    }
    hf_work_release(w, mark);
    rc = hf_work_check(w, 4 * m->n * t->r->settings + 1);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* The number of regimes that are seen; 0 when one of them is rare. */
static int regime_count(hf_work *w, const regime_job *t, size_t *out) {
  static const size_t rare = 200; /* one value in so many */
  hf_mark mark = hf_work_mark(w);
  size_t codes = t->r->codes, i, n = 0;
  double *sum = hf_work_reals(w, 3 * codes), all = 0, *many = sum + 2 * codes;
  int rc = HF_ENOMEM;
  if (sum != NULL) {
    rc = regime_sums(w, t, t->r->setting[0].metric, sum, sum + codes, many);
  }
  for (i = 0; rc == HF_OK && i < codes; i++) all += many[i];
  for (i = 0; rc == HF_OK && i < codes; i++) {
    if (many[i] == 0) continue;
    if (n == (size_t)-1 || many[i] * (double)rare < all) {
      n = (size_t)-1;
    } else {
      n++;
    }
  }
  hf_work_release(w, mark);
  if (rc == HF_OK) *out = n == (size_t)-1 ? 0 : n;
  return rc;
}

/* Picks the settings, the sharpest first. */
static int regime_settings(hf_work *w, regime_job *t) {
  hf_regime_setting *found = hf_work_alloc(w, t->metrics, sizeof(*found));
  double *sharp = hf_work_reals(w, t->metrics);
  size_t *order = hf_work_alloc(w, t->metrics, sizeof(*order));
  size_t j, g, i, room = 0, seen = 1;
  double *v;
  if (found == NULL || sharp == NULL || order == NULL) return HF_ENOMEM;
  for (j = 0; j < t->metrics; j++) {
    size_t all = 0;
    for (g = 0; g < t->lives; g++) all += t->metric[g * t->metrics + j].n;
    room = all > room ? all : room;
  }
  v = hf_work_reals(w, room);
  if (v == NULL) return HF_ENOMEM;
  for (j = 0; j < t->metrics; j++) {
    size_t n = 0;
    int rc;
    for (g = 0; g < t->lives; g++) {
      const hf_samples *m = &t->metric[g * t->metrics + j];
      for (i = 0; i < m->n; i++) {
        if (isfinite(m->value[i])) v[n++] = m->value[i];
      }
    }
    memset(&found[j], 0, sizeof(found[j]));
    found[j].metric = j;
    sharp[j] = regime_cut(v, n, &found[j]);
    if (isfinite(sharp[j]) && !regime_comes_back(t, &found[j])) {
      sharp[j] = INFINITY;
    }
    rc = hf_work_check(w, 20 * n + 1);
    if (rc != HF_OK) return rc;
  }
  hf_stat_order(sharp, t->metrics, order);
  for (j = 0; j < t->metrics; j++) {
    const hf_regime_setting *s = &found[order[j]];
    size_t codes = t->r->codes, now;
    int rc;
    if (!isfinite(sharp[order[j]])) break;
    if (codes * s->levels > HF_REGIME_CODES) continue;
    t->r->setting[t->r->settings++] = *s;
    t->r->codes = codes * s->levels;
    rc = regime_count(w, t, &now);
    if (rc != HF_OK) return rc;
    if (now > seen) {
      seen = now;
      continue;
    }
    t->r->settings--;
    t->r->codes = codes;
  }
  return HF_OK;
}

/* Means and units of each metric in each regime, and what depends on them. */
static int regime_fit(hf_work *w, regime_job *t, double *most) {
  hf_regime *r = t->r;
  size_t j, c;
  double *sum = hf_work_reals(w, 3 * r->codes), *square = sum + r->codes;
  double *many = sum + 2 * r->codes;
  if (sum == NULL) return HF_ENOMEM;
  *most = 0;
  for (j = 0; j < r->metrics; j++) {
    double all = 0, mean = 0, within = 0, between = 0;
    int rc = regime_sums(w, t, j, sum, square, many);
    if (rc != HF_OK) return rc;
    for (c = 0; c < r->codes; c++) {
      all += many[c];
      mean += sum[c];
    }
    mean = all > 0 ? mean / all : 0;
    for (c = 0; c < r->codes; c++) {
      double m = many[c] > 0 ? sum[c] / many[c] : NAN;
      double var = many[c] > 0 ? fmax(square[c] / many[c] - m * m, 0) : 0;
      /* what rounding leaves of a constant is no variance */
      if (var < 1e-14 * m * m) var = 0;
      r->mean[c * r->metrics + j] = m;
      r->unit[c * r->metrics + j] = sqrt(var);
      if (!(many[c] > 0)) continue;
      within += many[c] * var;
      between += many[c] * (m - mean) * (m - mean);
    }
    if (between > 0 && between >= 0.05 * (between + within)) r->moves[j] = 1;
    for (c = 0; c < r->settings; c++) {
      if (r->setting[c].metric == j) break;
    }
    if (c < r->settings || !r->moves[j]) continue;
    *most = fmax(*most, between / (between + within));
  }
  return HF_OK;
}

int hf_regime_learn(hf_work *w, hf_work *keep, const hf_samples *metric,
                    size_t lives, size_t metrics, hf_regime *out) {
  hf_mark mark = hf_work_mark(w);
  hf_regime r;
  regime_job t;
  double most = 0;
  int rc;
  memset(&r, 0, sizeof(r));
  r.metrics = metrics;
  r.codes = 1;
  r.setting = hf_work_alloc(keep, metrics, sizeof(*r.setting));
  r.moves = hf_work_zeroed(keep, metrics, 1);
  if (r.setting == NULL || r.moves == NULL) return HF_ENOMEM;
  t.metric = metric;
  t.lives = lives;
  t.metrics = metrics;
  t.r = &r;
  rc = regime_settings(w, &t);
  if (rc == HF_OK && r.settings > 0) {
    r.mean = hf_work_reals(keep, r.codes * metrics);
    r.unit = hf_work_reals(keep, r.codes * metrics);
    rc =
        r.mean == NULL || r.unit == NULL ? HF_ENOMEM : regime_fit(w, &t, &most);
    if (most < 0.5) r.settings = 0;
  }
  hf_work_release(w, mark);
  if (rc == HF_OK) *out = r;
  return rc;
}

int hf_regime_apply(hf_work *w, const hf_regime *r, hf_samples *metric) {
  hf_samples *was;
  size_t j, i;
  if (r->settings == 0) return HF_OK;
  was = hf_work_alloc(w, r->metrics, sizeof(*was));
  if (was == NULL) return HF_ENOMEM;
  memcpy(was, metric, r->metrics * sizeof(*was));
  for (j = 0; j < r->metrics; j++) {
    const hf_samples *m = &was[j];
    double *v;
    regime_walk walk;
    int rc;
    if (!r->moves[j]) continue;
    v = hf_work_reals(w, m->n);
    if (v == NULL) return HF_ENOMEM;
    rc = regime_start(w, r, was, &walk);
    if (rc != HF_OK) return rc;
    for (i = 0; i < m->n; i++) {
      size_t code = regime_at(&walk, m->ts[i]);
      double mean, unit;
      v[i] = NAN;
      if (code == r->codes) continue;
      mean = r->mean[code * r->metrics + j];
      unit = r->unit[code * r->metrics + j];
      v[i] = isnan(mean) ? NAN : unit > 0 ? (m->value[i] - mean) / unit : 0;
    }
    metric[j].value = v;
    rc = hf_work_check(w, 8 * m->n * r->settings + 1);
    if (rc != HF_OK) return rc;
  }
  for (i = 0; i < r->settings; i++) metric[r->setting[i].metric].n = 0;
  return HF_OK;
}
