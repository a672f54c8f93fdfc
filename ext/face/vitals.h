/*
** vitals.h: the newest values of a component's metrics against their limits
** and, where there is none, against their own past. For hf_health().
*/
#ifndef HF_VITALS_H
#define HF_VITALS_H

#include "../store/cohort.h"
#include "../store/fleet.h"

/* 30 gaps, by which silence is judged. */
enum { HF_VITALS_ROWS = 31 };

/* What a level is judged by. */
typedef enum hf_vitals_basis {
  HF_VITALS_NONE,
  HF_VITALS_LIMIT, /* hf_thresholds */
  HF_VITALS_SAID,  /* hf_config percent_warning */
  HF_VITALS_FULL,  /* 100 % of memory or disk: there is no more */
  HF_VITALS_PAST   /* its own past */
} hf_vitals_basis;

typedef struct hf_vitals_rule {
  hf_limits limits;
  double percent_warning; /* NaN: not said */
} hf_vitals_rule;

/* The metric with the lowest score. */
typedef struct hf_vitals {
  hf_vitals_basis basis;
  const char *metric;       /* NULL: none could be judged */
  double score;             /* 0..100; NaN: none could be judged */
  double level;             /* in the unit of the metric */
  double warning, critical; /* the same; NaN: not given */
  double lo, hi, beyond;    /* of its own past: range, and where it ends */
  size_t past;              /* past values looked at */
  size_t few;               /* past values of a metric that had too few */
} hf_vitals;

/* Settings and limits, once a call. */
int hf_vitals_rules(hf_session *s, hf_vitals_rule *out);

/* Judges what was read of the component that the fleet stands at: `set`, its
** HF_VITALS_ROWS newest rows. Reads its past where that is needed. Texts and
** scratch in s->work. */
int hf_vitals_judge(hf_session *s, hf_fleet *f, const hf_vitals_rule *rule,
                    const hf_metric_set *set, const char *kind, hf_vitals *out);

/* The judgement in words, in s->work. */
int hf_vitals_words(hf_session *s, const hf_vitals *v, const char **out);

/* Since when it has been bad, unix seconds; NaN: it is not. Reads the metric
** further back. */
int hf_vitals_since(hf_session *s, hf_fleet *f, const hf_vitals *v,
                    double *since);

#endif
