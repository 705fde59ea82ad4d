/*
 * Decrypts one age v1 file, binary or armored, fed in pieces. Call order: new, add…, finish, free.
 * Plaintext goes to the end of `out`, a secret text, chunk by chunk, each one when it has been
 * authenticated. That the file is whole is known only when age_decryptor_finish has returned 0: who
 * acts on less must know that the rest may never come. After a failure an object is only good to
 * tell why and to be freed. age.h has the same in one call, whole or not at all.
 */
#ifndef CRISIS_TRUST_AGE_DECRYPTOR_H
#define CRISIS_TRUST_AGE_DECRYPTOR_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

#include "trust/age_keys.h"

/* What is wrong with a file, in the order in which it is looked at. */
enum age_failure {
    AGE_NO_FAILURE,
    AGE_BAD_ARMOR,
    AGE_BAD_HEADER, /* no age file, a malformed one, or one that takes too much */
    AGE_NO_MATCH,   /* not encrypted to any of the identities, or another passphrase */
    AGE_BAD_MAC,    /* its header was changed */
    AGE_BAD_PAYLOAD,
    AGE_TOO_LARGE, /* `out` is full */
    AGE_BROKEN,    /* the system's fault, or the caller's */
};

struct age_decryptor;

/* The identities must outlive it. */
struct age_decryptor *age_decryptor_new(const struct age_identities *identities);
void age_decryptor_free(struct age_decryptor *decryptor); /* NULL is fine */

/* ERROR_INPUT: armor, header, no match, too large. ERROR_VERIFICATION: it was changed or damaged.
 * ERROR_SYSTEM: `out` is no secret text. */
int age_decryptor_add(struct age_decryptor *decryptor, const void *bytes, size_t size,
                      struct text *out, struct error *error);
int age_decryptor_finish(struct age_decryptor *decryptor, struct text *out, struct error *error);

enum age_failure age_decryptor_failure(const struct age_decryptor *decryptor);

#endif
