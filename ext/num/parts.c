/*
** parts.c: named arrays of numbers (parts.h). They are few: a search is a walk.
*/
#include "parts.h"

#include <math.h>
#include <string.h>

double *hf_parts_add(hf_work *w, hf_parts *p, const char *name, size_t n) {
  double *value = hf_work_reals(w, n);
  if (value == NULL) return NULL;
  if (p->n == p->room) {
    size_t room = p->room == 0 ? 32 : 2 * p->room;
    hf_part *part = hf_work_alloc(w, room, sizeof(*part));
    if (part == NULL) return NULL;
    if (p->n > 0) memcpy(part, p->part, p->n * sizeof(*part));
    p->part = part;
    p->room = room;
  }
  p->part[p->n].name = name;
  p->part[p->n].value = value;
  p->part[p->n++].n = n;
  return value;
}

static const hf_part *parts_of(const hf_parts *p, const char *name) {
  size_t i;
  for (i = 0; i < p->n; i++) {
    if (strcmp(p->part[i].name, name) == 0) return &p->part[i];
  }
  return NULL;
}

const double *hf_parts_find(const hf_parts *p, const char *name, size_t n,
                            double lo, double hi) {
  const hf_part *part = parts_of(p, name);
  size_t i;
  if (part == NULL || part->n != n) return NULL;
  for (i = 0; i < n; i++) {
    if (!(part->value[i] >= lo && part->value[i] <= hi)) return NULL;
  }
  return part->value;
}

int hf_parts_count(const hf_parts *p, const char *name, size_t lo, size_t hi,
                   size_t *out) {
  const double *v = hf_parts_find(p, name, 1, (double)lo, (double)hi);
  if (v == NULL || *v != floor(*v)) return 0;
  *out = (size_t)*v;
  return 1;
}
