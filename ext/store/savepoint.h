/*
** savepoint.h: all or nothing for a verb, also when memory runs out.
**
**   hf_savepoint p;
**   int rc = hf_savepoint_begin(s, &p, NULL);
**   if (rc == SQLITE_OK) rc = <write>;
**   rc = hf_savepoint_end(s, &p, rc);
*/
#ifndef HF_SAVEPOINT_H
#define HF_SAVEPOINT_H

#include "session.h"

typedef struct hf_savepoint {
  sqlite3 *db;
  sqlite3_stmt *guard;   /* a statement in the middle of reading; owned */
  sqlite3_stmt *back;    /* ROLLBACK TO; owned */
  sqlite3_stmt *release; /* RELEASE; owned */
  sqlite3_stmt *wreck;   /* ends an interrupted transaction; owned */
  int open;              /* 1: the savepoint stands */
  int alone;             /* 1: no transaction was open before */
} hf_savepoint;

/* Opens a savepoint. hf_savepoint_close() must be called whatever it
** returns. */
int hf_savepoint_open(hf_savepoint *p, sqlite3 *db);

/* Keeps what was written when rc is SQLITE_OK, else undoes it. Returns rc, or
** the code of the failed release; the message of the connection is lost. */
int hf_savepoint_close(hf_savepoint *p, int rc);

/* The same for a session, which is told what fails. `lock`, NULL or a
** statement that writes nothing (DELETE ... WHERE 0), takes the write lock
** before anything is read. What was read first would be out of date if another
** connection wrote in between, and in WAL mode no busy handler waits for
** that. */
int hf_savepoint_begin(hf_session *s, hf_savepoint *p, sqlite3_stmt *lock);
int hf_savepoint_end(hf_session *s, hf_savepoint *p, int rc);

#endif
