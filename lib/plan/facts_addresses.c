/* Web and e-mail addresses. */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "count/domain.h"

#include "plan/facts_parts.h"

enum {
    TLD_MAX_BYTES = 24,
    LOCAL_MAX_BYTES = 64, /* RFC 5321, section 4.5.3.1.1 */
    HOST_MAX_BYTES = 253, /* RFC 1035 */
};

static const char *in_small_letters(struct arena *arena, const char *at, size_t length)
{
    char *copy = arena_strndup(arena, at, length);

    for (char *c = copy; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + 'a' - 'A');
    return copy;
}

static bool is_language_part(const char *part, size_t length)
{
    static const char *const tags[] = {
        "nb",  "nn",   "no",      "en",    "se",      "sv",     "da",     "fi",      "de",  "sma",
        "smj", "sami", "english", "norsk", "engelsk", "samisk", "bokmal", "nynorsk", "eng", "nor"};

    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        if (strlen(tags[i]) == length && strncasecmp(part, tags[i], length) == 0)
            return true;
    return false;
}

static bool has_language_part(const char *path)
{
    for (const char *part = path; *part;) {
        part += strspn(part, "/?=&#");
        size_t length = strcspn(part, "/?=&#");
        if (is_language_part(part, length))
            return true;
        part += length;
    }
    return false;
}

void facts_add_address(struct arena *arena, struct facts *facts, const char *at, size_t length)
{
    const char *address = in_small_letters(arena, at, length);
    const char *scheme = strstr(address, "://");

    address = scheme ? scheme + strlen("://") : address;
    address += strncmp(address, "www.", 4) == 0 ? 4 : 0;
    size_t end = strlen(address);
    while (end > 0 && address[end - 1] == '/')
        end--;
    address = arena_strndup(arena, address, end);
    size_t label = strcspn(address, "./?#"), host = strcspn(address, "/?#");
    bool is_subdomain = label < host && is_language_part(address, label) &&
                        memchr(address + label + 1, '.', host - label - 1);
    address += is_subdomain ? label + 1 : 0;
    host -= is_subdomain ? label + 1 : 0;
    const char *page = arena_printf(arena, "//%s", address);
    if (is_subdomain || has_language_part(address + host))
        facts_add_piece(facts, at, length, arena_printf(arena, "//%.*s/*", (int)host, address),
                        page);
    else
        facts_add_piece(facts, at, length, page, NULL);
}

static bool is_host_byte(char byte)
{
    return fact_is_digit(byte) || (fact_is_letter(byte) && !(byte & 0x80)) || byte == '-';
}

/* Whether a name, from its last full stop on, ends as domains do. */
static bool is_domain(const char *at, size_t length)
{
    uint16_t units[TLD_MAX_BYTES];
    const char *stop = memrchr(at, '.', length);
    size_t count = stop ? length - (size_t)(stop + 1 - at) : 0;

    if (count < 2 || count > TLD_MAX_BYTES)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (stop[1 + i] < 'a' || stop[1 + i] > 'z') /* "elva.No" lacks a space, no more */
            return false;
        units[i] = (uint16_t)stop[1 + i];
    }
    return domain_match_tld(units, 0, count) == count;
}

static size_t host_length(const char *at)
{
    size_t length = 0;

    while (length <= HOST_MAX_BYTES &&
           (is_host_byte(at[length]) || (at[length] == '.' && is_host_byte(at[length + 1]))))
        length++;
    return length <= HOST_MAX_BYTES && is_domain(at, length) ? length : 0;
}

const char *facts_take_address(struct arena *arena, struct facts *facts, const char *at)
{
    size_t local = 0;

    while (local <= LOCAL_MAX_BYTES &&
           (is_host_byte(at[local]) || (at[local] && strchr("._%+", at[local]))))
        local++;
    size_t host = at[local] == '@' ? host_length(at + local + 1) : 0;
    if (local > 0 && host > 0) {
        size_t length = local + 1 + host;
        facts_add_piece(facts, at, length, in_small_letters(arena, at, length), NULL);
        return at + length;
    }
    host = host_length(at);
    if (host == 0)
        return NULL;
    size_t length = host;
    while (at[host] == '/' && at[length] > ' ' && !strchr("<>\"", at[length]))
        length++;
    while (length > host && strchr(".,;:!?)", at[length - 1]))
        length--;
    facts_add_address(arena, facts, at, length);
    return at + length;
}

/* "//helsenorge.no/en/water" reads "//helsenorge.no" followed by a slash and an asterisk first. */
bool fact_is_same_site(const struct fact *a, const struct fact *b)
{
    const char *site = a->readings[0];
    size_t host = strlen(site);

    if (strncmp(site, "//", 2) != 0 || strcmp(site + host - 1, "*") != 0)
        return false;
    host -= 2;
    return strncmp(site, b->readings[0], host) == 0 &&
           (b->readings[0][host] == '\0' || strchr("/?#", b->readings[0][host]));
}
