/*
** limit.c: what the limits of hf_thresholds say of a component (risk.h).
**
** Of several limits the one that is nearest counts, pointwise in time, because
** metrics of one component are not independent. Where nothing else is known,
** disk_percent and memory_percent have the limit 100, at which they are full.
*/
#include "risk.h"
#include "../ops/wear.h"

#include <math.h>
#include <string.h>

/* What a limit says of a metric. 1 in *used when it says anything. */
static int limit_metric(hf_session *s, const hf_samples *m,
                        const hf_limit *limit, double now, hf_life *life,
                        int *used) {
  hf_wear wear;
  double elapsed;
  size_t i = m->n;
  int rising, code;
  *used = 0;
  while (i > 0 && isnan(m->value[i - 1])) i--;
  if (i == 0 || isnan(limit->critical)) return SQLITE_OK;
  rising = isnan(limit->warning) ? m->value[i - 1] < limit->critical
                                 : limit->critical > limit->warning;
  code = hf_wear_passage(&s->work, m, limit->critical, rising, &wear);
  if (code == HF_EDATA) return SQLITE_OK;
  if (code != HF_OK) return hf_fail_ops(s, code);
  elapsed = (now - m->ts[i - 1]) / 3600;
  if (elapsed > 0) hf_life_later(&wear.life, elapsed);
  *life = wear.life;
  *used = 1;
  return SQLITE_OK;
}

/* Where nothing else is known: a full disk or memory is a failure. */
static const hf_limit *limit_natural(const char *metric) {
  static const hf_limit full[] = {{"memory_percent", "", NAN, 100},
                                  {"disk_percent", "", NAN, 100}};
  size_t i;
  for (i = 0; i < 2; i++) {
    if (strcmp(metric, full[i].metric) == 0) return &full[i];
  }
  return NULL;
}

int hf_risk_limits(hf_session *s, const hf_limits *limits,
                   const hf_metric_set *set, const char *kind, int natural,
                   double now, hf_life *life, const char **cause, int *used) {
  double best = -1;
  size_t i;
  *used = 0;
  for (i = 0; i < set->n; i++) {
    const hf_limit *limit = hf_limits_find(limits, set->metric[i].name, kind);
    hf_life one;
    double sum = 0;
    int says, rc;
    size_t k;
    if (limit == NULL && natural) limit = limit_natural(set->metric[i].name);
    if (limit == NULL) continue;
    rc = limit_metric(s, &set->metric[i].samples, limit, now, &one, &says);
    if (rc != SQLITE_OK) return rc;
    if (!says) continue;
    for (k = 0; k < HF_LIFE_N; k++) sum += one.f[k];
    if (sum > best) {
      best = sum;
      *cause = set->metric[i].name;
    }
    if (*used)
      hf_life_sooner(life, &one);
    else
      *life = one;
    *used = 1;
  }
  return SQLITE_OK;
}
