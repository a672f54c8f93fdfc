/*
** crossing.c: how often what hf_time_to says comes true (ops/crossing.h).
**
**   make bench-crossing [CROSSING="FILE.csv ..."]
**
** Simulates each process of crossings.h with 7, 14, 30 and 60 days of history
** and twice as much future, and asks for thresholds beyond the history. Of each
** FILE (series,ts,value, sorted by both, one step) windows are history and
** future in the same way, and thresholds lie above or below the history.
**
** Printed: the share that reached it before the lower limit, the middle one and
** the upper one, of those where one was given (0.05, 0.50, 0.95 would be
** right); the share of all within the 90 % interval, one that is open above
** reaching to the end; probability stated and share reached within the reach;
** Brier score of the probability, and of the share itself; the calibration
** error in ten bins; and the mean loss of the three limits as quantiles of the
** time, in reaches. Nothing is asserted.
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../num/arena.h"
#include "crossings.h"
#include "ops/crossing.h"

enum { SERIES = 150, LONGEST = 1440, CELLS = 60000, BINS = 10 };

/* What was said of a set of questions. */
typedef struct score {
  double n, given[3], passed[3], before, after, stated, reached, brier, loss;
  double said[BINS], came[BINS], count[BINS];
} score;

static test_arena arena = {-1, 0};

static double loss(double level, double said, double truth) {
  return truth > said ? level * (truth - said) : (1 - level) * (said - truth);
}

/* Asks for a threshold that x[past..n) reaches or not; n = 3 past. */
static int ask(double *x, size_t past, double step, double threshold,
               score *first, score *second, score *third) {
  static const double level[3] = {0.05, 0.5, 0.95};
  hf_work w = test_work(&arena);
  hf_outlook_ask none = {1, NAN, NAN};
  hf_crossing c;
  hf_grid g;
  double limit[3], truth, last = x[past - 1];
  size_t i, k = past;
  int rc, j;
  memset(&g, 0, sizeof g);
  g.step = step;
  g.n = past;
  g.y = g.fill = x;
  rc = hf_crossing_find(&w, &g, NULL, threshold, &none, &c);
  hf_work_free(&w);
  if (rc != HF_OK) return rc;
  while (k < 3 * past &&
         (last <= threshold ? x[k] < threshold : x[k] > threshold))
    k++;
  truth = k < 3 * past ? ((double)(k - past) + 0.5) * step : HUGE_VAL;
  if (truth > c.reach) truth = HUGE_VAL;
  limit[0] = c.lo;
  limit[1] = c.eta;
  limit[2] = c.hi;
  for (j = 0; j < 3; j++) {
    score *o = j == 0 ? first : j == 1 ? second : third;
    if (o == NULL) continue;
    double hit = truth < HUGE_VAL;
    size_t bin = c.probability < 1 ? (size_t)(c.probability * BINS) : BINS - 1;
    o->n++;
    for (i = 0; i < 3; i++) {
      double clip = limit[i] == limit[i] ? limit[i] : c.reach;
      o->loss += loss(level[i], clip / c.reach, fmin(truth, c.reach) / c.reach);
      if (limit[i] != limit[i]) continue;
      o->given[i]++;
      o->passed[i] += truth <= limit[i];
    }
    o->before += truth < (c.lo == c.lo ? c.lo : c.reach);
    o->after += c.hi == c.hi && truth > c.hi;
    o->stated += c.probability;
    o->reached += hit;
    o->brier += (c.probability - hit) * (c.probability - hit);
    o->said[bin] += c.probability;
    o->came[bin] += hit;
    o->count[bin]++;
  }
  return HF_OK;
}

static void print_head(void) {
  printf("%-20s %5s  %-17s %6s %6s %6s %6s %6s %6s %5s %6s\n", "", "asked",
         "lower middle upper", "given", "within", "stated", "came", "Brier",
         "share", "ECE", "loss");
}

static void print_score(const char *name, const score *s) {
  double ece = 0, p = s->reached / s->n;
  int i;
  for (i = 0; i < BINS; i++) ece += fabs(s->said[i] - s->came[i]) / s->n;
  printf("%-20s %5.0f  %.3f %.3f %.3f  %6.2f %6.3f %6.3f %6.3f %6.3f %6.3f "
         "%5.3f %6.4f\n",
         name, s->n, s->passed[0] / s->given[0], s->passed[1] / s->given[1],
         s->passed[2] / s->given[2], s->given[2] / s->n,
         1 - (s->before + s->after) / s->n, s->stated / s->n, p,
         s->brier / s->n, p * (1 - p), ece, s->loss / s->n);
}

static void print_bins(const score *s) {
  int i;
  printf("stated/came of asked:");
  for (i = 0; i < BINS; i++)
    printf(" %.2f/%.2f of %.0f", s->said[i] / s->count[i],
           s->came[i] / s->count[i], s->count[i]);
  printf("\n");
}

static int simulate(uint64_t seed) {
  static const size_t past[4] = {168, 336, 720, 1440};
  static double x[3 * LONGEST];
  static score all, length[4];
  hf_rng r = {seed};
  int kind, i, k, rc = HF_OK;
  char name[32];
  for (kind = 0; kind < CROSSINGS_KINDS; kind++) {
    score s = {0};
    for (i = 0; i < 4; i++) {
      for (k = 0; k < SERIES && rc == HF_OK; k++) {
        double lo, hi, threshold, u;
        crossings_make((crossings_kind)kind, &r, past[i], x, 3 * past[i]);
        u = hf_rng_uniform(&r);
        hf_stat_range(x, past[i], &lo, &hi);
        threshold = hi + (hi - lo) * (u * u * 0.9 - 0.05);
        if (threshold <= x[past[i] - 1]) threshold = hi + (hi - lo) * 0.02;
        rc = ask(x, past[i], 3600, threshold, &s, &length[i], &all);
      }
      if (rc != HF_OK) return rc;
    }
    print_score(crossings_name[kind], &s);
  }
  for (i = 0; i < 4; i++) {
    snprintf(name, sizeof name, "%d days of history", (int)(past[i] / 24));
    print_score(name, &length[i]);
  }
  print_score("all", &all);
  print_bins(&all);
  return HF_OK;
}

/* Windows of one series: history of a third. */
static int windows(double *x, size_t n, double step, hf_rng *r, score *s) {
  size_t part;
  int k, rc = HF_OK;
  for (part = 1; part <= 4; part++) {
    size_t past = n / 3 / part,
           from = n > 3 * past ? hf_rng_below(r, n - 3 * past + 1) : 0;
    if (past < 48) continue;
    for (k = 0; k < 4 && rc == HF_OK; k++) {
      double lo, hi, last = x[from + past - 1], u = hf_rng_uniform(r),
                     threshold;
      hf_stat_range(x + from, past, &lo, &hi);
      threshold = (hi - lo) * (u * u * 0.5 - 0.03);
      threshold = k % 2 == 0 ? hi + threshold : lo - threshold;
      if (!(hi > lo)) continue;
      if (k % 2 == 0 ? threshold <= last : threshold >= last) continue;
      rc = ask(x + from, past, step, threshold, s, NULL, NULL);
    }
  }
  return rc;
}

static int measure(const char *path) {
  static double x[CELLS];
  FILE *f = fopen(path, "r");
  char line[256], series[128] = "", name[128], *tail;
  double first = 0, step = 0;
  score s = {0};
  hf_rng r = {1};
  size_t n = 0;
  int rc = HF_OK, more = 1;
  if (f == NULL) {
    perror(path);
    return 1;
  }
  while (more && rc == HF_OK) {
    double ts = 0, value = 0;
    more = fgets(line, sizeof line, f) != NULL;
    if (more && sscanf(line, "%127[^,],%lf,%lf", name, &ts, &value) != 3)
      continue;
    if (!more || strcmp(name, series) != 0) {
      if (n > 150) rc = windows(x, n, step, &r, &s);
      strcpy(series, more ? name : "");
      first = ts;
      step = 0;
      n = 0;
    }
    if (n == 1) step = ts - first;
    if (n > 1) {
      size_t at = (size_t)((ts - first) / step + 0.5);
      for (; n < at && n < CELLS; n++) x[n] = x[n - 1];
    }
    if (n < CELLS) x[n++] = value;
  }
  fclose(f);
  if (rc != HF_OK || s.n == 0) return rc;
  tail = strrchr(path, '/');
  snprintf(name, sizeof name, "%.20s", tail != NULL ? tail + 1 : path);
  print_score(name, &s);
  print_bins(&s);
  return HF_OK;
}

int main(int argc, char **argv) {
  int i, rc = HF_OK;
  print_head();
  rc = simulate(1);
  for (i = 1; i < argc && rc == HF_OK; i++) rc = measure(argv[i]);
  if (rc != HF_OK) fprintf(stderr, "crossing: error %d\n", rc);
  return rc != HF_OK;
}
