/* Asks a program behind a local socket one question: ssh-agent, at $SSH_AUTH_SOCK. */
#ifndef CRISIS_NET_AGENT_SOCKET_H
#define CRISIS_NET_AGENT_SOCKET_H

#include "base/error.h"
#include "base/text.h"

enum {
    AGENT_REPLY_MAX_BYTES = 256 * 1024,
    AGENT_TIMEOUT_MS = 2 * 60 * 1000, /* between two pieces: somebody may look for a key to touch */
};

/* Connects to the socket at `path`, writes the request, and reads one packet: four bytes of length
 * (big-endian) and what they count. Both are in *reply, which the caller has initialised with a
 * ceiling of AGENT_REPLY_MAX_BYTES or less, and which is emptied first. Waits without the event
 * loop. ERROR_SYSTEM: nobody is there, the connection ended, the answer is too large or does not
 * come. `path` may be NULL or empty: the environment names no agent. */
int agent_exchange(const char *path, const struct text *request, struct text *reply,
                   struct error *error);

#endif
