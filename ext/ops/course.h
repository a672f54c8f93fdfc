/*
** course.h: where a series of levels is going, and when it passes a limit.
*/
#ifndef HF_COURSE_H
#define HF_COURSE_H

#include <stddef.h>
#include <stdint.h>

#include "../num/work.h"

enum { HF_COURSE_LEAST = 3, HF_COURSE_MOST = 60 };

/* left[k]: probability that nothing reaches `limit` from below until t[k] steps
** after the newest of y[n], HF_COURSE_LEAST <= n <= HF_COURSE_MOST, finite,
** equally spaced. t rises from above 0; each of the `times` costs a pass over
** the paths. The same y, t and seed give the same paths whatever the limit, so
** that a farther one is never likelier. HF_EDATA: n out of range. */
int hf_course_left(hf_work *w, const double *y, size_t n, double limit,
                   const double *t, size_t times, uint64_t seed, double *left);

#endif
