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
    HOST_BUCKETS = 1024,
    IDLE_HANDLES_MAX = 4096,
    HTTP2_CONNECTIONS_PER_HOST = 8,
    CONNECTIONS_DEFAULT = 4096,
    DESCRIPTORS_RESERVED = 64, /* database, terminal, certificates … */
    OVERDUE_EVERY_MS = WAIT_MS(1000),
    OVERDUE_AFTER_MS = WAIT_MS(1000), /* the time-out */
};

static const struct address_policy public_only = {0};

struct http_client {
    struct loop *loop;
    uv_loop_t *uv;
    struct lane lanes[LANE_COUNT];
    CURLSH *share; /* DNS answers and TLS sessions, for both lanes */
    int ca_descriptor;
    char ca_path[64];
    int64_t connect_timeout_ms, request_timeout_ms;
    size_t reply_body_max_bytes;
    const struct address_policy *policy;
    struct host *buckets[HOST_BUCKETS];
    struct host *to_announce;
    void (*on_host_known)(void *context, const char *origin);
    void *host_context;
    struct http_exchange *first, *last; /* under way; the newest is first */
    uv_timer_t overdue_timer;           /* while any is */
    CURL *idle[IDLE_HANDLES_MAX];
    size_t idle_count;
    uint64_t connections_opened;
};

/* One socket of libcurl's, watched by the loop. */
struct watched {
    uv_poll_t poll;
    struct lane *lane;
    curl_socket_t socket;
};

/* --- hosts ----------------------------------------------------------------------------------- */

static size_t bucket_of(const char *origin)
{
    size_t hash = 14695981039346656037u; /* FNV-1a */
    for (; *origin; origin++)
        hash = (hash ^ (unsigned char)*origin) * 1099511628211u;
    return hash % HOST_BUCKETS;
}

struct host *http_client_find_host(const struct http_client *client, const char *origin)
{
    for (struct host *host = client->buckets[bucket_of(origin)]; host; host = host->next)
        if (strcmp(host->origin, origin) == 0)
            return host;
    return NULL;
}

static struct host *get_host(struct http_client *client, const char *origin)
{
    struct host *host = http_client_find_host(client, origin);
    if (host)
        return host;
    host = memory_alloc(sizeof(*host));
    host->origin = memory_strdup(origin);
    host->is_trusted = address_policy_trusts(client->policy, origin);
    size_t bucket = bucket_of(origin);
    host->next = client->buckets[bucket];
    client->buckets[bucket] = host;
    return host;
}

void http_client_host_seen(struct http_client *client, struct host *host,
                           enum host_protocol protocol, int64_t certified_until_unix_ms)
{
    log_debug(LOG_HTTP, "%s speaks HTTP/%s", host->origin, protocol == HOST_HTTP2 ? "2" : "1.1");
    host->protocol = protocol;
    host->certified_until_unix_ms = certified_until_unix_ms;
    host->next_unknown = client->to_announce;
    client->to_announce = host;
}

/* Told outside libcurl's callbacks, where new requests may be added. */
static void announce_hosts(struct http_client *client)
{
    while (client->to_announce) {
        struct host *host = client->to_announce;
        client->to_announce = host->next_unknown;
        if (client->on_host_known)
            client->on_host_known(client->host_context, host->origin);
    }
}

void http_client_on_host_known(struct http_client *client,
                               void (*callback)(void *context, const char *origin), void *context)
{
    client->on_host_known = callback;
    client->host_context = context;
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

/* --- libcurl's sockets and timers on the loop ------------------------------------------------ */

/* For the next request, unless a secret may stay in it: libcurl keeps the parts of the last URL and
 * the last piece of an answer, which nothing but the end of the handle takes away. */
static void give_back(struct http_client *client, CURL *easy, bool is_clean)
{
    if (client->idle_count < IDLE_HANDLES_MAX && is_clean) {
        curl_easy_reset(easy); /* nothing of one account reaches the next */
        /* libcurl 7.88 keeps the buffer that a body was in as long as other requests use its
         * connection. Told its size again, it lets go of it. */
        curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER_BYTES);
        client->idle[client->idle_count++] = easy;
    } else {
        curl_easy_cleanup(easy);
    }
}

static void unlink_exchange(struct http_exchange *exchange)
{
    struct http_client *client = exchange->client;
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
    for (int kind = 0; kind < LANE_COUNT; kind++)
        uv_unref((uv_handle_t *)&client->lanes[kind].timer);
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
    for (int kind = 0; kind < LANE_COUNT; kind++)
        uv_ref((uv_handle_t *)&client->lanes[kind].timer);
}

/* Takes all messages off before the first handle: libcurl looks for a handle that is removed among
 * those that are left, from the first to the last. */
static struct http_exchange *take_ended(struct lane *lane)
{
    struct http_exchange *first = NULL, **last = &first;
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(lane->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct http_exchange *exchange = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
        exchange->result = message->data.result;
        *last = exchange;
        last = &exchange->next_ended;
    }
    return first;
}

static void finish_exchanges(struct lane *lane)
{
    struct http_client *client = lane->client;
    struct http_exchange *next;

    for (struct http_exchange *exchange = take_ended(lane); exchange; exchange = next) {
        CURL *easy = exchange->easy;
        long connects = 0;
        next = exchange->next_ended;
        curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
        client->connections_opened += (uint64_t)connects;
        curl_multi_remove_handle(lane->multi, easy);
        bool is_clean = exchange->leaves_no_secret;
        unlink_exchange(exchange);
        http_exchange_finish(exchange, exchange->result);
        http_exchange_free(exchange);
        give_back(client, easy, is_clean);
    }
    announce_hosts(client);
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
        curl_multi_remove_handle(exchange->lane->multi, easy);
        unlink_exchange(exchange);
        http_exchange_finish(exchange, CURLE_OPERATION_TIMEDOUT);
        http_exchange_free(exchange);
        give_back(client, easy, is_clean);
    }
}

static void act(struct lane *lane, curl_socket_t socket, int flags)
{
    int running;
    curl_multi_socket_action(lane->multi, socket, flags, &running);
    finish_exchanges(lane);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct lane *lane = context;
    if (timeout_ms < 0)
        return uv_timer_stop(&lane->timer);
    /* Never from within libcurl's own call: 0 becomes the next turn of the loop. */
    uv_update_time(lane->client->uv);
    return uv_timer_start(&lane->timer, on_timer, (uint64_t)timeout_ms, 0);
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
    act(watched->lane, watched->socket, flags);
}

static void free_watched(uv_handle_t *handle)
{
    memory_free(handle->data);
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *context,
                        void *socket_context)
{
    (void)easy;
    struct lane *lane = context;
    struct watched *watched = socket_context;

    if (what == CURL_POLL_REMOVE) {
        if (watched) {
            curl_multi_assign(lane->multi, socket, NULL);
            uv_poll_stop(&watched->poll);
            uv_close((uv_handle_t *)&watched->poll, free_watched);
        }
        return 0;
    }
    if (!watched) {
        watched = memory_alloc(sizeof(*watched));
        watched->lane = lane;
        watched->socket = socket;
        watched->poll.data = watched;
        /* Told that it is not watched, libcurl would give up all requests, and say so of none. */
        loop_must(uv_poll_init_socket(lane->client->uv, &watched->poll, socket),
                  "cannot watch a connection");
        curl_multi_assign(lane->multi, socket, watched);
    }
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    return uv_poll_start(&watched->poll, events, on_poll);
}

/* --- making and freeing ---------------------------------------------------------------------- */

static void make_lane(struct http_client *client, enum lane_kind kind, size_t connections_max)
{
    struct lane *lane = &client->lanes[kind];
    long per_host = kind == LANE_HTTP2 ? HTTP2_CONNECTIONS_PER_HOST : HTTP1_CONNECTIONS_PER_HOST;

    lane->client = client;
    lane->multi = curl_multi_init();
    if (!lane->multi)
        memory_exhausted();
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_MAX_HOST_CONNECTIONS, per_host);
    curl_multi_setopt(lane->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections_max);
    /* Unset, it follows the number of handles, and a small one reconnects for every request. */
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, (long)connections_max);
    curl_multi_setopt(lane->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)HTTP2_REQUESTS_PER_HOST);
    uv_timer_init(client->uv, &lane->timer);
    lane->timer.data = lane;
    uv_unref((uv_handle_t *)&lane->timer); /* until something is under way */
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

    client->loop = loop;
    client->uv = loop_handle(loop);
    client->connect_timeout_ms =
        options->connect_timeout_ms ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    client->request_timeout_ms =
        options->request_timeout_ms ? options->request_timeout_ms : REQUEST_TIMEOUT_MS;
    client->reply_body_max_bytes =
        options->reply_body_max_bytes ? options->reply_body_max_bytes : REPLY_BODY_MAX_BYTES;
    client->policy = options->policy ? options->policy : &public_only;
    client->ca_descriptor = http_certificates_gather(options->ca_file, error);
    if (client->ca_descriptor < 0) {
        memory_free(client);
        return -1;
    }
    snprintf(client->ca_path, sizeof(client->ca_path), "/proc/self/fd/%d", client->ca_descriptor);
    http_memory_init();
    kept_blocks_begin();
    client->share = curl_share_init();
    if (!client->share)
        memory_exhausted();
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    uv_timer_init(client->uv, &client->overdue_timer);
    client->overdue_timer.data = client;
    for (int kind = 0; kind < LANE_COUNT; kind++)
        make_lane(client, (enum lane_kind)kind,
                  connections < descriptors ? connections : descriptors);
    *out = client;
    return 0;
}

static void free_hosts(struct http_client *client)
{
    for (size_t i = 0; i < HOST_BUCKETS; i++) {
        for (struct host *host = client->buckets[i]; host;) {
            struct host *next = host->next;
            memory_free(host->origin);
            memory_free(host);
            host = next;
        }
    }
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
        curl_multi_remove_handle(exchange->lane->multi, easy);
        unlink_exchange(exchange);
        exchange->done(exchange->context, NULL, &failure);
        http_exchange_free(exchange);
        give_back(client, easy, is_clean);
    }
}

void http_client_drop_all(struct http_client *client)
{
    while (client->first) {
        struct http_exchange *exchange = client->first;
        CURL *easy = exchange->easy;
        curl_multi_remove_handle(exchange->lane->multi, easy);
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
    while (client->idle_count > 0)
        curl_easy_cleanup(client->idle[--client->idle_count]);
    for (int kind = 0; kind < LANE_COUNT; kind++) {
        curl_multi_cleanup(client->lanes[kind].multi); /* closes and unwatches its sockets */
        uv_close((uv_handle_t *)&client->lanes[kind].timer, NULL);
    }
    uv_close((uv_handle_t *)&client->overdue_timer, NULL);
    uv_run(client->uv, UV_RUN_NOWAIT); /* the handles' memory is the client's: let them close */
    curl_share_cleanup(client->share);
    free_hosts(client);
    close(client->ca_descriptor);
    memory_free(client);
    curl_global_cleanup();
    kept_blocks_end();
}

struct http_exchange *http_client_send(struct http_client *client, struct http_request *request,
                                       http_done *done, void *context)
{
    char origin[512];
    if (!url_origin(request->url.bytes, origin, sizeof(origin)))
        snprintf(origin, sizeof(origin), "?"); /* libcurl will refuse the URL, with a reason */

    CURL *easy = client->idle_count ? client->idle[--client->idle_count] : curl_easy_init();
    if (!easy)
        memory_exhausted();
    struct host *host = get_host(client, origin);
    struct http_exchange *exchange = http_exchange_new(client, host, easy, request);
    exchange->lane = &client->lanes[host->protocol == HOST_HTTP1 ? LANE_HTTP1 : LANE_HTTP2];
    exchange->done = done;
    exchange->context = context;
    link_exchange(exchange);
    curl_easy_setopt(easy, CURLOPT_SHARE, client->share);
    CURLMcode added = curl_multi_add_handle(exchange->lane->multi, easy);
    if (added != CURLM_OK)
        memory_exhausted(); /* the only cause left: handles are ours and fresh */
    return exchange;
}
