/*
** uneven.h: how unevenly the load comes within a sample, of which only its mean
** is recorded.
*/
#ifndef HF_UNEVEN_H
#define HF_UNEVEN_H

#include "staffing.h"

typedef struct hf_uneven {
  size_t parts; /* of a sample, >= 1, that the load is even within */
  double scale; /* the mean of a sample varies around its trend by */
  double power; /* scale x load^power; power 1..2 */
  double white; /* the scale if the noise were white and the power 1 */
  double late;  /* share of the tasks in samples that ended with a queue longer
                   than a task may wait; 0 with fewer than 3 of them */
} hf_uneven;

/* Loads that the parts of a sample have around its mean, and their weights. */
enum { HF_UNEVEN_NODES = 3 };
typedef struct hf_uneven_parts {
  double load[HF_UNEVEN_NODES]; /* erlangs, >= 0 */
  double weight[HF_UNEVEN_NODES];
  double room; /* tasks that a worker does in a part */
} hf_uneven_parts;

/* Learns it from the samples. HF_ENOMEM, HF_EINTERRUPT. */
int hf_uneven_learn(hf_work *w, const hf_staffing_ask *a, hf_uneven *u);

void hf_uneven_split(const hf_staffing_ask *a, const hf_uneven *u, double load,
                     hf_uneven_parts *p);

#endif
