/*
** schema.h: making the history's tables.
*/
#ifndef HF_SCHEMA_H
#define HF_SCHEMA_H

#include "session.h"

/* The version that sql/schema.sql stamps into hf_config. */
#define HF_SCHEMA_VERSION 1

/* Makes or completes the tables in a schema, all or nothing. SQLITE_OK, or an
** error with a message in *err from sqlite3_malloc (NULL when out of memory).
** A history of a newer version is refused untouched. */
int hf_schema_create(sqlite3 *db, const char *schema, char **err);

#endif
