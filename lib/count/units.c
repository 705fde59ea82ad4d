#include "count/units.h"

#include <stdbool.h>

#include "base/memory.h"
#include "base/utf8.h"

#include "count/nfc.h"

enum { REPLACEMENT_CHARACTER = 0xFFFD };

size_t units_decode_beyond_ascii(const char *text, size_t length, uint32_t *code_point)
{
    size_t used = utf8_decode(text, length, code_point);

    if (used == 0) {
        *code_point = REPLACEMENT_CHARACTER;
        used = 1;
    }
    return used;
}

static void reserve(struct units *units, size_t count)
{
    units->count = 0;
    units->items = units->inline_items;
    if (count > UNITS_INLINE_MAX)
        units->items = memory_alloc_array(count, sizeof(*units->items));
}

static void add(struct units *units, uint32_t code_point)
{
    if (code_point >= 0x10000) {
        units->items[units->count++] = (uint16_t)(0xD7C0 + (code_point >> 10));
        code_point = 0xDC00 | (code_point & 0x3FF);
    }
    units->items[units->count++] = (uint16_t)code_point;
}

/* Returns whether all of the text is inert under normalization. A code point never takes more
 * units than bytes. */
static bool fill(struct units *units, const char *text, size_t length)
{
    bool inert = true;
    uint32_t code_point;

    reserve(units, length);
    for (size_t at = 0; at < length;) {
        at += units_decode(text + at, length - at, &code_point);
        inert = inert && (code_point < 0x80 || nfc_is_inert(code_point));
        add(units, code_point);
    }
    return inert;
}

void units_init(struct units *units, const char *text, size_t length)
{
    (void)fill(units, text, length);
}

void units_init_nfc(struct units *units, const char *text, size_t length)
{
    int32_t *points, *normal;
    size_t count = 0, normal_count;

    if (fill(units, text, length))
        return;
    points = memory_alloc_array(units->count, sizeof(*points));
    for (size_t i = 0, used; i < units->count; i += used)
        points[count++] = (int32_t)units_code_point(units->items, units->count, i, &used);
    normal = nfc_normalize(points, count, &normal_count);
    units_release(units);
    reserve(units, 2 * normal_count);
    for (size_t i = 0; i < normal_count; i++)
        add(units, (uint32_t)normal[i]);
    memory_free(normal);
    memory_free(points);
}

void units_release(struct units *units)
{
    if (units->items != units->inline_items)
        memory_free(units->items);
    units->items = units->inline_items;
    units->count = 0;
}
