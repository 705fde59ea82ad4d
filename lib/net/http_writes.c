/*
 * What libcurl writes to a connection of HTTP/2 leaves together. It writes each frame by itself,
 * three for a request; each would be a system call and a packet, and for the kernels of both sides
 * that is more work than all the rest of a request. So what TLS makes of them is gathered, and
 * written when the buffer is full, when libcurl returns, or when another request comes more than
 * two milliseconds later.
 *
 * OpenSSL lets each connection have what it writes to (SSL_set0_wbio()); libcurl's own, which asks
 * the socket each time, is replaced when the first request is about to be written. To libcurl it is
 * as if the socket had a larger buffer: what has been taken is under way, and when the socket takes
 * no more for the moment, so does this.
 *
 * With HTTP/1.1 a connection carries one request at a time, and there is nothing to gather.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/bio.h>

#include "base/memory.h"

#include "net/http_internal.h"
#include "net/loop.h"

/* libcurl may be long in a burst, and a network need not wait for its end. */
#define HELD_BACK_MAX_NS ((uint64_t)2 * 1000 * 1000)

enum {
    GATHERED_MAX_BYTES = 16 << 10, /* some twenty requests */
};

/* The socket takes no more: it is watched until it does. By a descriptor of its own, since libuv
 * watches each only once, and libcurl's is the other. */
struct blocked {
    uv_poll_t poll;
    struct http_written *written; /* NULL: it is being closed */
    int socket;
};

/* One connection. */
struct http_written {
    struct http_writes *writes;
    int socket;
    int fault;                            /* errno of the write that failed; 0: none */
    unsigned char *bytes;                 /* NULL: nothing is gathered */
    size_t first, end;                    /* of what has not been written */
    struct blocked *blocked;              /* NULL: it is not */
    struct http_written *previous, *next; /* of those that have something gathered */
};

/* Made once, with the first client. */
static BIO_METHOD *method;
static int method_type;

/* --- what has something gathered ------------------------------------------------------------- */

static void *take_buffer(struct http_writes *writes)
{
    if (writes->spare_count > 0)
        return writes->spare[--writes->spare_count];
    return memory_alloc(GATHERED_MAX_BYTES);
}

static void give_back_buffer(struct http_writes *writes, void *buffer)
{
    if (writes->spare_count < HTTP_SPARE_BUFFERS_MAX)
        writes->spare[writes->spare_count++] = buffer;
    else
        memory_free(buffer);
}

static void begin_gathering(struct http_written *written)
{
    struct http_writes *writes = written->writes;

    if (!writes->first)
        writes->since_ns = uv_hrtime();
    written->bytes = take_buffer(writes);
    written->first = written->end = 0;
    written->previous = NULL;
    written->next = writes->first;
    if (writes->first)
        writes->first->previous = written;
    writes->first = written;
}

static void end_gathering(struct http_written *written)
{
    struct http_writes *writes = written->writes;

    give_back_buffer(writes, written->bytes);
    written->bytes = NULL;
    if (written->previous)
        written->previous->next = written->next;
    else
        writes->first = written->next;
    if (written->next)
        written->next->previous = written->previous;
}

/* --- writing --------------------------------------------------------------------------------- */

static void free_blocked(uv_handle_t *handle)
{
    struct blocked *blocked = handle->data;

    (void)close(blocked->socket);
    memory_free(blocked);
}

static void unblock(struct http_written *written)
{
    struct blocked *blocked = written->blocked;

    if (!blocked)
        return;
    written->blocked = NULL;
    blocked->written = NULL;
    uv_close((uv_handle_t *)&blocked->poll, free_blocked);
}

static bool write_out(struct http_written *written);

static void on_writable(uv_poll_t *poll, int status, int events)
{
    struct blocked *blocked = poll->data;

    (void)events;
    /* After an error libuv has stopped: what is left is written with whatever comes next. */
    if (write_out(blocked->written) || status < 0)
        unblock(blocked->written);
}

/* Without a descriptor to spare it is written with whatever comes next. */
static void block(struct http_written *written)
{
    struct blocked *blocked = memory_alloc(sizeof(*blocked));

    blocked->socket = fcntl(written->socket, F_DUPFD_CLOEXEC, 0);
    if (blocked->socket < 0 ||
        uv_poll_init(written->writes->loop, &blocked->poll, blocked->socket) < 0) {
        if (blocked->socket >= 0)
            (void)close(blocked->socket);
        memory_free(blocked);
        return;
    }
    blocked->poll.data = blocked;
    blocked->written = written;
    written->blocked = blocked;
    loop_must(uv_poll_start(&blocked->poll, UV_WRITABLE, on_writable), "cannot watch a connection");
}

/* True: nothing is left to be written, if only because nothing can be. What has failed libcurl
 * finds when it reads, or writes again. */
static bool write_out(struct http_written *written)
{
    while (written->bytes) {
        ssize_t size = send(written->socket, written->bytes + written->first,
                            written->end - written->first, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return false;
        if (size < 0)
            written->fault = errno;
        else
            written->first += (size_t)size;
        if (size < 0 || written->first == written->end)
            end_gathering(written);
    }
    return true;
}

static bool write_or_watch(struct http_written *written)
{
    bool all = write_out(written);

    if (!all && !written->blocked)
        block(written);
    return all;
}

void http_writes_let_go(struct http_writes *writes)
{
    struct http_written *next;

    for (struct http_written *written = writes->first; written; written = next) {
        next = written->next;
        (void)write_or_watch(written);
    }
}

/* --- as OpenSSL sees it ---------------------------------------------------------------------- */

static int gather(BIO *bio, const char *bytes, int size)
{
    struct http_written *written = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (written->bytes && GATHERED_MAX_BYTES - written->end < (size_t)size &&
        !write_or_watch(written)) {
        BIO_set_retry_write(bio);
        return -1;
    }
    if (written->fault != 0) {
        errno = written->fault;
        return -1;
    }
    if (!written->bytes)
        begin_gathering(written);
    if (size > GATHERED_MAX_BYTES)
        size = GATHERED_MAX_BYTES; /* the rest is offered again */
    memcpy(written->bytes + written->end, bytes, (size_t)size);
    written->end += (size_t)size;
    return size;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
    struct http_written *written = BIO_get_data(bio);

    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_WPENDING)
        return written->bytes ? (long)(written->end - written->first) : 0;
    if (command != BIO_CTRL_FLUSH)
        return 0;
    BIO_clear_retry_flags(bio);
    if (write_or_watch(written))
        return 1;
    BIO_set_retry_write(bio);
    return -1;
}

/* The connection's TLS is freed before its socket is closed. */
static int forget(BIO *bio)
{
    struct http_written *written = BIO_get_data(bio);

    if (written) {
        if (written->bytes)
            end_gathering(written);
        unblock(written);
        memory_free(written);
    }
    return 1;
}

/* --- for the lane ---------------------------------------------------------------------------- */

void http_writes_init(void)
{
    if (method)
        return;
    method_type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK;
    method = BIO_meth_new(method_type, "gathered");
    if (!method || BIO_meth_set_write(method, gather) != 1 ||
        BIO_meth_set_ctrl(method, control) != 1 || BIO_meth_set_destroy(method, forget) != 1)
        memory_exhausted();
}

static void replace(struct http_writes *writes, SSL *session, int socket)
{
    struct http_written *written = memory_alloc(sizeof(*written));
    BIO *bio = BIO_new(method);

    if (!bio)
        memory_exhausted();
    written->writes = writes;
    written->socket = socket;
    BIO_set_data(bio, written);
    BIO_set_init(bio, 1);
    SSL_set0_wbio(session, bio);
}

void http_writes_gather(struct http_writes *writes, SSL *session, int socket)
{
    if (writes->first && uv_hrtime() - writes->since_ns > HELD_BACK_MAX_NS)
        http_writes_let_go(writes);
    if (!session || socket < 0)
        return;
    const BIO *now = SSL_get_wbio(session);
    if (!now || BIO_method_type(now) != method_type)
        replace(writes, session, socket);
}

void http_writes_free(struct http_writes *writes)
{
    while (writes->spare_count > 0)
        memory_free(writes->spare[--writes->spare_count]);
}
