/*
** svg_text.c: any text as the text of SVG and HTML: what XML means something
** by is escaped, what is no text is replaced, and so is what would turn the
** direction of the text around it (U+202A to U+202E, U+2066 to U+2069).
*/
#include "svg.h"

#include "../num/utf8.h"

#include <string.h>

int hf_svg_text(hf_sink *out, const char *z, size_t most) {
  size_t left = strlen(z), n = 0;
  int stop = 0;
  while (left > 0 && !stop) {
    size_t k = hf_utf8_length(z, left);
    const char *as = NULL;
    if (n++ == most) return out->put(out->ctx, "\xe2\x80\xa6", 3);
    if (k == 0 || (unsigned char)*z < 0x20 || *z == 0x7f) as = "\xef\xbf\xbd";
    /* U+FFFE and U+FFFF are no characters of XML */
    if (k == 3 && memcmp(z, "\xef\xbf", 2) == 0 && (unsigned char)z[2] > 0xbd) {
      as = "\xef\xbf\xbd";
    }
    /* what turns the direction of the text around it */
    if (k == 3 &&
        (memcmp(z, "\xe2\x80", 2) == 0
             ? (unsigned char)z[2] >= 0xaa && (unsigned char)z[2] <= 0xae
             : memcmp(z, "\xe2\x81", 2) == 0 && (unsigned char)z[2] >= 0xa6 &&
                   (unsigned char)z[2] <= 0xa9)) {
      as = "\xef\xbf\xbd";
    }
    if (*z == '&') as = "&amp;";
    if (*z == '<') as = "&lt;";
    if (*z == '>') as = "&gt;";
    if (*z == '"') as = "&quot;";
    if (*z == '\'') as = "&#39;";
    if (k == 0) k = 1;
    stop = as != NULL ? out->put(out->ctx, as, strlen(as))
                      : out->put(out->ctx, z, k);
    z += k;
    left -= k;
  }
  return stop;
}
