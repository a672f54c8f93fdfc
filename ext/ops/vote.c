/*
** vote.c: weights and the weighted mean of the middle; see vote.h.
*/
#include "vote.h"

#include <math.h>

#define VOTE_POWER 2.5
#define VOTE_DROP 0.4
#define VOTE_TRIM 0.4

double hf_vote_weigh(const double *err, size_t n, double *weight) {
  double best = HUGE_VAL, sum = 0;
  size_t i;
  for (i = 0; i < n; i++)
    if (err[i] < best) best = err[i];
  for (i = 0; i < n; i++) {
    double ratio = (best + 1e-9) / (err[i] + 1e-9);
    weight[i] = ratio > VOTE_DROP ? pow(ratio, VOTE_POWER) : 0;
    sum += weight[i];
  }
  return sum;
}

size_t hf_vote_list(double *const *y, const double *weight, size_t n,
                    hf_vote *vote) {
  size_t i, c = 0;
  for (i = 0; i < n; i++) {
    if (!(weight[i] > 0)) continue;
    vote[c].y = y[i];
    vote[c++].weight = weight[i];
  }
  return c;
}

double hf_vote_mean(hf_vote *vote, size_t n, size_t s, double sum) {
  double total = 0, part = 0, at = 0;
  double lo = VOTE_TRIM * sum, hi = sum - lo;
  size_t i, j;
  for (i = 0; i < n; i++) {
    hf_vote one = vote[i];
    one.now = one.y[s];
    for (j = i; j > 0 && vote[j - 1].now > one.now; j--) vote[j] = vote[j - 1];
    vote[j] = one;
  }
  for (j = 0; j < n && at < hi; j++) {
    double from = at, to;
    at += vote[j].weight;
    if (at <= lo) continue;
    if (from < lo) from = lo;
    to = at < hi ? at : hi;
    total += (to - from) * vote[j].now;
    part += to - from;
  }
  return part > 0 ? total / part : n > 0 ? vote[n / 2].now : 0;
}
