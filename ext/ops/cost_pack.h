/*
** cost_pack.h: one choice a service, cheapest in sum, under a limit on what
** the choices take and a limit on how many leave choice 0. With the weights
** of the hours given, this is what is left of the whole problem.
*/
#ifndef HF_COST_PACK_H
#define HF_COST_PACK_H

#include <stddef.h>
#include "../num/work.h"

typedef struct hf_pack {
  size_t n;            /* services */
  const size_t *first; /* [n + 1] place of a service's choice 0 among all */
  const double *cost;  /* [first[n]] */
  const double *take;  /* [first[n]] share of the room that a choice takes */
  double room;         /* sum of take at most; INFINITY: no limit */
  size_t most;         /* services that may leave choice 0 */
  /* scratch, by hf_pack_new() */
  double *worth; /* [first[n]] cost plus multipliers */
  double *gain;  /* [n] by leaving choice 0 */
  double *list;  /* [n + 1] */
  double *rest;  /* [n + 1] least worth of the services from here on */
  double *spare; /* [n + 1] least take of the services from here on */
  size_t *order; /* [n] services as they are searched */
  size_t *rank;  /* [first[n]] choices of each service by worth */
  size_t *depth; /* [n + 1] place within rank */
  size_t *now;   /* [n] */
  double price;  /* multiplier of the room, found by hf_pack_relax() */
  double fee;    /* multiplier of a change */
} hf_pack;

/* Takes scratch for n services with first[n] choices. */
int hf_pack_new(hf_work *w, size_t n, const size_t *first, hf_pack *p);

/* A lower bound by Lagrangian relaxation, the best there is; at[n] receives
** what the services decide, which may break the room. */
double hf_pack_relax(hf_pack *p, size_t *at);

/* After hf_pack_relax(): the least cost itself, or what is proven of it once
** *nodes are spent. at[n] holds an allowed solution and receives the best. */
double hf_pack_search(hf_pack *p, size_t *at, size_t *nodes);

#endif
