/* Length of time in words: see span.h. */
#include "span.h"

#include "../store/session.h"

const char *hf_span(double seconds, char out[HF_SPAN_ROOM]) {
  static const struct {
    double seconds;
    const char *unit;
  } units[] = {{86400, "days"}, {3600, "h"}, {60, "min"}, {1, "s"}};
  size_t i = 0;
  double x;
  while (i < 3 && seconds < 2 * units[i].seconds) i++;
  x = seconds / units[i].seconds;
  sqlite3_snprintf(HF_SPAN_ROOM, out, x < 100 ? "%.3g %s" : "%.0f %s", x,
                   units[i].unit);
  return out;
}
