/*
** prom_text.c: see prom_text.h.
**
**   # TYPE http_requests_total counter
**   http_requests_total{instance="web-1",code="200"} 1027 1395066363000
**
** Formats: "Exposition formats" of the Prometheus documentation (text format
** 0.0.4) and OpenMetrics 1.0. A metric's lines form one group that begins
** with its TYPE line, so that only the type of the group at hand is kept.
** Histograms and summaries come as their parts (_bucket, _sum, _count and
** quantiles), each a sample of its own, as Prometheus stores them. Exemplars
** of OpenMetrics are skipped.
*/
#include "prom_text.h"
#include "prom_line.h"

#include "../num/decimal.h"

#include <math.h>
#include <string.h>

/* ---- comments: # HELP, # TYPE, # UNIT, # EOF, anything else is ignored */

static int prom_family_is(const hf_prom *p, hf_prom_span name) {
  return hf_prom_bytes(name) == p->family_bytes &&
         memcmp(name.at, p->family, p->family_bytes) == 0;
}

/* The family that a HELP or TYPE line is about begins with it. */
static void prom_family(hf_prom *p, hf_prom_span name) {
  if (prom_family_is(p, name)) return;
  p->family = name.at;
  p->family_bytes = hf_prom_bytes(name);
  p->type = NULL;
  p->sampled = 0;
}

static int prom_type(hf_prom_line *l, hf_prom_span name) {
  static const struct {
    const char *word, *type;
    int open_metrics; /* 1: known to OpenMetrics only */
  } types[] = {{"counter", "counter", 0},
               {"gauge", "gauge", 0},
               {"histogram", "histogram", 0},
               {"summary", "summary", 0},
               {"untyped", "untyped", 0},
               {"unknown", "untyped", 1},
               {"info", "gauge", 1},
               {"stateset", "gauge", 1},
               {"gaugehistogram", "histogram", 1}};
  hf_prom_span word = hf_prom_word(&l->rest);
  hf_prom *p = l->p;
  size_t i;
  if (prom_family_is(p, name) && (p->type != NULL || p->sampled)) {
    return hf_prom_refuse(
        l, name, "a metric may have one TYPE line, before its samples");
  }
  prom_family(p, name);
  for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    if (!hf_prom_is(word, types[i].word)) continue;
    if (types[i].open_metrics && !p->open_metrics) continue;
    p->type = types[i].type;
    hf_prom_blanks(&l->rest);
    if (l->rest.at < l->rest.end) {
      return hf_prom_refuse(l, l->rest, "nothing may follow the type");
    }
    return HF_OK;
  }
  return hf_prom_refuse(
      l, word,
      "the type must be counter, gauge, histogram, summary or untyped");
}

static int prom_comment(hf_prom_line *l) {
  hf_prom_span word, name, rest;
  l->rest.at++; /* the # */
  word = hf_prom_word(&l->rest);
  if (l->p->open_metrics && hf_prom_is(word, "EOF")) {
    l->p->ended = 1;
    return HF_OK;
  }
  if (!hf_prom_is(word, "HELP") && !hf_prom_is(word, "TYPE")) return HF_OK;
  hf_prom_blanks(&l->rest);
  rest = l->rest;
  name = hf_prom_take_name(&l->rest, 1);
  if (name.at == name.end ||
      (l->rest.at < l->rest.end && *l->rest.at != ' ' && *l->rest.at != '\t')) {
    return hf_prom_refuse(l, rest,
                          "after HELP or TYPE comes the name of a metric: "
                          "letters, digits, _ and :, no digit first");
  }
  if (hf_prom_is(word, "TYPE")) return prom_type(l, name);
  prom_family(l->p, name);
  return HF_OK;
}

/* ---- numbers */

/* The word `z`, in small letters, whatever the case. */
static int prom_word_is(hf_prom_span s, const char *z) {
  size_t n = strlen(z), i;
  if (hf_prom_bytes(s) != n) return 0;
  for (i = 0; i < n; i++) {
    char c = s.at[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
    if (c != z[i]) return 0;
  }
  return 1;
}

static int prom_number(hf_prom_span word, double *out) {
  hf_prom_span bare = word;
  double x;
  if (prom_word_is(word, "nan")) {
    *out = NAN;
    return 1;
  }
  if (bare.at < bare.end && (*bare.at == '+' || *bare.at == '-')) bare.at++;
  if (prom_word_is(bare, "inf") || prom_word_is(bare, "infinity")) {
    *out = *word.at == '-' ? -INFINITY : INFINITY;
    return 1;
  }
  if (hf_decimal_read(word.at, hf_prom_bytes(word), &x) != HF_OK) return 0;
  *out = x;
  return 1;
}

static int prom_stamp(hf_prom_line *l, double *ts) {
  hf_prom_span word = hf_prom_word(&l->rest);
  double x;
  const char *p = word.at;
  int good = prom_number(word, &x) && fabs(x) <= 1e14;
  if (l->p->open_metrics) {
    if (!good || fabs(x) > 1e11) {
      return hf_prom_refuse(l, word,
                            "a time of OpenMetrics must be unix seconds within "
                            "1e11");
    }
    *ts = x;
    return HF_OK;
  }
  if (p < word.end && (*p == '-' || *p == '+')) p++;
  for (; p < word.end; p++) good = good && *p >= '0' && *p <= '9';
  if (!good) {
    return hf_prom_refuse(l, word,
                          "a time must be whole unix milliseconds within 1e14");
  }
  *ts = x / 1000;
  return HF_OK;
}

/* ---- a sample */

static int prom_belongs(const hf_prom *p, hf_prom_span name) {
  static const char *const parts[] = {"_bucket",  "_sum",  "_count", "_total",
                                      "_created", "_info", "_gsum",  "_gcount"};
  size_t i;
  hf_prom_span rest = name;
  if (p->family == NULL || hf_prom_bytes(name) < p->family_bytes) return 0;
  if (memcmp(name.at, p->family, p->family_bytes) != 0) return 0;
  rest.at += p->family_bytes;
  if (rest.at == rest.end) return 1;
  for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    if (!hf_prom_is(rest, parts[i])) continue;
    return i < 3 ? p->type != NULL && (strcmp(p->type, "histogram") == 0 ||
                                       strcmp(p->type, "summary") == 0)
                 : p->open_metrics;
  }
  return 0;
}

static int prom_sample(hf_prom_line *l, hf_prom_sample *out) {
  hf_prom_span name, word, none = {"", NULL}, start = l->rest;
  hf_prom_sample x;
  size_t i;
  int rc;
  none.end = none.at;
  name = hf_prom_take_name(&l->rest, 1);
  if (name.at == name.end ||
      (l->rest.at < l->rest.end && memchr(" \t{", *l->rest.at, 3) == NULL)) {
    return hf_prom_refuse(l, start,
                          "a line begins with # or the name of a metric: "
                          "letters, digits, _ and :, no digit first");
  }
  hf_prom_blanks(&l->rest);
  if (l->rest.at < l->rest.end && *l->rest.at == '{') {
    rc = hf_prom_labels(l);
    if (rc != HF_OK) return rc;
  }
  word = hf_prom_word(&l->rest);
  if (word.at == word.end) {
    return hf_prom_refuse(l, start, "a sample needs a value after its name");
  }
  if (!prom_number(word, &x.value)) {
    return hf_prom_refuse(l, word,
                          "a value must be a number, NaN, +Inf or -Inf");
  }
  if (!isfinite(x.value)) x.value = NAN;
  x.ts = NAN;
  hf_prom_blanks(&l->rest);
  if (l->rest.at < l->rest.end && !(l->p->open_metrics && *l->rest.at == '#')) {
    rc = prom_stamp(l, &x.ts);
    if (rc != HF_OK) return rc;
    hf_prom_blanks(&l->rest);
  }
  if (l->rest.at < l->rest.end && !(l->p->open_metrics && *l->rest.at == '#')) {
    return hf_prom_refuse(l, l->rest, "nothing may follow value and time");
  }
  x.component = "";
  for (i = 0; i < l->labels; i++) {
    if (hf_prom_is(l->label[i].name, "instance"))
      x.component = l->label[i].value;
  }
  x.type = "untyped";
  if (prom_belongs(l->p, name)) {
    l->p->sampled = 1;
    if (l->p->type != NULL) x.type = l->p->type;
  }
  x.name = hf_prom_copy(l->w, name);
  x.text = hf_prom_copy(l->w, word);
  x.metric = hf_prom_labels_text(l, name, 0);
  x.labels = hf_prom_labels_text(l, none, 1);
  if (x.name == NULL || x.text == NULL || x.metric == NULL ||
      x.labels == NULL) {
    return HF_ENOMEM;
  }
  *out = x;
  return HF_OK;
}

/* ---- the text */

void hf_prom_open(hf_prom *p, const char *text, size_t n) {
  static const char mark[] = "# EOF";
  size_t k = n;
  memset(p, 0, sizeof(*p));
  p->at = text;
  p->end = text + n;
  if (k > 0 && text[k - 1] == '\n') k--;
  p->open_metrics = k >= 5 && memcmp(text + k - 5, mark, 5) == 0 &&
                    (k == 5 || text[k - 6] == '\n');
}

/* Cuts the next line off; its line feed may only be missing after # EOF, or
** half a number would count as a whole one. */
static int prom_cut(hf_prom_line *l) {
  hf_prom *p = l->p;
  const char *nl = memchr(p->at, '\n', (size_t)(p->end - p->at));
  p->line++;
  l->rest.at = p->at;
  l->rest.end = nl != NULL ? nl : p->end;
  if (nl == NULL && !p->open_metrics) {
    return hf_prom_refuse(
        l, l->rest,
        "the last line must end with a line feed, else it may "
        "have been cut off");
  }
  p->at = nl != NULL ? nl + 1 : p->end;
  if (p->ended) {
    return hf_prom_refuse(l, l->rest, "nothing may follow # EOF");
  }
  while (l->rest.end > l->rest.at &&
         (l->rest.end[-1] == ' ' || l->rest.end[-1] == '\t')) {
    l->rest.end--;
  }
  hf_prom_blanks(&l->rest);
  return HF_OK;
}

int hf_prom_next(hf_prom *p, hf_work *w, int *found, hf_prom_sample *out,
                 hf_prom_fault *fault) {
  /* `fault` is written, never read */
  /* cppcheck-suppress ctuuninitvar */
  hf_prom_line l = {p, w, {NULL, NULL}, fault, 0, NULL};
  hf_mark mark;
  l.label = hf_work_alloc(w, HF_PROM_LABELS, sizeof(*l.label));
  if (l.label == NULL) return HF_ENOMEM;
  mark = hf_work_mark(w);
  while (p->at < p->end) {
    int rc = prom_cut(&l);
    if (rc == HF_OK) rc = hf_work_check(w, hf_prom_bytes(l.rest) + 100);
    if (rc != HF_OK) return rc;
    if (l.rest.at == l.rest.end) continue;
    if (*l.rest.at != '#') {
      rc = prom_sample(&l, out);
      if (rc == HF_OK) *found = 1;
      return rc;
    }
    rc = prom_comment(&l);
    if (rc != HF_OK) return rc;
    hf_work_release(w, mark);
  }
  *found = 0;
  return HF_OK;
}
