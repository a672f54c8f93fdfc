/*
** query_lines.c: see query_lines.h.
**
** y = ln ms is linear in x = (1, ln(rows + 1), ln(bytes + 1)). One line holds
** for all queries (ridge regression), some for each query, which forget by
** 0.99, 0.95 and 0.8 a run of its own; each is drawn to the first by a normal
** prior of precision P, as in empirical Bayes (B. Efron, C. Morris 1975):
**
**   (A_q + P) beta = b_q + P beta_all
**
** What a line misses, the query's last runs say: a mean of their residuals, in
** which a run weighs 1/2 / (1 + d^2 / 0.18)^2, d being its distance in (ln
** rows, ln bytes) (E. Nadaraya, G. Watson 1964), one with the same parameters
** 1.5, or 30 for the forecaster that goes by them; each fades by a factor a
** run, and a residual of 0 that weighs 1/2 is joined. The mean is Huber's (P.
** Huber 1964): beyond k = 1.345 standard deviations a residual counts by its
** sign alone, so that a run that had to wait does not mislead. The deviation is
** that of the query's own errors, by their median.
**
** The forecasters are weighed by their discounted absolute errors, (least /
** loss)^8, those of this query and, as three runs of it, those of all: after a
** change of its data the line that forgets wins, where the parameters decide
** the one that goes by them.
*/
#include "query_lines.h"

#include <math.h>
#include <string.h>

enum { LINES_STEPS = 5 /* of Huber's mean */ };

typedef struct lines_forecaster {
  int line;    /* which */
  double fade; /* of a residual, a run */
  double same; /* weight of a run with the same parameters */
} lines_forecaster;

static const lines_forecaster lines_say[HF_QUERY_SAYS] = {
    {0, .97, 1.5}, {1, .97, 1.5}, {2, .8, 1.5}, {1, .9, 30}};
static const double lines_keep[HF_QUERY_LINES] = {.99, .95, .8};
static const double lines_prior[HF_QUERY_DIM] = {.6, 4, 4};
static const double lines_near = .5;  /* weight of a run just like this */
static const double lines_none = .5;  /* weight of a residual of 0 */
static const double lines_wide = .18; /* square of a distance */
static const double lines_huber = 1.345 * 1.4826022185056018; /* medians */
static const double lines_least = .1; /* ln: residuals up to here count */
static const double lines_most = 1.5; /* ln: to begin with */
static const double lines_loss = 2;   /* ln: no error counts for more */
static const double lines_fade_own = .9, lines_fade_all = .99;
static const double lines_shared = 3; /* runs that the losses of all count as */

void hf_query_features(double rows, double bytes, double x[HF_QUERY_DIM]) {
  /* centred near usual sizes, so that the prior's parts are nearly
   * independent */
  x[0] = 1;
  x[1] = log(rows + 1) - 8;
  x[2] = log(bytes + 1) - 13;
}

double hf_query_line(const double *beta, const double *x) {
  return beta[0] * x[0] + beta[1] * x[1] + beta[2] * x[2];
}

void hf_query_learn(hf_query_sums *s, double keep, const double *x, double y) {
  int i, j;
  for (i = 0; i < HF_QUERY_DIM; i++) {
    for (j = 0; j < HF_QUERY_DIM; j++) {
      s->a[i][j] = keep * s->a[i][j] + x[i] * x[j];
    }
    s->b[i] = keep * s->b[i] + x[i] * y;
  }
}

/* Solves a x = b for a symmetric positive definite a (Cholesky). */
static void lines_solve(double a[HF_QUERY_DIM][HF_QUERY_DIM], const double *b,
                        double *x) {
  double l[HF_QUERY_DIM][HF_QUERY_DIM];
  int i, j, k;
  memcpy(x, b, HF_QUERY_DIM * sizeof(double));
  for (i = 0; i < HF_QUERY_DIM; i++) {
    for (j = 0; j <= i; j++) {
      double s = a[i][j];
      for (k = 0; k < j; k++) s -= l[i][k] * l[j][k];
      l[i][j] = i == j ? sqrt(fmax(s, 1e-12)) : s / l[j][j];
    }
  }
  for (i = 0; i < HF_QUERY_DIM; i++) {
    for (k = 0; k < i; k++) x[i] -= l[i][k] * x[k];
    x[i] /= l[i][i];
  }
  for (i = HF_QUERY_DIM - 1; i >= 0; i--) {
    for (k = i + 1; k < HF_QUERY_DIM; k++) x[i] -= l[k][i] * x[k];
    x[i] /= l[i][i];
  }
}

void hf_query_line_all(const hf_query_sums *s, double beta[HF_QUERY_DIM]) {
  double a[HF_QUERY_DIM][HF_QUERY_DIM], b[HF_QUERY_DIM];
  int i;
  memcpy(a, s->a, sizeof(a));
  memcpy(b, s->b, sizeof(b));
  /* a weak ridge towards times that grow a little with rows and bytes, which
   * only the first runs can feel */
  for (i = 0; i < HF_QUERY_DIM; i++) {
    a[i][i] += .1;
    if (i > 0) b[i] += .05;
  }
  lines_solve(a, b, beta);
}

static void lines_beta(const hf_query_sums *s, const double *all,
                       double *beta) {
  double a[HF_QUERY_DIM][HF_QUERY_DIM], b[HF_QUERY_DIM];
  int i;
  memcpy(a, s->a, sizeof(a));
  for (i = 0; i < HF_QUERY_DIM; i++) {
    a[i][i] += lines_prior[i];
    b[i] = s->b[i] + lines_prior[i] * all[i];
  }
  lines_solve(a, b, beta);
}

/* Huber's mean of n residuals, and of 0 with the weight lines_none. */
static double lines_mean(const double *r, const double *weight, size_t n,
                         double k) {
  double sum = lines_none, mean = 0;
  size_t i;
  int step;
  for (i = 0; i < n; i++) {
    sum += weight[i];
    mean += weight[i] * fmax(-lines_most, fmin(lines_most, r[i]));
  }
  mean /= sum;
  for (step = 0; step < LINES_STEPS; step++) {
    double far = fabs(mean), moved = 0;
    sum = far > k ? lines_none * k / far : lines_none;
    for (i = 0; i < n; i++) {
      double w = weight[i];
      far = fabs(r[i] - mean);
      if (far > k) w *= k / far;
      sum += w;
      moved += w * r[i];
    }
    mean = moved / sum;
  }
  return mean;
}

void hf_query_say(const hf_query_lines *q, const double *all, const double *x,
                  uint64_t param, double noise, double *said, size_t *same) {
  double beta[HF_QUERY_LINES][HF_QUERY_DIM];
  double near[HF_QUERY_NEAR], r[HF_QUERY_NEAR] = {0};
  double weight[HF_QUERY_NEAR] = {0};
  double k = fmax(lines_least, lines_huber * noise);
  const hf_query_past *past[HF_QUERY_NEAR];
  size_t n = q->n < HF_QUERY_NEAR ? q->n : HF_QUERY_NEAR, i;
  int f;
  *same = 0;
  for (f = 0; f < HF_QUERY_LINES; f++) lines_beta(&q->s[f], all, beta[f]);
  for (i = 0; i < n; i++) {
    const hf_query_past *p = &q->past[(q->n - 1 - i) % HF_QUERY_NEAR];
    double rows = p->x[1] - x[1], bytes = p->x[2] - x[2];
    double far = 1 + (rows * rows + bytes * bytes) / lines_wide;
    past[i] = p;
    near[i] = lines_near / (far * far);
    if (param != 0 && p->param == param) {
      near[i] = -1; /* the same parameters */
      ++*same;
    }
  }
  for (f = 0; f < HF_QUERY_SAYS; f++) {
    const lines_forecaster *say = &lines_say[f];
    const double *line = beta[say->line];
    double age = 1;
    for (i = 0; i < n; i++, age *= say->fade) {
      weight[i] = age * (near[i] < 0 ? say->same : near[i]);
      r[i] = past[i]->y - hf_query_line(line, past[i]->x);
    }
    said[f] = hf_query_line(line, x) + lines_mean(r, weight, n, k);
  }
}

double hf_query_together(const hf_query_lines *q, const double *loss,
                         double judged, const double *said) {
  double mean[HF_QUERY_SAYS], least = INFINITY, sum = 0, y = 0;
  int f;
  for (f = 0; f < HF_QUERY_SAYS; f++) {
    double usual = judged > 0 ? loss[f] / judged : 1;
    mean[f] = (q->loss[f] + lines_shared * usual) / (q->judged + lines_shared);
    least = fmin(least, mean[f]);
  }
  for (f = 0; f < HF_QUERY_SAYS; f++) {
    double w = (least + .01) / (mean[f] + .01);
    w *= w;
    w *= w;
    w *= w;
    sum += w;
    y += w * said[f];
  }
  return y / sum;
}

void hf_query_judge_says(hf_query_lines *q, double *loss, double *judged,
                         const double *said, double y) {
  int f;
  q->judged = lines_fade_own * q->judged + 1;
  *judged = lines_fade_all * *judged + 1;
  for (f = 0; f < HF_QUERY_SAYS; f++) {
    double e = fmin(fabs(y - said[f]), lines_loss);
    q->loss[f] = lines_fade_own * q->loss[f] + e;
    loss[f] = lines_fade_all * loss[f] + e;
  }
}

void hf_query_lines_learn(hf_query_lines *q, const double *x, double y,
                          double seen, uint64_t param) {
  hf_query_past *p = &q->past[q->n % HF_QUERY_NEAR];
  int f;
  for (f = 0; f < HF_QUERY_LINES; f++) {
    hf_query_learn(&q->s[f], lines_keep[f], x, seen);
  }
  memcpy(p->x, x, sizeof(p->x));
  p->y = y;
  p->param = param;
  q->n++;
}

void hf_query_lines_shift(hf_query_lines *q, double by, size_t since) {
  size_t n = q->n < HF_QUERY_NEAR ? q->n : HF_QUERY_NEAR, i;
  int f, j;
  for (f = 0; f < HF_QUERY_LINES; f++) {
    double weight = by;
    /* the sums of x y when every y is y + by (x[0] is 1), less the runs that
     * are so already */
    for (j = 0; j < HF_QUERY_DIM; j++) q->s[f].b[j] += by * q->s[f].a[j][0];
    for (i = 0; i < since; i++, weight *= lines_keep[f]) {
      const hf_query_past *p = &q->past[(q->n - 1 - i) % HF_QUERY_NEAR];
      for (j = 0; j < HF_QUERY_DIM; j++) q->s[f].b[j] -= weight * p->x[j];
    }
  }
  for (i = since; i < n; i++) {
    q->past[(q->n - 1 - i) % HF_QUERY_NEAR].y += by;
  }
}

void hf_query_lines_forget(hf_query_lines *q) {
  hf_query_past *past = q->past;
  memset(q, 0, sizeof(*q));
  q->past = past;
}
