/*
** workers_bank.h: the load that will come, from a bank of forecasters that
** compete.
*/
#ifndef HF_WORKERS_BANK_H
#define HF_WORKERS_BANK_H

#include "workers_season.h"
#include "workers_tape.h"

/* What is foreseen at each sample of a tape, and how that turned out. */
typedef struct hf_workers_sight {
  double *up;     /* [n] erlangs: quantile of the load `lead` samples later */
  double *mid;    /* [n] and the mean of what is expected then */
  double *until;  /* [n] erlangs that the season expects more than then, at
                     most, before then; >= 0 */
  size_t first;   /* sample from which the quantile counts; n: none does */
  size_t judged;  /* forecasts that fell due since */
  size_t covered; /* of them at or below the quantile */
  size_t close;   /* and at least half of it */
  double season;  /* weight of the forecasters with a season, 0..1, now */
} hf_workers_sight;

/* Forecasts `lead` samples ahead, >= 1, at level tau. noise: variance of a
** sample's load over its mean, erlangs, > 0. HF_ENOMEM, HF_EINTERRUPT. */
int hf_workers_bank_run(hf_work *w, const hf_workers_tape *tape,
                        const hf_workers_seasons *seasons, double lead,
                        double tau, double noise, hf_workers_sight *out);

/* Forecasts due before a quantile is said. */
enum { HF_WORKERS_LEARN = 30 };

#endif
