/*
** life.h: the time until a failure as a distribution.
**
** P(T <= t) stands on a fixed grid of times, 8 an octave from 56 seconds to
** 120 years, linear between them. Because the grid is the same for every
** method and every question, methods can be mixed, a longer horizon never
** lowers the probability, and probability, expected time and interval always
** belong together.
*/
#ifndef HF_LIFE_H
#define HF_LIFE_H

#include <stddef.h>

enum { HF_LIFE_N = 209, HF_LIFE_OCTAVE = 8 };

typedef struct hf_life {
  double f[HF_LIFE_N]; /* P(T <= hf_life_hours(i)), not falling, in 0..1 */
  double outlook;      /* hours: the evidence says nothing beyond */
  double shows;        /* hours, <= outlook: what ends later looks the same */
} hf_life;

/* Time of grid point i < HF_LIFE_N, hours: 2^(i / 8 - 6). */
double hf_life_hours(size_t i);

/* P(T <= hours); hours >= 0. */
double hf_life_within(const hf_life *l, double hours);

/* Smallest time with P(T <= t) >= p, hours; INFINITY when that lies beyond the
** outlook or is never reached. 0 < p < 1. */
double hf_life_quantile(const hf_life *l, double p);

/* The shortest interval that holds `share` of the lives, hours: near the end it
** is the highest density interval (Hyndman 1996). What ends after `shows` looks
** the same, so an interval that reaches so far is open: *hi is INFINITY. *lo is
** the outlook when less than 1 - share of the lives end within it.
** 0 < share < 1. */
void hf_life_range(const hf_life *l, double share, double *lo, double *hi);

/* The share that an interval must hold of what `lives` lives tell, so that it
** holds 90% of other lives. 0: it rests on no life that
** ended, but on a path. */
double hf_life_share(size_t lives);

/* Mean of min(T, shows), hours (the restricted mean life). */
double hf_life_mean(const hf_life *l);

/* to = share * to + (1 - share) * from; the longer outlook holds,
** and the longer of what shows. */
void hf_life_mix(hf_life *to, double share, const hf_life *from);

/* to(t) = max(to(t), from(t)): whichever comes first when nothing is known of
** their dependence but that it is not negative. */
void hf_life_sooner(hf_life *to, const hf_life *from);

/* What was learned from n failures (`to`) and what a limit says: the sooner of
** both, but for a share of what was learned: k / (k + 20) with k failures more
** than the `least` without which nothing is learned, and less as the limit
** foresees an end before 95% of the learned ones: then it is another way to
** fail, that no failure taught. */
void hf_life_blend(hf_life *to, size_t n, size_t least, const hf_life *limit);

/* The life left after another `hours` without a failure: P(T <= hours + t |
** T > hours). */
void hf_life_later(hf_life *l, double hours);

#endif
