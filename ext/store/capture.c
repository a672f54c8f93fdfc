/*
** capture.c: hf_capture() on, off, and looked at. The hook is in
** capture_hook.c, writing in capture_flush.c.
**
** A connection has one trace, and no way to ask for it. Switching capture on
** takes the place of the application's; when the application later sets its
** own, ours is silent. So a look at the state runs a statement that the hook
** must hear.
**
** The end. The memory belongs to the function hf_capture() of the connection
** and goes with it: when the connection closes (a zombie of
** sqlite3_close_v2() has its functions until its last statement ends), or when
** the extension is registered a second time. In both cases the trace is taken
** off the connection, for its context is about to go.
*/
#include "capture_ring.h"

#include <string.h>

/* Executions shorter than so many seconds may have their pages counted
** together: to count them takes a five-hundredth of that. */
static const double capture_quick = 1e-5;

int hf_capture_on(hf_capture **slot, hf_session *s, sqlite3_int64 rows) {
  hf_capture *c = *slot;
  int rc;
  if (c != NULL && c->count == 0 && c->room != rows &&
      c->mode == HF_CAPTURE_OFF) {
    hf_capture_free(c);
    c = NULL;
    *slot = NULL;
  }
  if (c == NULL) {
    c = sqlite3_malloc64(sizeof(*c) +
                         (sqlite3_uint64)rows * sizeof(hf_capture_row));
    if (c == NULL) return hf_fail(s, SQLITE_NOMEM, NULL);
    memset(c, 0, sizeof(*c));
    c->db = s->db;
    c->room = rows;
    c->row = (hf_capture_row *)(void *)(c + 1);
    hf_capture_forget(c);
    *slot = c;
  }
  if (c->mode == HF_CAPTURE_OFF) {
    c->captured = c->count;
    c->dropped = 0;
  }
  c->pending_count = 0;
  /* what waits has its times in ticks of this clock */
  if (c->count == 0) hf_ticks_open(&c->clock);
  c->quick = (sqlite3_int64)(capture_quick / c->clock.second);
  hf_capture_unknow(c);
  hf_capture_count_pages(c);
  rc = sqlite3_trace_v2(
      c->db, SQLITE_TRACE_STMT | SQLITE_TRACE_PROFILE | SQLITE_TRACE_ROW,
      hf_capture_hook, c);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  c->mode = HF_CAPTURE_ON;
  return SQLITE_OK;
}

/* Finds out whether another trace has taken our place. */
static int capture_probe(hf_capture *c, hf_session *s) {
  sqlite3_stmt *st = NULL;
  int rc;
  if (c->mode != HF_CAPTURE_ON) return SQLITE_OK;
  rc = sqlite3_prepare_v2(s->db, "SELECT 1", -1, &st, NULL);
  if (rc == SQLITE_OK) {
    c->probing = 1;
    c->heard = 0;
    sqlite3_step(st);
    c->probing = 0;
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_reset(st);
  }
  hf_finalize(st);
  if (rc != SQLITE_OK) return hf_fail_db(s, rc);
  if (!c->heard) {
    c->mode = HF_CAPTURE_REPLACED;
    c->pending_count = 0;
  }
  return SQLITE_OK;
}

int hf_capture_off(hf_capture *c, hf_session *s) {
  int rc;
  if (c == NULL) return SQLITE_OK;
  rc = capture_probe(c, s);
  if (rc != SQLITE_OK) return rc;
  if (c->mode == HF_CAPTURE_ON) sqlite3_trace_v2(c->db, 0, NULL, NULL);
  c->mode = HF_CAPTURE_OFF;
  c->pending_count = 0;
  return SQLITE_OK;
}

int hf_capture_look(hf_capture *c, hf_session *s, hf_capture_state *out) {
  int rc;
  memset(out, 0, sizeof(*out));
  if (c == NULL) return SQLITE_OK;
  rc = capture_probe(c, s);
  if (rc != SQLITE_OK) return rc;
  out->mode = c->mode;
  out->room = c->room;
  out->waiting = c->count;
  out->captured = c->captured;
  out->dropped = c->dropped;
  out->queries = c->query_count;
  /* the statement that asks is under way itself */
  out->unfinished = c->pending_count > 0 ? c->pending_count - 1 : 0;
  return SQLITE_OK;
}

void hf_capture_trim(hf_capture **slot) {
  hf_capture *c = *slot;
  if (c == NULL || c->mode != HF_CAPTURE_OFF || c->count > 0) return;
  hf_capture_free(c);
  *slot = NULL;
}

void hf_capture_free(hf_capture *c) {
  if (c == NULL) return;
  if (c->mode == HF_CAPTURE_ON) sqlite3_trace_v2(c->db, 0, NULL, NULL);
  sqlite3_free(c);
}
