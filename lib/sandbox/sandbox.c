#include "sandbox/sandbox.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "base/memory.h"

#include "sandbox/server.h"

enum {
    LISTEN_BACKLOG = 4096,
    SWEEP_EVERY_MS = 5 * 1000,
    ACCEPTS_AT_ONCE = 64,
    FILES_WANTED = SANDBOX_CONNECTIONS_MAX + 64,
};

static int64_t unix_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* RFC 9110, section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". */
const char *sandbox_date(struct sandbox *sandbox)
{
    static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int64_t second = unix_now_ms() / 1000;
    char rfc3339[RFC3339_SIZE];
    int month;

    if (second == sandbox->date_second)
        return sandbox->date;
    sandbox->date_second = second;
    rfc3339_format_seconds(second * 1000, rfc3339);
    month = (rfc3339[5] - '0') * 10 + rfc3339[6] - '0';
    snprintf(sandbox->date, sizeof(sandbox->date), "%s, %.2s %s %.4s %.8s GMT",
             days[second / 86400 % 7], rfc3339 + 8, months[month - 1], rfc3339, rfc3339 + 11);
    return sandbox->date;
}

static void transfer_answer(struct transfer *transfer)
{
    if (transfer->connection->h2 != NULL)
        sandbox_http2_answer(transfer);
    else
        sandbox_http1_answer(transfer);
}

static void on_delay_over(uv_timer_t *timer)
{
    struct transfer *transfer = timer->data;
    struct connection *connection = transfer->connection;

    transfer_answer(transfer);
    if (connection->h2 == NULL)
        sandbox_http1_resume(connection);
}

struct transfer *sandbox_transfer_new(struct connection *connection)
{
    struct sandbox *sandbox = connection->sandbox;
    struct transfer *transfer = sandbox->unused;

    if (transfer != NULL) {
        sandbox->unused = transfer->next;
        sandbox->unused_count--;
    } else {
        transfer = memory_alloc(sizeof(*transfer));
        sandbox_exchange_init(&transfer->exchange);
        uv_timer_init(&sandbox->loop, &transfer->timer);
        transfer->timer.data = transfer;
    }
    sandbox_exchange_reset(&transfer->exchange);
    transfer->connection = connection;
    transfer->stream_id = 0;
    transfer->sent = 0;
    transfer->body_counted = 0;
    transfer->handled = false;
    transfer->previous = NULL;
    transfer->next = connection->transfers;
    if (transfer->next != NULL)
        transfer->next->previous = transfer;
    connection->transfers = transfer;
    connection->transfer_count++;
    return transfer;
}

static void on_transfer_closed(uv_handle_t *handle)
{
    struct transfer *transfer = handle->data;

    sandbox_exchange_release(&transfer->exchange);
    memory_free(transfer);
}

void sandbox_transfer_free(struct transfer *transfer)
{
    struct connection *connection = transfer->connection;
    struct sandbox *sandbox = connection->sandbox;

    uv_timer_stop(&transfer->timer);
    sandbox->body_bytes -= transfer->body_counted;
    if (transfer->previous != NULL)
        transfer->previous->next = transfer->next;
    else
        connection->transfers = transfer->next;
    if (transfer->next != NULL)
        transfer->next->previous = transfer->previous;
    connection->transfer_count--;
    transfer->connection = NULL;
    if (sandbox->unused_count >= SANDBOX_TRANSFERS_KEPT) {
        uv_close((uv_handle_t *)&transfer->timer, on_transfer_closed);
        return;
    }
    /* Large buffers go back at once, small ones wait for the next request. */
    sandbox_exchange_reset(&transfer->exchange);
    transfer->next = sandbox->unused;
    sandbox->unused = transfer;
    sandbox->unused_count++;
}

void sandbox_transfer_body(struct transfer *transfer, const void *bytes, size_t length)
{
    struct sandbox *sandbox = transfer->connection->sandbox;
    struct request *request = &transfer->exchange.request;

    if (sandbox->body_bytes + length > SANDBOX_BODIES_MAX_BYTES) {
        request->body_too_large = true;
        return;
    }
    sandbox->body_bytes += length;
    transfer->body_counted += length;
    sandbox_request_body(request, bytes, length);
}

void sandbox_transfer_ready(struct transfer *transfer)
{
    struct connection *connection = transfer->connection;
    struct exchange *exchange = &transfer->exchange;
    int64_t delay_ms;

    transfer->handled = true;
    if (connection->h2 != NULL && !sandbox_http2_admits(transfer)) {
        exchange->answer.style = ANSWER_REFUSE_STREAM;
        transfer_answer(transfer);
        return;
    }
    sandbox_request_finish(&exchange->request);
    exchange->request.connection = connection->number;
    exchange->request.connection_reused = connection->requests++ > 0;
    sandbox_world_handle(&connection->sandbox->world, exchange, unix_now_ms());
    if (connection->h2 != NULL && transfer->stream_id > connection->h2_last_handled &&
        exchange->answer.style != ANSWER_REFUSE_STREAM && exchange->answer.style != ANSWER_GOAWAY)
        connection->h2_last_handled = transfer->stream_id;
    delay_ms = exchange->answer.delay_ms;
    if (delay_ms <= 0) {
        transfer_answer(transfer);
        return;
    }
    /* The loop's time is that of the start of its step; the delay counts from now. */
    uv_update_time(&connection->sandbox->loop);
    if (uv_timer_start(&transfer->timer, on_delay_over, (uint64_t)delay_ms, 0) < 0)
        transfer_answer(transfer);
}

static void on_connectable(uv_poll_t *poll, int status, int events)
{
    struct sandbox *sandbox = poll->data;
    int on = 1;

    (void)events;
    for (int i = 0; status == 0 && i < ACCEPTS_AT_ONCE; i++) {
        int fd = accept4(sandbox->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            break;
        if (sandbox->connection_count >= SANDBOX_CONNECTIONS_MAX) {
            (void)close(fd);
            continue;
        }
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        sandbox_connection_new(sandbox, fd);
    }
}

static void on_before_poll(uv_prepare_t *prepare)
{
    sandbox_server_flush(prepare->data);
}

static void on_after_poll(uv_check_t *check)
{
    sandbox_server_flush(check->data);
}

/* Connections that nobody uses, and handshakes that do not get on. */
static void on_sweep(uv_timer_t *timer)
{
    struct sandbox *sandbox = timer->data;
    int64_t now = (int64_t)uv_now(&sandbox->loop);
    struct connection *next;

    for (struct connection *at = sandbox->connections; at != NULL; at = next) {
        int64_t idle_ms = now - at->active_ms;
        next = at->next;
        if (at->transfer_count == 0 &&
            idle_ms > (at->established ? SANDBOX_IDLE_TIMEOUT_MS : SANDBOX_HANDSHAKE_TIMEOUT_MS))
            sandbox_connection_close(at, false);
    }
}

static void on_stop(uv_async_t *async)
{
    struct sandbox *sandbox = async->data;

    sandbox->stopping = true;
    uv_stop(&sandbox->loop);
}

static void on_signal(uv_signal_t *signal, int number)
{
    (void)number;
    on_stop(&((struct sandbox *)signal->data)->stop);
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
    }
    return false;
}

/* Cuts "HOST:PORT" or "[HOST]:PORT" in two; false when it is neither. */
static bool split_address(const char *listen, char host[64], char port[8])
{
    const char *colon = strrchr(listen, ':');
    const char *start = listen;
    size_t length;

    if (colon == NULL || strlen(colon + 1) > 5 || colon[1] == '\0' ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    length = (size_t)(colon - listen);
    if (length >= 2 && listen[0] == '[' && listen[length - 1] == ']') {
        start++;
        length -= 2;
    } else if (memchr(listen, ':', length) != NULL) {
        return false;
    }
    if (length == 0 || length >= 64)
        return false;
    memcpy(host, start, length);
    host[length] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return strtol(port, NULL, 10) <= 65535;
}

static int resolve(const char *listen, struct addrinfo **out, struct error *error)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
    };
    char host[64];
    char port[8];

    if (!split_address(listen, host, port))
        return error_set(error, ERROR_USAGE, "'%s' is not ADDRESS:PORT", listen);
    if (strcmp(host, "localhost") == 0)
        memcpy(host, "127.0.0.1", sizeof("127.0.0.1"));
    if (getaddrinfo(host, port, &hints, out) != 0)
        return error_set(error, ERROR_USAGE, "'%s' is not a numeric address", host);
    if (!is_loopback((*out)->ai_addr)) {
        freeaddrinfo(*out);
        error_set(error, ERROR_USAGE, "'%s' is not a loopback address", host);
        return error_next(error, "the sandbox takes any credential: it listens on this machine "
                                 "only, such as 127.0.0.1:8443");
    }
    return 0;
}

static int sandbox_bind(struct sandbox *sandbox, const char *listen_on, struct error *error)
{
    struct addrinfo *address = NULL;
    struct sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];
    int on = 1;
    int result = -1;

    if (resolve(listen_on, &address, error) < 0)
        return -1;
    sandbox->listener = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sandbox->listener < 0 ||
        setsockopt(sandbox->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(sandbox->listener, address->ai_addr, address->ai_addrlen) < 0 ||
        listen(sandbox->listener, LISTEN_BACKLOG) < 0 ||
        getsockname(sandbox->listener, (struct sockaddr *)&bound, &size) < 0) {
        error_set(error, ERROR_SYSTEM, "cannot listen on '%s': %s", listen_on, error_errno(errno));
        goto out;
    }
    if (getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        error_set(error, ERROR_SYSTEM, "cannot tell where '%s' is", listen_on);
        goto out;
    }
    sandbox->port = (unsigned)strtoul(port, NULL, 10);
    snprintf(sandbox->url, sizeof(sandbox->url),
             bound.ss_family == AF_INET6 ? "https://[%.50s]:%.6s" : "https://%.50s:%.6s", host,
             port);
    result = 0;
out:
    freeaddrinfo(address);
    return result;
}

/* As many connections as the sandbox takes, where the system lets us. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FILES_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* with fewer, later connections wait */
}

static int sandbox_start_loop(struct sandbox *sandbox, struct error *error)
{
    uv_loop_t *loop = &sandbox->loop;
    bool fine = uv_async_init(loop, &sandbox->stop, on_stop) == 0 &&
                uv_poll_init(loop, &sandbox->listener_poll, sandbox->listener) == 0 &&
                uv_poll_start(&sandbox->listener_poll, UV_READABLE, on_connectable) == 0 &&
                uv_prepare_init(loop, &sandbox->before_poll) == 0 &&
                uv_prepare_start(&sandbox->before_poll, on_before_poll) == 0 &&
                uv_check_init(loop, &sandbox->after_poll) == 0 &&
                uv_check_start(&sandbox->after_poll, on_after_poll) == 0 &&
                uv_timer_init(loop, &sandbox->sweep) == 0 &&
                uv_timer_start(&sandbox->sweep, on_sweep, SWEEP_EVERY_MS, SWEEP_EVERY_MS) == 0;

    sandbox->stop.data = sandbox->listener_poll.data = sandbox->before_poll.data = sandbox;
    sandbox->after_poll.data = sandbox->sweep.data = sandbox;
    if (!fine)
        return error_set(error, ERROR_SYSTEM, "the event loop cannot be set up");
    return 0;
}

int sandbox_new(const struct sandbox_options *options, struct sandbox **out, struct error *error)
{
    struct sandbox *sandbox = memory_alloc(sizeof(*sandbox));

    *out = NULL;
    sandbox->listener = -1;
    sandbox->ignore_signals = options->ignore_signals;
    if (uv_loop_init(&sandbox->loop) != 0) {
        memory_free(sandbox);
        return error_set(error, ERROR_SYSTEM, "the event loop cannot be set up");
    }
    raise_file_limit();
    if (sandbox_world_init(&sandbox->world, options, error) < 0)
        goto fail;
    if (sandbox_bind(sandbox, options->listen != NULL ? options->listen : "127.0.0.1:8443", error) <
        0)
        goto fail;
    sandbox->tls = sandbox_certificate_setup(options->state_dir != NULL ? options->state_dir : ".",
                                             &sandbox->ca_path, error);
    if (sandbox->tls == NULL)
        goto fail;
    if (sandbox_http2_setup(sandbox) < 0) {
        error_set(error, ERROR_SYSTEM, "HTTP/2 cannot be set up");
        goto fail;
    }
    if (sandbox_start_loop(sandbox, error) < 0)
        goto fail;
    *out = sandbox;
    return 0;
fail:
    sandbox_free(sandbox);
    return -1;
}

unsigned sandbox_port(const struct sandbox *sandbox)
{
    return sandbox->port;
}

const char *sandbox_url(const struct sandbox *sandbox)
{
    return sandbox->url;
}

const char *sandbox_ca_path(const struct sandbox *sandbox)
{
    return sandbox->ca_path;
}

void sandbox_counts(const struct sandbox *sandbox, struct sandbox_counts *out)
{
    *out = sandbox->world.counts;
}

static int sandbox_watch_signals(struct sandbox *sandbox, struct error *error)
{
    const struct {
        uv_signal_t *handle;
        int number;
    } signals[] = {{&sandbox->interrupted, SIGINT}, {&sandbox->terminated, SIGTERM}};

    for (size_t i = 0; i < 2; i++) {
        signals[i].handle->data = sandbox;
        if (uv_signal_init(&sandbox->loop, signals[i].handle) < 0 ||
            uv_signal_start(signals[i].handle, on_signal, signals[i].number) < 0)
            return error_set(error, ERROR_SYSTEM, "signals cannot be watched");
    }
    return 0;
}

int sandbox_run(struct sandbox *sandbox, struct error *error)
{
    if (sandbox->ran)
        return error_set(error, ERROR_SYSTEM, "the sandbox has run already");
    sandbox->ran = true;
    /* A connection that its client has closed must not end the process. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return error_set(error, ERROR_SYSTEM, "signals cannot be set up: %s", error_errno(errno));
    if (!sandbox->ignore_signals && sandbox_watch_signals(sandbox, error) < 0)
        return -1;
    while (!sandbox->stopping)
        (void)uv_run(&sandbox->loop, UV_RUN_DEFAULT); /* true: handles are left, as they should */
    while (sandbox->connections != NULL)
        sandbox_connection_close(sandbox->connections, false);
    return 0;
}

void sandbox_stop(struct sandbox *sandbox)
{
    (void)uv_async_send(&sandbox->stop);
}

static void close_handle(uv_handle_t *handle, void *unused)
{
    (void)unused;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void sandbox_free(struct sandbox *sandbox)
{
    struct transfer *next;

    if (sandbox == NULL)
        return;
    while (sandbox->connections != NULL)
        sandbox_connection_close(sandbox->connections, false);
    sandbox->dirty = NULL;
    for (struct transfer *at = sandbox->unused; at != NULL; at = next) {
        next = at->next;
        uv_close((uv_handle_t *)&at->timer, on_transfer_closed);
    }
    uv_walk(&sandbox->loop, close_handle, NULL);
    /* Runs the closing of the handles; nothing else is left. */
    (void)uv_run(&sandbox->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&sandbox->loop);
    if (sandbox->listener >= 0)
        (void)close(sandbox->listener);
    SSL_CTX_free(sandbox->tls);
    nghttp2_session_callbacks_del(sandbox->h2_callbacks);
    nghttp2_option_del(sandbox->h2_option);
    sandbox_world_release(&sandbox->world);
    memory_free(sandbox->ca_path);
    memory_free(sandbox);
}
