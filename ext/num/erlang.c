/*
** erlang.c: see erlang.h. B is a sum of positive terms, so that the recursion
** is stable for any load.
*/
#include "erlang.h"

#include <math.h>

/* From B(c, a) to P(wait > t). */
static double erlang_wait(double c, double a, double b, double s, double t) {
  if (a >= c) return 1;
  return c * b / (c - a * (1 - b)) * exp(-(c - a) * t / s);
}

double hf_erlang_tail(size_t c, double a, double s, double t) {
  double b = 1;
  size_t k;
  if (a >= (double)c) return 1;
  for (k = 1; k <= c; k++) b = a * b / ((double)k + a * b);
  return erlang_wait((double)c, a, b, s, t);
}

size_t hf_erlang_staff(double a, double s, double t, double p, size_t lo,
                       size_t hi) {
  double b = 1;
  size_t k;
  if (!(a < (double)hi)) return hi;
  for (k = 1; k < hi; k++) {
    b = a * b / ((double)k + a * b);
    if (k < lo || (double)k <= a) continue;
    if (erlang_wait((double)k, a, b, s, t) <= p) return k;
  }
  return hi;
}
