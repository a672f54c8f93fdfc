/*
** cost_make.h: from the history to a plan; shared by hf_optimize_cost and
** hf_cost_backtest.
*/
#ifndef HF_COST_MAKE_H
#define HF_COST_MAKE_H

#include "../ops/cost.h"
#include "../store/cost.h"
#include "answer.h"

/* A plan and what it was made from. All memory is in s.hold. */
typedef struct hf_cost_made {
  const char *status; /* ok or insufficient_data */
  const char *reason; /* what was missing or left out, in words; may be NULL */
  double newest;      /* ts of the newest row that was read; NaN */
  hf_cost_case c;     /* not for listed choices */
  int listed;         /* 1: the choices are the caller's own */
  int plain;          /* 1: no price list; one nameless service */
  hf_cost_menu *menu; /* [problem.services] */
  const char **name;  /* [problem.services]; NULL: no name */
  hf_cost_problem problem;
  hf_cost_plan plan;
  double held_pays; /* money per hour */
} hf_cost_made;

/* Reads what was recorded up to `to` (NaN: all) and solves. SQLITE_OK, also
** when there is too little data: then only status, reason and newest hold. */
int hf_cost_make(hf_session *s, double to, double sla_ms,
                 const hf_cost_options *options, hf_cost_made *out);

/* The plan as hf_cost_share() takes it. */
hf_cost_plan_view hf_cost_made_view(const hf_cost_made *m);

/* Case arrays from what was read: services with a price and some load, in the
** order of names; services of `only` (may be NULL) alone, which need no load.
** *left: a text that says which services were left out, or NULL. */
int hf_cost_case_build(hf_session *s, const hf_cost_history *h, double sla_ms,
                       const hf_cost_case *only, hf_cost_case *c,
                       const char **left);

#endif
