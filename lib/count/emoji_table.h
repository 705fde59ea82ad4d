/* The lists of tables/emoji.txt as data. */
#ifndef CRISIS_COUNT_EMOJI_TABLE_H
#define CRISIS_COUNT_EMOJI_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum { EMOJI_SEQUENCE_MAX = 8 };

/* Bits, in the order of SETS in tables/make_tables.py. */
enum emoji_set {
    EMOJI_WORKER = 1 << 0,
    EMOJI_TOOL_SELECTOR = 1 << 1,
    EMOJI_TOOL = 1 << 2,
    EMOJI_GENDERED_SELECTOR = 1 << 3,
    EMOJI_GENDERED = 1 << 4,
    EMOJI_NEEDS_SELECTOR = 1 << 5,
    EMOJI_TEXT_STYLE = 1 << 6,
    EMOJI_MODIFIABLE_TEXT_STYLE = 1 << 7,
    EMOJI_MODIFIABLE = 1 << 8,
    EMOJI_BEGINS_SEQUENCE = 1 << 9,
};

struct emoji_range {
    uint32_t first, last;
    unsigned sets;
};

extern const struct emoji_range emoji_ranges[]; /* sorted */
extern const size_t emoji_range_count;

extern const uint32_t emoji_sequences[][EMOJI_SEQUENCE_MAX]; /* shorter ones end in 0 */
extern const size_t emoji_sequence_count;

extern const uint32_t emoji_flags[26]; /* by first letter: bits of the second letters */

#endif
