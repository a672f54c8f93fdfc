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

#endif
