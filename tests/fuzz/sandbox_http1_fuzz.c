/* Whatever comes over an HTTP/1.1 connection of the sandbox, in pieces of a size that the first
 * byte says: the reading of requests and the networks behind it. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

#include "sandbox/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void connection_release(struct connection *connection)
{
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
    memory_free(sandbox);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sandbox_options options = {0};
    struct sandbox *sandbox = memory_alloc(sizeof(*sandbox));
    struct connection connection = {.sandbox = sandbox};
    struct error error = {0};
    size_t piece = size > 0 && data[0] > 0 ? data[0] : 4096;

    if (uv_loop_init(&sandbox->loop) != 0 ||
        sandbox_world_init(&sandbox->world, &options, &error) < 0) {
        memory_free(sandbox);
        return 0;
    }
    text_init(&connection.in, 1024 * 1024);
    text_init(&connection.out, 64 * 1024 * 1024);
    sandbox_http1_start(&connection);
    for (size_t at = 1; at < size; at += piece) {
        size_t length = size - at < piece ? size - at : piece;
        sandbox_http1_read(&connection, (const char *)data + at, length);
    }
    connection_release(&connection);
    sandbox_end(sandbox);
    return 0;
}
