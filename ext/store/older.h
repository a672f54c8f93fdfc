/*
** older.h: what hf_prune() kept of a series whose old raw rows went: its
** hourly buckets, for answers whose cells are hours or longer.
*/
#ifndef HF_OLDER_H
#define HF_OLDER_H

#include "source.h"
#include "../num/bucket.h"

typedef struct hf_older hf_older;

/* Opens the buckets behind a source. *out is NULL when it has none: another
** table than those of the history, or a history without buckets. In s->hold;
** close it before the session. */
int hf_older_open(hf_session *s, const hf_source *src, hf_older **out);

/* The `most` newest hourly buckets (0: all) of a component (NULL: the source
** has no components) that end by as_of, ascending, in s->work. Of buckets of
** another kind none: its kind was changed since. */
int hf_older_read(hf_older *o, sqlite3_value *component, hf_kind kind,
                  double as_of, size_t most, hf_buckets *out);

void hf_older_close(hf_older *o);

#endif
