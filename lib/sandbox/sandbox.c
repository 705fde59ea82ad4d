#include "sandbox/sandbox.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/language.h"
#include "base/memory.h"

#include "sandbox/server.h"

enum {
    SWEEP_EVERY_MS = 5 * 1000,
    ACCEPTS_AT_ONCE = 64,
    FILES_WANTED = SANDBOX_CONNECTIONS_MAX + 64,
};

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

/* As many connections as the sandbox takes, where the system lets us. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FILES_WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* with fewer, later connections wait */
}

int sandbox_watch_listener(struct sandbox *sandbox)
{
    sandbox->listener_poll.data = sandbox;
    if (uv_poll_init(&sandbox->loop, &sandbox->listener_poll, sandbox->listener) < 0 ||
        uv_poll_start(&sandbox->listener_poll, UV_READABLE, on_connectable) < 0)
        return -1;
    return 0;
}

static int sandbox_start_loop(struct sandbox *sandbox, struct error *error)
{
    uv_loop_t *loop = &sandbox->loop;
    bool fine = uv_async_init(loop, &sandbox->stop, on_stop) == 0 &&
                sandbox_watch_listener(sandbox) == 0 && sandbox_outage_setup(sandbox) == 0 &&
                uv_prepare_init(loop, &sandbox->before_poll) == 0 &&
                uv_prepare_start(&sandbox->before_poll, on_before_poll) == 0 &&
                uv_check_init(loop, &sandbox->after_poll) == 0 &&
                uv_check_start(&sandbox->after_poll, on_after_poll) == 0 &&
                uv_timer_init(loop, &sandbox->sweep) == 0 &&
                uv_timer_start(&sandbox->sweep, on_sweep, SWEEP_EVERY_MS, SWEEP_EVERY_MS) == 0;

    sandbox->stop.data = sandbox->before_poll.data = sandbox;
    sandbox->after_poll.data = sandbox->sweep.data = sandbox;
    if (!fine)
        return error_set(error, ERROR_SYSTEM, _("the event loop cannot be set up"));
    return 0;
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
            return error_set(error, ERROR_SYSTEM, _("signals cannot be watched"));
    }
    return 0;
}

int sandbox_new(const struct sandbox_options *options, struct sandbox **out, struct error *error)
{
    struct sandbox *sandbox = memory_alloc(sizeof(*sandbox));

    *out = NULL;
    sandbox->listener = -1;
    if (uv_loop_init(&sandbox->loop) != 0) {
        memory_free(sandbox);
        return error_set(error, ERROR_SYSTEM, _("the event loop cannot be set up"));
    }
    if (options->streams_max > SANDBOX_STREAMS_MAX) {
        error_set(error, ERROR_USAGE, _("a connection carries at most %d requests at once"),
                  SANDBOX_STREAMS_MAX);
        goto fail;
    }
    sandbox->streams_max =
        options->streams_max ? (uint32_t)options->streams_max : SANDBOX_STREAMS_MAX;
    raise_file_limit();
    if (sandbox_world_init(&sandbox->world, options, error) < 0)
        goto fail;
    if (sandbox_bind(sandbox, options->listen != NULL ? options->listen : "127.0.0.1:8443", error) <
            0 ||
        sandbox_listen(sandbox, error) < 0)
        goto fail;
    sandbox->tls = sandbox_certificate_setup(options->state_dir != NULL ? options->state_dir : ".",
                                             &sandbox->ca_path, error);
    if (sandbox->tls == NULL)
        goto fail;
    if (options->http1_only)
        sandbox_certificate_http1_only(sandbox->tls);
    if (sandbox_http2_setup(sandbox) < 0) {
        error_set(error, ERROR_SYSTEM, _("HTTP/2 cannot be set up"));
        goto fail;
    }
    if (sandbox_start_loop(sandbox, error) < 0)
        goto fail;
    /* From here, not from sandbox_run(): who reads that it stands may end it at once. */
    if (!options->ignore_signals && sandbox_watch_signals(sandbox, error) < 0)
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

const char *sandbox_path(const char *channel)
{
    static const char *const paths[CHANNEL_COUNT] = {
        [CHANNEL_FACEBOOK] = "/facebook/v25.0", [CHANNEL_X] = "/x",
        [CHANNEL_MASTODON] = "/mastodon",       [CHANNEL_BLUESKY] = "/bluesky",
        [CHANNEL_TELEGRAM] = "/telegram",       [CHANNEL_INSTAGRAM] = "/instagram/v25.0",
        [CHANNEL_THREADS] = "/threads/v1.0",    [CHANNEL_YOUTUBE] = "/youtube",
        [CHANNEL_WEBHOOK] = "/webhook",         [CHANNEL_WORDPRESS] = "/wordpress",
        [CHANNEL_MICROPUB] = "/micropub",
    };
    return paths[sandbox_channel_find(channel)];
}

void sandbox_counts(const struct sandbox *sandbox, struct sandbox_counts *out)
{
    *out = sandbox->world.counts;
}

int sandbox_run(struct sandbox *sandbox, struct error *error)
{
    if (sandbox->ran)
        return error_set(error, ERROR_SYSTEM, _("the sandbox has run already"));
    sandbox->ran = true;
    /* A connection that its client has closed must not end the process. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return error_set(error, ERROR_SYSTEM, _("signals cannot be set up: %s"),
                         error_errno(errno));
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
        uv_close((uv_handle_t *)&at->timer, sandbox_transfer_closed);
    }
    uv_walk(&sandbox->loop, close_handle, NULL);
    /* Runs the closing of the handles; nothing else is left. */
    (void)uv_run(&sandbox->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&sandbox->loop);
    if (sandbox->listener >= 0)
        (void)close(sandbox->listener);
    SSL_CTX_free(sandbox->tls);
    SSL_CTX_free(sandbox->untrusted_tls);
    nghttp2_session_callbacks_del(sandbox->h2_callbacks);
    nghttp2_option_del(sandbox->h2_option);
    sandbox_world_release(&sandbox->world);
    memory_free(sandbox->ca_path);
    memory_free(sandbox);
}
