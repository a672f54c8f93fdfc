/*
** boost.c: gradient boosting of shallow regression trees.
**
** Friedman (2001), "Greedy function approximation: a gradient boosting
** machine", algorithm LS_Boost: F_m = F_{m-1} + rate * h_m, where the tree h_m
** is fitted to the residuals y - F_{m-1}. Each feature is cut once into at most
** 32 bins at its quantiles, so that the best split of a node is found from
** histograms of residual sums. Of two children only the smaller is counted; the
** larger is what the parent has beside it (Ke et al. 2017, LightGBM, section
** 2.1).
**
** Residuals are whole numbers of 2^-21 of the range of y (Shi et al. 2022,
** "Quantized training of gradient boosting decision trees", there with fewer
** bits). A row's residual, made positive, and a one for its count share a word,
** so that a row enters a bin by a single addition, and sums do not depend on
** their order.
**
** The gain of a split is what it takes off the squared error,
** (L - nL T / n)^2 (1 / nL + 1 / nR), T = L + R; of equal gains the first
** feature and the lowest cut are taken. The same data always grow the same
** trees.
*/
#include "boost.h"
#include "stat.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* A word: the count above BOOST_SUM bits, below it the sum of residuals, each
** with BOOST_ZERO added. Residuals begin within +-2^21 and may grow to four
** times that before they are held; HF_BOOST_ROWS of them fit. */
enum { BOOST_BINS = 32, BOOST_SUM = 44, BOOST_RANGE = 1 << 21 };
enum { BOOST_ZERO = 1 << 23, BOOST_MOST = (1 << 23) - 1 };

static const uint64_t boost_one = (uint64_t)1 << BOOST_SUM;

/* The data as the trees see them. */
typedef struct boost_data {
  size_t n, leaf;
  size_t d;            /* columns that vary */
  size_t *column;      /* [d] their places in x */
  size_t *first;       /* [d + 1] first bin of each */
  double *cut;         /* [first[d]]: x <= cut[b] falls into bins ..b; the last
                          bin of a column has none */
  unsigned short *bin; /* [n * d] row by row */
  uint64_t *word;      /* [n] residuals */
  double *part;        /* [n + 1] 1 / i */
  unsigned *row;       /* [n] rows, those of a node side by side */
  unsigned *spare;     /* [n] */
  uint64_t *bins; /* [(2 * depth + 1) * first[d]] histograms: of the root, then
                     of two children a level */
  double unit;    /* of residuals, in the unit of y */
  double rate;
} boost_data;

/* The sum of the residuals in a word, in their unit. */
static double boost_sum(uint64_t word) {
  int64_t zero = (int64_t)((word >> BOOST_SUM) * BOOST_ZERO);
  return (double)((int64_t)(word & (boost_one - 1)) - zero);
}

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

/* Cuts the columns into bins; those that do not vary are left out. */
static int boost_prepare(hf_work *w, const double *x, size_t d, boost_data *t) {
  double *sorted = hf_work_reals(w, t->n), *value = hf_work_reals(w, t->n);
  size_t i, j;
  if (sorted == NULL || value == NULL) return HF_ENOMEM;
  t->d = t->first[0] = 0;
  for (j = 0; j < d; j++) {
    size_t first = t->first[t->d], cuts;
    const double *cut = t->cut + first;
    int rc;
    for (i = 0; i < t->n; i++) value[i] = x[i * d + j];
    memcpy(sorted, value, t->n * sizeof(*value));
    hf_stat_sort(sorted, t->n);
    cuts = boost_cuts(sorted, t->n, t->cut + first);
    rc = hf_work_check(w, t->n * 20);
    if (rc != HF_OK) return rc;
    if (cuts == 0) continue;
    for (i = 0; i < t->n; i++) {
      size_t lo = 0, hi = cuts;
      while (lo < hi) { /* the first cut that is not below the value */
        size_t mid = (lo + hi) / 2;
        if (cut[mid] < value[i])
          lo = mid + 1;
        else
          hi = mid;
      }
      t->bin[i * d + t->d] = (unsigned short)(first + lo);
    }
    t->column[t->d++] = j;
    t->first[t->d] = first + cuts + 1;
  }
  for (i = 1; i < t->n; i++) { /* close the gaps of what was left out */
    memmove(t->bin + i * t->d, t->bin + i * d, t->d * sizeof(*t->bin));
  }
  return HF_OK;
}

/* The histograms of rows[from..to). */
static void boost_count(const boost_data *t, size_t from, size_t to,
                        uint64_t *h) {
  size_t i, j, d = t->d;
  memset(h, 0, t->first[d] * sizeof(*h));
  for (i = from; i < to; i++) {
    const unsigned short *bin = t->bin + t->row[i] * d;
    uint64_t word = t->word[t->row[i]];
    for (j = 0; j + 1 < d; j += 2) { /* two at a time: no loop to wait for */
      h[bin[j]] += word;
      h[bin[j + 1]] += word;
    }
    if (j < d) h[bin[j]] += word;
  }
}

/* rest = all - part */
static void boost_rest(const boost_data *t, const uint64_t *all,
                       const uint64_t *part, uint64_t *rest) {
  size_t i, n = t->first[t->d];
  for (i = 0; i < n; i++) rest[i] = all[i] - part[i];
}

/* The best split of a node whose rows add up to `total`: its column among those
** that vary, or -1 for none; its last bin on the left and their sum. */
static int boost_split(const boost_data *t, const uint64_t *h, uint64_t total,
                       size_t *at, uint64_t *sum) {
  size_t n = (size_t)(total >> BOOST_SUM), j, b;
  double mean = boost_sum(total) / (double)n, best = 0;
  int column = -1;
  for (j = 0; j < t->d; j++) {
    uint64_t left = 0;
    for (b = t->first[j]; b + 1 < t->first[j + 1]; b++) {
      size_t nl;
      double off, gain;
      left += h[b];
      nl = (size_t)(left >> BOOST_SUM);
      if (nl < t->leaf) continue;
      if (n - nl < t->leaf) break;
      off = boost_sum(left) - mean * (double)nl;
      gain = off * off * (t->part[nl] + t->part[n - nl]);
      if (gain > best * (1 + 1e-12)) {
        best = gain;
        column = (int)j;
        *at = b;
        *sum = left;
      }
    }
  }
  return column;
}

/* Sorts rows[from..to) by the split; returns the first of the right child. */
static size_t boost_part(boost_data *t, size_t from, size_t to, size_t column,
                         size_t at) {
  const unsigned short *bin = t->bin + column;
  size_t i, l = from, r = 0;
  for (i = from; i < to; i++) {
    unsigned row = t->row[i];
    size_t left = bin[row * t->d] <= at;
    t->row[l] = row; /* l <= i: what is overwritten was read */
    t->spare[r] = row;
    l += left;
    r += 1 - left;
  }
  memcpy(t->row + l, t->spare, r * sizeof(*t->row));
  return l;
}

/* A leaf over rows[from..to): its value, taken off their residuals. */
static double boost_leaf(boost_data *t, size_t from, size_t to,
                         uint64_t total) {
  double step =
      floor(t->rate * boost_sum(total) / (double)(total >> BOOST_SUM) + 0.5);
  int64_t down = (int64_t)step;
  size_t i;
  for (i = from; i < to; i++) {
    uint64_t *word = &t->word[t->row[i]];
    int64_t r = (int64_t)(*word - boost_one) - BOOST_ZERO - down;
    r = r > BOOST_MOST ? BOOST_MOST : r < -BOOST_MOST ? -BOOST_MOST : r;
    *word = boost_one + (uint64_t)(r + BOOST_ZERO);
  }
  return step * t->unit / t->rate;
}

/* Grows node `k` over rows[from..to), `depth` splits above the lowest leaf,
** and adds its leaves to the residuals. total: of its rows. h: its histograms,
** with room for those of its children and theirs behind `below`. */
static int boost_grow(hf_work *w, boost_data *t, hf_boost_node *tree, size_t k,
                      size_t depth, size_t from, size_t to, uint64_t total,
                      const uint64_t *h, uint64_t *below) {
  size_t at = 0, size = t->first[t->d], mid;
  uint64_t *left = below, *right = below + size, sum = 0;
  int column = -1, rc;
  rc = hf_work_check(w, (to - from) * (t->d + 1) + size);
  if (rc != HF_OK) return rc;
  if (depth > 0 && to - from >= 2 * t->leaf) {
    column = boost_split(t, h, total, &at, &sum);
  }
  if (column < 0) {
    tree[k].feature = -1;
    tree[k].value = boost_leaf(t, from, to, total);
    return HF_OK;
  }
  tree[k].feature = (int)t->column[column];
  tree[k].value = t->cut[at];
  mid = boost_part(t, from, to, (size_t)column, at);
  if (depth > 1 && mid - from < to - mid) {
    boost_count(t, from, mid, left);
    boost_rest(t, h, left, right);
  } else if (depth > 1) {
    boost_count(t, mid, to, right);
    boost_rest(t, h, right, left);
  }
  below += 2 * size;
  rc =
      boost_grow(w, t, tree, 2 * k + 1, depth - 1, from, mid, sum, left, below);
  if (rc != HF_OK) return rc;
  return boost_grow(w, t, tree, 2 * k + 2, depth - 1, mid, to, total - sum,
                    right, below);
}

/* Room for everything but the histograms. */
static int boost_room(hf_work *w, size_t n, size_t d, boost_data *t) {
  t->column = hf_work_alloc(w, d, sizeof(size_t));
  t->first = hf_work_alloc(w, d + 1, sizeof(size_t));
  t->cut = hf_work_reals(w, d * BOOST_BINS);
  t->bin = hf_work_alloc(w, n, d * sizeof(*t->bin));
  t->word = hf_work_alloc(w, n, sizeof(*t->word));
  t->part = hf_work_reals(w, n + 1);
  t->row = hf_work_alloc(w, n, sizeof(*t->row));
  t->spare = hf_work_alloc(w, n, sizeof(*t->spare));
  return t->column == NULL || t->first == NULL || t->cut == NULL ||
                 t->bin == NULL || t->word == NULL || t->part == NULL ||
                 t->row == NULL || t->spare == NULL
             ? HF_ENOMEM
             : HF_OK;
}

/* The residuals of the mean, as words; their range in the unit of y. */
static void boost_begin(boost_data *t, const double *y, double mean,
                        double range) {
  size_t i;
  t->unit = range > 0 ? range / BOOST_RANGE : 1;
  t->part[0] = 0;
  for (i = 0; i < t->n; i++) {
    double r = floor((y[i] - mean) / t->unit + 0.5);
    t->word[i] = boost_one + (uint64_t)((int64_t)r + BOOST_ZERO);
    t->row[i] = (unsigned)i;
    t->part[i + 1] = 1 / ((double)i + 1);
  }
}

int hf_boost_fit(hf_work *w, hf_work *keep, const double *x, const double *y,
                 size_t n, size_t d, const hf_boost_plan *plan, hf_boost *out) {
  boost_data t;
  hf_boost m;
  hf_mark mark;
  double low, high;
  size_t i, k;
  int rc;
  if (plan->trees < 1 || plan->trees > 1000 || plan->depth < 1 ||
      plan->depth > 6 || plan->leaf < 1 || !(plan->rate > 0) ||
      plan->rate > 1 || n > HF_BOOST_ROWS || d > HF_BOOST_COLUMNS) {
    return HF_ERANGE;
  }
  if (n < 2 * plan->leaf || d == 0) return HF_EDATA;
  for (i = 1, low = high = y[0]; i < n; i++) {
    low = y[i] < low ? y[i] : low;
    high = y[i] > high ? y[i] : high;
  }
  if (!isfinite(high - low)) return HF_ERANGE;
  m.trees = plan->trees;
  m.rate = t.rate = plan->rate;
  m.nodes = ((size_t)2 << plan->depth) - 1;
  m.base = hf_stat_mean(y, n);
  m.node = hf_work_zeroed(keep, m.trees * m.nodes, sizeof(*m.node));
  if (m.node == NULL) return HF_ENOMEM;
  mark = hf_work_mark(w);
  t.n = n;
  t.leaf = plan->leaf;
  t.bins = NULL;
  rc = boost_room(w, n, d, &t);
  if (rc == HF_OK) rc = boost_prepare(w, x, d, &t);
  if (rc == HF_OK) {
    t.bins = hf_work_alloc(w, (2 * plan->depth + 1) * (t.first[t.d] + 1),
                           sizeof(*t.bins));
    if (t.bins == NULL) rc = HF_ENOMEM;
  }
  if (rc == HF_OK) boost_begin(&t, y, m.base, high - low);
  for (k = 0; rc == HF_OK && k < m.trees; k++) {
    uint64_t total = 0;
    for (i = 0; i < n; i++) total += t.word[i];
    boost_count(&t, 0, n, t.bins);
    rc = boost_grow(w, &t, m.node + k * m.nodes, 0, plan->depth, 0, n, total,
                    t.bins, t.bins + t.first[t.d]);
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
