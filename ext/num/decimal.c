/*
** decimal.c: see decimal.h.
**
** Reading. The first 19 digits fill an integer, which a pair of doubles holds
** exactly; it is multiplied or divided by a power of ten in pairs as well,
** good to about 104 bits, and the pair is rounded to one double (T. J. Dekker,
** "A floating-point technique for extending the available precision", 1971;
** the product of two doubles with fma()).
*/
#include "decimal.h"
#include "work.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct decimal_pair {
  double hi, lo; /* the value is hi + lo, |lo| at most half a unit of hi */
} decimal_pair;

static decimal_pair decimal_join(double hi, double lo) {
  decimal_pair r;
  r.hi = hi + lo;
  r.lo = lo - (r.hi - hi);
  return r;
}

static decimal_pair decimal_times(decimal_pair a, decimal_pair b) {
  double p = a.hi * b.hi;
  double e = fma(a.hi, b.hi, -p);
  return decimal_join(p, e + (a.hi * b.lo + a.lo * b.hi));
}

static decimal_pair decimal_over(decimal_pair a, decimal_pair b) {
  double q = a.hi / b.hi;
  double r = fma(-q, b.hi, a.hi);
  return decimal_join(q, (r + a.lo - q * b.lo) / b.hi);
}

/* 10 to the power k, 0..150. */
static decimal_pair decimal_power(int k) {
  static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  decimal_pair r = {exact[k % 22], 0}, ten22 = {1e22, 0};
  for (k /= 22; k > 0; k--) r = decimal_times(r, ten22);
  return r;
}

/* digits * 10^e. The small part of the power first, so that nothing before
** the last step leaves the range of a double. */
static double decimal_scale(uint64_t digits, int e) {
  enum { PART = 150 };
  double hi = (double)digits;
  decimal_pair x, part;
  int k = e < 0 ? -e : e;
  x.hi = hi;
  x.lo = digits >= (uint64_t)hi ? (double)(digits - (uint64_t)hi)
                                : -(double)((uint64_t)hi - digits);
  part = decimal_power(k % PART);
  x = e < 0 ? decimal_over(x, part) : decimal_times(x, part);
  part = decimal_power(PART);
  for (k /= PART; k > 0; k--) {
    double plain = e < 0 ? x.hi / part.hi : x.hi * part.hi;
    if (isinf(plain) || fabs(plain) < 1e-290) return plain;
    x = e < 0 ? decimal_over(x, part) : decimal_times(x, part);
  }
  return x.hi;
}

static int decimal_digit(char c) {
  return c >= '0' && c <= '9';
}

/* The exponent behind an e, cut at +-99999; 0 when there is none to read. */
static int decimal_exponent(const char *z, const char *end, int *e) {
  int negative = 0, x = 0;
  if (z < end && (*z == '+' || *z == '-')) negative = *z++ == '-';
  if (z == end) return 0;
  for (; z < end; z++) {
    if (!decimal_digit(*z)) return 0;
    if (x < 10000) x = x * 10 + (*z - '0');
  }
  *e = negative ? -x : x;
  return 1;
}

int hf_decimal_read(const char *z, size_t n, double *out) {
  enum { DIGITS = 19, WIDEST = 320 };
  const char *end = z + n;
  uint64_t digits = 0;
  int negative = 0, taken = 0, point = 0, any = 0, e = 0;
  long scale = 0; /* the power of ten that the digits leave over */
  double x;
  if (z < end && (*z == '+' || *z == '-')) negative = *z++ == '-';
  for (; z < end && (decimal_digit(*z) || (*z == '.' && !point)); z++) {
    if (*z == '.') {
      point = 1;
      continue;
    }
    any = 1;
    if (taken < DIGITS) {
      digits = digits * 10 + (uint64_t)(*z - '0');
      if (digits > 0) taken++;
      if (point && scale > -100000) scale--;
    } else if (!point && scale < 100000) {
      scale++;
    }
  }
  if (!any) return HF_EDATA;
  if (z < end) {
    if (*z != 'e' && *z != 'E') return HF_EDATA;
    if (!decimal_exponent(z + 1, end, &e)) return HF_EDATA;
  }
  scale += e;
  if (digits == 0 || scale + taken < -WIDEST - 20) {
    x = 0;
  } else if (scale + taken > WIDEST) {
    x = INFINITY;
  } else {
    x = decimal_scale(digits, (int)scale);
  }
  *out = negative ? -x : x;
  return HF_OK;
}

/* Decimal digits of a whole number; returns how many. */
static size_t decimal_whole(char *out, uint64_t x) {
  char back[24];
  size_t n = 0, i;
  do {
    back[n++] = (char)('0' + x % 10);
    x /= 10;
  } while (x > 0);
  for (i = 0; i < n; i++) out[i] = back[n - 1 - i];
  return n;
}

/* A number of less than 1e15 in magnitude, not negative. */
static size_t decimal_fixed(char *out, double x, int places) {
  uint64_t unit = 1, whole, part;
  size_t n;
  int i;
  for (i = 0; i < places; i++) unit *= 10;
  whole = (uint64_t)x;
  part = (uint64_t)floor((x - (double)whole) * (double)unit + 0.5);
  if (part >= unit) {
    whole++;
    part = 0;
  }
  n = decimal_whole(out, whole);
  if (part > 0) {
    out[n++] = '.';
    for (i = 0; i < places; i++) {
      unit /= 10;
      out[n++] = (char)('0' + part / unit);
      part %= unit;
    }
    while (out[n - 1] == '0') n--;
  }
  return n;
}

size_t hf_decimal_write(char *out, double x, int places) {
  size_t n = 0;
  int e = 0;
  if (!isfinite(x)) x = 0;
  if (x < 0) out[n++] = '-';
  x = fabs(x);
  if (x < 1e15) {
    n += decimal_fixed(out + n, x, places);
    if (n == 2 && out[0] == '-' && out[1] == '0') {
      out[0] = '0';
      n = 1;
    }
  } else {
    e = (int)floor(log10(x));
    x /= pow(10, e);
    if (x >= 9.9999995) {
      x /= 10;
      e++;
    }
    n += decimal_fixed(out + n, x, 6);
    out[n++] = 'e';
    out[n++] = '+';
    n += decimal_whole(out + n, (uint64_t)e);
  }
  out[n] = 0;
  return n;
}
