/*
** rng.h: random numbers from a seed, the same on every machine.
**
** splitmix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom
** number generators", OOPSLA 2014. One word of state, period 2^64. Good enough
** for searches and resampling, not for secrets.
**
**   hf_rng r = {seed};
**   double u = hf_rng_uniform(&r);
*/
#ifndef HF_RNG_H
#define HF_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct hf_rng {
  uint64_t state; /* the seed at the start; any value will do */
} hf_rng;

/* The next 64 bits. */
uint64_t hf_rng_next(hf_rng *r);

/* Uniform in [0, 1): a multiple of 2^-53. */
double hf_rng_uniform(hf_rng *r);

/* Uniform in 0..n-1. n must be within 1..2^32. The bias is below 2^-32. */
size_t hf_rng_below(hf_rng *r, size_t n);

#endif
