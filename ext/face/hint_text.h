/*
** hint_text.h: hints of ops/hints.h in words and as JSON.
*/
#ifndef HF_HINT_TEXT_H
#define HF_HINT_TEXT_H

#include "../ops/hints.h"
#include "../store/session.h"

/* A hint with its evidence and what it would save. It holds no quotes, no
** backslashes and no control characters. `utc_offset`: seconds, where the day
** begins. In s->work; NULL: out of memory. */
char *hf_hint_text(hf_session *s, const hf_hint *h, double utc_offset);

/* The texts of n hints as a JSON array, and as an array of objects with kind,
** recommendation, expected_gain, gain_lo, gain_hi and runs. As above. */
char *hf_hint_list(hf_session *s, char *const *text, size_t n);
char *hf_hint_evidence(hf_session *s, const hf_hint *h, char *const *text,
                       size_t n);

#endif
