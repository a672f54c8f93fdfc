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
*/
#include "savepoint.h"

#include <string.h>

int hf_savepoint_open(hf_savepoint *p, sqlite3 *db) {
  int rc;
  memset(p, 0, sizeof(*p));
  rc = sqlite3_prepare_v2(db, "SELECT count(*) FROM main.sqlite_master", -1,
                          &p->guard, NULL);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_prepare_v2(db, "ROLLBACK TO hf_verb", -1, &p->back, NULL);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_prepare_v2(db, "RELEASE hf_verb", -1, &p->release, NULL);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_exec(db, "SAVEPOINT hf_verb", NULL, NULL, NULL);
  if (rc != SQLITE_OK) return rc;
  p->open = 1;
  rc = sqlite3_step(p->guard);
  return rc == SQLITE_ROW ? SQLITE_OK : rc;
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
    ** or when SQLite has rolled the transaction back by itself */
    sqlite3_step(p->back);
    sqlite3_step(p->release);
    p->open = 0;
  }
  sqlite3_finalize(p->back);
  sqlite3_finalize(p->release);
  sqlite3_finalize(p->guard);
  memset(p, 0, sizeof(*p));
  return rc;
}
