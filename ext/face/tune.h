/*
** tune.h: a row of hf_tune(), for the files that make some.
*/
#ifndef HF_TUNE_H
#define HF_TUNE_H

#include "../store/sqlite_statements.h"
#include "answer.h"

/* Texts live in the session's work memory or for ever; NULL and NaN: NULL. */
typedef struct hf_tune_row {
  const char *area, *setting, *unit, *reason, *status, *limit;
  const char *detail; /* the statement that would do it */
  double current, recommended, gain, lo, hi, confidence;
} hf_tune_row;

/* Most rows about SQLite. */
enum { HF_TUNE_SQLITE = 32 };

/* Rows about the SQLite that holds the history: row[HF_TUNE_SQLITE], *n of them
** filled in; none when hf_collect() and hf_capture() have recorded nothing.
** *newest: ts of the newest row behind them; NaN: none. */
int hf_tune_sqlite(hf_session *s, hf_tune_row *row, size_t *n, double *newest);

/* Rows about indexes: row[most], *n of them filled in. `least` is what the
** shortest statements take, in ms, 0: not known; `resident` is the share of the
** database that the cache holds, NaN: not known. */
int hf_tune_indexes(hf_session *s, const hf_statements *st, double least,
                    double resident, hf_tune_row *row, size_t most, size_t *n);

#endif
