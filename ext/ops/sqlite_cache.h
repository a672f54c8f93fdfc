/*
** sqlite_cache.h: how large the page cache of a SQLite connection should be.
*/
#ifndef HF_SQLITE_CACHE_H
#define HF_SQLITE_CACHE_H

#include <stddef.h>

/* What collections told of the cache, oldest first. */
typedef struct hf_sqlite_pages {
  const double *limit;      /* [n] MB it may take; NaN: not recorded */
  const double *used;       /* [n] MB it takes; NaN: not recorded */
  const double *hits;       /* [n] pages found, since the row before */
  const double *misses;     /* [n] pages read, since the row before */
  const double *connection; /* [n] number of the connection; NaN */
  size_t n;
  double page_mb;     /* size of a page, > 0; NaN */
  double database_mb; /* size of the database; NaN */
} hf_sqlite_pages;

/* What may be taken. */
typedef struct hf_sqlite_memory {
  double total_mb;     /* of the host or its group; NaN: not known */
  double available_mb; /* of it, free for use; NaN: not known */
  double stalled;      /* share of the time that some task waited for memory,
                          0..1; NaN: not known */
  double most_mb;      /* set by the operator; NaN: not set */
} hf_sqlite_memory;

typedef enum hf_sqlite_cache_state {
  HF_SQLITE_NONE = 0, /* limit or use are not known */
  HF_SQLITE_FEW,      /* too few intervals at this size to judge */
  HF_SQLITE_FITS,     /* a larger cache would save next to nothing */
  HF_SQLITE_WHOLE,    /* the whole database fits: all that can be saved is */
  HF_SQLITE_STEP,     /* a step; what it saves follows from the sizes seen */
  HF_SQLITE_TRIAL,    /* a step; only one size was seen, nothing is foretold */
  HF_SQLITE_SLOPE,    /* the sizes seen say that a step saves too little */
  HF_SQLITE_BLIND,    /* larger would help; free memory is not known */
  HF_SQLITE_CAPPED,   /* larger would help; memory does not allow it */
  HF_SQLITE_TIGHT     /* memory is short: some is given back */
} hf_sqlite_cache_state;

typedef struct hf_sqlite_cache_plan {
  hf_sqlite_cache_state state;
  double current;     /* MB; NaN: not known */
  double recommended; /* MB; the current size where nothing should change */
  double gain;        /* share of page misses that it saves; NaN: not known */
  double gain_lo;     /* 90% interval; NaN */
  double gain_hi;
  double confidence; /* P(the next interval has misses that it saves) */
  double ratio;      /* misses a page fetched, at this size; NaN */
  double capacity;   /* the same, of those into a cache that was full; NaN */
  double forecast;   /* what capacity will be at the recommended size; NaN */
  double other_mb;   /* another size seen, behind STEP and SLOPE; NaN */
  double cap;        /* MB, most it may have; NaN: not known */
  size_t judged;     /* intervals behind it */
} hf_sqlite_cache_plan;

/* Memory is short when less than this share of the total is available. */
#define HF_SQLITE_RESERVE 0.1

/* It is short, too, when tasks waited for it a larger share of the time ... */
#define HF_SQLITE_STALLED 0.1

/* ... and while it is more than this nothing grows. */
#define HF_SQLITE_STALLING 0.01

/* What a cache has at least, in MB: SQLite's default. */
#define HF_SQLITE_FLOOR_MB (2000.0 / 1024)

/* Pages read into a full cache in each interval, which a larger one would have
** kept: capacity[i] = misses less those that filled it up; NaN where an
** interval tells nothing: nothing fetched, the limit changed in it, or the
** cache is still filling up.
** capacity is [n]. */
void hf_sqlite_capacity(const hf_sqlite_pages *p, double *capacity);

/* Plans the cache. capacity is from hf_sqlite_capacity(); always succeeds. */
void hf_sqlite_cache(const hf_sqlite_pages *p, const double *capacity,
                     const hf_sqlite_memory *m, hf_sqlite_cache_plan *plan);

#endif
