/*
** cost.h: the cheapest way to run a set of services under a latency SLA, with
** a proof of how far from the cheapest it can be.
**
**   hf_cost_case       what runs, its hours, the price list
**   hf_cost_choices()  -> what each service could be set to (cost_choices.c)
**   hf_cost_solve()    -> which choices together cost least   (cost_solve.c)
**   hf_cost_share()    -> which strategy brings how much       (cost_share.c)
**   hf_cost_range()    -> how much the savings may vary        (cost_range.c)
**   hf_cost_slow()     -> how often a plan breaks the SLA      (cost_range.c)
**
** Money is in the billing currency per hour; who asks scales it to a month.
** Hours form one grid for all services; index t is the hour that begins at
** start + 3600 t seconds.
*/
#ifndef HF_COST_H
#define HF_COST_H

#include <stddef.h>
#include <stdint.h>
#include "../num/work.h"
#include "cost_latency.h"

enum {
  HF_COST_WEEK = 168, /* hours */
  HF_COST_MENU = 64   /* choices of one service at most */
};

#define HF_COST_NONE ((size_t)-1)
#define HF_COST_MONTH 730.0 /* hours */

/* What binds a service. */
typedef enum hf_cost_kind {
  HF_COST_WEB,   /* the SLA, every hour */
  HF_COST_DB,    /* the same */
  HF_COST_BATCH, /* throughput only */
  HF_COST_DEV    /* up when there is demand */
} hf_cost_kind;

/* One line of the price list. */
typedef struct hf_cost_sku {
  const char *name;
  const char *region;
  double vcpu;             /* > 0 */
  double memory_gb;        /* NaN: unknown */
  double speed;            /* > 0, work an hour; only ratios matter */
  double on_demand;        /* money per hour */
  double spot;             /* money per hour; NaN: not offered */
  double commit;           /* money per hour under a one-year commitment; NaN */
  double interruptions;    /* reclaims of one spot machine a month; NaN */
  const double *past_ts;   /* [past] unix seconds, ascending: when the spot */
  const double *past_spot; /* [past] price became this; NaN: not offered */
  size_t past;
} hf_cost_sku;

/* One service. Arrays are [hours] of the case; NaN in `mean` where nothing
** was recorded. hf_cost_fill() fills them. */
typedef struct hf_cost_service {
  const char *name;
  hf_cost_kind kind;
  size_t sku; /* in hf_cost_case.sku; HF_COST_NONE: unknown */
  int autoscaled;
  double target; /* utilization 0..1 that it scales to; NaN */
  double min_workers;
  int can_stop;
  int can_resize;
  double spot_share;     /* of today's workers, 0..1 */
  double spot_share_max; /* 0..1, not below spot_share */
  double sla_ms;         /* > 0 */
  double *mean;          /* demand, any unit */
  double *max;           /* demand of the busiest minutes; NaN: as the mean */
  double *workers;
  double *util;     /* busy share of the workers; NaN: unknown */
  double *p95;      /* ms; NaN: no requests */
  double *recorded; /* 1: the hour was recorded, 0: filled */
  size_t rows;      /* hours recorded */
  int keep;         /* 1: too little is known to change it */
} hf_cost_service;

typedef struct hf_cost_case {
  double start; /* unix seconds, a whole hour */
  size_t hours;
  hf_cost_service *service;
  size_t services;
  const hf_cost_sku *sku;
  size_t skus;
  const double *held; /* [hours] on-demand value that held commitments cover;
                         NULL: none */
  double held_pays;   /* what they cost per hour, whatever runs */
} hf_cost_case;

/* A way to run a service. The money that a commitment may cover varies by the
** hour, the rest is a mean. */
typedef struct hf_cost_choice {
  double *on_demand; /* [hours] coverable by a commitment */
  double other;      /* on demand, not coverable */
  double spot;       /* at spot prices */
  double spot_list;  /* the spot part at on-demand prices */
  double price;      /* mean without any commitment: on_demand + other + spot */
  long label;        /* number of the choice for who asked */
  size_t sku;
  double target;     /* NaN: fixed */
  double workers;    /* NaN: autoscaled, or as recorded */
  double spot_share; /* 0..1 */
  int stops;         /* 1: off in the hours that the service's mask marks */
  int meets;         /* 1: meets the SLA in 99 % of the hours; 0: not */
} hf_cost_choice;

/* All ways to run one service; choice 0 is as it is today. */
typedef struct hf_cost_menu {
  hf_cost_choice *choice;
  size_t n;
  double capacity;        /* demand a speed-1 machine serves; NaN: unknown */
  hf_latency latency;     /* as fitted */
  int modelled;           /* 1: latency is there */
  char off[HF_COST_WEEK]; /* 1: nothing needed in this hour of the week,
                             counted from Monday 00:00 UTC */
  int may_stop;           /* 1: the history supports switching off */
} hf_cost_menu;

typedef struct hf_cost_problem {
  size_t hours;
  const hf_cost_menu *menu;
  size_t services;
  const double *held;    /* as in the case; may be NULL */
  double discount;       /* of a commitment, 0..1; 0: none is offered */
  size_t max_changes;    /* services that may leave choice 0 */
  double max_spot_share; /* of the on-demand value of all; >= 1: no limit */
  uint64_t seed;
} hf_cost_problem;

/* What hf_cost_solve() found. */
typedef struct hf_cost_plan {
  size_t *pick;  /* [services] index of the choice */
  double spend;  /* per hour as things are, on demand beyond what is held */
  double cost;   /* per hour under the plan, commitment included */
  double bound;  /* nothing under the same choices and limits costs less */
  double covers; /* commitment: on-demand value covered per hour */
} hf_cost_plan;

/* The strategies that a plan is made of, in the order in which they count. */
typedef enum hf_cost_strategy {
  HF_COST_SCHEDULE,  /* off in hours without demand */
  HF_COST_RIGHTSIZE, /* another machine type, as much capacity as today */
  HF_COST_IDLE,      /* fewer workers */
  HF_COST_SPOT,      /* a share at spot prices */
  HF_COST_CHANGE,    /* another of the choices that the caller listed */
  HF_COST_COMMIT,    /* pay for a part in advance */
  HF_COST_STRATEGIES
} hf_cost_strategy;

/* How a plan's savings split. Money per hour. */
typedef struct hf_cost_split {
  double spend; /* as things are, on demand beyond what is held */
  double cost;  /* under the plan */
  double *part; /* [services][HF_COST_COMMIT] savings by service and strategy */
  double commit; /* savings by the commitment; all parts sum to spend - cost */
} hf_cost_split;

/* Hour of the week, 0 = Monday 00:00 UTC, of the hour at unix time ts. */
size_t hf_cost_week_hour(double ts);

/* Fills hours that were not recorded from the nearest recorded one at the
** same hour of the week, else from the nearest; clears `recorded` there.
** rows must be > 0. */
void hf_cost_fill(const hf_cost_case *c, hf_cost_service *s);

/* Marks in m->off the hours of the week in which the service may be off:
** without demand whenever recorded, at least twice, the hours before and after
** alike. m->may_stop: a mask learned from all weeks but one hides demand in at
** most 1 % of the hours of that one. */
void hf_cost_mask(const hf_cost_case *c, const hf_cost_service *s,
                  hf_cost_menu *m);

/* Builds the menu of each service into menu [services]; what it points to is
** taken from w. At most HF_COST_MENU choices each. */
int hf_cost_choices(hf_work *w, const hf_cost_case *c, hf_cost_menu *menu);

/* 1 when the price list has a choice 'b' for a service that runs on 'a' today:
** same region, and memory per vCPU no less, since what a service needs of it
** is not recorded. */
int hf_cost_fits(const hf_cost_sku *a, const hf_cost_sku *b);

/* Solves. plan->pick is taken from w. */
int hf_cost_solve(hf_work *w, const hf_cost_problem *p, hf_cost_plan *plan);

/* Cost of a commitment of the best size over n hours of usage u (after what is
** held): K (1 - d) n + sum max(u - K, 0), per hour, and that K. `tmp` is [n].
** d = 0: K = 0. */
double hf_cost_commit(const double *u, size_t n, double discount, double *tmp,
                      double *covers);

/* Workers that choice v of a service runs in the hour t of case c. */
double hf_cost_workers(const hf_cost_case *c, const hf_cost_service *s,
                       const hf_cost_menu *m, const hf_cost_choice *v,
                       size_t t);

/* What is to be split. The hours are those of c, which may be later ones than
** the menus were built from; its services stand in the order of menu. */
typedef struct hf_cost_plan_view {
  const hf_cost_case *c; /* NULL: the menus' own money counts, and the only
                            strategy but the commitment is HF_COST_CHANGE */
  size_t hours;
  const hf_cost_menu *menu; /* [services] */
  const size_t *pick;       /* [services] */
  size_t services;
  const double *held; /* [hours]; may be NULL */
  double discount;
  double covers; /* the commitment, on-demand value per hour */
} hf_cost_plan_view;

/* How savings are split. Parts always sum to spend - cost. */
typedef enum hf_cost_rule {
  HF_COST_RAW,       /* waterfall as it comes: a part may be negative */
  HF_COST_WATERFALL, /* negative parts made up from the others */
  HF_COST_SHAPLEY    /* without an order, negative parts made up, too; the
                        commitment has its best size */
} hf_cost_rule;

/* Splits the savings of a plan. split->part is taken from w. */
int hf_cost_share(hf_work *w, const hf_cost_plan_view *p, hf_cost_rule rule,
                  hf_cost_split *split);

/* Bounds on the savings per hour of the month to come, 90 %. */
int hf_cost_range(hf_work *w, const hf_cost_problem *p, const hf_cost_case *c,
                  const hf_cost_plan *plan, double *low, double *high);

/* Share of the recorded hours of c, with demand, in which service i would be
** slower than its SLA under choice v: what was recorded, scaled by what the
** model says of the difference. NaN: no SLA, or nothing to go by. */
double hf_cost_slow(const hf_cost_case *c, size_t i, const hf_cost_menu *m,
                    size_t pick, hf_wait *wait);

#endif
