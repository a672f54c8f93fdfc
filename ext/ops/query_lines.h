/*
** query_lines.h: a query's forecasters: what each says of a run before it is
** known, and what each learns from it.
*/
#ifndef HF_QUERY_LINES_H
#define HF_QUERY_LINES_H

#include <stddef.h>
#include <stdint.h>

enum {
  HF_QUERY_DIM = 3,
  HF_QUERY_LINES = 3,  /* lines, which forget at different rates */
  HF_QUERY_SAYS = 4,   /* forecasters */
  HF_QUERY_NEAR = 64,  /* runs of a query whose residuals are looked at */
  HF_QUERY_ERRORS = 40 /* errors of a query that are kept */
};

/* Sums of a weighted regression of y on x. */
typedef struct hf_query_sums {
  double a[HF_QUERY_DIM][HF_QUERY_DIM];
  double b[HF_QUERY_DIM];
} hf_query_sums;

/* A run of the query, for its residual. */
typedef struct hf_query_past {
  double x[HF_QUERY_DIM];
  double y; /* ln ms */
  uint64_t param;
} hf_query_past;

/* What is known of a query; all zero: nothing. The caller owns `past`. */
typedef struct hf_query_lines {
  hf_query_sums s[HF_QUERY_LINES];
  double loss[HF_QUERY_SAYS]; /* discounted sums of |ln error| */
  double judged;              /* discounted count of them */
  size_t n;                   /* runs learnt */
  hf_query_past *past;        /* [HF_QUERY_NEAR] ring of the last n runs */
} hf_query_lines;

/* The features of a run: rows and bytes >= 0. */
void hf_query_features(double rows, double bytes, double x[HF_QUERY_DIM]);

/* The value of the line `beta` at x. */
double hf_query_line(const double *beta, const double *x);

/* Adds a run to the sums; those before it fade by `keep`, 0..1. */
void hf_query_learn(hf_query_sums *s, double keep, const double *x, double y);

/* The line of all queries. */
void hf_query_line_all(const hf_query_sums *s, double beta[HF_QUERY_DIM]);

/* said[HF_QUERY_SAYS], ln ms, of a run with the features x and the parameters
** `param` (0: not known), for a query with n >= 1. `all`: the line of all
** queries. noise: usual |ln error| of this query, >= 0. *same: how many of the
** last runs had the same parameters. */
void hf_query_say(const hf_query_lines *q, const double *all, const double *x,
                  uint64_t param, double noise, double *said, size_t *same);

/* What they say together. loss, judged: as in hf_query_lines, of all queries;
** they count as few judged runs of this one. */
double hf_query_together(const hf_query_lines *q, const double *loss,
                         double judged, const double *said);

/* The run is known: y, ln ms. loss, judged: of all queries, are brought up to
** date, too. */
void hf_query_judge_says(hf_query_lines *q, double *loss, double *judged,
                         const double *said, double y);

/* The lines and the ring learn a run. `seen`: y as the lines shall see it. */
void hf_query_lines_learn(hf_query_lines *q, const double *x, double y,
                          double seen, uint64_t param);

/* The query takes `by` longer, ln ms, since its newest `since` runs: what was
** learnt before them is moved there. since < n and HF_QUERY_NEAR. */
void hf_query_lines_shift(hf_query_lines *q, double by, size_t since);

/* Forgets all but the ring's memory: a new plan. */
void hf_query_lines_forget(hf_query_lines *q);

#endif
