/*
** prune_batch.c: one batch of hf_prune().
**
** Up to HF_PRUNE_BATCH rows of one component, oldest first. In one savepoint
** its values are merged into their buckets (store/rollup.c) and its rows are
** deleted. So a sample is at any time either a raw row or in the buckets: a
** process killed between two instructions loses none and counts none twice, and
** a sample that comes late, for a day that is rolled up already, is merged by
** the next call. The writer's lock is held for a batch, not for the call. (A
** stamp that is sent again after its row has become part of a bucket is a new
** sample; nothing tells it from one.)
*/
#include "prune_run.h"
#include "savepoint.h"

#include <math.h>
#include <string.h>

/* Files the bucket being filled, if there is one, and empties it. */
static int prune_flush(hf_prune *p, hf_prune_column *c, int step, hf_bucket *b,
                       sqlite3_int64 *count) {
  int made = 0;
  int rc = SQLITE_OK;
  if (b->n == 0) return SQLITE_OK;
  if (c->id == 0) {
    rc = hf_rollup_series(&p->rollup, c->series, p->component, c->kind, &c->id);
  }
  if (rc == SQLITE_OK) {
    rc = hf_rollup_add(&p->rollup, c->id, c->kind, step, b, &made);
  }
  if (rc == SQLITE_OK) *count += made;
  b->n = 0;
  return rc;
}

/* Adds a sample to the bucket being filled, which is filed first when the
** sample belongs to another. */
static int prune_fill(hf_prune *p, hf_prune_column *c, int step, hf_bucket *b,
                      double ts, double value, sqlite3_int64 *count) {
  hf_bucket one;
  int rc;
  hf_bucket_one(&one, c->kind, hf_bucket_start(ts, step), ts, value);
  if (b->n > 0 && b->ts != one.ts) {
    rc = prune_flush(p, c, step, b, count);
    if (rc != SQLITE_OK) return rc;
  }
  if (b->n > 0) {
    hf_bucket_merge(b, c->kind, &one);
  } else {
    *b = one;
  }
  return SQLITE_OK;
}

/* Adds the values of a row to their buckets. */
static int prune_row(hf_prune *p, hf_prune_table *t, double ts,
                     hf_pruned *did) {
  int i;
  for (i = 0; i < t->columns; i++) {
    hf_prune_column *c = &t->column[i];
    int type = sqlite3_column_type(t->rows, i + 1);
    double x = sqlite3_column_double(t->rows, i + 1);
    int rc;
    if (type == SQLITE_NULL) continue;
    if ((type != SQLITE_INTEGER && type != SQLITE_FLOAT) ||
        !(fabs(x) <= HF_VALUE_MAX)) {
      did->refused++;
      continue;
    }
    rc = prune_fill(p, c, HF_ROLLUP_HOUR, &c->hour, ts, x, &did->hours);
    if (rc == SQLITE_OK) {
      rc = prune_fill(p, c, HF_ROLLUP_DAY, &c->day, ts, x, &did->days);
    }
    if (rc != SQLITE_OK) return rc;
    did->samples++;
  }
  return SQLITE_OK;
}

/* Deletes the rows that were read, and no other. */
static int prune_drop(hf_prune *p, hf_prune_table *t, double first, double last,
                      sqlite3_int64 n) {
  hf_session *s = p->s;
  sqlite3_stmt *st = t->drop;
  int rc = hf_prune_bind_key(p, st);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(st, 2, first);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(st, 3, last);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  rc = hf_write(s, st);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_changes(s->db) == n) return SQLITE_OK;
  return hf_fail(s, SQLITE_ERROR,
                 "deleting %lld rows of %s deleted %d; does a trigger of yours "
                 "keep them?",
                 n, t->name, sqlite3_changes(s->db));
}

/* Inside the savepoint: up to HF_PRUNE_BATCH rows. *n: how many there were. */
static int prune_fold(hf_prune *p, hf_prune_table *t, sqlite3_int64 *n,
                      hf_pruned *did) {
  hf_session *s = p->s;
  double first = 0;
  double last = 0;
  int i;
  int rc = hf_prune_bind_key(p, t->rows);
  *n = 0;
  for (i = 0; i < t->columns; i++) {
    t->column[i].id = 0;
    t->column[i].hour.n = 0;
    t->column[i].day.n = 0;
  }
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_double(t->rows, 2, p->did.cutoff);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int(t->rows, 3, HF_PRUNE_BATCH);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  while ((rc = hf_step(s, t->rows)) == SQLITE_ROW) {
    last = sqlite3_column_double(t->rows, 0);
    if (*n == 0) first = last;
    (*n)++;
    rc = prune_row(p, t, last, did);
    if (rc != SQLITE_OK) break;
  }
  sqlite3_reset(t->rows);
  if (rc != SQLITE_DONE) return rc;
  rc = SQLITE_OK;
  for (i = 0; rc == SQLITE_OK && i < t->columns; i++) {
    hf_prune_column *c = &t->column[i];
    rc = prune_flush(p, c, HF_ROLLUP_HOUR, &c->hour, &did->hours);
    if (rc == SQLITE_OK) {
      rc = prune_flush(p, c, HF_ROLLUP_DAY, &c->day, &did->days);
    }
  }
  if (rc == SQLITE_OK && *n > 0) rc = prune_drop(p, t, first, last, *n);
  return rc;
}

/* One batch in its savepoint; what it did is counted when it is kept. */
int hf_prune_batch(hf_prune *p, hf_prune_table *t, sqlite3_int64 *n) {
  hf_session *s = p->s;
  hf_pruned did;
  hf_savepoint point;
  int rc = hf_savepoint_begin(s, &point, p->lock);
  memset(&did, 0, sizeof(did));
  if (rc == SQLITE_OK) rc = prune_fold(p, t, n, &did);
  rc = hf_savepoint_end(s, &point, rc);
  if (rc != SQLITE_OK) return rc;
  p->did.samples += did.samples;
  p->did.refused += did.refused;
  p->did.hours += did.hours;
  p->did.days += did.days;
  p->did.deleted[t - p->table] += *n;
  if (*n > 0) p->did.batches++;
  return SQLITE_OK;
}
