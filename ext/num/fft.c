/*
** fft.c: the fast Fourier transform in radix 4 (Cooley and Tukey 1965; a first
** pass in radix 2 where the size is an odd power of two) and the
** autocorrelation by way of the power spectrum (Wiener and Khinchin): pad with
** zeros to at least n + max_lag, transform, square, transform back.
**
** A real series of 2 N values is transformed as N complex ones, even places in
** the real part, odd ones in the imaginary part, and taken apart by
**   X[k] = E[k] + exp(-i pi k / N) O[k]
** (Press et al., Numerical Recipes, 12.3). The spectrum is real and even, so
** that the way back is the same again.
*/
#include "fft.h"
#include "stat.h"

#include <math.h>
#include <string.h>

#define FFT_PI 3.14159265358979323846

/* cos and sin of 2 pi k / n for 0 <= k < n, from those of the first eighth.
** n is a power of two. */
static void fft_table(double *c, double *s, size_t n) {
  size_t k, quarter = n / 4;
  for (k = 0; k < n && (k <= n / 8 || n < 8); k++) {
    double a = 2 * FFT_PI * (double)k / (double)n;
    c[k] = cos(a);
    s[k] = sin(a);
  }
  for (; k <= quarter; k++) {
    c[k] = s[quarter - k];
    s[k] = c[quarter - k];
  }
  for (; k <= 2 * quarter; k++) {
    c[k] = -s[k - quarter];
    s[k] = c[k - quarter];
  }
  for (; k < n; k++) {
    c[k] = -c[k - 2 * quarter];
    s[k] = -s[k - 2 * quarter];
  }
}

static void fft_reverse_bits(double *re, double *im, size_t n) {
  size_t i, j = 0, bit;
  for (i = 1; i < n; i++) {
    for (bit = n >> 1; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      double v = re[i];
      re[i] = re[j];
      re[j] = v;
      v = im[i];
      im[i] = im[j];
      im[j] = v;
    }
  }
}

/* Pairs of neighbours: the first pass where log2 n is odd. */
static void fft_pairs(double *re, double *im, size_t n) {
  size_t i;
  for (i = 0; i < n; i += 2) {
    double r = re[i + 1], v = im[i + 1];
    re[i + 1] = re[i] - r;
    im[i + 1] = im[i] - v;
    re[i] += r;
    im[i] += v;
  }
}

/* One pass in radix 4: blocks of 4 q become transforms of 4 q. The angles of
** a block stand `stride` apart in the table. */
static void fft_fours(const double *c, const double *s, size_t stride,
                      double *re, double *im, size_t n, size_t q) {
  size_t i, j;
  for (i = 0; i < n; i += 4 * q) {
    double *r0 = re + i, *r1 = r0 + q, *r2 = r1 + q, *r3 = r2 + q;
    double *i0 = im + i, *i1 = i0 + q, *i2 = i1 + q, *i3 = i2 + q;
    for (j = 0; j < q; j++) {
      size_t t = j * stride;
      double br = r1[j] * c[2 * t] + i1[j] * s[2 * t];
      double bi = i1[j] * c[2 * t] - r1[j] * s[2 * t];
      double cr = r2[j] * c[t] + i2[j] * s[t];
      double ci = i2[j] * c[t] - r2[j] * s[t];
      double dr = r3[j] * c[3 * t] + i3[j] * s[3 * t];
      double di = i3[j] * c[3 * t] - r3[j] * s[3 * t];
      double ar = r0[j] + br, ai = i0[j] + bi;
      double er = cr + dr, ei = ci + di;
      br = r0[j] - br;
      bi = i0[j] - bi;
      dr = cr - dr;
      di = ci - di;
      r0[j] = ar + er;
      i0[j] = ai + ei;
      r2[j] = ar - er;
      i2[j] = ai - ei;
      r1[j] = br + di;
      i1[j] = bi - dr;
      r3[j] = br - di;
      i3[j] = bi + dr;
    }
  }
}

/* The transform of n values with the table of `step` n angles. */
static int fft_run(hf_work *w, const double *c, const double *s, size_t step,
                   double *re, double *im, size_t n) {
  size_t q = 1, bits = 0;
  int rc = HF_OK;
  while (((size_t)1 << bits) < n) bits++;
  fft_reverse_bits(re, im, n);
  if (bits % 2 == 1) {
    fft_pairs(re, im, n);
    q = 2;
  }
  for (; q < n && rc == HF_OK; q *= 4) {
    fft_fours(c, s, step * (n / (4 * q)), re, im, n, q);
    rc = hf_work_check(w, 8 * n);
  }
  return rc;
}

int hf_fft_complex(hf_work *w, double *re, double *im, size_t n, int inverse) {
  hf_mark mark = hf_work_mark(w);
  double *c, *s;
  int rc;
  if (n == 0 || (n & (n - 1)) != 0) return HF_ERANGE;
  c = hf_work_reals(w, n);
  s = hf_work_reals(w, n);
  if (c == NULL || s == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  fft_table(c, s, n);
  /* with the parts exchanged it is the conjugate transform */
  rc =
      inverse ? fft_run(w, c, s, 1, im, re, n) : fft_run(w, c, s, 1, re, im, n);
  hf_work_release(w, mark);
  return rc;
}

/* Power[0..half] of the real series that re and im hold the packed transform
** of; the table has 2 half angles. */
static void fft_power(const double *c, const double *s, const double *re,
                      const double *im, size_t half, double *power) {
  size_t k;
  power[0] = (re[0] + im[0]) * (re[0] + im[0]);
  power[half] = (re[0] - im[0]) * (re[0] - im[0]);
  for (k = 1; k <= half / 2; k++) {
    size_t b = half - k;
    double er = (re[k] + re[b]) / 2, ei = (im[k] - im[b]) / 2;
    double ur = (im[k] + im[b]) / 2, ui = (re[b] - re[k]) / 2;
    double tr = ur * c[k] + ui * s[k], ti = ui * c[k] - ur * s[k];
    power[k] = (er + tr) * (er + tr) + (ei + ti) * (ei + ti);
    power[b] = (er - tr) * (er - tr) + (ei - ti) * (ei - ti);
  }
}

int hf_fft_acf(hf_work *w, const double *x, size_t n, size_t max_lag,
               double *r) {
  hf_mark mark = hf_work_mark(w);
  double mean, *re, *im, *c, *s, *power;
  size_t half = 1, i;
  int rc;
  if (n == 0 || max_lag >= n) return HF_ERANGE;
  while (2 * half < n + max_lag + 1) half *= 2;
  re = hf_work_zeroed(w, half, sizeof(double));
  im = hf_work_zeroed(w, half, sizeof(double));
  c = hf_work_reals(w, 2 * half);
  s = hf_work_reals(w, 2 * half);
  power = hf_work_reals(w, half + 1);
  if (re == NULL || im == NULL || c == NULL || s == NULL || power == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  fft_table(c, s, 2 * half);
  mean = hf_stat_mean(x, n);
  for (i = 0; 2 * i < n; i++) re[i] = x[2 * i] - mean;
  for (i = 0; 2 * i + 1 < n; i++) im[i] = x[2 * i + 1] - mean;
  rc = fft_run(w, c, s, 2, re, im, half);
  if (rc == HF_OK) {
    fft_power(c, s, re, im, half, power);
    for (i = 0; i < half; i++) {
      re[i] = power[2 * i <= half ? 2 * i : 2 * (half - i)];
      im[i] = power[2 * i < half ? 2 * i + 1 : 2 * (half - i) - 1];
    }
    rc = fft_run(w, c, s, 2, re, im, half);
  }
  if (rc == HF_OK) {
    double all = re[0] + im[0], sum = all / (2 * (double)half);
    /* rounding leaves a trace of power where a constant has none */
    int flat = !(sum > 1e-24 * (double)n * (mean * mean + 1e-300));
    r[0] = 1;
    for (i = 1; i <= max_lag; i++) {
      size_t b = half - i;
      double er = (re[i] + re[b]) / 2;
      double ur = (im[i] + im[b]) / 2, ui = (re[b] - re[i]) / 2;
      r[i] = flat ? 0 : (er + ur * c[i] + ui * s[i]) / all;
    }
  }
  hf_work_release(w, mark);
  return rc;
}
