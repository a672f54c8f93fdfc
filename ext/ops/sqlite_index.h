/*
** sqlite_index.h: what an index that is not there would save a statement.
*/
#ifndef HF_SQLITE_INDEX_H
#define HF_SQLITE_INDEX_H

#include <stddef.h>
#include <stdint.h>
#include "../num/work.h"

typedef enum hf_index_way {
  HF_INDEX_EQUAL = 0, /* rows that equal something: `alike` tells how many */
  HF_INDEX_RANGE,     /* rows between bounds: those returned, or those that the
                         steps leave room for */
  HF_INDEX_ORDER,     /* the first rows in an order: those returned, the same
                         ones each time */
  HF_INDEX_FIRST      /* the first rows in an order of those that equal
                         something: those returned */
} hf_index_way;

/* A statement as it runs without the index; means of an execution. */
typedef struct hf_index_case {
  double ms;         /* time */
  double least;      /* ms that the shortest statements take, of any kind, for
                        their transaction most of it; 0: not known */
  double steps;      /* of the virtual machine */
  double pages;      /* fetched */
  double misses;     /* of these, read from a file */
  double scanned;    /* rows stepped over in full scans */
  double automatic;  /* rows put into an automatic index; 0: there is none */
  double columns;    /* of the table that the statement reads */
  double entry;      /* bytes of these in a row; NaN: not known */
  double rows;       /* returned */
  double table_rows; /* of the table; NaN: not known */
  double alike;      /* P(two rows are equal in the columns asked for equality);
                        NaN: not known */
  double resident;   /* share of the database that the cache holds; NaN */
  hf_index_way way;  /* what the index would be for */
  int covering;      /* 1: it holds all columns that the statement reads */
} hf_index_case;

typedef struct hf_index_forecast {
  double matched; /* rows that a lookup finds */
  double steps;   /* with the index */
  double pages;
  double misses;
  double share;  /* of the statement's time saved, 0..1 */
  double lo, hi; /* between these */
} hf_index_forecast;

/* Forecasts. HF_EDATA: a number that is needed is not known. */
int hf_index_foretell(const hf_index_case *c, hf_index_forecast *out);

/* P(two different rows are alike) from hashes of a sample of n rows, which are
** sorted in place; NaN when n < 2. Where no two of the sample are alike it is
** half a pair's worth. */
double hf_index_alike(uint64_t *hash, size_t n);

#endif
