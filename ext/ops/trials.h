/*
** trials.h: rolling origins, and what forecasters err from them.
**
** Origins. Up to 24, seven 24ths of a cycle apart: where the cycle is a day,
** they span the seven days of a week, and begin at each hour once. Candidates
** are fitted once, before the first origin.
**
** Rungs. Errors are told for the first 6 cells ahead, the first 24, 96, ... and
** all. So the next hour can be foretold by what foretells an hour well,
** however far beyond it the question goes.
**
** Errors. Mean absolute error over the origins, newer ones counting more, and
** each divided by what the better quarter of the candidates errs there: else a
** few wild days, which nothing foretells, would decide alone. Absolute errors
** make a forecast a median. So counts that are mostly zero are foretold as zero
** or little, though their mean is more: the forecast is the middle of its
** intervals, and what may come stands at their upper ends. bank_sparse.c offers
** the mean; it has weight where demands come in runs.
*/
#ifndef HF_TRIALS_H
#define HF_TRIALS_H

#include "../num/work.h"

enum {
  HF_TRIALS_ORIGINS = 24,
  HF_TRIALS_RUNGS = 8 /* 6 * 4^7 cells is more than is ever asked */
};

/* Where to try. */
typedef struct hf_trials {
  size_t tested;                    /* cells ahead from each origin, >= 1 */
  size_t gap;                       /* cells from one origin to the next */
  size_t origins;                   /* >= 1 */
  size_t origin[HF_TRIALS_ORIGINS]; /* ascending; the first cell forecast */
  double fade[HF_TRIALS_ORIGINS];   /* weight of each */
  size_t rungs;
  size_t rung[HF_TRIALS_RUNGS]; /* cells ahead, ascending; the last = tested */
} hf_trials;

/* A candidate's trial. */
typedef struct hf_trial {
  double *past; /* [origins * tested] its forecasts */
  double *miss; /* [rungs * origins] error from each origin, up to each rung,
                   relative to its difficulty; NaN: nothing is known there */
  double most[HF_TRIALS_ORIGINS]; /* the largest single error from each */
  double error[HF_TRIALS_RUNGS];  /* up to each rung, over the origins */
} hf_trial;

/* The plan for n cells, period m (0 or 1: none), and h cells ahead. */
void hf_trials_plan(hf_trials *t, size_t n, size_t m, size_t h);

/* Room for the arrays of a trial. HF_ENOMEM. */
int hf_trials_room(hf_work *w, const hf_trials *t, hf_trial *c);

/* Errors of the trials c[n], whose past is set, against the cleaned history
** clean[], in cells where truth[] is known. HF_ENOMEM, HF_EINTERRUPT. */
int hf_trials_score(hf_work *w, const hf_trials *t, const double *clean,
                    const double *truth, hf_trial *c, size_t n);

/* A candidate's error up to a rung: the mean over n origins at[], newer ones
** weighing more; `none` where none of them knows. */
double hf_trials_mean(const hf_trials *t, const hf_trial *c, size_t rung,
                      const size_t *at, size_t n, double none);

#endif
