#include "count/emoji_bytes.h"

#include <stdbool.h>
#include <stdint.h>

#include <utf8proc.h>

#include "count/graphemes.h"
#include "count/units.h"

enum { KEYCAP = 0x20E3, SELECTOR_EMOJI = 0xFE0F };

/* What makes the cluster that it stands in an emoji: a picture, half a flag, or what turns the
 * character before it into a picture. */
static bool makes_emoji(uint32_t code_point)
{
    int class = utf8proc_get_property((utf8proc_int32_t)code_point)->boundclass;

    return class == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC ||
           class == UTF8PROC_BOUNDCLASS_REGIONAL_INDICATOR || code_point == KEYCAP ||
           code_point == SELECTOR_EMOJI;
}

static size_t cluster_length(const char *text, size_t bytes)
{
    size_t count = 0;
    bool is_emoji = false;
    uint32_t code_point;

    for (size_t at = 0; at < bytes; count++) {
        at += units_decode(text + at, bytes - at, &code_point);
        is_emoji |= makes_emoji(code_point);
    }
    return is_emoji ? bytes : count;
}

size_t emoji_bytes_length(const char *text, size_t length)
{
    size_t count = 0;

    for (size_t at = 0; at < length;) {
        size_t bytes = grapheme_length(text + at, length - at);
        count += cluster_length(text + at, bytes);
        at += bytes;
    }
    return count;
}
