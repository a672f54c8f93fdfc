/*
** workers_tape.c: see workers_tape.h.
**
** Offered load in erlangs, the mean number of busy workers: a = cpu x workers.
** Above 97% the workers cannot show the load; what the queue grew by is added:
** d(queue) x task time / step.
**
** So that two calls a minute apart do not differ by where they begin, the tape
** begins at a whole multiple of 360 steps of unix time.
*/
#include "workers_tape.h"

#include <math.h>
#include <string.h>
#include "../num/stat.h"

enum { TAPE_BLOCK = 360 }; /* steps by which the beginning moves */

static const double tape_full = 97; /* percent: all workers are busy */

static int tape_room(hf_work *w, hf_workers_tape *t, size_t n) {
  memset(t, 0, sizeof(*t));
  t->step = t->begin = NAN;
  t->ts = hf_work_reals(w, n);
  t->cell = hf_work_reals(w, n);
  t->busy = hf_work_reals(w, n);
  t->now = hf_work_reals(w, n);
  t->wait = hf_work_reals(w, n);
  t->full = hf_work_reals(w, n);
  return t->ts == NULL || t->cell == NULL || t->busy == NULL ||
                 t->now == NULL || t->wait == NULL || t->full == NULL
             ? HF_ENOMEM
             : HF_OK;
}

/* Copies what can be used. */
static void tape_take(const hf_load *l, hf_workers_tape *t) {
  size_t i, n = 0;
  for (i = 0; i < l->n; i++) {
    if (!(l->cpu[i] >= 0) || !(l->workers[i] > 0)) continue;
    t->ts[n] = l->ts[i];
    t->now[n] = l->workers[i];
    t->wait[n] = l->queue[i] > 0 ? l->queue[i] : 0;
    t->full[n] = l->cpu[i] > tape_full;
    t->busy[n] = fmin(l->cpu[i], 100) / 100 * l->workers[i];
    n++;
  }
  t->n = n;
}

/* The usual time between samples: the median. */
static int tape_step(hf_work *w, hf_workers_tape *t) {
  hf_mark m = hf_work_mark(w);
  double *gap;
  size_t i;
  if (t->n < 2) return HF_OK;
  gap = hf_work_reals(w, t->n - 1);
  if (gap == NULL) return HF_ENOMEM;
  for (i = 1; i < t->n; i++) gap[i - 1] = t->ts[i] - t->ts[i - 1];
  t->step = hf_stat_median(gap, t->n - 1);
  hf_work_release(w, m);
  return HF_OK;
}

/* Leaves out what comes before the block where the tape begins. */
static void tape_cut(hf_workers_tape *t) {
  double block = t->step * TAPE_BLOCK;
  double last = floor(t->ts[t->n - 1] / block);
  size_t from = 0;
  t->begin = (last - HF_WORKERS_WINDOW / TAPE_BLOCK + 1) * block;
  while (from + 1 < t->n && t->ts[from] < t->begin) from++;
  t->ts += from;
  t->now += from;
  t->wait += from;
  t->full += from;
  t->busy += from;
  t->n -= from;
}

/* Numbers the samples in steps, and adds what the queue grew by. */
static void tape_place(hf_workers_tape *t, double task) {
  size_t i;
  for (i = 0; i < t->n; i++) {
    double gap = i == 0 ? 0 : t->ts[i] - t->ts[i - 1];
    t->cell[i] =
        i == 0 ? 0 : t->cell[i - 1] + fmax(1, floor(gap / t->step + 0.5));
    if (gap > 0 && t->full[i] > 0) { /* spans may overlap */
      double grown = (t->wait[i] - t->wait[i - 1]) * task;
      t->busy[i] = fmax(0, t->busy[i] + grown / gap);
    }
  }
}

int hf_workers_tape_make(hf_work *w, const hf_load *load, double task,
                         hf_workers_tape *tape) {
  hf_workers_tape t;
  int rc = tape_room(w, &t, load->n);
  if (rc != HF_OK) return rc;
  tape_take(load, &t);
  rc = tape_step(w, &t);
  if (rc != HF_OK) return rc;
  if (t.step > 0) {
    tape_cut(&t);
    tape_place(&t, task);
  }
  *tape = t;
  return HF_OK;
}

int hf_workers_tape_past(hf_work *w, const hf_load *load, double task,
                         double step, hf_workers_tape *tape) {
  hf_workers_tape t;
  int rc = tape_room(w, &t, load->n);
  if (rc != HF_OK) return rc;
  tape_take(load, &t);
  t.step = step;
  tape_place(&t, task);
  *tape = t;
  return HF_OK;
}
