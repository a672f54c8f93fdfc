/*
** risk_span.c: how long the components of a kind have been seen for (risk.h).
**
** A limit is looked at with one component's path, but how slowly such paths
** bend is a matter of the kind (ops/wear.c). Its measure is the span that an
** hour of the fleet's time lies in, sum of squares by sum: who joined yesterday
** says little of how long the others live. It is the same for one component
** asked as for all, of at most 32 of them, spread evenly.
*/
#include "risk.h"

#include <math.h>
#include <string.h>

/* Components looked at, and those without which nothing is said. */
enum { SPAN_SEEN = 32, SPAN_LEAST = 5 };

static int span_measure(hf_session *s, hf_fleet *scout, const char *kind,
                        double *hours) {
  hf_cohort cohort;
  double sum = 0, square = 0;
  size_t i, n = 0;
  int rc = hf_cohort_read(s, kind, 0, SPAN_SEEN, &cohort);
  for (i = 0; rc == SQLITE_OK && i < cohort.sounds; i++) {
    hf_mark mark = hf_work_mark(&s->work);
    hf_metric_set oldest;
    double last = NAN, span = NAN;
    rc = hf_fleet_find(scout, cohort.sound[i]);
    if (rc == SQLITE_DONE) {
      rc = SQLITE_OK;
      continue;
    }
    if (rc != SQLITE_ROW) break;
    rc = hf_fleet_read_oldest(scout, -INFINITY, 1, &oldest);
    if (rc == SQLITE_OK) rc = hf_fleet_last(scout, &last);
    if (rc == SQLITE_OK) span = (last - hf_lore_first(&oldest)) / 3600;
    if (span > 0) {
      sum += span;
      square += span * span;
      n++;
    }
    hf_work_release(&s->work, mark);
  }
  *hours = n >= SPAN_LEAST ? square / sum : 0;
  return rc;
}

int hf_risk_span(hf_session *s, hf_fleet *scout, const char *kind,
                 hf_kind_span **list, double *hours) {
  hf_kind_span *k;
  int rc;
  for (k = *list; k != NULL; k = k->next) {
    if (strcmp(k->kind, kind) == 0) {
      *hours = k->hours;
      return SQLITE_OK;
    }
  }
  k = hf_work_zeroed(&s->hold, 1, sizeof(*k));
  if (k == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  k->kind = hf_strdup(&s->hold, kind);
  if (k->kind == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = span_measure(s, scout, kind, &k->hours);
  if (rc != SQLITE_OK) return rc;
  k->next = *list;
  *list = k;
  *hours = k->hours;
  return SQLITE_OK;
}
