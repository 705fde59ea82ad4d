/* What is known of a host since it was first met. */
#include "net/http_internal.h"

enum host_protocol http_client_host_protocol(const struct http_client *client, const char *origin)
{
    const struct host *host = http_client_find_host(client, origin);
    return host ? host->protocol : HOST_UNKNOWN;
}

int64_t http_client_host_certified_until_unix_ms(const struct http_client *client,
                                                 const char *origin)
{
    const struct host *host = http_client_find_host(client, origin);
    return host ? host->certified_until_unix_ms : 0;
}

size_t http_client_host_capacity(const struct http_client *client, const char *origin)
{
    switch (http_client_host_protocol(client, origin)) {
    case HOST_HTTP2:
        return HTTP2_REQUESTS_PER_HOST;
    case HOST_HTTP1:
        return HTTP1_CONNECTIONS_PER_HOST;
    case HOST_UNKNOWN:
        break;
    }
    return 1;
}
