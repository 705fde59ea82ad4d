/* What http_client.c (connections, sockets, hosts) and http_exchange.c (one request) share. */
#ifndef CRISIS_NET_HTTP_INTERNAL_H
#define CRISIS_NET_HTTP_INTERNAL_H

#include <curl/curl.h>
#include <uv.h>

#include "base/text.h"

#include "net/http_client.h"

/*
 * Two lanes, a curl multi handle each, since the right number of connections to a host depends on
 * its protocol and libcurl has one number for all: with HTTP/2 a few connections carry everything
 * (and libcurl would open one for each request that finds no free stream), with HTTP/1.1 each
 * request needs its own.
 */
enum lane_kind { LANE_HTTP2, LANE_HTTP1, LANE_COUNT };

struct lane {
    struct http_client *client;
    CURLM *multi;
    uv_timer_t timer;
};

struct host {
    char *origin;
    enum host_protocol protocol;
    struct host *next;         /* in the bucket */
    struct host *next_unknown; /* in the list of those to announce */
};

struct http_exchange {
    struct http_client *client;
    struct lane *lane;
    struct host *host;
    CURL *easy;
    struct curl_slist *headers;
    struct text body; /* secret; what is sent */
    size_t body_offset;
    struct text reply_headers, reply_body;
    http_done *done;
    void *context;
    bool sent;       /* libcurl began to write the request */
    bool head_ended; /* the empty line after the headers came */
    bool oversized;  /* the reply passed a ceiling */
    char curl_message[CURL_ERROR_SIZE];
    struct http_exchange *previous, *next; /* of those under way */
};

/* --- http_client.c --------------------------------------------------------------------------- */
const char *http_client_ca_path(const struct http_client *client);
int64_t http_client_connect_timeout_ms(const struct http_client *client);
int64_t http_client_request_timeout_ms(const struct http_client *client);
size_t http_client_reply_body_max_bytes(const struct http_client *client);
void http_client_host_seen(struct http_client *client, struct host *host,
                           enum host_protocol protocol);

/* --- http_exchange.c ------------------------------------------------------------------------- */
struct http_exchange *http_exchange_new(struct http_client *client, struct host *host, CURL *easy,
                                        const struct http_request *request);
/* Tells the caller how it ended. */
void http_exchange_finish(struct http_exchange *exchange, CURLcode result);
void http_exchange_free(struct http_exchange *exchange); /* not its easy handle */

#endif
