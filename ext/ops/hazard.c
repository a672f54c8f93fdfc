/*
** hazard.c: how likely a component fails within a window (hazard.h).
**
** Discrete-time hazard (Singer and Willett 1993): logistic regression of
** "fails within the window" on the rare features, one row an instant that was
** watched for a window, weighted by the component time it stands for. Ridge 20
** on a common scale, that of logs: with a few dozen failures weaker ones follow
** chance. What only grows, age too, and what is mostly zero counts use and
** trouble: more of it never lowers the hazard. Such signs hold for other fleets
** as well, what a few failures say of the others need not.
*/
#include "hazard.h"
#include "../num/logit.h"

#include <math.h>
#include <string.h>

static const double hazard_ridge = 20;

static size_t hazard_wide(size_t metrics) {
  return 3 * metrics + 1;
}

/* Rows for the hazard: those whose window was watched to its end. */
typedef struct hazard_rows {
  double *x, *y, *weight;
  size_t n;
} hazard_rows;

static int hazard_pick(hf_work *w, const hf_failure_set *s, int late,
                       hazard_rows *r) {
  size_t d = hazard_wide(s->metrics), i;
  double ones = 0;
  r->x = hf_work_reals(w, s->n * d);
  r->y = hf_work_reals(w, s->n);
  r->weight = hf_work_reals(w, s->n);
  if (r->x == NULL || r->y == NULL || r->weight == NULL) return HF_ENOMEM;
  for (i = r->n = 0; i < s->n; i++) {
    int fails = s->event[i] && s->life[i] <= s->window;
    if (late && !s->late[i]) continue;
    if (!fails && s->life[i] < s->window) continue;
    memcpy(r->x + r->n * d, s->rare + i * d, d * sizeof(*r->x));
    r->y[r->n] = fails;
    r->weight[r->n++] = s->weight[i] / s->window;
    ones += fails;
  }
  return ones >= HF_FAILURE_LEAST && ones < (double)r->n ? HF_OK : HF_EDATA;
}

/* Centres the columns and finds the signs: the age, a metric that never fell
** within a window, and one that is zero in half of the rows. Columns keep their
*natural scale, that of logs,
** unless they spread by more than 1. */
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

int hf_hazard_fit(hf_work *w, const hf_failure_set *s, hf_failure_model *m) {
  size_t d = hazard_wide(s->metrics), i, j;
  signed char *sign = hf_work_alloc(w, d, 1);
  hazard_rows r;
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
  return hf_logit_fit(w, r.x, r.y, r.weight, r.n, d, hazard_ridge, sign,
                      m->beta);
}
