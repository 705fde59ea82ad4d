/*
 * An HTTP request and its reply as values. Drivers build requests and read replies; lib/net carries
 * them. A request holds a credential in its URL, headers or body: all three are secret texts, wiped
 * on release, and never logged.
 */
#ifndef CRISIS_WIRE_HTTP_MESSAGE_H
#define CRISIS_WIRE_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

struct address;

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE };

const char *http_method_name(enum http_method method);

/* What a second copy of the request would do on the network. */
enum request_effect {
    EFFECT_NONE,       /* it only reads */
    EFFECT_REPEATABLE, /* it changes something, and once more changes nothing further */
    EFFECT_ONCE,       /* a copy would be a second post: never repeated by itself */
};

struct http_request {
    enum http_method method;
    enum request_effect effect;
    struct text url;     /* absolute */
    struct text headers; /* "Name: value" lines, each ended by LF; values hold no CR or LF */
    struct text body;    /* empty: no body */
    /* A file that follows the body, and what follows the file; the bytes are not copied and live
     * until the reply (a draft's media live as long as the run). They are no secret. */
    const void *file;
    size_t file_size_bytes;
    struct text tail; /* only with a file */
    /* Neither in the URL nor in the answer is a secret, so that what libcurl keeps of them may stay
     * for the next request. */
    bool leaves_no_secret;
};

void http_request_init(struct http_request *request);
void http_request_release(struct http_request *request);
/* Starts anew: as after init, keeping memory. */
void http_request_reset(struct http_request *request, enum http_method method,
                        enum request_effect effect);

/* Appends "name: value"; a value with control characters is refused (overflowed is set on headers).
 */
void http_request_header(struct http_request *request, const char *name, const char *value);
/* Bytes of all that is sent after the headers. */
size_t http_request_size_bytes(const struct http_request *request);
/* False when a ceiling was passed or a header refused: the request must not be sent. */
bool http_request_is_whole(const struct http_request *request);

/* A reply that arrived whole. Strings are NUL-terminated and live as long as the reply. */
struct http_reply {
    int status;
    const char *headers; /* "name: value" lines, names in lower case, each ended by LF */
    const char *body;    /* may hold any bytes; NUL-terminated after body_size */
    size_t body_size;
    int64_t received_unix_ms;
};

/* The value of the first header of that name (given in lower case), without the white space around
 * it; NULL: absent. More follows it: it ends after `length` bytes. */
const char *http_reply_find(const struct http_reply *reply, const char *name, size_t *length);
/* Copies the value of the first header of that name (given in lower case). False when absent or
 * longer than the buffer. */
bool http_reply_header(const struct http_reply *reply, const char *name, char *out, size_t size);

/* When the reply was made, by the server's clock (Date, RFC 9110 6.6.1), or by ours when it does
 * not say: what a network says of times is by its clock, and ours may be wrong by hours. */
int64_t http_reply_server_unix_ms(const struct http_reply *reply);

/* Retry-After (RFC 9110 10.2.3): seconds or an HTTP date; the wait from now in ms, or -1. At most a
 * day. */
int64_t http_reply_retry_after_ms(const struct http_reply *reply);

enum { URL_ORIGIN_SIZE = 512 }; /* with room for the longest host name, twice */

/* scheme://host:port of an absolute URL, with the default port written out and the host in its
 * usual spelling (lower case; an IPv6 address as RFC 5952 writes it), into out. */
bool url_origin(const char *url, char *out, size_t size);

/* https with a host, or http with a loopback host (127.0.0.0/8, [::1], localhost, *.localhost), no
 * user information, no fragment, no control characters or spaces. */
bool url_is_acceptable(const char *url);
bool url_is_loopback(const char *url);

/* The address that a URL's host is: written as one, or a name of this machine (localhost). False
 * for any other name: only a resolver can tell. */
bool url_address(const char *url, struct address *out);

/* First printable part of a body, at most 200 bytes, for "protocol" failures. */
void http_reply_excerpt(const struct http_reply *reply, char *out, size_t size);

#endif
