/*
** prom_line.h: a line of the text under way; for the files prom_*.c that read.
*/
#ifndef HF_PROM_LINE_H
#define HF_PROM_LINE_H

#include "prom_text.h"

/* Bytes of the text, from `at` to before `end`. */
typedef struct hf_prom_span {
  const char *at;
  const char *end;
} hf_prom_span;

typedef struct hf_prom_label {
  hf_prom_span name; /* in the text */
  char *value;       /* unescaped, in the arena */
  size_t bytes;      /* of value */
} hf_prom_label;

/* One line. */
typedef struct hf_prom_line {
  hf_prom *p;
  hf_work *w;
  hf_prom_span rest;
  hf_prom_fault *fault;
  size_t labels;
  hf_prom_label *label; /* [HF_PROM_LABELS], sorted by name */
} hf_prom_line;

/* Says in l->fault what is allowed instead of `got`: HF_ERANGE, or
** HF_ENOMEM. */
int hf_prom_refuse(hf_prom_line *l, hf_prom_span got, const char *what);

/* Takes blanks, a word, or a name (`colon`: of a metric) off the front of s. */
void hf_prom_blanks(hf_prom_span *s);
hf_prom_span hf_prom_word(hf_prom_span *s);
hf_prom_span hf_prom_take_name(hf_prom_span *s, int colon);

size_t hf_prom_bytes(hf_prom_span s);

/* 1 when s is the text z. */
int hf_prom_is(hf_prom_span s, const char *z);

/* s with a closing zero in the arena; NULL when memory runs out. */
char *hf_prom_copy(hf_work *w, hf_prom_span s);

/* The labels in braces at the front of l->rest, into l->label: HF_OK,
** HF_ERANGE with the fault, HF_ENOMEM. */
int hf_prom_labels(hf_prom_line *l);

/* The labels as text behind the name, without `instance`, or all of them as a
** JSON object; NULL when memory runs out. */
char *hf_prom_labels_text(hf_prom_line *l, hf_prom_span name, int json);

#endif
