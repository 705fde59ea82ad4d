/* Recomputes the audit log: every leaf from its entry, and the root at every recorded tree head. */
#ifndef CRISIS_CMD_AUDIT_VERIFY_H
#define CRISIS_CMD_AUDIT_VERIFY_H

#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "store/store.h"

#include "cmd/audit_told.h"

struct audit_verification {
    uint64_t entry_count, head_count;
    unsigned char root[SHA256_SIZE];
};

/* -1 with ERROR_VERIFICATION, naming the first entry or head that does not fit. `told` is told of
 * all entries on the way; it may be NULL. */
int audit_verify(struct store *store, struct told *told, struct audit_verification *out,
                 struct error *error);

#endif
