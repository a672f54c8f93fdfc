/*
** bee.c: how good the bee colony of num/colony.c is on functions whose
** optimum is known.
**
**   bee [FILE]        default build/bee_results.csv
**
** Writes the median error of 25 seeds for each of seven functions in 2, 5 and
** 10 dimensions after 1,000 and 10,000 evaluations:
** dim,evals,function,median_error, 42 rows. Errors below 1e-12 count as 0.
** Links with num/ alone. Exit 0: written; 1: not.
*/
#include <stdio.h>
#include <stdlib.h>

#include "functions.h"
#include "num/colony.h"

enum { BEE_SEEDS = 25 };

static void *bee_grow(void *ctx, size_t bytes) {
  (void)ctx;
  return malloc(bytes);
}

static void bee_drop(void *ctx, void *chunk) {
  (void)ctx;
  free(chunk);
}

static double bee_cost(void *ctx, const double *x, double *violation) {
  (void)violation;
  return fn_value(ctx, x);
}

/* The error of one run, or -1 when the search failed. */
static double bee_run(hf_work *w, int kind, size_t dim, unsigned seed,
                      size_t budget) {
  double lo[FN_MAX_DIM], hi[FN_MAX_DIM], x[FN_MAX_DIM];
  fn_problem p;
  hf_colony_task t = {0};
  hf_colony_stats st;
  size_t q;
  fn_init(&p, kind, dim, seed);
  for (q = 0; q < dim; q++) {
    lo[q] = -5;
    hi[q] = 5;
  }
  t.dim = dim;
  t.lo = lo;
  t.hi = hi;
  t.budget = budget;
  t.seed = (uint64_t)seed * 104729 + 17;
  t.cost = bee_cost;
  t.ctx = &p;
  if (hf_colony_minimise(w, &t, x, &st) != HF_OK) return -1;
  return st.best < 1e-12 ? 0 : st.best;
}

static int bee_order(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double bee_median(hf_work *w, int kind, size_t dim, size_t budget) {
  double e[BEE_SEEDS];
  unsigned seed;
  for (seed = 0; seed < BEE_SEEDS; seed++) {
    e[seed] = bee_run(w, kind, dim, seed, budget);
    if (e[seed] < 0) return -1;
  }
  qsort(e, BEE_SEEDS, sizeof(double), bee_order);
  return e[BEE_SEEDS / 2];
}

int main(int argc, char **argv) {
  static const size_t dims[] = {2, 5, 10}, budgets[] = {1000, 10000};
  const char *path = argc > 1 ? argv[1] : "build/bee_results.csv";
  hf_work w = {0};
  FILE *f = fopen(path, "w");
  size_t i, j;
  int kind, rc = 0;
  w.grow = bee_grow;
  w.drop = bee_drop;
  if (f == NULL) {
    fprintf(stderr, "bee: cannot write %s\n", path);
    return 1;
  }
  fprintf(f, "dim,evals,function,median_error\n");
  for (i = 0; i < 3; i++) {
    for (j = 0; j < 2; j++) {
      for (kind = 0; kind < FN_KINDS; kind++) {
        double e = bee_median(&w, kind, dims[i], budgets[j]);
        if (e < 0) rc = 1;
        fprintf(f, "%zu,%zu,%s,%.6e\n", dims[i], budgets[j], fn_name[kind], e);
      }
    }
  }
  hf_work_free(&w);
  if (fclose(f) != 0) rc = 1;
  if (rc != 0) fprintf(stderr, "bee: a search or the file failed\n");
  return rc;
}
