/*
 * An opened credential: named secrets ("access-token", "secret" …) in memory that is locked and
 * wiped. It lives from the moment a request is built until it has been built.
 *
 * The bytes are pairs, each string with its NUL: name, value, name, value … That is also what the
 * vault seals.
 */
#ifndef CRISIS_MODEL_CREDENTIAL_H
#define CRISIS_MODEL_CREDENTIAL_H

#include <stddef.h>
#include <string.h>

#include "base/text.h"

/* When a credential ends for good, as RFC 3339: a pair of it that a renewal writes, and a setting
 * of its account that a check or a renewal writes, so that it is known without the vault. */
#define CREDENTIAL_EXPIRES "expires-at"

struct credential {
    const char *pairs; /* in secret memory of the caller's; NULL: none */
    size_t size_bytes;
};

/* The secret of that name, or NULL. It must not be kept, logged or put into an error. */
static inline const char *credential_find(const struct credential *credential, const char *name)
{
    const char *at = credential->pairs;
    const char *end = at ? at + credential->size_bytes : at;
    while (at < end) {
        const char *value = at + strlen(at) + 1;
        if (value >= end)
            return NULL;
        if (strcmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}

/* Appends a pair to a secret text. */
static inline void credential_add(struct text *pairs, const char *name, const char *value)
{
    text_add_bytes(pairs, name, strlen(name) + 1);
    text_add_bytes(pairs, value, strlen(value) + 1);
}

#endif
