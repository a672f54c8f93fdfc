/*
** boost.c: gradient boosting of shallow regression trees.
**
** Friedman (2001), "Greedy function approximation: a gradient boosting
** machine", algorithm LS_Boost: F_m = F_{m-1} + rate * h_m, where the tree h_m
** is fitted to the residuals y - F_{m-1}. Each feature is cut once into at most
** 32 bins at its quantiles, so that the best split of a node is found from
** histograms of residual sums: n * d additions a level. The gain of a split is
** L^2/nL + R^2/nR, the reduction of the squared error but for a constant; of
** equal gains the first feature and the lowest cut are taken, so that the same
** data always grow the same trees.
*/
#include "boost.h"
#include "stat.h"

#include <math.h>
#include <string.h>

enum { BOOST_BINS = 32 };

/* The data as the trees see them. */
typedef struct boost_data {
  size_t n, d;
  unsigned char *bin; /* [d * n], feature by feature */
  double *cut;        /* [d * BOOST_BINS]: x <= cut[b] falls into bins 0..b */
  size_t *cuts;       /* [d] */
  double *r;          /* [n] residuals */
  size_t *row;        /* [n] rows, those of a node side by side */
  size_t *spare;      /* [n] */
  size_t leaf;
} boost_data;

/* Quantiles of a column, each distinct value once. */
static size_t boost_cuts(double *sorted, size_t n, double *cut) {
  size_t count = 0, b;
  for (b = 1; b < BOOST_BINS; b++) {
    double v = hf_stat_quantile_sorted(sorted, n, (double)b / BOOST_BINS);
    if (v >= sorted[n - 1]) break; /* nothing is above it */
    if (count == 0 || v > cut[count - 1]) cut[count++] = v;
  }
  return count;
}

static int boost_prepare(hf_work *w, const double *x, boost_data *t) {
  double *column = hf_work_reals(w, t->n);
  size_t i, j;
  int rc;
  if (column == NULL) return HF_ENOMEM;
  for (j = 0; j < t->d; j++) {
    double *cut = t->cut + j * BOOST_BINS;
    unsigned char *bin = t->bin + j * t->n;
    for (i = 0; i < t->n; i++) column[i] = x[i * t->d + j];
    hf_stat_sort(column, t->n);
    t->cuts[j] = boost_cuts(column, t->n, cut);
    for (i = 0; i < t->n; i++) {
      double v = x[i * t->d + j];
      size_t lo = 0, hi = t->cuts[j];
      while (lo < hi) { /* the first cut that is not below v */
        size_t mid = (lo + hi) / 2;
        if (cut[mid] < v)
          lo = mid + 1;
        else
          hi = mid;
      }
      bin[i] = (unsigned char)lo;
    }
    rc = hf_work_check(w, t->n * 20);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* The best split of rows[from..to): its feature, or -1 for none. */
static int boost_split(const boost_data *t, size_t from, size_t to,
                       size_t *at) {
  double total = 0, best = -1;
  size_t i, j, b, n = to - from;
  int feature = -1;
  for (i = from; i < to; i++) total += t->r[t->row[i]];
  for (j = 0; j < t->d; j++) {
    double sum[BOOST_BINS] = {0};
    size_t count[BOOST_BINS] = {0};
    const unsigned char *bin = t->bin + j * t->n;
    double left = 0;
    size_t nl = 0;
    if (t->cuts[j] == 0) continue;
    for (i = from; i < to; i++) {
      size_t row = t->row[i];
      sum[bin[row]] += t->r[row];
      count[bin[row]]++;
    }
    for (b = 0; b < t->cuts[j]; b++) {
      double gain, right;
      left += sum[b];
      nl += count[b];
      if (nl < t->leaf || n - nl < t->leaf) continue;
      right = total - left;
      gain = left * left / (double)nl + right * right / (double)(n - nl);
      if (gain > best * (1 + 1e-12)) {
        best = gain;
        feature = (int)j;
        *at = b;
      }
    }
  }
  /* no better than the node as it is */
  return best > total * total / (double)n * (1 + 1e-12) ? feature : -1;
}

/* Grows node `k` over rows[from..to) and adds its leaves to the residuals. */
static int boost_grow(hf_work *w, boost_data *t, hf_boost_node *tree, size_t k,
                      size_t depth, size_t from, size_t to, double rate) {
  size_t at = 0, i, l = from, r = 0;
  int feature = -1, rc;
  double sum = 0;
  rc = hf_work_check(w, (to - from) * (t->d + 1) * 2);
  if (rc != HF_OK) return rc;
  if (depth > 0 && to - from >= 2 * t->leaf) {
    feature = boost_split(t, from, to, &at);
  }
  tree[k].feature = feature;
  if (feature < 0) {
    for (i = from; i < to; i++) sum += t->r[t->row[i]];
    tree[k].value = sum / (double)(to - from);
    for (i = from; i < to; i++) t->r[t->row[i]] -= rate * tree[k].value;
    return HF_OK;
  }
  tree[k].value = t->cut[(size_t)feature * BOOST_BINS + at];
  for (i = from; i < to; i++) {
    size_t row = t->row[i];
    if (t->bin[(size_t)feature * t->n + row] <= at)
      t->row[l++] = row;
    else
      t->spare[r++] = row;
  }
  memcpy(t->row + l, t->spare, r * sizeof(*t->row));
  rc = boost_grow(w, t, tree, 2 * k + 1, depth - 1, from, l, rate);
  if (rc != HF_OK) return rc;
  return boost_grow(w, t, tree, 2 * k + 2, depth - 1, l, to, rate);
}

int hf_boost_fit(hf_work *w, hf_work *keep, const double *x, const double *y,
                 size_t n, size_t d, const hf_boost_plan *plan, hf_boost *out) {
  boost_data t;
  hf_boost m;
  hf_mark mark;
  size_t i, k;
  int rc;
  if (plan->trees < 1 || plan->trees > 1000 || plan->depth < 1 ||
      plan->depth > 6 || plan->leaf < 1 || !(plan->rate > 0) ||
      plan->rate > 1) {
    return HF_ERANGE;
  }
  if (n < 2 * plan->leaf || d == 0) return HF_EDATA;
  m.trees = plan->trees;
  m.rate = plan->rate;
  m.nodes = ((size_t)2 << plan->depth) - 1;
  m.base = hf_stat_mean(y, n);
  m.node = hf_work_zeroed(keep, m.trees * m.nodes, sizeof(*m.node));
  if (m.node == NULL) return HF_ENOMEM;
  mark = hf_work_mark(w);
  t.n = n;
  t.d = d;
  t.leaf = plan->leaf;
  t.bin = hf_work_alloc(w, n, d);
  t.cut = hf_work_reals(w, d * BOOST_BINS);
  t.cuts = hf_work_alloc(w, d, sizeof(size_t));
  t.r = hf_work_reals(w, n);
  t.row = hf_work_alloc(w, n, sizeof(size_t));
  t.spare = hf_work_alloc(w, n, sizeof(size_t));
  rc = HF_ENOMEM;
  if (t.bin != NULL && t.cut != NULL && t.cuts != NULL && t.r != NULL &&
      t.row != NULL && t.spare != NULL) {
    rc = boost_prepare(w, x, &t);
  }
  for (i = 0; rc == HF_OK && i < n; i++) {
    t.r[i] = y[i] - m.base;
    t.row[i] = i;
  }
  for (k = 0; rc == HF_OK && k < m.trees; k++) {
    rc = boost_grow(w, &t, m.node + k * m.nodes, 0, plan->depth, 0, n, m.rate);
  }
  hf_work_release(w, mark);
  if (rc == HF_OK) *out = m;
  return rc;
}

double hf_boost_predict(const hf_boost *m, const double *x) {
  double sum = 0;
  size_t k;
  for (k = 0; k < m->trees; k++) {
    const hf_boost_node *tree = m->node + k * m->nodes;
    size_t i = 0;
    while (tree[i].feature >= 0) {
      i = x[tree[i].feature] <= tree[i].value ? 2 * i + 1 : 2 * i + 2;
    }
    sum += tree[i].value;
  }
  return m->base + m->rate * sum;
}
