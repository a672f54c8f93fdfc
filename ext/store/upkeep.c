/*
** upkeep.c: windows and work done in hf_maintenance_log (upkeep.h).
**
** Rows come newest first, so that what closes a window is seen before it.
*/
#include "upkeep.h"
#include "source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UPKEEP_ROWS = 64, UPKEEP_TIME = 40 };

struct hf_upkeep {
  hf_session *s;
  sqlite3_stmt *log;
  double patience; /* seconds */
  int empty;       /* 1: the log holds no row */
};

int hf_upkeep_open(hf_session *s, hf_upkeep **out) {
  hf_upkeep *u = hf_work_zeroed(&s->hold, 1, sizeof(*u));
  int rc;
  *out = u;
  if (u == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
  u->s = s;
  rc = hf_config_real(s, "maintenance_hours", 8, 0, 8760, &u->patience);
  u->patience *= 3600;
  if (rc != SQLITE_OK) return rc;
  rc = hf_prepare(s, &u->log,
                  "SELECT NOT EXISTS(SELECT 1 FROM \"%w\".hf_maintenance_log)",
                  s->schema);
  if (rc == SQLITE_OK) rc = hf_step(s, u->log);
  if (rc == SQLITE_ROW) u->empty = sqlite3_column_int(u->log, 0);
  if (rc != SQLITE_ROW) return rc == SQLITE_DONE ? SQLITE_OK : rc;
  hf_finalize(u->log);
  u->log = NULL;
  return hf_prepare(s, &u->log,
                    "SELECT ts, action, note FROM \"%w\".hf_maintenance_log"
                    " WHERE component IN (?1, '*') AND ts <= ?2"
                    " ORDER BY ts DESC, action LIMIT %d",
                    s->schema, (int)UPKEEP_ROWS);
}

double hf_upkeep_patience(const hf_upkeep *u) {
  return u->patience;
}

void hf_upkeep_close(hf_upkeep *u) {
  hf_finalize(u->log);
}

static int upkeep_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether a text begins with a word, whatever the case of its letters. */
static int upkeep_begins(const char *text, const char *word) {
  size_t n = strlen(word);
  return sqlite3_strnicmp(text, word, (int)n) == 0 && !upkeep_letter(text[n]);
}

/* The time behind the word "until" in a text; NaN: none. */
static double upkeep_until(const char *text) {
  static const char word[] = "until";
  const char *at;
  char time[UPKEEP_TIME];
  double ts;
  size_t n = 0;
  for (at = text; *at != '\0'; at++) {
    if (at > text && upkeep_letter(at[-1])) continue;
    if (upkeep_begins(at, word)) break;
  }
  if (*at == '\0') return NAN;
  at += sizeof(word) - 1;
  while (*at == ' ') at++;
  for (; n + 1 < UPKEEP_TIME && at[n] != '\0' && strchr(",;)", at[n]) == NULL;
       n++) {
    /* a date, a blank, a time */
    if (at[n] == ' ' && !(n == 10 && at[11] >= '0' && at[11] <= '9')) break;
    if (at[n] == ':' && (at[n + 1] == ' ' || at[n + 1] == '\0')) break;
    time[n] = at[n];
  }
  while (n > 0 && time[n - 1] == '.') n--;
  time[n] = '\0';
  if (n == 0) return NAN;
  if (hf_time_from_text(time, n, &ts) == HF_OK) return ts;
  if (strspn(time, "0123456789") != n) return NAN;
  ts = (double)strtoll(time, NULL, 10);
  return ts <= HF_TS_MAX ? ts : NAN;
}

/* What later rows did. */
typedef struct upkeep_later {
  int any, closed;
} upkeep_later;

/* One row of the log, into what it is. */
static int upkeep_row(hf_upkeep *u, double now, upkeep_later *later,
                      hf_upkeep_row *window, hf_upkeep_row *done) {
  const char *action = (const char *)sqlite3_column_text(u->log, 1);
  const char *note = (const char *)sqlite3_column_text(u->log, 2);
  double ts = sqlite3_column_double(u->log, 0), until;
  hf_upkeep_row *to = NULL;
  if (action == NULL) action = "";
  if (upkeep_begins(action, "planned") || upkeep_begins(action, "started")) {
    until = upkeep_until(action);
    if (isnan(until) && note != NULL) until = upkeep_until(note);
    if (isnan(window->ts) && !later->closed && (!isnan(until) || !later->any)) {
      if (isnan(until)) until = ts + u->patience;
      if (now < until) {
        to = window;
        to->until = until;
      }
    }
  } else {
    if (upkeep_begins(action, "finished") || upkeep_begins(action, "cancelled"))
      later->closed = 1;
    later->any = 1;
    if (isnan(done->ts) && !upkeep_begins(action, "cancelled")) to = done;
  }
  if (to == NULL) return SQLITE_OK;
  to->ts = ts;
  to->action = hf_format(&u->s->work, "%.200s", action);
  return to->action == NULL ? hf_fail(u->s, SQLITE_NOMEM, NULL) : SQLITE_OK;
}

int hf_upkeep_at(hf_upkeep *u, sqlite3_value *component, double now,
                 hf_upkeep_row *window, hf_upkeep_row *done) {
  upkeep_later later = {0, 0};
  int rc;
  memset(window, 0, sizeof(*window));
  memset(done, 0, sizeof(*done));
  window->ts = window->until = done->ts = done->until = NAN;
  if (u->empty) return SQLITE_OK;
  rc = sqlite3_bind_value(u->log, 1, component);
  if (rc == SQLITE_OK) rc = sqlite3_bind_double(u->log, 2, now);
  if (rc != SQLITE_OK) return hf_fail_db(u->s, rc);
  while ((rc = hf_step(u->s, u->log)) == SQLITE_ROW) {
    rc = upkeep_row(u, now, &later, window, done);
    if (rc != SQLITE_OK) break;
  }
  sqlite3_reset(u->log);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}
