/*
** connection.c: see connection.h.
*/
#include "connection.h"

#include <math.h>
#include <string.h>

/* Without the reset flag: that would rob the application of its counters. */
static double connection_status(sqlite3 *db, int op) {
  int now = 0, high = 0;
  if (sqlite3_db_status(db, op, &now, &high, 0) != SQLITE_OK) return NAN;
  return now;
}

/* A pragma of a schema as a number; NaN when it gives none. */
static int connection_pragma(hf_session *s, const char *schema,
                             const char *name, double *out) {
  return hf_ask_number(s, out, "PRAGMA \"%w\".\"%w\"", schema, name);
}

/* Sizes of one database; the sum of caches grows by its own. */
static int connection_sizes(hf_session *s, const char *schema,
                            hf_connection *out) {
  const double mb = 1.0 / 1048576;
  double cache, page;
  int rc = connection_pragma(s, schema, "cache_size", &cache);
  if (rc == SQLITE_OK) rc = connection_pragma(s, schema, "page_size", &page);
  if (rc != SQLITE_OK) return rc;
  /* cache_size: pages, or when negative kibibytes */
  out->cache_mb += cache < 0 ? -cache / 1024 : cache * page * mb;
  if (strcmp(schema, s->schema) != 0) return SQLITE_OK;
  out->page_mb = page * mb;
  out->limit_mb = cache < 0 ? -cache / 1024 : cache * page * mb;
  rc = connection_pragma(s, schema, "page_count", &out->database_mb);
  if (rc == SQLITE_OK) {
    rc = connection_pragma(s, schema, "freelist_count", &out->freelist_mb);
  }
  out->database_mb *= page * mb;
  out->freelist_mb *= page * mb;
  return rc;
}

/* 1: the schema's journal is a write-ahead log. The pragma itself counts as
** one that writes; its table only reads. */
static int connection_wal(hf_session *s, double *out) {
  return hf_ask_number(s, out,
                       "SELECT journal_mode = 'wal' "
                       "FROM pragma_journal_mode WHERE schema = %Q",
                       s->schema);
}

/* Size of the write-ahead log's file, MB; NaN: SQLite does not tell. A file
** that cannot be asked is an error: something is wrong with it. */
static int connection_wal_mb(hf_session *s, double *mb) {
  sqlite3_file *log = NULL;
  sqlite3_int64 bytes = 0;
  int rc = sqlite3_file_control(s->db, s->schema, SQLITE_FCNTL_JOURNAL_POINTER,
                                &log);
  *mb = NAN;
  if (rc != SQLITE_OK || log == NULL || log->pMethods == NULL) {
    return SQLITE_OK;
  }
  rc = log->pMethods->xFileSize(log, &bytes);
  if (rc != SQLITE_OK) {
    return hf_fail(s, rc, "size of the write-ahead log: %s",
                   sqlite3_errstr(rc));
  }
  *mb = (double)bytes / 1048576;
  return SQLITE_OK;
}

static int connection_settings(hf_session *s, hf_connection *out) {
  int rc = connection_pragma(s, s->schema, "mmap_size", &out->mmap_mb);
  out->mmap_mb /= 1048576;
  if (rc == SQLITE_OK) {
    rc = connection_pragma(s, s->schema, "wal_autocheckpoint",
                           &out->autocheckpoint);
  }
  if (rc == SQLITE_OK) {
    rc = connection_pragma(s, s->schema, "temp_store", &out->temp_store);
  }
  if (rc == SQLITE_OK) {
    rc = connection_pragma(s, s->schema, "data_version", &out->data_version);
  }
  if (rc == SQLITE_OK) rc = connection_wal(s, &out->wal);
  if (rc == SQLITE_OK && out->wal == 1) {
    rc = connection_wal_mb(s, &out->wal_mb);
  }
  return rc;
}

int hf_connection_read(hf_session *s, hf_connection *out) {
  sqlite3_stmt *st = NULL;
  int rc = hf_prepare(s, &st, "PRAGMA database_list");
  if (rc != SQLITE_OK) return rc;
  out->used_mb = connection_status(s->db, SQLITE_DBSTATUS_CACHE_USED) / 1048576;
  out->hits = connection_status(s->db, SQLITE_DBSTATUS_CACHE_HIT);
  out->misses = connection_status(s->db, SQLITE_DBSTATUS_CACHE_MISS);
  out->writes = connection_status(s->db, SQLITE_DBSTATUS_CACHE_WRITE);
  out->spills = connection_status(s->db, SQLITE_DBSTATUS_CACHE_SPILL);
  out->cache_mb = 0;
  out->page_mb = out->database_mb = out->freelist_mb = NAN;
  out->limit_mb = out->wal = out->wal_mb = NAN;
  while ((rc = hf_step(s, st)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(st, 1);
    rc = name != NULL ? connection_sizes(s, name, out)
                      : hf_fail(s, SQLITE_NOMEM, NULL);
    if (rc != SQLITE_OK) break;
  }
  hf_finalize(st);
  return rc == SQLITE_DONE ? connection_settings(s, out) : rc;
}
