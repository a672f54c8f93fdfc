/*
** sql_text.h: what two SQL statements have in common when they differ in their
** literals only.
*/
#ifndef HF_SQL_TEXT_H
#define HF_SQL_TEXT_H

#include <stddef.h>
#include <stdint.h>

typedef struct hf_sql_digest {
  uint64_t shape;    /* hash of the whole normalised text */
  uint64_t literals; /* hash of the literals in their order */
  size_t bytes;      /* of the normalised text, without the final 0 */
  int parameters;    /* ?, :name, @name, $name in it */
} hf_sql_digest;

/* Normalises one statement of n bytes: a literal or parameter becomes ?, words
** are folded to lower case, comments and a final ; go, blanks are written one
** way, a list of literals after IN becomes (?). Writes up to room - 1 bytes and
** a 0 into out (room 0: nothing); the digest is of the whole. Any bytes may be
** given; quoted names stay as they are. */
void hf_sql_normalise(const char *sql, size_t n, char *out, size_t room,
                      hf_sql_digest *digest);

/* A hash of n bytes, quick rather than strong (a product and a shift for each
** eight bytes). The same on machines of the same byte order only: for tables in
** memory. */
uint64_t hf_sql_hash(const char *z, size_t n);

/* FNV-1a (Fowler, Noll, Vo; 64 bits), the same everywhere: `hash` continued by
** n bytes. Begin with HF_FNV_BEGIN. */
#define HF_FNV_BEGIN 0xcbf29ce484222325ULL
uint64_t hf_fnv(uint64_t hash, const char *z, size_t n);

#endif
