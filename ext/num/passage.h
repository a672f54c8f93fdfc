/*
** passage.h: first passage of a Wiener process with drift.
*/
#ifndef HF_PASSAGE_H
#define HF_PASSAGE_H

/* P(a Wiener process with drift `drift` and variance `sigma`^2 per unit of time
** has reached `gap` by time t): the inverse Gaussian distribution function for
** drift > 0, a defective one for drift <= 0 (Chhikara and Folks 1989, 2.2).
** gap > 0, sigma > 0, t >= 0. */
double hf_passage_cdf(double t, double gap, double drift, double sigma);

#endif
