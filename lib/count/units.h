/*
 * A text as UTF-16 code units, which is how twitter-text sees it: links and emoji are found in
 * these. Short texts stay in the struct, so that counting one allocates nothing.
 */
#ifndef CRISIS_COUNT_UNITS_H
#define CRISIS_COUNT_UNITS_H

#include <stddef.h>
#include <stdint.h>

enum { UNITS_INLINE_MAX = 1024 };

struct units {
    uint16_t *items;
    size_t count;
    uint16_t inline_items[UNITS_INLINE_MAX];
};

/* The text as it is, or in Unicode normalization form C. Bytes that are not UTF-8 become U+FFFD. */
void units_init(struct units *units, const char *text, size_t length);
void units_init_nfc(struct units *units, const char *text, size_t length);
void units_release(struct units *units);

/* The code point at an index (< count), and how many units it takes. */
static inline uint32_t units_code_point(const uint16_t *items, size_t count, size_t index,
                                        size_t *used)
{
    uint32_t unit = items[index];

    *used = 1;
    if (unit < 0xD800 || unit > 0xDBFF || index + 1 == count)
        return unit;
    *used = 2;
    return 0x10000 + ((unit - 0xD800) << 10) + (items[index + 1] - 0xDC00u);
}

size_t units_decode_beyond_ascii(const char *text, size_t length, uint32_t *code_point);

/* One code point of UTF-8, U+FFFD for a byte that begins none. Returns the bytes used, at least 1;
 * length must be > 0. */
static inline size_t units_decode(const char *text, size_t length, uint32_t *code_point)
{
    if ((unsigned char)text[0] >= 0x80)
        return units_decode_beyond_ascii(text, length, code_point);
    *code_point = (unsigned char)text[0];
    return 1;
}

#endif
