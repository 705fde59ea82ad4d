#include "count/emoji.h"

#include <stdbool.h>

#include "count/emoji_table.h"
#include "count/units.h"

enum {
    JOINER = 0x200D,
    SELECTOR_TEXT = 0xFE0E,
    SELECTOR_EMOJI = 0xFE0F,
    KEYCAP = 0x20E3,
    FEMALE_SIGN = 0x2640,
    MALE_SIGN = 0x2642,
    MODIFIER_FIRST = 0x1F3FB,
    MODIFIER_LAST = 0x1F3FF,
    REGIONAL_A = 0x1F1E6,
    REGIONAL_Z = 0x1F1FF,
};

/* Reads on from one code point to the next; a copy of it is a place to come back to. */
struct cursor {
    const uint16_t *units;
    size_t count, index;
};

static uint32_t peek(const struct cursor *cursor)
{
    size_t used;

    if (cursor->index >= cursor->count)
        return 0;
    return units_code_point(cursor->units, cursor->count, cursor->index, &used);
}

static uint32_t take(struct cursor *cursor)
{
    size_t used;
    uint32_t code_point;

    if (cursor->index >= cursor->count)
        return 0;
    code_point = units_code_point(cursor->units, cursor->count, cursor->index, &used);
    cursor->index += used;
    return code_point;
}

static bool take_if(struct cursor *cursor, uint32_t wanted)
{
    if (peek(cursor) != wanted)
        return false;
    (void)take(cursor);
    return true;
}

static bool take_modifier(struct cursor *cursor)
{
    uint32_t code_point = peek(cursor);

    if (code_point < MODIFIER_FIRST || code_point > MODIFIER_LAST)
        return false;
    (void)take(cursor);
    return true;
}

static unsigned sets_of(uint32_t code_point)
{
    size_t low = 0, high = emoji_range_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (code_point > emoji_ranges[middle].last)
            low = middle + 1;
        else if (code_point < emoji_ranges[middle].first)
            high = middle;
        else
            return emoji_ranges[middle].sets;
    }
    return 0;
}

/* A person with what they work with: 👩🏽‍🚒. */
static bool match_worker(struct cursor *cursor)
{
    unsigned tool;

    (void)take_modifier(cursor);
    if (!take_if(cursor, JOINER))
        return false;
    tool = sets_of(take(cursor));
    if (tool & EMOJI_TOOL_SELECTOR)
        return take_if(cursor, SELECTOR_EMOJI);
    return (tool & EMOJI_TOOL) != 0;
}

static bool match_gender(struct cursor *cursor)
{
    return take_if(cursor, JOINER) &&
           (take_if(cursor, FEMALE_SIGN) || take_if(cursor, MALE_SIGN)) &&
           take_if(cursor, SELECTOR_EMOJI);
}

/* A person doing something, as a woman or a man: 🕵️‍♀️, 🏃🏽‍♂️. */
static bool match_gendered(struct cursor *cursor, unsigned sets)
{
    bool any = take_modifier(cursor);

    if (sets & EMOJI_GENDERED_SELECTOR)
        return (any || take_if(cursor, SELECTOR_EMOJI)) && match_gender(cursor);
    return match_gender(cursor);
}

/* One of the listed sequences; the cursor is after its first code point. */
static bool match_listed(struct cursor *cursor, uint32_t first)
{
    for (size_t row = 0; row < emoji_sequence_count; row++) {
        const uint32_t *sequence = emoji_sequences[row];
        struct cursor next = *cursor;
        size_t i = 1;

        if (sequence[0] != first)
            continue;
        while (i < EMOJI_SEQUENCE_MAX && sequence[i] != 0 && take_if(&next, sequence[i]))
            i++;
        if (i == EMOJI_SEQUENCE_MAX || sequence[i] == 0) {
            *cursor = next;
            return true;
        }
    }
    return false;
}

/* The emoji with a style or a skin tone after it: ⚠️, ☝🏽, 👍🏿. */
static bool match_styled(struct cursor *cursor, unsigned sets)
{
    if ((sets & EMOJI_NEEDS_SELECTOR) && take_if(cursor, SELECTOR_EMOJI))
        return true;
    if ((sets & EMOJI_TEXT_STYLE) && peek(cursor) != SELECTOR_TEXT) {
        (void)take_if(cursor, SELECTOR_EMOJI);
        return true;
    }
    if ((sets & EMOJI_MODIFIABLE_TEXT_STYLE) && peek(cursor) != SELECTOR_TEXT) {
        (void)take_if(cursor, SELECTOR_EMOJI);
        (void)take_modifier(cursor);
        return true;
    }
    if (sets & EMOJI_MODIFIABLE) {
        (void)take_modifier(cursor);
        return true;
    }
    return false;
}

static bool match_keycap(struct cursor *cursor)
{
    (void)take_if(cursor, SELECTOR_EMOJI);
    return take_if(cursor, KEYCAP);
}

static bool match_flag(struct cursor *cursor, uint32_t first)
{
    uint32_t second = take(cursor);

    if (second < REGIONAL_A || second > REGIONAL_Z)
        return false;
    return (emoji_flags[first - REGIONAL_A] >> (second - REGIONAL_A) & 1) != 0;
}

/* The cursor is after the first code point; longer forms are tried before shorter ones. */
static bool match_after(struct cursor *cursor, uint32_t first)
{
    unsigned sets = sets_of(first);
    struct cursor start = *cursor;

    if ((sets & EMOJI_WORKER) && match_worker(cursor))
        return true;
    *cursor = start;
    if ((sets & (EMOJI_GENDERED_SELECTOR | EMOJI_GENDERED)) && match_gendered(cursor, sets))
        return true;
    *cursor = start;
    if ((sets & EMOJI_BEGINS_SEQUENCE) && match_listed(cursor, first))
        return true;
    return match_styled(cursor, sets);
}

/* Rules out most characters of most texts at once. */
static bool may_begin(const uint16_t *units, size_t count, size_t index)
{
    uint16_t unit = units[index];

    if (unit < 0x80)
        return index + 1 < count &&
               (units[index + 1] == SELECTOR_EMOJI || units[index + 1] == KEYCAP);
    return unit == 0xA9 || unit == 0xAE || unit >= 0x203C;
}

/* Code units of the emoji that begins at an index, 0 when none does. */
static size_t match(const uint16_t *units, size_t count, size_t index)
{
    struct cursor cursor = {units, count, index};
    uint32_t first = take(&cursor);
    bool found;

    if (first < 0x80)
        found = (first == '#' || first == '*' || (first >= '0' && first <= '9')) &&
                match_keycap(&cursor);
    else if (first >= REGIONAL_A && first <= REGIONAL_Z)
        found = match_flag(&cursor, first);
    else
        found = match_after(&cursor, first);
    return found ? cursor.index - index : 0;
}

size_t emoji_find(const uint16_t *units, size_t count, size_t from, size_t *length)
{
    size_t at = from, used;

    for (*length = 0; at < count; at += used) {
        used = 1;
        if (!may_begin(units, count, at))
            continue;
        *length = match(units, count, at);
        if (*length > 0)
            return at;
        (void)units_code_point(units, count, at, &used);
    }
    return at;
}
