/*
** prom_text.h: samples out of the text with which Prometheus is fed (text
** exposition format 0.0.4; OpenMetrics 1.0 when the last line is "# EOF").
**
** A pure function on (text, length), one sample a call, so that the memory
** needed does not grow with the text. The text needs no closing zero and may
** be anything.
*/
#ifndef HF_PROM_TEXT_H
#define HF_PROM_TEXT_H

#include <stddef.h>

#include "../num/work.h"

enum { HF_PROM_LABELS = 256 }; /* labels that a sample may have */

/* Where reading stands. Private but for `line`. */
typedef struct hf_prom {
  const char *at;
  const char *end;
  size_t line;        /* of the text, from 1: the one read last */
  int open_metrics;   /* 1: times are seconds, and "# EOF" ends the text */
  int ended;          /* 1: "# EOF" was read */
  const char *family; /* of the TYPE or HELP line read last; in the text */
  size_t family_bytes;
  const char *type; /* of the family; NULL: it has no TYPE line */
  int sampled;      /* 1: a sample of the family was read */
} hf_prom;

/* One sample. The texts are in the arena, UTF-8, with a closing zero. */
typedef struct hf_prom_sample {
  const char *metric;    /* name{label="value",...} without `instance`, labels
                            sorted by name, values escaped; or the name */
  const char *component; /* value of the label `instance`, or "" */
  const char *name;
  const char *labels; /* all of them, a JSON object */
  const char *type;   /* counter, gauge, histogram, summary, untyped */
  const char *text;   /* the value as written */
  double ts;          /* unix seconds; NaN: the line has none */
  double value;       /* NaN for NaN and infinities */
} hf_prom_sample;

/* What is wrong with a line. */
typedef struct hf_prom_fault {
  size_t line;
  const char *what; /* what is allowed; a constant */
  const char *got;  /* in the arena: up to 40 bytes of the line, UTF-8 */
} hf_prom_fault;

/* Begins with a text, which must outlast the reading. */
void hf_prom_open(hf_prom *p, const char *text, size_t n);

/* The next sample. HF_OK with *found 1, or 0 at the end of the text. HF_ERANGE:
** a line is malformed, and *fault says how. HF_ENOMEM; what stop() says. */
int hf_prom_next(hf_prom *p, hf_work *w, int *found, hf_prom_sample *out,
                 hf_prom_fault *fault);

#endif
