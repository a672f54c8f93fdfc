/*
** advice.c: history and settings to the plans of ops/workers.h and
** ops/memory.h, and the plans to words.
*/
#include "advice.h"

#include <math.h>
#include <string.h>
#include "span.h"
#include "../store/tuning.h"

enum {
  ADVICE_REFERENCES = 4096, /* newest, of each pool */
  ADVICE_JOBS = 250,        /* newest runs looked at for work areas */
  ADVICE_PEAKS = 120        /* newest rows of hf_memory_stats */
};

const char *const hf_pool_name[HF_POOLS] = {"cache", "buffer", "application"};

/* ---- workers */

static int advice_workers_rule(hf_session *s, hf_workers_rule *r) {
  sqlite3_int64 least, most;
  double task, wait;
  int rc = hf_config_int(s, "min_workers", 1, 1, 100000, &least);
  if (rc == SQLITE_OK) {
    rc = hf_config_int(s, "max_workers", 64, 1, 100000, &most);
  }
  if (rc == SQLITE_OK) {
    rc = hf_config_real(s, "task_ms", 500, 1e-3, 1e9, &task);
  }
  if (rc == SQLITE_OK) {
    rc = hf_config_real(s, "sla_wait_ms", 1000, 0, 1e9, &wait);
  }
  if (rc == SQLITE_OK) {
    rc = hf_config_real(s, "sla_violation_target", 0.05, 1e-6, 0.5,
                        &r->violation_target);
  }
  if (rc == SQLITE_OK) {
    rc = hf_config_real(s, "worker_start_seconds", 90, 0, 1e6,
                        &r->start_seconds);
  }
  if (rc == SQLITE_OK) {
    rc = hf_config_real(s, "tuning_interval_seconds", 30, 0, 1e7,
                        &r->interval_seconds);
  }
  if (rc != SQLITE_OK) return rc;
  if (least > most) {
    return hf_fail(s, SQLITE_ERROR,
                   "hf_config: min_workers %lld exceeds max_workers %lld; "
                   "correct one of the rows",
                   least, most);
  }
  r->min = (size_t)least;
  r->max = (size_t)most;
  r->task_seconds = task / 1000;
  r->wait_seconds = wait / 1000;
  r->as_of = s->as_of;
  return SQLITE_OK;
}

static hf_load advice_load(const hf_columns *c) {
  hf_load l;
  l.ts = c->col[0];
  l.cpu = c->col[1];
  l.workers = c->col[2];
  l.queue = c->col[3];
  l.n = c->n;
  return l;
}

/* The samples of the spans that ops/workers.h asks for. */
static int advice_spans(hf_session *s, const hf_load *load,
                        const hf_load *probe, const hf_workers_rule *rule,
                        hf_load *out) {
  hf_workers_span span[HF_WORKERS_SPANS];
  hf_columns c;
  double from[HF_WORKERS_SPANS], to[HF_WORKERS_SPANS];
  size_t n, i;
  int rc =
      hf_fail_ops(s, hf_workers_spans(&s->work, load, probe, rule, span, &n));
  for (i = 0; rc == SQLITE_OK && i < n; i++) {
    from[i] = span[i].from;
    to[i] = span[i].to;
  }
  if (rc == SQLITE_OK) {
    rc = hf_read_load_spans(s, from, to, n, HF_WORKERS_SPAN, &c);
  }
  if (rc == SQLITE_OK) *out = advice_load(&c);
  return rc;
}

int hf_advise_workers(hf_session *s, hf_workers_plan *plan,
                      hf_workers_rule *rule) {
  hf_columns c;
  hf_load load, probe, past;
  int rc = advice_workers_rule(s, rule);
  if (rc == SQLITE_OK) rc = hf_read_load(s, HF_WORKERS_WINDOW, &c);
  if (rc != SQLITE_OK) return rc;
  load = advice_load(&c);
  rc = advice_spans(s, &load, NULL, rule, &probe);
  if (rc == SQLITE_OK) rc = advice_spans(s, &load, &probe, rule, &past);
  if (rc != SQLITE_OK) return rc;
  return hf_fail_ops(s,
                     hf_workers_plan_make(&s->work, &load, &past, rule, plan));
}

const char *hf_workers_decision(const hf_workers_plan *p) {
  if (p->workers > p->now) return "add";
  if (p->workers < p->now) return "remove";
  return "keep";
}

const char *hf_workers_status(const hf_workers_plan *p) {
  if (p->state == HF_WORKERS_OK) return "ok";
  return p->state == HF_WORKERS_STALE ? "stale" : "insufficient_data";
}

/* What holds the number where it is, or "". */
static char *advice_workers_hold(hf_session *s, const hf_workers_plan *p,
                                 const hf_workers_rule *r) {
  if (p->at_max) {
    return hf_format(&s->work, "; limited by max_workers %d", (int)r->max);
  }
  if (p->at_min) {
    return hf_format(&s->work, "; the floor is min_workers %d", (int)r->min);
  }
  if (!isnan(p->held_until)) {
    return hf_format(&s->work, "; %d would do, held until %.0f", (int)p->needed,
                     p->held_until);
  }
  return hf_strdup(&s->work, "");
}

static char *advice_workers_text(hf_session *s, const hf_workers_plan *p,
                                 const hf_workers_rule *r, const char *hold) {
  const char *busy = p->saturated ? "all workers are busy; " : "";
  const char *wild = "", *season = "", *late;
  char old[HF_SPAN_ROOM];
  switch (p->state) {
  case HF_WORKERS_NONE:
    return hf_strdup(&s->work, "no row of hf_resource_metrics with cpu_percent "
                               "and active_workers above 0");
  case HF_WORKERS_STALE:
    return hf_format(&s->work,
                     "newest row is %s old; the number of workers stays",
                     hf_span(r->as_of - p->newest, old));
  case HF_WORKERS_LEARNING:
    return hf_format(&s->work,
                     "%s%d samples are too few for a quantile; enough for the "
                     "load at hand, never fewer than now%s",
                     busy, (int)p->samples, hold);
  default:
    break;
  }
  if (p->late > r->violation_target && !p->at_max) {
    wild = "; bursts here cannot be foreseen, more tasks are late than may be";
  } else if (p->confidence < 0.5) {
    wild = "; bursts here cannot be foreseen, most of this is margin";
  }
  if (p->season >= 0.5) season = ", going by earlier days or weeks";
  if (isnan(p->late)) {
    late =
        hf_format(&s->work, "%d workers, %.4g%% may wait over %.15g s",
                  (int)p->needed, 100 * r->violation_target, r->wait_seconds);
  } else {
    late = hf_format(&s->work,
                     "%d workers; so staffed, %.2g%% of the tasks of the last "
                     "%d samples would have waited over %.15g s, %.4g%% may",
                     (int)p->needed, 100 * p->late, (int)p->replayed,
                     r->wait_seconds, 100 * r->violation_target);
  }
  if (late == NULL) return NULL;
  return hf_format(&s->work,
                   "%sload %.2f now, at most %.2f in %.0f s with probability "
                   "%.4g%s: %s%s%s",
                   busy, p->busy, p->offered, p->lead, p->quantile, season,
                   late, hold, wild);
}

char *hf_workers_reason(hf_session *s, const hf_workers_plan *p,
                        const hf_workers_rule *r) {
  char *hold = advice_workers_hold(s, p, r), *text = NULL;
  if (hold != NULL) text = advice_workers_text(s, p, r, hold);
  if (text == NULL) hf_fail(s, SQLITE_NOMEM, NULL);
  return text;
}

/* ---- memory */

/* Rows that count: hits, misses and their cost known. */
static void advice_pool(const hf_columns *c, hf_pool *p) {
  size_t i, n = 0;
  for (i = 0; i < c->n; i++) {
    if (!(c->col[2][i] >= 0) || !(c->col[3][i] >= 0) || !(c->col[4][i] >= 0) ||
        !(c->col[5][i] > 0)) {
      continue;
    }
    c->col[0][n] = c->col[0][i];
    c->col[1][n] = c->col[1][i];
    c->col[2][n] = c->col[2][i];
    c->col[3][n] = c->col[3][i];
    c->col[4][n] = c->col[4][i];
    c->col[5][n++] = c->col[5][i];
  }
  p->ts = c->col[0];
  p->size = c->col[1];
  p->hits = c->col[2];
  p->misses = c->col[3];
  p->cost = c->col[4];
  p->item = c->col[5];
  p->n = n;
}

/* The pools, and their newest sizes. */
static int advice_pools(hf_session *s, hf_pool *pool, hf_memory_rule *r,
                        double *size_ts) {
  double rate;
  int k, rc = hf_config_real(s, "cache_sample_rate", 1, 1e-6, 1, &rate);
  for (k = 0; rc == SQLITE_OK && k < HF_POOLS; k++) {
    hf_columns c;
    hf_accesses a;
    rc = hf_read_cache(s, hf_pool_name[k], HF_CURVE_INTERVALS + 1, &c);
    if (rc != SQLITE_OK) return rc;
    memset(&a, 0, sizeof(a));
    r->current[k] = c.n > 0 ? c.col[1][c.n - 1] : NAN;
    size_ts[k] = c.n > 0 ? c.col[0][c.n - 1] : NAN;
    advice_pool(&c, &pool[k]);
    if (k != HF_POOL_APPLICATION && pool[k].n > 0) {
      rc = hf_read_accesses(s, hf_pool_name[k], ADVICE_REFERENCES, &a);
    }
    pool[k].ref = a.item;
    pool[k].seq = a.seq;
    pool[k].refs = a.n;
    pool[k].rate = rate;
  }
  if (rc == SQLITE_OK && pool[HF_POOL_APPLICATION].n > 0) {
    hf_columns jobs;
    rc = hf_read_jobs(s, ADVICE_JOBS, &jobs);
    if (rc != SQLITE_OK) return rc;
    pool[HF_POOL_APPLICATION].job_ts = jobs.col[0];
    pool[HF_POOL_APPLICATION].job_mb = jobs.col[1];
    pool[HF_POOL_APPLICATION].jobs = jobs.n;
  }
  return rc;
}

/* hf_memory_stats: the total, the application's peak, and the sizes of pools
** that hf_cache_stats does not know. Where it does, it knows better: what the
** kernel caches for the whole host is no pool that anybody sets. */
static void advice_memory_rows(const hf_columns *c, hf_memory_rule *r,
                               const double *size_ts) {
  static const int column[] = {3, 4};
  size_t i;
  int k;
  for (i = c->n; i > 0; i--) {
    double app = c->col[2][i - 1] - c->col[3][i - 1] - c->col[4][i - 1];
    if (isnan(r->total) && c->col[1][i - 1] > 0) r->total = c->col[1][i - 1];
    if (!isnan(app)) {
      r->peaks++;
      if (!(r->peak >= app)) r->peak = fmax(app, 0);
      if (c->n - i < HF_MEMORY_RECENT) r->recent = r->peak;
    }
  }
  r->seen = NAN;
  r->seen_step = 0;
  if (c->n == 0) return;
  r->seen = c->col[0][c->n - 1];
  if (c->n > 1) r->seen_step = (r->seen - c->col[0][0]) / (double)(c->n - 1);
  for (k = 0; k <= HF_POOL_BUFFER; k++) {
    double mb = c->col[column[k]][c->n - 1];
    if (!isnan(mb) && isnan(size_ts[k])) r->current[k] = mb;
  }
}

static int advice_floors(hf_session *s, hf_memory_rule *r) {
  static const char *const key[HF_POOLS] = {"min_cache_mb", "min_buffer_mb",
                                            "min_application_mb"};
  double sum = 0;
  int k, rc = SQLITE_OK;
  for (k = 0; rc == SQLITE_OK && k < HF_POOLS; k++) {
    rc = hf_config_real(s, key[k], 64, 0, 1e12, &r->floor[k]);
    sum += r->floor[k];
  }
  if (rc != SQLITE_OK) return rc;
  if (r->total > 0 && sum > r->total) {
    return hf_fail(s, SQLITE_ERROR,
                   "hf_config: min_cache_mb, min_buffer_mb and "
                   "min_application_mb sum to %.15g, the total is %.15g MB; "
                   "lower them",
                   sum, r->total);
  }
  return SQLITE_OK;
}

static int advice_memory_rule(hf_session *s, hf_memory_rule *r) {
  sqlite3_int64 seed;
  int rc = hf_config_real(s, "total_memory_mb", NAN, 1e-3, 1e12, &r->total);
  if (rc == SQLITE_OK) {
    rc = hf_config_real(s, "tuning_interval_seconds", 30, 0, 1e7,
                        &r->interval_seconds);
  }
  if (rc == SQLITE_OK) {
    rc =
        hf_config_int(s, "seed", 1, -9007199254740992, 9007199254740992, &seed);
  }
  if (rc != SQLITE_OK) return rc;
  r->seed = (uint64_t)seed;
  r->as_of = s->as_of;
  r->peak = r->recent = NAN;
  r->peaks = 0;
  return SQLITE_OK;
}

/* No split at all: everything unknown. */
static void advice_no_memory(hf_memory_plan *p, const hf_memory_rule *r) {
  int k;
  memset(p, 0, sizeof(*p));
  p->state = HF_MEMORY_NONE;
  for (k = 0; k < HF_POOLS; k++) {
    p->current[k] = r->current[k];
    p->recommended[k] = p->goal[k] = p->before[k] = p->after[k] = NAN;
  }
  p->gain = p->gain_lo = p->gain_hi = p->need = NAN;
}

int hf_advise_memory(hf_session *s, hf_memory_plan *plan, hf_memory_rule *rule,
                     double *newest) {
  hf_pool pool[HF_POOLS];
  hf_columns rows;
  double size_ts[HF_POOLS];
  int k, rc;
  memset(pool, 0, sizeof(pool));
  *newest = NAN;
  rc = advice_memory_rule(s, rule);
  if (rc == SQLITE_OK) rc = advice_pools(s, pool, rule, size_ts);
  if (rc == SQLITE_OK) rc = hf_read_memory(s, ADVICE_PEAKS, &rows);
  if (rc != SQLITE_OK) return rc;
  advice_memory_rows(&rows, rule, size_ts);
  if (isnan(rule->total)) {
    rule->total = rule->current[0] + rule->current[1] + rule->current[2];
  }
  rc = advice_floors(s, rule);
  if (rc != SQLITE_OK) return rc;
  if (rows.n > 0) *newest = rows.col[0][rows.n - 1];
  for (k = 0; k < HF_POOLS; k++) {
    if (!isnan(size_ts[k]) && !(*newest >= size_ts[k])) *newest = size_ts[k];
  }
  if (!(rule->total > 0)) {
    advice_no_memory(plan, rule);
    return SQLITE_OK;
  }
  return hf_fail_ops(s, hf_memory_plan_make(&s->work, pool, rule, plan));
}

const char *hf_memory_status(const hf_memory_plan *p) {
  if (p->state == HF_MEMORY_STALE) return "stale";
  if (p->state == HF_MEMORY_NONE || p->state == HF_MEMORY_BLIND) {
    return "insufficient_data";
  }
  return "ok";
}

const char *hf_pool_basis(const hf_memory_plan *p, int pool) {
  switch (p->basis[pool]) {
  case HF_CURVE_REFERENCES:
    return "references";
  case HF_CURVE_JOBS:
    return "jobs";
  case HF_CURVE_SIZES:
    return "sizes";
  default:
    return pool == HF_POOL_APPLICATION && !isnan(p->need) ? "pressure" : "none";
  }
}

double hf_pool_confidence(const hf_memory_plan *p, int pool) {
  /* a peak says what the application needs, and nothing of the others */
  if (p->state == HF_MEMORY_PRESSURE && pool != HF_POOL_APPLICATION) return 0;
  if (p->basis[pool] == HF_CURVE_NONE) return p->confidence;
  return fmin(p->confidence, p->sure[pool]);
}

static const char *advice_basis_words(const hf_memory_plan *p, int pool) {
  switch (p->basis[pool]) {
  case HF_CURVE_REFERENCES:
    return "by reuse distances of its references";
  case HF_CURVE_JOBS:
    return "by the sizes of its jobs";
  case HF_CURVE_SIZES:
    return "by misses at the sizes it had";
  default:
    return pool == HF_POOL_APPLICATION && !isnan(p->need)
               ? "not priced; keeps its peak and a tenth"
               : "not priced: nothing says what other sizes would cost";
  }
}

static char *advice_memory_text(hf_session *s, const hf_memory_plan *p,
                                const hf_memory_rule *r, int pool) {
  const char *floor_hit =
      p->recommended[pool] <= r->floor[pool] ? "; at its floor" : "";
  switch (p->state) {
  case HF_MEMORY_NONE:
    return hf_strdup(&s->work,
                     "the present split is not known: no total and sizes in "
                     "hf_memory_stats or hf_cache_stats");
  case HF_MEMORY_STALE:
    return hf_strdup(&s->work, "newest row is too old; the split stays");
  case HF_MEMORY_BLIND:
    return hf_strdup(&s->work, "no pool tells what its misses cost at another "
                               "size; the split stays");
  case HF_MEMORY_REPAIR:
    return hf_strdup(&s->work, "sizes broke a floor or did not sum to the "
                               "total; put right");
  case HF_MEMORY_PRESSURE:
    return hf_format(&s->work,
                     "no pool tells what its misses cost; the application used "
                     "at most %.6g MB in %d samples, its share %s that and a "
                     "tenth",
                     r->peak, (int)r->peaks,
                     p->kept ? "covers" : "is raised to");
  default:
    break;
  }
  if (p->held) {
    return hf_format(&s->work, "changed less than %.15g s ago; held%s",
                     r->interval_seconds, floor_hit);
  }
  if (p->kept) {
    return hf_format(&s->work, "%s; no split saves more than 2%%%s",
                     advice_basis_words(p, pool), floor_hit);
  }
  return hf_format(&s->work, "%s; the split saves %.3g%% of miss cost%s%s",
                   advice_basis_words(p, pool), 100 * p->gain,
                   p->stepped ? "; a step of at most 15% of the total" : "",
                   floor_hit);
}

char *hf_memory_reason(hf_session *s, const hf_memory_plan *p,
                       const hf_memory_rule *r, int pool) {
  char *text = advice_memory_text(s, p, r, pool);
  if (text == NULL) hf_fail(s, SQLITE_NOMEM, NULL);
  return text;
}
