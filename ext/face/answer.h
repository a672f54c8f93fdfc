/*
** answer.h: the one machine behind every table-valued function, and the
** scalar of the same name.
**
** An answer is a descriptor (hf_answer): columns, arguments, and three
** functions. The machine (table.c) does all that SQLite asks of a virtual
** table: it checks the arguments against their ranges, pushes down equality
** on the component, keeps rows for a rescan, finds a ts by binary search,
** and hands out columns. The scalar (scalar.c) runs the SQL of
** sql/json/<name>.sql over the rows of the very same answer.
**
** An answer makes its rows in batches, as a rule one component a batch, so
** that memory does not grow with the number of components:
**
**   static int forecast_begin(hf_call *c)        once a call: open readers
**   static int forecast_next(hf_call *c, hf_rows *r)   fill the next batch
**   static void forecast_end(hf_call *c)         close readers
**
** next() returns SQLITE_ROW with a batch (it may be empty: r->n == 0),
** SQLITE_DONE when there is none left, or an error recorded by hf_fail().
** Everything taken from c->s.work is given back before each next(); what must
** outlast a batch is taken from c->s.hold, c->state first of all.
**
** Hidden columns follow the declared ones: arg_<name> for each parameter,
** then as_of and schema. They read back the value in force.
*/
#ifndef HF_ANSWER_H
#define HF_ANSWER_H

#include "../store/capture.h"
#include "../store/recall.h"
#include "../store/session.h"

/* Types of a result column. NULL is written as said. */
typedef enum hf_type {
  HF_REAL, /* double; NaN is NULL */
  HF_INT,  /* sqlite3_int64; HF_INT_NULL is NULL */
  HF_TIME, /* double of unix seconds, given as INTEGER when whole; NaN: NULL */
  HF_TEXT, /* const char *; NULL is NULL */
  HF_KEY   /* sqlite3_value *: a component with its storage class */
} hf_type;

#define HF_INT_NULL (-9223372036854775807LL - 1)

typedef struct hf_coldef {
  const char *name;
  hf_type type;
} hf_coldef;

/* How an argument is checked. */
typedef enum hf_ptype {
  HF_P_REAL,     /* a finite number within lo..hi */
  HF_P_INT,      /* a whole number within lo..hi */
  HF_P_TEXT,     /* a text, at most 1,000 bytes */
  HF_P_SERIES,   /* handed on as it is: hf_reader_open() checks it */
  HF_P_COMPONENT /* any value; joins with WHERE component = ... */
} hf_ptype;

typedef struct hf_param {
  const char *name; /* without arg_ */
  hf_ptype type;
  int required;
  double lo, hi;        /* of numbers, inclusive */
  const char *fallback; /* what NULL means, as text; NULL: none */
} hf_param;

typedef struct hf_call hf_call;
typedef struct hf_conn hf_conn;
typedef struct hf_rows hf_rows;

typedef struct hf_answer {
  const char *name;       /* "hf_forecast" */
  const hf_coldef *cols;  /* ends with a NULL name */
  const hf_param *params; /* ends with a NULL name; at most 12 */
  const char *component;  /* column whose equality is pushed down, or NULL */
  const char *ts;         /* ascending HF_TIME column of a batch, or NULL */
  int needs_tables;       /* 1: fails without hf_init; HF_ANSWER_WRITES: it
                             writes, a batch a row, and is directly only */
  int (*begin)(hf_call *c);
  int (*next)(hf_call *c, hf_rows *r);
  void (*end)(hf_call *c); /* called exactly once when begin was called */
  const char *const *json; /* sql/json/<name>.sql, one statement; or NULL */
} hf_answer;

#define HF_ANSWER_WRITES 2

/* An argument as checked. */
typedef struct hf_arg {
  int given;            /* 0: NULL or left out, the fallback (if any) holds */
  double real;          /* HF_P_REAL, HF_P_INT; NaN where there is no value */
  sqlite3_int64 whole;  /* HF_P_INT */
  const char *text;     /* HF_P_TEXT; or NULL */
  sqlite3_value *value; /* as given: HF_P_SERIES, HF_P_COMPONENT; or NULL */
} hf_arg;

/* One call. */
struct hf_call {
  hf_session s;
  const hf_answer *def;
  hf_conn *conn;            /* of the connection; not owned */
  hf_arg arg[12];           /* in the order of def->params */
  sqlite3_value *component; /* the one component asked for, by argument or by
                               WHERE component = ...; NULL: all */
  double as_of_used;        /* set by next(): what as_of reads back; NaN: the
                               as_of of the session */
  int begun;                /* 1: begin() was called, end() is due */
  int nothing; /* 1: the two component filters exclude each other */
  void *state; /* the answer's own, in s.hold */
};

/* One column of a batch; private to rows.c and table.c. */
typedef struct hf_column {
  hf_type type;
  int one;    /* 1: the same value for all rows, in data[0] */
  int ramp;   /* 1: no array: start + (first + row) * step */
  void *data; /* array of the type; NULL: all NULL, or a ramp */
  double start, step;
  sqlite3_int64 first;
} hf_column;

/* One batch. Fill it by hf_rows_start() and the setters. */
struct hf_rows {
  const hf_answer *def;
  sqlite3_int64 n;   /* rows */
  hf_column *col;    /* [columns of def] */
  hf_work mem;       /* owns all that the batch holds */
  double as_of_used; /* see hf_call */
};

/* Makes the batch n rows long, all NULL. */
int hf_rows_start(hf_call *c, hf_rows *r, size_t n);

/* Whole columns by name: the array is copied, `one` values hold for all rows.
** An unknown name or a wrong type is a bug of ours and ends in
** SQLITE_INTERNAL. */
int hf_rows_real(hf_call *c, hf_rows *r, const char *col, const double *x);
int hf_rows_int(hf_call *c, hf_rows *r, const char *col,
                const sqlite3_int64 *x);
int hf_rows_one_real(hf_call *c, hf_rows *r, const char *col, double x);
int hf_rows_one_int(hf_call *c, hf_rows *r, const char *col, sqlite3_int64 x);
int hf_rows_one_text(hf_call *c, hf_rows *r, const char *col, const char *z);
int hf_rows_one_key(hf_call *c, hf_rows *r, const char *col, sqlite3_value *v);

/* Whole columns without a copy: an array that was made in r->mem, which is
** handed to the ops as the arena of their results; and what needs no array:
** start + (first + row) * step of a real, first + row of an integer. */
int hf_rows_own(hf_call *c, hf_rows *r, const char *col, double *x);
int hf_rows_ramp(hf_call *c, hf_rows *r, const char *col, double start,
                 double step, sqlite3_int64 first);
int hf_rows_count(hf_call *c, hf_rows *r, const char *col, sqlite3_int64 first);

/* Single cells, row counted from 0. Texts are copied. */
int hf_rows_set_real(hf_call *c, hf_rows *r, const char *col, size_t row,
                     double x);
int hf_rows_set_int(hf_call *c, hf_rows *r, const char *col, size_t row,
                    sqlite3_int64 x);
int hf_rows_set_text(hf_call *c, hf_rows *r, const char *col, size_t row,
                     const char *z);

/* For table.c: the life of a batch, a cell as a SQLite result, and the first
** row whose ts equals (r->n: none; the column must ascend). */
void hf_rows_open(hf_rows *r, const hf_answer *def);
void hf_rows_close(hf_rows *r);
void hf_rows_result(const hf_rows *r, sqlite3_int64 row, int column,
                    sqlite3_context *ctx);
sqlite3_int64 hf_rows_find_ts(const hf_rows *r, int column, double ts);
int hf_rows_has_ts(const hf_rows *r, int column, sqlite3_int64 row, double ts);

/* Per-connection state shared by all functions: how deep calls are nested. */
struct hf_conn {
  sqlite3 *db;
  int depth;           /* calls under way on this connection */
  int refs;            /* functions and modules registered with it */
  double id;           /* tells it from other connections; 0: not drawn yet */
  hf_capture *capture; /* of hf_capture(); NULL: nothing is captured */
  hf_recall recall;    /* what calls found out of the whole history */
  /* pages fetched on the connection, [0] found in a cache, [1] read */
  int pages[2];    /* as SQLite counted them when a verb last ended */
  double own[2];   /* of these, by verbs */
  double asked[2]; /* by others, when the verb under way began */
};

/* Registers an answer and its scalar on a connection (table.c, scalar.c).
** `conn` counts what was registered and is freed with the last of it. */
int hf_answer_register(hf_conn *conn, const hf_answer *def);
int hf_scalar_register(hf_conn *conn, const hf_answer *def);
void hf_conn_release(void *conn);

/* call.c. Opens a call: enters, opens the session, checks the arguments, runs
** begin(). `value` holds the parameters in order, then as_of, then schema;
** NULL pointers are arguments left out. They and `component` (WHERE component
** = ..., or NULL) must outlive the call. hf_call_close() must follow whatever
** it returns; the message is in c->s.err. */
int hf_call_open(hf_call *c, hf_conn *conn, const hf_answer *def,
                 sqlite3_value *const *value, sqlite3_value *component);
void hf_call_close(hf_call *c);

/* The next batch: SQLITE_ROW, SQLITE_DONE or an error. */
int hf_call_next(hf_call *c, hf_conn *conn, hf_rows *r);

/* Parameters of an answer, as_of and schema not counted. */
int hf_answer_params(const hf_answer *def);

/* Enters and leaves a call, so that a view which calls us on itself ends in
** an error instead of at the end of the stack. */
int hf_enter(hf_conn *conn, hf_session *s);
void hf_leave(hf_conn *conn);

/* The JSON subtype of results. */
#define HF_JSON_SUBTYPE 74 /* 'J' */

#endif
