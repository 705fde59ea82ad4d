#include <string.h>

#include <curl/curl.h>
#include <uv.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"

#include "net/http_internal.h"
#include "net/loop.h"

enum {
    OVERDUE_EVERY_MS = WAIT_MS(1000),
    OVERDUE_AFTER_MS = WAIT_MS(1000), /* the time-out */
};

struct http_lane {
    const struct http_settings *settings;
    struct http_listener listener;
    struct loop *loop;
    uv_loop_t *uv;
    CURLM *multi;
    uv_timer_t timer; /* libcurl's */
    uv_prepare_t before_waiting;
    CURLSH *share; /* DNS answers and TLS sessions */
    X509_STORE *trusted;
    SSL_CTX *context; /* of all its TLS connections */
    struct http_hosts *hosts;
    struct host *just_met; /* the listener is not told yet */
    struct http_uploads uploads;
    struct http_watches watches;
    struct http_writes writes;
    struct http_exchange *first, *last; /* under way; the newest is first */
    uv_timer_t overdue_timer;           /* while any is */
    struct http_handles handles;
    uint64_t connections_opened;
};

uint64_t http_lane_connections_opened(const struct http_lane *lane)
{
    return lane->connections_opened;
}

const struct http_settings *http_lane_settings(const struct http_lane *lane)
{
    return lane->settings;
}

X509_STORE *http_lane_trusted(const struct http_lane *lane)
{
    return lane->trusted;
}

struct http_uploads *http_lane_uploads(struct http_lane *lane)
{
    return &lane->uploads;
}

struct http_writes *http_lane_writes(struct http_lane *lane)
{
    return &lane->writes;
}

/* --- hosts ----------------------------------------------------------------------------------- */

static struct host *host_of(struct http_lane *lane, const char *origin)
{
    struct host *host = http_hosts_find(lane->hosts, origin);
    if (!host) {
        host = http_hosts_add(lane->hosts, origin);
        host->is_trusted = address_policy_trusts(lane->settings->policy, origin);
    }
    return host;
}

void http_lane_met(struct http_lane *lane, struct host *host)
{
    log_debug(LOG_HTTP, "%s speaks HTTP/%s", host->origin,
              host->protocol == HOST_HTTP2 ? "2" : "1.1");
    host->next_unknown = lane->just_met;
    lane->just_met = host;
}

/* Outside libcurl's callbacks, where new requests may be added. */
static void tell_of_hosts(struct http_lane *lane)
{
    while (lane->just_met) {
        struct host *host = lane->just_met;
        lane->just_met = host->next_unknown;
        lane->listener.on_known(lane->listener.context, host->origin, host->protocol,
                                host->certified_until_unix_ms);
    }
}

/* --- libcurl's sockets and timers on the loop ------------------------------------------------ */

static void unlink_exchange(struct http_exchange *exchange)
{
    struct http_lane *lane = exchange->lane;
    http_upload_forget(exchange);
    if (exchange->previous)
        exchange->previous->next = exchange->next;
    else
        lane->first = exchange->next;
    if (exchange->next)
        exchange->next->previous = exchange->previous;
    else
        lane->last = exchange->previous;
    if (lane->first)
        return;
    uv_timer_stop(&lane->overdue_timer);
    uv_unref((uv_handle_t *)&lane->timer);
}

static void on_overdue_timer(uv_timer_t *timer);

/* What is under way keeps the loop running; an idle lane does not. Between two sockets libcurl
 * has nothing but its timer. */
static void link_exchange(struct http_exchange *exchange)
{
    struct http_lane *lane = exchange->lane;
    exchange->next = lane->first;
    if (lane->first)
        lane->first->previous = exchange;
    else
        lane->last = exchange;
    lane->first = exchange;
    exchange->began_ms = loop_now_ms(lane->loop);
    if (!uv_is_active((uv_handle_t *)&lane->overdue_timer))
        uv_timer_start(&lane->overdue_timer, on_overdue_timer, OVERDUE_EVERY_MS, OVERDUE_EVERY_MS);
    uv_ref((uv_handle_t *)&lane->timer);
}

static void enter_multi(struct http_exchange *exchange)
{
    http_exchange_choose_protocol(exchange);
    if (curl_multi_add_handle(exchange->lane->multi, exchange->easy) != CURLM_OK)
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
    curl_multi_remove_handle(exchange->lane->multi, exchange->easy);
    if (host->ahead == exchange)
        let_follow(host);
}

/* Takes all messages off before the first handle: libcurl looks for a handle that is removed among
 * those that are left, from the first to the last. */
static struct http_exchange *take_ended(struct http_lane *lane)
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
        exchange->next_ended = NULL; /* it may have been in such a list before, and begun again */
        *last = exchange;
        last = &exchange->next_ended;
    }
    return first;
}

static void finish_exchanges(struct http_lane *lane)
{
    struct http_exchange *next;

    for (struct http_exchange *exchange = take_ended(lane); exchange; exchange = next) {
        CURL *easy = exchange->easy;
        long connects = 0;
        next = exchange->next_ended;
        curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
        lane->connections_opened += (uint64_t)connects;
        if (exchange->is_stale) {
            curl_multi_remove_handle(lane->multi, easy);
            http_exchange_begin_again(exchange);
            enter_multi(exchange);
            continue;
        }
        leave(exchange);
        bool is_clean = exchange->leaves_no_secret;
        unlink_exchange(exchange);
        http_exchange_finish(exchange, exchange->result);
        http_exchange_free(exchange);
        http_handles_give_back(&lane->handles, easy, is_clean);
    }
    tell_of_hosts(lane);
}

/* libcurl 7.88 now and then forgets a time-out: its timer goes off a moment before the time is up
 * by its own count, and is not set again. A request without an end would be a send without one. */
static void on_overdue_timer(uv_timer_t *timer)
{
    struct http_lane *lane = timer->data;
    int64_t now_ms = loop_now_ms(lane->loop);
    struct http_exchange *previous;

    for (struct http_exchange *exchange = lane->last; exchange; exchange = previous) {
        CURL *easy = exchange->easy;
        previous = exchange->previous;
        if (now_ms - exchange->began_ms <= exchange->timeout_ms + OVERDUE_AFTER_MS)
            continue;
        bool is_clean = exchange->leaves_no_secret;
        leave(exchange);
        unlink_exchange(exchange);
        http_exchange_finish(exchange, CURLE_OPERATION_TIMEDOUT);
        http_exchange_free(exchange);
        http_handles_give_back(&lane->handles, easy, is_clean);
    }
}

static void act(struct http_lane *lane, curl_socket_t socket, int flags)
{
    int running;
    http_context_use(lane->context);
    curl_multi_socket_action(lane->multi, socket, flags, &running);
    http_context_use(NULL);
    http_writes_let_go(&lane->writes);
    finish_exchanges(lane);
    http_uploads_let_go(&lane->uploads);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long timeout_ms, void *context)
{
    (void)multi;
    struct http_lane *lane = context;
    if (timeout_ms < 0)
        return uv_timer_stop(&lane->timer);
    /* Never from within libcurl's own call: 0 becomes the next turn of the loop. */
    uv_update_time(lane->uv);
    return uv_timer_start(&lane->timer, on_timer, (uint64_t)timeout_ms, 0);
}

/* Whatever has let libcurl do something in this turn of the loop. */
static void before_waiting(uv_prepare_t *prepare)
{
    struct http_lane *lane = prepare->data;

    http_writes_let_go(&lane->writes);
    http_watches_apply(&lane->watches);
}

/* --- making and freeing ---------------------------------------------------------------------- */

static void make_multi(struct http_lane *lane)
{
    lane->multi = curl_multi_init();
    if (!lane->multi)
        memory_exhausted();
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETFUNCTION, http_watches_socket);
    curl_multi_setopt(lane->multi, CURLMOPT_SOCKETDATA, &lane->watches);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(lane->multi, CURLMOPT_TIMERDATA, lane);
    curl_multi_setopt(lane->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)HTTP_CONNECTIONS_PER_HOST);
    curl_multi_setopt(lane->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)HTTP2_REQUESTS_PER_HOST);
    lane->watches =
        (struct http_watches){.loop = lane->uv, .multi = lane->multi, .lane = lane, .act = act};
    uv_timer_init(lane->uv, &lane->timer);
    lane->timer.data = lane;
    uv_unref((uv_handle_t *)&lane->timer); /* until something is under way */
}

void http_lane_limit(struct http_lane *lane, size_t connections_max)
{
    curl_multi_setopt(lane->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)connections_max);
    /* Unset, it follows the number of handles, and a small one reconnects for every request. */
    curl_multi_setopt(lane->multi, CURLMOPT_MAXCONNECTS, (long)connections_max);
}

struct http_lane *http_lane_new(struct loop *loop, const struct http_settings *settings,
                                const struct http_listener *listener)
{
    struct http_lane *lane = memory_alloc(sizeof(*lane));

    lane->settings = settings;
    lane->listener = *listener;
    lane->loop = loop;
    lane->uv = loop_handle(loop);
    lane->writes.loop = lane->uv;
    lane->hosts = memory_alloc(sizeof(*lane->hosts));
    lane->trusted = http_certificates_store(settings->certificates);
    lane->context = http_context_new(lane->trusted);
    lane->share = curl_share_init();
    if (!lane->share)
        memory_exhausted();
    curl_share_setopt(lane->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(lane->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    uv_timer_init(lane->uv, &lane->overdue_timer);
    lane->overdue_timer.data = lane;
    uv_prepare_init(lane->uv, &lane->before_waiting);
    lane->before_waiting.data = lane;
    uv_prepare_start(&lane->before_waiting, before_waiting);
    uv_unref((uv_handle_t *)&lane->before_waiting);
    make_multi(lane);
    return lane;
}

/* The newest stand first, so that those whose callbacks begin others are not met again. */
void http_lane_cancel_unsent(struct http_lane *lane)
{
    const struct http_failure failure = {.kind = HTTP_NOT_SENT, .message = "taken back unsent"};
    struct http_exchange *next;

    for (struct http_exchange *exchange = lane->first; exchange; exchange = next) {
        CURL *easy = exchange->easy;
        next = exchange->next;
        if (exchange->sent)
            continue;
        bool is_clean = exchange->leaves_no_secret;
        leave(exchange);
        unlink_exchange(exchange);
        exchange->done(exchange->context, NULL, &failure);
        http_exchange_free(exchange);
        http_handles_give_back(&lane->handles, easy, is_clean);
    }
}

void http_lane_drop_all(struct http_lane *lane)
{
    while (lane->first) {
        struct http_exchange *exchange = lane->first;
        CURL *easy = exchange->easy;
        leave(exchange);
        unlink_exchange(exchange);
        http_exchange_free(exchange);
        curl_easy_cleanup(easy);
    }
}

void http_lane_free(struct http_lane *lane)
{
    http_lane_drop_all(lane);
    http_handles_free(&lane->handles);
    curl_multi_cleanup(lane->multi); /* closes and unwatches its sockets */
    http_writes_free(&lane->writes);
    uv_close((uv_handle_t *)&lane->before_waiting, NULL);
    uv_close((uv_handle_t *)&lane->timer, NULL);
    uv_close((uv_handle_t *)&lane->overdue_timer, NULL);
    uv_run(lane->uv, UV_RUN_NOWAIT); /* the handles' memory is the lane's: let them close */
    curl_share_cleanup(lane->share);
    SSL_CTX_free(lane->context);
    X509_STORE_free(lane->trusted);
    http_hosts_free(lane->hosts);
    memory_free(lane);
}

/* --- requests -------------------------------------------------------------------------------- */

static void begin(struct http_exchange *exchange, http_done *done, void *context)
{
    exchange->done = done;
    exchange->context = context;
    link_exchange(exchange);
    curl_easy_setopt(exchange->easy, CURLOPT_SHARE, exchange->lane->share);
    enter(exchange);
}

void http_lane_send(struct http_lane *lane, const char *origin, struct http_request *request,
                    http_done *done, void *context)
{
    begin(
        http_exchange_new(lane, host_of(lane, origin), http_handles_take(&lane->handles), request),
        done, context);
}

void http_lane_connect(struct http_lane *lane, const char *origin, http_done *done, void *context)
{
    begin(http_exchange_new_to_connect(lane, host_of(lane, origin),
                                       http_handles_take(&lane->handles)),
          done, context);
}
