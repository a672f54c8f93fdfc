/*
** boost.h: boosted regression trees for least squares.
*/
#ifndef HF_BOOST_H
#define HF_BOOST_H

#include "work.h"

/* How the trees are grown. */
typedef struct hf_boost_plan {
  size_t trees; /* 1..1000 */
  size_t depth; /* splits on the way to a leaf, 1..6 */
  size_t leaf;  /* least rows of a leaf, >= 1 */
  double rate;  /* share of each tree that is added, 0 < rate <= 1 */
} hf_boost_plan;

/* Rows at most, and columns. */
enum { HF_BOOST_ROWS = 1 << 20, HF_BOOST_COLUMNS = 2048 };

/* One node: value is a leaf's answer, or the split: x[feature] <= value goes
** to the left child, at 2i + 1 of the same tree, else to 2i + 2. */
typedef struct hf_boost_node {
  double value;
  int feature; /* -1: a leaf */
} hf_boost_node;

typedef struct hf_boost {
  double base;         /* the mean, in the unit of y */
  double rate;         /* as in the plan */
  size_t trees;        /* grown */
  size_t nodes;        /* of each tree: 2^(depth + 1) - 1 */
  hf_boost_node *node; /* [trees * nodes] */
} hf_boost;

/* Fits y[n] on x[n * d], row by row; all finite. The model lives in `keep`,
** scratch in `w`; they may be the same. HF_EDATA: fewer than two leaves of
** rows. HF_ERANGE: the plan, more rows or columns than above, or a range of y
** that is no finite number. */
int hf_boost_fit(hf_work *w, hf_work *keep, const double *x, const double *y,
                 size_t n, size_t d, const hf_boost_plan *plan, hf_boost *out);

/* The answer for one row x[d], in the unit of y. */
double hf_boost_predict(const hf_boost *m, const double *x);

#endif
