/*
** cost_latency.c: a latency model that a month of hours can support.
**
**   p95 = margin (A + B rho^2 + C W(c, rho))
**
** A: service without load. B rho^2: contention for caches, memory, disks.
** C W: waiting for one of c = workers x vcpu servers, where W is the 95th
** percentile of the wait in an M/M/c queue, in service times:
** max(0, ln(P(wait) / 0.05)) / (c (1 - rho)), P(wait) by Erlang's C formula
** (num/erlang.h). The coefficients come from non-negative least squares on
** relative errors, so that a quiet night counts as much as a busy noon. Where
** the history never shows a queue, C is not identified: then C >= 2A/3 and
** B >= A/4 stand in, the ratio of the mean to the 95th percentile of an
** exponential-like service time and a mild contention, so that the absence of
** evidence is not read as the absence of queues.
**
** margin covers nine of ten hours. Nothing is believed further than 0.15
** beyond the 99.5th percentile of the utilization seen.
*/
#include "cost_latency.h"

#include <math.h>
#include <string.h>

#include "../num/erlang.h"
#include "../num/nnls.h"
#include "../num/stat.h"

enum { LATENCY_ROWS_MIN = 24, LATENCY_BISECTIONS = 20 };

size_t hf_cost_rank(size_t n, double q) {
  double r = ceil(q * (double)n - 1e-9) - 1;
  if (!(r > 0)) return 0;
  return r >= (double)n ? n - 1 : (size_t)r;
}

hf_wait *hf_wait_new(hf_work *w) {
  hf_wait *t = hf_work_zeroed(w, 1, sizeof(*t));
  if (t == NULL) return NULL;
  t->room = hf_work_reals(w, (size_t)(HF_WAIT_SERVERS + 1) * HF_WAIT_STEPS);
  return t->room != NULL ? t : NULL;
}

static const double *wait_row(hf_wait *t, size_t c) {
  double *row = t->row[c];
  size_t j;
  if (row != NULL) return row;
  row = t->room + c * HF_WAIT_STEPS;
  memset(row, 0, HF_WAIT_STEPS * sizeof(double));
  for (j = HF_WAIT_STEPS; j-- > 1;) {
    double rho = (double)j / 100;
    double p = hf_erlang_tail(c, (double)c * rho, 1, 0);
    if (p <= 0.05) break; /* and so at every lower utilization */
    row[j] = log(p / 0.05) / ((double)c * (1 - rho));
  }
  t->row[c] = row;
  return row;
}

double hf_wait_p95(hf_wait *t, double c, double rho) {
  double floor_c = c < 1 ? 1 : floor(c);
  double part = c < 1 ? 0 : c - floor_c;
  double x = rho * 100;
  size_t j = x >= HF_WAIT_STEPS - 1 ? HF_WAIT_STEPS - 2 : (size_t)x;
  double f = x - (double)j;
  const double *lo;
  const double *hi;
  double y0, y1;
  if (floor_c >= HF_WAIT_SERVERS) return 0;
  lo = wait_row(t, (size_t)floor_c);
  y0 = lo[j] + f * (lo[j + 1] - lo[j]);
  if (part == 0) return y0;
  hi = wait_row(t, (size_t)floor_c + 1);
  y1 = hi[j] + f * (hi[j + 1] - hi[j]);
  return y0 + part * (y1 - y0);
}

double hf_latency_p95(const hf_latency *m, hf_wait *t, double c, double rho) {
  double r = rho < HF_WAIT_FULL ? rho : HF_WAIT_FULL;
  double p = m->a + m->b * r * r + m->q * hf_wait_p95(t, c, r);
  return m->margin * p * (rho < HF_WAIT_FULL ? 1 : 10);
}

double hf_latency_most(const hf_latency *m, hf_wait *t, double c, double limit,
                       double most) {
  double lo = 0;
  double hi = most < HF_WAIT_FULL ? most : HF_WAIT_FULL - 1e-9;
  int i;
  if (hf_latency_p95(m, t, c, hi) <= limit) return hi;
  if (hf_latency_p95(m, t, c, 0) > limit) return -1;
  for (i = 0; i < LATENCY_BISECTIONS; i++) {
    double mid = (lo + hi) / 2;
    if (hf_latency_p95(m, t, c, mid) <= limit) {
      lo = mid;
    } else {
      hi = mid;
    }
  }
  return lo;
}

/* Solves for the three coefficients. `x` holds [n][3] rows of the plain model,
** divided by p95; `one` is [n] of 1. */
static int latency_solve(double *x, const double *one, size_t n, int queued,
                         double *k) {
  size_t i;
  int rc;
  if (!queued) { /* b = a/4 + b', q = 2a/3 + q' with b', q' >= 0 */
    for (i = 0; i < n; i++) {
      x[3 * i] += x[3 * i + 1] / 4 + x[3 * i + 2] * 2 / 3;
    }
  }
  rc = hf_nnls(x, one, n, 3, k);
  if (rc != HF_OK || queued) return rc;
  k[1] += k[0] / 4;
  k[2] += k[0] * 2 / 3;
  return HF_OK;
}

int hf_latency_fit(hf_work *w, hf_wait *t, const double *c, const double *rho,
                   const double *p95, size_t n, hf_latency *out) {
  hf_mark mark = hf_work_mark(w);
  double *x = hf_work_reals(w, 3 * n);
  double *one = hf_work_reals(w, n);
  double *seen = hf_work_reals(w, n);
  double k[3];
  hf_latency m;
  size_t used = 0;
  size_t waits = 0;
  size_t i, rows;
  int rc = HF_ENOMEM;
  if (x == NULL || one == NULL || seen == NULL) goto done;
  rc = HF_EDATA;
  for (i = 0, rows = 0; i < n; i++) {
    if (isfinite(rho[i])) seen[rows++] = rho[i];
  }
  if (rows < LATENCY_ROWS_MIN) goto done;
  memset(&m, 0, sizeof(m));
  m.trust = hf_stat_select(seen, rows, hf_cost_rank(rows, 0.995)) + 0.15;
  for (i = 0; i < n; i++) {
    double wait;
    if (!(rho[i] < HF_WAIT_FULL) || !(p95[i] > 0) || !(c[i] > 0)) continue;
    wait = hf_wait_p95(t, c[i], rho[i]);
    x[3 * used] = 1 / p95[i];
    x[3 * used + 1] = rho[i] * rho[i] / p95[i];
    x[3 * used + 2] = wait / p95[i];
    seen[used] = p95[i];
    one[used++] = 1;
    waits += wait > 0;
  }
  if (used < LATENCY_ROWS_MIN) goto done;
  m.rows = used;
  m.queued = waits >= 5 && waits * 100 >= used;
  rc = latency_solve(x, one, used, m.queued, k);
  if (rc != HF_OK) goto done;
  m.a = k[0];
  m.b = k[1];
  m.q = k[2];
  m.margin = 1;
  for (i = 0, rows = 0; i < n; i++) {
    double fit;
    if (!(rho[i] < HF_WAIT_FULL) || !(p95[i] > 0) || !(c[i] > 0)) continue;
    fit = hf_latency_p95(&m, t, c[i], rho[i]);
    seen[rows++] = fit > 0 ? log(p95[i] / fit) : 0;
  }
  m.margin = exp(hf_stat_select(seen, rows, hf_cost_rank(rows, 0.9)));
  if (m.margin < 1) m.margin = 1;
  *out = m;
done:
  hf_work_release(w, mark);
  return rc;
}
