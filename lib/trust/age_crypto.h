/*
 * The primitives that age v1 is made of (C2SP "age", version 1.1.0), a thin face over OpenSSL 3:
 * HKDF-SHA-256 and ChaCha20-Poly1305. Keys are the caller's and lie in secret memory; what OpenSSL
 * makes of them lies in its own memory and is wiped before each function returns.
 */
#ifndef CRISIS_TRUST_AGE_CRYPTO_H
#define CRISIS_TRUST_AGE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
    AGE_KEY_SIZE = 32,
    AGE_FILE_KEY_SIZE = 16, /* the key of one file, which the recipients' stanzas wrap */
    AGE_NONCE_SIZE = 12,
    AGE_TAG_SIZE = 16,
    AGE_WRAPPED_SIZE = AGE_FILE_KEY_SIZE + AGE_TAG_SIZE,
};

/* HKDF of a secret. A salt of no bytes is fine. */
int age_derive(const void *secret, size_t secret_size, const void *salt, size_t salt_size,
               const char *info, unsigned char out[AGE_KEY_SIZE], struct error *error);

/* Encrypts and authenticates; `out` takes `size` + AGE_TAG_SIZE bytes. */
int age_seal(const unsigned char key[AGE_KEY_SIZE], const unsigned char nonce[AGE_NONCE_SIZE],
             const void *plain, size_t size, unsigned char *out, struct error *error);
/* The other way: `size` counts the tag, `out` takes `size` - AGE_TAG_SIZE bytes. False, with `out`
 * wiped, when the bytes are not what was sealed with this key and nonce. */
bool age_open(const unsigned char key[AGE_KEY_SIZE], const unsigned char nonce[AGE_NONCE_SIZE],
              const void *sealed, size_t size, unsigned char *out);

/* The same for a file key, under a key that wraps nothing else: the nonce is zero. */
int age_wrap(const unsigned char key[AGE_KEY_SIZE], const unsigned char file_key[AGE_FILE_KEY_SIZE],
             unsigned char out[AGE_WRAPPED_SIZE], struct error *error);
bool age_unwrap(const unsigned char key[AGE_KEY_SIZE],
                const unsigned char wrapped[AGE_WRAPPED_SIZE],
                unsigned char file_key[AGE_FILE_KEY_SIZE]);

/* ERROR_SYSTEM: the library cannot do what is named. Returns -1. */
int age_crypto_failed(const char *what, struct error *error);

#endif
