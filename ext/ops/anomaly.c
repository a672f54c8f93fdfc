/*
** anomaly.c: anomalies of one series, see anomaly.h.
**
** As it happens, each row has a rank and may raise an alarm.
**
** Rank. ops/shape.h compares the window that ends at a row with the windows
** before it, at time scales 1, 4, 16, 64, ...: spikes show at the finest, a
** lost daily rhythm at a coarse one. The largest ratio r of the scales is the
** row's. Below the alarm the score is r^2 / (r^2 + 9) / 2.
**
** Alarm. A row is announced (score above 0.5) when it says something new:
** - the value, or its running mean, leaves the range of all values before by
**   a share v of that range (leaving a constant is v = 1);
** - at one scale r beats all ratios before it by a quarter (v = 0.05 there);
** - the series hangs on one value longer than ever (v = 0.1);
** - at one scale it has less than a fifth of its least variance (v = 0.1).
** A steady growth breaks its own records day by day, which says nothing new.
** Where a straight line through all rows so far explains a quarter of what they
** vary, value and mean must leave the range about that line as well, and the
** smaller v counts. The line is laid anew when the rows have grown by a
** quarter. v >= 0.05 is an alarm, unless as large a v was seen in the half day
** before: one event is announced once, and again only when it grows. The range
** of few rows is not known yet: v must be 0.05 times 1000/rows, and in the
** first two days 0.2. Every series breaks its records by chance, too: a range
** must be left farther than its own records foretell (ops/extreme.h), so that
** chance alone leaves it 0.15 times a day, or less.
** The score is 0.5 + 0.5 u/(1 + u), u = v - 0.05.
**
** A standing anomaly. It begins where the shape left the usual (r >= 1.5) or
** the flat line began, and ends when the shape comes back; its rows carry the
** begin in `since`.
**
** In hindsight each row has the ratio of the windows around it, under a model
** of the whole series. The limit of a scale lies 5.2 quartile distances (3.5
** standard deviations, were it normal) above the median of the logarithm of
** its ratios; a row's ratio is the largest over its limit, and a stretch
** above 1 is one anomaly.
**
** The expected value is the one-step forecast of the finest scale's subspace
** (num/window.h), the running mean before there is a model; in hindsight the
** model's own picture of the row.
*/
#include "anomaly.h"

#include <math.h>
#include <string.h>

#include "../num/stat.h"
#include "extreme.h"
#include "shape.h"

enum {
  ANOMALY_LADDER = 4,     /* one scale is so many times coarser than the last */
  ANOMALY_SETTLE = 48,    /* ratios of a scale before it may raise an alarm */
  ANOMALY_BLOCKS = 256,   /* that a coarser scale needs in hindsight */
  ANOMALY_CALM = 32,      /* blocks whose variance is compared */
  ANOMALY_SPREAD = 10000, /* ratios that make a limit, about */
  ANOMALY_FLAT = 8,       /* rows of a flat line, at least */
  ANOMALY_RENEW = 4       /* a new line when the rows grew by 1/4 */
};

static const double ANOMALY_ALARM = 0.05;  /* least v that is announced */
static const double ANOMALY_ROWS = 1000;   /* rows that make a range */
static const double ANOMALY_YOUNG = 4;     /* times that, in the first days */
static const double ANOMALY_DAYS = 172800; /* seconds: two days */
static const double ANOMALY_DAY = 86400;   /* seconds */
static const double ANOMALY_FALSE = 0.15;  /* false alarms a day, at most */
static const double ANOMALY_QUIET = 43200; /* seconds: half a day */
static const double ANOMALY_SMOOTH = 0.05; /* weight of the running mean */
static const double ANOMALY_RECORD = 0.2;  /* v of a ratio twice the record */
static const double ANOMALY_LEAST = 1.7;   /* ratio that may be a record */
static const double ANOMALY_USUAL = 1.5;   /* ratio where an anomaly ends */
static const double ANOMALY_HALF2 = 9;     /* squared ratio of score 0.25 */
static const double ANOMALY_TAIL = 5.2;    /* quartile distances, hindsight */
static const double ANOMALY_BOTTOM = 1.4;  /* least limit in hindsight */
static const double ANOMALY_HANGS = 0.1;   /* v of a flat line */
static const double ANOMALY_LINE = 0.25;   /* share that a line explains */
static const double ANOMALY_CHANCE = -6.9; /* log of one in a thousand */

/* The rows that have a value, side by side. */
typedef struct anomaly_line {
  size_t n;
  double *ts, *y;   /* [n] */
  double *ratio;    /* [n] largest of the scales; NaN: no model yet */
  double *record;   /* [n] v by which a ratio beats its record, else 0 */
  double *expected; /* [n] */
  double *score;    /* [n] */
  size_t *since;    /* [n] row where the anomaly began; n: none stands */
  int *flag;        /* [n] */
} anomaly_line;

/* The larger, the smaller; of a number and NaN the number. As fmax and fmin,
** which compilers call as functions: these loops are long. */
static double anomaly_larger(double a, double b) {
  return b > a || isnan(a) ? b : a;
}

static double anomaly_smaller(double a, double b) {
  return b < a || isnan(a) ? b : a;
}

static int anomaly_line_take(hf_work *w, const hf_anomaly *a, anomaly_line *l) {
  size_t i, n = 0;
  l->n = a->used;
  l->ts = hf_work_reals(w, l->n);
  l->y = hf_work_reals(w, l->n);
  l->ratio = hf_work_reals(w, l->n);
  l->record = hf_work_reals(w, l->n);
  l->expected = hf_work_reals(w, l->n);
  l->score = hf_work_reals(w, l->n);
  l->since = hf_work_alloc(w, l->n, sizeof(size_t));
  l->flag = hf_work_alloc(w, l->n, sizeof(int));
  if (l->ts == NULL || l->y == NULL || l->ratio == NULL || l->record == NULL ||
      l->expected == NULL || l->score == NULL || l->since == NULL ||
      l->flag == NULL)
    return HF_ENOMEM;
  for (i = 0; i < a->n; i++) {
    if (isnan(a->value[i])) continue;
    l->ts[n] = a->ts[i];
    l->y[n] = a->value[i];
    l->ratio[n] = l->expected[n] = NAN;
    l->record[n] = l->score[n] = 0;
    l->since[n] = l->n;
    l->flag[n] = 0;
    n++;
  }
  return HF_OK;
}

/* The next coarser scale: means of ANOMALY_LADDER values, in place. */
static size_t anomaly_coarsen(double *y, size_t n) {
  size_t i, j, m = n / ANOMALY_LADDER;
  for (i = 0; i < m; i++) {
    double mean = 0;
    for (j = 0; j < ANOMALY_LADDER; j++)
      mean += y[i * ANOMALY_LADDER + j] / ANOMALY_LADDER;
    y[i] = mean;
  }
  return m;
}

/* The least v that is announced at row i of what leaves the range or beats a
** record. */
static double anomaly_least(const anomaly_line *l, size_t i) {
  double times = anomaly_larger(ANOMALY_ROWS / (double)(i + 1), 1);
  if (l->ts[i] - l->ts[0] < ANOMALY_DAYS)
    times = anomaly_larger(times, ANOMALY_YOUNG);
  return ANOMALY_ALARM * times;
}

/* Enters the ratios of one scale, m blocks of `step` rows. A block is known
** with its last row, and holds until the next one is. */
static void anomaly_enter_past(anomaly_line *l, const double *ratio, size_t m,
                               size_t step) {
  double best = 0;
  size_t i, j, seen = 0;
  for (i = 0; i < m; i++) {
    size_t at = (i + 1) * step - 1;
    if (isnan(ratio[i])) continue;
    for (j = at; j < at + step && j < l->n; j++)
      l->ratio[j] = anomaly_larger(l->ratio[j], ratio[i]);
    if (++seen > ANOMALY_SETTLE && best > 0 && ratio[i] >= ANOMALY_LEAST) {
      double v = ANOMALY_RECORD * (ratio[i] / best - 1);
      if (v >= anomaly_least(l, at))
        l->record[at] = anomaly_larger(l->record[at], v);
    }
    best = anomaly_larger(best, ratio[i]);
  }
}

/* Squared deviations of ANOMALY_CALM values from their mean, summed. Four sums
** at once, which do not wait for each other. */
static double anomaly_squares(const double *y) {
  double s[4] = {0, 0, 0, 0}, v[4] = {0, 0, 0, 0}, mean;
  size_t i, k;
  for (i = 0; i < ANOMALY_CALM; i += 4)
    for (k = 0; k < 4; k++) s[k] += y[i + k];
  mean = (s[0] + s[1] + s[2] + s[3]) / ANOMALY_CALM;
  for (i = 0; i < ANOMALY_CALM; i += 4) {
    for (k = 0; k < 4; k++) {
      double d = y[i + k] - mean;
      v[k] += d * d;
    }
  }
  return v[0] + v[1] + v[2] + v[3];
}

/* A rhythm that stopped leaves windows that vary less than any before. Where
** the variance of the last ANOMALY_CALM blocks, looked at every fourth block,
** falls below a fifth of the least so far, the row is a record. */
static int anomaly_enter_calm(hf_work *w, anomaly_line *l, const double *y,
                              size_t m, size_t step) {
  double least = INFINITY;
  size_t i;
  for (i = ANOMALY_CALM; i <= m; i += 4) {
    size_t at = i * step - 1;
    double v = anomaly_squares(y + i - ANOMALY_CALM);
    int rc;
    if (i > ANOMALY_SETTLE + 2 * ANOMALY_CALM && v * 5 < least && v > 0)
      l->record[at] = anomaly_larger(l->record[at], ANOMALY_HANGS);
    least = anomaly_smaller(least, v);
    rc = hf_work_check(w, 5 * ANOMALY_CALM);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* What a ratio must exceed in hindsight, from one scale; of a long one, evenly
** spaced ratios do. */
static double anomaly_limit(const double *ratio, size_t m, double *buf) {
  double median, near;
  size_t i, n = 0, step = m / ANOMALY_SPREAD + 1;
  for (i = 0; i < m; i += step) buf[n++] = log(ratio[i] + 1e-6);
  hf_stat_sort(buf, n);
  median = hf_stat_quantile_sorted(buf, n, 0.5);
  near = anomaly_larger(hf_stat_quantile_sorted(buf, n, 0.75) - median,
                        median - hf_stat_quantile_sorted(buf, n, 0.25));
  return anomaly_larger(exp(median + ANOMALY_TAIL * near), ANOMALY_BOTTOM);
}

/* In hindsight a block's ratio, over the limit of its scale, belongs to its
** own rows, the rest at the end to the last block. */
static void anomaly_enter_all(anomaly_line *l, const double *ratio, size_t m,
                              size_t step, double *buf) {
  double limit = anomaly_limit(ratio, m, buf);
  size_t j;
  for (j = 0; j < l->n; j++) {
    size_t i = j / step < m ? j / step : m - 1;
    l->ratio[j] = anomaly_larger(l->ratio[j], ratio[i] / limit);
  }
}

/* All scales. */
static int anomaly_ladder(hf_work *w, int hindsight, anomaly_line *l) {
  hf_mark mark = hf_work_mark(w);
  double *y = hf_work_reals(w, l->n), *ratio = hf_work_reals(w, l->n);
  double *buf = hf_work_reals(w, l->n);
  size_t i, m = l->n, step = 1;
  int rc = HF_OK;
  if (y == NULL || ratio == NULL || buf == NULL) return HF_ENOMEM;
  for (i = 0; i < l->n; i++) y[i] = l->y[i];
  while (rc == HF_OK) {
    double *told = step == 1 ? l->expected : NULL;
    if (hindsight) {
      if (step > 1 && m < ANOMALY_BLOCKS) break;
      rc = hf_shape_all(w, y, m, ratio, told);
      if (rc == HF_EDATA) break;
      if (rc == HF_OK) anomaly_enter_all(l, ratio, m, step, buf);
    } else {
      if (m <= HF_SHAPE_FIRST) break;
      rc = hf_shape_past(w, y, m, ratio, told);
      if (rc == HF_OK) anomaly_enter_past(l, ratio, m, step);
      if (rc == HF_OK) rc = anomaly_enter_calm(w, l, y, m, step);
    }
    m = anomaly_coarsen(y, m);
    step *= ANOMALY_LADDER;
  }
  if (rc == HF_EDATA) rc = HF_OK;
  hf_work_release(w, mark);
  return rc;
}

/* Flat lines: a sensor that hangs. A run of m equal values says so when it is
** twice as long as any run before it and when, at the share of repeats so far,
** fewer than one such run in a thousand histories was to be expected. Its
** ratio is its length over the longest before; the row where it is found out
** is a record. In hindsight the whole run gets the ratio. */
static void anomaly_flat(anomaly_line *l, int hindsight) {
  size_t i, j, run = 1, longest = 1, repeats = 0;
  int found = 0;
  for (i = 1; i <= l->n; i++) {
    double ratio, share;
    if (i < l->n && l->y[i] == l->y[i - 1]) {
      run++;
      ratio = (double)run / (double)(longest + 1);
      if (run < ANOMALY_FLAT || ratio < 2 || i + 1 - run < HF_ANOMALY_FIRST)
        continue;
      share = ((double)repeats + 1) / (double)(i + 2 - run + 1);
      if (!found &&
          (share >= 1 ||
           log((double)i) + log(share) * (double)(run - 1) > ANOMALY_CHANCE))
        continue;
      l->record[i] = found ? 0 : ANOMALY_HANGS; /* once for all witnesses */
      found = 1;
      l->ratio[i] = anomaly_larger(l->ratio[i], ratio);
      l->since[i] = i + 1 - run;
      continue;
    }
    if (found && hindsight) {
      for (j = i - run; j + 1 < i; j++)
        l->ratio[j] = anomaly_larger(l->ratio[j], l->ratio[i - 1]);
    }
    repeats += run - 1;
    longest = run > longest ? run : longest;
    run = 1;
    found = 0;
  }
}

static double anomaly_rank(double r) {
  return isnan(r) ? 0 : 0.5 * r * r / (r * r + ANOMALY_HALF2);
}

/* Expectation and ratio before there is a model: the mean and the standard
** deviation so far. */
static void anomaly_early(anomaly_line *l) {
  double mean = 0, square = 0;
  size_t i;
  for (i = 0; i < l->n && i <= HF_SHAPE_FIRST; i++) {
    double d = l->y[i] - mean;
    if (i > 0 && isnan(l->expected[i])) l->expected[i] = mean;
    if (i >= HF_ANOMALY_FIRST && isnan(l->ratio[i]) && square > 0)
      l->ratio[i] = fabs(d) / sqrt(square / (double)i);
    mean += d / (double)(i + 1);
    square += d * (l->y[i] - mean);
  }
}

/* A line through the rows so far, and how far value and running mean went from
** it. */
typedef struct anomaly_course {
  double level, slope; /* at row 0; a row */
  size_t until;        /* row at which it is laid anew */
  hf_extreme raw, smooth;
} anomaly_course;

/* Lays the line through rows 0 .. n by least squares, flat where it explains
** little. mean[n]: running mean. */
static int anomaly_course_lay(hf_work *w, const double *y, const double *mean,
                              size_t n, anomaly_course *c) {
  double middle = ((double)n - 1) / 2, level = hf_stat_mean(y, n);
  double rise = 0, square = 0, slope;
  size_t i;
  for (i = 0; i < n; i++) {
    rise += ((double)i - middle) * (y[i] - level);
    square += (y[i] - level) * (y[i] - level);
  }
  slope = 12 * rise / ((double)n * ((double)n * (double)n - 1));
  if (!(slope * rise > ANOMALY_LINE * square)) slope = 0;
  c->slope = slope;
  c->level = level - slope * middle;
  hf_extreme_start(&c->raw);
  hf_extreme_start(&c->smooth);
  for (i = 0; i < n; i++) {
    double at = c->level + slope * (double)i;
    hf_extreme_take(&c->raw, y[i] - at);
    hf_extreme_take(&c->smooth, mean[i] - at);
  }
  c->until = n + n / ANOMALY_RENEW;
  return hf_work_check(w, 20 * n);
}

/* What may leave the range: values and their running mean, each as it is and
** about the line. */
typedef struct anomaly_reach {
  hf_extreme raw, smooth;
  anomaly_course course;
  double unit; /* all values so far are multiples of it; 0: of nothing */
} anomaly_reach;

/* The least step that the values up to x allow: 1, a tenth, a hundredth. */
static double anomaly_unit(double unit, double x) {
  while (unit > 0) {
    double steps = fabs(x) / unit;
    if (fabs(steps - floor(steps + 0.5)) <= 1e-9 + 1e-12 * steps) break;
    unit = unit > 0.05 ? unit / 10 : 0;
  }
  return unit;
}

/* How far row i, of running mean `mean`, leaves all that was before it. *fresh:
** 1 where that is enough, and farther than chance would. */
static double anomaly_new(const anomaly_line *l, size_t i, double mean,
                          anomaly_reach *r, int *fresh) {
  double chance = ANOMALY_FALSE * (l->ts[i] - l->ts[0]) / ANOMALY_DAY;
  double least = anomaly_least(l, i), most = 0;
  double at = r->course.level + r->course.slope * (double)i;
  int k;
  r->unit = anomaly_unit(r->unit, l->y[i]);
  *fresh = 0;
  for (k = 0; k < 2; k++) { /* the value, the mean */
    hf_extreme *own = k == 0 ? &r->raw : &r->smooth;
    hf_extreme *bent = k == 0 ? &r->course.raw : &r->course.smooth;
    double x = k == 0 ? l->y[i] : mean;
    double unit = k == 0 ? r->unit : ANOMALY_SMOOTH * r->unit;
    int rare, beside = 1;
    double v = hf_extreme_leave(own, x, chance, unit, &rare);
    hf_extreme_take(own, x);
    if (i >= HF_ANOMALY_FIRST) {
      v = anomaly_smaller(
          v, hf_extreme_leave(bent, x - at, chance, unit, &beside));
      hf_extreme_take(bent, x - at);
    }
    if (v >= least && rare && beside) *fresh = 1;
    most = anomaly_larger(most, v);
  }
  return most;
}

/* Score and flag of each row, as it happens. `queue` holds the rows of the
** last half day whose v no later one reached, largest first. */
static int anomaly_alarms(hf_work *w, anomaly_line *l) {
  hf_mark mark = hf_work_mark(w);
  size_t *queue = hf_work_alloc(w, l->n, sizeof(size_t));
  double *v = hf_work_reals(w, l->n), *smoothed = hf_work_reals(w, l->n);
  size_t i, head = 0, tail = 0, begin = l->n;
  anomaly_reach reach;
  double mean;
  int rc, stands = 0;
  if (queue == NULL || v == NULL || smoothed == NULL) return HF_ENOMEM;
  memset(&reach, 0, sizeof(reach));
  hf_extreme_start(&reach.raw);
  hf_extreme_start(&reach.smooth);
  reach.course.until = HF_ANOMALY_FIRST;
  reach.unit = 1;
  mean = l->n > 0 ? l->y[0] : 0;
  for (i = 0; i < l->n; i++) {
    double u;
    int unusual = l->ratio[i] >= ANOMALY_USUAL, fresh;
    mean += ANOMALY_SMOOTH * (l->y[i] - mean);
    smoothed[i] = mean;
    rc = i == reach.course.until
             ? anomaly_course_lay(w, l->y, smoothed, i, &reach.course)
             : HF_OK;
    if (rc != HF_OK) return rc;
    v[i] = anomaly_new(l, i, mean, &reach, &fresh);
    if (l->record[i] >= ANOMALY_ALARM) fresh = 1;
    v[i] = anomaly_larger(v[i], l->record[i]);
    while (head < tail && l->ts[queue[head]] < l->ts[i] - ANOMALY_QUIET) head++;
    u = v[i] - ANOMALY_ALARM;
    if (!unusual) stands = 0;
    l->flag[i] = fresh && i >= HF_ANOMALY_FIRST &&
                 (head == tail || v[queue[head]] < v[i]);
    l->score[i] =
        l->flag[i] ? 0.5 + 0.5 * u / (1 + u) : anomaly_rank(l->ratio[i]);
    if (v[i] > 0) {
      while (tail > head && v[queue[tail - 1]] <= v[i]) tail--;
      queue[tail++] = i;
    }
    if (!unusual) begin = l->n;
    if (unusual && begin == l->n) begin = i;
    if (l->since[i] < begin) begin = l->since[i];
    if (l->flag[i] && unusual) stands = 1;
    l->since[i] = stands ? begin : l->flag[i] ? i : l->n;
    rc = hf_work_check(w, 20);
    if (rc != HF_OK) return rc;
  }
  hf_work_release(w, mark);
  return HF_OK;
}

/* The same in hindsight, where ratios are already over their limits. */
static void anomaly_stretches(anomaly_line *l) {
  size_t i;
  for (i = 0; i < l->n; i++) {
    double r = isnan(l->ratio[i]) ? 0 : l->ratio[i];
    l->score[i] = r * r / (r * r + 1);
    l->flag[i] = r >= 1;
    l->since[i] = !l->flag[i]               ? l->n
                  : i > 0 && l->flag[i - 1] ? l->since[i - 1]
                                            : i;
  }
}

/* From the line back to the rows; a row without a value has no judgement. */
static void anomaly_spread(const anomaly_line *l, hf_anomaly *a) {
  size_t i, k = 0;
  for (i = 0; i < a->n; i++) {
    a->expected[i] = a->score[i] = a->since[i] = NAN;
    a->flag[i] = 0;
    if (isnan(a->value[i])) continue;
    a->expected[i] = l->expected[k];
    a->score[i] = l->score[k];
    a->flag[i] = l->flag[k];
    if (l->since[k] < l->n) a->since[i] = l->ts[l->since[k]];
    k++;
  }
}

int hf_anomaly_score(hf_work *w, int hindsight, hf_anomaly *a) {
  hf_anomaly r = *a;
  anomaly_line line;
  hf_mark mark;
  int rc;
  r.expected = hf_work_reals(w, a->n);
  r.score = hf_work_reals(w, a->n);
  r.since = hf_work_reals(w, a->n);
  r.flag = hf_work_alloc(w, a->n, sizeof(int));
  if (r.expected == NULL || r.score == NULL || r.since == NULL ||
      r.flag == NULL)
    return HF_ENOMEM;
  mark = hf_work_mark(w);
  rc = anomaly_line_take(w, a, &line);
  if (rc == HF_OK) rc = anomaly_ladder(w, hindsight, &line);
  if (rc != HF_OK) return rc;
  anomaly_early(&line);
  anomaly_flat(&line, hindsight);
  if (hindsight)
    anomaly_stretches(&line);
  else
    rc = anomaly_alarms(w, &line);
  if (rc != HF_OK) return rc;
  anomaly_spread(&line, &r);
  hf_work_release(w, mark);
  *a = r;
  return HF_OK;
}
