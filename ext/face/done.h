/*
** done.h: whether work in hf_maintenance_log meets the trouble of a component.
** Shared by hf_health and hf_maintenance.
*/
#ifndef HF_DONE_H
#define HF_DONE_H

#include "../store/fleet.h"
#include "../store/upkeep.h"

typedef struct hf_trouble {
  sqlite3_value *key; /* of the component */
  const char *name;   /* the same */
  const char *cause;  /* metric; NULL: none can tell */
  double since;       /* unix seconds: when it began; NaN: not known */
  double now;         /* unix seconds, not NaN */
  double patience;    /* seconds that work gets to show */
} hf_trouble;

typedef enum hf_effect {
  HF_EFFECT_NONE,    /* no work since the trouble began */
  HF_EFFECT_WAITING, /* too few values since the work to tell */
  HF_EFFECT_HELPED,  /* the cause came back */
  HF_EFFECT_FAILED   /* it did not, or nothing told in time */
} hf_effect;

/* Texts in s->work. */
typedef struct hf_done {
  hf_upkeep_row window; /* open at now; ts NaN: none is */
  hf_upkeep_row work;   /* newest work; ts NaN: none */
  hf_effect effect;
} hf_done;

/* Judges the newest work of a component by what its cause did afterwards
** (ops/health.h). `scout` is moved. */
int hf_done_judge(hf_session *s, hf_fleet *scout, hf_upkeep *u,
                  const hf_trouble *t, hf_done *out);

/* A reason, and what the work did, in s->work; as it is where there is no work
** to speak of. */
int hf_done_words(hf_session *s, const hf_done *d, double now,
                  const char **reason);

#endif
