/*
** answers.h: the descriptors of all answers, for the front door.
*/
#ifndef HF_ANSWERS_H
#define HF_ANSWERS_H

#include "answer.h"

/* forecasting */
extern const hf_answer hf_forecast_answer;
extern const hf_answer hf_pattern_answer;
extern const hf_answer hf_decompose_answer;
extern const hf_answer hf_time_to_answer;
extern const hf_answer hf_backtest_answer;

/* anomalies and failures */
extern const hf_answer hf_anomalies_answer;
extern const hf_answer hf_failures_answer;
extern const hf_answer hf_health_answer;
extern const hf_answer hf_maintenance_answer;

/* tuning */
extern const hf_answer hf_tune_answer;
extern const hf_answer hf_optimize_memory_answer;
extern const hf_answer hf_allocate_workers_answer;
extern const hf_answer hf_query_recommendation_answer;

/* cost */
extern const hf_answer hf_optimize_cost_answer;
extern const hf_answer hf_cost_backtest_answer;

/* seeing */
extern const hf_answer hf_report_steps_answer;
extern const hf_answer hf_alerts_answer;
extern const hf_answer hf_quality_answer;
extern const hf_answer hf_from_prometheus_answer;

/* verbs that tell how far they have come */
extern const hf_answer hf_prune_steps_answer;
extern const hf_answer hf_capture_steps_answer;

#endif
