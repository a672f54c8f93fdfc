/*
** query.c: a query's time from its own runs and those of all queries.
**
** The forecasters are those of query_lines.c. The runs are replayed at each
** call, each guessed before it is learnt: no state between calls. A new plan
** makes a query start afresh.
**
** Interval and confidence come from the errors of these guesses (conformal
** prediction; V. Vovk and others, "Algorithmic learning in a random world",
** 2005): the interval takes the ceil((1 - alpha) (n + 1))-th smallest |ln
** error| to both sides, the confidence is the share of errors within ln 1.5,
** (k + 1/2) / (n + 1). A query with 15 errors of its own is judged by its last
** 40, others by the last 200 of all.
**
** Some errors in a row to one side, far beyond the usual, say that the query's
** data have changed: what is known of it is moved by their median, slopes and
** all (a test for a shift of level, as in G. Box, G. Tiao, "Intervention
** analysis", 1975).
**
** When the data or the machine change, past errors are no measure of those to
** come. So the newest runs say how wide it has to be (I. Gibbs, E. Candes,
** "Adaptive conformal inference under distribution shift", 2021):
**
**   alpha += 0.03 (0.1 - missed), within 0.01 .. 0.3
**
** from one run to the next, and the confidence is moved by the mean of (was
** within 1.5) - (confidence said) over those runs, fading by 0.98 a run, beside
** 20 that were as said.
*/
#include "query.h"

#include <math.h>
#include <string.h>
#include "../num/stat.h"
#include "query_lines.h"

enum {
  QUERY_ALL = 200,      /* errors of all queries that are kept */
  QUERY_YOUNG = 4,      /* runs from which a query is known */
  QUERY_ENOUGH = 15,    /* errors of its own by which a query is judged alone */
  QUERY_WIDEST = 9,     /* errors whose largest may stand for a level above */
  QUERY_FARTHEST = 200, /* ln ms: no estimate and no error goes beyond */
  QUERY_FEW = 3,        /* errors in a row that tell of a change, at least */
  QUERY_RUN = 6,        /* and at most */
  QUERY_BEFORE = 5,     /* errors before them, at least */
  QUERY_REPLAY = 300    /* newest runs that tell how well errors foretell */
};

static const double query_miss = .1;    /* 1 - level of the interval */
static const double query_learns = .03; /* rate of alpha */
static const double query_alpha_least = .01, query_alpha_most = .3;
static const double query_chance = 1e-5; /* of a change seen where none was */
static const double query_shift_least = .2; /* ln: smaller is no change */
static const double query_fades = .98, query_as_said = 20;
static const double query_close = 0.405465108108164382; /* ln 1.5 */

/* The last errors, ln(real / estimate), in a ring; those of a query with their
** signs, others without. */
typedef struct query_errors {
  double *e; /* [room] */
  size_t room, n;
} query_errors;

typedef struct query_model {
  uint64_t key; /* query */
  uint64_t plan;
  int used;
  int replanned;
  hf_query_lines l; /* runs since the plan changed */
  query_errors err;
} query_model;

typedef struct query_world {
  hf_query_sums all;
  double loss[HF_QUERY_SAYS]; /* of the forecasters; see query_lines.h */
  double judged;
  query_errors err;   /* of all runs */
  query_errors fresh; /* of first runs, guessed from other queries alone */
  query_errors young; /* of the QUERY_YOUNG - 1 runs after the first */
  double alpha;       /* see above */
  double off, said;   /* sum of within - said, and how many, fading */
  size_t n;
  query_model *model; /* [mask + 1], open addressing */
  size_t mask;
} query_world;

/* A guess before the run is known. */
typedef struct query_guess {
  double y; /* ln ms */
  double said[HF_QUERY_SAYS];
  hf_query_basis basis;
  size_t n;
} query_guess;

/* What past errors say of one to come. */
typedef struct query_sure {
  double width;  /* ln, to both sides; NaN: too few */
  double within; /* share of errors within ln 1.5, as it was */
  size_t judged; /* errors behind it */
} query_sure;

static size_t query_slot(uint64_t key, size_t mask) {
  return (size_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & mask;
}

static query_model *query_find(query_world *q, uint64_t key) {
  size_t i = query_slot(key, q->mask);
  while (q->model[i].used && q->model[i].key != key) i = (i + 1) & q->mask;
  return &q->model[i];
}

static size_t query_count(const query_errors *r) {
  return r->n < r->room ? r->n : r->room;
}

static void query_sizes(const query_errors *r, size_t n, double *e) {
  size_t i;
  for (i = 0; i < n; i++) e[i] = fabs(r->e[i]);
}

/* The usual error of a query: the median; 0: not known. */
static double query_noise(const query_errors *r) {
  double e[HF_QUERY_ERRORS];
  size_t n = query_count(r);
  if (n < 3) return 0;
  query_sizes(r, n, e);
  return hf_stat_median(e, n);
}

static query_guess query_think(const query_world *q, const query_model *m,
                               const double *x, uint64_t param) {
  double all[HF_QUERY_DIM];
  query_guess g;
  size_t same;
  memset(&g, 0, sizeof(g));
  hf_query_line_all(&q->all, all);
  g.basis = HF_QUERY_OTHERS;
  g.n = q->n;
  g.y = hf_query_line(all, x);
  if (!m->used || m->l.n == 0) return g;
  hf_query_say(&m->l, all, x, param, query_noise(&m->err), g.said, &same);
  g.y = hf_query_together(&m->l, q->loss, q->judged, g.said);
  g.basis = same > 0 ? HF_QUERY_REPEATS : HF_QUERY_OWN;
  g.n = same > 0 ? same : m->l.n;
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
    hf_query_lines_forget(&m->l);
    m->replanned = 1;
  }
  if (plan != 0) m->plan = plan;
}

/* The k-th smallest error, k = ceil((1 - alpha) (n + 1)); NaN when there are
** too few. */
static double query_width(hf_work *w, const query_errors *r, double alpha,
                          int *rc) {
  hf_mark m = hf_work_mark(w);
  size_t n = query_count(r), k = (size_t)ceil((1 - alpha) * ((double)n + 1));
  double x = NAN, *e;
  if (k > n && n >= QUERY_WIDEST) k = n;
  if (n == 0 || k > n) return x;
  e = hf_work_reals(w, n);
  if (e == NULL) {
    *rc = HF_ENOMEM;
    return x;
  }
  query_sizes(r, n, e);
  x = hf_stat_select(e, n, k - 1);
  hf_work_release(w, m);
  return x;
}

static double query_within(const query_errors *r) {
  size_t n = query_count(r), i, k = 0;
  for (i = 0; i < n; i++) k += fabs(r->e[i]) <= query_close;
  return ((double)k + .5) / ((double)n + 1);
}

/* By the errors made on queries that were as little known: never run, run less
** than QUERY_YOUNG times, or more. Between 4 and 15 errors of its own a query
** is judged by both, the nearer to 15 the more by its own. */
static int query_judge(hf_work *w, const query_world *q, const query_model *m,
                       query_sure *s) {
  size_t known = m->used ? m->l.n : 0;
  size_t own = known >= QUERY_YOUNG ? query_count(&m->err) : 0;
  const query_errors *like = known == 0            ? &q->fresh
                             : known < QUERY_YOUNG ? &q->young
                                                   : &q->err;
  int rc = HF_OK;
  s->judged = query_count(like);
  s->within = query_within(like);
  if (own >= 4) {
    double mix = own >= QUERY_ENOUGH ? 1 : (double)own / QUERY_ENOUGH;
    s->within += mix * (query_within(&m->err) - s->within);
  }
  if (own >= QUERY_ENOUGH) {
    like = &m->err;
    s->judged = own;
  }
  s->width = query_width(w, like, q->alpha, &rc);
  return rc;
}

/* How well the errors before it foretold the one of a run. */
static int query_learn_sure(hf_work *w, query_world *q, const query_model *m,
                            double e) {
  query_sure s;
  int rc = query_judge(w, q, m, &s);
  if (rc != HF_OK) return rc;
  if (!isnan(s.width)) {
    q->alpha += query_learns * (query_miss - (e > s.width ? 1 : 0));
    q->alpha = fmax(query_alpha_least, fmin(query_alpha_most, q->alpha));
  }
  if (s.judged > 0) {
    q->off = query_fades * q->off + (e <= query_close ? 1 : 0) - s.within;
    q->said = query_fades * q->said + 1;
  }
  return HF_OK;
}

/* The error `back` before the newest. */
static double *query_error(const query_errors *r, size_t back) {
  return &r->e[(r->n - 1 - back) % r->room];
}

/* By how much the newest `run` errors say that a query has changed; 0: they do
** not. All are to one side and three times the usual; p is the share of such
** errors before them, and p^run at most query_chance. */
static double query_changed(const query_errors *r, size_t run) {
  double e[HF_QUERY_ERRORS], side = *query_error(r, 0) < 0 ? -1 : 1, far, p;
  size_t n = query_count(r) - run, beyond = 0, i;
  for (i = 0; i < n; i++) e[i] = fabs(*query_error(r, run + i));
  far = fmax(query_shift_least, 3 * hf_stat_median(e, n));
  for (i = 0; i < n; i++) beyond += side * *query_error(r, run + i) > far;
  p = ((double)beyond + .5) / ((double)n + 1);
  if (pow(p, (double)run) > query_chance) return 0;
  for (i = 0; i < run; i++) {
    e[i] = *query_error(r, i);
    if (!(side * e[i] > far)) return 0;
  }
  return hf_stat_median(e, run);
}

/* Moves a query that has changed, and its newest errors; returns by how much. */
static double query_shift(query_model *m) {
  size_t n = query_count(&m->err), run, i;
  for (run = QUERY_FEW; run <= QUERY_RUN && run + QUERY_BEFORE <= n; run++) {
    double by = query_changed(&m->err, run);
    if (by == 0) continue;
    /* the newest is not learnt yet */
    hf_query_lines_shift(&m->l, by, run - 1);
    for (i = 0; i < run; i++) *query_error(&m->err, i) -= by;
    return by;
  }
  return 0;
}

static int query_room(hf_work *w, query_model *m, uint64_t key) {
  if (query_errors_room(w, &m->err, HF_QUERY_ERRORS) != HF_OK) return HF_ENOMEM;
  m->l.past = hf_work_alloc(w, HF_QUERY_NEAR, sizeof(hf_query_past));
  if (m->l.past == NULL) return HF_ENOMEM;
  m->used = 1;
  m->key = key;
  return HF_OK;
}

/* One run: the guess is judged, then all that can learn from it learns. */
static int query_run(hf_work *w, query_world *q, const hf_runs *r, size_t i) {
  query_model *m = query_find(q, r->query[i]);
  double x[HF_QUERY_DIM], y = log(fmax(r->ms[i], 1e-3)), seen = y;
  int rc = m->used ? HF_OK : query_room(w, m, r->query[i]);
  if (rc != HF_OK) return rc;
  hf_query_features(r->rows[i], r->bytes[i], x);
  if (q->n > 0) {
    query_guess g = query_think(q, m, x, r->param[i]);
    double e = y - g.y;
    if (i + QUERY_REPLAY >= r->n) rc = query_learn_sure(w, q, m, fabs(e));
    if (rc != HF_OK) return rc;
    query_note(&q->err, fabs(e));
    query_note(&m->err, e);
    if (m->l.n > 0) {
      hf_query_judge_says(&m->l, q->loss, &q->judged, g.said, y);
    }
    if (m->l.n < QUERY_YOUNG) {
      query_note(m->l.n == 0 ? &q->fresh : &q->young, fabs(e));
    }
    g.y += query_shift(m);
    e = y - g.y;
    /* an outlier teaches no more than a factor of e^3 */
    if (m->l.n >= 6 && fabs(e) > 3) seen = g.y + (e > 0 ? 3 : -3);
  }
  query_replan(m, r->plan[i]);
  hf_query_learn(&q->all, .99, x, seen);
  hf_query_lines_learn(&m->l, x, y, seen, r->param[i]);
  q->n++;
  return hf_work_check(w, 3000);
}

static int query_world_make(hf_work *w, query_world *q, size_t n) {
  size_t room = 16;
  memset(q, 0, sizeof(*q));
  q->alpha = query_miss;
  while (room < 2 * n) room *= 2;
  q->mask = room - 1;
  q->model = hf_work_zeroed(w, room, sizeof(query_model));
  if (q->model == NULL) return HF_ENOMEM;
  if (query_errors_room(w, &q->fresh, QUERY_ALL) != HF_OK) return HF_ENOMEM;
  if (query_errors_room(w, &q->young, QUERY_ALL) != HF_OK) return HF_ENOMEM;
  return query_errors_room(w, &q->err, QUERY_ALL);
}

/* Interval and confidence of an answer. */
static void query_tell(const query_world *q, const query_sure *s,
                       hf_query_answer *a) {
  double out = .5 / ((double)s->judged + 1); /* never sure */
  a->judged = s->judged;
  if (s->judged > 0) {
    a->confidence = s->within + q->off / (q->said + query_as_said);
    a->confidence = fmax(out, fmin(1 - out, a->confidence));
  }
  if (!isnan(s->width)) {
    double far = fmin(s->width, QUERY_FARTHEST);
    a->lo90 = a->ms * exp(-far);
    a->hi90 = a->ms * exp(far);
  }
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
    double x[HF_QUERY_DIM];
    query_guess g;
    query_sure sure = {NAN, 0, 0};
    hf_query_features(q->rows, q->bytes, x);
    g = query_think(&world, m, x, q->param);
    a.basis = g.basis;
    a.n = g.n;
    a.own = m->used ? m->l.n : 0;
    a.replanned = m->used && m->replanned;
    a.ms = exp(fmax(-QUERY_FARTHEST, fmin(QUERY_FARTHEST, g.y)));
    rc = query_judge(w, &world, m, &sure);
    query_tell(&world, &sure, &a);
  }
  if (rc == HF_OK) *answer = a;
  hf_work_release(w, mark);
  return rc;
}
