/*
** wear.c: first passage of one metric to a limit, from its own path alone.
**
** Two ways to wear are weighed against each other.
**
** 1. Exponential degradation seen through noise (Gebraeel et al. 2005): the
**    level is D(t) = phi + (L - phi) exp(-(T - t) / k) and reaches the limit L
**    at T. For a grid of r = T - now and k, phi (normal prior around the early
**    level) and the noise variance are integrated out in closed form; prior
**    1 / (r + span / 3) on r up to 20 spans, flat on log k from a sixteenth
**    to half of the span (what bends less is the straight path of 2, and its
**    many ways to end late would outvote the bent ones before the bend shows);
**    The pace k belongs to the kind: where others of it are known, the span is
**    the one that an hour of theirs typically lies in, for a young component
**    would take any bend for its whole wear, an old one none for the end.
**    As likely before is that it does not wear at all, D(t) = phi. Neighbouring
**    residuals that are alike carry less evidence, so the log likelihood is
**    multiplied by f = (1 - rho) / (1 + rho), rho their lag-1 correlation less
**    its standard error 1 / sqrt(cells).
** 2. A Wiener process with drift, which wanders itself: drift and variance from
**    the increments of block medians, the drift's uncertainty by Student's t
**    over 11 nodes, then the inverse Gaussian first passage (passage.h). The
**    variance is lessened by the negative correlation of increments over a
**    third of the blocks (Newey and West 1987), which is coming back to the
**    line, not wandering.
**
** Independent residuals speak for 1, alike ones for 2: the odds of 1 are
** (f / (1 - f))^2. The outlook is twice the span.
** With 1% the outcome is that of a rate alone, estimated from no crossing in
** the span (Jeffreys prior): P(T <= t) = 1 - sqrt(span / (span + t)); so
** nothing is ever certain. A metric that never moved is no evidence.
** What rises may fall back. Each time that the metric fell by 3/4 of its
** present rise or more, after k such falls, 1 / (k + 1) of the outcome is left:
** the rule of succession. Where the limit is only the end of a scale, a rise of
** age a goes on for another r with probability a / (a + r) (Gott 1993), so that
** an hour of climbing says little about the day.
**
** The samples are averaged into at most 128 cells first. Falling metrics are
** turned over.
*/
#include "wear.h"
#include "../num/passage.h"
#include "../num/stat.h"

#include <math.h>
#include <string.h>

enum { WEAR_CELLS = 128, WEAR_LEAST = 12, WEAR_K = 7, WEAR_BLOCKS = 24 };

/* The path, rising towards the limit. */
typedef struct wear_path {
  double t[WEAR_CELLS]; /* hours before now, <= 0 */
  double y[WEAR_CELLS];
  size_t n;
  double span;  /* hours from the first sample to now */
  double limit; /* in the turned unit */
  double noise; /* standard deviation of a cell around its neighbours */
  double early; /* median of the first quarter */
} wear_path;

static double wear_middle(double a, double b, double c) {
  double lo = a < b ? a : b, hi = a < b ? b : a;
  return c < lo ? lo : c > hi ? hi : c;
}

/* A lone cell further than 8 standard deviations from its neighbours is a
** burst, not wear: the median of the three takes its place. */
static void wear_calm(wear_path *p) {
  double before = p->y[0];
  size_t i;
  for (i = 1; i < p->n; i++) {
    double was = p->y[i];
    double other = i + 1 < p->n ? p->y[i + 1] : p->y[i - 2];
    double m = wear_middle(before, was, other);
    if (fabs(was - m) > 8 * p->noise) p->y[i] = m;
    before = was;
  }
}

/* Averages the values into cells of equal count. */
static int wear_cells(hf_work *w, const hf_samples *s, double limit, int rising,
                      wear_path *p) {
  hf_mark mark = hf_work_mark(w);
  size_t *at = hf_work_alloc(w, s->n, sizeof(*at));
  double gap[WEAR_CELLS], now;
  size_t n = 0, i, c, quarter;
  if (at == NULL) return HF_ENOMEM;
  for (i = 0; i < s->n; i++) {
    if (isfinite(s->value[i])) at[n++] = i;
  }
  if (n < WEAR_LEAST) {
    hf_work_release(w, mark);
    return HF_EDATA;
  }
  now = s->ts[at[n - 1]];
  p->n = n < WEAR_CELLS ? n : WEAR_CELLS;
  for (c = 0; c < p->n; c++) {
    size_t from = c * n / p->n, to = (c + 1) * n / p->n;
    double st = 0, sy = 0;
    for (i = from; i < to; i++) {
      st += (s->ts[at[i]] - now) / 3600;
      sy += s->value[at[i]];
    }
    p->t[c] = st / (double)(to - from);
    p->y[c] = (rising ? sy : -sy) / (double)(to - from);
  }
  p->span = (now - s->ts[at[0]]) / 3600;
  p->limit = rising ? limit : -limit;
  hf_work_release(w, mark);
  if (!(p->span > 0)) return HF_EDATA;
  for (c = 1; c < p->n && p->y[c] == p->y[0];) c++;
  if (c == p->n) return HF_EDATA;
  for (c = 1; c < p->n; c++) gap[c - 1] = fabs(p->y[c] - p->y[c - 1]);
  p->noise = hf_stat_median(gap, p->n - 1) * HF_STAT_MAD_SCALE / sqrt(2.0);
  quarter = p->n / 4 > 5 ? p->n / 4 : 5;
  memcpy(gap, p->y, quarter * sizeof(*gap));
  p->early = hf_stat_median(gap, quarter);
  if (!(p->noise > 1e-9 * fabs(p->limit - p->early))) {
    p->noise = 1e-9 * fabs(p->limit - p->early) + 1e-300;
  }
  wear_calm(p);
  return HF_OK;
}

/* One hypothesis (r, k) of the exponential path. */
typedef struct wear_fit {
  double phi; /* most likely asymptote */
  double log; /* log marginal likelihood, but for a constant */
} wear_fit;

/* Sums over the cells: of the decay of a k, and of the levels less p->early. */
typedef struct wear_sums {
  double d, dd; /* of the decay, of its square */
  double u, uu; /* of the levels, of their squares */
  double ud;    /* of levels times decays */
} wear_sums;

static wear_sums wear_sum(const wear_path *p, const double *decay) {
  wear_sums s = {0, 0, 0, 0, 0};
  size_t i;
  for (i = 0; i < p->n; i++) {
    double u = p->y[i] - p->early;
    s.d += decay[i];
    s.dd += decay[i] * decay[i];
    s.u += u;
    s.uu += u * u;
    s.ud += u * decay[i];
  }
  return s;
}

/* The squares are taken from the sums, the same for all r; where they nearly
** cancel, cell by cell. */
static wear_fit wear_try(const wear_path *p, const double *decay,
                         const wear_sums *s, double now) {
  double n = (double)p->n, limit = p->limit - p->early;
  double d = now * s->d, dd = now * now * s->dd, ud = now * s->ud;
  double a2 = n - 2 * d + dd, spread, prior, phi, far, rss;
  wear_fit fit;
  size_t i;
  spread = 3 * fabs(limit) + 3 * p->noise;
  prior = p->noise * p->noise / (spread * spread);
  phi = (s->u - ud - limit * (d - dd)) / (a2 + prior);
  fit.phi = p->early + phi;
  far = limit - phi;
  rss = s->uu + phi * (n * phi - 2 * s->u) + far * (far * dd) -
        2 * far * (ud - phi * d);
  if (!(rss > 1e-6 * (s->uu + n * phi * phi + far * far * dd))) {
    for (rss = 0, i = 0; i < p->n; i++) {
      double b = now * decay[i];
      double e = p->y[i] - p->limit * b - fit.phi * (1 - b);
      rss += e * e;
    }
  }
  rss += prior * phi * phi;
  fit.log = -0.5 * log(a2 + prior) - 0.5 * n * log(rss + 1e-300);
  return fit;
}

/* Residual correlation of a hypothesis, as the share of evidence f. */
static double wear_share(const wear_path *p, const double *decay, double now,
                         double phi) {
  double last = 0, cross = 0, square = 1e-300, rho;
  double error = 1 / sqrt((double)p->n);
  size_t i;
  for (i = 0; i < p->n; i++) {
    double b = now * decay[i];
    double e = p->y[i] - p->limit * b - phi * (1 - b);
    cross += i > 0 ? e * last : 0;
    square += e * e;
    last = e;
  }
  rho = (cross / square - error) / (1 - error);
  rho = rho < 0 ? 0 : rho > 0.99 ? 0.99 : rho;
  return (1 - rho) / (1 + rho);
}

/* Posterior of r on the life grid. */
static int wear_curved(hf_work *w, const wear_path *p, double fleet,
                       hf_life *out, double *share) {
  hf_mark mark = hf_work_mark(w);
  double *lp = hf_work_reals(w, HF_LIFE_N * WEAR_K);
  double decay[WEAR_CELLS], best = -INFINITY, sum = 0, before = 0, last = 0;
  double f = 1, flat, prior = 0;
  wear_sums sums;
  size_t i, k, c;
  int rc;
  if (lp == NULL) return HF_ENOMEM;
  for (k = 0; k < WEAR_K; k++) {
    double tau = (fleet > 0 ? fleet : p->span) * exp2(0.5 * (double)k - 4);
    for (c = 0; c < p->n; c++) decay[c] = exp(p->t[c] / tau);
    sums = wear_sum(p, decay);
    for (i = 0; i < HF_LIFE_N; i++) {
      double r = hf_life_hours(i), now = exp(-r / tau);
      double *cell = &lp[i * WEAR_K + k];
      *cell = -INFINITY;
      if (r < p->span / 500 || r > 20 * p->span) continue;
      {
        wear_fit fit = wear_try(p, decay, &sums, now);
        *cell = fit.log;
        if (fit.log > best) {
          best = fit.log;
          f = wear_share(p, decay, now, fit.phi);
        }
      }
    }
    rc = hf_work_check(w, HF_LIFE_N * p->n * 8);
    if (rc != HF_OK) {
      hf_work_release(w, mark);
      return rc;
    }
  }
  if (!isfinite(best)) { /* the span lies outside the grid of lives */
    memset(out->f, 0, sizeof(out->f));
    *share = 0;
    hf_work_release(w, mark);
    return HF_OK;
  }
  memset(decay, 0, sizeof(decay));
  sums = wear_sum(p, decay);
  flat = wear_try(p, decay, &sums, 0).log;
  best = flat > best ? flat : best;
  for (i = 0; i < HF_LIFE_N; i++) {
    double r = hf_life_hours(i), mass = 0;
    if (isfinite(lp[i * WEAR_K])) {
      prior += WEAR_K * (r - last) / (r + p->span / 3);
    }
    for (k = 0; k < WEAR_K; k++) mass += exp(f * (lp[i * WEAR_K + k] - best));
    sum += mass * (r - last) / (r + p->span / 3);
    out->f[i] = sum;
    last = r;
  }
  hf_work_release(w, mark);
  sum += prior * exp(f * (flat - best));
  for (i = 0; i < HF_LIFE_N; i++) {
    double v = sum > 0 ? out->f[i] / sum : 0;
    out->f[i] = before = v > before ? v : before;
  }
  *share = f * f / (f * f + (1 - f) * (1 - f));
  return HF_OK;
}

/* First passage of a wandering level. */
static void wear_straight(const wear_path *p, hf_life *out, double *level,
                          double *drift) {
  static const double node[] = {-2.2, -1.5, -1, -0.6, -0.25, 0,
                                0.25, 0.6,  1,  1.5,  2.2};
  enum { NODES = sizeof(node) / sizeof(node[0]) };
  double t[WEAR_BLOCKS], y[WEAR_BLOCKS], d[WEAR_BLOCKS], block[WEAR_CELLS];
  double time, mu, var = 0, cross = 0, se, gap, weight[NODES], all = 0;
  size_t blocks = p->n / 5, i, j, m;
  if (blocks < 4) blocks = 4;
  if (blocks > WEAR_BLOCKS) blocks = WEAR_BLOCKS;
  m = blocks - 1;
  for (i = 0; i < blocks; i++) {
    size_t from = i * p->n / blocks, to = (i + 1) * p->n / blocks;
    t[i] = hf_stat_mean(p->t + from, to - from);
    memcpy(block, p->y + from, (to - from) * sizeof(*block));
    y[i] = hf_stat_median(block, to - from);
  }
  /* there are at least 4 blocks */
  /* cppcheck-suppress uninitvar */
  time = t[blocks - 1] - t[0];
  /* cppcheck-suppress uninitvar */
  mu = (y[blocks - 1] - y[0]) / time;
  for (i = 0; i < m; i++) {
    d[i] = y[i + 1] - y[i] - mu * (t[i + 1] - t[i]);
    var += d[i] * d[i];
  }
  for (j = 1; j <= m / 3; j++) {
    double lag = 0;
    for (i = j; i < m; i++) lag += d[i] * d[i - j];
    cross += 2 * (1 - (double)j / (double)(m / 3 + 1)) * lag;
  }
  if (cross < 0) var = var + cross > var / 5 ? var + cross : var / 5;
  var = var / (double)(m - 1) * (double)m / time; /* per hour */
  var += p->noise * p->noise * 1e-6 / p->span;
  se = sqrt(var / time);
  *level = y[blocks - 1] - mu * t[blocks - 1];
  *drift = mu;
  gap = p->limit - *level;
  for (j = 0; j < NODES; j++) {
    double q = node[j];
    weight[j] = exp(-0.5 * (double)(m + 1) * log1p(q * q / (double)(m - 1)));
    all += weight[j];
  }
  for (i = 0; i < HF_LIFE_N; i++) {
    double f = 0;
    for (j = 0; gap > 0 && j < NODES; j++) {
      f += weight[j] / all *
           hf_passage_cdf(hf_life_hours(i), gap, mu + node[j] * se, sqrt(var));
    }
    if (!(gap > 0)) f = 1;
    out->f[i] = i > 0 && f < out->f[i - 1] ? out->f[i - 1] : f;
  }
}

/* Life of a component of which only the span without a crossing is known. */
static void wear_rate(double span, hf_life *out) {
  size_t i;
  for (i = 0; i < HF_LIFE_N; i++) {
    out->f[i] = 1 - sqrt(span / (span + hf_life_hours(i)));
  }
  out->outlook = out->shows = span;
}

/* The rise that goes on now: its age in hours, and how often the metric fell by
** 3/4 of that height before. A rise within the noise is none. To a limit that
** was told, the whole rise counts, else that since it was last as high. */
static void wear_rise(const wear_path *p, int told, double *age,
                      size_t *falls) {
  double low = p->y[p->n - 1], top = low, height, fall;
  size_t i;
  *age = p->span;
  *falls = 0;
  for (i = p->n; i-- > 0 && (told || top - p->y[i] > -3 * p->noise);) {
    if (p->y[i] < low) low = p->y[i];
  }
  height = top - low;
  if (!(height > 6 * p->noise)) return;
  fall = fmax(0.75 * height, 8 * p->noise);
  for (i = p->n; i-- > 0;) {
    if (p->y[i] < low + height / 6) break;
  }
  *age = -p->t[i];
  top = p->y[0];
  for (i = 1; i < p->n; i++) {
    double v = p->y[i];
    if (v > top) top = v;
    if (top - v >= fall) { /* down: from here the next top is sought */
      ++*falls;
      low = v;
      for (; i + 1 < p->n && p->y[i + 1] < low + fall; i++) {
        if (p->y[i + 1] < low) low = p->y[i + 1];
      }
      top = low;
    }
  }
}

/* What is left of the outcome when rises may fall back. */
static void wear_doubt(const wear_path *p, int told, hf_life *life) {
  double age, from = 0, sum = 0;
  size_t falls, i;
  wear_rise(p, told, &age, &falls);
  for (i = 0; i < HF_LIFE_N; i++) {
    double r = hf_life_hours(i), step = life->f[i] - from;
    from = life->f[i];
    sum += step * (told ? 1 : age / (age + r)) / (double)(falls + 1);
    life->f[i] = sum;
  }
}

int hf_wear_passage(hf_work *w, const hf_samples *s, double limit, int rising,
                    int told, double fleet, hf_wear *out) {
  wear_path p;
  hf_wear o;
  hf_life straight, rate;
  int rc = wear_cells(w, s, limit, rising, &p);
  if (rc == HF_OK) rc = wear_curved(w, &p, fleet, &o.life, &o.curved);
  if (rc != HF_OK) return rc;
  wear_straight(&p, &straight, &o.level, &o.drift);
  if (!rising) o.level = -o.level;
  o.life.outlook = straight.outlook = 2 * p.span;
  o.life.shows = straight.shows = 2 * p.span;
  hf_life_mix(&o.life, o.curved, &straight);
  wear_doubt(&p, told, &o.life);
  wear_rate(p.span, &rate);
  hf_life_mix(&o.life, 0.99, &rate);
  *out = o;
  return HF_OK;
}

int hf_wear_onset(hf_work *w, const hf_samples *s, double *since_ts) {
  hf_mark mark = hf_work_mark(w);
  double *v = hf_work_reals(w, s->n), *t = hf_work_reals(w, s->n);
  double *tmp = hf_work_reals(w, s->n), center, scale, up = 0, down = 0;
  double since_up = NAN, since_down = NAN;
  size_t n = 0, i, base;
  if (v == NULL || t == NULL || tmp == NULL) {
    hf_work_release(w, mark);
    return HF_ENOMEM;
  }
  for (i = 0; i < s->n; i++) {
    if (!isfinite(s->value[i])) continue;
    t[n] = s->ts[i];
    v[n++] = s->value[i];
  }
  *since_ts = NAN;
  base = n / 5 > 10 ? n / 5 : 10;
  if (n >= 2 * base) {
    memcpy(tmp, v, base * sizeof(*tmp));
    center = hf_stat_median(tmp, base);
    memcpy(tmp, v, base * sizeof(*tmp));
    scale = hf_stat_mad(tmp, base, center);
    /* a counter that is mostly zero has no median deviation */
    if (scale == 0) scale = hf_stat_sd(v, base);
    if (!(scale > 1e-9 * fabs(center))) scale = 1e-9 * fabs(center) + 1e-300;
    for (i = base; i < n; i++) {
      double z = (v[i] - center) / scale;
      z = z > 10 ? 10 : z < -10 ? -10 : z;
      if (up == 0) since_up = t[i];
      if (down == 0) since_down = t[i];
      up = up + z - 0.5 > 0 ? up + z - 0.5 : 0;
      down = down - z - 0.5 > 0 ? down - z - 0.5 : 0;
    }
    if (up >= 8 || down >= 8) *since_ts = up >= down ? since_up : since_down;
  }
  hf_work_release(w, mark);
  return HF_OK;
}
