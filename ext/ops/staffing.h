/*
** staffing.h: from the load foreseen to the number of workers, by replaying
** the samples: how calm the number is, how many tasks would have come late, and
** how wide the margin has to be.
*/
#ifndef HF_STAFFING_H
#define HF_STAFFING_H

#include "workers.h"

/* Samples with what was foreseen at each, oldest first. */
typedef struct hf_staffing_ask {
  size_t n;
  size_t from;            /* first sample with a quantile */
  const double *busy;     /* [n] erlangs */
  const double *mid, *up; /* [n] erlangs foreseen: mean, upper quantile */
  const double *until;    /* [n] erlangs that are expected more than `mid`, at
                             most, before the time foreseen; >= 0 */
  const double *wait;     /* [n] tasks in the queue */
  const double *now;      /* [n] workers that served, > 0 */
  const double *full;     /* [n] 1: all workers busy */
  double step;            /* seconds between samples, > 0 */
  double lead;            /* samples until a worker asked for now has served
                             a whole one, >= 1 */
  const hf_workers_rule *rule;
} hf_staffing_ask;

typedef struct hf_staffing {
  double needed;  /* workers, now */
  double workers; /* the same with calm */
  double held;    /* samples that a removal still waits; NaN: none does */
  double margin;  /* share of the way from mean to quantile staffed for; what
                     is above 1: mean ways beyond the quantile */
  double late;    /* share of the tasks that would have waited too long; NaN:
                     too few samples to tell it from the target */
  size_t judged;  /* samples behind it */
} hf_staffing;

/* HF_ENOMEM, HF_EINTERRUPT. */
int hf_staffing_run(hf_work *w, const hf_staffing_ask *ask, hf_staffing *out);

#endif
