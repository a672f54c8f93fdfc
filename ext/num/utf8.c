/*
** utf8.c: see utf8.h. The table of well-formed sequences is that of RFC 3629,
** section 4: only the second byte has a range of its own.
*/
#include "utf8.h"

size_t hf_utf8_length(const char *z, size_t n) {
  const unsigned char *u = (const unsigned char *)z;
  unsigned low = 0x80, high = 0xbf;
  size_t k, i;
  if (n == 0) return 0;
  if (u[0] < 0x80) return 1;
  if (u[0] < 0xc2 || u[0] > 0xf4) return 0;
  k = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
  if (k > n) return 0;
  if (u[0] == 0xe0) low = 0xa0;
  if (u[0] == 0xed) high = 0x9f;
  if (u[0] == 0xf0) low = 0x90;
  if (u[0] == 0xf4) high = 0x8f;
  if (u[1] < low || u[1] > high) return 0;
  for (i = 2; i < k; i++) {
    if (u[i] < 0x80 || u[i] > 0xbf) return 0;
  }
  return k;
}
