/*
** reach.h: how far noise reaches: the upper tail of few residuals.
*/
#ifndef HF_REACH_H
#define HF_REACH_H

#include <stddef.h>

enum { HF_REACH_CELLS = 161 };

/* Logarithm of the probability of staying below z, at z = -4, -3.9 ... 12. */
typedef struct hf_reach {
  double stay[HF_REACH_CELLS];
} hf_reach;

/* From residuals z[n] of unit variance, which are sorted. Fewer than six, or
** all alike: the normal distribution. */
void hf_reach_fit(double *z, size_t n, hf_reach *out);

/* Logarithm of the probability of staying below z (not NaN): <= 0, rising. */
double hf_reach_stay(const hf_reach *r, double z);

#endif
