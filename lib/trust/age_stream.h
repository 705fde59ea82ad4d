/*
 * The payload of an age v1 file (C2SP "age", "Payload"): a nonce, and the plaintext in chunks of 64
 * KiB, each encrypted and authenticated under a nonce that holds its number and whether it is the
 * last one. The last chunk may be shorter; it is empty only when the whole plaintext is.
 *
 * Both directions are fed in pieces of any size and write to a text, from which the caller may take
 * away what is there between two calls. After a failure an object is only good to be freed.
 */
#ifndef CRISIS_TRUST_AGE_STREAM_H
#define CRISIS_TRUST_AGE_STREAM_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

#include "trust/age_crypto.h"

enum {
    AGE_CHUNK_SIZE = 64 * 1024,
    AGE_SEALED_CHUNK_SIZE = AGE_CHUNK_SIZE + AGE_TAG_SIZE,
    AGE_PAYLOAD_NONCE_SIZE = 16, /* what a payload begins with; its key is derived from it */
};

int age_stream_key(const unsigned char file_key[AGE_FILE_KEY_SIZE],
                   const unsigned char nonce[AGE_PAYLOAD_NONCE_SIZE],
                   unsigned char out[AGE_KEY_SIZE], struct error *error);

/* Encrypts. The key is used for one payload only. A failure is the system's (ERROR_SYSTEM); that
 * `out` is full is seen on it alone. */
struct age_sealer;
struct age_sealer *age_sealer_new(const unsigned char key[AGE_KEY_SIZE]);
int age_sealer_add(struct age_sealer *sealer, const void *plain, size_t size, struct text *out,
                   struct error *error);
int age_sealer_finish(struct age_sealer *sealer, struct text *out, struct error *error);
void age_sealer_free(struct age_sealer *sealer); /* NULL is fine */

/* Decrypts. A chunk is written to `out` when it has been authenticated and never before; that the
 * payload is whole is known only when age_opener_finish has returned 0. ERROR_VERIFICATION: it was
 * changed, cut off or added to; ERROR_INPUT: `out` is full (`overflowed`). */
struct age_opener;
struct age_opener *age_opener_new(const unsigned char key[AGE_KEY_SIZE]);
int age_opener_add(struct age_opener *opener, const void *sealed, size_t size, struct text *out,
                   struct error *error);
int age_opener_finish(struct age_opener *opener, struct text *out, struct error *error);
void age_opener_free(struct age_opener *opener); /* NULL is fine */

#endif
