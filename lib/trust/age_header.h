/*
 * The header of an age v1 file (C2SP "age", version 1.1.0):
 *
 *     age-encryption.org/v1
 *     -> X25519 SHARE            a stanza for each recipient: its arguments,
 *     BODY                       and its body, lines of 64 columns and a last shorter one
 *     --- MAC
 *
 * Base64 is without padding and canonical, lines end in LF alone, arguments are visible ASCII. The
 * MAC is a keyed hash, under the file key, of everything before it down to the "---". Reading is
 * strict: one spelling only, so that what was authenticated can be written in no other way.
 */
#ifndef CRISIS_TRUST_AGE_HEADER_H
#define CRISIS_TRUST_AGE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include "trust/age_crypto.h"

enum {
    AGE_HEADER_MAX_BYTES = 128 * 1024, /* more than a thousand recipients */
    AGE_MAC_SIZE = 32,
};

struct age_stanza {
    const char *const *arguments; /* the first one is its type */
    size_t argument_count;
    const unsigned char *body;
    size_t body_size;
};

struct age_header {
    const struct age_stanza *stanzas; /* at least one */
    size_t stanza_count;
    size_t covered_size; /* bytes that the MAC covers, from the start of the header */
    unsigned char mac[AGE_MAC_SIZE];
};

/* How an attempt to get the file key from a stanza ended. */
enum age_unwrapped {
    AGE_UNWRAP_FAILED = -1, /* the stanza is malformed, `error` says how: the file is refused */
    AGE_UNWRAP_NOT_MINE,    /* of another type, for somebody else, or changed */
    AGE_UNWRAP_DONE,
};

bool age_stanza_is(const struct age_stanza *stanza, const char *type);

/* Whether a line without its LF is the last one of a header. */
bool age_header_is_last_line(const char *line, size_t length);
/* Whether a line without its LF is the first one of a header. */
bool age_header_is_first_line(const char *line, size_t length);

/* Reads a header: exactly these bytes, the LF of its last line included. What it finds belongs to
 * the arena. ERROR_INPUT, with the line of the header. */
int age_header_read(struct arena *arena, const char *bytes, size_t size, struct age_header *out,
                    struct error *error);
/* Checks the MAC of a header that was read from these bytes. ERROR_VERIFICATION. */
int age_header_verify(const struct age_header *header, const char *bytes,
                      const unsigned char file_key[AGE_FILE_KEY_SIZE], struct error *error);

/* Writes a header with its MAC. ERROR_INPUT: too many stanzas for `out` or AGE_HEADER_MAX_BYTES. */
int age_header_write(struct text *out, const struct age_stanza *stanzas, size_t count,
                     const unsigned char file_key[AGE_FILE_KEY_SIZE], struct error *error);

#endif
