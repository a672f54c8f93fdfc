/*
** failure.h: learning from recorded failures, for components of one kind.
**
**   for each component, at some instants of its past
**     hf_failure_features(...)          a row of the learning set
**   hf_failure_learn(...)               once a kind
**   hf_failure_life(...)                the life left of a component
*/
#ifndef HF_FAILURE_H
#define HF_FAILURE_H

#include "../num/samples.h"
#include "../num/work.h"
#include "life.h"
#include "worn.h"

/* Failures of a kind that must be on record before anything is learned. */
enum { HF_FAILURE_LEAST = 3 };

/* Samples of a metric, before an instant, that its features look at: the 50
** that a mean is taken of, and room for two that are missing. */
enum { HF_FAILURE_NEWEST = 52, HF_FAILURE_OLDEST = 10 };

/* A component as the models see it. */
typedef struct hf_track {
  const hf_samples *metric; /* [metrics] in the order of the learning set;
                               n = 0: not recorded */
  double *start;            /* [metrics] typical of its first ten values; NaN */
  double born;              /* unix seconds: its age counts from here */
} hf_track;

/* Features of one component at an instant.
** wear[4 * metrics + 1]: of each metric the mean of the last 5, the mean of the
** last 50, their slope times their span, the change since the start; then the
** age in hours. NaN: not recorded.
** rare[3 * metrics + 1]: of each metric whether it differs from zero, its log,
** the log of its rise over the window (signed logs: sgn v log(1 + |v|)); then
** the log of the age in days. 0: not recorded.
** `now`: unix seconds, later samples are not looked at. `window`: hours. */
void hf_failure_features(const hf_track *t, size_t metrics, double now,
                         double window, double *wear, double *rare);

/* What is learned from. Rows of one component have the same group; the failed
** components are groups 0..failed-1. */
typedef struct hf_failure_set {
  size_t metrics, failed, n;
  double scale;         /* hours: median observed life of the failed */
  double window;        /* hours: of the rare features */
  double *wear;         /* [n * (4 metrics + 1)] */
  double *rare;         /* [n * (3 metrics + 1)] */
  double *life;         /* [n] hours to the failure, or to the end of sight */
  double *weight;       /* [n] component-hours that the row stands for */
  size_t *group;        /* [n] */
  unsigned char *event; /* [n] 1: life ended by the failure */
  unsigned char *late;  /* [n] 1: within the last 16 windows before now */
} hf_failure_set;

typedef struct hf_failure_model {
  size_t metrics, failed;
  int wears;        /* 1: the life left shows in the metrics; 0: rare events */
  double window;    /* hours: of the features and of the hazard */
  double outlook;   /* hours: longest life seen */
  double shows;     /* hours: of a life left that shows in the metrics */
  double skill;     /* share of the variance of the life left explained, out of
                     fold; <= 1 */
  hf_life all;      /* life left of any component at any instant */
  hf_worn worn;     /* life left as an index */
  double low, high; /* range of the index out of fold, hours */
  double spread;    /* bandwidth on the index, hours */
  double era;       /* bandwidth on the age, hours; 0: ages do not count */
  double running;   /* 0.1..1: what it counts that a component still runs */
  size_t n;         /* rows kept, by life ascending */
  double *index;    /* [n] out of fold */
  double *age;      /* [n] hours */
  double *life, *weight;
  unsigned char *event;
  double *middle;  /* [4 metrics + 1] stands for what is not recorded */
  double *healthy; /* [4 metrics + 1] typical of long lives */
  double *beta;    /* [3 metrics + 2] hazard a window; the intercept last */
  double *mean;    /* [3 metrics + 1] */
  double *unit;    /* [3 metrics + 1] */
} hf_failure_model;

/* Learns. The model lives in `keep`, scratch in `w`. HF_EDATA: fewer than
** HF_FAILURE_LEAST components failed, or fewer than 20 rows. */
int hf_failure_learn(hf_work *w, hf_work *keep, const hf_failure_set *set,
                     hf_failure_model *out);

/* The life left, given the features of hf_failure_features(). */
int hf_failure_life(hf_work *w, const hf_failure_model *m, const double *wear,
                    const double *rare, hf_life *out);

/* The metric that shortens this life most; m->metrics when it is the age, or
** nothing does. */
int hf_failure_cause(hf_work *w, const hf_failure_model *m, const double *wear,
                     const double *rare, size_t *metric);

#endif
