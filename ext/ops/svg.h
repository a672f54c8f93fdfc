/*
** svg.h: a chart of one series as SVG text: its past, its forecast with bands,
** and what was out of the ordinary.
**
** Pure: arrays in, text out through the caller's sink, bytes the same in every
** locale. Texts may be anything; they come out escaped, as UTF-8, and cut.
*/
#ifndef HF_SVG_H
#define HF_SVG_H

#include <stddef.h>

/* Where text goes. put() takes n bytes and returns 0, or 1 to stop. */
typedef struct hf_sink {
  int (*put)(void *ctx, const char *z, size_t n);
  void *ctx; /* handed to put(); not owned */
} hf_sink;

/* What to draw. Times are unix seconds, finite and ascending, values in `unit`
** and NaN where there is none (the line has a gap). */
typedef struct hf_chart {
  const char *title;
  const char *unit;    /* "": none */
  const char *note;    /* a line below the chart, or NULL */
  const double *ts;    /* [n] past */
  const double *value; /* [n] */
  size_t n;
  const double *ahead_ts;                         /* [ahead] forecast */
  const double *yhat, *lo80, *hi80, *lo95, *hi95; /* [ahead] */
  size_t ahead;
  const double *odd_ts; /* [odds] samples out of the ordinary */
  const double *odd;    /* [odds] */
  size_t odds;
  int small; /* 1: laid out for 360 units of width, else for 720 */
} hf_chart;

/* Writes the chart: 0, or 1 when the sink wanted to stop. The time taken grows
** with the arrays, the text does not: what is finer than a pixel is drawn as
** its range. */
int hf_svg_chart(const hf_chart *c, hf_sink *out);

/* The <style> element that every chart holds, for a page that has it once. */
const char *hf_svg_style(void);

/* Text with & < > " ' escaped, controls (those of direction, too) and invalid
** UTF-8 as U+FFFD, cut with
** an ellipsis after `most` characters. 0, or 1 when the sink stopped. */
int hf_svg_text(hf_sink *out, const char *z, size_t most);

#endif
