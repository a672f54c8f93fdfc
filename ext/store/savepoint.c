/*
** savepoint.c: all or nothing for a verb, also when memory runs out.
**
** A verb runs inside the statement that calls it. While that statement runs,
** SQLite remembers that memory ran out and runs nothing more, a ROLLBACK TO
** included; and `SELECT hf_init()` reads no table, so that its own end rolls
** nothing back either: the savepoint would stay open with half of the work.
** A statement that ends while memory is out and that was reading makes SQLite
** roll the whole transaction back. So one is kept in the middle of a read
** (the guard), and it ends last.
**
** An interruption is like that: it lasts until the calling statement ends, so
** that the ROLLBACK TO is interrupted itself. A statement that writes and is
** interrupted makes SQLite roll the whole transaction back, even before its
** first step; so one is kept for that (the wreck). It is never carried out:
** within a savepoint a BEGIN is an error.
**
** A RELEASE that commits can fail, with what it has to commit and without:
** while another connection reads (SQLITE_BUSY), or in a damaged file. The
** transaction would stay open and keep its lock, and what the host writes next
** would be lost with it; so a ROLLBACK ends it where the savepoint began it.
*/
#include "savepoint.h"

#include <string.h>

static int savepoint_open(hf_savepoint *p, sqlite3 *db, sqlite3_stmt *lock) {
  int rc;
  memset(p, 0, sizeof(*p));
  p->db = db;
  p->alone = sqlite3_get_autocommit(db);
  rc = sqlite3_prepare_v2(db, "SELECT count(*) FROM main.sqlite_master", -1,
                          &p->guard, NULL);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_prepare_v2(db, "ROLLBACK TO hf_verb", -1, &p->back, NULL);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_prepare_v2(db, "RELEASE hf_verb", -1, &p->release, NULL);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_prepare_v2(db, "BEGIN IMMEDIATE", -1, &p->wreck, NULL);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_exec(db, "SAVEPOINT hf_verb", NULL, NULL, NULL);
  if (rc != SQLITE_OK) return rc;
  p->open = 1;
  if (lock != NULL) {
    sqlite3_step(lock);
    rc = sqlite3_reset(lock);
    if (rc != SQLITE_OK) return rc;
  }
  rc = sqlite3_step(p->guard);
  return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int hf_savepoint_open(hf_savepoint *p, sqlite3 *db) {
  return savepoint_open(p, db, NULL);
}

int hf_savepoint_begin(hf_session *s, hf_savepoint *p, sqlite3_stmt *lock) {
  int rc = savepoint_open(p, s->db, lock);
  return rc == SQLITE_OK ? rc : hf_fail_db(s, rc);
}

int hf_savepoint_close(hf_savepoint *p, int rc) {
  if (p->open && rc == SQLITE_OK) {
    rc = sqlite3_step(p->release);
    if (rc == SQLITE_DONE) rc = SQLITE_OK;
    if (rc == SQLITE_OK) p->open = 0;
    sqlite3_reset(p->release);
  }
  if (p->open) {
    /* the first error counts; these fail when the guard will do their work,
     * or when SQLite has rolled the transaction back by itself */
    if (sqlite3_step(p->back) == SQLITE_INTERRUPT) sqlite3_step(p->wreck);
    sqlite3_step(p->release);
    p->open = 0;
  }
  sqlite3_finalize(p->back);
  sqlite3_finalize(p->release);
  sqlite3_finalize(p->wreck);
  sqlite3_finalize(p->guard);
  if (p->alone && !sqlite3_get_autocommit(p->db)) {
    sqlite3_exec(p->db, "ROLLBACK", NULL, NULL, NULL); /* rc tells already */
  }
  memset(p, 0, sizeof(*p));
  return rc;
}

int hf_savepoint_end(hf_session *s, hf_savepoint *p, int rc) {
  rc = hf_savepoint_close(p, rc);
  if (rc == SQLITE_OK) return rc;
  if (s->rc != SQLITE_OK) return s->rc;
  if (rc == SQLITE_NOMEM || rc == SQLITE_INTERRUPT) return hf_fail(s, rc, NULL);
  return hf_fail(s, rc, "%s", sqlite3_errstr(rc));
}
