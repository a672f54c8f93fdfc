/*
** hints.h: what the runs of a query say would help it. A hint is given on
** evidence only, and says how much of it there is.
*/
#ifndef HF_HINTS_H
#define HF_HINTS_H

#include "query.h"

/* More about the runs of hf_runs, in the same order. */
typedef struct hf_run_facts {
  double *ts;        /* [n] unix seconds, ascending */
  double *workers;   /* [n] NaN: not recorded */
  double *peak;      /* [n] MB to run without spilling; NaN: not recorded */
  double share_mb;   /* MB that the application has; NaN: not known */
  double utc_offset; /* seconds: where the day begins */
} hf_run_facts;

typedef enum hf_hint_kind {
  HF_HINT_SPILL,  /* k of n runs needed more than `from` MB, at most `to` */
  HF_HINT_PLAN,   /* a new plan since `at`: median ms `from` before, `to` after,
                     k and n runs */
  HF_HINT_SCAN,   /* scans `from` bytes a row where others scan `to`; n runs */
  HF_HINT_SLOWER, /* the last k of n runs took `to` times what rows and bytes
                     explain */
  HF_HINT_WORKERS, /* time goes with workers^to; n runs */
  HF_HINT_HOUR,    /* runs of the four hours from hour `from` on take `to` times
                      what those around this hour take; k and n runs */
  HF_HINT_KINDS
} hf_hint_kind;

typedef struct hf_hint {
  hf_hint_kind kind;
  double from, to, at;
  size_t k, n;
} hf_hint;

/* Finds at most one hint of each kind, in the order of the enum. `now`: unix
** seconds, whose hour the query is meant for. `hint` has HF_HINT_KINDS
** entries; *found of them are set. */
int hf_query_hints(hf_work *w, const hf_runs *runs, const hf_run_facts *facts,
                   uint64_t query, double now, hf_hint *hint, size_t *found);

#endif
