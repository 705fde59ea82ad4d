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

void html_add(struct text *out, const char *string)
{
    const char *plain = string; /* what need not be changed, from here on, is copied in one go */
    size_t left = strlen(string);

    while (left > 0) {
        uint32_t code_point = 0;
        const char *reference = reference_of(*string);
        size_t used = utf8_decode(string, left, &code_point);
        if (used == 0 || utf8_is_forbidden(code_point))
            reference = "\xef\xbf\xbd";
        used = used == 0 ? 1 : used;
        if (reference) {
            text_add_bytes(out, plain, (size_t)(string - plain));
            text_add(out, reference);
            plain = string + used;
        }
        string += used;
        left -= used;
    }
    text_add_bytes(out, plain, (size_t)(string - plain));
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
