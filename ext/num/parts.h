/*
** parts.h: named arrays of numbers, as which a model is handed to whoever
** keeps it, and comes back. What comes back may be anything; its reader checks
** names, counts and ranges.
*/
#ifndef HF_PARTS_H
#define HF_PARTS_H

#include "work.h"

typedef struct hf_part {
  const char *name; /* not empty; unique among the parts */
  double *value;    /* [n]; NaN: nothing there */
  size_t n;
} hf_part;

/* Zeroed: none. */
typedef struct hf_parts {
  hf_part *part; /* [n] */
  size_t n, room;
} hf_parts;

/* Appends a part. Room for its values, not cleared, in `w`; NULL when memory
** runs out. The name must live as long as the parts. */
double *hf_parts_add(hf_work *w, hf_parts *p, const char *name, size_t n);

/* The values of a part; NULL unless it is there with exactly n values, each of
** them in lo..hi (NaN is outside). */
const double *hf_parts_find(const hf_parts *p, const char *name, size_t n,
                            double lo, double hi);

/* The only value of a part, when it is a whole number in lo..hi, lo >= 0: 1,
** else 0. */
int hf_parts_count(const hf_parts *p, const char *name, size_t lo, size_t hi,
                   size_t *out);

#endif
