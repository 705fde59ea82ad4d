/* Where the sandbox listens: on loopback addresses only. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/language.h"

#include "sandbox/server.h"

enum { LISTEN_BACKLOG = 4096 };

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof(v4));
        return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof(v6));
        return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
    }
    return false;
}

/* Cuts "HOST:PORT" or "[HOST]:PORT" in two; false when it is neither. */
static bool split_address(const char *listen, char host[64], char port[8])
{
    const char *colon = strrchr(listen, ':');
    const char *start = listen;
    size_t length;

    if (colon == NULL || strlen(colon + 1) > 5 || colon[1] == '\0' ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    length = (size_t)(colon - listen);
    if (length >= 2 && listen[0] == '[' && listen[length - 1] == ']') {
        start++;
        length -= 2;
    } else if (memchr(listen, ':', length) != NULL) {
        return false;
    }
    if (length == 0 || length >= 64)
        return false;
    memcpy(host, start, length);
    host[length] = '\0';
    memcpy(port, colon + 1, strlen(colon + 1) + 1);
    return strtol(port, NULL, 10) <= 65535;
}

static int resolve(const char *listen, struct addrinfo **out, struct error *error)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
    };
    char host[64];
    char port[8];

    if (!split_address(listen, host, port))
        return error_set(error, ERROR_USAGE, _("'%s' is not ADDRESS:PORT"), listen);
    if (strcmp(host, "localhost") == 0)
        memcpy(host, "127.0.0.1", sizeof("127.0.0.1"));
    if (getaddrinfo(host, port, &hints, out) != 0)
        return error_set(error, ERROR_USAGE, _("'%s' is not a numeric address"), host);
    if (!is_loopback((*out)->ai_addr)) {
        freeaddrinfo(*out);
        error_set(error, ERROR_USAGE, _("'%s' is not a loopback address"), host);
        return error_next(error, _("the sandbox takes any credential: it listens on this machine "
                                   "only, such as 127.0.0.1:8443"));
    }
    return 0;
}

int sandbox_bind(struct sandbox *sandbox, const char *listen_on, struct error *error)
{
    struct addrinfo *address = NULL;
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof(bound);
    char host[NI_MAXHOST];
    char port[NI_MAXSERV];
    int on = 1;
    int result = -1;

    if (resolve(listen_on, &address, error) < 0 || !address)
        return -1;
    sandbox->listener = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (sandbox->listener < 0 ||
        setsockopt(sandbox->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        bind(sandbox->listener, address->ai_addr, address->ai_addrlen) < 0 ||
        getsockname(sandbox->listener, (struct sockaddr *)&bound, &size) < 0) {
        error_set(error, ERROR_SYSTEM, _("cannot listen on '%s': %s"), listen_on,
                  error_errno(errno));
        goto out;
    }
    if (getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        error_set(error, ERROR_SYSTEM, _("cannot tell where '%s' is"), listen_on);
        goto out;
    }
    sandbox->port = (unsigned)strtoul(port, NULL, 10);
    snprintf(sandbox->url, sizeof(sandbox->url),
             bound.ss_family == AF_INET6 ? "https://[%.50s]:%.6s" : "https://%.50s:%.6s", host,
             port);
    result = 0;
out:
    freeaddrinfo(address);
    return result;
}

int sandbox_listen(struct sandbox *sandbox, struct error *error)
{
    if (listen(sandbox->listener, LISTEN_BACKLOG) < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot listen on '%s': %s"), sandbox->url,
                         error_errno(errno));
    return 0;
}
