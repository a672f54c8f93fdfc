/*
** rng.c: splitmix64; see rng.h.
*/
#include "rng.h"

uint64_t hf_rng_next(hf_rng *r) {
  uint64_t z = (r->state += UINT64_C(0x9E3779B97F4A7C15));
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

double hf_rng_uniform(hf_rng *r) {
  return (double)(hf_rng_next(r) >> 11) * (1.0 / 9007199254740992.0);
}

size_t hf_rng_below(hf_rng *r, size_t n) {
  return (size_t)(((hf_rng_next(r) >> 32) * (uint64_t)n) >> 32);
}
