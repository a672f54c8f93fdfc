/*
** learn.c: makes the learning set of a kind from the history (risk.h).
**
** Each failed component gives up to 64 instants of its observed life, spaced
** by a thirty-second part of the median life; each instant stands for that much
** component time. Of the components without a failure at most four times as
** many are looked at, at 8 instants each, and stand for all of them. Where the
** fleet runs in regimes (ops/regime.h), features are taken of the standardised
** values. A life whose samples come densely is read at its instants alone. What
** is read is bounded whatever the length of the history, and the same for one
** component as for all.
*/
#include "risk.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum {
  LEARN_LOST = 300,  /* failures looked at, the newest */
  LEARN_SOUND = 400, /* others, at most */
  LEARN_SOUND_MIN = 40,
  LEARN_SPACINGS = 32, /* in the median life */
  LEARN_INSTANTS = 64, /* of a failed component */
  LEARN_PROBES = 8,    /* of another */
  LEARN_METRICS = 64,
  LEARN_ROWS = 4096, /* newest rows of a failed component */
  LEARN_WHOLE = 12,  /* failed components that regimes are looked for in */
  LEARN_WHOLE_ROWS = 512
};

typedef struct learn_job {
  hf_session *s;
  hf_fleet *scout;
  hf_lore *lore;
  hf_cohort cohort;
  double now;
  double *seen; /* [losses] first sample of the life that ended; NaN: none */
  hf_failure_set set;
  size_t room;
} learn_job;

/* ---- a component as its model sees it */

static const hf_samples *learn_find(const hf_metric_set *set,
                                    const char *name) {
  size_t i;
  for (i = 0; i < set->n; i++) {
    if (strcmp(set->metric[i].name, name) == 0) return &set->metric[i].samples;
  }
  return NULL;
}

/* The mean of the first values without the least and the largest: one that is
** wrong would shift what is seen of the whole life. */
static double learn_start(const hf_samples *s) {
  double sum = 0, least = INFINITY, most = -INFINITY;
  size_t i, n = 0;
  for (i = 0; i < s->n && n < HF_FAILURE_OLDEST; i++) {
    if (isnan(s->value[i])) continue;
    sum += s->value[i];
    least = fmin(least, s->value[i]);
    most = fmax(most, s->value[i]);
    n++;
  }
  if (n < 5) return n > 0 ? sum / (double)n : NAN;
  return (sum - least - most) / (double)(n - 2);
}

/* The metrics of a set in the order of the lore; n = 0: not recorded. */
static void learn_line(const hf_lore *l, const hf_metric_set *set,
                       hf_samples *out) {
  size_t j;
  for (j = 0; j < l->model.metrics; j++) {
    const hf_samples *found = learn_find(set, l->metric[j]);
    memset(&out[j], 0, sizeof(out[j]));
    if (found != NULL) out[j] = *found;
  }
}

int hf_lore_track(hf_session *s, const hf_lore *l, const hf_metric_set *set,
                  const hf_metric_set *oldest, double born, hf_track *out) {
  size_t metrics = l->model.metrics, j;
  hf_samples *m = hf_work_alloc(&s->work, metrics, sizeof(*m));
  hf_samples *first = hf_work_alloc(&s->work, metrics, sizeof(*first));
  double *start = hf_work_reals(&s->work, metrics);
  int code;
  if (m == NULL || first == NULL || start == NULL) {
    return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  learn_line(l, set, m);
  learn_line(l, oldest, first);
  code = hf_regime_apply(&s->work, &l->regime, m);
  if (code == HF_OK) code = hf_regime_apply(&s->work, &l->regime, first);
  if (code != HF_OK) return hf_fail_ops(s, code);
  for (j = 0; j < metrics; j++) start[j] = learn_start(&first[j]);
  out->metric = m;
  out->start = start;
  out->born = born;
  return SQLITE_OK;
}

double hf_lore_born(const hf_member *m, double before, double first) {
  if (!isnan(before)) return before;
  return isnan(m->commissioned) ? first : m->commissioned;
}

/* ---- what there is */

double hf_lore_first(const hf_metric_set *set) {
  double first = NAN;
  size_t i;
  for (i = 0; i < set->n; i++) {
    double t = set->metric[i].samples.ts[0];
    if (!(first <= t)) first = t;
  }
  return first;
}

/* Adds the names of a set to the lore. */
static int learn_names(learn_job *t, const hf_metric_set *set, size_t *n) {
  size_t i, k;
  for (i = 0; i < set->n && *n < LEARN_METRICS; i++) {
    for (k = 0; k < *n && strcmp(t->lore->metric[k], set->metric[i].name) != 0;)
      k++;
    if (k < *n) continue;
    t->lore->metric[*n] = hf_strdup(&t->s->hold, set->metric[i].name);
    if (t->lore->metric[*n] == NULL) return hf_fail(t->s, SQLITE_NOMEM, NULL);
    (*n)++;
  }
  return SQLITE_OK;
}

/* Looks at the beginning of each life that ended: metrics, and its length. */
static int learn_survey(learn_job *t, double *scale) {
  size_t i, n = 0, metrics = 0;
  double *span = hf_work_reals(&t->s->work, t->cohort.losses);
  t->seen = hf_work_reals(&t->s->hold, t->cohort.losses);
  t->lore->metric =
      hf_work_alloc(&t->s->hold, LEARN_METRICS, sizeof(*t->lore->metric));
  if (span == NULL || t->seen == NULL || t->lore->metric == NULL) {
    return hf_fail(t->s, SQLITE_NOMEM, NULL);
  }
  for (i = 0; i < t->cohort.losses; i++) {
    const hf_loss *l = &t->cohort.lost[i];
    hf_mark mark = hf_work_mark(&t->s->work);
    hf_metric_set set;
    int rc = hf_fleet_find(t->scout, l->name);
    t->seen[i] = NAN;
    if (rc == SQLITE_DONE) continue;
    if (rc != SQLITE_ROW) return rc;
    rc = hf_fleet_read_oldest(
        t->scout, isnan(l->before) ? -INFINITY : l->before, 1, &set);
    if (rc == SQLITE_OK) rc = learn_names(t, &set, &metrics);
    if (rc != SQLITE_OK) return rc;
    t->seen[i] = hf_lore_first(&set);
    if (t->seen[i] < l->ts)
      span[n++] = (l->ts - t->seen[i]) / 3600;
    else
      t->seen[i] = NAN;
    hf_work_release(&t->s->work, mark);
  }
  t->lore->model.metrics = metrics;
  t->set.metrics = metrics;
  *scale = n >= HF_FAILURE_LEAST ? hf_stat_median(span, n) : 0;
  return SQLITE_OK;
}

/* Looks for operating regimes in the newest lives that ended. */
static int learn_regimes(learn_job *t) {
  hf_work *w = &t->s->work;
  hf_mark mark = hf_work_mark(w);
  size_t metrics = t->lore->model.metrics, lives = 0, i, j;
  hf_samples *whole = hf_work_alloc(w, LEARN_WHOLE * metrics, sizeof(*whole));
  int rc = SQLITE_OK, code;
  if (whole == NULL) return hf_fail(t->s, SQLITE_NOMEM, NULL);
  for (i = 0; i < t->cohort.losses && lives < LEARN_WHOLE; i++) {
    const hf_loss *l = &t->cohort.lost[i];
    hf_metric_set set;
    if (isnan(t->seen[i])) continue;
    rc = hf_fleet_find(t->scout, l->name);
    if (rc == SQLITE_DONE) continue;
    if (rc != SQLITE_ROW) return rc;
    rc = hf_fleet_read_until(t->scout, l->ts, LEARN_WHOLE_ROWS, &set);
    if (rc != SQLITE_OK) return rc;
    learn_line(t->lore, &set, whole + lives * metrics);
    for (j = 0; j < metrics; j++) {
      hf_samples *m = &whole[lives * metrics + j];
      while (m->n > 0 && m->ts[0] < t->seen[i]) {
        m->ts++;
        m->value++;
        m->n--;
      }
    }
    lives++;
  }
  code =
      hf_regime_learn(w, &t->s->hold, whole, lives, metrics, &t->lore->regime);
  hf_work_release(w, mark);
  return hf_fail_ops(t->s, code);
}

/* ---- rows */

static int learn_room(learn_job *t) {
  hf_failure_set *s = &t->set;
  hf_work *w = &t->s->work;
  size_t wear = 4 * s->metrics + 1, rare = 3 * s->metrics + 1;
  t->room = t->cohort.losses * LEARN_INSTANTS + t->cohort.sounds * LEARN_PROBES;
  s->wear = hf_work_alloc(w, t->room, wear * sizeof(double));
  s->rare = hf_work_alloc(w, t->room, rare * sizeof(double));
  s->life = hf_work_reals(w, t->room);
  s->weight = hf_work_reals(w, t->room);
  s->group = hf_work_alloc(w, t->room, sizeof(size_t));
  s->event = hf_work_alloc(w, t->room, 1);
  s->late = hf_work_alloc(w, t->room, 1);
  if (s->wear == NULL || s->rare == NULL || s->life == NULL ||
      s->weight == NULL || s->group == NULL || s->event == NULL ||
      s->late == NULL) {
    return hf_fail(t->s, SQLITE_NOMEM, NULL);
  }
  return SQLITE_OK;
}

/* One row: the track at an instant, `end` its end of sight. */
static void learn_row(learn_job *t, const hf_track *track, double at,
                      double end, int event, double weight, size_t group) {
  hf_failure_set *s = &t->set;
  size_t i = s->n++;
  hf_failure_features(track, s->metrics, at, s->window,
                      s->wear + i * (4 * s->metrics + 1),
                      s->rare + i * (3 * s->metrics + 1));
  s->life[i] = (end - at) / 3600;
  s->weight[i] = weight;
  t->lore->hours += weight;
  s->group[i] = group;
  s->event[i] = event != 0;
  s->late[i] = at >= t->now - 16 * 3600 * s->window;
}

/* Reads what the features look at before an instant, and makes its row. */
static int learn_probe(learn_job *t, const hf_metric_set *oldest, double born,
                       double at, double end, int event, double weight,
                       size_t group) {
  hf_mark mark = hf_work_mark(&t->s->work);
  hf_metric_set set;
  hf_track track;
  int rc = hf_fleet_read_until(t->scout, at, HF_FAILURE_NEWEST, &set);
  if (rc == SQLITE_OK) {
    rc = hf_lore_track(t->s, t->lore, &set, oldest, born, &track);
  }
  if (rc != SQLITE_OK) return rc;
  learn_row(t, &track, at, end, event, weight, group);
  hf_work_release(&t->s->work, mark);
  return SQLITE_OK;
}

/* Whether what the features look at of each metric takes less than `hours`:
** then much of what lies between instants so far apart need not be read. */
static int learn_dense(const hf_metric_set *newest, double hours) {
  size_t i;
  for (i = 0; i < newest->n; i++) {
    const hf_samples *m = &newest->metric[i].samples;
    if (m->n < HF_FAILURE_NEWEST) return 0;
    if (!(m->ts[m->n - 1] - m->ts[0] < 3600 * hours)) return 0;
  }
  return 1;
}

/* Instants of a life that ended in a failure. */
static int learn_lost(learn_job *t, size_t i, size_t group) {
  const hf_loss *l = &t->cohort.lost[i];
  double spacing = t->set.scale / LEARN_SPACINGS, seen = t->seen[i], born;
  hf_mark mark = hf_work_mark(&t->s->work);
  hf_metric_set set, oldest;
  hf_track track;
  size_t k;
  int dense, rc = hf_fleet_find(t->scout, l->name);
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
  rc = hf_fleet_read_oldest(t->scout, seen, HF_FAILURE_OLDEST, &oldest);
  if (rc == SQLITE_OK) {
    rc = hf_fleet_read_until(t->scout, l->ts, HF_FAILURE_NEWEST, &set);
  }
  if (rc != SQLITE_OK) return rc;
  born = hf_lore_born(hf_fleet_member(t->scout), l->before, seen);
  dense = learn_dense(&set, spacing);
  if (!dense) {
    rc = hf_fleet_read_until(t->scout, l->ts, LEARN_ROWS, &set);
    if (rc == SQLITE_OK) {
      rc = hf_lore_track(t->s, t->lore, &set, &oldest, born, &track);
    }
  }
  for (k = 0; rc == SQLITE_OK && k < LEARN_INSTANTS; k++) {
    double at = l->ts - ((double)k + 0.5) * spacing * 3600;
    if (at < seen) break;
    if (dense)
      rc = learn_probe(t, &oldest, born, at, l->ts, 1, spacing, group);
    else
      learn_row(t, &track, at, l->ts, 1, spacing, group);
  }
  if (rc != SQLITE_OK) return rc;
  hf_work_release(&t->s->work, mark);
  return hf_fail_ops(t->s, hf_work_check(&t->s->work, 10000));
}

/* Instants of a component that has not failed. */
static int learn_sound(learn_job *t, size_t i, size_t group) {
  hf_mark mark = hf_work_mark(&t->s->work);
  const hf_member *m = hf_fleet_member(t->scout);
  hf_metric_set oldest;
  double seen, born, end, share, spacing;
  size_t k;
  int rc = hf_fleet_find(t->scout, t->cohort.sound[i]);
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
  rc = hf_fleet_read_oldest(t->scout, -INFINITY, HF_FAILURE_OLDEST, &oldest);
  if (rc == SQLITE_OK) rc = hf_fleet_last(t->scout, &end);
  if (rc != SQLITE_OK) return rc;
  /* a state that is stored on change holds on: sight ends now, not at the
     newest sample, unless the component was taken away */
  seen = hf_lore_first(&oldest);
  born = hf_lore_born(m, NAN, seen);
  end = isnan(m->retired) ? t->now : m->retired;
  spacing = (end - seen) / 3600 / LEARN_PROBES;
  share = (double)t->cohort.sound_all / (double)t->cohort.sounds;
  for (k = 0; spacing > 0 && k < LEARN_PROBES; k++) {
    double at = end - ((double)k + 0.5) * spacing * 3600;
    rc = learn_probe(t, &oldest, born, at, end, 0, share * spacing, group);
    if (rc != SQLITE_OK) return rc;
  }
  hf_work_release(&t->s->work, mark);
  return SQLITE_OK;
}

static int learn_kind(learn_job *t) {
  size_t i, want = LEARN_SOUND;
  double scale = 0;
  int rc = hf_cohort_count(t->s, t->lore->kind, &t->lore->failures);
  if (rc != SQLITE_OK || t->lore->failures < HF_FAILURE_LEAST) return rc;
  if (4 * t->lore->failures < want) want = 4 * t->lore->failures;
  if (want < LEARN_SOUND_MIN) want = LEARN_SOUND_MIN;
  rc = hf_cohort_read(t->s, t->lore->kind, LEARN_LOST, want, &t->cohort);
  if (rc == SQLITE_OK) rc = learn_survey(t, &scale);
  if (rc != SQLITE_OK || !(scale > 0) || t->set.metrics == 0) return rc;
  t->set.scale = scale;
  t->set.window = scale / 16;
  rc = learn_regimes(t);
  if (rc == SQLITE_OK) rc = learn_room(t);
  for (i = 0; rc == SQLITE_OK && i < t->cohort.losses; i++) {
    if (isnan(t->seen[i])) continue;
    rc = learn_lost(t, i, t->set.failed++);
  }
  for (i = 0; rc == SQLITE_OK && i < t->cohort.sounds; i++) {
    rc = learn_sound(t, i, t->set.failed + i);
  }
  if (rc == SQLITE_OK) {
    int code =
        hf_failure_learn(&t->s->work, &t->s->hold, &t->set, &t->lore->model);
    t->lore->learned = code == HF_OK;
    if (code != HF_EDATA) rc = hf_fail_ops(t->s, code);
  }
  return rc;
}

int hf_lore_learn(hf_session *s, hf_fleet *scout, double now, hf_lore *l) {
  hf_mark mark = hf_work_mark(&s->work);
  learn_job t;
  int rc;
  memset(&t, 0, sizeof(t));
  t.s = s;
  t.scout = scout;
  t.lore = l;
  t.now = now;
  rc = learn_kind(&t);
  hf_work_release(&s->work, mark);
  l->as_of = now;
  l->cohort = t.cohort;
  l->seen = t.seen;
  return rc;
}
