/*
 * What the client is made of: http_client.c deals the hosts out to lanes. A lane (http_lane.c) is
 * libcurl on one loop, with its own connections, hosts and handles. The first runs on the caller's
 * loop; each further one has a thread and a loop of its own (http_thread.c), and shares nothing
 * with the others but the settings, which do not change.
 */
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
    HTTP2_REQUESTS_PER_HOST = 1500, /* what one processor sends in 150 ms; a quarter of what the
                                       dispatcher has under way is left to others */
    HTTP_SOCKETS_REMEMBERED = 4,
    HTTP_HOST_BUCKETS = 4096,
    HTTP_HANDLES_IDLE_MAX = 4096,
    HTTP_SPARE_BUFFERS_MAX = 16,
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
    size_t lane;                     /* for the client: who carries its requests */
    struct http_exchange *ahead;     /* opens a connection before there is a request */
    struct http_exchange *waiting;   /* for that, the last first */
    struct host *next;               /* in the bucket */
    struct host *next_unknown;       /* in the list of those to announce */
};

struct http_hosts {
    struct host *buckets[HTTP_HOST_BUCKETS];
};

/* Told when a host's protocol becomes known, outside libcurl's callbacks. */
struct http_listener {
    void (*on_known)(void *context, const char *origin, enum host_protocol protocol,
                     int64_t certified_until_unix_ms);
    void *context;
};

struct http_certificates;

/* The same for all lanes. */
struct http_settings {
    struct http_certificates *certificates;
    int64_t connect_timeout_ms, request_timeout_ms;
    size_t reply_body_max_bytes;
    const struct address_policy *policy;
};

struct http_lane;
struct http_thread;

/* One request under way. */
struct http_exchange {
    struct http_lane *lane;
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
    int64_t timeout_ms;                    /* from then on */
};

struct http_handles {
    CURL *idle[HTTP_HANDLES_IDLE_MAX];
    size_t count;
};

struct http_uploads {
    struct http_exchange *first;
};

/* Connections for which something is gathered that has not been written. */
struct http_writes {
    uv_loop_t *loop;
    struct http_written *first;
    uint64_t since_ns; /* the oldest of what is gathered */
    void *spare[HTTP_SPARE_BUFFERS_MAX];
    size_t spare_count;
};

/* libcurl's sockets: what happens to one is told to act(). */
struct http_watches {
    uv_loop_t *loop;
    CURLM *multi;
    struct http_lane *lane;
    void (*act)(struct http_lane *lane, curl_socket_t socket, int flags);
    struct watched *changed; /* those that are to be watched for something else */
};

/* --- http_lane.c ----------------------------------------------------------------------------- */
/* On the loop of the thread that calls the others. The settings live as long as it. */
struct http_lane *http_lane_new(struct loop *loop, const struct http_settings *settings,
                                const struct http_listener *listener);
/* Exchanges under way are dropped without a callback. Not from within a callback of the loop. */
void http_lane_free(struct http_lane *lane);
/* As http_client_send(), http_client_connect(), http_client_cancel_unsent() and
 * http_client_drop_all(). */
void http_lane_send(struct http_lane *lane, const char *origin, struct http_request *request,
                    http_done *done, void *context);
void http_lane_connect(struct http_lane *lane, const char *origin, http_done *done, void *context);
void http_lane_cancel_unsent(struct http_lane *lane);
void http_lane_drop_all(struct http_lane *lane);
void http_lane_limit(struct http_lane *lane, size_t connections_max);
uint64_t http_lane_connections_opened(const struct http_lane *lane);
const struct http_settings *http_lane_settings(const struct http_lane *lane);
X509_STORE *http_lane_trusted(const struct http_lane *lane);
struct http_uploads *http_lane_uploads(struct http_lane *lane);
struct http_writes *http_lane_writes(struct http_lane *lane);
/* It is met for the first time: told to the listener when libcurl has returned. */
void http_lane_met(struct http_lane *lane, struct host *host);

/* --- http_thread.c --------------------------------------------------------------------------- */
/* A lane with a thread of its own. Callbacks come on the caller's loop. NULL: there is no thread to
 * be had. */
struct http_thread *http_thread_new(struct loop *loop, const struct http_settings *settings,
                                    const struct http_listener *listener);
void http_thread_free(struct http_thread *thread);
/* As those of a lane; the request's texts are taken over, and it is as after init. */
void http_thread_send(struct http_thread *thread, const char *origin, struct http_request *request,
                      http_done *done, void *context);
void http_thread_connect(struct http_thread *thread, const char *origin, http_done *done,
                         void *context);
void http_thread_limit(struct http_thread *thread, size_t connections_max);
/* These wait for the thread, which is never long about anything. */
void http_thread_cancel_unsent(struct http_thread *thread);
void http_thread_drop_all(struct http_thread *thread);
uint64_t http_thread_connections_opened(const struct http_thread *thread);

/* --- http_host.c ----------------------------------------------------------------------------- */
/* NULL: not met yet. */
struct host *http_hosts_find(const struct http_hosts *hosts, const char *origin);
struct host *http_hosts_add(struct http_hosts *hosts, const char *origin);
void http_hosts_free(struct http_hosts *hosts);

/* --- http_handles.c -------------------------------------------------------------------------- */
CURL *http_handles_take(struct http_handles *handles);
/* is_clean: what it carried has left no secret in it. */
void http_handles_give_back(struct http_handles *handles, CURL *easy, bool is_clean);
void http_handles_free(struct http_handles *handles);

/* --- http_context.c -------------------------------------------------------------------------- */
/* What connections of a lane are made from, with what their certificates are held against. Never
 * NULL; free it. */
SSL_CTX *http_context_new(X509_STORE *trusted);
/* libcurl, on this thread, makes its connections from it until it is told NULL. */
void http_context_use(SSL_CTX *context);

/* --- http_watch.c ---------------------------------------------------------------------------- */
/* For CURLMOPT_SOCKETFUNCTION; the context is the watches. */
int http_watches_socket(CURL *easy, curl_socket_t socket, int what, void *context,
                        void *socket_context);
/* Before the loop waits: what libcurl has asked for counts from now on. */
void http_watches_apply(struct http_watches *watches);

/* --- http_writes.c --------------------------------------------------------------------------- */
void http_writes_init(void); /* may be called again */
/* A request of HTTP/2 is about to be written to that connection: what is written to it from now on
 * is gathered. A negative socket is not known, and nothing happens. */
void http_writes_gather(struct http_writes *writes, SSL *session, int socket);
/* Writes what is gathered; what a socket does not take, as soon as it does. */
void http_writes_let_go(struct http_writes *writes);
void http_writes_free(struct http_writes *writes); /* when all its connections are closed */

/* --- http_kept.c ----------------------------------------------------------------------------- */
void http_kept_init(void); /* may be called again */
/* Its connection stands, and is new: which of its sockets that is. */
void http_kept_remember(struct http_exchange *exchange, int local_port);
/* Whether the kept connection of HTTP/1.1 that it got is still there. */
bool http_kept_stands(const struct http_exchange *exchange);
/* The socket of a connection. -1: not known. */
int http_kept_socket(const SSL *session);

/* --- http_certificates.c --------------------------------------------------------------------- */
/* The system's authorities and those of `ca_file`, which may be NULL. NULL with the error. Nothing
 * changes in them: all lanes share them. */
struct http_certificates *http_certificates_new(const char *ca_file, struct error *error);
void http_certificates_free(struct http_certificates *certificates); /* NULL is fine */
/* What the TLS of one lane holds certificates against; the authorities must outlive it. Free it. */
X509_STORE *http_certificates_store(struct http_certificates *certificates);

/* --- http_exchange.c ------------------------------------------------------------------------- */
struct http_exchange *http_exchange_new(struct http_lane *lane, struct host *host, CURL *easy,
                                        struct http_request *request);
/* One without a request: it is over when the connection stands, which is kept. */
struct http_exchange *http_exchange_new_to_connect(struct http_lane *lane, struct host *host,
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
/* Until it is taken back, what libcurl gives back on this thread is not wiped. Wiping a buffer of
 * which most was never used would bring all of its pages into being. */
void http_memory_holds_no_secret(bool now);

#endif
