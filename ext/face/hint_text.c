/*
** hint_text.c: see hint_text.h.
*/
#include "hint_text.h"

#include <math.h>

static const char *const hint_kind[HF_HINT_KINDS] = {
    "memory", "plan",   "full_scan", "automatic_index", "sort",
    "bytes",  "slower", "workers",   "quiet_hour"};

/* What was seen. */
static char *hint_seen(hf_session *s, const hf_hint *h, double utc_offset) {
  hf_work *w = &s->work;
  double day = (h->at + utc_offset) / 86400;
  int minute = (int)((day - floor(day)) * 1440 + .5) % 1440;
  switch (h->kind) {
  case HF_HINT_SPILL:
    return hf_format(w,
                     "%d of %d runs needed more than the %.6g MB of the "
                     "application, at most %.6g MB: give it more memory or run "
                     "it alone",
                     (int)h->k, (int)h->n, h->from, h->to);
  case HF_HINT_PLAN:
    return hf_format(w,
                     "a new plan or new tables since %.0f: median %.4g ms in "
                     "%d runs before, "
                     "%.4g ms in %d since; run ANALYZE and look at EXPLAIN "
                     "QUERY PLAN",
                     h->at, h->from, (int)h->k, h->to, (int)h->n);
  case HF_HINT_SCAN:
    return hf_format(w,
                     "%d of %d runs scan whole tables, %.6g rows for %.6g "
                     "returned in the middle: an index on what it filters by "
                     "may spare that",
                     (int)h->k, (int)h->n, h->from, h->to);
  case HF_HINT_BUILD:
    return hf_format(w,
                     "%d of %d runs put %.6g rows into an automatic index, "
                     "thrown away each time: make that index",
                     (int)h->k, (int)h->n, h->from);
  case HF_HINT_SORT:
    return hf_format(w,
                     "%d of %d runs sort, %.6g times each: an index in the "
                     "order asked for may spare that",
                     (int)h->k, (int)h->n, h->from);
  case HF_HINT_WIDE:
    return hf_format(w,
                     "scans %.4g bytes a row in %d runs, other queries %.4g: "
                     "an index may help",
                     h->from, (int)h->n, h->to);
  case HF_HINT_SLOWER:
    return hf_format(w,
                     "the last %d of %d runs took %.3g times what rows and "
                     "bytes explain: look for contention or a lost index",
                     (int)h->k, (int)h->n, h->to);
  case HF_HINT_WORKERS:
    return hf_format(w,
                     "with more workers it was faster: time goes with workers "
                     "to the power %.2g in %d runs; %.6g instead of %.6g",
                     h->at, (int)h->n, h->to, h->from);
  default:
    return hf_format(w,
                     "run it in the hour from %02d:%02d (%.0f): load %.3g%% is "
                     "expected (80%% interval %.3g to %.3g), %.3g%% now, and "
                     "its time grew with load in %d runs",
                     minute / 60, minute % 60, h->at, h->to, h->lo, h->hi,
                     h->from, (int)h->n);
  }
}

char *hf_hint_text(hf_session *s, const hf_hint *h, double utc_offset) {
  char *seen = hint_seen(s, h, utc_offset);
  if (seen == NULL) return NULL;
  if (isnan(h->gain)) {
    return hf_format(&s->work, "%s; its runs do not show how much that saves",
                     seen);
  }
  return hf_format(&s->work,
                   "%s; saves %.0f%% of its time (90%% interval %.0f to %.0f)",
                   seen, 100 * h->gain, 100 * h->gain_lo, 100 * h->gain_hi);
}

char *hf_hint_list(hf_session *s, char *const *text, size_t n) {
  char *all = hf_strdup(&s->work, "[");
  size_t i;
  for (i = 0; all != NULL && i < n; i++) {
    all = hf_format(&s->work, "%s%s\"%s\"", all, i > 0 ? "," : "", text[i]);
  }
  return all != NULL ? hf_format(&s->work, "%s]", all) : NULL;
}

char *hf_hint_evidence(hf_session *s, const hf_hint *h, char *const *text,
                       size_t n) {
  char *all = hf_strdup(&s->work, "[");
  size_t i;
  for (i = 0; all != NULL && i < n; i++) {
    const char *gain = "\"expected_gain\":null,\"gain_lo\":null,"
                       "\"gain_hi\":null";
    if (!isnan(h[i].gain)) {
      gain = hf_format(&s->work,
                       "\"expected_gain\":%!.15g,\"gain_lo\":%!.15g,"
                       "\"gain_hi\":%!.15g",
                       h[i].gain, h[i].gain_lo, h[i].gain_hi);
      if (gain == NULL) return NULL;
    }
    all = hf_format(&s->work,
                    "%s%s{\"kind\":\"%s\",\"recommendation\":\"%s\",%s,"
                    "\"runs\":%lld}",
                    all, i > 0 ? "," : "", hint_kind[h[i].kind], text[i], gain,
                    (sqlite3_int64)h[i].n);
  }
  return all != NULL ? hf_format(&s->work, "%s]", all) : NULL;
}
