/* Emoji as X counts them: the sequences of tables/emoji.txt weigh as much as one emoji. */
#ifndef CRISIS_COUNT_EMOJI_H
#define CRISIS_COUNT_EMOJI_H

#include <stddef.h>
#include <stdint.h>

/* Where the emoji starts that begins first at or after an index, and how many code units it takes;
 * count, and 0, when there is none. An emoji of one code point that nothing may follow is not told
 * apart from other characters: it weighs what they do. */
size_t emoji_find(const uint16_t *units, size_t count, size_t from, size_t *length);

#endif
