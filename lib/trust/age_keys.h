/*
 * To whom a file is encrypted, and with what one is decrypted: lists of X25519 keys, or a
 * passphrase. Call order: new, add…, any number of files, free.
 */
#ifndef CRISIS_TRUST_AGE_KEYS_H
#define CRISIS_TRUST_AGE_KEYS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

#include "trust/age_header.h"

enum {
    AGE_IDENTITIES_MAX = 32, /* in one list: each is tried on each recipient's stanza */
    AGE_PASSPHRASE_MAX_BYTES = 1024,
    AGE_IDENTITY_MAX_BYTES = 80, /* spelt AGE-SECRET-KEY-1… */
    AGE_RECIPIENT_MAX_BYTES = 80,
};

/* --- recipients --------------------------------------------------------------------------------
 */

struct age_recipients;
struct age_recipients *age_recipients_new(void);
void age_recipients_free(struct age_recipients *recipients); /* NULL is fine */

/* Adds one that is spelt age1…. A second mention changes nothing. ERROR_INPUT. */
int age_recipients_add(struct age_recipients *recipients, const char *spelling,
                       struct error *error);
/* A passphrase stands alone: with any other recipient it is refused (ERROR_USAGE), as is an empty
 * one. work_factor 0: AGE_SCRYPT_WORK_FACTOR. */
int age_recipients_add_passphrase(struct age_recipients *recipients, const char *passphrase,
                                  size_t size, int work_factor, struct error *error);

/* One stanza for each; they belong to the arena. ERROR_USAGE: there is no recipient. */
int age_recipients_wrap(const struct age_recipients *recipients, struct arena *arena,
                        const unsigned char file_key[AGE_FILE_KEY_SIZE],
                        const struct age_stanza **stanzas, size_t *count, struct error *error);

/* --- identities --------------------------------------------------------------------------------
 */

struct age_identities;
struct age_identities *age_identities_new(void);
void age_identities_free(struct age_identities *identities); /* NULL is fine */

/* Adds every AGE-SECRET-KEY-1… of a text: one to a line; empty lines and lines that begin with '#'
 * are skipped. All or none. ERROR_INPUT, with the line. */
int age_identities_add(struct age_identities *identities, const char *lines, size_t size,
                       struct error *error);
/* One passphrase; another one replaces it. */
int age_identities_add_passphrase(struct age_identities *identities, const char *passphrase,
                                  size_t size, struct error *error);

size_t age_identities_count(const struct age_identities *identities); /* passphrase not counted */
/* The recipient of the identity with this index, age1…, appended to `out`. */
void age_identities_recipient(const struct age_identities *identities, size_t index,
                              struct text *out);

/* Gets the file key of a file. AGE_UNWRAP_FAILED: the header is not valid, `error` says why.
 * AGE_UNWRAP_NOT_MINE: none of the identities is a recipient (nothing is set in `error`). */
enum age_unwrapped age_identities_unwrap(const struct age_identities *identities,
                                         const struct age_header *header,
                                         unsigned char file_key[AGE_FILE_KEY_SIZE],
                                         struct error *error);

/* A new identity: the text of an identity file, with its recipient in a comment, into a secret text
 * that is initialised here; its recipient appended to `recipient`. */
int age_identity_generate(struct text *identity_file, struct text *recipient, struct error *error);

#endif
