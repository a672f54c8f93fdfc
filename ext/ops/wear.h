/*
** wear.h: when a metric will reach the value at which its component counts as
** failed, with no failure on record.
*/
#ifndef HF_WEAR_H
#define HF_WEAR_H

#include "../num/samples.h"
#include "../num/work.h"
#include "life.h"

typedef struct hf_wear {
  hf_life life;  /* time until the level reaches the limit, from the newest
                    sample on */
  double level;  /* smoothed value now, in the unit of the metric */
  double drift;  /* units an hour towards the limit; < 0: away from it */
  double curved; /* share of the exponential path in the mixture, 0..1 */
} hf_wear;

/* First passage of the metric to `limit`, which lies above the metric when
** `rising`, else below. `told`: somebody set this limit; 0: it is only where
** the scale ends, and more is asked of the evidence. `fleet`: hours that those
** of its kind have been seen for, typically; 0: unknown. HF_EDATA: fewer than 12
** values, or a metric that never moved. */
int hf_wear_passage(hf_work *w, const hf_samples *s, double limit, int rising,
                    int told, double fleet, hf_wear *out);

/* When a drift set in that lasts until now (unix seconds), by a two-sided
** CUSUM of the standardised values against the first fifth (Page 1954, k = 1/2,
** h = 8); NaN when there is none. */
int hf_wear_onset(hf_work *w, const hf_samples *s, double *since_ts);

#endif
