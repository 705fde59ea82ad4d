/* Unicode normalization form C of a code point sequence (UAX #15), in time linear in its length. */
#ifndef CRISIS_COUNT_NFC_H
#define CRISIS_COUNT_NFC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True for code points of which any sequence is in form C already (not for all of them: the common
 * scripts, punctuation and emoji, so that most texts need no work). */
bool nfc_is_inert(uint32_t code_point);

/* Returns a new array (memory_free) with the normalized sequence and its length. */
int32_t *nfc_normalize(const int32_t *code_points, size_t count, size_t *out_count);

#endif
