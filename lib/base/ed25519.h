/*
 * Ed25519 signatures (RFC 8032): a thin face over OpenSSL 3. Signing is deterministic: the same key
 * and bytes give the same signature, so that what is signed again after a crash is the same file.
 */
#ifndef CRISIS_BASE_ED25519_H
#define CRISIS_BASE_ED25519_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { ED25519_SEED_SIZE = 32, ED25519_PUBLIC_SIZE = 32, ED25519_SIGNATURE_SIZE = 64 };

struct ed25519_key; /* a private key; OpenSSL wipes it when it is freed */

/* The key of a seed, which the caller keeps and wipes. ERROR_SYSTEM: this OpenSSL has no Ed25519.
 */
int ed25519_key_new(const unsigned char seed[ED25519_SEED_SIZE], struct ed25519_key **out,
                    struct error *error);
void ed25519_key_free(struct ed25519_key *key); /* NULL is fine */
void ed25519_key_public(const struct ed25519_key *key, unsigned char out[ED25519_PUBLIC_SIZE]);
int ed25519_sign(const struct ed25519_key *key, const void *bytes, size_t size,
                 unsigned char out[ED25519_SIGNATURE_SIZE], struct error *error);

/* False for a signature that is not of this key over these bytes, and always for a public key of
 * low order: anybody can sign for those. */
bool ed25519_verify(const unsigned char public_key[ED25519_PUBLIC_SIZE], const void *bytes,
                    size_t size, const unsigned char signature[ED25519_SIGNATURE_SIZE]);
/* One of the fourteen encodings of the eight points of small order. To be asked wherever a key is
 * taken in. */
bool ed25519_is_low_order(const unsigned char public_key[ED25519_PUBLIC_SIZE]);

#endif
