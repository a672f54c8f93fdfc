/*
** reach.c: how far noise reaches; see reach.h.
**
**   hf_reach r;
**   hf_reach_fit(z, n, &r);
**   p = 1 - exp(hf_reach_stay(&r, 3.0));   -- that the next one is above 3
**
** Below the upper third of the residuals the normal distribution. Above it a
** generalized Pareto one, the limit of all tails (Balkema and de Haan 1974;
** Pickands 1975): P(z > u + y) = P(z > u) (1 + xi y / s)^(-1 / xi). Few
** exceedances do not tell xi, so it is not chosen: the tail is the average over
** a grid of xi and s, weighed by likelihood and a prior of xi. The prior is
** centred on -0.2, what the upper third of a normal sample looks like; at 0
** tails are exponential, above it they are those of bursts, and at -0.4 they
** end soon, as those of saw-teeth.
*/
#include "reach.h"
#include "../num/stat.h"

#include <math.h>

enum { REACH_SHAPES = 5, REACH_SIZES = 7, REACH_LEAST = 2 };

#define REACH_LOW (-4.0)
#define REACH_STEP 0.1
#define REACH_LOG_LEAST (-700.0)

/* xi; 1e-6 stands for 0, where the formula has its limit. */
static const double reach_shape[REACH_SHAPES] = {-0.4, -0.2, 1e-6, 0.2, 0.4};
static const double reach_prior[REACH_SHAPES] = {0.2, 0.35, 0.25, 0.13, 0.07};
/* s over what the mean of the exceedances says. */
static const double reach_size[REACH_SIZES] = {0.4,  0.55, 0.75, 1,
                                               1.35, 1.8,  2.5};

static double reach_at(size_t i) {
  return REACH_LOW + REACH_STEP * (double)i;
}

static void reach_normal(hf_reach *r) {
  size_t i;
  for (i = 0; i < HF_REACH_CELLS; i++)
    r->stay[i] = log(hf_stat_normal_cdf(reach_at(i)));
}

/* Weights of the grid, given exceedances y[k] of this mean; their sum. */
static double reach_weigh(const double *y, size_t k, double mean,
                          double weight[REACH_SHAPES][REACH_SIZES]) {
  double all = 0;
  size_t i, j, c;
  for (i = 0; i < REACH_SHAPES; i++) {
    double xi = reach_shape[i];
    for (j = 0; j < REACH_SIZES; j++) {
      double s = (1 - xi) * reach_size[j], sum = 0;
      for (c = 0; c < k; c++) {
        double a = 1 + xi * y[c] / mean / s;
        sum += a > 0 ? log(s) + (1 / xi + 1) * log(a) : HUGE_VAL;
      }
      weight[i][j] = reach_prior[i] * exp(-sum);
      all += weight[i][j];
    }
  }
  return all;
}

void hf_reach_fit(double *z, size_t n, hf_reach *out) {
  double weight[REACH_SHAPES][REACH_SIZES], u, cut, share, mean = 0, all;
  size_t k = n / 3, i, j, c;
  reach_normal(out);
  if (k < REACH_LEAST) return;
  hf_stat_sort(z, n);
  u = (z[n - k] + z[n - k - 1]) / 2;
  for (i = n - k; i < n; i++) {
    z[i] -= u;
    mean += z[i] / (double)k;
  }
  if (!(mean > 1e-6)) return;
  all = reach_weigh(z + n - k, k, mean, weight);
  if (!(all > 0)) return;
  share = (double)k / (double)n;
  cut = hf_stat_normal_quantile(1 - share);
  for (c = 0; c < HF_REACH_CELLS; c++) {
    double over = 0;
    if (reach_at(c) <= cut) continue;
    for (i = 0; i < REACH_SHAPES; i++) {
      double xi = reach_shape[i];
      for (j = 0; j < REACH_SIZES; j++) {
        double s = mean * (1 - xi) * reach_size[j];
        double a = 1 + xi * (reach_at(c) - cut) / s;
        if (a > 0) over += weight[i][j] / all * pow(a, -1 / xi);
      }
    }
    out->stay[c] = log(1 - share * over);
  }
}

double hf_reach_stay(const hf_reach *r, double z) {
  double at = (z - REACH_LOW) / REACH_STEP, stay;
  size_t i, last = HF_REACH_CELLS - 1;
  if (at >= (double)last) /* as the longest of the tails, from there on */
    return r->stay[last] * pow(reach_at(last) / z, 1 / reach_shape[4]);
  if (at <= 0) { /* the logarithm of a normal's tail falls with the square */
    stay = r->stay[0] * (z / REACH_LOW) * (z / REACH_LOW);
    return stay > REACH_LOG_LEAST ? stay : REACH_LOG_LEAST;
  }
  i = (size_t)at;
  return r->stay[i] + (at - (double)i) * (r->stay[i + 1] - r->stay[i]);
}
