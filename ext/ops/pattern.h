/*
** pattern.h: one word for a series, with the probability that it is right.
*/
#ifndef HF_PATTERN_H
#define HF_PATTERN_H

#include "grid.h"
#include "rhythm.h"

typedef enum hf_pattern_word {
  HF_PATTERN_UNKNOWN = 0, /* wanders, or too short to say */
  HF_PATTERN_STABLE,
  HF_PATTERN_TRENDING,
  HF_PATTERN_PERIODIC
} hf_pattern_word;

/* What a word rests on, each bounded: the logarithms of
**   0  share of the best period over what chance gives
**   1  |t| of the slope between blocks over what counts as a trend
**   2  spread of the block means over what the noise within allows
**   3  cells, in hundreds
**   4  odds of the share that the period explains, 0 without one
** then squares of 1, 2 and 3, 2 times 3; and 9: 1 where there are too few cells
** for blocks, else 0. */
enum { HF_PATTERN_EVIDENCE = 10 };

typedef struct hf_pattern {
  hf_pattern_word word;
  double confidence; /* probability that the word is right, 0..1 */
  double period;     /* seconds; NaN: none */
  double period2;    /* seconds; NaN: none */
  double strength;   /* share of detrended variance that the season explains */
  double slope;      /* unit of the metric a day */
  double steady;     /* |t| of the slope between blocks of the series */
  double evidence[HF_PATTERN_EVIDENCE];
} hf_pattern;

/* HF_EDATA: fewer than HF_PATTERN_MIN cells with data. `known` is what
** hf_rhythm_search() finds in g->fill, for who has it already; else NULL. */
enum { HF_PATTERN_MIN = 8 };
int hf_pattern_find(hf_work *w, const hf_grid *g, const hf_rhythm *known,
                    hf_pattern *out);

/* "periodic", "trending", "stable", "unknown" */
const char *hf_pattern_text(hf_pattern_word word);

#endif
