/*
** workers.h: how many workers a service needs when a worker takes time to
** start.
*/
#ifndef HF_WORKERS_H
#define HF_WORKERS_H

#include "../num/work.h"

/* What was measured, oldest first. A NaN in cpu or workers leaves the sample
** out; a NaN in queue counts as an empty queue. */
typedef struct hf_load {
  double *ts;      /* [n] unix seconds, ascending, distinct */
  double *cpu;     /* [n] percent, 0..100, mean over the workers */
  double *workers; /* [n] that served */
  double *queue;   /* [n] tasks that wait */
  size_t n;
} hf_load;

/* What the operator set. */
typedef struct hf_workers_rule {
  size_t min, max;         /* workers, 1 <= min <= max <= 100,000 */
  double task_seconds;     /* of a worker for one task, > 0 */
  double wait_seconds;     /* a task should not wait longer, >= 0 */
  double violation_target; /* share of tasks that may, within (0, 0.5] */
  double start_seconds;    /* until a new worker serves, >= 0 */
  double interval_seconds; /* least time between two changes, >= 0 */
  double as_of;            /* unix seconds; NaN: the newest sample */
} hf_workers_rule;

typedef enum hf_workers_state {
  HF_WORKERS_OK = 0,
  HF_WORKERS_NONE,    /* no usable sample: no answer */
  HF_WORKERS_STALE,   /* the newest sample is too old: what is stays */
  HF_WORKERS_LEARNING /* too few samples for a quantile: never fewer workers
                         than now, more only for the load at hand */
} hf_workers_state;

typedef struct hf_workers_plan {
  hf_workers_state state;
  size_t samples;     /* used */
  double newest;      /* ts of the newest used */
  double step;        /* seconds between samples; NaN: only one */
  double now;         /* workers in the newest sample; NaN: none */
  double busy;        /* load of the newest sample, erlangs */
  double waiting;     /* tasks in its queue */
  int saturated;      /* 1: all workers busy; the load is more than measured */
  double workers;     /* wanted, those starting included; NaN: no answer */
  double needed;      /* the same before holds and limits */
  double held_until;  /* ts until which a removal waits; NaN: none does */
  int at_min, at_max; /* 1: the limit decided */
  double lead;     /* seconds from the newest sample to the one planned for */
  double offered;  /* upper quantile of the load then; NaN: unknown */
  double quantile; /* its level; NaN */
  double coverage; /* share of past loads at or below what was then offered;
                      NaN: fewer than 30 to judge by */
  size_t judged;   /* of them */
  double late;     /* share of the tasks of the samples replayed that would
                      have waited too long under this plan; NaN: too few to
                      tell it from the violation target */
  size_t replayed; /* samples behind it */
  double gain;     /* what the plan gains: of workers, a share sent away;
                      else tasks, a share that no longer waits too long,
                      expected over the loads that came of late; NaN */
  double gain_lo, gain_hi; /* 90% of those loads give a gain within; NaN */
  double confidence; /* P(the load lies within offered / 2 .. offered), and
                        times violation target / late where that is
                        less than 1 */
  double season; /* weight of earlier days and weeks in `offered`, 0..1; NaN */
} hf_workers_plan;

/* A span of time before the samples, unix seconds: from <= ts < to. */
typedef struct hf_workers_span {
  double from, to;
} hf_workers_span;

enum { HF_WORKERS_SPANS = 6 };

/* The spans whose samples show how the load goes by days and weeks: *n of
** span[HF_WORKERS_SPANS]. With `probe` NULL those of a few samples each, which
** tell whether that can matter; with the samples of these all that there is to
** read, none where it does not. At most HF_WORKERS_SPAN samples of each are of
** use. Errors as below. */
int hf_workers_spans(hf_work *w, const hf_load *load, const hf_load *probe,
                     const hf_workers_rule *rule, hf_workers_span *span,
                     size_t *n);

/* Plans. `past`: the samples of the latter, in any order; NULL: none.
** HF_ERANGE: a rule outside its range. HF_ENOMEM, HF_EINTERRUPT. */
int hf_workers_plan_make(hf_work *w, const hf_load *load, const hf_load *past,
                         const hf_workers_rule *rule, hf_workers_plan *plan);

/* Samples before the newest that a plan can make use of: a day of minutes. */
enum { HF_WORKERS_WINDOW = 1440, HF_WORKERS_SPAN = 4 * HF_WORKERS_WINDOW };

#endif
