#include "wire/form.h"

#include <string.h>

static bool is_unreserved(unsigned char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void percent_add(struct text *out, const char *string)
{
    static const char digits[] = "0123456789ABCDEF";

    for (const char *at = string; *at;) {
        const char *plain = at;
        while (is_unreserved((unsigned char)*at))
            at++;
        if (at > plain)
            text_add_bytes(out, plain, (size_t)(at - plain));
        if (*at) {
            unsigned char byte = (unsigned char)*at++;
            char escape[3] = {'%', digits[byte >> 4], digits[byte & 15]};
            text_add_bytes(out, escape, sizeof(escape));
        }
    }
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return -1;
}

bool percent_decode(struct text *out, const char *encoded, size_t length, bool is_form)
{
    size_t before = out->length;

    for (size_t i = 0; i < length; i++) {
        char byte = encoded[i];
        if (byte == '%') {
            int high = i + 2 < length ? hex_value(encoded[i + 1]) : -1;
            int low = i + 2 < length ? hex_value(encoded[i + 2]) : -1;
            if (high < 0 || low < 0 || high + low == 0) {
                text_truncate(out, before);
                return false;
            }
            byte = (char)(unsigned char)(high * 16 + low);
            i += 2;
        } else if (byte == '+' && is_form) {
            byte = ' ';
        }
        text_add_char(out, byte);
    }
    return true;
}

static void add_pair(struct text *out, const char *name, const char *value)
{
    percent_add(out, name);
    text_add_char(out, '=');
    percent_add(out, value);
}

void form_add(struct text *body, const char *name, const char *value)
{
    if (body->length > 0)
        text_add_char(body, '&');
    add_pair(body, name, value);
}

void query_add(struct text *url, const char *name, const char *value)
{
    text_add_char(url, strchr(url->bytes, '?') ? '&' : '?');
    add_pair(url, name, value);
}
