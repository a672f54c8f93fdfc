/*
** boost.c: gradient boosting of shallow regression trees.
**
** Friedman (2001), "Greedy function approximation: a gradient boosting
** machine", algorithm LS_Boost: F_m = F_{m-1} + rate * h_m, where the tree h_m
** is fitted to the residuals y - F_{m-1}. Each feature is cut once into at most
** 32 bins at its quantiles, so that the best split of a node is found from
** histograms of residual sums. Of two children only the smaller is counted; the
** larger is what the parent has beside it (Ke et al. 2017, LightGBM, section
** 2.1). The gain of a split is L^2/nL + R^2/nR, the reduction of the squared
** error but for a constant; of equal gains the first feature and the lowest cut
** are taken, so that the same data always grow the same trees.
*/
#include "boost.h"
#include "stat.h"

#include <math.h>
#include <string.h>

enum { BOOST_BINS = 32 };

/* What falls into a bin. */
typedef struct boost_bin {
  double sum;   /* of residuals */
  double count; /* rows */
} boost_bin;

/* The data as the trees see them. */
typedef struct boost_data {
  size_t n, d;
  unsigned char *bin; /* [n * d], row by row */
  double *cut;        /* [d * BOOST_BINS]: x <= cut[b] falls into bins 0..b */
  size_t *cuts;       /* [d] */
  double *r;          /* [n] residuals */
  size_t *row;        /* [n] rows, those of a node side by side */
  size_t *spare;      /* [n] */
  boost_bin *bins;    /* [(2 * depth + 1) * d * BOOST_BINS] histograms: of the
                         root, then of two children a level */
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
      t->bin[i * t->d + j] = (unsigned char)lo;
    }
    rc = hf_work_check(w, t->n * 20);
    if (rc != HF_OK) return rc;
  }
  return HF_OK;
}

/* The histograms of rows[from..to). */
static void boost_count(const boost_data *t, size_t from, size_t to,
                        boost_bin *h) {
  size_t i, j;
  memset(h, 0, t->d * BOOST_BINS * sizeof(*h));
  for (i = from; i < to; i++) {
    size_t row = t->row[i];
    const unsigned char *bin = t->bin + row * t->d;
    double r = t->r[row];
    for (j = 0; j < t->d; j++) {
      boost_bin *b = h + j * BOOST_BINS + bin[j];
      b->sum += r;
      b->count += 1;
    }
  }
}

/* rest = all - part */
static void boost_rest(const boost_data *t, const boost_bin *all,
                       const boost_bin *part, boost_bin *rest) {
  size_t i;
  for (i = 0; i < t->d * BOOST_BINS; i++) {
    rest[i].sum = all[i].sum - part[i].sum;
    rest[i].count = all[i].count - part[i].count;
  }
}

/* The best split of a node of n rows whose residuals sum to `total`: its
** feature, or -1 for none. */
static int boost_split(const boost_data *t, const boost_bin *h, double n,
                       double total, size_t *at) {
  double best = -1, leaf = (double)t->leaf;
  size_t j, b;
  int feature = -1;
  for (j = 0; j < t->d; j++) {
    double left = 0, nl = 0;
    for (b = 0; b < t->cuts[j]; b++) {
      double gain, right;
      left += h[j * BOOST_BINS + b].sum;
      nl += h[j * BOOST_BINS + b].count;
      if (nl < leaf || n - nl < leaf) continue;
      right = total - left;
      gain = left * left / nl + right * right / (n - nl);
      if (gain > best * (1 + 1e-12)) {
        best = gain;
        feature = (int)j;
        *at = b;
      }
    }
  }
  /* no better than the node as it is */
  return best > total * total / n * (1 + 1e-12) ? feature : -1;
}

/* Sorts rows[from..to) by the split; returns the first of the right child. */
static size_t boost_part(boost_data *t, size_t from, size_t to, size_t feature,
                         size_t at) {
  size_t i, l = from, r = 0;
  for (i = from; i < to; i++) {
    size_t row = t->row[i];
    if (t->bin[row * t->d + feature] <= at)
      t->row[l++] = row;
    else
      t->spare[r++] = row;
  }
  memcpy(t->row + l, t->spare, r * sizeof(*t->row));
  return l;
}

/* Grows node `k` over rows[from..to), `depth` splits above the lowest leaf,
** and adds its leaves to the residuals. h: the histograms of the node, with
** room for those of its children and theirs behind `below`. */
static int boost_grow(hf_work *w, boost_data *t, hf_boost_node *tree, size_t k,
                      size_t depth, size_t from, size_t to, double rate,
                      const boost_bin *h, boost_bin *below) {
  size_t at = 0, i, size = t->d * BOOST_BINS, mid;
  boost_bin *left = below, *right = below + size;
  double sum = 0;
  int feature = -1, rc;
  rc = hf_work_check(w, (to - from) * (t->d + 1) * 2);
  if (rc != HF_OK) return rc;
  for (i = from; i < to; i++) sum += t->r[t->row[i]];
  if (depth > 0 && to - from >= 2 * t->leaf)
    feature = boost_split(t, h, (double)(to - from), sum, &at);
  tree[k].feature = feature;
  if (feature < 0) {
    tree[k].value = sum / (double)(to - from);
    for (i = from; i < to; i++) t->r[t->row[i]] -= rate * tree[k].value;
    return HF_OK;
  }
  tree[k].value = t->cut[(size_t)feature * BOOST_BINS + at];
  mid = boost_part(t, from, to, (size_t)feature, at);
  if (depth > 1 && mid - from < to - mid) {
    boost_count(t, from, mid, left);
    boost_rest(t, h, left, right);
  } else if (depth > 1) {
    boost_count(t, mid, to, right);
    boost_rest(t, h, right, left);
  }
  below += 2 * size;
  rc = boost_grow(w, t, tree, 2 * k + 1, depth - 1, from, mid, rate, left,
                  below);
  if (rc != HF_OK) return rc;
  return boost_grow(w, t, tree, 2 * k + 2, depth - 1, mid, to, rate, right,
                    below);
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
  t.bins =
      hf_work_alloc(w, (2 * plan->depth + 1) * d, BOOST_BINS * sizeof(*t.bins));
  rc = HF_ENOMEM;
  if (t.bin != NULL && t.cut != NULL && t.cuts != NULL && t.r != NULL &&
      t.row != NULL && t.spare != NULL && t.bins != NULL) {
    rc = boost_prepare(w, x, &t);
  }
  for (i = 0; rc == HF_OK && i < n; i++) {
    t.r[i] = y[i] - m.base;
    t.row[i] = i;
  }
  for (k = 0; rc == HF_OK && k < m.trees; k++) {
    boost_count(&t, 0, n, t.bins);
    rc = boost_grow(w, &t, m.node + k * m.nodes, 0, plan->depth, 0, n, m.rate,
                    t.bins, t.bins + d * BOOST_BINS);
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
