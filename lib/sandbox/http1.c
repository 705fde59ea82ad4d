/* HTTP/1.1 as RFC 9112 has it, strict, one request at a time: those that were sent ahead wait in
 * the input until the answer before is written. */
#include <string.h>
#include <strings.h>

#include "sandbox/server.h"

enum {
    IN_FULL_BYTES = 128 * 1024, /* more than this waits in the socket */
    CHUNK_LINE_MAX_BYTES = 256,
};

void sandbox_http1_start(struct connection *connection)
{
    connection->h1_state = H1_HEAD;
}

bool sandbox_http1_is_full(const struct connection *connection)
{
    return connection->h1_state == H1_BUSY &&
           connection->in.length - connection->in_at >= IN_FULL_BYTES;
}

static const char *input(const struct connection *connection)
{
    return connection->in.bytes + connection->in_at;
}

static size_t input_length(const struct connection *connection)
{
    return connection->in.length - connection->in_at;
}

/* Moves what is left to the front, so that the input does not grow with the connection's age. */
static void input_compact(struct connection *connection)
{
    size_t left = input_length(connection);

    if (connection->in_at == 0)
        return;
    memmove(connection->in.bytes, input(connection), left);
    text_truncate(&connection->in, left);
    connection->in_at = 0;
}

static const char *reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {308, "Resume Incomplete"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Status";
}

/* A request that is none: an answer of our own, and the end. */
static void refuse(struct connection *connection, unsigned status, const char *why)
{
    while (connection->transfers != NULL)
        sandbox_transfer_free(connection->transfers);
    text_addf(&connection->out,
              "HTTP/1.1 %u %s\r\ndate: %s\r\ncontent-type: text/plain\r\ncontent-length: %zu\r\n"
              "connection: close\r\n\r\n%s",
              status, reason(status), sandbox_date(connection->sandbox), strlen(why), why);
    connection->h1_state = H1_BUSY;
    connection->fate = FATE_FLUSH_AND_CLOSE;
    sandbox_connection_touch(connection);
}

static size_t header_count(const struct request *request, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < request->header_count; i++)
        count += strcmp(request->head.bytes + request->headers[i].name, name) == 0;
    return count;
}

/* How the body comes (RFC 9112, section 6.3); false: it cannot be told. */
static bool read_framing(struct connection *connection, const struct request *request)
{
    size_t encodings = header_count(request, "transfer-encoding");
    size_t lengths = header_count(request, "content-length");
    const char *value = sandbox_request_value(request, "transfer-encoding");

    if (encodings > 0) {
        if (lengths > 0 || value == NULL || strcasecmp(value, "chunked") != 0)
            return false;
        connection->h1_state = H1_CHUNK_SIZE;
        return true;
    }
    connection->h1_remaining = 0;
    if (lengths > 0) {
        value = sandbox_request_value(request, "content-length");
        if (value == NULL || *value == '\0' || strlen(value) > 18 ||
            strspn(value, "0123456789") != strlen(value))
            return false;
        while (*value != '\0')
            connection->h1_remaining = connection->h1_remaining * 10 + (uint64_t)(*value++ - '0');
    }
    connection->h1_state = H1_BODY;
    return true;
}

static void read_connection_header(struct connection *connection, const struct request *request)
{
    const char *value = sandbox_request_value(request, "connection");
    const char *expect = sandbox_request_value(request, "expect");

    connection->h1_close = value != NULL && strcasecmp(value, "close") == 0;
    if (expect != NULL && strcasecmp(expect, "100-continue") == 0 &&
        connection->h1_remaining <= SANDBOX_BODY_MAX_BYTES) {
        text_add(&connection->out, "HTTP/1.1 100 Continue\r\n\r\n");
        sandbox_connection_touch(connection);
    }
}

/* false: more must be read first, or it is over. */
static bool step_head(struct connection *connection)
{
    const char *from;
    size_t length;
    const char *end;
    struct transfer *transfer;
    struct request *request;
    unsigned status;

    /* Empty lines before a request are passed over (RFC 9112, section 2.2). */
    while (input_length(connection) >= 2 && memcmp(input(connection), "\r\n", 2) == 0)
        connection->in_at += 2;
    from = input(connection);
    length = input_length(connection);
    end = memmem(from, length, "\r\n\r\n", 4);
    if (end == NULL || end - from > SANDBOX_HEAD_MAX_BYTES) {
        if (length > SANDBOX_HEAD_MAX_BYTES)
            refuse(connection, 431, "the headers are too large\n");
        return false;
    }
    transfer = sandbox_transfer_new(connection);
    request = &transfer->exchange.request;
    status = sandbox_http1_read_head(request, from, (size_t)(end - from) + 2);
    connection->in_at += (size_t)(end - from) + 4;
    if (status == 0 && request->head_too_large)
        status = 431;
    if (status == 0 && (header_count(request, "host") != 1 || !read_framing(connection, request)))
        status = 400;
    if (status != 0) {
        refuse(connection, status, "this is not a request that can be read\n");
        return false;
    }
    read_connection_header(connection, request);
    return true;
}

static void request_is_whole(struct connection *connection)
{
    struct transfer *transfer = connection->transfers;

    connection->h1_state = H1_BUSY;
    sandbox_transfer_ready(transfer);
}

/* Takes what is there of a body or chunk; true when all of it has come. */
static bool take_body(struct connection *connection)
{
    struct transfer *transfer = connection->transfers;
    size_t there = input_length(connection);
    size_t size = there < connection->h1_remaining ? there : (size_t)connection->h1_remaining;

    sandbox_transfer_body(transfer, input(connection), size);
    connection->in_at += size;
    connection->h1_remaining -= size;
    if (transfer->exchange.request.body_too_large) {
        /* The rest is not waited for: the answer goes out now, and the connection ends. */
        connection->h1_close = true;
        request_is_whole(connection);
        return false;
    }
    return connection->h1_remaining == 0;
}

/* The next line without its end; false when it is not there yet, or (refused) too long. */
static bool take_line(struct connection *connection, const char **line, size_t *length)
{
    const char *end = memmem(input(connection), input_length(connection), "\r\n", 2);

    if (end == NULL || end - input(connection) > CHUNK_LINE_MAX_BYTES) {
        if (input_length(connection) > CHUNK_LINE_MAX_BYTES + 2)
            refuse(connection, 400, "a line of the chunked body is too long\n");
        return false;
    }
    *line = input(connection);
    *length = (size_t)(end - *line);
    connection->in_at += *length + 2;
    return true;
}

static bool step_chunk_size(struct connection *connection)
{
    const char *line;
    size_t length;
    size_t at = 0;
    uint64_t size = 0;

    if (!take_line(connection, &line, &length))
        return false;
    for (; at < length && at < 8; at++) {
        const char *digits = "0123456789abcdef";
        char c = line[at] >= 'A' && line[at] <= 'F' ? (char)(line[at] - 'A' + 'a') : line[at];
        const char *digit = c != '\0' ? strchr(digits, c) : NULL;
        if (digit == NULL)
            break;
        size = size * 16 + (uint64_t)(digit - digits);
    }
    if (at == 0 || (at < length && line[at] != ';' && line[at] != ' ')) {
        refuse(connection, 400, "a chunk's size is not well formed\n");
        return false;
    }
    connection->h1_remaining = size;
    connection->h1_trailer_bytes = 0;
    connection->h1_state = size > 0 ? H1_CHUNK_DATA : H1_TRAILER;
    return true;
}

static bool step_chunk_end(struct connection *connection)
{
    if (input_length(connection) < 2)
        return false;
    if (memcmp(input(connection), "\r\n", 2) != 0) {
        refuse(connection, 400, "a chunk does not end where it should\n");
        return false;
    }
    connection->in_at += 2;
    connection->h1_state = H1_CHUNK_SIZE;
    return true;
}

/* Trailers are passed over. */
static bool step_trailer(struct connection *connection)
{
    const char *line;
    size_t length;

    if (!take_line(connection, &line, &length))
        return false;
    connection->h1_trailer_bytes += length + 2;
    if (length == 0)
        request_is_whole(connection);
    else if (connection->h1_trailer_bytes > SANDBOX_HEAD_MAX_BYTES)
        refuse(connection, 431, "the trailers are too large\n");
    return true;
}

static bool step(struct connection *connection)
{
    switch (connection->h1_state) {
    case H1_HEAD:
        return step_head(connection);
    case H1_BODY:
        if (!take_body(connection))
            return false;
        request_is_whole(connection);
        return true;
    case H1_CHUNK_SIZE:
        return step_chunk_size(connection);
    case H1_CHUNK_DATA:
        if (!take_body(connection))
            return false;
        connection->h1_state = H1_CHUNK_END;
        return true;
    case H1_CHUNK_END:
        return step_chunk_end(connection);
    case H1_TRAILER:
        return step_trailer(connection);
    case H1_BUSY:
        break;
    }
    return false;
}

void sandbox_http1_resume(struct connection *connection)
{
    while (connection->fate == FATE_LIVE && step(connection))
        continue;
    input_compact(connection);
}

void sandbox_http1_read(struct connection *connection, const char *bytes, size_t length)
{
    if (connection->fate != FATE_LIVE)
        return;
    text_add_bytes(&connection->in, bytes, length);
    /* While an answer is being made the one who makes it goes on here. */
    if (connection->h1_state != H1_BUSY)
        sandbox_http1_resume(connection);
}

static void write_answer(struct connection *connection, const struct exchange *exchange, bool half)
{
    const struct answer *answer = &exchange->answer;
    struct text *out = &connection->out;
    size_t size = sandbox_body_size(exchange);

    size = half ? size / 2 : size;

    text_addf(out, "HTTP/1.1 %u %s\r\ndate: %s\r\n", answer->status, reason(answer->status),
              sandbox_date(connection->sandbox));
    for (size_t i = 0; i < answer->header_count; i++) {
        text_add(out, answer->names[i]);
        text_add(out, ": ");
        text_add(out, sandbox_answer_value(answer, i));
        text_add(out, "\r\n");
    }
    if (answer->status != 204)
        text_addf(out, "content-length: %zu\r\n", answer->body.length);
    if (connection->h1_close)
        text_add(out, "connection: close\r\n");
    /* Half of an answer without a body is half of its head. */
    if (half && size == 0)
        return;
    text_add(out, "\r\n");
    text_add_bytes(out, answer->body.bytes, size);
}

void sandbox_http1_answer(struct transfer *transfer)
{
    struct connection *connection = transfer->connection;
    enum answer_style style = transfer->exchange.answer.style;

    switch (style) {
    case ANSWER_WHOLE:
    case ANSWER_HALF:
        write_answer(connection, &transfer->exchange, style == ANSWER_HALF);
        if (style == ANSWER_HALF || connection->h1_close)
            connection->fate = FATE_FLUSH_AND_CLOSE;
        break;
    case ANSWER_RESET_CONNECTION:
    case ANSWER_RESET_STREAM:
        connection->fate = FATE_RESET;
        break;
    case ANSWER_REFUSE_STREAM:
    case ANSWER_CLOSE:
    case ANSWER_GOAWAY:
        connection->fate = FATE_CLOSE;
        break;
    case ANSWER_OUTAGE:
        sandbox_outage(connection->sandbox, transfer->exchange.answer.outage_ms);
        return;
    case ANSWER_NEVER:
        return;
    }
    sandbox_transfer_free(transfer);
    connection->h1_state = H1_HEAD;
    sandbox_connection_touch(connection);
}
