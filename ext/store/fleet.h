/*
** fleet.h: the components of the history, one after another, with what is
** known about each and with all its metrics.
**
**   rc = hf_fleet_open(s, component, &f);          NULL: all components
**   while ((rc = hf_fleet_next(f)) == SQLITE_ROW) {
**     const hf_member *m = hf_fleet_member(f);
**     rc = hf_fleet_read(f, HF_FLEET_ALL, &set);   only what is needed
**     ... set.metric[i].samples ...
**   }
**   hf_fleet_close(f);
**
** A component is whatever stands in hf_health_metrics, hf_metric_names or
** hf_components, or has buckets of hf_health_metrics that hf_prune() made. Each
** step to the next one is a few index seeks; no sample is read before it is
** asked for. Rows after s->as_of are not seen; as_of NaN: all rows are.
*/
#ifndef HF_FLEET_H
#define HF_FLEET_H

#include "session.h"
#include "../num/samples.h"

/* For hf_fleet_read(): no limit. */
#define HF_FLEET_ALL ((size_t)-1)

typedef struct hf_fleet hf_fleet;

/* A component. Texts live until the fleet moves on. */
typedef struct hf_member {
  sqlite3_value *key;  /* its name as SQLite holds it, always a text */
  const char *name;    /* its name */
  const char *kind;    /* hf_components.kind; "" when not given */
  int listed;          /* 1: has a row in hf_components */
  double commissioned; /* unix seconds; NaN: unknown or after as_of */
  double retired;      /* unix seconds; NaN: unknown or after as_of */
  double failed;       /* newest row of hf_failures, unix seconds; NaN: none */
  size_t failures;     /* rows of hf_failures */
} hf_member;

/* One metric of a component. */
typedef struct hf_metric {
  const char *name;   /* column of hf_health_metrics, or hf_metrics.metric */
  hf_samples samples; /* sorted by ts; NaN where the row held NULL */
} hf_metric;

/* What was read of a component, in s->work: gone when that is released. Wide
** columns come first, in the order of the table, then the narrow metrics by
** name. A metric without a single value is left out. A narrow metric that has
** the name of a wide column with values is left out, too. */
typedef struct hf_metric_set {
  hf_metric *metric; /* [n] */
  size_t n;
  double last; /* newest ts among all samples, unix seconds; NaN: none */
} hf_metric_set;

/* Opens the fleet, in s->hold. `component` (may be NULL or SQL NULL): only
** this one. The tables must be there (hf_need_tables). Close it whatever was
** returned, unless *out is NULL. */
int hf_fleet_open(hf_session *s, sqlite3_value *component, hf_fleet **out);

/* The next component in the order of names (memcmp): SQLITE_ROW, SQLITE_DONE,
** or an error. */
int hf_fleet_next(hf_fleet *f);

/* Moves to a component by name, for a second look at some: SQLITE_ROW, or
** SQLITE_DONE when there is none. hf_fleet_next() goes on behind it. */
int hf_fleet_find(hf_fleet *f, const char *name);

/* The component moved to. */
const hf_member *hf_fleet_member(const hf_fleet *f);

/* Reads the `newest` newest rows of each table and metric of the component
** moved to, up to as_of, or all of them. Sorted upwards in time. */
int hf_fleet_read(hf_fleet *f, size_t newest, hf_metric_set *out);

/* The same up to and with `until` (unix seconds, not beyond as_of). */
int hf_fleet_read_until(hf_fleet *f, double until, size_t newest,
                        hf_metric_set *out);

/* How many of its newest rows are to be read of a metric; 0: none of it. */
typedef size_t (*hf_fleet_depth)(void *ctx, const char *metric);

/* The same with a depth for each metric. */
int hf_fleet_read_each(hf_fleet *f, double until, hf_fleet_depth depth,
                       void *ctx, hf_metric_set *out);

/* Reads the `oldest` oldest rows of each, from `from` (unix seconds; -INFINITY:
** the beginning) on. */
int hf_fleet_read_oldest(hf_fleet *f, double from, size_t oldest,
                         hf_metric_set *out);

/* Newest ts of the component moved to, up to as_of; NaN: no sample. */
int hf_fleet_last(hf_fleet *f, double *ts);

/* The hour of the newest bucket that hf_prune() made of samples of the
 * component moved to, up to as_of, unix seconds; NaN: none. For one without
 * samples. */
int hf_fleet_rolled(hf_fleet *f, double *ts);

/* What counts as now: as_of, or else the newest ts of the whole history of
** components (hf_health_metrics, hf_metrics, hf_failures), found by one seek a
** component or metric. The same whether one component or all are asked for.
** NaN: no history. */
int hf_fleet_now(hf_fleet *f, double *ts);

void hf_fleet_close(hf_fleet *f);

#endif
