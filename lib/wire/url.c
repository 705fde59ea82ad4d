#include "wire/http_message.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>

#include "base/limits.h"

#include "wire/address.h"

enum { HOST_MAX_BYTES = 253, LABEL_MAX_BYTES = 63 };

/* An absolute http or https URL taken apart, strictly: what is in doubt is no URL here, because
 * another reader (the HTTP client, a resolver) may understand it otherwise. */
struct url_parts {
    bool is_https;
    bool is_ipv6;
    char host[HOST_MAX_BYTES + 1]; /* as written; an IPv6 address without its brackets */
    unsigned port;                 /* the scheme's own when none is written */
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static bool is_alnum(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* RFC 3986: the characters of a URL, and whole %-escapes. No '#': a fragment has no meaning to a
 * server. */
static bool has_url_characters(const char *url)
{
    for (const char *at = url; *at; at++) {
        if (*at == '%' && (!is_hex(at[1]) || !is_hex(at[2])))
            return false;
        if (!is_alnum(*at) && !strchr("-._~%:/?[]@!$&'()*+,;=", *at))
            return false;
    }
    return true;
}

/* Does a resolver take this label for a number, as in 127.1, 2130706433 or 0x7f000001? */
static bool is_number_label(const char *label)
{
    if (label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
        return label[2 + strspn(label + 2, "0123456789abcdefABCDEF")] == '\0';
    return label[0] != '\0' && label[strspn(label, "0123456789")] == '\0';
}

/* Four decimal numbers of 0-255 without leading zeros. */
static bool is_dotted_quad(const char *host)
{
    for (int i = 0; i < 4; i++) {
        size_t digits = strspn(host, "0123456789");
        unsigned value = 0;
        if (digits < 1 || digits > 3 || (digits > 1 && host[0] == '0'))
            return false;
        for (size_t d = 0; d < digits; d++)
            value = value * 10 + (unsigned)(host[d] - '0');
        host += digits;
        if (value > 255 || *host != (i < 3 ? '.' : '\0'))
            return false;
        host += i < 3 ? 1 : 0;
    }
    return true;
}

/* Labels of letters, digits, '-' and '_', none of them empty (so no dot at the end). */
static bool is_host_name(const char *host)
{
    const char *label = host;
    for (;;) {
        size_t length = strcspn(label, ".");
        if (length < 1 || length > LABEL_MAX_BYTES || label[0] == '-' || label[length - 1] == '-')
            return false;
        for (size_t i = 0; i < length; i++)
            if (!is_alnum(label[i]) && label[i] != '-' && label[i] != '_')
                return false;
        if (label[length] == '\0')
            break;
        label += length + 1;
    }
    return !is_number_label(label) || is_dotted_quad(host);
}

static bool is_ipv6(const char *host)
{
    struct in6_addr address;
    return inet_pton(AF_INET6, host, &address) == 1;
}

/* ":8443", or nothing. */
static bool parse_port(const char *at, const char *end, unsigned *port)
{
    if (at == end)
        return true;
    if (*at != ':' || end - at < 2 || end - at > 6 || at[1] == '0')
        return false;
    *port = 0;
    for (at++; at < end; at++) {
        if (!is_digit(*at))
            return false;
        *port = *port * 10 + (unsigned)(*at - '0');
    }
    return *port <= 65535;
}

static bool parse(const char *url, struct url_parts *out)
{
    const char *host;

    if (strnlen(url, URL_MAX_BYTES + 1) > URL_MAX_BYTES || !has_url_characters(url))
        return false;
    if (strncasecmp(url, "https://", 8) == 0)
        *out = (struct url_parts){.is_https = true, .port = 443};
    else if (strncasecmp(url, "http://", 7) == 0)
        *out = (struct url_parts){.is_https = false, .port = 80};
    else
        return false;
    host = url + (out->is_https ? 8 : 7);

    const char *end = host + strcspn(host, "/?");
    if (memchr(host, '@', (size_t)(end - host)))
        return false;
    out->is_ipv6 = *host == '[';
    host += out->is_ipv6 ? 1 : 0;
    size_t length = strcspn(host, out->is_ipv6 ? "]/?" : ":/?");
    if (length > HOST_MAX_BYTES || (out->is_ipv6 && host[length] != ']'))
        return false;
    memcpy(out->host, host, length);
    out->host[length] = '\0';
    if (!(out->is_ipv6 ? is_ipv6(out->host) : is_host_name(out->host)))
        return false;
    if (memchr(end, '[', strlen(end)) || memchr(end, ']', strlen(end)))
        return false;
    return parse_port(host + length + (out->is_ipv6 ? 1 : 0), end, &out->port);
}

/* Exactly the names and numbers that never leave this machine, as written: no other spelling. */
static bool is_loopback(const struct url_parts *parts)
{
    static const char name[] = "localhost";
    const char *host = parts->host;
    size_t length = strlen(host);
    size_t name_length = sizeof(name) - 1;

    if (parts->is_ipv6)
        return strcmp(host, "::1") == 0;
    if (is_dotted_quad(host))
        return strncmp(host, "127.", 4) == 0;
    if (strcmp(host, name) == 0)
        return true;
    return length > name_length + 1 && host[length - name_length - 1] == '.' &&
           strcmp(host + length - name_length, name) == 0;
}

bool url_is_acceptable(const char *url)
{
    struct url_parts parts;
    return parse(url, &parts) && (parts.is_https || is_loopback(&parts));
}

bool url_is_loopback(const char *url)
{
    struct url_parts parts;
    return parse(url, &parts) && is_loopback(&parts);
}

bool url_address(const char *url, struct address *out)
{
    struct url_parts parts;
    if (!parse(url, &parts))
        return false;
    return address_parse(parts.host, out) ||
           (is_loopback(&parts) && address_parse("127.0.0.1", out));
}

/* An IPv6 address can be written in many ways; this is the one that libcurl goes by. */
static bool write_ipv6_usually(char host[HOST_MAX_BYTES + 1])
{
    struct in6_addr address;
    return inet_pton(AF_INET6, host, &address) == 1 &&
           inet_ntop(AF_INET6, &address, host, HOST_MAX_BYTES + 1);
}

bool url_origin(const char *url, char *out, size_t size)
{
    struct url_parts parts;
    if (!parse(url, &parts) || (parts.is_ipv6 && !write_ipv6_usually(parts.host)))
        return false;
    for (char *at = parts.host; *at; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    int length =
        snprintf(out, size, "%s://%s%s%s:%u", parts.is_https ? "https" : "http",
                 parts.is_ipv6 ? "[" : "", parts.host, parts.is_ipv6 ? "]" : "", parts.port);
    return length > 0 && (size_t)length < size;
}
