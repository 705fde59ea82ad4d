/*
 * Whether a kept connection of HTTP/1.1 still stands, asked at the last moment before a request is
 * written to it. A server may close one at any time, and says so with bytes (a TLS alert, or an
 * answer 408 before it), which libcurl takes for a sign of life: it would write the request, and
 * nobody would know whether it was read. What is asked first costs nothing but a look.
 *
 * With HTTP/2 libcurl reads what came while the connection was idle, and knows.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/memory.h"

#include "net/http_internal.h"

/* Where an SSL object carries its socket, plus one; 0: not known. libcurl does not tell it. */
static int socket_index = -1;

void http_kept_init(void)
{
    if (socket_index < 0)
        socket_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    if (socket_index < 0)
        memory_exhausted();
}

static int port_of(int socket)
{
    struct sockaddr_storage name = {0};
    socklen_t size = sizeof(name);

    if (getsockname(socket, (struct sockaddr *)&name, &size) < 0)
        return -1;
    if (name.ss_family == AF_INET6)
        return ntohs(((const struct sockaddr_in6 *)&name)->sin6_port);
    return name.ss_family == AF_INET ? ntohs(((const struct sockaddr_in *)&name)->sin_port) : -1;
}

/* Of those that were opened for it, for each address of the host, one is connected. */
void http_kept_remember(struct http_exchange *exchange, int local_port)
{
    SSL *session = http_session_of(exchange->easy);

    for (size_t i = 0; session && i < HTTP_SOCKETS_REMEMBERED; i++) {
        intptr_t numbered = exchange->sockets[i];
        if (numbered > 0 && port_of((int)numbered - 1) == local_port &&
            SSL_set_ex_data(session, socket_index, (void *)numbered) != 1)
            memory_exhausted();
    }
}

/* Between two requests a server has nothing to say but session tickets and the like, which OpenSSL
 * takes in without a word. It reads by a way of its own: libcurl's needs a call of libcurl's around
 * it. */
static bool is_silent(SSL *session, int socket)
{
    BIO *own = BIO_new_socket(socket, BIO_NOCLOSE);
    BIO *reading = SSL_get_rbio(session), *writing = SSL_get_wbio(session);
    char byte;

    if (!own)
        memory_exhausted();
    BIO_up_ref(own); /* each of the two places holds one reference */
    BIO_up_ref(reading);
    BIO_up_ref(writing);
    SSL_set0_rbio(session, own);
    SSL_set0_wbio(session, own);
    ERR_clear_error();
    int result = SSL_peek(session, &byte, sizeof(byte));
    bool silent = result <= 0 && SSL_get_error(session, result) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    SSL_set0_rbio(session, reading);
    SSL_set0_wbio(session, writing);
    return silent;
}

int http_kept_socket(const SSL *session)
{
    return session ? (int)(intptr_t)SSL_get_ex_data(session, socket_index) - 1 : -1;
}

bool http_kept_stands(const struct http_exchange *exchange)
{
    SSL *session = http_session_of(exchange->easy);
    int socket = http_kept_socket(session);

    return socket < 0 || is_silent(session, socket);
}
