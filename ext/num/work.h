/*
** work.h: error codes, scratch memory and the wish to stop, for num/ and ops/.
**
** Numerics here never call an allocator. They take room from a `hf_work`,
** an arena whose chunks come from a function that the caller supplies, and
** they give it back by releasing to a mark taken earlier (a stack). The
** caller frees everything at once with hf_work_free(), so that no error path
** can leak.
**
**   hf_mark m = hf_work_mark(w);
**   double *tmp = hf_work_reals(w, n);
**   if (tmp == NULL) return HF_ENOMEM;
**   ...
**   hf_work_release(w, m);
*/
#ifndef HF_WORK_H
#define HF_WORK_H

#include <stddef.h>

/* What functions of num/ and ops/ return. On anything but HF_OK the outputs
** are untouched. */
enum {
  HF_OK = 0,
  HF_ENOMEM = 1,     /* the caller's memory ran out */
  HF_EINTERRUPT = 2, /* the caller asked to stop */
  HF_ETIME = 3,      /* the caller's time budget is spent */
  HF_EDATA = 4,      /* too little data to answer */
  HF_ERANGE = 5,     /* an argument outside the range that its prototype says */
  HF_ESINGULAR = 6   /* a system of equations without a unique solution */
};

typedef struct hf_chunk hf_chunk; /* private to work.c */

/* The caller's memory and its wish to stop. Set grow, drop, stop and ctx,
** zero the rest. */
typedef struct hf_work {
  void *(*grow)(void *ctx, size_t bytes); /* NULL when memory runs out */
  void (*drop)(void *ctx, void *chunk);   /* frees what grow() gave */
  int (*stop)(void *ctx); /* HF_OK, HF_EINTERRUPT or HF_ETIME; may be NULL */
  void *ctx;              /* handed to the three above; not owned */
  hf_chunk *top;          /* newest chunk; private */
  hf_chunk *spare;        /* an empty chunk kept for the next need; private */
  size_t spent;           /* units of work since stop() was asked; private */
} hf_work;

/* A place in the arena to which hf_work_release() goes back. */
typedef struct hf_mark {
  hf_chunk *chunk;
  size_t used; /* bytes */
} hf_mark;

/* Room for n objects of `size` bytes, aligned to 16 bytes, not cleared. NULL
** when memory runs out or n * size overflows. n = 0 gives a valid pointer. */
void *hf_work_alloc(hf_work *w, size_t n, size_t size);

/* The same, cleared to zero bytes. */
void *hf_work_zeroed(hf_work *w, size_t n, size_t size);

/* Room for n doubles, not cleared. */
double *hf_work_reals(hf_work *w, size_t n);

hf_mark hf_work_mark(const hf_work *w);

/* Gives back all that was taken since the mark. */
void hf_work_release(hf_work *w, hf_mark m);

/* Gives back everything to the caller's drop(). The arena stays usable. */
void hf_work_free(hf_work *w);

/* Counts `units` of work (about one floating-point operation each) and asks
** stop() once in about 200,000 units, a fifth of a millisecond. HF_OK to go
** on, or what stop() said. Call it in every loop whose length depends on the
** data. */
int hf_work_check(hf_work *w, size_t units);

#endif
