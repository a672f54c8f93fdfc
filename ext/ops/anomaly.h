/*
** anomaly.h: how unusual each value of one series is.
*/
#ifndef HF_ANOMALY_H
#define HF_ANOMALY_H

#include "../num/samples.h"
#include "../num/work.h"

/* Values needed before anything is called an anomaly. */
enum { HF_ANOMALY_FIRST = 48 };

/* One row for each distinct stamp. Arrays in the arena that was given. */
typedef struct hf_anomaly {
  size_t n;         /* rows */
  double *ts;       /* [n] unix seconds, strictly ascending */
  double *value;    /* [n] in the series' unit; NaN where NULL was recorded */
  double *expected; /* [n] same unit; NaN where nothing could be expected */
  double *score;    /* [n] 0..1; 0.5 is the limit; NaN where value is */
  double *since;    /* [n] unix seconds: begin of the anomaly that stands at
                       this row, NaN where none does */
  int *flag;        /* [n] 1: an anomaly is announced here */
  size_t used;      /* rows with a value */
} hf_anomaly;

/* One value for each distinct stamp, by kind: a gauge its mean, a delta its
** sum, a quantile its largest, a state its last value; a counter its rate per
** second since the stamp before, aware of resets. Sets n, ts, value, used. */
int hf_anomaly_collect(hf_work *w, const hf_samples *s, hf_anomaly *out);

/* Fills in the rest. hindsight 0: each row is judged by the rows before it
** only, and no later row can change that; 1: by the whole series. */
int hf_anomaly_score(hf_work *w, int hindsight, hf_anomaly *a);

#endif
