/* The outer layer of an OpenSSH private key file: armour, key derivation, decryption. */
#ifndef CRISIS_TRUST_SSH_CONTAINER_H
#define CRISIS_TRUST_SSH_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

#include "trust/ssh_wire.h"

struct ssh_cipher;

struct ssh_container {
    struct text bytes; /* secret: what the armour holds; the rest points into it */
    const struct ssh_cipher *cipher;
    struct ssh_bytes salt;
    uint32_t rounds;
    struct ssh_bytes public_key;
    struct ssh_bytes closed; /* the private part, encrypted or not */
    struct ssh_bytes tag;
};

/* Reads it into *out, which is initialised here; release it, after a failure too. */
int ssh_container_read(const char *bytes, size_t size, struct ssh_container *out,
                       struct error *error);
void ssh_container_release(struct ssh_container *container);

bool ssh_container_is_encrypted(const struct ssh_container *container);

/* The private part as plain bytes, padding included, in *out: a secret text that the caller has
 * initialised. A wrong passphrase may show only in what comes out. */
int ssh_container_open(const struct ssh_container *container, const struct text *passphrase,
                       struct text *out, struct error *error);

#endif
