/*
** query.c: a query's time by recursive least squares, shrunk to all queries.
**
** y = ln ms is linear in x = (1, ln(rows + 1), ln(bytes + 1)). One model holds
** for all queries (ridge regression, old runs fade by 0.99 a run), one for
** each query (fading by 0.95 a run of its own), drawn to the first by a normal
** prior of precision P, as in empirical Bayes (B. Efron, C. Morris 1975):
**
**   (A_q + P) beta = b_q + P beta_all
**
** What the line misses, the query's last runs say: the weighted mean of their
** residuals, clipped to +-1.5 so that one stalled run cannot mislead, over
** the weights plus 1/2 (E. Nadaraya, G. Watson 1964, shrunk to 0). A run with
** the same parameters weighs 1.5, any other 1/2 / (1 + d^2 / 0.18)^2, d being
** its distance in (ln rows, ln bytes); each fades by 0.97 a run. A new plan
** makes a query start afresh.
**
** Interval and confidence come from the errors of the very estimates that
** were made before each run was learnt (conformal prediction; V. Vovk and
** others, "Algorithmic learning in a random world", 2005): the interval takes
** the ceil(0.9 (n + 1))-th smallest |ln error| to both sides, the confidence
** is the share of errors within ln 1.5, (k + 1/2) / (n + 1). A query with 15
** errors of its own is judged by its last 40, others by the last 200 of all.
**
** The runs are replayed at each call: no state between calls.
*/
#include "query.h"

#include <math.h>
#include <string.h>
#include "../num/stat.h"

enum {
  QUERY_DIM = 3,
  QUERY_OWN = 40,       /* errors of a query that are kept */
  QUERY_ALL = 200,      /* errors of all queries that are kept */
  QUERY_YOUNG = 4,      /* runs from which a query is known */
  QUERY_ENOUGH = 15,    /* errors of its own by which a query is judged alone */
  QUERY_FARTHEST = 200, /* ln ms: no estimate and no error goes beyond */
  QUERY_NEAR = 64       /* runs of a query whose residuals are looked at */
};

/* Sums of a weighted regression of y on x. */
typedef struct query_sums {
  double a[QUERY_DIM][QUERY_DIM];
  double b[QUERY_DIM];
} query_sums;

/* The last errors, |ln(estimate / real)|, in a ring. */
typedef struct query_errors {
  double *e; /* [room] */
  size_t room, n;
} query_errors;

/* A run of the query, for its residual. */
typedef struct query_past {
  double x[QUERY_DIM];
  double y; /* ln ms */
  uint64_t param;
} query_past;

typedef struct query_model {
  uint64_t key; /* query */
  uint64_t plan;
  int used;
  int replanned;
  size_t n; /* runs since the plan changed */
  query_sums s;
  query_errors err;
  query_past *past; /* [QUERY_NEAR] ring of the last n runs */
} query_model;

typedef struct query_world {
  query_sums all;
  query_errors err;   /* of all runs */
  query_errors fresh; /* of first runs, guessed from other queries alone */
  query_errors young; /* of the QUERY_YOUNG - 1 runs after the first */
  size_t n;
  query_model *model; /* [mask + 1], open addressing */
  size_t mask;
} query_world;

/* A guess before the run is known. */
typedef struct query_guess {
  double y; /* ln ms */
  hf_query_basis basis;
  size_t n;
} query_guess;

static size_t query_slot(uint64_t key, size_t mask) {
  return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & mask;
}

static query_model *query_find(query_world *q, uint64_t key) {
  size_t i = query_slot(key, q->mask);
  while (q->model[i].used && q->model[i].key != key) i = (i + 1) & q->mask;
  return &q->model[i];
}

/* The features are centred near usual sizes, so that the prior's three parts
** are nearly independent. */
static void query_features(double rows, double bytes, double x[QUERY_DIM]) {
  x[0] = 1;
  x[1] = log(rows + 1) - 8;
  x[2] = log(bytes + 1) - 13;
}

/* Solves a x = b for a symmetric positive definite a (Cholesky). */
static void query_solve(double a[QUERY_DIM][QUERY_DIM],
                        const double b[QUERY_DIM], double x[QUERY_DIM]) {
  double l[QUERY_DIM][QUERY_DIM];
  int i, j, k;
  memcpy(x, b, QUERY_DIM * sizeof(double));
  for (i = 0; i < QUERY_DIM; i++) {
    for (j = 0; j <= i; j++) {
      double s = a[i][j];
      for (k = 0; k < j; k++) s -= l[i][k] * l[j][k];
      l[i][j] = i == j ? sqrt(fmax(s, 1e-12)) : s / l[j][j];
    }
  }
  for (i = 0; i < QUERY_DIM; i++) {
    for (k = 0; k < i; k++) x[i] -= l[i][k] * x[k];
    x[i] /= l[i][i];
  }
  for (i = QUERY_DIM - 1; i >= 0; i--) {
    for (k = i + 1; k < QUERY_DIM; k++) x[i] -= l[k][i] * x[k];
    x[i] /= l[i][i];
  }
}

static double query_dot(const double *a, const double *b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void query_learn(query_sums *s, double keep, const double *x, double y) {
  int i, j;
  for (i = 0; i < QUERY_DIM; i++) {
    for (j = 0; j < QUERY_DIM; j++) {
      s->a[i][j] = keep * s->a[i][j] + x[i] * x[j];
    }
    s->b[i] = keep * s->b[i] + x[i] * y;
  }
}

/* beta of all queries: a weak ridge towards times that grow a little with
** rows and bytes, which only the first runs can feel. */
static void query_all(const query_world *q, double beta[QUERY_DIM]) {
  double a[QUERY_DIM][QUERY_DIM], b[QUERY_DIM];
  int i;
  memcpy(a, q->all.a, sizeof(a));
  memcpy(b, q->all.b, sizeof(b));
  for (i = 0; i < QUERY_DIM; i++) {
    a[i][i] += .1;
    if (i > 0) b[i] += .05;
  }
  query_solve(a, b, beta);
}

/* What the line misses at x, as the query's last runs say. *same: how many of
** them had the same parameters. */
static double query_residual(const query_model *m, const double *beta,
                             const double *x, uint64_t param, size_t *same) {
  size_t n = m->n < QUERY_NEAR ? m->n : QUERY_NEAR, k;
  double sum = .5, miss = 0, age = 1;
  *same = 0;
  for (k = 0; k < n; k++, age *= .97) {
    const query_past *p = &m->past[(m->n - 1 - k) % QUERY_NEAR];
    double rows = p->x[1] - x[1], bytes = p->x[2] - x[2];
    double far = 1 + (rows * rows + bytes * bytes) / .18;
    double w = age * .5 / (far * far);
    if (param != 0 && p->param == param) {
      w = age * 1.5;
      ++*same;
    }
    sum += w;
    miss += w * fmax(-1.5, fmin(1.5, p->y - query_dot(beta, p->x)));
  }
  return miss / sum;
}

static query_guess query_think(const query_world *q, const query_model *m,
                               const double *x, uint64_t param) {
  static const double prior[QUERY_DIM] = {.6, 4, 4};
  double all[QUERY_DIM], beta[QUERY_DIM];
  double a[QUERY_DIM][QUERY_DIM], b[QUERY_DIM];
  query_guess g;
  size_t same;
  int i;
  query_all(q, all);
  g.basis = HF_QUERY_OTHERS;
  g.n = q->n;
  g.y = query_dot(all, x);
  if (!m->used || m->n == 0) return g;
  memcpy(a, m->s.a, sizeof(a));
  for (i = 0; i < QUERY_DIM; i++) {
    a[i][i] += prior[i];
    b[i] = m->s.b[i] + prior[i] * all[i];
  }
  query_solve(a, b, beta);
  g.y = query_dot(beta, x) + query_residual(m, beta, x, param, &same);
  g.basis = same > 0 ? HF_QUERY_REPEATS : HF_QUERY_OWN;
  g.n = same > 0 ? same : m->n;
  return g;
}

static void query_note(query_errors *r, double e) {
  r->e[r->n++ % r->room] = e;
}

static int query_errors_room(hf_work *w, query_errors *r, size_t room) {
  r->room = room;
  r->n = 0;
  r->e = hf_work_reals(w, room);
  return r->e == NULL ? HF_ENOMEM : HF_OK;
}

static void query_replan(query_model *m, uint64_t plan) {
  if (plan != 0 && m->plan != 0 && plan != m->plan) {
    memset(&m->s, 0, sizeof(m->s));
    m->n = 0;
    m->replanned = 1;
  }
  if (plan != 0) m->plan = plan;
}

/* One run: the guess is judged, then all that can learn from it learns. */
static int query_run(hf_work *w, query_world *q, const hf_runs *r, size_t i) {
  query_model *m = query_find(q, r->query[i]);
  double x[QUERY_DIM], y = log(fmax(r->ms[i], 1e-3)), seen = y;
  query_past *p;
  int rc;
  if (!m->used) {
    rc = query_errors_room(w, &m->err, QUERY_OWN);
    if (rc != HF_OK) return rc;
    m->past = hf_work_alloc(w, QUERY_NEAR, sizeof(query_past));
    if (m->past == NULL) return HF_ENOMEM;
    m->used = 1;
    m->key = r->query[i];
  }
  query_features(r->rows[i], r->bytes[i], x);
  if (q->n > 0) {
    query_guess g = query_think(q, m, x, r->param[i]);
    double e = y - g.y;
    query_note(&q->err, fabs(e));
    query_note(&m->err, fabs(e));
    if (m->n < QUERY_YOUNG) {
      query_note(m->n == 0 ? &q->fresh : &q->young, fabs(e));
    }
    /* an outlier teaches no more than a factor of e^3 */
    if (m->n >= 6 && fabs(e) > 3) seen = g.y + (e > 0 ? 3 : -3);
  }
  query_replan(m, r->plan[i]);
  query_learn(&q->all, .99, x, seen);
  query_learn(&m->s, .95, x, seen);
  p = &m->past[m->n % QUERY_NEAR];
  memcpy(p->x, x, sizeof(p->x));
  p->y = y;
  p->param = r->param[i];
  m->n++;
  q->n++;
  return hf_work_check(w, 1000);
}

static int query_world_make(hf_work *w, query_world *q, size_t n) {
  size_t room = 16;
  memset(q, 0, sizeof(*q));
  while (room < 2 * n) room *= 2;
  q->mask = room - 1;
  q->model = hf_work_zeroed(w, room, sizeof(query_model));
  if (q->model == NULL) return HF_ENOMEM;
  if (query_errors_room(w, &q->fresh, QUERY_ALL) != HF_OK) return HF_ENOMEM;
  if (query_errors_room(w, &q->young, QUERY_ALL) != HF_OK) return HF_ENOMEM;
  return query_errors_room(w, &q->err, QUERY_ALL);
}

static size_t query_count(const query_errors *r) {
  return r->n < r->room ? r->n : r->room;
}

/* The k-th smallest error, k = ceil(0.9 (n + 1)); NaN when there is none. */
static double query_width(hf_work *w, const query_errors *r, int *rc) {
  hf_mark m = hf_work_mark(w);
  size_t n = query_count(r), k = (size_t)ceil(.9 * ((double)n + 1));
  double x = NAN, *e;
  if (n == 0 || k > n) return x;
  e = hf_work_reals(w, n);
  if (e == NULL) {
    *rc = HF_ENOMEM;
    return x;
  }
  memcpy(e, r->e, n * sizeof(double));
  x = hf_stat_select(e, n, k - 1);
  hf_work_release(w, m);
  return x;
}

static double query_within(const query_errors *r) {
  size_t n = query_count(r), i, k = 0;
  for (i = 0; i < n; i++) k += r->e[i] <= 0.405465108108164382; /* ln 1.5 */
  return ((double)k + .5) / ((double)n + 1);
}

/* Interval and confidence from the errors made on queries that were as little
** known: never run, run less than QUERY_YOUNG times, or more. Between 4 and 15
** errors of its own a query is judged by both, the nearer to 15 the more by its
** own. */
static int query_judge(hf_work *w, const query_world *q, const query_model *m,
                       hf_query_answer *a) {
  size_t own = m->used && m->n >= QUERY_YOUNG ? query_count(&m->err) : 0;
  const query_errors *like = a->own == 0            ? &q->fresh
                             : a->own < QUERY_YOUNG ? &q->young
                                                    : &q->err;
  int rc = HF_OK;
  double width = query_width(w, like, &rc), conf = query_within(like);
  a->judged = query_count(like);
  if (own >= 4) {
    double mix = own >= QUERY_ENOUGH ? 1 : (double)own / QUERY_ENOUGH;
    double mine = query_width(w, &m->err, &rc);
    if (mix < 1) mine = NAN; /* too few for a quantile of its own */
    if (!isnan(mine)) width = mine;
    conf += mix * (query_within(&m->err) - conf);
    if (mix == 1) a->judged = own;
  }
  a->confidence = a->judged > 0 ? conf : 0;
  if (!isnan(width)) {
    a->lo90 = a->ms * exp(-fmin(width, QUERY_FARTHEST));
    a->hi90 = a->ms * exp(fmin(width, QUERY_FARTHEST));
  }
  return rc;
}

int hf_query_estimate(hf_work *w, const hf_runs *runs, const hf_question *q,
                      hf_query_answer *answer) {
  hf_mark mark = hf_work_mark(w);
  query_world world;
  hf_query_answer a;
  size_t i;
  int rc = query_world_make(w, &world, runs->n + 1);
  memset(&a, 0, sizeof(a));
  a.ms = a.lo90 = a.hi90 = NAN;
  for (i = 0; rc == HF_OK && i < runs->n; i++) {
    rc = query_run(w, &world, runs, i);
  }
  if (rc == HF_OK && runs->n > 0) {
    const query_model *m = query_find(&world, q->query);
    double x[QUERY_DIM];
    query_guess g;
    query_features(q->rows, q->bytes, x);
    g = query_think(&world, m, x, q->param);
    a.basis = g.basis;
    a.n = g.n;
    a.own = m->used ? m->n : 0;
    a.replanned = m->used && m->replanned;
    a.ms = exp(fmax(-QUERY_FARTHEST, fmin(QUERY_FARTHEST, g.y)));
    rc = query_judge(w, &world, m, &a);
  }
  if (rc == HF_OK) *answer = a;
  hf_work_release(w, mark);
  return rc;
}
