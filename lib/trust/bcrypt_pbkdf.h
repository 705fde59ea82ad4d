/*
 * bcrypt_pbkdf: makes keys from the passphrase of an OpenSSH private key file. It is PBKDF2 in
 * shape, with a bcrypt over SHA-512 hashes in the place of HMAC, and spreads each block's bytes
 * over the whole key (OpenBSD, bcrypt_pbkdf(3)). OpenSSL has none.
 */
#ifndef CRISIS_TRUST_BCRYPT_PBKDF_H
#define CRISIS_TRUST_BCRYPT_PBKDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BCRYPT_PBKDF_KEY_MAX_BYTES = 1024,
    BCRYPT_PBKDF_SALT_MAX_BYTES = 1024,
    BCRYPT_PBKDF_ROUNDS_MAX = 4096, /* half a minute; ssh-keygen writes 16 to 24 */
};

/* Fills `out`, which should be secret memory, with size bytes. What lies between is kept in secret
 * memory and wiped. false: something is empty, or over the maxima above. */
bool bcrypt_pbkdf(const void *passphrase, size_t passphrase_size, const void *salt,
                  size_t salt_size, uint32_t rounds, unsigned char *out, size_t size);

#endif
