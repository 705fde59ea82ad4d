#include "trust/signer_options.h"

#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/language.h"

enum { DIGITS_OF_DATE = 8, DIGITS_OF_MINUTE = 12, DIGITS_OF_SECOND = 14, YEAR_MIN = 1971 };

/* A piece of the line: not NUL-terminated. */
struct piece {
    const char *bytes;
    size_t length;
};

static bool is(struct piece piece, const char *string)
{
    return piece.length == strlen(string) && memcmp(piece.bytes, string, piece.length) == 0;
}

/* --- times ----------------------------------------------------------------------------------- */

/* "20260101Z", "202601010300Z", "20260101030000Z" as the RFC 3339 text of the same instant. */
static bool to_rfc3339(struct piece value, char out[RFC3339_SIZE])
{
    char d[DIGITS_OF_SECOND + 1] = "00000000000000";
    size_t digits = value.length ? value.length - 1 : 0;

    if ((digits != DIGITS_OF_DATE && digits != DIGITS_OF_MINUTE && digits != DIGITS_OF_SECOND) ||
        value.bytes[digits] != 'Z')
        return false;
    memcpy(d, value.bytes, digits);
    if (strspn(d, "0123456789") != DIGITS_OF_SECOND)
        return false;
    snprintf(out, RFC3339_SIZE, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", d, d + 4, d + 6, d + 8, d + 10,
             d + 12);
    return strncmp(d + 12, "60", 2) != 0; /* leap seconds are none in UNIX time */
}

/* ssh-keygen takes a time of 0 for no time at all, and an earlier one for an error. */
static const char *read_time(struct piece value, bool *has, int64_t *out)
{
    char text[RFC3339_SIZE], earliest[RFC3339_SIZE];
    int64_t earliest_ms = 0;

    if (*has)
        return _("gives the same time twice");
    snprintf(earliest, sizeof(earliest), "%d-01-01T00:00:00Z", YEAR_MIN);
    if (!to_rfc3339(value, text) || !rfc3339_parse(text, out) ||
        !rfc3339_parse(earliest, &earliest_ms) || *out < earliest_ms)
        return _(
            "has a time that is not in UTC and of the form \"20260101Z\", \"202601010300Z\" or "
            "\"20260101030000Z\"");
    *has = true;
    return NULL;
}

/* --- namespaces ------------------------------------------------------------------------------ */

static bool is_namespace_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("@._+-/:", c));
}

static const char *namespace_fault(const struct signer *signer, struct piece name)
{
    if (name.length == 0)
        return _("has an empty namespace");
    if (name.length > SIGNER_NAMESPACE_MAX)
        return _("has a namespace longer than 128 characters");
    for (size_t i = 0; i < name.length; i++)
        if (!is_namespace_character(name.bytes[i]))
            return _("has a namespace with a wildcard or another character that is not allowed: "
                     "write each namespace in full");
    for (size_t i = 0; i < signer->namespace_count; i++)
        if (is(name, signer->namespaces[i]))
            return _("names a namespace twice");
    return NULL;
}

static const char *read_namespaces(struct arena *arena, struct piece value, struct signer *signer)
{
    const char **names = arena_alloc_array(arena, SIGNER_NAMESPACES_MAX, sizeof(*names));
    const char *at = value.bytes, *end = value.bytes + value.length;

    if (signer->namespaces)
        return _("has namespaces= twice");
    signer->namespaces = names;
    for (;;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        struct piece name = {at, (size_t)((comma ? comma : end) - at)};
        const char *fault = namespace_fault(signer, name);
        if (fault)
            return fault;
        if (signer->namespace_count == SIGNER_NAMESPACES_MAX)
            return _("has more than 16 namespaces");
        names[signer->namespace_count++] = arena_strndup(arena, name.bytes, name.length);
        if (!comma)
            return NULL;
        at = comma + 1;
    }
}

/* --- the list -------------------------------------------------------------------------------- */

/* Takes `keyword="value"` from the front. */
static bool take_option(struct piece *rest, struct piece *keyword, struct piece *value)
{
    const char *end = rest->bytes + rest->length;
    const char *equals = memchr(rest->bytes, '=', rest->length);

    if (!equals || equals + 1 == end || equals[1] != '"')
        return false;
    const char *start = equals + 2;
    const char *quote = memchr(start, '"', (size_t)(end - start));
    if (!quote || memchr(start, '\\', (size_t)(quote - start)))
        return false;
    *keyword = (struct piece){rest->bytes, (size_t)(equals - rest->bytes)};
    *value = (struct piece){start, (size_t)(quote - start)};
    *rest = (struct piece){quote + 1, (size_t)(end - quote - 1)};
    return true;
}

static const char *read_option(struct arena *arena, struct piece keyword, struct piece value,
                               struct signer *signer)
{
    if (is(keyword, "namespaces"))
        return read_namespaces(arena, value, signer);
    if (is(keyword, "valid-after"))
        return read_time(value, &signer->has_valid_after, &signer->valid_after_unix_ms);
    if (is(keyword, "valid-before"))
        return read_time(value, &signer->has_valid_before, &signer->valid_before_unix_ms);
    return _(
        "has an option other than namespaces=, valid-after= and valid-before= (in lower case)");
}

static const char *whole_fault(const struct signer *signer)
{
    if (!signer->namespaces)
        return _("has no namespaces=\"…\": a key must say what it may sign");
    if (signer->has_valid_after && signer->has_valid_before &&
        signer->valid_before_unix_ms <= signer->valid_after_unix_ms)
        return _("has a valid-before that is not after its valid-after");
    return NULL;
}

const char *signer_options_read(struct arena *arena, const char *options, size_t length,
                                struct signer *signer)
{
    struct piece rest = {options, length}, keyword, value;

    if (length >= strlen("cert-authority") &&
        memcmp(options, "cert-authority", strlen("cert-authority")) == 0)
        return _("names a certificate authority: its holder could make approvers");
    for (;;) {
        if (!take_option(&rest, &keyword, &value))
            return _("has options that are not of the form keyword=\"value\",keyword=\"value\"");
        const char *fault = read_option(arena, keyword, value, signer);
        if (fault)
            return fault;
        if (rest.length == 0)
            return whole_fault(signer);
        if (rest.bytes[0] != ',')
            return _("has something other than a comma between its options");
        rest.bytes++;
        rest.length--;
    }
}

static void add_time(struct text *out, const char *keyword, int64_t unix_ms)
{
    char basic[RFC3339_SIZE];

    basic_time_format(unix_ms, basic); /* 20260101T030000Z */
    text_addf(out, ",%s=\"%.8s%.6sZ\"", keyword, basic, basic + 9);
}

void signer_options_add(struct text *out, const struct signer *signer)
{
    text_add(out, "namespaces=\"");
    for (size_t i = 0; i < signer->namespace_count; i++)
        text_addf(out, "%s%s", i ? "," : "", signer->namespaces[i]);
    text_add_char(out, '"');
    if (signer->has_valid_after)
        add_time(out, "valid-after", signer->valid_after_unix_ms);
    if (signer->has_valid_before)
        add_time(out, "valid-before", signer->valid_before_unix_ms);
}
