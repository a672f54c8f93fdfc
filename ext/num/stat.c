/*
** stat.c: basic statistics; see stat.h.
**
** Sorting is quicksort with the median of three or nine, heap sort once the
** recursion is deeper than 2 log2 n (introsort, Musser 1997), insertion sort
** for short pieces: n log n in the worst case, no allocation. Selection is the
** same without the half that does not matter (Hoare's FIND).
*/
#include "stat.h"

#include <math.h>

enum { STAT_SHORT = 16, STAT_MANY = 256 };

double hf_stat_mean(const double *x, size_t n) {
  double sum = 0;
  size_t i;
  if (n == 0) return NAN;
  for (i = 0; i < n; i++) sum += x[i];
  return sum / (double)n;
}

double hf_stat_variance(const double *x, size_t n) {
  double mean = hf_stat_mean(x, n);
  double sum = 0, rest = 0;
  size_t i;
  if (n < 2) return NAN;
  for (i = 0; i < n; i++) {
    double d = x[i] - mean;
    sum += d * d;
    rest += d;
  }
  /* the second term takes off what rounding of the mean has added */
  sum -= rest * rest / (double)n;
  return sum > 0 ? sum / (double)(n - 1) : 0;
}

double hf_stat_sd(const double *x, size_t n) {
  return sqrt(hf_stat_variance(x, n));
}

/* NaN last, else by value. */
static int stat_less(double a, double b) {
  return a < b || (b != b && a == a);
}

/* Brings the numbers to the front; returns how many there are. */
static size_t stat_numbers(double *x, size_t n) {
  size_t i, k = 0;
  while (k < n && x[k] == x[k]) k++;
  for (i = k + 1; i < n; i++) {
    double v = x[i];
    if (v != v) continue;
    x[i] = x[k];
    x[k++] = v;
  }
  return k;
}

/* ---- of numbers, no NaN among them */

static void stat_insertion(double *x, size_t n) {
  size_t i, j;
  for (i = 1; i < n; i++) {
    double v = x[i];
    for (j = i; j > 0 && v < x[j - 1]; j--) x[j] = x[j - 1];
    x[j] = v;
  }
}

static void stat_sift(double *x, size_t root, size_t n) {
  double v = x[root];
  size_t child;
  while ((child = 2 * root + 1) < n) {
    if (child + 1 < n && x[child] < x[child + 1]) child++;
    if (!(v < x[child])) break;
    x[root] = x[child];
    root = child;
  }
  x[root] = v;
}

static void stat_heapsort(double *x, size_t n) {
  size_t i;
  for (i = n / 2; i-- > 0;) stat_sift(x, i, n);
  for (i = n; i-- > 1;) {
    double v = x[0];
    x[0] = x[i];
    x[i] = v;
    stat_sift(x, 0, i);
  }
}

static double stat_middle(double a, double b, double c) {
  double lo = a < b ? a : b, hi = a < b ? b : a;
  return c < lo ? lo : c < hi ? c : hi;
}

/* What lies near the middle of x[n]: the median of three, of nine where there
** are many. */
static double stat_pivot(const double *x, size_t n) {
  size_t step = n / 8;
  if (n < STAT_MANY) return stat_middle(x[0], x[n / 2], x[n - 1]);
  return stat_middle(stat_middle(x[0], x[step], x[2 * step]),
                     stat_middle(x[3 * step], x[4 * step], x[5 * step]),
                     stat_middle(x[6 * step], x[7 * step], x[n - 1]));
}

/* Brings what is below the pivot to the front; returns how many. There is no
** branch that depends on the values (Lomuto's partition; Edelkamp and Weiss
** 2016, BlockQuicksort, on why that is faster). */
static size_t stat_below(double *x, size_t n, double pivot) {
  size_t i, k = 0;
  for (i = 0; i < n; i++) {
    double v = x[i];
    x[i] = x[k];
    x[k] = v;
    k += v < pivot;
  }
  return k;
}

/* The same for what is not above the pivot. */
static size_t stat_within(double *x, size_t n, double pivot) {
  size_t i, k = 0;
  for (i = 0; i < n; i++) {
    double v = x[i];
    x[i] = x[k];
    x[k] = v;
    k += v <= pivot;
  }
  return k;
}

static unsigned stat_depth(size_t n) {
  unsigned d = 0;
  for (; n > 1; n >>= 1) d += 2;
  return d;
}

static void stat_sort_part(double *x, size_t n, unsigned depth) {
  while (n > STAT_SHORT) {
    double pivot = stat_pivot(x, n);
    size_t p;
    if (depth-- == 0) {
      stat_heapsort(x, n);
      return;
    }
    p = stat_below(x, n, pivot);
    if (p == 0) { /* the least: all that equal it are in place */
      p = stat_within(x, n, pivot);
      x += p;
      n -= p;
    } else if (p < n - p) { /* recursion into the shorter: log n deep */
      stat_sort_part(x, p, depth);
      x += p;
      n -= p;
    } else {
      stat_sort_part(x + p, n - p, depth);
      n = p;
    }
  }
  stat_insertion(x, n);
}

void hf_stat_sort(double *x, size_t n) {
  n = stat_numbers(x, n);
  stat_sort_part(x, n, stat_depth(n));
}

/* 1 when index a comes before index b. */
static int stat_before(const double *x, size_t a, size_t b) {
  if (stat_less(x[a], x[b])) return 1;
  if (stat_less(x[b], x[a])) return 0;
  return a < b;
}

static void stat_sift_order(const double *x, size_t *o, size_t root, size_t n) {
  size_t v = o[root], child;
  while ((child = 2 * root + 1) < n) {
    if (child + 1 < n && stat_before(x, o[child], o[child + 1])) child++;
    if (!stat_before(x, v, o[child])) break;
    o[root] = o[child];
    root = child;
  }
  o[root] = v;
}

void hf_stat_order(const double *x, size_t n, size_t *order) {
  size_t i;
  for (i = 0; i < n; i++) order[i] = i;
  for (i = n / 2; i-- > 0;) stat_sift_order(x, order, i, n);
  for (i = n; i-- > 1;) {
    size_t v = order[0];
    order[0] = order[i];
    order[i] = v;
    stat_sift_order(x, order, 0, i);
  }
}

double hf_stat_select(double *x, size_t n, size_t k) {
  size_t numbers = stat_numbers(x, n);
  unsigned depth = stat_depth(numbers);
  double *at = x;
  if (k >= numbers) return x[k];
  n = numbers;
  while (n > STAT_SHORT) {
    double pivot = stat_pivot(at, n);
    size_t p;
    if (depth-- == 0) {
      stat_heapsort(at, n);
      return x[k];
    }
    p = stat_below(at, n, pivot);
    if (p == 0) {
      p = stat_within(at, n, pivot);
      if (k < (size_t)(at - x) + p) return x[k];
    } else if (k < (size_t)(at - x) + p) {
      n = p;
      continue;
    }
    at += p;
    n -= p;
  }
  stat_insertion(at, n);
  return x[k];
}

/* Between order statistics k and k + 1 of n. */
static double stat_between(double a, double b, double part) {
  /* this form is exact where a = b and does not overflow */
  return part > 0 ? a + part * (b - a) : a;
}

double hf_stat_quantile(double *x, size_t n, double q) {
  double at = q * (double)(n > 0 ? n - 1 : 0), a, b;
  size_t k, i;
  if (n == 0 || !(q >= 0 && q <= 1)) return NAN;
  k = (size_t)at;
  a = hf_stat_select(x, n, k);
  if (k + 1 >= n || at == (double)k) return a;
  b = x[k + 1];
  for (i = k + 2; i < n; i++)
    if (x[i] < b) b = x[i];
  return stat_between(a, b, at - (double)k);
}

double hf_stat_quantile_sorted(const double *x, size_t n, double q) {
  double at = q * (double)(n > 0 ? n - 1 : 0);
  size_t k;
  if (n == 0 || !(q >= 0 && q <= 1)) return NAN;
  k = (size_t)at;
  if (k + 1 >= n) return x[n - 1];
  return stat_between(x[k], x[k + 1], at - (double)k);
}

static inline double stat_lower(double a, double b) {
  return b < a ? b : a;
}

static inline double stat_upper(double a, double b) {
  return b > a ? b : a;
}

/* Puts a and b in order, without a branch. */
#define STAT_ORDER(a, b)                                                       \
  do {                                                                         \
    double lo = stat_lower(a, b);                                              \
    (b) = stat_upper(a, b);                                                    \
    (a) = lo;                                                                  \
  } while (0)

/* Medians of seven and of nine by the least networks that there are (Devillard
** 1998, Fast median search: an ANSI C implementation). No NaN. */
static inline double stat_median7(double a, double b, double c, double d,
                                  double e, double f, double g) {
  STAT_ORDER(a, f);
  STAT_ORDER(a, d);
  STAT_ORDER(b, g);
  STAT_ORDER(c, e);
  STAT_ORDER(a, b);
  STAT_ORDER(d, f);
  STAT_ORDER(c, g);
  STAT_ORDER(c, d);
  STAT_ORDER(d, g);
  STAT_ORDER(e, f);
  STAT_ORDER(b, e);
  STAT_ORDER(b, d);
  STAT_ORDER(d, e);
  return d;
}

void hf_stat_medians7(const double *x, size_t stride, double *restrict out) {
  const double *y = x + 3 * stride;
  size_t i;
  for (i = 0; i < HF_STAT_MEDIANS; i++) {
    out[i] = stat_median7(x[i], x[i + stride], x[i + 2 * stride], y[i],
                          y[i + stride], y[i + 2 * stride], y[i + 3 * stride]);
  }
}

static double stat_median9(const double *x) {
  double a = x[0], b = x[1], c = x[2], d = x[3], e = x[4], f = x[5], g = x[6];
  double h = x[7], i = x[8];
  STAT_ORDER(b, c);
  STAT_ORDER(e, f);
  STAT_ORDER(h, i);
  STAT_ORDER(a, b);
  STAT_ORDER(d, e);
  STAT_ORDER(g, h);
  STAT_ORDER(b, c);
  STAT_ORDER(e, f);
  STAT_ORDER(h, i);
  STAT_ORDER(a, d);
  STAT_ORDER(f, i);
  STAT_ORDER(e, h);
  STAT_ORDER(d, g);
  STAT_ORDER(b, e);
  STAT_ORDER(c, f);
  STAT_ORDER(e, h);
  STAT_ORDER(e, c);
  STAT_ORDER(g, e);
  STAT_ORDER(e, c);
  return e;
}

double hf_stat_median(double *x, size_t n) {
  double sum = 0;
  size_t i;
  if (n == 7 || n == 9) {
    for (i = 0; i < n; i++) sum += x[i];
    if (sum == sum) {
      return n == 7 ? stat_median7(x[0], x[1], x[2], x[3], x[4], x[5], x[6])
                    : stat_median9(x);
    }
  }
  return hf_stat_quantile(x, n, 0.5);
}

double hf_stat_mad(double *x, size_t n, double center) {
  size_t i;
  for (i = 0; i < n; i++) x[i] = fabs(x[i] - center);
  return HF_STAT_MAD_SCALE * hf_stat_median(x, n);
}

size_t hf_stat_compact(double *x, size_t n) {
  size_t i, k = 0;
  for (i = 0; i < n; i++)
    if (isfinite(x[i])) x[k++] = x[i];
  return k;
}

void hf_stat_range(const double *x, size_t n, double *lo, double *hi) {
  size_t i;
  *lo = *hi = n > 0 ? x[0] : NAN;
  for (i = 1; i < n; i++) {
    if (x[i] < *lo) *lo = x[i];
    if (x[i] > *hi) *hi = x[i];
  }
}

double hf_stat_normal_cdf(double z) {
  return 0.5 * erfc(-z * 0.70710678118654752440);
}

/* p[0] + p[1] x + ... + p[7] x^7 */
static double stat_poly(const double *p, double x) {
  double s = p[7];
  int i;
  for (i = 6; i >= 0; i--) s = s * x + p[i];
  return s;
}

/* AS 241, PPND16: the middle, then both tails in r = sqrt(-log tail). */
static const double stat_mid_a[8] = {
    3.3871328727963666080e0,  1.3314166789178437745e+2,
    1.9715909503065514427e+3, 1.3731693765509461125e+4,
    4.5921953931549871457e+4, 6.7265770927008700853e+4,
    3.3430575583588128105e+4, 2.5090809287301226727e+3};
static const double stat_mid_b[8] = {1.0,
                                     4.2313330701600911252e+1,
                                     6.8718700749205790830e+2,
                                     5.3941960214247511077e+3,
                                     2.1213794301586595867e+4,
                                     3.9307895800092710610e+4,
                                     2.8729085735721942674e+4,
                                     5.2264952788528545610e+3};
static const double stat_near_c[8] = {
    1.42343711074968357734e0,  4.63033784615654529590e0,
    5.76949722146069140550e0,  3.64784832476320460504e0,
    1.27045825245236838258e0,  2.41780725177450611770e-1,
    2.27238449892691845833e-2, 7.74545014278341407640e-4};
static const double stat_near_d[8] = {1.0,
                                      2.05319162663775882187e0,
                                      1.67638483018380384940e0,
                                      6.89767334985100004550e-1,
                                      1.48103976427480074590e-1,
                                      1.51986665636164571966e-2,
                                      5.47593808499534494600e-4,
                                      1.05075007164441684324e-9};
static const double stat_far_e[8] = {
    6.65790464350110377720e0,  5.46378491116411436990e0,
    1.78482653991729133580e0,  2.96560571828504891230e-1,
    2.65321895265761230930e-2, 1.24266094738807843860e-3,
    2.71155556874348757815e-5, 2.01033439929228813265e-7};
static const double stat_far_f[8] = {1.0,
                                     5.99832206555887937690e-1,
                                     1.36929880922735805310e-1,
                                     1.48753612908506148525e-2,
                                     7.86869131145613259100e-4,
                                     1.84631831751005468180e-5,
                                     1.42151175831644588870e-7,
                                     2.04426310338993978564e-15};

double hf_stat_normal_quantile(double p) {
  double q = p - 0.5, r, z;
  if (!(p >= 0 && p <= 1)) return NAN;
  if (p == 0) return -HUGE_VAL;
  if (p == 1) return HUGE_VAL;
  if (fabs(q) <= 0.425) {
    r = 0.180625 - q * q;
    return q * stat_poly(stat_mid_a, r) / stat_poly(stat_mid_b, r);
  }
  r = sqrt(-log(q < 0 ? p : 1 - p));
  if (r <= 5) {
    z = stat_poly(stat_near_c, r - 1.6) / stat_poly(stat_near_d, r - 1.6);
  } else {
    z = stat_poly(stat_far_e, r - 5) / stat_poly(stat_far_f, r - 5);
  }
  return q < 0 ? -z : z;
}
