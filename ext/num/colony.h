/*
** colony.h: an artificial bee colony, the house's search for a minimum.
**
** For functions without derivatives, with several minima, bounds and
** constraints. Where the exact or a greedy answer is known, hand it in as
** `start`: the search never ends with anything worse.
*/
#ifndef HF_COLONY_H
#define HF_COLONY_H

#include <stdint.h>
#include "work.h"

/* The function to minimise. `x` has as many entries as hf_colony_task.dim,
** each within its bounds. *violation arrives as 0; set it to how far the
** constraints are missed in all (any unit, > 0: not allowed). NaN as a value
** counts as +infinity. */
typedef double (*hf_colony_cost)(void *ctx, const double *x, double *violation);

typedef struct hf_colony_task {
  size_t dim;          /* unknowns, 1..1000 */
  const double *lo;    /* [dim] bounds, finite, lo <= hi */
  const double *hi;    /* [dim] */
  const double *start; /* [starts * dim] points to begin from; or NULL */
  size_t starts;       /* of them; those beyond the sources are left out */
  size_t budget;       /* evaluations of cost, 1..1e9 */
  uint64_t seed;       /* the same seed, the same answer */
  hf_colony_cost cost;
  void *ctx; /* handed to cost() */
} hf_colony_task;

/* How the search went. */
typedef struct hf_colony_stats {
  size_t evaluations; /* made; = budget unless interrupted */
  size_t cycles;      /* rounds of employed bees, onlookers and a scout */
  size_t improved;    /* candidates that replaced their source */
  size_t scouts;      /* exhausted sources given up for a random one */
  size_t found_at;    /* evaluation that gave the answer, from 1 */
  double first;       /* cost of the first point evaluated */
  double best;        /* cost of the answer */
  double violation;   /* of the answer; 0: it is allowed */
  double spread; /* (worst - best source) / max(|best|, 1e-300) at the end */
} hf_colony_stats;

/* Minimises. `x` [dim] and `stats` receive the answer. HF_ERANGE: dim, bounds
** or budget out of range. HF_EINTERRUPT, HF_ETIME: stopped by the caller. */
int hf_colony_minimise(hf_work *w, const hf_colony_task *t, double *x,
                       hf_colony_stats *stats);

#endif
