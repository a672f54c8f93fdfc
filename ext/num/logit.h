/*
** logit.h: logistic regression with a ridge penalty and signs.
*/
#ifndef HF_LOGIT_H
#define HF_LOGIT_H

#include "work.h"

/* Maximises sum_i weight_i log P(y_i) - ridge/2 sum_j beta_j^2 over rows
** x[n * d], y 0 or 1, weight > 0. sign[j] 1: beta_j >= 0, -1: <= 0, 0: free.
** beta[d + 1] ends with the intercept, which is not penalised. ridge > 0;
** d <= 500; all input finite. HF_EDATA: y is all 0 or all 1. */
int hf_logit_fit(hf_work *w, const double *x, const double *y,
                 const double *weight, size_t n, size_t d, double ridge,
                 const signed char *sign, double *beta);

/* beta'x + intercept, for one row x[d]. */
double hf_logit_score(const double *beta, const double *x, size_t d);

/* 1 / (1 + exp(-score)), without overflow. */
double hf_logit_p(double score);

#endif
