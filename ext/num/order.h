/*
** order.h: single order statistics without sorting.
*/
#ifndef HF_ORDER_H
#define HF_ORDER_H

#include <stddef.h>

/* Index (from 0) of the q-quantile among n sorted values: the smallest with
** at least q n values up to it (the inverse of the empirical distribution). n
** >= 1, q 0..1. */
size_t hf_order_rank(size_t n, double q);

/* The value that sorting would put at index k, 0 <= k < n. Reorders x so that
** no value before index k is larger and none after it smaller. No NaN.
** O(n) on average, whatever the order. */
double hf_order_pick(double *x, size_t n, size_t k);

#endif
