/*
** risk.h: how likely the components of the history are to fail: history in
** (store/), models (ops/), one component after another. Shared by the answers
** hf_predict_failures and hf_maintenance.
*/
#ifndef HF_RISK_H
#define HF_RISK_H

#include "../ops/failure.h"
#include "../ops/life.h"
#include "../ops/regime.h"
#include "../store/cohort.h"
#include "../store/fleet.h"
#include "../store/series.h"

/* What was learned of a kind. */
typedef struct hf_lore hf_lore;
struct hf_lore {
  const char *kind;
  size_t failures;     /* on record */
  int learned;         /* 1: model holds */
  const char **metric; /* [model.metrics] */
  hf_regime regime;    /* settings 0: none */
  hf_failure_model model;
  hf_lore *next;
};

/* One component. Texts live until the next one. */
typedef struct hf_risk {
  sqlite3_value *key; /* its name as SQLite holds it; NULL: none */
  const char *name;
  const char *status; /* ok, failed, retired, silent, insufficient_data */
  const char *reason; /* in words; NULL when the status is ok */
  const char *method; /* wear, hazard (both learned), first_passage (a limit),
                         blend (of both); NULL: no estimate */
  const char *cause;  /* metric that contributes most; NULL */
  size_t failures;    /* recorded for its kind */
  int known;          /* 1: life and since hold */
  hf_life life;       /* from now on */
  double since;       /* unix seconds: when the cause began to drift; NaN */
  double last;        /* unix seconds: newest sample; NaN */
  double failed;      /* unix seconds: its newest failure; NaN */
  double now;         /* unix seconds: what counts as now */
} hf_risk;

typedef struct hf_risks hf_risks;

/* Opens, in s->hold. `component` NULL: all. `series` not NULL and not SQL
** NULL: only this series, against hf_thresholds; else all metrics of the
** history. Close it whatever was returned, unless *out is NULL. */
int hf_risks_open(hf_session *s, sqlite3_value *component,
                  sqlite3_value *series, hf_risks **out);

/* The next component: SQLITE_ROW, SQLITE_DONE or an error. */
int hf_risks_next(hf_risks *r, hf_risk *out);

void hf_risks_close(hf_risks *r);

/* Whether a component that is in service went silent: nothing came for three
** times the longest of its last 30 gaps. *reason: in words, in s->work; NULL
** when it did not. */
int hf_risk_silent(hf_session *s, const hf_metric_set *set, double now,
                   const char **reason);

/* The lore of a kind, learned at the first call (learn.c). */
int hf_lore_of(hf_session *s, hf_fleet *scout, double now, const char *kind,
               hf_lore **list, hf_lore **out);

/* A component as its model sees it, from what was read of it: metrics by the
** names of the lore; `oldest` holds its first samples. In s->work. */
int hf_lore_track(hf_session *s, const hf_lore *l, const hf_metric_set *set,
                  const hf_metric_set *oldest, double born, hf_track *out);

#endif
