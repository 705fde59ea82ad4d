/*
 * Requests of a burst share their packets. libcurl writes each frame of HTTP/2 by itself, three for
 * a request, and each would be a packet: for the kernels of both sides that is more work than all
 * the rest of a request. So a connection is corked (tcp(7), TCP_CORK) when a request is about to be
 * written to it; what fills a packet leaves at once, the rest when libcurl returns, or when another
 * request comes more than two milliseconds later.
 *
 * With HTTP/1.1 a connection carries one request at a time, and there is nothing to share.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "net/http_internal.h"

/* libcurl may be long in a burst, and a network need not wait for its end. */
#define HELD_BACK_MAX_NS ((uint64_t)2 * 1000 * 1000)

/* Where it fails nothing is lost but speed; a socket may have been closed in between. */
static void set_cork(int socket, int corked)
{
    (void)setsockopt(socket, IPPROTO_TCP, TCP_CORK, &corked, sizeof(corked));
}

void http_corks_let_go(struct http_corks *corks)
{
    for (size_t i = 0; i < corks->count; i++)
        set_cork(corks->sockets[i], 0);
    corks->count = 0;
}

static bool is_corked(const struct http_corks *corks, int socket)
{
    for (size_t i = corks->count; i > 0; i--)
        if (corks->sockets[i - 1] == socket)
            return true;
    return false;
}

void http_cork(struct http_corks *corks, int socket)
{
    if (corks->count > 0 && uv_hrtime() - corks->since_ns > HELD_BACK_MAX_NS)
        http_corks_let_go(corks);
    if (socket < 0 || is_corked(corks, socket))
        return;
    if (corks->count == HTTP_CORKED_MAX)
        http_corks_let_go(corks);
    if (corks->count == 0)
        corks->since_ns = uv_hrtime();
    set_cork(socket, 1);
    corks->sockets[corks->count++] = socket;
}
