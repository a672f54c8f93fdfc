/*
** lore.c: what was learned of a kind: from the tables in which hf_learn()
** keeps it, as long as it fits the history, else learned anew (risk.h).
**
** What is kept counts as out of date when
**   1. rows after as_of were learned from;
**   2. a failure or a component of the kind has come, gone, or been edited:
**      the fingerprints of these rows differ (store/cohort.c);
**   3. the newest sample of a life that was learned from is another one: of 32
**      lives, spread evenly. An edit further back is not found out. A life
**      without any sample left was pruned, and is remembered;
**   4. the components have since been watched for more than a tenth of the
**      component time that was learned from: so much survival is evidence.
** Limits of hf_thresholds are not learned from and always read anew.
*/
#include "risk.h"
#include "../ops/model_parts.h"
#include "../store/learned.h"

#include <math.h>
#include <string.h>

enum { LORE_CHECKED = 32 };

/* The component time that may pass unlearned, of that learned from. */
static const double lore_share = 0.1;

/* The word for what a model is. */
static const char *lore_method(const hf_lore *l) {
  return l->model.wears ? "wear" : "hazard";
}

/* ---- evidence */

/* The newest sample of a component up to `failed` (unix seconds): its time
** (NaN: none) and a fingerprint of its values. */
static int lore_newest(hf_session *s, hf_fleet *scout, const char *name,
                       double failed, double *ts, sqlite3_int64 *mark) {
  hf_mark work = hf_work_mark(&s->work);
  hf_metric_set set;
  uint64_t hash = HF_FNV_BEGIN;
  size_t i;
  int rc = hf_fleet_find(scout, name);
  *ts = NAN;
  *mark = 0;
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
  rc = hf_fleet_read_until(scout, failed, 1, &set);
  if (rc != SQLITE_OK) return rc;
  for (i = 0; i < set.n; i++) {
    hash = hf_mark_text(hash, set.metric[i].name);
    hash = hf_mark_real(hash, set.metric[i].samples.ts[0]);
    hash = hf_mark_real(hash, set.metric[i].samples.value[0]);
  }
  *ts = set.last;
  memcpy(mark, &hash, sizeof(hash));
  hf_work_release(&s->work, work);
  return SQLITE_OK;
}

static int lore_same_lives(hf_session *s, hf_fleet *scout, const hf_learned *k,
                           int *same) {
  size_t n = k->lives < LORE_CHECKED ? k->lives : LORE_CHECKED, i;
  int rc = SQLITE_OK;
  *same = 1;
  for (i = 0; rc == SQLITE_OK && *same && i < n; i++) {
    const hf_learned_life *e = &k->life[i * k->lives / n];
    sqlite3_int64 mark;
    double ts;
    rc = lore_newest(s, scout, e->name, e->failed, &ts, &mark);
    if (rc == SQLITE_OK && !isnan(ts)) *same = mark == e->mark;
  }
  return rc;
}

/* ---- from the tables */

/* Why a row of hf_learned does not fit the history; *why NULL: it does. */
static int lore_stale(hf_session *s, hf_fleet *scout, double now, hf_learned *k,
                      const char **why) {
  hf_cohort_marks marks;
  int rc, same = 1;
  *why = NULL;
  if (k->version != HF_MODEL_VERSION) {
    *why = "another version of this library learned it";
    return SQLITE_OK;
  }
  if (!(k->as_of <= now)) {
    *why = "it has seen rows after as_of";
    return SQLITE_OK;
  }
  if ((double)k->components * (now - k->as_of) / 3600 > lore_share * k->hours) {
    *why = "more than a tenth of the component time that it rests on has "
           "passed since";
    return SQLITE_OK;
  }
  rc = hf_cohort_mark(s, k->kind, &marks);
  if (rc != SQLITE_OK) return rc;
  if (marks.failures != k->failures_mark) {
    *why = "hf_failures has changed since";
  } else if (marks.components != k->components_mark) {
    *why = "the components of this kind have changed since";
  } else {
    rc = hf_learned_lives(s, k, why);
    if (rc == SQLITE_OK && *why == NULL) {
      rc = lore_same_lives(s, scout, k, &same);
    }
    if (!same) *why = "samples before a failure have changed since";
  }
  return rc;
}

/* Reads the model of a row that fits. */
static int lore_model(hf_session *s, hf_learned *k, hf_lore *l,
                      const char **why) {
  const char *bad = NULL;
  int rc = hf_learned_parts(s, HF_MODEL_VALUES, k, why), code;
  if (rc != SQLITE_OK || *why != NULL) return rc;
  code = hf_model_unpack(&s->hold, &k->parts, k->metrics, &l->model, &l->regime,
                         &bad);
  if (code == HF_OK && strcmp(k->method, lore_method(l)) != 0) {
    *why = "its method is not what its numbers are of";
    return SQLITE_OK;
  }
  if (code == HF_OK) {
    l->metric = k->metric;
    l->learned = 1;
    return SQLITE_OK;
  }
  if (code != HF_EDATA) return hf_fail_ops(s, code);
  *why = hf_format(&s->hold, "part '%s' of it is missing or out of range", bad);
  return *why == NULL ? hf_fail(s, SQLITE_NOMEM, NULL) : SQLITE_OK;
}

/* Fills the lore from the tables: l->kept 1 when that was of use; l->note, when
** there is something, but of no use. */
static int lore_read(hf_session *s, hf_fleet *scout, double now, hf_lore *l) {
  hf_learned k;
  const char *why = NULL;
  int there, rc = hf_learned_there(s, &there);
  if (rc != SQLITE_OK || !there) return rc;
  rc = hf_learned_row(s, l->kind, &k, &why);
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
  rc = SQLITE_OK;
  if (why == NULL) rc = lore_stale(s, scout, now, &k, &why);
  if (rc == SQLITE_OK && why == NULL && strcmp(k.method, "none") != 0) {
    rc = lore_model(s, &k, l, &why);
  }
  if (rc != SQLITE_OK) return rc;
  if (why == NULL) {
    l->kept = 1;
    l->as_of = k.as_of;
    l->failures = (size_t)k.failures;
    return SQLITE_OK;
  }
  l->note =
      hf_format(&s->hold, "learned anew, hf_learn() should run again: %s", why);
  return l->note == NULL ? hf_fail(s, SQLITE_NOMEM, NULL) : SQLITE_OK;
}

static int lore_new(hf_session *s, const char *kind, hf_lore **list,
                    hf_lore **out) {
  hf_lore *l = hf_work_zeroed(&s->hold, 1, sizeof(*l));
  if (l == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  l->kind = hf_strdup(&s->hold, kind);
  if (l->kind == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  l->next = *list;
  *list = l;
  *out = l;
  return SQLITE_OK;
}

int hf_lore_of(hf_session *s, hf_fleet *scout, double now, const char *kind,
               hf_lore **list, hf_lore **out) {
  hf_recall_at at;
  hf_lore *l;
  int rc;
  for (l = *list; l != NULL; l = l->next) {
    if (strcmp(l->kind, kind) == 0) {
      *out = l;
      return SQLITE_OK;
    }
  }
  rc = lore_new(s, kind, list, &l);
  *out = l;
  if (rc == SQLITE_OK) rc = hf_lore_recall(s, now, l, &at);
  if (rc != SQLITE_DONE) return rc == SQLITE_ROW ? SQLITE_OK : rc;
  rc = lore_read(s, scout, now, l);
  if (rc == SQLITE_OK && !l->kept) rc = hf_lore_learn(s, scout, now, l);
  return rc == SQLITE_OK ? hf_lore_remember(s, &at, l) : rc;
}

/* ---- into the tables */

static int lore_lives(hf_session *s, hf_fleet *scout, const hf_lore *l,
                      hf_learned *out) {
  size_t i, n = l->seen != NULL ? l->cohort.losses : 0;
  int rc = SQLITE_OK;
  out->life = hf_work_alloc(&s->hold, n, sizeof(*out->life));
  if (out->life == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  for (i = 0; rc == SQLITE_OK && i < n; i++) {
    hf_learned_life *e = &out->life[out->lives];
    if (isnan(l->seen[i])) continue;
    e->name = l->cohort.lost[i].name;
    e->failed = l->cohort.lost[i].ts;
    rc = lore_newest(s, scout, e->name, e->failed, &e->newest, &e->mark);
    out->lives++;
  }
  return rc;
}

/* What of a lore is kept. */
static int lore_row(hf_session *s, hf_fleet *scout, const hf_lore *l,
                    hf_learned *out) {
  hf_cohort_marks marks;
  int rc = hf_cohort_mark(s, l->kind, &marks);
  if (rc != SQLITE_OK) return rc;
  memset(out, 0, sizeof(*out));
  out->kind = l->kind;
  out->method = l->learned ? lore_method(l) : "none";
  out->version = HF_MODEL_VERSION;
  out->as_of = l->as_of;
  out->failures = (sqlite3_int64)l->failures;
  out->components = (sqlite3_int64)l->cohort.sound_all;
  out->hours = l->hours;
  out->failures_mark = marks.failures;
  out->components_mark = marks.components;
  rc = lore_lives(s, scout, l, out);
  if (rc != SQLITE_OK || !l->learned) return rc;
  out->metric = l->metric;
  out->metrics = l->model.metrics;
  return hf_fail_ops(
      s, hf_model_pack(&s->hold, &l->model, &l->regime, &out->parts));
}

/* The kinds that have a failure on record, each learned. */
static int lore_all(hf_session *s, hf_fleet *scout, double now, hf_lore **list,
                    size_t *n) {
  const char **kind = NULL;
  size_t kinds = 0, i;
  int rc = hf_cohort_kinds(s, &kind, &kinds);
  for (i = 0; rc == SQLITE_OK && i < kinds; i++) {
    hf_lore *l;
    rc = lore_new(s, kind[i], list, &l);
    if (rc == SQLITE_OK) rc = hf_lore_learn(s, scout, now, l);
  }
  *n = kinds;
  return rc;
}

int hf_lore_keep(hf_session *s, hf_lore **list) {
  hf_fleet *scout = NULL;
  hf_learned *row = NULL;
  hf_lore *l;
  double now;
  size_t n = 0, i = 0;
  int rc = hf_fleet_open(s, NULL, &scout);
  if (rc == SQLITE_OK) rc = hf_fleet_now(scout, &now);
  if (rc == SQLITE_OK) rc = lore_all(s, scout, now, list, &n);
  if (rc == SQLITE_OK) {
    row = hf_work_alloc(&s->hold, n, sizeof(*row));
    if (row == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
  }
  for (l = *list; rc == SQLITE_OK && l != NULL; l = l->next) {
    rc = lore_row(s, scout, l, &row[i++]);
  }
  if (rc == SQLITE_OK) rc = hf_learned_write(s, row, n);
  if (rc == SQLITE_OK) rc = hf_lore_keep_starts(s, *list);
  if (scout != NULL) hf_fleet_close(scout);
  return rc;
}
