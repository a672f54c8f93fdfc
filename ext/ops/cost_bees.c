/*
** cost_bees.c: the bee colony (num/colony.h) on the choices of many services,
** where limits couple them and their number forbids branching.
**
** Each service is one unknown in 0..1, cut into as many equal parts as it has
** choices that the bound has left open. What a limit is missed by is the
** violation. The best plan so far is a source from the start, so that nothing
** can get worse; what the colony finds is polished by the descent.
*/
#include "cost_search.h"

#include <math.h>
#include <string.h>

#include "../num/colony.h"

enum { BEES_BUDGET = 2000, BEES_MOST = 1000 };

typedef struct bees_view {
  hf_search *s;
  hf_pick *k;
  const size_t *open;  /* choices left open, service after service */
  const size_t *start; /* [n + 1] place of a service's first among them */
  int rc;              /* not HF_OK once the caller wants to stop */
} bees_view;

static void bees_read(const bees_view *v, const double *x) {
  size_t i;
  for (i = 0; i < v->s->n; i++) {
    size_t m = v->start[i + 1] - v->start[i];
    size_t a = (size_t)(x[i] * (double)m);
    v->k->at[i] = v->open[v->start[i] + (a < m ? a : m - 1)];
  }
}

static double bees_cost(void *ctx, const double *x, double *violation) {
  bees_view *v = ctx;
  hf_search *s = v->s;
  hf_pick *k = v->k;
  /* one evaluation is long: what is left of the colony's round ends quickly */
  if (v->rc == HF_OK) v->rc = hf_work_check(s->w, 2 * s->n * s->hours);
  if (v->rc != HF_OK) return 0;
  bees_read(v, x);
  hf_pick_sum(s, k);
  if (k->changes > s->p->max_changes) {
    *violation += (double)(k->changes - s->p->max_changes);
  }
  if (k->spot > s->spot_room + 1e-9) *violation += k->spot - s->spot_room;
  return k->cost;
}

int hf_search_bees(hf_bound *b, hf_pick *best) {
  hf_search *s = b->s;
  hf_mark mark = hf_work_mark(s->w);
  hf_colony_task t;
  hf_colony_stats stats;
  bees_view v;
  hf_pick k;
  double *x = hf_work_reals(s->w, 4 * s->n);
  size_t *open = hf_work_alloc(s->w, s->total + s->n, sizeof(size_t));
  size_t *start = hf_work_alloc(s->w, s->n + 1, sizeof(size_t));
  size_t i, a, m;
  int rc = s->n > BEES_MOST ? HF_EDATA : HF_ENOMEM;
  if (rc == HF_EDATA || x == NULL || open == NULL || start == NULL) goto done;
  rc = hf_pick_new(s, &k);
  if (rc != HF_OK) goto done;
  for (i = 0, m = 0; i < s->n; i++) {
    start[i] = m;
    for (a = s->first[i]; a < s->first[i + 1]; a++) {
      if (b->closed[a] && a != best->at[i]) continue;
      if (a == best->at[i]) x[3 * s->n + i] = (double)(m - start[i]) + 0.5;
      open[m++] = a;
    }
    x[3 * s->n + i] /= (double)(m - start[i]);
    x[s->n + i] = 0;
    x[2 * s->n + i] = 1;
  }
  start[s->n] = m;
  v.rc = HF_OK;
  v.s = s;
  v.k = &k;
  v.open = open;
  v.start = start;
  memset(&t, 0, sizeof(t));
  t.dim = s->n;
  t.lo = x + s->n;
  t.hi = x + 2 * s->n;
  t.start = x + 3 * s->n;
  t.starts = 1;
  t.budget = BEES_BUDGET;
  t.seed = s->p->seed;
  t.cost = bees_cost;
  t.ctx = &v;
  rc = hf_colony_minimise(s->w, &t, x, &stats);
  if (rc == HF_OK) rc = v.rc;
  if (rc != HF_OK) goto done;
  bees_read(&v, x);
  hf_pick_sum(s, &k);
  if (hf_pick_allowed(s, k.changes, k.spot)) {
    rc = hf_search_descend(s, &k);
    if (rc == HF_OK && k.cost < best->cost) hf_pick_copy(s, best, &k);
  }
done:
  hf_work_release(s->w, mark);
  return rc == HF_EDATA ? HF_OK : rc;
}
