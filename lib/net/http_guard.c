/* Keeps connections from internal addresses. The name was resolved by libcurl just now, and the
 * address that is judged is the one that the socket is for: a name that is resolved to another
 * address each time it is asked for (DNS rebinding) gains nothing. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"

#include "net/http_internal.h"

static bool read_address(const struct curl_sockaddr *from, struct address *out)
{
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    unsigned char bytes[ADDRESS_SIZE];

    if (from->family == AF_INET && from->addrlen >= sizeof(ipv4)) {
        memcpy(&ipv4, &from->addr, sizeof(ipv4));
        memcpy(bytes, &ipv4.sin_addr, sizeof(ipv4.sin_addr));
        *out = address_of_ipv4(bytes);
        return true;
    }
    if (from->family == AF_INET6 && from->addrlen >= sizeof(ipv6)) {
        memcpy(&ipv6, (const void *)&from->addr, sizeof(ipv6));
        memcpy(bytes, &ipv6.sin6_addr, sizeof(ipv6.sin6_addr));
        *out = address_of_ipv6(bytes);
        return true;
    }
    return false;
}

/* No socket, no packet: libcurl goes on to the host's next address, or gives up. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct http_exchange *exchange = context;
    struct address address;

    (void)purpose; /* one for connecting: there are no others in HTTP */
    if (!read_address(to, &address))
        return CURL_SOCKET_BAD;
    if (!exchange->host->is_trusted &&
        !address_policy_allows(http_lane_settings(exchange->lane)->policy, &address)) {
        exchange->forbidden = address_internal_kind(&address);
        address_format(&address, exchange->forbidden_address);
        log_debug(LOG_HTTP, "%s has the address %s: not connected", exchange->host->origin,
                  exchange->forbidden_address);
        return CURL_SOCKET_BAD;
    }
    exchange->opened = true;
    int opened = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    exchange->sockets[exchange->socket_count++ % HTTP_SOCKETS_REMEMBERED] = (intptr_t)opened + 1;
    return opened;
}

void http_guard_sockets(struct http_exchange *exchange)
{
    curl_easy_setopt(exchange->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(exchange->easy, CURLOPT_OPENSOCKETDATA, exchange);
}
