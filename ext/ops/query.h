/*
** query.h: how long a query will take, from how long queries took.
*/
#ifndef HF_QUERY_H
#define HF_QUERY_H

#include <stdint.h>
#include "../num/work.h"

/* Runs in the order in which they ended, oldest first. Keys are hashes of
** what the history holds. */
typedef struct hf_runs {
  uint64_t *query; /* [n] which query */
  uint64_t *param; /* [n] query and its parameters; 0: not recorded */
  uint64_t *plan;  /* [n] its plan; 0: not recorded */
  double *rows;    /* [n] rows touched, >= 0 */
  double *bytes;   /* [n] bytes scanned, >= 0 */
  double *ms;      /* [n] time it took, >= 0 */
  size_t n;
} hf_runs;

typedef struct hf_question {
  uint64_t query; /* as in hf_runs */
  uint64_t param; /* as in hf_runs; 0: none given */
  double rows;    /* >= 0 */
  double bytes;   /* >= 0 */
} hf_question;

typedef enum hf_query_basis {
  HF_QUERY_NONE = 0, /* no runs at all: no answer */
  HF_QUERY_OTHERS,   /* runs of other queries only */
  HF_QUERY_OWN,      /* runs of this query, leaning on the others */
  HF_QUERY_REPEATS   /* runs with the same parameters */
} hf_query_basis;

typedef struct hf_query_answer {
  hf_query_basis basis;
  double ms;         /* estimate; NaN: none */
  double lo90, hi90; /* ms; NaN: fewer than 9 past errors to go by */
  double confidence; /* P(the real time is within a factor of 1.5) */
  size_t n;          /* runs behind the basis: repeats, own, or others */
  size_t own;        /* runs of this query since its plan last changed */
  size_t judged;     /* past errors behind interval and confidence */
  int replanned;     /* 1: its plan changed within the runs */
} hf_query_answer;

/* Estimates. HF_ENOMEM, HF_EINTERRUPT, HF_ETIME. */
int hf_query_estimate(hf_work *w, const hf_runs *runs, const hf_question *q,
                      hf_query_answer *answer);

/* How far back an estimate looks: runs of all queries, and of the one asked
** for. */
enum { HF_QUERY_ALL = 1000, HF_QUERY_SAME = 100 };

#endif
