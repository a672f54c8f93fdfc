/*
** cost_rule.h: whether a setting keeps a service within its SLA; for
** cost_choices.c.
*/
#ifndef HF_COST_RULE_H
#define HF_COST_RULE_H

#include "cost.h"

enum { HF_RULE_LEVELS = 5 }; /* spot shares tried for a machine type at most */

/* Utilization up to which batch work may fill its machines. */
#define HF_RULE_BATCH 0.85

/* Works on one service at a time. */
typedef struct hf_rule {
  const hf_cost_case *c;
  hf_work *w;
  hf_wait *wait;
  const hf_cost_service *s;
  hf_cost_menu *m;
  const hf_cost_sku *now; /* today's machine type */
  double *need;           /* [hours] demand with headroom */
  double *base_p95;       /* [hours] today's predicted p95 of need */
  double *base_rho;       /* [hours] */
  double *base_cap;       /* [hours] today's capacity */
  double *count;          /* [hours] workers of the candidate */
  double *money;          /* [hours] scratch for a choice */
  double *cache;          /* [HF_RULE_LEVELS][cached] demand n workers carry */
  size_t cached;          /* numbers of workers in it, from 0 */
  double trust;           /* largest utilization of `need` to believe in */
  int today_fails;        /* 1: today's settings miss the rule */
} hf_rule;

/* One candidate machine type. */
typedef struct hf_rule_type {
  const hf_cost_sku *sku;
  size_t index;
  double cap;    /* demand one worker serves */
  double factor; /* p95 relative to today's machine type */
  int strict;    /* 1: a reclaim counts as normal */
} hf_rule_type;

/* Takes room for services of c. */
int hf_rule_new(hf_work *w, const hf_cost_case *c, hf_rule *k);

/* Begins a service: its capacity, its mask and its latency model go into the
** menu. HF_EDATA: not enough is known to change its machines. */
int hf_rule_begin(hf_rule *k, const hf_cost_service *s, hf_cost_menu *m);

/* Begins a machine type of the price list. */
void hf_rule_type_begin(const hf_rule *k, size_t sku, hf_rule_type *y);

/* Forgets what the workers of the type before carried; `most` is the largest
** number of workers of this one. */
void hf_rule_forget(hf_rule *k, double most);

/* Whether k->count workers pass without a reclaim: 0 no, 1 yes. */
int hf_rule_passes(hf_rule *k, const hf_rule_type *y);

/* Whether they pass with a share at spot: 0 no, 1 by rule A (or dev, batch), 2
** only as never slower than today. `first` is what hf_rule_passes() said,
** `level` numbers the shares of a type. */
int hf_rule_passes_spot(hf_rule *k, const hf_rule_type *y, int first,
                        size_t level, double share);

/* 1 when k->count workers are predicted to meet the SLA in 99 % of the hours
** at the demand recorded. */
int hf_rule_meets(hf_rule *k, const hf_rule_type *y);

#endif
