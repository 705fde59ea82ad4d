/*
 * One request and its answer, as values: filled by http1.c or http2.c, handled by the networks,
 * written out by http1.c or http2.c. Exchanges are used again, so their buffers keep their memory.
 *
 * Order of calls for a request: sandbox_exchange_reset, sandbox_request_start,
 * sandbox_request_header for each, sandbox_request_body for each piece, sandbox_request_finish.
 */
#ifndef CRISIS_SANDBOX_EXCHANGE_H
#define CRISIS_SANDBOX_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum {
    SANDBOX_HEAD_MAX_BYTES = 32 * 1024,        /* more: 431 */
    SANDBOX_BODY_MAX_BYTES = 17 * 1024 * 1024, /* a picture and its form; more: 413 */
    SANDBOX_HEADERS_MAX = 100,                 /* more: 431 */
    SANDBOX_ANSWER_HEADERS_MAX = 24,
    SANDBOX_ANSWER_MAX_BYTES = 1024 * 1024 * 1024, /* a list of everything that was posted */
    SANDBOX_PARAMETERS_MAX = 64,
    SANDBOX_PATH_PARTS_MAX = 8,
};

/* Offsets into the text that holds them. */
struct header_place {
    uint32_t name, value;
};

struct request {
    struct text head; /* method, target, authority, headers: NUL-terminated strings */
    struct text body;
    struct header_place headers[SANDBOX_HEADERS_MAX];
    size_t header_count;
    uint32_t method_at, target_at, authority_at;
    bool head_too_large, body_too_large;

    /* Set by sandbox_request_finish; they point into head. The path is as it was sent. */
    const char *method, *path, *query, *authority;
    uint64_t connection; /* its number, for the log */
    bool connection_reused;
};

/* What the connection does instead of, or with, the answer. */
enum answer_style {
    ANSWER_WHOLE,
    ANSWER_NEVER,
    ANSWER_HALF,             /* half the body, then the end (HTTP/2: of the stream) */
    ANSWER_RESET_CONNECTION, /* TCP RST */
    ANSWER_RESET_STREAM,     /* HTTP/2 RST_STREAM; HTTP/1.1: TCP RST */
    ANSWER_REFUSE_STREAM,    /* HTTP/2 REFUSED_STREAM; HTTP/1.1: close */
    ANSWER_CLOSE,            /* TCP FIN without a byte */
    ANSWER_GOAWAY,           /* HTTP/2 GOAWAY that leaves this request out; HTTP/1.1: close */
    ANSWER_OUTAGE,           /* TCP RST of all connections, no new ones during outage_ms */
};

struct answer {
    unsigned status;
    enum answer_style style;
    int64_t delay_ms, outage_ms;
    struct text values;                            /* header values */
    const char *names[SANDBOX_ANSWER_HEADERS_MAX]; /* lower case, static */
    uint32_t value_at[SANDBOX_ANSWER_HEADERS_MAX];
    size_t header_count;
    struct text body;
};

struct exchange {
    struct request request;
    struct answer answer;
};

void sandbox_exchange_init(struct exchange *exchange);
void sandbox_exchange_release(struct exchange *exchange);
void sandbox_exchange_reset(struct exchange *exchange);

void sandbox_request_method(struct request *request, const char *bytes, size_t length);
void sandbox_request_target(struct request *request, const char *bytes, size_t length);
/* HTTP/2's; without one it is the Host header. */
void sandbox_request_authority(struct request *request, const char *bytes, size_t length);
/* The name must be in lower case. What is given must not be in the request itself. */
void sandbox_request_header(struct request *request, const char *name, size_t name_length,
                            const char *value, size_t value_length);
void sandbox_request_body(struct request *request, const void *bytes, size_t length);
void sandbox_request_finish(struct request *request);

/* The value of a header that comes exactly once; NULL when it is missing or comes twice. */
const char *sandbox_request_value(const struct request *request, const char *name);
/* Whether the content type is this one, whatever its parameters. */
bool sandbox_request_is_type(const struct request *request, const char *type);

/* `name` must be static and in lower case. */
void sandbox_answer_header(struct answer *answer, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *sandbox_answer_value(const struct answer *answer, size_t index);
/* What is sent of the answer's body: nothing of one to HEAD (RFC 9110, 9.3.2), whatever length its
 * headers state. */
size_t sandbox_body_size(const struct exchange *exchange);

/* Query strings and forms (application/x-www-form-urlencoded), decoded. */
struct parameter {
    const char *name, *value;
};
struct parameters {
    struct parameter items[SANDBOX_PARAMETERS_MAX];
    size_t count;
    const char *repeated; /* the first name that comes twice, or NULL */
    char *memory;
};
/* 0, or -1 when it is not well formed: a bad escape, a NUL, bytes that are not UTF-8, too many. */
int sandbox_parameters_parse(struct parameters *out, const char *bytes, size_t length);
void sandbox_parameters_release(struct parameters *parameters);
const char *sandbox_parameters_get(const struct parameters *parameters, const char *name);
/* The first name that is not in the list (ends with NULL), or NULL. */
const char *sandbox_parameters_unknown(const struct parameters *parameters,
                                       const char *const *known);

/* A path cut at its slashes, percent-decoded. Empty parts are kept, so that "//" is not found. */
struct path_parts {
    const char *items[SANDBOX_PATH_PARTS_MAX];
    size_t count;
    char memory[1024];
};
/* false: too long, too many parts, or badly escaped. */
bool sandbox_path_split(struct path_parts *out, const char *path);

#endif
