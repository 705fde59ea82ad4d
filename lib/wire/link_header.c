#include "wire/link_header.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

enum { ADDRESS_MAX_BYTES = 2048 };

static const char white_space[] = " \t";

static void skip_space(const char **at)
{
    *at += strspn(*at, white_space);
}

/* A parameter's value, a token or a quoted string; an escape is a '\' before the character. */
static void take_value(const char **at, struct text *out)
{
    text_reset(out);
    if (**at != '"') {
        size_t length = strcspn(*at, ";, \t\n");
        text_add_bytes(out, *at, length);
        *at += length;
        return;
    }
    for ((*at)++; **at && **at != '"' && **at != '\n'; (*at)++) {
        if (**at == '\\' && (*at)[1] && (*at)[1] != '\n')
            (*at)++;
        text_add_char(out, **at);
    }
    *at += **at == '"';
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = words; *at;) {
        size_t used = strcspn(at, white_space);
        if (used == length && strncasecmp(at, word, length) == 0)
            return true;
        at += used;
        at += strspn(at, white_space);
    }
    return false;
}

/* "; rel=…; anchor=…" behind an address. The first `rel` counts (RFC 8288, 3.3). */
static bool take_parameters(const char **at, const char *relation, struct text *value)
{
    bool has_relation = false, fits = false, is_elsewhere = false;

    for (skip_space(at); **at == ';'; skip_space(at)) {
        (*at)++;
        skip_space(at);
        const char *name = *at;
        size_t length = strcspn(name, "=;, \t\n");
        *at += length;
        skip_space(at);
        text_reset(value);
        if (**at == '=') {
            (*at)++;
            skip_space(at);
            take_value(at, value);
        }
        if (length == 3 && strncasecmp(name, "rel", length) == 0 && !has_relation) {
            has_relation = true;
            fits = has_word(value->bytes, relation);
        }
        is_elsewhere |= length == 6 && strncasecmp(name, "anchor", length) == 0;
    }
    return fits && !is_elsewhere;
}

/* The links of one line. What is not well formed ends it. */
static bool take_line(const char *at, const char *relation, struct text *address,
                      struct text *value)
{
    for (;;) {
        at += strspn(at, " \t,");
        const char *end = *at == '<' ? at + strcspn(at, ">\n") : NULL;
        if (!end || *end != '>')
            return false;
        text_reset(address);
        text_add_bytes(address, at + 1, (size_t)(end - at - 1));
        at = end + 1;
        if (take_parameters(&at, relation, value))
            return !address->overflowed;
        if (*at != ',')
            return false;
    }
}

bool link_header_find(const struct http_reply *reply, const char *relation, const char *base,
                      char *out, size_t size)
{
    static const char name[] = "link:";
    struct text address, value;
    bool is_found = false;

    text_init(&address, ADDRESS_MAX_BYTES);
    text_init(&value, ADDRESS_MAX_BYTES);
    for (const char *line = reply->headers; *line && !is_found;) {
        if (strncmp(line, name, strlen(name)) == 0 &&
            take_line(line + strlen(name), relation, &address, &value))
            is_found = url_resolve(base, address.bytes, out, size);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    text_release(&value);
    text_release(&address);
    return is_found;
}

/* Bytes of "https://host:port", as written. */
static size_t authority_end(const char *url)
{
    size_t scheme = strcspn(url, ":");
    return scheme + 3 + strcspn(url + scheme + 3, "/?");
}

bool url_resolve(const char *base, const char *reference, char *out, size_t size)
{
    struct text url;

    if (!url_is_acceptable(base))
        return false;
    text_init(&url, ADDRESS_MAX_BYTES);
    if (strncmp(reference, "//", 2) == 0)
        text_add_bytes(&url, base, strcspn(base, ":") + 1);
    else if (reference[0] == '/')
        text_add_bytes(&url, base, authority_end(base));
    text_add(&url, reference);
    bool is_fine = !url.overflowed && url.length < size && url_is_acceptable(url.bytes);
    if (is_fine)
        memcpy(out, url.bytes, url.length + 1);
    text_release(&url);
    return is_fine;
}

bool url_is_same_origin(const char *a, const char *b)
{
    char left[URL_ORIGIN_SIZE], right[URL_ORIGIN_SIZE];
    return url_origin(a, left, sizeof(left)) && url_origin(b, right, sizeof(right)) &&
           strcmp(left, right) == 0;
}
