/*
** upkeep.h: what hf_maintenance_log says: work that was done, and work that
** was planned and goes on.
**
** A row whose action begins with the word "planned" or "started" opens a
** window at its ts:
**
**   INSERT INTO hf_maintenance_log(component, ts, action, note) VALUES
**     ('db-1', 1773792000, 'planned: new disk', 'until 2026-03-18T02:00:00Z');
**
** It lasts until the time that follows the word "until" in its action or note
** (RFC 3339 or unix seconds), or until a later row of the component whose
** action begins with "finished" or "cancelled"; without an end of its own,
** until any later row, and for hf_config maintenance_hours at most. Rows of
** component '*' hold for all. Every other row is work done.
*/
#ifndef HF_UPKEEP_H
#define HF_UPKEEP_H

#include "session.h"

/* A row of the log. Texts in s->work. */
typedef struct hf_upkeep_row {
  double ts;          /* unix seconds; NaN: there is none */
  double until;       /* unix seconds: planned end of a window; else NaN */
  const char *action; /* as recorded */
} hf_upkeep_row;

typedef struct hf_upkeep hf_upkeep;

/* Opens, in s->hold. The tables must be there. Close it whatever was returned,
** unless *out is NULL. */
int hf_upkeep_open(hf_session *s, hf_upkeep **out);

/* Of a component at `now` (unix seconds, not NaN): the window that is open,
** and the newest work done. Looks at its 64 newest rows, none after now. */
int hf_upkeep_at(hf_upkeep *u, sqlite3_value *component, double now,
                 hf_upkeep_row *window, hf_upkeep_row *done);

/* hf_config maintenance_hours, as seconds: how long a window without an end
** lasts, and how long work gets to show. */
double hf_upkeep_patience(const hf_upkeep *u);

void hf_upkeep_close(hf_upkeep *u);

#endif
