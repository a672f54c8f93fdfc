/*
** answers.h: the descriptors of all answers, for the front door.
*/
#ifndef HF_ANSWERS_H
#define HF_ANSWERS_H

#include "answer.h"

extern const hf_answer hf_cost_backtest_answer;
extern const hf_answer hf_optimize_cost_answer;

#endif
