/* Gathers an answer as its bytes come, and ends what no honest server sends: one that is larger
 * than its ceiling, or compressed in a way that was not asked for. Nothing here believes a length
 * that the server states. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/language.h"
#include "base/limits.h"

#include "net/http_internal.h"

const char http_answer_too_large[] = N_("the answer is larger than any that is expected");
static const char compressed[] = N_("the answer is compressed, which was not asked for");

/* The connection goes too, or the rest of the answer would be in the way of the next request: with
 * HTTP/2 libcurl would only close the stream. */
static void refuse(struct http_exchange *exchange, const char *fault)
{
    exchange->fault = fault;
    curl_easy_setopt(exchange->easy, CURLOPT_FORBID_REUSE, 1L);
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    text_add_bytes(&exchange->reply_body, bytes, size * count);
    if (exchange->reply_body.overflowed)
        refuse(exchange, http_answer_too_large);
    return exchange->fault ? 0 : size * count; /* 0 ends the transfer */
}

/* --- the head -------------------------------------------------------------------------------- */

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* RFC 9110, 5.1 and 5.5: a name is a token, and a value holds no control characters. */
static bool is_field(const char *line, size_t name_length, size_t length)
{
    for (size_t i = 0; i < name_length; i++)
        if (!is_token_char(line[i]))
            return false;
    for (size_t i = name_length; i < length; i++)
        if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
            return false;
    return name_length > 0;
}

static bool is_named(const char *line, size_t name_length, const char *name)
{
    return strlen(name) == name_length && strncasecmp(line, name, name_length) == 0;
}

/* "HTTP/1.1 200 OK", "HTTP/2 200": a 1xx answer comes before the one that counts. */
static void begin_head(struct http_exchange *exchange, const char *line, size_t length)
{
    const char *space = memchr(line, ' ', length);

    text_reset(&exchange->reply_headers);
    exchange->head_is_final = !space || line + length - space < 2 || space[1] != '1';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void add_field(struct http_exchange *exchange, const char *line, size_t name_length,
                      size_t length)
{
    struct text *headers = &exchange->reply_headers;
    size_t start = name_length + 1;

    while (start < length && is_blank(line[start]))
        start++;
    while (length > start && is_blank(line[length - 1]))
        length--;
    size_t name = headers->length;
    text_add_bytes(headers, line, name_length);
    for (size_t i = name; i < headers->length; i++)
        if (headers->bytes[i] >= 'A' && headers->bytes[i] <= 'Z')
            headers->bytes[i] = (char)(headers->bytes[i] + 32);
    text_add(headers, ": ");
    text_add_bytes(headers, line + start, length - start);
    text_add_char(headers, '\n');
    /* libcurl would unpack it by itself. */
    if (is_named(line, name_length, "transfer-encoding") &&
        !is_named(line + start, length - start, "chunked"))
        refuse(exchange, compressed);
}

/* Lines that are no fields are left out. So are trailers: what they say would be taken for a
 * header. */
static void take_line(struct http_exchange *exchange, const char *line, size_t length)
{
    if (exchange->head_ended)
        return;
    if (length >= 5 && strncmp(line, "HTTP/", 5) == 0) {
        begin_head(exchange, line, length);
        return;
    }
    if (length == 0)
        exchange->head_ended = exchange->head_is_final;
    const char *colon = memchr(line, ':', length);
    if (colon && is_field(line, (size_t)(colon - line), length))
        add_field(exchange, line, (size_t)(colon - line), length);
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    size_t length = size * count;
    size_t end = length;

    while (end > 0 && (line[end - 1] == '\r' || line[end - 1] == '\n'))
        end--;
    take_line(exchange, line, end);
    exchange->head_bytes += length;
    if (exchange->head_bytes > REPLY_HEADERS_MAX_BYTES || exchange->reply_headers.overflowed)
        refuse(exchange, http_answer_too_large);
    return exchange->fault ? 0 : length;
}

void http_answer_gather(struct http_exchange *exchange)
{
    curl_easy_setopt(exchange->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(exchange->easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(exchange->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(exchange->easy, CURLOPT_HEADERDATA, exchange);
}
