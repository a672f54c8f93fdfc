/*
** decimal.h: numbers from and to decimal text, the same in every locale.
*/
#ifndef HF_DECIMAL_H
#define HF_DECIMAL_H

#include <stddef.h>

/* Room for what hf_decimal_write() makes, its closing zero included. */
enum { HF_DECIMAL_ROOM = 32 };

/* The n bytes at z as one number: [+-] digits [. digits] [e [+-] digits], at
** least one digit, nothing before or after. HF_OK, or HF_EDATA when they are
** none. Too large is infinite, too small is 0. Rounded correctly, but for
** more than 19 digits that lie within 1e-19 of the middle between two
** doubles, and for subnormal results, which may be off by one. */
int hf_decimal_read(const char *z, size_t n, double *out);

/* x with at most `places` (0..9) digits after the point, zeros at the end
** left out: "12.5", "-3", "0". Beyond 1e15 with an exponent and six digits:
** "1.25e+20"; NaN and infinities as "0". Returns the bytes written without
** the closing zero; fewer than HF_DECIMAL_ROOM. */
size_t hf_decimal_write(char *out, double x, int places);

#endif
