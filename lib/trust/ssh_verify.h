/* The two signature schemes, over OpenSSL: Ed25519 (RFC 8032) and ECDSA on P-256 with SHA-256. */
#ifndef CRISIS_TRUST_SSH_VERIFY_H
#define CRISIS_TRUST_SSH_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "trust/ssh_key.h"

/* numbers: R and S of Ed25519, or r and s of ECDSA, 32 bytes each (big-endian). Everything that is
 * not a good signature, a failure of OpenSSL included, is false. */
bool ssh_verify(const struct ssh_key *key, const void *message, size_t size,
                const unsigned char numbers[64]);

#endif
