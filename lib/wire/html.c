#include "wire/html.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

static const char *reference_of(char byte)
{
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* XML has them, HTML does not: U+1FFFE, U+1FFFF, U+2FFFE … */
static bool is_noncharacter(uint32_t code_point)
{
    return (code_point & 0xFFFE) == 0xFFFE;
}

void html_add_bytes(struct text *out, const char *bytes, size_t length)
{
    const char *plain = bytes; /* what need not be changed, from here on, is copied in one go */
    size_t left = length;

    while (left > 0) {
        uint32_t code_point = 0;
        const char *reference = reference_of(*bytes);
        size_t used = utf8_decode(bytes, left, &code_point);
        if (used == 0 || utf8_is_forbidden(code_point) || is_noncharacter(code_point))
            reference = "\xef\xbf\xbd";
        used = used == 0 ? 1 : used;
        if (reference) {
            text_add_bytes(out, plain, (size_t)(bytes - plain));
            text_add(out, reference);
            plain = bytes + used;
        }
        bytes += used;
        left -= used;
    }
    text_add_bytes(out, plain, (size_t)(bytes - plain));
}

void html_add(struct text *out, const char *string)
{
    html_add_bytes(out, string, strlen(string));
}

bool html_is_link(const char *url)
{
    size_t scheme = strncasecmp(url, "https://", 8) == 0  ? 8
                    : strncasecmp(url, "http://", 7) == 0 ? 7
                                                          : 0;

    if (scheme == 0 || strchr("/?#", url[scheme]) != NULL)
        return false; /* which is also where it ends */
    for (const char *at = url; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return false;
    return true;
}
