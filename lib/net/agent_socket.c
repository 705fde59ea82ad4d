#include "net/agent_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/language.h"

enum { LENGTH_SIZE = 4, CHUNK_SIZE = 4096 };

static int connect_to(const char *path, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (!path || path[0] == '\0') {
        error_set(error, ERROR_SYSTEM, _("no ssh-agent is running: SSH_AUTH_SOCK is not set"));
        return error_next(error,
                          _("start one with 'eval $(ssh-agent)', or name the key with --key"));
    }
    if (strlen(path) >= sizeof(address.sun_path))
        return error_set(error, ERROR_SYSTEM, _("the path in SSH_AUTH_SOCK is too long"));
    memcpy(address.sun_path, path, strlen(path) + 1);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return error_set(error, ERROR_SYSTEM, _("cannot reach ssh-agent: %s"), error_errno(errno));
    if (connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        error_set(error, ERROR_SYSTEM, _("cannot reach ssh-agent: %s"), error_errno(errno));
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static int wait_for(int descriptor, short events, struct error *error)
{
    struct pollfd poll_for = {.fd = descriptor, .events = events};

    for (;;) {
        int ready = poll(&poll_for, 1, AGENT_TIMEOUT_MS);
        if (ready > 0)
            return 0;
        if (ready == 0)
            return error_set(error, ERROR_SYSTEM, _("ssh-agent did not answer within %d s"),
                             AGENT_TIMEOUT_MS / 1000);
        if (errno != EINTR)
            return error_set(error, ERROR_SYSTEM, _("cannot wait for ssh-agent: %s"),
                             error_errno(errno));
    }
}

static int write_all(int descriptor, const struct text *request, struct error *error)
{
    for (size_t sent = 0; sent < request->length;) {
        if (wait_for(descriptor, POLLOUT, error) < 0)
            return -1;
        ssize_t count = send(descriptor, request->bytes + sent, request->length - sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno != EINTR && errno != EAGAIN)
            return error_set(error, ERROR_SYSTEM, _("cannot write to ssh-agent: %s"),
                             error_errno(errno));
        sent += count > 0 ? (size_t)count : 0;
    }
    return 0;
}

/* Reads until the text has `length` bytes, and not one more. */
static int read_until(int descriptor, size_t length, struct text *reply, struct error *error)
{
    char chunk[CHUNK_SIZE];

    while (reply->length < length) {
        size_t missing = length - reply->length;
        if (wait_for(descriptor, POLLIN, error) < 0)
            return -1;
        ssize_t count = recv(descriptor, chunk, missing < sizeof(chunk) ? missing : sizeof(chunk),
                             MSG_DONTWAIT);
        if (count == 0)
            return error_set(error, ERROR_SYSTEM, _("ssh-agent ended the connection"));
        if (count < 0 && errno != EINTR && errno != EAGAIN)
            return error_set(error, ERROR_SYSTEM, _("cannot read from ssh-agent: %s"),
                             error_errno(errno));
        if (count > 0)
            text_add_bytes(reply, chunk, (size_t)count);
        if (reply->overflowed)
            return error_set(error, ERROR_SYSTEM, _("ssh-agent's answer is too large"));
    }
    return 0;
}

static int read_packet(int descriptor, struct text *reply, struct error *error)
{
    size_t length = 0;

    if (read_until(descriptor, LENGTH_SIZE, reply, error) < 0)
        return -1;
    for (size_t i = 0; i < LENGTH_SIZE; i++)
        length = length << 8 | (unsigned char)reply->bytes[i];
    if (length > AGENT_REPLY_MAX_BYTES - LENGTH_SIZE)
        return error_set(error, ERROR_SYSTEM, _("ssh-agent's answer is too large"));
    return read_until(descriptor, LENGTH_SIZE + length, reply, error);
}

int agent_exchange(const char *path, const struct text *request, struct text *reply,
                   struct error *error)
{
    int result = -1;

    text_reset(reply);
    int descriptor = connect_to(path, error);
    if (descriptor < 0)
        return -1;
    if (write_all(descriptor, request, error) == 0 && read_packet(descriptor, reply, error) == 0)
        result = 0;
    close(descriptor);
    return result;
}
