/*
 * Recipients with a key pair (C2SP "age", "The X25519 recipient type"). The public half is written
 * age1…, the secret half AGE-SECRET-KEY-1…; both are Bech32 of 32 bytes.
 */
#ifndef CRISIS_TRUST_AGE_X25519_H
#define CRISIS_TRUST_AGE_X25519_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include "trust/age_header.h"

enum { X25519_SIZE = 32 };

struct age_x25519_recipient {
    unsigned char key[X25519_SIZE];
};

/* Lies in secret memory, always. */
struct age_x25519_identity {
    unsigned char secret[X25519_SIZE];
    struct age_x25519_recipient recipient;
};

/* A new one from the system's random numbers. */
int age_x25519_generate(struct age_x25519_identity *out, struct error *error);

/* From and to their spelling. ERROR_INPUT; a message never quotes an identity. */
int age_x25519_recipient_read(const char *spelling, size_t length, struct age_x25519_recipient *out,
                              struct error *error);
int age_x25519_identity_read(const char *spelling, size_t length, struct age_x25519_identity *out,
                             struct error *error);
void age_x25519_recipient_add(struct text *out, const struct age_x25519_recipient *recipient);
void age_x25519_identity_add(struct text *out, const struct age_x25519_identity *identity);

/* RFC 7748: false, with `out` wiped, when the point has a low order, so that anybody would know
 * the result. */
bool age_x25519_multiply(const unsigned char secret[X25519_SIZE],
                         const unsigned char point[X25519_SIZE], unsigned char out[X25519_SIZE]);

/* Makes the stanza that gives the file key to a recipient; its parts belong to the arena.
 * ERROR_INPUT: a recipient of low order. */
int age_x25519_wrap(struct arena *arena, const struct age_x25519_recipient *recipient,
                    const unsigned char file_key[AGE_FILE_KEY_SIZE], struct age_stanza *out,
                    struct error *error);

/* Whether a stanza of this type is well-formed (ERROR_INPUT); others are none of its business. */
int age_x25519_check(const struct age_stanza *stanza, struct error *error);
/* Gets the file key from a stanza that was checked. */
enum age_unwrapped age_x25519_unwrap(const struct age_stanza *stanza,
                                     const struct age_x25519_identity *identity,
                                     unsigned char file_key[AGE_FILE_KEY_SIZE],
                                     struct error *error);

#endif
