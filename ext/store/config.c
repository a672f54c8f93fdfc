/*
** config.c: hf_config, read once a call.
*/
#include "session.h"

#include <string.h>

enum { CONFIG_MOST = 512 }; /* rows looked at; the rest is not ours */

struct hf_setting {
  const char *key;
  const char *text; /* the value as text, for messages; NULL: SQL NULL */
  int number;       /* 1: real and whole hold it */
  double real;
  sqlite3_int64 whole; /* meaningful when the value is INTEGER */
};

static int config_row(hf_session *s, sqlite3_stmt *st, hf_setting *out) {
  const char *key = (const char *)sqlite3_column_text(st, 0);
  sqlite3_value *value;
  int type;
  memset(out, 0, sizeof(*out));
  out->key = hf_strdup(&s->hold, key != NULL ? key : "");
  if (out->key == NULL) return hf_fail_ops(s, HF_ENOMEM);
  if (sqlite3_column_type(st, 1) == SQLITE_NULL) return SQLITE_OK;
  value = sqlite3_value_dup(sqlite3_column_value(st, 1));
  if (value == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  type = sqlite3_value_numeric_type(value);
  out->number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
  out->real = sqlite3_value_double(value);
  out->whole = sqlite3_value_int64(value);
  if (type == SQLITE_BLOB) {
    out->text = "a blob";
  } else {
    const char *text = (const char *)sqlite3_value_text(value);
    out->text = text != NULL ? hf_format(&s->hold, "%.100s", text) : NULL;
  }
  sqlite3_value_free(value);
  return out->text != NULL ? SQLITE_OK : hf_fail_ops(s, HF_ENOMEM);
}

int hf_config_load(hf_session *s) {
  sqlite3_stmt *st = NULL;
  int rc =
      hf_prepare(s, &st, "SELECT key, value FROM \"%w\".hf_config LIMIT %d",
                 s->schema, (int)CONFIG_MOST);
  if (rc != SQLITE_OK) return rc;
  s->settings = hf_work_alloc(&s->hold, CONFIG_MOST, sizeof(hf_setting));
  if (s->settings == NULL) {
    rc = hf_fail_ops(s, HF_ENOMEM);
    goto done;
  }
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    if (s->setting_count >= CONFIG_MOST) break;
    rc = config_row(s, st, &s->settings[s->setting_count]);
    if (rc != SQLITE_OK) goto done;
    s->setting_count++;
  }
  if (rc == SQLITE_DONE || rc == SQLITE_ROW) rc = SQLITE_OK;
done:
  hf_finalize(st);
  return rc;
}

static const hf_setting *config_find(const hf_session *s, const char *key) {
  int i;
  for (i = 0; i < s->setting_count; i++) {
    if (strcmp(s->settings[i].key, key) == 0) {
      return s->settings[i].text != NULL ? &s->settings[i] : NULL;
    }
  }
  return NULL;
}

int hf_config_real(hf_session *s, const char *key, double fallback, double lo,
                   double hi, double *out) {
  const hf_setting *found = config_find(s, key);
  if (found == NULL) {
    *out = fallback;
    return SQLITE_OK;
  }
  if (!found->number || !(found->real >= lo && found->real <= hi)) {
    return hf_fail(s, SQLITE_ERROR,
                   "hf_config: %s must be %.15g..%.15g, got '%s'; correct the "
                   "row",
                   key, lo, hi, found->text);
  }
  *out = found->real;
  return SQLITE_OK;
}

int hf_config_int(hf_session *s, const char *key, sqlite3_int64 fallback,
                  sqlite3_int64 lo, sqlite3_int64 hi, sqlite3_int64 *out) {
  const hf_setting *found = config_find(s, key);
  if (found == NULL) {
    *out = fallback;
    return SQLITE_OK;
  }
  if (!found->number || found->real < (double)lo || found->real > (double)hi ||
      found->real != (double)found->whole) {
    return hf_fail(s, SQLITE_ERROR,
                   "hf_config: %s must be a whole number %lld..%lld, got '%s'; "
                   "correct the row",
                   key, lo, hi, found->text);
  }
  *out = found->whole;
  return SQLITE_OK;
}
