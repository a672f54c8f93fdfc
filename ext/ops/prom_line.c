/*
** prom_line.c: words and names of a line, and what is said of a malformed one.
*/
#include "prom_line.h"

#include "../num/utf8.h"

#include <string.h>

/* Up to 40 bytes for a message; what is not printable becomes '?'. */
static char *prom_shown(hf_work *w, hf_prom_span s) {
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

int hf_prom_refuse(hf_prom_line *l, hf_prom_span got, const char *what) {
  char *shown = prom_shown(l->w, got);
  if (shown == NULL) return HF_ENOMEM;
  l->fault->line = l->p->line;
  l->fault->what = what;
  l->fault->got = shown;
  return HF_ERANGE;
}

/* ---- words */

void hf_prom_blanks(hf_prom_span *s) {
  while (s->at < s->end && (*s->at == ' ' || *s->at == '\t')) s->at++;
}

/* Everything up to a blank. */
hf_prom_span hf_prom_word(hf_prom_span *s) {
  hf_prom_span w;
  hf_prom_blanks(s);
  w.at = s->at;
  while (s->at < s->end && *s->at != ' ' && *s->at != '\t') s->at++;
  w.end = s->at;
  return w;
}

size_t hf_prom_bytes(hf_prom_span s) {
  return (size_t)(s.end - s.at);
}

int hf_prom_is(hf_prom_span s, const char *z) {
  size_t n = strlen(z);
  return hf_prom_bytes(s) == n && memcmp(s.at, z, n) == 0;
}

static int prom_letter(char c, int first, int colon) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (colon && c == ':') || (!first && c >= '0' && c <= '9');
}

/* A name of a metric (`colon` 1) or label; empty where there is none. */
hf_prom_span hf_prom_take_name(hf_prom_span *s, int colon) {
  hf_prom_span w;
  w.at = s->at;
  while (s->at < s->end && prom_letter(*s->at, s->at == w.at, colon)) s->at++;
  w.end = s->at;
  return w;
}

char *hf_prom_copy(hf_work *w, hf_prom_span s) {
  char *z = hf_work_alloc(w, hf_prom_bytes(s) + 1, 1);
  if (z == NULL) return NULL;
  memcpy(z, s.at, hf_prom_bytes(s));
  z[hf_prom_bytes(s)] = 0;
  return z;
}
