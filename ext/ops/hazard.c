/*
** hazard.c: how likely a component fails within a window (hazard.h).
**
** Discrete-time hazard (Singer and Willett 1993): logistic regression of
** "fails within the window" on the rare features, one row an instant that was
** watched for a window, weighted by the component time it stands for. What only
** grows, age too, and what is mostly zero counts use and trouble: more of it
** never lowers the hazard. Such signs hold for other fleets as well, what a few
** failures say of the others need not.
**
** The ridge is on a common scale, that of logs. It starts at 20, for with a few
** dozen failures weaker ones follow chance, and is quartered as long as that
** foretells components left out better by more than two standard errors (after
** Hastie, Tibshirani, Friedman 2009, section 7.10, where it is one).
*/
#include "hazard.h"
#include "../num/logit.h"

#include <math.h>
#include <string.h>

enum { HAZARD_FOLDS = 5, HAZARD_RIDGES = 4 };

static const double hazard_ridge = 20; /* the strongest; each next a quarter */

static size_t hazard_wide(size_t metrics) {
  return 3 * metrics + 1;
}

/* Rows for the hazard: those whose window was watched to its end. */
typedef struct hazard_rows {
  double *x, *y, *weight;
  size_t *group; /* [n] the component of each */
  size_t n, groups;
} hazard_rows;

static int hazard_pick(hf_work *w, const hf_failure_set *s, int late,
                       hazard_rows *r) {
  size_t d = hazard_wide(s->metrics), i;
  double ones = 0;
  r->x = hf_work_reals(w, s->n * d);
  r->y = hf_work_reals(w, s->n);
  r->weight = hf_work_reals(w, s->n);
  r->group = hf_work_alloc(w, s->n, sizeof(*r->group));
  if (r->x == NULL || r->y == NULL || r->weight == NULL || r->group == NULL) {
    return HF_ENOMEM;
  }
  r->groups = 0;
  for (i = r->n = 0; i < s->n; i++) {
    int fails = s->event[i] && s->life[i] <= s->window;
    if (late && !s->late[i]) continue;
    if (!fails && s->life[i] < s->window) continue;
    memcpy(r->x + r->n * d, s->rare + i * d, d * sizeof(*r->x));
    r->y[r->n] = fails;
    r->group[r->n] = s->group[i];
    if (s->group[i] >= r->groups) r->groups = s->group[i] + 1;
    r->weight[r->n++] = s->weight[i] / s->window;
    ones += fails;
  }
  return ones >= HF_FAILURE_LEAST && ones < (double)r->n ? HF_OK : HF_EDATA;
}

/* Centres the columns and finds the signs: the age, a metric that never fell
** within a window, and one that is zero in half of the rows. Columns keep their
** natural scale, that of logs, unless they spread by more than 1. */
static void hazard_scale(hazard_rows *r, size_t d, double *mean, double *unit,
                         signed char *sign) {
  size_t i, j;
  for (j = 0; j < d; j++) {
    /* columns 3k.. of metric k: whether it differs from zero, its size, its
       rise; the last column is the age */
    size_t k = j - j % 3;
    double all = 0, sum = 0, square = 0, active = 0, fell = 0;
    for (i = 0; i < r->n; i++) {
      all += r->weight[i];
      sum += r->weight[i] * r->x[i * d + j];
      active += r->weight[i] * r->x[i * d + k];
      if (j + 1 < d && r->x[i * d + k + 2] < 0) fell = 1;
    }
    mean[j] = sum / all;
    for (i = 0; i < r->n; i++) {
      double e = r->x[i * d + j] - mean[j];
      square += r->weight[i] * e * e;
    }
    unit[j] = sqrt(square / all);
    if (!(unit[j] > 1)) unit[j] = 1;
    sign[j] = j + 1 == d || fell == 0 || active <= 0.5 * all;
  }
}

/* Adds to loss[groups] the deviance/2 of each component, foretold without it
** and its fold. HF_EDATA: a fold leaves no failure, or nothing else. */
static int hazard_loss(hf_work *w, const hazard_rows *r, size_t d, double ridge,
                       const signed char *sign, double *loss) {
  hf_mark mark = hf_work_mark(w);
  hazard_rows part;
  double *beta = hf_work_reals(w, d + 1);
  size_t fold, i;
  int rc = HF_OK;
  part.x = hf_work_reals(w, r->n * d);
  part.y = hf_work_reals(w, r->n);
  part.weight = hf_work_reals(w, r->n);
  if (beta == NULL || part.x == NULL || part.y == NULL || part.weight == NULL) {
    rc = HF_ENOMEM;
  }
  for (fold = 0; rc == HF_OK && fold < HAZARD_FOLDS; fold++) {
    for (i = part.n = 0; i < r->n; i++) {
      if (r->group[i] % HAZARD_FOLDS == fold) continue;
      memcpy(part.x + part.n * d, r->x + i * d, d * sizeof(*part.x));
      part.y[part.n] = r->y[i];
      part.weight[part.n++] = r->weight[i];
    }
    rc = hf_logit_fit(w, part.x, part.y, part.weight, part.n, d, ridge, sign,
                      beta);
    for (i = 0; rc == HF_OK && i < r->n; i++) {
      double score;
      if (r->group[i] % HAZARD_FOLDS != fold) continue;
      score = hf_logit_score(beta, r->x + i * d, d);
      if (r->y[i] > 0) score = -score;
      /* log(1 + exp(score)) */
      loss[r->group[i]] +=
          r->weight[i] * (fmax(score, 0) + log1p(exp(-fabs(score))));
    }
  }
  hf_work_release(w, mark);
  return rc;
}

/* The ridge: the next weaker one as long as it is better by more than two
** standard errors of the sum over components. */
static int hazard_pick_ridge(hf_work *w, const hazard_rows *r, size_t d,
                             const signed char *sign, double *ridge) {
  hf_mark mark = hf_work_mark(w);
  double *loss = hf_work_zeroed(w, r->groups, sizeof(*loss));
  double *next = hf_work_zeroed(w, r->groups, sizeof(*next));
  size_t k, i;
  int rc = loss != NULL && next != NULL ? HF_OK : HF_ENOMEM;
  *ridge = hazard_ridge;
  if (rc == HF_OK) rc = hazard_loss(w, r, d, *ridge, sign, loss);
  for (k = 1; rc == HF_OK && k < HAZARD_RIDGES; k++) {
    double sum = 0, square = 0, n = (double)r->groups, *swap;
    memset(next, 0, r->groups * sizeof(*next));
    rc = hazard_loss(w, r, d, *ridge / 4, sign, next);
    for (i = 0; i < r->groups; i++) {
      double gain = loss[i] - next[i];
      sum += gain;
      square += gain * gain;
    }
    if (rc != HF_OK || !(sum > 2 * sqrt(fmax(square - sum * sum / n, 0))))
      break;
    *ridge /= 4;
    swap = loss;
    loss = next;
    next = swap;
  }
  hf_work_release(w, mark);
  return rc == HF_EDATA ? HF_OK : rc;
}

int hf_hazard_fit(hf_work *w, const hf_failure_set *s, hf_failure_model *m) {
  size_t d = hazard_wide(s->metrics), i, j;
  signed char *sign = hf_work_alloc(w, d, 1);
  hazard_rows r;
  double ridge;
  int rc;
  if (sign == NULL) return HF_ENOMEM;
  rc = hazard_pick(w, s, 1, &r);
  if (rc == HF_EDATA) rc = hazard_pick(w, s, 0, &r);
  if (rc != HF_OK) return rc;
  hazard_scale(&r, d, m->mean, m->unit, sign);
  for (i = 0; i < r.n; i++) {
    for (j = 0; j < d; j++) {
      double *v = &r.x[i * d + j];
      *v = (*v - m->mean[j]) / m->unit[j];
    }
  }
  rc = hazard_pick_ridge(w, &r, d, sign, &ridge);
  if (rc != HF_OK) return rc;
  return hf_logit_fit(w, r.x, r.y, r.weight, r.n, d, ridge, sign, m->beta);
}
