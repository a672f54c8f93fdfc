/*
** prom_series.h: what a metric of the history is called in Prometheus.
*/
#ifndef HF_PROM_SERIES_H
#define HF_PROM_SERIES_H

#include "../num/work.h"

/* The texts are in the arena, with a closing zero. */
typedef struct hf_prom_name {
  const char *family; /* name of the metric, valid in Prometheus */
  const char *series; /* family with its labels */
} hf_prom_name;

/* A series that hf_from_prometheus() named goes back into its name and labels.
** Any other name has what Prometheus does not allow replaced by _, and a
** counter then ends in _total. Where that changed the name, the label `metric`
** keeps it. `component` "" gives no label; else it is the label `component`, or
** `hf_component` where the series has one of that name. Invalid UTF-8 becomes
** U+FFFD. HF_OK, HF_ENOMEM or what stop() says. */
int hf_prom_name_series(hf_work *w, const char *metric, const char *component,
                        int counter, hf_prom_name *out);

/* The text with \ and line feeds escaped (`quotes` 1: and double quotes), as
** HELP lines and label values want it; invalid UTF-8 becomes U+FFFD. NULL
** when memory runs out. */
char *hf_prom_escape(hf_work *w, const char *text, int quotes);

#endif
