/*
** bill.h: a FOCUS export, imported into any table, becomes rows of hf_costs.
*/
#ifndef HF_BILL_H
#define HF_BILL_H

#include "session.h"

/* Loads the table or view, by column name, in any letter case: '' counts as
** NULL, RFC 3339 times become unix seconds. All rows or none: rows that are
** in hf_costs already, several currencies, a missing column or a value that a
** CHECK refuses are errors. *json, in s->hold: an object with status, rows, the
** sums billed and effective, currency, and ignored, an array of the columns
** that hf_costs does not have. */
int hf_bill_load(hf_session *s, const char *table, const char **json);

#endif
