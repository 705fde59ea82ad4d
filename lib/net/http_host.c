/* The hosts that were met, found by their origin. */
#include <string.h>

#include "base/memory.h"

#include "net/http_internal.h"

static size_t bucket_of(const char *origin)
{
    size_t hash = 14695981039346656037u; /* FNV-1a */
    for (; *origin; origin++)
        hash = (hash ^ (unsigned char)*origin) * 1099511628211u;
    return hash % HTTP_HOST_BUCKETS;
}

struct host *http_hosts_find(const struct http_hosts *hosts, const char *origin)
{
    struct host *host = hosts->buckets[bucket_of(origin)];
    while (host && strcmp(host->origin, origin) != 0)
        host = host->next;
    return host;
}

struct host *http_hosts_add(struct http_hosts *hosts, const char *origin)
{
    struct host **bucket = &hosts->buckets[bucket_of(origin)];
    struct host *host = memory_alloc(sizeof(*host));
    host->origin = memory_strdup(origin);
    host->next = *bucket;
    return *bucket = host;
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
