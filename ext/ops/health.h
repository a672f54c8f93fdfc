/*
** health.h: how far a level is on the way from fine to critical.
*/
#ifndef HF_HEALTH_H
#define HF_HEALTH_H

#include "../num/samples.h"

/* Newest values that make the level. */
enum { HF_HEALTH_NEWEST = 5 };

/* Median of the newest HF_HEALTH_NEWEST values; NaN: no value. */
double hf_health_level(const hf_samples *s);

/* 100 one span before the warning (a span is from warning to critical), 50 at
** the warning, 0 from the critical value on; straight between. critical below
** warning: falling is bad. With only one of the two given (the other NaN) the
** score is 100 or, once it is reached, 50 (warning) or 0 (critical); rising is
** taken to be bad. All NaN, or level NaN: NaN. */
double hf_health_score(double level, double warning, double critical);

/* Where a level that rises leaves what its own past knows: lo .. hi are the
** least and largest past values; `least` (> 0) is the smallest distance that
** counts. Half the range, or that distance, above hi. */
double hf_health_beyond(double lo, double hi, double least);

/* The score against that: 100 up to hi, 50 from `beyond` on: the past knows
** what is unusual, not what is critical. level NaN: NaN. */
double hf_health_against(double level, double hi, double beyond);

/* When the level last became bad (score at most 50) and stayed so, unix
** seconds: by hf_health_score(), or where both limits are NaN against hi and
** beyond. NaN: it is not bad now. */
double hf_health_since(const hf_samples *s, double warning, double critical,
                       double hi, double beyond);

/* Whether an action at `done` (unix seconds) helped: 1: the newest values lie
** nearer to those from before `since` than to the last ones before the action;
** 0: they do not; -1: too few values on any side. */
int hf_health_helped(const hf_samples *s, double since, double done);

#endif
