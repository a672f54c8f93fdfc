/*
** test_proc_text.c: the parsers of /proc and cgroup texts, on texts as
** kernels write them (formats of proc(5), cgroups(7)) and on broken ones.
*/
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "num/proc_text.h"
#include "num/work.h"

/* A copy that ends where it ends, so that a sanitizer sees a step too far. */
static char *text_of(const char *z, size_t n) {
  char *p = malloc(n > 0 ? n : 1);
  assert_non_null(p);
  memcpy(p, z, n);
  return p;
}

static void test_field(void **state) {
  const char *z = "MemTotal:       24684096 kB\nMemFree:  5 kB\n"
                  "inactive_file 1691648\nnr_periods 0\nCached:\t7 kB\nCut: 9";
  double x = -1;
  (void)state;
  assert_int_equal(hf_proc_field(z, strlen(z), "MemTotal", &x), HF_OK);
  assert_true(x == 24684096);
  assert_int_equal(hf_proc_field(z, strlen(z), "inactive_file", &x), HF_OK);
  assert_true(x == 1691648);
  assert_int_equal(hf_proc_field(z, strlen(z), "Cached", &x), HF_OK);
  assert_true(x == 7);
  /* not a prefix, not in the middle, not a line that is cut off */
  assert_int_equal(hf_proc_field(z, strlen(z), "Mem", &x), HF_EDATA);
  assert_int_equal(hf_proc_field(z, strlen(z), "Total", &x), HF_EDATA);
  assert_int_equal(hf_proc_field(z, strlen(z), "Cut", &x), HF_EDATA);
  assert_int_equal(hf_proc_field("A: x\n", 5, "A", &x), HF_EDATA);
  assert_int_equal(hf_proc_field("A: -1\n", 6, "A", &x), HF_EDATA);
  assert_int_equal(hf_proc_field("A: 1.5\n", 7, "A", &x), HF_EDATA);
  assert_int_equal(hf_proc_field("A:\n", 3, "A", &x), HF_EDATA);
  assert_int_equal(hf_proc_field("", 0, "A", &x), HF_EDATA);
  assert_true(x == 7);
}

static void test_numbers(void **state) {
  double x[2] = {-1, -1};
  (void)state;
  assert_int_equal(hf_proc_numbers("200000 100000\n", 14, 2, 2, x), HF_OK);
  assert_true(x[0] == 200000 && x[1] == 100000);
  assert_int_equal(hf_proc_numbers("42", 2, 1, 1, x), HF_OK);
  assert_true(x[0] == 42);
  x[0] = -1;
  assert_int_equal(hf_proc_numbers("max 100000\n", 11, 1, 2, x), HF_EDATA);
  assert_int_equal(hf_proc_numbers("max\n", 4, 1, 1, x), HF_EDATA);
  assert_int_equal(hf_proc_numbers("7\n", 2, 2, 2, x), HF_EDATA);
  /* v1 says "no limit" by a number of 19 digits; -1 is no limit, too */
  assert_int_equal(hf_proc_numbers("9223372036854771712\n", 20, 1, 1, x),
                   HF_EDATA);
  assert_int_equal(hf_proc_numbers("-1\n", 3, 1, 1, x), HF_EDATA);
  assert_true(x[0] == -1);
}

static void test_cpu(void **state) {
  const char *z = "cpu  100 10 50 800 40 3 7 5 60 1\ncpu0 1 1 1 1\n";
  double busy = -1, total = -1;
  (void)state;
  assert_int_equal(hf_proc_cpu(z, strlen(z), &busy, &total), HF_OK);
  assert_true(total == 1015);
  assert_true(busy == 175);
  assert_int_equal(hf_proc_cpu("cpu 1 2 3 4\n", 12, &busy, &total), HF_OK);
  assert_true(busy == 6 && total == 10);
  busy = total = -1;
  assert_int_equal(hf_proc_cpu("cpu 1 2 3\n", 10, &busy, &total), HF_EDATA);
  assert_int_equal(hf_proc_cpu("cpu0 1 2 3 4\n", 13, &busy, &total), HF_EDATA);
  assert_int_equal(hf_proc_cpu("cpu 1 2 3 4", 11, &busy, &total), HF_EDATA);
  assert_int_equal(hf_proc_cpu("", 0, &busy, &total), HF_EDATA);
  assert_true(busy == -1 && total == -1);
}

static void test_disks(void **state) {
  const char *z = "   7       0 loop0 9 0 900 0 9 0 900 0 0 0 0\n"
                  " 254       0 vda 10 1 100 7 20 2 200 1 0 3 9 3 5 1 2 3\n"
                  " 254       1 vda1 10 1 100 7 20 2 200 1 0 3 9\n"
                  " 259       0 nvme0n1 1 0 1000 0 1 0 2000 0 0 0 0\n"
                  " 259       1 nvme0n1p1 1 0 1000 0 1 0 2000 0 0 0 0\n"
                  " 259       2 nvme0n10 1 0 1 0 1 0 1 0 0 0 0\n"
                  " 253       0 dm-0 1 0 7 0 1 0 7 0 0 0 0\n"
                  "   9       0 md127 1 0 7 0 1 0 7 0 0 0 0\n"
                  " 254      16 vdaa 1 0 1 0 1 0 1 0 0 0 0\n"
                  "junk\n 1 2\n 1 2 sdz 1 2 x 4 5 6 7\n 8 0 sdy 1 0 8 0 1 0 8";
  double bytes = -1;
  (void)state;
  assert_int_equal(hf_proc_disks(z, strlen(z), &bytes), HF_OK);
  assert_true(bytes == 512.0 * (300 + 3000 + 2 + 2));
  bytes = -1;
  z = "7 0 loop0 9 0 900 0 9 0 900 0 0 0 0\n";
  assert_int_equal(hf_proc_disks(z, strlen(z), &bytes), HF_EDATA);
  assert_true(bytes == -1);
}

static void test_net(void **state) {
  const char *z =
      "Inter-|   Receive                    |  Transmit\n"
      " face |bytes    packets errs drop    |bytes    packets errs\n"
      "    lo:    3267      29    9    0    0 0 0 0     3267 29 9 0 0 0 0 0\n"
      "  eth0: 19025401    525    1    0    0 0 0 0    28750 350 2 0 0 0 0 0\n"
      "eth1:5 0 0 0 0 0 0 0 6 0 0 0 0 0 0 0\n"
      "eth0.10: 99 0 0 0 0 0 0 0 99 0 0 0 0 0 0 0\n"
      "veth12: 99 0 0 0 0 0 0 0 99 0 0 0 0 0 0 0\n"
      "eth2: 1 2 3\n";
  double bytes = -1, errors = -1;
  (void)state;
  assert_int_equal(hf_proc_net(z, strlen(z), &bytes, &errors), HF_OK);
  assert_true(bytes == 19025401.0 + 28750 + 11);
  assert_true(errors == 3);
  bytes = errors = -1;
  z = "lo: 1 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0\n";
  assert_int_equal(hf_proc_net(z, strlen(z), &bytes, &errors), HF_EDATA);
  assert_true(bytes == -1 && errors == -1);
}

static void test_cgroup(void **state) {
  const char *z = "9:name=systemd:/\n4:memory:/a/b\n2:cpu,cpuacct:/c\n0::/\n"
                  "5:pids:/x";
  const char *path = NULL;
  size_t len = 0;
  (void)state;
  assert_int_equal(hf_proc_cgroup(z, strlen(z), "memory", &path, &len), HF_OK);
  assert_int_equal(len, 4);
  assert_memory_equal(path, "/a/b", 4);
  assert_int_equal(hf_proc_cgroup(z, strlen(z), "cpuacct", &path, &len), HF_OK);
  assert_int_equal(len, 2);
  assert_int_equal(hf_proc_cgroup(z, strlen(z), "", &path, &len), HF_OK);
  assert_int_equal(len, 1);
  assert_memory_equal(path, "/", 1);
  assert_int_equal(hf_proc_cgroup(z, strlen(z), "cpua", &path, &len), HF_EDATA);
  assert_int_equal(hf_proc_cgroup(z, strlen(z), "pids", &path, &len), HF_EDATA);
  z = "0::/../../etc\n";
  assert_int_equal(hf_proc_cgroup(z, strlen(z), "", &path, &len), HF_EDATA);
  z = "0::/a/..\n";
  assert_int_equal(hf_proc_cgroup(z, strlen(z), "", &path, &len), HF_EDATA);
  z = "0::\n0\n::\n:\n";
  assert_int_equal(hf_proc_cgroup(z, strlen(z), "", &path, &len), HF_EDATA);
  assert_int_equal(len, 1);
}

/* Every cut and every single broken byte of a good text: no crash (run under
** a sanitizer it would be seen), and what is read stays finite and positive.
*/
static void test_broken(void **state) {
  static const char *const good[] = {
      "MemTotal: 123456 kB\nCached: 1 kB\n",
      "cpu  100 10 50 800 40 3 7 5 60 1\n",
      " 8 0 sda 10 1 100 7 20 2 200 1 0\n 8 1 sda1 1 1 1 1 1 1 1 1 1\n",
      " eth0: 1 2 3 4 5 6 7 8 9 10 11 12\n", "4:memory:/a/b\n0::/c\n"};
  static const char bad[] = {0, ' ', '\n', ':', '/', '9', 'p', '-', (char)255};
  size_t i, cut, k;
  (void)state;
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    size_t n = strlen(good[i]);
    for (cut = 0; cut <= n; cut++) {
      for (k = 0; k <= sizeof(bad); k++) {
        double a[6] = {0, 0, 0, 0, 0, 0};
        const char *path;
        size_t len, j;
        char *t = text_of(good[i], k == 0 ? cut : n);
        size_t m = k == 0 ? cut : n;
        if (k > 0 && cut < n) t[cut] = bad[k - 1];
        (void)hf_proc_field(t, m, "Cached", &a[0]);
        (void)hf_proc_cpu(t, m, &a[1], &a[2]);
        (void)hf_proc_disks(t, m, &a[3]);
        (void)hf_proc_net(t, m, &a[4], &a[5]);
        if (hf_proc_cgroup(t, m, "memory", &path, &len) == HF_OK) {
          assert_true(path >= t && path + len <= t + m);
        }
        for (j = 0; j < 6; j++) assert_true(a[j] >= 0 && a[j] < 1e22);
        free(t);
      }
    }
  }
}

static void test_huge(void **state) {
  const char *z = "A: 999999999999999999\nB: 9999999999999999999\n"
                  "C: 99999999999999999999999999999999999999999999999\n";
  double x = -1;
  (void)state;
  assert_int_equal(hf_proc_field(z, strlen(z), "A", &x), HF_OK);
  assert_true(x > 9.9e17);
  assert_int_equal(hf_proc_field(z, strlen(z), "B", &x), HF_EDATA);
  assert_int_equal(hf_proc_field(z, strlen(z), "C", &x), HF_EDATA);
}

static void test_pressure(void **state) {
  static const char *const bad[] = {"",
                                    "some",
                                    "some avg10=0.00 total=12",
                                    "full total=5\n",
                                    "some total=\n",
                                    "some total=x\n",
                                    "some total=-1\n",
                                    "some subtotal=1\n",
                                    "some total=1234567890123456789\n"};
  const char *z = "some avg10=97.60 avg60=96.34 avg300=93.60 "
                  "total=8511861193\nfull avg10=0.00 total=7\n";
  double x = -1;
  size_t i;
  (void)state;
  assert_int_equal(hf_proc_pressure(z, strlen(z), &x), HF_OK);
  assert_true(x == 8511.861193);
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    char *copy = text_of(bad[i], strlen(bad[i]));
    x = -1;
    assert_int_equal(hf_proc_pressure(copy, strlen(bad[i]), &x), HF_EDATA);
    assert_true(x == -1);
    free(copy);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_field),    cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_cpu),      cmocka_unit_test(test_disks),
      cmocka_unit_test(test_net),      cmocka_unit_test(test_cgroup),
      cmocka_unit_test(test_pressure), cmocka_unit_test(test_broken),
      cmocka_unit_test(test_huge)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
