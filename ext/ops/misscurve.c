/*
** misscurve.c: three ways to a curve of miss cost over size.
**
** References: the reuse distance d of a reference says that it misses in any
** LRU pool of less than d items. Distances of a sampled stream are divided by
** the sampling rate and each counts 1 / rate times (SHARDS, see num/reuse.h).
** Which interval a reference belongs to follows from counting hits + misses
** back from the newest reference.
**
** Jobs: a work area of m MB for a job of n MB > m means an external sort: 2 n
** MB are written and read again for every pass, ceil(ln(n/m) / ln(16)) of
** them, merging 16 runs at once as SQLite's sorter does (D. Knuth, The Art of
** Computer Programming 3, 5.4.9). How many jobs come and how large they are
** is estimated apart, the sizes by a kernel (B. Silverman, "Density estimation
** for statistics and data analysis", 1986): a few jobs alone would say that
** memory beyond the largest of them is worth nothing.
**
** Sizes: a power law, ln(misses / accesses) = a - b ln(size), by weighted
** least squares over the intervals, b >= 0. It needs sizes that differ.
*/
#include "misscurve.h"

#include <math.h>
#include <string.h>
#include "../num/reuse.h"
#include "../num/stat.h"

enum { CURVE_REFS_LEAST = 100, CURVE_ORDER = 16, CURVE_JOBS = 200 };

/* Sizes of jobs change more slowly than how many there are: the first fades
** by 0.98 a job, the second by 0.85 an interval. */
static const double curve_job_decay = 0.98;
static const double curve_rate_decay = 0.85;

double hf_curve_at(const double *points, double total, double mb) {
  double x = mb / total * HF_CURVE_STEPS, k = floor(x);
  size_t i;
  if (!(x > 0)) return points[0];
  if (x >= HF_CURVE_STEPS) return points[HF_CURVE_STEPS];
  i = (size_t)k;
  return points[i] + (x - k) * (points[i + 1] - points[i]);
}

/* First point whose size is at least mb; HF_CURVE_POINTS when none is. */
static size_t curve_point(double mb, double total) {
  double k = ceil(mb / total * HF_CURVE_STEPS - 1e-9);
  if (!(k > 0)) return 0;
  return k > HF_CURVE_STEPS ? HF_CURVE_POINTS : (size_t)k;
}

/* Adds `cost` at all sizes below mb: marks it, to be summed afterwards. */
static void curve_mark(double *row, double mb, double total, double cost) {
  size_t k = curve_point(mb, total);
  if (k > 0) row[k - 1] += cost;
}

static void curve_sum(double *row) {
  size_t k;
  for (k = HF_CURVE_STEPS; k > 0; k--) row[k - 1] += row[k];
}

/* Intervals worth a row: the newest ones. First of them in p. */
static size_t curve_first(const hf_pool *p) {
  return p->n > HF_CURVE_INTERVALS ? p->n - HF_CURVE_INTERVALS : 0;
}

static int curve_room(hf_work *w, const hf_pool *p, hf_curve *c) {
  size_t i, first = curve_first(p);
  c->n = p->n - first;
  c->cost = hf_work_zeroed(w, c->n, sizeof(*c->cost));
  c->seconds = hf_work_reals(w, c->n);
  if (c->cost == NULL || c->seconds == NULL) return HF_ENOMEM;
  for (i = 0; i < c->n; i++) {
    size_t j = first + i;
    c->seconds[i] = j > 0      ? p->ts[j] - p->ts[j - 1]
                    : p->n > 1 ? p->ts[1] - p->ts[0]
                               : 1;
  }
  return HF_OK;
}

static int curve_from_refs(hf_work *w, const hf_pool *p, double total,
                           hf_curve *c) {
  uint32_t *d = hf_work_alloc(w, p->refs, sizeof(uint32_t));
  size_t i = c->n, r = p->refs, first = curve_first(p);
  double end;
  int rc;
  if (d == NULL) return HF_ENOMEM;
  rc = hf_reuse_distances(w, p->ref, p->refs, d);
  if (rc != HF_OK) return rc;
  /* on average the stream goes on for half the distance of two samples */
  end = p->seq[p->refs - 1] + 0.5 / p->rate;
  while (i-- > 0) {
    size_t j = first + i;
    double begin = end - (p->hits[j] + p->misses[j]);
    double each = p->cost[j] / p->rate;
    for (; r > 0 && p->seq[r - 1] >= begin; r--) {
      double mb = d[r - 1] > 0 ? d[r - 1] * p->item[j] / p->rate : HUGE_VAL;
      curve_mark(c->cost[i], mb, total, each);
    }
    curve_sum(c->cost[i]);
    end = begin;
    rc = hf_work_check(w, 4 * HF_CURVE_POINTS);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* Adds what a sort of n MB costs at every size: 2 n MB are written and read
** in each pass, one for m < n, a second for m < n / 16, and so on. */
static void curve_mark_sort(double *row, double n, double total, double cost) {
  double m = n;
  int pass;
  for (pass = 0; pass < 8 && m > 0; pass++, m /= CURVE_ORDER) {
    curve_mark(row, m, total, 2 * n * cost);
  }
}

/* Half the spread, in log size, by which a job stands for jobs like it:
** Silverman's rule, sd n^(-1/5), over the newest jobs. */
static double curve_spread(const hf_pool *p) {
  double weight = 1, n = 0, x = 0, xx = 0;
  size_t j, most = p->jobs > CURVE_JOBS ? p->jobs - CURVE_JOBS : 0;
  for (j = p->jobs; j > most; j--, weight *= curve_job_decay) {
    double l = log(p->job_mb[j - 1] / p->job_mb[p->jobs - 1]);
    n += weight;
    x += weight * l;
    xx += weight * l * l;
  }
  return sqrt(fmax(0, xx / n - x * x / (n * n))) * pow(n, -0.2);
}

/* Mean cost of one job, for a cost of 1 ms an MB: a kernel estimate of the
** sizes, each job at three points that match a normal kernel's moments. */
static void curve_job_shape(const hf_pool *p, double total, double *shape) {
  double far = exp(curve_spread(p) * sqrt(3.0)), weight = 1, sum = 0;
  size_t j, k, most = p->jobs > CURVE_JOBS ? p->jobs - CURVE_JOBS : 0;
  memset(shape, 0, HF_CURVE_POINTS * sizeof(double));
  for (j = p->jobs; j > most; j--, weight *= curve_job_decay) {
    double n = p->job_mb[j - 1];
    curve_mark_sort(shape, n, total, weight * 2 / 3);
    curve_mark_sort(shape, n * far, total, weight / 6);
    curve_mark_sort(shape, n / far, total, weight / 6);
    sum += weight;
  }
  curve_sum(shape);
  for (k = 0; k < HF_CURVE_POINTS; k++) shape[k] /= sum;
}

static int curve_from_jobs(hf_work *w, const hf_pool *p, double total,
                           hf_curve *c) {
  size_t i = c->n, j = p->jobs, first = curve_first(p), k;
  double shape[HF_CURVE_POINTS], weight = 1, rate = 0, seconds = 0;
  curve_job_shape(p, total, shape);
  for (; i > 0; i--, weight *= curve_rate_decay) {
    size_t at = first + i - 1;
    double begin = p->ts[at] - c->seconds[i - 1];
    int rc = hf_work_check(w, 2 * HF_CURVE_POINTS);
    if (rc != HF_OK) return rc;
    while (j > 0 && p->job_ts[j - 1] > p->ts[at]) j--;
    for (; j > 0 && p->job_ts[j - 1] > begin; j--) {
      curve_mark_sort(c->cost[i - 1], p->job_mb[j - 1], total, p->cost[at]);
      rate += weight * p->cost[at];
    }
    seconds += weight * c->seconds[i - 1];
    curve_sum(c->cost[i - 1]);
  }
  for (k = 0; k < HF_CURVE_POINTS; k++) {
    c->mean[k] = seconds > 0 ? rate / seconds * shape[k] : 0;
  }
  return HF_OK;
}

/* Weighted sums of the power law. */
typedef struct curve_fit {
  double w, x, y, xx, xy, yy;
  size_t n;
} curve_fit;

static int curve_from_sizes(hf_work *w, const hf_pool *p, double total,
                            hf_curve *c) {
  size_t i, k, first = curve_first(p);
  double weight = 1, a, b, sxx, see, lo = HUGE_VAL, hi = 0;
  curve_fit f;
  memset(&f, 0, sizeof(f));
  for (i = p->n; i > first; i--, weight *= HF_CURVE_DECAY) {
    double all = p->hits[i - 1] + p->misses[i - 1], x, y;
    if (!(p->size[i - 1] > 0) || !(all > 0)) continue;
    lo = fmin(lo, p->size[i - 1]);
    hi = fmax(hi, p->size[i - 1]);
    x = log(p->size[i - 1]);
    y = log((p->misses[i - 1] + .5) / (all + 1));
    f.w += weight;
    f.x += weight * x;
    f.y += weight * y;
    f.xx += weight * x * x;
    f.xy += weight * x * y;
    f.yy += weight * y * y;
    f.n++;
  }
  if (f.n < 4 || hi < 1.05 * lo) return HF_OK; /* sizes do not differ */
  sxx = f.xx - f.x * f.x / f.w;
  if (!(sxx > 1e-12)) return HF_OK;
  b = -(f.xy - f.x * f.y / f.w) / sxx;
  a = (f.y + b * f.x) / f.w;
  see = fmax(0, f.yy - f.y * f.y / f.w - b * b * sxx);
  see = sqrt((see + 1e-6) / f.w / sxx * f.w / (double)(f.n - 2));
  c->sure = hf_stat_normal_cdf(b / see);
  if (b <= 0) return HF_OK;
  c->basis = HF_CURVE_SIZES;
  for (i = 0; i < c->n; i++) {
    size_t j = first + i;
    double all = (p->hits[j] + p->misses[j]) * p->cost[j];
    for (k = 0; k < HF_CURVE_POINTS; k++) {
      double m = fmax((double)k, .5) * total / HF_CURVE_STEPS;
      c->cost[i][k] = all * fmin(1, exp(a - b * log(m)));
    }
  }
  return hf_work_check(w, c->n * HF_CURVE_POINTS * 40);
}

static void curve_mean(hf_curve *c) {
  double weight = 1, seconds = 0;
  size_t i, k;
  memset(c->mean, 0, sizeof(c->mean));
  for (i = c->n; i > 0; i--, weight *= HF_CURVE_DECAY) {
    for (k = 0; k < HF_CURVE_POINTS; k++) {
      c->mean[k] += weight * c->cost[i - 1][k];
    }
    seconds += weight * c->seconds[i - 1];
  }
  for (k = 0; k < HF_CURVE_POINTS; k++) {
    c->mean[k] = seconds > 0 ? c->mean[k] / seconds : 0;
  }
}

int hf_curve_make(hf_work *w, const hf_pool *p, double total, hf_curve *c) {
  hf_curve made;
  int rc = HF_OK;
  memset(&made, 0, sizeof(made));
  made.sure = 1;
  if (p->n > 0) rc = curve_room(w, p, &made);
  if (rc == HF_OK && p->n > 0) {
    if (p->refs >= CURVE_REFS_LEAST) {
      made.basis = HF_CURVE_REFERENCES;
      rc = curve_from_refs(w, p, total, &made);
    } else if (p->jobs > 0) {
      made.basis = HF_CURVE_JOBS;
      rc = curve_from_jobs(w, p, total, &made);
    } else {
      rc = curve_from_sizes(w, p, total, &made);
    }
  }
  if (rc != HF_OK) return rc;
  if (made.basis != HF_CURVE_JOBS) curve_mean(&made);
  *c = made;
  return HF_OK;
}
