#include <string.h>

#include "base/utf8.h"

#include "sandbox/network.h"

enum { JOINER = 0x200d };

static bool is_mark(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) ||
           (c >= 0x1dc0 && c <= 0x1dff) || (c >= 0x20d0 && c <= 0x20ff) ||
           (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xfe20 && c <= 0xfe2f) ||
           (c >= 0x1f3fb && c <= 0x1f3ff) || (c >= 0xe0020 && c <= 0xe007f) || c == JOINER;
}

static bool is_regional(uint32_t c)
{
    return c >= 0x1f1e6 && c <= 0x1f1ff;
}

size_t sandbox_graphemes(const char *text, size_t length)
{
    size_t count = 0, regionals = 0;
    uint32_t c = 0, last = 0;

    for (size_t at = 0; at < length; last = c) {
        size_t used = utf8_decode(text + at, length - at, &c);
        at += used > 0 ? used : 1;
        regionals = is_regional(c) ? regionals + 1 : 0;
        if (count > 0 && (is_mark(c) || last == JOINER || (last == '\r' && c == '\n') ||
                          (regionals > 0 && regionals % 2 == 0)))
            continue;
        count++;
    }
    return count;
}

size_t sandbox_utf16_length(const char *text)
{
    size_t units = 0;

    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        units += (*at & 0xc0) != 0x80 ? (*at >= 0xf0 ? 2 : 1) : 0;
    return units;
}
