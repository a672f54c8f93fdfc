/*
** series_fn.c: hf_source() and hf_series(), which name a series.
**
**   SELECT * FROM hf_forecast(60, hf_source('requests', 'ts', 'ms', 'route'));
**   SELECT city, hf_forecast(1440, hf_series(ts, value)) FROM readings
**     GROUP BY city;
**
** Both are pure. hf_source() gives a small JSON text and looks nothing up;
** hf_series() packs its rows into a BLOB (store/packed.c).
*/
#include "functions.h"
#include "../store/source.h"

#include <math.h>
#include <string.h>

enum { SERIES_FN_NAME = 1000, SERIES_FN_MOST = 10000000 };

/* ---- hf_source */

static void series_fn_json(sqlite3_str *z, const char *text) {
  const char *p;
  sqlite3_str_appendchar(z, 1, '"');
  for (p = text; *p != 0; p++) {
    unsigned char c = (unsigned char)*p;
    if (c == '"' || c == '\\') {
      sqlite3_str_appendchar(z, 1, '\\');
      sqlite3_str_appendchar(z, 1, *p);
    } else if (c < 32) {
      sqlite3_str_appendf(z, "\\u%04x", (unsigned)c);
    } else {
      sqlite3_str_appendchar(z, 1, *p);
    }
  }
  sqlite3_str_appendchar(z, 1, '"');
}

static const char *const series_fn_fields[] = {"table", "ts",   "value", "key",
                                               "step",  "kind", "schema"};
static const char *const series_fn_args[] = {
    "table",        "ts_column", "value_column", "key_column",
    "step_seconds", "kind",      "schema"};

static void series_fn_refuse(sqlite3_context *ctx, const char *function,
                             const char *name, const char *what,
                             sqlite3_value *v) {
  const char *shown = sqlite3_value_type(v) == SQLITE_BLOB
                          ? "a blob"
                          : (const char *)sqlite3_value_text(v);
  char *err = sqlite3_mprintf("%s: %s must be %s, got %.60s", function, name,
                              what, shown != NULL ? shown : "NULL");
  hf_function_fail(ctx, SQLITE_ERROR, err);
}

/* Checks the step: 1 when it is a number above 0 and at most 1e9. */
static int series_fn_step(sqlite3_value *v, double *step) {
  int type = sqlite3_value_numeric_type(v);
  *step = sqlite3_value_double(v);
  return (type == SQLITE_INTEGER || type == SQLITE_FLOAT) && *step > 0 &&
         *step <= 1e9;
}

/* Appends argument i to the JSON: 1, or 0 after an error. */
static int series_fn_field(sqlite3_context *ctx, sqlite3_str *z, int i,
                           sqlite3_value *v) {
  const char *text;
  hf_kind kind;
  double step;
  int blob;
  if (sqlite3_value_type(v) == SQLITE_NULL) {
    if (i >= 3) return 1;
    series_fn_refuse(ctx, "hf_source", series_fn_args[i], "a name", v);
    return 0;
  }
  if (i == 4) {
    if (!series_fn_step(v, &step)) {
      series_fn_refuse(ctx, "hf_source", series_fn_args[i],
                       "above 0 and at most 1e9", v);
      return 0;
    }
    sqlite3_str_appendf(z, ",\"step\":%!.17g", step);
    return 1;
  }
  blob = sqlite3_value_type(v) == SQLITE_BLOB; /* asked before reading text */
  text = blob ? "" : (const char *)sqlite3_value_text(v);
  if (text == NULL) {
    sqlite3_result_error_nomem(ctx);
    return 0;
  }
  if (text[0] == 0 || sqlite3_value_bytes(v) > SERIES_FN_NAME) {
    series_fn_refuse(ctx, "hf_source", series_fn_args[i],
                     "a name of 1 to 1000 bytes", v);
    return 0;
  }
  if (i == 5 && hf_kind_from_text(text, &kind) != HF_OK) {
    series_fn_refuse(ctx, "hf_source", "kind", HF_KINDS, v);
    return 0;
  }
  sqlite3_str_appendf(z, "%s\"%s\":", i > 0 ? "," : "", series_fn_fields[i]);
  series_fn_json(z, text);
  return 1;
}

void hf_source_call(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  sqlite3_str *z = sqlite3_str_new(sqlite3_context_db_handle(ctx));
  char *text;
  int i;
  sqlite3_str_appendchar(z, 1, '{');
  for (i = 0; i < argc; i++) {
    if (!series_fn_field(ctx, z, i, argv[i])) {
      sqlite3_free(sqlite3_str_finish(z));
      return;
    }
  }
  sqlite3_str_appendchar(z, 1, '}');
  text = sqlite3_str_finish(z);
  if (text == NULL) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  sqlite3_result_text(ctx, text, -1, sqlite3_free);
}

/* ---- hf_series */

/* The aggregate's context: the BLOB in the making. */
typedef struct series_fn_state {
  unsigned char *blob; /* head and pairs; NULL before the first row */
  size_t n;            /* pairs */
  size_t room;         /* of pairs */
  double step;
  hf_kind kind;
  int failed; /* 1: an error was reported */
} series_fn_state;

/* Room for one more row: 1, or 0 when memory runs out. */
static int series_fn_room(series_fn_state *a) {
  size_t room = a->room == 0 ? 256 : a->room * 2;
  unsigned char *blob;
  if (a->n < a->room) return 1;
  blob = sqlite3_realloc64(a->blob, hf_packed_bytes(room));
  if (blob == NULL) return 0;
  a->blob = blob;
  a->room = room;
  return 1;
}

/* Step and kind are read from the first row. */
static int series_fn_options(sqlite3_context *ctx, series_fn_state *a, int argc,
                             sqlite3_value **argv) {
  a->kind = HF_GAUGE;
  if (argc > 2 && sqlite3_value_type(argv[2]) != SQLITE_NULL &&
      !series_fn_step(argv[2], &a->step)) {
    series_fn_refuse(ctx, "hf_series", "step_seconds",
                     "above 0 and at most 1e9", argv[2]);
    return 0;
  }
  if (argc > 3 && sqlite3_value_type(argv[3]) != SQLITE_NULL) {
    const char *text = (const char *)sqlite3_value_text(argv[3]);
    if (text == NULL) {
      sqlite3_result_error_nomem(ctx);
      return 0;
    }
    if (hf_kind_from_text(text, &a->kind) != HF_OK) {
      series_fn_refuse(ctx, "hf_series", "kind", HF_KINDS, argv[3]);
      return 0;
    }
  }
  return 1;
}

/* Reads the time of a row: 1 and *ts (NaN for NULL), or 0 after an error. */
static int series_fn_time(sqlite3_context *ctx, sqlite3_value *v, double *ts) {
  int type = sqlite3_value_type(v);
  *ts = NAN;
  if (type == SQLITE_NULL) return 1;
  if (type == SQLITE_TEXT) {
    const char *text = (const char *)sqlite3_value_text(v);
    if (text != NULL &&
        hf_time_from_text(text, (size_t)sqlite3_value_bytes(v), ts) == HF_OK) {
      return 1;
    }
    type = sqlite3_value_numeric_type(v);
  }
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
    series_fn_refuse(ctx, "hf_series", "ts", "unix seconds or an RFC 3339 text",
                     v);
    return 0;
  }
  *ts = sqlite3_value_double(v);
  if (*ts >= -HF_TS_MAX && *ts <= HF_TS_MAX) return 1;
  series_fn_refuse(ctx, "hf_series", "ts",
                   "unix seconds within 1e11 (milliseconds? divide by 1000)",
                   v);
  return 0;
}

/* Reads the value of a row: 1 and *x (NaN for NULL, '' and infinity). */
static int series_fn_value(sqlite3_context *ctx, sqlite3_value *v, double *x) {
  int type = sqlite3_value_type(v);
  *x = NAN;
  if (type == SQLITE_NULL) return 1;
  if (type == SQLITE_TEXT && sqlite3_value_bytes(v) == 0) return 1;
  if (type == SQLITE_TEXT) type = sqlite3_value_numeric_type(v);
  if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
    *x = sqlite3_value_double(v);
    if (isinf(*x)) *x = NAN;
    if (isnan(*x) || fabs(*x) <= HF_VALUE_MAX) return 1;
  }
  series_fn_refuse(ctx, "hf_series", "value", "a number within 1e100", v);
  return 0;
}

void hf_series_step(sqlite3_context *ctx, int argc, sqlite3_value **argv) {
  series_fn_state *a = sqlite3_aggregate_context(ctx, sizeof(*a));
  double ts;
  double x;
  if (a == NULL) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  if (a->failed) return;
  a->failed = 1; /* until this row is in */
  if (a->room == 0 && !series_fn_options(ctx, a, argc, argv)) return;
  if (!series_fn_time(ctx, argv[0], &ts)) return;
  if (!series_fn_value(ctx, argv[1], &x)) return;
  if (a->n >= SERIES_FN_MOST) {
    hf_function_fail(ctx, SQLITE_TOOBIG,
                     sqlite3_mprintf("hf_series: more than %d rows; ask for "
                                     "less history or average it first",
                                     (int)SERIES_FN_MOST));
    return;
  }
  if (!series_fn_room(a)) {
    sqlite3_result_error_nomem(ctx);
    return;
  }
  a->failed = 0;
  if (isnan(ts)) return; /* a row without a time says nothing */
  memcpy(a->blob + hf_packed_bytes(a->n), &ts, 8);
  memcpy(a->blob + hf_packed_bytes(a->n) + 8, &x, 8);
  a->n++;
}

void hf_series_final(sqlite3_context *ctx) {
  series_fn_state none;
  series_fn_state *a = sqlite3_aggregate_context(ctx, 0);
  memset(&none, 0, sizeof(none));
  if (a == NULL) a = &none; /* no rows: an empty series */
  if (!a->failed && series_fn_room(a)) {
    hf_pack_seal(a->blob, a->n, a->kind, a->step);
    sqlite3_result_blob64(ctx, a->blob, hf_packed_bytes(a->n), sqlite3_free);
    a->blob = NULL;
  } else if (!a->failed) {
    sqlite3_result_error_nomem(ctx);
  }
  sqlite3_free(a->blob);
  a->blob = NULL;
}
