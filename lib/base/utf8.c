#include "base/utf8.h"

#include <string.h>

size_t utf8_decode(const char *bytes, size_t length, uint32_t *code_point)
{
    const unsigned char *b = (const unsigned char *)bytes;
    uint32_t value;
    size_t size;
    uint32_t least; /* the smallest value that needs this many bytes: no overlong forms */

    if (b[0] < 0x80) {
        *code_point = b[0];
        return 1;
    }
    if ((b[0] & 0xE0) == 0xC0) {
        size = 2, value = b[0] & 0x1F, least = 0x80;
    } else if ((b[0] & 0xF0) == 0xE0) {
        size = 3, value = b[0] & 0x0F, least = 0x800;
    } else if ((b[0] & 0xF8) == 0xF0) {
        size = 4, value = b[0] & 0x07, least = 0x10000;
    } else {
        return 0;
    }
    if (length < size)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((b[i] & 0xC0) != 0x80)
            return 0;
        value = (value << 6) | (b[i] & 0x3F);
    }
    if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *code_point = value;
    return size;
}

size_t utf8_encode(uint32_t code_point, char out[4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | (code_point >> 6));
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        if (code_point >= 0xD800 && code_point <= 0xDFFF)
            return 0;
        out[0] = (char)(0xE0 | (code_point >> 12));
        out[1] = (char)(0x80 | ((code_point >> 6) & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    if (code_point > 0x10FFFF)
        return 0;
    out[0] = (char)(0xF0 | (code_point >> 18));
    out[1] = (char)(0x80 | ((code_point >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((code_point >> 6) & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

/* ASCII in words of eight bytes: most of a text. Returns the bytes passed. */
static size_t skip_ascii(const char *bytes, size_t length)
{
    size_t offset = 0;
    uint64_t word;
    for (; length - offset >= sizeof(word); offset += sizeof(word)) {
        memcpy(&word, bytes + offset, sizeof(word));
        if (word & 0x8080808080808080u)
            break;
    }
    return offset;
}

size_t utf8_valid_prefix(const char *bytes, size_t length)
{
    size_t offset = 0;
    while (offset < length) {
        uint32_t code_point;
        offset += skip_ascii(bytes + offset, length - offset);
        if (offset == length)
            break;
        size_t size = utf8_decode(bytes + offset, length - offset, &code_point);
        if (size == 0)
            break;
        offset += size;
    }
    return offset;
}

size_t utf8_count(const char *string)
{
    size_t count = 0;
    for (const char *c = string; *c; c++)
        count += ((unsigned char)*c & 0xC0) != 0x80;
    return count;
}

int utf8_field(const char *string, int columns)
{
    return columns + (int)(strlen(string) - utf8_count(string));
}

bool utf8_is_forbidden(uint32_t code_point)
{
    if (code_point < 0x20)
        return code_point != '\n' && code_point != '\t';
    return (code_point >= 0x7F && code_point <= 0x9F) ||
           (code_point >= 0x202A && code_point <= 0x202E) ||
           (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0xFEFF ||
           code_point == 0xFFFE || code_point == 0xFFFF;
}

uint32_t utf8_find_forbidden(const char *string)
{
    size_t length = strlen(string);
    for (size_t offset = 0; offset < length;) {
        uint32_t code_point;
        size_t size = utf8_decode(string + offset, length - offset, &code_point);
        if (size == 0)
            return 0xFFFD;
        if (utf8_is_forbidden(code_point))
            return code_point;
        offset += size;
    }
    return 0;
}
