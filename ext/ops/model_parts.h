/*
** model_parts.h: what is learned of a kind (failure.h, regime.h) as named
** arrays of numbers (num/parts.h), and back.
**
** Whatever can be read from parts is safe to use: every number is finite and
** in the range that learning gives it, every index points at something, every
** tree ends in leaves. Whether it is true is another matter.
*/
#ifndef HF_MODEL_PARTS_H
#define HF_MODEL_PARTS_H

#include "../num/parts.h"
#include "failure.h"
#include "regime.h"

/* Counts every change to what is learned, or to what it means: parts that
** another version made are not read. */
enum { HF_MODEL_VERSION = 5 };

/* Values that the parts of a model have at most. */
enum { HF_MODEL_VALUES = 1000000 };

/* Appends the parts of a model, in `w`. */
int hf_model_pack(hf_work *w, const hf_failure_model *m, const hf_regime *r,
                  hf_parts *out);

/* Reads them back, into `keep`. HF_EDATA: they are not those of a model of
** `metrics` metrics; *bad then names the first part that is wrong. */
int hf_model_unpack(hf_work *keep, const hf_parts *p, size_t metrics,
                    hf_failure_model *m, hf_regime *r, const char **bad);

#endif
