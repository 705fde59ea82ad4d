/*
 * The approver list changes only with consent: version N+1 carries the hash of version N, and is
 * signed, namespace crisis-approvers@v1, by as many approvers as version N asks for, and by as many
 * as it asks for itself (as in TUF, where a new root is signed by the old one).
 *
 * A list that has fewer approvers than its own threshold cannot consent to anything: it is still
 * being set up, and may be changed without signatures.
 */
#ifndef CRISIS_TRUST_SUCCESSION_H
#define CRISIS_TRUST_SUCCESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

#include "trust/signers.h"

#define SUCCESSION_NAMESPACE "crisis-approvers@v1"

struct succession_signature {
    const char *name; /* of its file, for messages */
    const char *armour;
    size_t size;
};

struct succession {
    const struct signers *current; /* NULL: there is none yet */
    const struct signers *next;
    const char *next_bytes; /* what is signed */
    size_t next_size;
    const struct succession_signature *signatures;
    size_t signature_count;
    const char *const *origins; /* where passkeys may be used */
    size_t origin_count;
    int64_t now_unix_ms;
};

/* How far the consent goes. */
struct succession_state {
    bool needs_signatures;
    unsigned current_signed, current_threshold;
    unsigned next_signed, next_threshold;
    const char **refusals; /* for each signature: why it does not count, or NULL */
};

/* -1 (ERROR_NOT_APPROVED) when `next` is no successor of `current` at all: another version, another
 * predecessor, a threshold of its own that it cannot reach. */
int succession_examine(struct arena *arena, const struct succession *succession,
                       struct succession_state *out, struct error *error);

bool succession_is_complete(const struct succession_state *state);

/* A list with at least as many approvers as it asks for: from then on it changes only with their
 * consent. False for NULL. */
bool succession_is_set_up(const struct signers *signers);

/* Different principals of a list; the most that could sign. */
size_t succession_principals(const struct signers *signers);

#endif
