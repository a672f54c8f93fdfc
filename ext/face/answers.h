/*
** answers.h: the descriptors of all answers, for the front door.
*/
#ifndef HF_ANSWERS_H
#define HF_ANSWERS_H

#include "answer.h"

/* forecasting */
extern const hf_answer hf_forecast_answer;
extern const hf_answer hf_pattern_answer;

/* anomalies */
extern const hf_answer hf_anomalies_answer;

#endif
