#include "count/count.h"

#include <stdint.h>
#include <string.h>

#include "base/memory.h"

#include "count/emoji_bytes.h"
#include "count/graphemes.h"
#include "count/units.h"
#include "count/url.h"
#include "count/x_weight.h"

/* How many bytes of ASCII a text begins with, looked at eight at a time: where fewer are left
 * before another character, those are not counted. Most of a text is ASCII. */
static size_t ascii_bytes(const char *text, size_t length)
{
    const uint64_t beyond_ascii = 0x8080808080808080u;
    uint64_t word;
    size_t at = 0;

    for (; length - at >= sizeof(word); at += sizeof(word)) {
        memcpy(&word, text + at, sizeof(word));
        if (word & beyond_ascii)
            break;
    }
    return at;
}

/* Code points, and one more for each that takes two code units. */
static size_t count_units(const char *text, size_t length, bool in_utf16)
{
    size_t count = 0;
    uint32_t code_point;

    for (size_t at = 0; at < length;) {
        size_t plain = ascii_bytes(text + at, length - at);
        at += plain;
        count += plain;
        for (size_t i = 0; i < sizeof(uint64_t) && at < length; i++) {
            at += units_decode(text + at, length - at, &code_point);
            count += in_utf16 && code_point >= 0x10000 ? 2 : 1;
        }
    }
    return count;
}

size_t count_text(enum text_unit unit, const char *text, size_t length)
{
    switch (unit) {
    case TEXT_UNIT_X_WEIGHTED:
        return x_weighted_length(text, length);
    case TEXT_UNIT_UTF16:
        return count_units(text, length, true);
    case TEXT_UNIT_CODE_POINTS:
        return count_units(text, length, false);
    case TEXT_UNIT_EMOJI_BYTES:
        return emoji_bytes_length(text, length);
    case TEXT_UNIT_GRAPHEMES:
        return grapheme_count(text, length);
    case TEXT_UNIT_GRAPHEMES_LINKS:
        return grapheme_count_links(text, length);
    case TEXT_UNIT_BYTES:
        break;
    }
    return length;
}

bool count_fits(const struct text_limits *limits, const char *text, size_t length)
{
    if (limits->limit_bytes != 0 && length > limits->limit_bytes)
        return false;
    return count_text(limits->unit, text, length) <= limits->limit;
}

/* Adds a link, given in code units, as bytes. at_unit and at_byte are one place, which moves on. */
static void add_link(struct count_atoms *atoms, const struct url *url, size_t *at_unit,
                     size_t *at_byte)
{
    struct count_span span = {0, 0};
    size_t end = url->start + url->length;
    uint32_t code_point;

    while (*at_unit < end && *at_byte < atoms->length) {
        if (*at_unit <= url->start)
            span.start = *at_byte;
        *at_byte += units_decode(atoms->text + *at_byte, atoms->length - *at_byte, &code_point);
        *at_unit += code_point >= 0x10000 ? 2 : 1;
    }
    span.end = *at_byte;
    if (span.end <= span.start)
        return;
    atoms->links = memory_resize(atoms->links, (atoms->link_count + 1) * sizeof(*atoms->links));
    atoms->links[atoms->link_count++] = span;
}

void count_atoms_init(struct count_atoms *atoms, const char *text, size_t length)
{
    struct units units;
    struct url_scan scan;
    struct url url;
    size_t at_unit = 0, at_byte = 0;

    *atoms = (struct count_atoms){.text = text, .length = length};
    units_init(&units, text, length);
    url_scan_init(&scan, units.items, units.count);
    while (url_scan_next(&scan, &url))
        add_link(atoms, &url, &at_unit, &at_byte);
    units_release(&units);
}

bool count_atoms_next(struct count_atoms *atoms, struct count_span *out)
{
    size_t position = atoms->position, end;

    if (position == atoms->length)
        return false;
    end = position + grapheme_length(atoms->text + position, atoms->length - position);
    while (atoms->link_next < atoms->link_count && atoms->links[atoms->link_next].start < end) {
        const struct count_span *link = &atoms->links[atoms->link_next++];

        /* Marks on its last letter belong to the link. */
        while (end < link->end)
            end += grapheme_length(atoms->text + end, atoms->length - end);
    }
    *out = (struct count_span){position, end};
    atoms->position = end;
    return true;
}

void count_atoms_release(struct count_atoms *atoms)
{
    memory_free(atoms->links);
    *atoms = (struct count_atoms){0};
}
