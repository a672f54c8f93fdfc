/*
** test_prom_text.c: decimal numbers against strtod() of glibc 2.36, which
** rounds correctly, and the parser of Prometheus texts on the examples of its
** documentation and on broken ones.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "num/decimal.h"
#include "num/utf8.h"
#include "ops/prom_text.h"

/* ---- numbers */

static void same_as_strtod(const char *z) {
  double x = -1, want = strtod(z, NULL);
  char *p = malloc(strlen(z)); /* ends where it ends, for a sanitizer */
  assert_non_null(p);
  memcpy(p, z, strlen(z));
  if (hf_decimal_read(p, strlen(z), &x) != HF_OK || x != want) {
    fail_msg("%s: got %.17g, not %.17g", z, x, want);
  }
  free(p);
}

static void test_read_corners(void **state) {
  static const char *const good[] = {
      "0",
      "-0",
      "1",
      "+1",
      ".5",
      "5.",
      "007",
      "1e3",
      "1E-3",
      "1e+3",
      "9007199254740993",
      "9007199254740993.5",
      "0.1",
      "0.30000000000000004",
      "1.7976931348623157e308",
      "2.2250738585072014e-308",
      "1e-300",
      "1e300",
      "123456789012345678901234567890",
      "8.41e21",
      "9.5e-22",
      "1e400",
      "1e-400",
      "1e99999999999",
      "1e-99999999999",
      "0e99999999999",
      "4.35",
      "1e23",
      "0.000000000000000000000000000000000000000001234567890123456789"};
  static const char *const bad[] = {"",      "+",   ".",   "e5",  "1e",
                                    "1e+",   "1 ",  " 1",  "1,5", "0x10",
                                    "1.2.3", "inf", "nan", "--1", "1_000"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) same_as_strtod(good[i]);
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    double x = 7;
    assert_int_equal(hf_decimal_read(bad[i], strlen(bad[i]), &x), HF_EDATA);
    assert_true(x == 7);
  }
}

/* The bits of any normal double, written with 17 and with fewer digits. */
static void test_read_random(void **state) {
  uint64_t u = 88172645463325252u;
  char z[64];
  int i;
  (void)state;
  for (i = 0; i < 200000; i++) {
    double x;
    u ^= u << 13;
    u ^= u >> 7;
    u ^= u << 17;
    memcpy(&x, &u, sizeof(x));
    if (!isfinite(x) || fabs(x) < 1e-290) continue;
    snprintf(z, sizeof(z), "%.*e", 4 + i % 13, x);
    same_as_strtod(z);
  }
}

static void test_write(void **state) {
  static const struct {
    double x;
    int places;
    const char *want;
  } t[] = {{0, 2, "0"},
           {1.5, 2, "1.5"},
           {-0.004, 2, "0"},
           {-0.005, 2, "-0.01"},
           {2.999, 2, "3"},
           {12.10, 1, "12.1"},
           {1234567, 0, "1234567"},
           {1e20, 3, "1e+20"},
           {1.25e100, 3, "1.25e+100"},
           {9.9999999e15, 2, "1e+16"},
           {-0.5, 1, "-0.5"},
           {0.05, 9, "0.05"},
           {999.9996, 3, "1000"},
           {100, 2, "100"},
           {-1e300, 2, "-1e+300"}};
  char z[HF_DECIMAL_ROOM];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
    size_t n = hf_decimal_write(z, t[i].x, t[i].places);
    assert_int_equal(n, strlen(z));
    assert_string_equal(z, t[i].want);
  }
  hf_decimal_write(z, NAN, 2);
  assert_string_equal(z, "0");
  assert_true(hf_decimal_write(z, -1.7976931348623157e308, 9) < sizeof(z));
}

static void test_utf8(void **state) {
  (void)state;
  assert_int_equal(hf_utf8_length("a", 1), 1);
  assert_int_equal(hf_utf8_length("\xc3\xa9", 2), 2);
  assert_int_equal(hf_utf8_length("\xe2\x82\xac", 3), 3);
  assert_int_equal(hf_utf8_length("\xf0\x9f\x90\x9d", 4), 4);
  assert_int_equal(hf_utf8_length("\xf0\x9f\x90\x9d", 3), 0);
  assert_int_equal(hf_utf8_length("\xc0\xaf", 2), 0);         /* overlong */
  assert_int_equal(hf_utf8_length("\xe0\x9f\xbf", 3), 0);     /* overlong */
  assert_int_equal(hf_utf8_length("\xed\xa0\x80", 3), 0);     /* surrogate */
  assert_int_equal(hf_utf8_length("\xf4\x90\x80\x80", 4), 0); /* too large */
  assert_int_equal(hf_utf8_length("\x80", 1), 0);
  assert_int_equal(hf_utf8_length("\xc3(", 2), 0);
  assert_int_equal(hf_utf8_length("", 0), 0);
}

/* ---- the parser */

/* All samples, or the fault, as one text. */
static char *parsed(const char *text, size_t n) {
  static char out[4000];
  test_arena arena = {-1, 0};
  hf_work w = test_work(&arena);
  hf_prom p;
  hf_prom_sample x;
  hf_prom_fault fault;
  size_t at = 0;
  int found = 1;
  char *exact = malloc(n > 0 ? n : 1);
  assert_non_null(exact);
  memcpy(exact, text, n);
  hf_prom_open(&p, exact, n);
  out[0] = 0;
  for (;;) {
    int rc = hf_prom_next(&p, &w, &found, &x, &fault);
    if (rc == HF_ERANGE) {
      at += (size_t)snprintf(out + at, sizeof(out) - at, "%zu: %s [%s]",
                             fault.line, fault.what, fault.got);
    }
    if (rc != HF_OK || !found) break;
    at += (size_t)snprintf(out + at, sizeof(out) - at, "%s|%s|%g|%g|%s|%s\n",
                           x.metric, x.component, x.ts, x.value, x.type,
                           x.labels);
  }
  hf_work_free(&w);
  assert_int_equal(arena.held, 0);
  free(exact);
  return out;
}

static void gives(const char *text, const char *want) {
  assert_string_equal(parsed(text, strlen(text)), want);
}

static void test_documented(void **state) {
  (void)state;
  gives(
      "# HELP http_requests_total The total number of HTTP requests.\n"
      "# TYPE http_requests_total counter\n"
      "http_requests_total{method=\"post\",code=\"200\"} 1027 1395066363000\n"
      "http_requests_total{code=\"400\",method=\"post\",}    3 1395066363000\n"
      "\n# Escaping in label values:\n"
      "f{path=\"C:\\\\DIR\\\\F.TXT\",error=\"no:\\n\\\"F\\\"\"} 1.458e9\n"
      "metric_without_timestamp_and_labels 12.47\n"
      "  something_weird { problem = \"x\" }\t+Inf   -3982045  \n",
      "http_requests_total{code=\"200\",method=\"post\"}||1.39507e+09|1027|"
      "counter|{\"code\":\"200\",\"method\":\"post\"}\n"
      "http_requests_total{code=\"400\",method=\"post\"}||1.39507e+09|3|"
      "counter|{\"code\":\"400\",\"method\":\"post\"}\n"
      "f{error=\"no:\\n\\\"F\\\"\",path=\"C:\\\\DIR\\\\F.TXT\"}||nan|1.458e+09|"
      "untyped|{\"error\":\"no:\\n\\\"F\\\"\",\"path\":\"C:\\\\DIR\\\\F.TXT\"}"
      "\n"
      "metric_without_timestamp_and_labels||nan|12.47|untyped|{}\n"
      "something_weird{problem=\"x\"}||-3982.05|nan|untyped|"
      "{\"problem\":\"x\"}\n");
}

static void test_families(void **state) {
  (void)state;
  gives("# TYPE h histogram\nh_bucket{le=\"+Inf\",instance=\"a\"} 3\n"
        "h_sum 5\nh_count 3\nh_total 1\nhx 1\n"
        "# HELP h later\n# TYPE rpc summary\nrpc{quantile=\"0.5\"} NaN\n"
        "rpc_count 2\n# TYPE g gauge\ng -1\ng_sum 2\n",
        "h_bucket{le=\"+Inf\"}|a|nan|3|histogram|"
        "{\"instance\":\"a\",\"le\":\"+Inf\"}\n"
        "h_sum||nan|5|histogram|{}\nh_count||nan|3|histogram|{}\n"
        "h_total||nan|1|untyped|{}\nhx||nan|1|untyped|{}\n"
        "rpc{quantile=\"0.5\"}||nan|nan|summary|{\"quantile\":\"0.5\"}\n"
        "rpc_count||nan|2|summary|{}\ng||nan|-1|gauge|{}\n"
        "g_sum||nan|2|untyped|{}\n");
}

static void test_open_metrics(void **state) {
  (void)state;
  gives("# TYPE foo counter\n# UNIT foo seconds\nfoo_total 17.0 1520879607.5 "
        "# {trace_id=\"x\"} 1 1\nfoo_created 1\n# TYPE up info\nup_info 1\n"
        "# TYPE q unknown\nq 1 5\n# EOF",
        "foo_total||1.52088e+09|17|counter|{}\nfoo_created||nan|1|counter|{}\n"
        "up_info||nan|1|gauge|{}\nq||5|1|untyped|{}\n");
  gives("a 1\n# EOF\n", "a||nan|1|untyped|{}\n");
  gives("a 1\n# EOF\nb 1\n", "a||nan|1|untyped|{}\nb||nan|1|untyped|{}\n");
  gives("# EOF\na 1\n# EOF\n", "2: nothing may follow # EOF [a 1]");
  gives("a 1 now\n# EOF\n", "1: a time of OpenMetrics must be unix seconds "
                            "within 1e11 [now]");
}

static void test_faults(void **state) {
  static const struct {
    const char *text, *want;
  } t[] = {
      {"a 1", "1: the last line must end with a line feed, else it may have "
              "been cut off [a 1]"},
      {"a\n", "1: a sample needs a value after its name [a]"},
      {"\n\n9a 1\n",
       "3: a line begins with # or the name of a metric: letters, "
       "digits, _ and :, no digit first [9a 1]"},
      {"a-b 1\n", "1: a line begins with # or the name of a metric: letters, "
                  "digits, _ and :, no digit first [a-b 1]"},
      {"a one\n", "1: a value must be a number, NaN, +Inf or -Inf [one]"},
      {"a 1\r\n", "1: a value must be a number, NaN, +Inf or -Inf [1?]"},
      {"a 1 2 3\n", "1: nothing may follow value and time [3]"},
      {"a 1 2.5\n",
       "1: a time must be whole unix milliseconds within 1e14 [2.5]"},
      {"a 1 1000000000000000\n", "1: a time must be whole unix milliseconds "
                                 "within 1e14 [1000000000000000]"},
      {"a{b=1} 1\n", "1: a label value must be in double quotes [1} 1]"},
      {"a{b=\"1} 1\n",
       "1: a label value must end with a double quote [\"1} 1]"},
      {"a{b=\"\\t\"} 1\n",
       "1: in a label value, a backslash stands before a backslash, a double "
       "quote or an n [\\t]"},
      {"a{b=\"\xff\"} 1\n", "1: a label value must be UTF-8 without NUL [?]"},
      {"a{b=\"x\",b=\"y\"} 1\n", "1: a label may stand once in a sample [b]"},
      {"a{b=\"x\" c=\"y\"} 1\n",
       "1: a label is followed by a comma or a brace } [c=\"y\"} 1]"},
      {"a{b:c=\"x\"} 1\n", "1: a label name is followed by = [:c=\"x\"} 1]"},
      {"a{b} 1\n", "1: a label name is followed by = [} 1]"},
      {"a{\n", "1: a label name has letters, digits and _, no digit first; "
               "after the labels comes a brace } []"},
      {"# TYPE a number\n", "1: the type must be counter, gauge, histogram, "
                            "summary or untyped [number]"},
      {"# TYPE a info\n", "1: the type must be counter, gauge, histogram, "
                          "summary or untyped [info]"},
      {"# TYPE a gauge x\n", "1: nothing may follow the type [x]"},
      {"# TYPE a gauge\na 1\n# TYPE a gauge\n",
       "a||nan|1|gauge|{}\n3: a metric may have one TYPE line, before its "
       "samples [a]"},
      {"# HELP 9 x\n", "1: after HELP or TYPE comes the name of a metric: "
                       "letters, digits, _ and :, no digit first [9 x]"},
      {"", ""},
      {"\n \n#\n# x\n#UNIT 1\n", ""},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) gives(t[i].text, t[i].want);
  /* a name that a NUL ends */
  assert_memory_equal(parsed("a\0 1\n", 5), "1: a line begins with #", 23);
  assert_string_equal(parsed("a{b=\"\0\"} 1\n", 11),
                      "1: a label value must be UTF-8 without NUL [?]");
}

static void test_many_labels(void **state) {
  char text[8000], *p = text;
  int i;
  (void)state;
  p += sprintf(p, "a{");
  for (i = HF_PROM_LABELS; i > 0; i--) p += sprintf(p, "b%d=\"%d\",", i, i);
  sprintf(p, "} 1\n");
  assert_memory_equal(parsed(text, strlen(text)),
                      "a{b1=\"1\",b10=\"10\",b100=", 20);
  sprintf(p, "c=\"\"} 1\n");
  gives(text, "1: a sample may have at most 256 labels [c]");
}

static void test_no_memory(void **state) {
  static const char text[] =
      "# TYPE a gauge\na{b=\"x\",instance=\"y\"} 1\nq{\n";
  long left;
  (void)state;
  for (left = 0;; left++) {
    test_arena arena = {left, 0};
    hf_work w = test_work(&arena);
    hf_prom p;
    hf_prom_sample x;
    hf_prom_fault fault;
    int found = 1, rc = HF_OK;
    hf_prom_open(&p, text, strlen(text));
    while (rc == HF_OK && found) rc = hf_prom_next(&p, &w, &found, &x, &fault);
    hf_work_free(&w);
    assert_int_equal(arena.held, 0);
    if (rc == HF_ERANGE) break;
    assert_int_equal(rc, HF_ENOMEM);
  }
  assert_true(left > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_read_corners), cmocka_unit_test(test_read_random),
      cmocka_unit_test(test_write),        cmocka_unit_test(test_utf8),
      cmocka_unit_test(test_documented),   cmocka_unit_test(test_families),
      cmocka_unit_test(test_open_metrics), cmocka_unit_test(test_faults),
      cmocka_unit_test(test_many_labels),  cmocka_unit_test(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
