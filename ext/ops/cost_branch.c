/*
** cost_branch.c: branch and bound over the choices of a few services.
**
** The Lagrangian bound leaves a gap where services have few choices: mixtures
** of choices would be cheaper than any one of them. A node forbids some
** choices and has a bound of its own; the node with the lowest bound is split
** on the choice that its steps took about every other time, into "this one"
** and "not this one" (A. Land, A. Doig, An automatic method of solving discrete
** programming problems, Econometrica 28, 1960). The lowest bound of the open
** nodes holds for the whole.
*/
#include "cost_search.h"

#include <math.h>
#include <string.h>

enum { BRANCH_OPEN = 400, BRANCH_STEPS = 60 };

/* Multiplications allowed. */
static const double BRANCH_WORK = 6e8;

typedef struct branch_node {
  double low;    /* bound; INFINITY: an unused place */
  double *w;     /* [hours] */
  char *closed;  /* [total] */
  size_t choice; /* to split on, among all */
} branch_node;

typedef struct branch_tree {
  hf_bound *b;
  branch_node node[BRANCH_OPEN];
  size_t used; /* places with memory */
} branch_tree;

/* The choice that the steps were most undecided about, or HF_COST_NONE. */
static size_t branch_choice(const hf_bound *b) {
  const hf_search *s = b->s;
  size_t best = HF_COST_NONE;
  double most = 0;
  size_t i, a;
  for (i = 0; i < s->n; i++) {
    double all = 0;
    size_t top = s->first[i];
    double share;
    for (a = s->first[i]; a < s->first[i + 1]; a++) {
      all += b->chosen[a];
      if (b->chosen[a] > b->chosen[top]) top = a;
    }
    if (all <= 0) continue;
    share = b->chosen[top] / all;
    if (1 - share > most) {
      most = 1 - share;
      best = top;
    }
  }
  if (best != HF_COST_NONE) return best;
  for (i = 0; i < s->n; i++) { /* of one mind: split what is still open */
    size_t open = 0;
    for (a = s->first[i]; a < s->first[i + 1]; a++) {
      if (b->closed[a]) continue;
      open++;
      if (best == HF_COST_NONE || b->chosen[a] > b->chosen[best]) best = a;
    }
    if (open > 1) return best;
    best = HF_COST_NONE;
  }
  return HF_COST_NONE;
}

/* Every service has one open choice left: what these cost. */
static void branch_leaf(hf_bound *b, hf_pick *best) {
  hf_search *s = b->s;
  size_t i, a;
  for (i = 0; i < s->n; i++) {
    for (a = s->first[i]; a + 1 < s->first[i + 1] && b->closed[a];) a++;
    b->now.at[i] = a;
  }
  hf_pick_sum(s, &b->now);
  if (b->now.cost < best->cost &&
      hf_pick_allowed(s, b->now.changes, b->now.spot)) {
    hf_pick_copy(s, best, &b->now);
  }
}

/* An unused place with memory, or NULL with *rc set when memory ran out. */
static branch_node *branch_place(branch_tree *t, int *rc) {
  hf_search *s = t->b->s;
  branch_node *x = NULL;
  size_t i;
  *rc = HF_OK;
  for (i = 0; i < t->used; i++) {
    if (t->node[i].low == INFINITY) return &t->node[i];
  }
  if (t->used == BRANCH_OPEN) return NULL;
  x = &t->node[t->used];
  x->w = hf_work_reals(s->w, s->hours);
  x->closed = hf_work_alloc(s->w, s->total, 1);
  if (x->w == NULL || x->closed == NULL) {
    *rc = HF_ENOMEM;
    return NULL;
  }
  x->low = INFINITY;
  t->used++;
  return x;
}

/* Keeps what b has climbed to as an open node, unless it is no better than the
** best plan. 0 in *kept: no place. */
static int branch_keep(branch_tree *t, double low, hf_pick *best, int *kept) {
  hf_search *s = t->b->s;
  size_t choice = branch_choice(t->b);
  branch_node *x;
  int rc;
  *kept = 1;
  if (low >= best->cost * (1 - HF_BOUND_NEAR)) return HF_OK;
  if (choice == HF_COST_NONE) {
    branch_leaf(t->b, best);
    return HF_OK;
  }
  x = branch_place(t, &rc);
  *kept = x != NULL;
  if (x == NULL) return rc;
  x->low = low;
  x->choice = choice;
  memcpy(x->w, t->b->best_w, s->hours * sizeof(double));
  memcpy(x->closed, t->b->closed, s->total);
  return HF_OK;
}

/* Climbs one half of a node: with the choice (side 0) or without it. */
static int branch_half(branch_tree *t, const branch_node *x, int side,
                       hf_pick *best, double *low) {
  hf_bound *b = t->b;
  hf_search *s = b->s;
  size_t i = s->owner[x->choice];
  size_t a;
  memcpy(b->w, x->w, s->hours * sizeof(double));
  memcpy(b->closed, x->closed, s->total);
  if (side == 0) {
    for (a = s->first[i]; a < s->first[i + 1]; a++) {
      if (a != x->choice) b->closed[a] = 1;
    }
  } else {
    b->closed[x->choice] = 1;
  }
  *low = x->low;
  return hf_bound_climb(b, BRANCH_STEPS, 0.5, best, low);
}

/* The open node with the lowest bound, or NULL. */
static branch_node *branch_lowest(branch_tree *t) {
  branch_node *x = NULL;
  size_t i;
  for (i = 0; i < t->used; i++) {
    if (t->node[i].low == INFINITY) continue;
    if (x == NULL || t->node[i].low < x->low) x = &t->node[i];
  }
  return x;
}

int hf_search_branch(hf_bound *b, hf_pick *best, double *high) {
  hf_search *s = b->s;
  branch_tree *t = hf_work_zeroed(s->w, 1, sizeof(*t));
  branch_node split;
  double until = b->work + BRANCH_WORK;
  int kept;
  int rc;
  if (t == NULL) return HF_ENOMEM;
  t->b = b;
  split.w = hf_work_reals(s->w, s->hours);
  split.closed = hf_work_alloc(s->w, s->total, 1);
  if (split.w == NULL || split.closed == NULL) return HF_ENOMEM;
  rc = branch_keep(t, *high, best, &kept);
  while (rc == HF_OK) {
    branch_node *x = branch_lowest(t);
    int side;
    if (x == NULL) { /* nothing cheaper is left, but for rounding */
      double most = best->cost * (1 - HF_BOUND_NEAR);
      if (most > *high) *high = most;
      break;
    }
    if (x->low > *high) *high = x->low;
    if (b->work > until || *high >= best->cost * (1 - HF_BOUND_NEAR)) {
      break;
    }
    split.low = x->low;
    split.choice = x->choice;
    memcpy(split.w, x->w, s->hours * sizeof(double));
    memcpy(split.closed, x->closed, s->total);
    x->low = INFINITY;
    for (side = 0; side < 2; side++) {
      double low;
      rc = branch_half(t, &split, side, best, &low);
      if (rc == HF_OK) rc = branch_keep(t, low, best, &kept);
      if (rc != HF_OK) return rc;
      if (!kept) return HF_OK; /* *high still holds */
    }
  }
  return rc;
}
