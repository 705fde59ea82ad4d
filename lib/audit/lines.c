#include "audit/lines.h"

#include <string.h>

#include "base/encode.h"

bool lines_take(struct lines *lines, struct line *out)
{
    const char *end = lines->left > 0 ? memchr(lines->at, '\n', lines->left) : NULL;

    if (!end)
        return false;
    *out = (struct line){lines->at, (size_t)(end - lines->at)};
    lines->at += out->length + 1;
    lines->left -= out->length + 1;
    return true;
}

bool line_is(const struct line *line, const char *text)
{
    return line->length == strlen(text) && memcmp(line->bytes, text, line->length) == 0;
}

bool line_after(const struct line *line, const char *start, struct line *out)
{
    size_t length = strlen(start);

    if (line->length < length || memcmp(line->bytes, start, length) != 0)
        return false;
    *out = (struct line){line->bytes + length, line->length - length};
    return true;
}

bool line_decimal(const struct line *line, uint64_t *out)
{
    uint64_t value = 0;

    if (line->length == 0 || (line->bytes[0] == '0' && line->length > 1))
        return false;
    for (size_t i = 0; i < line->length; i++) {
        if (line->bytes[i] < '0' || line->bytes[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(line->bytes[i] - '0');
        if (value > ((uint64_t)INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool line_base64(const struct line *line, void *out, size_t size)
{
    struct text decoded;

    text_init(&decoded, LINE_BASE64_MAX_BYTES);
    bool fits = base64_decode(&decoded, line->bytes, line->length) && decoded.length == size;
    if (fits)
        memcpy(out, decoded.bytes, size);
    text_release(&decoded);
    return fits;
}

void lines_add_hash(struct text *out, const unsigned char hash[SHA256_SIZE])
{
    base64_add(out, hash, SHA256_SIZE);
    text_add_char(out, '\n');
}
