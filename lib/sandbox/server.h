/*
 * The sockets: one libuv loop, one listener, TLS connections that speak HTTP/2 or HTTP/1.1. What a
 * request means is none of its business; see world.h.
 *
 * A connection is never closed in the middle of something: whoever wants it gone sets its `fate`,
 * and the flush at the end of the loop's step (sandbox_server_flush) closes it.
 */
#ifndef CRISIS_SANDBOX_SERVER_H
#define CRISIS_SANDBOX_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <uv.h>

#include "base/text.h"

#include "sandbox/world.h"

enum {
    SANDBOX_CONNECTIONS_MAX = 4096,
    SANDBOX_READ_BYTES = 64 * 1024,
    SANDBOX_HANDSHAKE_TIMEOUT_MS = 10 * 1000,
    SANDBOX_IDLE_TIMEOUT_MS = 5 * 60 * 1000,
    SANDBOX_TRANSFERS_KEPT = 4096, /* unused ones, for the next requests */
};
#define SANDBOX_BODIES_MAX_BYTES ((size_t)512 * 1024 * 1024) /* of all requests at a time */

struct connection;

/* One request on its way through. */
struct transfer {
    struct exchange exchange;
    struct connection *connection; /* NULL: unused */
    uv_timer_t timer;              /* the latency */
    int32_t stream_id;             /* HTTP/2 */
    size_t sent;                   /* bytes of the answer's body */
    size_t discarded;              /* bytes of a body that is too large */
    size_t body_counted;           /* in sandbox.body_bytes */
    bool handled;
    struct transfer *next, *previous; /* of the connection; or `next` of the unused ones */
};

enum fate { FATE_LIVE, FATE_FLUSH_AND_CLOSE, FATE_CLOSE, FATE_RESET };

enum h1_state { H1_HEAD, H1_BODY, H1_CHUNK_SIZE, H1_CHUNK_DATA, H1_CHUNK_END, H1_TRAILER, H1_BUSY };

struct connection {
    struct sandbox *sandbox;
    uv_poll_t poll;
    int fd;
    int events; /* that are polled */
    SSL *ssl;
    bool established, want_write, dirty, closed;
    bool breaks_handshake; /* a fault: its client's first bytes are answered by a reset */
    enum fate fate;
    uint64_t number, requests;
    int64_t active_ms; /* loop time */
    struct text out;   /* bytes to be written; from out_at */
    size_t out_at;
    struct transfer *transfers;
    size_t transfer_count;
    struct connection *next, *previous, *next_dirty;

    nghttp2_session *h2;     /* NULL: HTTP/1.1 */
    int32_t h2_last_handled; /* the highest stream whose request was looked at */
    bool h2_going;           /* GOAWAY: later ones must not be */

    struct text in;
    size_t in_at;
    enum h1_state h1_state;
    uint64_t h1_remaining; /* of the body or chunk */
    size_t h1_trailer_bytes;
    bool h1_close; /* after this answer */
};

struct sandbox {
    struct world world;
    uv_loop_t loop;
    uv_async_t stop;
    uv_signal_t interrupted, terminated;
    uv_poll_t listener_poll;
    uv_prepare_t before_poll;
    uv_check_t after_poll;
    uv_timer_t sweep, outage;
    int listener; /* during an outage bound, but not listening */
    unsigned port;
    bool ran, stopping;
    char url[80];
    char *ca_path;
    SSL_CTX *tls, *untrusted_tls; /* the second is made when a fault wants it */
    nghttp2_session_callbacks *h2_callbacks;
    nghttp2_option *h2_option;
    uint32_t streams_max; /* in one HTTP/2 connection, at a time */
    struct connection *connections, *dirty;
    size_t connection_count;
    struct transfer *unused;
    size_t unused_count;
    size_t body_bytes;
    int64_t date_second;
    char date[32];
    char read_buffer[SANDBOX_READ_BYTES];
};

/* address.c: binds, and sets the port and the URL; then sandbox_listen() lets connections come. */
int sandbox_bind(struct sandbox *sandbox, const char *listen_on, struct error *error);
int sandbox_listen(struct sandbox *sandbox, struct error *error);

/* outage.c */
int sandbox_outage_setup(struct sandbox *sandbox); /* of the loop; -1: it cannot be */
/* Resets all connections and refuses new ones for so long; one that is under way goes on. */
void sandbox_outage(struct sandbox *sandbox, int64_t ms);

/* sandbox.c: has connections accepted. */
int sandbox_watch_listener(struct sandbox *sandbox);

/* transfer.c */
struct transfer *sandbox_transfer_new(struct connection *connection);
void sandbox_transfer_free(struct transfer *transfer);
/* A piece of the request's body; counted, so that all bodies together stay within bounds. */
void sandbox_transfer_body(struct transfer *transfer, const void *bytes, size_t length);
/* The request is whole: it is handled now and answered now or after its delay. */
void sandbox_transfer_ready(struct transfer *transfer);
void sandbox_transfer_closed(uv_handle_t *handle); /* releases one whose timer was closed */
/* Unix time in seconds as the Date header has it. */
const char *sandbox_date(struct sandbox *sandbox);

/* connection.c */
void sandbox_connection_new(struct sandbox *sandbox, int fd);
void sandbox_connection_close(struct connection *connection, bool reset);
/* Has it flushed, or closed, at the end of this step of the loop. */
void sandbox_connection_touch(struct connection *connection);
void sandbox_server_flush(struct sandbox *sandbox);

/* http1.c */
void sandbox_http1_start(struct connection *connection);
void sandbox_http1_read(struct connection *connection, const char *bytes, size_t length);
/* Goes on with what was read while an answer was on its way. */
void sandbox_http1_resume(struct connection *connection);
/* http1_head.c: lines up to and with the last CR LF. 0, or the status of the refusal. */
unsigned sandbox_http1_read_head(struct request *request, const char *head, size_t length);
bool sandbox_http1_is_full(const struct connection *connection);
void sandbox_http1_answer(struct transfer *transfer);

/* http2.c */
int sandbox_http2_setup(struct sandbox *sandbox);
int sandbox_http2_start(struct connection *connection);
void sandbox_http2_read(struct connection *connection, const char *bytes, size_t length);
/* Puts what the session has to say into connection->out, up to about 16 KiB. */
void sandbox_http2_write(struct connection *connection);
bool sandbox_http2_is_over(const struct connection *connection);
void sandbox_http2_answer(struct transfer *transfer);
/* false: the client was told that this request is not looked at. */
bool sandbox_http2_admits(struct transfer *transfer);

/* certificate.c: the context for new connections; *ca_path is the caller's. */
SSL_CTX *sandbox_certificate_setup(const char *state_dir, char **ca_path, struct error *error);
void sandbox_certificate_http1_only(SSL_CTX *context); /* instead of HTTP/2 where it is offered */
/* One of an authority that nobody knows; NULL when it cannot be made. */
SSL_CTX *sandbox_certificate_untrusted(void);

#endif
