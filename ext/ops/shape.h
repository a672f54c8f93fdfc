/*
** shape.h: how unusual the shape of a series is around each of its values.
*/
#ifndef HF_SHAPE_H
#define HF_SHAPE_H

#include "../num/work.h"

/* Values needed before hf_shape_past() says anything. */
enum { HF_SHAPE_FIRST = 96 };

/* As it happens: ratio[t] compares the window that ends at y[t] with the
** model of y[0 .. t) and with the errors seen so far: 1 is as usual, NaN
** where t < HF_SHAPE_FIRST. foretold[t] (may be NULL): what was expected
** there, NaN where nothing was. y[n] must be finite. */
int hf_shape_past(hf_work *w, const double *y, size_t n, double *ratio,
                  double *foretold);

/* In hindsight: ratio[t] is the mean error of the windows around y[t] under a
** model of all of y, over its root mean square. rebuilt[t] (may be NULL): the
** model's picture of y[t]. HF_EDATA: n < 32. */
int hf_shape_all(hf_work *w, const double *y, size_t n, double *ratio,
                 double *rebuilt);

#endif
