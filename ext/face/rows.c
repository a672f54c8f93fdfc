/*
** rows.c: one batch of rows, column by column.
**
** Values stay in typed arrays as the models made them, and become SQLite
** values only when a column is asked for. A batch owns its memory, apart
** from the call's, so that it may outlive the call for a rescan.
*/
#include "answer.h"

#include <math.h>
#include <string.h>

enum { ROWS_PART = 1 << 20 }; /* bytes copied at a time */

static void *rows_grow(void *ctx, size_t bytes) {
  (void)ctx;
  return sqlite3_malloc64((sqlite3_uint64)bytes);
}

static void rows_drop(void *ctx, void *chunk) {
  (void)ctx;
  sqlite3_free(chunk);
}

void hf_rows_open(hf_rows *r, const hf_answer *def) {
  memset(r, 0, sizeof(*r));
  r->def = def;
  r->mem.grow = rows_grow;
  r->mem.drop = rows_drop;
  r->as_of_used = NAN;
}

void hf_rows_close(hf_rows *r) {
  int i;
  for (i = 0; r->col != NULL && r->def->cols[i].name != NULL; i++) {
    if (r->def->cols[i].type == HF_KEY && r->col[i].data != NULL) {
      sqlite3_value_free(*(sqlite3_value **)r->col[i].data);
    }
  }
  hf_work_free(&r->mem);
  r->col = NULL;
  r->n = 0;
}

static size_t rows_size(hf_type type) {
  switch (type) {
  case HF_INT:
    return sizeof(sqlite3_int64);
  case HF_TEXT:
    return sizeof(char *);
  case HF_KEY:
    return sizeof(sqlite3_value *);
  default:
    return sizeof(double);
  }
}

int hf_rows_start(hf_call *c, hf_rows *r, size_t n) {
  int count = 0;
  int i;
  while (r->def->cols[count].name != NULL) count++;
  r->col = hf_work_zeroed(&r->mem, (size_t)count, sizeof(hf_column));
  if (r->col == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  for (i = 0; i < count; i++) r->col[i].type = r->def->cols[i].type;
  r->n = (sqlite3_int64)n;
  return SQLITE_OK;
}

/* The column called so, or NULL with an error: a bug of ours. */
static hf_column *rows_find(hf_call *c, hf_rows *r, const char *name,
                            hf_type type) {
  int i;
  for (i = 0; r->col != NULL && r->def->cols[i].name != NULL; i++) {
    hf_type have = r->def->cols[i].type;
    if (strcmp(r->def->cols[i].name, name) != 0) continue;
    if (have == type || (have == HF_TIME && type == HF_REAL)) return &r->col[i];
  }
  hf_fail(&c->s, SQLITE_INTERNAL, "no column %s of this type", name);
  return NULL;
}

/* Room for the values of a column: n of them, or one. Reals and integers
** begin as NULL. */
static int rows_room(hf_call *c, hf_rows *r, hf_column *col, int one) {
  size_t n = one ? 1 : (size_t)r->n;
  size_t i;
  if (col->data != NULL && col->one == one) return SQLITE_OK;
  col->data = hf_work_zeroed(&r->mem, n, rows_size(col->type));
  if (col->data == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  col->one = one;
  if (col->type == HF_REAL || col->type == HF_TIME) {
    for (i = 0; i < n; i++) ((double *)col->data)[i] = NAN;
  }
  if (col->type == HF_INT) {
    for (i = 0; i < n; i++) ((sqlite3_int64 *)col->data)[i] = HF_INT_NULL;
  }
  return SQLITE_OK;
}

static int rows_copy(hf_call *c, hf_rows *r, const char *name, hf_type type,
                     const void *x, int one) {
  hf_column *col = rows_find(c, r, name, type);
  size_t bytes, at, part;
  if (col == NULL) return c->s.rc;
  bytes = (one ? 1 : (size_t)r->n) * rows_size(type);
  col->data = hf_work_alloc(&r->mem, one ? 1 : (size_t)r->n, rows_size(type));
  if (col->data == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  col->one = one;
  col->ramp = 0;
  /* millions of rows: look for an interrupt in between */
  for (at = 0; at < bytes; at += part) {
    int rc;
    part = bytes - at < ROWS_PART ? bytes - at : ROWS_PART;
    memcpy((char *)col->data + at, (const char *)x + at, part);
    rc = hf_work_check(&c->s.work, part);
    if (rc != HF_OK) return hf_fail_ops(&c->s, rc);
  }
  return SQLITE_OK;
}

int hf_rows_real(hf_call *c, hf_rows *r, const char *col, const double *x) {
  return rows_copy(c, r, col, HF_REAL, x, 0);
}

int hf_rows_int(hf_call *c, hf_rows *r, const char *col,
                const sqlite3_int64 *x) {
  return rows_copy(c, r, col, HF_INT, x, 0);
}

int hf_rows_own(hf_call *c, hf_rows *r, const char *col, double *x) {
  hf_column *found = rows_find(c, r, col, HF_REAL);
  if (found == NULL) return c->s.rc;
  found->data = x;
  found->one = found->ramp = 0;
  return SQLITE_OK;
}

int hf_rows_ramp(hf_call *c, hf_rows *r, const char *col, double start,
                 double step, sqlite3_int64 first) {
  hf_column *found = rows_find(c, r, col, HF_REAL);
  if (found == NULL) return c->s.rc;
  found->data = NULL;
  found->ramp = 1;
  found->start = start;
  found->step = step;
  found->first = first;
  return SQLITE_OK;
}

int hf_rows_count(hf_call *c, hf_rows *r, const char *col,
                  sqlite3_int64 first) {
  hf_column *found = rows_find(c, r, col, HF_INT);
  if (found == NULL) return c->s.rc;
  found->data = NULL;
  found->ramp = 1;
  found->first = first;
  return SQLITE_OK;
}

int hf_rows_one_real(hf_call *c, hf_rows *r, const char *col, double x) {
  return rows_copy(c, r, col, HF_REAL, &x, 1);
}

int hf_rows_one_int(hf_call *c, hf_rows *r, const char *col, sqlite3_int64 x) {
  return rows_copy(c, r, col, HF_INT, &x, 1);
}

int hf_rows_one_text(hf_call *c, hf_rows *r, const char *col, const char *z) {
  char *copy = NULL;
  if (z != NULL) {
    copy = hf_strdup(&r->mem, z);
    if (copy == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  }
  return rows_copy(c, r, col, HF_TEXT, &copy, 1);
}

int hf_rows_one_key(hf_call *c, hf_rows *r, const char *col, sqlite3_value *v) {
  hf_column *found = rows_find(c, r, col, HF_KEY);
  sqlite3_value *copy = NULL;
  int rc;
  if (found == NULL) return c->s.rc;
  if (v == NULL) return SQLITE_OK;
  rc = rows_room(c, r, found, 1);
  if (rc != SQLITE_OK) return rc;
  copy = sqlite3_value_dup(v);
  if (copy == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  sqlite3_value_free(*(sqlite3_value **)found->data);
  *(sqlite3_value **)found->data = copy;
  return SQLITE_OK;
}

/* The cell of a row, or NULL with an error. */
static void *rows_cell(hf_call *c, hf_rows *r, const char *name, hf_type type,
                       size_t row) {
  hf_column *col = rows_find(c, r, name, type);
  if (col == NULL) return NULL;
  if (row >= (size_t)r->n) {
    hf_fail(&c->s, SQLITE_INTERNAL, "no row for column %s", name);
    return NULL;
  }
  if (rows_room(c, r, col, 0) != SQLITE_OK) return NULL;
  return (char *)col->data + row * rows_size(type);
}

int hf_rows_set_real(hf_call *c, hf_rows *r, const char *col, size_t row,
                     double x) {
  double *cell = rows_cell(c, r, col, HF_REAL, row);
  if (cell == NULL) return c->s.rc;
  *cell = x;
  return SQLITE_OK;
}

int hf_rows_set_int(hf_call *c, hf_rows *r, const char *col, size_t row,
                    sqlite3_int64 x) {
  sqlite3_int64 *cell = rows_cell(c, r, col, HF_INT, row);
  if (cell == NULL) return c->s.rc;
  *cell = x;
  return SQLITE_OK;
}

int hf_rows_set_text(hf_call *c, hf_rows *r, const char *col, size_t row,
                     const char *z) {
  const char **cell = rows_cell(c, r, col, HF_TEXT, row);
  if (cell == NULL) return c->s.rc;
  if (z == NULL) {
    *cell = NULL;
    return SQLITE_OK;
  }
  *cell = hf_strdup(&r->mem, z);
  return *cell != NULL ? SQLITE_OK : hf_fail(&c->s, SQLITE_NOMEM, NULL);
}

static void rows_result_real(sqlite3_context *ctx, double x, int whole) {
  if (!isfinite(x)) {
    sqlite3_result_null(ctx);
  } else if (whole && floor(x) == x && fabs(x) < 9e15) {
    sqlite3_result_int64(ctx, (sqlite3_int64)x);
  } else {
    sqlite3_result_double(ctx, x);
  }
}

/* A real of a column that is not all NULL. */
static double rows_real(const hf_column *col, sqlite3_int64 row) {
  if (col->ramp) return col->start + (double)(col->first + row) * col->step;
  return ((const double *)col->data)[col->one ? 0 : row];
}

void hf_rows_result(const hf_rows *r, sqlite3_int64 row, int column,
                    sqlite3_context *ctx) {
  const hf_column *col = &r->col[column];
  const void *data = col->data;
  sqlite3_int64 i = col->one ? 0 : row, whole;
  if (col->ramp) { /* numbers that need no array */
    if (col->type == HF_INT) {
      sqlite3_result_int64(ctx, col->first + row);
    } else {
      rows_result_real(ctx, rows_real(col, row), col->type == HF_TIME);
    }
    return;
  }
  if (data == NULL) return; /* NULL */
  switch (col->type) {
  case HF_REAL:
  case HF_TIME:
    rows_result_real(ctx, ((const double *)data)[i], col->type == HF_TIME);
    break;
  case HF_INT:
    whole = ((const sqlite3_int64 *)data)[i];
    if (whole != HF_INT_NULL) sqlite3_result_int64(ctx, whole);
    break;
  case HF_TEXT:
    /* a batch may be freed before the value is used: SQLite copies */
    sqlite3_result_text(ctx, ((const char *const *)data)[i], -1,
                        SQLITE_TRANSIENT);
    break;
  default:
    if (((sqlite3_value *const *)data)[i] != NULL) {
      sqlite3_result_value(ctx, ((sqlite3_value *const *)data)[i]);
    }
    break;
  }
}

sqlite3_int64 hf_rows_find_ts(const hf_rows *r, int column, double ts) {
  const hf_column *col;
  sqlite3_int64 lo = 0;
  sqlite3_int64 hi = r->n;
  if (r->n == 0) return 0; /* perhaps no columns either */
  col = &r->col[column];
  if (col->data == NULL && !col->ramp) return r->n;
  if (col->one) return rows_real(col, 0) == ts ? 0 : r->n;
  while (lo < hi) {
    sqlite3_int64 mid = lo + (hi - lo) / 2;
    if (rows_real(col, mid) < ts) {
      lo = mid + 1;
    } else {
      hi = mid;
    }
  }
  return lo < r->n && rows_real(col, lo) == ts ? lo : r->n;
}

int hf_rows_has_ts(const hf_rows *r, int column, sqlite3_int64 row, double ts) {
  const hf_column *col = &r->col[column];
  return (col->data != NULL || col->ramp) && rows_real(col, row) == ts;
}
