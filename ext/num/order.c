/*
** order.c: C. A. R. Hoare's FIND (Communications of the ACM 4, 1961) with the
** median of three as pivot.
*/
#include "order.h"

#include <math.h>

size_t hf_order_rank(size_t n, double q) {
  double r = ceil(q * (double)n - 1e-9) - 1;
  if (!(r > 0)) return 0;
  return r >= (double)n ? n - 1 : (size_t)r;
}

static double order_pivot(const double *x, size_t lo, size_t hi) {
  double a = x[lo];
  double b = x[lo + (hi - lo) / 2];
  double c = x[hi];
  if (a > b) {
    double t = a;
    a = b;
    b = t;
  }
  if (c <= a) return a;
  return c < b ? c : b;
}

double hf_order_pick(double *x, size_t n, size_t k) {
  size_t lo = 0;
  size_t hi = n - 1;
  while (lo < hi) {
    double p = order_pivot(x, lo, hi);
    size_t i = lo;
    size_t j = hi;
    for (;;) {
      while (x[i] < p) i++;
      while (x[j] > p) j--;
      if (i <= j) {
        double t = x[i];
        x[i] = x[j];
        x[j] = t;
        i++;
        if (j == 0) break;
        j--;
      }
      if (i > j) break;
    }
    if (k <= j && j < hi) {
      hi = j;
    } else if (k >= i) {
      lo = i;
    } else {
      return x[k];
    }
  }
  return x[k];
}
