/*
** cost_latency.h: how slow a service gets when fewer, other or less reliable
** machines serve it.
*/
#ifndef HF_COST_LATENCY_H
#define HF_COST_LATENCY_H

#include <stddef.h>
#include "../num/work.h"

enum {
  HF_WAIT_SERVERS = 3072, /* beyond, nobody in 20 waits below HF_WAIT_FULL */
  HF_WAIT_STEPS = 98      /* utilization 0, .01, ... .97 */
};

/* From this utilization on a queue is taken to explode. */
#define HF_WAIT_FULL 0.97

/* The 95th percentile of the M/M/c wait in service times, by servers and
** utilization, filled as needed. */
typedef struct hf_wait {
  double *row[HF_WAIT_SERVERS + 1]; /* NULL: not yet */
  double *room;                     /* [HF_WAIT_SERVERS + 1][HF_WAIT_STEPS] */
} hf_wait;

/* p95 in ms of `c` servers at utilization rho:
**   margin * (a + b rho^2 + q W(c, rho)), ten times that from .97 on. */
typedef struct hf_latency {
  double a, b, q; /* ms, none negative */
  double margin;  /* exp of the 0.9 quantile of the log residuals, >= 1 */
  double trust;   /* the model is not believed beyond this utilization */
  size_t rows;    /* hours that it was fitted to */
  int queued;     /* 1: the history shows hours in which work waited */
} hf_latency;

/* Index (from 0) of the q-quantile among n >= 1 sorted values: the smallest
** with at least q n values up to it. q 0..1. */
size_t hf_cost_rank(size_t n, double q);

/* Takes room for the table (2.4 MB, touched only where used) from w. */
hf_wait *hf_wait_new(hf_work *w);

/* W(c, rho), linear between whole servers and steps of rho; c below 1 counts
** as 1. rho 0..HF_WAIT_FULL. */
double hf_wait_p95(hf_wait *t, double c, double rho);

/* Fits the model to n hours: c servers, rho utilization in the busiest
** minutes, p95 in ms. Hours with rho >= .97, a NaN or p95 <= 0 are left out.
** HF_EDATA: fewer than 24 hours remain. */
int hf_latency_fit(hf_work *w, hf_wait *t, const double *c, const double *rho,
                   const double *p95, size_t n, hf_latency *out);

/* The model's p95 in ms. rho >= 0 (infinity allowed). */
double hf_latency_p95(const hf_latency *m, hf_wait *t, double c, double rho);

/* The largest utilization, at most `most` and below .97, at which `c` servers
** keep p95 <= limit; -1: not even at 0. */
double hf_latency_most(const hf_latency *m, hf_wait *t, double c, double limit,
                       double most);

#endif
