#include "count/graphemes.h"

#include <utf8proc.h>

#include "count/units.h"
#include "count/url.h"

enum {
    LINK_LENGTH = 23,       /* characters_reserved_per_url of a Mastodon server */
    LINK_PLACEHOLDER = 'x', /* what the server counts in its place */
};

bool grapheme_begins(struct grapheme_reader *reader, uint32_t code_point)
{
    int32_t previous = reader->previous - 1;
    bool begins;

    if (previous >= 0 && previous < 0x80 && code_point < 0x80) {
        reader->state = 0;
        begins = previous != '\r' || code_point != '\n';
    } else {
        begins = previous < 0 ||
                 utf8proc_grapheme_break_stateful(previous, (int32_t)code_point, &reader->state);
    }
    reader->previous = (int32_t)code_point + 1;
    return begins;
}

size_t grapheme_count(const char *text, size_t length)
{
    struct grapheme_reader reader = {0};
    size_t count = 0;
    uint32_t code_point;

    for (size_t at = 0; at < length;) {
        at += units_decode(text + at, length - at, &code_point);
        count += grapheme_begins(&reader, code_point);
    }
    return count;
}

static size_t count_around_links(const struct units *units)
{
    struct grapheme_reader reader = {0};
    struct url_scan scan;
    struct url url;
    size_t count = 0;
    bool more;

    url_scan_init(&scan, units->items, units->count);
    more = url_scan_next(&scan, &url);
    for (size_t at = 0, used; at < units->count; at += used) {
        uint32_t code_point = units_code_point(units->items, units->count, at, &used);

        while (more && (url.start < at || !url.has_protocol))
            more = url_scan_next(&scan, &url);
        if (more && url.start == at) {
            code_point = LINK_PLACEHOLDER;
            used = url.length;
            count += LINK_LENGTH - 1;
        }
        count += grapheme_begins(&reader, code_point);
    }
    return count;
}

size_t grapheme_count_links(const char *text, size_t length)
{
    struct units units;
    size_t count;

    units_init(&units, text, length);
    count = count_around_links(&units);
    units_release(&units);
    return count;
}

size_t grapheme_length(const char *text, size_t length)
{
    struct grapheme_reader reader = {0};
    size_t at = 0;
    uint32_t code_point;

    while (at < length) {
        size_t used = units_decode(text + at, length - at, &code_point);

        if (grapheme_begins(&reader, code_point) && at > 0)
            break;
        at += used;
    }
    return at;
}
