/*
** done.c: whether work in hf_maintenance_log meets the trouble of a component
** (done.h).
**
** Work done since the trouble began is judged by what came after it: it helped
** where the metric came back nearer to what it was before the trouble than to
** what it was before the work. As long as fewer than three values have come
** since, and where no metric can tell, it gets the time that is called
** patience; then it has not helped.
*/
#include "done.h"
#include "../ops/health.h"

#include <math.h>
#include <string.h>

enum { DONE_BACK = 2048 }; /* rows of the cause that are looked at */

static size_t done_depth(void *ctx, const char *metric) {
  return strcmp(ctx, metric) == 0 ? DONE_BACK : 0;
}

/* What the cause did after work at `done`: as hf_health_helped(). */
static int done_helped(hf_session *s, hf_fleet *scout, const hf_trouble *t,
                       double done, int *helped) {
  hf_metric_set set;
  char *cause;
  size_t i;
  int rc;
  *helped = -1;
  if (t->cause == NULL || isnan(t->since)) return SQLITE_OK;
  cause = hf_strdup(&s->work, t->cause);
  if (cause == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  rc = hf_fleet_find(scout, t->name);
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
  rc = hf_fleet_read_each(scout, HF_TS_MAX, done_depth, cause, &set);
  if (rc != SQLITE_OK) return rc;
  for (i = 0; i < set.n; i++) {
    if (strcmp(set.metric[i].name, cause) == 0) {
      *helped = hf_health_helped(&set.metric[i].samples, t->since, done);
    }
  }
  return SQLITE_OK;
}

int hf_done_judge(hf_session *s, hf_fleet *scout, hf_upkeep *u,
                  const hf_trouble *t, hf_done *out) {
  double since = isnan(t->since) ? t->now - t->patience : t->since;
  int helped = -1;
  int rc = hf_upkeep_at(u, t->key, t->now, &out->window, &out->work);
  out->effect = HF_EFFECT_NONE;
  if (rc != SQLITE_OK || !(out->work.ts >= since)) return rc;
  rc = done_helped(s, scout, t, out->work.ts, &helped);
  if (rc != SQLITE_OK) return rc;
  if (helped < 0 && t->now - out->work.ts <= t->patience) {
    out->effect = HF_EFFECT_WAITING;
  } else {
    out->effect = helped > 0 ? HF_EFFECT_HELPED : HF_EFFECT_FAILED;
  }
  return SQLITE_OK;
}

int hf_done_words(hf_session *s, const hf_done *d, double now,
                  const char **reason) {
  static const char *const word[] = {"", ": too early to tell", " helped",
                                     " did not help"};
  if (d->effect == HF_EFFECT_NONE) return SQLITE_OK;
  *reason =
      hf_format(&s->work, "%s; \"%s\" %.1f hours ago%s", *reason,
                d->work.action, (now - d->work.ts) / 3600, word[d->effect]);
  return *reason == NULL ? hf_fail(s, SQLITE_NOMEM, NULL) : SQLITE_OK;
}
