/*
** crossings.h: simulated series whose future is known because it is made here,
** for measuring and testing what hf_time_to says (ops/crossing.h). An hour a
** cell; rates are for thirty days of history.
*/
#ifndef BENCH_CROSSINGS_H
#define BENCH_CROSSINGS_H

#include <math.h>

#include "num/rng.h"
#include "num/stat.h"

typedef enum crossings_kind {
  CROSSINGS_WALK,    /* a random walk with drift */
  CROSSINGS_LINE,    /* a line and noise */
  CROSSINGS_DAY,     /* a line, a day, autoregressive noise */
  CROSSINGS_SAW,     /* filled, cleaned every week, and growing */
  CROSSINGS_TURN,    /* a walk and a day whose growth turned half way */
  CROSSINGS_STILL,   /* a day and noise that stay what they are */
  CROSSINGS_STEPS,   /* steps up at random times */
  CROSSINGS_FREE,    /* a random walk that goes nowhere */
  CROSSINGS_WANDER,  /* growth that is a random walk itself, and a day */
  CROSSINGS_GROW,    /* growth by a share of what is there, and noise */
  CROSSINGS_SLOWING, /* growth towards a level, and noise */
  CROSSINGS_ROTATE,  /* a log that is rotated each night, no growth */
  CROSSINGS_BURSTS,  /* noise with long tails, now and then a burst */
  CROSSINGS_KINDS
} crossings_kind;

static const char *const crossings_name[CROSSINGS_KINDS] = {
    "walk",      "line",    "line day",  "saw",       "turned",
    "still day", "steps",   "driftless", "wandering", "growing",
    "slowing",   "rotated", "bursts"};

/* Standard normal (Wichura 1988, by the house's quantile). */
static double crossings_normal(hf_rng *r) {
  return hf_stat_normal_quantile(hf_rng_uniform(r) + 1e-17);
}

/* One series into x[n], of which the first `past` cells are history. */
static void crossings_make(crossings_kind kind, hf_rng *r, size_t past,
                           double *x, size_t n) {
  double slope = (0.3 + hf_rng_uniform(r)) * 0.05;
  double phase = 24 * hf_rng_uniform(r);
  double later = slope * (0.3 + 1.4 * hf_rng_uniform(r));
  double walk = 0, near = 0, saw = 0, rate = slope, burst = 0;
  double pace = slope / 30 / (0.5 + hf_rng_uniform(r));
  size_t i;
  for (i = 0; i < n; i++) {
    double t = (double)i, day = 8 * sin(0.2617993877991494 * (t + phase));
    double e = crossings_normal(r), u = hf_rng_uniform(r);
    near = 0.9 * near + e;
    switch (kind) {
    case CROSSINGS_WALK:
      x[i] = walk += slope + 0.4 * e;
      break;
    case CROSSINGS_LINE:
      x[i] = slope * t + 3 * e;
      break;
    case CROSSINGS_DAY:
      x[i] = slope * t + day + near;
      break;
    case CROSSINGS_SAW:
      saw = i % 168 == 0 ? 0 : saw + 0.1 * (0.5 + u);
      x[i] = slope * t + saw + 0.3 * e;
      break;
    case CROSSINGS_TURN:
      walk += (i < past / 2 ? slope : later) + 0.2 * e;
      x[i] = walk + day;
      break;
    case CROSSINGS_STILL:
      x[i] = day + 2 * near;
      break;
    case CROSSINGS_STEPS:
      x[i] = walk += u < 0.1 ? 20 * slope * hf_rng_uniform(r) : 0;
      break;
    case CROSSINGS_FREE:
      x[i] = walk += 0.4 * e;
      break;
    case CROSSINGS_WANDER:
      rate += slope * 0.05 * e;
      walk += rate;
      x[i] = walk + day + 2 * u;
      break;
    case CROSSINGS_GROW:
      x[i] = 30 * exp(slope / 30 * t) + e;
      break;
    case CROSSINGS_SLOWING:
      x[i] = slope / pace * (1 - exp(-pace * t)) + e;
      break;
    case CROSSINGS_ROTATE:
      saw = i % 24 == 0 ? 0 : saw + 0.5 + u;
      x[i] = 40 + saw;
      break;
    default:
      burst = u < 0.01 ? 10 - 10 * log(1 - hf_rng_uniform(r)) : 0.7 * burst;
      x[i] = 20 + near + burst;
    }
  }
}

#endif
