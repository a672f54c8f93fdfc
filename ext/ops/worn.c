/*
** worn.c: ridge regression and boosted trees together (worn.h).
**
** Many sensors that tell the same are noisy each; their weighted sum is not.
** Trees split on one column at a time and cannot form it, so the answer of a
** ridge regression (Hoerl and Kennard 1970) over the standardised columns is
** given to them as one column more: a health index. The penalty is as strong
** as the data, lambda = n, for the columns are near copies of each other and
** the rows of one component are not independent. The trees bend the line where
** life does not follow it, the line goes on where trees only step: both
** together err less than either. Trees need lives to learn from, n of them:
** their share is n / (n + 20).
*/
#include "worn.h"
#include "../num/linalg.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

/* The line leaves the trees little to bend: three times as many at a third of
** the rate err no less. */
static const hf_boost_plan worn_plan = {30, 3, 10, 0.25};

static double worn_line(const hf_worn *m, const double *x) {
  double v = m->base;
  size_t j;
  for (j = 0; j < m->d; j++) v += m->weight[j] * x[j];
  return v;
}

/* The line over the first `straight` columns; weight[d] and base of m. A
** column that hardly moves has no weight. */
static int worn_ridge(hf_work *w, const double *x, const double *y, size_t n,
                      size_t straight, hf_worn *m) {
  size_t i, j, used = 0, *from = hf_work_alloc(w, straight, sizeof(*from));
  double *mean = hf_work_reals(w, straight);
  double *unit = hf_work_reals(w, straight), *far = hf_work_reals(w, n);
  const double **col = hf_work_alloc(w, straight, sizeof(*col));
  const double **slice;
  double *a, *b, *ridge, *one, middle = hf_stat_mean(y, n);
  int rc;
  if (from == NULL || mean == NULL || unit == NULL || far == NULL ||
      col == NULL) {
    return HF_ENOMEM;
  }
  for (j = 0; j < straight; j++) {
    double *c = hf_work_reals(w, n), scale;
    if (c == NULL) return HF_ENOMEM;
    for (i = 0; i < n; i++) c[i] = x[i * m->d + j];
    mean[used] = hf_stat_mean(c, n);
    scale = hf_stat_sd(c, n);
    if (!isfinite(mean[used]) || !(scale > 1e-9 * fabs(mean[used]))) continue;
    if (!isfinite(scale)) continue;
    for (i = 0; i < n; i++) c[i] = (c[i] - mean[used]) / scale;
    unit[used] = scale;
    col[used] = c;
    from[used++] = j;
    rc = hf_work_check(w, 4 * n);
    if (rc != HF_OK) return rc;
  }
  for (i = 0; i < n; i++) far[i] = y[i] - middle;
  memset(m->weight, 0, m->d * sizeof(*m->weight));
  m->base = middle;
  if (used == 0) return HF_OK;
  a = hf_work_zeroed(w, used * used, sizeof(*a));
  b = hf_work_zeroed(w, used, sizeof(*b));
  ridge = hf_work_reals(w, used);
  one = hf_work_reals(w, n);
  slice = hf_work_alloc(w, used, sizeof(*slice));
  if (a == NULL || b == NULL || ridge == NULL || one == NULL || slice == NULL) {
    return HF_ENOMEM;
  }
  for (i = 0; i < n; i++) one[i] = 1;
  for (i = 0; i < n; i += 1000) { /* in slices, so that one may stop */
    for (j = 0; j < used; j++) slice[j] = col[j] + i;
    hf_linalg_rows(a, b, used, slice, far + i, one,
                   n - i < 1000 ? n - i : 1000);
    rc = hf_work_check(w, 1000 * used * used / 2);
    if (rc != HF_OK) return rc;
  }
  for (j = 0; j < used; j++) ridge[j] = (double)n;
  rc = hf_linalg_ridge(a, b, used, ridge);
  if (rc != HF_OK) return rc;
  for (j = 0; j < used; j++) {
    m->weight[from[j]] = b[j] / unit[j];
    m->base -= b[j] / unit[j] * mean[j];
  }
  return hf_work_check(w, used * used * used / 3);
}

int hf_worn_fit(hf_work *w, hf_work *keep, const double *x, const double *y,
                size_t n, size_t d, size_t straight, size_t lives,
                hf_worn *out) {
  hf_worn m;
  hf_mark mark;
  double *wide;
  size_t i;
  int rc;
  if (n < 2) return HF_EDATA;
  m.d = d;
  m.bent = hf_worn_bent(lives);
  m.weight = hf_work_reals(keep, d);
  if (m.weight == NULL) return HF_ENOMEM;
  mark = hf_work_mark(w);
  rc = worn_ridge(w, x, y, n, straight, &m);
  hf_work_release(w, mark);
  wide = rc == HF_OK ? hf_work_reals(w, n * (d + 1)) : NULL;
  if (rc == HF_OK && wide == NULL) rc = HF_ENOMEM;
  for (i = 0; rc == HF_OK && i < n; i++) {
    memcpy(wide + i * (d + 1), x + i * d, d * sizeof(*x));
    wide[i * (d + 1) + d] = worn_line(&m, x + i * d);
  }
  if (rc == HF_OK) {
    rc = hf_boost_fit(w, keep, wide, y, n, d + 1, &worn_plan, &m.trees);
  }
  if (w != keep) hf_work_release(w, mark); /* else the trees lie above */
  if (rc == HF_OK) *out = m;
  return rc;
}

double hf_worn_bent(size_t lives) {
  return (double)lives / ((double)lives + 20);
}

double hf_worn_at(const hf_worn *m, double *x) {
  double line = worn_line(m, x);
  x[m->d] = line;
  return line + m->bent * (hf_boost_predict(&m->trees, x) - line);
}
