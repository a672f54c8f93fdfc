/*
** bank.h: the bank of candidate forecasters. Each is simple and cheap; none
** is good everywhere. blend.h weighs them by their errors on the series.
**
** A candidate is fitted once on x[0..fit) and then asked from several origins
** (fit <= origin <= n): what it may use at an origin are the parameters found
** in the fit and the values x[0..origin). So errors at origins after the fit
** are honest.
*/
#ifndef HF_BANK_H
#define HF_BANK_H

#include "../num/lagged.h"
#include "../num/work.h"

typedef enum hf_bank_id {
  HF_BANK_LAST = 0, /* the newest value */
  HF_BANK_RECENT,   /* median of the newest values */
  HF_BANK_LONG,     /* median of seven times as many */
  HF_BANK_SES,      /* simple exponential smoothing */
  HF_BANK_DAMPED,   /* damped trend */
  HF_BANK_NAIVE,    /* the cycle before */
  HF_BANK_MEDIAN,   /* median of cycles */
  HF_BANK_MEDIAN2,  /* median of long cycles */
  HF_BANK_SHIFTED,  /* the same, brought to the newest level */
  HF_BANK_SHIFTED2, /* the same of long cycles */
  HF_BANK_ROBUST,   /* robust seasonal profile and smoothed level */
  HF_BANK_AR,       /* ridge autoregression */
  HF_BANK_ARP,      /* the same with the seasonal profile */
  HF_BANK_DOUBLE,   /* double seasonal smoothing, AR(1) errors */
  HF_BANK_DIFF,     /* autoregression of what a cycle differs from the last */
  HF_BANK_RHO,      /* median cycle, autoregression of what it leaves */
  HF_BANK_TSB,      /* chance and size of demands that are few */
  HF_BANK_COARSE,   /* the robust profile and level of longer cells */
  HF_BANK_COUNT
} hf_bank_id;

/* What candidates hand on: autoregressions of the same cells have lags in
** common, double smoothing a start. Zeroed: nothing yet. */
typedef struct hf_bank_shared {
  const double *x; /* of these cells: hf_bank_task.x and fit */
  size_t fit;
  hf_lagged_kept lags;
  int smoothed;     /* 1: the next is set, by whatever cells */
  double smooth[4]; /* where the next double smoothing begins its search */
} hf_bank_shared;

/* One question to a candidate. */
typedef struct hf_bank_task {
  const double *x;      /* [n] the series, no NaN, about unit scale */
  size_t n;             /* cells */
  size_t fit;           /* of these for the fit, <= origin[0] */
  size_t m, m2;         /* periods in cells; 0 or 1: none; m2 > m */
  const size_t *origin; /* [origins] ascending: the first cell forecast */
  size_t origins;
  size_t h;               /* cells ahead */
  const double *truth;    /* [n] NaN where x was filled in; NULL: nowhere */
  hf_bank_shared *shared; /* between candidates that are asked one after the
                             other; NULL: nothing is. x must not change while
                             it is in use */
} hf_bank_task;

/* Tuned parameters of a candidate, kept between fits: a second fit may start
** from the first. Zero before the first fit. */
typedef struct hf_bank_memory {
  int set;
  double par[4];
} hf_bank_memory;

/* 1 when a candidate makes sense for so many cells and these periods;
** HF_BANK_TSB only if hf_bank_few() says so, too. */
int hf_bank_usable(hf_bank_id id, size_t fit, size_t m, size_t m2);

/* 1 when more than half of x[n], n >= 1, hold its least value and not all do:
** counts with many zeros. */
int hf_bank_few(const double *x, size_t n);

/* Short name, for people: "snaive". */
const char *hf_bank_name(hf_bank_id id);

/* Fits and forecasts: out[origins * h], row by row. Every value is finite
** when x is. HF_EDATA when not usable. */
int hf_bank_run(hf_work *w, hf_bank_id id, const hf_bank_task *t,
                hf_bank_memory *mem, double *out);

/* The families, private to bank*.c. */
int hf_bank_regress(hf_work *w, hf_bank_id id, const hf_bank_task *t,
                    double *out);
int hf_bank_smooth(hf_work *w, hf_bank_id id, const hf_bank_task *t,
                   hf_bank_memory *mem, double *out);
int hf_bank_sparse(hf_work *w, const hf_bank_task *t, double *out);
int hf_bank_rho(hf_work *w, const hf_bank_task *t, double *out);
int hf_bank_coarse(hf_work *w, const hf_bank_task *t, double *out);
int hf_bank_coarse_usable(size_t m, size_t m2); /* m > 1 */

/* profile[p]: medians of the newest cycles (at most HF_BANK_CYCLES) of d[0..n),
** n >= p; the phase of a cell is its index % p. */
enum { HF_BANK_CYCLES = 9 };
void hf_bank_medians(const double *d, size_t n, size_t p, size_t cycles,
                     double *profile);

#endif
