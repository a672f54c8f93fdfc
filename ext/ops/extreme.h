/*
** extreme.h: how far a value leaves the range of all values before it, and
** whether chance would have taken it there.
*/
#ifndef HF_EXTREME_H
#define HF_EXTREME_H

#include <stddef.h>

enum { HF_EXTREME_BLOCKS = 32 };

/* Largest values of both sides: of the values, and of the negated ones. */
typedef struct hf_extreme {
  size_t seen;                      /* values */
  size_t block;                     /* values that make a block */
  size_t blocks;                    /* whole ones so far */
  double all[2];                    /* of all values */
  double now[2];                    /* of the block under way */
  double top[2][HF_EXTREME_BLOCKS]; /* of each whole block */
} hf_extreme;

/* Begins with no values. */
void hf_extreme_start(hf_extreme *e);

/* Takes in a finite value. */
void hf_extreme_take(hf_extreme *e, double x);

/* The share of the range by which x leaves it; 1 where a constant is left, 0
** within the range and before the first value. chance: how likely a record
** that chance makes may be to go as far as x, > 0; `unit`: the least step of
** the values, 0 where there is none. *rare: 1 where x goes farther. */
double hf_extreme_leave(const hf_extreme *e, double x, double chance,
                        double unit, int *rare);

#endif
