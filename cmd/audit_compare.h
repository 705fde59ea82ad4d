/* Compares the runs, deliveries and rehearsals of the store with what the audit log tells of them,
 * both ways: a row that was changed, added or taken away without an entry is found. */
#ifndef CRISIS_CMD_AUDIT_COMPARE_H
#define CRISIS_CMD_AUDIT_COMPARE_H

#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

#include "cmd/audit_told.h"

struct audit_comparison {
    uint64_t run_count, delivery_count;
};

/*
 * Of the runs that `told` is of, which has been told of all entries, and which is marked on the
 * way. To be called within a snapshot (store.h), after the entries were found to be those of the
 * log. -1 with ERROR_VERIFICATION, naming the first entry that does not fit.
 *
 * Of a delivery: its key, which is made of run, municipality, channel, account and language; its
 * state, attempts, failure and posts; when it was posted or failed. While it is under way
 * ("sending") it may have more posts than were told of yet. Of a run: what its start tells, how
 * many deliveries it has, whether it is finished, when it began and ended, and the texts of its
 * deliveries. The deliveries of a dry run have no entries: of them only the key, and that there are
 * no posts. Rehearsals belong to no run: they are compared with all (audit_rehearsals.h).
 */
int audit_compare(struct store *store, struct told *told, struct audit_comparison *out,
                  struct error *error);

#endif
