/*
 * The protocol of ssh-agent (draft-ietf-sshm-ssh-agent), as bytes in and bytes out: which keys it
 * holds, and signing with one of them, those in security keys included. Sockets are elsewhere:
 *
 *     ssh_agent_list_request(&request);
 *     agent_exchange(path, &request, &reply, error)            lib/net/agent_socket.h
 *     ssh_agent_read_list(arena, reply.bytes, reply.length, &list, error)
 *
 * Requests and replies are whole packets, with their length before them. A reply is not trusted: a
 * signature is verified before it is used.
 */
#ifndef CRISIS_TRUST_SSH_AGENT_H
#define CRISIS_TRUST_SSH_AGENT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include "trust/ssh_key.h"

enum {
    SSH_AGENT_PACKET_MAX_BYTES = 256 * 1024,
    SSH_AGENT_REQUEST_MAX_BYTES = 4096,
    SSH_AGENT_IDENTITIES_MAX = 256,
};

struct ssh_agent_identity {
    struct ssh_key key;
    const char *comment; /* printable; empty when the agent's is not */
};

struct ssh_agent_list {
    const struct ssh_agent_identity *items;
    size_t count;
    size_t refused_count; /* keys of kinds that are not accepted */
};

/* Appends the packet to *out (ceiling SSH_AGENT_REQUEST_MAX_BYTES). */
void ssh_agent_list_request(struct text *out);
/* ERROR_SYSTEM: the agent failed or answers with something else. */
int ssh_agent_read_list(struct arena *arena, const void *reply, size_t size,
                        struct ssh_agent_list *out, struct error *error);

/* Asks for a signature over the message (as SSHSIG). */
int ssh_agent_sign_request(struct text *out, const struct ssh_key *key, const char *namespace_name,
                           const void *message, size_t size, struct error *error);
/* Appends the armoured SSHSIG to *out (ceiling SSHSIG_ARMOUR_MAX_BYTES). The key, the namespace
 * and the message are those of the request. ERROR_SYSTEM: the agent refused, or what it made is
 * no good signature (a security key that was not touched, for one). */
int ssh_agent_read_signature(const void *reply, size_t reply_size, const struct ssh_key *key,
                             const char *namespace_name, const void *message, size_t size,
                             struct text *out, struct error *error);

#endif
