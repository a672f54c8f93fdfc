/*
** joint.h: how unusual all metrics of one component are together.
*/
#ifndef HF_JOINT_H
#define HF_JOINT_H

#include "../num/samples.h"
#include "../num/work.h"

enum {
  HF_JOINT_FIRST = 48, /* rows of history before the first judgement */
  HF_JOINT_MOST = 256  /* metrics */
};

/* One row for each distinct stamp of any metric. Arrays in the arena. */
typedef struct hf_joint {
  size_t n;      /* rows */
  double *ts;    /* [n] unix seconds, strictly ascending */
  double *value; /* [n] joint statistic, no unit; NaN: not judged */
  double *limit; /* [n] of the statistic; NaN: not judged */
  double *score; /* [n] value / (value + limit), 0 where not judged */
  double *since; /* [n] unix seconds: begin of the anomaly that stands at
                    this row, NaN where none does */
  int *flag;     /* [n] 1: value >= limit */
  int *metric;   /* [n] index of the largest contributor; -1: not judged */
} hf_joint;

/* metric[p]: the samples of each metric, 1 <= p <= HF_JOINT_MOST, else
** HF_ERANGE. hindsight 0: each row is judged by the rows before it only; 1: by
** the whole history. */
int hf_joint_score(hf_work *w, const hf_samples *metric, size_t p,
                   int hindsight, hf_joint *out);

#endif
