/*
** record.h: writing samples into the history, and reading back the raw
** counters of the last time. All or nothing is the caller's affair
** (savepoint.h).
*/
#ifndef HF_RECORD_H
#define HF_RECORD_H

#include "session.h"

/* One figure. NaN values are not recorded. */
typedef struct hf_figure {
  const char *name; /* of the column, or of the metric */
  double value;
  const char *why;  /* why it is NaN, in words; NULL: it is not */
  const char *unit; /* of a metric; else NULL */
  const char *kind; /* of a metric: gauge, counter, state ...; else NULL */
} hf_figure;

/* Writes one row of a wide table with key (ts), or (key_column, ts). A row
** that is there already keeps what this one does not say. No row when all
** figures are NaN: *wrote is 0 then. */
int hf_record_row(hf_session *s, const char *table, const char *key_column,
                  const char *key, double ts, const hf_figure *f, size_t n,
                  int *wrote);

/* Writes samples of metrics of a component; a metric that is new gets its
** unit and kind. */
int hf_record_metrics(hf_session *s, const char *component, double ts,
                      const hf_figure *f, size_t n);

/* The newest stamp of a metric within lo < ts < hi; NaN: none. */
int hf_record_newest(hf_session *s, const char *component, const char *metric,
                     double lo, double hi, double *ts);

/* The value of a metric at a stamp; NaN: none. */
int hf_record_value(hf_session *s, const char *component, const char *metric,
                    double ts, double *value);

#endif
