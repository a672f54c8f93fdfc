/*
** workers_tape.h: the samples from which the number of workers is planned.
*/
#ifndef HF_WORKERS_TAPE_H
#define HF_WORKERS_TAPE_H

#include "workers.h"

/* The samples that can be used, oldest first. */
typedef struct hf_workers_tape {
  size_t n;
  double step;  /* seconds between samples; NaN: there is only one */
  double begin; /* unix seconds: no sample is older; NaN likewise */
  double *ts;   /* [n] unix seconds */
  double *cell; /* [n] number of the sample in steps from the first */
  double *busy; /* [n] erlangs */
  double *now;  /* [n] workers that served */
  double *wait; /* [n] tasks in the queue */
  double *full; /* [n] 1: saturated */
} hf_workers_tape;

/* Makes it, in w. task: seconds of a worker for one. HF_ENOMEM. */
int hf_workers_tape_make(hf_work *w, const hf_load *load, double task,
                         hf_workers_tape *tape);

/* The same of samples that come `step` seconds apart, none of them left out
** for its age. */
int hf_workers_tape_past(hf_work *w, const hf_load *load, double task,
                         double step, hf_workers_tape *tape);

#endif
