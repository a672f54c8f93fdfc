/*
** cohort.c: what can be learned from (cohort.h).
**
** A component that hf_components does not list has the kind ''. The names of
** those are found by loose index scans over the metric tables.
*/
#include "cohort.h"

#include <math.h>
#include <string.h>

static double cohort_limit(const hf_session *s) {
  return isnan(s->as_of) ? HF_TS_MAX : s->as_of;
}

static int cohort_bind(hf_session *s, sqlite3_stmt *st, const char *kind) {
  int rc = sqlite3_bind_text(st, 1, kind, -1, SQLITE_TRANSIENT);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 2, cohort_limit(s));
  return rc == SQLITE_OK ? SQLITE_OK : hf_fail_db(s, rc);
}

#define COHORT_KIND                                                            \
  " coalesce((SELECT c.kind FROM \"%w\".hf_components AS c"                    \
  " WHERE c.component = f.component), '') = ?1 AND f.ts <= ?2"

int hf_cohort_count(hf_session *s, const char *kind, size_t *n) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st, "SELECT count(*) FROM \"%w\".hf_failures AS f WHERE" COHORT_KIND,
      s->schema, s->schema);
  if (rc == SQLITE_OK) rc = cohort_bind(s, st, kind);
  if (rc == SQLITE_OK) rc = hf_step(s, st);
  if (rc == SQLITE_ROW) {
    *n = (size_t)sqlite3_column_int64(st, 0);
    rc = SQLITE_OK;
  }
  hf_finalize(st);
  return rc;
}

int hf_cohort_kinds(hf_session *s, const char ***kind, size_t *n) {
  sqlite3_stmt *st = NULL;
  size_t room = 0;
  int rc =
      hf_prepare(s, &st,
                 "SELECT DISTINCT coalesce((SELECT c.kind"
                 " FROM \"%w\".hf_components AS c"
                 " WHERE c.component = f.component), '') AS k"
                 " FROM \"%w\".hf_failures AS f WHERE f.ts <= ?1 ORDER BY k",
                 s->schema, s->schema);
  *n = 0;
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_double(st, 1, cohort_limit(s));
    if (rc != SQLITE_OK) rc = hf_fail_db(s, rc);
  }
  while (rc == SQLITE_OK && (rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(st, 0);
    rc = SQLITE_OK;
    if (*n == room) {
      size_t more = room == 0 ? 16 : 2 * room;
      const char **grown = hf_work_alloc(&s->hold, more, sizeof(*grown));
      if (grown == NULL) {
        rc = hf_fail(s, SQLITE_NOMEM, NULL);
        break;
      }
      if (*n > 0) memcpy(grown, *kind, *n * sizeof(*grown));
      *kind = grown;
      room = more;
    }
    (*kind)[*n] = hf_strdup(&s->hold, text != NULL ? text : "");
    if ((*kind)[(*n)++] == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int cohort_lost(hf_session *s, const char *kind, size_t most,
                       hf_cohort *out) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(
      s, &st,
      "SELECT f.component, f.ts, (SELECT max(b.ts) FROM \"%w\".hf_failures AS b"
      " WHERE b.component = f.component AND b.ts < f.ts)"
      " FROM \"%w\".hf_failures AS f WHERE" COHORT_KIND
      " ORDER BY f.ts DESC, f.component LIMIT ?3",
      s->schema, s->schema, s->schema);
  out->lost = hf_work_alloc(&s->hold, most, sizeof(*out->lost));
  out->losses = 0;
  if (rc == SQLITE_OK && out->lost == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
  if (rc == SQLITE_OK) rc = cohort_bind(s, st, kind);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_int64(st, 3, (sqlite3_int64)most);
    if (rc != SQLITE_OK) rc = hf_fail_db(s, rc);
  }
  while (rc == SQLITE_OK && (rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(st, 0);
    hf_loss *l = &out->lost[out->losses];
    rc = SQLITE_OK;
    if (out->losses == most) break;
    l->name = hf_strdup(&s->hold, name != NULL ? name : "");
    if (l->name == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
    l->ts = sqlite3_column_double(st, 1);
    l->before = sqlite3_column_type(st, 2) == SQLITE_NULL
                    ? NAN
                    : sqlite3_column_double(st, 2);
    out->losses++;
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

#define COHORT_UNKNOWN(more, table)                                            \
  " UNION SELECT x" more " FROM (WITH RECURSIVE n(x) AS ("                     \
  "SELECT min(component) FROM \"%w\"." table                                   \
  " UNION ALL SELECT (SELECT min(component) FROM \"%w\"." table                \
  " WHERE component > n.x) FROM n WHERE n.x IS NOT NULL)"                      \
  " SELECT x FROM n WHERE x IS NOT NULL AND NOT EXISTS("                       \
  "SELECT 1 FROM \"%w\".hf_components AS c WHERE c.component = x))"            \
  " WHERE ?1 = ''"

/* The names without a failure: counted, or every so many of them. */
static int cohort_sound(hf_session *s, const char *kind, hf_cohort *out,
                        size_t most) {
  sqlite3_stmt *st = NULL;
  const char *z = s->schema;
  size_t k = 0, room = 0, i;
  const char **all = NULL;
  hf_mark mark = hf_work_mark(&s->work);
  int rc = hf_prepare(
      s, &st,
      "SELECT x FROM (SELECT component AS x FROM \"%w\".hf_components"
      " WHERE kind = ?1 AND coalesce(commissioned_ts, ?2) <= ?2" COHORT_UNKNOWN(
          "", "hf_health_metrics")
          COHORT_UNKNOWN("",
                         "hf_metric_names") ") WHERE NOT EXISTS(SELECT 1 FROM "
                                            "\"%w\".hf_failures AS f"
                                            " WHERE f.component = x AND f.ts "
                                            "<= ?2) ORDER BY x",
      z, z, z, z, z, z, z, z);
  if (rc == SQLITE_OK) rc = cohort_bind(s, st, kind);
  while (rc == SQLITE_OK && (rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(st, 0);
    rc = SQLITE_OK;
    if (name == NULL) continue;
    if (k == room) {
      size_t more = room == 0 ? 256 : room * 2;
      const char **grown = hf_work_alloc(&s->work, more, sizeof(*grown));
      if (grown == NULL) {
        rc = hf_fail(s, SQLITE_NOMEM, NULL);
        break;
      }
      if (k > 0) memcpy(grown, all, k * sizeof(*grown));
      all = grown;
      room = more;
    }
    all[k] = hf_strdup(&s->work, name);
    if (all[k++] == NULL) rc = hf_fail(s, SQLITE_NOMEM, NULL);
  }
  hf_finalize(st);
  if (rc != SQLITE_OK && rc != SQLITE_DONE) return rc;
  out->sound_all = k;
  out->sounds = k < most ? k : most;
  out->sound = hf_work_alloc(&s->hold, out->sounds, sizeof(*out->sound));
  if (out->sound == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  for (i = 0; i < out->sounds; i++) {
    out->sound[i] = hf_strdup(&s->hold, all[i * k / out->sounds]);
    if (out->sound[i] == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  }
  hf_work_release(&s->work, mark);
  return SQLITE_OK;
}

int hf_cohort_read(hf_session *s, const char *kind, size_t lost, size_t sound,
                   hf_cohort *out) {
  int rc = hf_cohort_count(s, kind, &out->losses_all);
  if (rc == SQLITE_OK) rc = cohort_lost(s, kind, lost, out);
  if (rc == SQLITE_OK) rc = cohort_sound(s, kind, out, sound);
  return rc;
}

uint64_t hf_mark_text(uint64_t hash, const char *z) {
  return hf_fnv(hash, z, strlen(z) + 1);
}

uint64_t hf_mark_real(uint64_t hash, double v) {
  unsigned char byte[8];
  uint64_t bits;
  int i;
  memcpy(&bits, &v, sizeof(bits));
  for (i = 0; i < 8; i++) byte[i] = (unsigned char)(bits >> (8 * i));
  return hf_fnv(hash, (const char *)byte, sizeof(byte));
}

/* The mark of all rows of a bound statement: a name, then numbers or NULLs. */
static int cohort_mark(hf_session *s, sqlite3_stmt *st, sqlite3_int64 *out) {
  uint64_t hash = HF_FNV_BEGIN;
  int rc, i, n = sqlite3_column_count(st);
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(st, 0);
    hash = hf_mark_text(hash, name != NULL ? name : "");
    for (i = 1; i < n; i++) {
      hash = hf_mark_real(hash, sqlite3_column_type(st, i) == SQLITE_NULL
                                    ? INFINITY
                                    : sqlite3_column_double(st, i));
    }
  }
  if (rc != SQLITE_DONE) return rc;
  memcpy(out, &hash, sizeof(hash));
  return SQLITE_OK;
}

int hf_cohort_mark(hf_session *s, const char *kind, hf_cohort_marks *out) {
  sqlite3_stmt *st = NULL;
  const char *z = s->schema;
  int rc = hf_prepare(s, &st,
                      "SELECT f.component, f.ts FROM \"%w\".hf_failures AS f"
                      " WHERE" COHORT_KIND " ORDER BY f.component, f.ts",
                      z, z);
  if (rc == SQLITE_OK) rc = cohort_bind(s, st, kind);
  if (rc == SQLITE_OK) rc = cohort_mark(s, st, &out->failures);
  hf_finalize(st);
  st = NULL;
  if (rc == SQLITE_OK) {
    rc = hf_prepare(
        s, &st,
        "SELECT component AS x, commissioned_ts, iif(retired_ts <= ?2,"
        " retired_ts, NULL) FROM \"%w\".hf_components"
        " WHERE kind = ?1 AND coalesce(commissioned_ts, ?2) <= "
        "?2" COHORT_UNKNOWN(", NULL, NULL", "hf_health_metrics")
            COHORT_UNKNOWN(", NULL, NULL", "hf_metric_names") " ORDER BY x",
        z, z, z, z, z, z, z);
  }
  if (rc == SQLITE_OK) rc = cohort_bind(s, st, kind);
  if (rc == SQLITE_OK) rc = cohort_mark(s, st, &out->components);
  hf_finalize(st);
  return rc;
}

int hf_limits_read(hf_session *s, hf_limits *out) {
  sqlite3_stmt *st = NULL;
  size_t room = 0;
  int rc = hf_prepare(s, &st,
                      "SELECT metric, kind, warning, critical"
                      " FROM \"%w\".hf_thresholds ORDER BY metric, kind",
                      s->schema);
  memset(out, 0, sizeof(*out));
  while (rc == SQLITE_OK && (rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *metric = (const char *)sqlite3_column_text(st, 0);
    const char *kind = (const char *)sqlite3_column_text(st, 1);
    hf_limit *l;
    rc = SQLITE_OK;
    if (out->n == room) {
      size_t more = room == 0 ? 16 : room * 2;
      hf_limit *grown = hf_work_alloc(&s->hold, more, sizeof(*grown));
      if (grown == NULL) {
        rc = hf_fail(s, SQLITE_NOMEM, NULL);
        break;
      }
      if (out->n > 0) memcpy(grown, out->limit, out->n * sizeof(*grown));
      out->limit = grown;
      room = more;
    }
    l = &out->limit[out->n++];
    l->metric = hf_strdup(&s->hold, metric != NULL ? metric : "");
    l->kind = hf_strdup(&s->hold, kind != NULL ? kind : "");
    l->warning = sqlite3_column_type(st, 2) == SQLITE_NULL
                     ? NAN
                     : sqlite3_column_double(st, 2);
    l->critical = sqlite3_column_type(st, 3) == SQLITE_NULL
                      ? NAN
                      : sqlite3_column_double(st, 3);
    if (l->metric == NULL || l->kind == NULL) {
      rc = hf_fail(s, SQLITE_NOMEM, NULL);
    }
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

const hf_limit *hf_limits_find(const hf_limits *l, const char *metric,
                               const char *kind) {
  const hf_limit *general = NULL;
  size_t i;
  for (i = 0; i < l->n; i++) {
    if (strcmp(l->limit[i].metric, metric) != 0) continue;
    if (strcmp(l->limit[i].kind, kind) == 0) return &l->limit[i];
    if (l->limit[i].kind[0] == '\0') general = &l->limit[i];
  }
  return general;
}
