#include "wire/http_message.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/limits.h"
#include "base/utf8.h"

enum { RETRY_AFTER_MAX_MS = 24 * 60 * 60 * 1000, HTTP_DATE_SIZE = 64, EXCERPT_MAX_BYTES = 200 };

const char *http_method_name(enum http_method method)
{
    switch (method) {
    case HTTP_GET:
        return "GET";
    case HTTP_HEAD:
        return "HEAD";
    case HTTP_POST:
        return "POST";
    case HTTP_PUT:
        return "PUT";
    case HTTP_DELETE:
        return "DELETE";
    }
    return "";
}

void http_request_init(struct http_request *request)
{
    request->method = HTTP_GET;
    request->effect = EFFECT_NONE;
    text_init_secret(&request->url, URL_MAX_BYTES);
    text_init_secret(&request->headers, REQUEST_HEADERS_MAX_BYTES);
    text_init_secret(&request->body, REQUEST_BODY_MAX_BYTES);
    text_init(&request->tail, REQUEST_TAIL_MAX_BYTES);
    request->file = NULL;
    request->file_size_bytes = 0;
    request->leaves_no_secret = false;
}

void http_request_release(struct http_request *request)
{
    text_release(&request->tail);
    text_release(&request->body);
    text_release(&request->headers);
    text_release(&request->url);
}

void http_request_reset(struct http_request *request, enum http_method method,
                        enum request_effect effect)
{
    request->method = method;
    request->effect = effect;
    text_reset(&request->url);
    text_reset(&request->headers);
    text_reset(&request->body);
    text_reset(&request->tail);
    request->file = NULL;
    request->file_size_bytes = 0;
    request->leaves_no_secret = false;
}

/* A token of RFC 9110 5.6.2. */
static bool is_header_name(const char *name)
{
    for (const char *at = name; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        bool is_alnum = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= 'a' && byte <= 'z');
        if (!is_alnum && !strchr("!#$%&'*+-.^_`|~", byte))
            return false;
    }
    return name[0] != '\0';
}

static bool is_header_value(const char *value)
{
    for (const char *at = value; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x20 || byte == 0x7f)
            return false;
    }
    return true;
}

void http_request_header(struct http_request *request, const char *name, const char *value)
{
    size_t before = request->headers.length;
    if (!is_header_name(name) || !is_header_value(value)) {
        request->headers.overflowed = true;
        return;
    }
    text_add(&request->headers, name);
    text_add(&request->headers, ": ");
    text_add(&request->headers, value);
    text_add_char(&request->headers, '\n');
    if (request->headers.overflowed)
        text_truncate(&request->headers, before);
}

size_t http_request_size_bytes(const struct http_request *request)
{
    return request->body.length + request->file_size_bytes + request->tail.length;
}

bool http_request_is_whole(const struct http_request *request)
{
    return !request->url.overflowed && !request->headers.overflowed && !request->body.overflowed &&
           !request->tail.overflowed && request->file_size_bytes <= REQUEST_FILE_MAX_BYTES &&
           request->url.length > 0;
}

const char *http_reply_find(const struct http_reply *reply, const char *name, size_t *length)
{
    size_t name_length = strlen(name);
    const char *line = reply->headers ? reply->headers : "";

    while (*line) {
        const char *end = strchrnul(line, '\n');
        if ((size_t)(end - line) > name_length && strncmp(line, name, name_length) == 0 &&
            line[name_length] == ':') {
            const char *value = line + name_length + 1;
            while (value < end && (*value == ' ' || *value == '\t'))
                value++;
            while (end > value && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
                end--;
            *length = (size_t)(end - value);
            return value;
        }
        line = *end ? end + 1 : end;
    }
    return NULL;
}

bool http_reply_header(const struct http_reply *reply, const char *name, char *out, size_t size)
{
    size_t length = 0;
    const char *value = http_reply_find(reply, name, &length);

    if (!value || length >= size)
        return false;
    memcpy(out, value, length);
    out[length] = '\0';
    return true;
}

static unsigned month_number(const char *name)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

    for (unsigned i = 0; i < sizeof(months) / sizeof(months[0]); i++)
        if (strcmp(months[i], name) == 0)
            return i + 1;
    return 0;
}

/* The form that servers are to use, and do: each answer has one. */
static bool fixed_date_parse(const char *date, int64_t *unix_ms)
{
    static const char form[] = "Sun, 06 Nov 1994 08:49:37 GMT";
    char month[4] = "", rfc3339[] = "1994-11-06T08:49:37Z";

    if (strlen(date) != strlen(form) || memcmp(date + 3, ", ", 2) != 0 || date[7] != ' ' ||
        date[11] != ' ' || date[16] != ' ' || strcmp(date + 25, " GMT") != 0)
        return false;
    memcpy(month, date + 8, 3);
    unsigned number = month_number(month);
    memcpy(rfc3339, date + 12, 4);
    rfc3339[5] = (char)('0' + number / 10);
    rfc3339[6] = (char)('0' + number % 10);
    memcpy(rfc3339 + 8, date + 5, 2);
    memcpy(rfc3339 + 11, date + 17, 8);
    return rfc3339_parse(rfc3339, unix_ms);
}

/* The three forms of RFC 9110 5.6.7. Two-digit years are of this century: nobody asks for a wait
 * that ended in the last one. */
static bool http_date_parse(const char *date, int64_t *unix_ms)
{
    unsigned day = 0, year = 0, hour = 0, minute = 0, second = 0;
    char month[4] = "";
    int end = 0; /* where a form that was read whole ended */

    if (fixed_date_parse(date, unix_ms))
        return true;
    /* Sun, 06 Nov 1994 08:49:37 GMT */
    bool is_read = sscanf(date, "%*3[A-Za-z], %2u %3[A-Za-z] %4u %2u:%2u:%2u GMT%n", &day, month,
                          &year, &hour, &minute, &second, &end) == 6;
    /* Sunday, 06-Nov-94 08:49:37 GMT */
    if (!is_read || end == 0) {
        is_read = sscanf(date, "%*9[A-Za-z], %2u-%3[A-Za-z]-%2u %2u:%2u:%2u GMT%n", &day, month,
                         &year, &hour, &minute, &second, &end) == 6;
        year += 2000;
    }
    /* Sun Nov  6 08:49:37 1994 */
    if (!is_read || end == 0)
        is_read = sscanf(date, "%*3[A-Za-z] %3[A-Za-z] %2u %2u:%2u:%2u %4u%n", month, &day, &hour,
                         &minute, &second, &year, &end) == 6;
    if (!is_read || end == 0 || date[end] != '\0')
        return false;
    char rfc3339[HTTP_DATE_SIZE];
    snprintf(rfc3339, sizeof(rfc3339), "%04u-%02u-%02uT%02u:%02u:%02uZ", year, month_number(month),
             day, hour, minute, second);
    return rfc3339_parse(rfc3339, unix_ms);
}

static int64_t seconds_to_wait_ms(const char *digits)
{
    int64_t ms = 0;
    for (const char *at = digits; *at; at++) {
        if (*at < '0' || *at > '9')
            return -1;
        ms = ms * 10 + (int64_t)(*at - '0') * 1000;
        if (ms > RETRY_AFTER_MAX_MS)
            ms = RETRY_AFTER_MAX_MS;
    }
    return digits[0] ? ms : -1;
}

int64_t http_reply_server_unix_ms(const struct http_reply *reply)
{
    char date[HTTP_DATE_SIZE];
    int64_t unix_ms;

    if (http_reply_header(reply, "date", date, sizeof(date)) && http_date_parse(date, &unix_ms))
        return unix_ms;
    return reply->received_unix_ms;
}

int64_t http_reply_retry_after_ms(const struct http_reply *reply)
{
    char value[HTTP_DATE_SIZE];
    int64_t until_ms;

    if (!http_reply_header(reply, "retry-after", value, sizeof(value)))
        return -1;
    int64_t wait_ms = seconds_to_wait_ms(value);
    if (wait_ms >= 0)
        return wait_ms;
    if (!http_date_parse(value, &until_ms))
        return -1;
    int64_t now_ms = http_reply_server_unix_ms(reply);
    if (until_ms <= now_ms)
        return 0;
    return until_ms - now_ms > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS : until_ms - now_ms;
}

void http_reply_excerpt(const struct http_reply *reply, char *out, size_t size)
{
    size_t most = size - 1 < EXCERPT_MAX_BYTES ? size - 1 : EXCERPT_MAX_BYTES;
    size_t length = 0;
    bool gap = false;

    for (size_t at = 0; at < reply->body_size;) {
        uint32_t code_point = 0;
        size_t used = utf8_decode(reply->body + at, reply->body_size - at, &code_point);
        bool is_blank = used && (code_point <= 0x20 || code_point == 0x7f || code_point == 0x85 ||
                                 code_point == 0xa0 || utf8_is_forbidden(code_point));
        const char *bytes = used ? reply->body + at : "?";
        size_t byte_count = used ? used : 1;

        at += byte_count;
        if (is_blank) {
            gap = length > 0;
            continue;
        }
        if (length + (gap ? 1 : 0) + byte_count > most)
            break;
        if (gap)
            out[length++] = ' ';
        gap = false;
        memcpy(out + length, bytes, byte_count);
        length += byte_count;
    }
    out[length] = '\0';
}
