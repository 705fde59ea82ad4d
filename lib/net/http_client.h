/*
 * HTTP over TLS on the loop: libcurl's multi interface, driven by its sockets. The only place that
 * opens connections.
 *
 * For every request it says, truthfully, one of three things: a whole reply came; nothing was sent;
 * or the request (or part of it) was sent and no whole reply came. It never sends a request twice
 * by itself: libcurl does that on its own when a kept connection closes without an answer, also for
 * a POST, and so a request with an effect gets a body that refuses to be rewound; one of
 * EFFECT_ONCE without a body gets a fresh connection. Before a kept connection of HTTP/1.1 is
 * written to, it is looked at, and one that has been closed is replaced.
 *
 * Redirects are not followed. Certificates are verified, always. HTTP/2 where offered. Compressed
 * answers are not asked for and never unpacked. No cookies, no ~/.netrc, no proxy: the environment
 * does not say where a credential goes. A connection to an internal address is not even tried
 * unless the options' policy lets it be; what is judged is the address that the name was resolved
 * to, at the moment in which the socket would be opened.
 *
 * One thread greets a few hundred hosts a second. Where there are more, and further processors, the
 * hosts are dealt out to threads of the client's own; callbacks come on the caller's loop all the
 * same, and the client is called from that loop's thread alone.
 */
#ifndef CRISIS_NET_HTTP_CLIENT_H
#define CRISIS_NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/address.h"
#include "wire/http_message.h"

struct loop;
struct http_client;

struct http_client_options {
    const char *ca_file;    /* PEM, in addition to the system's; NULL: the system's only */
    size_t connections_max; /* in all; 0: a default that fits the limit of open files */
    int64_t connect_timeout_ms, request_timeout_ms; /* 0: the defaults of base/limits.h */
    size_t reply_body_max_bytes;                    /* 0: the default of base/limits.h */
    const struct address_policy
        *policy;             /* lives as long as the client; NULL: no internal address */
    size_t hosts_per_thread; /* so many are greeted before there is one thread more; 0: a default */
    size_t threads_max;      /* besides the caller's; 0: what the processors allow */
};

int http_client_new(struct loop *loop, const struct http_client_options *options,
                    struct http_client **out, struct error *error);
/* Exchanges under way are dropped without a callback. NULL is fine. */
void http_client_free(struct http_client *client);

/* Takes back every exchange whose connection does not stand yet: their callbacks, called from
 * within this, are told HTTP_NOT_SENT. Not from within a callback of the client. */
void http_client_cancel_unsent(struct http_client *client);

/* Drops every exchange under way, without a callback. */
void http_client_drop_all(struct http_client *client);

enum http_failure_kind {
    HTTP_NOT_SENT,    /* name, connection or TLS failed: the network never saw the request */
    HTTP_NO_ANSWER,   /* sent, or partly sent, and no whole reply came */
    HTTP_NOT_ALLOWED, /* the host has only internal addresses that the policy does not let be talked
                         to: nothing left, and trying again does not help */
};

struct http_failure {
    enum http_failure_kind kind;
    bool tls_untrusted;  /* the certificate did not verify */
    bool name_not_found; /* the host's name has no address, or nobody could be asked */
    char message[256];   /* in words, without the URL */
};

/* Of a request, exactly one of reply and failure is not NULL; both live until the callback returns.
 */
typedef void http_done(void *context, const struct http_reply *reply,
                       const struct http_failure *failure);

/* Starts a request. Its texts are taken over or taken apart, so that it must be reset before it
 * is used again; it may be released or reset as soon as this returns. The callback comes later,
 * never from within this call. */
void http_client_send(struct http_client *client, struct http_request *request, http_done *done,
                      void *context);

/* Opens a connection to the origin, unless one stands, and keeps it for requests to come: names,
 * TCP and TLS, nothing else. It is given up sooner than a request's. When it stands, the callback
 * is told neither a reply nor a failure. Requests to the origin wait for it meanwhile; not twice at
 * the same time. */
void http_client_connect(struct http_client *client, const char *origin, http_done *done,
                         void *context);

/* What is known of a host. */
enum host_protocol { HOST_UNKNOWN, HOST_HTTP1, HOST_HTTP2 };
enum host_protocol http_client_host_protocol(const struct http_client *client, const char *origin);

/* Until when its certificate holds, as it was when the host was first met; 0: not known. */
int64_t http_client_host_certified_until_unix_ms(const struct http_client *client,
                                                 const char *origin);

/* Requests to a host that make sense at once, by what is known of it: 1 while unknown. */
size_t http_client_host_capacity(const struct http_client *client, const char *origin);

/* Called on the loop when a host's protocol becomes known, so that what waited may start. */
void http_client_on_host_known(struct http_client *client,
                               void (*callback)(void *context, const char *origin), void *context);

/* How many threads the requests are spread over. */
size_t http_client_threads(const struct http_client *client);

/* As many as it may hold. */
size_t http_client_connections_max(const struct http_client *client);

/* Connections opened since the start: for reports and tests. */
uint64_t http_client_connections_opened(const struct http_client *client);

#endif
