/* Deals hosts out to lanes, and answers what is asked about them. */
#include "net/http_client.h"

#include <stdio.h>
#include <sys/resource.h>

#include "base/kept_blocks.h"
#include "base/limits.h"
#include "base/memory.h"

#include "net/http_internal.h"
#include "net/loop.h"

enum {
    CONNECTIONS_DEFAULT = 4096,
    DESCRIPTORS_RESERVED = 64, /* database, terminal, certificates … */
    DESCRIPTORS_OF_A_LANE = 8, /* its loop, and what wakes it */
    OWN_LANE = 0,
    LANES_MAX = 8,
};

static const struct address_policy public_only = {0};

struct http_client {
    struct loop *loop;
    struct http_settings settings;
    struct http_certificates *certificates;
    size_t connections_max;
    size_t hosts_per_thread;
    struct http_hosts *hosts;
    struct http_lane *own;
    struct http_thread *threads[LANES_MAX]; /* by lane; none for the own one */
    size_t host_counts[LANES_MAX];          /* by lane */
    size_t lane_count, lanes_max;
    void (*on_known)(void *context, const char *origin);
    void *on_known_context;
};

/* --- making and freeing ---------------------------------------------------------------------- */

static size_t descriptors_available(void)
{
    const rlim_t reserved = DESCRIPTORS_RESERVED + LANES_MAX * DESCRIPTORS_OF_A_LANE;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 256;
    if (limit.rlim_cur < limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return (size_t)(limit.rlim_cur > reserved * 2 ? limit.rlim_cur - reserved : limit.rlim_cur / 2);
}

static size_t connections_of(const struct http_client_options *options)
{
    size_t connections = options->connections_max ? options->connections_max : CONNECTIONS_DEFAULT;
    size_t descriptors = descriptors_available();

    return connections < descriptors ? connections : descriptors;
}

static size_t lanes_of(const struct http_client_options *options)
{
    size_t lanes =
        options->threads_max ? options->threads_max + 1 : (size_t)uv_available_parallelism();

    return lanes < LANES_MAX ? lanes : LANES_MAX;
}

static struct http_settings settings_of(const struct http_client *client,
                                        const struct http_client_options *options)
{
    return (struct http_settings){
        .certificates = client->certificates,
        .connect_timeout_ms =
            options->connect_timeout_ms ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS,
        .request_timeout_ms =
            options->request_timeout_ms ? options->request_timeout_ms : REQUEST_TIMEOUT_MS,
        .reply_body_max_bytes =
            options->reply_body_max_bytes ? options->reply_body_max_bytes : REPLY_BODY_MAX_BYTES,
        .policy = options->policy ? options->policy : &public_only,
    };
}

static void on_known(void *context, const char *origin, enum host_protocol protocol,
                     int64_t certified_until_unix_ms)
{
    struct http_client *client = context;
    struct host *host = http_hosts_find(client->hosts, origin);

    host->protocol = protocol;
    host->certified_until_unix_ms = certified_until_unix_ms;
    if (client->on_known)
        client->on_known(client->on_known_context, origin);
}

static struct http_listener listener_of(struct http_client *client)
{
    return (struct http_listener){.on_known = on_known, .context = client};
}

int http_client_new(struct loop *loop, const struct http_client_options *options,
                    struct http_client **out, struct error *error)
{
    struct http_client *client = memory_alloc(sizeof(*client));
    const struct http_listener listener = listener_of(client);

    client->certificates = http_certificates_new(options->ca_file, error);
    if (!client->certificates) {
        memory_free(client);
        return -1;
    }
    client->settings = settings_of(client, options);
    client->connections_max = connections_of(options);
    client->hosts_per_thread =
        options->hosts_per_thread ? options->hosts_per_thread : HOSTS_PER_THREAD;
    client->lanes_max = lanes_of(options);
    client->loop = loop;
    client->hosts = memory_alloc(sizeof(*client->hosts));
    http_memory_init();
    kept_blocks_begin();
    http_kept_init();
    http_writes_init();
    client->own = http_lane_new(loop, &client->settings, &listener);
    http_lane_limit(client->own, client->connections_max);
    client->lane_count = 1;
    *out = client;
    return 0;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    for (size_t i = OWN_LANE + 1; i < client->lane_count; i++)
        http_thread_free(client->threads[i]);
    http_lane_free(client->own);
    http_hosts_free(client->hosts);
    http_certificates_free(client->certificates);
    memory_free(client);
    curl_global_cleanup();
    kept_blocks_end();
}

/* --- which lane ------------------------------------------------------------------------------ */

/* Each may have its part of the connections. */
static void limit_lanes(struct http_client *client)
{
    size_t each_max = client->connections_max / client->lane_count;

    http_lane_limit(client->own, each_max);
    for (size_t i = OWN_LANE + 1; i < client->lane_count; i++)
        http_thread_limit(client->threads[i], each_max);
}

/* Without a further thread those that there are have more to do, and nothing is wrong. */
static bool add_lane(struct http_client *client)
{
    const struct http_listener listener = listener_of(client);
    struct http_thread *thread = http_thread_new(client->loop, &client->settings, &listener);

    if (!thread) {
        client->lanes_max = client->lane_count;
        return false;
    }
    client->threads[client->lane_count++] = thread;
    limit_lanes(client);
    return true;
}

static size_t choose_lane(struct http_client *client)
{
    size_t least = OWN_LANE;

    for (size_t i = OWN_LANE + 1; i < client->lane_count; i++)
        if (client->host_counts[i] < client->host_counts[least])
            least = i;
    if (client->host_counts[least] >= client->hosts_per_thread &&
        client->lane_count < client->lanes_max && add_lane(client))
        least = client->lane_count - 1;
    client->host_counts[least]++;
    return least;
}

/* A host's requests all go by one lane, which has its connections. */
static size_t lane_of(struct http_client *client, const char *origin)
{
    struct host *host = http_hosts_find(client->hosts, origin);

    if (!host) {
        host = http_hosts_add(client->hosts, origin);
        host->lane = choose_lane(client);
    }
    return host->lane;
}

/* --- requests -------------------------------------------------------------------------------- */

void http_client_send(struct http_client *client, struct http_request *request, http_done *done,
                      void *context)
{
    char origin[URL_ORIGIN_SIZE];
    if (!url_origin(request->url.bytes, origin, sizeof(origin)))
        snprintf(origin, sizeof(origin), "?"); /* libcurl will refuse the URL, with a reason */

    size_t lane = lane_of(client, origin);
    if (lane == OWN_LANE)
        http_lane_send(client->own, origin, request, done, context);
    else
        http_thread_send(client->threads[lane], origin, request, done, context);
}

void http_client_connect(struct http_client *client, const char *origin, http_done *done,
                         void *context)
{
    size_t lane = lane_of(client, origin);
    if (lane == OWN_LANE)
        http_lane_connect(client->own, origin, done, context);
    else
        http_thread_connect(client->threads[lane], origin, done, context);
}

void http_client_cancel_unsent(struct http_client *client)
{
    http_lane_cancel_unsent(client->own);
    for (size_t i = OWN_LANE + 1; i < client->lane_count; i++)
        http_thread_cancel_unsent(client->threads[i]);
}

void http_client_drop_all(struct http_client *client)
{
    http_lane_drop_all(client->own);
    for (size_t i = OWN_LANE + 1; i < client->lane_count; i++)
        http_thread_drop_all(client->threads[i]);
}

/* --- what is known --------------------------------------------------------------------------- */

enum host_protocol http_client_host_protocol(const struct http_client *client, const char *origin)
{
    const struct host *host = http_hosts_find(client->hosts, origin);
    return host ? host->protocol : HOST_UNKNOWN;
}

int64_t http_client_host_certified_until_unix_ms(const struct http_client *client,
                                                 const char *origin)
{
    const struct host *host = http_hosts_find(client->hosts, origin);
    return host ? host->certified_until_unix_ms : 0;
}

size_t http_client_host_capacity(const struct http_client *client, const char *origin)
{
    switch (http_client_host_protocol(client, origin)) {
    case HOST_HTTP2:
        return HTTP2_REQUESTS_PER_HOST;
    case HOST_HTTP1:
        return HTTP_CONNECTIONS_PER_HOST;
    case HOST_UNKNOWN:
        break;
    }
    return 1;
}

void http_client_on_host_known(struct http_client *client,
                               void (*callback)(void *context, const char *origin), void *context)
{
    client->on_known = callback;
    client->on_known_context = context;
}

size_t http_client_connections_max(const struct http_client *client)
{
    return client->connections_max;
}

size_t http_client_threads(const struct http_client *client)
{
    return client->lane_count;
}

uint64_t http_client_connections_opened(const struct http_client *client)
{
    uint64_t opened = http_lane_connections_opened(client->own);

    for (size_t i = OWN_LANE + 1; i < client->lane_count; i++)
        opened += http_thread_connections_opened(client->threads[i]);
    return opened;
}
