/* Whatever comes over a connection of the sandbox, HTTP/1.1 or HTTP/2, in pieces: the reading of
 * requests and the networks behind it. The first byte says which, and how large the pieces are. */
#include "base/error.h"
#include "base/memory.h"

#include "sandbox/server.h"

#include "fuzz.h"

enum { HTTP2 = 0x80, PIECE = 0x7f, WRITES_MAX = 16 };

static void connection_release(struct connection *connection)
{
    nghttp2_session_del(connection->h2);
    while (connection->transfers != NULL)
        sandbox_transfer_free(connection->transfers);
    text_release(&connection->in);
    text_release(&connection->out);
}

static void sandbox_end(struct sandbox *sandbox)
{
    struct transfer *next;

    for (struct transfer *at = sandbox->unused; at != NULL; at = next) {
        next = at->next;
        uv_close((uv_handle_t *)&at->timer, sandbox_transfer_closed);
    }
    (void)uv_run(&sandbox->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&sandbox->loop);
    sandbox_world_release(&sandbox->world);
    nghttp2_session_callbacks_del(sandbox->h2_callbacks);
    nghttp2_option_del(sandbox->h2_option);
    memory_free(sandbox);
}

static void read_pieces(struct connection *connection, const char *bytes, size_t size, size_t piece)
{
    for (size_t at = 0; at < size; at += piece) {
        const size_t length = size - at < piece ? size - at : piece;
        if (connection->h2)
            sandbox_http2_read(connection, bytes + at, length);
        else
            sandbox_http1_read(connection, bytes + at, length);
    }
}

static void write_answers(struct connection *connection)
{
    for (int i = 0; connection->h2 && i < WRITES_MAX; i++) {
        sandbox_http2_write(connection);
        if (connection->out.length == 0)
            break;
        text_reset(&connection->out);
        connection->out_at = 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sandbox_options options = {0};
    struct sandbox *sandbox = memory_alloc(sizeof(*sandbox));
    struct connection connection = {.sandbox = sandbox};
    struct error error = {0};

    if (size == 0) {
        memory_free(sandbox);
        return 0;
    }
    require(uv_loop_init(&sandbox->loop) == 0 && sandbox_http2_setup(sandbox) == 0 &&
                sandbox_world_init(&sandbox->world, &options, &error) == 0,
            "a sandbox can begin");
    text_init(&connection.in, 1024 * 1024);
    text_init(&connection.out, 64 * 1024 * 1024);
    if (data[0] & HTTP2)
        require(sandbox_http2_start(&connection) == 0, "a session can begin");
    else
        sandbox_http1_start(&connection);
    read_pieces(&connection, (const char *)data + 1, size - 1,
                data[0] & PIECE ? data[0] & PIECE : 4096);
    write_answers(&connection);
    connection_release(&connection);
    sandbox_end(sandbox);
    return 0;
}
