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

#endif
