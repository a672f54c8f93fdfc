/*
** table.c: the virtual table behind every table-valued function.
**
** An eponymous-only module each, all with this code and a descriptor of their
** own. Hidden columns are arguments; an equality on one is consumed, any other
** comparison is left to SQLite, which reads the value in force.
**
** idxNum: bit i (i < parameters): argument i is given;
**         bit p: as_of; bit p+1: schema (p = number of parameters);
**         bit p+2: equality on the component column, pushed down;
**         bit p+3: equality on the ts column, found by binary search.
** The values stand in argv in the order of the bits.
**
** Rows are made in batches and kept (a single batch always, several up to
** TABLE_KEEP bytes), so that a rescan with the same arguments, as a join does
** it once for each row of the other table, reuses them.
*/
#include "answer.h"

#include <math.h>
#include <string.h>

enum { TABLE_KEEP = 1 << 19, TABLE_VALUES = 12 + 4 };

typedef struct table_batch table_batch;
struct table_batch {
  hf_rows rows;
  table_batch *next;
};

typedef struct table_module {
  hf_conn *conn;
  const hf_answer *def;
} table_module;

typedef struct table_vtab {
  sqlite3_vtab base;
  hf_conn *conn;
  const hf_answer *def;
  int columns;   /* of the result */
  int params;    /* arguments, as_of and schema not counted */
  int component; /* column number, or -1 */
  int ts;        /* column number, or -1 */
} table_vtab;

typedef struct table_cursor {
  sqlite3_vtab_cursor base;
  hf_call call;
  int open;     /* 1: `call` is open */
  int finished; /* 1: the call has no more batches */
  int dropped;  /* 1: batches were freed, no reuse */
  int idx;      /* idxNum that `value` belongs to; -1: no call yet */
  sqlite3_value *value[TABLE_VALUES]; /* by bit; NULL: not given; owned */
  char *schema;                       /* in force; from sqlite3_malloc */
  table_batch *first;
  table_batch *last;
  table_batch *at;     /* batch of the current row; NULL: at the end */
  sqlite3_int64 row;   /* within it */
  sqlite3_int64 rowid; /* of the current row, from 1 */
  sqlite3_int64 kept;  /* bytes of all batches, about */
  int by_ts;           /* 1: only rows whose ts is want_ts */
  double want_ts;
} table_cursor;

/* ---- the module */

static const char *table_type(hf_type type) {
  switch (type) {
  case HF_INT:
    return " INTEGER";
  case HF_TIME:
    return " NUMERIC";
  case HF_REAL:
    return " REAL";
  case HF_TEXT:
    return " TEXT";
  default:
    return ""; /* a component keeps its storage class */
  }
}

static char *table_declaration(const hf_answer *def) {
  sqlite3_str *z = sqlite3_str_new(NULL);
  int i;
  sqlite3_str_appendall(z, "CREATE TABLE x(");
  for (i = 0; def->cols[i].name != NULL; i++) {
    sqlite3_str_appendf(z, "\"%w\"%s,", def->cols[i].name,
                        table_type(def->cols[i].type));
  }
  for (i = 0; def->params[i].name != NULL; i++) {
    sqlite3_str_appendf(z, "\"arg_%w\" HIDDEN,", def->params[i].name);
  }
  sqlite3_str_appendall(z, "as_of HIDDEN, schema HIDDEN)");
  return sqlite3_str_finish(z);
}

static int table_connect(sqlite3 *db, void *aux, int argc,
                         const char *const *argv, sqlite3_vtab **out,
                         char **err) {
  table_module *module = aux;
  const hf_answer *def = module->def;
  table_vtab *t;
  char *sql;
  int i;
  int rc;
  (void)argc;
  (void)argv;
  sql = table_declaration(def);
  if (sql == NULL) return SQLITE_NOMEM;
  rc = sqlite3_declare_vtab(db, sql);
  sqlite3_free(sql);
  if (rc != SQLITE_OK) { /* a message is all that SQLite keeps of it */
    *err = sqlite3_mprintf("%s", sqlite3_errmsg(db));
    return rc;
  }
  t = sqlite3_malloc64(sizeof(*t));
  if (t == NULL) return SQLITE_NOMEM;
  memset(t, 0, sizeof(*t));
  t->conn = module->conn;
  t->def = def;
  t->params = hf_answer_params(def);
  t->component = -1;
  t->ts = -1;
  for (i = 0; def->cols[i].name != NULL; i++) {
    const char *name = def->cols[i].name;
    if (def->component != NULL && strcmp(name, def->component) == 0) {
      t->component = i;
    }
    if (def->ts != NULL && strcmp(name, def->ts) == 0) t->ts = i;
  }
  t->columns = i;
  if (def->needs_tables & HF_ANSWER_WRITES) {
    rc = sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
    if (rc != SQLITE_OK) {
      sqlite3_free(t);
      return rc;
    }
  }
  *out = &t->base;
  return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *base) {
  sqlite3_free(base);
  return SQLITE_OK;
}

/* The bit of a constrained column, or -1. */
static int table_bit(const table_vtab *t, int column) {
  if (column >= t->columns) return column - t->columns;
  if (column >= 0 && column == t->component) return t->params + 2;
  if (column >= 0 && column == t->ts) return t->params + 3;
  return -1;
}

static int table_best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  table_vtab *t = (table_vtab *)base;
  int at[TABLE_VALUES]; /* constraint of each bit, or -1 */
  int argv = 0;
  int i;
  for (i = 0; i < TABLE_VALUES; i++) at[i] = -1;
  for (i = 0; i < info->nConstraint; i++) {
    int bit = table_bit(t, info->aConstraint[i].iColumn);
    if (bit < 0 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ) {
      continue;
    }
    if (!info->aConstraint[i].usable) {
      /* an argument must be known: refuse this plan, SQLite finds another */
      if (bit < t->params + 2) return SQLITE_CONSTRAINT;
      continue;
    }
    if (bit == t->params + 2) {
      const char *collation = sqlite3_vtab_collation(info, i);
      if (collation == NULL || sqlite3_stricmp(collation, "BINARY") != 0) {
        continue;
      }
    }
    if (at[bit] < 0) at[bit] = i;
  }
  info->idxNum = 0;
  for (i = 0; i < t->params + 4; i++) {
    if (at[i] < 0) continue;
    info->idxNum |= 1 << i;
    info->aConstraintUsage[at[i]].argvIndex = ++argv;
    info->aConstraintUsage[at[i]].omit = i < t->params + 2;
  }
  info->estimatedRows = 1000000;
  info->estimatedCost = 1e6;
  if (at[t->params + 2] >= 0) {
    info->estimatedRows = 10000;
    info->estimatedCost = 1e5;
  }
  if (at[t->params + 3] >= 0) {
    info->estimatedRows = 1;
    info->estimatedCost = 100;
  }
  return SQLITE_OK;
}

/* ---- the cursor */

static int table_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  table_cursor *cur = sqlite3_malloc64(sizeof(*cur));
  (void)base;
  if (cur == NULL) return SQLITE_NOMEM;
  memset(cur, 0, sizeof(*cur));
  cur->idx = -1;
  *out = &cur->base;
  return SQLITE_OK;
}

static void table_drop_batches(table_cursor *cur, const table_batch *until) {
  while (cur->first != until) {
    table_batch *b = cur->first;
    cur->first = b->next;
    hf_rows_close(&b->rows);
    sqlite3_free(b);
  }
  if (cur->first == NULL) cur->last = NULL;
}

/* Ends the call; rows that were made stay. */
static void table_end_call(table_cursor *cur) {
  if (cur->open) hf_call_close(&cur->call);
  cur->open = 0;
}

static void table_reset(table_cursor *cur) {
  int i;
  table_end_call(cur);
  table_drop_batches(cur, NULL);
  for (i = 0; i < TABLE_VALUES; i++) {
    sqlite3_value_free(cur->value[i]);
    cur->value[i] = NULL;
  }
  sqlite3_free(cur->schema);
  cur->schema = NULL;
  cur->idx = -1;
  cur->finished = 0;
  cur->dropped = 0;
  cur->kept = 0;
  cur->at = NULL;
}

static int table_close(sqlite3_vtab_cursor *base) {
  table_reset((table_cursor *)base);
  sqlite3_free(base);
  return SQLITE_OK;
}

/* Hands the call's error to SQLite. */
static int table_error(table_cursor *cur, int rc) {
  sqlite3_vtab *vtab = cur->base.pVtab;
  if (cur->call.s.err != NULL) {
    sqlite3_free(vtab->zErrMsg);
    vtab->zErrMsg = cur->call.s.err;
    cur->call.s.err = NULL;
  }
  table_reset(cur);
  return rc;
}

/* Makes the next batch and appends it: SQLITE_ROW, SQLITE_DONE, an error. */
static int table_more(table_cursor *cur) {
  table_vtab *t = (table_vtab *)cur->base.pVtab;
  table_batch *b;
  int rc;
  if (cur->finished) return SQLITE_DONE;
  b = sqlite3_malloc64(sizeof(*b));
  if (b == NULL) return table_error(cur, SQLITE_NOMEM);
  b->next = NULL;
  hf_rows_open(&b->rows, t->def);
  rc = hf_call_next(&cur->call, t->conn, &b->rows);
  if (rc != SQLITE_ROW) {
    hf_rows_close(&b->rows);
    sqlite3_free(b);
    if (rc != SQLITE_DONE) return table_error(cur, rc);
    cur->finished = 1;
    table_end_call(cur);
    return SQLITE_DONE;
  }
  cur->kept += b->rows.n * t->columns * 8 + 1000;
  if (cur->first != NULL && cur->kept > TABLE_KEEP) {
    table_drop_batches(cur, NULL);
    cur->dropped = 1;
    cur->kept = b->rows.n * t->columns * 8 + 1000;
  }
  if (cur->last != NULL) cur->last->next = b;
  if (cur->first == NULL) cur->first = b;
  cur->last = b;
  return SQLITE_ROW;
}

/* Goes to the first row at or after (at, row) that is wanted; `at` NULL means
** before the first batch. */
static int table_settle(table_cursor *cur, table_batch *at) {
  table_vtab *t = (table_vtab *)cur->base.pVtab;
  for (;;) {
    table_batch *next;
    if (at != NULL) {
      if (cur->by_ts && cur->row == 0) {
        cur->row = hf_rows_find_ts(&at->rows, t->ts, cur->want_ts);
      } else if (cur->by_ts && cur->row < at->rows.n) {
        if (!hf_rows_has_ts(&at->rows, t->ts, cur->row, cur->want_ts)) {
          cur->row = at->rows.n;
        }
      }
      if (cur->row < at->rows.n) break;
    }
    next = at != NULL ? at->next : cur->first;
    if (next == NULL) {
      int rc = table_more(cur);
      if (rc == SQLITE_DONE) {
        at = NULL;
        break;
      }
      if (rc != SQLITE_ROW) return rc;
      next = cur->last;
    }
    at = next;
    cur->row = 0;
  }
  cur->at = at;
  cur->rowid++;
  return SQLITE_OK;
}

/* 1 when the arguments are those that the rows at hand were made with. */
static int table_same(const table_cursor *cur, int idx, int bits,
                      sqlite3_value **argv) {
  int i;
  int k = 0;
  if (cur->idx != idx || cur->dropped) return 0;
  for (i = 0; i < bits; i++) {
    sqlite3_value *a = cur->value[i];
    sqlite3_value *b;
    int n;
    if ((idx & (1 << i)) == 0) continue;
    b = argv[k++];
    if (sqlite3_value_type(a) != sqlite3_value_type(b)) return 0;
    if (sqlite3_value_type(a) == SQLITE_FLOAT) {
      if (sqlite3_value_double(a) != sqlite3_value_double(b)) return 0;
      continue;
    }
    if (sqlite3_value_type(a) == SQLITE_INTEGER) {
      if (sqlite3_value_int64(a) != sqlite3_value_int64(b)) return 0;
      continue;
    }
    n = sqlite3_value_bytes(a);
    if (n != sqlite3_value_bytes(b)) return 0;
    if (n > 0 &&
        memcmp(sqlite3_value_blob(a), sqlite3_value_blob(b), (size_t)n) != 0) {
      return 0;
    }
  }
  return 1;
}

/* Opens the call for new arguments. */
static int table_start(table_cursor *cur, int idx, sqlite3_value **argv) {
  table_vtab *t = (table_vtab *)cur->base.pVtab;
  int bits = t->params + 3;
  int i;
  int k = 0;
  int rc;
  table_reset(cur);
  for (i = 0; i < bits; i++) {
    if ((idx & (1 << i)) == 0) continue;
    cur->value[i] = sqlite3_value_dup(argv[k++]);
    if (cur->value[i] == NULL) return SQLITE_NOMEM;
  }
  cur->idx = idx;
  cur->open = 1;
  rc = hf_call_open(&cur->call, t->conn, t->def, cur->value,
                    cur->value[t->params + 2]);
  if (rc != SQLITE_OK) return table_error(cur, rc);
  cur->schema = sqlite3_mprintf("%s", cur->call.s.schema);
  return cur->schema != NULL ? SQLITE_OK : table_error(cur, SQLITE_NOMEM);
}

static int table_filter(sqlite3_vtab_cursor *base, int idx, const char *str,
                        int argc, sqlite3_value **argv) {
  table_cursor *cur = (table_cursor *)base;
  table_vtab *t = (table_vtab *)base->pVtab;
  int bits = t->params + 3;
  int ts_bit = 1 << bits;
  (void)str;
  cur->by_ts = 0;
  if (idx & ts_bit) {
    int type = sqlite3_value_type(argv[argc - 1]);
    cur->by_ts = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
    cur->want_ts = sqlite3_value_double(argv[argc - 1]);
  }
  if (!table_same(cur, idx & ~ts_bit, bits, argv)) {
    int rc = table_start(cur, idx & ~ts_bit, argv);
    if (rc != SQLITE_OK) return rc;
  }
  cur->row = 0;
  cur->rowid = 0;
  return table_settle(cur, NULL);
}

static int table_next(sqlite3_vtab_cursor *base) {
  table_cursor *cur = (table_cursor *)base;
  cur->row++;
  return table_settle(cur, cur->at);
}

static int table_eof(sqlite3_vtab_cursor *base) {
  return ((table_cursor *)base)->at == NULL;
}

/* The value in force of argument i. */
static void table_argument(const table_cursor *cur, int i,
                           sqlite3_context *ctx) {
  const table_vtab *t = (const table_vtab *)cur->base.pVtab;
  const hf_arg *arg = &cur->call.arg[i];
  sqlite3_value *given = cur->value[i];
  if (given == NULL && t->def->params[i].type == HF_P_COMPONENT) {
    given = cur->value[t->params + 2]; /* WHERE component = means the same */
  }
  if (given != NULL && sqlite3_value_type(given) != SQLITE_NULL) {
    sqlite3_result_value(ctx, given);
  } else if (t->def->params[i].fallback == NULL) {
    return; /* NULL */
  } else if (t->def->params[i].type == HF_P_INT) {
    sqlite3_result_int64(ctx, arg->whole);
  } else if (t->def->params[i].type == HF_P_REAL) {
    sqlite3_result_double(ctx, arg->real);
  } else {
    sqlite3_result_text(ctx, t->def->params[i].fallback, -1, SQLITE_STATIC);
  }
}

static int table_column(sqlite3_vtab_cursor *base, sqlite3_context *ctx,
                        int column) {
  table_cursor *cur = (table_cursor *)base;
  table_vtab *t = (table_vtab *)base->pVtab;
  int hidden = column - t->columns;
  if (hidden < 0) {
    hf_rows_result(&cur->at->rows, cur->row, column, ctx);
  } else if (hidden < t->params) {
    table_argument(cur, hidden, ctx);
  } else if (hidden == t->params) {
    double as_of = cur->at->rows.as_of_used;
    if (!isfinite(as_of)) return SQLITE_OK;
    if (floor(as_of) == as_of) {
      sqlite3_result_int64(ctx, (sqlite3_int64)as_of);
    } else {
      sqlite3_result_double(ctx, as_of);
    }
  } else {
    sqlite3_result_text(ctx, cur->schema, -1, SQLITE_TRANSIENT);
  }
  return SQLITE_OK;
}

static int table_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid) {
  *rowid = ((table_cursor *)base)->rowid;
  return SQLITE_OK;
}

static sqlite3_module table_methods = {
    0,                /* iVersion */
    NULL,             /* xCreate: eponymous only */
    table_connect,    /* xConnect */
    table_best_index, /* xBestIndex */
    table_disconnect, /* xDisconnect */
    NULL,             /* xDestroy */
    table_open,       /* xOpen */
    table_close,      /* xClose */
    table_filter,     /* xFilter */
    table_next,       /* xNext */
    table_eof,        /* xEof */
    table_column,     /* xColumn */
    table_rowid,      /* xRowid */
    NULL,             /* xUpdate */
    NULL,             /* xBegin */
    NULL,             /* xSync */
    NULL,             /* xCommit */
    NULL,             /* xRollback */
    NULL,             /* xFindFunction */
    NULL,             /* xRename */
    NULL,             /* xSavepoint */
    NULL,             /* xRelease */
    NULL,             /* xRollbackTo */
    NULL              /* xShadowName */
};

static void table_module_free(void *aux) {
  table_module *module = aux;
  hf_conn_release(module->conn);
  sqlite3_free(module);
}

int hf_answer_register(hf_conn *conn, const hf_answer *def) {
  table_module *module = sqlite3_malloc64(sizeof(*module));
  int rc;
  if (module == NULL) return SQLITE_NOMEM;
  module->conn = conn;
  module->def = def;
  conn->refs++;
  rc = sqlite3_create_module_v2(conn->db, def->name, &table_methods, module,
                                table_module_free);
  if (rc != SQLITE_OK || def->json == NULL) return rc;
  return hf_scalar_register(conn, def);
}
