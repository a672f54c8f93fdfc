/*
** advice.h: what hf_allocate_workers(), hf_optimize_memory() and hf_tune()
** have in common: history and settings in, a plan and its reason out.
*/
#ifndef HF_ADVICE_H
#define HF_ADVICE_H

#include "../ops/memory.h"
#include "../ops/workers.h"
#include "answer.h"

/* A plan for the workers and the rule behind it, from hf_resource_metrics and
** hf_config. Memory in s->work. */
int hf_advise_workers(hf_session *s, hf_workers_plan *plan,
                      hf_workers_rule *rule);

/* The same for memory, from hf_memory_stats, hf_cache_stats,
** hf_cache_accesses, hf_query_history and hf_config. *newest: ts of the newest
** row read; NaN: none. */
int hf_advise_memory(hf_session *s, hf_memory_plan *plan, hf_memory_rule *rule,
                     double *newest);

/* The reason in words, in s->work; NULL: out of memory, recorded. */
char *hf_workers_reason(hf_session *s, const hf_workers_plan *p,
                        const hf_workers_rule *r);
char *hf_memory_reason(hf_session *s, const hf_memory_plan *p,
                       const hf_memory_rule *r, int pool);

/* add, remove or keep. */
const char *hf_workers_decision(const hf_workers_plan *p);

/* ok, stale or insufficient_data. */
const char *hf_workers_status(const hf_workers_plan *p);
const char *hf_memory_status(const hf_memory_plan *p);

/* cache, buffer and application. */
extern const char *const hf_pool_name[HF_POOLS];

/* What a pool's curve was made of: references, jobs, sizes; pressure for an
** application with a peak; none. */
const char *hf_pool_basis(const hf_memory_plan *p, int pool);

/* Confidence in the advice for one pool, 0..1. */
double hf_pool_confidence(const hf_memory_plan *p, int pool);

#endif
