#include "plan/formats.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/language.h"

enum {
    SHOWN_MAX_BYTES = 80,
    HOST_MAX_BYTES = 253, /* RFC 1035 */
    IDENTIFIER_MAX = 63,
    PHONE_DIGITS_MIN = 3,    /* 112 */
    PHONE_DIGITS_MAX = 15,   /* ITU-T E.164 */
    LANGUAGE_MAX_BYTES = 35, /* what RFC 5646, section 4.4.1 asks to allow for */
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_loopback(const char *host, size_t length)
{
    if (length == strlen("localhost") && strncasecmp(host, "localhost", length) == 0)
        return true;
    if (length == strlen("[::1]") && strncmp(host, "[::1]", length) == 0)
        return true;
    if (length < strlen("127.0.0.1") || strncmp(host, "127.", 4) != 0)
        return false;
    unsigned dots = 0, digits = 0, value = 0; /* four numbers up to 255, so that no name passes */
    for (size_t i = 0; i < length; i++) {
        if (host[i] == '.') {
            if (digits == 0)
                return false;
            dots++;
            digits = value = 0;
        } else if (is_digit(host[i]) && digits < 3) {
            digits++;
            value = value * 10 + (unsigned)(host[i] - '0');
        } else {
            return false;
        }
        if (value > 255)
            return false;
    }
    return dots == 3 && digits > 0;
}

/* The host of "host:port", its length 0 when it is not well formed. */
static size_t host_length(const char *authority, size_t length)
{
    size_t end = length;

    if (length > 0 && authority[0] == '[') {
        const char *close = memchr(authority, ']', length);
        if (!close)
            return 0;
        end = (size_t)(close - authority) + 1;
    } else {
        const char *colon = memchr(authority, ':', length);
        if (colon)
            end = (size_t)(colon - authority);
    }
    if (end == length)
        return end;
    unsigned port = 0;
    size_t digits = length - end - 1;
    for (size_t i = end + 1; i < length; i++) {
        if (authority[end] != ':' || !is_digit(authority[i]) || digits > 5)
            return 0;
        port = port * 10 + (unsigned)(authority[i] - '0');
    }
    return port >= 1 && port <= 65535 ? end : 0;
}

static bool is_host(const char *host, size_t length)
{
    if (length == 0 || length > HOST_MAX_BYTES || host[0] == '.' || host[0] == '-')
        return false;
    if (host[0] == '[') {
        for (size_t i = 1; i + 1 < length; i++)
            if (!is_digit(host[i]) && !strchr("abcdefABCDEF:.", host[i]))
                return false;
        return length > 2;
    }
    for (size_t i = 0; i < length; i++) {
        bool is_other = (unsigned char)host[i] >= 0x80; /* an internationalised name */
        if (!is_letter(host[i]) && !is_digit(host[i]) && !is_other && !strchr("-._", host[i]))
            return false;
        if (host[i] == '.' && i > 0 && host[i - 1] == '.')
            return false;
    }
    return true;
}

const char *url_fault(const char *text, enum url_use use)
{
    bool is_secure = strncasecmp(text, "https://", 8) == 0;

    if (!is_secure && strncasecmp(text, "http://", 7) != 0)
        return N_("is no web address: write 'https://…'");
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F || strchr("\"<>\\^`{|}", *c))
            return N_("holds a space or a character that web addresses do not have");
    const char *authority = text + (is_secure ? 8 : 7);
    size_t length = strcspn(authority, "/?#");
    if (memchr(authority, '@', length))
        return N_("holds a user name: write the address without it");
    size_t host = host_length(authority, length);
    if (!is_host(authority, host))
        return N_("has no valid host name: write 'https://host/…'");
    if (use == URL_ENDPOINT && !is_secure && !is_loopback(authority, host))
        return N_("is not encrypted: write 'https://…' ('http://' is for loopback addresses only)");
    return NULL;
}

const char *phone_fault(const char *text)
{
    static const char fault[] =
        N_("is no telephone number: write 3 to 15 digits, with spaces, '-' or a '+' before them");
    size_t digits = 0;

    for (const char *c = text; *c; c++) {
        if (is_digit(*c))
            digits++;
        else if (!strchr(" -()", *c) && !(*c == '+' && c == text))
            return fault;
    }
    if (digits < PHONE_DIGITS_MIN || digits > PHONE_DIGITS_MAX)
        return fault;
    return NULL;
}

/* RFC 5646, section 2.1, by shape: a language of 2, 3 or 5 to 8 letters, then parts of 1 to 8
 * letters and digits. */
const char *language_fault(const char *text)
{
    static const char fault[] =
        N_("is no language tag: write a BCP 47 tag such as 'nb', 'se' or 'en'");
    size_t part = 0, parts = 0;

    if (strlen(text) > LANGUAGE_MAX_BYTES)
        return fault;
    for (const char *c = text;; c++) {
        if (*c == '-' || *c == '\0') {
            if (part == 0 || part > 8 || (parts == 0 && (part == 1 || part == 4)))
                return fault;
            parts++;
            part = 0;
            if (*c == '\0')
                return NULL;
        } else if (is_letter(*c) || (is_digit(*c) && parts > 0)) {
            part++;
        } else {
            return fault;
        }
    }
}

const char *identifier_fault(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > IDENTIFIER_MAX)
        return N_("is not 1 to 63 characters long");
    if (text[0] == '-')
        return N_("begins with '-'");
    for (const char *c = text; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !is_digit(*c) && *c != '-')
            return N_("holds something other than a-z, 0-9 and '-'");
    return NULL;
}

const char *number_fault(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || length > IDENTIFIER_MAX)
        return N_("is not 1 to 63 characters long");
    if (!is_letter(text[0]) && !is_digit(text[0]))
        return N_("does not begin with a letter or digit");
    for (const char *c = text; *c; c++)
        if (!is_letter(*c) && !is_digit(*c) && !strchr("._-", *c))
            return N_("holds something other than letters, digits, '.', '_' and '-'");
    if (strcmp(text, N_("all")) == 0)
        return N_("is a word of select expressions: choose another id");
    return NULL;
}

const char *shown(struct arena *arena, const char *text)
{
    size_t length = strcspn(text, "\n\t");
    bool is_cut = text[length] != '\0';

    if (length > SHOWN_MAX_BYTES) {
        length = SHOWN_MAX_BYTES;
        is_cut = true;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    return arena_printf(arena, "%.*s%s", (int)length, text, is_cut ? "…" : "");
}
