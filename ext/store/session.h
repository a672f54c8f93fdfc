/*
** session.h: what one call knows while it reads: the connection, the schema,
** "now", the limits, scratch memory, and the error it will end with.
**
** Functions of store/ and face/ return SQLite result codes. On an error they
** have put a message into the session by hf_fail(); the caller only passes
** the code on.
*/
#ifndef HF_SESSION_H
#define HF_SESSION_H

#include "sqlite3ext.h"
SQLITE_EXTENSION_INIT3
#include "../num/work.h"

#if defined(__GNUC__)
#define HF_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define HF_PRINTF(a, b)
#endif

/* Largest |ts| in unix seconds, and largest |value|, that history may hold. */
#define HF_TS_MAX 1e11
#define HF_VALUE_MAX 1e100

typedef struct hf_setting hf_setting; /* private to config.c */
typedef struct hf_recall hf_recall;   /* see recall.h */

typedef struct hf_session {
  sqlite3 *db;
  const char *who;      /* function that the user called: "hf_forecast" */
  const char *schema;   /* of the history tables: "main", or as asked */
  int has_tables;       /* 1 when hf_config is there */
  const char *impostor; /* a table of the history that is none; or NULL */
  double as_of;         /* unix seconds; NaN: neither argument nor config now */
  char *err;            /* message, from sqlite3_malloc; NULL: none */
  int rc;               /* SQLite code that belongs to err */
  hf_work hold;         /* memory that lives as long as the call */
  hf_work work;         /* memory given back after each batch of rows */
  sqlite3_int64 rows_read;
  sqlite3_int64 rows_limit; /* config max_rows_read */
  sqlite3_int64 bytes_used;
  int bytes_over;            /* 1: memory was refused for bytes_limit */
  sqlite3_int64 bytes_limit; /* config max_memory_mb */
  sqlite3_int64 time_limit;  /* config max_seconds, in milliseconds */
  sqlite3_int64 time_start;  /* milliseconds of the host's clock */
  sqlite3_int64 time_paused; /* when the budget stopped; 0: it runs */
  sqlite3_int64 time_last;   /* when interruption was last looked for */
  sqlite3_stmt *pulse;       /* feels sqlite3_interrupt; see session.c */
  hf_setting *settings;      /* hf_config, read once; see config.c */
  int setting_count;
  hf_recall *recall; /* of the connection, not owned; NULL: every number is
                        worked out anew; see recall.h */
} hf_session;

/* Opens a session: settles the schema (NULL: main), reads hf_config when it
** is there, sets as_of from `as_of` or config `now`. hf_session_close() must
** be called whatever it returns. */
int hf_session_open(hf_session *s, sqlite3 *db, const char *who,
                    const char *schema, double as_of);

/* Stops and restarts the time budget around the caller's own time between two
** batches of rows. */
void hf_session_pause(hf_session *s);
void hf_session_resume(hf_session *s);

/* Frees all memory and finalises the pulse. The message stays in s->err for
** the caller to hand on; hf_session_close() frees it, too, when not taken. */
void hf_session_close(hf_session *s);

/* Records "<who>: <message>" with a SQLite code; returns the code. The first
** error stays. SQLITE_NOMEM and SQLITE_INTERRUPT need no message: pass fmt
** NULL. A message says what was wrong, what is allowed and what to do. */
int hf_fail(hf_session *s, int rc, const char *fmt, ...) HF_PRINTF(3, 4);

/* Turns a code of num/ or ops/ into a SQLite code with its message. HF_OK
** gives SQLITE_OK. HF_EDATA, HF_ERANGE and HF_ESINGULAR are for the caller to
** understand; here they end as SQLITE_ERROR with a message that says so. */
int hf_fail_ops(hf_session *s, int hf_code);

#if defined(__clang_analyzer__) && !defined(HF_SESSION_C)
/* lint reads one file at a time: what it must know of these two */
#define hf_fail(s, rc, ...) ((hf_fail)(s, rc, __VA_ARGS__), (rc))
#define hf_fail_ops(s, code)                                                   \
  ((hf_fail_ops)(s, code), (code) == HF_OK ? SQLITE_OK : SQLITE_ERROR)
#endif

/* The code behind a failed call. An interruption that strikes while SQLite
** declares a table-valued function comes out of sqlite3_prepare_v2() as
** SQLITE_ERROR with the message "interrupted": here it is SQLITE_INTERRUPT.
** To be asked before another call changes the connection's message. */
int hf_db_code(sqlite3 *db, int rc);

/* Records the connection's own error, for calls made directly. */
int hf_fail_db(hf_session *s, int rc);

/* Fails with "no history here; run SELECT hf_init() first" unless the tables
** are there. */
int hf_need_tables(hf_session *s);

/* Prepares a statement from a format (%w inside "..." for identifiers, %Q for
** strings) after checking that it only reads. Finalise it before the call
** ends. */
int hf_prepare(hf_session *s, sqlite3_stmt **out, const char *fmt, ...);

/* Prepares a statement that writes; the format takes the schema. For verbs. */
int hf_prepare_write(hf_session *s, sqlite3_stmt **out, const char *fmt);

/* Steps a statement that writes, and makes it ready for the next row. */
int hf_write(hf_session *s, sqlite3_stmt *st);

/* Steps: SQLITE_ROW, SQLITE_DONE, or an error with its message. Counts rows
** against the limit on rows read and looks for interruption. */
int hf_step(hf_session *s, sqlite3_stmt *st);

/* Counts rows that a call has read, or would have without recall.h, against the
** limit. */
int hf_count_rows(hf_session *s, sqlite3_int64 n);

/* Asks for one number, by a format as hf_prepare() takes it: the first column
** of the first row. NaN when there is no row, or no number in it. */
int hf_ask_number(hf_session *s, double *out, const char *fmt, ...);

/* Binds a number, NaN as NULL; SQLite's code. */
int hf_bind_real(sqlite3_stmt *st, int i, double x);

/* sqlite3_finalize() of NULL or a statement; its code was seen by hf_step. */
void hf_finalize(sqlite3_stmt *st);

/* 1 when the table or view exists in the schema, else 0. */
int hf_has_table(hf_session *s, const char *schema, const char *table);

/* Looks for interruption and for the end of the time budget now. */
int hf_pulse(hf_session *s);

/* A copy in s->hold or s->work; NULL when memory runs out (no error set). */
char *hf_strdup(hf_work *w, const char *z);

/* sqlite3_mprintf() into an arena; NULL when memory runs out. */
char *hf_format(hf_work *w, const char *fmt, ...);

/* hf_config (config.c). `*out` is the value in force: from the table, else
** the default that sql/schema.sql gives the key too (`fallback`). A value
** that is no number or outside lo..hi is an error that names the key. */
int hf_config_real(hf_session *s, const char *key, double fallback, double lo,
                   double hi, double *out);
int hf_config_int(hf_session *s, const char *key, sqlite3_int64 fallback,
                  sqlite3_int64 lo, sqlite3_int64 hi, sqlite3_int64 *out);

/* Private to session.c and config.c. */
int hf_config_load(hf_session *s);

#endif
