#include <string.h>

#include "base/utf8.h"

#include "sandbox/network.h"

static void json_add_unit(struct text *out, unsigned unit)
{
    text_addf(out, "\\u%04x", unit);
}

static void json_add_code_point(struct text *out, uint32_t code_point)
{
    if (code_point < 0x10000) {
        json_add_unit(out, code_point);
        return;
    }
    code_point -= 0x10000;
    json_add_unit(out, 0xd800 + (code_point >> 10));
    json_add_unit(out, 0xdc00 + (code_point & 0x3ff));
}

/* The letter after the backslash, or 0. */
static char short_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

void sandbox_json_add(struct text *out, const char *string, enum json_style style)
{
    size_t length = strlen(string);
    size_t plain = 0; /* bytes from here are as they are */
    size_t at = 0;

    text_add_char(out, '"');
    while (at < length) {
        unsigned char c = (unsigned char)string[at];
        uint32_t code_point = c;
        size_t used = 1;
        bool escape = c < 0x20 || c == '"' || c == '\\' || c == 0x7f ||
                      (style == JSON_ASCII && (c == '/' || c >= 0x80));
        if (!escape) {
            at++;
            continue;
        }
        text_add_bytes(out, string + plain, at - plain);
        if (c >= 0x80) {
            used = utf8_decode(string + at, length - at, &code_point);
            if (used == 0) {
                used = 1;
                code_point = 0xfffd;
            }
        }
        if (c == '/') {
            text_add(out, "\\/");
        } else if (c < 0x80 && short_escape((char)c) != 0) {
            text_add_char(out, '\\');
            text_add_char(out, short_escape((char)c));
        } else {
            json_add_code_point(out, code_point);
        }
        at += used;
        plain = at;
    }
    text_add_bytes(out, string + plain, length - plain);
    text_add_char(out, '"');
}
