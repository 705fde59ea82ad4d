/*
 * Encrypts one age v1 file, fed in pieces. Call order: new, add…, finish, free. What is written
 * goes to the end of `out`, from which the caller may take away what is there between two calls.
 * After a failure an object is only good to be freed. age.h has the same in one call.
 */
#ifndef CRISIS_TRUST_AGE_ENCRYPTOR_H
#define CRISIS_TRUST_AGE_ENCRYPTOR_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

#include "trust/age_keys.h"

enum age_form {
    AGE_BINARY,
    AGE_ARMORED, /* text, which survives mail */
};

struct age_encryptor;

/* Makes a file key, wraps it for the recipients and writes the header. ERROR_USAGE: no recipient;
 * ERROR_INPUT: `out` is full. */
int age_encryptor_new(const struct age_recipients *recipients, enum age_form form, struct text *out,
                      struct age_encryptor **encryptor, struct error *error);
int age_encryptor_add(struct age_encryptor *encryptor, const void *plain, size_t size,
                      struct text *out, struct error *error);
/* Writes the end. Without it the file does not decrypt. */
int age_encryptor_finish(struct age_encryptor *encryptor, struct text *out, struct error *error);
void age_encryptor_free(struct age_encryptor *encryptor); /* NULL is fine */

#endif
