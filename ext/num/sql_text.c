/*
** sql_text.c: SQL in its normal form, and hashes of it.
**
** A tokeniser by SQLite's rules (https://sqlite.org/lang_keywords.html, and the
** lexical part of https://sqlite.org/syntaxdiagrams.html) hands tokens to a
** writer, which sets the blanks, and holds back what follows the first literal
** of an IN list until it is clear that only literals follow:
**
**   SELECT a  FROM T WHERE b=-5 AND c IN (1, 'x',3) -- note
**   select a from t where b = ? and c in(?)
**
** NULL is a literal unless it follows IS or NOT. A sign belongs to the number
** when it cannot be an operator, that is behind an operator, a comma, an
** opening parenthesis or nothing.
*/
#include "sql_text.h"

#include <string.h>

typedef enum sql_class {
  SQL_NONE,
  SQL_WORD,
  SQL_QUOTED,
  SQL_LITERAL,
  SQL_PARAMETER,
  SQL_OPERATOR,
  SQL_OPEN,
  SQL_CLOSE,
  SQL_COMMA,
  SQL_DOT
} sql_class;

/* Where the writer is in an IN list. */
typedef enum sql_list {
  SQL_LIST_NONE,
  SQL_LIST_IN,    /* behind IN */
  SQL_LIST_OPEN,  /* behind IN ( */
  SQL_LIST_ONE,   /* behind the first literal */
  SQL_LIST_COMMA, /* a comma is held back */
  SQL_LIST_MORE   /* a comma and a literal are held back */
} sql_list;

typedef struct sql_writer {
  char *out;
  size_t room;
  hf_sql_digest *d;
  sql_class last; /* class of the token written last */
  int keyword;    /* of the last word: 1 IS or NOT, 2 IN, else 0 */
  sql_list list;
} sql_writer;

uint64_t hf_fnv(uint64_t hash, const char *z, size_t n) {
  size_t i;
  for (i = 0; i < n; i++) {
    hash = (hash ^ (unsigned char)z[i]) * 0x100000001b3ULL;
  }
  return hash;
}

uint64_t hf_sql_hash(const char *z, size_t n) {
  uint64_t h = 0x9e3779b97f4a7c15ULL ^ n;
  uint64_t word;
  for (; n >= 8; n -= 8, z += 8) {
    memcpy(&word, z, 8);
    h = (h ^ word) * 0xff51afd7ed558ccdULL;
    h ^= h >> 32;
  }
  word = 0;
  memcpy(&word, z, n);
  h = (h ^ word) * 0xff51afd7ed558ccdULL;
  return h ^ (h >> 29);
}

/* ---- characters */

static int sql_is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static int sql_is_digit(char c) {
  return c >= '0' && c <= '9';
}

static int sql_is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '$' || sql_is_digit(c) || (unsigned char)c >= 0x80;
}

static char sql_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static int sql_same(const char *z, size_t n, const char *word) {
  size_t i;
  for (i = 0; i < n; i++) {
    if (word[i] == 0 || sql_lower(z[i]) != word[i]) return 0;
  }
  return word[n] == 0;
}

/* ---- writing */

static void sql_put(sql_writer *w, char c) {
  if (w->d->bytes + 1 < w->room) w->out[w->d->bytes] = c;
  w->d->bytes++;
  w->d->shape = hf_fnv(w->d->shape, &c, 1);
}

static int sql_wants_blank(sql_class last, sql_class now) {
  if (last == SQL_NONE || last == SQL_OPEN || last == SQL_DOT) return 0;
  if (now == SQL_CLOSE || now == SQL_COMMA || now == SQL_DOT) return 0;
  if (now == SQL_OPEN) return last == SQL_OPERATOR || last == SQL_COMMA;
  return 1;
}

static void sql_write(sql_writer *w, sql_class what, const char *z, size_t n) {
  size_t i;
  if (sql_wants_blank(w->last, what)) sql_put(w, ' ');
  if (what == SQL_LITERAL || what == SQL_PARAMETER) {
    sql_put(w, '?');
  } else {
    for (i = 0; i < n; i++) {
      sql_put(w, what == SQL_WORD ? sql_lower(z[i]) : z[i]);
    }
  }
  w->last = what;
}

/* Writes the literals of an IN list that were held back. */
static void sql_release(sql_writer *w) {
  if (w->list >= SQL_LIST_COMMA) sql_write(w, SQL_COMMA, ",", 1);
  if (w->list == SQL_LIST_MORE) sql_write(w, SQL_LITERAL, "?", 1);
  w->list = SQL_LIST_NONE;
}

static void sql_token(sql_writer *w, sql_class what, const char *z, size_t n) {
  int value = what == SQL_LITERAL || what == SQL_PARAMETER;
  if (what == SQL_LITERAL) {
    w->d->literals = hf_fnv(w->d->literals, z, n);
    w->d->literals = hf_fnv(w->d->literals, "", 1);
  }
  if (what == SQL_PARAMETER) w->d->parameters++;
  if (w->list == SQL_LIST_COMMA && value) {
    w->list = SQL_LIST_MORE;
    return;
  }
  if ((w->list == SQL_LIST_ONE || w->list == SQL_LIST_MORE) &&
      what == SQL_COMMA) {
    w->list = SQL_LIST_COMMA;
    return;
  }
  if (w->list == SQL_LIST_MORE && what == SQL_CLOSE) {
    w->list = SQL_LIST_NONE;
  } else if (w->list == SQL_LIST_IN && what == SQL_OPEN) {
    w->list = SQL_LIST_OPEN;
  } else if (w->list == SQL_LIST_OPEN && value) {
    w->list = SQL_LIST_ONE;
  } else {
    sql_release(w);
  }
  sql_write(w, what, z, n);
  w->keyword = 0;
  if (what != SQL_WORD) return;
  if (sql_same(z, n, "is") || sql_same(z, n, "not")) w->keyword = 1;
  if (sql_same(z, n, "in")) w->list = SQL_LIST_IN;
}

/* ---- tokens: each returns the length of what begins at z */

static size_t sql_quoted(const char *z, size_t n, char end) {
  size_t i;
  for (i = 1; i < n; i++) {
    if (z[i] != end) continue;
    if (end == ']' || i + 1 >= n || z[i + 1] != end) return i + 1;
    i++;
  }
  return n;
}

/* Digits, a fraction, an exponent, or hexadecimal digits; whatever name
** characters touch a number belong to it. */
static size_t sql_number(const char *z, size_t n) {
  size_t i = 0;
  while (i < n && (sql_is_name(z[i]) || z[i] == '.' ||
                   ((z[i] == '+' || z[i] == '-') && i > 1 &&
                    sql_lower(z[i - 1]) == 'e' && sql_lower(z[1]) != 'x'))) {
    i++;
  }
  return i;
}

static size_t sql_name(const char *z, size_t n) {
  size_t i = 0;
  while (i < n && sql_is_name(z[i])) i++;
  return i;
}

/* Behind the first character of a parameter: a name, with :: and a last (...)
** as Tcl has them. */
static size_t sql_parameter(const char *z, size_t n) {
  size_t i = 1;
  while (i < n) {
    if (sql_is_name(z[i])) {
      i++;
    } else if (z[0] == '$' && i + 1 < n && z[i] == ':' && z[i + 1] == ':') {
      i += 2;
    } else {
      break;
    }
  }
  if (z[0] == '$' && i > 1 && i < n && z[i] == '(') {
    size_t j = i;
    while (j < n && z[j] != ')' && !sql_is_blank(z[j])) j++;
    if (j < n && z[j] == ')') i = j + 1;
  }
  return i;
}

/* Blanks and comments; 0: none here. */
static size_t sql_space(const char *z, size_t n) {
  size_t i = 0;
  if (sql_is_blank(z[0])) return 1;
  if (n >= 2 && z[0] == '-' && z[1] == '-') {
    while (i < n && z[i] != '\n') i++;
    return i;
  }
  if (n >= 2 && z[0] == '/' && z[1] == '*') {
    for (i = 2; i + 1 < n; i++) {
      if (z[i] == '*' && z[i + 1] == '/') return i + 2;
    }
    return n;
  }
  return 0;
}

static size_t sql_operator(const char *z, size_t n) {
  static const char *const two[] = {
      "->", "||", "<>", "!=", "==", "<=", ">=", "<<", ">>"};
  size_t i;
  if (n >= 3 && memcmp(z, "->>", 3) == 0) return 3;
  for (i = 0; n >= 2 && i < sizeof(two) / sizeof(two[0]); i++) {
    if (memcmp(z, two[i], 2) == 0) return 2;
  }
  return 1;
}

/* 1 when a number begins here. */
static int sql_at_number(const char *z, size_t n) {
  return n > 0 &&
         (sql_is_digit(z[0]) || (n > 1 && z[0] == '.' && sql_is_digit(z[1])));
}

/* 1 when a sign here belongs to the number behind it. */
static int sql_at_signed(const sql_writer *w, const char *z, size_t n) {
  if ((z[0] != '-' && z[0] != '+') || !sql_at_number(z + 1, n - 1)) return 0;
  if (w->list >= SQL_LIST_COMMA) return w->list == SQL_LIST_COMMA;
  return w->last == SQL_NONE || w->last == SQL_OPERATOR ||
         w->last == SQL_OPEN || w->last == SQL_COMMA;
}

static size_t sql_scan(const sql_writer *w, const char *z, size_t n,
                       sql_class *what) {
  size_t len;
  char c = z[0];
  if (c == '\'') {
    *what = SQL_LITERAL;
    return sql_quoted(z, n, '\'');
  }
  if ((c == 'x' || c == 'X') && n > 1 && z[1] == '\'') {
    *what = SQL_LITERAL;
    return 1 + sql_quoted(z + 1, n - 1, '\'');
  }
  if (c == '"' || c == '`' || c == '[') {
    *what = SQL_QUOTED;
    return sql_quoted(z, n, c == '[' ? ']' : c);
  }
  if (sql_at_signed(w, z, n)) {
    *what = SQL_LITERAL;
    return 1 + sql_number(z + 1, n - 1);
  }
  if (sql_at_number(z, n)) {
    *what = SQL_LITERAL;
    return sql_number(z, n);
  }
  if (c == '?' || c == ':' || c == '@' || c == '$' || c == '#') {
    len = sql_parameter(z, n);
    *what = c == '?' || len > 1 ? SQL_PARAMETER : SQL_OPERATOR;
    return len;
  }
  if (sql_is_name(c)) {
    len = sql_name(z, n);
    *what = sql_same(z, len, "null") && !w->keyword ? SQL_LITERAL : SQL_WORD;
    return len;
  }
  *what = c == '('   ? SQL_OPEN
          : c == ')' ? SQL_CLOSE
          : c == ',' ? SQL_COMMA
          : c == '.' ? SQL_DOT
                     : SQL_OPERATOR;
  return *what == SQL_OPERATOR ? sql_operator(z, n) : 1;
}

/* Ends out with a 0, not in the middle of a UTF-8 character. */
static void sql_end(sql_writer *w) {
  size_t n = w->d->bytes;
  if (w->room == 0) return;
  if (n >= w->room) {
    n = w->room - 1;
    while (n > 0 && ((unsigned char)w->out[n - 1] & 0xc0) == 0x80) n--;
    if (n > 0 && (unsigned char)w->out[n - 1] >= 0xc0) n--;
  }
  w->out[n] = 0;
}

void hf_sql_normalise(const char *sql, size_t n, char *out, size_t room,
                      hf_sql_digest *digest) {
  sql_writer w;
  size_t i = 0;
  memset(&w, 0, sizeof(w));
  w.out = out;
  w.room = room;
  w.d = digest;
  w.last = SQL_NONE;
  w.list = SQL_LIST_NONE;
  memset(digest, 0, sizeof(*digest));
  digest->shape = HF_FNV_BEGIN;
  digest->literals = HF_FNV_BEGIN;
  while (i < n) {
    sql_class what;
    size_t len = sql_space(sql + i, n - i);
    if (len == 0) {
      /* trailing semicolons are no part of the statement */
      size_t end = i;
      while (end < n && (sql[end] == ';' || sql_is_blank(sql[end]))) end++;
      if (end == n) break;
      len = sql_scan(&w, sql + i, n - i, &what);
      sql_token(&w, what, sql + i, len);
    }
    i += len;
  }
  sql_release(&w);
  sql_end(&w);
}
