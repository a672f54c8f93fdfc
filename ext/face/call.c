/*
** call.c: one call of an answer: arguments checked against their descriptor,
** the session opened, begin, next and end run.
**
** Depth. Every entry counts on the connection while it is on the C stack. A
** view may use our functions and be a source of them, which is useful at depth
** two or three; a view that asks a question about itself would go on until
** the stack ends, so that depth CALL_DEEPEST is refused.
*/
#include "answer.h"

#include <math.h>
#include <string.h>

enum { CALL_DEEPEST = 6, CALL_TEXT = 1000 };

void hf_conn_release(void *p) {
  hf_conn *conn = p;
  if (--conn->refs > 0) return;
  hf_capture_free(conn->capture);
  hf_recall_free(&conn->recall);
  sqlite3_free(conn);
}

int hf_enter(hf_conn *conn, hf_session *s) {
  if (conn->depth >= CALL_DEEPEST) {
    return hf_fail(s, SQLITE_ERROR,
                   "calls nested more than %d deep; a view must not ask about "
                   "itself",
                   (int)CALL_DEEPEST);
  }
  conn->depth++;
  return SQLITE_OK;
}

void hf_leave(hf_conn *conn) {
  conn->depth--;
}

int hf_answer_params(const hf_answer *def) {
  int n = 0;
  while (def->params[n].name != NULL) n++;
  return n;
}

/* What was given, for a message: up to 60 bytes, texts in quotes. */
static char *call_show(hf_call *c, sqlite3_value *v) {
  const char *text;
  if (sqlite3_value_type(v) == SQLITE_BLOB) {
    return hf_strdup(&c->s.hold, "a blob");
  }
  if (sqlite3_value_type(v) == SQLITE_TEXT) {
    text = (const char *)sqlite3_value_text(v);
    return text != NULL ? hf_format(&c->s.hold, "'%!.60s'", text) : NULL;
  }
  text = (const char *)sqlite3_value_text(v);
  return text != NULL ? hf_format(&c->s.hold, "%!.60s", text) : NULL;
}

static int call_refuse(hf_call *c, const hf_param *p, sqlite3_value *v,
                       const char *what) {
  char *shown = call_show(c, v);
  if (shown == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  return hf_fail(&c->s, SQLITE_ERROR, "%s must be %s, got %s", p->name, what,
                 shown);
}

/* "1..5256000", for a message; `fraction` 1: what was given is not whole. */
static char *call_range(hf_call *c, const hf_param *p, int fraction) {
  return hf_format(&c->s.hold, "%s%.15g..%.15g",
                   p->type == HF_P_INT && fraction ? "a whole number " : "",
                   p->lo, p->hi);
}

static int call_number(hf_call *c, const hf_param *p, sqlite3_value *v,
                       hf_arg *out) {
  int type = sqlite3_value_numeric_type(v);
  double x = sqlite3_value_double(v);
  char *range;
  int fraction = floor(x) != x;
  if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
    int whole = p->type != HF_P_INT || !fraction;
    if (x >= p->lo && x <= p->hi && whole) {
      out->real = x;
      if (p->type == HF_P_INT) out->whole = sqlite3_value_int64(v);
      return SQLITE_OK;
    }
  }
  range = call_range(c, p, fraction);
  if (range == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
  return call_refuse(c, p, v, range);
}

static int call_text(hf_call *c, const hf_param *p, sqlite3_value *v,
                     hf_arg *out) {
  if (sqlite3_value_type(v) == SQLITE_BLOB) {
    return call_refuse(c, p, v, "a text");
  }
  out->text = (const char *)sqlite3_value_text(v);
  if (out->text == NULL) return hf_fail(&c->s, SQLITE_NOMEM, NULL);
  if (sqlite3_value_bytes(v) > CALL_TEXT) {
    return call_refuse(c, p, v, "a text of at most 1000 bytes");
  }
  return SQLITE_OK;
}

/* A number written in a descriptor: digits, at most one point. */
static double call_fallback_number(const char *z) {
  double x = 0;
  double unit = 1;
  int negative = z[0] == '-';
  const char *p = z + negative;
  for (; *p != 0 && *p != '.'; p++) x = x * 10 + (*p - '0');
  if (*p == '.') {
    for (p++; *p != 0; p++) {
      unit /= 10;
      x += unit * (*p - '0');
    }
  }
  return negative ? -x : x;
}

static int call_fallback(hf_call *c, const hf_param *p, hf_arg *out) {
  if (p->required) {
    return hf_fail(&c->s, SQLITE_ERROR, "%s is required", p->name);
  }
  if (p->fallback == NULL) return SQLITE_OK;
  if (p->type == HF_P_INT || p->type == HF_P_REAL) {
    out->real = call_fallback_number(p->fallback);
    out->whole = (sqlite3_int64)out->real;
  } else {
    out->text = p->fallback;
  }
  return SQLITE_OK;
}

static int call_arg(hf_call *c, const hf_param *p, sqlite3_value *v,
                    hf_arg *out) {
  memset(out, 0, sizeof(*out));
  out->real = NAN;
  if (v == NULL || sqlite3_value_type(v) == SQLITE_NULL) {
    return call_fallback(c, p, out);
  }
  out->given = 1;
  out->value = v;
  switch (p->type) {
  case HF_P_REAL:
  case HF_P_INT:
    return call_number(c, p, v, out);
  case HF_P_TEXT:
    return call_text(c, p, v, out);
  case HF_P_COMPONENT:
    c->component = v;
    return SQLITE_OK;
  default:
    return SQLITE_OK;
  }
}

/* 1 when two component filters name the same component. */
static int call_same(sqlite3_value *a, sqlite3_value *b) {
  int ta = sqlite3_value_type(a);
  int tb = sqlite3_value_type(b);
  int n = sqlite3_value_bytes(a);
  if (ta == SQLITE_INTEGER || ta == SQLITE_FLOAT) {
    return (tb == SQLITE_INTEGER || tb == SQLITE_FLOAT) &&
           sqlite3_value_double(a) == sqlite3_value_double(b);
  }
  if (ta != tb || n != sqlite3_value_bytes(b)) return 0;
  return n == 0 ||
         memcmp(sqlite3_value_blob(a), sqlite3_value_blob(b), (size_t)n) == 0;
}

static int call_session(hf_call *c, sqlite3 *db, const hf_answer *def,
                        sqlite3_value *as_of, sqlite3_value *schema) {
  double now = NAN;
  const char *name = NULL;
  int bad_now = 0;
  int rc;
  if (as_of != NULL && sqlite3_value_type(as_of) != SQLITE_NULL) {
    int type = sqlite3_value_numeric_type(as_of);
    now = sqlite3_value_double(as_of);
    bad_now = (type != SQLITE_INTEGER && type != SQLITE_FLOAT) || isnan(now);
  }
  if (schema != NULL && sqlite3_value_type(schema) != SQLITE_NULL) {
    name = (const char *)sqlite3_value_text(schema);
    if (name == NULL) name = "";
  }
  rc = hf_session_open(&c->s, db, def->name, name, now);
  if (rc != SQLITE_OK) return rc;
  if (bad_now) {
    char *shown = call_show(c, as_of);
    if (shown == NULL) return hf_fail_ops(&c->s, HF_ENOMEM);
    return hf_fail(&c->s, SQLITE_ERROR, "as_of must be unix seconds, got %s",
                   shown);
  }
  return def->needs_tables ? hf_need_tables(&c->s) : SQLITE_OK;
}

/* Everything of hf_call_open() that may run SQL, inside hf_enter(). */
static int call_begin(hf_call *c, sqlite3 *db, const hf_answer *def,
                      sqlite3_value *const *value, sqlite3_value *component) {
  int n = hf_answer_params(def);
  int i;
  int rc = call_session(c, db, def, value[n], value[n + 1]);
  for (i = 0; rc == SQLITE_OK && i < n; i++) {
    rc = call_arg(c, &def->params[i], value[i], &c->arg[i]);
  }
  if (rc != SQLITE_OK) return rc;
  c->s.recall = &c->conn->recall;
  if (component != NULL) {
    c->nothing = sqlite3_value_type(component) == SQLITE_NULL ||
                 (c->component != NULL && !call_same(c->component, component));
    c->component = component;
  }
  if (c->nothing) return SQLITE_OK;
  c->begun = 1;
  return def->begin(c);
}

int hf_call_open(hf_call *c, hf_conn *conn, const hf_answer *def,
                 sqlite3_value *const *value, sqlite3_value *component) {
  int rc;
  memset(c, 0, sizeof(*c));
  c->def = def;
  c->conn = conn;
  c->as_of_used = NAN;
  c->s.who = def->name;
  rc = hf_enter(conn, &c->s);
  if (rc != SQLITE_OK) return rc;
  rc = call_begin(c, conn->db, def, value, component);
  hf_leave(conn);
  hf_session_pause(&c->s);
  return rc;
}

int hf_call_next(hf_call *c, hf_conn *conn, hf_rows *r) {
  hf_mark all = {NULL, 0};
  int rc;
  if (c->nothing) return SQLITE_DONE;
  rc = hf_enter(conn, &c->s);
  if (rc != SQLITE_OK) return rc;
  hf_session_resume(&c->s);
  c->as_of_used = NAN;
  hf_work_release(&c->s.work, all);
  rc = c->def->next(c, r);
  r->as_of_used = isnan(c->as_of_used) ? c->s.as_of : c->as_of_used;
  hf_session_pause(&c->s);
  hf_leave(conn);
  return rc;
}

void hf_call_close(hf_call *c) {
  if (c->begun) c->def->end(c);
  c->begun = 0;
  hf_session_close(&c->s);
}
