/*
 * The statement that approvers sign: what may be published, as text that anyone can read. UTF-8,
 * LF line ends, exactly these lines in this order:
 *
 *     crisis-approval/v1
 *     plan NAME
 *     plan-sha256 HEX                      of the plan file's bytes
 *     directory-sha256 HEX                 of every directory file that it names, in order
 *     media-sha256 HEX                     of every media file that it names, in order; no line
 *                                          where it names none
 *     message NAME                         or *: every message of the plan
 *     mode live                            or exercise; a dry run needs no approval
 *     set NAME=VALUE                       one line per variable, sorted by name; none with *
 *     audience-sha256 HEX
 *     audience N municipalities, N deliveries
 *     texts-sha256 HEX                     of all rendered texts; not with *
 *     not-before 2026-11-23T03:00:00Z
 *     not-after 2026-11-23T15:00:00Z
 *     nonce HEX                            16 random bytes
 *
 * There is one text for a statement and one statement for a text: whatever is not byte for byte
 * what statement_add() would write is refused.
 */
#ifndef CRISIS_TRUST_STATEMENT_H
#define CRISIS_TRUST_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "model/delivery.h"

#define STATEMENT_NAMESPACE "crisis-approval@v1"
#define STATEMENT_EVERY_MESSAGE "*"

enum {
    STATEMENT_MAX_BYTES = 256 * 1024,
    STATEMENT_NAME_MAX_BYTES = 63, /* of a plan, a message, a variable */
    STATEMENT_VALUE_MAX_BYTES = 64 * 1024,
    STATEMENT_VARIABLES_MAX = 256,
    STATEMENT_COUNT_MAX = 100000000, /* municipalities, deliveries */
    STATEMENT_NONCE_SIZE = 16,
    STATEMENT_SHORT_HASH_SIZE = 12 + 1,
};

struct statement_variable {
    const char *name, *value;
};

/* All of a statement. Build it from values (zeroed first), or let statement_read fill it. */
struct statement {
    const char *plan;
    unsigned char plan_sha256[SHA256_SIZE], directory_sha256[SHA256_SIZE];
    bool has_media;
    unsigned char media_sha256[SHA256_SIZE]; /* only with has_media */
    const char *message;                     /* STATEMENT_EVERY_MESSAGE: a standing approval */
    enum run_mode mode;
    const struct statement_variable *variables; /* sorted by name, as bytes */
    size_t variable_count;
    unsigned char audience_sha256[SHA256_SIZE];
    unsigned municipality_count, delivery_count;
    unsigned char texts_sha256[SHA256_SIZE];       /* specific approvals only */
    int64_t not_before_unix_ms, not_after_unix_ms; /* whole seconds, both included */
    unsigned char nonce[STATEMENT_NONCE_SIZE];
};

/* Covers a whole plan, for any values of its variables. */
bool statement_is_standing(const struct statement *statement);

/* Fills the nonce. */
void statement_new_nonce(struct statement *statement);

/* Appends the text. ERROR_INPUT, with nothing added, when the values make no statement: a name
 * that is none, variables unsorted or with a standing approval, a value of several lines, no
 * municipality, times that are no whole seconds or the wrong way round. */
int statement_add(struct text *out, const struct statement *statement, struct error *error);

/* Reads the text of a statement into the arena. ERROR_NOT_APPROVED, with the line, for anything
 * else. */
int statement_read(struct arena *arena, const char *bytes, size_t size,
                   const struct statement **out, struct error *error);

/* Is it valid at this time? */
bool statement_is_current(const struct statement *statement, int64_t unix_ms);

/* The beginning of the SHA-256 of a statement's text in hexadecimal, for file names. */
void statement_short_hash(const char *bytes, size_t size, char out[STATEMENT_SHORT_HASH_SIZE]);

#endif
