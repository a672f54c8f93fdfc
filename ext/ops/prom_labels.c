/*
** prom_labels.c: the labels of a sample: {name="value",...}, read with their
** escapes, sorted by name, and written again as text or as JSON.
*/
#include "prom_line.h"

#include "../num/utf8.h"

#include <string.h>

static int prom_value(hf_prom_line *l, hf_prom_label *out) {
  hf_prom_span *s = &l->rest;
  hf_prom_span start;
  size_t n = 0;
  char *z;
  if (s->at == s->end || *s->at != '"') {
    return hf_prom_refuse(l, *s, "a label value must be in double quotes");
  }
  start = *s;
  for (s->at++; s->at < s->end && *s->at != '"'; s->at++) {
    if (*s->at == '\\' && s->at + 1 < s->end) s->at++;
  }
  if (s->at == s->end) {
    return hf_prom_refuse(l, start,
                          "a label value must end with a double quote");
  }
  z = hf_work_alloc(l->w, (size_t)(s->at - start.at), 1);
  if (z == NULL) return HF_ENOMEM;
  start.at++;
  start.end = s->at++;
  while (start.at < start.end) {
    size_t k = hf_utf8_length(start.at, hf_prom_bytes(start));
    if (k == 0 || *start.at == 0) {
      return hf_prom_refuse(l, start,
                            "a label value must be UTF-8 without NUL");
    }
    if (*start.at == '\\') {
      char c = *++start.at; /* there is one: the quote was not escaped */
      if (c != '\\' && c != '"' && c != 'n') {
        start.at--;
        return hf_prom_refuse(l, start,
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
static int prom_order(hf_prom_span a, hf_prom_span b) {
  size_t na = hf_prom_bytes(a), nb = hf_prom_bytes(b);
  int d = memcmp(a.at, b.at, na < nb ? na : nb);
  return d != 0 ? d : na < nb ? -1 : na > nb;
}

static int prom_label_add(hf_prom_line *l, const hf_prom_label *x) {
  size_t i = l->labels;
  if (i == HF_PROM_LABELS) {
    return hf_prom_refuse(l, x->name, "a sample may have at most 256 labels");
  }
  for (; i > 0; i--) {
    int d = prom_order(l->label[i - 1].name, x->name);
    if (d == 0) {
      return hf_prom_refuse(l, x->name, "a label may stand once in a sample");
    }
    if (d < 0) break;
    l->label[i] = l->label[i - 1];
  }
  l->label[i] = *x;
  l->labels++;
  return HF_OK;
}

/* {name="value",...}, a comma at the end allowed; the brace is next. */
int hf_prom_labels(hf_prom_line *l) {
  hf_prom_span *s = &l->rest;
  int rc;
  s->at++;
  for (;;) {
    hf_prom_label x;
    hf_prom_blanks(s);
    if (s->at < s->end && *s->at == '}') break;
    x.name = hf_prom_take_name(s, 0);
    if (x.name.at == x.name.end) {
      return hf_prom_refuse(l, *s,
                            "a label name has letters, digits and _, no digit "
                            "first; after the labels comes a brace }");
    }
    hf_prom_blanks(s);
    if (s->at == s->end || *s->at != '=') {
      return hf_prom_refuse(l, *s, "a label name is followed by =");
    }
    s->at++;
    hf_prom_blanks(s);
    rc = prom_value(l, &x);
    if (rc == HF_OK) rc = prom_label_add(l, &x);
    if (rc != HF_OK) return rc;
    hf_prom_blanks(s);
    if (s->at < s->end && *s->at == ',') {
      s->at++;
    } else if (s->at == s->end || *s->at != '}') {
      return hf_prom_refuse(l, *s,
                            "a label is followed by a comma or a brace }");
    }
  }
  s->at++;
  return HF_OK;
}

static int prom_json_room(const hf_prom_label *x) {
  size_t i;
  int n = 0;
  for (i = 0; i < x->bytes; i++) {
    n += (unsigned char)x->value[i] < 0x20 ? 6 : 2;
  }
  return n;
}

/* The value with \ " and line feeds escaped; in JSON all control characters. */
static char *prom_escaped(char *out, const hf_prom_label *x, int json) {
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
char *hf_prom_labels_text(hf_prom_line *l, hf_prom_span name, int json) {
  size_t room = hf_prom_bytes(name) + 3, i;
  char *z, *out;
  int any = 0;
  for (i = 0; i < l->labels; i++) {
    const hf_prom_label *x = &l->label[i];
    room += hf_prom_bytes(x->name) + 6 + (size_t)prom_json_room(x);
  }
  z = out = hf_work_alloc(l->w, room, 1);
  if (z == NULL) return NULL;
  memcpy(out, name.at, hf_prom_bytes(name));
  out += hf_prom_bytes(name);
  if (json) *out++ = '{';
  for (i = 0; i < l->labels; i++) {
    const hf_prom_label *x = &l->label[i];
    if (!json && hf_prom_is(x->name, "instance")) continue;
    if (any) {
      *out++ = ',';
    } else if (!json) {
      *out++ = '{';
    }
    any = 1;
    if (json) *out++ = '"';
    memcpy(out, x->name.at, hf_prom_bytes(x->name));
    out += hf_prom_bytes(x->name);
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
