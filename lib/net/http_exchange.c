#include "net/http_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/ssl.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/secret.h"
#include "wire/http_message.h"

#include "net/loop.h"

/* --- what libcurl calls while a request is under way ----------------------------------------- */

static size_t on_read(char *buffer, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    size_t left = exchange->body.length - exchange->body_offset;
    size_t take = size * count < left ? size * count : left;
    memcpy(buffer, exchange->body.bytes + exchange->body_offset, take);
    exchange->body_offset += take;
    return take;
}

/* Refusing to rewind is what keeps libcurl from sending the request a second time. */
static int refuse_seek(void *context, curl_off_t offset, int origin)
{
    (void)context;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    text_add_bytes(&exchange->reply_body, bytes, size * count);
    if (exchange->reply_body.overflowed)
        exchange->oversized = true;
    return exchange->oversized ? 0 : size * count; /* 0 ends the transfer */
}

static size_t on_header(char *line, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    size_t length = size * count;
    size_t end = length;
    while (end > 0 && (line[end - 1] == '\r' || line[end - 1] == '\n'))
        end--;
    if (end >= 5 && strncmp(line, "HTTP/", 5) == 0) {
        text_reset(&exchange->reply_headers); /* a 1xx answer came before */
        exchange->head_ended = false;
        return length;
    }
    if (end == 0)
        exchange->head_ended = true;
    const char *colon = memchr(line, ':', end);
    if (!colon)
        return length;
    size_t name_length = (size_t)(colon - line);
    for (size_t i = 0; i < name_length; i++) {
        char c = line[i];
        text_add_char(&exchange->reply_headers, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
    }
    const char *value = colon + 1;
    while (value < line + end && (*value == ' ' || *value == '\t'))
        value++;
    text_add(&exchange->reply_headers, ": ");
    text_add_bytes(&exchange->reply_headers, value, (size_t)(line + end - value));
    text_add_char(&exchange->reply_headers, '\n');
    if (exchange->reply_headers.overflowed)
        exchange->oversized = true;
    return exchange->oversized ? 0 : length;
}

static enum host_protocol protocol_of(CURL *easy)
{
    struct curl_tlssessioninfo *session = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session ||
        session->backend != CURLSSLBACKEND_OPENSSL || !session->internals)
        return HOST_HTTP1; /* no TLS: no HTTP/2 */
    const unsigned char *name = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(session->internals, &name, &length);
    return length == 2 && memcmp(name, "h2", 2) == 0 ? HOST_HTTP2 : HOST_HTTP1;
}

/* The connection stands and the request is about to be written: the line between "not sent" and
 * "sent", and the earliest moment at which the protocol is known. */
static int on_connected(void *context, char *primary_ip, char *local_ip, int primary_port,
                        int local_port)
{
    (void)primary_ip;
    (void)local_ip;
    (void)primary_port;
    (void)local_port;
    struct http_exchange *exchange = context;
    exchange->sent = true;
    if (exchange->host->protocol == HOST_UNKNOWN)
        http_client_host_seen(exchange->client, exchange->host, protocol_of(exchange->easy));
    return CURL_PREREQFUNC_OK;
}

/* --- setting up ------------------------------------------------------------------------------ */

static void add_headers(struct http_exchange *exchange, const struct http_request *request)
{
    struct text line;
    text_init_secret(&line, REQUEST_HEADERS_MAX_BYTES);
    for (const char *at = request->headers.bytes; *at;) {
        size_t length = strcspn(at, "\n");
        text_reset(&line);
        text_add_bytes(&line, at, length);
        struct curl_slist *longer = curl_slist_append(exchange->headers, line.bytes);
        if (!longer)
            memory_exhausted();
        exchange->headers = longer;
        at += length;
        at += *at == '\n';
    }
    text_release(&line);
    /* Waiting for "100 Continue" would cost a round trip and opens one more way to doubt. */
    struct curl_slist *longer = curl_slist_append(exchange->headers, "Expect:");
    if (!longer)
        memory_exhausted();
    exchange->headers = longer;
}

static void set_method(struct http_exchange *exchange, const struct http_request *request)
{
    CURL *easy = exchange->easy;

    if (request->method == HTTP_GET) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else if (request->body.length > 0) {
        text_add_bytes(&exchange->body, request->body.bytes, request->body.length);
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body.length);
        if (request->effect == EFFECT_ONCE) {
            curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
            curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
            curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, refuse_seek);
        } else {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, exchange->body.bytes);
        }
    } else if (request->method != HTTP_DELETE) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)0);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    }
    if (request->method == HTTP_PUT || request->method == HTTP_DELETE)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http_method_name(request->method));
    /* Without a body there is nothing to refuse to rewind: a connection that was never used is not
     * subject to libcurl's second try. */
    if (request->effect == EFFECT_ONCE && request->body.length == 0)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

static void set_connection(struct http_exchange *exchange, const struct http_request *request,
                           bool http1)
{
    CURL *easy = exchange->easy;
    const struct http_client *client = exchange->client;

    curl_easy_setopt(easy, CURLOPT_URL, request->url.bytes);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, http1 ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    if (url_is_loopback(request->url.bytes))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_CAINFO, http_client_ca_path(client));
    /* Debian's default CAPATH keeps libcurl from caching the parsed CA store: 45 ms of CPU for each
     * new connection instead of 1.6. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http_client_connect_timeout_ms(client));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)http_client_request_timeout_ms(client));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "crisis/" CRISIS_VERSION);
}

struct http_exchange *http_exchange_new(struct http_client *client, struct host *host, CURL *easy,
                                        const struct http_request *request)
{
    struct http_exchange *exchange = memory_alloc(sizeof(*exchange));
    exchange->client = client;
    exchange->host = host;
    exchange->easy = easy;
    text_init_secret(&exchange->body, REQUEST_BODY_MAX_BYTES);
    text_init(&exchange->reply_headers, REPLY_HEADERS_MAX_BYTES);
    text_init(&exchange->reply_body, http_client_reply_body_max_bytes(client));

    set_connection(exchange, request, host->protocol == HOST_HTTP1);
    set_method(exchange, request);
    add_headers(exchange, request);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->curl_message);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    return exchange;
}

/* --- how it ended ---------------------------------------------------------------------------- */

static bool is_untrusted(CURLcode result)
{
    return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_ISSUER_ERROR ||
           result == CURLE_SSL_CACERT_BADFILE || result == CURLE_SSL_INVALIDCERTSTATUS;
}

static void describe(const struct http_exchange *exchange, CURLcode result,
                     struct http_failure *failure)
{
    const char *words =
        exchange->curl_message[0] ? exchange->curl_message : curl_easy_strerror(result);

    failure->kind = exchange->sent ? HTTP_NO_ANSWER : HTTP_NOT_SENT;
    failure->tls_untrusted = is_untrusted(result);
    if (exchange->oversized)
        words = "the answer is larger than any that is expected";
    else if (result == CURLE_SEND_FAIL_REWIND || result == CURLE_GOT_NOTHING)
        words = "the connection was closed without an answer";
    else if (result == CURLE_OK)
        words = "the connection was closed in the middle of an answer";
    else if (result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR)
        words = "the connection broke off before an answer came";
    else if (failure->tls_untrusted)
        words = "the server's certificate is not trusted";
    snprintf(failure->message, sizeof(failure->message), "%s", words);
}

void http_exchange_finish(struct http_exchange *exchange, CURLcode result)
{
    long status = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    /* A connection that closes in the middle of the headers is a whole reply for libcurl 7.88. */
    if (result == CURLE_OK && status >= 100 && status <= 999 && exchange->head_ended) {
        struct http_reply reply = {
            .status = (int)status,
            .headers = exchange->reply_headers.bytes,
            .body = exchange->reply_body.bytes,
            .body_size = exchange->reply_body.length,
            .received_unix_ms = clock_unix_ms(),
        };
        exchange->done(exchange->context, &reply, NULL);
        return;
    }
    struct http_failure failure = {0};
    describe(exchange, result, &failure);
    exchange->done(exchange->context, NULL, &failure);
}

void http_exchange_free(struct http_exchange *exchange)
{
    for (struct curl_slist *line = exchange->headers; line; line = line->next)
        secret_wipe(line->data, strlen(line->data));
    curl_slist_free_all(exchange->headers);
    text_release(&exchange->body);
    text_release(&exchange->reply_headers);
    text_release(&exchange->reply_body);
    memory_free(exchange);
}
