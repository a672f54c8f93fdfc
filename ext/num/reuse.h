/*
** reuse.h: reuse distances of a stream of references.
**
** The reuse distance of a reference is how many different items were used
** since the same item was used before, itself included: the smallest LRU
** cache, in items, in which it is a hit (R. Mattson and others, "Evaluation
** techniques for storage hierarchies", IBM Systems J. 9, 1970). One pass, n
** log n, with a Fenwick tree over the last uses (B. Bennett, V. Kruskal, IBM
** J. Res. Dev. 19, 1975).
**
** A stream of a share r of the items, chosen by hash, gives distances that
** are r times too small: divide by r (SHARDS; C. Waldspurger and others,
** "Efficient MRC construction with SHARDS", FAST 2015).
*/
#ifndef HF_REUSE_H
#define HF_REUSE_H

#include <stdint.h>
#include "work.h"

/* distance[n] of the references item[n], oldest first; 0: the item was not
** used before. Equal keys are the same item. n < 2^31. */
int hf_reuse_distances(hf_work *w, const uint64_t *item, size_t n,
                       uint32_t *distance);

#endif
