/*
** cost_hours.c: the hours of a service: gaps filled, hours of the week that
** nobody needs.
*/
#include "cost.h"

#include <math.h>

size_t hf_cost_week_hour(double ts) {
  double h = fmod(floor(ts / 3600) - 96, HF_COST_WEEK);
  return (size_t)(h < 0 ? h + HF_COST_WEEK : h);
}

/* The recorded hour at the same hour of the week that is nearest to t, or
** HF_COST_NONE. */
static size_t hours_same(const hf_cost_case *c, const hf_cost_service *s,
                         size_t t) {
  size_t k;
  for (k = HF_COST_WEEK; k < c->hours; k += HF_COST_WEEK) {
    if (t >= k && s->recorded[t - k] > 0) return t - k;
    if (t + k < c->hours && s->recorded[t + k] > 0) return t + k;
  }
  return HF_COST_NONE;
}

void hf_cost_fill(const hf_cost_case *c, hf_cost_service *s) {
  size_t n = c->hours;
  size_t before = HF_COST_NONE; /* nearest recorded hours */
  size_t after = 0;
  size_t t;
  for (t = 0; t < n; t++) {
    s->recorded[t] = isfinite(s->mean[t]) ? 1 : 0;
    if (s->recorded[t] > 0 && !(s->max[t] >= s->mean[t])) {
      s->max[t] = s->mean[t];
    }
  }
  for (t = 0; t < n; t++) {
    size_t from;
    if (s->recorded[t] > 0) {
      before = t;
      continue;
    }
    from = hours_same(c, s, t);
    while (after < n && (after < t || s->recorded[after] <= 0)) after++;
    if (from == HF_COST_NONE) {
      from = before;
      if (before == HF_COST_NONE || (after < n && after - t < t - before)) {
        from = after;
      }
    }
    if (from >= n) continue; /* nothing was recorded */
    s->mean[t] = s->mean[from];
    s->max[t] = s->max[from];
    s->workers[t] = s->workers[from];
  }
}

/* A week left out tests the rule: hidden counts the hours with demand that a
** mask learned from the other weeks would have switched off. */
void hf_cost_mask(const hf_cost_case *c, const hf_cost_service *s,
                  hf_cost_menu *m) {
  size_t n = c->hours;
  int seen[HF_COST_WEEK] = {0};
  int used[HF_COST_WEEK] = {0};
  size_t first = hf_cost_week_hour(c->start);
  size_t hidden = 0;
  size_t off = 0;
  size_t t, h;
  for (t = 0; t < n; t++) {
    h = (first + t) % HF_COST_WEEK;
    if (s->recorded[t] <= 0) continue;
    seen[h]++;
    used[h] += s->max[t] > 0;
  }
  for (t = 0; t < n; t++) {
    h = (first + t) % HF_COST_WEEK;
    hidden += s->recorded[t] > 0 && s->max[t] > 0 && used[h] == 1;
  }
  for (h = 0; h < HF_COST_WEEK; h++) {
    size_t before = (h + HF_COST_WEEK - 1) % HF_COST_WEEK;
    size_t after = (h + 1) % HF_COST_WEEK;
    m->off[h] =
        seen[h] >= 2 && !used[h] && !used[before] && !used[after] ? 1 : 0;
    off += (size_t)m->off[h];
  }
  m->may_stop = off > 0 && hidden * 100 <= s->rows;
}
