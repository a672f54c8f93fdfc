/* Length of time in words.
 *
 * A reason is read by people: "nothing came for 9.7 h", not for 34740 s. What
 * programs read is in columns of seconds or of stamps beside it.
 */
#ifndef HF_FACE_SPAN_H
#define HF_FACE_SPAN_H

enum { HF_SPAN_ROOM = 32 };

/* `seconds` (0 or more) with three digits and the largest unit of which there
 * are at least two: "90 s", "34.5 min", "9.65 h", "802 days", "1204 days".
 * Returns `out`. */
const char *hf_span(double seconds, char out[HF_SPAN_ROOM]);

#endif
