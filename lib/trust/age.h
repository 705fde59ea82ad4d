/*
 * age v1 files (C2SP "age", version 1.1.0) in memory: registration files that are sealed to the
 * coordinator, and keys that are sealed to those who may open them. The `age` program reads what is
 * written here, and the other way round.
 *
 * age authenticates nobody: whoever knows a recipient can encrypt to it. Who sent a file must be
 * known from what is in it.
 */
#ifndef CRISIS_TRUST_AGE_H
#define CRISIS_TRUST_AGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

#include "trust/age_encryptor.h"
#include "trust/age_keys.h"

enum {
    AGE_PLAIN_MAX_BYTES = REGISTRATION_SIZE_MAX_BYTES,
    AGE_FILE_MAX_BYTES = AGE_PLAIN_MAX_BYTES / 2 * 3, /* armor, and its line ends, make it grow */
    AGE_IDENTITY_FILE_MAX_BYTES = 64 * 1024,
};

/* Whether a file begins as an age file does, binary or armored. */
bool age_is_encrypted(const char *bytes, size_t size);

/* Encrypts to all recipients. `out`, initialised by the caller with a ceiling of at most
 * AGE_FILE_MAX_BYTES, is emptied first, and is empty after a failure. ERROR_INPUT: too large;
 * ERROR_USAGE: no recipient. */
int age_encrypt(const struct age_recipients *recipients, enum age_form form, const void *plain,
                size_t size, struct text *out, struct error *error);

/* Decrypts a file, whole or not at all. `out` is a secret text that the caller has initialised with
 * a ceiling of at most AGE_PLAIN_MAX_BYTES; it is emptied first, and is empty after a failure.
 * ERROR_INPUT: no valid age file, larger than the ceiling, or for other recipients;
 * ERROR_VERIFICATION: it was changed, damaged or cut off. */
int age_decrypt(const struct age_identities *identities, const void *bytes, size_t size,
                struct text *out, struct error *error);

/* Adds the secret keys of an identity file: lines of AGE-SECRET-KEY-1… and comments, or these
 * encrypted with a passphrase (age_is_encrypted tells which; the passphrase is then needed).
 * ERROR_INPUT; ERROR_USAGE: a passphrase is needed and was not given (NULL). */
int age_identities_add_file(struct age_identities *identities, const char *bytes, size_t size,
                            const char *passphrase, size_t passphrase_size, struct error *error);

#endif
