#include "wire/json_string.h"

#include <string.h>

#include "base/utf8.h"

/* Where the string that begins behind a quote ends; NULL where it does not, or holds what a string
 * may not. */
static const char *find_quote(const char *from)
{
    const char *end = from;

    for (; *end != '"'; end++) {
        if (*end == '\\')
            end++;
        if ((unsigned char)*end < 0x20)
            return NULL;
    }
    return utf8_valid_prefix(from, (size_t)(end - from)) == (size_t)(end - from) ? end : NULL;
}

const char *json_take_string(const char **at, struct arena *arena)
{
    const char *from = *at + 1;
    const char *end = **at == '"' ? find_quote(from) : NULL;

    if (!end)
        return NULL;
    char *string = arena_alloc(arena, (size_t)(end - from) + 1), *to = string;
    while (from < end) {
        const char *escape = memchr(from, '\\', (size_t)(end - from));
        size_t plain = (size_t)((escape ? escape : end) - from);
        memcpy(to, from, plain);
        to += plain;
        from += plain;
        if (from == end)
            break;
        from++; /* the backslash */
        if (*from != 'n' && *from != '"' && *from != '\\')
            return NULL;
        *to++ = (char)(*from == 'n' ? '\n' : *from);
        from++;
    }
    *at = end + 1;
    return string;
}
