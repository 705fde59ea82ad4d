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

/* --- an object, by its quotes and brackets ---------------------------------------------------- */

static const char blanks[] = " \t\r\n";

/* The quote that ends a string whose first byte is at `at`; NULL: none does. */
static const char *end_of_string(const char *at)
{
    for (;;) {
        at += strcspn(at, "\"\\");
        if (*at == '"')
            return at;
        if (*at == '\0' || at[1] == '\0')
            return NULL;
        at += 2;
    }
}

/* A name has been read, and a colon; its value begins at `value`. */
static void take_member(const char *name, size_t length, const char *value,
                        const struct json_wanted *wanted, size_t count)
{
    const char *end = *value == '"' ? end_of_string(value + 1) : NULL;
    size_t size = end ? (size_t)(end - value - 1) : 0;

    if (!end || memchr(value + 1, '\\', size))
        return;
    for (size_t i = 0; i < count; i++) {
        if (strlen(wanted[i].name) == length && memcmp(wanted[i].name, name, length) == 0 &&
            size < wanted[i].size) {
            memcpy(wanted[i].out, value + 1, size);
            wanted[i].out[size] = '\0';
        }
    }
}

bool json_object_scan(const char *json, const struct json_wanted *wanted, size_t count)
{
    const char *at = json + strspn(json, blanks);
    size_t depth = 0;

    if (*at != '{')
        return false;
    for (;;) {
        at += strcspn(at, "\"{}[]");
        if (*at == '\0')
            return false;
        if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '"') {
            const char *string = at + 1;
            at = end_of_string(string);
            if (!at)
                return false;
            const char *next = at + 1 + strspn(at + 1, blanks);
            if (depth == 1 && *next == ':')
                take_member(string, (size_t)(at - string), next + 1 + strspn(next + 1, blanks),
                            wanted, count);
        } else if (--depth == 0) {
            at++;
            return at[strspn(at, blanks)] == '\0';
        }
        at++;
    }
}
