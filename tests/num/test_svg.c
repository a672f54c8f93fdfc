/*
** test_svg.c: charts as text: what hostile names become, where ticks stand,
** how gaps and dense lines are drawn. The dates of ticks are those that
** `date -u -d @N` of coreutils 9.1 prints.
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

#include "ops/svg.h"

static char sunk[400000];
static size_t sunk_n, sunk_most;

static int sink_put(void *ctx, const char *z, size_t n) {
  (void)ctx;
  if (sunk_n + n >= sunk_most) return 1;
  memcpy(sunk + sunk_n, z, n);
  sunk_n += n;
  sunk[sunk_n] = 0;
  return 0;
}

static hf_sink sink(void) {
  hf_sink s = {sink_put, NULL};
  sunk_n = 0;
  sunk_most = sizeof(sunk);
  sunk[0] = 0;
  return s;
}

static void escapes(const char *z, size_t most, const char *want) {
  hf_sink s = sink();
  assert_int_equal(hf_svg_text(&s, z, most), 0);
  assert_string_equal(sunk, want);
}

static void test_text(void **state) {
  (void)state;
  escapes("<script>alert('1')&\"", 99,
          "&lt;script&gt;alert(&#39;1&#39;)&amp;&quot;");
  escapes("\x01\x7f\n", 99, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  escapes("a\xc3(\xff", 99, "a\xef\xbf\xbd(\xef\xbf\xbd");
  escapes("\xef\xbf\xbe\xef\xbf\xbd", 99, "\xef\xbf\xbd\xef\xbf\xbd");
  escapes("\xc3\xa4\xc3\xb6\xc3\xbc", 2, "\xc3\xa4\xc3\xb6\xe2\x80\xa6");
  escapes("ab", 2, "ab");
  escapes("", 0, "");
}

static int count(const char *what) {
  const char *p = sunk;
  int n = 0;
  while ((p = strstr(p, what)) != NULL) {
    n++;
    p++;
  }
  return n;
}

static hf_chart chart(const double *ts, const double *v, size_t n) {
  hf_chart c;
  memset(&c, 0, sizeof(c));
  c.title = "t";
  c.unit = "";
  c.ts = ts;
  c.value = v;
  c.n = n;
  return c;
}

static void draw(const hf_chart *c) {
  hf_sink s = sink();
  assert_int_equal(hf_svg_chart(c, &s), 0);
  assert_memory_equal(sunk, "<svg ", 5);
  assert_string_equal(sunk + sunk_n - 7, "</svg>\n");
  assert_null(strstr(sunk, "nan"));
  assert_null(strstr(sunk, "inf"));
}

static void test_ticks(void **state) {
  double ts[] = {1773738000, 1773824400}, v[] = {3, 97};
  hf_chart c = chart(ts, v, 2);
  (void)state;
  draw(&c); /* Mar 17 2026 09:00 to Mar 18 09:00 */
  assert_non_null(strstr(sunk, ">0</text>"));
  assert_non_null(strstr(sunk, ">100</text>"));
  assert_non_null(strstr(sunk, ">20</text>"));
  assert_non_null(strstr(sunk, ">12:00</text>"));
  assert_non_null(strstr(sunk, ">Mar 17</text>"));
  assert_non_null(strstr(sunk, ">Mar 18</text>"));
  assert_non_null(
      strstr(sunk, "from Mar 17, 2026 09:00 to Mar 18, 2026 09:00"));
  assert_non_null(strstr(sunk, "newest is 97."));
  ts[0] = -1e11; /* Feb 11 -1199 */
  ts[1] = 1e11;  /* Nov 16 5138 */
  draw(&c);
  assert_non_null(strstr(sunk, "to Nov 16, 5138 09:46"));
  ts[0] = 951782400; /* Feb 29 2000 */
  ts[1] = 951868800;
  v[0] = 0.00012;
  v[1] = 0.00048;
  draw(&c);
  assert_non_null(strstr(sunk, "from Feb 29, 2000 00:00 to Mar 1, 2000 00:00"));
  assert_non_null(strstr(sunk, ">5e-4</text>"));
  v[1] = 3e100;
  draw(&c);
  assert_non_null(strstr(sunk, ">3e100</text>"));
  v[0] = v[1] = 1e100;
  draw(&c);
  v[0] = v[1] = 0;
  draw(&c);
}

/* M begins a line, L goes on: two pieces, and a lone sample as a dot. */
static void test_gaps(void **state) {
  double ts[] = {0, 60, 120, 180, 240, 300}, v[] = {1, 2, NAN, 3, NAN, 4};
  hf_chart c = chart(ts, v, 6);
  const char *path;
  int moves = 0, lines = 0;
  (void)state;
  draw(&c);
  path = strstr(sunk, "class=\"hf-past\" d=\"") + 19;
  for (; *path != '"'; path++) {
    moves += *path == 'M';
    lines += *path == 'L';
  }
  assert_int_equal(moves, 3);
  assert_int_equal(lines, 3);
}

/* 100,000 samples end in a text of bounded length that keeps the extremes. */
static void test_dense(void **state) {
  size_t n = 100000, i;
  double *ts = malloc(n * sizeof(double)), *v = malloc(n * sizeof(double));
  hf_chart c;
  (void)state;
  assert_non_null(ts);
  assert_non_null(v);
  for (i = 0; i < n; i++) {
    ts[i] = (double)i;
    v[i] = i == 70001 ? 100 : i == 70002 ? -100 : (double)(i % 7);
  }
  c = chart(ts, v, n);
  draw(&c);
  assert_true(sunk_n < 60000);
  assert_non_null(strstr(sunk, " 60L")); /* the highest, at the frame's top */
  assert_non_null(strstr(sunk, " 296L"));
  c.odd_ts = ts;
  c.odd = v;
  c.odds = n;
  draw(&c);
  assert_true(sunk_n < 150000);
  assert_int_equal(count("<circle class=\"hf-odd\""), 501);
  free(ts);
  free(v);
}

static void test_forecast(void **state) {
  double ts[] = {0, 60}, v[] = {1, 2}, at[] = {120, 180}, y[] = {3, 4};
  double lo[] = {2, 2}, hi[] = {4, 6}, lo95[] = {1, 0.5}, hi95[] = {5, 8};
  hf_chart c = chart(ts, v, 2);
  (void)state;
  c.ahead_ts = at;
  c.yhat = y;
  c.lo80 = lo;
  c.hi80 = hi;
  c.lo95 = lo95;
  c.hi95 = hi95;
  c.ahead = 2;
  c.odd_ts = ts;
  c.odd = v;
  c.odds = 1;
  c.note = "<b>";
  draw(&c);
  assert_int_equal(count("class=\"hf-b80\""), 2);
  assert_int_equal(count("class=\"hf-b95\""), 2);
  assert_int_equal(count("<circle class=\"hf-odd\""), 2);
  assert_int_equal(count("<circle class=\"hf-dot\""), 1);
  assert_int_equal(count("class=\"hf-now\""), 1);
  assert_non_null(strstr(sunk, "Forecast for Jan 1, 1970 00:03: 4, with 95 % "
                               "between 0.5 and 8."));
  assert_non_null(strstr(sunk, "Out of the ordinary: 1."));
  assert_null(strstr(sunk, "<b>"));
  /* the band closes: 2 points out, 2 back */
  assert_non_null(strstr(sunk, "Z\"/>"));
  hi95[1] = INFINITY;
  draw(&c);
  /* the small one: one entry for both bands, nothing beyond its frame */
  c.small = 1;
  draw(&c);
  assert_non_null(strstr(sunk, "viewBox=\"0 0 360 290\""));
  assert_null(strstr(sunk, "H692"));
  assert_non_null(strstr(sunk, ">80, 95 %<"));
  assert_non_null(strstr(sunk, ">unusual<"));
}

static void test_nothing(void **state) {
  double ts[] = {5}, v[] = {NAN};
  hf_chart c = chart(NULL, NULL, 0);
  (void)state;
  draw(&c);
  assert_non_null(strstr(sunk, "<desc>No samples.</desc>"));
  c = chart(ts, v, 1);
  draw(&c);
  v[0] = 7;
  draw(&c);
  assert_non_null(strstr(sunk, "newest is 7."));
}

/* Wherever the sink stops, nothing more is written. */
static void test_stop(void **state) {
  double ts[] = {0, 60}, v[] = {1, 2};
  hf_chart c = chart(ts, v, 2);
  hf_sink s = sink();
  size_t whole, most;
  (void)state;
  hf_svg_chart(&c, &s);
  whole = sunk_n;
  for (most = 1; most < whole; most += 97) {
    s = sink();
    sunk_most = most;
    assert_int_equal(hf_svg_chart(&c, &s), 1);
    assert_true(sunk_n < most);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),     cmocka_unit_test(test_ticks),
      cmocka_unit_test(test_gaps),     cmocka_unit_test(test_dense),
      cmocka_unit_test(test_forecast), cmocka_unit_test(test_nothing),
      cmocka_unit_test(test_stop)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
