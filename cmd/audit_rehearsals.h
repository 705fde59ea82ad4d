/* Whether the rehearsals of the store are those that the audit log tells of. */
#ifndef CRISIS_CMD_AUDIT_REHEARSALS_H
#define CRISIS_CMD_AUDIT_REHEARSALS_H

#include "base/error.h"
#include "store/store.h"

#include "cmd/audit_told.h"

/*
 * Both ways, one after the other: each is recorded together with its entry. Of each its id, plan
 * and message, how many municipalities and deliveries, how many were posted, failed and in doubt,
 * and when it ended. -1 with ERROR_VERIFICATION, naming the first entry that does not fit.
 */
int audit_rehearsals_compare(struct store *store, const struct told *told, struct error *error);

#endif
