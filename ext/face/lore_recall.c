/*
** lore_recall.c: what was learned of a kind, as a connection remembers it from
** one call to the next (store/recall.h): the same named numbers as hf_learn()
** writes, and the metrics. What does not come back whole, because a number of
** it is beyond what the parts may hold, is learned anew each time.
*/
#include "risk.h"
#include "../ops/model_parts.h"

#include <string.h>

/* Of the part "lore", beside the parts of the model. */
enum { RECALL_FAILURES, RECALL_LEARNED, RECALL_KEPT, RECALL_AS_OF, RECALL_N };

static const char recall_what[] = "lore";

int hf_lore_recall(hf_session *s, double now, hf_lore *l, hf_recall_at *at) {
  hf_recalled r;
  hf_lore found = *l;
  const hf_part *own;
  const char *bad;
  size_t i;
  int rc = hf_recall_find(s, recall_what, l->kind, now, at, &r), code;
  if (rc != SQLITE_ROW) return rc;
  own = &r.parts.part[0];
  found.failures = (size_t)own->value[RECALL_FAILURES];
  found.learned = own->value[RECALL_LEARNED] != 0;
  found.kept = own->value[RECALL_KEPT] != 0;
  found.as_of = own->value[RECALL_AS_OF];
  if (r.text[0] != NULL) {
    found.note = hf_strdup(&s->hold, r.text[0]);
    if (found.note == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  if (found.learned) {
    size_t metrics = r.texts - 1;
    code = hf_model_unpack(&s->hold, &r.parts, metrics, &found.model,
                           &found.regime, &bad);
    if (code == HF_EDATA) {
      at->on = 0;
      return SQLITE_DONE;
    }
    if (code != HF_OK) return hf_fail_ops(s, code);
    found.metric = hf_work_alloc(&s->hold, metrics, sizeof(*found.metric));
    if (found.metric == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
    for (i = 0; i < metrics; i++) {
      found.metric[i] = hf_strdup(&s->hold, r.text[i + 1]);
      if (found.metric[i] == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
    }
  }
  *l = found;
  return SQLITE_ROW;
}

int hf_lore_remember(hf_session *s, const hf_recall_at *at, const hf_lore *l) {
  hf_mark mark = hf_work_mark(&s->work);
  hf_recalled r;
  size_t metrics = l->learned ? l->model.metrics : 0, i;
  const char **text;
  double *own;
  int code;
  if (!at->on) return SQLITE_OK;
  memset(&r, 0, sizeof(r));
  own = hf_parts_add(&s->work, &r.parts, recall_what, RECALL_N);
  text = hf_work_alloc(&s->work, metrics + 1, sizeof(*text));
  if (own == NULL || text == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  own[RECALL_FAILURES] = (double)l->failures;
  own[RECALL_LEARNED] = l->learned;
  own[RECALL_KEPT] = l->kept;
  own[RECALL_AS_OF] = l->as_of;
  text[0] = l->note;
  for (i = 0; i < metrics; i++) text[i + 1] = l->metric[i];
  if (l->learned) {
    code = hf_model_pack(&s->work, &l->model, &l->regime, &r.parts);
    if (code != HF_OK) return hf_fail_ops(s, code);
  }
  r.text = text;
  r.texts = metrics + 1;
  hf_recall_keep(s, at, &r);
  hf_work_release(&s->work, mark);
  return SQLITE_OK;
}
