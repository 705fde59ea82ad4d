/* Emoji as X counts them: the sequences of tables/emoji.txt weigh as much as one emoji. */
#ifndef CRISIS_COUNT_EMOJI_H
#define CRISIS_COUNT_EMOJI_H

#include <stddef.h>
#include <stdint.h>

/* Code units of the emoji that begins at an index, 0 when none does. An emoji of one code point
 * that nothing may follow is not told apart from other characters: it weighs what they do. */
size_t emoji_match(const uint16_t *units, size_t count, size_t index);

#endif
