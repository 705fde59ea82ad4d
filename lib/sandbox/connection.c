#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/log.h"
#include "base/memory.h"

#include "sandbox/server.h"

enum {
    OUT_KEPT_BYTES = 256 * 1024, /* a larger buffer is given back when it is empty */
    IN_MAX_BYTES = 1024 * 1024,
};
#define OUT_MAX_BYTES ((size_t)SANDBOX_ANSWER_MAX_BYTES + 64 * 1024)

static void on_poll(uv_poll_t *poll, int status, int events);

static void connection_watch(struct connection *connection)
{
    int events = UV_READABLE;

    if (connection->h2 == NULL && connection->established && sandbox_http1_is_full(connection))
        events = 0;
    if (connection->want_write)
        events |= UV_WRITABLE;
    if (events == connection->events)
        return;
    connection->events = events;
    if (events == 0) {
        uv_poll_stop(&connection->poll);
    } else if (uv_poll_start(&connection->poll, events, on_poll) < 0) {
        connection->fate = FATE_CLOSE;
        sandbox_connection_touch(connection);
    }
}

/* The context for a new connection: of another authority where a fault wants it. */
static SSL_CTX *choose_tls(struct sandbox *sandbox, const struct fault_rule *fault)
{
    if (fault == NULL || fault->kind != FAULT_WRONG_CERTIFICATE)
        return sandbox->tls;
    if (sandbox->untrusted_tls == NULL)
        sandbox->untrusted_tls = sandbox_certificate_untrusted();
    return sandbox->untrusted_tls;
}

void sandbox_connection_new(struct sandbox *sandbox, int fd)
{
    struct connection *connection = memory_alloc(sizeof(*connection));
    const struct fault_rule *fault = sandbox_faults_choose_connection(&sandbox->world.faults);

    connection->sandbox = sandbox;
    connection->fd = fd;
    connection->number = ++sandbox->world.counts.connections;
    connection->active_ms = (int64_t)uv_now(&sandbox->loop);
    connection->breaks_handshake = fault != NULL && fault->kind == FAULT_TLS_RESET;
    sandbox->world.counts.faults += fault != NULL;
    connection->ssl = SSL_new(choose_tls(sandbox, fault));
    if (connection->ssl == NULL || SSL_set_fd(connection->ssl, fd) != 1 ||
        uv_poll_init(&sandbox->loop, &connection->poll, fd) < 0) {
        SSL_free(connection->ssl);
        memory_free(connection);
        (void)close(fd);
        return;
    }
    connection->poll.data = connection;
    SSL_set_accept_state(connection->ssl);
    text_init(&connection->out, OUT_MAX_BYTES);
    text_init(&connection->in, IN_MAX_BYTES);
    connection->next = sandbox->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    sandbox->connections = connection;
    sandbox->connection_count++;
    connection_watch(connection);
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;

    text_release(&connection->out);
    text_release(&connection->in);
    memory_free(connection);
}

void sandbox_connection_close(struct connection *connection, bool reset)
{
    struct sandbox *sandbox = connection->sandbox;
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (connection->closed)
        return;
    connection->closed = true;
    while (connection->transfers != NULL)
        sandbox_transfer_free(connection->transfers);
    if (connection->h2 != NULL)
        nghttp2_session_del(connection->h2);
    uv_poll_stop(&connection->poll);
    ERR_clear_error();
    if (reset)
        (void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    else if (connection->established)
        (void)SSL_shutdown(connection->ssl); /* the notice only; nobody waits for the answer */
    SSL_free(connection->ssl);
    (void)close(connection->fd);
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        sandbox->connections = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    sandbox->connection_count--;
    uv_close((uv_handle_t *)&connection->poll, on_closed);
}

void sandbox_connection_touch(struct connection *connection)
{
    if (connection->dirty || connection->closed)
        return;
    connection->dirty = true;
    connection->next_dirty = connection->sandbox->dirty;
    connection->sandbox->dirty = connection;
}

/* Writes one piece; false when no more can be written now. */
static bool connection_write(struct connection *connection)
{
    size_t left = connection->out.length - connection->out_at;
    int size = left > INT32_MAX ? INT32_MAX : (int)left;
    int written;

    ERR_clear_error();
    written = SSL_write(connection->ssl, connection->out.bytes + connection->out_at, size);
    if (written > 0) {
        connection->out_at += (size_t)written;
        return true;
    }
    switch (SSL_get_error(connection->ssl, written)) {
    case SSL_ERROR_WANT_WRITE:
        connection->want_write = true;
        break;
    case SSL_ERROR_WANT_READ:
        break;
    default:
        connection->fate = FATE_RESET;
        break;
    }
    return false;
}

static void out_empty(struct connection *connection)
{
    connection->out_at = 0;
    if (connection->out.capacity > OUT_KEPT_BYTES) {
        text_release(&connection->out);
        text_init(&connection->out, OUT_MAX_BYTES);
    } else {
        text_reset(&connection->out);
    }
}

static void connection_read(struct connection *connection);

/* What OpenSSL has read already wakes nobody up. */
static void connection_wake(struct connection *connection)
{
    bool paused = (connection->events & UV_READABLE) == 0;

    connection_watch(connection);
    if (paused && (connection->events & UV_READABLE) != 0) {
        sandbox_connection_touch(connection);
        connection_read(connection);
    }
}

static void connection_flush(struct connection *connection)
{
    if (connection->closed)
        return;
    if (connection->established)
        connection->want_write = false;
    while (connection->established) {
        if (connection->out_at == connection->out.length) {
            out_empty(connection);
            if (connection->h2 != NULL)
                sandbox_http2_write(connection);
            if (connection->out.length == 0)
                break;
        }
        if (!connection_write(connection))
            break;
    }
    if (connection->h2 != NULL && sandbox_http2_is_over(connection) &&
        connection->out.length == 0 && connection->fate == FATE_LIVE)
        connection->fate = FATE_CLOSE;
    if (connection->fate == FATE_CLOSE || connection->fate == FATE_RESET ||
        (connection->fate == FATE_FLUSH_AND_CLOSE && connection->out.length == 0))
        sandbox_connection_close(connection, connection->fate == FATE_RESET);
    else
        connection_wake(connection);
}

void sandbox_server_flush(struct sandbox *sandbox)
{
    while (sandbox->dirty != NULL) {
        struct connection *connection = sandbox->dirty;
        sandbox->dirty = connection->next_dirty;
        connection->dirty = false;
        connection_flush(connection);
    }
}

/* false: the handshake is not over, or has failed. */
static bool connection_establish(struct connection *connection)
{
    const unsigned char *protocol = NULL;
    unsigned length = 0;
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(connection->ssl);
    if (result != 1) {
        int problem = SSL_get_error(connection->ssl, result);
        connection->want_write = problem == SSL_ERROR_WANT_WRITE;
        if (problem != SSL_ERROR_WANT_READ && problem != SSL_ERROR_WANT_WRITE) {
            log_debug(LOG_SANDBOX, "connection %llu: the handshake failed",
                      (unsigned long long)connection->number);
            connection->fate = FATE_CLOSE;
        }
        return false;
    }
    connection->established = true;
    SSL_get0_alpn_selected(connection->ssl, &protocol, &length);
    if (length == 2 && memcmp(protocol, "h2", 2) == 0) {
        if (sandbox_http2_start(connection) < 0) {
            connection->fate = FATE_CLOSE;
            return false;
        }
    } else {
        sandbox_http1_start(connection);
    }
    return true;
}

static void connection_read(struct connection *connection)
{
    char *buffer = connection->sandbox->read_buffer;

    while (connection->fate == FATE_LIVE || connection->fate == FATE_FLUSH_AND_CLOSE) {
        int size;
        if (connection->h2 == NULL && sandbox_http1_is_full(connection))
            break;
        ERR_clear_error();
        size = SSL_read(connection->ssl, buffer, SANDBOX_READ_BYTES);
        if (size <= 0) {
            int problem = SSL_get_error(connection->ssl, size);
            if (problem == SSL_ERROR_WANT_WRITE)
                connection->want_write = true;
            else if (problem != SSL_ERROR_WANT_READ)
                connection->fate = FATE_CLOSE;
            break;
        }
        if (connection->h2 != NULL)
            sandbox_http2_read(connection, buffer, (size_t)size);
        else
            sandbox_http1_read(connection, buffer, (size_t)size);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct connection *connection = poll->data;

    (void)events;
    sandbox_connection_touch(connection);
    if (status < 0) {
        connection->fate = FATE_CLOSE;
        return;
    }
    connection->active_ms = (int64_t)uv_now(&connection->sandbox->loop);
    if (connection->breaks_handshake) {
        connection->fate = FATE_RESET;
        return;
    }
    if (!connection->established && !connection_establish(connection))
        return;
    connection_read(connection);
}
