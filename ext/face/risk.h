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
#include "../store/recall.h"
#include "../store/series.h"
#include "../store/starts.h"

/* What was learned of a kind. */
typedef struct hf_lore hf_lore;
struct hf_lore {
  const char *kind;
  size_t failures;     /* on record */
  int learned;         /* 1: model holds */
  const char **metric; /* [model.metrics] */
  hf_regime regime;    /* settings 0: none */
  hf_failure_model model;
  double as_of;     /* unix seconds: rows up to here were learned from */
  int kept;         /* 1: by hf_learn(); 0: in this call */
  const char *note; /* why what hf_learn() kept was of no use; NULL */
  hf_cohort cohort; /* learned from in this call; empty when kept */
  double *seen;     /* [cohort.losses] unix seconds: first sample of the life
                       that ended; NaN: not learned from; NULL: none were */
  double hours;     /* component-hours watched */
  hf_lore *next;
};

/* What a limit says by itself of a metric. */
typedef struct hf_way {
  const char *metric;
  hf_life life; /* from now on */
  double since; /* unix seconds: when it began to drift; NaN */
} hf_way;

/* At least that likely within a month, or the outlook, is a way to fail. */
#define HF_WAY_LEAST 0.2
#define HF_WAY_HOURS 720

/* One component. Texts live until the next one. */
typedef struct hf_risk {
  sqlite3_value *key; /* its name as SQLite holds it; NULL: none */
  const char *name;
  const char *status; /* ok, failed, retired, silent, insufficient_data */
  const char *reason; /* in words; with status ok: why what hf_learn() kept was
                         of no use; else NULL */
  const char *method; /* wear, hazard (both learned), first_passage (a limit),
                         blend (of both); NULL: no estimate */
  const char *cause;  /* metric that contributes most; NULL */
  size_t failures;    /* recorded for its kind */
  size_t lives;       /* that ended and were learned from; 0: a limit alone */
  double learned;     /* unix seconds: rows up to here were learned from; NaN:
                         nothing learned is used */
  int kept;           /* 1: hf_learn() learned it; 0: this call */
  int known;          /* 1: life and since hold */
  hf_life life;       /* from now on */
  double since;       /* unix seconds: when the cause began to drift; NaN */
  hf_way *way;        /* [ways] in s->work: limits that may be reached, each by
                         itself; the cause may be among them */
  size_t ways;
  double last;   /* unix seconds: newest sample; NaN */
  double failed; /* unix seconds: its newest failure; NaN */
  double now;    /* unix seconds: what counts as now */
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

/* The same of a component without samples: *status is silent where hf_prune()
** rolled them up hours before now (unix seconds), else insufficient_data.
** last: the hour of the newest, unix seconds; NaN: it never had any. *reason:
** in words,
** in s->work. */
int hf_risk_gone(hf_session *s, hf_fleet *f, double now, double *last,
                 const char **status, const char **reason);

/* How long the components of a kind have been seen for. */
typedef struct hf_kind_span hf_kind_span;
struct hf_kind_span {
  const char *kind;
  double hours; /* that an hour of their time typically lies in; 0: fewer than
                   five are seen */
  hf_kind_span *next;
};

/* The hours of a kind, from the list or measured (risk_span.c). In s->hold. */
int hf_risk_span(hf_session *s, hf_fleet *scout, const char *kind,
                 hf_kind_span **list, double *hours);

/* The lore of a kind: what an earlier call on this connection remembers, else
** what hf_learn() kept while that still fits the history, else learned at the
** first call (lore.c). */
int hf_lore_of(hf_session *s, hf_fleet *scout, double now, const char *kind,
               hf_lore **list, hf_lore **out);

/* What the connection remembers of a kind (lore_recall.c): SQLITE_ROW, and `l`,
** which holds the kind, is filled in but for what only hf_learn() needs;
** SQLITE_DONE: nothing; or an error. And what it is to remember, into which
** `at` leads. */
int hf_lore_recall(hf_session *s, double now, hf_lore *l, hf_recall_at *at);
int hf_lore_remember(hf_session *s, const hf_recall_at *at, const hf_lore *l);

/* Learns a kind from the history (learn.c). `l` holds the kind, the rest is
** filled in. */
int hf_lore_learn(hf_session *s, hf_fleet *scout, double now, hf_lore *l);

/* From when on the age of a component counts (unix seconds): its failure before
** this life (NaN: none), else when it was commissioned, else its first sample.
** The same for learning and for predicting. */
double hf_lore_born(const hf_member *m, double before, double first);

/* Its first sample among the oldest of each metric, unix seconds; NaN: none. */
double hf_lore_first(const hf_metric_set *oldest);

/* Learns every kind that has a failure on record and keeps all of it, in place
** of what was kept, in one savepoint. *list: what was learned (lore.c). */
int hf_lore_keep(hf_session *s, hf_lore **list);

/* Keeps how the components in service of the kinds learned began; the table is
** empty (lore_starts.c). */
int hf_lore_keep_starts(hf_session *s, const hf_lore *list);

/* What was kept of a component, where its history no longer reaches back as
** far: into start[model.metrics], and *first (unix seconds; NaN: unknown) when
** that is earlier. For a lore that was kept. */
int hf_lore_started(hf_starts *t, const hf_lore *l, sqlite3_value *component,
                    const hf_metric_set *oldest, double *start, double *first);

/* A component as its model sees it, from what was read of it: metrics by the
** names of the lore; `oldest` holds its first samples. In s->work. */
int hf_lore_track(hf_session *s, const hf_lore *l, const hf_metric_set *set,
                  const hf_metric_set *oldest, double born, hf_track *out);

#endif
