/* Threads' count: a character is 1, but an emoji is as long as its bytes of UTF-8. */
#ifndef CRISIS_COUNT_EMOJI_BYTES_H
#define CRISIS_COUNT_EMOJI_BYTES_H

#include <stddef.h>

/* Where it is not said what counts as an emoji (©, a digit in a keycap), it is taken for one: a
 * count is never wrong on the short side. */
size_t emoji_bytes_length(const char *text, size_t length);

#endif
