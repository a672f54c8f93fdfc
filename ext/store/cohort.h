/*
** cohort.h: what can be learned from: the failures of one kind of component,
** the components of that kind that have not failed, and the limits that are
** known. Rows after s->as_of are not seen. All arrays are in s->hold.
*/
#ifndef HF_COHORT_H
#define HF_COHORT_H

#include "session.h"
#include "../num/sql_text.h"

#include <stdint.h>

/* One recorded failure. */
typedef struct hf_loss {
  const char *name;
  double ts;     /* unix seconds: when it failed */
  double before; /* unix seconds: its failure before this one; NaN: none */
} hf_loss;

typedef struct hf_cohort {
  hf_loss *lost; /* [losses] newest first, at most as many as asked for */
  size_t losses;
  const char **sound; /* [sounds] a sample of those without a failure */
  size_t sounds;
  size_t sound_all;  /* how many there are */
  size_t losses_all; /* recorded failures of the kind */
} hf_cohort;

/* Fingerprints of the rows that a cohort is made of: they change when a failure
** or a component of the kind comes, goes, or is edited. */
typedef struct hf_cohort_marks {
  sqlite3_int64 failures;
  sqlite3_int64 components;
} hf_cohort_marks;

/* A limit of hf_thresholds. */
typedef struct hf_limit {
  const char *metric;
  const char *kind;         /* "": all kinds */
  double warning, critical; /* in the unit of the metric; NaN: not given */
} hf_limit;

typedef struct hf_limits {
  hf_limit *limit; /* [n] */
  size_t n;
} hf_limits;

/* Number of failures recorded for a kind. */
int hf_cohort_count(hf_session *s, const char *kind, size_t *n);

/* The kinds that have a failure on record, in order. */
int hf_cohort_kinds(hf_session *s, const char ***kind, size_t *n);

/* The newest failures of a kind, and every so many of the components without
** one, in the order of names: at most `lost` and `sound` of them. */
int hf_cohort_read(hf_session *s, const char *kind, size_t lost, size_t sound,
                   hf_cohort *out);

int hf_cohort_mark(hf_session *s, const char *kind, hf_cohort_marks *out);

/* FNV-1a of a text, its end included, and of a number: `hash` continued. Begin
** with HF_FNV_BEGIN. */
uint64_t hf_mark_text(uint64_t hash, const char *z);
uint64_t hf_mark_real(uint64_t hash, double v);

int hf_limits_read(hf_session *s, hf_limits *out);

/* The limit of a metric for a kind: the one given for the kind, else the one
** for all kinds, else NULL. */
const hf_limit *hf_limits_find(const hf_limits *l, const char *metric,
                               const char *kind);

#endif
