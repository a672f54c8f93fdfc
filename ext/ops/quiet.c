/*
** quiet.c: see quiet.h.
**
** An hour's load and interval are the means over its cells: as wide as if
** errors within an hour went all one way. With the law ln ms = a + b load the
** query saves 1 - exp(-b (now - then)); the 90% interval of b and the 80% one
** of the load are taken at their ends. Loads are held within those at which
** the query has been seen, since beyond them nothing is known of it.
*/
#include "quiet.h"

#include <math.h>
#include <string.h>

static const double quiet_hour = 3600; /* seconds */

static double quiet_clip(const hf_load_law *law, double x) {
  return fmax(law->least, fmin(law->most, x));
}

/* The least loaded whole hour; 0: none is whole. */
static int quiet_least(const hf_load_ahead *a, hf_hint *best) {
  double hour = NAN, sum[3] = {0, 0, 0};
  size_t i, n = 0, found = 0;
  for (i = 0; i <= a->n; i++) {
    double at = floor((a->start + (double)i * a->step) / quiet_hour);
    if (i == a->n || at != hour) {
      if ((double)n * a->step > .999 * quiet_hour &&
          (found == 0 || sum[0] / (double)n < best->to)) {
        best->at = hour * quiet_hour;
        best->to = sum[0] / (double)n;
        best->lo = sum[1] / (double)n;
        best->hi = sum[2] / (double)n;
        found = 1;
      }
      if (i == a->n) break;
      hour = at;
      n = 0;
      sum[0] = sum[1] = sum[2] = 0;
    }
    sum[0] += a->mean[i];
    sum[1] += a->lo[i];
    sum[2] += a->hi[i];
    n++;
  }
  return found > 0;
}

int hf_hint_quiet(const hf_load_law *law, const hf_load_ahead *a,
                  hf_hint *hint) {
  double now = quiet_clip(law, a->now), hi;
  hf_hint h;
  memset(&h, 0, sizeof(h));
  if (law->n == 0 || isnan(a->now) || !quiet_least(a, &h)) return 0;
  hi = quiet_clip(law, h.hi);
  if (!(hi < now)) return 0;
  h.kind = HF_HINT_QUIET;
  h.from = a->now;
  h.n = law->n;
  h.gain = 1 - exp(-law->slope * (now - quiet_clip(law, h.to)));
  h.gain_lo = 1 - exp(-(law->slope - law->err) * (now - hi));
  h.gain_hi = 1 - exp(-(law->slope + law->err) * (now - quiet_clip(law, h.lo)));
  *hint = h;
  return 1;
}
