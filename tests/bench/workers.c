/*
** workers.c: hf_allocate_workers() in a closed loop on made-up traffic.
**
**   make bench-workers [TRAFFIC="bursty start=900 office past=0 office FILE"]
**
** A worker does a task in 0.5 s, serves 90 s (start=) after it was asked for
** and is paid from then on; a task that waits longer than 1 s is late. Time
** moves by 15 s; queues are fluid above capacity and Erlang C below. Each
** minute the plan of ops/workers.c is asked and obeyed. FILE: tasks a step, one
** a line, instead of the traffic made here; its first third only fills the
** history. past=0: the plan sees the newest day only; late=0.05: only this
** share is stated.
**
** Printed for each stated share of late tasks: the share that came, and the
** share that the plan said, on average; the mean number of workers, how often
** the load stayed at or below what was offered beside the level stated, the
** mean confidence, and changes of direction an hour. Beside it: workers of
** perfect foresight and of an autoscaler that keeps a share of use, each at as
** many late tasks as came. Nothing is asserted.
*/
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../num/arena.h"
#include "num/erlang.h"
#include "num/rng.h"
#include "ops/workers.h"

enum {
  DAY = 5760, /* steps */
  DAYS = 30,
  STEPS = DAYS * DAY,
  SCORED = 23 * DAY, /* from here on */
  MOST = 200
};
static const double dt = 15, task = .5, limit = 1;
static double start = 90; /* seconds until a worker serves */
static int with_past = 1;
static double only; /* share stated; 0: each of several */

static double lam[STEPS]; /* tasks a second */
static size_t steps = STEPS, scored = SCORED;
static test_arena A = {-1, 0};

/* ---- traffic */

static double poisson(hf_rng *g, double mean) {
  double a, b;
  if (mean < 40) {
    double p = exp(-mean), u = hf_rng_uniform(g);
    int k = 0;
    for (a = p; u > a && k < 1000; a += p) p *= mean / ++k;
    return k;
  }
  a = hf_rng_uniform(g) + 1e-300;
  b = hf_rng_uniform(g);
  return fmax(
      0,
      floor(mean + sqrt(mean) * sqrt(-2 * log(a)) * cos(6.283185307179586 * b) +
            .5));
}

/* Erlangs wanted at a step. */
typedef double (*shape)(hf_rng *g, size_t step);

static double by_day(size_t step) {
  double t = (double)(step % DAY) / DAY;
  return 20 - 14 * cos(6.283185307179586 * t) +
         3 * cos(12.566370614359172 * (t - .1));
}

static double diurnal(hf_rng *g, size_t step) {
  (void)g;
  return fmax(1, by_day(step));
}

static double weekly(hf_rng *g, size_t step) {
  (void)g;
  return fmax(1, by_day(step) * (step / DAY % 7 >= 5 ? .35 : 1));
}

static double bursty(hf_rng *g, size_t step) {
  static double burst;
  if (step == 0) burst = 0;
  burst *= .97;
  if (hf_rng_uniform(g) < 1 / 240.0) burst += 4 - 10 * log(hf_rng_uniform(g));
  return 6 + burst;
}

/* The first ten minutes of each hour, and 02:00 to 03:00, bring jobs. */
static double batch(hf_rng *g, size_t step) {
  size_t hour = step % DAY / 240;
  (void)g;
  return 6 + (step % 240 < 40 ? 12 : 0) + (hour == 2 ? 25 : 0);
}

/* Office hours begin at once. */
static double office(hf_rng *g, size_t step) {
  size_t minute = step % DAY / 4;
  (void)g;
  if (step / DAY % 7 >= 5) return 3;
  return minute >= 540 && minute < 1080 ? 30 : 3;
}

static double wander(hf_rng *g, size_t step) {
  static double level;
  if (step == 0) level = log(15);
  level += .012 * (hf_rng_uniform(g) - .5) * 3.4641 + .0005 * (log(15) - level);
  return exp(level);
}

static void make(shape f, uint64_t seed) {
  hf_rng g = {seed};
  size_t i;
  steps = STEPS;
  scored = SCORED;
  for (i = 0; i < STEPS; i++) {
    double a = f(&g, i);
    lam[i] = poisson(&g, a / task * dt) / dt;
  }
}

static int take(const char *path) {
  FILE *f = fopen(path, "r");
  char line[256];
  steps = 0;
  if (f == NULL) return 0;
  while (steps < STEPS && fgets(line, sizeof line, f) != NULL) {
    char *end;
    double x = strtod(line, &end);
    if (end != line) lam[steps++] = x / dt;
  }
  fclose(f);
  scored = steps / 3;
  return steps > 0;
}

/* ---- the service */

typedef struct result {
  double late, workers, cover, turns;
} result;

/* What a rule sees: step, serving, starting, use of the step, queue. */
typedef double (*rule)(size_t i, double ready, double pending, double use,
                       double queue);

static double parameter; /* of the rule */

static result serve(rule f) {
  static double due[STEPS];  /* time at which it serves */
  static double size[STEPS]; /* workers */
  size_t head = 0, tail = 0, i;
  double ready = 10, pending = 0, q = 0, sum = 0, late = 0, tasks = 0;
  int turns = 0, last = 0;
  result r = {0, 0, 0, 0};
  for (i = 0; i < steps; i++) {
    double now = (double)i * dt, cap, q0 = q, use, a = lam[i] * task, d, cur;
    while (head < tail && due[head] <= now) {
      ready += size[head];
      pending -= size[head++];
    }
    cap = ready / task;
    q = fmax(0, q + (lam[i] - cap) * dt);
    use = fmin(1, (q0 + lam[i] * dt - q) / (cap * dt));
    if (i >= scored) {
      double lo = fmin(q0, q) / cap, hi = fmax(q0, q) / cap, pv = 1;
      if (lo < limit) {
        double in = fmin(a, .995 * ready);
        pv = hi <= limit ? 0 : (hi - limit) / (hi - lo);
        pv = fmax(pv,
                  hf_erlang_tail((size_t)ready, in, task, fmax(0, limit - hi)));
      }
      late += pv * lam[i];
      tasks += lam[i];
      sum += ready + pending;
    }
    d = q;
    if (a < ready) {
      double in = fmin(a, .995 * ready);
      d +=
          hf_erlang_tail((size_t)ready, in, task, 0) * a / fmax(ready - a, .05);
    }
    d = f(i, ready, pending, use, d);
    if (isnan(d)) continue;
    d = fmax(1, fmin(MOST, floor(d)));
    cur = ready + pending;
    if (d == cur) continue;
    if (d > cur) {
      due[tail] = now + start;
      size[tail++] = d - cur;
      pending += d - cur;
    } else {
      double k = cur - d;
      while (k > 0 && head < tail) {
        double m = fmin(size[tail - 1], k);
        k -= m;
        pending -= m;
        size[tail - 1] -= m;
        if (size[tail - 1] <= 0) tail--;
      }
      ready = fmax(1, ready - k);
    }
    if (i >= scored) {
      int way = d > cur ? 1 : -1;
      turns += way != last;
      last = way;
    }
  }
  r.late = 100 * late / tasks;
  r.workers = sum / (double)(steps - scored);
  r.turns = turns / ((double)(steps - scored) * dt / 3600);
  return r;
}

/* ---- rules */

/* The horizontal pod autoscaler (autoscaling/v2) on processor use. */
static double hpa(size_t i, double ready, double pending, double use,
                  double queue) {
  static double past[20];
  double cur = ready + pending, ratio = use / parameter, d;
  size_t k;
  (void)queue;
  if (fabs(ratio - 1) <= .1) {
    d = cur;
  } else if (pending > 0 && ratio > 1) {
    double all = use * ready / cur / parameter;
    d = all <= 1.1 ? cur : ceil(all * cur);
  } else {
    d = ceil(ratio * ready);
  }
  if (ratio < 1) d = fmin(d, cur);
  if (i == 0) memset(past, 0, sizeof past);
  past[i % 20] = d;
  if (d < cur) {
    for (k = 0; k < 20; k++) d = fmax(d, past[k]);
    d = fmin(d, cur);
  }
  return fmin(d, fmax(2 * cur, cur + 4));
}

/* Perfect foresight. */
static double oracle(size_t i, double ready, double pending, double use,
                     double queue) {
  static double need[STEPS];
  size_t k, j;
  double most = 0;
  (void)ready, (void)pending, (void)use, (void)queue;
  for (j = 0; i == 0 && j < steps; j++) {
    double s = 0;
    for (k = j > 2 ? j - 2 : 0; k <= j + 1 && k < steps; k++) s += lam[k];
    need[j] =
        (double)hf_erlang_staff(s / 4 * task, task, limit, parameter, 1, MOST);
  }
  if (i % 2) return NAN;
  for (k = i; (double)k <= (double)i + start / dt + 2 && k < steps; k++) {
    most = fmax(most, need[k]);
  }
  return most;
}

static double ts[STEPS / 4], cpu[STEPS / 4], workers[STEPS / 4];
static double queued[STEPS / 4], offered[STEPS / 4], level;
static double said, sure, season; /* sums of late_share, confidence, weight */
static size_t minutes, asked;

static hf_load rows(size_t from, size_t to) {
  hf_load l;
  l.ts = ts + from;
  l.cpu = cpu + from;
  l.workers = workers + from;
  l.queue = queued + from;
  l.n = to - from;
  return l;
}

/* The rows of some spans, in one piece. */
static hf_load earlier(hf_work *w, const hf_workers_span *span, size_t n) {
  hf_load past = {0};
  size_t i, m, most = HF_WORKERS_SPANS * HF_WORKERS_SPAN;
  if (n == 0 || !with_past) return past;
  past.ts = hf_work_reals(w, most);
  past.cpu = hf_work_reals(w, most);
  past.workers = hf_work_reals(w, most);
  past.queue = hf_work_reals(w, most);
  for (i = 0; i < n; i++) {
    double first = floor((span[i].from - ts[0]) / 60 + .999999);
    for (m = (size_t)fmax(0, first); m < minutes && ts[m] < span[i].to; m++) {
      past.ts[past.n] = ts[m];
      past.cpu[past.n] = cpu[m];
      past.workers[past.n] = workers[m];
      past.queue[past.n++] = queued[m];
    }
  }
  return past;
}

static double plan(size_t i, double ready, double pending, double use,
                   double queue) {
  static double sum;
  hf_workers_rule r = {1, MOST, task, limit, parameter, start, 60, NAN};
  hf_load l, past, probe;
  hf_workers_span span[HF_WORKERS_SPANS];
  size_t n;
  hf_workers_plan p;
  hf_work w;
  size_t warm = scored - DAY / 4;
  if (i == 0) {
    sum = said = sure = season = 0;
    minutes = asked = 0;
  }
  sum += use;
  if (i % 4 != 3) return i < warm ? hpa(i, ready, pending, use, queue) : NAN;
  ts[minutes] = 1.7e9 + 15 * (double)(i + 1);
  cpu[minutes] = 25 * sum;
  workers[minutes] = ready;
  queued[minutes] = floor(queue + .5);
  offered[minutes++] = NAN;
  sum = 0;
  if (i < warm) {
    double keep = parameter, d;
    parameter = .5;
    d = hpa(i, ready, pending, use, queue);
    parameter = keep;
    return d;
  }
  l = rows(minutes > HF_WORKERS_WINDOW ? minutes - HF_WORKERS_WINDOW : 0,
           minutes);
  w = test_work(&A);
  if (hf_workers_spans(&w, &l, NULL, &r, span, &n) != HF_OK) exit(1);
  probe = earlier(&w, span, n);
  if (hf_workers_spans(&w, &l, &probe, &r, span, &n) != HF_OK) exit(1);
  past = earlier(&w, span, n);
  if (hf_workers_plan_make(&w, &l, &past, &r, &p) != HF_OK) exit(1);
  hf_work_free(&w);
  offered[minutes - 1] = p.offered;
  level = p.quantile;
  if (i >= scored) {
    said += p.late;
    sure += p.confidence;
    season += p.season;
    asked++;
  }
  return p.workers;
}

static double covered(void) {
  size_t m, n = 0, hit = 0;
  size_t lead = (size_t)ceil((start + 60) / 60);
  for (m = scored / 4; m + lead < minutes; m++) {
    double a = 0;
    size_t k;
    if (isnan(offered[m])) continue;
    for (k = 0; k < 4; k++) a += lam[4 * (m + lead) + k] * task / 4;
    n++;
    hit += a <= offered[m];
  }
  return n > 0 ? 100 * (double)hit / (double)n : NAN;
}

/* Workers of another rule where `late` tasks come late: between neighbours of
** a ladder, on the logarithm. */
static double at_late(rule f, const double *ladder, size_t n, double late) {
  double x0 = 0, w0 = 0;
  size_t k;
  for (k = 0; k < n; k++) {
    result r;
    double x;
    parameter = ladder[k];
    r = serve(f);
    x = log(r.late + 1e-4);
    if (x <= log(late + 1e-4)) {
      if (k == 0) return r.workers;
      return w0 + (log(late + 1e-4) - x0) / (x - x0) * (r.workers - w0);
    }
    x0 = x;
    w0 = r.workers;
  }
  return NAN;
}

static void show(const char *name) {
  static const double target[] = {.2, .1, .05, .02, .01};
  static const double oracles[] = {.6,  .4,  .3,  .2,   .1,
                                   .05, .02, .01, .005, .001};
  static const double hpas[] = {.99, .95, .9, .8, .7, .6, .5, .4, .3, .2};
  size_t k;
  for (k = 0; k < sizeof target / sizeof target[0]; k++) {
    result r;
    double best, other;
    if (only > 0 && k > 0) break;
    parameter = only > 0 ? only : target[k];
    r = serve(plan);
    r.cover = covered();
    best = at_late(oracle, oracles, 10, r.late);
    other = at_late(hpa, hpas, 10, r.late);
    printf(
        "%-8s %5.0f %5.1f%% %6.2f%% %6.2f%% %7.2f %6.2f of %-3.0f %5.2f %5.2f "
        "%6.2f %7.3f %7.3f\n",
        name, start, 100 * (only > 0 ? only : target[k]), r.late,
        100 * said / (double)asked, r.workers, r.cover, 100 * level,
        sure / (double)asked, season / (double)asked, r.turns, r.workers / best,
        r.workers / other);
    fflush(stdout);
  }
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    shape f;
  } made[] = {{"diurnal", diurnal}, {"weekly", weekly}, {"bursty", bursty},
              {"batch", batch},     {"office", office}, {"wander", wander}};
  size_t k;
  int i, any = 0;
  printf(
      "traffic  start stated    came    said workers  covered     sure season"
      "  turns x foresight, x autoscaler\n");
  for (i = 1; i < argc; i++) {
    if (strncmp(argv[i], "start=", 6) == 0) {
      start = fmin(7200, fmax(0, strtod(argv[i] + 6, NULL)));
      continue;
    }
    if (strncmp(argv[i], "past=", 5) == 0) {
      with_past = argv[i][5] != '0';
      continue;
    }
    if (strncmp(argv[i], "late=", 5) == 0) {
      only = fmin(.5, fmax(0, strtod(argv[i] + 5, NULL)));
      continue;
    }
    any = 1;
    for (k = 0; k < 6; k++) {
      if (strcmp(argv[i], made[k].name) == 0) break;
    }
    if (k < 6) {
      make(made[k].f, 7 + k);
    } else if (!take(argv[i])) {
      fprintf(stderr, "workers: cannot read %s\n", argv[i]);
      return 1;
    }
    show(k < 6 ? made[k].name : "file");
  }
  for (k = 0; !any && k < 6; k++) {
    make(made[k].f, 7 + k);
    show(made[k].name);
  }
  return 0;
}
