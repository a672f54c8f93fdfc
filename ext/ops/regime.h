/*
** regime.h: operating regimes: settings that the whole fleet shares and that
** its other metrics follow, so that these are compared like with like.
**
**   hf_regime_learn(w, keep, whole lives of some components, ...)
**   hf_regime_apply(w, &r, metrics of a component)    before its features
*/
#ifndef HF_REGIME_H
#define HF_REGIME_H

#include "../num/samples.h"
#include "../num/work.h"

enum { HF_REGIME_LEVELS = 16, HF_REGIME_CODES = 256 };

/* A metric that is a setting, cut into levels. */
typedef struct hf_regime_setting {
  size_t metric;                /* index */
  size_t levels;                /* 2..HF_REGIME_LEVELS */
  double cut[HF_REGIME_LEVELS]; /* [levels - 1]: v <= cut[k] is level 0..k */
} hf_regime_setting;

typedef struct hf_regime {
  size_t settings; /* 0: there are no regimes */
  size_t metrics;
  size_t codes;               /* product of the levels, <= HF_REGIME_CODES */
  hf_regime_setting *setting; /* [settings] */
  double *mean;               /* [codes * metrics]; NaN: not seen */
  double *unit;         /* [codes * metrics] standard deviation; 0: constant */
  unsigned char *moves; /* [metrics] 1: depends on the regime */
} hf_regime;

/* Learns from `lives` components, metric[life * metrics + j]. Lives in `keep`.
** Without regimes: HF_OK and out->settings 0. */
int hf_regime_learn(hf_work *w, hf_work *keep, const hf_samples *metric,
                    size_t lives, size_t metrics, hf_regime *out);

/* Replaces metric[metrics] of a component, values in new room of `w`: those
** that depend on the regime by their standardised value within it, NaN where
** the regime was never seen or not yet set; settings by nothing. */
int hf_regime_apply(hf_work *w, const hf_regime *r, hf_samples *metric);

#endif
