/* What http_client.c (connections, sockets), http_host.c (hosts) and http_exchange.c (one request)
 * share. */
#ifndef CRISIS_NET_HTTP_INTERNAL_H
#define CRISIS_NET_HTTP_INTERNAL_H

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <uv.h>

#include "base/text.h"

#include "net/http_client.h"

/* Of connections to a host libcurl has one number for all. With HTTP/1.1 it is how many requests a
 * host gets at once; with HTTP/2 it is the ceiling for a server that takes few requests on each:
 * libcurl opens another for every request that finds no room. */
enum {
    HTTP_CONNECTIONS_PER_HOST = 16,
    HTTP2_REQUESTS_PER_HOST = 1000,
    HTTP_SOCKETS_REMEMBERED = 4,
    HTTP_HOST_BUCKETS = 1024,
    HTTP_HANDLES_IDLE_MAX = 4096,
};

/* No smaller than a frame of HTTP/2: with 4 KiB, torture has seen sends end with damaged memory
 * when answers broke off (libcurl 7.88; why is not known), and none with 16. */
#define DOWNLOAD_BUFFER_BYTES 16384L
#define UPLOAD_BUFFER_BYTES 16384L

struct host {
    char *origin;
    enum host_protocol protocol;
    int64_t certified_until_unix_ms; /* 0: not known */
    bool is_trusted;                 /* whatever addresses it has: the policy names its origin */
    struct http_exchange *ahead;     /* opens a connection before there is a request */
    struct http_exchange *waiting;   /* for that, the last first */
    struct host *next;               /* in the bucket */
    struct host *next_unknown;       /* in the list of those to announce */
};

struct http_hosts {
    struct host *buckets[HTTP_HOST_BUCKETS];
    struct host *to_announce;
    void (*on_known)(void *context, const char *origin);
    void *context;
};

struct http_exchange {
    struct http_client *client;
    struct host *host;
    CURL *easy;
    struct curl_slist *headers;
    struct text body; /* secret; what is sent, then the file, then the tail */
    const void *file; /* the sender's */
    size_t file_size_bytes;
    struct text tail;
    size_t size_bytes, sent_bytes; /* of the three */
    struct text reply_headers, reply_body;
    http_done *done;
    void *context;
    bool sent;             /* libcurl began to write the request */
    bool head_is_final;    /* the status line was not one of a 1xx answer */
    bool head_ended;       /* the empty line after the final headers came */
    size_t head_bytes;     /* of all headers, those of 1xx answers and trailers too */
    const char *fault;     /* why we ended it ourselves; NULL: we did not */
    bool opened;           /* a socket was opened for it */
    bool is_stale;         /* the kept connection that it got is closed: it has not been sent */
    bool leaves_no_secret; /* the request's word */
    bool connects_only;    /* there is no request: the connection is for a later one */
    intptr_t sockets[HTTP_SOCKETS_REMEMBERED]; /* the last that were opened for it, plus one */
    size_t socket_count;
    const char *forbidden; /* the kind of an internal address that was kept from it; NULL: none */
    char forbidden_address[ADDRESS_TEXT_SIZE];
    char curl_message[CURL_ERROR_SIZE];
    struct http_exchange *previous, *next; /* of those under way */
    struct http_exchange *next_ended;      /* of those that libcurl is through with */
    CURLcode result;                       /* of one of these */
    struct http_exchange *next_waiting;    /* for the host's connection ahead */
    struct http_exchange *next_upload;     /* of those whose body may have left */
    struct http_exchange **upload_place;   /* what points at it there; NULL: it is none */
    int64_t began_ms;                      /* monotonic */
};

struct http_handles {
    CURL *idle[HTTP_HANDLES_IDLE_MAX];
    size_t count;
};

struct http_uploads {
    struct http_exchange *first;
};

/* --- http_client.c --------------------------------------------------------------------------- */
const char *http_client_ca_path(const struct http_client *client);
int64_t http_client_connect_timeout_ms(const struct http_client *client);
int64_t http_client_request_timeout_ms(const struct http_client *client);
size_t http_client_reply_body_max_bytes(const struct http_client *client);
const struct address_policy *http_client_policy(const struct http_client *client);
struct http_hosts *http_client_hosts(const struct http_client *client);
struct http_uploads *http_client_uploads(struct http_client *client);

/* --- http_host.c ----------------------------------------------------------------------------- */
/* Makes it where it is not met yet. */
struct host *http_host_get(struct http_client *client, const char *origin);
void http_host_seen(struct http_client *client, struct host *host, enum host_protocol protocol,
                    int64_t certified_until_unix_ms);
/* Tells of those that were seen, outside libcurl's callbacks, where new requests may be added. */
void http_hosts_announce(struct http_hosts *hosts);
void http_hosts_free(struct http_hosts *hosts);

/* --- http_handles.c -------------------------------------------------------------------------- */
CURL *http_handles_take(struct http_handles *handles);
/* is_clean: what it carried has left no secret in it. */
void http_handles_give_back(struct http_handles *handles, CURL *easy, bool is_clean);
void http_handles_free(struct http_handles *handles);

/* --- http_kept.c ----------------------------------------------------------------------------- */
void http_kept_init(void); /* may be called again */
/* Its connection stands, and is new: which of its sockets that is. */
void http_kept_remember(struct http_exchange *exchange, int local_port);
/* Whether the kept connection of HTTP/1.1 that it got is still there. */
bool http_kept_stands(const struct http_exchange *exchange);

/* --- http_certificates.c --------------------------------------------------------------------- */
/* A descriptor of a file in memory with all authorities; `ca_file` may be NULL. -1 with the error.
 */
int http_certificates_gather(const char *ca_file, struct error *error);

/* --- http_exchange.c ------------------------------------------------------------------------- */
struct http_exchange *http_exchange_new(struct http_client *client, struct host *host, CURL *easy,
                                        struct http_request *request);
/* One without a request: it is over when the connection stands, which is kept. */
struct http_exchange *http_exchange_new_to_connect(struct http_client *client, struct host *host,
                                                   CURL *easy);
/* By what is known of its host when it is handed to libcurl. */
void http_exchange_choose_protocol(struct http_exchange *exchange);
/* Its kept connection was closed, and nothing was sent: it is to get a new one. */
void http_exchange_begin_again(struct http_exchange *exchange);
/* The TLS of its connection, within a call of libcurl's. NULL: none. */
SSL *http_session_of(CURL *easy);
/* Tells the caller how it ended. */
void http_exchange_finish(struct http_exchange *exchange, CURLcode result);
void http_exchange_free(struct http_exchange *exchange); /* not its easy handle */

/* --- http_upload.c --------------------------------------------------------------------------- */
/* libcurl has read the last of its body. */
void http_upload_was_read(struct http_exchange *exchange);
/* Gives back the memory of bodies that have left. Outside libcurl's callbacks. */
void http_uploads_let_go(struct http_uploads *uploads);
void http_upload_forget(struct http_exchange *exchange);

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
