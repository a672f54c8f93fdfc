/*
** joint_normal.h: what is normal for several metrics of one component, each by
** itself and together; private to joint*.c.
*/
#ifndef HF_JOINT_NORMAL_H
#define HF_JOINT_NORMAL_H

#include "../num/work.h"

/* All metrics side by side. */
typedef struct hf_joint_table {
  size_t n, p;
  double *ts; /* [n] unix seconds */
  double *x;  /* [n*p]; NaN: no value yet */
} hf_joint_table;

typedef struct hf_joint_model {
  size_t p, rows;   /* metrics; rows of the reference */
  size_t used;      /* metrics that take part */
  double *center;   /* [p] */
  double *scale;    /* [p]; 0: constant; NaN: too few values, no part */
  double *tail;     /* [p*2] scales that one z is in the tail above, below */
  double *wander;   /* [p] variance a row by which the level wanders */
  double *trend;    /* [p] square of its trend a row, weighted */
  double *reach;    /* [p] scale at the distance that is judged */
  double surprise;  /* z of a constant that moved */
  double *factor;   /* [p*p] Cholesky of the correlations */
  double *z, *part; /* [p] scratch; part: contributions */
} hf_joint_model;

/* Room for a model of p metrics, in the arena. HF_ENOMEM. */
int hf_joint_take(hf_work *w, size_t p, hf_joint_model *m);

/* Learns the rows 0 .. rows of a table, rows >= HF_JOINT_FIRST. */
int hf_joint_fit(hf_work *w, const hf_joint_table *t, size_t rows,
                 hf_joint_model *m);

/* Sets m->reach for rows `lag` rows from the middle of the reference. */
void hf_joint_reach(hf_joint_model *m, double lag);

/* x[p] to z[p], by m->scale or m->reach. */
void hf_joint_z(const hf_joint_model *m, const double *scale, const double *x,
                double *z);

#endif
