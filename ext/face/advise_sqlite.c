/*
** advise_sqlite.c: history of SQLite itself to a plan for its page cache, and
** the plan to words.
*/
#include "advise_sqlite.h"

#include <math.h>
#include <string.h>
#include "../num/stat.h"
#include "../store/applied.h"
#include "../store/sqlite_statements.h"

enum {
  ADVISE_COLLECTIONS = 120, /* newest looked at */
  ADVISE_RUNS = 2000,       /* newest executions, for what a miss costs */
  ADVISE_SHORT = 50,        /* steps of a short one */
  ADVISE_FEW = 20           /* short ones, at least */
};

/* Memory known for longer is no longer known, seconds. */
static const double advise_memory_old = 3600;

static void advise_pages(hf_sqlite_advice *a) {
  const hf_sqlite_history *h = &a->h;
  a->pages.limit = h->limit_mb;
  a->pages.used = h->used_mb;
  a->pages.hits = h->hits;
  a->pages.misses = h->misses;
  a->pages.connection = h->connection;
  a->pages.n = h->n;
  a->pages.page_mb = h->n > 0 ? h->page_mb[h->n - 1] : NAN;
  a->pages.database_mb = h->n > 0 ? h->database_mb[h->n - 1] : NAN;
}

/* What a statement takes at least: the 5% quantile of those that took a few
** steps. */
static int advise_least(hf_session *s, const hf_statement_runs *r,
                        double *least) {
  double *ms = hf_work_reals(&s->work, r->n + 1);
  size_t i, n = 0;
  *least = 0;
  if (ms == NULL) return hf_fail_ops(s, HF_ENOMEM);
  for (i = 0; i < r->n; i++) {
    if (r->steps[i] <= ADVISE_SHORT && r->pages[i] >= 1) ms[n++] = r->ms[i];
  }
  if (n >= ADVISE_FEW) *least = hf_stat_quantile(ms, n, 0.05);
  return SQLITE_OK;
}

/* What a miss costs, where enough statements were captured. */
static int advise_cost(hf_session *s, hf_sqlite_advice *a) {
  hf_statement_runs r;
  hf_sqlite_runs runs;
  double missed = 0, all = 0;
  size_t i;
  double page;
  int rc = hf_read_page_size(s, &page);
  if (rc == SQLITE_OK) rc = hf_read_runs(s, ADVISE_RUNS, page, &r);
  if (rc == SQLITE_OK) rc = advise_least(s, &r, &a->least_ms);
  if (rc != SQLITE_OK) return rc;
  runs.ms = r.ms;
  runs.steps = r.steps;
  runs.pages = r.pages;
  runs.misses = r.misses;
  runs.n = r.n;
  rc = hf_sqlite_cost_fit(&s->work, &runs, &a->cost);
  if (rc == HF_EDATA) return SQLITE_OK;
  if (rc != HF_OK) return hf_fail_ops(s, rc);
  for (i = 0; i < r.n; i++) {
    missed += a->cost.ms[HF_COST_MISS] * r.misses[i];
    all += hf_sqlite_cost_ms(&a->cost, r.steps[i], r.pages[i], r.misses[i]);
  }
  if (all > 0) a->miss_share = missed / all;
  return SQLITE_OK;
}

int hf_advise_sqlite(hf_session *s, int timed, hf_sqlite_advice *a) {
  int rc;
  memset(a, 0, sizeof(*a));
  rc = hf_read_sqlite(s, ADVISE_COLLECTIONS, &a->h);
  if (rc != SQLITE_OK) return rc;
  advise_pages(a);
  a->capacity = hf_work_reals(&s->work, a->h.n);
  if (a->capacity == NULL) return hf_fail_ops(s, HF_ENOMEM);
  hf_sqlite_capacity(&a->pages, a->capacity);
  rc = hf_config_real(s, "max_page_cache_mb", NAN, 1, 1e6, &a->memory.most_mb);
  if (rc != SQLITE_OK) return rc;
  a->memory.total_mb = a->memory.available_mb = a->memory.stalled = NAN;
  if (a->h.n > 0) {
    rc = hf_read_free_memory(s, a->h.ts[a->h.n - 1], advise_memory_old,
                             &a->memory.total_mb, &a->memory.available_mb);
    if (rc == SQLITE_OK) {
      rc = hf_read_memory_stall(s, a->h.ts[a->h.n - 1], advise_memory_old,
                                &a->memory.stalled);
    }
  }
  a->cost.n = 0;
  a->miss_share = NAN;
  if (rc == SQLITE_OK && timed) rc = advise_cost(s, a);
  if (rc != SQLITE_OK) return rc;
  hf_sqlite_cache(&a->pages, a->capacity, &a->memory, &a->plan);
  return SQLITE_OK;
}

sqlite3_int64 hf_sqlite_cache_value(double mb) {
  double kib = ceil(fmin(mb * 1024, HF_CACHE_SIZE_MOST));
  return -(sqlite3_int64)fmax(kib, 1);
}

/* What was seen, and what a miss costs. */
static char *advise_seen(hf_session *s, const hf_sqlite_advice *a) {
  const hf_sqlite_cache_plan *p = &a->plan;
  char *seen = hf_format(&s->work,
                         "%.3g%% of pages fetched were read into a full cache "
                         "of %.4g MB in %d collections",
                         100 * p->capacity, p->current, (int)p->judged);
  if (seen == NULL || a->cost.n == 0 || !(a->cost.ms[HF_COST_MISS] > 0)) {
    return seen;
  }
  return hf_format(&s->work,
                   "%s (a miss takes %.3g ms, %.3g to %.3g; misses are %.3g%% "
                   "of the time of %d captured statements)",
                   seen, a->cost.ms[HF_COST_MISS], a->cost.lo[HF_COST_MISS],
                   a->cost.hi[HF_COST_MISS], 100 * a->miss_share,
                   (int)a->cost.n);
}

static char *advise_text(hf_session *s, const hf_sqlite_advice *a,
                         const char *seen) {
  const hf_sqlite_cache_plan *p = &a->plan;
  switch (p->state) {
  case HF_SQLITE_NONE:
    return hf_strdup(&s->work, "no collection tells the size of the cache and "
                               "how much of it is used; run hf_collect()");
  case HF_SQLITE_FEW:
    return hf_format(&s->work,
                     "%d of three collections needed at %.4g MB, with pages "
                     "fetched and the cache filled up before",
                     (int)p->judged, p->current);
  case HF_SQLITE_FITS:
    return hf_format(&s->work, "%s; a larger one would save next to nothing",
                     seen);
  case HF_SQLITE_WHOLE:
    return hf_format(&s->work,
                     "%s; the whole database of %.4g MB may stay in memory, "
                     "%.4g MB may be taken",
                     seen, a->pages.database_mb, p->cap);
  case HF_SQLITE_STEP:
    return hf_format(&s->work,
                     "%s; a step, what it saves is drawn on from %.4g MB to "
                     "%.4g MB",
                     seen, p->other_mb, p->current);
  case HF_SQLITE_TRIAL:
    return hf_format(&s->work,
                     "%s; no other size was ever in force, so that nothing is "
                     "foretold: a trial",
                     seen);
  case HF_SQLITE_SLOPE:
    return hf_format(&s->work,
                     "%s; drawn on from %.4g MB, twice as much would save less "
                     "than 2%%",
                     seen, p->other_mb);
  case HF_SQLITE_BLIND:
    return hf_format(&s->work,
                     "%s; hf_memory_stats does not tell what memory is free, "
                     "set max_page_cache_mb in hf_config to let it grow",
                     seen);
  case HF_SQLITE_CAPPED:
    return hf_format(
        &s->work, "%s; no more than %.4g MB may be taken%s", seen, p->cap,
        a->memory.stalled > HF_SQLITE_STALLING ? ", for tasks wait for memory"
                                               : "");
  default:
    break;
  }
  if (a->memory.most_mb < p->current) {
    return hf_format(&s->work, "max_page_cache_mb is %.6g in hf_config",
                     a->memory.most_mb);
  }
  if (a->memory.stalled > HF_SQLITE_STALLED) {
    return hf_format(
        &s->work,
        "memory is short: tasks waited for it %.3g%% of the time "
        "between the last two collections, more than %g%%; some is "
        "given back",
        100 * a->memory.stalled, 100 * HF_SQLITE_STALLED);
  }
  return hf_format(&s->work,
                   "memory is short: %.4g MB of %.6g MB are available, less "
                   "than %g%%; some is given back",
                   a->memory.available_mb, a->memory.total_mb,
                   100 * HF_SQLITE_RESERVE);
}

char *hf_sqlite_cache_reason(hf_session *s, const hf_sqlite_advice *a) {
  char *seen = advise_seen(s, a), *text = NULL;
  if (seen != NULL) text = advise_text(s, a, seen);
  if (text == NULL) hf_fail(s, SQLITE_NOMEM, NULL);
  return text;
}
