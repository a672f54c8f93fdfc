/*
** gridded.h: what every answer about one series does first: read the next
** component, and put it on a regular grid.
**
** A series of the history whose old rows went by hf_prune() goes on into its
** hourly buckets: where cells are whole hours, for every answer; where they are
** shorter, for those that can do with hours (hf_gridded_extend(),
** hf_gridded_pattern()). As many buckets are read as there are samples missing
** to what the answer would have read.
*/
#ifndef HF_GRIDDED_H
#define HF_GRIDDED_H

#include "answer.h"
#include "../ops/grid.h"
#include "../ops/pattern.h"
#include "../store/older.h"
#include "../store/series.h"

/* Cells that a grid may have; older samples are left out, so that one stray
** old stamp does not end the call. */
enum { HF_GRIDDED_CELLS = 2000000 };

typedef struct hf_gridded {
  hf_reader *reader;
  hf_older *source;   /* of `older`; NULL: there are none */
  double total;       /* MB, of hf_memory_stats; NaN: not of that */
  double workers;     /* newest active_workers, where they carry the load that
                         the series is; NaN: not so */
  size_t newest;      /* samples that are read at most; 0: all */
  hf_buckets older;   /* of the component, before its samples */
  hf_component from;  /* the component just read */
  hf_grid grid;       /* n = 0 when reason is set */
  double last_ts;     /* stamp of its newest sample with data; NaN: none */
  size_t samples;     /* with data, those in buckets of the grid too */
  const char *reason; /* why there is no grid, in words; NULL: there is one */
} hf_gridded;

/* Opens argument `arg` of the call as a series; see hf_reader_open(). */
int hf_gridded_begin(hf_call *c, hf_gridded *g, int arg, const char *fallback,
                     size_t newest);

/* The next component, in c->s.work: SQLITE_ROW, SQLITE_DONE, or an error.
** Sets what as_of reads back. */
int hf_gridded_next(hf_call *c, hf_gridded *g);

/* Builds a grid from some of the samples, and the buckets before them, as
** hf_gridded_next does. HF_EDATA: too few; *reason then says what is
** missing. */
int hf_gridded_build(hf_call *c, const hf_samples *s, const hf_buckets *older,
                     hf_grid *grid, const char **reason);

/* Puts buckets before a grid of cells shorter than they are, for a forecast
** of `horizon` seconds; see hf_grid_extend(). Nothing is done when the horizon
** is shorter than six of them. */
int hf_gridded_extend(hf_call *c, const hf_gridded *g, const hf_buckets *older,
                      double horizon, hf_grid *grid);

/* The word for the component. Where buckets at least double the time that the
** samples span, cells of an hour are looked at, and shorter ones only where
** those show no period. `known`: what hf_rhythm_search() said of the grid, or
** NULL. HF_EDATA as hf_pattern_find(). *step: seconds of the cells that gave
** the word. */
int hf_gridded_pattern(hf_call *c, const hf_gridded *g, const hf_rhythm *known,
                       hf_pattern *out, double *step);

/* Seconds between as_of and the newest sample; 0 without an as_of. */
double hf_gridded_age(const hf_call *c, const hf_gridded *g);

/* One row that says why there is no answer: component, status
** 'insufficient_data', reason. */
int hf_gridded_silence(hf_call *c, hf_gridded *g, hf_rows *r,
                       const char *reason);

/* "5 cells with data, 8 are needed": a reason, in c->s.work; NULL when memory
** runs out. */
const char *hf_gridded_few(hf_call *c, const hf_gridded *g, int need);

/* What values can be, by the name of the series: 0..100 for a ..._percent, at
** most the newest total for the others of hf_memory_stats; NaN: unknown. */
void hf_gridded_bounds(const hf_gridded *g, double *lo, double *hi);

/* Seconds after its newest sample that a series still has a future to speak
** of: `least`, ten steps, or the longest gap it had and came back from. */
double hf_gridded_patience(const hf_gridded *g, double least);

/* Why a series that ended too long before as_of gives no answer, in c->s.work;
** NULL when it has not ended, or memory runs out (*rc is then set). */
const char *hf_gridded_stale(hf_call *c, const hf_gridded *g, double least,
                             int *rc);

void hf_gridded_end(hf_gridded *g);

#endif
