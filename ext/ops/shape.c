/*
** shape.c: windowed reconstruction error of one series at one time scale.
**
** The model of num/window.h learns which shapes the windows of the series
** have. Where the error of a window is far above what it used to be, the
** shape is new: a spike, but also a level shift, a flat line where there was
** a rhythm, a beat left out.
**
** As it happens, the model is fitted again whenever the series has grown by a
** quarter, to what was known by then, so that n values cost n filters and
** about log n fits; no later value can change an earlier score. A value
** enters the model within ten standard deviations of the mean so far, so that
** one wild value cannot make the rest of the series look usual.
*/
#include "shape.h"

#include <math.h>

#include "../num/stat.h"
#include "../num/window.h"

enum {
  SHAPE_PAST = 32,  /* window as it happens, values */
  SHAPE_ALL = 64,   /* window in hindsight */
  SHAPE_GROWTH = 4, /* a new fit when the series grew by 1/4 */
  SHAPE_PRIOR = 8   /* errors that the first fit's own rest counts for */
};

static const double SHAPE_CLIP = 10;     /* standard deviations */
static const double SHAPE_FLOOR = 1e-12; /* of the variance: rounding */

/* Moments of the clipped values so far. */
typedef struct shape_moments {
  double n, sum, square; /* of values less the shift */
} shape_moments;

static double shape_variance(const shape_moments *m) {
  double mean = m->sum / m->n;
  double v = m->square / m->n - mean * mean;
  return v > 1e-14 * m->square / m->n ? v : 0;
}

/* c[from .. to) from y: shifted, and clipped to what was seen before. */
static void shape_clip(const double *y, size_t from, size_t to, double shift,
                       shape_moments *m, double *c) {
  double mean = m->n > 0 ? m->sum / m->n : 0;
  double half = m->n > 0 ? SHAPE_CLIP * sqrt(shape_variance(m)) : 0;
  size_t t;
  for (t = from; t < to; t++) {
    double x = y[t] - shift;
    if (half > 0) x = fmin(fmax(x, mean - half), mean + half);
    c[t] = x;
    m->n += 1;
    m->sum += x;
    m->square += x * x;
  }
}

/* The start has no past: its own moments clip it. */
static void shape_clip_start(const double *y, size_t n, double shift,
                             shape_moments *m, double *c) {
  shape_moments own = {0, 0, 0}, past;
  shape_clip(y, 0, n, shift, &own, c);
  past = own;
  shape_clip(y, 0, n, shift, &past, c);
  m->n = m->sum = m->square = 0;
  for (size_t t = 0; t < n; t++) {
    m->n += 1;
    m->sum += c[t];
    m->square += c[t] * c[t];
  }
}

int hf_shape_past(hf_work *w, const double *y, size_t n, double *ratio,
                  double *foretold) {
  hf_mark mark = hf_work_mark(w);
  hf_window_sums *sums = hf_work_alloc(w, 1, sizeof(*sums));
  hf_window_model *model = hf_work_alloc(w, 1, sizeof(*model));
  double *c = hf_work_reals(w, n);
  double *error = hf_work_reals(w, n);
  double *told = foretold != NULL ? hf_work_reals(w, n) : NULL;
  double shift, total = 0, count = 0;
  shape_moments m = {0, 0, 0};
  size_t t = HF_SHAPE_FIRST, i;
  int rc;
  if (sums == NULL || model == NULL || c == NULL || error == NULL ||
      (foretold != NULL && told == NULL))
    return HF_ENOMEM;
  shift = n > t ? hf_stat_mean(y, t) : 0;
  rc = hf_window_start(sums, model, SHAPE_PAST);
  if (rc != HF_OK) return rc;
  if (n > t) shape_clip_start(y, t, shift, &m, c);
  while (t < n) {
    size_t to = t + t / SHAPE_GROWTH < n ? t + t / SHAPE_GROWTH : n;
    double variance = shape_variance(&m);
    rc = hf_window_add(w, sums, c, t);
    if (rc == HF_OK) rc = hf_window_fit(w, sums, c, model);
    if (rc != HF_OK) return rc;
    if (count == 0) {
      count = SHAPE_PRIOR;
      total = count * model->rest * variance;
    }
    shape_clip(y, t, to, shift, &m, c);
    rc = hf_window_errors(w, model, c, t, to, error + t,
                          told != NULL ? told + t : NULL, NULL);
    if (rc != HF_OK) return rc;
    for (i = t; i < to; i++) {
      double usual;
      total += error[i];
      count += 1;
      usual = total / count + SHAPE_FLOOR * variance;
      error[i] = usual > 0 ? sqrt(error[i] / usual) : 0;
    }
    t = to;
  }
  for (i = 0; i < n; i++) {
    ratio[i] = i < HF_SHAPE_FIRST ? NAN : error[i];
    if (foretold != NULL)
      foretold[i] = i < HF_SHAPE_FIRST ? NAN : told[i] + shift;
  }
  hf_work_release(w, mark);
  return HF_OK;
}

/* Means over the windows that hold each value, of one error a window. */
static void shape_spread(const double *e, size_t n, size_t L, double *out) {
  double sum = 0;
  size_t t, last = n - L; /* of the windows */
  for (t = 0; t < n; t++) {
    size_t from = t >= L ? t - L + 1 : 0, to = t < last ? t : last;
    if (t <= last) sum += e[t];
    if (t >= L) sum -= e[t - L];
    out[t] = fmax(sum, 0) / (double)(to - from + 1);
  }
}

int hf_shape_all(hf_work *w, const double *y, size_t n, double *ratio,
                 double *rebuilt) {
  hf_mark mark = hf_work_mark(w);
  hf_window_sums *sums = hf_work_alloc(w, 1, sizeof(*sums));
  hf_window_model *model = hf_work_alloc(w, 1, sizeof(*model));
  double *c = hf_work_reals(w, n);
  double *error = hf_work_reals(w, n);
  double *mean = hf_work_reals(w, n);
  double shift, square = 0, variance;
  shape_moments m = {0, 0, 0};
  size_t L = n / 4 < SHAPE_ALL ? n / 4 : SHAPE_ALL, t, i;
  int rc;
  if (n < 32) return HF_EDATA;
  if (sums == NULL || model == NULL || c == NULL || error == NULL ||
      mean == NULL)
    return HF_ENOMEM;
  shift = hf_stat_mean(y, n);
  shape_clip_start(y, n, shift, &m, c);
  variance = shape_variance(&m);
  rc = hf_window_start(sums, model, L);
  if (rc == HF_OK) rc = hf_window_add(w, sums, c, n);
  if (rc == HF_OK) rc = hf_window_fit(w, sums, c, model);
  if (rc == HF_OK)
    rc = hf_window_errors(w, model, c, L - 1, n, error, NULL,
                          rebuilt != NULL ? rebuilt + L / 2 : NULL);
  if (rc != HF_OK) return rc;
  for (t = 0; t <= n - L; t++) error[t] = sqrt(error[t]);
  shape_spread(error, n, L, mean);
  for (t = 0; t < n; t++) square += mean[t] * mean[t];
  square = sqrt(square / (double)n + SHAPE_FLOOR * variance);
  for (t = 0; t < n && rebuilt != NULL; t++) {
    size_t from = t < L / 2 ? 0 : n - L; /* a window at either end */
    if (t >= L / 2 && t - L / 2 <= n - L)
      rebuilt[t] += shift;
    else
      rebuilt[t] = hf_window_rebuild(model, c + from, t - from) + shift;
  }
  for (i = 0; i < n; i++) ratio[i] = square > 0 ? mean[i] / square : 0;
  hf_work_release(w, mark);
  return HF_OK;
}
