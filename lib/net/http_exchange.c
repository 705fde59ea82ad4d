#include "net/http_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/ssl.h>

#include "base/language.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/secret.h"
#include "model/failure_forms.h"
#include "wire/http_message.h"

#include "net/loop.h"

enum { USUAL_HEADERS_BYTES = 500, USUAL_BODY_BYTES = 250 };

/* --- what libcurl calls while a request is under way ----------------------------------------- */

static size_t on_read(char *buffer, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    const struct {
        const void *bytes;
        size_t size_bytes;
    } pieces[] = {{exchange->body.bytes, exchange->body.length},
                  {exchange->file, exchange->file_size_bytes},
                  {exchange->tail.bytes, exchange->tail.length}};
    size_t offset = exchange->sent_bytes, taken = 0;

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        size_t room = size * count - taken;
        if (offset >= pieces[i].size_bytes) {
            offset -= pieces[i].size_bytes;
            continue;
        }
        size_t left = pieces[i].size_bytes - offset;
        size_t take = left < room ? left : room;
        memcpy(buffer + taken, (const char *)pieces[i].bytes + offset, take);
        taken += take;
        offset = 0;
        if (take < left)
            break;
    }
    exchange->sent_bytes += taken;
    if (exchange->sent_bytes == exchange->size_bytes)
        http_upload_was_read(exchange);
    return taken;
}

/* Refusing to rewind is what keeps libcurl from sending the request a second time. */
static int refuse_seek(void *context, curl_off_t offset, int origin)
{
    (void)context;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

SSL *http_session_of(CURL *easy)
{
    struct curl_tlssessioninfo *session = NULL;
    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || !session ||
        session->backend != CURLSSLBACKEND_OPENSSL)
        return NULL;
    return session->internals;
}

static enum host_protocol protocol_of(const SSL *session)
{
    const unsigned char *name = NULL;
    unsigned length = 0;
    if (!session)
        return HOST_HTTP1; /* no TLS: no HTTP/2 */
    SSL_get0_alpn_selected(session, &name, &length);
    return length == 2 && memcmp(name, "h2", 2) == 0 ? HOST_HTTP2 : HOST_HTTP1;
}

static int64_t certified_until_unix_ms(const SSL *session)
{
    const X509 *certificate = session ? SSL_get0_peer_certificate(session) : NULL;
    struct tm until = {0};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) != 1)
        return 0;
    return (int64_t)timegm(&until) * 1000;
}

/* libcurl marks a connection that a handle for connecting only opens as one that nobody else may
 * use. So it is told now, when the connection is there and was made as any other: all that is left
 * of the option then is that no request follows. */
static void stop_here(struct http_exchange *exchange)
{
    curl_easy_setopt(exchange->easy, CURLOPT_CONNECT_ONLY, 1L);
}

static void gather_writes(struct http_exchange *exchange)
{
    SSL *session = http_session_of(exchange->easy);

    http_writes_gather(http_lane_writes(exchange->lane), session, http_kept_socket(session));
}

/* The connection stands and the request is about to be written: the line between "not sent" and
 * "sent", and the earliest moment at which the protocol is known. */
static int on_connected(void *context, char *primary_ip, char *local_ip, int primary_port,
                        int local_port)
{
    (void)primary_ip;
    (void)local_ip;
    (void)primary_port;
    struct http_exchange *exchange = context;
    if (exchange->opened) {
        http_kept_remember(exchange, local_port);
    } else if (exchange->host->protocol == HOST_HTTP1 && !http_kept_stands(exchange)) {
        exchange->is_stale = true;
        return CURL_PREREQFUNC_ABORT;
    }
    if (exchange->connects_only)
        stop_here(exchange);
    else
        exchange->sent = true;
    if (exchange->host->protocol == HOST_UNKNOWN) {
        const SSL *session = http_session_of(exchange->easy);
        exchange->host->protocol = protocol_of(session);
        exchange->host->certified_until_unix_ms = certified_until_unix_ms(session);
        http_lane_met(exchange->lane, exchange->host);
    }
    if (exchange->sent && exchange->host->protocol == HOST_HTTP2)
        gather_writes(exchange);
    return CURL_PREREQFUNC_OK;
}

/* OpenSSL takes a buffer for the largest record with each piece that it writes, and gives it back
 * afterwards, to be wiped: a request fits in one of a quarter of that. */
static CURLcode set_up_tls(CURL *easy, void *context, void *trusted)
{
    enum { RECORD_MAX_BYTES = 4096 };
    (void)easy;
    SSL_CTX_set1_cert_store(context, trusted);
    return SSL_CTX_set_max_send_fragment(context, RECORD_MAX_BYTES) == 1 ? CURLE_OK
                                                                         : CURLE_SSL_CONNECT_ERROR;
}

/* --- setting up ------------------------------------------------------------------------------ */

static void add_header(struct http_exchange *exchange, const char *line)
{
    struct curl_slist *longer = curl_slist_append(exchange->headers, line);
    if (!longer)
        memory_exhausted();
    exchange->headers = longer;
}

/* The request's lines are taken apart where they stand: it is ours. */
static void add_headers(struct http_exchange *exchange, struct http_request *request)
{
    for (char *at = request->headers.bytes; *at;) {
        char *end = strchrnul(at, '\n');
        bool is_last = *end == '\0';
        *end = '\0';
        add_header(exchange, at);
        at = is_last ? end : end + 1;
    }
    /* Waiting for "100 Continue" would cost a round trip and opens one more way to doubt. */
    add_header(exchange, "Expect:");
    /* Without it a server may choose any compression (RFC 9110, 12.5.3). */
    add_header(exchange, "Accept-Encoding: identity");
}

/* A text changes hands. */
static void take_over(struct text *mine, struct text *theirs)
{
    size_t ceiling = theirs->ceiling;
    bool is_secret = theirs->secret;

    *mine = *theirs;
    text_init(theirs, ceiling);
    theirs->secret = is_secret;
}

static void set_method(struct http_exchange *exchange, struct http_request *request)
{
    CURL *easy = exchange->easy;
    size_t size_bytes = http_request_size_bytes(request);

    if (request->method == HTTP_GET) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else if (request->method == HTTP_HEAD) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (size_bytes > 0) {
        take_over(&exchange->body, &request->body);
        take_over(&exchange->tail, &request->tail);
        exchange->file = request->file;
        exchange->file_size_bytes = request->file_size_bytes;
        exchange->size_bytes = size_bytes;
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size_bytes);
        if (request->effect != EFFECT_NONE || request->file_size_bytes > 0) {
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
    if (request->effect == EFFECT_ONCE && size_bytes == 0)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

static void set_connection(struct http_exchange *exchange, const char *url)
{
    CURL *easy = exchange->easy;
    const struct http_settings *settings = http_lane_settings(exchange->lane);

    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* Nothing of the environment or of the home folder: "" is "no proxy, whatever is set". */
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* Debian's defaults: libcurl would read them, for each connection and besides ours. */
    curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)settings->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* A name is resolved in a thread of libcurl's. Given up, it would be waited for, and everybody
     * else with it: a resolver that hears nothing takes longer than we do. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)KEPT_IDLE_MAX_S);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, DOWNLOAD_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_up_tls);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, http_lane_trusted(exchange->lane));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "crisis/" CRISIS_VERSION);
}

void http_exchange_choose_protocol(struct http_exchange *exchange)
{
    bool http1 = exchange->host->protocol == HOST_HTTP1;

    curl_easy_setopt(exchange->easy, CURLOPT_HTTP_VERSION,
                     http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(exchange->easy, CURLOPT_PIPEWAIT, http1 ? 0L : 1L);
}

/* A film takes longer than a text, over a line that is slow upwards. It must not stand still for
 * longer, though. */
static void allow_time(struct http_exchange *exchange)
{
    const int64_t usual_ms = http_lane_settings(exchange->lane)->request_timeout_ms;
    const int64_t more_ms = (int64_t)(exchange->size_bytes / UPLOAD_LEAST_BYTES_PER_MS);

    exchange->timeout_ms = usual_ms + more_ms;
    curl_easy_setopt(exchange->easy, CURLOPT_TIMEOUT_MS, (long)exchange->timeout_ms);
    if (more_ms < 1000)
        return;
    curl_easy_setopt(exchange->easy, CURLOPT_LOW_SPEED_LIMIT, 1L); /* bytes a second */
    curl_easy_setopt(exchange->easy, CURLOPT_LOW_SPEED_TIME, (long)((usual_ms + 999) / 1000));
}

static struct http_exchange *make(struct http_lane *lane, struct host *host, CURL *easy,
                                  const char *url)
{
    struct http_exchange *exchange = memory_alloc(sizeof(*exchange));
    exchange->lane = lane;
    exchange->host = host;
    exchange->easy = easy;
    text_init_secret(&exchange->body, REQUEST_BODY_MAX_BYTES);
    text_init(&exchange->tail, REQUEST_TAIL_MAX_BYTES);
    text_init(&exchange->reply_headers, REPLY_HEADERS_MAX_BYTES);
    text_init(&exchange->reply_body, http_lane_settings(lane)->reply_body_max_bytes);
    text_reserve(&exchange->reply_headers, USUAL_HEADERS_BYTES);
    text_reserve(&exchange->reply_body, USUAL_BODY_BYTES);

    set_connection(exchange, url);
    http_guard_sockets(exchange);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->curl_message);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    return exchange;
}

struct http_exchange *http_exchange_new(struct http_lane *lane, struct host *host, CURL *easy,
                                        struct http_request *request)
{
    struct http_exchange *exchange = make(lane, host, easy, request->url.bytes);

    exchange->leaves_no_secret = request->leaves_no_secret;
    set_method(exchange, request);
    allow_time(exchange);
    add_headers(exchange, request);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
    http_answer_gather(exchange);
    return exchange;
}

struct http_exchange *http_exchange_new_to_connect(struct http_lane *lane, struct host *host,
                                                   CURL *easy)
{
    struct http_exchange *exchange = make(lane, host, easy, host->origin);

    exchange->connects_only = true;
    exchange->leaves_no_secret = true;
    allow_time(exchange);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_AHEAD_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, (long)KEPT_IDLE_MAX_S);
    return exchange;
}

void http_exchange_begin_again(struct http_exchange *exchange)
{
    exchange->is_stale = false;
    exchange->curl_message[0] = '\0';
    curl_easy_setopt(exchange->easy, CURLOPT_FRESH_CONNECT, 1L);
}

/* --- how it ended ---------------------------------------------------------------------------- */

static bool is_untrusted(CURLcode result)
{
    return result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_ISSUER_ERROR ||
           result == CURLE_SSL_CACERT_BADFILE || result == CURLE_SSL_INVALIDCERTSTATUS;
}

/* A certificate that is good, but not now: more often than the server's, it is our clock. */
static bool is_untimely(const struct http_exchange *exchange, CURLcode result)
{
    long verified = X509_V_OK;

    return is_untrusted(result) &&
           curl_easy_getinfo(exchange->easy, CURLINFO_SSL_VERIFYRESULT, &verified) == CURLE_OK &&
           (verified == X509_V_ERR_CERT_NOT_YET_VALID || verified == X509_V_ERR_CERT_HAS_EXPIRED);
}

static void describe(const struct http_exchange *exchange, CURLcode result,
                     struct http_failure *failure)
{
    const char *words =
        exchange->curl_message[0] ? exchange->curl_message : curl_easy_strerror(result);

    failure->kind = exchange->sent ? HTTP_NO_ANSWER : HTTP_NOT_SENT;
    failure->tls_untrusted = is_untrusted(result) && !is_untimely(exchange, result);
    failure->name_not_found = result == CURLE_COULDNT_RESOLVE_HOST;
    if (!exchange->sent && !exchange->opened && exchange->forbidden) {
        failure->kind = HTTP_NOT_ALLOWED;
        snprintf(failure->message, sizeof(failure->message), FORM_INTERNAL_ADDRESS,
                 exchange->forbidden_address, exchange->forbidden);
        return;
    }
    if (exchange->fault)
        words = exchange->fault;
    else if (exchange->sent && result == CURLE_OUT_OF_MEMORY)
        words = http_answer_too_large; /* so libcurl calls a line over a ceiling of its own */
    else if (result == CURLE_SEND_FAIL_REWIND || result == CURLE_GOT_NOTHING)
        words = N_("the connection was closed without an answer");
    else if (result == CURLE_OK)
        words = N_("the connection was closed in the middle of an answer");
    else if (result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR)
        words = N_("the connection broke off before an answer came");
    else if (is_untimely(exchange, result))
        words =
            N_("the server's certificate is not valid at this machine's time: is its clock right?");
    else if (failure->tls_untrusted)
        words = N_("the server's certificate is not trusted");
    snprintf(failure->message, sizeof(failure->message), "%s", words);
}

/* All that it said would come has come. */
static bool has_its_length(const struct http_reply *reply)
{
    char whole[24];
    size_t length = 0;
    const char *stated = http_reply_find(reply, "content-length", &length);

    snprintf(whole, sizeof(whole), "%zu", reply->body_size);
    return stated && length == strlen(whole) && memcmp(stated, whole, length) == 0 &&
           !http_reply_find(reply, "transfer-encoding", &length);
}

/* Nothing was wrong with what came. */
static bool only_ended_badly(CURLcode result)
{
    return result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR ||
           result == CURLE_HTTP2_STREAM || result == CURLE_OPERATION_TIMEDOUT;
}

/* A connection that closes in the middle of the headers is a whole reply for libcurl 7.88. A server
 * that answers before it has read the whole request, and reads no more of it, has answered for all
 * that (RFC 9112, 9.3; RFC 9113, 8.1), while libcurl only tells that it could not go on sending. */
static bool is_whole(const struct http_exchange *exchange, CURLcode result,
                     const struct http_reply *reply)
{
    if (!exchange->head_ended || reply->status < 100 || reply->status > 999)
        return false;
    return result == CURLE_OK ||
           (only_ended_badly(result) && !exchange->fault && has_its_length(reply));
}

void http_exchange_finish(struct http_exchange *exchange, CURLcode result)
{
    long status = 0;
    if (exchange->connects_only && result == CURLE_OK) {
        exchange->done(exchange->context, NULL, NULL);
        return;
    }
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    struct http_reply reply = {
        .status = (int)status,
        .headers = exchange->reply_headers.bytes,
        .body = exchange->reply_body.bytes,
        .body_size = exchange->reply_body.length,
        .received_unix_ms = clock_unix_ms(),
    };
    if (is_whole(exchange, result, &reply)) {
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
    text_release(&exchange->tail);
    text_release(&exchange->body);
    text_release(&exchange->reply_headers);
    text_release(&exchange->reply_body);
    memory_free(exchange);
}
