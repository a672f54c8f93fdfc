/*
** cost.h: what hf_optimize_cost reads: services, their hours, prices and held
** commitments; or, where there is no price list, what the plain history shows
** of workers and money; or the caller's own list of choices.
*/
#ifndef HF_STORE_COST_H
#define HF_STORE_COST_H

#include "session.h"
#include "source.h"

enum { HF_COST_DAYS = 28 }; /* the newest days that a plan is made from */

/* The hours of an answer. */
typedef struct hf_cost_span {
  double start;  /* unix seconds of hour 0 */
  size_t hours;  /* 0: nothing recorded */
  double newest; /* ts of the newest row; NaN */
} hf_cost_span;

/* What commitments bought earlier cover and cost. */
typedef struct hf_cost_held {
  double *covers; /* [hours] on-demand value; NULL: nothing is held */
  double pays;    /* money per hour */
} hf_cost_held;

/* A row of hf_services. Texts and arrays are in s->hold. */
typedef struct hf_cost_row {
  const char *service;
  const char *kind; /* web, batch, dev, db */
  const char *sku_id;
  const char *region_id;
  int autoscaled;
  double target; /* NaN: NULL */
  double min_workers;
  int can_stop;
  int can_resize;
  double spot_share_max;
  double sla_ms;   /* NaN: NULL */
  double first;    /* unix seconds of its oldest row in the window; NaN: none */
  double *cell[5]; /* [hours] demand_mean, demand_max, workers, utilization,
                      p95_ms; NaN: not recorded */
  size_t rows;     /* hours recorded */
} hf_cost_row;

/* A line of the price list with its past. */
typedef struct hf_cost_price {
  const char *sku_id;
  const char *region_id;
  double vcpu, memory_gb, speed;
  double on_demand, spot, commit_1y, interruptions; /* NaN: NULL */
  double *past_ts;                                  /* [past] ascending */
  double *past_spot;                                /* [past] */
  size_t past;
} hf_cost_price;

typedef struct hf_cost_history {
  hf_cost_span span;
  hf_cost_row *row;
  size_t rows;
  hf_cost_price *price;
  size_t prices;
  hf_cost_held held;
} hf_cost_history;

/* Reads the hours from..to: `to` is the newest unix time seen, NaN: all. From
** is HF_COST_DAYS before the newest hour, or `from` if that is a number. */
int hf_cost_history_read(hf_session *s, double from, double to,
                         hf_cost_history *out);

/* What is held over the hours of a span: hf_costs rows of a commitment that
** has not ended. */
int hf_cost_held_read(hf_session *s, const hf_cost_span *h, hf_cost_held *out);

/* Adds an amount to the hours of start..end, in proportion. */
void hf_cost_spread(double *cell, const hf_cost_span *h, double start,
                    double end, double amount);

/* What the plain history shows, by the hour. */
typedef struct hf_cost_plain {
  hf_cost_span span;
  hf_cost_held held;
  double *workers;     /* [hours] mean of active_workers; NaN */
  double *busy;        /* [hours] mean of cpu_percent / 100 x workers; NaN */
  double *busy_max;    /* [hours] its largest; NaN */
  double *p95;         /* [hours] largest response_time_ms; NaN */
  double worker_hour;  /* money per worker and hour, at list prices; NaN */
  double spot_price;   /* spot price / list price; NaN: none bought */
  double spot_share;   /* of the list value, at spot */
  double spot_most;    /* its largest value of a day */
  double commit_price; /* committed price / list price; NaN: none bought */
  size_t rows;         /* hours recorded */
} hf_cost_plain;

int hf_cost_plain_read(hf_session *s, double to, hf_cost_plain *out);

/* One listed choice. */
typedef struct hf_cost_listed {
  const char *service;
  sqlite3_int64 choice;
  double *on_demand; /* [hours] */
  double spot;       /* money per hour, mean */
  double spot_list;
} hf_cost_listed;

typedef struct hf_cost_list {
  hf_cost_listed *item; /* by service, then choice; choice 0 first */
  size_t n;
  size_t hours;
  double newest; /* ts; NaN: empty */
} hf_cost_list;

/* Reads a table or view (service, choice, ts, on_demand, spot, spot_list). */
int hf_cost_list_read(hf_session *s, const hf_source *src, double to,
                      hf_cost_list *out);

/* The options of a call. */
typedef struct hf_cost_options {
  double max_changes;    /* INFINITY: no limit */
  double max_spot_share; /* 1: no limit */
  double discount;       /* NaN: from the price list */
  int shapley;           /* 1: savings are split by Shapley's value */
  int has_choices;
  hf_source choices; /* where they are */
} hf_cost_options;

/* Parses options; NULL or an empty text: the defaults. */
int hf_cost_options_read(hf_session *s, const char *text, hf_cost_options *out);

#endif
