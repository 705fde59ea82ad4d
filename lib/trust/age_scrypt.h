/*
 * Recipients with a passphrase (C2SP "age", "The scrypt recipient type"). Such a file has no other
 * recipient. Its work factor is the logarithm of the cost: each step doubles time and memory, and
 * comes from the file, so it has a ceiling.
 */
#ifndef CRISIS_TRUST_AGE_SCRYPT_H
#define CRISIS_TRUST_AGE_SCRYPT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

#include "trust/age_header.h"

enum {
    AGE_SCRYPT_WORK_FACTOR = 18,     /* what we write: 256 MiB, about a second */
    AGE_SCRYPT_WORK_FACTOR_MAX = 20, /* what we read: 1 GiB */
};

/* Whether a stanza of this type is well-formed and not too costly (ERROR_INPUT). */
int age_scrypt_check(const struct age_stanza *stanza, struct error *error);

/* Makes the stanza that gives the file key to whoever knows the passphrase. The work factor is 1
 * to AGE_SCRYPT_WORK_FACTOR_MAX. */
int age_scrypt_wrap(struct arena *arena, const char *passphrase, size_t size, int work_factor,
                    const unsigned char file_key[AGE_FILE_KEY_SIZE], struct age_stanza *out,
                    struct error *error);
/* Gets the file key; a wrong passphrase is AGE_UNWRAP_NOT_MINE. */
enum age_unwrapped age_scrypt_unwrap(const struct age_stanza *stanza, const char *passphrase,
                                     size_t size, unsigned char file_key[AGE_FILE_KEY_SIZE],
                                     struct error *error);

#endif
