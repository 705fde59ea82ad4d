#include "net/http_client.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <curl/curl.h>
#include <uv.h>

#include "base/kept_blocks.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"

#include "net/http_internal.h"
#include "net/loop.h"

enum {
    CONNECTIONS_DEFAULT = 4096,
    DESCRIPTORS_RESERVED = 64, /* database, terminal, certificates … */
    OVERDUE_EVERY_MS = WAIT_MS(1000),
    OVERDUE_AFTER_MS = WAIT_MS(1000), /* the time-out */
};

static const struct address_policy public_only = {0};

struct http_client {
    struct loop *loop;
    uv_loop_t *uv;
    CURLM *multi;
    uv_timer_t timer; /* libcurl's */
    CURLSH *share;    /* DNS answers and TLS sessions */
    int ca_descriptor;
    char ca_path[64];
    int64_t connect_timeout_ms, request_timeout_ms;
    size_t reply_body_max_bytes;
    size_t connections_max;
    const struct address_policy *policy;
    struct http_hosts *hosts;
    struct http_uploads uploads;
    struct http_exchange *first, *last; /* under way; the newest is first */
    uv_timer_t overdue_timer;           /* while any is */
    struct http_handles handles;
    uint64_t connections_opened;
};

/* One socket of libcurl's, watched by the loop. */
struct watched {
    uv_poll_t poll;
    struct http_client *client;
    curl_socket_t socket;
};

size_t http_client_connections_max(const struct http_client *client)
{
    return client->connections_max;
}

uint64_t http_client_connections_opened(const struct http_client *client)
{
    return client->connections_opened;
}

const char *http_client_ca_path(const struct http_client *client)
{
    return client->ca_path;
}

int64_t http_client_connect_timeout_ms(const struct http_client *client)
{
    return client->connect_timeout_ms;
}

int64_t http_client_request_timeout_ms(const struct http_client *client)
{
    return client->request_timeout_ms;
}

size_t http_client_reply_body_max_bytes(const struct http_client *client)
{
    return client->reply_body_max_bytes;
}

const struct address_policy *http_client_policy(const struct http_client *client)
{
    return client->policy;
}

struct http_hosts *http_client_hosts(const struct http_client *client)
{
    return client->hosts;
}

struct http_uploads *http_client_uploads(struct http_client *client)
{
    return &client->uploads;
}

/* --- libcurl's sockets and timers on the loop ------------------------------------------------ */

static void unlink_exchange(struct http_exchange *exchange)
{
    struct http_client *client = exchange->client;
    http_upload_forget(exchange);
    if (exchange->previous)
        exchange->previous->next = exchange->next;
    else
        client->first = exchange->next;
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    else
        client->last = exchange->previous;
    if (client->first)
        return;
    uv_timer_stop(&client->overdue_timer);
    uv_unref((uv_handle_t *)&client->timer);
}

static void on_overdue_timer(uv_timer_t *timer);

/* What is under way keeps the loop running; an idle client does not. Between two sockets libcurl
 * has nothing but its timer. */
static void link_exchange(struct http_exchange *exchange)
{
    struct http_client *client = exchange->client;
    exchange->next = client->first;
    if (client->first)
        client->first->previous = exchange;
    else
        client->last = exchange;
    client->first = exchange;
    exchange->began_ms = loop_now_ms(client->loop);
    if (!uv_is_active((uv_handle_t *)&client->overdue_timer))
        uv_timer_start(&client->overdue_timer, on_overdue_timer, OVERDUE_EVERY_MS,
                       OVERDUE_EVERY_MS);
    uv_ref((uv_handle_t *)&client->timer);
}

static void enter_multi(struct http_exchange *exchange)
{
    http_exchange_choose_protocol(exchange);
    if (curl_multi_add_handle(exchange->client->multi, exchange->easy) != CURLM_OK)
        memory_exhausted(); /* the only cause left: handles are ours and fresh */
}

/* What comes while a connection is opened ahead waits for it. Not in libcurl: that wakes one of all
 * that wait for anything, which need not be one that can go on. */
static void enter(struct http_exchange *exchange)
{
    struct host *host = exchange->host;
    if (exchange->connects_only) {
        host->ahead = exchange;
    } else if (host->ahead) {
        exchange->next_waiting = host->waiting;
        host->waiting = exchange;
        return;
    }
    enter_multi(exchange);
}

static void let_follow(struct host *host)
{
    host->ahead = NULL;
    while (host->waiting) {
        struct http_exchange *exchange = host->waiting;
        host->waiting = exchange->next_waiting;
        enter_multi(exchange);
    }
}

/* It may be one that waits. */
static void leave(struct http_exchange *exchange)
{
    struct host *host = exchange->host;
    for (struct http_exchange **at = &host->waiting; *at; at = &(*at)->next_waiting) {
        if (*at == exchange) {
            *at = exchange->next_waiting;
            return;
        }
    }
    /* Else libcurl closes what was opened. */
    if (exchange->connects_only)
        curl_easy_setopt(exchange->easy, CURLOPT_CONNECT_ONLY, 0L);
    curl_multi_remove_handle(exchange->client->multi, exchange->easy);
    if (host->ahead == exchange)
        let_follow(host);
}

/* Takes all messages off before the first handle: libcurl looks for a handle that is removed among
 * those that are left, from the first to the last. */
static struct http_exchange *take_ended(struct http_client *client)
{
    struct http_exchange *first = NULL, **last = &first;
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct http_exchange *exchange = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
        exchange->result = message->data.result;
        exchange->next_ended = NULL; /* it may have been in such a list before, and begun again */
        *last = exchange;
        last = &exchange->next_ended;
    }
    return first;
}

static void finish_exchanges(struct http_client *client)
{
    struct http_exchange *next;

    for (struct http_exchange *exchange = take_ended(client); exchange; exchange = next) {
        CURL *easy = exchange->easy;
        long connects = 0;
        next = exchange->next_ended;
        curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
        client->connections_opened += (uint64_t)connects;
        if (exchange->is_stale) {
            curl_multi_remove_handle(client->multi, easy);
            http_exchange_begin_again(exchange);
            enter_multi(exchange);
            continue;
        }
        leave(exchange);
        bool is_clean = exchange->leaves_no_secret;
        unlink_exchange(exchange);
        http_exchange_finish(exchange, exchange->result);
        http_exchange_free(exchange);
        http_handles_give_back(&client->handles, easy, is_clean);
    }
    http_hosts_announce(client->hosts);
}

/* libcurl 7.88 now and then forgets a time-out: its timer goes off a moment before the time is up
 * by its own count, and is not set again. A request without an end would be a send without one. */
static void on_overdue_timer(uv_timer_t *timer)
{
    struct http_client *client = timer->data;
    int64_t limit_ms = client->request_timeout_ms + OVERDUE_AFTER_MS;
    int64_t now_ms = loop_now_ms(client->loop);

    while (client->last && now_ms - client->last->began_ms > limit_ms) {
        struct http_exchange *exchange = client->last;
        CURL *easy = exchange->easy;
        bool is_clean = exchange->leaves_no_secret;
        leave(exchange);
        unlink_exchange(exchange);
        http_exchange_finish(exchange, CURLE_OPERATION_TIMEDOUT);
        http_exchange_free(exchange);
        http_handles_give_back(&client->handles, easy, is_clean);
    }
}

static void act(struct http_client *client, curl_socket_t socket, int flags)
{
    int running;
    curl_multi_socket_action(client->multi, socket, flags, &running);
    finish_exchanges(client);
    http_uploads_let_go(&client->uploads);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct http_client *client = context;
    if (timeout_ms < 0)
        return uv_timer_stop(&client->timer);
    /* Never from within libcurl's own call: 0 becomes the next turn of the loop. */
    uv_update_time(client->uv);
    return uv_timer_start(&client->timer, on_timer, (uint64_t)timeout_ms, 0);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct watched *watched = poll->data;
    int flags = 0;
    if (status < 0)
        flags = CURL_CSELECT_ERR;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(watched->client, watched->socket, flags);
}

static void free_watched(uv_handle_t *handle)
{
    memory_free(handle->data);
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context,
                        void *socket_context)
{
    (void)easy;
    struct http_client *client = context;
    struct watched *watched = socket_context;

    if (what == CURL_POLL_REMOVE) {
        if (watched) {
            curl_multi_assign(client->multi, socket, NULL);
            uv_poll_stop(&watched->poll);
            uv_close((uv_handle_t *)&watched->poll, free_watched);
        }
        return 0;
    }
    if (!watched) {
        watched = memory_alloc(sizeof(*watched));
        watched->client = client;
        watched->socket = socket;
        watched->poll.data = watched;
        /* Told that it is not watched, libcurl would give up all requests, and say so of none. */
        loop_must(uv_poll_init_socket(client->uv, &watched->poll, socket),
                  "cannot watch a connection");
        curl_multi_assign(client->multi, socket, watched);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    return uv_poll_start(&watched->poll, events, on_poll);
}

/* --- making and freeing ---------------------------------------------------------------------- */

static void make_multi(struct http_client *client)
{
    client->multi = curl_multi_init();
    if (!client->multi)
        memory_exhausted();
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_HOST_CONNECTIONS,
                      (long)HTTP_CONNECTIONS_PER_HOST);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)client->connections_max);
    /* Unset, it follows the number of handles, and a small one reconnects for every request. */
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)client->connections_max);
    curl_multi_setopt(client->multi, CURLMOPT_MAX_CONCURRENT_STREAMS,
                      (long)HTTP2_REQUESTS_PER_HOST);
    uv_timer_init(client->uv, &client->timer);
    client->timer.data = client;
    uv_unref((uv_handle_t *)&client->timer); /* until something is under way */
}

static size_t descriptors_available(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 256;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur > DESCRIPTORS_RESERVED * 2 ? (size_t)limit.rlim_cur - DESCRIPTORS_RESERVED
                                                     : DESCRIPTORS_RESERVED;
}

int http_client_new(struct loop *loop, const struct http_client_options *options,
                    struct http_client **out, struct error *error)
{
    struct http_client *client = memory_alloc(sizeof(*client));
    size_t connections = options->connections_max ? options->connections_max : CONNECTIONS_DEFAULT;
    size_t descriptors = descriptors_available();

    client->connections_max = connections < descriptors ? connections : descriptors;
    client->loop = loop;
    client->uv = loop_handle(loop);
    client->connect_timeout_ms =
        options->connect_timeout_ms ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    client->request_timeout_ms =
        options->request_timeout_ms ? options->request_timeout_ms : REQUEST_TIMEOUT_MS;
    client->reply_body_max_bytes =
        options->reply_body_max_bytes ? options->reply_body_max_bytes : REPLY_BODY_MAX_BYTES;
    client->hosts = memory_alloc(sizeof(*client->hosts));
    client->policy = options->policy ? options->policy : &public_only;
    client->ca_descriptor = http_certificates_gather(options->ca_file, error);
    if (client->ca_descriptor < 0) {
        memory_free(client->hosts);
        memory_free(client);
        return -1;
    }
    snprintf(client->ca_path, sizeof(client->ca_path), "/proc/self/fd/%d", client->ca_descriptor);
    http_memory_init();
    kept_blocks_begin();
    http_kept_init();
    client->share = curl_share_init();
    if (!client->share)
        memory_exhausted();
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    uv_timer_init(client->uv, &client->overdue_timer);
    client->overdue_timer.data = client;
    make_multi(client);
    *out = client;
    return 0;
}

/* The newest stand first, so that those whose callbacks begin others are not met again. */
void http_client_cancel_unsent(struct http_client *client)
{
    const struct http_failure failure = {.kind = HTTP_NOT_SENT, .message = "taken back unsent"};
    struct http_exchange *next;

    for (struct http_exchange *exchange = client->first; exchange; exchange = next) {
        CURL *easy = exchange->easy;
        next = exchange->next;
        if (exchange->sent)
            continue;
        bool is_clean = exchange->leaves_no_secret;
        leave(exchange);
        unlink_exchange(exchange);
        exchange->done(exchange->context, NULL, &failure);
        http_exchange_free(exchange);
        http_handles_give_back(&client->handles, easy, is_clean);
    }
}

void http_client_drop_all(struct http_client *client)
{
    while (client->first) {
        struct http_exchange *exchange = client->first;
        CURL *easy = exchange->easy;
        leave(exchange);
        unlink_exchange(exchange);
        http_exchange_free(exchange);
        curl_easy_cleanup(easy);
    }
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    http_client_drop_all(client);
    http_handles_free(&client->handles);
    curl_multi_cleanup(client->multi); /* closes and unwatches its sockets */
    uv_close((uv_handle_t *)&client->timer, NULL);
    uv_close((uv_handle_t *)&client->overdue_timer, NULL);
    uv_run(client->uv, UV_RUN_NOWAIT); /* the handles' memory is the client's: let them close */
    curl_share_cleanup(client->share);
    http_hosts_free(client->hosts);
    close(client->ca_descriptor);
    memory_free(client);
    curl_global_cleanup();
    kept_blocks_end();
}

static void begin(struct http_exchange *exchange, http_done *done, void *context)
{
    exchange->done = done;
    exchange->context = context;
    link_exchange(exchange);
    curl_easy_setopt(exchange->easy, CURLOPT_SHARE, exchange->client->share);
    enter(exchange);
}

struct http_exchange *http_client_send(struct http_client *client, struct http_request *request,
                                       http_done *done, void *context)
{
    char origin[512];
    if (!url_origin(request->url.bytes, origin, sizeof(origin)))
        snprintf(origin, sizeof(origin), "?"); /* libcurl will refuse the URL, with a reason */

    struct http_exchange *exchange = http_exchange_new(
        client, http_host_get(client, origin), http_handles_take(&client->handles), request);
    begin(exchange, done, context);
    return exchange;
}

void http_client_connect(struct http_client *client, const char *origin, http_done *done,
                         void *context)
{
    begin(http_exchange_new_to_connect(client, http_host_get(client, origin),
                                       http_handles_take(&client->handles)),
          done, context);
}
