/* HTTP/2 through nghttp2: streams become transfers. */
#include <stdio.h>
#include <string.h>

#include "sandbox/server.h"

enum {
    WRITE_AT_ONCE_BYTES = 16 * 1024, /* one TLS record */
    STREAM_WINDOW_BYTES = 1024 * 1024,
    CONNECTION_WINDOW_BYTES = 64 * 1024 * 1024,
    DISCARDED_MAX_BYTES = 64 * 1024 * 1024,
};

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct connection *connection = user;
    struct transfer *transfer;

    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    transfer = sandbox_transfer_new(connection);
    transfer->stream_id = frame->hd.stream_id;
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, transfer) == 0
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_length, const uint8_t *value, size_t value_length, uint8_t flags,
                     void *user)
{
    struct transfer *transfer = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    const char *text = (const char *)value;
    struct request *request;

    (void)flags;
    (void)user;
    /* Trailers are passed over. */
    if (transfer == NULL || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    request = &transfer->exchange.request;
    if (name[0] != ':')
        sandbox_request_header(request, (const char *)name, name_length, text, value_length);
    else if (name_length == 7 && memcmp(name, ":method", 7) == 0)
        sandbox_request_method(request, text, value_length);
    else if (name_length == 5 && memcmp(name, ":path", 5) == 0)
        sandbox_request_target(request, text, value_length);
    else if (name_length == 10 && memcmp(name, ":authority", 10) == 0)
        sandbox_request_authority(request, text, value_length);
    return 0;
}

/* A body that is too large is read to its end and answered then: clients do not all understand an
 * answer that comes before. */
static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *bytes,
                   size_t length, void *user)
{
    struct transfer *transfer = nghttp2_session_get_stream_user_data(session, stream_id);

    (void)flags;
    (void)user;
    if (transfer == NULL || transfer->handled)
        return 0;
    if (!transfer->exchange.request.body_too_large) {
        sandbox_transfer_body(transfer, bytes, length);
        return 0;
    }
    transfer->discarded += length;
    if (transfer->discarded <= DISCARDED_MAX_BYTES)
        return 0;
    return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_CANCEL) == 0
               ? 0
               : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct transfer *transfer;

    (void)user;
    if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        return 0;
    transfer = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (transfer != NULL && !transfer->handled)
        sandbox_transfer_ready(transfer);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *user)
{
    struct transfer *transfer = nghttp2_session_get_stream_user_data(session, stream_id);

    (void)code;
    (void)user;
    if (transfer != NULL)
        sandbox_transfer_free(transfer);
    return 0;
}

int sandbox_http2_setup(struct sandbox *sandbox)
{
    nghttp2_session_callbacks *callbacks;

    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return -1;
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    sandbox->h2_callbacks = callbacks;
    if (nghttp2_option_new(&sandbox->h2_option) != 0)
        return -1;
    /* Streams that are over need not be remembered for their priorities. */
    nghttp2_option_set_no_closed_streams(sandbox->h2_option, 1);
    return 0;
}

int sandbox_http2_start(struct connection *connection)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, connection->sandbox->streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, SANDBOX_HEAD_MAX_BYTES},
    };
    struct sandbox *sandbox = connection->sandbox;

    if (nghttp2_session_server_new2(&connection->h2, sandbox->h2_callbacks, connection,
                                    sandbox->h2_option) != 0)
        return -1;
    if (nghttp2_submit_settings(connection->h2, NGHTTP2_FLAG_NONE, settings,
                                sizeof(settings) / sizeof(settings[0])) != 0)
        return -1;
    return nghttp2_session_set_local_window_size(connection->h2, NGHTTP2_FLAG_NONE, 0,
                                                 CONNECTION_WINDOW_BYTES);
}

void sandbox_http2_read(struct connection *connection, const char *bytes, size_t length)
{
    ssize_t used = nghttp2_session_mem_recv(connection->h2, (const uint8_t *)bytes, length);

    if (used < 0 || (size_t)used != length)
        connection->fate = FATE_CLOSE;
}

void sandbox_http2_write(struct connection *connection)
{
    while (connection->out.length < WRITE_AT_ONCE_BYTES) {
        const uint8_t *bytes;
        ssize_t size = nghttp2_session_mem_send(connection->h2, &bytes);
        if (size < 0)
            connection->fate = FATE_CLOSE;
        if (size <= 0)
            break;
        text_add_bytes(&connection->out, bytes, (size_t)size);
    }
}

bool sandbox_http2_is_over(const struct connection *connection)
{
    return nghttp2_session_want_read(connection->h2) == 0 &&
           nghttp2_session_want_write(connection->h2) == 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream_id, uint8_t *buffer, size_t size,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct transfer *transfer = source->ptr;
    const struct answer *answer = &transfer->exchange.answer;
    bool half = answer->style == ANSWER_HALF;
    size_t end = half ? answer->body.length / 2 : answer->body.length;
    size_t left = end - transfer->sent;

    (void)session;
    (void)stream_id;
    (void)user;
    if (half && left == 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* resets the stream */
    if (left < size)
        size = left;
    memcpy(buffer, answer->body.bytes + transfer->sent, size);
    transfer->sent += size;
    if (!half && transfer->sent == end)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)size;
}

/* The values outlive the stream; the names are static. */
static void set_header(nghttp2_nv *header, const char *name, const char *value)
{
    union {
        const char *text;
        uint8_t *bytes;
    } name_bytes = {name}, value_bytes = {value};

    header->name = name_bytes.bytes;
    header->namelen = strlen(name);
    header->value = value_bytes.bytes;
    header->valuelen = strlen(value);
    header->flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
}

static int submit_answer(struct transfer *transfer)
{
    struct connection *connection = transfer->connection;
    const struct answer *answer = &transfer->exchange.answer;
    nghttp2_nv headers[SANDBOX_ANSWER_HEADERS_MAX + 3];
    nghttp2_data_provider body = {.source.ptr = transfer, .read_callback = read_body};
    bool has_body = sandbox_body_size(&transfer->exchange) > 0 || answer->style == ANSWER_HALF;
    char status[12];
    char length[24];
    size_t count = 0;

    snprintf(status, sizeof(status), "%u", answer->status);
    snprintf(length, sizeof(length), "%zu", answer->body.length);
    set_header(&headers[count++], ":status", status);
    headers[0].flags = NGHTTP2_NV_FLAG_NO_COPY_NAME;
    set_header(&headers[count++], "date", sandbox_date(connection->sandbox));
    headers[1].flags = NGHTTP2_NV_FLAG_NO_COPY_NAME;
    for (size_t i = 0; i < answer->header_count; i++)
        set_header(&headers[count++], answer->names[i], sandbox_answer_value(answer, i));
    if (answer->status != 204) {
        set_header(&headers[count++], "content-length", length);
        headers[count - 1].flags = NGHTTP2_NV_FLAG_NO_COPY_NAME;
    }
    return nghttp2_submit_response(connection->h2, transfer->stream_id, headers, count,
                                   has_body ? &body : NULL);
}

bool sandbox_http2_admits(struct transfer *transfer)
{
    return !transfer->connection->h2_going ||
           transfer->stream_id <= transfer->connection->h2_last_handled;
}

static int submit_reset(struct transfer *transfer, uint32_t code)
{
    return nghttp2_submit_rst_stream(transfer->connection->h2, NGHTTP2_FLAG_NONE,
                                     transfer->stream_id, code);
}

void sandbox_http2_answer(struct transfer *transfer)
{
    struct connection *connection = transfer->connection;
    enum answer_style style = transfer->exchange.answer.style;
    int result = 0;

    switch (style) {
    case ANSWER_WHOLE:
    case ANSWER_HALF:
        result = submit_answer(transfer);
        break;
    case ANSWER_RESET_CONNECTION:
        connection->fate = FATE_RESET;
        break;
    case ANSWER_CLOSE:
        connection->fate = FATE_CLOSE;
        break;
    case ANSWER_RESET_STREAM:
        result = submit_reset(transfer, NGHTTP2_INTERNAL_ERROR);
        break;
    case ANSWER_GOAWAY:
        result = nghttp2_submit_goaway(connection->h2, NGHTTP2_FLAG_NONE,
                                       connection->h2_last_handled, NGHTTP2_NO_ERROR, NULL, 0);
        connection->h2_going = true;
        if (result == 0)
            result = submit_reset(transfer, NGHTTP2_REFUSED_STREAM);
        break;
    case ANSWER_REFUSE_STREAM:
        result = submit_reset(transfer, NGHTTP2_REFUSED_STREAM);
        break;
    case ANSWER_OUTAGE:
        sandbox_outage(connection->sandbox, transfer->exchange.answer.outage_ms);
        break;
    case ANSWER_NEVER:
        break;
    }
    if (result != 0)
        connection->fate = FATE_CLOSE;
    sandbox_connection_touch(connection);
}
