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

enum { HTTP1_CONNECTIONS_PER_HOST = 128, HTTP2_REQUESTS_PER_HOST = 1000 };

/* No smaller than a frame of HTTP/2: with 4 KiB, torture has seen sends end with damaged memory
 * when answers broke off (libcurl 7.88; why is not known), and none with 16. */
#define DOWNLOAD_BUFFER_BYTES 16384L
#define UPLOAD_BUFFER_BYTES 16384L

struct lane {
    struct http_client *client;
    CURLM *multi;
    uv_timer_t timer;
};

struct host {
    char *origin;
    enum host_protocol protocol;
    int64_t certified_until_unix_ms; /* 0: not known */
    bool is_trusted;                 /* whatever addresses it has: the policy names its origin */
    struct host *next;               /* in the bucket */
    struct host *next_unknown;       /* in the list of those to announce */
};

struct http_exchange {
    struct http_client *client;
    struct lane *lane;
    struct host *host;
    CURL *easy;
    struct curl_slist *headers;
    struct text body; /* secret; what is sent, then the file, then the tail */
    const void *file; /* the sender's */
    size_t file_size_bytes;
    struct text tail;
    size_t sent_bytes; /* of the three */
    struct text reply_headers, reply_body;
    http_done *done;
    void *context;
    bool sent;             /* libcurl began to write the request */
    bool head_is_final;    /* the status line was not one of a 1xx answer */
    bool head_ended;       /* the empty line after the final headers came */
    size_t head_bytes;     /* of all headers, those of 1xx answers and trailers too */
    const char *fault;     /* why we ended it ourselves; NULL: we did not */
    bool opened;           /* a socket was opened for it */
    bool leaves_no_secret; /* the request's word */
    const char *forbidden; /* the kind of an internal address that was kept from it; NULL: none */
    char forbidden_address[ADDRESS_TEXT_SIZE];
    char curl_message[CURL_ERROR_SIZE];
    struct http_exchange *previous, *next; /* of those under way */
    struct http_exchange *next_ended;      /* of those that libcurl is through with */
    CURLcode result;                       /* of one of these */
    int64_t began_ms;                      /* monotonic */
};

/* --- http_client.c --------------------------------------------------------------------------- */
const char *http_client_ca_path(const struct http_client *client);
int64_t http_client_connect_timeout_ms(const struct http_client *client);
int64_t http_client_request_timeout_ms(const struct http_client *client);
size_t http_client_reply_body_max_bytes(const struct http_client *client);
const struct address_policy *http_client_policy(const struct http_client *client);
/* NULL: not met yet. */
struct host *http_client_find_host(const struct http_client *client, const char *origin);
void http_client_host_seen(struct http_client *client, struct host *host,
                           enum host_protocol protocol, int64_t certified_until_unix_ms);

/* --- http_certificates.c --------------------------------------------------------------------- */
/* A descriptor of a file in memory with all authorities; `ca_file` may be NULL. -1 with the error.
 */
int http_certificates_gather(const char *ca_file, struct error *error);

/* --- http_exchange.c ------------------------------------------------------------------------- */
struct http_exchange *http_exchange_new(struct http_client *client, struct host *host, CURL *easy,
                                        struct http_request *request);
/* Tells the caller how it ended. */
void http_exchange_finish(struct http_exchange *exchange, CURLcode result);
/* Of what is sent after the headers. */
size_t http_exchange_size_bytes(const struct http_exchange *exchange);
void http_exchange_free(struct http_exchange *exchange); /* not its easy handle */

/* --- http_answer.c --------------------------------------------------------------------------- */
/* Has libcurl gather the answer into the exchange, up to its ceilings. */
void http_answer_gather(struct http_exchange *exchange);
extern const char http_answer_too_large[]; /* in words */

/* --- http_guard.c ---------------------------------------------------------------------------- */
/* Has libcurl ask before it opens a socket. */
void http_guard_sockets(struct http_exchange *exchange);

/* --- http_memory.c --------------------------------------------------------------------------- */
/* libcurl and its HTTP/2 library take memory from memory.h from then on, and what they give back is
 * wiped: requests pass through it. May be called again. */
void http_memory_init(void);

#endif
