/*
** test_sql_text.c: num/sql_text.c: what is the same, what is not, and texts
** that are no SQL. The FNV-1a values are those of the reference's test vectors
** (draft-eastlake-fnv, 64 bits).
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "num/sql_text.h"

static hf_sql_digest digest_of(const char *sql, char *out, size_t room) {
  hf_sql_digest d;
  /* a copy of the exact size, so that a read too far is seen */
  size_t n = strlen(sql);
  char *copy = malloc(n + (n == 0));
  memcpy(copy, sql, n);
  hf_sql_normalise(copy, n, out, room, &d);
  free(copy);
  return d;
}

static void becomes(const char *sql, const char *want) {
  char out[400];
  hf_sql_digest d = digest_of(sql, out, sizeof out), again;
  assert_string_equal(out, want);
  assert_int_equal(d.bytes, strlen(want));
  assert_true(d.shape == hf_fnv(HF_FNV_BEGIN, want, strlen(want)));
  again = digest_of(want, out, sizeof out); /* normal is normal */
  assert_string_equal(out, want);
  assert_true(again.shape == d.shape);
}

static void shapes(void **state) {
  (void)state;
  becomes("SELECT a  FROM T\n WHERE b=-5 AND c IN (1, 'x',3) -- note",
          "select a from t where b = ? and c in(?)");
  becomes("select 1;", "select ?");
  becomes("select 1 ; ; ", "select ?");
  becomes("", "");
  becomes("-- nothing", "");
  becomes("/* a */select/* b */x/*", "select x");
  becomes("SELECT 'it''s', x'0aFF', 1.5e-3, .5, 0x1F, 1e+9, 12.",
          "select ?, ?, ?, ?, ?, ?, ?");
  becomes("SELECT ?, ?12, :a, @b, $c, $d::e(f)", "select ?, ?, ?, ?, ?, ?");
  becomes("SELECT \"A b\", [C d], `E f` FROM \"T\".\"U\"",
          "select \"A b\", [C d], `E f` from \"T\".\"U\"");
  becomes("SELECT count(*), t.* FROM t", "select count(*), t.* from t");
  becomes("SELECT a->'$.x', a->>'y', a||b, a<>b, a!=b, a<=b, ~a, a%2",
          "select a -> ?, a ->> ?, a || b, a <> b, a != b, a <= b, ~ a, a % ?");
  becomes("VALUES(NULL, -1, +2), (a-1, a - 1, (-1))",
          "values(?, ?, ?), (a - ?, a - ?, (?))");
  becomes("WHERE a IS NULL AND b IS NOT NULL AND c = NULL",
          "where a is null and b is not null and c = ?");
  becomes("t(x NOT NULL DEFAULT NULL)", "t(x not null default ?)");
  becomes("SELECT * FROM t WHERE (a, b) = (1, 2) LIMIT 5",
          "select * from t where(a, b) = (?, ?) limit ?");
  becomes("INSERT INTO caf\xc3\xa9 VALUES('\xc3\xa9')",
          "insert into caf\xc3\xa9 values(?)");
}

static void lists(void **state) {
  (void)state;
  becomes("x IN (1)", "x in(?)");
  becomes("x IN (1,2,3,4)", "x in(?)");
  becomes("x in (?, :a, 'b', -4, NULL) or y", "x in(?) or y");
  becomes("x NOT IN (1,2)", "x not in(?)");
  becomes("x IN (1, a, 2)", "x in(?, a, ?)");
  becomes("x IN (1, 2+a)", "x in(?, ? + a)");
  becomes("x IN (1, 2, 3+a)", "x in(?, ? + a)");
  becomes("x IN (a, 1, 2)", "x in(a, ?, ?)");
  becomes("x IN (SELECT 1, 2)", "x in(select ?, ?)");
  becomes("x IN (1,", "x in(?,");
  becomes("x IN (1,2", "x in(?, ?");
  becomes("x IN", "x in");
  becomes("x IN (1, 2 - 3)", "x in(?, ? - ?)");
  becomes("f(1, 2, 3)", "f(?, ?, ?)");
}

static void differences(void **state) {
  hf_sql_digest a = digest_of("select x from t where y = 1 and z = 'a'", 0, 0);
  hf_sql_digest b = digest_of("SELECT X FROM t WHERE y=2 AND z='a'", 0, 0);
  hf_sql_digest c = digest_of("SELECT X FROM t WHERE y='1' AND z='a'", 0, 0);
  hf_sql_digest d = digest_of("select x from t where y = ? and z = ?", 0, 0);
  hf_sql_digest e = digest_of("select x from t where z = 'a' and y = 1", 0, 0);
  (void)state;
  assert_true(a.shape == b.shape && a.shape == c.shape && a.shape == d.shape);
  assert_true(a.shape != e.shape);
  assert_true(a.literals != b.literals && a.literals != c.literals);
  assert_true(a.literals ==
              digest_of("select x from t where y=1 and z='a'", 0, 0).literals);
  assert_int_equal(a.parameters, 0);
  assert_int_equal(d.parameters, 2);
  assert_true(d.literals == HF_FNV_BEGIN);
  /* 'ab','c' is not 'a','bc' */
  assert_true(digest_of("f('ab','c')", 0, 0).literals !=
              digest_of("f('a','bc')", 0, 0).literals);
}

static void cut_short(void **state) {
  char out[8];
  hf_sql_digest whole = digest_of("select abc\xc3\xa9xyz", 0, 0), d;
  size_t room;
  (void)state;
  for (room = 1; room <= sizeof out; room++) {
    memset(out, 'Z', sizeof out);
    d = digest_of("select abc\xc3\xa9xyz", out, room);
    assert_true(d.shape == whole.shape && d.bytes == whole.bytes);
    assert_true(strlen(out) == room - 1);
  }
  d = digest_of("'1'+\xc3\xa9\xc3\xa9", out, 6); /* "? + " and half a letter */
  assert_string_equal(out, "? + ");
}

/* Whatever the bytes: an end, and within the text. */
static void garbage(void **state) {
  static const char set[] = "aN'\"`[]x0.e+-?:$@#()/*-,; \n|<>=!\xc3\xff\x80iIn";
  uint32_t r = 7;
  int k, i;
  (void)state;
  for (k = 0; k < 20000; k++) {
    char sql[40], out[60];
    hf_sql_digest d;
    int n;
    r = r * 1664525u + 1013904223u;
    n = (int)(r >> 24) % 39;
    for (i = 0; i < n; i++) {
      r = r * 1664525u + 1013904223u;
      sql[i] = set[(r >> 16) % (sizeof set - 1)];
    }
    sql[n] = 0;
    d = digest_of(sql, out, 20);
    assert_true(strlen(out) < 20 && d.bytes <= 4 * (size_t)n);
  }
}

static void hashes(void **state) {
  char z[32] = "0123456789abcdef0123456789abcdef";
  size_t n;
  (void)state;
  assert_true(hf_fnv(HF_FNV_BEGIN, "", 0) == 0xcbf29ce484222325ULL);
  assert_true(hf_fnv(HF_FNV_BEGIN, "a", 1) == 0xaf63dc4c8601ec8cULL);
  assert_true(hf_fnv(HF_FNV_BEGIN, "foobar", 6) == 0x85944171f73967e8ULL);
  for (n = 1; n < 32; n++) {
    uint64_t h = hf_sql_hash(z, n);
    assert_true(h != hf_sql_hash(z, n - 1));
    z[n - 1] ^= 1;
    assert_true(h != hf_sql_hash(z, n));
    z[n - 1] ^= 1;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapes),    cmocka_unit_test(lists),
      cmocka_unit_test(cut_short), cmocka_unit_test(differences),
      cmocka_unit_test(garbage),   cmocka_unit_test(hashes)};
  return cmocka_run_group_tests_name("num/sql_text", tests, NULL, NULL);
}
