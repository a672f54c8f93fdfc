/*
** bill.c: see bill.h. Columns are those of FinOps FOCUS 1.2 that hf_costs
** has. FOCUS has no key: two equal rows within one export are two charges; a
** row that equals one of an earlier load in every column means that the same
** export was loaded twice.
*/
#include "bill.h"

#include <string.h>

#include "savepoint.h"
#include "source.h"

typedef enum bill_kind { BILL_TEXT, BILL_NUMBER, BILL_TIME } bill_kind;

typedef struct bill_column {
  const char *name;
  bill_kind kind;
  int needed;
  const char *fallback; /* SQL, for what is NULL or not there; or NULL */
} bill_column;

static const bill_column bill_columns[] = {
    {"BillingPeriodStart", BILL_TIME, 0, NULL},
    {"BillingPeriodEnd", BILL_TIME, 0, NULL},
    {"ChargePeriodStart", BILL_TIME, 1, NULL},
    {"ChargePeriodEnd", BILL_TIME, 1, NULL},
    {"ChargeCategory", BILL_TEXT, 0, "'Usage'"},
    {"ChargeClass", BILL_TEXT, 0, NULL},
    {"ChargeDescription", BILL_TEXT, 0, NULL},
    {"ServiceCategory", BILL_TEXT, 0, NULL},
    {"ServiceName", BILL_TEXT, 0, NULL},
    {"RegionId", BILL_TEXT, 0, NULL},
    {"ResourceId", BILL_TEXT, 0, NULL},
    {"SkuId", BILL_TEXT, 0, NULL},
    {"PricingCategory", BILL_TEXT, 0, NULL},
    {"PricingQuantity", BILL_NUMBER, 0, NULL},
    {"PricingUnit", BILL_TEXT, 0, NULL},
    {"ConsumedQuantity", BILL_NUMBER, 0, NULL},
    {"ConsumedUnit", BILL_TEXT, 0, NULL},
    {"ListCost", BILL_NUMBER, 0, NULL},
    {"ContractedCost", BILL_NUMBER, 0, NULL},
    {"EffectiveCost", BILL_NUMBER, 1, NULL},
    {"BilledCost", BILL_NUMBER, 1, NULL},
    {"BillingCurrency", BILL_TEXT, 1, NULL},
    {"CommitmentDiscountId", BILL_TEXT, 0, NULL},
    {"CommitmentDiscountStatus", BILL_TEXT, 0, NULL},
    {"Tags", BILL_TEXT, 0, NULL},
    {"x_Service", BILL_TEXT, 0, NULL}};

enum { BILL_COLUMNS = sizeof(bill_columns) / sizeof(bill_columns[0]) };

typedef struct bill_load {
  hf_session *s;
  hf_source src;
  char has[BILL_COLUMNS];  /* 1: the table has the column */
  sqlite3_int64 before;    /* largest rowid of hf_costs before the load */
  const char *all_columns; /* comma-separated, as hf_costs has them */
  const char *ignored;     /* comma-separated, quoted as SQL texts */
  sqlite3_int64 rows;      /* read so far */
} bill_load;

/* Prepares a statement that may write. */
static int bill_prepare(hf_session *s, const char *sql, sqlite3_stmt **out) {
  int rc;
  *out = NULL;
  if (sql == NULL) return hf_fail_ops(s, HF_ENOMEM);
  rc = sqlite3_prepare_v2(s->db, sql, -1, out, NULL);
  return rc == SQLITE_OK ? rc : hf_fail_db(s, rc);
}

/* Finds the table and which of its columns hf_costs has. */
static int bill_look(bill_load *b, const char *table) {
  hf_session *s = b->s;
  sqlite3_stmt *st = NULL;
  const char *columns = "";
  char *text;
  int i, rc;
  for (i = 0; i < BILL_COLUMNS; i++) {
    columns = hf_format(&s->hold, "%s%s\"%w\"", columns, i ? ", " : "",
                        bill_columns[i].name);
    if (columns == NULL) return hf_fail_ops(s, HF_ENOMEM);
  }
  b->all_columns = columns;
  rc = hf_prepare(s, &st,
                  "SELECT json_object('table', ?1, 'ts', '', 'value', '')");
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
  rc = rc == SQLITE_OK ? hf_step(s, st) : hf_fail_db(s, rc);
  if (rc == SQLITE_ROW) {
    const char *json = (const char *)sqlite3_column_text(st, 0);
    rc = json != NULL ? hf_source_resolve(s, json, &b->src)
                      : hf_fail(s, SQLITE_NOMEM, NULL);
  }
  hf_finalize(st);
  if (rc != SQLITE_OK) return rc;
  rc = hf_prepare(s, &st, "SELECT name FROM pragma_table_info(%Q, %Q)",
                  b->src.table, b->src.schema);
  if (rc != SQLITE_OK) return rc;
  text = hf_strdup(&s->hold, "");
  while (text != NULL && (rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(st, 0);
    for (i = 0; name != NULL && i < BILL_COLUMNS; i++) {
      if (sqlite3_stricmp(name, bill_columns[i].name) != 0) continue;
      b->has[i] = 1;
      break;
    }
    if (name == NULL) {
      text = NULL;
    } else if (i == BILL_COLUMNS) {
      text = hf_format(&s->hold, "%s%s%Q", text, text[0] ? ", " : "", name);
    }
  }
  hf_finalize(st);
  if (text == NULL) return hf_fail_ops(s, HF_ENOMEM);
  if (rc != SQLITE_DONE) return rc;
  b->ignored = text;
  for (i = 0; i < BILL_COLUMNS; i++) {
    if (b->has[i] || !bill_columns[i].needed) continue;
    return hf_fail(s, SQLITE_ERROR,
                   "'%.100s' has no column %s; a FOCUS export has "
                   "ChargePeriodStart, ChargePeriodEnd, EffectiveCost, "
                   "BilledCost and BillingCurrency",
                   table, bill_columns[i].name);
  }
  return SQLITE_OK;
}

/* SELECT over the source and INSERT into hf_costs, in the same order. */
static int bill_statements(bill_load *b, sqlite3_stmt **from,
                           sqlite3_stmt **into) {
  hf_session *s = b->s;
  const char *values = "";
  const char *marks = "";
  int i, rc;
  for (i = 0; i < BILL_COLUMNS; i++) {
    const bill_column *c = &bill_columns[i];
    const char *fallback = c->fallback != NULL ? c->fallback : "NULL";
    values =
        b->has[i]
            ? hf_format(&s->hold, "%s%scoalesce(nullif(t.\"%w\", ''), %s)",
                        values, i ? ", " : "", c->name, fallback)
            : hf_format(&s->hold, "%s%s%s", values, i ? ", " : "", fallback);
    marks = hf_format(&s->hold, "%s%s?", marks, i ? ", " : "");
    if (values == NULL || marks == NULL) return hf_fail_ops(s, HF_ENOMEM);
  }
  rc = hf_prepare(s, from, "SELECT %s FROM \"%w\".\"%w\" AS t", values,
                  b->src.schema, b->src.table);
  if (rc != SQLITE_OK) return rc;
  return bill_prepare(s,
                      hf_format(&s->hold,
                                "INSERT INTO \"%w\".hf_costs(%s) VALUES(%s)",
                                s->schema, b->all_columns, marks),
                      into);
}

/* Binds column i of the row read; times as text become unix seconds. */
static int bill_bind(bill_load *b, sqlite3_stmt *from, sqlite3_stmt *into,
                     int i, sqlite3_int64 row) {
  double ts;
  if (bill_columns[i].kind == BILL_TIME &&
      sqlite3_column_type(from, i) == SQLITE_TEXT) {
    const char *text = (const char *)sqlite3_column_text(from, i);
    size_t bytes = (size_t)sqlite3_column_bytes(from, i);
    if (text == NULL) return hf_fail(b->s, SQLITE_NOMEM, NULL);
    if (hf_time_from_text(text, bytes, &ts) == HF_OK) {
      int rc = sqlite3_bind_double(into, i + 1, ts);
      return rc == SQLITE_OK ? rc : hf_fail_db(b->s, rc);
    }
    if (text[0] < '0' || text[0] > '9') {
      return hf_fail(b->s, SQLITE_ERROR,
                     "row %lld: %s is no time: '%.60s'; nothing was loaded",
                     row, bill_columns[i].name, text);
    }
  }
  if (sqlite3_bind_value(into, i + 1, sqlite3_column_value(from, i)) !=
      SQLITE_OK) {
    return hf_fail_db(b->s, sqlite3_errcode(b->s->db));
  }
  return SQLITE_OK;
}

static int bill_rows(bill_load *b) {
  hf_session *s = b->s;
  sqlite3_stmt *from = NULL;
  sqlite3_stmt *into = NULL;
  int rc = bill_statements(b, &from, &into);
  if (rc != SQLITE_OK) goto done;
  while ((rc = hf_step(s, from)) == SQLITE_ROW) {
    int i;
    b->rows++;
    for (i = 0, rc = SQLITE_OK; rc == SQLITE_OK && i < BILL_COLUMNS; i++) {
      rc = bill_bind(b, from, into, i, b->rows);
    }
    if (rc != SQLITE_OK) goto done;
    sqlite3_step(into);
    rc = sqlite3_reset(into);
    if (rc == SQLITE_CONSTRAINT) {
      rc = hf_fail(s, SQLITE_ERROR, "row %lld: %s; nothing was loaded", b->rows,
                   sqlite3_errmsg(s->db));
    } else if (rc != SQLITE_OK) {
      rc = hf_fail_db(s, rc);
    }
    if (rc != SQLITE_OK) goto done;
  }
  if (rc == SQLITE_DONE) rc = SQLITE_OK;
done:
  hf_finalize(from);
  hf_finalize(into);
  return rc;
}

/* Runs a statement that gives one row; column 0 as a number. */
static int bill_number(bill_load *b, const char *fmt, const char *columns,
                       double *x) {
  hf_session *s = b->s;
  sqlite3_stmt *st = NULL;
  char *sql = hf_format(&s->hold, fmt, columns, s->schema, columns, s->schema);
  int rc;
  if (sql == NULL) return hf_fail_ops(s, HF_ENOMEM);
  rc = hf_prepare(s, &st, "%s", sql);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_bind_parameter_count(st) > 0) {
    rc = sqlite3_bind_int64(st, 1, b->before);
  }
  rc = rc == SQLITE_OK ? hf_step(s, st) : hf_fail_db(s, rc);
  if (rc == SQLITE_ROW) *x = sqlite3_column_double(st, 0);
  hf_finalize(st);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* What no CHECK can see: texts among the numbers, rows of an earlier load,
** several currencies. */
static int bill_check(bill_load *b) {
  hf_session *s = b->s;
  double twice = 0;
  double currencies = 0;
  int i, rc;
  for (i = 0; i < BILL_COLUMNS; i++) {
    double text = 0;
    if (bill_columns[i].kind == BILL_TEXT) continue;
    rc = bill_number(b,
                     "SELECT total(typeof(%s) = 'text') FROM \"%w\".hf_costs "
                     "WHERE rowid > ?1",
                     bill_columns[i].name, &text);
    if (rc != SQLITE_OK) return rc;
    if (text > 0) {
      return hf_fail(s, SQLITE_ERROR,
                     "%s is no number in %.0f rows; nothing was loaded",
                     bill_columns[i].name, text);
    }
  }
  rc = bill_number(b,
                   "SELECT count(*) FROM (SELECT %s FROM \"%w\".hf_costs "
                   "WHERE rowid > ?1 INTERSECT SELECT %s FROM \"%w\".hf_costs "
                   "WHERE rowid <= ?1)",
                   b->all_columns, &twice);
  if (rc != SQLITE_OK) return rc;
  if (twice > 0) {
    return hf_fail(s, SQLITE_ERROR,
                   "%.0f different rows are in hf_costs already, was this "
                   "export loaded before? Nothing was loaded",
                   twice);
  }
  rc = bill_number(b, "SELECT count(DISTINCT %s) FROM \"%w\".hf_costs",
                   "BillingCurrency", &currencies);
  if (rc != SQLITE_OK) return rc;
  if (currencies > 1) {
    return hf_fail(s, SQLITE_ERROR,
                   "%.0f currencies in BillingCurrency; hf_costs takes one. "
                   "Nothing was loaded",
                   currencies);
  }
  return SQLITE_OK;
}

/* What was loaded, in JSON. */
static int bill_answer(bill_load *b, const char **json) {
  hf_session *s = b->s;
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st,
                      "SELECT json_object('status', 'ok', 'rows', count(*), "
                      "'billed', total(BilledCost), 'effective', "
                      "total(EffectiveCost), 'currency', max(BillingCurrency), "
                      "'ignored', json_array(%s)) FROM \"%w\".hf_costs "
                      "WHERE rowid > ?1",
                      b->ignored, s->schema);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_bind_int64(st, 1, b->before);
  rc = rc == SQLITE_OK ? hf_step(s, st) : hf_fail_db(s, rc);
  if (rc == SQLITE_ROW) {
    const char *text = (const char *)sqlite3_column_text(st, 0);
    *json = text != NULL ? hf_strdup(&s->hold, text) : NULL;
    rc = *json != NULL ? SQLITE_OK : hf_fail_ops(s, HF_ENOMEM);
  }
  hf_finalize(st);
  return rc;
}

static int bill_all(bill_load *b, const char *table, const char **json) {
  double before = 0;
  int rc = bill_look(b, table);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_stricmp(b->src.table, "hf_costs") == 0 &&
      sqlite3_stricmp(b->src.schema, b->s->schema) == 0) {
    return hf_fail(b->s, SQLITE_ERROR,
                   "hf_costs cannot be loaded into itself; name the table "
                   "that the export was imported into");
  }
  rc = bill_number(b, "SELECT %s FROM \"%w\".hf_costs",
                   "coalesce(max(rowid), 0)", &before);
  if (rc != SQLITE_OK) return rc;
  b->before = (sqlite3_int64)before;
  rc = bill_rows(b);
  if (rc == SQLITE_OK) rc = bill_check(b);
  return rc == SQLITE_OK ? bill_answer(b, json) : rc;
}

int hf_bill_load(hf_session *s, const char *table, const char **json) {
  hf_savepoint all;
  bill_load b;
  int rc = hf_need_tables(s);
  *json = NULL;
  memset(&b, 0, sizeof(b));
  b.s = s;
  if (rc != SQLITE_OK) return rc;
  rc = hf_savepoint_begin(s, &all, NULL);
  if (rc == SQLITE_OK) rc = bill_all(&b, table, json);
  return hf_savepoint_end(s, &all, rc);
}
