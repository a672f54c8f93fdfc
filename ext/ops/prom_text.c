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

#include "../num/decimal.h"
#include "../num/utf8.h"

#include <math.h>
#include <string.h>

typedef struct prom_span {
  const char *at;
  const char *end;
} prom_span;

typedef struct prom_label {
  prom_span name; /* in the text */
  char *value;    /* unescaped, in the arena */
  size_t bytes;   /* of value */
} prom_label;

/* One line under way. */
typedef struct prom_line {
  hf_prom *p;
  hf_work *w;
  prom_span rest;
  hf_prom_fault *fault;
  size_t labels;
  prom_label *label; /* [HF_PROM_LABELS], sorted by name */
} prom_line;

/* ---- faults */

/* Up to 40 bytes for a message; what is not printable becomes '?'. */
static char *prom_shown(hf_work *w, prom_span s) {
  enum { SHOWN = 40 };
  char *out = hf_work_alloc(w, SHOWN + 1, 1);
  size_t n = 0;
  if (out == NULL) return NULL;
  while (s.at < s.end) {
    size_t k = hf_utf8_length(s.at, (size_t)(s.end - s.at));
    int plain = k > 1 || (k == 1 && (unsigned char)*s.at >= 0x20);
    if (k == 0) k = 1;
    if (n + k > SHOWN) break;
    if (plain) {
      memcpy(out + n, s.at, k);
      n += k;
    } else {
      out[n++] = '?';
    }
    s.at += k;
  }
  out[n] = 0;
  return out;
}

static int prom_refuse(prom_line *l, prom_span got, const char *what) {
  char *shown = prom_shown(l->w, got);
  if (shown == NULL) return HF_ENOMEM;
  l->fault->line = l->p->line;
  l->fault->what = what;
  l->fault->got = shown;
  return HF_ERANGE;
}

/* ---- words */

static void prom_blanks(prom_span *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\t')) s->at++;
}

/* Everything up to a blank. */
static prom_span prom_word(prom_span *s) {
  prom_span w;
  prom_blanks(s);
  w.at = s->at;
  while (s->at < s->end && *s->at != ' ' && *s->at != '\t') s->at++;
  w.end = s->at;
  return w;
}

static size_t prom_bytes(prom_span s) {
  return (size_t)(s.end - s.at);
}

static int prom_is(prom_span s, const char *z) {
  size_t n = strlen(z);
  return prom_bytes(s) == n && memcmp(s.at, z, n) == 0;
}

static int prom_letter(char c, int first, int colon) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (colon && c == ':') || (!first && c >= '0' && c <= '9');
}

/* A name of a metric (`colon` 1) or label; empty where there is none. */
static prom_span prom_name(prom_span *s, int colon) {
  prom_span w;
  w.at = s->at;
  while (s->at < s->end && prom_letter(*s->at, s->at == w.at, colon)) s->at++;
  w.end = s->at;
  return w;
}

static char *prom_copy(hf_work *w, prom_span s) {
  char *z = hf_work_alloc(w, prom_bytes(s) + 1, 1);
  if (z == NULL) return NULL;
  memcpy(z, s.at, prom_bytes(s));
  z[prom_bytes(s)] = 0;
  return z;
}

/* ---- comments: # HELP, # TYPE, # UNIT, # EOF, anything else is ignored */

static int prom_family_is(const hf_prom *p, prom_span name) {
  return prom_bytes(name) == p->family_bytes &&
         memcmp(name.at, p->family, p->family_bytes) == 0;
}

/* The family that a HELP or TYPE line is about begins with it. */
static void prom_family(hf_prom *p, prom_span name) {
  if (prom_family_is(p, name)) return;
  p->family = name.at;
  p->family_bytes = prom_bytes(name);
  p->type = NULL;
  p->sampled = 0;
}

static int prom_type(prom_line *l, prom_span name) {
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
  prom_span word = prom_word(&l->rest);
  hf_prom *p = l->p;
  size_t i;
  if (prom_family_is(p, name) && (p->type != NULL || p->sampled)) {
    return prom_refuse(l, name,
                       "a metric may have one TYPE line, before its samples");
  }
  prom_family(p, name);
  for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    if (!prom_is(word, types[i].word)) continue;
    if (types[i].open_metrics && !p->open_metrics) continue;
    p->type = types[i].type;
    prom_blanks(&l->rest);
    if (l->rest.at < l->rest.end) {
      return prom_refuse(l, l->rest, "nothing may follow the type");
    }
    return HF_OK;
  }
  return prom_refuse(
      l, word,
      "the type must be counter, gauge, histogram, summary or untyped");
}

static int prom_comment(prom_line *l) {
  prom_span word, name, rest;
  l->rest.at++; /* the # */
  word = prom_word(&l->rest);
  if (l->p->open_metrics && prom_is(word, "EOF")) {
    l->p->ended = 1;
    return HF_OK;
  }
  if (!prom_is(word, "HELP") && !prom_is(word, "TYPE")) return HF_OK;
  prom_blanks(&l->rest);
  rest = l->rest;
  name = prom_name(&l->rest, 1);
  if (name.at == name.end ||
      (l->rest.at < l->rest.end && *l->rest.at != ' ' && *l->rest.at != '\t')) {
    return prom_refuse(l, rest,
                       "after HELP or TYPE comes the name of a metric: "
                       "letters, digits, _ and :, no digit first");
  }
  if (prom_is(word, "TYPE")) return prom_type(l, name);
  prom_family(l->p, name);
  return HF_OK;
}

/* ---- labels */

static int prom_value(prom_line *l, prom_label *out) {
  prom_span *s = &l->rest;
  prom_span start;
  size_t n = 0;
  char *z;
  if (s->at == s->end || *s->at != '"') {
    return prom_refuse(l, *s, "a label value must be in double quotes");
  }
  start = *s;
  for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
    if (*s->at == '\\' && s->at + 1 < s->end) s->at++;
  }
  if (s->at == s->end) {
    return prom_refuse(l, start, "a label value must end with a double quote");
  }
  z = hf_work_alloc(l->w, (size_t)(s->at - start.at), 1);
  if (z == NULL) return HF_ENOMEM;
  start.at++;
  start.end = s->at++;
  while (start.at < start.end) {
    size_t k = hf_utf8_length(start.at, prom_bytes(start));
    if (k == 0 || *start.at == 0) {
      return prom_refuse(l, start, "a label value must be UTF-8 without NUL");
    }
    if (*start.at == '\\') {
      char c = *++start.at; /* there is one: the quote was not escaped */
      if (c != '\\' && c != '"' && c != 'n') {
        start.at--;
        return prom_refuse(l, start,
                           "in a label value, a backslash stands before a "
                           "backslash, a double quote or an n");
      }
      z[n++] = c == 'n' ? '\n' : c;
      start.at++;
      continue;
    }
    memcpy(z + n, start.at, k);
    n += k;
    start.at += k;
  }
  z[n] = 0;
  out->value = z;
  out->bytes = n;
  return HF_OK;
}

/* Order of names: by bytes, a prefix first. */
static int prom_order(prom_span a, prom_span b) {
  size_t na = prom_bytes(a), nb = prom_bytes(b);
  int d = memcmp(a.at, b.at, na < nb ? na : nb);
  return d != 0 ? d : na < nb ? -1 : na > nb;
}

static int prom_label_add(prom_line *l, const prom_label *x) {
  size_t i = l->labels;
  if (i == HF_PROM_LABELS) {
    return prom_refuse(l, x->name, "a sample may have at most 256 labels");
  }
  for (; i > 0; i--) {
    int d = prom_order(l->label[i - 1].name, x->name);
    if (d == 0) {
      return prom_refuse(l, x->name, "a label may stand once in a sample");
    }
    if (d < 0) break;
    l->label[i] = l->label[i - 1];
  }
  l->label[i] = *x;
  l->labels++;
  return HF_OK;
}

/* {name="value",...}, a comma at the end allowed; the brace is next. */
static int prom_labels(prom_line *l) {
  prom_span *s = &l->rest;
  int rc;
  s->at++;
  for (;;) {
    prom_label x;
    prom_blanks(s);
    if (s->at < s->end && *s->at == '}') break;
    x.name = prom_name(s, 0);
    if (x.name.at == x.name.end) {
      return prom_refuse(l, *s,
                         "a label name has letters, digits and _, no digit "
                         "first; after the labels comes a brace }");
    }
    prom_blanks(s);
    if (s->at == s->end || *s->at != '=') {
      return prom_refuse(l, *s, "a label name is followed by =");
    }
    s->at++;
    prom_blanks(s);
    rc = prom_value(l, &x);
    if (rc == HF_OK) rc = prom_label_add(l, &x);
    if (rc != HF_OK) return rc;
    prom_blanks(s);
    if (s->at < s->end && *s->at == ',') {
      s->at++;
    } else if (s->at == s->end || *s->at != '}') {
      return prom_refuse(l, *s, "a label is followed by a comma or a brace }");
    }
  }
  s->at++;
  return HF_OK;
}

/* ---- numbers */

/* The word `z`, in small letters, whatever the case. */
static int prom_word_is(prom_span s, const char *z) {
  size_t n = strlen(z), i;
  if (prom_bytes(s) != n) return 0;
  for (i = 0; i < n; i++) {
    char c = s.at[i];
    if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
    if (c != z[i]) return 0;
  }
  return 1;
}

static int prom_number(prom_span word, double *out) {
  prom_span bare = word;
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
  if (hf_decimal_read(word.at, prom_bytes(word), &x) != HF_OK) return 0;
  *out = x;
  return 1;
}

static int prom_stamp(prom_line *l, double *ts) {
  prom_span word = prom_word(&l->rest);
  double x;
  const char *p = word.at;
  int good = prom_number(word, &x) && fabs(x) <= 1e14;
  if (l->p->open_metrics) {
    if (!good || fabs(x) > 1e11) {
      return prom_refuse(l, word,
                         "a time of OpenMetrics must be unix seconds within "
                         "1e11");
    }
    *ts = x;
    return HF_OK;
  }
  if (p < word.end && (*p == '-' || *p == '+')) p++;
  for (; p < word.end; p++) good = good && *p >= '0' && *p <= '9';
  if (!good) {
    return prom_refuse(l, word,
                       "a time must be whole unix milliseconds within 1e14");
  }
  *ts = x / 1000;
  return HF_OK;
}

/* ---- a sample */

static int prom_json_room(const prom_label *x) {
  size_t i;
  int n = 0;
  for (i = 0; i < x->bytes; i++) {
    n += (unsigned char)x->value[i] < 0x20 ? 6 : 2;
  }
  return n;
}

/* The value with \ " and line feeds escaped; in JSON all control characters. */
static char *prom_escaped(char *out, const prom_label *x, int json) {
  static const char hex[] = "0123456789abcdef";
  size_t i;
  for (i = 0; i < x->bytes; i++) {
    char c = x->value[i];
    if (c == '\\' || c == '"') {
      *out++ = '\\';
      *out++ = c;
    } else if (c == '\n') {
      *out++ = '\\';
      *out++ = 'n';
    } else if (json && (unsigned char)c < 0x20) {
      memcpy(out, "\\u00", 4);
      out[4] = hex[(unsigned char)c >> 4];
      out[5] = hex[c & 15];
      out += 6;
    } else {
      *out++ = c;
    }
  }
  return out;
}

/* The labels as a JSON object, or as the braces of a series. */
static char *prom_labels_text(prom_line *l, prom_span name, int json) {
  size_t room = prom_bytes(name) + 3, i;
  char *z, *out;
  int any = 0;
  for (i = 0; i < l->labels; i++) {
    const prom_label *x = &l->label[i];
    room += prom_bytes(x->name) + 6 + (size_t)prom_json_room(x);
  }
  z = out = hf_work_alloc(l->w, room, 1);
  if (z == NULL) return NULL;
  memcpy(out, name.at, prom_bytes(name));
  out += prom_bytes(name);
  if (json) *out++ = '{';
  for (i = 0; i < l->labels; i++) {
    const prom_label *x = &l->label[i];
    if (!json && prom_is(x->name, "instance")) continue;
    if (any) {
      *out++ = ',';
    } else if (!json) {
      *out++ = '{';
    }
    any = 1;
    if (json) *out++ = '"';
    memcpy(out, x->name.at, prom_bytes(x->name));
    out += prom_bytes(x->name);
    if (json) *out++ = '"';
    *out++ = json ? ':' : '=';
    *out++ = '"';
    out = prom_escaped(out, x, json);
    *out++ = '"';
  }
  if (json || any) *out++ = '}';
  *out = 0;
  return z;
}

/* 1 when a sample called so belongs to the family at hand. */
static int prom_belongs(const hf_prom *p, prom_span name) {
  static const char *const parts[] = {"_bucket",  "_sum",  "_count", "_total",
                                      "_created", "_info", "_gsum",  "_gcount"};
  size_t i;
  prom_span rest = name;
  if (p->family == NULL || prom_bytes(name) < p->family_bytes) return 0;
  if (memcmp(name.at, p->family, p->family_bytes) != 0) return 0;
  rest.at += p->family_bytes;
  if (rest.at == rest.end) return 1;
  for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    if (!prom_is(rest, parts[i])) continue;
    return i < 3 ? p->type != NULL && (strcmp(p->type, "histogram") == 0 ||
                                       strcmp(p->type, "summary") == 0)
                 : p->open_metrics;
  }
  return 0;
}

static int prom_sample(prom_line *l, hf_prom_sample *out) {
  prom_span name, word, none = {"", NULL}, start = l->rest;
  hf_prom_sample x;
  size_t i;
  int rc;
  none.end = none.at;
  name = prom_name(&l->rest, 1);
  if (name.at == name.end ||
      (l->rest.at < l->rest.end && memchr(" \t{", *l->rest.at, 3) == NULL)) {
    return prom_refuse(l, start,
                       "a line begins with # or the name of a metric: "
                       "letters, digits, _ and :, no digit first");
  }
  prom_blanks(&l->rest);
  if (l->rest.at < l->rest.end && *l->rest.at == '{') {
    rc = prom_labels(l);
    if (rc != HF_OK) return rc;
  }
  word = prom_word(&l->rest);
  if (word.at == word.end) {
    return prom_refuse(l, start, "a sample needs a value after its name");
  }
  if (!prom_number(word, &x.value)) {
    return prom_refuse(l, word, "a value must be a number, NaN, +Inf or -Inf");
  }
  if (!isfinite(x.value)) x.value = NAN;
  x.ts = NAN;
  prom_blanks(&l->rest);
  if (l->rest.at < l->rest.end && !(l->p->open_metrics && *l->rest.at == '#')) {
    rc = prom_stamp(l, &x.ts);
    if (rc != HF_OK) return rc;
    prom_blanks(&l->rest);
  }
  if (l->rest.at < l->rest.end && !(l->p->open_metrics && *l->rest.at == '#')) {
    return prom_refuse(l, l->rest, "nothing may follow value and time");
  }
  x.component = "";
  for (i = 0; i < l->labels; i++) {
    if (prom_is(l->label[i].name, "instance")) x.component = l->label[i].value;
  }
  x.type = "untyped";
  if (prom_belongs(l->p, name)) {
    l->p->sampled = 1;
    if (l->p->type != NULL) x.type = l->p->type;
  }
  x.name = prom_copy(l->w, name);
  x.text = prom_copy(l->w, word);
  x.metric = prom_labels_text(l, name, 0);
  x.labels = prom_labels_text(l, none, 1);
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
static int prom_cut(prom_line *l) {
  hf_prom *p = l->p;
  const char *nl = memchr(p->at, '\n', (size_t)(p->end - p->at));
  p->line++;
  l->rest.at = p->at;
  l->rest.end = nl != NULL ? nl : p->end;
  if (nl == NULL && !p->open_metrics) {
    return prom_refuse(l, l->rest,
                       "the last line must end with a line feed, else it may "
                       "have been cut off");
  }
  p->at = nl != NULL ? nl + 1 : p->end;
  if (p->ended) {
    return prom_refuse(l, l->rest, "nothing may follow # EOF");
  }
  while (l->rest.end > l->rest.at &&
         (l->rest.end[-1] == ' ' || l->rest.end[-1] == '\t')) {
    l->rest.end--;
  }
  prom_blanks(&l->rest);
  return HF_OK;
}

int hf_prom_next(hf_prom *p, hf_work *w, int *found, hf_prom_sample *out,
                 hf_prom_fault *fault) {
  /* `fault` is written, never read */
  /* cppcheck-suppress ctuuninitvar */
  prom_line l = {p, w, {NULL, NULL}, fault, 0, NULL};
  hf_mark mark;
  l.label = hf_work_alloc(w, HF_PROM_LABELS, sizeof(*l.label));
  if (l.label == NULL) return HF_ENOMEM;
  mark = hf_work_mark(w);
  while (p->at < p->end) {
    int rc = prom_cut(&l);
    if (rc == HF_OK) rc = hf_work_check(w, prom_bytes(l.rest) + 100);
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
