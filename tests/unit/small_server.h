/*
 * A small HTTP/1.1 server in a thread, on loopback, for tests of the HTTP client: what it does with
 * a request is named by the path, and it counts what it got. A connection is read by whole
 * requests; it is kept unless the path says otherwise.
 */
#ifndef CRISIS_TESTS_UNIT_SMALL_SERVER_H
#define CRISIS_TESTS_UNIT_SMALL_SERVER_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SMALL_PEERS_MAX = 400, SMALL_REQUEST_MAX = 1200 * 1024, SMALL_SEEN_MAX = 1024 };

struct small_peer {
    int socket;
    size_t length;
    char bytes[SMALL_REQUEST_MAX + 1];
};

/* Sends an answer to a whole request. False: the connection is closed. */
typedef bool small_answer(int socket, const char *path, unsigned copy);

struct small_server {
    small_answer *answer;
    int listener, port;
    int stop[2]; /* a pipe */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    char paths[SMALL_SEEN_MAX][48];
    size_t request_count, connection_count;
    size_t open_most;                 /* connections at a time */
    char last[SMALL_REQUEST_MAX + 1]; /* the last request, with its body */
    /* The thread's own. */
    struct small_peer *peers[SMALL_PEERS_MAX];
    size_t peer_count;
};

static inline bool small_send(int socket, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(socket, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

static inline bool small_say(int socket, const char *text)
{
    return small_send(socket, text, strlen(text));
}

/* The size of a request that is whole, or 0. */
static inline size_t small_request_size(const struct small_peer *peer)
{
    const char *end = strstr(peer->bytes, "\r\n\r\n");
    if (!end)
        return 0;
    const char *field = strcasestr(peer->bytes, "\r\ncontent-length:");
    size_t body = field && field < end ? (size_t)strtoul(field + 17, NULL, 10) : 0;
    size_t size = (size_t)(end - peer->bytes) + 4 + body;
    return size <= peer->length ? size : 0;
}

static inline unsigned small_note(struct small_server *server, const char *bytes, size_t size,
                                  char path[48])
{
    unsigned copy = 0;
    const char *from = strchr(bytes, ' ');
    size_t length = from ? strcspn(from + 1, " ?") : 0;

    (void)snprintf(path, 48, "%.*s", (int)length, from ? from + 1 : "");
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->request_count; i++)
        copy += strcmp(server->paths[i], path) == 0;
    if (server->request_count < SMALL_SEEN_MAX)
        memcpy(server->paths[server->request_count++], path, 48);
    memcpy(server->last, bytes, size);
    server->last[size] = '\0';
    (void)pthread_mutex_unlock(&server->lock);
    return copy + 1;
}

/* Reads what came, answers what is whole. False: the connection is done. */
static inline bool small_serve(struct small_server *server, struct small_peer *peer)
{
    ssize_t got =
        recv(peer->socket, peer->bytes + peer->length, SMALL_REQUEST_MAX - peer->length, 0);
    if (got <= 0)
        return got < 0 && errno == EINTR;
    peer->length += (size_t)got;
    if (peer->bytes[0] == 0x16) /* TLS, which is not spoken here */
        return false;
    peer->bytes[peer->length] = '\0';
    for (size_t size; (size = small_request_size(peer)) > 0;) {
        char path[48];
        unsigned copy = small_note(server, peer->bytes, size, path);
        if (!server->answer(peer->socket, path, copy))
            return false;
        peer->length -= size;
        memmove(peer->bytes, peer->bytes + size, peer->length + 1);
    }
    return peer->length < SMALL_REQUEST_MAX;
}

static inline void small_accept(struct small_server *server)
{
    int socket = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (socket < 0)
        return;
    if (server->peer_count == SMALL_PEERS_MAX) {
        (void)close(socket);
        return;
    }
    struct small_peer *peer = calloc(1, sizeof(*peer));
    peer->socket = socket;
    server->peers[server->peer_count++] = peer;
    (void)pthread_mutex_lock(&server->lock);
    server->connection_count++;
    if (server->peer_count > server->open_most)
        server->open_most = server->peer_count;
    (void)pthread_mutex_unlock(&server->lock);
}

static inline void small_drop(struct small_server *server, size_t i)
{
    (void)close(server->peers[i]->socket);
    free(server->peers[i]);
    server->peers[i] = server->peers[--server->peer_count];
}

static inline void *small_run(void *context)
{
    struct small_server *server = context;
    struct pollfd watched[SMALL_PEERS_MAX + 2];

    for (;;) {
        size_t count = server->peer_count;
        watched[0] = (struct pollfd){.fd = server->stop[0], .events = POLLIN};
        watched[1] = (struct pollfd){.fd = server->listener, .events = POLLIN};
        for (size_t i = 0; i < count; i++)
            watched[2 + i] = (struct pollfd){.fd = server->peers[i]->socket, .events = POLLIN};
        if (poll(watched, count + 2, -1) < 0 && errno != EINTR)
            break;
        if (watched[0].revents)
            break;
        for (size_t i = count; i-- > 0;) /* from the end: a drop moves the last one */
            if (watched[2 + i].revents && !small_serve(server, server->peers[i]))
                small_drop(server, i);
        if (watched[1].revents)
            small_accept(server);
    }
    while (server->peer_count > 0)
        small_drop(server, server->peer_count - 1);
    return NULL;
}

/* A socket on a free port of loopback; not listening yet. */
static inline int small_bind(int *out_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        abort();
    *out_port = ntohs(address.sin_port);
    return listener;
}

static inline struct small_server *small_server_start(small_answer *answer)
{
    struct small_server *server = calloc(1, sizeof(*server));

    server->answer = answer;
    server->listener = small_bind(&server->port);
    if (pthread_mutex_init(&server->lock, NULL) != 0 || listen(server->listener, 512) < 0 ||
        pipe(server->stop) < 0 || pthread_create(&server->thread, NULL, small_run, server) != 0)
        abort();
    return server;
}

static inline void small_server_stop(struct small_server *server)
{
    if (write(server->stop[1], "x", 1) != 1 || pthread_join(server->thread, NULL) != 0)
        abort();
    (void)close(server->listener);
    (void)close(server->stop[0]);
    (void)close(server->stop[1]);
    (void)pthread_mutex_destroy(&server->lock);
    free(server);
}

/* How many requests for that path came, all copies counted; NULL: for all. */
static inline size_t small_server_count(struct small_server *server, const char *path)
{
    size_t count = 0;
    (void)pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < server->request_count; i++)
        count += !path || strcmp(server->paths[i], path) == 0;
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

static inline size_t small_server_connections(struct small_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    size_t count = server->connection_count;
    (void)pthread_mutex_unlock(&server->lock);
    return count;
}

static inline size_t small_server_open_most(struct small_server *server)
{
    (void)pthread_mutex_lock(&server->lock);
    size_t most = server->open_most;
    (void)pthread_mutex_unlock(&server->lock);
    return most;
}

static inline void small_server_last(struct small_server *server, char *out, size_t size)
{
    (void)pthread_mutex_lock(&server->lock);
    size_t length = strnlen(server->last, size - 1);
    memcpy(out, server->last, length);
    out[length] = '\0';
    (void)pthread_mutex_unlock(&server->lock);
}

#endif
