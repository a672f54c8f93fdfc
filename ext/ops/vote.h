/*
** vote.h: from the errors of candidates to one forecast.
**
** Weights. An error to the power -2.5; what errs more than 2.5 times as much as
** the best has none (Bates and Granger 1969; Timmermann 2006 on trimming).
** Values are combined by the weighted mean of their middle. Weights by least
** squares on the replayed errors, shrunk towards these, did worse on every set
** of series tried: errors of so few origins do not tell correlated candidates
** apart.
*/
#ifndef HF_VOTE_H
#define HF_VOTE_H

#include <stddef.h>

/* A candidate with weight. */
typedef struct hf_vote {
  const double *y; /* its forecasts */
  double weight;
  double now; /* of the cell that was combined last */
} hf_vote;

/* weight[n] from errors err[n] >= 0; returns their sum. */
double hf_vote_weigh(const double *err, size_t n, double *weight);

/* vote[]: those of n candidates that have weight, with their forecasts y[n].
** Returns how many. */
size_t hf_vote_list(double *const *y, const double *weight, size_t n,
                    hf_vote *vote);

/* The mean of the n values y[s] without the outer two fifths of the weight
** `sum` at either end; 0 of none. Leaves the votes by value: the next cell's
** order will be much the same. */
double hf_vote_mean(hf_vote *vote, size_t n, size_t s, double sum);

#endif
