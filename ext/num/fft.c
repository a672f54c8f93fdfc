/*
** fft.c: radix-2 fast Fourier transform (Cooley and Tukey 1965) and the
** autocorrelation by way of the power spectrum (Wiener and Khinchin): pad
** with zeros to at least n + max_lag, transform, square, transform back.
*/
#include "fft.h"
#include "stat.h"

#include <math.h>
#include <string.h>

#define FFT_PI 3.14159265358979323846

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

int hf_fft_complex(hf_work *w, double *re, double *im, size_t n, int inverse) {
  hf_mark mark = hf_work_mark(w);
  double *c, *s;
  size_t half, i, j;
  int rc = HF_OK;
  if (n == 0 || (n & (n - 1)) != 0) return HF_ERANGE;
  c = hf_work_reals(w, n / 2 + 1);
  s = hf_work_reals(w, n / 2 + 1);
  if (c == NULL || s == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  for (i = 0; i < n / 2; i++) {
    double a = 2 * FFT_PI * (double)i / (double)n;
    c[i] = cos(a);
    s[i] = inverse ? sin(a) : -sin(a);
  }
  fft_reverse_bits(re, im, n);
  for (half = 1; half < n && rc == HF_OK; half *= 2) {
    size_t stride = n / (2 * half);
    for (i = 0; i < n; i += 2 * half) {
      for (j = 0; j < half; j++) {
        size_t a = i + j, b = a + half;
        double wr = c[j * stride], wi = s[j * stride];
        double tr = re[b] * wr - im[b] * wi, ti = re[b] * wi + im[b] * wr;
        re[b] = re[a] - tr;
        im[b] = im[a] - ti;
        re[a] += tr;
        im[a] += ti;
      }
    }
    rc = hf_work_check(w, 5 * n);
  }
  hf_work_release(w, mark);
  return rc;
}

int hf_fft_acf(hf_work *w, const double *x, size_t n, size_t max_lag,
               double *r) {
  hf_mark mark = hf_work_mark(w);
  double mean, *re, *im;
  size_t size = 1, i;
  int rc;
  if (n == 0 || max_lag >= n) return HF_ERANGE;
  while (size < n + max_lag + 1) size *= 2;
  re = hf_work_zeroed(w, size, sizeof(double));
  im = hf_work_zeroed(w, size, sizeof(double));
  if (re == NULL || im == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  mean = hf_stat_mean(x, n);
  for (i = 0; i < n; i++) re[i] = x[i] - mean;
  rc = hf_fft_complex(w, re, im, size, 0);
  if (rc == HF_OK) {
    for (i = 0; i < size; i++) {
      re[i] = re[i] * re[i] + im[i] * im[i];
      im[i] = 0;
    }
    rc = hf_fft_complex(w, re, im, size, 1);
  }
  if (rc == HF_OK) {
    /* rounding leaves a trace of power where a constant has none */
    double power = re[0] / (double)size;
    int flat = !(power > 1e-24 * (double)n * (mean * mean + 1e-300));
    for (i = 1; i <= max_lag; i++) r[i] = flat ? 0 : re[i] / re[0];
    r[0] = 1;
  }
  hf_work_release(w, mark);
  return rc;
}
