/*
** hints.h: what the runs of a query say would help it. A hint is given on
** evidence only, says how much of it there is, and what it would save where
** runs with and without the cause show it.
*/
#ifndef HF_HINTS_H
#define HF_HINTS_H

#include "query.h"

/* More about the runs of hf_runs, in the same order; NaN: not recorded. */
typedef struct hf_run_facts {
  double *ts;      /* [n] unix seconds, ascending */
  double *workers; /* [n] */
  double *peak;    /* [n] MB to run without spilling */
  double *scan;    /* [n] rows stepped through in scans of whole tables */
  double *built;   /* [n] rows put into automatic indexes */
  double *sorts;   /* [n] */
  double *load;    /* [n] percent of the processors busy when it ran */
  double share_mb; /* MB that the application has; NaN: not known */
} hf_run_facts;

typedef enum hf_hint_kind {
  HF_HINT_SPILL,   /* k of n runs needed more than `from` MB, at most `to` */
  HF_HINT_PLAN,    /* a new plan since `at`: median ms `from` before, `to`
                      after, k and n runs */
  HF_HINT_SCAN,    /* k of n runs scan: median `from` rows for `to` returned */
  HF_HINT_BUILD,   /* k of n runs index median `from` rows by themselves */
  HF_HINT_SORT,    /* k of n runs sort, median `from` times */
  HF_HINT_WIDE,    /* scans `from` bytes a row where others scan `to`; n runs */
  HF_HINT_SLOWER,  /* the last k of n runs took `to` times what rows and bytes
                      explain */
  HF_HINT_WORKERS, /* time goes with workers^at in n runs; `from` in the
                      newest, `to` at most */
  HF_HINT_QUIET,   /* the hour from `at` on: load `to` (least of the hours
                      ahead), `from` now; n runs */
  HF_HINT_KINDS
} hf_hint_kind;

typedef struct hf_hint {
  hf_hint_kind kind;
  double from, to, at;
  size_t k, n;
  double lo, hi;  /* HF_HINT_QUIET: 80% interval of `to` */
  double gain;    /* share of the query's time saved, < 1; NaN: not known */
  double gain_lo; /* 90% interval; NaN */
  double gain_hi;
} hf_hint;

/* How the time of the query goes with the load: ln ms grows by slope a point.
 */
typedef struct hf_load_law {
  size_t n;           /* runs whose load is known; 0: time does not grow */
  double slope, err;  /* and half its 90% interval, a percent of load */
  double least, most; /* loads that were seen */
} hf_load_law;

/* Finds at most one hint of each kind but HF_HINT_QUIET, in the order of the
** enum. `hint` has HF_HINT_KINDS entries; *found of them are set. `law`: what
** hf_hint_quiet() of quiet.h needs. HF_ENOMEM, HF_EINTERRUPT, HF_ETIME. */
int hf_query_hints(hf_work *w, const hf_runs *runs, const hf_run_facts *facts,
                   uint64_t query, hf_hint *hint, size_t *found,
                   hf_load_law *law);

/* Puts the largest known gain first, the unknown ones last. */
void hf_hint_order(hf_hint *hint, size_t n);

#endif
