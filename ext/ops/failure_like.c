/*
** failure_like.c: the life left, read off rows that are alike (failure_like.h).
**
** The conditional Kaplan-Meier estimate over the rows whose index is near that
** of the component (Beran 1981), Gaussian weights.
**
** - A row near F is moved to F, its life with it, so that only what the index
**   errs by is left (as in locally weighted conformal inference, Lei et al.
**   2018), not the width of the kernel.
** - Ages count as well, where those at the failures agree: equal wear at half
**   the age came twice as fast. A twentieth of the weight does not ask for it.
** - Who still runs is chosen for having outlived what its index foretold; the
**   nearer F is to the end, the more so. So the censored count less by
**   (F / cap)^2 for who is worn.
** - The censored are needed where the failed are the short-lived few. They
**   mislead where they left sight because of their wear, as when the worn are
**   taken in for repair: Kaplan-Meier holds when sight ends by chance. Which of
**   both it is shows in whole lives, those of the running by age and index: let
**   u be the chance that one of them is longer than one that ended (Mann and
**   Whitney 1947). The censored count 4 u - 2: nothing where both are alike, for
**   then the ended lives tell all; in full from three in four on; but a tenth
**   at least.
** - Errors of n components are those of a sample: they are stretched by
**   1 + 1.5 / n, to first order the quantile of Student's t by that of the
**   normal times sqrt(1 + 1 / n), at 90%.
*/
#include "failure_like.h"

#include <math.h>

/* The weight of a row whatever its age; the stretch of errors; the least that
** the censored count (above). */
#define LIKE_AGELESS 0.05
#define LIKE_STRETCH 1.5
#define LIKE_RUNNING 0.1

/* The first time of the life grid that is not below `hours`; HF_LIFE_N: none.
 */
static size_t like_cell(double hours) {
  double i = ceil((log2(hours) + 6) * HF_LIFE_OCTAVE);
  return !(i > 0) ? 0 : i < HF_LIFE_N ? (size_t)i : HF_LIFE_N;
}

/* What a row tells of a life with index `at` and that age: its weight, and
** *life, hours; 0: nothing, *life is untouched. */
static double like_near(const hf_failure_model *m, size_t i, double at,
                        double age, double *life) {
  double z = (m->index[i] - at) / m->spread, weight, far, sound;
  if (fabs(z) > 4) return 0;
  weight = m->weight[i] * exp(-0.5 * z * z);
  if (m->era > 0) {
    far = (m->age[i] - age) / m->era;
    weight *= exp(-0.5 * far * far) + LIKE_AGELESS;
  }
  if (!m->event[i]) {
    sound = at > 0 ? at / m->shows : 0;
    weight *= m->running * (sound < 1 ? sound * sound : 1);
  }
  *life =
      at + (1 + LIKE_STRETCH / (double)m->failed) * (m->life[i] - m->index[i]);
  return weight;
}

/* Kaplan-Meier over all rows, by life ascending. Where less than a twentieth of
** those that should be left still is, the others being out of sight, the curve
** stands: the failures to come are all of those left whose end is known, and
** say nothing of the rest. */
void hf_failure_of_all(const hf_failure_model *m, hf_life *out) {
  double risk = 0, alive = 1, least;
  size_t i, k = 0;
  for (i = 0; i < m->n; i++) risk += m->weight[i];
  least = 0.05 * risk;
  for (i = 0; i < HF_LIFE_N; i++) {
    double t = hf_life_hours(i);
    for (; k < m->n && m->life[k] <= t; k++) {
      double w = m->weight[k];
      if (m->event[k] && risk > least * alive && w > 0) {
        alive *= w < risk ? 1 - w / risk : 0;
      }
      risk -= w;
      if (!(risk > 1e-12)) risk = 0;
    }
    out->f[i] = 1 - alive;
  }
  out->outlook = m->outlook;
  out->shows = m->shows;
}

/* The same over the rows near index `at` and that age, their lives counted by
** the cells of the grid. */
void hf_failure_of_like(const hf_failure_model *m, double at, double age,
                        hf_life *out) {
  double ends[HF_LIFE_N + 1] = {0}, lost[HF_LIFE_N + 1] = {0};
  double risk = 0, alive = 1, least;
  size_t i;
  for (i = 0; i < m->n; i++) {
    double life = 0, weight = like_near(m, i, at, age, &life);
    size_t k;
    if (!(weight > 0)) continue;
    k = like_cell(life);
    ends[k] += m->event[i] ? weight : 0;
    lost[k] += weight;
    risk += weight;
  }
  least = 0.05 * risk;
  for (i = 0; i < HF_LIFE_N; i++) {
    if (risk > least * alive && ends[i] > 0) {
      alive *= ends[i] < risk ? 1 - ends[i] / risk : 0;
    }
    risk -= lost[i];
    if (!(risk > 1e-12)) risk = 0;
    out->f[i] = 1 - alive;
  }
  out->outlook = m->outlook;
  out->shows = m->shows;
}

double hf_failure_running(const double *whole, size_t failed, size_t groups) {
  double won = 0, pairs = 0, share;
  size_t i, g;
  for (i = failed; i < groups; i++) {
    if (isnan(whole[i])) continue;
    for (g = 0; g < failed; g++) {
      if (isnan(whole[g])) continue;
      won += whole[i] > whole[g] ? 1 : whole[i] < whole[g] ? 0 : 0.5;
      pairs++;
    }
  }
  share = pairs > 0 ? 4 * won / pairs - 2 : 1;
  return share < LIKE_RUNNING ? LIKE_RUNNING : share < 1 ? share : 1;
}
