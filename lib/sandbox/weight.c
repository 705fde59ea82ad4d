#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#include "sandbox/network.h"

enum {
    URL_WEIGHT = 23, /* whatever its length: twitter-text, config v3 */
    LINK_TOKEN_LENGTH = 10,
};

/* Top-level domains that X knows for certain; with another one an address may count as plain text.
 */
static const char *const certain_domains[] = {
    "no", "com", "org", "net", "se", "dk",   "fi",  "de",
    "uk", "eu",  "is",  "fr",  "nl", "info", "int", NULL,
};

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

/* The weights of config v3: one for these ranges, two for all others. */
static unsigned code_point_weight(uint32_t c)
{
    if (c <= 4351 || (c >= 8192 && c <= 8205) || (c >= 8208 && c <= 8223) ||
        (c >= 8242 && c <= 8247))
        return 1;
    return 2;
}

/* Characters that may vanish into the one before them, in composition or in an emoji sequence. */
static bool may_join(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36f) || c == 0x200d || (c >= 0xfe00 && c <= 0xfe0f) ||
           c == 0x20e3 || (c >= 0x1f3fb && c <= 0x1f3ff) || (c >= 0xe0020 && c <= 0xe007f) ||
           (c >= 0x1161 && c <= 0x11c2) || (c >= 0x1ab0 && c <= 0x1aff) ||
           (c >= 0x1dc0 && c <= 0x1dff) || (c >= 0x20d0 && c <= 0x20ff) ||
           (c >= 0xfe20 && c <= 0xfe2f) || (c >= 0x900 && c <= 0xdff);
}

static bool is_regional(uint32_t c)
{
    return c >= 0x1f1e6 && c <= 0x1f1ff;
}

/* Takes off what X leaves out at the end of an address: punctuation, an unpaired bracket. */
static size_t url_trim(const char *url, size_t length)
{
    while (length > 0) {
        char last = url[length - 1];
        int open = 0;
        for (size_t i = 0; i < length; i++)
            open += url[i] == '(' ? 1 : url[i] == ')' ? -1 : 0;
        if (is_word(last) || strchr("=_#/+-&", last) != NULL || (last == ')' && open >= 0))
            break;
        length--;
    }
    return length;
}

/* The bytes of an address with its protocol at this place, or 0. */
static size_t url_length(const char *text, size_t at)
{
    const char *url = text + at;
    size_t scheme = strncasecmp(url, "https://", 8) == 0  ? 8
                    : strncasecmp(url, "http://", 7) == 0 ? 7
                                                          : 0;
    size_t length;

    if (scheme == 0 || (at > 0 && (is_word(text[at - 1]) || strchr("@$#", text[at - 1]) != NULL)))
        return 0;
    length = url_trim(url, scheme + strcspn(url + scheme, " \t\r\n\"<>\\^`{}"));
    return length > scheme ? length : 0;
}

static bool domain_is_certain(const char *url, size_t length)
{
    const char *host = strstr(url, "//") + 2;
    size_t host_length = strcspn(host, "/?#: \t\r\n");
    const char *dot = NULL;

    if (host + host_length > url + length)
        host_length = (size_t)(url + length - host);
    for (size_t i = 0; i < host_length; i++) {
        if (!is_word(host[i]) && host[i] != '.' && host[i] != '-')
            return false;
        if ((unsigned char)host[i] >= 0x80)
            return false;
        if (host[i] == '.')
            dot = host + i + 1;
    }
    if (dot == NULL || dot == host + host_length)
        return false;
    for (size_t i = 0; certain_domains[i] != NULL; i++) {
        size_t size = strlen(certain_domains[i]);
        if (size == (size_t)(host + host_length - dot) &&
            strncasecmp(dot, certain_domains[i], size) == 0)
            return true;
    }
    return false;
}

/* Something like kommune.no without a protocol; the bytes of the whole word, or 0. */
static size_t bare_domain_length(const char *text, size_t at)
{
    size_t length = 0;
    bool dot = false;

    if (at > 0 && is_word(text[at - 1]))
        return 0;
    while (is_word(text[at + length]) || (length > 0 && text[at + length] != '\0' &&
                                          strchr(".-_/?=&#%:~+", text[at + length]) != NULL)) {
        dot = dot || (text[at + length] == '.' && is_word(text[at + length + 1]));
        length++;
    }
    return dot ? length : 0;
}

static unsigned plain_weight(const char *text, size_t length)
{
    unsigned weight = 0;
    size_t at = 0;
    bool joined = false; /* the character before was a joiner */
    bool regional = false;

    while (at < length) {
        uint32_t c;
        size_t used = utf8_decode(text + at, length - at, &c);
        if (used == 0)
            break;
        at += used;
        if (regional && is_regional(c)) {
            regional = false;
            continue;
        }
        regional = is_regional(c);
        if (!may_join(c) && !joined)
            weight += code_point_weight(c);
        joined = c == 0x200d;
    }
    return weight;
}

unsigned sandbox_x_weight(const char *text)
{
    unsigned weight = 0;
    size_t plain = 0;
    size_t at = 0;

    while (text[at] != '\0') {
        size_t url = url_length(text, at);
        size_t length = url != 0 ? url : bare_domain_length(text, at);
        unsigned as_text;
        if (length == 0) {
            at++;
            continue;
        }
        weight += plain_weight(text + plain, at - plain);
        as_text = plain_weight(text + at, length);
        if (url != 0 && domain_is_certain(text + at, url))
            weight += URL_WEIGHT;
        else
            weight += as_text < URL_WEIGHT ? as_text : URL_WEIGHT;
        at += length;
        plain = at;
    }
    return weight + plain_weight(text + plain, at - plain);
}

static void link_add(struct text *out, const char *url, size_t length)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t hash = 14695981039346656037ULL;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)url[i]) * 1099511628211ULL;
    text_add(out, "https://t.co/");
    for (int i = 0; i < LINK_TOKEN_LENGTH; i++) {
        text_add_char(out, letters[hash % 62]);
        hash /= 62;
    }
}

void sandbox_x_wrap(struct text *out, const char *text)
{
    size_t at = 0;

    while (text[at] != '\0') {
        size_t url = url_length(text, at);
        if (url != 0) {
            link_add(out, text + at, url);
            at += url;
            continue;
        }
        if (text[at] == '&')
            text_add(out, "&amp;");
        else if (text[at] == '<')
            text_add(out, "&lt;");
        else if (text[at] == '>')
            text_add(out, "&gt;");
        else
            text_add_char(out, text[at]);
        at++;
    }
}
