/* What is known of a host since it was first met. */
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

#include "net/http_internal.h"

static size_t bucket_of(const char *origin)
{
    size_t hash = 14695981039346656037u; /* FNV-1a */
    for (; *origin; origin++)
        hash = (hash ^ (unsigned char)*origin) * 1099511628211u;
    return hash % HTTP_HOST_BUCKETS;
}

/* NULL: not met yet. */
static struct host *find(const struct http_client *client, const char *origin)
{
    struct host *host = http_client_hosts(client)->buckets[bucket_of(origin)];
    while (host && strcmp(host->origin, origin) != 0)
        host = host->next;
    return host;
}

struct host *http_host_get(struct http_client *client, const char *origin)
{
    struct host *host = find(client, origin);
    if (host)
        return host;
    struct host **bucket = &http_client_hosts(client)->buckets[bucket_of(origin)];
    host = memory_alloc(sizeof(*host));
    host->origin = memory_strdup(origin);
    host->is_trusted = address_policy_trusts(http_client_policy(client), origin);
    host->next = *bucket;
    return *bucket = host;
}

void http_host_seen(struct http_client *client, struct host *host, enum host_protocol protocol,
                    int64_t certified_until_unix_ms)
{
    struct http_hosts *hosts = http_client_hosts(client);

    log_debug(LOG_HTTP, "%s speaks HTTP/%s", host->origin, protocol == HOST_HTTP2 ? "2" : "1.1");
    host->protocol = protocol;
    host->certified_until_unix_ms = certified_until_unix_ms;
    host->next_unknown = hosts->to_announce;
    hosts->to_announce = host;
}

void http_hosts_announce(struct http_hosts *hosts)
{
    while (hosts->to_announce) {
        struct host *host = hosts->to_announce;
        hosts->to_announce = host->next_unknown;
        if (hosts->on_known)
            hosts->on_known(hosts->context, host->origin);
    }
}

void http_client_on_host_known(struct http_client *client,
                               void (*callback)(void *context, const char *origin), void *context)
{
    struct http_hosts *hosts = http_client_hosts(client);

    hosts->on_known = callback;
    hosts->context = context;
}

void http_hosts_free(struct http_hosts *hosts)
{
    for (size_t i = 0; i < HTTP_HOST_BUCKETS; i++) {
        for (struct host *host = hosts->buckets[i]; host;) {
            struct host *next = host->next;
            memory_free(host->origin);
            memory_free(host);
            host = next;
        }
    }
    memory_free(hosts);
}

enum host_protocol http_client_host_protocol(const struct http_client *client, const char *origin)
{
    const struct host *host = find(client, origin);
    return host ? host->protocol : HOST_UNKNOWN;
}

int64_t http_client_host_certified_until_unix_ms(const struct http_client *client,
                                                 const char *origin)
{
    const struct host *host = find(client, origin);
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
