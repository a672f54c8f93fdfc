/*
** utf8.h: where a character of UTF-8 ends.
*/
#ifndef HF_UTF8_H
#define HF_UTF8_H

#include <stddef.h>

/* Bytes (1..4) of the character at the start of z, or 0 when the n bytes do
** not begin with one: a stray byte, one cut off, an overlong form, half a
** surrogate pair, or beyond U+10FFFF (RFC 3629). n = 0 gives 0. */
size_t hf_utf8_length(const char *z, size_t n);

#endif
