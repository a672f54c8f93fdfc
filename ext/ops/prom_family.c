/*
** prom_family.c: see prom_family.h.
**
** "Exposition formats" of the Prometheus documentation: a histogram x is
** exposed as x_bucket with the label le, x_sum and x_count, a summary x as x
** with the label quantile, x_sum and x_count; the lines of a metric form one
** group, and buckets and quantiles ascend.
*/
#include "prom_family.h"

#include "../num/decimal.h"

#include <math.h>
#include <string.h>

int hf_prom_by_name(const void *a, const void *b) {
  const hf_prom_part *x = a;
  const hf_prom_part *y = b;
  int d = strcmp(x->family, y->family);
  if (d == 0) d = strcmp(x->series, y->series);
  return d != 0 ? d : x->at < y->at ? -1 : x->at > y->at;
}

int hf_prom_by_group(const void *a, const void *b) {
  const hf_prom_part *x = a;
  const hf_prom_part *y = b;
  int d = strcmp(x->group, y->group);
  if (d == 0) d = x->rank - y->rank;
  if (d == 0) d = strcmp(x->key, y->key);
  if (d == 0) d = x->edge < y->edge ? -1 : x->edge > y->edge;
  if (d == 0) d = strcmp(x->series, y->series);
  return d != 0 ? d : x->at < y->at ? -1 : x->at > y->at;
}

/* First part of the family `base` + `tail` among part[n], ordered by name; n:
** there is none. */
static size_t family_find(const hf_prom_part *part, size_t n, const char *base,
                          size_t bytes, const char *tail) {
  size_t lo = 0, hi = n;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    const char *f = part[mid].family;
    int d = strncmp(f, base, bytes);
    if (d == 0) d = strcmp(f + bytes, tail);
    if (d < 0) {
      lo = mid + 1;
    } else {
      hi = mid;
    }
  }
  if (lo < n && strncmp(part[lo].family, base, bytes) == 0 &&
      strcmp(part[lo].family + bytes, tail) == 0)
    return lo;
  return n;
}

/* The value of a label in a series, and where it begins and ends; 0: it has no
** such label. */
static int family_label(const char *series, const char *label, const char **at,
                        const char **end) {
  size_t n = strlen(label);
  const char *z = strchr(series, '{');
  while (z != NULL && *z != 0 && *z != '}') {
    const char *name = z + 1, *value = strchr(name, '"');
    if (value == NULL) return 0;
    z = ++value;
    while (*z != 0 && *z != '"') z += z[0] == '\\' && z[1] != 0 ? 2 : 1;
    if (*z == 0) return 0;
    if (strncmp(name, label, n) == 0 && name[n] == '=') {
      *at = value;
      *end = z;
      return 1;
    }
    z++;
  }
  return 0;
}

/* The number that the label counts up with, and the series without it. */
static int family_edge(hf_work *w, hf_prom_part *p, const char *label,
                       int *good) {
  const char *at, *end;
  char *key;
  *good = family_label(p->series, label, &at, &end);
  if (!*good) return HF_OK;
  if (end - at == 4 && memcmp(at, "+Inf", 4) == 0) {
    p->edge = HUGE_VAL;
  } else if (hf_decimal_read(at, (size_t)(end - at), &p->edge) != HF_OK) {
    *good = 0;
    return HF_OK;
  }
  key = hf_work_alloc(w, strlen(p->series) + 1, 1);
  if (key == NULL) return HF_ENOMEM;
  memcpy(key, p->series, (size_t)(at - p->series));
  memcpy(key + (at - p->series), end, strlen(end) + 1);
  p->key = key;
  return HF_OK;
}

/* The parts of family `base` + `tail` join the group. */
static void family_join(hf_prom_part *part, size_t n, const char *group,
                        const char *tail, const char *type, int rank) {
  size_t bytes = strlen(group);
  size_t i = family_find(part, n, group, bytes, tail);
  for (; i < n && strncmp(part[i].family, group, bytes) == 0 &&
         strcmp(part[i].family + bytes, tail) == 0;
       i++) {
    part[i].group = group;
    part[i].type = type;
    part[i].rank = rank;
  }
}

/* Looks whether the family at part[i .. to) makes a histogram or a summary. */
static int family_look(hf_work *w, hf_prom_part *part, size_t n, size_t i,
                       size_t to) {
  static const char tail[] = "_bucket";
  const char *family = part[i].family;
  size_t bytes = strlen(family), k = sizeof(tail) - 1;
  int histogram = bytes > k && strcmp(family + bytes - k, tail) == 0;
  int good = 1, rc = HF_OK;
  char *group;
  size_t j;
  if (histogram) bytes -= k;
  /* the name of the whole is taken by something else */
  if (histogram && family_find(part, n, family, bytes, "") < n) return HF_OK;
  for (j = i; j < to && good && rc == HF_OK; j++)
    rc = family_edge(w, &part[j], histogram ? "le" : "quantile", &good);
  if (rc != HF_OK) return rc;
  if (!good) {
    for (j = i; j < to; j++) {
      part[j].key = part[j].series;
      part[j].edge = 0;
    }
    return HF_OK;
  }
  group = hf_work_alloc(w, bytes + 1, 1);
  if (group == NULL) return HF_ENOMEM;
  memcpy(group, family, bytes);
  group[bytes] = 0;
  family_join(part, n, group, histogram ? tail : "",
              histogram ? "histogram" : "summary", 0);
  family_join(part, n, group, "_sum", histogram ? "histogram" : "summary", 1);
  family_join(part, n, group, "_count", histogram ? "histogram" : "summary", 2);
  return HF_OK;
}

/* X_sum and X_count without any X: a summary that has no quantiles, or none
** that is a number. */
static int family_pair(hf_work *w, hf_prom_part *part, size_t n, size_t i) {
  static const char tail[] = "_sum";
  const char *family = part[i].family;
  size_t bytes = strlen(family), k = sizeof(tail) - 1;
  char *group;
  if (part[i].type != NULL || bytes <= k ||
      strcmp(family + bytes - k, tail) != 0)
    return HF_OK;
  bytes -= k;
  if (family_find(part, n, family, bytes, "_count") == n ||
      family_find(part, n, family, bytes, "") < n ||
      family_find(part, n, family, bytes, "_bucket") < n)
    return HF_OK;
  group = hf_work_alloc(w, bytes + 1, 1);
  if (group == NULL) return HF_ENOMEM;
  memcpy(group, family, bytes);
  group[bytes] = 0;
  family_join(part, n, group, tail, "summary", 1);
  family_join(part, n, group, "_count", "summary", 2);
  return HF_OK;
}

int hf_prom_group(hf_work *w, hf_prom_part *part, size_t n) {
  size_t i, to;
  int rc = HF_OK;
  for (i = 0; i < n; i++) {
    part[i].group = part[i].family;
    part[i].type = NULL;
    part[i].key = part[i].series;
    part[i].rank = 0;
    part[i].edge = 0;
  }
  for (i = 0; i < n && rc == HF_OK; i = to) {
    to = i + 1;
    while (to < n && strcmp(part[to].family, part[i].family) == 0) to++;
    rc = family_look(w, part, n, i, to);
    if (rc == HF_OK) rc = hf_work_check(w, 100 * (to - i));
  }
  for (i = 0; i < n && rc == HF_OK; i++) rc = family_pair(w, part, n, i);
  return rc;
}
