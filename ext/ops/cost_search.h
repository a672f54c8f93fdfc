/*
** cost_search.h: shared by the files that solve an hf_cost_problem.
*/
#ifndef HF_COST_SEARCH_H
#define HF_COST_SEARCH_H

#include "cost.h"
#include "cost_pack.h"

/* The problem with what every step needs at hand. */
typedef struct hf_search {
  const hf_cost_problem *p;
  hf_work *w;
  size_t n; /* services */
  size_t hours;
  size_t *first;      /* [n + 1] place of a service's choice 0 among all */
  size_t total;       /* choices of all services */
  double *flat;       /* [total] other + spot */
  double *spot;       /* [total] what the choice takes of the spot limit */
  const double **use; /* [total] on_demand */
  size_t *owner;      /* [total] service */
  double spot_room;   /* the limit on the sum of `spot`; INFINITY: none */
  double *tmp;        /* [hours] scratch */
} hf_search;

/* A set of picks with its sums. */
typedef struct hf_pick {
  size_t *at;  /* [n] place of the choice among all */
  double *use; /* [hours] sum of on_demand */
  double flat; /* sums */
  double spot;
  size_t changes; /* services that left choice 0 */
  double cost;    /* per hour, the commitment included */
} hf_pick;

/* Prepares s; all memory comes from w. */
int hf_search_init(hf_work *w, const hf_cost_problem *p, hf_search *s);

/* Room for one set of picks. */
int hf_pick_new(hf_search *s, hf_pick *k);

/* Recomputes the sums and the cost from k->at. */
void hf_pick_sum(hf_search *s, hf_pick *k);

void hf_pick_copy(const hf_search *s, hf_pick *to, const hf_pick *from);

/* 1 when the limits hold. */
int hf_pick_allowed(const hf_search *s, size_t changes, double spot);

/* Cost of hourly use: flat + the best commitment for what is beyond held. */
double hf_search_cost(hf_search *s, const double *use, double flat,
                      double *covers);

/* sum(x y) / n. */
double hf_search_dot(const double *x, const double *y, size_t n);

/* Lagrangian bound (cost_bound.c), then branch and bound where few services
** leave a gap (cost_branch.c); improves *best (allowed picks) on the way. */
int hf_search_bound(hf_search *s, hf_pick *best, double *bound);

/* The bound while it is raised. */
typedef struct hf_bound {
  hf_search *s;
  hf_pack pack;
  double *w;      /* [hours] weights now */
  double *best_w; /* [hours] weights of the best bound */
  double *slope;  /* [hours] */
  double *value;  /* [total] price of each choice under w */
  char *closed;   /* [total] 1: in no plan that is cheaper than the best */
  int *chosen;    /* [total] steps that decided for the choice */
  hf_pick now;    /* what the services decide */
  size_t nodes;   /* left for knapsacks */
  double work;    /* multiplications made */
  int exact;      /* 1: knapsacks are solved, not relaxed */
} hf_bound;

/* The bound is as good as met when it is this near to the best cost. */
#define HF_BOUND_NEAR 1e-6

/* Up to `steps` steps from b->w, the first of length `pace` (Polyak's is 1),
** raising *high, lowering best->cost, closing choices, counting b->chosen. */
int hf_bound_climb(hf_bound *b, int steps, double pace, hf_pick *best,
                   double *high);

/* Goes on from a climbed b: raises *high by branching until it meets the best
** cost or the work allowed is done. */
int hf_search_branch(hf_bound *b, hf_pick *best, double *high);

/* Descent by exchange of one, then of two choices, from *k (allowed). */
int hf_search_descend(hf_search *s, hf_pick *k);

/* Starts the bee colony at *best (allowed) and polishes what it finds. */
int hf_search_bees(hf_bound *b, hf_pick *best);

#endif
