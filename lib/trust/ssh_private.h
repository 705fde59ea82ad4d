/*
 * Private key files as ssh-keygen writes them ("-----BEGIN OPENSSH PRIVATE KEY-----", OpenSSH
 * PROTOCOL.key), plain or under a passphrase (bcrypt, with AES-256 in CTR or GCM mode), and
 * signing with them. Ed25519 and P-256 keys sign; the file of a security key holds no secret that
 * could. Secrets lie in secret memory only, but for the moment of a signature, when OpenSSL has
 * its own copy, which it wipes.
 *
 *     file_read_secret(), ssh_private_is_encrypted() … ask for the passphrase …
 *     ssh_private_read(), ssh_private_sign() as often as wanted, ssh_private_free()
 */
#ifndef CRISIS_TRUST_SSH_PRIVATE_H
#define CRISIS_TRUST_SSH_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

#include "trust/ssh_key.h"

enum { SSH_PRIVATE_FILE_MAX_BYTES = 32 * 1024 };

struct ssh_private;

/* Does the file ask for a passphrase? ERROR_INPUT when it is no private key file of OpenSSH. */
int ssh_private_is_encrypted(const char *bytes, size_t size, bool *out, struct error *error);

/* `passphrase` may be NULL or empty for a file without one. ERROR_INPUT: not such a file, a kind
 * of key that is not accepted, a security key, a wrong passphrase or none. */
int ssh_private_read(const char *bytes, size_t size, const struct text *passphrase,
                     struct ssh_private **out, struct error *error);
void ssh_private_free(struct ssh_private *private_key); /* wipes; NULL is fine */

const struct ssh_key *ssh_private_public(const struct ssh_private *private_key);

/* Appends the armoured SSHSIG over the message to *out (ceiling SSHSIG_ARMOUR_MAX_BYTES). */
int ssh_private_sign(const struct ssh_private *private_key, const char *namespace_name,
                     const void *message, size_t size, struct text *out, struct error *error);

#endif
