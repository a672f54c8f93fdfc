/*
** svg.c: see svg.h.
**
** Ticks stand at 1, 2 or 5 times a power of ten on the axis of values, and at
** whole minutes, hours or days UTC on the axis of time. Colours follow
** prefers-color-scheme, and nothing is told by colour
** alone: the forecast is dashed, what is odd is a ring, and a line stands where
** the past ends. A small chart is laid out for 360 pixels, so that its letters
** can be read on a phone and three of them stand side by side on a desk.
*/
#include "svg.h"

#include "../num/civil.h"
#include "../num/decimal.h"

#include <math.h>
#include <string.h>

/* Where things stand, in user units. */
typedef struct svg_frame {
  int wide, high, left, right, top, bottom;
  int key, note;             /* base lines of the legend and the note */
  int title_most, note_most; /* characters */
  int values, times;         /* ticks at most, about */
  int keys[4];     /* widths of the legend's entries; the last 0: both bands are
                      one entry */
  const char *odd; /* what a ring is called */
} svg_frame;

static const svg_frame svg_wide = {720,
                                   376,
                                   64,
                                   692,
                                   60,
                                   296,
                                   346,
                                   368,
                                   70,
                                   110,
                                   5,
                                   8,
                                   {100, 100, 80, 80},
                                   "out of the ordinary"};

static const svg_frame svg_small = {
    360,      290, 58, 348, 58, 216, 264, 284, 38, 54, 4, 5, {86, 84, 86, 0},
    "unusual"};

enum { SVG_TITLE = 70 }; /* characters of the <title> */

typedef struct svg_pen {
  hf_sink *out;
  const svg_frame *at;
  int stopped;
  double t0, t1, y0, y1; /* what the frame shows */
} svg_pen;

static void svg_put(svg_pen *p, const char *z) {
  if (!p->stopped) p->stopped = p->out->put(p->out->ctx, z, strlen(z));
}

static void svg_number(svg_pen *p, double x, int places) {
  char z[HF_DECIMAL_ROOM];
  hf_decimal_write(z, x, places);
  svg_put(p, z);
}

/* Four digits that count, very large and small numbers with an exponent. */
static void svg_figure(svg_pen *p, double x) {
  int e = x == 0 || !isfinite(x) ? 0 : (int)floor(log10(fabs(x)));
  if (e >= -4 && e < 9) {
    svg_number(p, x, e < 3 ? 3 - e : 0);
    return;
  }
  svg_number(p, x / pow(10, e), 3);
  svg_put(p, "e");
  svg_number(p, e, 0);
}

/* `before` x, e.g. an attribute up to its quote. */
static void svg_at(svg_pen *p, const char *before, double x) {
  svg_put(p, before);
  svg_number(p, x, 1);
}

static void svg_text(svg_pen *p, const char *z, size_t most) {
  if (!p->stopped) p->stopped = hf_svg_text(p->out, z, most);
}

/* ---- times */

static const char *const svg_months[] = {"Jan", "Feb", "Mar", "Apr",
                                         "May", "Jun", "Jul", "Aug",
                                         "Sep", "Oct", "Nov", "Dec"};

static void svg_two(svg_pen *p, int x) {
  char z[3];
  z[0] = (char)('0' + x / 10 % 10);
  z[1] = (char)('0' + x % 10);
  z[2] = 0;
  svg_put(p, z);
}

static void svg_clock(svg_pen *p, double ts) {
  long second = (long)(ts - floor(ts / 86400) * 86400);
  svg_two(p, (int)(second / 3600));
  svg_put(p, ":");
  svg_two(p, (int)(second / 60 % 60));
}

/* "Mar 17", or with the year. */
static void svg_date(svg_pen *p, double ts, int with_year) {
  long year;
  int month, day;
  hf_civil_date(ts, &year, &month, &day);
  svg_put(p, svg_months[month - 1]);
  svg_put(p, " ");
  svg_number(p, day, 0);
  if (!with_year) return;
  svg_put(p, ", ");
  svg_number(p, (double)year, 0);
}

static void svg_moment(svg_pen *p, double ts) {
  svg_date(p, ts, 1);
  svg_put(p, " ");
  svg_clock(p, ts);
}

/* ---- the frame */

static double svg_x(const svg_pen *p, double ts) {
  return p->at->left +
         (ts - p->t0) / (p->t1 - p->t0) * (p->at->right - p->at->left);
}

static double svg_y(const svg_pen *p, double v) {
  return p->at->bottom -
         (v - p->y0) / (p->y1 - p->y0) * (p->at->bottom - p->at->top);
}

static void svg_widen(double *lo, double *hi, const double *x, size_t n) {
  size_t i;
  for (i = 0; i < n; i++) {
    if (!isfinite(x[i])) continue;
    if (!(x[i] >= *lo)) *lo = x[i];
    if (!(x[i] <= *hi)) *hi = x[i];
  }
}

/* 1, 2 or 5 times a power of ten, at least x. */
static double svg_nice(double x) {
  double unit = pow(10, floor(log10(x)));
  double m = x / unit;
  return unit * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

/* The range of values, from whole tick to whole tick; returns the tick. */
static double svg_values(svg_pen *p, const hf_chart *c) {
  double lo = NAN, hi = NAN, tick;
  svg_widen(&lo, &hi, c->value, c->n);
  svg_widen(&lo, &hi, c->yhat, c->ahead);
  svg_widen(&lo, &hi, c->lo95, c->ahead);
  svg_widen(&lo, &hi, c->hi95, c->ahead);
  svg_widen(&lo, &hi, c->odd, c->odds);
  if (!(lo <= hi)) lo = hi = 0;
  if (!(hi - lo > 1e-9 * (fabs(lo) + fabs(hi)))) {
    double room = lo == 0 ? 1 : fabs(lo) * 0.1;
    lo -= room;
    hi += room;
  }
  tick = svg_nice((hi - lo) / p->at->values);
  p->y0 = floor(lo / tick) * tick;
  p->y1 = ceil(hi / tick) * tick;
  return tick;
}

static void svg_times(svg_pen *p, const hf_chart *c) {
  double lo = NAN, hi = NAN;
  svg_widen(&lo, &hi, c->ts, c->n);
  svg_widen(&lo, &hi, c->ahead_ts, c->ahead);
  svg_widen(&lo, &hi, c->odd_ts, c->odds);
  if (!(lo <= hi)) lo = hi = 0;
  if (!(hi > lo)) {
    lo -= 1800;
    hi += 1800;
  }
  p->t0 = lo;
  p->t1 = hi;
}

/* A value beside its tick: large and small ones with an exponent. */
static void svg_tick_text(svg_pen *p, double v, double tick) {
  int e = 0, places = 0;
  double unit = fmax(fabs(p->y0), fabs(p->y1));
  if (unit >= 1e7 || unit < 1e-3) {
    e = (int)floor(log10(unit));
    v *= pow(10, -e);
    tick *= pow(10, -e);
  }
  while (places < 6 && tick * pow(10, places) < 0.999) places++;
  svg_number(p, v, places);
  if (e == 0 || v == 0) return;
  svg_put(p, "e");
  svg_number(p, e, 0);
}

static void svg_grid(svg_pen *p, double tick) {
  int i, n = (int)floor((p->y1 - p->y0) / tick + 0.5);
  for (i = 0; i <= n; i++) {
    double v = p->y0 + i * tick;
    double y = svg_y(p, v);
    svg_at(p, "<path class=\"hf-grid\" d=\"M", p->at->left);
    svg_at(p, " ", y);
    svg_at(p, "H", p->at->right);
    svg_at(p, "\"/><text class=\"hf-tick\" text-anchor=\"end\" x=\"",
           p->at->left - 8);
    svg_at(p, "\" y=\"", y + 4);
    svg_put(p, "\">");
    svg_tick_text(p, v, tick);
    svg_put(p, "</text>\n");
  }
}

static void svg_calendar(svg_pen *p) {
  static const double steps[] = {
      60,      300,     900,     1800,     3600,      7200,
      10800,   21600,   43200,   86400,    172800,    604800,
      1209600, 2592000, 7776000, 31557600, 157788000, 1577880000};
  enum { STEPS = sizeof(steps) / sizeof(steps[0]) };
  const int most = p->at->times;
  const double day = 86400, monday = 4 * 86400.0;
  double step, offset, first, before = NAN;
  int i = 0, k;
  while (i < STEPS - 1 && (p->t1 - p->t0) / steps[i] > most) i++;
  step = steps[i];
  if ((p->t1 - p->t0) / step > most) step = svg_nice((p->t1 - p->t0) / most);
  offset = step == 604800 || step == 1209600 ? monday : 0;
  first = ceil((p->t0 - offset) / step) * step + offset;
  for (k = 0; k <= most && first + k * step <= p->t1; k++) {
    double t = first + k * step;
    double x = svg_x(p, t);
    int new_day = !(floor(t / day) == before);
    before = floor(t / day);
    svg_at(p, "<path class=\"hf-grid\" d=\"M", x);
    svg_at(p, " ", p->at->bottom);
    svg_at(p, "v5\"/><text class=\"hf-tick\" text-anchor=\"middle\" x=\"", x);
    svg_at(p, "\" y=\"", p->at->bottom + 19);
    svg_put(p, "\">");
    if (step < day) {
      svg_clock(p, t);
    } else {
      svg_date(p, t, step >= 2592000);
    }
    svg_put(p, "</text>\n");
    if (step >= day || !new_day) continue;
    svg_at(p, "<text class=\"hf-tick\" text-anchor=\"middle\" x=\"", x);
    svg_at(p, "\" y=\"", p->at->bottom + 34);
    svg_put(p, "\">");
    svg_date(p, t, 0);
    svg_put(p, "</text>\n");
  }
}

/* ---- lines */

static void svg_point(svg_pen *p, int *pen_down, double ts, double v) {
  svg_at(p, *pen_down ? "L" : "M", svg_x(p, ts));
  svg_at(p, " ", svg_y(p, v));
  *pen_down = 1;
}

/* A line through the values; where several fall into one pixel, their range.
** A lone sample between two gaps is a dot: round ends draw a path of length 0.
*/
static void svg_line(svg_pen *p, const char *class_name, const double *ts,
                     const double *v, size_t n) {
  size_t i = 0;
  int down = 0;
  if (n == 0) return;
  svg_put(p, "<path class=\"");
  svg_put(p, class_name);
  svg_put(p, "\" d=\"");
  while (i < n && !p->stopped) {
    double column = floor(svg_x(p, ts[i]) * 2);
    size_t lo = i, hi = i, k = i + 1;
    if (!isfinite(v[i])) {
      down = 0;
      i++;
      continue;
    }
    while (k < n && isfinite(v[k]) && floor(svg_x(p, ts[k]) * 2) == column) {
      if (v[k] < v[lo]) lo = k;
      if (v[k] > v[hi]) hi = k;
      k++;
    }
    if (!down && (k == n || !isfinite(v[k]))) svg_point(p, &down, ts[i], v[i]);
    svg_point(p, &down, ts[lo < hi ? lo : hi], v[lo < hi ? lo : hi]);
    if (lo != hi) {
      svg_point(p, &down, ts[lo < hi ? hi : lo], v[lo < hi ? hi : lo]);
    }
    i = k;
  }
  svg_put(p, "\"/>\n");
}

static void svg_band(svg_pen *p, const char *class_name, const hf_chart *c,
                     const double *lo, const double *hi) {
  size_t i, step = c->ahead / 640 + 1;
  int down = 0;
  svg_put(p, "<path class=\"");
  svg_put(p, class_name);
  svg_put(p, "\" d=\"");
  for (i = 0; i < c->ahead; i += step) {
    if (isfinite(hi[i])) svg_point(p, &down, c->ahead_ts[i], hi[i]);
  }
  for (i = (c->ahead - 1) / step * step + step; i > 0; i -= step) {
    if (!isfinite(lo[i - step])) continue;
    svg_point(p, &down, c->ahead_ts[i - step], lo[i - step]);
  }
  svg_put(p, down ? "Z\"/>\n" : "\"/>\n");
}

static void svg_odds(svg_pen *p, const hf_chart *c) {
  enum { MOST = 500 }; /* more rings would hide the line */
  size_t i = c->odds > MOST ? c->odds - MOST : 0;
  for (; i < c->odds && !p->stopped; i++) {
    if (!isfinite(c->odd[i])) continue;
    svg_at(p, "<circle class=\"hf-odd\" r=\"4.5\" cx=\"",
           svg_x(p, c->odd_ts[i]));
    svg_at(p, "\" cy=\"", svg_y(p, c->odd[i]));
    svg_put(p, "\"/>\n");
  }
}

/* ---- words */

static void svg_describe(svg_pen *p, const hf_chart *c) {
  size_t last = c->n;
  while (last > 0 && !isfinite(c->value[last - 1])) last--;
  svg_put(p, "<desc>");
  if (last == 0) {
    svg_put(p, "No samples.");
  } else {
    svg_put(p, "Samples from ");
    svg_moment(p, c->ts[0]);
    svg_put(p, " to ");
    svg_moment(p, c->ts[last - 1]);
    svg_put(p, " UTC, the newest is ");
    svg_figure(p, c->value[last - 1]);
    svg_put(p, ".");
  }
  if (c->ahead > 0) {
    size_t k = c->ahead - 1;
    svg_put(p, " Forecast for ");
    svg_moment(p, c->ahead_ts[k]);
    svg_put(p, ": ");
    svg_figure(p, c->yhat[k]);
    svg_put(p, ", with 95 % between ");
    svg_figure(p, c->lo95[k]);
    svg_put(p, " and ");
    svg_figure(p, c->hi95[k]);
    svg_put(p, ".");
  }
  if (c->odds > 0) {
    svg_put(p, " Out of the ordinary: ");
    svg_number(p, (double)c->odds, 0);
    svg_put(p, ".");
  }
  if (c->note != NULL) {
    svg_put(p, " ");
    svg_text(p, c->note, 400);
  }
  svg_put(p, "</desc>\n");
}

static const char svg_style[] =
    "<style>.hf-plot{background:#fff;color:#1c2430;font:12px system-ui,"
    "sans-serif}.hf-plot text{fill:currentColor}.hf-plot .hf-tick{fill:#525d6b}"
    ".hf-title{font-size:15px;font-weight:600}.hf-less{font-size:13px}.hf-grid{"
    "stroke:currentColor;"
    "stroke-opacity:.12;fill:none}.hf-past,.hf-ahead{fill:none;stroke-width:"
    "1.8;stroke-linejoin:round;stroke-linecap:round}.hf-past{stroke:#1559b3}"
    ".hf-ahead{stroke:#a34700;stroke-dasharray:5 4}.hf-b80,.hf-b95{fill:"
    "#d9730d;fill-opacity:.26}.hf-b95{fill-opacity:.14}.hf-odd{fill:none;"
    "stroke:#c11c2b;stroke-width:2}.hf-now{stroke:currentColor;stroke-opacity:"
    ".45;stroke-dasharray:2 3;fill:none}.hf-dot{fill:#1559b3;stroke:#fff;"
    "stroke-width:1.5}@media(prefers-color-scheme:dark){.hf-plot{background:"
    "#182029;color:#e8ecf1}.hf-plot .hf-tick{fill:#aab6c4}.hf-past{stroke:"
    "#6cb4ff}.hf-ahead{stroke:#ffae66}.hf-b80,.hf-b95{fill:#ffae66}.hf-odd{"
    "stroke:#ff7b86}.hf-dot{fill:#6cb4ff;stroke:#182029}}</style>\n";

const char *hf_svg_style(void) {
  return svg_style;
}

/* One entry of the legend; returns where the next may begin. */
static double svg_key(svg_pen *p, double x, const char *mark, const char *word,
                      double wide) {
  svg_at(p, "<g transform=\"translate(", x);
  svg_at(p, " ", p->at->key);
  svg_put(p, ")\">");
  svg_put(p, mark);
  svg_put(p, "<text class=\"hf-tick\" x=\"28\" y=\"4\">");
  svg_put(p, word);
  svg_put(p, "</text></g>\n");
  return x + wide;
}

static void svg_legend(svg_pen *p, const hf_chart *c) {
  const int *wide = p->at->keys;
  double x = wide[3] > 0 ? p->at->left : 16;
  x = svg_key(p, x, "<path class=\"hf-past\" d=\"M0 0H22\"/>", "recorded",
              wide[0]);
  if (c->ahead > 0) {
    x = svg_key(p, x, "<path class=\"hf-ahead\" d=\"M0 0H22\"/>", "forecast",
                wide[1]);
  }
  if (c->ahead > 0 && wide[3] == 0) {
    x = svg_key(p, x,
                "<path class=\"hf-b95\" d=\"M0 -6H22V6H0Z\"/><path "
                "class=\"hf-b80\" d=\"M0 -3H22V3H0Z\"/>",
                "80, 95 %", wide[2]);
  } else if (c->ahead > 0) {
    x = svg_key(p, x, "<path class=\"hf-b80\" d=\"M0 -6H22V6H0Z\"/>", "80 %",
                wide[2]);
    x = svg_key(p, x, "<path class=\"hf-b95\" d=\"M0 -6H22V6H0Z\"/>", "95 %",
                wide[3]);
  }
  if (c->odds > 0) {
    svg_key(p, x, "<circle class=\"hf-odd\" r=\"4.5\" cx=\"11\"/>", p->at->odd,
            0);
  }
}

/* A line between the past and the forecast, and a dot at the newest sample. */
static void svg_now(svg_pen *p, const hf_chart *c) {
  size_t last = c->n;
  double x;
  while (last > 0 && !isfinite(c->value[last - 1])) last--;
  if (last == 0) return;
  x = svg_x(p, c->ts[last - 1]);
  if (c->ahead > 0) {
    svg_at(p, "<path class=\"hf-now\" d=\"M", x);
    svg_at(p, " ", p->at->top);
    svg_at(p, "V", p->at->bottom);
    svg_put(p, "\"/>\n");
  }
  svg_at(p, "<circle class=\"hf-dot\" r=\"3.5\" cx=\"", x);
  svg_at(p, "\" cy=\"", svg_y(p, c->value[last - 1]));
  svg_put(p, "\"/>\n");
}

int hf_svg_chart(const hf_chart *c, hf_sink *out) {
  svg_pen p = {out, NULL, 0, 0, 0, 0, 0};
  double tick;
  p.at = c->small ? &svg_small : &svg_wide;
  svg_times(&p, c);
  tick = svg_values(&p, c);
  svg_put(&p, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"hf-plot\" ");
  svg_at(&p, "role=\"img\" viewBox=\"0 0 ", p.at->wide);
  svg_at(&p, " ", p.at->high);
  svg_put(&p, "\">\n<title>");
  svg_text(&p, c->title, SVG_TITLE);
  svg_put(&p, "</title>\n");
  svg_describe(&p, c);
  svg_put(&p, svg_style);
  svg_put(&p, c->small ? "<text class=\"hf-title hf-less\" x=\"16\" y=\"24\">"
                       : "<text class=\"hf-title\" x=\"16\" y=\"24\">");
  svg_text(&p, c->title, (size_t)p.at->title_most);
  svg_put(&p, "</text>\n<text class=\"hf-tick\" x=\"16\" y=\"41\">");
  svg_text(&p, c->unit, 40);
  svg_put(&p, c->unit[0] != 0 ? ", times in UTC</text>\n"
                              : "Times in UTC</text>\n");
  svg_grid(&p, tick);
  if (c->n + c->ahead > 0) svg_calendar(&p);
  if (c->ahead > 0) {
    svg_band(&p, "hf-b95", c, c->lo95, c->hi95);
    svg_band(&p, "hf-b80", c, c->lo80, c->hi80);
  }
  svg_line(&p, "hf-past", c->ts, c->value, c->n);
  svg_line(&p, "hf-ahead", c->ahead_ts, c->yhat, c->ahead);
  svg_now(&p, c);
  svg_odds(&p, c);
  svg_legend(&p, c);
  if (c->note != NULL) {
    svg_at(&p, "<text class=\"hf-tick\" x=\"16\" y=\"", p.at->note);
    svg_put(&p, "\">");
    svg_text(&p, c->note, (size_t)p.at->note_most);
    svg_put(&p, "</text>\n");
  }
  svg_put(&p, "</svg>\n");
  return p.stopped;
}
