/*
** workers_season.h: what the load was at the same time on earlier days and in
** earlier weeks.
*/
#ifndef HF_WORKERS_SEASON_H
#define HF_WORKERS_SEASON_H

#include "workers_tape.h"

enum {
  HF_SEASONS = 4,    /* of a day and of a week, each as it was and smooth */
  HF_SEASON_PAST = 3 /* periods looked back */
};

/* The seasons there are. */
typedef struct hf_workers_seasons {
  size_t n;                       /* 0..HF_SEASONS */
  size_t cells;                   /* steps from tape->begin */
  double *value[HF_SEASONS];      /* [cells] erlangs; NaN: not known */
  double *peak[HF_SEASONS];       /* [cells] the most of the `lead` cells after;
                                     NaN: one of them is not known */
  size_t past;                    /* 0..HF_SEASON_PAST */
  double *change[HF_SEASON_PAST]; /* [cells] by how much the load of one week,
                                     or day where no weeks are known, moved
                                     from here over the lead; NaN: not known */
} hf_workers_seasons;

/* The spans that tell whether a season matters: *n of
** span[HF_WORKERS_SPANS], from `lead` samples ago to as many ahead. */
void hf_workers_season_probe(const hf_workers_tape *tape, size_t lead,
                             hf_workers_span *span, size_t *n);

/* The spans whose samples show the seasons, likewise; `probe`: the samples of
** those above. None when the loads of the tape move no more in `lead` samples
** than from one to the next, and the past does not expect that they will.
** HF_ENOMEM. */
int hf_workers_season_spans(hf_work *w, const hf_workers_tape *tape,
                            const hf_workers_tape *probe, size_t lead,
                            hf_workers_span *span, size_t *n);

/* Makes them from the samples of these spans, in any order. HF_ENOMEM. */
int hf_workers_seasons_make(hf_work *w, const hf_workers_tape *tape,
                            const hf_workers_tape *past, size_t lead,
                            hf_workers_seasons *out);

#endif
