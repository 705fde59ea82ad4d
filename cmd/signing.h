/* Signing as an approver: with a private key file, or with a key that an SSH agent holds (security
 * keys included). */
#ifndef CRISIS_CMD_SIGNING_H
#define CRISIS_CMD_SIGNING_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "trust/signers.h"
#include "trust/ssh_key.h"

struct ssh_private;

struct signing_key {
    struct ssh_key key;
    struct ssh_private *private_key; /* NULL: the agent holds it */
};

/* From a file (a private key, or the .pub of one that the agent holds); key_file NULL: the agent's
 * first key that `approvers` (which may be NULL) knows. Asks for a passphrase on the terminal. */
int signing_open(struct arena *arena, const char *key_file, const struct signers *approvers,
                 struct signing_key *out, struct error *error);
void signing_close(struct signing_key *key);

/* Appends the armoured SSHSIG. */
int signing_sign(const struct signing_key *key, const char *namespace_name, const void *message,
                 size_t size, struct text *out, struct error *error);

/* Whose key it is in `approvers`, or NULL. */
const char *signing_principal(const struct signers *approvers, const struct ssh_key *key);

#endif
