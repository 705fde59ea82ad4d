#include "wire/form.h"

#include <string.h>

/* RFC 3986, 2.3. */
static const bool is_unreserved[256] = {
    ['-'] = true, ['.'] = true, ['_'] = true, ['~'] = true, ['0'] = true, ['1'] = true,
    ['2'] = true, ['3'] = true, ['4'] = true, ['5'] = true, ['6'] = true, ['7'] = true,
    ['8'] = true, ['9'] = true, ['A'] = true, ['B'] = true, ['C'] = true, ['D'] = true,
    ['E'] = true, ['F'] = true, ['G'] = true, ['H'] = true, ['I'] = true, ['J'] = true,
    ['K'] = true, ['L'] = true, ['M'] = true, ['N'] = true, ['O'] = true, ['P'] = true,
    ['Q'] = true, ['R'] = true, ['S'] = true, ['T'] = true, ['U'] = true, ['V'] = true,
    ['W'] = true, ['X'] = true, ['Y'] = true, ['Z'] = true, ['a'] = true, ['b'] = true,
    ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true, ['g'] = true, ['h'] = true,
    ['i'] = true, ['j'] = true, ['k'] = true, ['l'] = true, ['m'] = true, ['n'] = true,
    ['o'] = true, ['p'] = true, ['q'] = true, ['r'] = true, ['s'] = true, ['t'] = true,
    ['u'] = true, ['v'] = true, ['w'] = true, ['x'] = true, ['y'] = true, ['z'] = true,
};

static size_t escaped_length(const char *string)
{
    size_t length = 0;

    for (const char *at = string; *at; at++)
        length += is_unreserved[(unsigned char)*at] ? 1 : 3;
    return length;
}

void percent_add(struct text *out, const char *string)
{
    static const char digits[] = "0123456789ABCDEF";
    char *to = text_grow(out, escaped_length(string));

    if (!to)
        return;
    for (const char *at = string; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (is_unreserved[byte]) {
            *to++ = *at;
        } else {
            to[0] = '%';
            to[1] = digits[byte >> 4];
            to[2] = digits[byte & 15];
            to += 3;
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
