/*
** lore_starts.c: how components began, kept by hf_learn() (risk.h).
**
** What was learned looks at how far a metric has come since its first ten
** values, and at the age, which may count from the first sample. Both would
** begin anew each time hf_prune() takes the oldest samples. So hf_learn() keeps
** them; where the history itself still reaches back as far, it counts.
*/
#include "risk.h"

#include <math.h>
#include <string.h>

static const hf_samples *starts_of(const hf_metric_set *set, const char *name) {
  size_t i;
  for (i = 0; i < set->n; i++) {
    if (strcmp(set->metric[i].name, name) == 0) return &set->metric[i].samples;
  }
  return NULL;
}

int hf_lore_started(hf_starts *t, const hf_lore *l, sqlite3_value *component,
                    const hf_metric_set *oldest, double *start, double *first) {
  hf_session *s = t->s;
  size_t metrics = l->model.metrics, n, i, j;
  hf_start *row = hf_work_alloc(&s->work, metrics, sizeof(*row));
  int rc;
  if (row == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = hf_starts_read(t, component, metrics, row, &n);
  for (i = 0; rc == SQLITE_OK && i < n; i++) {
    const hf_samples *now = starts_of(oldest, row[i].metric);
    if (now != NULL && now->n > 0 && now->ts[0] <= row[i].first) continue;
    if (!(*first <= row[i].first)) *first = row[i].first;
    for (j = 0; j < metrics; j++) {
      if (strcmp(l->metric[j], row[i].metric) == 0) start[j] = row[i].value;
    }
  }
  return rc;
}

/* Keeps the starts of the component that the fleet has moved to. */
static int starts_keep(hf_starts *t, hf_fleet *fleet, const hf_lore *l) {
  hf_session *s = t->s;
  const hf_member *m = hf_fleet_member(fleet);
  hf_mark mark = hf_work_mark(&s->work);
  hf_metric_set oldest;
  hf_track track;
  size_t j;
  int rc = hf_fleet_read_oldest(fleet, isnan(m->failed) ? -INFINITY : m->failed,
                                HF_FAILURE_OLDEST, &oldest);
  if (rc == SQLITE_OK) {
    rc = hf_lore_track(s, l, &oldest, &oldest, m->commissioned, &track);
  }
  for (j = 0; rc == SQLITE_OK && j < l->model.metrics; j++) {
    const hf_samples *now = starts_of(&oldest, l->metric[j]);
    hf_start row;
    if (now == NULL || now->n == 0) continue;
    row.metric = l->metric[j];
    row.first = now->ts[0];
    row.value = fabs(track.start[j]) <= 1e300 ? track.start[j] : NAN;
    rc = hf_starts_write(t, m->key, &row);
  }
  hf_work_release(&s->work, mark);
  return rc;
}

int hf_lore_keep_starts(hf_session *s, const hf_lore *list) {
  hf_starts t = {NULL, NULL, NULL};
  hf_fleet *fleet = NULL;
  int rc = hf_fleet_open(s, NULL, &fleet);
  t.s = s;
  while (rc == SQLITE_OK && (rc = hf_fleet_next(fleet)) == SQLITE_ROW) {
    const hf_member *m = hf_fleet_member(fleet);
    const hf_lore *l;
    for (l = list; l != NULL && strcmp(l->kind, m->kind) != 0;) l = l->next;
    rc = SQLITE_OK;
    if (l == NULL || !l->learned || !isnan(m->retired)) continue;
    rc = starts_keep(&t, fleet, l);
  }
  if (fleet != NULL) hf_fleet_close(fleet);
  hf_starts_close(&t);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
