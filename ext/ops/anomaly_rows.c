/*
** anomaly_rows.c: samples to one value for each stamp, see anomaly.h.
*/
#include "anomaly.h"

#include <math.h>

/* Rate of a running total between two stamps, per second; a fall is a reset
** to zero. */
static double anomaly_rate(double t0, double v0, double t1, double v1) {
  return (v1 >= v0 ? v1 - v0 : v1) / (t1 - t0);
}

/* Joins value x to the `count` values of its stamp that made `y`. */
static double anomaly_join(hf_kind kind, double y, double count, double x) {
  switch (kind) {
  case HF_DELTA:
    return y + x;
  case HF_QUANTILE:
  case HF_COUNTER:
    return fmax(y, x);
  case HF_STATE:
    return x;
  default:
    return y + (x - y) / (count + 1);
  }
}

int hf_anomaly_collect(hf_work *w, const hf_samples *s, hf_anomaly *out) {
  double *ts = hf_work_reals(w, s->n), *value = hf_work_reals(w, s->n);
  double count = 0, t0 = 0, v0 = 0;
  size_t i, n = 0, used = 0;
  int known = 0, rc;
  if (ts == NULL || value == NULL) return HF_ENOMEM;
  for (i = 0; i < s->n; i++) {
    double x = s->value[i];
    if (n == 0 || s->ts[i] != ts[n - 1]) {
      ts[n] = s->ts[i];
      value[n++] = x;
      count = isnan(x) ? 0 : 1;
    } else if (!isnan(x)) {
      value[n - 1] =
          count > 0 ? anomaly_join(s->kind, value[n - 1], count, x) : x;
      count += 1;
    }
    rc = hf_work_check(w, 4);
    if (rc != HF_OK) return rc;
  }
  for (i = 0; i < n; i++) {
    double total = value[i];
    if (isnan(total)) continue;
    if (s->kind == HF_COUNTER) {
      value[i] = known ? anomaly_rate(t0, v0, ts[i], total) : NAN;
      known = 1;
      t0 = ts[i];
      v0 = total;
    }
    if (!isnan(value[i])) used++;
  }
  out->n = n;
  out->ts = ts;
  out->value = value;
  out->used = used;
  return HF_OK;
}
