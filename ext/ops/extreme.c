/*
** extreme.c: records and whether chance would have set them, see extreme.h.
**
** Every history has a record, and the next one comes by itself: after D days
** without change one is expected in the next D. How far it goes is told by the
** records' own spacings. Of the largest values X1 >= X2 >= ... of m independent
** blocks the spacings i (Xi - Xi+1) are exponential with the same mean s where
** the tail is about exponential (Renyi 1953), and the next record leaves X1 by
** such a value, too. With s estimated by k = 8 spacings,
**   S = (X1 + ... + Xk)/k - Xk+1,
** its excess E has P(E > c S) = (1 + c/k)^-k, the tail of a Pareto law, which
** also does for tails that are somewhat heavier.
**
** Blocks make neighbours that resemble each other count once. There are 16 to
** 32; when they are 32, two become one. A value that rises through all blocks
** has spacings as large as its steps, and a step more is no surprise. Of counts
** and of rounded values S is a unit at least: the first error after a day
** without one is no surprise either, the tenth within a minute is.
*/
#include "extreme.h"

#include <math.h>
#include <string.h>

enum {
  EXTREME_FIRST = 3,   /* values of a block, to begin with */
  EXTREME_SPACINGS = 8 /* k */
};

void hf_extreme_start(hf_extreme *e) {
  memset(e, 0, sizeof(*e));
  e->block = EXTREME_FIRST;
  e->all[0] = e->all[1] = e->now[0] = e->now[1] = -INFINITY;
}

void hf_extreme_take(hf_extreme *e, double x) {
  size_t i, half = HF_EXTREME_BLOCKS / 2;
  int side;
  for (side = 0; side < 2; side++) {
    double v = side == 0 ? x : -x;
    if (v > e->now[side]) e->now[side] = v;
    if (v > e->all[side]) e->all[side] = v;
  }
  if (++e->seen % e->block != 0) return;
  for (side = 0; side < 2; side++) {
    double *top = e->top[side];
    top[e->blocks] = e->now[side];
    e->now[side] = -INFINITY;
    for (i = 0; e->blocks + 1 == HF_EXTREME_BLOCKS && i < half; i++)
      top[i] = top[2 * i + 1] > top[2 * i] ? top[2 * i + 1] : top[2 * i];
  }
  if (++e->blocks < HF_EXTREME_BLOCKS) return;
  e->blocks = half;
  e->block *= 2;
}

/* S of the largest values of m blocks and of the one under way. */
static double extreme_spacing(const double *top, size_t m, double now) {
  double large[EXTREME_SPACINGS + 1], sum = 0;
  size_t i, j, n = 0, all = now > -INFINITY ? m + 1 : m;
  for (i = 0; i < all; i++) {
    double x = i < m ? top[i] : now;
    if (n <= EXTREME_SPACINGS)
      n++;
    else if (!(x > large[n - 1]))
      continue;
    for (j = n - 1; j > 0 && large[j - 1] < x; j--) large[j] = large[j - 1];
    large[j] = x;
  }
  for (i = 0; i + 1 < n; i++) sum += large[i] - large[n - 1];
  return n > 1 ? sum / (double)(n - 1) : 0;
}

double hf_extreme_leave(const hf_extreme *e, double x, double chance,
                        double unit, int *rare) {
  int side = x > e->all[0] ? 0 : 1;
  double beyond = (side == 0 ? x : -x) - e->all[side];
  double range = e->all[0] + e->all[1], spacing, times = 0;
  *rare = 0;
  if (!(beyond > 0) || e->seen == 0) return 0;
  if (chance < 1)
    times = EXTREME_SPACINGS * (pow(chance, -1.0 / EXTREME_SPACINGS) - 1);
  spacing = extreme_spacing(e->top[side], e->blocks, e->now[side]);
  *rare = beyond >= times * (spacing > unit ? spacing : unit);
  return range > 0 ? beyond / range : 1;
}
