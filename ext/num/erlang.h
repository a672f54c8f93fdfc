/*
** erlang.h: how many workers a load needs (M/M/c queue, Erlang C).
**
** A. K. Erlang 1917; the recursion over the blocking probability B is from
** D. Gross, J. Shortle, J. Thompson, C. Harris, "Fundamentals of Queueing
** Theory", 4th ed. 2008, section 2.5:
**
**   B(0) = 1,  B(k) = a B(k-1) / (k + a B(k-1))
**   P(wait) = C(c, a) = c B(c) / (c - a (1 - B(c)))        for a < c
**   P(wait > t) = C(c, a) exp(-(c - a) t / s)
**
** a: offered load in erlangs, the mean number of busy workers = tasks a second
** times s; s: mean seconds of a task; c: workers.
*/
#ifndef HF_ERLANG_H
#define HF_ERLANG_H

#include <stddef.h>

/* P(a task waits longer than t seconds), 0..1. 1 when a >= c. a >= 0, s > 0,
** t >= 0. Costs c steps. */
double hf_erlang_tail(size_t c, double a, double s, double t);

/* The fewest workers in lo..hi (1 <= lo <= hi) with
** hf_erlang_tail(c, a, s, t) <= p; hi when even that is not enough. */
size_t hf_erlang_staff(double a, double s, double t, double p, size_t lo,
                       size_t hi);

#endif
