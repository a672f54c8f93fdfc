/*
** prom_family.h: which series belong together as a histogram or a summary.
*/
#ifndef HF_PROM_FAMILY_H
#define HF_PROM_FAMILY_H

#include <stddef.h>

#include "../num/work.h"

/* One series. The texts are the caller's, or in its arena. */
typedef struct hf_prom_part {
  const char *family; /* name of the metric: requests_bucket */
  const char *series; /* the family with its labels, sorted by name */
  size_t at;          /* its number: breaks ties */
  const char *group;  /* what HELP and TYPE are of: requests */
  const char *type;   /* "histogram", "summary"; NULL: as the metric says */
  const char *key;    /* the series without the label that counts up */
  int rank;           /* place of the family in its group */
  double edge;        /* value of the label that counts up; 0: none */
} hf_prom_part;

/* Total orders of hf_prom_part, for qsort(). By name: families, then series, as
** hf_prom_group() wants them. By group: as Prometheus wants them, group by
** group, in each the buckets or quantiles of one set of labels ascending, then
** sum and count. */
int hf_prom_by_name(const void *a, const void *b);
int hf_prom_by_group(const void *a, const void *b);

/* Sets group, type, key, rank and edge of part[n], ordered by name. A family
** X_bucket all of whose series have a number as `le` makes the histogram X,
** a family X all of whose series have a number as `quantile` the summary X,
** each with X_sum and X_count; unless another metric is called X. X_sum and
** X_count alone make a summary, too. HF_OK, HF_ENOMEM or what stop() says. */
int hf_prom_group(hf_work *w, hf_prom_part *part, size_t n);

#endif
