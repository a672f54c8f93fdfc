/*
** prom_series.c: see prom_series.h.
*/
#include "prom_series.h"

#include "../num/utf8.h"
#include "prom_text.h"

#include <string.h>

static int prom_series_letter(char c, int first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == ':' || (!first && c >= '0' && c <= '9');
}

char *hf_prom_escape(hf_work *w, const char *text, int quotes) {
  size_t n = strlen(text);
  char *out = hf_work_alloc(w, 3 * n + 1, 1); /* a byte gives three at most */
  char *p = out;
  if (out == NULL) return NULL;
  while (n > 0) {
    size_t k = hf_utf8_length(text, n);
    if (k == 0) {
      memcpy(p, "\xef\xbf\xbd", 3);
      p += 3;
      k = 1;
    } else if (*text == '\n') {
      memcpy(p, "\\n", 2);
      p += 2;
    } else {
      if (*text == '\\' || (quotes && *text == '"')) *p++ = '\\';
      memcpy(p, text, k);
      p += k;
    }
    text += k;
    n -= k;
  }
  *p = 0;
  return out;
}

/* 1 when the metric is a name with labels as hf_from_prometheus() puts it. */
static int prom_series_known(hf_work *w, const char *metric, int *known,
                             hf_prom_sample *out) {
  size_t n = strlen(metric);
  hf_prom p;
  hf_prom_fault fault;
  int found = 0;
  char *line = hf_work_alloc(w, n + 4, 1);
  int rc;
  *known = 0;
  if (line == NULL) return HF_ENOMEM;
  memcpy(line, metric, n);
  memcpy(line + n, " 1\n", 4);
  hf_prom_open(&p, line, n + 3);
  rc = hf_prom_next(&p, w, &found, out, &fault);
  if (rc == HF_ERANGE) return HF_OK;
  *known = rc == HF_OK && found && strcmp(out->metric, metric) == 0 &&
           strlen(out->name) < n;
  return rc;
}

/* A valid name made of any text. */
static char *prom_series_clean(hf_work *w, const char *metric, int counter) {
  static const char suffix[] = "_total";
  size_t n = strlen(metric), left = n;
  char *out = hf_work_alloc(w, n + sizeof(suffix) + 1, 1);
  char *p = out;
  if (out == NULL) return NULL;
  if (n > 0 && metric[0] >= '0' && metric[0] <= '9') *p++ = '_';
  while (left > 0) {
    size_t k = hf_utf8_length(metric, left);
    *p = prom_series_letter(*metric, p == out) ? *metric : '_';
    p++;
    if (k == 0) k = 1;
    metric += k;
    left -= k;
  }
  n = (size_t)(p - out);
  if (counter && (n < 6 || memcmp(p - 6, suffix, 6) != 0)) {
    memcpy(p, suffix, 6);
    p += 6;
  }
  *p = 0;
  return out;
}

/* Appends name="value" with a comma or the opening brace before it. */
static char *prom_series_label(char *p, int first, const char *name,
                               const char *value) {
  *p++ = first ? '{' : ',';
  memcpy(p, name, strlen(name));
  p += strlen(name);
  *p++ = '=';
  *p++ = '"';
  memcpy(p, value, strlen(value));
  p += strlen(value);
  *p++ = '"';
  return p;
}

int hf_prom_name_series(hf_work *w, const char *metric, const char *component,
                        int counter, hf_prom_name *out) {
  hf_prom_sample x;
  const char *family, *original, *owner, *label = "component";
  char *series, *p;
  int known, changed, open = 0;
  int rc = prom_series_known(w, metric, &known, &x);
  if (rc != HF_OK) return rc;
  family = prom_series_clean(w, known ? x.name : metric, counter && !known);
  original = hf_prom_escape(w, metric, 1);
  owner = hf_prom_escape(w, component, 1);
  if (family == NULL || original == NULL || owner == NULL) return HF_ENOMEM;
  changed = strcmp(family, known ? x.name : metric) != 0;
  series = hf_work_alloc(w,
                         strlen(family) + strlen(metric) + strlen(original) +
                             strlen(owner) + 60,
                         1);
  if (series == NULL) return HF_ENOMEM;
  p = series;
  memcpy(p, family, strlen(family));
  p += strlen(family);
  if (known && metric[strlen(x.name)] == '{') {
    const char *labels = metric + strlen(x.name);
    size_t n = strlen(labels) - 1; /* the closing brace comes last */
    if (strstr(labels, "{component=\"") != NULL ||
        strstr(labels, ",component=\"") != NULL) {
      label = "hf_component";
    }
    memcpy(p, labels, n);
    p += n;
    open = 1;
  }
  if (component[0] != 0) {
    p = prom_series_label(p, !open, label, owner);
    open = 1;
  }
  if (changed) {
    p = prom_series_label(p, !open, "metric", original);
    open = 1;
  }
  if (open) *p++ = '}';
  *p = 0;
  out->family = family;
  out->series = series;
  return HF_OK;
}
