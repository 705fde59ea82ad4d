#include "count/x_weight.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "count/emoji.h"
#include "count/units.h"
#include "count/url.h"

enum { WEIGHT_URL = 23, WEIGHT_LIGHT = 1, WEIGHT_DEFAULT = 2 };

/* Configuration 3 of twitter-text: the ranges that weigh 1. */
static const struct light_range {
    uint32_t first, last;
} light_ranges[] = {{0x0000, 0x10FF}, {0x2000, 0x200D}, {0x2010, 0x201F}, {0x2032, 0x2037}};

static size_t weigh(uint32_t code_point)
{
    for (size_t i = 0; i < sizeof(light_ranges) / sizeof(light_ranges[0]); i++) {
        if (code_point >= light_ranges[i].first && code_point <= light_ranges[i].last)
            return WEIGHT_LIGHT;
    }
    return WEIGHT_DEFAULT;
}

/* Without a dot there is no link, and in ASCII no emoji. */
static bool is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= 0x80 || text[i] == '.')
            return false;
    }
    return true;
}

/* The emoji that begins first at or after scan position `from`; start == count when there is none.
 */
struct emoji_place {
    size_t start, length;
};

static struct emoji_place next_emoji(const struct units *units, size_t from)
{
    struct emoji_place place;

    place.start = emoji_find(units->items, units->count, from, &place.length);
    return place;
}

/* Links and emoji are found independently of each other; where both begin, the link counts, and
 * what begins inside something counted is passed over. */
static size_t weigh_units(const struct units *units)
{
    struct url_scan scan;
    struct url url;
    struct emoji_place emoji = next_emoji(units, 0);
    size_t weight = 0, at = 0;
    bool more;

    url_scan_init(&scan, units->items, units->count);
    more = url_scan_next(&scan, &url);
    while (at < units->count) {
        size_t used;

        while (more && url.start < at)
            more = url_scan_next(&scan, &url);
        while (emoji.start < at)
            emoji = next_emoji(units, emoji.start + emoji.length);
        if (more && url.start == at) {
            weight += WEIGHT_URL;
            used = url.length;
        } else if (emoji.start == at) {
            weight += WEIGHT_DEFAULT;
            used = emoji.length;
        } else {
            weight += weigh(units_code_point(units->items, units->count, at, &used));
        }
        at += used;
    }
    return weight;
}

size_t x_weighted_length(const char *text, size_t length)
{
    struct units units;
    size_t weight;

    if (is_plain(text, length))
        return length;
    units_init_nfc(&units, text, length);
    weight = weigh_units(&units);
    units_release(&units);
    return weight;
}
