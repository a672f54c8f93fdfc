/*
** uneven.c: see uneven.h.
**
** 1. A load that goes up and down like white noise from sample to sample, by a
**    variance v, does so between the k parts of one by (k - 1) v. v is that of
**    the changes from one sample to the next, by their medians, so that steps
**    and bursts do not count; of the lower and of the upper half of the loads
**    apart, v = scale x load^power: 1 for tasks that come one by one, 2 for a
**    load whose parts go up and down together.
**
** 2. Noise need not be white, and then there is more or less of it within a
**    sample. The queues tell: with the workers that served, the mean waits that
**    the model says are compared with those seen at the ends of the samples,
**    as many task lives as they last, at most 3. The scale is the one of 1/16,
**    1/4, 1, 4 and 16 times that of step 1 that makes the waits seen likeliest
**    as counts (Poisson), beside a log-normal prior of standard deviation
**    ln 4: a few queues say little. Where none was ever seen, step 1 stands.
*/
#include "uneven.h"

#include <math.h>
#include <string.h>
#include "../num/erlang.h"
#include "../num/stat.h"

enum {
  UNEVEN_FEW = 30,   /* samples of a half, at least, for a power */
  UNEVEN_LATE = 3,   /* queues too long, to count at all */
  UNEVEN_SCALES = 5, /* that the queues choose from */
  UNEVEN_MOST = 3    /* task lives that a wait counts for */
};

static const double uneven_short = .1; /* task lives */

/* Parts of a sample: what comes and goes within ten times as long as a task may
** wait and takes is left to Erlang C. */
static size_t uneven_parts(const hf_staffing_ask *a) {
  double most = 10 * (a->rule->wait_seconds + a->rule->task_seconds);
  return (size_t)fmax(1, fmin(8, floor(a->step / most + .5)));
}

/* Variance of a sample's mean: half that of a change, for loads within lo ..
** hi. x[n]: scratch. *load: their median. 0: too few. */
static double uneven_variance(const hf_staffing_ask *a, double lo, double hi,
                              double *x, double *load) {
  size_t i, n = 0;
  double sd;
  for (i = 1; i < a->n; i++) {
    double mean = (a->busy[i] + a->busy[i - 1]) / 2;
    if (mean > lo && mean <= hi) x[n++] = mean;
  }
  if (n == 0) return 0;
  *load = hf_stat_median(x, n);
  n = 0;
  for (i = 1; i < a->n; i++) {
    double mean = (a->busy[i] + a->busy[i - 1]) / 2;
    if (!(mean > lo) || mean > hi) continue;
    x[n++] = fabs(a->busy[i] - a->busy[i - 1]) / sqrt(mean);
  }
  sd = HF_STAT_MAD_SCALE * hf_stat_median(x, n);
  return n < UNEVEN_FEW ? 0 : sd * sd / 2 * *load;
}

/* Step 1. */
static int uneven_white(hf_work *w, const hf_staffing_ask *a, hf_uneven *u) {
  hf_mark m = hf_work_mark(w);
  double *x = hf_work_reals(w, a->n), middle = 0, low = 0, high = 0;
  double all, less, more;
  if (x == NULL) return HF_ENOMEM;
  all = uneven_variance(a, 0, INFINITY, x, &middle);
  less = uneven_variance(a, 0, middle, x, &low);
  more = uneven_variance(a, middle, INFINITY, x, &high);
  hf_work_release(w, m);
  u->power = 1;
  if (less > 0 && more > 0 && high > 1.25 * low) {
    u->power = fmax(1, fmin(2, log(more / less) / log(high / low)));
  }
  u->scale = all > 0 ? all / pow(middle, u->power) : 0;
  u->white = all > 0 ? all / middle : 0;
  return HF_OK;
}

void hf_uneven_split(const hf_staffing_ask *a, const hf_uneven *u, double load,
                     hf_uneven_parts *p) {
  /* three loads with the mean and the variance of normal ones (Gauss,
   * Hermite) */
  static const double at[HF_UNEVEN_NODES] = {-1.7320508075688772, 0,
                                             1.7320508075688772};
  static const double weight[HF_UNEVEN_NODES] = {1. / 6, 2. / 3, 1. / 6};
  double more = (double)(u->parts - 1), spread;
  int k;
  spread = load > 0 ? sqrt(more * u->scale * pow(load, u->power)) : 0;
  for (k = 0; k < HF_UNEVEN_NODES; k++) {
    p->load[k] = fmax(0, load + at[k] * spread);
    p->weight[k] = weight[k];
  }
  p->room = a->step / (double)u->parts / a->rule->task_seconds;
}

/* What a wait counts for, in task lives: the shortest are lost where queues are
** recorded as means, in whole tasks. */
static double uneven_counts(double wait) {
  return fmin(UNEVEN_MOST, fmax(0, wait - uneven_short));
}

/* Task lives that a task waits at the end of a sample, as the model says: c
** workers, q tasks in the queue before its last part. */
static double uneven_wait(const hf_staffing_ask *a, const hf_uneven *u,
                          double c, double load, double q) {
  const hf_workers_rule *r = a->rule;
  double life = r->wait_seconds + r->task_seconds, sum = 0;
  hf_uneven_parts p;
  int k;
  hf_uneven_split(a, u, load, &p);
  for (k = 0; k < HF_UNEVEN_NODES; k++) {
    double x = p.load[k], in = fmin(x, .995 * c);
    double wait = fmax(0, q + (x - c) * p.room) / c;
    /* and the mean queue of Erlang C; at 4 deviations there is next to none */
    if (x < c && c - x < 2 + 4 * sqrt(x)) {
      wait += hf_erlang_tail((size_t)c, in, 1, 0) * in / (c - in) / c;
    }
    sum += p.weight[k] * uneven_counts(wait * r->task_seconds / life);
  }
  return sum;
}

/* Workers that served in sample i: those started within it half of it. */
static double uneven_serving(const hf_staffing_ask *a, size_t i) {
  double c = a->now[i];
  if (a->now[i - 1] < c) c = (a->now[i - 1] + c) / 2;
  return fmax(1, floor(c));
}

/* Step 2. */
static int uneven_by_queues(hf_work *w, const hf_staffing_ask *a,
                            hf_uneven *u) {
  double seen = 0, late = 0, all = 0, said[UNEVEN_SCALES] = {0},
         best = INFINITY, scale = u->scale;
  double life = a->rule->wait_seconds + a->rule->task_seconds;
  hf_uneven v = *u;
  size_t queues = 0, found = 0, i;
  int k;
  for (i = a->from + 1; i < a->n; i++) {
    double c = uneven_serving(a, i), load = a->busy[i], q = a->wait[i - 1];
    double wait = a->wait[i] * a->rule->task_seconds / c / life;
    double next = q + (load - c) * a->step / a->rule->task_seconds;
    int rc = hf_work_check(w, 100 + 20 * (size_t)c);
    if (rc != HF_OK) return rc;
    seen += uneven_counts(wait);
    queues += a->wait[i] > 0;
    found += wait > 1;
    late += wait > 1 ? load : 0;
    all += load;
    for (k = 0; k < UNEVEN_SCALES; k++) {
      v.scale = ldexp(u->scale, 2 * k - 4);
      said[k] += uneven_wait(a, &v, c, load, (q + fmax(0, next)) / 2);
    }
  }
  if (found >= UNEVEN_LATE) u->late = late / all;
  if (queues == 0) return HF_OK;
  for (k = 0; k < UNEVEN_SCALES; k++) {
    double far = k - 2; /* in units of ln 4 */
    double loss = said[k] - seen * log(said[k] + 1e-9) + far * far / 2;
    if (loss < best) {
      best = loss;
      scale = ldexp(u->scale, 2 * k - 4);
    }
  }
  u->scale = scale;
  return HF_OK;
}

int hf_uneven_learn(hf_work *w, const hf_staffing_ask *a, hf_uneven *u) {
  hf_uneven v;
  int rc;
  memset(&v, 0, sizeof(v));
  v.parts = uneven_parts(a);
  rc = uneven_white(w, a, &v);
  if (rc == HF_OK) rc = uneven_by_queues(w, a, &v);
  if (rc == HF_OK) *u = v;
  return rc;
}
